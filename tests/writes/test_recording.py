"""A change and its lineage are one: same transaction, right run, right cell."""

from __future__ import annotations

import threading
from typing import Any

import pyarrow as pa
import pytest

from workbench.core.errors import CommitConflict, Conflict, InvalidInput
from workbench.core.principals import Principal
from workbench.runs.context import RunContext, set_cell, use_context
from workbench.runs.records import DatasetIO

ONE = pa.table({"id": [1]})


def test_a_write_is_a_run_with_its_inputs_and_output(place: Any) -> None:
    source = DatasetIO(kind="file", id="sha256:00", name="flights.csv")
    snapshot = place.writer.write("silver.x", ONE, principal=Principal(name="ada"), inputs=[source])
    (run,) = place.log.list()
    assert (run.kind, run.job, run.status, run.principal) == ("write", "silver.x", "succeeded", "ada")
    assert run.inputs == (source,) and run.id == snapshot.run_id
    (output,) = run.outputs
    info = place.lake.info("silver.x")
    assert (output.id, output.snapshot_id, output.operation, output.rows) == (info.table_uuid, snapshot.id, "create", 1)
    assert output.columns == ("id",) and output.bytes == info.bytes


def test_a_write_in_a_notebooks_run_belongs_to_it_with_its_cell(place: Any) -> None:
    with place.log.run("step", "clean", "ada") as run, use_context(RunContext(run.id, "clean.ipynb", "cell-3")):
        place.writer.write("silver.x", ONE)
        place.writer.write("silver.x", ONE, key="again")
        place.writer.write("silver.x", ONE, key="again")
    (found,) = place.log.list()
    assert found.kind == "step"
    assert [(io.operation, io.notebook, io.cell) for io in found.outputs] == [
        ("create", "clean.ipynb", "cell-3"),
        ("append", "clean.ipynb", "cell-3"),
    ]


def test_a_key_used_again_in_another_mode_is_refused(place: Any) -> None:
    place.writer.write("silver.x", ONE)
    appended = place.writer.write("silver.x", ONE, key="monday")
    assert place.writer.write("silver.x", ONE, key="monday").id == appended.id
    for mode in ("overwrite", "create"):
        with pytest.raises(Conflict, match="used before"):
            place.writer.write("silver.x", ONE, mode, key="monday")
    replaced = place.writer.write("silver.x", ONE, "overwrite", key="tuesday")
    assert place.writer.write("silver.x", ONE, "overwrite", key="tuesday").id == replaced.id
    with pytest.raises(Conflict, match="overwrite"):
        place.writer.write("silver.x", ONE, key="tuesday")


def test_a_write_in_a_notebook_without_a_run_says_notebook_and_cell(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NOTEBOOK", "explore.ipynb")
    set_cell("c1")
    try:
        place.writer.write("silver.x", ONE)
    finally:
        set_cell(None)
    (run,) = place.log.list()
    assert (run.outputs[0].notebook, run.outputs[0].cell) == ("explore.ipynb", "c1")


def test_a_failed_write_is_a_failed_run_without_output(place: Any) -> None:
    place.writer.write("silver.x", ONE)
    with pytest.raises(InvalidInput):
        place.writer.write("silver.x", pa.table({"other": [1]}))
    run = place.log.list()[0]
    assert (run.status, run.outputs, run.error.code) == ("failed", (), "invalid_input")


def test_a_publish_is_one_run_that_wrote_each_table(place: Any) -> None:
    for name in ("silver.a", "silver.b", "silver.c"):
        place.writer.write(name, ONE)
        place.writer.create_branch(name, "dev")
    for name in ("silver.a", "silver.b"):
        place.writer.write(name, ONE, branch="dev")
    place.writer.publish(["silver.a", "silver.b", "silver.c", "silver.a"], "dev")
    run = place.log.list()[0]
    assert run.kind == "publish" and [io.name for io in run.outputs] == ["silver.a", "silver.b"]
    assert {io.rows for io in run.outputs} == {1} and {io.branch for io in run.outputs} == {"main"}


def test_names_that_change_are_events_of_their_run(place: Any) -> None:
    place.writer.write("silver.x", ONE)
    uuid = place.lake.info("silver.x").table_uuid
    place.writer.rename("silver.x", "silver.y")
    place.writer.drop("silver.y", principal="ada")
    place.writer.undrop("silver.y")
    events = [(event.type, event.body) for event in place.log.events() if event.type.startswith("dataset.")]
    assert events == [
        ("dataset.renamed", {"table_uuid": uuid, "name": "silver.x", "new_name": "silver.y"}),
        ("dataset.dropped", {"table_uuid": uuid, "name": "silver.y"}),
        ("dataset.undropped", {"table_uuid": uuid, "name": "silver.y"}),
    ]
    assert {run.kind for run in place.log.list()} == {"write", "maintenance"}


def test_a_key_counts_for_one_dataset_and_branch(place: Any) -> None:
    place.writer.write("silver.x", ONE, key="k")
    place.writer.write("silver.y", ONE, key="k")
    place.writer.write("silver.x", ONE, key="k", branch="dev")
    assert place.lake.info("silver.x").rows == place.lake.info("silver.y").rows == 1
    assert place.lake.plan("silver.x#dev").rows == 2


def test_threads_that_create_the_same_dataset_all_write(place: Any) -> None:
    errors: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for step in range(5):
                place.writer.write("silver.x", pa.table({"id": [worker * 10 + step]}))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert place.plain_ids("silver.x") == sorted(worker * 10 + step for worker in range(4) for step in range(5))


def test_of_two_overwrites_at_once_one_conflicts_and_nothing_is_mixed(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [0]}))
    barrier, outcomes = threading.Barrier(4), []

    def work(worker: int) -> None:
        barrier.wait()
        try:
            place.writer.write("silver.x", pa.table({"id": [worker, worker + 100]}), mode="overwrite")
            outcomes.append("written")
        except CommitConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = place.plain_ids("silver.x")
    assert second == first + 100 and len(outcomes) == 4 and "written" in outcomes
    place.writer.expire("silver.x")
    files = {file.path for file in place.lake.storage.list(place.lake.table("silver.x").metadata.location) if "/data/" in file.path}
    assert files == set(place.lake.plan("silver.x").paths)


def test_data_frames_are_taken_through_their_arrow_stream(place: Any) -> None:
    import polars

    frame = polars.DataFrame({"id": [1, 2], "kind": ["a", "b"]}, schema_overrides={"kind": polars.Categorical})
    place.writer.write("silver.x", frame)
    assert place.lake.plan("silver.x").to_arrow().to_pylist() == [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}]
    with pytest.raises(InvalidInput, match="A dict cannot be written"):
        place.writer.write("silver.x", {"id": [1]})
