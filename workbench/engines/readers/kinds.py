"""What a column of text holds. The whole column decides: neither the order of rows nor where a batch ends makes a difference.

====================  =========================================================================================
integer               ``-12``, written the shortest way: a column with ``007`` stays text, and so does what needs over 64 bits
float                 ``1.5``, and beside such ``1e3``; ``inf`` beside numbers; no ``00.5``, no integer that a double would round
truth, yes            ``true``/``false`` or ``yes``/``no`` in any case, one pair a column; ``no`` alone is a country, too
words                 ``y``/``n``, ``t``/``f``, ``on``/``off``, ``ja``/``nein``, ``oui``/``non``, ``si``/``no``: both of them are there
bit                   ``0`` and ``1`` where the column's name says what they mean (``is_late``)
date                  ``2013-01-31``
timestamp, moment     ISO 8601 without or with an offset; a moment is kept in UTC, to the microsecond
day, time             other ways to write them: see :mod:`workbench.engines.readers.dates`
money                 ``$1,234.50``, ``12.50 €``, ``CHF 12``: one currency's sign or code a column; a decimal
comma                 ``1,5``, ``1.234,56``: see :mod:`workbench.engines.readers.decimal_comma`
comma money           ``1.234,56 €``, ``€ 12,50``: what cannot be money with a decimal point
percent               ``12.5 %``; with a decimal comma as money; kept as the share, 0.125
text                  everything else
====================  =========================================================================================

Words for a missing value (``NA``, ``null``, ... and a quoted empty string) count as missing only where everything else in
the column has a kind other than text; in a column of text they are text. Spaces around a value are ignored there too.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.calendar import beyond
from workbench.engines.readers import atoms, dates, decimal_comma
from workbench.engines.readers.currencies import MAYBE_CODED, coded

__all__ = ["MISSING", "Kind", "blank_missing", "join", "joined", "ungrouped", "uniform"]

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NULL", "null", "Null", "NaN", "nan", "None", "\\N")
_EXACT = 2**53
# No-break, narrow no-break and thin spaces.
_SPACES, _APOSTROPHES = "\u00a0\u202f\u2009", "'\u2019"
_SIGN = f"[{atoms.SIGNS}]"
_NUMBER = rf"(?:[1-9]\d{{0,2}}(?:(?:[{_SPACES}]\d{{3}})+|(?:[{_APOSTROPHES}]\d{{3}})+)(?:[.,]\d+)?)"
_AMOUNT = rf"(?:{_NUMBER}|\d{{1,15}}(?:[.,]\d+)?)"
_GROUPED = rf"^[-+(]?(?:{_NUMBER}|{_SIGN}[ {_SPACES}]?-?{_AMOUNT}|{_AMOUNT}[ {_SPACES}]?{_SIGN}) ?[-)]?$"
# A time as Ruby, Git and BigQuery write it.
_APART = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:[\d:.]+ (?:[+-]\d{2}:?\d{2}|UTC|GMT|Z)$"
# What :func:`coded`, :func:`ungrouped` or :func:`joined` may change: one look tells of a column of words that they change nothing.
_ODD = f"{_GROUPED}|{_APART}|{MAYBE_CODED}"
_COMPACT = (1000_01_01, 2999_12_31)


class Kind(StrEnum):
    EMPTY = "empty"
    INTEGER = "integer"
    FLOAT = "float"
    TRUTH = "truth"
    YES = "yes"
    WORDS = "yes or no"
    BIT = "0 or 1"
    DATE = "date"
    TIMESTAMP = "timestamp"
    MOMENT = "moment"
    DAY = "date in that order"
    TIME = "date with a time in that order"
    MONEY = "money"
    COMMA = "number with a decimal comma"
    COMMA_MONEY = "money with a decimal comma"
    PERCENT = "percentage"
    COMMA_PERCENT = "percentage with a decimal comma"
    THOUSANDS = "whole number with commas of thousands"
    CLOCK = "time of day"
    UUID = "UUID"
    TEXT = "text"

    @property
    def words(self) -> str:
        """What a value of it is, as people say it: ``x`` is no whole number."""
        return _WORDS.get(self, self.value)

    @property
    def phrase(self) -> str:
        """What a column of it holds: ``a number with decimals``."""
        if self == Kind.FLOAT:
            return "a number with decimals"
        bare = (Kind.TEXT, Kind.TRUTH, Kind.YES, Kind.WORDS, Kind.BIT, Kind.MONEY, Kind.COMMA_MONEY)
        return self.words if self in bare else f"a {self.words}"


_WORDS = {
    Kind.INTEGER: "whole number",
    Kind.FLOAT: "number",
    Kind.TRUTH: "true or false",
    Kind.YES: "yes or no",
    Kind.MOMENT: "timestamp with a time zone",
}


_JOINS = {
    frozenset((Kind.INTEGER, Kind.FLOAT)): Kind.FLOAT,
    frozenset((Kind.INTEGER, Kind.COMMA)): Kind.COMMA,
    frozenset((Kind.DATE, Kind.TIMESTAMP)): Kind.TIMESTAMP,
    frozenset((Kind.DAY, Kind.TIME)): Kind.TIME,
    frozenset((Kind.INTEGER, Kind.BIT)): Kind.INTEGER,
}


def join(one: Kind, other: Kind) -> Kind:
    """The narrowest kind that holds both."""
    if one == other or other == Kind.EMPTY:
        return one
    if one == Kind.EMPTY:
        return other
    return _JOINS.get(frozenset((one, other)), Kind.TEXT)


def blank_missing(values: Any) -> Any:
    """The values without the spaces around them, :func:`coded`, :func:`ungrouped` and :func:`joined`, and null where they are a word for
    missing."""
    trimmed = pc.utf8_trim_whitespace(values)
    if pc.any(pc.match_substring_regex(trimmed, _ODD)).as_py():
        trimmed = joined(ungrouped(coded(trimmed)))
    return pc.if_else(pc.is_in(trimmed, value_set=pa.array(MISSING, pa.string())), pa.scalar(None, pa.string()), trimmed)


def joined(values: Any) -> Any:
    """The values, where a time has its zone right behind it.

    >>> joined(pa.array(["2024-02-01 10:11:12 -0500", "2024-02-01T10:11 UTC", "10 UTC"])).to_pylist()
    ['2024-02-01 10:11:12-0500', '2024-02-01T10:11Z', '10 UTC']
    """
    return _where(values, _APART, (" (?:UTC|GMT|Z)$", "Z"), (r" ([+-]\d)", r"\1"))


def ungrouped(values: Any) -> Any:
    """The values, where numbers and amounts have no marks of thousands that can be nothing else: spaces that do not break, apostrophes.

    >>> ungrouped(pa.array(["1\N{NO-BREAK SPACE}234,5", "12'000", "O'Hara 1'000"])).to_pylist()
    ['1234,5', '12000', "O'Hara 1'000"]
    """
    return _where(values, _GROUPED, (f"[{_SPACES}{_APOSTROPHES}]", ""))


def _where(values: Any, pattern: str, *changes: tuple[str, str]) -> Any:
    """The values, where those that fit a pattern are changed: what fits the first of each pair is replaced by the second."""
    there = pc.match_substring_regex(values, pattern)
    if not pc.any(there).as_py():
        return values
    changed = values
    for old, new in changes:
        changed = pc.replace_substring_regex(changed, old, new)
    return pc.if_else(there, changed, values)


def uniform(values: Any, likely: Kind) -> dict[int, int] | None:
    """How many values have which label (:mod:`.atoms`), where all of them certainly are of the ``likely`` kind; quicker than to
    look at each by itself. None: they must be."""
    try:
        if likely == Kind.INTEGER:
            return _integers(values)
        if likely == Kind.FLOAT:
            return _floats(values)
        if likely in _TIMES:
            # A time with an offset may be of the year 0, or 10000, once it is in UTC.
            return {_TIMES[likely][0]: len(values)} if beyond(values.cast(_TIMES[likely][1])) is None else None
    except pa.ArrowInvalid:
        pass
    return None


_TIMES = {
    Kind.DATE: (atoms.DATE, pa.date32()),
    Kind.TIMESTAMP: (atoms.TIMESTAMP, pa.timestamp("us")),
    Kind.MOMENT: (atoms.MOMENT, pa.timestamp("us", tz="UTC")),
}


def _integers(values: Any) -> dict[int, int] | None:
    numbers = values.cast(pa.int64())
    # There and back: only what is written the shortest way is a number; codes and telephone numbers are not.
    if not numbers.cast(pa.string()).equals(values):
        return None
    ends = pc.min_max(numbers)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if (low >= _COMPACT[0] and high <= _COMPACT[1]) or max(-low, high) >= _EXACT:
        return None
    if high < 0 or (low > 1 and not _may_be_days(low, high)):
        return {atoms.INTEGER: len(values)}
    # What a column of truths or of days has besides is for whoever asks for such to judge: one 0 among days makes no day a mere number.
    found = numbers.to_numpy(zero_copy_only=False)
    bits, days = int(((found == 0) | (found == 1)).sum()), 0
    if _may_be_days(low, high):
        days = int(dates.are_compact(found[(found >= _COMPACT[0]) & (found <= _COMPACT[1])]).sum())
    counts = {atoms.INTEGER: len(values) - bits - days, atoms.BIT: bits, atoms.COMPACT: days}
    return {label: count for label, count in counts.items() if count}


def _may_be_days(low: int, high: int) -> bool:
    return low <= _COMPACT[1] and high >= _COMPACT[0]


def _floats(values: Any) -> dict[int, int] | None:
    numbers = values.cast(pa.float64())
    if not pc.all(pc.is_finite(numbers)).as_py() or pc.any(pc.greater_equal(pc.abs(numbers), _EXACT)).as_py():
        return None
    if pc.any(pc.match_substring_regex(values, r"^(\+|-?0\d)")).as_py():
        return None
    whole = pc.sum(pc.match_substring_regex(values, r"^(?:0|-?[1-9]\d*)$")).as_py()
    zeros = pc.sum(pc.equal(values, "-0")).as_py()
    power = pc.match_substring_regex(values, atoms.POWERS)
    powers = pc.sum(power).as_py()
    opened = pc.sum(pc.and_not(pc.match_substring_regex(values, decimal_comma.NUMBER), power)).as_py() - whole - zeros
    fractions = len(values) - whole - zeros - opened - powers
    counts = {atoms.INTEGER: whole, atoms.MINUS_ZERO: zeros, atoms.OPEN_FLOAT: opened, atoms.POWER: powers, atoms.FLOAT: fractions}
    return {label: count for label, count in counts.items() if count}
