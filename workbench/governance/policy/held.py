"""One call, one policy: what is decided in a block is decided on the policy that was in force when the block asked first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.governance.policy.records import Policy
    from workbench.store import Store

__all__ = ["Held", "held", "one_policy"]

#: By store, for a call may reach into more than one workspace: the version, and what it says.
Held = dict["Store", tuple[int, "Policy"]]

_held: ContextVar[Held | None] = ContextVar("workbench_held_policy", default=None)


@contextmanager
def one_policy() -> Iterator[None]:
    """Neither do two relations of a statement come under two policies, nor two lines of a list; a block in another is of the outer one."""
    if _held.get() is not None:
        yield
        return
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def held() -> Held | None:
    """What the block has asked for by now; None outside of one."""
    return _held.get()
