"""Row filters and masks of a policy that do not fit the columns of a dataset there is, so that nothing of it, or of a column, is shown.
Nothing is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.core.errors import nearest
from workbench.core.principals import Principal
from workbench.engines.duckdb import EngineError, check_binds
from workbench.engines.duckdb.words import in_words
from workbench.governance.policy.decide import Described, DescribedColumn, Who, came_from, concerns
from workbench.governance.policy.records import MaskRule, Policy, RowRule
from workbench.governance.policy.renames import called, of_each_column
from workbench.governance.policy.sql import condition, masked, never_a_value
from workbench.governance.policy.warned import Warned, warnings
from workbench.governance.policy.where import about_nobody, columns_in
from workbench.governance.records import PolicyWarning

__all__ = ["Fitted", "unfit"]

#: By a rule, and the columns that it is about, what is wrong with it.
_Known = dict[Any, str | None]
_NO_COLUMN = re.compile(r'^Referenced column "([^"]+)" ')
_MISSING = "there is no column "
_SHOWN = 5  # columns, in a warning
_LONGEST = 30  # characters of a type
_NOBODY = "stands for nobody"
_FIX = "Correct it, or name the datasets that it fits."


@dataclass(frozen=True)
class Fitted:
    """A dataset as rules meet it: with the engine's type of each column, by field id."""

    dataset: Described
    types: Mapping[int, str]

    def only(self, names: Collection[str] | None) -> Fitted:
        """The same with no other columns than those that have or had one of the ``names`` (in small letters); None: with all of them."""
        if names is None:
            return self
        columns = tuple(column for column in self.dataset.columns if called(column) & frozenset(names))
        types = {column.field_id: self.types[column.field_id] for column in columns}
        return Fitted(replace(self.dataset, columns=columns), types)

    @property
    def shape(self) -> tuple[tuple[str, str], ...]:
        """Its columns' names and types."""
        return tuple((column.name, self.types[column.field_id]) for column in self.dataset.columns)

    def check(self, shown: str, where: str = "true") -> str | None:
        """What the engine finds wrong with SQL over its columns."""
        try:
            check_binds(self.shape, shown, where)
        except EngineError as error:
            if (found := _NO_COLUMN.search(error.message)) is not None:
                return f"{_MISSING}{found[1]}"
            said = in_words(error.message)
            return said.message.rstrip(".") if said is not None else error.message.split("\n")[0].rstrip("!.")
        return None


def unfit(text: str, policy: Policy, datasets: Iterable[Fitted], people: Sequence[Principal]) -> tuple[PolicyWarning, ...]:
    """The first fifty of them, with their lines in the policy's ``text``. A condition is looked at as it would be for each of the people
    whom it is for, and for somebody of whom nothing is known.

    Parameters
    ----------
    datasets
        Looked through only as far as they have fifty of them.
    people
        With the roles and attributes that they have.
    """
    known: _Known = {}
    return warnings(text, (each for one in datasets for each in _of(policy, one, people, known)))


def _of(policy: Policy, one: Fitted, people: Sequence[Principal], known: _Known) -> Iterator[Warned]:
    name = one.dataset.name
    for rule in policy.rows:
        if not concerns(rule, one.dataset):
            continue
        # Many datasets have the same columns of those that a rule is about: the engine is asked once.
        part = one.only(columns_in(rule.where))
        key = (of_each_column(rule.where, part.dataset), rule.to, rule.unless, part.shape)
        if key not in known:
            known[key] = _why(policy, rule, part, people)
        if (why := known[key]) is not None:
            yield f"rows.{rule.name}", f"It does not fit {name}, of which nothing would be shown: {why}.", _meant(why, one)
    for mask in policy.masks:
        for column in one.dataset.columns:
            if mask.mask.kind == "expression" and concerns(mask, one.dataset, column) and (why := _mask(mask, one, column)) is not None:
                source = came_from(mask, one.dataset, column)
                what = f"which was made of {source} and would be NULL" if source else f"and nothing of {name} would be shown"
                said = f"It does not fit {name}.{column.name}, {what}: {why}."
                yield f"masks.{mask.name}", said, "In a mask the column is called value." if why.startswith(_MISSING) else _FIX
        if nothing := [column for column in one.dataset.columns if _shows_nothing(mask, one, column)]:
            listed = ", ".join(f"{column.name} ({_short(one.types[column.field_id])})" for column in nothing[:_SHOWN])
            more = f" and {len(nothing) - _SHOWN:,} more" if len(nothing) > _SHOWN else ""
            said = f"Of {name} it leaves nothing but NULL of {listed}{more}: what it makes is no value of that type."
            yield f"masks.{mask.name}", said, "Say so with {kind: 'null'}, or choose a mask that fits the type."


def _short(kind: str) -> str:
    return kind if len(kind) <= _LONGEST else f"{kind[:_LONGEST]}..."


def _shows_nothing(rule: MaskRule, one: Fitted, column: DescribedColumn) -> bool:
    # What was made of a masked column is NULL where the mask does not fit, as it should.
    about = concerns(rule, one.dataset, column) and not came_from(rule, one.dataset, column)
    return about and never_a_value(rule.mask, one.types[column.field_id])


def _meant(why: str, one: Fitted) -> str:
    if why.endswith(_NOBODY):
        return "Who asks is principal.name, with principal.roles."
    close = nearest(why.removeprefix(_MISSING), [column.name for column in one.dataset.columns]) if why.startswith(_MISSING) else None
    return f"Did you mean {close}?" if close else _FIX


def _why(policy: Policy, rule: RowRule, one: Fitted, people: Sequence[Principal]) -> str | None:
    meant = [who for who in people if not who.is_admin and Who.of(policy, who).is_meant(rule)]
    wheres = of_each_column(rule.where, one.dataset)
    texts = dict.fromkeys(condition(where, who, one.dataset, one.types) for who in meant for where in wheres)
    found = next((why for text in texts if (why := one.check("1", text)) is not None), None)
    if found is not None:
        return found
    # With NULL in the place of what is said of somebody more may not fit than ever would; a column is missing whoever asks.
    missing = (one.check("1", about_nobody(where)) for where in wheres)
    return next((each for each in missing if each is not None and each.casefold().startswith(_MISSING)), None)


def _mask(rule: MaskRule, one: Fitted, column: DescribedColumn) -> str | None:
    return one.only({column.name.casefold()}).check(masked(rule.mask, column.name, one.types[column.field_id]))
