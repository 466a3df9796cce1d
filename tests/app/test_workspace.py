"""What a person types in a notebook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import workbench
from workbench.app import init
from workbench.app.local import LocalWorkspace
from workbench.core.config import load_settings
from workbench.core.errors import (
    AlreadyExists,
    ColumnNotFound,
    CommitConflict,
    Conflict,
    DatasetNotFound,
    Forbidden,
    InvalidInput,
    SnapshotNotFound,
    WorkbenchError,
    WorkspaceNotFound,
)
from workbench.core.principals import Principal
from workbench.lake.records import ColumnChange
from workbench.runs.context import RunContext, use_context

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def people(ws: LocalWorkspace) -> Any:
    handle = ws.dataset("silver.people")
    handle.write({"id": [1, 2], "name": ["Ada", "<script>alert(1)</script>"]})
    return handle


@pytest.mark.parametrize("namespace", ["quarantine", "Quarantine", "temp", "system", "pg_catalog", "INFORMATION_SCHEMA"])
def test_nothing_is_made_where_loads_set_aside_or_sql_finds_nothing(
    ws: LocalWorkspace, people: Any, tmp_path: Path, namespace: str
) -> None:
    """A dataset in the place of what is set aside of another had each of that one's loads fail."""
    name = f"{namespace}.silver_people"
    with pytest.raises(InvalidInput, match=r"Nothing is made in|engine's own"):
        ws.dataset(name).write({"id": [1]})
    with pytest.raises(InvalidInput, match=r"Nothing is made in|engine's own"):
        ws.datasets.rename("silver.people", name)
    assert ws.query.writable(name).problem
    (tmp_path / "more.csv").write_text("id,name\n3,Bea\nfour,Cid\n")
    found = ws.ingest(tmp_path / "more.csv", name="silver.people", zone="silver", mode="append", drift="keep")
    assert (found.rows, found.rejected, len(ws.ingest.misfits("silver.people"))) == (1, 1, 1)
    with pytest.raises(Forbidden, match="keeps its name"):
        ws.query.run("alter table quarantine.silver_people drop column line")


def test_a_result_runs_once_and_only_when_it_is_needed(ws: LocalWorkspace, people: Any) -> None:
    before = len(ws.runs.list(kind="sql"))
    result = ws.sql("select * from people order by id")
    assert len(ws.runs.list(kind="sql")) == before
    assert result.arrow().num_rows == len(result) == len(result.pandas()) == len(result.polars()) == 2
    assert [row["id"] for row in result] == [1, 2]
    assert pa.table(result).num_rows == 2
    assert len(ws.runs.list(kind="sql")) == before + 1
    assert result.run_id == ws.runs.list(kind="sql")[0].id


def test_explaining_a_result_runs_nothing(ws: LocalWorkspace, people: Any) -> None:
    explained = ws.sql("select id from people").explain()
    assert [str(table.name) for table in explained.decision.tables] == ["silver.people"]
    assert ws.runs.list(kind="sql") == ()


def test_parameters_are_bound(ws: LocalWorkspace, people: Any) -> None:
    assert ws.sql("select name from people where name = $n", {"n": "Ada"}).arrow().to_pylist() == [{"name": "Ada"}]
    assert ws.sql("select name from people where id > ?", (1,)).arrow().num_rows == 1


def test_what_is_shown_in_a_notebook_is_escaped(ws: LocalWorkspace, people: Any) -> None:
    result = ws.sql("select *, '<b>' as \"<i>\" from people")
    for shown in (result._repr_html_(), people._repr_html_()):
        assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "<i>" not in result._repr_html_()
    result.arrow()
    assert "<script>" not in result._repr_html_() and "&lt;i&gt;" in result._repr_html_()
    people.describe("<img src=x>")
    assert re.search(r'white-space:nowrap">[\d.]+ k?B</td>', ws._repr_html_())
    assert "<img" not in ws._repr_html_() and "silver.people" in ws._repr_html_()


def test_a_long_result_is_shown_in_part_and_says_so(ws: LocalWorkspace) -> None:
    ws.dataset("silver.long").write({"n": list(range(500))})
    shown = ws.sql("select * from silver.long")._repr_html_()
    assert shown.count("<tr>") == 51
    assert "first 50 rows" in shown


def test_an_empty_workspace_says_what_to_do(ws: LocalWorkspace) -> None:
    assert "ws.ingest" in ws._repr_html_()


def test_a_snapshot_stays_as_it_was(ws: LocalWorkspace, people: Any) -> None:
    first = people.history()[0]
    people.write({"id": [3], "name": ["Zoë"]})
    people.tag("v2")
    people.write({"id": [9], "name": ["over"]}, mode="overwrite")
    assert people.at(first).read().num_rows == 2
    assert people.at(first.id).arrow().num_rows == 2
    assert people.at("v2").read(columns=["id"]).column("id").to_pylist() == [1, 2, 3]
    assert people.read().num_rows == 1
    with pytest.raises(SnapshotNotFound):
        people.at("v3")
    with pytest.raises(InvalidInput, match="snapshot"):
        people.at(first).write({"id": [1], "name": ["x"]})


