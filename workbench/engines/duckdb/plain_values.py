"""Texts as values of a type, and which of them are not written as the thorough reader would take them.

Arrow converts far quicker than the engine, and strictly: what is left to look at is what it takes for a number all the same (``007``,
``0x1F``, ``1e2`` for money). Most texts are told by a byte or two; only the others are looked at in full.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.calendar import FIRST, as_numbers, in_a_day
from workbench.engines.decimals import of_units

__all__ = ["TooMany", "can_be_plain", "values_of"]

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_MOST = 1000  # values of one piece that are looked for one by one
_EXACT = float(2**53)
_SURE = float(2**50)  # below it two roundings of a float are less than half of one
_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?$"
_FLOAT = r"^-?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_ZERO, _NINE, _MINUS, _POINT = b"09-."


class TooMany(Exception):
    """More values do not fit than are looked for."""


def can_be_plain(kind: pa.DataType) -> bool:
    """Whether there is a rule for a type here. ``null`` is that of a column without any value."""
    simple = (pa.int64(), pa.int32(), pa.float64(), pa.date32(), pa.timestamp("us"), pa.string(), pa.null())
    return kind in simple or (pa.types.is_decimal128(kind) and kind.scale > 0 and 1 <= kind.precision - kind.scale <= 16)


def values_of(texts: pa.Array, kind: pa.DataType, missing: tuple[str, ...] = ()) -> tuple[pa.Array, Mask | None]:
    """The values, null where a text is none, and a mask of the texts that do not fit (None: all do). ``missing`` are the texts that stand
    for no value. What is of the type already is left as it is.

    Raises
    ------
    TooMany
        There are better ways then.
    """
    if texts.type == kind:
        return texts, None
    if pa.types.is_null(kind):
        there = pc.is_valid(texts)
        return pa.nulls(len(texts), pa.string()), _mask(there) if texts.null_count < len(texts) else None
    if missing:
        words = pc.is_in(texts, value_set=pa.array(missing, pa.string()))
        texts = pc.if_else(words, None, texts) if words.true_count else texts
    if pa.types.is_decimal128(kind) and (even := _of_one_length(texts, kind)) is not None:
        return even, None
    odd = _odd(texts, kind)
    values, bad = _converted(texts, odd, kind)
    strange = _strange(values)
    if strange is not None:
        bad = strange if bad is None else bad | strange
    return values, bad


def _converted(texts: pa.StringArray, odd: Mask | None, kind: pa.DataType) -> tuple[pa.Array, Mask | None]:
    """The values without those that are odd or cannot be converted, and which these are."""
    kept = pc.if_else(pa.array(odd), None, texts) if odd is not None else texts
    try:
        return _cast(kept, kind), odd
    except pa.ArrowInvalid:
        bad = np.zeros(len(texts), dtype=bool) if odd is None else odd
        _find(kept, kind, bad)
        return pc.if_else(pa.array(bad), None, texts).cast(kind), bad


def _cast(texts: pa.StringArray, kind: pa.DataType) -> pa.Array:
    """What Arrow makes of them. Decimals, none of which is odd, by way of floats: as exact, and in half the time."""
    if not pa.types.is_decimal128(kind):
        return texts.cast(kind)
    numbers = texts.cast(pa.float64())
    with np.errstate(invalid="ignore"):
        whole = np.rint(_numbers(numbers) * 10.0**kind.scale)
        if not (np.abs(whole) < _SURE).all():
            return texts.cast(kind)
    made = of_units(whole, kind)
    return pc.if_else(numbers.is_valid(), made, None) if numbers.null_count else made


def _of_one_length(texts: pa.StringArray, kind: pa.DataType) -> pa.Array | None:
    """Decimals whose texts are all of one length, without signs, with all decimals and no zero before: shares, rates, prices of a kind.
    Their digits stand below each other, and are summed up column by column. None of others."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    length = int(places[1] - places[0]) if len(texts) and not texts.null_count else 0
    point = length - 1 - kind.scale
    if not 1 <= point <= min(kind.precision - kind.scale, 14) or length > 16 or (np.diff(places) != length).any():
        return None
    lines = np.frombuffer(data, np.uint8)[places[0] : places[-1]].reshape(-1, length).T
    if (lines[point] != _POINT).any() or (point > 1 and (lines[0] == _ZERO).any()):
        return None
    units = np.zeros(len(texts), np.int64)
    for place, line in enumerate(lines):
        if place != point:
            digits = line - np.uint8(_ZERO)  # what stands before the zero is beyond nine, too
            if digits.max() > 9:
                return None
            units = units * 10 + digits
    return of_units(units, kind)


