"""Schedules as they are kept, and what became of their dates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from workbench.core.clock import from_iso, iso, now, zone
from workbench.core.errors import NotFound, WorkbenchError, nearest
from workbench.core.principals import Principal
from workbench.core.records import Record
from workbench.pipelines.schedules.cron import Cron, read_cron
from workbench.pipelines.schedules.records import Definition, ScheduleDate
from workbench.pipelines.schedules.triggers import read_trigger
from workbench.runs.records import TERMINAL
from workbench.store.tables import schedule_backfills, schedule_dates, schedules, watched_files

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Kept", "Shelf"]


class Kept(Record):
    """A schedule's line."""

    id: str
    name: str
    pipeline: str
    definition: Definition
    owner: Principal
    made_at: datetime
    changed_at: datetime
    paused: bool
    next_at: datetime | None
    cursor: int

    @property
    def cron(self) -> Cron | None:
        """Its dates; None on an event. Raises InvalidInput where :attr:`unfit` says why."""
        text = self.definition.cron
        return None if text is None else read_cron(text, self.definition.timezone)

    @property
    def unfit(self) -> str | None:
        """Why what it was made with says no dates or no event today: what was allowed then may be refused since, and a machine's time zones
        change."""
        try:
            if self.cron is None:
                read_trigger(str(self.definition.on))
                zone(self.definition.timezone)
        except WorkbenchError as error:
            return f"{error.message} Change the schedule, and it runs again."
        return None


class Shelf:
    """The tables ``schedules`` and ``schedule_dates``."""

    def __init__(self, store: Store, log: RunLog) -> None:
        self.store, self.log = store, log

    def some(self, *conditions: ColumnElement[bool]) -> list[Kept]:
        """Schedules by name."""
        with self.store.read() as conn:
            return [_kept(row) for row in conn.execute(select(schedules).where(*conditions).order_by(schedules.c.name))]

    def get(self, name: str) -> Kept:
        """Raises
        ------
        NotFound
            There is no schedule of that name.
        """
        found = self.some(schedules.c.name == name)
        if found:
            return found[0]
        with self.store.read() as conn:
            names = conn.execute(select(schedules.c.name)).scalars().all()
        close = nearest(name, names)
        fix = f"Did you mean {close!r}?" if close else "`workbench schedules list` shows those there are."
        raise NotFound(f"There is no schedule {name!r}.", fix=fix)

    def set(self, conn: Connection, id: str, **values: Any) -> None:
        conn.execute(update(schedules).where(schedules.c.id == id).values(**values))

    def remove(self, conn: Connection, id: str) -> None:
        conn.execute(delete(schedules).where(schedules.c.id == id))
        conn.execute(delete(watched_files).where(watched_files.c.watch_id == id))
        for table in (schedule_dates, schedule_backfills):
            conn.execute(delete(table).where(table.c.schedule_id == id))

    # What became of dates.

    def put(
        self, conn: Connection, kept: Kept, series: str, key: str, due: datetime, state: str, run_id: str | None, note: str | None,
        facts: dict[str, Any],
    ) -> None:  # fmt: skip
        """Add a date's line."""
        row = {"schedule_id": kept.id, "series": series, "key": key, "due": iso(due), "state": state, "run_id": run_id, "note": note}
        conn.execute(insert(schedule_dates).values(**row, is_open=int(state == "started"), facts=json.dumps(facts), at=iso(now())))

    def has(self, conn: Connection, kept: Kept, series: str, key: str) -> bool:
        """Whether something became of a date already."""
        return conn.execute(select(schedule_dates.c.state).where(*_this(kept.id, series, key))).first() is not None

    def change(self, conn: Connection, row: Row[Any], **values: Any) -> bool:
        """Change a date's line that is as it was read; whether it still was."""
        here = (*_this(row.schedule_id, row.series, row.key), schedule_dates.c.state == row.state)
        return conn.execute(update(schedule_dates).where(*here).values(**values, at=iso(now()))).rowcount == 1

    def rows(self, *conditions: ColumnElement[bool], newest: int | None = None) -> list[Row[Any]]:
        """Lines by their dates; of all, or the ``newest``, in that order."""
        table = schedule_dates.c
        order = (table.due, table.key) if newest is None else (table.due.desc(), table.at.desc())
        with self.store.read() as conn:
            return list(conn.execute(select(schedule_dates).where(*conditions).order_by(*order).limit(newest)))

    def told(self, rows: Iterable[Row[Any]]) -> tuple[ScheduleDate, ...]:
        """Lines with the status of their runs."""
        rows = list(rows)
        runs = self.log.some(row.run_id for row in rows if row.run_id)
        return tuple(
            ScheduleDate(
                due=from_iso(row.due),
                state=row.state,
                series=row.series,
                run_id=row.run_id,
                status=runs[row.run_id].status if row.run_id in runs else None,
                note=row.note,
            )
            for row in rows
        )

    def note(self, name: str, key: str) -> str | None:
        """Why a date did not run, or what else was noted of it; None also where that is gone."""
        of = select(schedules.c.id).where(schedules.c.name == name).scalar_subquery()
        rows = self.rows(schedule_dates.c.schedule_id == of, schedule_dates.c.series == "", schedule_dates.c.key == key)
        return rows[0].note if rows else None

    def open_runs(self, kept: Kept, series: str | None = None) -> list[str]:
        """Runs of a schedule that have not ended: those of a backfill (``series``), or all others."""
        table = schedule_dates.c
        backfills = select(schedule_backfills.c.id).where(schedule_backfills.c.schedule_id == kept.id)
        which = table.series == series if series is not None else table.series.not_in(backfills)
        ids = [row.run_id for row in self.rows(table.schedule_id == kept.id, table.is_open == 1, which)]
        runs = self.log.some(ids)
        return [id for id in ids if id in runs and runs[id].status not in TERMINAL]

    def settle(self) -> None:
        """Note which runs have ended, so that nobody asks of them again."""
        rows = self.rows(schedule_dates.c.is_open == 1)
        runs = self.log.some(row.run_id for row in rows)
        over = [row for row in rows if row.run_id not in runs or runs[row.run_id].status in TERMINAL]
        if over:
            with self.store.write() as conn:
                for row in over:
                    self.change(conn, row, is_open=0)

    def forget(self, before: datetime) -> int:
        """Delete the lines of dates that were dealt with before a moment; returns how many. The runs stay in the log."""
        table = schedule_dates.c
        going_on = select(schedule_backfills.c.id).where(schedule_backfills.c.state == "running")
        over = table.at < iso(before), table.is_open == 0, table.state != "waiting", table.series.not_in(going_on)
        # That of a dataset that is still not fresh says that its run was made.
        with self.store.write() as conn:
            return conn.execute(delete(schedule_dates).where(*over, table.key.not_like("stale:%"))).rowcount


def _this(id: str, series: str, key: str) -> tuple[ColumnElement[bool], ...]:
    table = schedule_dates.c
    return table.schedule_id == id, table.series == series, table.key == key


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        id=row.id,
        name=row.name,
        pipeline=row.pipeline,
        definition=Definition.model_validate_json(row.body),
        owner=Principal.model_validate_json(row.owner),
        made_at=from_iso(row.made_at),
        changed_at=from_iso(row.changed_at),
        paused=row.paused_at is not None,
        next_at=from_iso(row.next_at) if row.next_at else None,
        cursor=row.cursor,
    )
