"""The panels' front end, as it was built."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import MissingDependency

__all__ = ["built"]

_STATIC = Path(__file__).parent / "static"


def built(name: str) -> Path:
    """The path of a file of it.

    Raises
    ------
    MissingDependency
        It is not built.
    """
    path = _STATIC / name
    if not path.is_file():
        raise MissingDependency("The panels' front end is not built.", fix="In a clone run `make lab`; else install the wheel again.")
    return path
