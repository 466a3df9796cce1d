"""Finding out who is to be told of what has happened: each once, whoever looks and whoever is killed meanwhile.

How far the log was read moves in the transaction that notes what people are told of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workbench.core.clock import iso
from workbench.core.errors import Unavailable, WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.notifications.happenings import Happenings
from workbench.notifications.matching import channels_for, counts_as
from workbench.notifications.records import DEFAULT, Channel, Happened
from workbench.pipelines.schedules.triggers import read_trigger

if TYPE_CHECKING:
    from workbench.notifications.people import People
    from workbench.notifications.shelf import Chosen, Shelf
    from workbench.runs.log import RunLog

__all__ = ["Notifier"]

_log = get_logger("notifications")
_SLOWLY = timedelta(seconds=5)
_MISSED = timedelta(days=1)
#: A position that has only moved past what is nothing to anybody is kept this seldom.
_KEPT_EVERY = 1_000
_BY_DEFAULT = frozenset(event for each in DEFAULT for event in each.events)


class Notifier:
    """For one thread that looks."""

    def __init__(self, shelf: Shelf, log: RunLog, people: People) -> None:
        self._shelf, self._people, self._log = shelf, people, log
        self._happenings = Happenings(shelf.store, log)
        self._read = 0
        self._looked: datetime | None = None

    def look(self, at: datetime) -> int:
        """Note whom to tell of what has happened since the last look; returns how many that were."""
        count = self._in_the_log()
        if self._looked is None or not timedelta() <= at - self._looked < _SLOWLY:
            self._looked = at
            chosen = self._shelf.chosen()
            for what in self._happenings.missed(at - _MISSED):
                count += self._tell(what, chosen)
            count += self._stale(at, chosen)
        return count

    def _in_the_log(self) -> int:
        last = self._log.last()
        stands = self._shelf.cursor(last)
        after, count = max(stands, self._read), 0
        if last <= after:
            return 0
        chosen = self._shelf.chosen()
        for seq, what in self._happenings.since(after):
            if what is None or not self._concerns_somebody(what, chosen):
                self._read = seq
                continue
            count += self._tell(what, chosen, seq)
            self._read = stands = seq
        if self._read - stands >= _KEPT_EVERY:
            with self._shelf.store.write() as conn:
                self._shelf.move(conn, self._read)
        return count

    @staticmethod
    def _concerns_somebody(what: Happened, chosen: dict[str, Chosen]) -> bool:
        """Whether it is worth to look whom: mostly a run has succeeded, and nobody wants to know."""
        wanted = {event for one in chosen.values() for each in one.settings.subscriptions for event in each.events}
        return bool(counts_as(what.event) & (wanted | _BY_DEFAULT))

    def _tell(self, what: Happened, chosen: dict[str, Chosen], seq: int | None = None) -> int:
        try:
            wanted = list(self._wanted(what, chosen))
        except Unavailable:
            raise  # the next look tries again
        except WorkbenchError as error:
            _log.warning("whom to tell could not be found out", extra={"key": what.key, "reason": error.message})
            wanted = []
        if not wanted and seq is None:
            return 0
        with self._shelf.store.write() as conn:
            if seq is not None and not self._shelf.move(conn, seq):
                return 0  # another worker has told of it
            return sum(self._shelf.put(conn, name, what, channels, chosen.get(name)) for name, channels in wanted)

    def _wanted(self, what: Happened, chosen: dict[str, Chosen]) -> Iterator[tuple[str, frozenset[Channel]]]:
        """Who wants to know of it, and how."""
        approval = what.event == "approval"
        owner = self._people.owner(what.pipeline) if what.pipeline and not approval else ""
        everybody = {who.name: who for who in self._people.everybody()} if approval else {}
        for name in sorted({*chosen, *everybody, what.who, owner} - {""}):
            mine = chosen.get(name)
            who = mine.who if mine is not None else everybody.get(name) or self._people.known(name)
            if who is None and name != what.who:
                continue  # the owner's name is anything that somebody wrote into a file
            subscriptions = mine.settings.subscriptions if mine is not None else DEFAULT
            decides = approval and who is not None and self._people.decides(who, what)
            if channels := channels_for(what, subscriptions, name, owner, decides):
                yield name, channels

    def _stale(self, at: datetime, chosen: dict[str, Chosen]) -> int:
        """Datasets that people watch and that were not written to for too long: each once, until something is."""
        count = 0
        for name, mine in chosen.items():
            abouts = {about for each in mine.settings.subscriptions if "stale" in each.events for about in each.about}
            for about in sorted(each for each in abouts if each.startswith("freshness:")):
                trigger = read_trigger(about)
                try:
                    written = self._people.written_at(mine.who, trigger.about)
                except Unavailable:
                    raise
                except WorkbenchError:
                    continue  # she sees it no more, or it is gone
                due = (written or mine.changed_at) + timedelta(seconds=trigger.seconds or 0)
                if due <= at:
                    key = f"stale:{hashlib.sha256(f'{about}:{iso(due)}'.encode()).hexdigest()}"
                    what = Happened(key=key, event="stale", at=due, dataset=trigger.about, about=about)
                    count += self._tell(what, {name: mine})
        return count
