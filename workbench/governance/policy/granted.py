"""What somebody may: by her roles, the policy's grants and her token."""

from __future__ import annotations

from workbench.core.principals import ADMIN, Principal
from workbench.governance.policy.patterns import is_about, pattern
from workbench.governance.policy.records import THINGS, Policy, Right

__all__ = ["grants_of", "may", "may_on", "roles_of", "within"]


def roles_of(policy: Policy, principal: Principal) -> frozenset[str]:
    """The principal's roles with those they inherit. A role that nobody has defined gives no rights, nor does one beyond a circle."""
    known, found = policy.every_role, set[str]()
    left = [role for role in principal.roles if role in known]
    while left:
        role = left.pop()
        if role not in found:
            found.add(role)
            # To be an admin is said of a person, never inherited.
            left += [other for other in known[role].inherits if other in known and other != ADMIN]
    return frozenset(found)


def may(policy: Policy, principal: Principal, right: Right, dataset: str) -> bool:
    """Whether a right is granted on a whole dataset."""
    granted = grants_of(policy, principal, right)
    return within(principal, dataset) and (granted is None or any(is_about(on, dataset) for on in granted))


def may_on(policy: Policy, principal: Principal, right: Right, thing: str) -> bool:
    """The same of a notebook, pipeline, dashboard or connection: ``notebook:tutorials/first.ipynb``."""
    granted = grants_of(policy, principal, right)
    if principal.only:  # it names datasets, and this is none
        return False
    return granted is None or any(on.startswith(THINGS) and pattern(on, True)(thing) for on in granted)


def grants_of(policy: Policy, principal: Principal, right: Right) -> list[str] | None:
    """What a right is granted on; None for everything. Who may write or manage may read."""
    if ADMIN in principal.roles:
        return None
    who = roles_of(policy, principal) | {f"user:{principal.name}"}
    enough = {"read": {"read", "write", "manage"}, "write": {"write", "manage"}, "manage": {"manage"}, "run": {"run", "manage"}}[right]
    return [grant.what for grant in policy.every_grant if grant.to in who and enough & set(grant.may)]


def within(principal: Principal, dataset: str) -> bool:
    """Whether a dataset is one of those that the principal's token is for. Only its name of today counts."""
    return not principal.only or any(is_about(on, dataset) for on in principal.only)
