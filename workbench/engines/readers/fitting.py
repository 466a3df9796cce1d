"""Values in the type that a person asked for: those that it holds, and which it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import InvalidInput
from workbench.engines.calendar import beyond
from workbench.engines.readers.column import Customs, TextColumn
from workbench.engines.readers.reading import Reading
from workbench.engines.readers.years import written
from workbench.engines.types import type_name

__all__ = ["Fitter", "Plain", "as_text", "choices", "customs_of", "exactly", "fitter", "halved"]


class Fitter(Protocol):
    """``see`` every batch, where ``looks`` says so; then ``settle``, then ``divide`` every batch."""

    looks: bool

    def see(self, values: Any) -> None:
        """Take note of a batch."""

    def settle(self) -> None:
        """Decide how it is to be read."""

    def divide(self, values: Any) -> tuple[Any, Any]:
        """A batch in the type, null where it does not hold a value, and which those are (an array of booleans; None: all fit)."""


def fitter(name: str, found: pa.DataType, asked: pa.DataType, reading: Reading) -> Fitter:
    """What turns values of the type that was ``found`` into that which was ``asked`` for.

    A value fits where nothing of it is lost: 1.5 is no integer, a time of day is no date. Text is read as that of a file.
    """
    return _Cast(asked) if pa.types.is_string(asked) or _is_like(found, asked) else _Text(name, asked, reading)


def customs_of(reading: Reading) -> Customs:
    """What a person said of how values are written."""
    return Customs(decimal=reading.decimal, order=reading.dates, said=reading.dates is not None)


class _Cast:
    """Numbers as other numbers, dates as times; anything as text."""

    looks = False

    def __init__(self, asked: pa.DataType) -> None:
        self._asked = asked

    def see(self, values: Any) -> None:
        pass

    def settle(self) -> None:
        pass

    def divide(self, values: Any) -> tuple[Any, Any]:
        return (as_text(values), None) if pa.types.is_string(self._asked) else _each(values, self._asked)


class _Text:
    """Text, or what can be written down."""

    looks = True

    def __init__(self, name: str, asked: pa.DataType, reading: Reading) -> None:
        self._column, self._customs = TextColumn(name, asked=asked), customs_of(reading)

    def see(self, values: Any) -> None:
        self._column.see(as_text(values))

    def settle(self) -> None:
        self._column.doubt(self._customs)
        self._column.settle()

    def divide(self, values: Any) -> tuple[Any, Any]:
        made, bad = self._column.divide(as_text(values))
        return made, None if bad is None else pa.array(bad)


class Plain(_Cast):
    """Text as a server writes values of a type, in one form: what is none of the type (``NaN``, ``infinity``) is no missing value."""

    def divide(self, values: Any) -> tuple[Any, Any]:
        return _each(values, self._asked, _plainly)


def _plainly(values: Any, kind: pa.DataType) -> Any:
    types = pa.types
    if types.is_time(kind):
        return pc.binary_join_element_wise("1970-01-01", values, " ").cast(pa.timestamp("us")).cast(kind)
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        if not (types.is_timestamp(kind) and kind.tz):
            raise
        return pc.assume_timezone(values.cast(pa.timestamp("us")), "UTC")


def as_text(values: Any) -> Any:
    """The values as a person would write them; nested ones as JSON.

    >>> as_text(pa.array([{"a": 1}, None])).to_pylist()
    ['{"a": 1}', None]
    """
    if pa.types.is_string(values.type):
        return values
    if beyond(values) is not None:
        return written(values)
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
    if not pa.types.is_nested(found) and values.null_count < len(values):
        made += [type_name(kind) for kind in _CANDIDATES if kind != found and _holds(values, found, kind)]
    return tuple(dict.fromkeys((*made, "string")))


def _holds(values: Any, found: pa.DataType, asked: pa.DataType) -> bool:
    one = fitter("", found, asked, Reading())
    try:
        one.see(values)
        one.settle()
        return one.divide(values)[1] is None
    except InvalidInput:
        return False


_CANDIDATES = (
    pa.int64(),
    pa.float64(),
    pa.decimal128(18, 2),
    pa.bool_(),
    pa.date32(),
    pa.timestamp("us"),
    pa.timestamp("us", tz="UTC"),
)


def _is_like(kind: pa.DataType, target: pa.DataType) -> bool:
    """Whether values may go from the one to the other without being written down between."""
    types = pa.types

    def number(one: pa.DataType) -> bool:
        return bool(types.is_integer(one) or types.is_floating(one) or types.is_decimal(one))

    def moment(one: pa.DataType) -> bool:
        return bool(types.is_date(one) or types.is_timestamp(one))

    return (number(kind) and number(target)) or (moment(kind) and moment(target)) or (types.is_time(kind) and types.is_time(target))


def exactly(values: Any, target: pa.DataType) -> Any:
    """Cast, and null where the way back does not give the same, or gives a day or a time that no table holds."""
    if pa.types.is_integer(values.type) and pa.types.is_decimal(target):
        values = values.cast(pa.decimal128(38, 0))  # else a type that cannot hold all of 64 bits holds none
    made = values.cast(target, safe=pa.types.is_decimal(target))  # unsafe, a decimal may have more digits than its type
    there = pc.equal(made.cast(values.type, safe=False), values)
    if pa.types.is_floating(values.type):
        there = pc.or_(there, pc.is_nan(values)) if pa.types.is_floating(target) else there
    if (far := beyond(made)) is not None:
        there = pc.and_(there, pc.invert(far))
    return pc.if_else(pc.fill_null(there, False), made, pa.scalar(None, target))


def _each(values: Any, target: pa.DataType, cast: Callable[[Any, pa.DataType], Any] = exactly) -> tuple[Any, Any]:
    """Cast what can be cast. What a cast refuses is halved until the one value is found; equal values once."""
    distinct = values.dictionary_encode()
    made = halved(distinct.dictionary, target, lambda part: cast(part, target), (pa.ArrowInvalid, pa.ArrowNotImplementedError))
    converted = made.take(distinct.indices)
    bad = pc.and_(pc.is_valid(values), pc.is_null(converted))
    return converted, bad if pc.any(bad).as_py() else None


def halved(values: Any, kind: pa.DataType, convert: Callable[[Any], Any], refused: tuple[type[Exception], ...]) -> Any:
    """The values as ``convert`` gives them, in that type. What it refuses is halved until the one value is found, which is null then."""
    try:
        return convert(values)
    except refused:
        if len(values) <= 1:
            return pa.nulls(len(values), kind)
        middle = len(values) // 2
        return pa.concat_arrays([halved(part, kind, convert, refused) for part in (values[:middle], values[middle:])])
