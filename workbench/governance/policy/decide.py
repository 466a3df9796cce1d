"""Who may see what of a dataset: pure, from the policy, the principal and what is known of the dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workbench.catalog.index.text import fold
from workbench.core.names import is_quarantine
from workbench.core.principals import Principal
from workbench.governance.policy.granted import grants_of, may, roles_of, within
from workbench.governance.policy.patterns import is_about
from workbench.governance.policy.records import UNITS, Mask, MaskRule, Policy, RowRule
from workbench.governance.policy.where import renamed, view_of

__all__ = [
    "MANY",
    "Access",
    "Came",
    "Described",
    "DescribedColumn",
    "Filter",
    "RowOrigin",
    "Seen",
    "Who",
    "came_from",
    "concerns",
    "decide",
    "filters_from",
    "sees_set_aside",
]

# Where several masks are for one column, the one that shows least holds.
_SHOWS_LEAST = ("null", "constant", "hash", "round", "partial", "expression")
# What these show depends on what the values mean: of a pay times a million, rounded to thousands is the pay.
_OF_ITS_OWN = frozenset({"round", "partial", "expression"})
_NOTHING = Mask(kind="null")
#: In the place of the names of very many sources.
MANY = "*"


@dataclass(frozen=True)
class Came:
    """What a column has because it was made of ``source`` (``silver.people.mail``): a tag (folded), or the mask of a rule that names it.
    ``plain``: its values are the source's, as they were. ``others``: what else it has that of."""

    source: str
    tag: str = ""
    rule: str = ""
    plain: bool = False
    others: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DescribedColumn:
    """A column as a decision needs it, by the ``name`` that it has in the state that is read; ``tags`` are its own, and those it has
    inherited, ``former`` the names that it had before, ``inside`` the paths of what is nested in it (``address.street``), today's and
    former ones. ``came``: what it has because of what it was made of alone. ``today`` is what it is called now, where that is another name;
    None: it is gone, and another column has its name."""

    field_id: int
    name: str
    tags: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    came: frozenset[Came] = frozenset()
    today: str | None = ""

    @property
    def granted_as(self) -> set[str | None]:
        """The names that must all be granted: one on what has its name by now is none on it."""
        return {self.name, self.name if self.today == "" else self.today}


@dataclass(frozen=True)
class Described:
    """A dataset as a decision needs it. Tags of the dataset are those of every column, too; ``former`` are the names that it had before."""

    table_uuid: str
    name: str
    columns: tuple[DescribedColumn, ...]
    tags: frozenset[str] = frozenset()
    former: tuple[str, ...] = ()
    made_of: tuple[RowOrigin, ...] = ()


@dataclass(frozen=True)
class RowOrigin:
    """A dataset of whose rows another's were made. ``kept`` are names of its columns (in small letters) with those under which they came
    over as they were; ``view`` says through which filters it was read each time, if always the same (:func:`.where.view_of`)."""

    source: Described
    kept: tuple[tuple[str, str], ...] = ()
    view: str = ""


@dataclass(frozen=True)
class Filter:
    """A row filter that holds for a dataset: its own, or that of a ``source`` that its rows were made of. ``lost``: what it is about did
    not come over, so that nobody whom it restricts sees a row."""

    rule: RowRule
    source: str = ""
    lost: bool = False


