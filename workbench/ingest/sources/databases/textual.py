"""Rows that a database sends as text, as columns of its own types: exact, for nothing goes through a float, and in bounded memory.

The text is kept in a file first. What a column can be is known when all of it has come: a ``numeric`` without a scale has the scale
of its longest value, and a column with a value that its type cannot hold here (an infinite date) stays text, which is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers.uuids import as_uuids
from workbench.engines.types import type_name
from workbench.ingest.sources.base import Notes
from workbench.ingest.sources.databases.base import READ_AS, Wanted

__all__ = ["Convert", "TextColumn", "gather", "pages", "to_bool", "to_bytes", "to_time", "to_uuid"]

#: Texts (null where there is no value) as values of a type; raises ``pa.ArrowInvalid`` or ``ValueError`` where one does not fit.
Convert = Callable[[pa.Array, pa.DataType], pa.Array]
_TOLD_EVERY = 500_000
_MOST_DIGITS = 38
# Of a decimal that its database gives no scale: so many digits behind the point, by how many there are; and so many before it, if they can.
_ROOMS, _LEAST_BEFORE = (9, 20, 28, 38), 10
# What a page holds at most: so many rows, and of text and bytes no more than this and one row's.
_PAGE_ROWS, _PAGE_BYTES = 10_000, 16 << 20
_LONG = frozenset((str, bytes))


def _cast(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    return texts.cast(kind)


@dataclass(frozen=True)
class TextColumn:
    """``type`` None: a decimal of which no digits are said but perhaps the ``scale``. ``binary``: the driver hands out bytes."""

    name: str
    type: pa.DataType | None
    convert: Convert = _cast
    binary: bool = False
    scale: int | None = None

    @property
    def raw(self) -> pa.DataType:
        return pa.binary() if self.binary else pa.string()

    @property
    def may_be_text(self) -> bool:
        """Whether values of it can come that only text holds: what is no number, days and times beyond the calendar's."""
        return not self.binary and (self.type is None or pa.types.is_decimal(self.type) or pa.types.is_temporal(self.type))


def to_bool(true: str) -> Convert:
    """Text that is ``true`` for yes and anything else for no."""
    return lambda texts, kind: pc.equal(texts, true)


