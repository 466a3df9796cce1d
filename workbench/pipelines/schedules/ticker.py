"""Looking at the clock: what is due is run. The clock is handed in, so that tests need not wait for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, update

from workbench.core.clock import from_iso, iso
from workbench.core.telemetry import get_logger
from workbench.pipelines.schedules.backfills import Backfills
from workbench.pipelines.schedules.claims import Claims, Date
from workbench.pipelines.schedules.events import Events
from workbench.pipelines.schedules.misfire import GRACE, MOST, decide
from workbench.store.tables import schedule_dates, schedules

if TYPE_CHECKING:
    from workbench.pipelines.schedules.shelf import Kept, Shelf

__all__ = ["Ticker"]

_log = get_logger("pipelines.schedules")
_SHOWN = "%Y-%m-%d %H:%M"


class Ticker:
    """Of several, in as many workers, each may look at any time: a date is one's."""

    def __init__(self, shelf: Shelf, claims: Claims, backfills: Backfills) -> None:
        self._shelf, self._claims, self._backfills = shelf, claims, backfills
        self._events = Events(shelf, claims)
        self._looked: datetime | None = None

    def tick(self, at: datetime) -> int:
        """Run what is due at a moment; returns how many runs were queued. What is wrong with one schedule holds back no other."""
        self._shelf.settle()
        table = schedules.c
        active = table.paused_at.is_(None)
        count = 0
        if self._looked is None or at < self._looked:
            for kept in self._shelf.some(active, table.next_at > iso(at)):
                self._carefully(kept, self._put_back, at)
        self._looked = at
        for kept in self._shelf.some(active, table.next_at <= iso(at)):
            count += self._carefully(kept, self._due, at)
        count += self._events.look(at)
        waiting = {row.schedule_id for row in self._shelf.rows(schedule_dates.c.state == "waiting")}
        for kept in self._shelf.some(active, table.id.in_(waiting)) if waiting else ():
            count += self._carefully(kept, self._waiting)
        return count + self._backfills.advance()

    def _carefully(self, kept: Kept, look: Callable[..., int], *arguments: Any) -> int:
        try:
            return look(kept, *arguments) if kept.unfit is None else self._unfit(kept, *arguments)
        except Exception:
            _log.exception("a schedule could not be looked at", extra={"schedule": kept.name})
            return 0

    def _unfit(self, kept: Kept, at: datetime | None = None) -> int:
        """Have its owner told, once, that a date has come and did not run. Not at once: another worker's machine may know its time zone."""
        due = kept.next_at
        if at is None or due is None or at - due <= GRACE:
            return 0
        with self._shelf.store.read() as conn:
            known = self._shelf.has(conn, kept, "", iso(due))
        if not known:
            with self._shelf.store.write() as conn:
                if not self._shelf.has(conn, kept, "", iso(due)):
                    self._shelf.put(conn, kept, "", iso(due), due, "skipped", None, kept.unfit, {})
        return 0

    def _put_back(self, kept: Kept, at: datetime) -> int:
        """Where the clock was ahead when the next date was reckoned, that date may be years away. Those that come first do so now; one that
        has had its run has no other."""
        cron = kept.cron
        first = next(cron.after(at), None) if cron is not None else None
        if first is not None and kept.next_at is not None and first < kept.next_at:
            here = schedules.c.id == kept.id, schedules.c.next_at == iso(kept.next_at)
            with self._shelf.store.write() as conn:
                conn.execute(update(schedules).where(*here).values(next_at=iso(first)))
            _log.info("the clock was put back", extra={"schedule": kept.name, "next": iso(first)})
        return 0

    def _due(self, kept: Kept, at: datetime) -> int:
        cron = kept.cron
        if cron is None or kept.next_at is None:
            return 0
        due, whole = cron.newest(MOST + 1, kept.next_at, at)
        decided = decide(due, at, kept.definition)
        rest = next(cron.after(at), None)
        count = 0
        for number, date in enumerate(decided.run):
            last = number == len(decided.run) - 1
            # Until the last of them is noted, who comes after a worker that was killed finds those that are left.
            following = rest if last else decided.run[number + 1]
            note = _missed(kept, decided.missed, "makes up for ", whole) if last and decided.missed else None
            count += self._claims.take(kept, Date(iso(date), date, note=note), self._moving(kept, following)) is not None
        if not decided.run:
            with self._shelf.store.write() as conn:
                if self._moving(kept, rest)(conn) and decided.missed and not self._shelf.has(conn, kept, "", iso(decided.missed[-1])):
                    date, note = decided.missed[-1], _missed(kept, decided.missed, "no worker was there: ", whole)
                    self._shelf.put(conn, kept, "", iso(date), date, "skipped", None, note, {})
        return count

    def _moving(self, kept: Kept, following: datetime | None) -> Callable[[Connection], bool]:
        def move(conn: Connection) -> bool:
            self._shelf.set(conn, kept.id, next_at=iso(following) if following is not None else None)
            return True

        return move

    def _waiting(self, kept: Kept) -> int:
        if self._shelf.open_runs(kept):
            return 0
        row = self._shelf.rows(schedule_dates.c.schedule_id == kept.id, schedule_dates.c.state == "waiting")[0]
        facts = json.loads(row.facts)
        date = Date(row.key, from_iso(row.due), row.series, row.note, facts, tuple(facts.get("chain", ())))
        return int(self._claims.begin(kept, row, date) is not None)


def _missed(kept: Kept, missed: tuple[datetime, ...], before: str, whole: bool) -> str:
    cron = kept.cron
    zone = cron.zone if cron is not None else None
    from_ = missed[0] if whole or kept.next_at is None else kept.next_at
    first, last = (each.astimezone(zone).strftime(_SHOWN) for each in (from_, missed[-1]))
    count = f"{len(missed):,}" if whole else f"more than {len(missed):,}"
    return f"{before}{first}" if whole and len(missed) == 1 else f"{before}{count} dates from {first} to {last}"
