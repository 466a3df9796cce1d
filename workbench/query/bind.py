"""The values of a statement's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput
from workbench.core.values import bindable, check_depth

if TYPE_CHECKING:
    from workbench.query.analyse import Statement

__all__ = ["Params", "bind", "unknown"]

_NAMED, _LONGEST = 10, 100  # names in an error, and the characters of each

Params = dict[str, Any] | Sequence[Any] | None


def unknown(statement: Statement) -> Any:
    """NULL in the place of each value, for who only looks at a statement; None where it takes none.

    >>> from workbench.query.analyse import analyse
    >>> unknown(analyse("select $month")), unknown(analyse("select ?, ?")), unknown(analyse("select 1"))
    ({'month': None}, [None, None], None)
    """
    wanted = _in_order(statement)
    return [None] * wanted if wanted else dict.fromkeys(statement.parameters) or None


def _in_order(statement: Statement) -> int:
    """How many values a statement takes in order."""
    numbers = statement.parameters if all(name.isdigit() for name in statement.parameters) else ()
    return statement.positional or max(map(int, numbers), default=0)


def bind(params: Params, statement: Statement) -> Any:
    """The values in the form that DuckDB takes them, checked against the statement.

    Raises
    ------
    InvalidInput
        Some are missing, there is no place for them, or one is of no type that can be bound.
    """
    named = statement.parameters
    if params is not None and not isinstance(params, dict | list | tuple):
        raise InvalidInput("Parameters are given as a mapping or a list.", fix="Write {'month': 6} for $month, or [6] for ?.")
    check_depth(params)
    if wanted := _in_order(statement):
        given = list(params) if isinstance(params, list | tuple) else []
        if isinstance(params, dict) or len(given) != wanted:
            takes = f"The statement takes {wanted} {'value' if wanted == 1 else 'values'} in order"
            how = (
                "they were given by name"
                if isinstance(params, dict) and params
                else f"{len(given)} {'was' if len(given) == 1 else 'were'} given"
            )
            raise InvalidInput(f"{takes}; {how}.", fix="Give a list, one value for each ?.")
        return [bindable(value) for value in given]
    if isinstance(params, list | tuple) and params:
        raise InvalidInput(
            "The statement has no place for values in order.", fix="Name them: $month with {'month': 6}." if named else "Leave them out."
        )
    given_names = dict(params) if isinstance(params, dict) else {}
    if missing := [name for name in named if name not in given_names]:
        listed = ", ".join(f"${name}" for name in missing)
        fix = f"Pass them: `params={dict.fromkeys(missing, 'VALUE')!r}`."
        raise InvalidInput(f"No value was given for {listed}.", fix=fix, missing=missing)
    if extra := [str(name) for name in given_names if name not in named]:
        raise InvalidInput(f"The statement has no parameter {_listed(extra)}.", fix="Leave it out, or use it as $name.")
    return {name: bindable(value, f"${name}") for name, value in given_names.items()} or None


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(f"${name if len(name) <= _LONGEST else name[:_LONGEST] + '…'}" for name in names[:_NAMED])
    return told if len(names) <= _NAMED else f"{told} and {len(names) - _NAMED:,} more"
