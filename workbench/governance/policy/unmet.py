"""What of a policy meets nothing that there is: a name with a slip in it is a hole that nobody sees. Pure; nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from workbench.catalog.index.text import fold
from workbench.core.errors import nearest
from workbench.core.names import ZONES
from workbench.core.principals import Attribute
from workbench.governance.policy.patterns import is_about
from workbench.governance.policy.records import THINGS, MaskRule, Policy, RowRule
from workbench.governance.policy.sql import attributes_in
from workbench.governance.policy.warned import Warned, warnings
from workbench.governance.records import PolicyWarning

__all__ = ["Known", "unmet"]

_OPENED = 100  # datasets that are looked into for one rule
_PIPELINE, _DASHBOARD = "pipeline:", "dashboard:"


@dataclass(frozen=True)
class Known:
    """What there is that a policy can name.

    Parameters
    ----------
    datasets
        By name the names of their columns.
    former
        Names that datasets had before, with today's.
    tags, column_tags
        Of datasets, and of columns.
    users
        By name their roles and attributes.
    pipelines
        Gives their names; as ``ever`` it takes a while, and is asked only where it matters.
    ever
        Of a dataset all names that its columns ever had, and the paths of what is nested in them.
    views
        Their names: they are granted, and no mask or filter is for them.
    """

    datasets: Mapping[str, tuple[str, ...]]
    former: Mapping[str, str]
    tags: frozenset[str]
    column_tags: frozenset[str]
    users: Mapping[str, tuple[tuple[str, ...], Mapping[str, Attribute]]]
    pipelines: Callable[[], tuple[str, ...]]
    ever: Callable[[str], Iterable[str]]
    views: tuple[str, ...] = ()

    @cached_property
    def zones(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for name in self.datasets)


def unmet(text: str, policy: Policy, known: Known) -> tuple[PolicyWarning, ...]:
    """Rules of a policy that match no dataset, column, tag or user, with their lines in its ``text``, and what was perhaps meant; the first
    fifty."""
    return warnings(text, _all(policy, known))


def _all(policy: Policy, known: Known) -> Iterator[Warned]:
    for number, grant in enumerate(policy.grants or ()):
        place = f"grants.{number}"
        yield from _whom(place, (grant.to,), known)
        yield from _what(place, (grant.what,), known, str)
    rules: list[tuple[str, MaskRule | RowRule]] = [*(("masks", one) for one in policy.masks), *(("rows", one) for one in policy.rows)]
    for kind, rule in rules:
        place = f"{kind}.{rule.name}"
        yield from _whom(place, (*rule.to, *rule.unless), known)
        yield from _what(place, rule.what, known, fold)
        yield from _tags(place, rule, known)
        if isinstance(rule, RowRule):
            yield from _attributes(place, rule, known)
    for name, (roles, _) in sorted(known.users.items()):
        for role in roles:
            if role not in policy.every_role:
                yield (
                    "roles",
                    f"{name} has the role {role}, which this policy does not define: it gives her nothing.",
                    _meant(role, policy.every_role),
                )


def _whom(place: str, who: Iterable[str], known: Known) -> Iterator[Warned]:
    for one in who:
        kind, _, name = one.partition(":")
        if kind == "user" and name and name not in known.users:
            yield place, f"There is no user {name}.", _meant(name, known.users)


def _what(place: str, what: Iterable[str], known: Known, same: Callable[[str], str]) -> Iterator[Warned]:
    for on in what:
        if on.startswith(THINGS):
            yield from _thing(place, on, known)
        elif known.datasets and (said := _dataset(on, known, same)) is not None:
            yield place, *said


def _thing(place: str, on: str, known: Known) -> Iterator[Warned]:
    if on.startswith(_DASHBOARD):
        fix = "Put sign-in before the dashboard, and grant the datasets that it shows (docs/dashboards.md)."
        yield place, "Nothing asks for grants on dashboards: whoever reaches the page sees it.", fix
    name = on.removeprefix(_PIPELINE)
    if on.startswith(_PIPELINE) and "*" not in name and name not in (pipelines := known.pipelines()):
        yield place, f"There is no pipeline {name}.", _meant(name, pipelines)


def _dataset(on: str, known: Known, same: Callable[[str], str]) -> tuple[str, str | None] | None:
    zone, table, *rest = on.split(".", 2)
    dataset = f"{zone}.{table}"
    called = [name for name in known.datasets if is_about(dataset, name, same=same)]
    if same is fold:  # a mask or filter goes with what was renamed
        called += [today for name, today in known.former.items() if is_about(dataset, name, same=same)]
    if not called:
        if (view := next((name for name in known.views if is_about(dataset, name, same=same)), None)) is not None:
            return None if same is str or "*" in dataset else _no_rule(view)
        return None if table == "*" and zone in (*ZONES, "*") else _no_dataset(zone, table, known)
    if not rest or any(_has_column(on, name, known.datasets[name], known, same) for name in called):
        return None
    # Opened only where today's columns are not enough.
    if same is fold and any(_has_column(on, name, known.ever(name), known, same) for name in called[:_OPENED]):
        return None
    where = called[0] if len(called) == 1 else "any of them" if "*" in dataset else dataset
    columns = dict.fromkeys(column for name in called[:_OPENED] for column in known.datasets[name])
    return f"There is no column {rest[0]} in {where}.", _meant(rest[0], columns)


def _has_column(on: str, name: str, columns: Iterable[str], known: Known, same: Callable[[str], str]) -> bool:
    # The dataset is known to be meant, be it by a former name.
    column = on.split(".", 2)[2]
    return any(is_about(f"*.*.{column}", name, each, same) for each in columns)


def _no_rule(view: str) -> tuple[str, str]:
    return (
        f"{view} is a view, for which no mask or row filter holds.",
        "Name the datasets that it reads: what holds for them holds through it.",
    )


def _no_dataset(zone: str, table: str, known: Known) -> tuple[str, str | None]:
    if "*" not in zone and zone not in known.zones and (meant := nearest(zone, known.zones)) is not None:
        return f"There is no dataset {zone}.{table}.", f"Did you mean {meant}.{table}?"
    return f"There is no dataset {zone}.{table}.", _meant(
        f"{zone}.{table}", (*known.datasets, *known.views)
    ) if "*" not in zone + table else None


def _tags(place: str, rule: MaskRule | RowRule, known: Known) -> Iterator[Warned]:
    on_datasets, on_columns = ({fold(tag) for tag in tags} for tags in (known.tags, known.column_tags))
    for tag in rule.tags:
        if isinstance(rule, RowRule) and fold(tag) in on_columns - on_datasets:
            yield place, f"The tag {tag} is on columns only, and rows are filtered by the tags of datasets.", "Name the datasets with what."
        elif fold(tag) not in on_datasets | on_columns:
            yield place, f"Nothing has the tag {tag}.", _meant(tag, known.tags | known.column_tags)


def _attributes(place: str, rule: RowRule, known: Known) -> Iterator[Warned]:
    there = {name.casefold() for _, attributes in known.users.values() for name in attributes}
    for name in sorted(attributes_in(rule.where)):
        if known.users and name not in there:
            yield place, f"No user has the attribute {name}: who has none sees no row.", _meant(name, there)


def _meant(name: str, known: Iterable[str]) -> str | None:
    meant = nearest(name, known)
    return f"Did you mean {meant}?" if meant else None
