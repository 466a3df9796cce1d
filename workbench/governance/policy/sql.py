"""What a decision is in SQL: how each column is shown, and which rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from workbench.core.principals import Principal
from workbench.engines.duckdb import EngineError, check_binds, is_null, literal, quoted
from workbench.engines.scans import Shape
from workbench.governance.expressions import check_expression
from workbench.governance.policy.decide import Access, Described, Seen
from workbench.governance.policy.records import Mask
from workbench.governance.policy.renames import of_each_column
from workbench.governance.policy.where import PARTS, about, literal_of, view_of

__all__ = ["attributes_in", "check_mask", "check_where", "condition", "fits", "masked", "never_a_value", "shape"]

_WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_OF_A_DAY = ("day", "week", "month", "quarter", "year", "decade")
_STARS = 20  # at most
_MEMBER = re.compile(r"""\s*("(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*)\s+IN\s+principal\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)\s*""", re.IGNORECASE)
_VALUE = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|\bvalue\b""", re.IGNORECASE)


def shape(access: Access, principal: Principal, types: Mapping[int, str], key: bytes) -> Shape | None:
    """What the engine makes of a dataset for the principal; None where all of it is seen as it is.

    Parameters
    ----------
    types
        The engine's type of each column, by field id.
    key
        What hashes are made with.
    """
    if access.whole:
        return None
    columns = tuple((one.column.name, _shown(one, types[one.column.field_id], key)) for one in access.seen)
    # What came along with the rows alone names today's columns already.
    own = {one.rule for one in access.rows if not one.source}
    came = {one.rule for one in access.rows} - own
    wheres = [where for rule in access.filters for where in ((rule.where,) if rule in came else of_each_column(rule.where, access.dataset))]
    filters = [condition(where, principal, access.dataset, types) for where in dict.fromkeys(wheres)]
    masks = tuple((one.column.name, one.mask.kind, one.rules[0]) for one in access.seen if one.mask is not None and one.rules)
    rules = dict.fromkeys([*(rule for one in access.seen for rule in one.rules), *(rule.name for rule in access.filters)])
    view = view_of([rule.where for rule in access.filters], principal) or None
    return Shape(columns, " AND ".join(filters) or None, masks, tuple(rules), view=view)


def check_mask(mask: Mask) -> None:
    """Raises
    ------
    InvalidSQL, Forbidden
        Its expression is none, or uses more than plain functions of ``value``.
    """
    if mask.kind == "expression":
        check_expression(_VALUE.sub(lambda found: found[1] or quoted("value"), str(mask.expression)))


def check_where(where: str) -> None:
    """Raises
    ------
    InvalidSQL, Forbidden
        It is no expression, or uses more than the row's own columns, the principal and plain functions.
    """
    check_expression(PARTS.sub(lambda found: found[1] or f"{found[2] or ''}{quoted('principal')}", where))


def attributes_in(where: str) -> frozenset[str]:
    """Which of the principal's attributes a condition asks for, folded.

    >>> sorted(attributes_in("region IN principal.Regions AND author = principal.name AND note <> 'principal.x'"))
    ['regions']
    """
    return frozenset(found[3].casefold() for found in PARTS.finditer(where) if found[3]) - {"name", "roles"}


def condition(where: str, principal: Principal, dataset: Described, types: Mapping[int, str]) -> str:
    """A rule's condition as the engine is told it for the principal."""
    return _listed(where, principal, dataset, types) or _tried(where, principal)


def masked(mask: Mask, name: str, type: str) -> str:
    """A column of a type through a mask of kind ``expression``."""
    return f"TRY_CAST({_expressed(mask, quoted(name))} AS {type})"


def fits(mask: Mask, type: str) -> bool:
    """Whether a mask's expression can be worked out of values of a type; of any other kind of mask it is not asked."""
    return mask.kind != "expression" or _binds(masked(mask, "value", type), type)


def never_a_value(mask: Mask, type: str) -> bool:
    """Whether nothing but NULL is ever seen of a column of a type through a mask that promises more.

    >>> never_a_value(Mask(kind="hash"), "DATE"), never_a_value(Mask(kind="constant", value="x"), "VARCHAR")
    (True, False)
    """
    if mask.kind == "null":
        return False
    if mask.kind == "expression" and _VALUE.sub(lambda found: found[1] or "", str(mask.expression)) != str(mask.expression):
        return False  # that is for the values to say
    shown = _masked(mask, quoted("value"), type, b"")
    return shown is None or (mask.kind in ("constant", "expression") and _null(f"TRY_CAST({shown} AS {type})"))


