"""How the engine converts a column of text, and when that lost something: a value passes only where the thorough reader would take it
and read the same from it. What it lets pass less than that costs a closer look, never a value."""

from __future__ import annotations

import pyarrow as pa

from workbench.engines.duckdb.csv import CsvColumn
from workbench.engines.duckdb.plain_values import can_be_plain
from workbench.engines.readers import atoms
from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.dates import Style
from workbench.engines.readers.kinds import MISSING, Kind

__all__ = ["EXACT", "sql_column"]

EXACT = 2**53
_WORDS = tuple(word for word in MISSING if word)
_YEAR = r"(\d{3}[1-9]|\d{2}[1-9]\d|\d[1-9]\d{2}|[1-9]\d{3})"  # there is no year 0
_TIMESTAMP = _YEAR + r"-\d{2}-\d{2}([ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?"
# The engine's conversions are generous; what they let pass and the thorough reader would not is lost (see CsvColumn).
_DOUBLE = (
    f"NOT isfinite({{v}}) OR abs({{v}}) >= {EXACT} OR {{x}} SIMILAR TO '([+_ ]|-?0[0-9]).*' OR contains({{x}}, '_') "
    "OR ends_with({x}, ' ') OR ends_with({x}, '.')"
)
_OR_INFINITE = f"CASE WHEN isinf({{v}}) THEN NOT regexp_full_match({{x}}, '[-+]?inf(inity)?', 'i') ELSE {_DOUBLE} END"
_RULES: dict[tuple[Kind, str], tuple[str, str | None]] = {
    (Kind.INTEGER, "int64"): ("try_cast({x} AS BIGINT)", "{v}::VARCHAR <> {x}"),
    (Kind.INTEGER, "int32"): ("try_cast({x} AS INTEGER)", "{v}::VARCHAR <> {x}"),
    (Kind.FLOAT, "double"): ("try_cast({x} AS DOUBLE)", _DOUBLE),
    (Kind.DATE, "date32[day]"): ("try_cast({x} AS DATE)", "strlen({x}) <> 10 OR NOT contains({x}, '-') OR starts_with({x}, '0000')"),
    (Kind.TIMESTAMP, "timestamp[us]"): ("try_cast({x} AS TIMESTAMP)", f"NOT regexp_full_match({{x}}, '{_TIMESTAMP}')"),
    (Kind.TRUTH, "bool"): ("CASE lower({x}) WHEN 'true' THEN true WHEN 'false' THEN false END", None),
    (Kind.YES, "bool"): ("CASE lower({x}) WHEN 'yes' THEN true WHEN 'no' THEN false END", None),
    (Kind.BIT, "bool"): ("CASE {x} WHEN '1' THEN true WHEN '0' THEN false END", None),
    (Kind.TEXT, "string"): ("{x}", None),
    (Kind.EMPTY, "string"): ("NULL::VARCHAR", None),
}
_FORMATS = {"d": ("%d", r"\d{1,2}"), "m": ("%m", r"\d{1,2}"), "y": ("%Y", _YEAR)}


def sql_column(column: TextColumn, field_id: int, *, take: bool = True) -> CsvColumn | None:
    """A settled column for the engine; None where only the thorough reader can convert it."""
    rule = ("{x}", None) if not take else _rule(column)
    if rule is None:
        return None
    missing = _WORDS if take and column.words and column.kind != Kind.TEXT else ()
    plain = _plain(column) if take else None
    return CsvColumn(column.name, field_id, *rule, missing=missing, take=take, written=take and _is_written(column), plain=plain)


def _plain(column: TextColumn) -> pa.DataType | None:
    """The type of a column whose rule here is the plain one of its type."""
    if column.kind == Kind.EMPTY:
        return pa.null()
    kinds = (Kind.INTEGER, Kind.FLOAT, Kind.DATE, Kind.TIMESTAMP, Kind.TEXT)
    if column.kind not in kinds or not can_be_plain(column.type) or _has_odd_numbers(column):
        return None
    return column.type


def _has_odd_numbers(column: TextColumn) -> bool:
    """Whether it has numbers that only some columns of its type do."""
    return (column.kind == Kind.INTEGER and atoms.MINUS_ZERO in column.tally) or (
        column.kind == Kind.FLOAT and atoms.INFINITE in column.tally
    )


def _is_written(column: TextColumn) -> bool:
    """Whether what the engine writes for a value is a text that the thorough reader takes for the same."""
    return column.kind in (Kind.FLOAT, Kind.INTEGER) and (pa.types.is_decimal(column.type) or pa.types.is_integer(column.type))


def _rule(column: TextColumn) -> tuple[str, str | None] | None:
    kind, style = column.type, column.way.style
    if column.way.minus or (style is not None and style.short):
        return None
    if column.kind == Kind.DAY and style is not None and pa.types.is_date(kind):
        return _day(style)
    if column.kind in (Kind.FLOAT, Kind.INTEGER) and pa.types.is_decimal(kind):
        return _decimal(kind.precision, kind.scale, atoms.LONG_FLOAT in column.way.takes)
    if column.kind == Kind.INTEGER and pa.types.is_integer(kind) and atoms.MINUS_ZERO in column.tally:
        value, lost = _RULES[column.kind, str(kind)]
        return value, f"{lost} AND {{x}} <> '-0'"  # only where the remark says so, too
    if column.kind == Kind.FLOAT and pa.types.is_float64(kind) and atoms.INFINITE in column.tally:
        return _RULES[column.kind, str(kind)][0], _OR_INFINITE
    return _RULES.get((column.kind, str(kind)))


def _day(style: Style) -> tuple[str, str | None] | None:
    if style.order == "compact":
        return r"try_strptime({x}, '%Y%m%d')::DATE", r"NOT regexp_full_match({x}, '[12]\d{7}')"
    if style.order == "words":
        return None
    parts = [_FORMATS[letter] for letter in style.order]
    written = style.separator.join(mark for mark, _ in parts)
    pattern = f"[{style.separator}]".join(digits for _, digits in parts)
    return f"try_strptime({{x}}, '{written}')::DATE", f"NOT regexp_full_match({{x}}, '{pattern}')"


def _decimal(precision: int, scale: int, long: bool) -> tuple[str, str | None] | None:
    """``long``: whether the column takes numbers with decimals that a double would round, too."""
    if (precision - scale > 16 and not long) or not scale:
        return None
    # Most are written with all their decimals, and only the others need a look.
    shape = rf"-?(0|[1-9]\d{{0,{min(precision - scale, 14) - 1}}})(\.\d{{1,{scale}}})?"
    return (
        f"try_cast({{x}} AS DECIMAL({precision}, {scale}))",
        f"NOT regexp_full_match({{x}}, '{shape}')",
    )
