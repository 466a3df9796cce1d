"""Steps that give values another type, or numbers fewer digits."""

from __future__ import annotations

import re

from workbench.core.errors import InvalidInput
from workbench.engines.duckdb import literal
from workbench.engines.types import arrow_type, type_name
from workbench.ingest.recipes.draft import Columns, DraftColumn, Effect
from workbench.ingest.recipes.records import Cast, Fill, Misfits, ParseDate, Round
from workbench.lake.plan import DUCKDB_TYPES

__all__ = ["cast", "fill", "fitting", "parse_date", "round_", "rounded", "sql_type_of"]

_TRUE, _FALSE = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6}0*)?)?"
_ZONE = r"(Z|[+-]\d{2}(:?\d{2})?)"
_POWER = r"([eE][+-]?\d+)?"
# Below it there is a number of the type for each whole one.
_EXACT = {"float": 2**24, "double": 2**53}
_SHAPES = {
    "int": r"[+-]?\d+",
    "long": r"[+-]?\d+",
    "float": r"[+-]?(\d+(\.\d*)?|\.\d+)" + _POWER,
    "double": r"[+-]?(\d+(\.\d*)?|\.\d+)" + _POWER,
    "date": _DAY,
    "time": _CLOCK,
    "timestamp": rf"{_DAY}([ T]{_CLOCK})?",
    "timestamptz": rf"{_DAY}([ T]{_CLOCK} ?{_ZONE}?)?",
    "uuid": r"[0-9a-fA-F-]{32,38}",
}


def sql_type_of(type: str) -> str:
    """A type in DuckDB's words.

    Raises
    ------
    InvalidInput
        There is no such type.
    """
    kind = arrow_type(type)
    name = type_name(kind)
    return DUCKDB_TYPES.get(name) or f"DECIMAL({kind.precision}, {kind.scale})"


def cast(step: Cast, columns: Columns) -> Effect:
    """:class:`~..records.Cast`."""
    column = columns.named(step.column)
    sql_type = sql_type_of(step.type)
    type_ = type_name(arrow_type(step.type))
    inside = columns.inside(column)
    new = fitting(inside, type_, sql_type, step.decimal, step.groups) if column.is_text else _converted(column, inside, sql_type)
    return _converting(columns, column, new, type_, sql_type, step.misfits)


def fitting(text: str, type_: str, sql_type: str, decimal: str = ".", groups: bool = False) -> str:
    """A text's value in a type, NULL where it has none or would say something else."""
    if type_ == "string":
        return text
    if type_ == "boolean":
        true, false = (", ".join(map(literal, words)) for words in (_TRUE, _FALSE))
        return f"CASE WHEN lower({text}) IN ({true}) THEN true WHEN lower({text}) IN ({false}) THEN false END"
    if type_ == "binary":
        return f"encode({text})"
    shape, value = _written(text, type_, sql_type, decimal, groups)
    made = f"TRY_CAST({value} AS {sql_type})"
    if type_ in _EXACT:
        made = f"CASE WHEN isfinite({made}) AND {_unrounded(made, value, type_)} THEN {made} END"
    return f"CASE WHEN regexp_full_match({text}, {literal(shape)}) THEN {made} END"


def rounded(text: str, decimal: str = ".", groups: bool = False) -> str:
    """Whether a text is a number without a power of ten that no double is: 2^53 + 1, 12345678901234567.89."""
    shape, _ = _written(text, "double", "DOUBLE", decimal, groups)
    plain = literal(shape.removesuffix(_POWER))
    return f"regexp_full_match({text}, {plain}) AND ({fitting(text, 'double', 'DOUBLE', decimal, groups)}) IS NULL"


def _written(text: str, type_: str, sql_type: str, decimal: str, groups: bool) -> tuple[str, str]:
    """How values of a type are written, and the text as it is cast."""
    shape = _SHAPES.get(type_) or _decimal_shape(sql_type)
    return _grouped(shape, text, decimal, groups, type_) if decimal == "," or groups else (shape, text)


def _unrounded(made: str, text: str, type_: str) -> str:
    """Whether a number is what it is written as. Up to a size all whole numbers are, and of fractions the digits that are sure."""
    whole = f"TRY_CAST(split_part({text}, '.', 1) AS HUGEINT)"
    same = f"(TRY_CAST({made} AS HUGEINT) = {whole} AND rtrim(split_part({text}, '.', 2), '0') = '')"
    return f"(abs({made}) < {_EXACT[type_]} OR contains(lower({text}), 'e') OR coalesce({same}, false))"


def _decimal_shape(sql_type: str) -> str:
    # More decimals than the type has are zeros, or the value would be rounded.
    scale = int(re.findall(r"\d+", sql_type)[1])
    return rf"[+-]?(\d+(\.\d{{0,{scale}}}0*)?|\.\d{{1,{scale}}}0*)" if scale else r"[+-]?\d+(\.0*)?"