@lru_cache(maxsize=512)
def _null(expression: str) -> bool:
    return is_null(expression)


@lru_cache(maxsize=512)
def _binds(expression: str, type: str) -> bool:
    try:
        check_binds((("value", type),), expression, "true")
    except EngineError:
        return False
    return True


def _tried(where: str, principal: Principal) -> str:
    """A condition that fails on a row does not tell of it: the row is not seen."""
    return f"coalesce(TRY({about(where, principal)}\n), false)"


def _listed(where: str, principal: Principal, dataset: Described, types: Mapping[int, str]) -> str | None:
    """The condition ``column IN principal.attribute`` in the form that files and rows are passed over by; None for any other. Texts are
    compared with a text, whole numbers with a whole number: there is nothing that could fail."""
    found = _MEMBER.fullmatch(where)
    if found is None or found[2].casefold() in ("name", "roles"):  # these are not attributes
        return None
    name = found[1][1:-1].replace('""', '"') if found[1].startswith('"') else found[1]
    columns = [column for column in dataset.columns if column.name.casefold() == name.casefold()]
    said = principal.attributes.get(found[2].casefold())
    values = (said,) if isinstance(said, str | int) else said
    if len(columns) != 1 or not isinstance(values, tuple) or not values:
        return None
    kind = types.get(columns[0].field_id)
    texts = kind == "VARCHAR" and all(isinstance(value, str) for value in values)
    numbers = kind in ("INTEGER", "BIGINT") and all(type(value) is int and abs(value) < 2**31 for value in values)
    return f"{quoted(columns[0].name)} IN ({', '.join(map(literal_of, values))})" if texts or numbers else None


def _shown(one: Seen, type: str, key: bytes) -> str:
    name = quoted(one.column.name)
    if one.mask is None:
        return name
    # Of what was made of the column that its rule is about, an expression may not fit: nothing is shown, and the rest of the dataset is.
    masked = None if one.source and not fits(one.mask, type) else _masked(one.mask, name, type, key)
    return f"CAST(NULL AS {type})" if masked is None else f"TRY_CAST({masked} AS {type})"


def _masked(mask: Mask, name: str, type: str, key: bytes) -> str | None:
    """SQL of the masked value; None for nothing."""
    if mask.kind == "constant":
        return None if mask.value is None else literal(str(mask.value))
    if mask.kind == "expression":
        return _expressed(mask, name)
    if mask.kind == "partial" and type == "VARCHAR":
        return _partial(mask, name)
    if mask.kind == "hash" and type in ("VARCHAR", *_WHOLE_NUMBERS):
        return _hashed(name, type, key)
    if mask.kind == "round":
        return _rounded(mask, name, type)
    return None


def _expressed(mask: Mask, name: str) -> str:
    # What it fails on must not be told by the error.
    return "TRY(" + _VALUE.sub(lambda found: found[1] or name, str(mask.expression)) + "\n)"


def _partial(mask: Mask, name: str) -> str:
    kept = mask.first + mask.last
    stars = f"repeat('*', least(length({name}) - {kept}, {_STARS}))"
    shown = f"left({name}, {mask.first}) || {stars} || right({name}, {mask.last})"
    # Not ELSE: least() takes no notice of NULL.
    hidden = f"WHEN {name} IS NOT NULL THEN repeat('*', least(length({name}), {_STARS}))"
    return f"CASE WHEN length({name}) >= {max(1, 2 * kept)} THEN {shown} {hidden} END"


def _hashed(name: str, type: str, key: bytes) -> str:
    digest = f"sha256({literal(key.hex())} || {name}::VARCHAR)"
    if type == "VARCHAR":
        return f"left({digest}, 16)"
    # As many digits as fit into any of the type, so that different values seldom come out the same.
    digits = {"TINYINT": 1, "UTINYINT": 1, "SMALLINT": 3, "USMALLINT": 3, "INTEGER": 7, "UINTEGER": 7}.get(type, 15)
    return f"('0x' || left({digest}, {digits}))::BIGINT"


def _rounded(mask: Mask, name: str, type: str) -> str | None:
    if type in _MOMENTS and mask.unit is not None:
        unit = "day" if type == "DATE" and mask.unit not in _OF_A_DAY else mask.unit
        # It fails on dates far from ours, which the error would tell of.
        return f"TRY(date_trunc('{unit}', {name}))"
    if mask.step is not None and (type in ("FLOAT", "DOUBLE", *_WHOLE_NUMBERS) or type.startswith("DECIMAL")):
        return f"floor({name}::DOUBLE / {mask.step!r}) * {mask.step!r}"
    return None
