"""Ranges of dates that are run later: as many at a time as was said, until all are done or somebody stops them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, insert, select, update

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import Conflict, InvalidInput, NotFound
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.core.telemetry import get_logger
from workbench.pipelines.schedules.claims import Claims, Date
from workbench.pipelines.schedules.records import Backfill, BackfillPreview
from workbench.store.tables import schedule_backfills, schedule_dates, schedules

if TYPE_CHECKING:
    from workbench.pipelines.schedules.shelf import Kept, Shelf

__all__ = ["Backfills"]

_log = get_logger("pipelines.schedules")
_MOST = 10_000
_MOST_AT_ONCE = 100
_SHOWN = 100


class Backfills:
    def __init__(self, shelf: Shelf, claims: Claims) -> None:
        self._shelf, self._claims = shelf, claims

    def add(self, kept: Kept, start: datetime, end: datetime, at_once: int, again: bool, who: Principal) -> Backfill:
        """Run the dates from one moment to another, both included, with the rights of who asks.

        Raises
        ------
        InvalidInput
            As :meth:`preview`.
        Conflict
            Another backfill is at some of these dates: they would be run twice.
        """
        total = len(_dates(kept, start, end))
        if not 1 <= at_once <= _MOST_AT_ONCE:
            raise InvalidInput(f"{at_once} runs at a time are not possible.", fix=f"From 1 to {_MOST_AT_ONCE}.", field="at_once")
        row = {
            "id": new_id(),
            "schedule_id": kept.id,
            "start": iso(start),
            "end": iso(end),
            "at_once": at_once,
            "again": int(again),
            "total": total,
            "owner": who.model_dump_json(),
            "made_at": iso(now()),
            "state": "running",
            "position": None,
            "note": None,
        }
        with self._shelf.store.write(durable=True, act=True) as conn:
            self._check_free(conn, kept, start, end)
            conn.execute(insert(schedule_backfills).values(**row))
        return self.get(str(row["id"]))

    def _check_free(self, conn: Connection, kept: Kept, start: datetime, end: datetime) -> None:
        here = schedule_backfills.c.schedule_id == kept.id, schedule_backfills.c.state == "running"
        for row in conn.execute(select(schedule_backfills).where(*here)).all():
            at_work = self._shelf.rows(schedule_dates.c.series == row.id, schedule_dates.c.is_open == 1)
            first = min([each.due for each in at_work] or [row.position or row.start])
            if first <= iso(end) and row.end >= iso(start):
                fix = f"Wait until it is done, or stop it: `workbench schedules cancel-backfill {row.id}`."
                raise Conflict("Another backfill of the schedule is at these dates.", fix=fix, backfill=row.id)

    def preview(self, kept: Kept, start: datetime, end: datetime, again: bool) -> BackfillPreview:
        """What :meth:`add` would run; nothing is changed.

        Raises
        ------
        InvalidInput
            There is no date in the range, or there are more than 10,000; or the schedule has no dates.
        """
        dates = _dates(kept, start, end)
        done = set() if again else self._succeeded(kept)
        left = [date for date in dates if iso(date) not in done]
        skipped = len(dates) - len(left)
        return BackfillPreview(start=start, end=end, total=len(dates), skipped=skipped, dates=tuple(left[:_SHOWN]))

    def of(self, kept: Kept) -> tuple[Backfill, ...]:
        """Those of a schedule, newest first."""
        query = select(schedule_backfills).where(schedule_backfills.c.schedule_id == kept.id).order_by(schedule_backfills.c.id.desc())
        with self._shelf.store.read() as conn:
            rows = conn.execute(query).all()
        return tuple(self._told(kept, row) for row in rows)

    def get(self, id: str) -> Backfill:
        """Raises
        ------
        NotFound
            There is none of that id.
        """
        row, kept = self._find(id)
        return self._told(kept, row)

    def schedule(self, id: str) -> Kept:
        """The schedule of a backfill. Raises as :meth:`get`."""
        return self._find(id)[1]

    def cancel(self, id: str, who: Principal) -> Backfill:
        """Start none of its dates any more, and cancel those that run."""
        row, kept = self._find(id)
        with self._shelf.store.write(durable=True, act=True) as conn:
            self._end(conn, row, "cancelled", f"cancelled by {who.name}")
        for run_id in self._shelf.open_runs(kept, id):
            self._claims.pipelines.jobs.cancel(run_id, who.name)
        return self.get(id)

    def advance(self) -> int:
        """Start what may be started of each; returns how many runs were queued."""
        with self._shelf.store.read() as conn:
            rows = conn.execute(select(schedule_backfills).where(schedule_backfills.c.state == "running")).all()
        count = 0
        for row in rows:
            try:
                count += self._advance(row)
            except Exception:
                _log.exception("a backfill could not be looked at", extra={"backfill": row.id})
        return count

    def _advance(self, row: Row[Any]) -> int:
        found = self._shelf.some(schedules.c.id == row.schedule_id)
        if not found or found[0].paused or found[0].unfit is not None:
            return 0
        cron = found[0].cron
        if cron is None:
            with self._shelf.store.write() as conn:
                self._end(conn, row, "cancelled", "the schedule is on an event now, and has no dates")
            return 0
        kept, count = found[0], 0
        free = row.at_once - len(self._shelf.open_runs(kept, row.id))
        position = from_iso(row.position) if row.position else from_iso(row.start) - timedelta(seconds=1)
        done = set() if row.again else self._succeeded(kept)
        dates = cron.after(position)
        while free > 0:
            date = next(dates, None)
            if date is None or date > from_iso(row.end):
                if free == row.at_once:
                    with self._shelf.store.write() as conn:
                        self._end(conn, row, "done", None)
                break
            made = self._one(kept, row, position, date, iso(date) in done)
            count, free, position = count + made, free - made, date
        return count

    def _one(self, kept: Kept, row: Row[Any], position: datetime, date: datetime, is_done: bool) -> int:
        def moves(conn: Connection) -> bool:
            """Whether nobody else has dealt with the date, and the backfill is still wanted."""
            was = (
                schedule_backfills.c.position.is_(None)
                if position < from_iso(row.start)
                else schedule_backfills.c.position == iso(position)
            )
            here = schedule_backfills.c.id == row.id, schedule_backfills.c.state == "running", was
            return conn.execute(update(schedule_backfills).where(*here).values(position=iso(date))).rowcount == 1

        if is_done:
            with self._shelf.store.write() as conn:
                if moves(conn):
                    self._shelf.put(conn, kept, row.id, iso(date), date, "skipped", None, "it has succeeded already", {})
            return 0
        who = Principal.model_validate_json(row.owner)
        return int(self._claims.take(kept, Date(iso(date), date, row.id), moves, who, "allow") is not None)

    def _succeeded(self, kept: Kept) -> set[str]:
        """The dates of a schedule that a run succeeded for."""
        told = self._shelf.told(self._shelf.rows(schedule_dates.c.schedule_id == kept.id, schedule_dates.c.state == "started"))
        return {iso(each.due) for each in told if each.status == "succeeded"}

    def _end(self, conn: Connection, row: Row[Any], state: str, note: str | None) -> None:
        here = schedule_backfills.c.id == row.id, schedule_backfills.c.state == "running"
        conn.execute(update(schedule_backfills).where(*here).values(state=state, note=note))

    def _find(self, id: str) -> tuple[Row[Any], Kept]:
        with self._shelf.store.read() as conn:
            row = conn.execute(select(schedule_backfills).where(schedule_backfills.c.id == id)).first()
        found = self._shelf.some(schedules.c.id == row.schedule_id) if row is not None else []
        if row is None or not found:
            raise NotFound(f"There is no backfill {id!r}.", fix="`workbench schedules backfills NAME` shows those there are.")
        return row, found[0]

    def _total(self, kept: Kept, row: Row[Any], dealt_with: int) -> int:
        """How many dates it has: of a schedule that was given others since, those that it has dealt with, and those to come."""
        if row.state != "running" or kept.changed_at <= from_iso(row.made_at) or kept.unfit is not None or kept.cron is None:
            return max(int(row.total), dealt_with)
        after = from_iso(row.position) + timedelta(seconds=1) if row.position else from_iso(row.start)
        return dealt_with + sum(1 for _ in islice(kept.cron.between(after, from_iso(row.end)), _MOST))

    def _told(self, kept: Kept, row: Row[Any]) -> Backfill:
        dates = self._shelf.told(self._shelf.rows(schedule_dates.c.series == row.id))
        states = [each.status or each.state for each in dates]
        total = self._total(kept, row, len(states)) if row.state != "done" else len(states) or row.total
        return Backfill(
            id=row.id,
            schedule=kept.name,
            start=from_iso(row.start),
            end=from_iso(row.end),
            at_once=row.at_once,
            again=bool(row.again),
            by=Principal.model_validate_json(row.owner).name,
            made_at=from_iso(row.made_at),
            state=row.state,
            total=total,
            left=total - len(states) if row.state != "done" else 0,
            running=sum(state in ("queued", "running", "started") for state in states),
            succeeded=states.count("succeeded"),
            failed=states.count("failed") + states.count("cancelled"),
            skipped=states.count("skipped"),
            note=row.note,
        )


def _dates(kept: Kept, start: datetime, end: datetime) -> list[datetime]:
    """The dates of a schedule from one moment to another. Raises as :meth:`Backfills.preview`."""
    cron = kept.cron
    if cron is None:
        raise InvalidInput(f"The schedule {kept.name} is on an event; it has no dates.", fix="Run its pipeline with the parameters.")
    found = list(islice(cron.between(start, end), _MOST + 1))
    if len(found) > _MOST:
        raise InvalidInput(f"These are more than {_MOST:,} dates.", fix="Take a part of the range at a time.", field="start")
    if not found:
        raise InvalidInput("There is no date of the schedule in that range.", fix="See `workbench schedules next`.", field="start")
    return found
