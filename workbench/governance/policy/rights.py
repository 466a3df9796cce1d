"""What a policy says of a principal by names alone: quick enough to be asked of every dataset there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from workbench.catalog.index.text import fold
from workbench.core.names import is_quarantine
from workbench.core.principals import Principal
from workbench.governance.policy.decide import Who, sees_set_aside
from workbench.governance.policy.granted import grants_of, may, may_on, roles_of, within
from workbench.governance.policy.patterns import is_about, of_dataset
from workbench.governance.policy.records import THINGS, MaskRule, Policy, Right, RowRule

__all__ = ["Rights"]


class Rights:
    """For lists of many datasets. Where names do not suffice to know, because a rule is about tags, the answer is the cautious one; what is
    decided of one dataset with its tags is :func:`.decide.decide`'s."""

    def __init__(self, policy: Policy, principal: Principal) -> None:
        self._policy, self._principal = policy, principal
        self._read = grants_of(policy, principal, "read")
        who = Who.of(policy, principal)
        self._masks = [rule for rule in policy.masks if who.is_meant(rule)]
        self._filters = [rule for rule in policy.rows if who.is_meant(rule)]

    @property
    def roles(self) -> frozenset[str]:
        """The principal's, with those they inherit."""
        return roles_of(self._policy, self._principal)

    def sees(self, dataset: str) -> bool:
        """Anything of it: all, or columns by name. Of records in quarantine see :func:`.decide.sees_set_aside`."""
        if not within(self._principal, dataset):
            return False
        if self._read is None:
            return True
        if is_quarantine(dataset):
            return self._set_aside
        return any(names(dataset) for names in self._datasets)

    def may(self, right: Right, dataset: str) -> bool:
        """Whether a right is granted on a whole dataset."""
        return may(self._policy, self._principal, right, dataset)

    def may_on(self, right: Right, thing: str) -> bool:
        """Whether a right is granted on a notebook, pipeline, dashboard or connection."""
        return may_on(self._policy, self._principal, right, thing)

    @property
    def writes(self) -> bool:
        """Whether there is any dataset, be it one to be made, that the principal may write to."""
        granted = grants_of(self._policy, self._principal, "write")
        return granted is None or any(not on.startswith(THINGS) and on.count(".") == 1 for on in granted)

    @property
    def written(self) -> tuple[str, ...]:
        """Patterns of the datasets, be they to be made, that the principal may write to."""
        granted = grants_of(self._policy, self._principal, "write")
        if granted is None:
            granted = ["*.*"]
        whole = [on for on in granted if not on.startswith(THINGS) and on.count(".") == 1]
        if not self._principal.only:
            return tuple(dict.fromkeys(whole))
        # What the token is for, where both mean it; of two patterns the one that says more.
        mine = [on for on in self._principal.only if any(is_about(grant, on) for grant in whole)]
        return tuple(dict.fromkeys([*mine, *(on for on in whole if within(self._principal, on))]))

    @cached_property
    def _datasets(self) -> list[Callable[[str], bool]]:
        return [of_dataset(on) for on in self._read or () if not on.startswith(THINGS)]

    @cached_property
    def _set_aside(self) -> bool:
        return sees_set_aside(self._policy, self._principal)

    def columns(self, dataset: str, names: Sequence[str]) -> tuple[str, ...]:
        """Those of a dataset's columns that are granted, masked or not."""
        if not self.sees(dataset):
            return ()
        if self._read is None:
            return tuple(names)
        whole = any(is_about(on, dataset) for on in self._read)
        return tuple(name for name in names if whole or any(is_about(on, dataset, name) for on in self._read))

    @property
    def inherit(self) -> bool:
        """Any rule is for the principal that holds for what was made of what it is about, too."""
        return bool(self._filters or self._masks)

    def every_row(self, names: Iterable[str]) -> bool:
        """No filter can be about a dataset with these names, of today and before."""
        return not _some(self._filters, tuple(names))

    def every_value(self, names: Iterable[str]) -> bool:
        """No mask can be about a column of it."""
        return not _some(self._masks, tuple(names))

    def untouched(self, names: Iterable[str], tagged: bool) -> bool:
        """No mask and no filter can be about a dataset with these names, which has a tag of :attr:`tags` or not."""
        return not _some([*self._filters, *self._masks], tuple(names), tagged)

    @property
    def tags(self) -> frozenset[str]:
        """Those that rules for the principal are about, folded."""
        return frozenset(fold(tag) for rule in (*self._filters, *self._masks) for tag in rule.tags)

    def named(self, tag: str) -> bool:
        """Whether any rule of the policy is about a tag."""
        rules: list[MaskRule | RowRule] = [*self._policy.masks, *self._policy.rows]
        return any(fold(tag) == fold(other) for rule in rules for other in rule.tags)


def _some(rules: Sequence[MaskRule | RowRule], names: tuple[str, ...], tagged: bool = True) -> bool:
    # A rule about tags may be about any dataset, and one about a column about any that ever had such a column.
    return any((tagged and rule.tags) or any(_about_dataset(on, name) for on in rule.what for name in names) for rule in rules)


def _about_dataset(on: str, name: str) -> bool:
    return not on.startswith(THINGS) and is_about(".".join(on.split(".", 2)[:2]), name, same=fold)
