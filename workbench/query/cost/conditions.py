"""What a statement says of single columns: comparisons with values, by which whole files can be left out of an estimate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbench.query.effort import limited, parser
from workbench.query.tokens import tokens_of

__all__ = ["Condition", "Reading", "read"]


@dataclass(frozen=True)
class Condition:
    """``column`` (of the relation called ``qualifier``, None where that is not said) is compared by ``operator`` with ``values``: literals
    as they are written, or a parameter's name in ``parameter``."""

    qualifier: str | None
    column: str
    operator: str
    values: tuple[str, ...] = ()
    parameter: str | None = None


@dataclass(frozen=True)
class Reading:
    """What an estimate and advice need of a statement. ``aliases`` are (what a relation is called, its name); ``loose`` are relations
    that are joined without any condition; ``star``: it gives all columns; ``sorts``: all its rows, in an order; ``wildcards`` are the
    columns that are searched from an unknown beginning. ``most``: it has enough with so many rows of its one relation, whichever
    they are."""

    conditions: tuple[Condition, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    loose: tuple[str, ...] = ()
    star: bool = False
    sorts: bool = False
    wildcards: tuple[str, ...] = ()
    most: int | None = None


_OPERATORS = {"EQ": "=", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}
_TURNED = {"=": "=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}


@lru_cache(maxsize=512)
def read(body: str) -> Reading:
    """Read a statement that has been decided on; of one that cannot be read nothing is known."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from workbench.core.errors import WorkbenchError

    try:
        with limited():
            tree = parser().parse(tokens_of(body), body)[0]
    except (SqlglotError, WorkbenchError, RecursionError, ValueError, IndexError):
        return Reading()
    if tree is None:
        return Reading()
    wheres = [where.this if isinstance(where, exp.Where) else where.args.get("on") for where in tree.find_all(exp.Where, exp.Join)]
    conditions = [found for where in wheres for part in _conjuncts(where) if (found := _condition(part)) is not None]
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    wildcards = [
        like.this.name
        for like in tree.find_all(exp.Like, exp.ILike)
        if isinstance(like.this, exp.Column)
        and isinstance(like.expression, exp.Literal)
        and str(like.expression.this).startswith(("%", "_"))
    ]
    top = tree if isinstance(tree, exp.Select) else None
    return Reading(
        conditions=tuple(conditions),
        aliases=tuple((table.alias_or_name.casefold(), table.name.casefold()) for table in tables),
        loose=tuple(_loose(tree)),
        star=top is not None and any(isinstance(each.unalias(), exp.Star) for each in top.expressions),
        sorts=top is not None and top.args.get("order") is not None and top.args.get("limit") is None and not _groups(top),
        wildcards=tuple(dict.fromkeys(wildcards)),
        most=None if top is None else _most(top),
    )


def _most(select: Any) -> int | None:
    """The rows of its one table after which it has enough, where it gives them as they come."""
    from sqlglot import exp

    if any(value for key, value in select.args.items() if key not in ("expressions", "from_", "limit", "offset")):
        return None
    source = select.args["from_"].this if select.args.get("from_") else None
    if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
        return None
    if any(source.args.get(key) for key in ("sample", "pivots", "joins", "laterals")):
        return None
    # A function may be an aggregate, or give no row.
    if not all(isinstance(each.unalias(), exp.Star | exp.Column) and each.find(exp.Func) is None for each in select.expressions):
        return None
    rows = [_rows(select.args[key]) for key in ("limit", "offset") if select.args.get(key) is not None]
    return None if select.args.get("limit") is None or None in rows else sum(filter(None, rows))


def _rows(clause: Any) -> int | None:
    """What LIMIT or OFFSET says, where it is a number of rows."""
    from sqlglot import exp

    number = clause.args.get("expression")
    plain = not any(value for key, value in clause.args.items() if key != "expression")
    return int(number.this) if plain and isinstance(number, exp.Literal) and not number.is_string and str(number.this).isdigit() else None


def _groups(select: Any) -> bool:
    from sqlglot import exp

    return select.args.get("group") is not None or any(each.find(exp.AggFunc) is not None for each in select.expressions)


def _conjuncts(condition: Any) -> list[Any]:
    from sqlglot import exp

    waiting, found = [condition], []
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.Paren):
            waiting.append(one.this)
        elif isinstance(one, exp.And):
            waiting += [one.left, one.right]
        elif one is not None:
            found.append(one)
    return found


def _condition(part: Any) -> Condition | None:
    from sqlglot import exp

    if isinstance(part, exp.Between) and isinstance(part.this, exp.Column):
        low, high = _value(part.args["low"]), _value(part.args["high"])
        if low is None or high is None:
            return None
        return Condition(part.this.table.casefold() or None, part.this.name.casefold(), "between", (low, high))
    if isinstance(part, exp.In) and isinstance(part.this, exp.Column) and part.expressions:
        values = [_value(each) for each in part.expressions]
        return (
            Condition(part.this.table.casefold() or None, part.this.name.casefold(), "in", tuple(map(str, values))) if all(values) else None
        )
    operator = _OPERATORS.get(type(part).__name__)
    if operator is None:
        return None
    left, right = part.this, part.expression
    if isinstance(right, exp.Column) and not isinstance(left, exp.Column):
        left, right, operator = right, left, _TURNED[operator]
    if not isinstance(left, exp.Column):
        return None
    column = (left.table.casefold() or None, left.name.casefold(), operator)
    if isinstance(right, exp.Placeholder) and right.this:
        return Condition(*column, parameter=str(right.this))
    value = _value(right)
    return None if value is None else Condition(*column, (value,))


def _value(node: Any) -> str | None:
    """A literal, also a dressed one: DATE '1995-01-01', -3."""
    from sqlglot import exp

    if isinstance(node, exp.Cast | exp.Paren):
        return _value(node.this)
    if isinstance(node, exp.Neg):
        inner = _value(node.this)
        return None if inner is None else f"-{inner}"
    return str(node.this) if isinstance(node, exp.Literal) else None


def _loose(tree: Any) -> list[str]:
    """Relations that stand beside others without a condition that ties them to any."""
    from sqlglot import exp

    found: list[str] = []
    for select in tree.find_all(exp.Select):
        joins = [join for join in select.args.get("joins") or () if isinstance(join.this, exp.Table)]
        free = [
            j for j in joins if not (j.args.get("on") or j.args.get("using") or j.args.get("method") in ("NATURAL", "POSITIONAL", "ASOF"))
        ]
        if not free:
            continue
        where = select.args.get("where")
        # A column of either side in one comparison ties them; a name without its table may be of any.
        ties = [[c.table.casefold() for c in part.find_all(exp.Column)] for part in _conjuncts(where.this if where else None)]
        for join in free:
            name = join.alias_or_name.casefold()
            if not any(len(tie) > 1 and (name in tie or "" in tie) for tie in ties):
                found.append(join.alias_or_name)
    return found
