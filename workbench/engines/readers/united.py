"""Columns that have types of their own, read as those of the table that is there: where all their values are values of these.

A list of nothing, an object that lacks a field or has one more, whole numbers that pandas keeps as doubles since one is missing: what a
file says of its types depends on the rows that it happens to hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers.column import SPARE
from workbench.engines.readers.fitting import exactly, halved
from workbench.engines.readers.kept import from_json, is_bytes
from workbench.engines.readers.source import Source
from workbench.engines.types import type_name, wider

__all__ = ["United", "may_be_united", "united", "with_whole"]

_EXACT = float(2**53)  # beyond it a double is that of several whole numbers
_NO_VALUE = (pa.ArrowException, ValueError, TypeError, RecursionError)


def may_be_united(there: pa.DataType, here: pa.DataType) -> bool:
    """Whether it takes a look at the values to tell if a file's type is a column's."""
    types = pa.types
    if types.is_nested(there) or types.is_nested(here):
        return types.is_nested(there) and type_name(there) != type_name(here)
    if _is_text(here):
        return _is_number(there) or types.is_boolean(there) or types.is_temporal(there) or types.is_binary(there)
    return _is_number(there) and _is_number(here) and not _is_narrower(here, there)


def united(there: pa.DataType, here: pa.DataType) -> pa.DataType | None:
    """The type that holds what both do, as far as types tell: the table's, with the fields that the file has beside it, and wide enough.
    None: there is none.

    >>> united(pa.struct([("a", pa.int32())]), pa.struct([("b", pa.string()), ("a", pa.int64())]))
    StructType(struct<a: int64, b: string>)
    """
    types = pa.types
    if there == here or types.is_null(here):
        return there
    if types.is_struct(there) and types.is_struct(here):
        return _united_struct(there, here)
    if _is_list(there) and _is_list(here):
        inner = united(there.value_type, here.value_type)
        return None if inner is None else pa.list_(pa.field("element", inner))
    if types.is_nested(there):
        return there if _is_text(here) else None
    if _is_text(there):
        return there if _is_text(here) else None
    if _is_number(there) and _is_number(here):
        return wider(there, here) or there
    return there if _is_text(here) or _is_alike(here, there) else None


def _united_struct(there: pa.StructType, here: pa.StructType) -> pa.DataType | None:
    mine, known = {field.name: field for field in here}, {field.name for field in there}
    if len(mine) < here.num_fields or {name.casefold() for name in known} & {name.casefold() for name in mine.keys() - known}:
        return None  # of names that differ in case only nobody can ask by SQL
    fields = []
    for field in there:
        inner = united(field.type, mine[field.name].type) if field.name in mine else field.type
        if inner is None:
            return None
        fields.append(field.with_type(inner))
    return pa.struct([*fields, *(field.with_nullable(True) for name, field in mine.items() if name not in known)])


def with_whole(source: Source, there: Mapping[str, pa.DataType]) -> Source:
    """The source, with doubles as the whole numbers of the table that is ``there`` where all of a column are such: programs that know no
    whole number beside a missing value write ``30.0``."""
    types = pa.types
    named = {
        field.name: kind
        for field in source.schema
        if types.is_floating(field.type) and (kind := there.get(field.name)) is not None and types.is_integer(kind)
    }
    if not named:
        return source
    every = {name: United(source.schema.field(name).type, kind, exact=False, parse=False, tolerant=False) for name, kind in named.items()}
    for batch in source.batches():
        for name, one in every.items():
            one.see(batch.column(name))
    for one in every.values():
        one.settle()
    schema = pa.schema([field.with_type(every[field.name].type) if field.name in every else field for field in source.schema])
    if schema == source.schema:
        return source

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in source.batches():
            columns = [
                every[name].divide(each)[0] if name in every else each for name, each in zip(schema.names, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return replace(source, schema=schema, batches=batches)


class United:
    """A fitter (see :mod:`.fitting`) of a column ``found`` in a file, for one that is ``there``.

    Parameters
    ----------
    exact
        Nothing but the table's own type will do: fields that it has not are left out, values that it does not hold set aside.
    parse
        Text may be JSON of the type.
    tolerant
        Rows may be set aside.

    Attributes
    ----------
    type
        Once it is settled, what the column is read as: that which was found, where not all values are of another.
    """

    looks = True

    def __init__(self, found: pa.DataType, there: pa.DataType, *, exact: bool, parse: bool, tolerant: bool) -> None:
        kind = there if exact else united(there, found)
        self.type: pa.DataType = found if kind is None else kind
        self._found, self._fits, self._exact, self._parse = found, kind is not None, exact, parse
        self._spare = SPARE if tolerant and parse and pa.types.is_nested(there) else 0.0
        self._present = self._bad = 0

    def see(self, values: Any) -> None:
        if self._exact or not self._fits:
            return
        self._present += len(values) - values.null_count
        try:
            _as(values, self.type, self._parse, leave=False)
        except _NO_VALUE:
            # What is set aside is counted only where it may be: it is looked for value by value.
            self._bad += _count(self._each(values)[1]) if self._spare else len(values)
            self._fits = self._bad <= self._present * self._spare

    def settle(self) -> None:
        if not self._fits:
            self.type = self._found

    def divide(self, values: Any) -> tuple[Any, Any]:
        return self._each(values) if self._fits else (values, None)

    def _each(self, values: Any) -> tuple[Any, Any]:
        made = halved(values, self.type, lambda part: _as(part, self.type, self._parse, leave=self._exact), _NO_VALUE)
        bad = pc.and_(pc.is_valid(values), pc.is_null(made))
        return made, bad if pc.any(bad).as_py() else None


def _count(bad: Any) -> int:
    return 0 if bad is None else int(pc.sum(bad).as_py())


def _as(values: Any, kind: pa.DataType, parse: bool, leave: bool) -> Any:
    """The values in a type that holds all of them. ``leave``: fields that the type has not are left out.

    Raises
    ------
    ValueError, TypeError, pyarrow.ArrowException
        One of them it does not hold.
    """
    types = pa.types
    if values.type == kind:
        return values
    if values.null_count == len(values):
        return pa.nulls(len(values), kind)
    if types.is_struct(kind) and types.is_struct(values.type):
        return _as_struct(values, kind, parse, leave)
    if _is_list(kind) and _is_list(values.type):
        lengths = pc.fill_null(pc.list_value_length(values).cast(pa.int32()), 0)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
        inner = _as(values.flatten(), kind.value_type, parse, leave)
        return pa.ListArray.from_arrays(offsets, inner, mask=values.is_null()).cast(kind)
    if types.is_nested(kind) and _is_text(values.type) and parse:
        return pa.concat_arrays([pa.nulls(1, kind) if text is None else from_json(text, kind, leave) for text in values.to_pylist()])
    if _is_alike(values.type, kind):
        return values.cast(kind)
    if parse and leave and _is_text(values.type):  # numbers became text for want of a type for all of them
        as_written = types.is_boolean(kind) or _is_number(kind)
        texts = (text if as_written or text is None else json.dumps(text) for text in values.to_pylist())
        return pa.concat_arrays([pa.nulls(1, kind) if text is None else from_json(text, kind) for text in texts])
    if not (_is_number(kind) and _is_number(values.type)):
        raise ValueError("another kind of value")
    if types.is_floating(values.type) and types.is_integer(kind) and pc.any(pc.greater(pc.abs(values), _EXACT)).as_py():
        raise ValueError("a number that may be another one, rounded")
    made = exactly(values, kind)
    if made.null_count != values.null_count:
        raise ValueError("a number that the type does not hold")
    return made


def _as_struct(values: Any, kind: pa.StructType, parse: bool, leave: bool) -> Any:
    there = dict(zip([field.name for field in values.type], values.flatten(), strict=True))
    if not leave and there.keys() - {field.name for field in kind}:
        raise ValueError("a field that the type has not")
    inner = [_as(there[f.name], f.type, parse, leave) if f.name in there else pa.nulls(len(values), f.type) for f in kind]
    return pa.StructArray.from_arrays(inner, fields=list(kind), mask=values.is_null())


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _is_alike(here: pa.DataType, there: pa.DataType) -> bool:
    """Whether a checked cast is all that it takes."""
    types = pa.types
    if types.is_timestamp(here) and types.is_timestamp(there):
        return (here.tz is None) == (there.tz is None)
    return any(is_so(here) and is_so(there) for is_so in (_is_text, types.is_date, types.is_time, is_bytes))


def _is_narrower(here: pa.DataType, there: pa.DataType) -> bool:
    """Whether a table takes numbers of the one type for its other as they are, or widens."""
    types = pa.types
    if types.is_integer(here):
        return bool(types.is_integer(there) or types.is_decimal(there) or (types.is_float64(there) and here.bit_width <= 32))
    if types.is_floating(here):
        return bool(types.is_floating(there))
    return bool(types.is_decimal(there) and here.scale <= there.scale)