def test_a_branch_is_written_and_published(ws: LocalWorkspace, people: Any) -> None:
    branch = people.branch("audit", create=True)
    branch.write({"id": [3], "name": ["Zoë"]})
    assert (people.read().num_rows, branch.read().num_rows) == (2, 3)
    assert len(branch.info.columns) == 2
    branch.publish()
    assert people.read().num_rows == 3
    with pytest.raises(InvalidInput):
        people.publish()
    people.tag("v1")
    with pytest.raises(
        InvalidInput, match=r"'v1' is a tag of silver.people, and only a branch can be published.*roll back.*branches: audit\."
    ):
        ws.datasets.publish(("silver.people",), "v1")
    with pytest.raises(InvalidInput, match=r"silver.people is on main already.*Its branches: audit\."):
        ws.datasets.publish(("silver.people",), "main")


def test_what_is_done_to_a_dataset_is_not_done_where_a_state_of_it_is_named(ws: LocalWorkspace, people: Any) -> None:
    branch = people.branch("audit", create=True)
    branch.write({"id": [3], "name": ["Zoë"]})
    first = people.history()[-1].id
    for handle in (branch, people.at(first)):
        for act in (
            handle.drop,
            lambda handle=handle: handle.rename("silver.others"),
            lambda handle=handle: handle.alter(ColumnChange(action="add", column="age", type="int")),
            lambda handle=handle: handle.rollback(first),
            handle.compact,
            lambda handle=handle: handle.expire(0),
        ):
            with pytest.raises(InvalidInput, match="is one state of"):
                act()
    assert people.info.name == "silver.people" and [column.name for column in people.columns] == ["id", "name"]
    # Branches and tags of a branch begin where it is, not where main is.
    assert branch.branch("further", create=True).read().num_rows == 3
    head = next(ref.snapshot_id for ref in people.refs() if ref.name == "audit")
    assert ws.datasets.create_tag("silver.people#audit", "kept").snapshot_id == head
    assert ws.datasets.create_branch(f"silver.people@{first}", "early").snapshot_id == first


def test_a_branch_that_main_has_left_behind_conflicts_and_loses_nothing(ws: LocalWorkspace, people: Any) -> None:
    branch = people.branch("audit", create=True)
    branch.write({"id": [7], "name": ["branch"]}, mode="overwrite")
    people.write({"id": [3], "name": ["main"]})
    with pytest.raises(CommitConflict):
        branch.publish()
    assert (people.read().num_rows, branch.read().num_rows) == (3, 1)


def test_a_handle_follows_a_rename_and_a_drop(ws: LocalWorkspace, people: Any) -> None:
    renamed = people.rename("gold.people")
    assert renamed.read().num_rows == 2
    renamed.drop()
    assert ws.catalog.list() == ()
    (dropped,) = ws.datasets.dropped()
    assert dropped.name == "gold.people" and dropped.purge_after > dropped.dropped_at
    with pytest.raises(DatasetNotFound) as missing:
        ws.datasets.undrop("gold.persons")
    assert "There are: gold.people." in (missing.value.fix or "")
    assert ws.dataset("people").undrop().rows == 2
    with pytest.raises(AlreadyExists, match=r"gold\.people is there, and no other one of that name was dropped"):
        ws.datasets.undrop("people")
    ws.dataset("people").write({"id": [3], "name": ["Zoë"]})
    for moment in ("2024-01-31 12:00", date(2024, 1, 31)):
        with pytest.raises(WorkbenchError, match="FOR TIMESTAMP AS OF '2024-01-31"):
            renamed.at(moment)
    renamed.rollback(renamed.history()[-1])
    assert renamed.rollback(renamed.history()[-1]).rows_total == 2
    renamed.tag("as_it_was")
    assert renamed.rollback("as_it_was").rows_total == 2
    with pytest.raises(SnapshotNotFound):
        renamed.rollback("nobody")
    assert renamed.delete_ref(renamed.branch("x", create=True)._branch)[0].name == "main"
    assert renamed.schema == pa.schema([("id", pa.int64()), ("name", pa.string())])


def test_a_mistyped_column_is_told_with_the_nearest(people: Any) -> None:
    with pytest.raises(ColumnNotFound, match="name"):
        people.read(columns=["nmae"])
    with pytest.raises(InvalidInput):
        people.read(limit=-1)


