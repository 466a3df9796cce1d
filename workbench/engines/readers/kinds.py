"""What a column of text holds. The whole column decides: each batch gives the narrowest kind that all its values have, and a
column's kind is the join of its batches', so that neither the order of rows nor where a batch ends makes a difference.

====================  =========================================================================================
integer               ``-12``, written the shortest way: ``007`` and ``+30`` stay text, and so does what needs over 64 bits
float                 ``1.5``, ``1e3``; no ``00.5``, no infinity, no integer that a double would round
truth, yes            ``true``/``false`` or ``yes``/``no`` in any case, one pair a column
date                  ``2013-01-31``
timestamp, moment     ISO 8601 without or with an offset; a moment is kept in UTC, to the microsecond
money                 ``$1,234.50``, ``12.50 €``: one currency sign a column; a decimal
comma                 ``1,5``, ``1.234,56``: see :mod:`workbench.engines.readers.decimal_comma`
comma money           ``1.234,56 €``, ``€ 12,50``: what cannot be money with a decimal point
text                  everything else
====================  =========================================================================================

Words for a missing value (``NA``, ``null``, ... and a quoted empty string) count as missing only where everything else in
the column has a kind other than text; in a column of text they are text. Spaces around a value are ignored there too.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers import decimal_comma

__all__ = ["MISSING", "Kind", "blank_missing", "classify", "join", "money_to_decimal", "parts_of_money"]

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NULL", "null", "Null", "NaN", "nan", "None")
_EXACT = 2**53


class Kind(StrEnum):
    EMPTY = "empty"
    INTEGER = "integer"
    FLOAT = "float"
    TRUTH = "truth"
    YES = "yes"
    DATE = "date"
    TIMESTAMP = "timestamp"
    MOMENT = "moment"
    MONEY = "money"
    COMMA = "number with a decimal comma"
    COMMA_MONEY = "money with a decimal comma"
    TEXT = "text"


_JOINS = {
    frozenset((Kind.INTEGER, Kind.FLOAT)): Kind.FLOAT,
    frozenset((Kind.INTEGER, Kind.COMMA)): Kind.COMMA,
    frozenset((Kind.DATE, Kind.TIMESTAMP)): Kind.TIMESTAMP,
}

_BEFORE, _AFTER = r"^(?P<minus>-?)(?:(?P<before>[$€£¥]) ?)?(?P<minus2>-?)", r"(?: ?(?P<after>[$€£¥]))?$"
# No thousands after a zero: 0,125 can only have a decimal comma.
_MONEY = rf"{_BEFORE}(?:\d{{1,14}}|[1-9]\d{{0,2}}(?:,\d{{3}}){{1,3}})(?P<fraction>\.\d{{1,4}})?{_AFTER}"
_COMMA_MONEY = rf"{_BEFORE}(?:\d{{1,14}}|[1-9]\d{{0,2}}(?:\.\d{{3}}){{1,3}})(?P<fraction>,\d{{1,4}})?{_AFTER}"


def join(one: Kind, other: Kind) -> Kind:
    """The narrowest kind that holds both."""
    if one == other or other == Kind.EMPTY:
        return one
    if one == Kind.EMPTY:
        return other
    return _JOINS.get(frozenset((one, other)), Kind.TEXT)


def blank_missing(values: Any) -> Any:
    """The values without the spaces around them, and null where they are a word for missing."""
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.is_in(trimmed, value_set=_missing()), pa.scalar(None, pa.string()), trimmed)


def _missing() -> pa.Array:
    return pa.array(MISSING, pa.string())


def _integer(values: Any) -> bool:
    # There and back: only what is written the shortest way is a number; codes and telephone numbers are not.
    return bool(values.cast(pa.int64()).cast(pa.string()).equals(values))


def _float(values: Any) -> bool:
    numbers = values.cast(pa.float64())
    if not pc.all(pc.is_finite(numbers)).as_py():
        return False
    large = pc.greater_equal(pc.abs(numbers), _EXACT)
    if pc.any(large).as_py() and pc.any(pc.match_substring_regex(values.filter(large), r"^-?\d+$")).as_py():
        return False
    return not pc.any(pc.match_substring_regex(values, r"^(\+|-?0\d)")).as_py()


def _words(*words: str) -> Callable[[Any], bool]:
    return lambda values: bool(pc.all(pc.is_in(pc.utf8_lower(values), value_set=pa.array(words))).as_py())


def _casts(kind: pa.DataType) -> Callable[[Any], bool]:
    def check(values: Any) -> bool:
        values.cast(kind)
        return True

    return check


def _money(commas: bool) -> Callable[[Any], bool]:
    return lambda values: parts_of_money(values, commas) is not None


_CHECKS: dict[Kind, Callable[[Any], bool]] = {
    Kind.INTEGER: _integer,
    Kind.FLOAT: _float,
    Kind.DATE: _casts(pa.date32()),
    Kind.TIMESTAMP: _casts(pa.timestamp("us")),
    Kind.MOMENT: _casts(pa.timestamp("us", tz="UTC")),
    Kind.TRUTH: _words("true", "false"),
    Kind.YES: _words("yes", "no"),
    Kind.MONEY: _money(commas=False),
    Kind.COMMA: decimal_comma.fits,
    Kind.COMMA_MONEY: _money(commas=True),
}


def classify(values: Any, likely: Kind = Kind.EMPTY) -> Kind:
    """The narrowest kind of an array of text without nulls. ``likely`` is only where the search begins."""
    if len(values) == 0:
        return Kind.EMPTY
    if likely not in (Kind.EMPTY, Kind.TEXT) and _fits(values, likely):
        return likely
    return next((kind for kind in _CHECKS if _fits(values[:1], kind) and _fits(values, kind)), Kind.TEXT)


def _fits(values: Any, kind: Kind) -> bool:
    try:
        return _CHECKS[kind](values)
    except pa.ArrowInvalid:
        return False


def parts_of_money(values: Any, commas: bool) -> tuple[str, int] | None:
    """The one currency sign and the most decimals of amounts of money; None where they are not that.

    Parameters
    ----------
    commas
        Whether decimals stand after a comma, and thousands after a point.
    """
    parts = pc.extract_regex(values, _COMMA_MONEY if commas else _MONEY)
    if parts.null_count:
        return None
    before, after = pc.struct_field(parts, "before"), pc.struct_field(parts, "after")
    signs = pc.unique(pc.binary_join_element_wise(before, after, "")).to_pylist()
    doubled = pc.and_(pc.equal(pc.struct_field(parts, "minus"), "-"), pc.equal(pc.struct_field(parts, "minus2"), "-"))
    if len(signs) != 1 or len(signs[0]) != 1 or pc.any(doubled).as_py():
        return None
    decimals = pc.max(pc.utf8_length(pc.struct_field(parts, "fraction"))).as_py()
    return signs[0], max((decimals or 0) - 1, 2)


def money_to_decimal(values: Any, kind: pa.DataType, commas: bool) -> Any:
    """Amounts of money as decimals."""
    bare = pc.replace_substring_regex(values, r"[^0-9.,\-]", "")
    return (decimal_comma.with_points(bare) if commas else pc.replace_substring(bare, ",", "")).cast(kind)
