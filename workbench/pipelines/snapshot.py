"""Pinning: a run executes the notebooks as they were when it was submitted."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, StorageUnavailable
from workbench.core.sizes import shown
from workbench.pipelines.shared_files import link, own_copy
from workbench.runs.records import Run

if TYPE_CHECKING:
    from workbench.pipelines.records import Pipeline

__all__ = [
    "BROUGHT",
    "CODE",
    "EXECUTED",
    "FILE_NAME",
    "LARGEST",
    "PINNED",
    "WORK",
    "brought",
    "copy_folder",
    "executed_folder",
    "files_of",
    "fill_working_folder",
    "folder_code",
    "hashes",
    "is_ignored",
    "listed",
    "notebook_file",
    "pin",
    "shared_folder",
    "source_folder",
    "taken_along",
]

FILE_NAME = "pipeline.yaml"
EXECUTED = "executed"  # below the state folder
PINNED = "source"  # below a run's
WORK = "work"  # as well
#: What is code of a folder: what else lies there may be what steps have written.
CODE = (".ipynb", ".py", ".sql")

#: Below a pinned folder: what comes from elsewhere in the workspace, by its path there.
BROUGHT = ".files"
#: Bytes of a file. Data that lies beside the notebooks is not code: it is read where it is, and not copied for every run.
LARGEST = 20_000_000
_SKIPPED = frozenset(
    {
        ".git", ".hg", ".svn", ".ipynb_checkpoints", "__pycache__", ".venv", "node_modules", ".tox", ".nox", ".mypy_cache", ".pytest_cache",
        ".ruff_cache",
    }
)  # fmt: skip
#: In a folder that is a virtual environment, or conda's, whatever it is called.
_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
_BLOCK = 4096  # bytes that a disk gives a file at least: many small ones are no small matter either
_NAMED = 3  # folders and files in an error


def executed_folder(settings: Settings, run_id: str) -> Path:
    """What a pipeline's run leaves: ``<step>.ipynb``, ``<step>.log``, ``source/``, and ``work/`` where it works in a folder of its own."""
    return settings.state / EXECUTED / run_id


def shared_folder(settings: Settings) -> Path:
    """What several runs and versions have alike: :mod:`.shared_files`."""
    return settings.state / EXECUTED / ".shared"


def notebook_file(settings: Settings, run: Run) -> Path:
    """Where the executed notebook of a step's run is, or will be."""
    return settings.state / str(run.attributes["notebook"])


def source_folder(settings: Settings, run: Run) -> Path:
    """The pipeline's folder as it was when the run was submitted, or repaired with the files of then."""
    return executed_folder(settings, run.id) / str(run.attributes.get("pinned", PINNED))


def pin(settings: Settings, source: Path, run_id: str, pipeline: Pipeline | None = None, name: str = PINNED) -> Path:
    """Copy a pipeline's folder for a run, as the ``pipeline`` says: with the files that it names from elsewhere, without those that it
    leaves out. Without one it is a copy already, or a notebook by itself. Returns the copy.

    Raises
    ------
    InvalidInput
        There is more of it than a run takes along; nothing was copied.
    """
    target = executed_folder(settings, run_id) / name
    copy_folder(settings, taken_along(settings, source, pipeline) if pipeline is not None else listed(source), target)
    return target


def taken_along(settings: Settings, source: Path, pipeline: Pipeline) -> dict[str, Path]:
    """The files that go with each run of a pipeline, by where they go in a copy. Raises InvalidInput, where they are too many or too large
    in all."""
    files = listed(source, more=brought(settings, source, pipeline.files), ignore=pipeline.ignore)
    sizes = {name: max(path.stat().st_size, _BLOCK) for name, path in files.items()}
    whole, limit = sum(sizes.values()), settings.jobs.run_files_mb * 1_000_000
    if whole > limit:
        raise _too_much(sizes, whole, settings.jobs.run_files_mb)
    return files


def _too_much(sizes: Mapping[str, int], whole: int, limit: int) -> InvalidInput:
    by_part: dict[str, int] = {}
    for name, size in sizes.items():
        part = name.removeprefix(f"{BROUGHT}/").partition("/")[0]
        by_part[part] = by_part.get(part, 0) + size
    largest = [part for part in sorted(by_part, key=lambda part: -by_part[part])[:_NAMED] if by_part[part] * 20 > whole]
    largest = largest or [max(by_part, key=lambda part: by_part[part])]
    told = ", ".join(f"{part} {shown(by_part[part])}" for part in largest)
    return InvalidInput(
        f"The pipeline's files have {shown(whole)} in all ({len(sizes):,} files), and a run takes at most "
        f"{shown(limit * 1_000_000)} along. The largest: {told}.",
        fix=f"Leave out what no step needs: `ignore: [{largest[0]}]` in its pipeline.yaml. Keep data in datasets, or elsewhere in the "
        "workspace, and name the few files that go along in `files`. The setting is jobs.run_files_mb.",
        field="ignore",
        file=FILE_NAME,
    )


