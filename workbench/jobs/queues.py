"""Queues: in which order what waits is taken.

Each job has a moment at which it is due: when it was asked for, later by what its queue waits for others, earlier by a minute for each
point of its priority. Who is due first is taken first. So one of the queue ``high`` goes before a ``normal`` one that was asked for up to
ten minutes earlier, and before a ``low`` one of up to an hour earlier; and nothing waits for ever behind what comes after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from workbench.core.clock import iso, now

if TYPE_CHECKING:
    from workbench.runs.records import Run

__all__ = ["MOST_PRIORITY", "QUEUES", "Queue", "due_at", "due_of", "queue_of", "rank"]

Queue = Literal["high", "normal", "low"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
MOST_PRIORITY = 100

_AFTER: dict[str, timedelta] = {"high": timedelta(0), "normal": timedelta(minutes=10), "low": timedelta(hours=1)}


def rank(queue: str) -> int:
    """0 for the queue that goes first."""
    return QUEUES.index(queue) if queue in QUEUES else QUEUES.index("normal")  # type: ignore[arg-type]


def due_at(asked: datetime, queue: str, priority: int) -> str:
    """The moment by which what waits is ordered, as ISO text.

    >>> from workbench.core.clock import from_iso
    >>> due_at(from_iso("2026-01-31T12:00:00Z"), "normal", 3)[:16]
    '2026-01-31T12:07'
    """
    return iso(asked + _AFTER.get(queue, _AFTER["normal"]) - timedelta(minutes=priority))


def queue_of(attributes: dict[str, Any]) -> tuple[Queue, int]:
    """Queue and priority of a run, by its attributes."""
    return attributes.get("queue", "normal"), int(attributes.get("priority", 0))


def due_of(run: Run) -> str:
    """The moment by which a run, and what it does, is ordered."""
    return due_at(run.queued_at or now(), *queue_of(run.attributes))
