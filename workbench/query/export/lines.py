"""Rows as CSV and JSON, column by column: a value that is there often is put in words once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.query.export.write import Check, plain_value, values_of

__all__ = ["write_csv", "write_json"]

_BATCH = 50_000  # rows
_QUOTED = r'[",\r\n]'
_is = pa.types
_COMPARED = (_is.is_string, _is.is_floating, _is.is_boolean, _is.is_decimal, _is.is_date, _is.is_time, _is.is_timestamp)
_TEXT = pa.large_string()  # what a batch of text may hold is not bounded: the widest offsets are taken


def write_csv(table: pa.Table, stream: IO[bytes], check: Check) -> None:
    """Write a table with a head line; the stream stays open. NULL and the empty text are both nothing between two commas."""
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(table.column_names)
    stream.write(head.getvalue().encode())
    alone = table.num_columns == 1
    for batch in table.to_batches(max_chunksize=_BATCH) if table.num_columns else ():
        columns = [_quoted(pc.fill_null(_texts(column, _flat, given=_is_text), ""), alone) for column in _each(batch, check)]
        parts = [part for column in columns for part in (column, ",")]
        stream.writelines(_joined([*parts[:-1], "\n"]))


def write_json(table: pa.Table, stream: IO[bytes], lines: bool, check: Check) -> None:
    """Write each row as an object: in an array, or (``lines``) on a line of its own; the stream stays open."""
    # Two columns may have the same name, and an object would hold the second one only.
    names = [json.dumps(name, ensure_ascii=False) for name in _apart(table.column_names)]
    before, after = ("", "\n") if lines else (",\n", "")
    written = False
    if not lines:
        stream.write(b"[")
    for batch in table.to_batches(max_chunksize=_BATCH) if table.num_columns else ():
        columns = [pc.fill_null(_texts(column, _dumped), "null") for column in _each(batch, check)]
        parts = [part for name, column in zip(names, columns, strict=True) for part in (f", {name}: ", column)]
        parts[0] = f"{before}{{{names[0]}: "
        for bytes_ in _joined([*parts, "}" + after]):
            stream.write(bytes_ if written or lines else bytes_[1:])  # no comma before the first
            written = True
    if not lines:
        stream.write(b"\n]\n" if written else b"]\n")


def _each(batch: pa.RecordBatch, check: Check) -> Iterator[pa.Array]:
    for column in batch.columns:
        check()
        yield column


def _joined(parts: Sequence[pa.Array | str]) -> Iterator[memoryview]:
    """Texts and columns of texts, row by row one after the other; nothing where there are no rows."""
    whole = pc.binary_join_element_wise(*(_text(part) if isinstance(part, str) else part for part in parts), _text(""))
    size = pc.sum(pc.binary_length(whole)).as_py()
    if size:
        # As Arrow holds the rows, they are the file.
        yield memoryview(whole.buffers()[2])[:size]


def _texts(column: pa.Array, word: Callable[[Any], str], given: Callable[[pa.DataType], bool] = lambda _: False) -> pa.Array:
    """A column in words; those of ``given`` types are texts as they are."""
    kind = column.type
    if _is.is_integer(kind) or given(kind):
        return column.cast(_TEXT)
    if any(of(kind) for of in _COMPARED):
        encoded = column.dictionary_encode()
        return _worded(encoded.dictionary, word).take(encoded.indices)
    return _worded(column, word)


def _worded(column: pa.Array, word: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else word(value) for value in values_of(column)], _TEXT)


def _is_text(kind: pa.DataType) -> bool:
    return bool(_is.is_string(kind) or _is.is_large_string(kind))


def _flat(value: Any) -> str:
    return str(plain_value(value, flat=True))


def _dumped(value: Any) -> str:
    return json.dumps(plain_value(value), ensure_ascii=False)


def _quoted(texts: pa.Array, alone: bool) -> pa.Array:
    """What stands between the commas. Of one column an empty line would not be seen by many readers."""
    needed = pc.match_substring_regex(texts, _QUOTED)
    if alone:
        needed = pc.or_(needed, pc.equal(texts, ""))
    if not pc.any(needed).as_py():
        return texts
    inside = pc.replace_substring(texts, '"', '""')
    return pc.if_else(needed, pc.binary_join_element_wise(_text('"'), inside, _text('"'), _text("")), texts)


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, _TEXT)


def _apart(names: list[str]) -> list[str]:
    """The same names, those that were there before with a number.

    >>> _apart(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    taken = set(names)
    seen: set[str] = set()
    found = []
    for name in names:
        given, number = name, 1
        while given in seen or (number > 1 and given in taken):
            number += 1
            given = f"{name}_{number}"
        seen.add(given)
        found.append(given)
    return found
