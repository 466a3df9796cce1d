"""What is due is run: by a clock that is handed in. Runs are queued and ended by hand, no worker is there."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.schedules.conftest import START, Clocked
from workbench.app.local import LocalWorkspace
from workbench.core.clock import now
from workbench.core.config import load_settings
from workbench.core.errors import AlreadyExists, Conflict, InvalidInput, NotFound
from workbench.core.principals import Principal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_each_date_runs_once_with_its_values_and_the_published_version(here: Clocked) -> None:
    made = here.ws.schedules.add(
        "nightly", "0 6 * * *", timezone="Europe/Athens", params={"day": "{{ schedule.date - 1d }}", "label": "at {{schedule.time}}"}
    )
    assert (made.words, made.version, made.next[0]) == ("At 06:00, Europe/Athens", 1, datetime(2026, 11, 24, 4, tzinfo=UTC))
    assert len(made.next) == 10 and here.tick() == here.tick(timedelta(hours=15, minutes=59)) == 0
    (here.folder / "only.sql").write_text("half an")  # what is edited is the next version's
    assert here.tick(timedelta(seconds=61)) == 1 and here.tick() == 0
    (run,) = here.runs()
    assert run.params == {"day": "2026-11-23", "label": "at 2026-11-24T06:00:00+02:00"}
    assert run.attributes["version"] == 1 and run.attributes["schedule"] == {
        "name": "nightly", "due": "2026-11-24T04:00:00.000000Z", "chain": [made.id]
    }  # fmt: skip
    pinned = here.ws.settings.state / "executed" / run.id / "source/only.sql"
    assert pinned.read_text() == "delete from gold.x where day = $day"
    here.end()
    told = here.ws.schedules.get("nightly").last
    assert told is not None and (told.status, told.run_id) == ("succeeded", run.id)
    (here.folder / "only.sql").write_text("delete from gold.x where day < $day")
    assert [(v.number, v.differs) for v in here.ws.pipelines.versions("nightly")] == [(1, ("only.sql",))]
    assert here.ws.pipelines.publish("nightly").number == here.ws.pipelines.publish("nightly").number == 2
    here.tick(DAY)
    assert [run.attributes["version"] for run in here.runs()] == [1, 2]
    assert [v.differs for v in here.ws.pipelines.versions("nightly")] == [(), ("only.sql",)]
    shelf = here.ws.services.schedules.shelf
    assert [shelf.forget(now() + offset) for offset in (-HOUR, HOUR)] == [0, 1]  # not that of the run that goes on


@pytest.mark.parametrize(
    ("policy", "age", "ran", "note"),
    [
        ("skip", None, [], "no worker was there: 24 dates"),
        ("once", None, ["12:00"], "makes up for 23 dates"),
        ("all", None, [f"{(12 + hour) % 24:02}:00" for hour in range(1, 25)], None),
        ("all", "3h", ["10:00", "11:00", "12:00"], "makes up for 21 dates"),
        ("once", "10m", [], "no worker was there: 24 dates"),
    ],
)
def test_dates_missed_while_the_machine_slept_a_day(here: Clocked, policy: Any, age: str | None, ran: list[str], note: str | None) -> None:
    here.ws.schedules.add("nightly", "hourly", misfire=policy, misfire_age=age, overlap="allow", timezone="UTC")
    late = timedelta(minutes=20)
    here.tick(DAY + late)
    assert [due[11:] for due in here.due()] == ran
    notes = [each for _, _, each in here.told() if each]
    assert [each.startswith(note) for each in notes] == [True] if note else notes == []
    here.end()
    # And then as ever.
    before = len(here.runs())
    assert here.tick(HOUR - late) == 1 and len(here.runs()) == before + 1


def test_a_clock_that_is_put_back_runs_nothing_twice(here: Clocked) -> None:
    here.ws.schedules.add("nightly", "hourly", timezone="UTC")
    assert here.tick(HOUR) == 1 and here.tick(-3 * HOUR) == 0 and here.tick(3 * HOUR) == 0
    assert here.due() == ["2026-11-23T13:00"]


def test_of_years_without_a_worker_the_newest_dates_are_reckoned(here: Clocked) -> None:
    made = here.ws.schedules.add("nightly", "* * * * *", misfire="all", overlap="allow", timezone="UTC")
    cron, years = here.ws.services.schedules.shelf.get("nightly").cron, 30 * 365 * DAY
    assert cron is not None
    began = time.monotonic()
    found, whole = cron.newest(1001, made.next[0], START + years)
    assert time.monotonic() - began < 5 and not whole and len(found) > 1000 and found[-1] == START + years
    assert cron.newest(1001, made.next[0], START + 3 * HOUR) == (list(cron.between(made.next[0], START + 3 * HOUR)), True)
    here.ws.schedules.add("nightly", "* * * * *", replace=True, timezone="UTC")
    assert here.tick(years + timedelta(seconds=1)) == 1
    (told,) = [note for _, _, note in here.told() if note]
    assert told == "makes up for more than 1,439 dates from 2026-11-23 12:01 to 2056-11-15 11:59"


def test_after_a_clock_that_was_years_ahead_dates_come_as_before(here: Clocked) -> None:
    here.ws.schedules.add("nightly", "hourly", timezone="UTC")
    assert here.tick(HOUR) == 1
    here.end()
    assert here.tick(20 * 365 * DAY) == 1  # a machine that woke up with a wrong clock
    here.end()
    assert here.tick(-20 * 365 * DAY) == 0 and here.ws.schedules.get("nightly").next[0] == START + 2 * HOUR
    assert here.tick(HOUR) == 1 and here.tick() == 0
    here.end()
    assert [due for due in here.due() if due < "2030"] == ["2026-11-23T13:00", "2026-11-23T14:00"]
    # Nor does it take the worker that saw it.
    here.tick(20 * 365 * DAY)
    here.end()
    here.at = START + 2 * HOUR
    with LocalWorkspace(here.ws.settings) as another:
        ticker = another.services.schedules.ticker
        assert ticker.tick(here.at) == 0 and ticker.tick(here.at + HOUR) == 1


@pytest.mark.parametrize(
    ("overlap", "ran", "states"),
    [
        ("skip", ["13:00"], ["skipped", "skipped", "started"]),
        ("queue", ["13:00", "14:00"], ["waiting", "started", "started"]),
        ("allow", ["13:00", "14:00", "15:00"], ["started"] * 3),
        ("cancel", ["13:00", "14:00", "15:00"], ["started"] * 3),
    ],
)
def test_a_date_that_comes_while_the_run_before_goes_on(here: Clocked, overlap: Any, ran: list[str], states: list[str]) -> None:
    here.ws.schedules.add("nightly", "hourly", overlap=overlap, timezone="UTC")
    for _ in range(3):
        here.tick(HOUR)
    if overlap == "queue":
        assert len(here.runs()) == 1
        here.end()
        assert here.tick() == 1 and here.tick() == 0
    assert [due[11:] for due in here.due()] == ran and [state for _, state, _ in here.told()] == states
    statuses = [run.status for run in here.runs()]
    assert statuses == (["cancelled", "cancelled", "queued"] if overlap == "cancel" else [*statuses[:-1], "queued"])


def test_paused_resumed_run_now_and_removed(here: Clocked) -> None:
    schedules = here.ws.schedules
    schedules.add("nightly", "hourly", name="every-hour", timezone="UTC")
    with pytest.raises(AlreadyExists, match="every-hour"):
        schedules.add("nightly", "daily", name="every-hour")
    assert schedules.pause("every-hour").next == () and here.tick(3 * HOUR) == 0
    run = schedules.run("every-hour")
    assert run.attributes["schedule"]["name"] == "every-hour" and run.status == "queued"
    resumed = schedules.resume("every-hour")
    assert resumed.next[0] == START + 4 * HOUR  # what came meanwhile is not made up for
    assert schedules.add("nightly", "daily", name="every-hour", replace=True, timezone="UTC").id == resumed.id
    schedules.remove("every-hour")
    assert schedules.list() == () and here.tick(DAY) == 0 and len(here.runs()) == 1
    with pytest.raises(NotFound):
        schedules.get("every-hour")


def test_what_cannot_run_says_so(here: Clocked) -> None:
    for wrong in ({"cron": "61 * * * *"}, {"cron": "daily", "timezone": "Mars"}, {"cron": "daily", "params": {"day": "{{ schedule.dat }}"}},
                  {"cron": "daily", "params": {"dai": "x"}}, {"cron": "daily", "misfire_age": "soon"}, {}):  # fmt: skip
        with pytest.raises(InvalidInput):
            here.ws.schedules.add("nightly", **wrong)  # type: ignore[arg-type]
    assert here.ws.schedules.list() == () and here.ws.pipelines.versions("nightly") == ()


def test_a_disabled_owner_and_one_without_the_right_run_nothing(here: Clocked) -> None:
    ada = here.ws.users.add("ada", ("admin",))
    here.ws.as_principal(Principal(name="ada", roles=ada.roles)).schedules.add("nightly", "hourly", timezone="UTC")
    here.ws.users.disable("ada")
    assert here.tick(HOUR) == 0 and "disabled" in str(here.ws.schedules.get("nightly").problem)
    here.ws.users.enable("ada")
    here.ws.users.change("ada", roles=())
    assert here.tick(HOUR) == 0 and "may not start" in str(here.ws.schedules.get("nightly").problem)
    here.ws.users.change("ada", roles=("admin",))
    assert here.tick(HOUR) == 1 and here.runs()[0].principal == "ada"


def test_a_backfill_runs_some_at_a_time_and_leaves_out_what_has_succeeded(here: Clocked) -> None:
    schedules = here.ws.schedules
    schedules.add("nightly", "daily", timezone="UTC", params={"day": "{{ schedule.date }}"})
    here.tick(DAY)
    here.end()
    told = schedules.preview_backfill("nightly", "2026-11-20", "2026-11-24")
    assert (told.total, told.skipped, [each.day for each in told.dates]) == (5, 1, [20, 21, 22, 23])
    assert schedules.preview_backfill("nightly", "2026-11-20", "2026-11-24", again=True).skipped == 0
    assert not schedules.backfills("nightly") and [each.status for each in schedules.get("nightly").recent] == ["succeeded"]
    made = schedules.backfill("nightly", "2026-11-20", "2026-11-24", at_once=2)
    assert (made.total, made.left, made.state) == (5, 5, "running")
    assert here.tick() == 2 and here.tick() == 0
    # As who asks twice would have it: rows would be there twice.
    with pytest.raises(Conflict, match="at these dates"):
        schedules.backfill("nightly", "2026-11-23", "2026-11-30", again=True)
    assert len(schedules.backfills("nightly")) == 1
    before = schedules.backfill("nightly", "2026-11-18", "2026-11-19")
    schedules.cancel_backfill(before.id)
    here.end("run.failed", error={"code": "x", "message": "no", "fix": None})
    assert here.tick() == 2
    told = schedules.backfills("nightly")[1]
    assert (told.running, told.failed, told.left) == (2, 2, 1)
    here.end()
    assert here.tick() == 0
    told = schedules.backfills("nightly")[1]
    assert (told.state, told.succeeded, told.failed, told.skipped, told.left) == ("done", 2, 2, 1, 0)
    assert [run.params["day"] for run in here.runs()] == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]
    again = schedules.backfill("nightly", "2026-11-20", "2026-11-22")
    here.tick()
    stopped = schedules.cancel_backfill(again.id)
    assert (stopped.state, stopped.running, stopped.failed) == ("cancelled", 0, 1) and here.tick() == 0
    with pytest.raises(InvalidInput):
        schedules.backfill("nightly", "2026-11-24T07:00Z", "2026-11-24T08:00Z")


def _worker(root: Path, at: datetime, killed_at: int | None) -> None:
    """Looks at the clock once; is killed at the n-th call in between, whatever that is."""
    workspace = LocalWorkspace(load_settings(root, env={}))
    if killed_at is not None:
        calls = 0

        def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal calls
                calls += 1
                if calls == killed_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*args, **kwargs)

            return call

        schedules = workspace.services.schedules
        for part, name in ((schedules.pipelines, "prepare"), (schedules.pipelines, "submit"), (schedules.shelf, "put"),
                           (schedules.shelf, "set"), (schedules.pipelines.jobs, "submit"), (schedules.shelf, "settle")):  # fmt: skip
            setattr(part, name, deadly(getattr(part, name)))
    workspace.services.schedules.ticker.tick(at)


def test_dates_make_one_run_each_whoever_looks_and_whoever_is_killed(here: Clocked) -> None:
    here.ws.schedules.add("nightly", "hourly", misfire="all", overlap="allow", timezone="UTC")
    here.ws.services.close()
    fork = multiprocessing.get_context("fork")
    at = START + 4 * HOUR
    for killed in range(1, 12):
        process = fork.Process(target=_worker, args=(here.ws.settings.root, at, killed))
        process.start()
        process.join(60)
    both = [fork.Process(target=_worker, args=(here.ws.settings.root, at + 3 * HOUR, None)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    assert here.due() == [f"2026-11-23T{hour}:00" for hour in range(13, 20)]
    assert len(here.ws.schedules.dates("nightly")) == 7


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cron": ",".join(["0"] * 300) + " * * * *"}, "at most 500 characters"),
        ({"timezone": "Europe/Atlantis"}, "no time zone"),
        ({"cron": None, "on": "comet:halley"}, "no event"),
    ],
)
def test_a_schedule_that_is_no_longer_one_says_so_and_hides_no_other(here: Clocked, changed: dict[str, Any], why: str) -> None:
    """It was made when more was allowed, or where other time zones were known."""
    schedules, shelf = here.ws.schedules, here.ws.services.schedules.shelf
    schedules.add("nightly", "hourly", name="old", timezone="UTC")
    schedules.add("nightly", "hourly", name="other", timezone="UTC")
    definition = shelf.get("old").definition.model_copy(update=changed)
    with shelf.store.write() as conn:
        next_at = {"next_at": None} if "on" in changed else {}
        shelf.set(conn, shelf.get("old").id, body=definition.model_dump_json(), **next_at)
    assert here.tick(HOUR + timedelta(minutes=2)) == 1 and here.tick(timedelta(seconds=1)) == 0
    assert [each.name for each in schedules.list()] == ["old", "other"]
    told = schedules.get("old")
    assert why in str(told.problem) and len(told.words) < 100 and told.next == ()
    here.ws.compliance.apply("version: 1\ngrants: [{to: 'user:eve', what: 'pipeline:nightly', may: [read]}]\n")
    here.ws.users.add("eve")
    shown = here.ws.as_principal(Principal(name="eve", roles=())).schedules.list()
    assert [each.name for each in shown] == ["old", "other"] and "halley" not in str(shown)
    # Its owner is told as of any date that did not run, once.
    assert [(state, why in str(note)) for _, state, note in here.told("old")] == ([] if "on" in changed else [("skipped", True)])
    assert schedules.pause("old").paused
    with pytest.raises(InvalidInput):
        schedules.resume("old")
    here.at = now() + timedelta(seconds=1)  # when something became of a date is asked of the machine's clock
    schedules.add("nightly", "hourly", name="old", timezone="UTC", replace=True)
    assert schedules.get("old").problem is None
    assert [each.name for each in schedules.remove("old")] == ["other"]


def test_a_backfill_of_a_schedule_that_is_changed_meanwhile_counts_what_it_does(here: Clocked, monkeypatch: pytest.MonkeyPatch) -> None:
    schedules = here.ws.schedules
    schedules.add("nightly", "daily", timezone="UTC", overlap="allow")
    made = schedules.backfill("nightly", "2026-11-20", "2026-11-22")
    assert here.tick() == 1
    here.end()
    here.at = now() + timedelta(seconds=1)  # when a backfill is made is asked of the machine's clock
    schedules.add("nightly", "0 */12 * * *", timezone="UTC", replace=True)
    told = schedules.backfills("nightly")[0]
    assert (told.total, told.left, told.succeeded) == (6, 5, 1)
    schedules.add("nightly", on="pipeline:nightly:failed", replace=True)
    assert here.tick() == 0
    told = schedules.backfills("nightly")[0]
    assert (told.id, told.state, told.left) == (made.id, "cancelled", 2) and "on an event" in str(told.note)
