"""What a case of the corpus is: a nasty file, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.engines.readers.reading import Reading
from workbench.engines.types import arrow_type

__all__ = ["EXPECTED", "FILES", "Case", "table"]

FILES = Path(__file__).parent / "files"
EXPECTED = Path(__file__).parent / "expected"


@dataclass(frozen=True)
class Case:
    """A file and what becomes of it: the table it means, or the words it is refused with.

    Attributes
    ----------
    file
        Its name below ``files/``.
    content
        What is in it (text is written as UTF-8, line ends as they stand), or what makes that.
    expect
        The table, written by hand.
    records
        How many the file has, counted by hand: those of the table and those set aside.
    aside
        The records that do not parse: the line in the file of each (for a format without lines the record), with the column that
        does not fit, or None where the record could not be divided.
    error
        Words of the message, where the file is refused.
    reading, sheet
        What a person says of the file.
    gap
        Why the case does not come out yet (a strict expected failure); empty: it does.
    stable
        Whether each making gives the same bytes.
    """

    file: str
    content: bytes | str | Callable[[], bytes]
    expect: pa.Table | None = None
    records: int | None = None
    aside: Mapping[int, str | None] = field(default_factory=dict)
    error: str = ""
    reading: Reading = field(default_factory=Reading)
    sheet: str | None = None
    variant: str = ""
    gap: str = ""
    stable: bool = True

    @property
    def name(self) -> str:
        """The file's, with the variant where it is read in several ways."""
        return f"{self.file}~{self.variant}" if self.variant else self.file

    @property
    def path(self) -> Path:
        return FILES / self.file

    @property
    def expected(self) -> Path:
        return EXPECTED / f"{self.name}.arrow"

    def made(self) -> bytes:
        content = self.content() if callable(self.content) else self.content
        return content.encode() if isinstance(content, str) else content


def table(columns: str | Mapping[str, pa.DataType], *rows: tuple[Any, ...]) -> pa.Table:
    """A table written by hand: ``"name:string age:long"``, and a tuple a row."""
    if isinstance(columns, str):
        pairs = [each.rpartition(":") for each in columns.split()]
        columns = {name: arrow_type(kind) for name, _, kind in pairs}
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [pa.array(list(each), kind) for each, kind in zip(values, columns.values(), strict=True)]
    return pa.table(arrays, schema=pa.schema(list(columns.items())))
