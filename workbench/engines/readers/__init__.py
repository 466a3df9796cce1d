"""Readers of files: each looks at the whole file before it says what the columns are, and gives its rows as Arrow batches.

Names are imported on first use: what only asks how a file is to be read needs no Arrow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.engines.readers.formats import EXTENSIONS
    from workbench.engines.readers.open import open_source
    from workbench.engines.readers.reading import ColumnReading, Reading
    from workbench.engines.readers.source import Request, Source

__all__ = ["EXTENSIONS", "ColumnReading", "Reading", "Request", "Source", "open_source"]

_HOMES = {
    "EXTENSIONS": "formats",
    "ColumnReading": "reading",
    "Reading": "reading",
    "Request": "source",
    "Source": "source",
    "open_source": "open",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
