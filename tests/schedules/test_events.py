"""Schedules on events: each event runs once, and only what its owner sees."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pyarrow as pa
import pytest

from tests.schedules.conftest import Clocked
from workbench.core.clock import now
from workbench.core.errors import DatasetNotFound, Forbidden, InvalidInput, PipelineNotFound
from workbench.core.principals import Principal
from workbench.pipelines.schedules.ticker import Ticker

ROWS = pa.table({"a": [1]})
LOOK = timedelta(seconds=6)


def test_a_dataset_that_is_written_to_runs_it_once_each_time(here: Clocked) -> None:
    ws = here.ws
    ws.datasets.write("silver.orders", ROWS)
    made = ws.schedules.add("nightly", on="dataset:orders", params={"label": "{{ schedule.dataset }}"})
    assert (made.words, made.definition.on, made.next) == ("When silver.orders is written to", "dataset:silver.orders", ())
    assert here.tick() == 0  # what was before it, is nothing to it
    ws.datasets.write("silver.orders", ROWS)
    ws.datasets.write("silver.others", ROWS)
    ws.datasets.create_branch("silver.orders", "aside")
    ws.datasets.write("silver.orders", ROWS, branch="aside")
    assert here.tick() == 1 and here.tick() == 0
    assert here.runs()[0].params["label"] == "silver.orders"
    ws.datasets.write("silver.orders", ROWS)
    assert here.tick() == 0  # it waits for the one before
    here.end()
    services = ws.services.schedules
    assert Ticker(services.shelf, services.claims, services.backfills).tick(here.at) == 1  # another worker
    assert here.tick() == 0 and len(here.runs()) == 2


def test_a_pipeline_that_ended_runs_it_and_no_circle_is_run(here: Clocked) -> None:
    ws = here.ws
    ws.schedules.add("nightly", on="pipeline:nightly:failed", name="after", overlap="allow")
    first = ws.pipelines.run("nightly").run.id
    error = {"code": "x", "message": "no", "fix": None}
    here.end("run.succeeded")
    assert here.tick() == 0
    second = ws.pipelines.run("nightly").run.id
    here.end("run.failed", error=error)
    assert here.tick() == 1
    runs = [run for run in ws.services.log.list(kind="pipeline") if run.id not in (first, second)]
    assert [run.status for run in runs] == ["queued"]
    here.end("run.failed", error=error)
    assert here.tick() == 0  # that was its own


def test_a_file_that_comes_runs_it_once_and_again_when_it_has_changed(here: Clocked) -> None:
    folder = here.ws.settings.root / "incoming"
    folder.mkdir()
    (folder / "old.csv").write_text("a\n1\n")
    here.ws.schedules.add("nightly", on=f"file:{folder}/*.csv", params={"label": "{{ schedule.file }}"}, overlap="allow")
    assert [here.tick(LOOK) for _ in range(3)] == [0, 0, 0]
    (folder / "new.csv").write_text("a\n1\n")
    assert [here.tick(LOOK) for _ in range(3)] == [0, 1, 0]  # complete when two looks find it the same
    assert here.runs()[0].params["label"] == str(folder / "new.csv")
    (folder / "old.csv").write_text("a\n1\n2\n")
    assert [here.tick(LOOK) for _ in range(3)] == [0, 1, 0]


def test_files_are_looked_for_as_long_as_who_asked_may_name_them(here: Clocked) -> None:
    ws, folder = here.ws, here.ws.settings.root / "incoming"
    folder.mkdir()
    ws.compliance.apply("version: 1\ngrants: [{to: 'user:ann', what: 'pipeline:nightly', may: [run]}]\n")
    ws.users.add("ann", ("admin",))
    ws.as_principal(Principal(name="ann")).schedules.add("nightly", on=f"file:{folder}/*.csv", overlap="allow")
    ws.users.change("ann", roles=())
    (folder / "new.csv").write_text("a\n1\n")
    assert [here.tick(LOOK) for _ in range(3)] == [0, 0, 0]
    assert ws.schedules.get("nightly").problem == "Schedules on files are for administrators."
    ws.users.change("ann", roles=("admin",))
    assert [here.tick(LOOK) for _ in range(3)] == [0, 1, 0]


def test_a_dataset_that_is_not_fresh_runs_it_once_until_it_is_written_to(here: Clocked) -> None:
    here.ws.datasets.write("gold.delays", ROWS)
    here.at = now()
    here.ws.schedules.add("nightly", on="freshness:gold.delays:24h", overlap="allow")
    assert here.tick(timedelta(hours=23)) == 0 and here.tick(timedelta(hours=2)) == 1 and here.tick(timedelta(days=3)) == 0


def test_a_schedule_whose_event_cannot_come_any_more_says_so(here: Clocked) -> None:
    ws = here.ws
    ws.datasets.write("silver.orders", ROWS)
    shutil.copytree(here.folder, here.folder.with_name("other"))
    yaml = here.folder.with_name("other") / "pipeline.yaml"
    yaml.write_text(yaml.read_text().replace("nightly", "other"))
    for name, event in (("written", "dataset:silver.orders"), ("stale", "freshness:silver.orders:24h"), ("after", "pipeline:other")):
        assert ws.schedules.add("nightly", name=name, on=event).problem is None
    ws.datasets.drop("silver.orders")
    shutil.rmtree(yaml.parent)
    assert here.tick(LOOK) == 0
    said = {each.name: each.problem for each in ws.schedules.list()}
    assert said["written"] == said["stale"] == "There is no dataset 'silver.orders'."
    assert said["after"] == "There is no pipeline 'other'."
    ws.datasets.write("silver.orders", ROWS)
    assert ws.schedules.get("written").problem is None


def test_what_one_does_not_see_is_no_event(here: Clocked) -> None:
    ws = here.ws
    ws.datasets.write("silver.orders", ROWS)
    policy = "version: 1\ngrants: [{to: 'user:eve', what: 'pipeline:nightly', may: [run]}]\n"
    ws.compliance.apply(policy)
    ws.users.add("eve")
    eve = ws.as_principal(Principal(name="eve", roles=()))
    with pytest.raises(DatasetNotFound):
        eve.schedules.add("nightly", on="dataset:silver.orders")
    with pytest.raises(Forbidden):
        eve.schedules.add("nightly", on="file:incoming")
    with pytest.raises(PipelineNotFound):
        eve.schedules.add("nightly", on="pipeline:other")
    assert eve.schedules.add("nightly", on="pipeline:nightly").owner == "eve"
    assert [each.name for each in eve.schedules.list()] == ["nightly"]
    for wrong in ("dataset", "pipeline:x:maybe", "freshness:x", "moon:full"):
        with pytest.raises(InvalidInput):
            ws.schedules.add("nightly", on=wrong, name="other")
    with pytest.raises(InvalidInput):
        ws.schedules.add("nightly", "daily", on="pipeline:nightly", name="other")
    ws.schedules.add("nightly", "daily", name="mine", params={"label": "secret"})
    with pytest.raises(Forbidden, match="somebody else's"):
        eve.schedules.pause("mine")
    # She may have it run, and is not told with what, by whatever verb; also if she may look at the pipeline.
    for rights in ("[run]", "[read, run]"):
        ws.compliance.apply(policy.replace("[run]", rights))
        run = eve.schedules.run("mine")
        told = (run, eve.runs.get(run.id), eve.pipelines.status("nightly", run.id).run, *eve.runs.list())
        assert all("secret" not in each.model_dump_json() for each in told) and "secret" in ws.runs.get(run.id).model_dump_json()
        with pytest.raises(Forbidden):
            eve.runs.events(run.id)
        assert all("secret" not in event.model_dump_json() for event in eve.system.events(limit=1000))
    # Nor by having it run again, as it was or as it is now, when they fit no longer.
    assert "secret" not in eve.pipelines.rerun(run.id).model_dump_json()
    with ws.services.store.write() as conn:
        ws.services.log.append(conn, run.id, "run.cancelled")
    yaml = ws.services.settings.root / "notebooks/pipelines/nightly/pipeline.yaml"
    kept = yaml.read_text()
    yaml.write_text(kept.replace('default: ""}', 'default: "", choices: ["", day]}'))
    ws.pipelines.publish("nightly")
    for act in (
        lambda by: by.pipelines.rerun(run.id, source="current"),
        lambda by: by.pipelines.repair(run.id, source="current"),
        lambda by: by.schedules.run("mine"),
    ):
        for by, knows in ((eve, False), (ws, True)):
            with pytest.raises(InvalidInput) as refused:
                act(by)
            assert ("secret" in str(refused.value)) == knows
    assert all("secret" not in each.model_dump_json() for each in eve.schedules.dates("mine"))
    assert eve.pipelines.rerun(run.id, {"label": "day"}, source="current").run.status == "queued"
    yaml.write_text(kept)
    ws.pipelines.publish("nightly")
    # A run that she gives values is told to her in full. Before its turn she cannot have it.
    with pytest.raises(Forbidden, match="before the turn"):
        eve.pipelines.run("nightly", queue="high")
    eve.pipelines.run("nightly", queue="low", version=1)
    assert eve.pipelines.run("nightly", {"label": "hers"}).run.params["label"] == "hers"


def test_an_event_is_told_to_who_sees_what_it_is_about(here: Clocked) -> None:
    ws = here.ws
    ws.datasets.write("silver.hidden", ROWS)
    ws.datasets.write("silver.shown", ROWS)
    (ws.settings.root / "incoming").mkdir()
    shutil.copytree(here.folder, here.folder.with_name("hidden"))
    yaml = here.folder.with_name("hidden") / "pipeline.yaml"
    yaml.write_text(yaml.read_text().replace("nightly", "hidden"))
    for name, on in (
        ("a", "dataset:hidden"), ("b", "freshness:hidden:2h"), ("c", "pipeline:hidden"),
        ("d", f"file:{ws.settings.root}/incoming"), ("e", "dataset:shown"),
    ):  # fmt: skip
        ws.schedules.add("nightly", on=on, name=name)
    grants = "{to: 'user:eve', what: silver.shown}, {to: 'user:eve', what: 'pipeline:nightly', may: [read, run]}"
    ws.compliance.apply(f"version: 1\ngrants: [{grants}]\n")
    ws.users.add("eve")
    eve = ws.as_principal(Principal(name="eve", roles=()))
    told = {each.name: (each.definition.on, each.words) for each in eve.schedules.list()}
    unseen = "On an event that you do not see"
    assert told == {
        "a": ("dataset:?", unseen), "b": ("freshness:?", unseen), "c": ("pipeline:?", unseen), "d": ("file:?", unseen),
        "e": ("dataset:silver.shown", "When silver.shown is written to"),
    }  # fmt: skip
    assert eve.schedules.get("a").words == unseen and ws.schedules.get("a").words == "When silver.hidden is written to"


def test_how_a_pipeline_ends_is_an_event_as_long_as_one_may_know_of_it(here: Clocked) -> None:
    ws = here.ws
    shutil.copytree(here.folder, here.folder.with_name("other"))
    yaml = here.folder.with_name("other") / "pipeline.yaml"
    yaml.write_text(yaml.read_text().replace("nightly", "other"))
    mine, both = (f"version: 1\ngrants: [{{to: 'user:eve', what: 'pipeline:{what}', may: [run]}}]\n" for what in ("nightly", "*"))
    ws.compliance.apply(both)
    ws.users.add("eve")
    ws.as_principal(Principal(name="eve", roles=())).schedules.add("nightly", on="pipeline:other:ended", overlap="allow")
    ws.compliance.apply(mine)
    ws.pipelines.run("other")
    here.end()
    assert here.tick() == 0
    ws.compliance.apply(both)
    assert here.tick() == 1
