"""Values in the type that a person asked for: those that it holds, and which it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import InvalidInput
from workbench.engines.readers.kinds import blank_missing
from workbench.engines.types import type_name

__all__ = ["as_text", "choices", "fitted"]

_FEWEST = 8  # so few values are not halved any more: one by one is as fast


def fitted(values: Any, target: pa.DataType) -> tuple[Any, Any]:
    """The values in the type ``target``, null where it does not hold one, and which those are (an array of booleans; None: all fit).

    A value fits where nothing of it is lost: 1.5 is no integer, a time of day is no date. Text is read as that of a file.
    """
    if values.type == target:
        return values, None
    if pa.types.is_string(target):
        return as_text(values), None
    if _is_text(values.type):
        read = blank_missing(values.cast(pa.string()))
        return _each(read, lambda part: _from_text(part, target), target)
    if _is_like(values.type, target):
        return _each(values, lambda part: _exactly(part, target), target)
    return _each(blank_missing(as_text(values)), lambda part: _from_text(part, target), target)


def as_text(values: Any) -> Any:
    """The values as a person would write them; nested ones as JSON.

    >>> as_text(pa.array([{"a": 1}, None])).to_pylist()
    ['{"a": 1}', None]
    """
    if pa.types.is_string(values.type):
        return values
    if not (pa.types.is_nested(values.type) or isinstance(values.type, pa.BaseExtensionType)):
        try:
            return values.cast(pa.string())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):  # bytes that are no UTF-8, for one
            pass
    return pa.array([None if value is None else _written(value) for value in values.to_pylist()], pa.string())


def _written(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def choices(values: Any, found: pa.DataType) -> tuple[str, ...]:
    """The types that hold all of the values, the one that was ``found`` first, text last."""
    made = [type_name(found)]
    if pa.types.is_nested(found):
        return (*made, "string")
    for target in _CANDIDATES:
        if type_name(target) in made:
            continue
        try:
            bad = fitted(values, target)[1]
        except InvalidInput:
            continue
        if bad is None and values.null_count < len(values):
            made.append(type_name(target))
    return tuple(dict.fromkeys((*made, "string")))


_CANDIDATES = (
    pa.int64(),
    pa.float64(),
    pa.decimal128(18, 2),
    pa.bool_(),
    pa.date32(),
    pa.timestamp("us"),
    pa.timestamp("us", tz="UTC"),
)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_like(kind: pa.DataType, target: pa.DataType) -> bool:
    """Whether values may go from the one to the other without being written down between."""
    types = pa.types

    def number(one: pa.DataType) -> bool:
        return bool(types.is_integer(one) or types.is_floating(one) or types.is_decimal(one))

    def moment(one: pa.DataType) -> bool:
        return bool(types.is_date(one) or types.is_timestamp(one))

    return (number(kind) and number(target)) or (moment(kind) and moment(target)) or (types.is_time(kind) and types.is_time(target))


def _exactly(values: Any, target: pa.DataType) -> Any:
    """Cast, and null where the way back does not give the same."""
    made = values.cast(target, safe=False)
    there = pc.equal(made.cast(values.type, safe=False), values)
    if pa.types.is_floating(values.type):
        there = pc.or_(there, pc.is_nan(values)) if pa.types.is_floating(target) else there
    return pc.if_else(pc.fill_null(there, False), made, pa.scalar(None, target))


def _from_text(values: Any, target: pa.DataType) -> Any:
    return values.cast(target)


def _each(values: Any, convert: Callable[[Any], Any], target: pa.DataType) -> tuple[Any, Any]:
    """Convert what can be converted. What a conversion refuses is halved until the one value is found; equal values once."""
    distinct = values.dictionary_encode()
    made = _halved(distinct.dictionary, convert, target)
    converted = made.take(distinct.indices)
    bad = pc.and_(pc.is_valid(values), pc.is_null(converted))
    return converted, bad if pc.any(bad).as_py() else None


def _halved(values: Any, convert: Callable[[Any], Any], target: pa.DataType) -> Any:
    try:
        return convert(values)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        if len(values) <= 1:
            return pa.nulls(len(values), target)
        middle = len(values) // 2
        return pa.concat_arrays([_halved(values[:middle], convert, target), _halved(values[middle:], convert, target)])
