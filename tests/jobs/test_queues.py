"""In which order what waits is begun, and what stands against it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from tests.quick import Forked
from workbench.core.clock import iso, now
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput
from workbench.jobs import overview
from workbench.jobs.holds import Holds
from workbench.jobs.limits import Places
from workbench.jobs.queues import A_TURN, due_at
from workbench.jobs.requests import Asks, Requests
from workbench.jobs.service import Again, JobService
from workbench.jobs.slots import Holder, Slots, Turn
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL
from workbench.store import Store
from workbench.store.tables import job_requests

Start = Callable[..., Forked]
Until = Callable[..., None]

ADA, BOB = Holder("run-a", "ada"), Holder("run-b", "bob")


def test_who_waited_long_enough_goes_before_a_higher_queue() -> None:
    at = now()
    asked = {
        "low, an hour and a minute ago": due_at(at - timedelta(minutes=61), "low", 0),
        "high, now": due_at(at, "high", 0),
        "normal, of priority 5, now": due_at(at, "normal", 5),
        "normal, now": due_at(at, "normal", 0),
        "low, 40 minutes ago": due_at(at - timedelta(minutes=40), "low", 0),
    }
    assert sorted(asked, key=asked.__getitem__) == list(asked)


def test_requests_come_in_that_order(jobs: JobService, store: Store) -> None:
    runs = {queue: jobs.submit("stages", queue, {}, "ada", attributes={"queue": queue}) for queue in ("low", "normal", "high")}
    soon = jobs.submit("stages", "soon", {}, "ada", attributes={"priority": 1})
    requests = Requests(store)
    waiting = list(requests.waiting(Counter()))
    assert requests.first() == waiting[0]
    assert [each.run_id for each in waiting] == [runs["high"], soon, runs["normal"], runs["low"]]
    assert [each.queue for each in waiting] == ["high", "normal", "normal", "low"]


def test_people_take_turns(settings: Settings, jobs: JobService, store: Store, log: RunLog, start_worker: Start, until: Until) -> None:
    ada = [jobs.submit("stages", f"ada-{number}", {"stages": 1, "seconds": 0.2}, "ada") for number in range(12)]
    bob = jobs.submit("stages", "bob", {"stages": 1}, "bob")
    urgent = jobs.submit("stages", "urgent", {"stages": 1}, "ada", attributes={"queue": "high"})
    assert [each.run_id for each in overview.queue(settings, store, log, 20)] == [urgent, bob, *ada]
    at_work, begun = Counter(bob=2), []
    for request in Requests(store).waiting(at_work):
        begun.append(request.run_id)
        at_work[request.who] += 1
    assert begun == [urgent, *ada[:2], bob, *ada[2:]]
    start_worker()
    until(lambda: all(log.get(run).status in TERMINAL for run in (*ada, bob)))
    begun = sorted((log.get(run).started_at, run) for run in (*ada, bob))
    assert [run for _, run in begun].index(bob) <= 2, "before most of those that were asked for earlier"


def test_slots_go_around_among_people() -> None:
    slots = Slots(2, {})
    many = [slots.wait("1", ADA, {}) for _ in range(4)]
    one = slots.wait("2", BOB, {})
    urgent = slots.wait("0", ADA, {}, "high")
    ready = [turn.ready.is_set() for turn in (*many, one, urgent)]
    assert ready == [True, True, False, False, False, False]
    slots.leave(many[0])
    assert urgent.ready.is_set()
    slots.leave(many[1])
    assert one.ready.is_set(), "whose run has none"
    slots.leave(urgent)
    assert [turn.ready.is_set() for turn in many[2:]] == [True, False]


def test_what_cannot_begin_is_no_turn_that_one_has_had() -> None:
    slots = Slots(3, {"gpu": 1.0})
    gpu, one, two = slots.wait("1", ADA, {"gpu": 1.0}), slots.wait("2", BOB, {}), slots.wait("3", BOB, {})
    waiting = [slots.wait("4", ADA, {"gpu": 1.0}) for _ in range(4)]
    plain = slots.wait("5", ADA, {})
    many = [slots.wait("6", BOB, {}) for _ in range(4)]
    slots.leave(one)
    # Each has one at work, and hers was asked for first; the others of hers wait for something else.
    assert plain.ready.is_set()
    assert not any(each.ready.is_set() for each in (*waiting, *many))
    slots.leave(two)
    assert many[0].ready.is_set()
    slots.leave(gpu)
    assert waiting[0].ready.is_set()


def test_runs_that_their_limit_holds_back_keep_no_other_of_hers_waiting(
    jobs: JobService, log: RunLog, start_worker: Start, until: Until
) -> None:
    limited = [jobs.submit("stages", "one", {"stages": 1, "seconds": 3}, "ada", asks=Asks(runs=1)) for _ in range(8)]
    other = jobs.submit("stages", "other", {"stages": 1}, "ada")
    bob = [jobs.submit("stages", f"bob-{number}", {"stages": 1, "seconds": 0.3}, "bob") for number in range(12)]
    start_worker(WORKBENCH_JOBS_CONCURRENCY="3")
    until(lambda: log.get(other).started_at is not None and all(log.get(run).started_at is not None for run in bob[:8]))
    begun = sorted((log.get(run).started_at, run) for run in (other, *bob) if log.get(run).started_at is not None)
    assert [run for _, run in begun].index(other) <= 3
    assert sum(log.get(run).started_at is not None for run in limited) == 1


def test_a_repaired_run_stands_in_line_as_whose_it_is(jobs: JobService, store: Store, log: RunLog) -> None:
    run_id = jobs.submit("stages", "x", {}, "ada")
    jobs.cancel(run_id)
    jobs.repair(Again(id=run_id), {}, "root", 1, ())
    assert [each.who for each in Requests(store).waiting(Counter())] == ["ada"]


def test_a_higher_queue_has_places_beside_lower_ones() -> None:
    places = Places(2, ["low", "low"])
    assert [places.free(queue) for queue in ("high", "normal", "low")] == [True, True, False]
    places.take("normal")
    places.take("normal")
    assert [places.free(queue) for queue in ("high", "normal", "low")] == [True, False, False]


def test_slots_go_to_who_is_due_first_and_resources_are_kept_for_her() -> None:
    slots = Slots(2, {"memory": 8.0})
    first = slots.wait("1", ADA, {"memory": 5.0})
    large = slots.wait("2", BOB, {"memory": 8.0})
    small = slots.wait("3", ADA, {"memory": 1.0})
    other = slots.wait("4", ADA, {})
    # Who needs nothing of it passes; who would keep `large` waiting for ever does not.
    assert [turn.ready.is_set() for turn in (first, large, small, other)] == [True, False, False, True]
    assert slots.why(large) == "memory: 5 of 8 in use"
    assert slots.why(small) == "a slot: 2 of 2 in use"
    assert slots.why(slots.wait("5", Holder("run-c", "ada"), {"memory": 4.0})) == "memory: 5 of 8 in use by run run-a"
    slots.leave(first)
    slots.leave(other)
    assert [turn.ready.is_set() for turn in (large, small)] == [True, False]
    slots.leave(large)
    assert small.ready.is_set()
    assert slots.lacks({"gpu": 1.0}) == "gpu: 1, of 0"


def test_the_workspaces_resources_are_counted_over_workers_and_freed_with_a_dead_one(jobs: JobService, store: Store, log: RunLog) -> None:
    runs = [jobs.submit("stages", "x", {}, who) for who in ("ada", "bob", "ada")]
    ada, bob, again = (Holder(run, log.get(run).principal) for run in runs)
    one, other = (Holds(store, log, worker, {"licence": 1.0, "seat": 2.0}) for worker in ("w-1", "w-2"))
    assert one.take(ada, {"licence": 1.0, "seat": 1.0}) is None
    assert other.take(bob, {"seat": 1.0, "licence": 1.0}) == "licence: 1 of 1 in use"
    assert other.take(again, {"licence": 1.0}) == f"licence: 1 of 1 in use by run {ada.run_id}"
    assert one.take(ada, {"licence": 1.0}) is None, "what it has is its own"
    other.give(ada.run_id)
    assert other.take(bob, {"licence": 1.0}) is not None, "a worker gives back what is its own"
    other.free("w-1")
    assert other.take(bob, {"licence": 1.0}) is None
    jobs.cancel(bob.run_id)
    assert one.take(again, {"licence": 1.0}) is None, "a run that has ended holds nothing"


def test_a_limit_holds_through_a_workers_death_and_lets_others_pass(
    jobs: JobService, log: RunLog, settings: Settings, start_worker: Start, until: Until
) -> None:
    asks = Asks(runs=1)
    limited = [jobs.submit("stages", "one", {"stages": 1, "seconds": 2.5}, "ada", asks=asks) for _ in range(2)]
    other = jobs.submit("stages", "other", {"stages": 1}, "ada")
    worker = start_worker()
    until(lambda: log.get(limited[0]).status == "running" and log.get(other).status == "succeeded")
    assert log.get(limited[0]).attributes["worker"].startswith("worker-")
    assert log.get(limited[1]).status == "queued"
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    start_worker()
    until(lambda: log.get(limited[0]).attributes["worker"] in (settings.state / "run" / "worker.json").read_text())
    assert log.get(limited[1]).status == "queued", "the one that was taken over counts"
    until(lambda: all(log.get(run).status in TERMINAL for run in limited))
    first, second = map(log.get, limited)
    assert first.ended_at
    assert second.started_at
    assert second.started_at >= first.ended_at


def test_a_machine_that_lacks_a_resource_leaves_the_job_to_others(jobs: JobService, log: RunLog, start_worker: Start, until: Until) -> None:
    asked = jobs.submit("stages", "gpu", {"stages": 1}, "ada", asks=Asks(needs={"gpu": 1.0}))
    start_worker()
    after = jobs.submit("stages", "plain", {"stages": 1}, "ada")
    until(lambda: log.get(after).status == "succeeded")
    assert log.get(asked).status == "queued"
    with pytest.raises(InvalidInput, match="It needs gpu: 1, and there is none") as error:
        jobs.check_resources({"gpu": 1.0})
    assert error.value.fix == "Write `gpu = 1` below [jobs.resources] in workbench.toml, or ask for less."
    start_worker("other", WORKBENCH_JOBS_RESOURCES="gpu=1 memory=8GB")
    until(lambda: log.get(asked).status == "succeeded")
    assert json.dumps(log.get(asked).attributes["worker"]).startswith('"other-')
    jobs.check_resources({"gpu": 1.0})


def test_who_has_something_long_at_work_does_not_wait_for_ever_behind_what_others_ask_for() -> None:
    slots = Slots(2, {})
    long, before, second = slots.wait("1", ADA, {}), slots.wait("2", BOB, {}), slots.wait("3", ADA, {})

    def following(before: Turn) -> Turn:
        """What is asked for next, before the one before it has ended."""
        turn = slots.wait("4", BOB, {})
        slots.leave(before)
        return turn

    before = following(before)
    assert before.ready.is_set() and not second.ready.is_set(), "each has one"
    second.since -= A_TURN + 1
    slots._got["ada"] -= A_TURN + 1
    after = following(before)
    assert second.ready.is_set() and not after.ready.is_set(), "who has waited for half an hour"
    third = slots.wait("3", ADA, {})
    third.since -= A_TURN + 1
    slots.leave(long)
    assert after.ready.is_set() and not third.ready.is_set(), "she has just had a turn"


def test_ten_thousand_that_wait_are_looked_at_in_no_time(jobs: JobService, store: Store) -> None:
    at = now()
    for age, who in ((40, "ada"), (0, "bob")):
        jobs.submit("stages", who, {}, who)
        with store.write() as conn:
            conn.execute(
                update(job_requests).where(job_requests.c.requested_by == who).values(requested_at=iso(at - timedelta(minutes=age)))
            )
    assert [each.who for each in Requests(store).waiting(Counter(ada=1), {"ada": at - timedelta(minutes=20)})] == ["bob", "ada"]
    assert [each.who for each in Requests(store).waiting(Counter(ada=1), {"ada": at - timedelta(hours=2)})] == ["ada", "bob"]
    asked = {"action": "submit", "requested_at": iso(at - timedelta(hours=3)), "queue": "normal", "due_at": iso(at)}
    rows = [{"id": f"{n:05}", "run_id": f"{n:05}", "requested_by": f"p{n % 50}", **asked} for n in range(10_000)]
    with store.write() as conn:
        conn.execute(insert(job_requests), rows)
    at_work = Counter({f"p{n}": n for n in range(40)})
    took = []
    for _ in range(5):
        began = time.perf_counter()
        waiting = Requests(store).waiting(at_work, {who: at - timedelta(hours=2) for who in at_work})
        assert [next(waiting) for _ in range(20)]
        took.append(time.perf_counter() - began)
    assert min(took) < 0.1, took  # 35 ms on a machine that does nothing else
