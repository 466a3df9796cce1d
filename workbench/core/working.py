"""The branch that a run works on: what is written goes there, and is read there, until all of it is published together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["WORKING_VARIABLE", "at_once", "is_of_a_run", "on_branch", "seeing_drafts", "sees_drafts", "working_branch"]

#: The branch, in the environment of a run's processes.
WORKING_VARIABLE = "WORKBENCH_BRANCH"

_at_once: ContextVar[bool] = ContextVar("workbench_at_once", default=False)
_on: ContextVar[str | None] = ContextVar("workbench_on_branch", default=None)
_drafts: ContextVar[bool] = ContextVar("workbench_drafts", default=False)


_OF_A_RUN = re.compile(r"run-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_of_a_run(branch: str) -> bool:
    """Whether it is the branch of a pipeline's run, by its name."""
    return _OF_A_RUN.fullmatch(branch) is not None


def working_branch() -> str | None:
    """The branch that stands in main's place for this process; None where there is none, as nearly always."""
    return None if _at_once.get() else _on.get() or os.environ.get(WORKING_VARIABLE) or None


@contextmanager
def at_once() -> Iterator[None]:
    """Within the block main is main: for what is not to wait for the rest of its run.

    >>> os.environ[WORKING_VARIABLE] = "run-0190"
    >>> with at_once():
    ...     print(working_branch())
    None
    >>> working_branch(), os.environ.pop(WORKING_VARIABLE)
    ('run-0190', 'run-0190')
    """
    token = _at_once.set(True)
    try:
        yield
    finally:
        _at_once.reset(token)


@contextmanager
def on_branch(branch: str) -> Iterator[None]:
    """Within the block a run's branch stands in main's place: for what a worker does for the run, beside others.

    >>> with on_branch("run-0190"):
    ...     print(working_branch())
    run-0190
    """
    token = _on.set(branch)
    try:
        yield
    finally:
        _on.reset(token)


def sees_drafts() -> bool:
    """Whether datasets are there for this process that a run has made and not published: for the processes of runs, and within
    :func:`seeing_drafts`."""
    return _drafts.get() or _on.get() is not None or bool(os.environ.get(WORKING_VARIABLE))


@contextmanager
def seeing_drafts() -> Iterator[None]:
    """Within the block such datasets are there: for what publishes them, or gives them up.

    >>> with seeing_drafts():
    ...     sees_drafts()
    True
    >>> sees_drafts()
    False
    """
    token = _drafts.set(True)
    try:
        yield
    finally:
        _drafts.reset(token)