def test_ingest_takes_files_and_frames_that_have_a_name(ws: LocalWorkspace, tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_text("x\n1\n")
    assert ws.ingest(str(tmp_path / "a b.csv")).dataset == "bronze.a_b"
    assert ws.ingest({"x": [1, 2]}, "frame").rows == 2  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="no name of its own") as caught:
        ws.ingest({"x": [1]})  # type: ignore[arg-type]
    assert "ws.ingest(frame, 'bronze.my_table')" in (caught.value.fix or "")
    with pytest.raises(InvalidInput, match="A source is one file") as caught:
        ws.ingest(["a.csv", "b.csv"])
    assert "name a pattern" in (caught.value.fix or "")


def test_a_read_in_a_notebook_belongs_to_its_run(ws: LocalWorkspace, people: Any) -> None:
    with ws.services.log.run("notebook", "clean.ipynb", "ada") as run, use_context(RunContext(run.id, "clean.ipynb", "c1")):
        rows = people.read()
        ws.dataset("gold.copy").write(rows)
    edges = ws.lineage.upstream("gold.copy").edges
    assert [(edge.notebook, edge.cell, edge.run_id) for edge in edges] == [("clean.ipynb", "c1", run.id)]
    assert [node.name for node in ws.lineage.downstream("silver.people").nodes if node.depth] == ["gold.copy"]
    assert {io.name for io in ws.runs.get(run.id).inputs} == {"silver.people"}


def test_a_read_by_hand_is_a_run_of_its_own(ws: LocalWorkspace, people: Any) -> None:
    people.sample(1)
    found = ws.runs.list(kind="read")[0]
    assert (found.status, found.inputs[0].name) == ("succeeded", "silver.people")


def test_columns_of_awkward_types_come_back_as_they_are_declared(ws: LocalWorkspace) -> None:
    import uuid

    table = pa.table(
        {
            "u": pa.array([uuid.uuid4().bytes, None], pa.binary(16)),
            "n": pa.array([{"a": [{"b": 1}]}, None]),
            "m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
        }
    )
    ws.dataset("silver.odd").write(table)
    found = ws.dataset("silver.odd").read()
    assert found.to_pylist() == table.to_pylist()
    assert found.schema.field("u").type == pa.binary(16)
    assert ws.dataset("silver.odd").read(limit=1).num_rows == 1


def test_the_same_workspace_in_another_name(ws: LocalWorkspace, people: Any) -> None:
    other = ws.as_principal(Principal(name="zoe"))
    other.sql("select 1 as one").arrow()
    assert ws.runs.list(kind="sql")[0].principal == "zoe"
    assert other.services is ws.services
    assert other.system.status().principal == "zoe"


def test_threads_that_ask_first_get_the_same_services(tmp_path: Path) -> None:
    made = init(tmp_path / "p")
    fresh = LocalWorkspace(load_settings(tmp_path / "p", env={}))
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append((fresh.services.lake, fresh.services.engine))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    made.close()
    fresh.close()


def test_listing_needs_no_engine_and_no_queue(ws: LocalWorkspace, people: Any) -> None:
    code = (
        "import sys, workbench; ws = workbench.open(sys.argv[1]); assert ws.catalog.list(); ws.system.status(); ws.runs.list();"
        "print(sorted({'duckdb', 'polars', 'dbos', 'mlflow', 'sqlglot', 'fastapi', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, ws.address],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_process_that_has_queried_ends_without_a_sound(ws: LocalWorkspace, people: Any, scale: float) -> None:
    code = "import sys, workbench; ws = workbench.open(sys.argv[1]); ws.sql('select * from people').arrow(); ws.dataset('people').read()"
    for _ in range(3 if scale >= 1 else 1):
        done = subprocess.run(
            [sys.executable, "-c", code, ws.address],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_failures_do_not_print_between_a_persons_own_output(ws: LocalWorkspace, people: Any) -> None:
    code = (
        "import sys, workbench\nws = workbench.open(sys.argv[1])\n"
        "try:\n    ws.dataset('silver.people').write({'id': [1]}, mode='create')\nexcept Exception as e:\n    print(type(e).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, ws.address],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("AlreadyExists", "")
    assert "AlreadyExists" in (Path(ws.address) / ".workbench" / "logs" / "python.jsonl").read_text()


def test_opening_finds_the_nearest_workspace(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inner = Path(ws.address) / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert workbench.open().address == ws.address
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkspaceNotFound):
        workbench.open()
    monkeypatch.setenv("WORKBENCH_HOME", ws.address)
    assert workbench.open().address == ws.address


def test_a_workspace_is_made_once(ws: LocalWorkspace) -> None:
    with pytest.raises(AlreadyExists):
        init(ws.address)
    assert init(ws.address, exist_ok=True).address == ws.address


def test_the_handle_and_verbs_agree_about_bare_names(ws: LocalWorkspace, people: Any) -> None:
    assert ws.dataset("people").history() == people.history()
    ws.dataset("gold.people").write({"id": [1]})
    with pytest.raises((InvalidInput, Conflict), match="2 datasets"):
        ws.dataset("people").read()
