"""A run of a pipeline before it is queued: what stands in its run, and in those of its steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput
from workbench.core.resources import OF_A_MACHINE
from workbench.jobs.service import Child
from workbench.pipelines.approval import ASKED
from workbench.pipelines.snapshot import EXECUTED, FILE_NAME, PINNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.jobs.requests import Asks
    from workbench.pipelines.records import Pipeline, Step

__all__ = ["Prepared", "about_step", "child_of", "in_line", "needs_of"]


@dataclass(frozen=True)
class Prepared:
    """A run that is pinned and not queued yet."""

    run_id: str
    name: str
    values: dict[str, Any]
    by: str
    attributes: dict[str, Any]
    children: Sequence[Child]
    asks: Asks | None


def child_of(pipeline: Pipeline, run_id: str, step: Step, identifier: str, pinned: str = PINNED, repair: int = 0) -> Child:
    """A step's run as it is queued. What it leaves at a ``repair`` stands beside what it left before."""
    attributes: dict[str, Any] = {"step": step.name, "source": f"{pipeline.folder}/{step.file}"}
    if step.sql:
        attributes |= {"sql": f"{EXECUTED}/{run_id}/{pinned}/{step.sql}", "output": step.output}
        attributes["mode"] = step.mode if step.output else None
    elif step.approve is not None:
        attributes[ASKED] = step.approve.to_json()
    elif step.function:
        attributes |= {"function": f"{EXECUTED}/{run_id}/{pinned}/{step.function}", "log": f"{EXECUTED}/{run_id}/{step.name}.log"}
    else:
        attributes["notebook"] = f"{EXECUTED}/{run_id}/{step.name}{f'.repair-{repair}' if repair else ''}.ipynb"
    given = {name: value for name, value in attributes.items() if value is not None}
    return Child(id=identifier, kind="step", job=f"{pipeline.name}.{step.name}", attributes=given)


def in_line(queue: str | None, priority: int | None) -> dict[str, Any]:
    """A run's place in line, as far as it is said, as attributes."""
    return ({} if queue is None else {"queue": queue}) | ({} if priority is None else {"priority": priority})


def needs_of(steps: Iterable[Step]) -> dict[str, float]:
    """What the machine must have that carries steps out: the most that any of them needs."""
    needs: dict[str, float] = {}
    for step in steps:
        for name in step.resources.keys() & OF_A_MACHINE:
            needs[name] = max(needs.get(name, 0.0), step.resources[name])
    return needs


@contextmanager
def about_step(step: str) -> Iterator[None]:
    """What is wrong in the block is wrong with that step."""
    try:
        yield
    except InvalidInput as error:
        error.message = f"Step {step!r}: {error.message}"
        error.details["file"] = FILE_NAME  # where that is said: see :mod:`workbench.app.unread`
        raise
