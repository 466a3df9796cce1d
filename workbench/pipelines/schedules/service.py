"""Schedules as verbs. Who may call which is decided where they are called; whose rights a run has, here."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Row, insert

from workbench.core.clock import from_iso, iso, now, zone
from workbench.core.errors import AlreadyExists, Forbidden, InvalidInput, PipelineNotFound, Unavailable, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.names import slug
from workbench.core.principals import Principal
from workbench.ingest.sources.reach import Reach
from workbench.ingest.watch import Watches
from workbench.pipelines.attempts import seconds_of
from workbench.pipelines.load import check_name
from workbench.pipelines.readable import check_notebooks
from workbench.pipelines.repair import may_know_values
from workbench.pipelines.schedules.backfills import Backfills
from workbench.pipelines.schedules.claims import Claims, Date, People
from workbench.pipelines.schedules.cron import PRESETS, read_cron
from workbench.pipelines.schedules.records import Definition, Misfire, Overlap, Schedule, ScheduleDate, SchedulePreview
from workbench.pipelines.schedules.shelf import Kept, Shelf
from workbench.pipelines.schedules.ticker import Ticker
from workbench.pipelines.schedules.triggers import read_trigger
from workbench.pipelines.schedules.values import filled_in
from workbench.pipelines.schedules.words import in_words
from workbench.pipelines.single import is_notebook, path_of
from workbench.store.tables import schedule_dates, schedules

if TYPE_CHECKING:
    from workbench.pipelines.service import PipelineService

__all__ = ["ScheduleService"]

_NEXT = 10
_RECENT = 8
_LONGEST_UNFIT = 60  # characters of what says no dates


class ScheduleService:
    """When pipelines run by themselves.

    Parameters
    ----------
    people
        Who may do what today.
    """

    def __init__(self, pipelines: PipelineService, people: People) -> None:
        self.pipelines, self.people = pipelines, people
        self.shelf = Shelf(pipelines.jobs.store, pipelines.log)
        self.claims = Claims(self.shelf, pipelines, people)
        self.backfills = Backfills(self.shelf, self.claims)

    @cached_property
    def ticker(self) -> Ticker:
        """What a worker asks to look at the clock."""
        return Ticker(self.shelf, self.claims, self.backfills)

    def preview(self, cron: str, timezone: str | None = None, count: int = _NEXT) -> SchedulePreview:
        """What an expression, or a preset, says. Raises InvalidInput."""
        place = timezone or self.pipelines.settings.workspace.timezone
        read = read_cron(cron, place)
        preset = next((name for name, text in PRESETS.items() if text == read.text), None)
        dates = read.first(count, now())
        return SchedulePreview(cron=read.text, timezone=place, words=in_words(read.text, place), dates=dates, preset=preset)

    def add(
        self,
        pipeline: str,
        name: str | None,
        cron: str | None,
        on: str | None,
        timezone: str | None,
        params: Mapping[str, Any] | None,
        misfire: Misfire,
        misfire_age: str | None,
        overlap: Overlap | None,
        paused: bool,
        replace: bool,
        who: Principal,
    ) -> Schedule:
        """Make a schedule, whose runs have the rights of who makes it; where nothing of the pipeline is published, its present state is. Of
        a notebook, named by its path, what it is now is published each time.

        Raises
        ------
        AlreadyExists
            There is one of that name, and not ``replace``.
        InvalidInput, PipelineNotFound
            ``field`` of the details says of which argument.
        Forbidden
            Who makes it may only look.
        """
        if who.looks_only:
            raise Forbidden("This token may only look at data.", fix="Use a token of scope 'write'.")
        pipeline = path_of(self.pipelines.settings, pipeline) if is_notebook(pipeline) else pipeline
        name = name or (slug(PurePosixPath(pipeline).stem) if is_notebook(pipeline) else pipeline)
        check_name(name)
        definition = self._definition(cron, on, timezone, params, misfire, misfire_age, overlap, who)
        before = next(iter(self.shelf.some(schedules.c.name == name)), None)
        if before is not None and not replace:
            raise AlreadyExists(f"There is a schedule {name!r} already.", fix="Choose another name, or pass `replace=True`.", field="name")
        with self.pipelines.files_held():
            self._add(name, pipeline, definition, before, paused, who)
        self._pass_over(self.shelf.get(name))
        return self.get(name)

    def _add(self, name: str, pipeline: str, definition: Definition, before: Kept | None, paused: bool, who: Principal) -> None:
        versions, at = self.pipelines.versions, now()
        newest = None if is_notebook(pipeline) else versions.newest(pipeline)
        values = {
            "name": name,
            "pipeline": pipeline,
            "body": definition.model_dump_json(),
            "owner": who.model_dump_json(),
            "changed_at": iso(at),
            "paused_at": iso(at) if paused else None,
            "next_at": self._next_at(definition, at),
            "cursor": self.pipelines.log.last(),
        }
        with ExitStack() as opened:
            if newest is None:
                stands, files = opened.enter_context(self.pipelines.working(pipeline))
            else:
                stands, files = versions.pipeline(pipeline, newest.number), versions.folder(pipeline, newest.number)
            self.pipelines.values_of(stands, files, filled_in(definition.params, at, zone(definition.timezone), _sample(definition)))
            conn = opened.enter_context(self.shelf.store.write(durable=True, act=True))
            if newest is None:
                check_notebooks(files, stands)
                versions.publish(pipeline, stands, files, who)
            if before is not None:
                self.shelf.set(conn, before.id, **values)
            else:
                conn.execute(insert(schedules).values(id=new_id(), made_at=iso(at), **values))

    def _definition(
        self, cron: str | None, on: str | None, timezone: str | None, params: Mapping[str, Any] | None, misfire: Misfire,
        misfire_age: str | None, overlap: Overlap | None, who: Principal,
    ) -> Definition:  # fmt: skip
        if (cron is None) == (on is None):
            fix = "Say `cron`, such as daily or '0 6 * * 1-5', or `on`, such as dataset:silver.orders; one of them."
            raise InvalidInput("A schedule needs to know when.", fix=fix, field="cron")
        place = timezone or self.pipelines.settings.workspace.timezone
        age = seconds_of(misfire_age) if misfire_age is not None else None
        if misfire_age is not None and age is None:
            raise InvalidInput(f"{misfire_age!r} is no duration.", fix="Such as 30m, 6h, 2d; at most 30 days.", field="misfire_age")
        said = {
            "params": dict(params or {}),
            "misfire": misfire,
            "misfire_age": age,
            "overlap": overlap or ("skip" if on is None else "queue"),
        }
        if on is not None:
            text, reach = self._trigger(on, who)
            return Definition(on=text, timezone=read_cron("daily", place).zone.key, reach=reach, **said)
        assert cron is not None
        return Definition(cron=read_cron(cron, place).text, timezone=place, **said)

    def _trigger(self, on: str, who: Principal) -> tuple[str, Literal["machine", "workspace"]]:
        """An event, of what she sees, in full; and how far she reaches."""
        trigger = read_trigger(on)
        if trigger.kind == "file":
            reach = self.people.files(who)
            return f"file:{Watches(self.shelf.store, self.shelf.log, self.pipelines.settings, reach).folder(trigger.about)}", reach.word
        if trigger.kind == "pipeline":
            if not (self.people.may(who, "read", trigger.about) or self.people.may(who, "run", trigger.about)):
                raise PipelineNotFound(f"There is no pipeline {trigger.about!r}.", fix="`workbench pipelines` lists those there are.")
            self.pipelines.get(trigger.about)
            return on.strip(), "workspace"
        name = self.people.dataset(who, trigger.about)[1]
        return on.strip().replace(f":{trigger.about}", f":{name}", 1), "workspace"

    def _pass_over(self, kept: Kept) -> None:
        """Of files that are there already, none has come."""
        trigger = read_trigger(kept.definition.on) if kept.definition.on is not None else None
        if trigger is not None and trigger.kind == "file":
            reach = Reach.named(kept.definition.reach, self.pipelines.settings.root)
            Watches(self.shelf.store, self.shelf.log, self.pipelines.settings, reach).pass_over(kept.id, trigger.about)

    def _next_at(self, definition: Definition, at: datetime) -> str | None:
        if definition.cron is None:
            return None
        return iso(read_cron(definition.cron, definition.timezone).first(1, at)[0])

    def list(self, pipeline: str | None = None) -> tuple[Schedule, ...]:
        """Schedules by name, of all pipelines or one."""
        return tuple(self._told(kept) for kept in self.shelf.some(*([schedules.c.pipeline == pipeline] if pipeline is not None else [])))

    def get(self, name: str) -> Schedule:
        """Raises
        ------
        NotFound
            There is no schedule of that name.
        """
        return self._told(self.shelf.get(name))

    def dates(self, name: str, limit: int) -> tuple[ScheduleDate, ...]:
        """What became of its dates, newest first."""
        return self.shelf.told(self.shelf.rows(schedule_dates.c.schedule_id == self.shelf.get(name).id, newest=limit))

    def pause(self, name: str) -> Schedule:
        """Run none of its dates until it is resumed; what runs goes on."""
        kept = self.shelf.get(name)
        if not kept.paused:
            self._set(kept, paused_at=iso(now()), changed_at=iso(now()))
        return self.get(name)

    def resume(self, name: str) -> Schedule:
        """Run its dates from now on; those that came meanwhile are not made up for."""
        kept, at = self.shelf.get(name), now()
        if kept.paused:
            self._pass_over(kept)
            next_at = self._next_at(kept.definition, at)
            self._set(kept, paused_at=None, changed_at=iso(at), next_at=next_at, cursor=self.pipelines.log.last())
        return self.get(name)

    def remove(self, name: str) -> None:
        """Forget it and what became of its dates; the runs stay, and those that go on."""
        kept = self.shelf.get(name)
        with self.shelf.store.write(durable=True, act=True) as conn:
            self.shelf.remove(conn, kept.id)

    def run(self, name: str, who: Principal) -> str:
        """Run it now as if it were due, with the rights of who asks, whatever else runs of it; returns the run's id.

        Raises
        ------
        InvalidInput
            It cannot run now; the message says why.
        """
        kept, at = self.shelf.get(name), now()
        date = Date(f"now:{new_id()}", at, note=f"asked for by {who.name}")
        made = self.claims.take(kept, date, who=who, overlap="allow")
        if made is None:
            if kept.definition.params and not may_know_values(kept.owner.name, who):  # the reason may hold one
                fix = f"Ask {kept.owner.name}, whose schedule it is, or who administers the workspace."
                raise InvalidInput(f"The schedule {name} did not run. Why may tell of its values, which are not yours.", fix=fix)
            last = self.shelf.told(self.shelf.rows(schedule_dates.c.schedule_id == kept.id, schedule_dates.c.key == date.key))
            reason = (last[0].note if last else None) or "Somebody has just changed it."
            raise InvalidInput(f"The schedule {name} did not run: {reason}", fix="Look at it: `workbench schedules show`.")
        return made

    def _set(self, kept: Kept, **values: Any) -> None:
        with self.shelf.store.write(durable=True, act=True) as conn:
            self.shelf.set(conn, kept.id, **values)

    def _refused(self, kept: Kept) -> str | None:
        """Why its event does not come any more, as its owner may know."""
        if kept.definition.on is None:
            return None
        trigger = read_trigger(kept.definition.on)
        try:
            today = self.people.today(kept.owner)
            if trigger.kind == "file":
                self.people.files(today)
            elif trigger.kind != "pipeline":
                self.people.dataset(kept.owner, trigger.about)
            elif not (self.people.may(today, "read", trigger.about) or self.people.may(today, "run", trigger.about)):
                raise PipelineNotFound(f"There is no pipeline {trigger.about!r}.")
            elif self.pipelines.versions.newest(trigger.about) is None:
                self.pipelines.get(trigger.about)
        except Unavailable:
            raise
        except WorkbenchError as error:
            return error.message
        return None

    def _told(self, kept: Kept) -> Schedule:
        rows = self.shelf.rows(schedule_dates.c.schedule_id == kept.id, newest=_RECENT)
        last = self.shelf.told(rows)
        newest = self.pipelines.versions.newest(kept.pipeline)
        unfit = kept.unfit
        cron = kept.cron if unfit is None else None
        dates: tuple[datetime, ...] = ()
        if cron is not None and kept.next_at is not None and not kept.paused:
            dates = cron.first(_NEXT, kept.next_at - timedelta(seconds=1))
        return Schedule(
            id=kept.id,
            name=kept.name,
            pipeline=kept.pipeline,
            definition=kept.definition,
            words=_words(kept),
            owner=kept.owner.name,
            paused=kept.paused,
            made_at=kept.made_at,
            changed_at=kept.changed_at,
            next=dates,
            version=newest.number if newest is not None else None,
            last=last[0] if last else None,
            recent=last,
            problem=unfit or self._refused(kept) or _of_now(kept, rows),
        )


def _of_now(kept: Kept, rows: list[Row[Any]]) -> str | None:
    """Why the newest date did not run, where the schedule is still as it was then."""
    return rows[0].note if rows and rows[0].state == "skipped" and from_iso(rows[0].at) >= kept.changed_at else None


def _words(kept: Kept) -> str:
    said = str(kept.definition.cron or kept.definition.on)
    if kept.unfit is not None:
        return f"{said[:_LONGEST_UNFIT]}{'…' * (len(said) > _LONGEST_UNFIT)}, {kept.definition.timezone}"
    return read_trigger(said).words if kept.cron is None else in_words(said, kept.definition.timezone)


def _sample(definition: Definition) -> dict[str, Any]:
    """What an event would tell of, so that parameters can be looked at before it comes."""
    kind = read_trigger(definition.on).kind if definition.on is not None else ""
    told = {"dataset": ("dataset", "run"), "pipeline": ("run",), "file": ("file",), "freshness": ("dataset",)}
    return dict.fromkeys(told.get(kind, ()), "x")
