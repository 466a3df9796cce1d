"""Folders of a process's own, which go with it: what one left that was killed, the next one removes."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["is_alive", "own_folder", "remove_leftovers"]


def own_folder(parent: Path, prefix: str) -> Path:
    """A fresh folder in ``parent`` that is known to be this process's by its name.

    >>> with tempfile.TemporaryDirectory() as parent:
    ...     own_folder(Path(parent), "load").name.startswith(f"load.{os.getpid()}.")
    True
    """
    return Path(tempfile.mkdtemp(prefix=f"{prefix}.{os.getpid()}.", dir=parent))


def remove_leftovers(parent: Path, prefix: str) -> None:
    """Remove the folders that :func:`own_folder` made for processes that are no more."""
    for left in parent.glob(f"{glob.escape(prefix)}.*"):
        owner = left.name.removeprefix(f"{prefix}.").partition(".")[0]
        if left.is_dir() and owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether there is a process of this number, which may be another one by now."""
    import psutil

    return bool(psutil.pid_exists(pid))