def _numbers(values: pa.DoubleArray) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Those of missing values mean nothing."""
    return np.frombuffer(values.buffers()[1], np.float64)[values.offset : values.offset + len(values)]


def _find(texts: pa.StringArray, kind: pa.DataType, bad: Mask) -> None:
    pieces, found = [(0, len(texts))], 0
    while pieces:
        start, end = pieces.pop()
        try:
            texts[start:end].cast(kind)
        except pa.ArrowInvalid:
            if end - start > 1:
                middle = (start + end) // 2
                pieces += [(start, middle), (middle, end)]
                continue
            bad[start], found = True, found + 1
            if found > _MOST:
                raise TooMany from None


def _odd(texts: pa.StringArray, kind: pa.DataType) -> Mask | None:
    """Texts that are not written as they should be, whatever Arrow makes of them; others that it does not take may be left."""
    if pa.types.is_timestamp(kind):
        return _unlike(texts, None, _TIMESTAMP)
    if pa.types.is_date(kind):
        return None  # four digits, two and two, with a stroke between: Arrow takes no others
    if not len(texts) or texts.null_count == len(texts):
        return None
    seen = _Bytes(texts)
    if pa.types.is_integer(kind):
        return seen.with_zeros_before()
    if pa.types.is_floating(kind):
        return _unlike(texts, seen.may_be_odd_float(), _FLOAT)
    digits = min(kind.precision - kind.scale, 14)
    shape = rf"^-?(0|[1-9]\d{{0,{digits - 1}}})(\.\d{{1,{kind.scale}}})?$"
    return _unlike(texts, seen.without_all_decimals(kind.scale, digits), shape)


def _unlike(texts: pa.StringArray, some: Mask | None, shape: str) -> Mask | None:
    """Of ``some`` texts (None: of all) those that are not of the shape."""
    if some is None:
        misfit = _mask(pc.invert(pc.match_substring_regex(texts, shape)))
        return misfit if misfit.any() else None
    places = np.flatnonzero(some)
    if not len(places):
        return None
    misfit = _mask(pc.invert(pc.match_substring_regex(texts.take(pa.array(places)), shape)))
    odd = np.zeros(len(texts), dtype=bool)
    odd[places[misfit]] = True
    return odd if misfit.any() else None


def _strange(values: pa.Array) -> Mask | None:
    """Values that are written well, and still are none: numbers that a float does not hold exactly, days of the year 0."""
    if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        places, first = as_numbers(values), FIRST * in_a_day(values.type)
        least = pc.min(places).as_py()
        return None if least is None or least >= first else _mask(pc.fill_null(pc.less(places, first), False))
    if not pa.types.is_floating(values.type):
        return None
    numbers = _numbers(values)
    found: Mask = ~(np.abs(numbers) < _EXACT)
    if found.any() and values.null_count:
        found &= _mask(values.is_valid())
    return found if found.any() else None


def _mask(flags: pa.BooleanArray) -> Mask:
    return np.asarray(flags.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


class _Bytes:
    """Bytes of many texts at once. A missing value has length 0, and what is said of its bytes means nothing."""

    def __init__(self, texts: pa.StringArray) -> None:
        _, offsets, data = texts.buffers()
        places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        self.starts, self.ends = places[:-1], places[1:]
        self.lengths = self.ends - self.starts
        self._data = np.frombuffer(data, np.uint8)
        self._first = self.at(self.starts)
        self._minus = self._first == _MINUS

    def at(self, places: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
        found: np.ndarray[Any, np.dtype[np.uint8]] = np.take(self._data, places, mode="clip")
        return found

    def _leading(self) -> tuple[np.ndarray[Any, np.dtype[np.uint8]], Any]:
        """The first byte after a minus, and where the one after it is."""
        if not self._minus.any():
            return self._first, self.starts + 1
        after = self.starts + self._minus
        return self.at(after), after + 1

    def with_zeros_before(self) -> Mask | None:
        """Whole numbers that begin with a zero and go on, a minus before a zero with them."""
        leading, _ = self._leading()
        zero = leading == _ZERO
        if not zero.any():
            return None
        odd: Mask = zero & (self.lengths > 1)
        return odd if odd.any() else None

    def may_be_odd_float(self) -> Mask:
        """Numbers whose beginning or end is worth a look; of the others Arrow takes those that are well written."""
        leading, second = self._leading()
        last = self.at(self.ends - 1)
        after = self.at(second)
        zeros = (leading == _ZERO) & (after >= _ZERO) & (after <= _NINE)
        odd: Mask = (self.lengths > 0) & (zeros | (leading < _ZERO) | (leading > _NINE) | (last < _ZERO) | (last > _NINE))
        return odd

    def without_all_decimals(self, scale: int, digits: int) -> Mask:
        """Numbers that are not written with just so many decimals, or not surely; at most so many ``digits`` before them."""
        leading, second = self._leading()
        point = self.ends - 1 - scale
        fine = (self.at(point) == _POINT) & (leading != _POINT) & (leading != ord("+"))
        for place in range(scale):
            digit = self.at(point + 1 + place)
            fine &= (digit >= _ZERO) & (digit <= _NINE)
        fine &= (leading != _ZERO) | (second == point)
        fine &= self.lengths - self._minus <= digits + 1 + scale
        odd: Mask = ~fine & (self.lengths > 0)
        return odd
