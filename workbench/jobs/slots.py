"""What one worker has to work with: slots (``jobs.concurrency``), and its machine's resources (``jobs.resources``)."""

from __future__ import annotations

import itertools
import threading
import time
from bisect import insort
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.resources import amount_shown
from workbench.jobs.queues import in_turn

__all__ = ["Holder", "Slots", "Turn", "in_use", "lacking"]


@dataclass(frozen=True)
class Holder:
    """The run that something is kept for, and whose it is."""

    run_id: str
    principal: str


@dataclass(order=True)
class Turn:
    """Somebody who waits for a slot, or has one. ``ready`` is set when it is hers."""

    due: str
    number: int
    holder: Holder = field(compare=False)
    needs: Mapping[str, float] = field(compare=False)
    queue: str = field(compare=False)
    ready: threading.Event = field(compare=False, default_factory=threading.Event)
    since: float = field(compare=False, default_factory=time.monotonic)

    @property
    def who(self) -> str:
        return self.holder.principal


class Slots:
    """Gives each of those who wait a slot with the resources that it needs, all at once or nothing.

    Who is due first is first, and people take turns (:func:`.queues.in_turn`). Who needs more than is free lets others pass who need none
    of that; not those who do, or it would wait for ever. Thread-safe; nothing of it outlives the process.
    """

    def __init__(self, count: int, resources: Mapping[str, float]) -> None:
        self.count, self.resources = count, dict(resources)
        self._guard = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: list[Turn] = []
        self._having: list[Turn] = []
        #: When each of those who have something got it, the last of hers.
        self._got: dict[str, float] = {}

    def wait(self, due: str, holder: Holder, needs: Mapping[str, float], queue: str = "normal") -> Turn:
        """Stand in line. What comes of it is given back with :meth:`leave`, before its turn or after."""
        turn = Turn(due, next(self._numbers), holder, needs, queue)
        with self._guard:
            insort(self._waiting, turn)
            self._deal()
        return turn

    def leave(self, turn: Turn) -> None:
        """Give back what the turn has, or its place in line."""
        with self._guard:
            for some in (self._waiting, self._having):
                some[:] = [each for each in some if each is not turn]
            self._deal()

    def lacks(self, needs: Mapping[str, float]) -> str | None:
        """Which of the needs this machine could never meet, in words; None where it could."""
        return lacking(needs, self.resources)

    def why(self, turn: Turn) -> str:
        """What a turn waits for: ``gpu: 1 of 1 in use by run 0190…``. Runs of other people are not named."""
        with self._guard:
            for name, amount in turn.needs.items():
                if self._used(name) + amount > self.resources.get(name, 0):
                    holders = [each.holder for each in self._having if name in each.needs]
                    return in_use(name, self._used(name), self.resources.get(name, 0), holders, turn.holder)
            return in_use("a slot", len(self._having), self.count, [each.holder for each in self._having], turn.holder)

    def _used(self, name: str) -> float:
        return sum(each.needs.get(name, 0.0) for each in self._having)

    def _deal(self) -> None:
        if len(self._having) >= self.count:
            return
        kept_for_others: set[str] = set()
        at_work = Counter(turn.who for turn in self._having)
        at = time.monotonic()
        self._got = {who: got for who, got in self._got.items() if who in at_work}

        def waited(turn: Turn) -> float:
            return at - max(turn.since, self._got.get(turn.who, turn.since))

        for turn in in_turn(self._waiting, at_work, waited):
            if len(self._having) >= self.count:
                return
            short = {name for name, amount in turn.needs.items() if self._used(name) + amount > self.resources.get(name, 0)}
            if short or kept_for_others & turn.needs.keys():
                kept_for_others |= turn.needs.keys()
                continue
            self._waiting.remove(turn)
            self._having.append(turn)
            at_work[turn.who] += 1
            self._got[turn.who] = at
            turn.ready.set()


def lacking(needs: Mapping[str, float], there: Mapping[str, float]) -> str | None:
    """Which of the needs is more than there is at all, in words: ``gpu: 2, of 1``."""
    short = (name for name, amount in needs.items() if amount > there.get(name, 0))
    return next((f"{name}: {amount_shown(needs[name])}, of {amount_shown(there.get(name, 0))}" for name in short), None)


def in_use(name: str, used: float, there: float, holders: list[Holder], who: Holder) -> str:
    """``gpu: 1 of 1 in use by run 0190…``, with those runs that are the waiting person's own."""
    own = sorted({each.run_id for each in holders if each.principal == who.principal and each.run_id != who.run_id})
    by = f" by run {', '.join(own)}" if own else ""
    return f"{name}: {amount_shown(used)} of {amount_shown(there)} in use{by}"
