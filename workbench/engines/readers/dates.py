"""Dates that are not written as ISO 8601 does: ``31.01.2013``, ``01/31/2013``, ``31-Jan-2013``, ``January 31, 2013``, ``20130131``.

Which number is the day is never guessed: 03/04/2013 means two days. A column has one style; a time may follow (``14:30``,
``2:30:15.25 PM``). Years have four digits or, in numbers, two: as POSIX has it 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "ORDERS",
    "SEPARATORS",
    "Order",
    "Style",
    "are_compact",
    "compact_days",
    "instants",
    "numeric_dates",
    "short_ends",
    "worded_dates",
]

Order = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
SEPARATORS = ("/", ".", "-")

_TIME = r"(?:(?:,? |T)(?P<h>\d{1,2}):(?P<n>\d{2})(?::(?P<x>\d{2})(?:\.(?P<f>\d{1,6}))?)?(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?)?$"
_NUMERIC = r"^(?P<a>\d{1,4})(?P<s>[-./])(?P<b>\d{1,2})(?P<t>[-./])(?P<c>\d{1,4})" + _TIME
_MONTH = r"(?P<m>[A-Za-zäÄ]{3,9})\.?"
_WEEKDAY = r"^(?:[A-Za-z]{2,10}\.?,? )?"
_DAY_FIRST = _WEEKDAY + r"(?P<d>\d{1,2})(?:\.|st|nd|rd|th)?[ -]" + _MONTH + r",?[ -](?P<y>\d{4})" + _TIME
_MONTH_FIRST = _WEEKDAY + _MONTH + r" (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})" + _TIME
_COMPACT = r"^(?P<y>[12]\d{3})(?P<m>\d{2})(?P<d>\d{2})$"

_ENGLISH = "january february march april may june july august september october november december"
_GERMAN = "januar februar märz april mai juni juli august september oktober november dezember"
_MONTHS = {"sept": 9, "mrz": 3, "jän": 1, "jänner": 1}
for _names in (_ENGLISH, _GERMAN):
    for _place, _name in enumerate(_names.split(), 1):
        _MONTHS |= {_name: _place, _name[:3]: _place}

_PIVOT = 69  # the first year of two digits that is not of this century

_Numbers = np.ndarray[Any, np.dtype[np.int64]]
_Truths = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Style:
    """``order`` with its ``separator``, ``short`` where years have two digits; or dates with the month's name (``words``), or eight digits
    (``compact``)."""

    order: Literal["dmy", "mdy", "ymd", "words", "compact"]
    separator: str = ""
    short: bool = False

    @property
    def words(self) -> str:
        """As a person would describe it."""
        if self.order == "words":
            return "the month's name with day and year"
        if self.order == "compact":
            return "yyyymmdd"
        return self.separator.join({"d": "day", "m": "month", "y": "yy" if self.short else "year"}[letter] for letter in self.order)


@dataclass(frozen=True)
class NumericDates:
    """Of each value: its separator's place in ``SEPARATORS`` (-1: no such date), whether it can be read in each of ``ORDERS``,
    whether a time follows, and whether the year has two digits (``short``)."""

    separator: _Numbers
    fits: dict[Order, _Truths]
    timed: _Truths
    short: _Truths


def numeric_dates(values: Any) -> NumericDates:
    """What values (no nulls) are as dates in numbers."""
    parts = pc.extract_regex(values, _NUMERIC)
    matched, first, second, third = _known(parts), _number(parts, "a"), _number(parts, "b"), _number(parts, "c")
    matched &= _text(parts, "s") == _text(parts, "t")
    time, timed = _time(parts)
    matched &= time >= 0
    before, after = _length(parts, "a"), _length(parts, "c")
    short = (before <= 2) & (after <= 2)
    ends, begins = (before <= 2) & np.isin(after, (2, 4)), (after <= 2) & np.isin(before, (2, 4))
    first_year, last_year = _full_years(first, before), _full_years(third, after)
    fits: dict[Order, _Truths] = {
        "dmy": matched & ends & (_days(last_year, second, first)[1]),
        "mdy": matched & ends & (_days(last_year, first, second)[1]),
        "ymd": matched & begins & (_days(first_year, second, third)[1]),
    }
    any_fits = fits["dmy"] | fits["mdy"] | fits["ymd"]
    places = pc.fill_null(pc.index_in(pc.struct_field(parts, "s"), pa.array(SEPARATORS)), -1)
    return NumericDates(np.where(any_fits, places.to_numpy(zero_copy_only=False), -1), fits, timed, short)


def short_ends(values: Any) -> tuple[int, int, int, int]:
    """Of dates (no nulls, one at least) with years of two digits: the least and the largest first number, and the same of the last."""
    parts = pc.extract_regex(values, _NUMERIC)
    first, last = _number(parts, "a"), _number(parts, "c")
    return int(first.min()), int(first.max()), int(last.min()), int(last.max())


def worded_dates(values: Any) -> tuple[_Truths, _Truths]:
    """Which values (no nulls) are dates with the month's name, and which of them have a time."""
    micros, timed = _worded(values)
    return np.asarray(micros != _NONE), timed