@dataclass(frozen=True)
class Seen:
    """A column that is seen: as it is, or through a mask. ``rules`` are the names of all that mask it, the one that holds first; ``source``
    is what the column was made of, where that one is about it for no other reason."""

    column: DescribedColumn
    mask: Mask | None = None
    rules: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class Access:
    """What a principal sees of a dataset: ``seen`` columns, and rows for which all of ``filters`` are true; ``rows`` are they with where
    they come from. ``reasons`` say in words why, a sentence each."""

    dataset: Described
    seen: tuple[Seen, ...]
    filters: tuple[RowRule, ...] = ()
    reasons: tuple[str, ...] = ()
    rows: tuple[Filter, ...] = ()

    @property
    def allowed(self) -> bool:
        """There is something of it to be seen."""
        return bool(self.seen)

    @property
    def whole(self) -> bool:
        """All of it is seen as it is."""
        return self.allowed and not self.filters and len(self.seen) == len(self.dataset.columns) and not any(one.mask for one in self.seen)

    @property
    def closed(self) -> bool:
        """No row of it is seen: its rows were made of others that are seen in part, and which ones cannot be told."""
        return any(one.lost for one in self.rows)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Names of columns that are not seen at all."""
        names = {one.column.name for one in self.seen}
        return tuple(column.name for column in self.dataset.columns if column.name not in names)


def sees_set_aside(policy: Policy, principal: Principal) -> bool:
    """Whether somebody sees records in quarantine. They are raw text with clear values, of any column, of a dataset that may have been made
    of any other: so no mask and no filter may be meant for her, whatever dataset it is about."""
    who, rules = Who.of(policy, principal), list[MaskRule | RowRule]([*policy.masks, *policy.rows])
    return may(policy, principal, "write", "*.*") and not any(map(who.is_meant, rules))


def decide(policy: Policy, principal: Principal, dataset: Described) -> Access:
    """What the principal sees of a dataset.

    What is not granted is not seen. Tags, names and roles of rules are compared without case, and names that were once had count like
    today's. Who sees records in quarantine :func:`sees_set_aside` says.
    """
    if not within(principal, dataset.name):
        return Access(dataset, (), reasons=(f"The token is for {', '.join(principal.only)}.",))
    granted = grants_of(policy, principal, "read")
    if granted is None:
        return Access(dataset, tuple(map(Seen, dataset.columns)), reasons=(f"{principal} is an admin, who sees everything.",))
    roles, name = roles_of(policy, principal), dataset.name
    if is_quarantine(name) and not sees_set_aside(policy, principal):
        return Access(dataset, (), reasons=("Records that were set aside are for who may write to every dataset and sees each as it is.",))
    whole = [on for on in granted if is_about(on, name)]
    columns = [c for c in dataset.columns if whole or all(any(is_about(on, name, each) for on in granted) for each in c.granted_as)]
    if not columns:
        return Access(dataset, (), reasons=(f"Nothing of {name} is granted to {_named(principal, roles)}.",))
    who = Who(principal.name, roles)
    masks = [rule for rule in policy.masks if who.is_meant(rule)]
    seen = tuple(_seen(dataset, column, [rule for rule in masks if concerns(rule, dataset, column)]) for column in columns)
    rows = tuple(_filters(policy, principal, who, dataset))
    filters = tuple(dict.fromkeys(one.rule for one in rows))
    return Access(dataset, seen, filters, tuple(_reasons(dataset, seen, rows, whole)), rows)


def filters_from(policy: Policy, origin: RowOrigin) -> tuple[Filter, ...]:
    """What holds of a source's filters in what was made of it, for those whom its rules are for."""
    nobody = Principal(name="")
    return tuple(dict.fromkeys(_came(one, origin) for one in _filters(policy, nobody, _Anybody("", frozenset()), origin.source)))


def _filters(policy: Policy, principal: Principal, who: Who, dataset: Described) -> dict[Filter, None]:
    """Which row filters hold for a dataset: its own, and those of what its rows were made of, said of the columns that came over. One does
    not hold for what was only ever made of rows that it leaves the principal, too."""
    if not policy.rows:
        return {}
    found = dict.fromkeys(Filter(rule) for rule in policy.rows if who.is_meant(rule) and concerns(rule, dataset))
    for origin in dataset.made_of:
        theirs = _filters(policy, principal, who, origin.source)
        if theirs and origin.view != view_of([one.rule.where for one in theirs], principal):
            found |= dict.fromkeys(_came(one, origin) for one in theirs)
    own = {(one.rule.name, one.rule.where) for one in found if not one.source}
    return {one: None for one in found if not one.source or (one.rule.name, one.rule.where) not in own}


def _came(one: Filter, origin: RowOrigin) -> Filter:
    where = None if one.lost else renamed(one.rule.where, dict(origin.kept))
    rule = one.rule.model_copy(update={"where": "false" if where is None else where})
    return Filter(rule, one.source or origin.source.name, where is None)


def _reasons(dataset: Described, seen: Sequence[Seen], rows: Sequence[Filter], whole: Sequence[str]) -> Iterable[str]:
    yield f"Granted: {', '.join(whole)}." if whole else f"Granted: {len(seen)} of {len(dataset.columns)} columns."
    for one in seen:
        if one.mask is not None:
            made = f", for it was made of {one.source}" if one.source else ""
            yield f"{one.column.name} is masked ({one.mask.kind}) by {', '.join(one.rules)}{made}."
    for each in rows:
        made = f", for they were made of {each.source}'s" if each.source else ""
        only = "No rows" if each.lost else f"Only rows where {each.rule.where}"
        yield f"{only}{made}, by {each.rule.name}."


