"""Steps that wait for a person."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import Place
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings
from workbench.core.errors import Conflict, Forbidden, InvalidInput, NotFound, RunNotFound
from workbench.core.principals import Principal
from workbench.pipelines.service import PipelineService
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL

Make = Callable[..., Path]
Until = Callable[..., None]

YAML = """steps:
  - {name: ask, approve: {by: [viewer, "user:eve"], message: "Are the figures right?"}}
  - {name: after, needs: [ask], function: "steps.py:after", params: {who: "{{ ask.by }}", said: "{{ ask.comment }}"}}
"""
AFTER = "def after(who, said):\n    return {'told': f'{who}: {said}'}\n"
ANN, EVE, BOB = (Principal(name=name, roles=roles) for name, roles in (("ann", ("analyst",)), ("eve", ()), ("bob", ())))


def asked(place: Place, name: str) -> str:
    (place.make(name, YAML) / "steps.py").write_text(AFTER)
    return place.pipelines.run(name).run.id


def test_a_run_waits_without_a_place_until_somebody_has_decided(shared: Place, until: Until) -> None:
    ws = LocalWorkspace(shared.settings)
    # More of them than the worker has places; another run is carried out meanwhile.
    waiting = [asked(shared, f"asks{number}") for number in range(3)]
    until(lambda: len(ws.pipelines.approvals()) == 3)
    (shared.make("plain", "steps: [{name: a, function: 's.py:a'}]") / "s.py").write_text("def a(): ...")
    assert shared.pipelines.run("plain", wait=True).run.status == "succeeded"
    # The worker tells who may decide.
    until(lambda: {each.facts["run_id"] for each in ws.notifications.list(unread=True)} >= set(waiting))
    first = ws.pipelines.approvals()[0]
    assert (first.run_id, first.step, first.message, first.by) == (waiting[0], "ask", "Are the figures right?", ("viewer", "user:eve"))

    # An analyst inherits the role viewer; eve is named. Bob is neither, and does not see the runs.
    ann, eve, bob = (ws.as_principal(who) for who in (ANN, EVE, BOB))
    assert [len(each.pipelines.approvals()) for each in (ann, eve, bob)] == [3, 3, 0]
    queue = ws.jobs.queue()
    assert [(each.job, each.waits_for) for each in queue][:1] == [("asks0.ask", "a decision: viewer, user:eve")] and len(queue) == 3
    assert ann.jobs.queue() == ()
    for attempt in (bob.pipelines.approve, bob.pipelines.reject):
        with pytest.raises(RunNotFound):
            attempt(waiting[0])
    with pytest.raises(NotFound, match="Step 'other' of this run does not wait"):
        ann.pipelines.approve(waiting[0], "other")
    narrowed = ws.as_principal(ANN.model_copy(update={"only": ("gold.*",)}))
    with pytest.raises((RunNotFound, Forbidden)):
        narrowed.pipelines.approve(waiting[0])

    seq = ws.services.audit.list(limit=1)[0].seq
    decision = ann.pipelines.approve(waiting[0], comment="fine")
    assert (decision.approved, decision.by, decision.comment, decision.step) == (True, "ann", "fine", "ask")
    assert [(e.who, e.verb, e.about) for e in ws.services.audit.list(limit=3) if e.seq > seq] == [("ann", "pipelines.approve", waiting[0])]
    eve.pipelines.reject(waiting[1], comment="no")
    until(lambda: all(shared.log.get(run).status in TERMINAL for run in waiting[:2]))
    good, bad = (shared.pipelines.of(run) for run in waiting[:2])
    assert good.run.status == "succeeded", good.run.error
    assert good.steps[1].attributes["outputs"] == {"told": "ann: fine"}
    assert [step.status for step in bad.steps] == ["failed", "skipped"]
    assert bad.run.error is not None
    assert (bad.run.error.code, bad.run.error.message) == ("rejected", "Step 'ask' was rejected by eve: no.")
    with pytest.raises(NotFound, match="does not wait"):
        ws.pipelines.approve(waiting[0])
    shared.jobs.cancel(waiting[2])
    with pytest.raises(NotFound):
        ws.pipelines.approve(waiting[2])
    assert ws.pipelines.approvals() == ()


def test_nobody_decides_in_time(shared: Place) -> None:
    shared.make("late", "steps: [{name: ask, approve: {by: viewer}, timeout: 0.5s}]")
    done = shared.pipelines.run("late", wait=True)
    assert done.run.error is not None
    assert done.run.error.code == "timed_out"
    assert done.run.error.message == "Step 'ask' failed: nobody decided within 0.5 seconds."
    with pytest.raises(NotFound, match="waits for a person"):
        shared.pipelines.notebook(done.steps[0].id)


def test_a_decision_needs_no_worker_and_counts_once(
    pipelines: PipelineService, log: RunLog, settings: Settings, make_pipeline: Make, start_worker: Callable[[], Any], until: Until
) -> None:
    (make_pipeline("asks", YAML) / "steps.py").write_text(AFTER)
    ws = LocalWorkspace(settings)
    worker = start_worker()
    queued = pipelines.run("asks")
    until(ws.pipelines.approvals)
    at = ws.pipelines.approvals()[0].asked_at
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert [each.asked_at for each in ws.pipelines.approvals()] == [at]
    ws.pipelines.approve(queued.run.id)
    with pytest.raises((NotFound, Conflict)):
        ws.pipelines.reject(queued.run.id)
    start_worker()
    until(lambda: log.get(queued.run.id).status in TERMINAL)
    assert log.get(queued.run.id).status == "succeeded"


@pytest.mark.parametrize(
    ("step", "said", "fix"),
    [
        ("approve: {by: []}", "steps[0].approve.by names nobody", "user:ada"),
        ("approve: {to: [a]}", "steps[0].approve.to is unknown", ""),
        ("approve: yes", "steps[0].approve must be a mapping", ""),
        ("approve: {by: a}, sql: a.sql", "steps[0].sql stands in a step that waits for a person", "a step of its own"),
        ("approve: {by: a}, retries: 2", "steps[0].retries stands in", ""),
    ],
)
def test_what_cannot_be_is_refused(pipelines: PipelineService, make_pipeline: Make, step: str, said: str, fix: str) -> None:
    make_pipeline("wrong", f"steps: [{{name: a, {step}}}]")
    with pytest.raises(InvalidInput) as error:
        pipelines.get("wrong")
    assert said in error.value.message
    assert fix in (error.value.fix or "")
