"""What every source gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

__all__ = ["FRAME", "Fetched", "Note", "Notes", "Since"]

#: The origin of every frame: nothing tells one from the next.
FRAME = "frame"

#: Told what may interest who waits: how far a download has come, that it is tried again.
Note = Callable[[str], None]


class Notes:
    """Passes on words about how far it is, and keeps what the report shall tell: what was passed over, or taken otherwise than it is.
    ``check`` raises where it shall stop."""

    def __init__(self, tell: Note, check: Callable[[], None] = lambda: None) -> None:
        self._tell, self.check = tell, check
        self._facts: list[str] = []

    def __call__(self, text: str) -> None:
        self._tell(text)

    def fact(self, text: str) -> None:
        """Something that the report shall tell."""
        self._facts.append(text)
        self._tell(text)

    def kept_with(self, files: Iterator[Fetched]) -> Iterator[Fetched]:
        """The files, each with the facts that came before it."""
        for file in files:
            facts, self._facts = tuple(self._facts), []
            yield replace(file, warnings=(*file.warnings, *facts)) if facts else file


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
        Columns that the place says, as text: Hive's ``month=3``; None where it says there is no value. One that the file holds, too, is
        the file's (:meth:`constants_beside`).
    types
        The types of these columns, as :func:`workbench.engines.types.type_name` writes them: found over all files of the source.
    read_as
        Columns by what the file calls them, with the types that the dataset has, and all of their values but a few: these are set aside.
    format
        What it is (a ``Reading.format``), where the source knows; None: by its name and content.
    name
        What a dataset of it is called where nobody says; empty: by ``shown``.
    warnings
        What the report shall tell of how it was fetched.
    partial
        Only the first rows were fetched, for a look.
    siblings
        Of the first file of an archive or of a folder: gives, with a folder to make them in, the beginnings of its files, itself included,
        each called by what names it alone (``all.zip#a/towns.csv``, ``a/towns.csv``).
    inside
        Of the first file of an archive: what each of its files is called behind the ``#``, to take it alone.
    listed
        Of the first of several objects of a bucket: how many there are, and their bytes, without fetching them.
    """

    path: Path
    shown: str
    origin: str
    sheet: str | None = None
    constants: Mapping[str, str | None] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    read_as: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    name: str = ""
    warnings: tuple[str, ...] = ()
    partial: bool = False
    siblings: Callable[[Path], Iterator[Fetched]] | None = field(default=None, compare=False)
    inside: tuple[str, ...] = ()
    listed: tuple[int, int] | None = None

    def constants_beside(self, columns: Iterable[str]) -> dict[str, str | None]:
        """Those of the constants that the file, which has these ``columns``, does not hold itself."""
        known = {name.casefold() for name in columns}
        return {name: value for name, value in self.constants.items() if name.casefold() not in known}


@dataclass(frozen=True)
class Since:
    """Only rows whose ``column`` is above ``value``, or at it where ``inclusive``: the greatest that the dataset has. ``value`` None:
    it has none yet, all rows are taken. ``without``: how many of its rows have none."""

    column: str
    value: Any
    inclusive: bool = False
    without: int = 0