def _seen(dataset: Described, column: DescribedColumn, rules: Sequence[MaskRule]) -> Seen:
    if not rules:
        return Seen(column)
    masks = [(_mask(rule, rules, dataset, column), rule) for rule in rules]
    masks.sort(key=lambda one: _shows(one[0]))  # of equal ones the first in the file
    mask, first = masks[0]
    return Seen(column, mask, tuple(rule.name for _, rule in masks), came_from(first, dataset, column))


def _mask(rule: MaskRule, rules: Sequence[MaskRule], dataset: Described, column: DescribedColumn) -> Mask:
    """A rule's mask, as it holds for a column: nothing is shown of what was calculated of the one that the rule is about, where the mask is
    for that one's values. Nor is anything where another rule has another mask for others of the values: of those that are seen rounded in
    one dataset and their ends in this one, all is known."""
    if not _for_a_source(rule, dataset, column):
        return rule.mask
    if not all(one.plain for one in column.came if _because(rule, one)):
        return _NOTHING
    mine = _sources_of(rule, column)
    others = (other for other in rules if other.mask != rule.mask and _for_a_source(other, dataset, column))
    return rule.mask if all(_sources_of(other, column) == mine and MANY not in mine for other in others) else _NOTHING


def _for_a_source(rule: MaskRule, dataset: Described, column: DescribedColumn) -> bool:
    """Whether it holds for a column because of what that was made of, and is for the values of that."""
    return rule.mask.kind in _OF_ITS_OWN and bool(came_from(rule, dataset, column))


def _sources_of(rule: MaskRule, column: DescribedColumn) -> frozenset[str]:
    return frozenset().union(*(one.others | {one.source} for one in column.came if _because(rule, one)))


def _shows(mask: Mask) -> tuple[float, ...]:
    """How much a mask shows, to be compared with others."""
    unit = UNITS.index(mask.unit) if mask.unit is not None else 0
    return (_SHOWS_LEAST.index(mask.kind), mask.first + mask.last, -(mask.step or 0), -unit)


def came_from(rule: MaskRule, dataset: Described, column: DescribedColumn) -> str:
    """What a column was made of, where a rule is about it for that reason alone."""
    sources = sorted(one.source for one in column.came if _because(rule, one))
    if not sources:
        return ""
    itself = replace(column, tags=column.tags - {one.tag for one in column.came}, came=frozenset())
    return "" if concerns(rule, dataset, itself) else sources[0]


def _because(rule: MaskRule, came: Came) -> bool:
    return came.rule == rule.name or came.tag in {fold(tag) for tag in rule.tags}


@dataclass(frozen=True)
class Who:
    """A principal as rules name one."""

    name: str
    roles: frozenset[str]

    @classmethod
    def of(cls, policy: Policy, principal: Principal) -> Who:
        return cls(principal.name, roles_of(policy, principal))

    def is_meant(self, rule: MaskRule | RowRule) -> bool:
        """Whether a rule holds for the principal, of what it is about."""
        return not self._is(rule.unless) and (not rule.to or self._is(rule.to))

    def _is(self, who: Sequence[str]) -> bool:
        return any(one in self.roles or one == f"user:{self.name}" for one in who)


class _Anybody(Who):
    def is_meant(self, rule: MaskRule | RowRule) -> bool:
        return True


def concerns(rule: MaskRule | RowRule, dataset: Described, column: DescribedColumn | None = None) -> bool:
    """Whether a rule is about a dataset, or about that column of it, whoever it holds for."""
    tags = dataset.tags | (column.tags if column is not None else frozenset())
    if {fold(tag) for tag in rule.tags} & {fold(tag) for tag in tags}:
        return True
    if column is not None and any(one.rule == rule.name for one in column.came):
        return True
    datasets = (dataset.name, *dataset.former)
    # A rule about a part of a column is one about the column: nothing less than all of it can be masked.
    columns: Iterable[str | None] = (None,) if column is None else (column.name, *column.former, *column.inside)
    return any(is_about(on, each, name, fold) for on in rule.what for each in datasets for name in columns)


def _named(principal: Principal, roles: frozenset[str]) -> str:
    return f"{principal} ({', '.join(sorted(roles)) or 'without a role'})"
