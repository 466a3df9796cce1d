"""Owner, tags, queue and limits of pipelines, and resources of steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipelines.conftest import workers
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings, load_settings
from workbench.core.errors import InvalidInput
from workbench.jobs import overview
from workbench.jobs.service import JobService
from workbench.jobs.workers import Register
from workbench.pipelines.service import PipelineService
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL
from workbench.store import Store

Make = Callable[..., Path]
Until = Callable[..., None]

WHOLE = """owner: ada
tags: [finance, daily]
queue: low
priority: 5
limits: {runs: 1}
steps:
  - {name: only, function: "steps.py:only", resources: {gpu: 1, memory: 2GB, licence: 1}}
"""


def test_a_step_waits_for_its_resources_and_says_for_what(root: Path, store: Store, make_pipeline: Make, until: Until) -> None:
    (root / "workbench.toml").write_text("format = 1\n[jobs.resources]\ngpu = 1\nmemory = '8GB'\nlicence = 1\n")
    settings = load_settings(root, env={})
    log = RunLog(store)
    pipelines = PipelineService(settings, JobService(settings, store, log), log)
    for name, resource in (("one", "gpu"), ("two", "gpu"), ("three", "licence"), ("four", "licence")):
        yaml = f"limits: {{runs: 1}}\nsteps: [{{name: only, function: 'steps.py:only', resources: {{{resource}: 1}}}}]"
        go = "import os, time\ndef only():\n    while not os.path.exists('go'): time.sleep(0.05)\n"
        (make_pipeline(name, yaml) / "steps.py").write_text(go)
    with workers(settings) as start:
        start()
        for first, second, resource in (("one", "two", "gpu"), ("three", "four", "licence")):
            begun = pipelines.run(first)
            until(lambda run=begun: log.get(run.steps[0].id).status == "running")
            waits = pipelines.run(second)
            again = pipelines.run(first, queue="high")
            until(lambda run=waits: log.get(run.steps[0].id).attributes.get("waits_for"))
            told = f"{resource}: 1 of 1 in use by run {begun.steps[0].id}"
            assert log.get(waits.steps[0].id).attributes["waits_for"] == told
            entries = {entry.run_id: entry for entry in LocalWorkspace(settings).jobs.queue()}
            assert entries[waits.steps[0].id].waits_for == told
            # The pipeline's own limit: a second run of it has not begun, and says why.
            assert entries[again.run.id].waits_for == f"runs of {first}: 1 of 1 in use by run {begun.run.id}"
            assert (entries[again.run.id].queue, entries[again.run.id].place) == ("high", 1)
            (worker,) = LocalWorkspace(settings).jobs.workers()
            assert {run.run_id: run.parts for run in worker.runs} == {begun.run.id: (f"{first}.only",), waits.run.id: ()}
            assert worker.resources == {"gpu": 1, "memory": 8e9}
            for name in (first, second):
                (root / "notebooks" / "pipelines" / name / "go").touch()
            until(lambda runs=(waits, again): all(log.get(run.run.id).status in TERMINAL for run in runs))
            assert [log.get(run.run.id).status for run in (begun, waits, again)] == ["succeeded"] * 3
            assert log.get(waits.steps[0].id).attributes["waits_for"] is None


def test_what_the_file_says_of_the_pipeline(pipelines: PipelineService, make_pipeline: Make) -> None:
    (make_pipeline("whole", WHOLE) / "steps.py").write_text("def only(): ...")
    found = pipelines.get("whole")
    assert (found.owner, found.tags, found.queue, found.priority, found.most_runs) == ("ada", ("finance", "daily"), "low", 5, 1)
    assert found.steps[0].resources == {"gpu": 1, "memory": 2e9, "licence": 1}
    with pytest.raises(InvalidInput, match="Step 'only': It needs gpu: 1, and there is none"):
        pipelines.run("whole")
    assert pipelines.log.count() == 0


def test_a_run_may_have_another_place_in_line(pipelines: PipelineService, make_pipeline: Make, log: RunLog) -> None:
    (make_pipeline("queued", "queue: low\npriority: 5\nsteps: [{name: a, function: 's.py:a'}]") / "s.py").write_text("def a(): ...")
    told = [pipelines.run("queued", **said).run.attributes for said in ({}, {"queue": "normal", "priority": 0}, {"queue": "high"})]
    assert [(each.get("queue"), each.get("priority")) for each in told] == [("low", 5), ("normal", 0), ("high", 5)]


@pytest.mark.parametrize(
    ("field", "said", "fix"),
    [
        ("owner: [a]", "owner is ['a']", "`owner: ada`"),
        ("tags: 3", "tags must be a list of words", "[finance, daily]"),
        ("queue: hihg", "queue is 'hihg'", "Did you mean 'high'?"),
        ("priority: 101", "priority is 101", "from 0 to 100"),
        ("limits: {run: 1}", "limits.run is unknown", "Did you mean 'runs'?"),
        ("limits: {runs: 0}", "limits.runs is 0", "from 1"),
        ("owners: x", "owners is unknown", "Did you mean 'owner'?"),
    ],
)
def test_what_cannot_be_is_refused(pipelines: PipelineService, make_pipeline: Make, field: str, said: str, fix: str) -> None:
    make_pipeline("wrong", f"{field}\nsteps: [{{name: a}}]", a=["1"])
    with pytest.raises(InvalidInput) as error:
        pipelines.get("wrong")
    assert said in error.value.message
    assert fix in (error.value.fix or "")


@pytest.mark.parametrize(
    ("amount", "said"), [("gpu: some", "steps[0].resources.gpu is 'some'"), ("gpu: 0", "resources.gpu is 0"), ("a b: 1", "'a b' is not")]
)
def test_amounts_are_numbers_or_sizes(pipelines: PipelineService, make_pipeline: Make, amount: str, said: str) -> None:
    make_pipeline("wrong", f"steps: [{{name: a, resources: {{{amount}}}}}]", a=["1"])
    with pytest.raises(InvalidInput) as error:
        pipelines.get("wrong")
    assert said in error.value.message


def test_settings_tell_what_there_is(settings: Settings, root: Path) -> None:
    (root / "workbench.toml").write_text("format = 1\n[jobs]\nresources = {gpu = 2, memory = '8GB'}\n")
    rows = {row[0]: row[1] for row in load_settings(root, env={}).rows()}
    assert rows["jobs.resources"] == "gpu=2 memory=8GB"


def test_what_is_at_work_is_counted_once_for_the_whole_queue(
    pipelines: PipelineService, store: Store, log: RunLog, settings: Settings, make_pipeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    Register(store, "a-worker", "worker", 10).enter()
    make_pipeline("one", "limits: {runs: 1}\nsteps: [{name: only}]\n", only=["1"])
    for _ in range(5):
        pipelines.run("one")
    looked: list[str] = []
    monkeypatch.setattr(overview, "begun", lambda store, log, run: looked.append(run.job) or ())
    assert [each.waits_for for each in overview.queue(settings, store, log, 100)] == ["a place at a worker"] * 5
    assert looked == ["one"]


def test_what_waits_follows_the_limit_that_is_published(
    pipelines: PipelineService,
    log: RunLog,
    make_pipeline: Make,
    start_worker: Callable[[], object],
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limited = "limits: {{runs: {}}}\nsteps: [{{name: only, function: 'steps.py:only', timeout: 1m}}]"
    folder = make_pipeline("one", limited.format(1))
    (folder / "steps.py").write_text("import os, time\ndef only():\n    while not os.path.exists('go'): time.sleep(0.05)\n")
    other = make_pipeline("other", limited.format(1))
    (other / "steps.py").write_text((folder / "steps.py").read_text())
    runs = [pipelines.run(name).run.id for name in ("one", "one", "one", "other", "other")]
    monkeypatch.setenv("WORKBENCH_JOBS_CONCURRENCY", "6")
    start_worker()
    until(lambda: [log.get(run).status for run in runs] == ["running", "queued", "queued", "running", "queued"])
    (folder / "pipeline.yaml").write_text(limited.format(2))
    pipelines.publish("one")
    until(lambda: [log.get(run).status for run in runs] == ["running", "running", "queued", "running", "queued"])
    (folder / "pipeline.yaml").write_text("steps: [{name: only, function: 'steps.py:only', timeout: 1m}]")
    pipelines.publish("one")
    until(lambda: log.get(runs[2]).status == "running")
    assert log.get(runs[4]).status == "queued"
    for each in (folder, other):
        (each / "go").touch()
    until(lambda: {log.get(run).status for run in runs} == {"succeeded"})


def test_a_resource_that_is_taken_away_is_told_and_a_repair_asks_for_what_the_files_say_now(
    root: Path, store: Store, make_pipeline: Make, until: Until
) -> None:
    (root / "workbench.toml").write_text("format = 1\n[jobs.resources]\ngpu = 1\nlicence = 1\n")
    log, made = RunLog(store), {}
    for resource in ("licence", "gpu"):
        yaml = f"steps: [{{name: only, function: 'steps.py:only', resources: {{{resource}: 1}}}}]"
        (make_pipeline(resource, yaml) / "steps.py").write_text("def only(): ...")
        settings = load_settings(root, env={})
        made[resource] = PipelineService(settings, JobService(settings, store, log), log).run(resource).run.id
    (root / "workbench.toml").write_text("format = 1\n")
    settings = load_settings(root, env={})
    jobs = JobService(settings, store, log)
    pipelines = PipelineService(settings, jobs, log)
    with workers(settings) as start:
        start()
        until(lambda: log.get(made["licence"]).status == "failed")
        error = log.get(made["licence"]).error
        assert error is not None and "licence: 1, of 0 that the workspace has" in error.message and "repair" in str(error.fix)
        # Another machine may have it.
        assert log.get(made["gpu"]).status == "queued"
        assert [entry.waits_for for entry in overview.queue(settings, store, log, 10)] == ["a worker with gpu: 1"]
        jobs.cancel(made["gpu"])
        for act in (pipelines.repair, pipelines.rerun):
            with pytest.raises(InvalidInput, match="gpu: 1, and there is none"):
                act(made["gpu"])
        (root / "notebooks/pipelines/gpu/pipeline.yaml").write_text("steps: [{name: only, function: 'steps.py:only'}]")
        assert pipelines.repair(made["gpu"], source="current", wait=True).run.status == "succeeded"
