"""How many digits the numbers of a column have, and which type holds all of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Digits", "decimal_for"]

_MOST, _USUAL = 38, 18  # of a decimal; of one that is a whole number of 64 bits
_SURE = 15  # digits that a double keeps, whatever they are
_WRITTEN = 8  # decimals that somebody writes; of more digits than a double surely keeps they are what one was written as
_PLAIN = r"^-?\d*\.\d+$"


def decimal_for(before: int, behind: int) -> pa.DataType | None:
    """The decimal with so many digits before and behind its point; None: they are too many.

    >>> str(decimal_for(3, 2)), str(decimal_for(12, 8)), decimal_for(30, 9)
    ('decimal128(18, 2)', 'decimal128(38, 8)', None)
    """
    if before + behind > _MOST:
        return None
    return pa.decimal128(_USUAL if before + behind <= _USUAL else _MOST, behind)


@dataclass
class Digits:
    """The most digits behind the ``point`` and the ``comma`` of a column's numbers, and before each; whether all are written without a
    power of ten (``is_plain``); whether any has more digits than a double surely keeps (``are_long``), and whether a double is another
    number than one of them (``are_rounded``)."""

    point: int = 0
    comma: int = 0
    before_point: int = 0
    before_comma: int = 0
    is_plain: bool = True
    are_long: bool = False
    are_rounded: bool = False

    def see(self, numbers: Any, fractions: Any) -> None:
        """Take note of all numbers of a batch (text without nulls), and again of those among them that have decimals."""
        if len(numbers):
            self.before_point = _before(numbers, ".", self.before_point)
        if not len(fractions):
            return
        self.point, self.comma = max(self.point, _behind(fractions, ".")), max(self.comma, _behind(fractions, ","))
        if self.comma:
            self.before_comma = _before(numbers, ",", self.before_comma)
        self.is_plain = self.is_plain and not pc.any(pc.match_substring_regex(fractions, "[eE]")).as_py()
        long = _long(fractions)
        self.are_long = self.are_long or bool(len(long))
        self.are_rounded = self.are_rounded or _are_rounded(long)

    def add(self, other: Digits) -> None:
        """Take note of what was seen elsewhere."""
        self.point, self.comma = max(self.point, other.point), max(self.comma, other.comma)
        self.before_point, self.before_comma = max(self.before_point, other.before_point), max(self.before_comma, other.before_comma)
        self.is_plain = self.is_plain and other.is_plain
        self.are_long, self.are_rounded = self.are_long or other.are_long, self.are_rounded or other.are_rounded

    def exact(self, comma: bool, hundredths: int = 0) -> pa.DataType | None:
        """The decimal, of two decimals at least, that holds every number; None: none does.

        Parameters
        ----------
        comma
            Whether a comma stands before decimals.
        hundredths
            So many more decimals are needed, since the numbers are shares in hundredths.
        """
        before = max(self.before_point, self.before_comma) if comma else self.before_point
        return decimal_for(before, max(self.comma if comma else self.point, 2) + hundredths) if self.is_plain else None

    def are_doubles(self, comma: bool) -> bool:
        """Whether they look like what a program has written from doubles: 19.990000000000002."""
        return (self.comma if comma else self.point) > _WRITTEN and self.are_long and not self.are_rounded


def _behind(values: Any, mark: str) -> int:
    if not pc.any(pc.match_substring(values, mark)).as_py():
        return 0
    parts = pc.extract_regex(values, rf"[{mark}](?P<digits>\d+)\D*$")
    return int(pc.max(pc.binary_length(pc.struct_field(parts, "digits"))).as_py() or 0)


def _before(values: Any, mark: str, known: int) -> int:
    """The most digits before a mark, or those ``known`` where they are more: only what may have more is looked at in full, the longest
    first."""
    places = pc.find_substring(values, mark)
    lengths = pc.if_else(pc.less(places, 0), pc.binary_length(values), places)
    longest = pc.max(lengths).as_py()
    while longest > known:
        longer = values.filter(pc.equal(lengths, longest))
        whole = pc.replace_substring_regex(longer, rf"[{mark}].*$", "")
        known = max(known, int(pc.max(pc.count_substring_regex(whole, r"\d")).as_py()))
        longest = pc.max(pc.if_else(pc.less(lengths, longest), lengths, 0)).as_py()
    return known


def _long(values: Any) -> Any:
    """Those with more digits than a double surely keeps, with a point before decimals."""
    long = pc.replace_substring(values.filter(pc.greater(pc.binary_length(values), _SURE + 1)), ",", ".")
    plain = pc.replace_substring_regex(long.filter(pc.match_substring_regex(long, _PLAIN)), "0+$", "")
    digits = pc.replace_substring(pc.replace_substring_regex(plain, r"^-?0*\.?0*", ""), ".", "")
    return plain.filter(pc.greater(pc.binary_length(digits), _SURE))


def _are_rounded(values: Any) -> bool:
    """Whether a number is another than what its double is written as: what was written from doubles comes back as it was."""
    other = values.filter(pc.not_equal(values.cast(pa.float64()).cast(pa.string()), values))
    return any(Decimal(text) != Decimal(repr(float(text))) for text in other.to_pylist())
