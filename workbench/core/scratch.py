"""Scratch workspaces: copies in which somebody tries something out, whose processes reach no other workspace by accident."""

from __future__ import annotations

from pathlib import Path

__all__ = ["MARKER", "is_scratch", "scratch_of"]

#: The file below its folder that says that a workspace is one, and of what.
MARKER = Path(".workbench", "scratch.json")


def is_scratch(root: Path) -> bool:
    """Whether the workspace at ``root`` is one."""
    return (root / MARKER).is_file()


def scratch_of(start: Path | None = None) -> Path | None:
    """The scratch workspace that a folder (the current one) lies in. Who stands there works there, whatever the environment names."""
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:  # the folder is gone
        return None
    return next((folder for folder in (here, *here.parents) if is_scratch(folder)), None)
