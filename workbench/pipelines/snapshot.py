"""Pinning: a run executes the notebooks as they were when it was submitted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

from workbench.core.config import Settings
from workbench.runs.records import Run

__all__ = [
    "CODE",
    "EXECUTED",
    "PINNED",
    "copy_folder",
    "executed_folder",
    "files_of",
    "folder_code",
    "listed",
    "notebook_file",
    "pin",
    "source_folder",
]

EXECUTED = "executed"  # below the state folder
PINNED = "source"  # below a run's
#: What is code of a folder: what else lies there may be what steps have written.
CODE = (".ipynb", ".py", ".sql")

# Data that lies beside the notebooks is not code: it is read where it is, and not copied for every run.
_LARGEST = 20_000_000
_SKIPPED = (".git", ".ipynb_checkpoints", "__pycache__", ".venv", "node_modules")


def executed_folder(settings: Settings, run_id: str) -> Path:
    """What a pipeline's run leaves: ``<step>.ipynb``, ``<step>.log``, ``source/``."""
    return settings.state / EXECUTED / run_id


def notebook_file(settings: Settings, run: Run) -> Path:
    """Where the executed notebook of a step's run is, or will be."""
    return settings.state / str(run.attributes["notebook"])


def source_folder(settings: Settings, run: Run) -> Path:
    """The pipeline's folder as it was when the run was submitted, or repaired with the files of then."""
    return executed_folder(settings, run.id) / str(run.attributes.get("pinned", PINNED))


def pin(settings: Settings, source: Path, run_id: str, name: str = PINNED) -> Path:
    """Copy a pipeline's folder for a run; returns the copy."""
    target = executed_folder(settings, run_id) / name
    copy_folder(source, target)
    return target


def copy_folder(source: Path, target: Path) -> None:
    """Copy what is code of a pipeline's folder; ``target`` is whole once it is there."""
    temporary = target.with_name(f"{target.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed in between
    shutil.copytree(source, temporary, ignore=_left_out, ignore_dangling_symlinks=True)
    shutil.rmtree(target, ignore_errors=True)
    temporary.replace(target)


def _left_out(where: str, names: list[str]) -> set[str]:
    here = Path(where)
    large = {name for name in names if (here / name).is_file() and (here / name).stat().st_size > _LARGEST}
    return large | {name for name in names if name in _SKIPPED}


def listed(folder: Path, endings: tuple[str, ...] = ("",)) -> list[str]:
    """The files that :func:`copy_folder` would take, of these ``endings``: paths below the folder, sorted."""
    found = []
    # As a copy follows links, so does this.
    for where, folders, names in os.walk(folder, followlinks=True):
        left_out = _left_out(where, [*folders, *names])
        folders[:] = [name for name in folders if name not in left_out]
        found += [Path(where, name) for name in names if name not in left_out and name.endswith(endings)]
    return sorted(path.relative_to(folder).as_posix() for path in found if path.is_file())


def files_of(folder: Path, endings: tuple[str, ...] = ("",)) -> dict[str, str]:
    """The SHA-256 of each file that :func:`copy_folder` would take, of these ``endings``, by its path below the folder."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in listed(folder, endings)}


def folder_code(files: dict[str, str]) -> str:
    """One hash of a folder's files: the same for the same names and contents."""
    return f"sha256:{hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()}"
