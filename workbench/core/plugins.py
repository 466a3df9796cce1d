"""Entry-point groups through which third parties extend the workbench."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.core.errors import MissingDependency

__all__ = ["GROUPS", "load", "names"]

GROUPS = {
    "workbench.sources": "file and database readers for ingestion",
    "workbench.detectors": "personal-data and quality detectors",
    "workbench.trainers": "training loops",
    "workbench.panels": "panels shown in JupyterLab and notebooks",
    "workbench.run_kinds": "kinds of run, with their executors",
}


def _entries(group: str) -> Iterator[EntryPoint]:
    if group not in GROUPS:
        raise ValueError(f"unknown entry-point group {group!r}; known: {', '.join(GROUPS)}")
    yield from entry_points(group=group)


def names(group: str) -> tuple[str, ...]:
    """The installed plug-ins of a group, sorted, without importing any."""
    return tuple(sorted(entry.name for entry in _entries(group)))


def load(group: str, name: str) -> Any:
    """Import one plug-in.

    Raises
    ------
    MissingDependency
        Nothing of that name is installed, or its import failed.
    """
    for entry in _entries(group):
        if entry.name == name:
            try:
                return entry.load()
            except ImportError as error:
                raise MissingDependency(
                    f"The plug-in {name!r} ({group}) cannot be imported: {error}.", fix="Reinstall its package."
                ) from error
    raise MissingDependency(
        f"No plug-in {name!r} is installed for {GROUPS[group]}.", fix=f"Installed: {', '.join(names(group)) or 'none'}."
    )
