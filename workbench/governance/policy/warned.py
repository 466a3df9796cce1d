"""Warnings about a policy, with the lines that they are about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from workbench.governance.policy.place import line_of
from workbench.governance.records import PolicyWarning

__all__ = ["Warned", "warnings"]

#: A place in the policy, what is said of it, and what was perhaps meant.
Warned = tuple[str, str, str | None]

_MOST = 50  # that are told of


def warnings(text: str, found: Iterable[Warned]) -> tuple[PolicyWarning, ...]:
    """The first fifty, with their lines in the policy's ``text``; of the others nothing is looked at."""
    return tuple(PolicyWarning(place=place, line=line_of(text, place), message=said, fix=fix) for place, said, fix in islice(found, _MOST))
