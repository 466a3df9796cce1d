"""Views in the catalog: listed, searched and shown to each reader as SQL would have them for her."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import DatasetNotFound, Forbidden, InvalidInput, InvalidSQL, WorkbenchError
from workbench.core.principals import Principal
from workbench.jupyter.kernels.lookup import inspect_at
from workbench.lake.records import ColumnChange

POLICY = """
version: 1
grants:
  - {to: analyst, what: silver.*}
  - {to: clerk, what: silver.people.id}
  - {to: clerk, what: silver.people.name}
  - {to: clerk, what: "silver.v_*", may: [read, write]}
  - {to: guest, what: silver.v_*}
  - {to: guest, what: gold.*}
roles:
  clerk: {description: sees two columns of people}
  guest: {description: sees views only}
masks:
  - {name: pay, what: [silver.people.pay], to: [analyst], mask: {kind: "null"}}
"""
ANALYST = Principal(name="anna", roles=("analyst",))
CLERK = Principal(name="carla", roles=("clerk",))
GUEST = Principal(name="gus", roles=("guest",))


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("views") / "project"
    create_workspace_file(root, "views")
    with LocalWorkspace(load_settings(root, {})) as made:
        made.datasets.write("silver.people", pa.table({"id": [1, 2], "name": ["a", "b"], "pay": [10, 20]}))
        made.datasets.write("gold.totals", pa.table({"n": [1]}))
        for sql in (
            "create view silver.v_paid as select id, pay * 2 as doubled_pay from silver.people",
            "create view silver.v_names as select id, name as called from silver.people",
            "create view silver.v_every as select * from silver.people",
            "create view gold.top as select max(doubled_pay) as most from silver.v_paid",
        ):
            made.query.run(sql)
        made.catalog.describe_view("v_paid", description="What everybody earns *twice*", owner="ada")
        made.services.access.policies.apply(POLICY, made.principal)
        yield made


def lines(ws: LocalWorkspace) -> dict[str, int | None]:
    return {line.name: line.columns for line in ws.catalog.list(kind="view")}


def test_views_are_told_of_who_plans_to_change_a_column(ws: LocalWorkspace) -> None:
    found = ws.catalog.schema_impact("people", (ColumnChange(action="drop", column="pay"),))
    assert found.breaking
    assert [(each.name, each.hops, each.sure, each.columns) for each in found.readers if each.kind == "view"] == [
        ("silver.v_every", 1, False, ()),
        ("silver.v_paid", 1, True, ("pay",)),
        ("gold.top", 2, False, ()),
    ]


def test_views_stand_beside_datasets(ws: LocalWorkspace) -> None:
    assert [line.name for line in ws.catalog.list()] == [
        *("gold.top", "gold.totals", "silver.people", "silver.v_every", "silver.v_names", "silver.v_paid")
    ]
    assert lines(ws) == {"gold.top": 1, "silver.v_every": 3, "silver.v_names": 2, "silver.v_paid": 2}
    assert {line.kind for line in ws.catalog.list(kind="dataset")} == {"dataset"}
    zones = {node.name: (node.datasets, node.views) for node in ws.catalog.tree().nodes}
    assert zones == {"gold": (1, 1), "silver": (1, 3)}
    assert [(node.kind, node.name) for node in ws.catalog.tree("gold").nodes] == [("view", "top"), ("dataset", "totals")]
    groups = ws.catalog.tree("silver", limit=2).nodes
    assert [(node.kind, node.name, node.datasets, node.views) for node in groups] == [("dataset", "people", 1, 0), ("group", "v_", 0, 3)]
    assert [node.name for node in ws.catalog.tree("silver", "v_").nodes] == ["v_every", "v_names", "v_paid"]


@pytest.mark.parametrize(("words", "where"), [
    ("v_paid", "name"), ("doubled", "column"), ("earns", "description"), ("doubld_pay", "column"), ("ada", "owner"),
])  # fmt: skip
def test_a_view_is_found_by_what_is_known_of_it(ws: LocalWorkspace, words: str, where: str) -> None:
    found = {hit.dataset.name: hit for hit in ws.catalog.search(words)}
    assert found["silver.v_paid"].matched == where and found["silver.v_paid"].dataset.kind == "view"
    assert "silver.v_paid" not in {hit.dataset.name for hit in ws.catalog.search(words, kind="dataset")}
    assert {hit.dataset.kind for hit in ws.catalog.search(words, kind="view")} == {"view"}


def test_filters_hold_for_views(ws: LocalWorkspace) -> None:
    assert [hit.dataset.name for hit in ws.catalog.search("", owner="ada")] == ["silver.v_paid"]
    assert [hit.dataset.name for hit in ws.catalog.search("", column="called")] == ["silver.v_names"]
    assert ws.catalog.search("paid", zone="gold") == () and ws.catalog.search("paid", min_quality=0.0, kind="view") == ()
    assert len(ws.catalog.search("", kind="view")) == 4 and ws.catalog.search("", kind="dataset") == ()
    assert [(hit.dataset, hit.column, hit.type) for hit in ws.catalog.search_by_column("called")] == [
        ("silver.v_names", "called", "string")
    ]


def test_the_page_of_a_view(ws: LocalWorkspace) -> None:
    page = ws.catalog.view("V_Paid")
    assert page.readable and page.description == "What everybody earns *twice*" and page.owner == "ada"
    assert [(c.name, c.type, c.masked) for c in page.columns] == [("id", "long", False), ("doubled_pay", "long", False)]
    assert [(each.name, each.kind) for each in page.reads] == [("silver.people", "dataset")]
    assert [(each.name, each.kind) for each in ws.catalog.view("gold.top").reads] == [("silver.v_paid", "view")]
    assert page.sql is not None and "doubled_pay" in page.sql and page.version == 1 and page.by == ws.principal.name
    with pytest.raises(DatasetNotFound, match="no view"):
        ws.catalog.view("silver.people")
    for ask in (ws.catalog.get, ws.datasets.sample, ws.quality.profile, lambda name: ws.catalog.tag(name, "x"), ws.catalog.schema_history):
        with pytest.raises(DatasetNotFound, match="is a view") as caught:
            ask("v_paid")
        assert caught.value.details["view"] == "silver.v_paid"


def test_completion_and_the_kernel_tell_views_from_datasets(ws: LocalWorkspace) -> None:
    words = {each.text: each.detail for each in ws.query.complete("select * from silver.", 21)}
    assert words["v_paid"] == "silver.v_paid view" and words["people"] == "silver.people"
    assert {each.text: each.detail for each in ws.query.complete("from ", 5)}["gold.top"] == "gold view"
    told = inspect_at("select * from v_paid", 17, ws.as_principal(ANALYST))["text/plain"]
    assert told.startswith("silver.v_paid (view, 2 columns)") and "doubled_pay  long  masked" in told


def test_masked_columns_are_said_to_be_masked_and_the_text_is_kept_back(ws: LocalWorkspace) -> None:
    page = ws.as_principal(ANALYST).catalog.view("silver.v_paid")
    assert [(c.name, c.masked) for c in page.columns] == [("id", False), ("doubled_pay", True)]
    (through,) = page.columns[1].made_of
    assert (through.dataset, through.column, through.mask) == ("silver.people", "pay", "null")
    assert page.sql is None and page.description and page.reads  # a text may hold what a mask hides
    assert [c.masked for c in ws.as_principal(ANALYST).catalog.view("v_every").columns] == [False, False, True]
    assert lines(ws.as_principal(ANALYST)) == {"silver.v_every": 3, "silver.v_names": 2, "silver.v_paid": 2}


def test_of_a_view_over_what_is_not_granted_only_the_name_is_told(ws: LocalWorkspace) -> None:
    guest = ws.as_principal(GUEST)
    shown = {row[0] for row in guest.query.run("show tables").rows}
    assert (
        {line.name for line in guest.catalog.list()}
        == shown
        == {"gold.totals", "gold.top", "silver.v_every", "silver.v_names", "silver.v_paid"}
    )
    assert set(lines(guest).values()) == {None} and all(not line.description for line in guest.catalog.list())
    for words in ("earns", "doubled", "ada", "called"):
        assert guest.catalog.search(words) == () and guest.catalog.search_by_column(words) == ()
    assert [hit.dataset.name for hit in guest.catalog.search("v_paid")] == ["silver.v_paid"]
    page = guest.catalog.view("v_paid")
    assert page.model_dump(exclude_defaults=True, exclude={"uuid"}) == {"name": "silver.v_paid", "zone": "silver", "readable": False}


def test_who_sees_some_columns_finds_the_views_of_those(ws: LocalWorkspace) -> None:
    clerk = ws.as_principal(CLERK)
    assert lines(clerk) == {"silver.v_every": None, "silver.v_names": 2, "silver.v_paid": None}
    assert [hit.dataset.name for hit in clerk.catalog.search("called")] == ["silver.v_names"]
    assert clerk.catalog.search("doubled") == ()
    assert [column.name for column in clerk.catalog.view("v_every").columns] == ["id", "name"]
    assert not clerk.catalog.view("v_paid").readable and clerk.catalog.view("v_paid").sql is None
    assert clerk.catalog.view("v_names").readable and clerk.catalog.view("v_names").sql  # which she may write


def test_who_may_say_what_a_view_is(ws: LocalWorkspace) -> None:
    with pytest.raises(Forbidden):
        ws.as_principal(ANALYST).catalog.describe_view("silver.v_names", description="x")
    assert ws.as_principal(CLERK).catalog.describe_view("silver.v_names", description="Who they are").description == "Who they are"
    assert [hit.dataset.name for hit in ws.catalog.search("who they are", kind="view")] == ["silver.v_names"]
    with pytest.raises(DatasetNotFound):
        ws.as_principal(CLERK).catalog.describe_view("gold.top", description="x")


@pytest.mark.parametrize(("of", "words"), [
    ("TABLE silver.people", "'Who it''s about'"), ("table people", "$$Who it's about$$"), ("Column People.NAME", "'Who it''s about'"),
    ("COLUMN silver.people.name /* is */", "'Who it''s about'"), ('VIEW "silver"."v_every"', "'Who it''s about'"),
    ("view v_every", "' Who it''s about '"),
])  # fmt: skip
def test_comment_says_what_the_catalog_says(ws: LocalWorkspace, of: str, words: str) -> None:
    def told() -> list[str]:
        people = ws.catalog.get("silver.people")
        return [people.description, people.columns[1].description, ws.catalog.view("v_every").description]

    sql = f"comment on {of} is {words}; -- said"
    assert ws.query.explain(sql).decision.reasons[0].startswith("It describes silver.") and ws.query.validate(sql).valid
    assert told() == ["", "", ""]
    answer = ws.query.run(sql)
    done = dict(zip((name for name, _ in answer.columns), answer.rows[0], strict=True))
    assert sorted(told()) == ["", "", "Who it's about"] and done["action"] == "comment"
    run = ws.runs.get(answer.run_id or "")
    assert run.status == "succeeded" and [each.parent_id for each in ws.runs.list("describe", limit=1)] == [run.id]
    edit = ws.catalog.edits(limit=1)[0]
    assert (edit.what, edit.after, edit.of) == ("description", "Who it's about", done["dataset"])
    assert "as it should be already" in str(ws.query.run(sql).said)
    assert done["undo"].endswith("IS NULL") and "takes away" in ws.query.explain(done["undo"]).decision.reasons[0]
    back = ws.query.run(done["undo"])
    assert told() == ["", "", ""] and "'Who it''s about'" in str(back.said)


@pytest.mark.parametrize(("sql", "error", "words"), [
    ("comment on table silver.v_every is 'x'", InvalidSQL, "COMMENT ON VIEW"),
    ("comment on view silver.people is 'x'", DatasetNotFound, "no view"),
    ("comment on table silver.peple is 'x'", DatasetNotFound, "people"),
    ("comment on column silver.people.nme is 'x'", InvalidSQL, "name"),
    ("comment on column silver.v_every.id is 'x'", InvalidSQL, "come from"),
    ("comment on column a.b.c.d is 'x'", InvalidSQL, "namespace"),
    ("comment on table silver.people is 'x' || 'y'", InvalidSQL, ""),
    ("comment on table silver.people is 'x', 'y'", InvalidSQL, ""),
    ("comment on table silver.people is", InvalidSQL, ""),
    ("comment on table silver.people is $x", InvalidSQL, ""),
    ("comment on table silver.people is E'a\\nb'", InvalidSQL, "quotes"),
    ("comment on schema silver is 'x'", InvalidSQL, "TABLE"),
    ("comment on table '/etc/passwd' is 'x'", InvalidSQL, ""),
    ("comment on table \"silver.people#dev\" is 'x'", InvalidSQL, "branch"),
    ("explain analyze comment on table silver.people is 'x'", Forbidden, "ANALYZE"),
    ("comment on table silver.people is '" + "x" * 20_001 + "'", InvalidInput, "longer"),
    ("with a as (comment on table silver.people is 'x') select 1", WorkbenchError, ""),
])  # fmt: skip
def test_comments_that_are_refused_say_why(ws: LocalWorkspace, sql: str, error: type[WorkbenchError], words: str) -> None:
    with pytest.raises(error) as caught:
        ws.query.run(sql)
    assert words in str(caught.value) and ws.catalog.get("silver.people").description == ""


def test_who_may_comment_is_who_may_describe(ws: LocalWorkspace) -> None:
    analyst, clerk = ws.as_principal(ANALYST), ws.as_principal(CLERK)
    for who, sql, error in (
        (analyst, "comment on table silver.people is 'x'", Forbidden),
        (analyst, "comment on view silver.v_every is 'x'", Forbidden),
        (clerk, "comment on column silver.people.name is 'x'", Forbidden),
        (clerk, "comment on table gold.totals is 'x'", DatasetNotFound),
        (clerk, "comment on view gold.top is 'x'", DatasetNotFound),
    ):
        with pytest.raises(error):
            who.query.run(sql)
        assert not who.query.validate(sql).valid
    assert clerk.query.run("comment on view v_names is 'Names'").said and clerk.catalog.view("v_names").description == "Names"
    looks = ws.as_principal(ws.principal.model_copy(update={"looks_only": True}))
    with pytest.raises(Forbidden):
        looks.query.run("comment on table silver.people is 'x'")


def test_columns_follow_the_table_when_somebody_looks(ws: LocalWorkspace) -> None:
    ws.query.run("create table gold.base as select 1 as a")
    ws.query.run("create view gold.over_base as select * from gold.base")
    ws.query.run("alter table gold.base add column later varchar")
    assert [column.name for column in ws.catalog.view("over_base").columns] == ["a", "later"]
    assert [hit.dataset.name for hit in ws.catalog.search("later", kind="view")] == ["gold.over_base"]
    ws.query.run("drop table gold.base")
    page = ws.catalog.view("gold.over_base")
    assert not page.readable and page.problem and page.sql
    ws.query.run("drop view gold.over_base")
    assert "gold.over_base" not in {line.name for line in ws.catalog.list()}


def test_views_of_before_the_upgrade_are_looked_at_once(ws: LocalWorkspace) -> None:
    from sqlalchemy import update

    from workbench.store.tables import views

    with ws.services.store.write() as conn:
        conn.execute(update(views).values(facts=None))
    assert lines(ws.as_principal(CLERK)) == {"silver.v_every": None, "silver.v_names": None, "silver.v_paid": None}
    assert [(each.name, each.kind) for each in ws.catalog.view("gold.top").reads] == [("silver.v_paid", "view")]
    ws.catalog.view("silver.v_names")
    assert lines(ws.as_principal(CLERK))["silver.v_names"] == 2
