"""What a ``pipeline.yaml`` names from elsewhere in the workspace, so that it goes with each run."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from workbench.core.config import FILE_NAME
from workbench.pipelines.file import File
from workbench.pipelines.snapshot import BROUGHT, LARGEST

__all__ = ["files_named"]

_EXAMPLE = "shared/rates.csv, a file or folder below the workspace's folder"


def files_named(file: File, said: Any, root: Path) -> tuple[str, ...]:
    """``files`` of a pipeline: paths below the workspace's folder, which are there. Raises InvalidInput with the field."""
    names = file.names(said, "files", "paths", "[shared/rates.csv, lib]")
    for index, name in enumerate(names):
        _check(file, f"files[{index}]", name, root)
    return tuple(dict.fromkeys(PurePosixPath(name).as_posix() for name in names))


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
