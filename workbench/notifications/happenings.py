"""What has happened that people may want to know of, read off the run log and the dates of schedules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, and_, or_, select

from workbench.core.clock import from_iso, iso
from workbench.core.principals import Principal
from workbench.notifications.records import Event, Happened
from workbench.store.tables import run_events, runs, schedule_dates, schedules

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Happenings"]

_AT_ONCE = 500
_ENDS: dict[str, Event] = {"run.failed": "failed", "run.succeeded": "succeeded", "run.cancelled": "cancelled"}
# What a gate has held back failed with this code.
_HELD_BACK = "held_back"


class Happenings:
    """Reads what there is; keeps nothing."""

    def __init__(self, store: Store, log: RunLog) -> None:
        self._store, self._log = store, log

    def since(self, after: int) -> Iterator[tuple[int, Happened | None]]:
        """What the log tells after a position, each with its own; last the position up to which it was read."""
        last = self._log.last()
        self._log.list(kind="pipeline", limit=1)  # brings the table of runs up to date, at least so far
        while True:
            rows = self._rows(after, last)
            for row in rows:
                yield row.seq, self._told(row)
                after = row.seq
            if len(rows) < _AT_ONCE:
                break
        yield last, None

    def _rows(self, after: int, last: int) -> list[Row[Any]]:
        event, run = run_events.c, runs.c
        ended = and_(run.kind == "pipeline", event.type.in_(tuple(_ENDS)))
        asked = and_(run.kind == "step", event.type == "run.started", event.body.contains('"asked_at"'))
        columns = event.seq, event.type, event.at, event.body, run.id, run.job, run.principal, run.parent_id, run.attributes
        wanted = select(*columns).join(runs, run.id == event.run_id).where(event.seq > after, event.seq <= last, or_(ended, asked))
        with self._store.read() as conn:
            return list(conn.execute(wanted.order_by(event.seq).limit(_AT_ONCE)))

    def _told(self, row: Row[Any]) -> Happened:
        said = {"key": f"run:{row.seq}", "at": from_iso(row.at), "who": row.principal}
        if row.type == "run.started":
            pipeline = row.job.rpartition(".")[0]
            return Happened(event="approval", pipeline=pipeline, run_id=row.parent_id, step_run_id=row.id, **said)
        event = _ENDS[row.type]
        if event == "failed" and ((json.loads(row.body).get("error") or {}).get("code")) == _HELD_BACK:
            event = "held_back"
        if event == "succeeded" and (json.loads(row.attributes).get("repair") or self._had_failed(row.job, row.id)):
            event = "recovered"
        return Happened(event=event, pipeline=row.job, run_id=row.id, **said)

    def _had_failed(self, job: str, run_id: str) -> bool:
        """Whether the run before has failed."""
        over = runs.c.status.in_(("succeeded", "failed"))
        before = select(runs.c.status).where(runs.c.job == job, runs.c.kind == "pipeline", runs.c.id < run_id, over)
        with self._store.read() as conn:
            return conn.execute(before.order_by(runs.c.id.desc()).limit(1)).scalar() == "failed"

    def missed(self, since: datetime) -> list[Happened]:
        """Dates of schedules that did not run, or ran late for those before them; of which somebody has noted so since a moment."""
        date, schedule = schedule_dates.c, schedules.c
        late = or_(date.state == "skipped", date.note.like("makes up for%"))
        columns = date.schedule_id, date.key, date.series, date.at, schedule.name, schedule.pipeline, schedule.owner
        wanted = select(*columns).join(schedules, schedule.id == date.schedule_id).where(date.at >= iso(since), date.series == "", late)
        with self._store.read() as conn:
            rows = conn.execute(wanted).all()
        return [
            Happened(
                key=f"date:{hashlib.sha256(f'{row.schedule_id}:{row.key}'.encode()).hexdigest()}",
                event="missed",
                at=from_iso(row.at),
                pipeline=row.pipeline,
                schedule=row.name,
                date=row.key,
                who=Principal.model_validate_json(row.owner).name,
            )
            for row in rows
        ]
