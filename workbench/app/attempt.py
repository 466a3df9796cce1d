"""What the environment of a pipeline step says about the attempt that runs it.

A step runs at least once: after a crash its notebook runs again, in a kernel of its own. Two things make its writes happen
exactly once all the same. The fence refuses whatever an earlier attempt still does; and the nth write of a step to a dataset
has a key of its own, the same in every attempt, under which the lake commits once.
"""

from __future__ import annotations

import os
import threading
from collections import Counter

__all__ = ["FENCE_VARIABLE", "current_fence", "step_key"]

FENCE_VARIABLE = "WORKBENCH_FENCE"

_guard = threading.Lock()
_counts: Counter[str] = Counter()


def current_fence() -> tuple[str, int] | None:
    """(run, epoch) of the attempt this process belongs to; None outside of steps."""
    name, found, epoch = os.environ.get(FENCE_VARIABLE, "").rpartition(":")
    return (name, int(epoch)) if found and epoch.isdigit() else None


def step_key(target: str) -> str | None:
    """The key of this step's next write to ``target`` (a dataset and branch); None outside of steps.

    Counts the writes: call it once for each.
    """
    fence = current_fence()
    if fence is None:
        return None
    with _guard:
        _counts[target] += 1
        return f"step/{fence[0]}/{target}/{_counts[target]}"


def _after_fork() -> None:
    # A kernel forked for a step begins to count its own writes.
    global _guard
    _guard = threading.Lock()
    _counts.clear()


os.register_at_fork(after_in_child=_after_fork)