def copy_folder(settings: Settings, files: Mapping[str, Path], target: Path) -> None:
    """Copy files by their paths below ``target``, which is whole once it is there. Large ones share their place on the disk with other
    copies of the same, and nobody may write to them.

    Raises
    ------
    StorageUnavailable, InvalidInput
        The disk is full; or a file may not be read.
    """
    temporary = target.with_name(f"{target.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed in between
    shared, at = shared_folder(settings), ""
    try:
        for at, path in files.items():
            copy = temporary / at
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not link(path, copy, shared):
                shutil.copy2(path, copy)
        shutil.rmtree(target, ignore_errors=True)
        temporary.replace(target)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageUnavailable("The disk is full.", fix="Make room on it, then try again.") from error
        raise _not_along(at, error) from error


def _not_along(name: str, error: OSError) -> InvalidInput:
    fix = "Make it readable; or leave it out, if no step needs it: `ignore` in its pipeline.yaml."
    return InvalidInput(f"{name} of the pipeline's files cannot be taken along: {error.strerror}.", fix=fix, field="ignore")


def fill_working_folder(settings: Settings, run: Run) -> None:
    """Put the pinned files into the run's own working folder, if it has one: once, and again where a repair goes on with others. What steps
    have written there stays."""
    source, work = source_folder(settings, run), executed_folder(settings, run.id) / WORK
    done = executed_folder(settings, run.id) / f".{WORK}-{source.name}"
    if run.attributes.get("working_folder") != "run" or done.exists():
        return
    for name, path in listed(source).items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        own_copy(path, work / name)
    done.touch()


def listed(
    folder: Path, endings: tuple[str, ...] = ("",), more: Mapping[str, Path] | None = None, ignore: Collection[str] = ()
) -> dict[str, Path]:
    """The files of a folder that go with a run, of these ``endings``, by their paths below it, sorted; and ``more``. What a pattern of
    ``ignore`` fits does not: see :func:`is_ignored`."""
    found = dict(_walk(folder, ignore)) | dict(more or {})
    return {name: found[name] for name in sorted(found) if name.endswith(endings)}


def files_of(
    folder: Path, endings: tuple[str, ...] = ("",), more: Mapping[str, Path] | None = None, ignore: Collection[str] = ()
) -> dict[str, str]:
    """The SHA-256 of each of the files that :func:`listed` finds, by its path. Raises as :func:`hashes`."""
    return hashes(listed(folder, endings, more, ignore))


def hashes(files: Mapping[str, Path], endings: tuple[str, ...] = ("",)) -> dict[str, str]:
    """The SHA-256 of each of some files that has one of the ``endings``.

    Raises
    ------
    InvalidInput
        A file may not be read.
    """
    found = {}
    for name in (name for name in files if name.endswith(endings)):
        try:
            with files[name].open("rb") as content:
                found[name] = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise _not_along(name, error) from error
    return found


def is_ignored(path: str, patterns: Collection[str]) -> bool:
    """Whether a pattern fits a file's or folder's path below the pipeline's folder: one with a slash inside all of the path, any other its
    last part.

    >>> is_ignored("data", ["data/"]), is_ignored("out/a.png", ["*.png"]), is_ignored("a/out", ["b/out"])
    (True, True, False)
    """
    for pattern in patterns:
        said = pattern.rstrip("/")
        if fnmatchcase(path if "/" in said else path.rpartition("/")[2], said.lstrip("/")):
            return True
    return False


def brought(settings: Settings, source: Path, files: Collection[str]) -> dict[str, Path]:
    """What a pipeline names from elsewhere in the workspace (files, and folders with all that is in them), by where it goes in a copy. Of a
    copy, which has it already, nothing.

    Raises
    ------
    InvalidInput
        Something is not there, or lies outside of the workspace.
    """
    root = settings.root.resolve()
    found: dict[str, Path] = {}
    for name in files:
        if (source / BROUGHT / name).exists():
            continue
        path = root / name
        if not _within(settings, path) or not path.exists():
            raise InvalidInput(
                f"{name} is not there, or leads out of the workspace.",
                fix="Correct `files` of the pipeline.",
                field="files",
                file=FILE_NAME,
            )
        # A link inside of a folder may lead anywhere.
        inside = {"": path} if path.is_file() else {f"/{each}": place for each, place in _walk(path) if _within(settings, place)}
        found |= {f"{BROUGHT}/{name.rstrip('/')}{each}": place for each, place in inside.items()}
    return found


def _within(settings: Settings, path: Path) -> bool:
    """Whether it lies in the workspace's folder, and not in what the workbench keeps for itself."""
    place = path.resolve()
    return place.is_relative_to(settings.root.resolve()) and not place.is_relative_to(settings.state.resolve())


def _walk(folder: Path, ignore: Collection[str] = ()) -> Iterator[tuple[str, Path]]:
    # What a link names is taken, but for what it lies in itself: that would be there again and again.
    for where, folders, names in os.walk(folder, followlinks=True):
        below = Path(where).relative_to(folder)
        folders[:] = [
            name
            for name in folders
            if name not in _SKIPPED
            and not is_ignored((below / name).as_posix(), ignore)
            and not _leads_up(Path(where, name))
            and not any(Path(where, name, mark).exists() for mark in _ENVIRONMENT)
        ]
        # JupyterLab writes `.~name` beside a file while it saves it.
        for path in (Path(where, name) for name in names if name not in _SKIPPED and not name.startswith(".~")):
            place = path.relative_to(folder).as_posix()
            if path.is_file() and path.stat().st_size <= LARGEST and (place == FILE_NAME or not is_ignored(place, ignore)):
                yield place, path


def _leads_up(folder: Path) -> bool:
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def folder_code(files: dict[str, str]) -> str:
    """One hash of a folder's files: the same for the same names and contents."""
    return f"sha256:{hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()}"
