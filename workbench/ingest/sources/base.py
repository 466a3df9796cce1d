"""What every source gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Fetched", "Note", "Since"]

#: Told what may interest who waits: what was passed over and why, how far a download has come.
Note = Callable[[str], None]


@dataclass(frozen=True)
class Fetched:
    """One file to take in, on this machine's disk.

    Attributes
    ----------
    path
        Where its content lies: the person's own file, or a copy in a scratch folder (fetched, unpacked, or spooled as Arrow).
    shown
        What the person calls it; errors, reports and lineage name that. It holds no password and no token.
    origin
        The source in the person's words, the same for its next file (``/data/flights/*.csv``, ``connection:shop/orders``).
    sheet
        Of a workbook.
    constants
        Columns that the place says and the file does not hold, as text: Hive's ``month=3``; None where it says there is no value.
    types
        The types of these columns, as :func:`workbench.engines.types.type_name` writes them: found over all files of the source.
    format
        What it is (a ``Reading.format``), where the source knows; None: by its name and content.
    name
        What a dataset of it is called where nobody says; empty: by ``shown``.
    """

    path: Path
    shown: str
    origin: str
    sheet: str | None = None
    constants: Mapping[str, str | None] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Since:
    """Only rows whose ``column`` is above ``value``, or at it where ``inclusive``: the greatest that the dataset has. ``value`` None:
    it has none yet, all rows are taken."""

    column: str
    value: Any
    inclusive: bool = False