def to_bytes(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """``\\x00ff`` as bytes."""
    return pa.array([None if text is None else bytes.fromhex(text[2:]) for text in texts.to_pylist()], kind)


def to_time(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """``12:34:56.789`` as a time of the day."""
    return pc.binary_join_element_wise("1970-01-01", texts, " ").cast(pa.timestamp("us")).cast(kind)


def to_uuid(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """UUIDs in text as such."""
    return as_uuids(texts)


def pages(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    """Rows as a driver hands them out, one after another, by the page."""
    page: list[Sequence[Any]] = []
    size = 0
    for row in rows:
        page.append(row)
        size += sum([len(value) for value in row if type(value) in _LONG])
        if len(page) == _PAGE_ROWS or size >= _PAGE_BYTES:
            yield page
            page, size = [], 0
    if page:
        yield page


def gather(
    columns: Sequence[TextColumn], pages: Iterable[Sequence[Sequence[Any]]], scratch: Path, note: Notes, wanted: Wanted
) -> pa.RecordBatchReader:
    """Take all rows in and give them out in their types.

    Parameters
    ----------
    pages
        By :func:`pages`; a value is a text, bytes where the column is binary, or None.
    scratch
        Where the text is kept meanwhile.
    wanted
        Tells the types of the dataset that they go into.
    """
    kept = _Kept(columns, scratch / "rows.arrow")
    kept.take(pages, note)
    fields = []
    for index, column in enumerate(columns):
        there = wanted.type_there(column.name)
        kind = kept.kind_of(index, there)
        if there is not None and pa.types.is_string(there) and column.may_be_text:
            # It has been text since a value came that its type does not hold; the next ones are not of another type for that.
            fields.append(pa.field(column.name, column.raw))
        elif kind is not None and kept.fits(index, kind):
            fields.append(pa.field(column.name, kind))
        elif there is not None and (there == column.type or (column.type is None and pa.types.is_decimal(there))):
            # The dataset holds all others, or will, so the few are set aside with their rows.
            meant = (kept.decimal_of(index, there) if column.type is None else None) or there
            fields.append(pa.field(column.name, column.raw, metadata={READ_AS: type_name(meant)}))
        else:
            note.fact(f"{column.name} holds values that no {column.type or 'decimal of 38 digits'} can be; it is taken as text")
            fields.append(pa.field(column.name, column.raw))
    schema = pa.schema(fields)
    return pa.RecordBatchReader.from_batches(schema, kept.typed(schema))


class _Kept:
    """The text of all rows in a file, and what it takes to type it."""

    def __init__(self, columns: Sequence[TextColumn], path: Path) -> None:
        self.columns, self.path = columns, path
        self._schema = pa.schema([pa.field(str(index), column.raw) for index, column in enumerate(columns)])
        self._before = [0] * len(columns)  # most digits before and after the point
        self._after = [0] * len(columns)
        self._odd: set[int] = set()

    def take(self, pages: Iterable[Sequence[Sequence[Any]]], note: Notes) -> None:
        rows = told = 0
        with pa.OSFile(str(self.path), "wb") as sink, pa.ipc.new_file(sink, self._schema) as writer:
            for page in pages:
                arrays = [pa.array(values, field.type) for values, field in zip(zip(*page, strict=True), self._schema, strict=True)]
                for index, column in enumerate(self.columns):
                    if column.type is None:
                        self._measure(index, arrays[index])
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
                rows += len(page)
                note.check()
                if rows - told >= _TOLD_EVERY:
                    told = rows
                    note(f"{rows:,} rows read")

    def _measure(self, index: int, texts: pa.Array) -> None:
        odd = pc.match_substring_regex(texts, r"[^-0-9.]")
        if pc.any(odd).as_py():
            self._odd.add(index)
            texts = texts.filter(pc.invert(odd))
        digits = pc.utf8_ltrim(texts, "-")
        point = pc.find_substring(digits, ".")
        length = pc.utf8_length(digits)
        before = pc.if_else(pc.less(point, 0), length, point)
        after = pc.if_else(pc.less(point, 0), 0, pc.subtract(pc.subtract(length, point), 1))
        self._before[index] = max(self._before[index], pc.max(before).as_py() or 0)
        self._after[index] = max(self._after[index], pc.max(after).as_py() or 0)

    def kind_of(self, index: int, there: pa.DataType | None) -> pa.DataType | None:
        """What a column can be, into a dataset that has ``there``; None where only text holds its values."""
        known = self.columns[index].type
        if known is not None:
            return known
        return None if index in self._odd else self.decimal_of(index, there)

    def decimal_of(self, index: int, there: pa.DataType | None) -> pa.DataType | None:
        """The decimal that holds all numbers of a column, but for what is none (``NaN``); None where they have too many digits."""
        before, after = self._before[index], self._after[index]
        if before + after > _MOST_DIGITS:
            return None
        if there is not None and pa.types.is_decimal(there):
            whole = max(before, there.precision - there.scale)
            return (
                pa.decimal128(whole + there.scale, there.scale)
                if after <= there.scale and whole + there.scale <= _MOST_DIGITS
                else (pa.decimal128(max(before + after, 1), after))
            )
        declared = self.columns[index].scale
        if there is None and declared is not None and before + declared <= _MOST_DIGITS:
            return pa.decimal128(_MOST_DIGITS, declared)
        if there is not None or (before and not after):
            return pa.decimal128(max(before + after, 1), after)
        # The rows that come later may have more digits, and what stands behind the point is a table's for good.
        room = next(digits for digits in _ROOMS if after <= digits)
        return pa.decimal128(_MOST_DIGITS, max(after, min(room, _MOST_DIGITS - max(before, _LEAST_BEFORE))))

    def fits(self, index: int, kind: pa.DataType) -> bool:
        """Whether all of a column becomes a type."""
        column = self.columns[index]
        if column.type is None or column.type == column.raw:
            return True
        try:
            for batch in self._batches():
                column.convert(batch.column(index), kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
            return False
        return True

    def typed(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for batch in self._batches():
            arrays = []
            for column, texts, field in zip(self.columns, batch.columns, schema, strict=True):
                arrays.append(texts if field.type == texts.type else column.convert(texts, field.type))
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with pa.memory_map(str(self.path)) as stream:
            file = pa.ipc.open_file(stream)
            for index in range(file.num_record_batches):
                yield file.get_batch(index)
