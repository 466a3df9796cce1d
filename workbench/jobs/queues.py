"""Queues: in which order what waits is taken.

Each job has a moment at which it is due: when it was asked for, later by what its queue waits for others, earlier by a minute for each
point of its priority. Who is due first is taken first. So one of the queue ``high`` goes before a ``normal`` one that was asked for up to
ten minutes earlier, and before a ``low`` one of up to an hour earlier; and nothing waits for ever behind what comes after it.

Within a queue people take turns: somebody's hundred runs do not keep another's one waiting until they are through.
What somebody has at work counts as a turn that she has had; for how long she has had none is counted against it.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush, heapreplace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, get_args

from workbench.core.clock import iso, now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workbench.runs.records import Run

__all__ = ["A_TURN", "MOST_PRIORITY", "QUEUES", "Queue", "Waits", "due_at", "due_of", "in_turn", "last_begun", "queue_of", "rank"]

Queue = Literal["high", "normal", "low"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
MOST_PRIORITY = 100
#: Seconds without a turn that count as one turn less.
A_TURN = 1800.0

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


def last_begun(runs: Iterable[Run]) -> dict[str, datetime]:
    """When something of each person's was begun the last time, of what is at work."""
    found: dict[str, datetime] = {}
    for run in runs:
        if run.started_at is not None:
            found[run.principal] = max(run.started_at, found.get(run.principal, run.started_at))
    return found


class Waits(Protocol):
    """Something of a person's that stands in a queue."""

    @property
    def queue(self) -> str: ...
    @property
    def who(self) -> str: ...


W = TypeVar("W", bound=Waits)


def in_turn(waiting: Iterable[W], at_work: Mapping[str, int], waited: Callable[[W], float] | None = None) -> Iterator[W]:
    """What waits, in the order in which it is taken.

    Each queue keeps the places that it has by who is due first. Among them its people take turns, each with what is due first of her own;
    what somebody has ``at_work`` already (a number by name) counts as turns that she has had. Who begins one of these counts it there
    before she asks for the next: what could not begin is no turn.

    Parameters
    ----------
    waited
        For how many seconds what waits, and whose it is, had no turn. For each half hour of it one of her turns less counts: who has
        something long at work waits for what others ask for, but not for ever.

    >>> from collections import Counter, namedtuple
    >>> Asked = namedtuple("Asked", "what who queue")
    >>> line = [Asked("a1", "ada", "normal"), Asked("a2", "ada", "normal"), Asked("b1", "bob", "low"), Asked("a3", "ada", "normal"),
    ...         Asked("c1", "cy", "normal"), Asked("c2", "cy", "normal")]
    >>> def begun(at_work, *cannot, waited=None):
    ...     for each in in_turn(line, at_work, waited):
    ...         at_work[each.who] += each.what not in cannot
    ...         yield each.what
    >>> list(begun(Counter()))
    ['a1', 'c1', 'b1', 'a2', 'c2', 'a3']
    >>> list(begun(Counter(ada=1)))
    ['c1', 'a1', 'b1', 'c2', 'a2', 'a3']
    >>> list(begun(Counter(), "a1", "a2"))
    ['a1', 'a2', 'b1', 'a3', 'c1', 'c2']
    >>> next(begun(Counter(ada=1), waited=lambda each: 1800.0))
    'a1'
    """
    line = list(waiting)
    whose = [(each.queue, each.who) for each in line]
    own: dict[tuple[str, str], deque[int]] = {}
    for place, key in enumerate(whose):
        own.setdefault(key, deque()).append(place)

    def entry(place: int) -> tuple[int, int, str]:
        """A person, by the turns that she has had, and by what is due first of hers."""
        who = whose[place][1]
        turns = at_work.get(who, 0)
        if turns and waited is not None:
            turns = max(0, turns - int(waited(line[place]) // A_TURN))
        return turns, place, who

    people: dict[str, list[tuple[int, int, str]]] = {}
    for (queue, _), places in own.items():
        people.setdefault(queue, []).append(entry(places[0]))
    for some in people.values():
        heapify(some)
    for queue, _ in whose:
        some = people[queue]
        while (now := entry(some[0][1])) != some[0]:
            heapreplace(some, now)  # she has begun something since
        _, place, who = heappop(some)
        yield line[place]
        places = own[queue, who]
        places.popleft()
        if places:
            heappush(some, entry(places[0]))
