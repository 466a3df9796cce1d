"""What a single value is, by itself: the smallest distinctions that any reading of a column needs.

Every value has exactly one label, so that counts of labels are all there is to know of a column, whatever the order of its rows. A
reading of a column (:mod:`.ways`) is a set of labels that it takes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.calendar import beyond
from workbench.engines.readers import dates, decimal_comma
from workbench.engines.readers.currencies import CODED

__all__ = [
    "BEHIND", "BIT", "BRACKETS", "CODE", "COMMA", "COMPACT", "DATE", "DATES", "FAR", "FLOAT", "GROUPED", "GROUPED_POINT", "HOW", "HUGE",
    "INFINITE", "INTEGER", "LABELS", "LARGE", "LONG_FLOAT", "LONG_POINTS", "MINUS_ZERO", "MOMENT", "MONEY", "NUMBERS", "OPEN_COMMA",
    "OPEN_FLOAT", "PERCENT", "PLUS", "POINTS", "POWER", "SHORT", "SIGNS", "TEXT", "TIMESTAMP", "WHOLE", "WORDS", "WORDS_AT", "ZEROS",
    "date_label", "labels", "money_label", "short_labels", "signed",
]  # fmt: skip

LABELS = 768
#: Added to the label that a number has with its minus in front: ``12,00-``; ``(12.00)``.
BEHIND, BRACKETS = 256, 512
TEXT = 0
#: The shortest writing of a whole number: what a double holds, and what only 64 bits do. ``COMPACT`` is a day as well, ``BIT`` 0 or 1.
INTEGER, LARGE, COMPACT, BIT = 1, 2, 3, 15
#: Digits that are no number by themselves: ``007``, over 64 bits, ``1.2.3`` and ``00.5``; and ``+3``.
ZEROS, HUGE, CODE, PLUS = 4, 5, 6, 7
#: ``1.5``; ``1.234``, which could have a point of thousands; ``1,5``; ``1,234``, which could have a comma of thousands.
FLOAT, OPEN_FLOAT, COMMA, OPEN_COMMA = 8, 9, 10, 11
#: As ISO 8601 writes them.
DATE, TIMESTAMP, MOMENT = 12, 13, 14
#: What can only have marks of thousands: ``1,234,567``; ``1,234.5``; ``1.234.567``; and ``1.234.567.890``, which could be an address.
GROUPED, GROUPED_POINT, POINTS, LONG_POINTS = 16, 17, 18, 19
#: ``-0``, which a whole number has no sign for; ``1e400``, which is beyond what a double can be.
MINUS_ZERO, FAR = 20, 21
#: ``1E5``: a power of ten, or two parts of an article's number.
POWER = 22
#: ``12345678901234567.89``, which a double would round before the point.
LONG_FLOAT = 23
#: ``inf``, ``-Infinity``.
INFINITE = 24
DATES, MONEY, WORDS_AT, SHORT = 64, 96, 128, 160
#: What may stand beside an amount: ``CODED`` for any code. A percentage is one of hundredths.
SIGNS = f"$€£¥{CODED}%"
PERCENT = SIGNS[-1]
HOW = ("bare", "either point", "either comma", "point", "comma")
WORDS = (
    "true", "false", "yes", "no", "y", "n", "t", "f", "on", "off", "ja", "nein", "oui", "non", "si", "sí", "wahr", "falsch", "vrai", "faux",
    "verdadero", "vero", "falso",
)  # fmt: skip

#: What by itself is a number, an amount or a percentage.
NUMBERS = frozenset(
    (INTEGER, LARGE, COMPACT, BIT, FLOAT, OPEN_FLOAT, COMMA, OPEN_COMMA, GROUPED, GROUPED_POINT, POINTS, LONG_POINTS, MINUS_ZERO, POWER,
     LONG_FLOAT)
) | frozenset(range(MONEY, WORDS_AT))  # fmt: skip

_EXACT = 2**53
_INFINITE = "[-+]?inf(?:inity)?"
_DIGITS = rf"^[-+]?[{SIGNS}]? ?[-+.,]?\d"
# One look at each value of a column of words; what does not match is text and nothing else.
_MAYBE = rf"^(?:[-+]?[{SIGNS}]? ?[-+.,]?\d|[A-Za-zäÄ]{{2,10}}\.?,? [A-Za-zäÄ]{{0,9}}\.? ?\d|(?i:{'|'.join(WORDS)}|{_INFINITE})$)"
_NUMBERISH = r"^[-+]?[\d.,][\d.,eE+-]*$"
#: How whole numbers are written that 18 digits hold.
WHOLE = r"^(?:0|-?[1-9]\d{0,17})$"
#: How numbers of the label ``POWER`` are written.
POWERS = r"^-?\d+[eE]\d+$"
_FLOAT = r"^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_CLOCK = r"[ T](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"
_OFFSET = r"(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"
_ISO = rf"^\d{{4}}-\d{{2}}-\d{{2}}(?P<clock>{_CLOCK})?(?P<offset>{_OFFSET})?$"
_WORDED = r"^(?:[A-Za-z]{2,10}\.?,? )?(?:\d{1,2}(?:\.|st|nd|rd|th)?[ -][A-Za-zäÄ]{3}|[A-Za-zäÄ]{3,9}\.? \d{1,2})"
_GROUPED = r"^-?[1-9]\d{0,2}(?:,\d{3}){2,4}$"
_GROUPED_POINT = r"^-?[1-9]\d{0,2}(?:,\d{3}){1,4}\.\d+$"
_POINTS, _LONG_POINTS = (rf"^-?[1-9]\d{{0,2}}(?:\.\d{{3}}){{{count}}}$" for count in ("2", "3,4"))
_MARKS = ((_GROUPED, GROUPED), (_GROUPED_POINT, GROUPED_POINT), (_POINTS, POINTS), (_LONG_POINTS, LONG_POINTS))
_FOUR_DIGITS = r"\d{4}"
_BEFORE, _AFTER = rf"^(?P<minus>[-+]?)(?:(?P<before>[{SIGNS}]) ?)?(?P<minus2>-?)", rf"(?: ?(?P<after>[{SIGNS}]))?$"
# No thousands after a zero: 0,125 can only have a decimal comma.
_MONEY = rf"{_BEFORE}(?:\d{{1,15}}|[1-9]\d{{0,2}}(?:,\d{{3}}){{1,4}})(?:\.\d{{1,15}})?{_AFTER}"
_COMMA_MONEY = rf"{_BEFORE}(?:\d{{1,15}}|[1-9]\d{{0,2}}(?:\.\d{{3}}){{1,4}})(?:,\d{{1,15}})?{_AFTER}"

# The minus of these goes in front: 12,00-; 12,00- €; (12.00); $ (12.00).
_MINUS_BEHIND = rf"^((?:[{SIGNS}] ?)?[\d.,]+(?: ?[{SIGNS}])?) ?-( ?[{SIGNS}])?$"
_IN_BRACKETS = rf"^([{SIGNS}] ?)?\(((?:[{SIGNS}] ?)?[\d.,]+(?: ?[{SIGNS}])?)\)( ?[{SIGNS}])?$"

_Codes = np.ndarray[Any, np.dtype[np.uint8]]


def date_label(separator: int, order: str, timed: bool) -> int:
    """``order``: ``either`` (03/04/2013), ``dmy``, ``mdy``, ``ymd``; or ``words``."""
    if order == "words":
        return DATES + 24 + timed
    return DATES + separator * 8 + ("either", "dmy", "mdy", "ymd").index(order) * 2 + timed


def short_labels(separator: int, order: dates.Order, timed: bool) -> frozenset[int]:
    """Those of the dates with years of two digits that can be read in an order; such a date has one for all orders that it can."""
    bit = 1 << dates.ORDERS.index(order)
    return frozenset(SHORT + separator * 16 + orders * 2 + timed for orders in range(1, 8) if orders & bit)


def money_label(sign: int, how: str) -> int:
    """``how``: ``bare`` (``$5``), ``either point`` (``$1.234``) and ``either comma`` (``$1,234``), which are amounts either way,
    ``point``, ``comma``."""
    return MONEY + sign * 5 + HOW.index(how)


def labels(values: Any) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """The label of each value (an array of text, trimmed, without nulls)."""
    codes: _Codes = np.zeros(len(values), dtype=np.uint8)
    if not len(values):
        return codes.astype(np.uint16)
    plain = signed(values)
    _each(plain, codes, _matching(plain, _MAYBE), _something)
    made = codes.astype(np.uint16)
    if plain is not values:
        moved = _truths(pc.not_equal(plain, values)) & (codes != TEXT)
        made[moved] += np.where(_truths(pc.match_substring(values, "(")), BRACKETS, BEHIND).astype(np.uint16)[moved]
    return made


def signed(values: Any) -> Any:
    """The values, where numbers and amounts have their minus in front.

    >>> signed(pa.array(["1.234,56-", "(1,234.50)", "12 €-", "5", "(a)"])).to_pylist()
    ['-1.234,56', '-1,234.50', '-12 €', '5', '(a)']
    """
    if not pc.any(pc.match_substring_regex(values, rf"\d ?[{SIGNS}]?[-)] ?[{SIGNS}]?$")).as_py():
        return values
    return pc.replace_substring_regex(pc.replace_substring_regex(values, _MINUS_BEHIND, r"-\1\2"), _IN_BRACKETS, r"-\1\2\3")


def _something(values: Any) -> _Codes:
    codes: _Codes = np.zeros(len(values), dtype=np.uint8)
    places = pc.index_in(pc.utf8_lower(values), pa.array(WORDS))
    known = _truths(pc.is_valid(places))
    codes[known] = places.drop_null().to_numpy(zero_copy_only=False) + WORDS_AT
    codes[_matching(values, f"^(?i:{_INFINITE})$")] = INFINITE
    _each(values, codes, _matching(values, _DIGITS), _digits)
    worded = _truths(pc.and_(pc.match_substring_regex(values, _WORDED), pc.match_substring_regex(values, _FOUR_DIGITS)))
    _each(values, codes, worded, _worded)
    _each(values, codes, _matching(values, f"[{SIGNS}]"), _money)
    return codes


def _each(values: Any, codes: _Codes, among: Any, find: Any) -> None:
    """Label with ``find`` those of ``among`` that have no label yet."""
    places = np.flatnonzero(among & (codes == TEXT))
    if len(places):
        codes[places] = find(values.take(pa.array(places)))


def _digits(values: Any) -> _Codes:
    codes: _Codes = np.zeros(len(values), dtype=np.uint8)
    _each(values, codes, _matching(values, r"^\d{4}-\d{2}-\d{2}"), _iso)
    _each(values, codes, _matching(values, r"^\d{1,4}[-./]\d{1,2}[-./]\d"), _numeric)
    _each(values, codes, _matching(values, _NUMBERISH), _numbers)
    return codes


def _iso(values: Any) -> _Codes:
    parts = pc.extract_regex(values, _ISO)
    there = dates.numeric_dates(pc.utf8_slice_codeunits(values, 0, 10)).fits["ymd"] & _truths(pc.is_valid(parts))
    clock, offset = (_truths(pc.fill_null(pc.not_equal(pc.struct_field(parts, name), ""), False)) for name in ("clock", "offset"))
    # In UTC it may be of the year 0, or 10000.
    ends = np.flatnonzero(offset & there & _matching(values, r"^(0001-01-01|9999-12-31)"))
    if len(ends):
        far = beyond(values.take(pa.array(ends)).cast(pa.timestamp("us", tz="UTC")))
        if far is not None:
            there[ends] = ~_truths(far)
    kinds = np.where(offset, np.where(clock, MOMENT, TEXT), np.where(clock, TIMESTAMP, DATE))
    return np.asarray(np.where(there, kinds, TEXT).astype(np.uint8))


def _numeric(values: Any) -> _Codes:
    found = dates.numeric_dates(values)
    dmy, mdy, ymd = (found.fits[order] for order in dates.ORDERS)
    order = np.select([dmy & mdy, dmy, mdy, ymd], [0, 1, 2, 3], 0)
    codes = DATES + found.separator * 8 + order * 2 + found.timed
    codes = np.where(found.short, SHORT + found.separator * 16 + (dmy + 2 * mdy + 4 * ymd) * 2 + found.timed, codes)
    iso = ymd & (found.separator == dates.SEPARATORS.index("-")) & ~found.timed & (_lengths(values) == 10)
    return np.asarray(np.where((found.separator >= 0) & ~iso, codes, TEXT).astype(np.uint8))


def _worded(values: Any) -> _Codes:
    there, timed = dates.worded_dates(values)
    return np.asarray(np.where(there, date_label(0, "words", False) + timed, TEXT).astype(np.uint8))


def _numbers(values: Any) -> _Codes:
    codes: _Codes = np.zeros(len(values), dtype=np.uint8)
    _each(values, codes, _matching(values, WHOLE), _integers)
    _each(values, codes, _matching(values, r"^[-+]?\d+$"), _long_or_odd)
    _each(values, codes, _matching(values, _FLOAT), _floats)
    for pattern, label in _MARKS:
        codes[_matching(values, pattern) & (codes == TEXT)] = label
    open_number = _matching(values, decimal_comma.NUMBER) & (codes == TEXT)
    proven = _truths(pc.and_not(pc.match_substring(values, ","), pc.match_substring_regex(values, decimal_comma.OPEN)))
    codes[open_number] = np.where(proven, COMMA, OPEN_COMMA)[open_number]
    powers = open_number & _matching(values, "[eE]")
    if powers.any():
        far = _is_far(decimal_comma.with_points(values.filter(pa.array(powers))))
        codes[np.flatnonzero(powers)[far]] = FAR
    codes[_matching(values, r"^\d+(?:\.\d+){2,}$|^-?0\d+[.,]\d") & (codes == TEXT)] = CODE
    codes[_matching(values, r"^\+(?:\d+\.?\d*|\.\d+)") & (codes == TEXT)] = PLUS
    return codes


def _integers(values: Any) -> _Codes:
    numbers = values.cast(pa.int64()).to_numpy(zero_copy_only=False)
    large, bits = np.abs(numbers) >= _EXACT, (numbers == 0) | (numbers == 1)
    days = dates.compact_days(values) if (np.abs(numbers) >= 1000_01_01).any() else np.zeros(len(values), dtype=bool)
    return np.asarray(np.select([large, bits, days], [LARGE, BIT, COMPACT], INTEGER).astype(np.uint8))


def _long_or_odd(values: Any) -> _Codes:
    """Digits that are no short whole number."""
    return np.array([_of_digits(text) for text in values.to_pylist()], dtype=np.uint8)


def _of_digits(text: str) -> int:
    if text == "-0":
        return MINUS_ZERO
    if text.startswith("+") and not text.startswith("+0"):
        return PLUS
    if text.lstrip("+-").startswith("0"):
        return ZEROS
    # Python turns no more than 4,300 digits into a number.
    return LARGE if len(text) <= 20 and -(2**63) <= int(text) < 2**63 else HUGE


def _floats(values: Any) -> _Codes:
    zeros = _matching(values, r"^-?0\d")
    opened = np.where(_matching(values, decimal_comma.NUMBER), OPEN_FLOAT, FLOAT)
    opened = np.where(_matching(values, POWERS), POWER, opened)
    opened = np.where(_is_rounded(values), LONG_FLOAT, opened)
    opened = np.where(zeros, CODE, opened)
    return np.asarray(np.where(_is_far(values) & ~zeros, FAR, opened).astype(np.uint8))


def _is_rounded(values: Any) -> Any:
    """Which numbers of many digits (written with a point, without a power) a double would make others."""
    numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    found = (np.abs(numbers) >= _EXACT) & np.isfinite(numbers) & ~_matching(values, "[eE]")
    for place in np.flatnonzero(found):
        found[place] = Decimal(values[int(place)].as_py()) != Decimal(float(numbers[place]))
    return found


def _is_far(values: Any) -> Any:
    """Which numbers (written with a point) a double would make infinite."""
    return ~np.isfinite(values.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _money(values: Any) -> _Codes:
    (point, sign), (comma, other) = _amounts(values, _MONEY), _amounts(values, _COMMA_MONEY)
    points, commas = _truths(pc.match_substring(values, ".")), _truths(pc.match_substring(values, ","))
    how = np.select([point & comma & ~points & ~commas, point & comma & points, point & comma, point], [0, 1, 2, 3], 4)
    return np.asarray(np.where(point | comma, MONEY + np.where(point, sign, other) * 5 + how, TEXT).astype(np.uint8))


def _amounts(values: Any, pattern: str) -> tuple[Any, Any]:
    """Which values are amounts of one currency with one sign before them at most, and the currency's place in ``SIGNS``."""
    parts = pc.extract_regex(values, pattern)
    named = ("before", "after", "minus", "minus2")
    before, after, minus, minus2 = (pc.fill_null(pc.struct_field(parts, name), "") for name in named)
    sign = pc.fill_null(pc.index_in(pc.binary_join_element_wise(before, after, ""), pa.array(list(SIGNS))), -1)
    places = sign.to_numpy(zero_copy_only=False)
    doubled = _truths(pc.and_(pc.not_equal(minus, ""), pc.equal(minus2, "-")))
    ahead = _truths(pc.equal(minus, "+"))
    return (places >= 0) & ~doubled & (~ahead | (places == SIGNS.index(PERCENT))), np.maximum(places, 0)


def _matching(values: Any, pattern: str) -> Any:
    return _truths(pc.match_substring_regex(values, pattern))


def _lengths(values: Any) -> Any:
    return pc.binary_length(values).to_numpy(zero_copy_only=False)


def _truths(values: Any) -> Any:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=bool)
