"""How a file is to be read: what a person has said of it, and what was understood."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.core.records import Record

__all__ = ["MOST_SKIPPED", "ColumnReading", "Reading"]

MOST_SKIPPED = 100_000  # lines before the header


class ColumnReading(Record):
    """One column of a file.

    ``place`` counts from 0 and says which column is meant; ``original`` is what the file calls it (empty where it has no name).
    ``name`` is what the dataset calls it, ``type`` a type as :func:`workbench.engines.types.type_name` writes it (``int``,
    ``decimal(18, 2)``, ``date``, ``string``, ...); None: as it is found. A column that is not to be taken has ``take`` False.
    """

    place: int = Field(ge=0, le=100_000)
    original: str = ""
    name: str | None = None
    type: str | None = None
    take: bool = True


class Reading(Record):
    """How a file is read. What is None is found out; a reading that :class:`~.source.Source` hands back has everything filled in.

    Attributes
    ----------
    format
        As :func:`.formats.format_of` says it; None: by the name's ending and the content.
    encoding
        As Python's codecs call it (``utf-8``, ``cp1252``, ``utf-16``).
    delimiter, quote, escape
        Of delimited text; ``escape`` is ``\\`` where quotes inside a value are written ``\\"``.
    header
        Whether the first record names the columns.
    skip
        Lines (rows of a sheet) before the header that are no data, such as a report's title.
    footer
        Lines (rows of a sheet) at the end that are no data, such as a total; blank ones do not count.
    sheet
        Of a workbook.
    flatten
        Nested objects of JSON become columns with dotted names made to identifiers (``address_city``), instead of structs.
    rows
        Of JSON that is wrapped around its rows: the keys that lead to the list of them, with dots (``data.items``). ``.`` says that nothing
        is: what stands in the file is the row, or the list of them.
    decimal
        What stands before decimals.
    dates
        The order in dates that are written in numbers, such as 03/04/2013.
    columns
        Those about which there is something to say; all of them in a reading that is handed back.
    misfits
        What becomes of a record that does not parse: set aside (``quarantine``), or a reason to take nothing (``fail``).
    """

    format: Literal["csv", "json", "ndjson", "parquet", "excel", "arrow"] | None = None
    encoding: str | None = Field(None, max_length=40)
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    quote: str | None = Field(None, min_length=1, max_length=1)
    escape: str | None = Field(None, min_length=1, max_length=1)
    header: bool | None = None
    skip: int = Field(0, ge=0, le=MOST_SKIPPED)
    footer: int = Field(0, ge=0, le=1_000)
    sheet: str | None = None
    flatten: bool = False
    rows: str | None = Field(None, min_length=1, max_length=1_000)
    decimal: Literal[".", ","] | None = None
    dates: Literal["dmy", "mdy", "ymd"] | None = None
    columns: tuple[ColumnReading, ...] = ()
    misfits: Literal["quarantine", "fail"] = "quarantine"