def compact_days(values: Any) -> _Truths:
    """Which values (no nulls) are days as eight digits."""
    return np.asarray(_compact(values) != _NONE)


def instants(values: Any, style: Style) -> Any:
    """Values (null is missing) as timestamps of microseconds; null as well where one is no date of that style."""
    if style.order == "words":
        micros = _worded(values)[0]
    elif style.order == "compact":
        micros = _compact(values)
    else:
        micros = _ordered(values, style.order, style.separator, 2 if style.short else 4)
    return pa.array(micros, pa.int64(), mask=micros == _NONE).cast(pa.timestamp("us"))


_NONE = np.iinfo(np.int64).min
_DAY = 86_400_000_000


def _ordered(values: Any, order: Order, separator: str, digits: int) -> _Numbers:
    parts = pc.extract_regex(values, _NUMERIC)
    found = dict(zip(order, (_number(parts, place) for place in "abc"), strict=True))
    year, others = ("a", "c") if order == "ymd" else ("c", "a")
    days, valid = _days(_full_years(found["y"], _length(parts, year)), found["m"], found["d"])
    time, _ = _time(parts)
    shaped = (_length(parts, year) == digits) & (_length(parts, others) <= 2)
    same = (_text(parts, "s") == separator) & (_text(parts, "t") == separator)
    return np.where(_known(parts) & shaped & same & valid & (time >= 0), days * _DAY + time, _NONE)


def _worded(values: Any) -> tuple[_Numbers, _Truths]:
    micros, timed = np.full(len(values), _NONE), np.zeros(len(values), dtype=bool)
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        parts = pc.extract_regex(values, pattern)
        known = _known(parts)
        if not known.any():
            continue
        names = pa.array(list(_MONTHS))
        place = pc.fill_null(pc.index_in(pc.utf8_lower(pc.struct_field(parts, "m")), names), -1).to_numpy(zero_copy_only=False)
        month = np.array([*_MONTHS.values(), 0])[place]
        days, valid = _days(_number(parts, "y"), month, _number(parts, "d"))
        time, with_time = _time(parts)
        good = known & valid & (time >= 0)
        micros, timed = np.where(good, days * _DAY + time, micros), timed | (good & with_time)
    return micros, timed


def _compact(values: Any) -> _Numbers:
    parts = pc.extract_regex(values, _COMPACT)
    days, valid = _days(_number(parts, "y"), _number(parts, "m"), _number(parts, "d"))
    return np.where(_known(parts) & valid, days * _DAY, _NONE)


def are_compact(numbers: _Numbers) -> _Truths:
    """Which of some whole numbers of eight digits are days (``20130131``).

    >>> are_compact(np.array([20240229, 20230229, 10009999])).tolist()
    [True, False, False]
    """
    return _days(numbers // 10_000, numbers // 100 % 100, numbers % 100)[1]


def _full_years(years: _Numbers, digits: _Numbers) -> _Numbers:
    return np.where(digits > 2, years, years + np.where(years >= _PIVOT, 1900, 2000))


def _days(year: _Numbers, month: _Numbers, day: _Numbers) -> tuple[_Numbers, _Truths]:
    """Days since 1970, and which of them there are (no 30 February, no year 0)."""
    there = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1)
    months = np.where(there, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(there, day - 1, 0).astype("timedelta64[D]")
    return days.astype(np.int64), there & (days.astype("datetime64[M]") == months)


def _time(parts: Any) -> tuple[_Numbers, _Truths]:
    """Microseconds since midnight (-1: there is no such time), and where a time is written at all."""
    timed = _length(parts, "h") > 0
    hour, minute, second = _number(parts, "h"), _number(parts, "n"), _number(parts, "x")
    half = np.char.lower(_text(parts, "p").astype(str))
    valid = (minute < 60) & (second < 60) & np.where(half == "", hour < 24, (hour >= 1) & (hour <= 12))
    hour = np.where(half == "", hour, hour % 12 + np.where(half == "p", 12, 0))
    digits = _length(parts, "f")
    fraction = _number(parts, "f") * 10 ** np.where(digits > 0, 6 - digits, 0)
    return np.where(valid, ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, -1), timed


def _known(parts: Any) -> _Truths:
    return np.asarray(pc.is_valid(parts).to_numpy(zero_copy_only=False))


def _text(parts: Any, name: str) -> Any:
    return pc.fill_null(pc.struct_field(parts, name), "").to_numpy(zero_copy_only=False)


def _number(parts: Any, name: str) -> _Numbers:
    texts = pc.fill_null(pc.struct_field(parts, name), "")
    return np.asarray(pc.if_else(pc.equal(texts, ""), "0", texts).cast(pa.int64()).to_numpy(zero_copy_only=False))


def _length(parts: Any, name: str) -> _Numbers:
    lengths = pc.fill_null(pc.binary_length(pc.struct_field(parts, name)), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False)).astype(np.int64)
