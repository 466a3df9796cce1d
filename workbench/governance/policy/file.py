"""The policy file: YAML that people review, read as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from workbench.core.errors import InvalidInput, WorkbenchError, nearest
from workbench.core.given import made_of, read_yaml
from workbench.core.principals import ADMIN
from workbench.governance.policy.place import line_of
from workbench.governance.policy.records import THINGS, Policy
from workbench.governance.policy.sql import check_mask, check_where

__all__ = ["from_yaml"]

_FIX = "docs/governance.md has a whole file with every kind of rule."


def from_yaml(text: str) -> Policy:
    """The policy of a YAML text, checked: what it names exists, and its SQL is nothing but plain functions of a row.

    Raises
    ------
    InvalidInput
        It is no YAML or no policy; ``details["place"]`` and ``details["line"]`` say where.

    >>> from_yaml("version: 1").every_grant[0].what
    'gold.*'
    """
    try:
        return _checked(text)
    except InvalidInput as error:
        line = line_of(text, error.details["place"]) if error.details.get("place") else None
        if line is not None:
            error.details["line"] = line
        raise


def _checked(text: str) -> Policy:
    loaded = read_yaml(text, "The policy", "version: 1, then roles, grants, masks and rows")
    if not isinstance(loaded, dict) or "version" not in loaded:
        raise InvalidInput("The policy does not say its version.", fix="Begin the file with: version: 1")
    policy = made_of(Policy, loaded, "The policy", "it is no mapping", _FIX)
    _check_roles(policy)
    for number, grant in enumerate(policy.grants or ()):
        _at(f"grants.{number}", _check_who, policy, (grant.to,))
        _at(f"grants.{number}", _check_what, (grant.what,))
    _check_rules(policy, "masks", policy.masks, lambda rule: check_mask(rule.mask))
    _check_rules(policy, "rows", policy.rows, lambda rule: check_where(rule.where))
    return policy


def _check_roles(policy: Policy) -> None:
    known = policy.every_role
    if ADMIN in policy.roles:
        raise _wrong("roles.admin", "The role admin cannot be changed.", "Leave it out; make a role of another name.")
    for name, role in policy.roles.items():
        for other in role.inherits:
            if other == ADMIN:
                raise _wrong(f"roles.{name}", "Nobody inherits the role admin.", "Give the role admin to the person.")
            if other not in known:
                raise _wrong(f"roles.{name}", f"There is no role {other!r}.", _did_you_mean(other, known))


def _check_rules(policy: Policy, kind: str, rules: Iterable[Any], check: Callable[[Any], None]) -> None:
    names = set()
    for rule in rules:
        place = f"{kind}.{rule.name}"
        if rule.name in names:
            raise _wrong(place, f"Two rules are named {rule.name!r}.", "Give each a name of its own.")
        names.add(rule.name)
        _at(place, _check_who, policy, (*rule.to, *rule.unless))
        _at(place, _check_what, rule.what, kind == "rows")
        _at(place, check, rule)


def _check_who(policy: Policy, who: Iterable[str]) -> None:
    for one in who:
        if not (one.startswith("user:") and len(one) > len("user:")) and one not in policy.every_role:
            raise InvalidInput(f"There is no role {one!r}.", fix=f"{_did_you_mean(one, policy.every_role)} A person is user:NAME.")


def _check_what(what: Iterable[str], whole: bool = False) -> None:
    for one in what:
        parts = one.split(".")
        if not one.startswith(THINGS) and (len(parts) < 2 or not all(parts)):
            raise InvalidInput(f"{one!r} names no dataset.", fix="Write silver.people, silver.* or silver.people.country.")
        if whole and len(parts) > 2:
            raise InvalidInput(f"{one!r} names a column; rows are those of a dataset.", fix=f"Write {'.'.join(parts[:2])}.")


def _at(place: str, check: Callable[..., None], *arguments: Any) -> None:
    try:
        check(*arguments)
    except WorkbenchError as error:
        raise _wrong(place, error.message, error.fix or _FIX) from error


def _wrong(place: str, message: str, fix: str) -> InvalidInput:
    return InvalidInput(f"The policy is not right at {place}: {message}", fix=fix, place=place)


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    return f"Did you mean {meant}?" if meant else f"There are: {', '.join(sorted(known))}."