def _grouped(shape: str, text: str, decimal: str, groups: bool, type_: str) -> tuple[str, str]:
    if type_ not in ("int", "long", "float", "double") and not type_.startswith("decimal"):
        raise InvalidInput("Only numbers have a decimal sign and groups.", fix="Leave decimal and groups out of this step.")
    marks = "." if decimal == "," else ","
    shape = shape.replace(r"\.", "\\" + decimal)
    if groups:
        whole = rf"(\d{{1,3}}([\{marks}' \x{{A0}}\x{{202F}}]\d{{3}})+|\d+)"
        shape = shape.replace(r"\d+", whole, 1)
        between = literal(rf"[\{marks}' \x{{A0}}\x{{202F}}]")
        text = f"regexp_replace({text}, {between}, '', 'g')"
    return shape, f"replace({text}, ',', '.')" if decimal == "," else text


def _converted(column: DraftColumn, inside: str, sql_type: str) -> str:
    if sql_type == column.sql_type:
        return inside
    if sql_type == "VARCHAR":
        return f"to_json({inside})::VARCHAR" if column.kind == "nested" else f"CAST({inside} AS VARCHAR)"
    made = f"TRY_CAST({inside} AS {sql_type})"
    # It fits where it comes back as it was.
    return f"CASE WHEN TRY_CAST({made} AS {column.sql_type}) IS NOT DISTINCT FROM {inside} THEN {made} END"


def parse_date(step: ParseDate, columns: Columns) -> Effect:
    """:class:`~..records.ParseDate`."""
    (column,) = columns.texts((step.column,), "parsing a date")
    for each in step.formats:
        zoned = "%z" in each or "%Z" in each
        if zoned != (step.type == "timestamptz"):
            word = "has" if zoned else "has no"
            raise InvalidInput(
                f"The format {each!r} {word} time zone, but the type is {step.type}.",
                fix="Times with a zone (%z) are of type timestamptz, others date or timestamp.",
            )
    inside = columns.inside(column)
    moment = f"try_strptime({inside}, [{', '.join(map(literal, step.formats))}])"
    if step.type == "date":
        moment = f"CASE WHEN {moment} = date_trunc('day', {moment}) THEN {moment}::DATE END"
    return _converting(columns, column, moment, step.type, DUCKDB_TYPES[step.type], step.misfits)


def _converting(columns: Columns, column: DraftColumn, new: str, type_: str, sql_type: str, misfits: Misfits) -> Effect:
    inside = columns.inside(column)
    lost = f"{inside} IS NOT NULL AND ({new}) IS NULL"
    same = sql_type == column.sql_type
    changed = f"(({new}) IS DISTINCT FROM {inside})::BIGINT" if same else f"(({new}) IS NOT NULL)::BIGINT"
    return Effect(
        columns.with_column(column.cast(type_, sql_type)),
        {column.slot: new},
        changed,
        f"({lost})::BIGINT" if misfits == "null" else "0",
        None if misfits == "null" else lost,
        fails=misfits == "fail",
    )


def round_(step: Round, columns: Columns) -> Effect:
    """:class:`~..records.Round`."""
    column = columns.named(step.column)
    inside = columns.inside(column)
    if column.kind == "float":
        return Effect.of_values(columns, {column.slot: f"CAST(round({inside}, {step.digits}) AS {column.sql_type})"})
    if column.kind != "decimal":
        raise InvalidInput(
            f"{column.name!r} is of type {column.type}, which has no decimals.", fix="Cast it to double or a decimal before."
        )
    precision, scale = map(int, re.findall(r"\d+", column.sql_type))
    if step.digits >= scale:
        return Effect(columns)
    # 9.99 may need a digit more before the point than it had.
    digits = min(38, precision - scale + step.digits + 1)
    type_ = f"decimal({digits}, {step.digits})"
    new = f"CAST(round({inside}, {step.digits}) AS {sql_type_of(type_)})"
    changed = f"(({new}) <> {inside})::BIGINT"
    return Effect(columns.with_column(column.cast(type_, sql_type_of(type_))), {column.slot: new}, f"coalesce({changed}, 0)")


def fill(step: Fill, columns: Columns) -> Effect:
    """:class:`~..records.Fill`."""
    column = columns.named(step.column)
    if column.kind in ("nested", "binary"):
        raise InvalidInput(f"{column.name!r} is of type {column.type}, which no constant can fill.", fix="Leave this step out.")
    text = str(step.value).lower() if isinstance(step.value, bool) else str(step.value)
    if not column.is_text and re.fullmatch(_shape_of(column), text) is None:
        raise InvalidInput(f"{step.value!r} is no {column.type}, as {column.name} is.", fix="Give a value of the column's type.")
    constant = literal(text) if column.is_text else f"CAST({literal(text)} AS {column.sql_type})"
    return Effect.of_values(columns, {column.slot: f"coalesce({columns.inside(column)}, {constant})"})


def _shape_of(column: DraftColumn) -> str:
    if column.kind == "boolean":
        return "true|false"
    return _SHAPES.get(column.type) or _decimal_shape(column.sql_type)
