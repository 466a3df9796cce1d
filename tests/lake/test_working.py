"""A branch in main's place: what a run writes it reads, with its columns, and nobody else does before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import func, select

from workbench.app.local import LocalWorkspace
from workbench.app.publishing import forget
from workbench.core.clock import now
from workbench.core.config import Settings
from workbench.core.errors import CommitConflict, DatasetNotFound, InvalidInput
from workbench.core.ids import new_id
from workbench.core.principals import Principal, local_principal
from workbench.core.working import WORKING_VARIABLE, at_once
from workbench.pipelines.publishing import branch_of
from workbench.store.tables import working_branches

BRANCH = branch_of(new_id())
POLICY = """
version: 1
grants: [{to: analyst, what: "*.*"}]
masks: [{name: mail, tags: [personal], mask: {kind: constant, value: hidden}}]
"""


@pytest.fixture
def ws(settings: Settings) -> Iterator[LocalWorkspace]:
    with LocalWorkspace(settings) as opened:
        opened.datasets.write("silver.a", pa.table({"x": [1, 2, 3], "mail": ["a@x.org", "b@x.org", "c@x.org"]}), "create")
        yield opened


def asked(ws: LocalWorkspace, sql: str) -> list[dict[str, Any]]:
    return ws.sql(sql).arrow().to_pylist()


def publish(ws: LocalWorkspace, *names: str) -> None:
    ws.services.writer.publish(names, BRANCH, end=True)


def test_a_run_sees_what_it_writes_and_others_do_when_all_is_published(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    ws.datasets.write("silver.a", pa.table({"x": [4], "mail": ["d@x.org"]}), "append")
    asked(ws, "UPDATE silver.a SET x = x + 10 WHERE x = 1")
    asked(ws, "CREATE TABLE gold.t AS SELECT x, x * 2 AS y FROM silver.a")
    asked(ws, "CREATE OR REPLACE TABLE silver.a AS SELECT x, 'n' AS name FROM silver.a")
    asked(ws, "ALTER TABLE silver.a ADD COLUMN extra INTEGER")
    asked(ws, "INSERT INTO silver.a (x, name, extra) VALUES (99, 'z', 1)")
    ws.datasets.create_tag("silver.a", "mine")
    whole = "SELECT * FROM silver.a ORDER BY x"
    mine = [{"x": x, "name": "n", "extra": None} for x in (2, 3, 4, 11)] + [{"x": 99, "name": "z", "extra": 1}]
    assert asked(ws, whole) == ws.datasets.read("silver.a").sort_by("x").to_pylist() == mine
    assert [column.name for column in ws.catalog.get("silver.a").columns] == ["x", "name", "extra"]
    assert asked(ws, "SELECT max(y) AS y FROM gold.t") == [{"y": 22}]

    with at_once():  # as any other process sees it
        theirs = [{"x": 1, "mail": "a@x.org"}, {"x": 2, "mail": "b@x.org"}, {"x": 3, "mail": "c@x.org"}]
        assert asked(ws, whole) == ws.datasets.read("silver.a").sort_by("x").to_pylist() == theirs
        assert [column.name for column in ws.catalog.get("silver.a").columns] == ["x", "mail"]
        assert asked(ws, "SELECT count(*) AS n FROM gold.t") == [{"n": 0}]
        assert {ref.name for ref in ws.datasets.refs("silver.a")} == {"main", BRANCH, "mine"}

    monkeypatch.delenv(WORKING_VARIABLE)
    publish(ws, "silver.a", "gold.t")
    assert asked(ws, whole) == ws.datasets.read("silver.a").sort_by("x").to_pylist() == mine
    assert asked(ws, "SELECT max(y) AS y FROM gold.t") == [{"y": 22}]
    assert {ref.name for ref in ws.datasets.refs("silver.a")} == {"main", "mine"}
    properties = ws.services.lake.table("silver.a").metadata.properties
    assert not [name for name in properties if BRANCH in name]


def test_a_column_that_a_run_makes_of_a_tagged_one_is_masked_once_it_is_there(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ws.catalog.tag("silver.a", "personal", column="mail")
    ws.compliance.apply(POLICY)
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    # Names change hands: the new columns have other ids.
    asked(ws, "CREATE OR REPLACE TABLE silver.a AS SELECT mail AS x, x AS mail, mail AS who FROM silver.a")
    asked(ws, "CREATE TABLE gold.t AS SELECT x, who FROM silver.a")
    monkeypatch.delenv(WORKING_VARIABLE)
    ann = ws.as_principal(Principal(name="ann", roles=("analyst",)))
    for name in (f'"silver.a#{BRANCH}"', f'"gold.t#{BRANCH}"'):
        assert asked(ann, f"SELECT DISTINCT x, who FROM {name}") == [{"x": "hidden", "who": "hidden"}]
    publish(ws, "silver.a", "gold.t")
    for name in ("silver.a", "gold.t"):
        assert asked(ann, f"SELECT DISTINCT x, who FROM {name}") == [{"x": "hidden", "who": "hidden"}]


def test_appends_join_what_others_wrote_meanwhile_and_anything_else_conflicts(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    row = pa.table({"x": [4], "mail": ["d@x.org"]})
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    ws.datasets.write("silver.a", row, "append")
    monkeypatch.delenv(WORKING_VARIABLE)
    ws.datasets.write("silver.a", row, "append")
    publish(ws, "silver.a")
    assert asked(ws, "SELECT count(*) AS n FROM silver.a") == [{"n": 5}]

    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    asked(ws, "DELETE FROM silver.a WHERE x = 4")
    asked(ws, "CREATE TABLE gold.t AS SELECT 1 AS one")
    monkeypatch.delenv(WORKING_VARIABLE)
    ws.datasets.write("silver.a", row, "append")
    with pytest.raises(CommitConflict, match="did more than append"):
        publish(ws, "gold.t", "silver.a")
    assert asked(ws, "SELECT count(*) AS n FROM silver.a") == [{"n": 6}]
    with pytest.raises(DatasetNotFound, match="a pipeline's run is making it"):
        asked(ws, "FROM gold.t")

    for change in ("ALTER TABLE silver.a ADD COLUMN one INTEGER", "ALTER TABLE silver.a ADD COLUMN two INTEGER"):
        monkeypatch.setenv(WORKING_VARIABLE, "run-2") if "one" in change else monkeypatch.delenv(WORKING_VARIABLE)
        asked(ws, change)
    with pytest.raises(CommitConflict, match="other columns"):
        ws.services.writer.publish(["silver.a"], "run-2", end=True)


def test_what_is_taken_in_does_not_wait_for_the_rest_of_its_run(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    source = ws.settings.root / "more.csv"
    source.write_text("x,mail\n1,a@x.org\n2,b@x.org\n")
    name = ws.ingest(source).dataset
    with ws.services.store.read() as conn:
        assert conn.execute(select(func.count()).select_from(working_branches)).scalar() == 0
    with at_once():
        assert asked(ws, f"SELECT count(*) AS n FROM {name}") == [{"n": 2}]


def test_a_dataset_is_made_anew_of_itself_with_fewer_columns(ws: LocalWorkspace) -> None:
    asked(ws, "CREATE OR REPLACE TABLE silver.a AS SELECT mail AS who FROM silver.a WHERE x > 1")
    assert asked(ws, "SELECT * FROM silver.a ORDER BY who") == [{"who": "b@x.org"}, {"who": "c@x.org"}]


def test_what_a_run_never_published_is_given_up_with_the_run(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    asked(ws, "CREATE TABLE gold.t AS SELECT x FROM silver.a")
    asked(ws, "DELETE FROM silver.a")
    monkeypatch.delenv(WORKING_VARIABLE)
    assert forget(ws.services, local_principal(), now()) == 1  # nobody knows the run
    assert ws.services.lake.names() == ("silver.a",)
    assert [ref.name for ref in ws.datasets.refs("silver.a")] == ["main"]
    assert asked(ws, "SELECT count(*) AS n FROM silver.a") == [{"n": 3}]


def test_maintenance_within_a_run_leaves_main_its_files(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    asked(ws, "DELETE FROM silver.a WHERE x = 1")
    for number in range(7):  # more than are kept in any case
        ws.datasets.write("silver.a", pa.table({"x": [number], "mail": ["z@x.org"]}), "append")
    ws.datasets.expire("silver.a", 0)
    ws.datasets.compact("silver.a")
    monkeypatch.delenv(WORKING_VARIABLE)
    assert asked(ws, "SELECT count(*) AS n FROM silver.a") == [{"n": 3}]
    publish(ws, "silver.a")
    assert asked(ws, "SELECT count(*) AS n FROM silver.a") == [{"n": 9}]


def test_what_was_rolled_back_meanwhile_does_not_come_back(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"mail": ["z@x.org"]}
    first = ws.datasets.snapshots("silver.a")[0].id
    ws.datasets.write("silver.a", pa.table({"x": [666], **row}), "append")
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    ws.datasets.write("silver.a", pa.table({"x": [4], **row}), "append")
    with pytest.raises(InvalidInput, match="cannot roll"):
        ws.datasets.rollback("silver.a", first)
    monkeypatch.delenv(WORKING_VARIABLE)
    ws.datasets.rollback("silver.a", first)
    publish(ws, "silver.a")
    assert asked(ws, "SELECT x FROM silver.a ORDER BY x") == [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}]


def test_a_runs_branch_is_its_own(ws: LocalWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = pa.table({"x": [4], "mail": ["d@x.org"]})
    for act in (
        lambda: ws.datasets.write("silver.a", row, "append", branch=BRANCH),
        lambda: ws.datasets.create_branch("silver.a", BRANCH),
        lambda: ws.datasets.delete_ref("silver.a", BRANCH),
        lambda: ws.datasets.publish(("silver.a",), BRANCH),
        lambda: asked(ws, f"INSERT INTO \"silver.a#{BRANCH}\" VALUES (4, 'd@x.org')"),
    ):
        monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
        ws.datasets.write("silver.a", row, "append")
        monkeypatch.delenv(WORKING_VARIABLE)
        with pytest.raises(InvalidInput, match="its own"):
            act()
    monkeypatch.setenv(WORKING_VARIABLE, BRANCH)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    with pytest.raises(InvalidInput, match="in the workspace of its run"):
        LocalWorkspace(ws.settings)
