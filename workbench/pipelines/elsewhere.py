"""What a ``pipeline.yaml`` names from elsewhere in the workspace, so that it goes with each run; and what of its own folder does not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.core.config import FILE_NAME
from workbench.pipelines.file import File
from workbench.pipelines.records import Step
from workbench.pipelines.snapshot import BROUGHT, LARGEST, is_ignored

__all__ = ["files_named", "ignored"]

_EXAMPLE = "shared/rates.csv, a file or folder below the workspace's folder"


def files_named(file: File, said: Any, root: Path) -> tuple[str, ...]:
    """``files`` of a pipeline: paths below the workspace's folder, which are there. Raises InvalidInput with the field."""
    names = file.names(said, "files", "paths", "[shared/rates.csv, lib]")
    for index, name in enumerate(names):
        _check(file, f"files[{index}]", name, root)
    return tuple(dict.fromkeys(PurePosixPath(name).as_posix() for name in names))


def ignored(file: File, said: Any, steps: Iterable[Step]) -> tuple[str, ...]:
    """``ignore`` of a pipeline: patterns of files and folders below its own, none of which fits what a step runs. Raises InvalidInput with
    the field."""
    patterns = file.names(said, "ignore", "patterns", "[data, '*.png', drafts/old]")
    for index, pattern in enumerate(patterns):
        if not pattern.strip("/ ") or pattern.startswith("!") or "\\" in pattern or "**" in pattern:
            raise file.wrong(
                f"ignore[{index}]", f"is {pattern!r}", "A file's or folder's name, or its path from here; `*` and `?` stand for others."
            )
    for step in steps:
        path = PurePosixPath(step.file)
        above = (path, *path.parents[:-1])
        if step.approve is None and any(is_ignored(each.as_posix(), patterns) for each in above):
            raise file.wrong("ignore", f"leaves out {step.file}, which step {step.name!r} runs", "Take the pattern away that fits it.")
    return tuple(dict.fromkeys(patterns))


def _check(file: File, field: str, name: str, root: Path) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts or "\\" in name:
        raise file.wrong(field, f"{name!r} leads out of the workspace", f"Name {_EXAMPLE}.")
    if any(part.startswith(".") for part in path.parts):
        raise file.wrong(field, f"{name!r} is hidden", "Hidden files and folders do not go with runs; put it elsewhere.")
    # A copy has them; and a folder that is no workspace's (a preview's, the Python form's) tells nothing of them.
    if (file.path.parent / BROUGHT / name).exists() or not (root / FILE_NAME).is_file():
        return
    if not (root / name).exists():
        raise file.wrong(field, f"{name} is not there", f"Name {_EXAMPLE}.")
    if not (root / name).resolve().is_relative_to(root.resolve()):
        raise file.wrong(field, f"{name} is a link that leads out of the workspace", "Put the file itself there.")
    if (root / name).is_file() and (root / name).stat().st_size > LARGEST:
        raise file.wrong(field, f"{name} has more than {LARGEST // 1_000_000} MB", "Take it into a dataset, and read that.")
