"""What is made of a tagged column is tagged: at once, whenever the tag came, however it was made, until a person says otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import insert, text

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import InvalidInput, NotFound
from workbench.core.principals import Principal
from workbench.governance.inherited import Inheritance
from workbench.lake.records import ColumnChange
from workbench.runs import use_context
from workbench.store import Store
from workbench.store.tables import catalog_tags, column_origins

POLICY = """
version: 1
grants: [{to: analyst, what: "*.*"}]
masks: [{name: contact, tags: [contact], mask: {kind: constant, value: hidden}}]
"""
ANA = Principal(name="ana", roles=("analyst",))
PEOPLE = pa.table({"id": [1, 2], "mail": ["anna@x.org", "bo@x.org"], "town": ["Rome", "Bari"]})


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[LocalWorkspace]:
    create_workspace_file(tmp_path, "inherited")
    with LocalWorkspace(load_settings(tmp_path, {})) as made:
        made.datasets.write("silver.people", PEOPLE)
        made.services.access.policies.apply(POLICY, made.principal)
        yield made


def derive(ws: LocalWorkspace, target: str, sql: str, said: dict[str, Any] | None = None) -> None:
    """A run that asks and writes, as a notebook's cell or a pipeline's step does."""
    with ws.services.log.run("step", target, ws.principal) as run, use_context(run.context()):
        rows = ws.sql(sql).arrow()
        if said is not None:
            run.attributes(column_sources=said)
        ws.datasets.write(target, rows, mode="create" if not ws.services.lake.exists(target) else "overwrite")


def seen(ws: LocalWorkspace, name: str, branch: str = "") -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = ws.services.query.arrow(f"SELECT * FROM {name}{branch} ORDER BY 1", principal=ANA).to_pydict()
    return found


def uuid_of(ws: LocalWorkspace, name: str) -> str:
    return ws.services.catalog.resolve(name).table_uuid


def test_a_copy_of_a_tagged_column_is_masked_and_so_is_a_copy_of_the_copy(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    derive(ws, "gold.copy", "SELECT id, upper(mail) AS shouted FROM silver.people")
    derive(ws, "gold.second", "SELECT shouted AS x FROM gold.copy")
    assert seen(ws, "gold.copy")["shouted"] == ["hidden", "hidden"]
    assert seen(ws, "gold.second")["x"] == ["hidden", "hidden"]
    assert ws.sql("SELECT shouted FROM gold.copy ORDER BY 1").arrow()["shouted"].to_pylist() == ["ANNA@X.ORG", "BO@X.ORG"]


def test_a_tag_that_the_source_gets_later_or_loses_counts_at_once(ws: LocalWorkspace) -> None:
    derive(ws, "gold.copy", "SELECT mail FROM silver.people")
    assert "anna@x.org" in seen(ws, "gold.copy")["mail"]
    ws.catalog.tag("silver.people", "Contact", "mail")
    assert set(seen(ws, "gold.copy")["mail"]) == {"hidden"}
    ws.catalog.untag("silver.people", "contact", "mail")
    assert "anna@x.org" in seen(ws, "gold.copy")["mail"]


def test_where_columns_are_known_only_what_is_made_of_the_tagged_one_is_masked(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    people = uuid_of(ws, "silver.people")
    derive(
        ws,
        "gold.copy",
        "SELECT id, mail AS m, length(mail) AS n, town FROM silver.people",
        {"id": [[people, "id"]], "m": [[people, "mail"]], "n": [[people, "mail"]], "town": [[people, "town"]]},
    )
    found = seen(ws, "gold.copy")
    assert found["town"] == ["Rome", "Bari"] and found["id"] == [1, 2]
    assert found["m"] == ["hidden"] * 2
    assert found["n"] == [None, None], "a text does not fit a number: nothing is shown"


def test_an_aggregate_inherits_too_and_what_reads_no_tagged_column_does_not(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    derive(ws, "gold.firsts", "SELECT min(mail) AS first FROM silver.people")
    derive(ws, "gold.towns", "SELECT town, count(*) AS n FROM silver.people GROUP BY 1")
    assert seen(ws, "gold.firsts")["first"] == ["hidden"]
    assert seen(ws, "gold.towns")["town"] == ["Bari", "Rome"]


def test_renames_of_either_side_change_nothing(ws: LocalWorkspace) -> None:
    people = uuid_of(ws, "silver.people")
    derive(ws, "gold.copy", "SELECT id, mail FROM silver.people", {"id": [[people, "id"]], "mail": [[people, "mail"]]})
    ws.datasets.alter("gold.copy", [ColumnChange(action="rename", column="mail", new_name="m")])
    ws.datasets.rename("gold.copy", "gold.other")
    ws.datasets.alter("silver.people", [ColumnChange(action="rename", column="mail", new_name="address")])
    ws.datasets.rename("silver.people", "silver.humans")
    ws.catalog.tag("silver.humans", "contact", "address")
    assert seen(ws, "gold.other") == {"id": [1, 2], "m": ["hidden", "hidden"]}


def test_dropping_and_making_anew_changes_nothing(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    derive(ws, "gold.copy", "SELECT mail FROM silver.people")
    ws.datasets.drop("silver.people")
    assert set(seen(ws, "gold.copy")["mail"]) == {"hidden"}
    ws.datasets.write("silver.people", PEOPLE)
    derive(ws, "gold.again", "SELECT mail FROM silver.people")
    ws.datasets.drop("gold.copy")
    derive(ws, "gold.copy", "SELECT mail AS other FROM silver.people")
    assert set(seen(ws, "gold.again")["mail"]) == {"hidden"}
    assert set(seen(ws, "gold.copy")["other"]) == {"hidden"}


def test_a_branch_and_an_earlier_state_are_masked_as_main_is(ws: LocalWorkspace) -> None:
    ws.datasets.write("gold.copy", pa.table({"mail": ["before@x.org"]}))
    before = ws.datasets.snapshots("gold.copy")[0].id
    ws.datasets.create_branch("gold.copy", "dev")
    derive(ws, "gold.copy", "SELECT mail FROM silver.people")
    ws.catalog.tag("silver.people", "contact", "mail")
    assert seen(ws, '"gold"."copy#dev"')["mail"] == ["hidden"]
    assert seen(ws, f'"gold"."copy@{before}"')["mail"] == ["hidden"]


def test_what_the_run_read_for_another_end_is_no_source_and_what_it_reads_later_neither(ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.plain", pa.table({"n": [1]}))
    ws.catalog.tag("silver.people", "contact", "mail")
    with ws.services.log.run("step", "s", ws.principal) as run, use_context(run.context()):
        ws.datasets.write("gold.early", ws.sql("SELECT n::VARCHAR AS n FROM silver.plain").arrow())
        ws.sql("SELECT mail FROM silver.people").arrow()
    assert seen(ws, "gold.early")["n"] == ["1"]


def test_a_circle_ends(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    derive(ws, "gold.a", "SELECT mail FROM silver.people")
    derive(ws, "gold.b", "SELECT mail FROM gold.a")
    derive(ws, "gold.a", "SELECT mail FROM gold.b")
    assert set(seen(ws, "gold.a")["mail"]) == set(seen(ws, "gold.b")["mail"]) == {"hidden"}


def test_a_statement_of_an_engineer_hands_the_tags_on_column_by_column(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    engineer = Principal(name="eng", roles=("engineer",))
    ws.services.access.policies.apply(POLICY.replace("grants: [", 'grants: [{to: engineer, what: "*.*", may: [write]}, '), ws.principal)
    ws.services.query.run("CREATE TABLE gold.copy AS SELECT id, lower(mail) AS m, town FROM silver.people", principal=ws.principal)
    assert seen(ws, "gold.copy") == {"id": [1, 2], "m": ["hidden", "hidden"], "town": ["Rome", "Bari"]}
    ws.services.query.run("CREATE TABLE gold.second AS SELECT m || town AS both, town FROM gold.copy", principal=engineer)
    assert set(seen(ws, "gold.second")["both"]) == {"hidden"}
    assert set(seen(ws, "gold.second")["town"]) == {"Rome", "Bari"}


def test_a_statement_that_makes_a_column_of_another_of_the_same_dataset_hands_the_tag_on(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    ws.services.query.run("UPDATE silver.people SET town = mail WHERE id = 1", principal=ws.principal)
    assert seen(ws, "silver.people") == {"id": [1, 2], "mail": ["hidden"] * 2, "town": ["hidden"] * 2}


def test_a_column_added_from_a_tagged_one_is_tagged_and_a_count_of_rows_is_not(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    ws.services.query.run("CREATE TABLE gold.n AS SELECT count(*) AS n, 'all' AS what FROM silver.people", principal=ws.principal)
    assert seen(ws, "gold.n") == {"n": [2], "what": ["all"]}
    ws.services.query.run("INSERT INTO gold.n SELECT id, mail FROM silver.people", principal=ws.principal)
    assert seen(ws, "gold.n")["what"] == ["hidden"] * 3
    assert sorted(seen(ws, "gold.n")["n"]) == [1, 2, 2]


def test_what_a_notebook_adds_to_the_dataset_it_read_is_made_of_what_it_read(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "contact", "mail")
    with ws.services.log.run("step", "s", ws.principal) as run, use_context(run.context()):
        rows = ws.sql("SELECT * FROM silver.people").arrow()
        ws.datasets.alter("silver.people", [ColumnChange(action="add", column="shouted", type="string")])
        ws.datasets.write("silver.people", rows.append_column("shouted", rows["mail"]), mode="overwrite")
    assert seen(ws, "silver.people") == {"id": [1, 2], "mail": ["hidden"] * 2, "town": ["Rome", "Bari"], "shouted": ["hidden"] * 2}


def test_a_recipe_hands_tags_on_by_its_columns(ws: LocalWorkspace) -> None:
    ws.datasets.write("bronze.people", PEOPLE)
    ws.recipes.apply("bronze.people", ws.recipes.propose("bronze.people"), target="silver.refined")
    ws.catalog.tag("bronze.people", "contact", "mail")
    assert seen(ws, "silver.refined") == {"id": [1, 2], "mail": ["hidden"] * 2, "town": ["Rome", "Bari"]}


def test_a_person_clears_an_inherited_tag_with_a_reason_that_is_kept(ws: LocalWorkspace) -> None:
    ws.catalog.tag("silver.people", "Contact", "mail")
    derive(ws, "gold.sizes", "SELECT max(length(mail))::VARCHAR AS longest, min(mail) AS first FROM silver.people")
    derive(ws, "gold.second", "SELECT longest AS n FROM gold.sizes")
    assert {(one.column, one.tag, one.source, one.source_column) for one in ws.compliance.inherited("gold.sizes")} == {
        ("longest", "contact", "silver.people", "mail"),
        ("first", "contact", "silver.people", "mail"),
    }
    with pytest.raises(InvalidInput):
        ws.compliance.clear("gold.sizes", "longest", "contact", " ")
    with pytest.raises(NotFound):
        ws.compliance.clear("gold.sizes", "longest", "salary", "a length")
    left = ws.compliance.clear("gold.sizes", "longest", "contact", "a length tells nothing")
    assert [one.column for one in left] == ["first"]
    assert seen(ws, "gold.sizes") == {"longest": ["10"], "first": ["hidden"]}
    edit = ws.catalog.edits("gold.sizes")[0]
    assert (edit.what, edit.column, edit.before, edit.after) == ("inherited tag", "longest", "contact", "cleared: a length tells nothing")
    # What was made of it inherits through every column of which the statement may have been made: of those it read only this one.
    assert seen(ws, "gold.second") == {"n": ["10"]}


@pytest.mark.postgres
def test_on_postgresql_tags_are_inherited_too(postgres_store: str) -> None:
    store = Store(postgres_store)
    store.migrate()
    said = {"target_uuid": "b", "target_field": 1, "source_uuid": "a", "source_field": 0, "source_name": "s.a", "source_column": ""}
    with store.write() as conn:
        conn.execute(
            insert(column_origins), [said, said | {"target_uuid": "c", "source_uuid": "b", "source_field": 1, "source_name": "s.b"}]
        )
        conn.execute(insert(catalog_tags), [{"table_uuid": "a", "field_id": 7, "folded": "pay", "tag": "pay", "at": "", "by": ""}])
    with store.read() as conn:
        assert set(Inheritance().of(conn, "c").at(1)) == {"pay"}
    store.close()


def test_ten_thousand_datasets_cost_a_decision_next_to_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/meta.db")
    store.migrate()
    named = ("target_uuid", "target_field", "source_uuid", "source_field", "source_name", "source_column")
    edges = [
        dict(zip(named, (f"t{n}", f, f"t{n // 3 - o}", f, f"s.t{n // 3 - o}", "c"), strict=True))
        for n in range(6, 10_000)
        for o in (0, 1)
        for f in (1, 2)
    ]
    tags = [{"table_uuid": f"t{n}", "field_id": 1, "folded": "contact", "tag": "contact", "at": "", "by": ""} for n in range(0, 10_000, 4)]
    with store.write() as conn:
        for start in range(0, len(edges), 5_000):
            conn.execute(insert(column_origins), edges[start : start + 5_000])
        conn.execute(insert(catalog_tags), tags)
    inheritance = Inheritance()
    with store.read() as conn:
        assert inheritance.of(conn, "t9999").at(1)["contact"].dataset.startswith("s.t")
        assert not inheritance.of(conn, "t9999").at(2)
        began = time.process_time()
        for _ in range(50):
            inheritance.of(conn, "t9999")
        again = (time.process_time() - began) / 50
        began = time.process_time()
        for n in range(9_900, 9_950):
            inheritance.of(conn, f"t{n}")
        first = (time.process_time() - began) / 50
        plan = " ".join(str(row) for row in conn.execute(text("EXPLAIN QUERY PLAN SELECT max(seq) FROM column_origins")))
    print(f"a decision's inheritance: first {first * 1000:.2f} ms, again {again * 1000:.2f} ms of processor time")
    assert "SEARCH" in plan  # not a walk over all rows
    assert again < 0.02  # a guard against walking the whole graph, not a measure
