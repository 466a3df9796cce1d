"""What every reader gives: a schema and batches that can be read again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from workbench.core.records import Record
from workbench.engines.readers.reading import Reading
from workbench.engines.readers.rejects import Rejects

__all__ = ["Opener", "Request", "Seen", "Source", "Written"]

#: What stands before the decimals of a column, and the order of its dates (None: its values do not say); whether all are percentages.
Written = tuple[str | None, str | None, bool]


@dataclass(frozen=True)
class Request:
    """A file to read.

    ``path`` is where the content lies, ``shown`` what the person calls it (errors name that), ``scratch`` a folder for
    temporary files that the caller removes, ``sheet`` an Excel sheet's name. ``target`` holds the types of the columns of a
    table that is there already: where the file leaves a choice, they decide. ``known`` are the names of all of its columns.
    ``exact``: these types and no wider ones; what does not fit is set aside, and what they have no place for is left out.
    ``read_as`` are the types of columns, by what the file calls them, whose values are text for the sake of a few: these are set aside.
    ``keys`` are columns by which rows are known: a record without a value in one of them is set aside.
    ``there`` are the types of all columns of that table: whole numbers are taken as such though the file writes them as ``30.0``.
    ``reading`` is what a person said of the file. With ``look_bytes`` only about so much of it is looked at, for a preview.
    ``opener`` opens it; None: this process.
    """

    path: Path
    shown: str
    scratch: Path
    target: Mapping[str, pa.DataType]
    sheet: str | None = None
    reading: Reading = field(default_factory=Reading)
    look_bytes: int | None = None
    known: tuple[str, ...] = ()
    exact: bool = False
    read_as: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    there: Mapping[str, pa.DataType] = field(default_factory=dict)
    opener: Opener | None = None


class Opener(Protocol):
    """Opens files somewhere else than in this process."""

    def __call__(self, request: Request) -> Source:
        """As :func:`.open.open_source`."""

    def plain(self, path: Path, target: Path, most: int) -> None:
        """As :func:`workbench.engines.arrived.write_plain`."""

    def forget(self) -> None:
        """Nothing more is wanted of the sources that it gave."""


class Seen(Record):
    """What was seen of a column: ``why`` it has its type, where that needs a word; a few ``examples`` as they stand in the file; the
    share of records without a value; and the ``choices``, the types that would hold all that was looked at, as
    :func:`workbench.engines.types.type_name` writes them."""

    why: str = ""
    examples: tuple[str, ...] = ()
    null_share: float = 0.0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A file that has been looked at in full (or describes itself).

    Attributes
    ----------
    schema
        The names and types as they will be.
    batches
        Gives the rows, in order, without holding more than a few batches in memory.
    originals
        What a column was called in the file, where that is something else.
    reading
        How the file was understood, filled in: given back in a request, it reads the same file the same way.
    seen
        One for each column of ``reading.columns``; empty where there is nothing to say.
    misfits
        Collects what is set aside while ``batches()`` is read.
    customs
        By column: how its values are written, where the file's others may be written otherwise.
    rows
        How many records the file has, those set aside with them; None: not counted.
    left_out
        How many lines (rows of a sheet) at its end were said to be no data; they are none of ``rows``.
    complete
        False where only a part was looked at (``look_bytes``); ``batches()`` gives the rows of that part.
    sheets
        Of a workbook, all of them.
    """

    format: str
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]
    originals: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    reading: Reading = field(default_factory=Reading)
    seen: tuple[Seen, ...] = ()
    misfits: Rejects = field(default_factory=Rejects)
    customs: Mapping[str, Written] = field(default_factory=dict)
    rows: int | None = None
    left_out: int = 0
    complete: bool = True
    sheets: tuple[str, ...] = ()

    def reader(self) -> pa.RecordBatchReader:
        """The rows as an Arrow stream."""
        return pa.RecordBatchReader.from_batches(self.schema, self.batches())

    @property
    def rejected(self) -> int:
        """How many records were set aside; final once ``batches()`` has been read to its end."""
        return self.misfits.count

    def rejects(self) -> pa.Table:
        """The records set aside, as :data:`.rejects.REJECTED`; complete once ``batches()`` has been read to its end."""
        return self.misfits.table()
