"""Schedules on events: read off the run log, each event once, also by who comes after a worker that was killed.

How far the log was read is kept with the schedule, and moves in the transaction that notes the event and queues its run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, update

from workbench.core.clock import iso
from workbench.core.errors import PipelineNotFound, WorkbenchError
from workbench.core.refs import MAIN
from workbench.core.telemetry import get_logger
from workbench.ingest.sources.reach import Reach
from workbench.ingest.watch import Watches
from workbench.pipelines.schedules.claims import Claims, Date
from workbench.pipelines.schedules.triggers import Trigger, read_trigger
from workbench.store.tables import schedules, watched_files

if TYPE_CHECKING:
    from workbench.pipelines.schedules.shelf import Kept, Shelf
    from workbench.runs.records import Run, RunEvent

__all__ = ["Events"]

_log = get_logger("pipelines.schedules")
_AT_ONCE = 500
#: A position that has only moved past what is nothing to the schedule is kept this seldom.
_KEPT_EVERY = 200
_SLOWLY = timedelta(seconds=5)
_DEEPEST = 16


class Events:
    """What has happened, for one thread that looks."""

    def __init__(self, shelf: Shelf, claims: Claims) -> None:
        self._shelf, self._claims = shelf, claims
        self._read: dict[str, int] = {}
        self._told: dict[str, str] = {}
        self._looked: datetime | None = None

    def look(self, at: datetime) -> int:
        """Run what has happened; returns how many runs were queued."""
        active = schedules.c.paused_at.is_(None), schedules.c.next_at.is_(None)
        on_events = [kept for kept in self._shelf.some(*active) if kept.definition.on is not None and kept.unfit is None]
        found = [(kept, read_trigger(str(kept.definition.on))) for kept in on_events]
        slowly = self._looked is None or not timedelta() <= at - self._looked < _SLOWLY
        if slowly:
            self._looked = at
        count = 0
        for kept, trigger in found:
            try:
                if trigger.kind in ("dataset", "pipeline"):
                    count += self._in_the_log(kept, trigger)
                elif slowly:
                    count += self._files(kept, trigger, at) if trigger.kind == "file" else self._stale(kept, trigger, at)
            except WorkbenchError as error:
                if self._told.get(kept.id) != error.message:  # not every second
                    self._told[kept.id] = error.message
                    _log.warning("an event could not be looked for", extra={"schedule": kept.name, "reason": error.message})
            except Exception:
                _log.exception("an event could not be looked for", extra={"schedule": kept.name})
        return count

    def _in_the_log(self, kept: Kept, trigger: Trigger) -> int:
        log = self._shelf.log
        after, count = max(kept.cursor, self._read.get(kept.id, 0)), 0
        if log.last() <= after:
            return 0
        start = after
        table = self._claims.people.dataset(kept.owner, trigger.about)[0] if trigger.kind == "dataset" else None
        if table is None:
            self._check_pipeline(kept, trigger)
        while events := log.events(after, limit=_AT_ONCE):
            wanted = [each for each in events if self._is_it(each, trigger, table)]
            runs = log.some({each.run_id for each in wanted})
            for event in wanted:
                run = runs.get(event.run_id)
                if run is None or (trigger.kind == "pipeline" and (run.kind, run.job) != ("pipeline", trigger.about)):
                    continue
                chain = self._chain(run)
                if kept.id in chain:
                    continue  # its own run, or what came of it: no circle is run
                facts = {"dataset": trigger.about} if table is not None else {}
                date = Date(f"event:{event.seq}", event.at, facts={**facts, "run": run.id}, chain=chain)
                count += self._claims.take(kept, date, self._moving(kept, event.seq)) is not None
                start = event.seq
            after = events[-1].seq
        self._read[kept.id] = after
        if after - start >= _KEPT_EVERY:
            with self._shelf.store.write() as conn:
                self._moving(kept, after)(conn)
        return count

    def _check_pipeline(self, kept: Kept, trigger: Trigger) -> None:
        """Raise where its owner may not know any more how the pipeline's runs end."""
        people = self._claims.people
        today = people.today(kept.owner)
        if not (people.may(today, "read", trigger.about) or people.may(today, "run", trigger.about)):
            raise PipelineNotFound(f"There is no pipeline {trigger.about!r}.", fix="Ask who administers the workspace for a grant.")

    def _is_it(self, event: RunEvent, trigger: Trigger, table: str | None) -> bool:
        if table is None:
            return event.type in trigger.ends
        return event.type == "run.wrote" and event.body.get("id") == table and event.body.get("branch", MAIN) == MAIN

    def _chain(self, run: Run) -> tuple[str, ...]:
        """The schedules that led to a run."""
        for _ in range(_DEEPEST):
            if "schedule" in run.attributes or run.parent_id is None:
                break
            run = self._shelf.log.get(run.parent_id)
        return tuple(run.attributes.get("schedule", {}).get("chain", ()))

    def _moving(self, kept: Kept, to: int) -> Callable[[Connection], bool]:
        def move(conn: Connection) -> bool:
            here = schedules.c.id == kept.id, schedules.c.cursor < to
            return conn.execute(update(schedules).where(*here).values(cursor=to)).rowcount == 1

        return move

    def _stale(self, kept: Kept, trigger: Trigger, at: datetime) -> int:
        _, name = self._claims.people.dataset(kept.owner, trigger.about)
        written = self._claims.people.written_at(name)
        due = (written or kept.made_at) + timedelta(seconds=trigger.seconds or 0)
        # One date for each time that it was written to, and not again after.
        if due > at:
            return 0
        date = Date(f"stale:{iso(due)}", due, facts={"dataset": name})
        return int(self._claims.take(kept, date) is not None)

    def _files(self, kept: Kept, trigger: Trigger, at: datetime) -> int:
        count = 0
        for path, hash, stamp in self._complete(kept, trigger):
            key = f"file:{hashlib.sha256(f'{hash}:{stamp}'.encode()).hexdigest()}"

            def noted(conn: Connection, hash: str = hash, stamp: str = stamp) -> bool:
                table = watched_files.c
                here = table.watch_id == kept.id, table.path_hash == hash, table.stamp == stamp, table.run_id.is_(None)
                return conn.execute(update(watched_files).where(*here).values(run_id="taken")).rowcount == 1

            count += self._claims.take(kept, Date(key, at, facts={"file": path}), noted) is not None
        return count

    def _complete(self, kept: Kept, trigger: Trigger) -> Iterator[tuple[str, str, str]]:
        settings, people = self._claims.pipelines.settings, self._claims.people
        people.files(people.today(kept.owner))  # raises where she is no longer whom files are told to
        watches = Watches(self._shelf.store, self._shelf.log, settings, Reach.named(kept.definition.reach, settings.root))
        yield from watches.complete(kept.id, trigger.about)
