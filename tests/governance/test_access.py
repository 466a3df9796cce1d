"""What other people than admins see of a workspace: each face, each state of a dataset, and nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import verbs_of
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import (
    Cancelled,
    ColumnNotFound,
    DatasetNotFound,
    Forbidden,
    InvalidInput,
    InvalidSQL,
    NotFound,
    Unauthenticated,
    WorkbenchError,
)
from workbench.core.principals import Principal
from workbench.governance.audit.acting import with_token
from workbench.governance.governed import GOVERNED, check_verb
from workbench.lake.records import ColumnChange
from workbench.quality.records import Expectation

POLICY = """
version: 1
roles:
  nurse: {inherits: [analyst]}
grants:
  - {to: analyst, what: silver.*}
  - {to: "user:carol", what: gold.totals.n}
masks:
  - {name: contact data, tags: [contact], unless: [engineer], mask: {kind: partial, first: 1}}
  - {name: pay, what: [silver.people.pay], mask: {kind: "null"}}
rows:
  - {name: own region, what: [silver.people], unless: [engineer], where: region IN principal.regions}
"""
PEOPLE = pa.table(
    {
        "id": [1, 2, 3, 4],
        "mail": ["anna@x.org", "bo@x.org", "cy@x.org", "di@x.org"],
        "pay": [100, 200, 300, 400],
        "region": ["north", "south", "north", "east"],
    }
)
ANYBODYS = tuple(tuple(row.values()) for row in PEOPLE.to_pylist())
ALICE = Principal(name="alice", roles=("nurse",), attributes={"regions": ("north", "east")})
BOB = Principal(name="bob", roles=("analyst",), attributes={"regions": ("south",)})
CAROL = Principal(name="carol", roles=("viewer",))
NOBODY = Principal(name="eve", roles=())


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[LocalWorkspace]:
    create_workspace_file(tmp_path, "governed")
    with LocalWorkspace(load_settings(tmp_path, {})) as made:
        made.datasets.write("silver.people", PEOPLE)
        made.datasets.write("gold.totals", pa.table({"n": [4], "secret": ["s"]}))
        made.datasets.write("bronze.raw", PEOPLE)
        made.catalog.tag("silver.people", "Contact", "mail")
        made.services.access.policies.apply(POLICY, made.principal)
        yield made


def rows(ws: LocalWorkspace, who: Principal, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in ws.as_principal(who).query.arrow(sql).to_pylist()]


def test_two_people_see_each_their_own_rows(ws: LocalWorkspace) -> None:
    everything = "select * from silver.people order by id"
    assert rows(ws, ALICE, everything) == [
        (1, "a*********", None, "north"),
        (3, "c*******", None, "north"),
        (4, "d*******", None, "east"),
    ]
    assert rows(ws, BOB, everything) == [(2, "b*******", None, "south")]
    assert rows(ws, ws.principal, everything) == [tuple(row.values()) for row in PEOPLE.to_pylist()]
    assert rows(ws, ALICE, everything)[0][0] == 1  # a session that was prepared for somebody else is not taken


def test_reading_without_sql_is_the_same(ws: LocalWorkspace) -> None:
    alice = ws.as_principal(ALICE)
    assert alice.datasets.read("people").to_pylist() == [
        dict(zip(PEOPLE.column_names, row, strict=True)) for row in rows(ws, ALICE, "from silver.people")
    ]
    assert alice.datasets.read("silver.people", columns=("pay", "id")).to_pylist()[0] == {"pay": None, "id": 1}
    sample = alice.datasets.sample("silver.people", limit=2)
    assert (len(sample.rows), sample.cut_at, sample.total) == (2, 2, None)
    # What is not shown as it is says so, as in SQL.
    assert [(one.column, one.mask, one.places) for one in sample.masked] == [("mail", "partial", (1,)), ("pay", "null", (2,))]
    assert alice.datasets.read("silver.people", limit=0).schema == ws.datasets.read("silver.people").schema


def test_what_is_not_granted_does_not_exist(ws: LocalWorkspace) -> None:
    with pytest.raises(DatasetNotFound) as hidden:
        rows(ws, ALICE, "select * from bronze.raw")
    with pytest.raises(DatasetNotFound) as none:
        rows(ws, ALICE, "select * from bronze.roh")
    assert str(hidden.value).replace("raw", "roh") == str(none.value)
    for name in ("bronze.raw", "raw", "gold.totals"):
        with pytest.raises(DatasetNotFound, match=f"There is no dataset '{name}'"):
            ws.as_principal(ALICE).datasets.read(name)
    assert rows(ws, CAROL, "show tables") == [("gold.totals", None, None)]
    assert rows(ws, NOBODY, "show tables") == []
    assert [found.text for found in ws.as_principal(ALICE).query.complete("select * from ", 14) if found.kind == "table"] == [
        "silver.people"
    ]


def test_a_column_that_is_not_granted_does_not_exist(ws: LocalWorkspace) -> None:
    assert rows(ws, CAROL, "select * from gold.totals") == [(4,)]
    assert rows(ws, CAROL, "describe gold.totals")[0][:2] == ("n", "long")
    with pytest.raises(InvalidSQL, match="There is no column 'secret' here"):
        rows(ws, CAROL, "select secret from gold.totals")
    with pytest.raises(ColumnNotFound, match="It has: n"):
        ws.as_principal(CAROL).datasets.read("gold.totals", columns=("secret",))
    assert "secret" not in [word.text for word in ws.as_principal(CAROL).query.complete("select  from gold.totals", 7)]


def test_todays_policy_holds_for_every_state(ws: LocalWorkspace) -> None:
    before = ws.datasets.snapshots("silver.people")[0].id
    ws.datasets.write("silver.people", PEOPLE, mode="overwrite")
    ws.datasets.create_branch("silver.people", "try")
    for state in (f"silver.people FOR VERSION AS OF {before}", "silver.people FOR VERSION AS OF 'try'"):
        assert rows(ws, BOB, f"select id, mail, pay from {state}") == [(2, "b*******", None)]
    for name in (f"silver.people@{before}", "silver.people#try"):
        assert ws.as_principal(BOB).datasets.read(name)["id"].to_pylist() == [2]


def test_a_grant_on_a_column_is_none_on_what_had_its_name_before(ws: LocalWorkspace) -> None:
    def alter(*said: tuple[str, str, dict[str, str]]) -> None:
        ws.datasets.alter("gold.totals", tuple(ColumnChange(action=action, column=column, **more) for action, column, more in said))

    def seen(state: object) -> list[dict[str, Any]]:
        try:
            return ws.as_principal(CAROL).datasets.read(f"gold.totals@{state}").to_pylist()
        except (Forbidden, DatasetNotFound):
            return []

    before = ws.datasets.snapshots("gold.totals")[0].id
    assert seen(before) == [{"n": 4}]
    ws.datasets.create_tag("gold.totals", "then", before)
    alter(("rename", "n", {"new_name": "pay"}))
    assert seen(before) == []  # what is called n today is granted, and that is nothing
    alter(("add", "n", {"type": "long"}))
    ws.datasets.write("gold.totals", pa.table({"pay": [6], "secret": ["s"], "n": [5]}))
    between = ws.datasets.snapshots("gold.totals")[0].id
    assert seen(before) == [] and seen(between) == [{"n": None}, {"n": 5}]
    for sql in (f"select * from gold.totals at (version => {before})", "select n from gold.totals at (version => 'then')"):
        with pytest.raises(Forbidden):
            rows(ws, CAROL, sql)
    told = ws.as_principal(CAROL).catalog.schema_history("gold.totals")
    assert {column.field_id for version in told for column in version.columns} == {3}
    # What is gone goes by its last name, and where another column has that, by none.
    alter(("drop", "n", {}))
    assert seen(between) == [{"n": None}, {"n": 5}]
    alter(("add", "n", {"type": "string"}))
    assert seen(between) == [] == seen(before)
    ws.services.access.policies.apply(POLICY.replace("gold.totals.n", "gold.totals"), ws.principal)
    assert seen(before) == [{"n": 4, "secret": "s"}]


def test_versions_of_a_schema_do_not_tell_of_columns_that_are_not_seen(ws: LocalWorkspace) -> None:
    carol = ws.as_principal(CAROL).catalog
    for number in range(3):
        change = ColumnChange(action="add", column=f"hidden_{number}", type="long")
        ws.datasets.alter("gold.totals", (change,))
        ws.datasets.write("gold.totals", pa.table({"n": [number]}))
        (only,) = carol.schema_history("gold.totals")
        assert (only.version, only.current, [column.name for column in only.columns]) == (0, True, ["n"])
    ws.datasets.alter("gold.totals", (ColumnChange(action="rename", column="n", new_name="m"),))
    ws.services.access.policies.apply(POLICY.replace("gold.totals.n", "gold.totals.m"), ws.principal)
    now, before = carol.schema_history("gold.totals")
    assert (now.version, now.current, before.version, before.current) == (1, True, 0, False)
    assert [(change.kind, change.column) for change in now.changes] == [("added", "m")]  # what is called m today is granted
    found = carol.schema_compare("gold.totals", "0")
    assert (found.a, found.b, [change.kind for change in found.changes]) == ("0", "1", ["added"])
    with pytest.raises(NotFound, match="'4' is no version") as refused:
        carol.schema_compare("gold.totals", "4")
    assert str(refused.value.fix).startswith("Versions, branches and tags: 0, 1, main")
    assert [each.version for each in ws.catalog.schema_history("gold.totals")] == [4, 3, 2, 1, 0]


def test_a_name_that_keeps_columns_that_are_gone_is_taken_away_by_who_sees_them(ws: LocalWorkspace) -> None:
    """Their values are forgotten with the last name of the state that has them."""
    ws.datasets.write("silver.kept", pa.table({"id": [1], "pay": [10]}))
    ws.compliance.apply(POLICY.replace("grants:", 'grants:\n  - {to: scribe, what: "silver.*", may: [write]}').replace(
        "silver.people.pay]", "silver.people.pay, silver.kept.pay]").replace("roles:", "roles:\n  scribe: {}"))  # fmt: skip
    ws.datasets.create_tag("silver.kept", "then")
    ws.datasets.alter("silver.kept", (ColumnChange(action="drop", column="pay"),))
    ws.datasets.create_tag("silver.kept", "now")
    hers = ws.as_principal(Principal(name="sue", roles=("scribe",)))
    assert hers.datasets.read("silver.kept").column_names == ["id"]
    with pytest.raises(Forbidden):
        hers.datasets.delete_ref("silver.kept", "then")
    with pytest.raises(NotFound):
        hers.datasets.delete_ref("silver.kept", "never")
    ws.datasets.write("silver.kept", pa.table({"id": [2]}), "append")
    hers.datasets.create_tag("silver.kept", "later")
    assert {ref.name for ref in hers.datasets.delete_ref("silver.kept", "later")} == {"main", "then", "now"}


def test_how_good_a_dataset_is_is_told_to_who_sees_what_it_is_compared_with(ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.orders", pa.table({"key": [1, 2]}))
    ws.datasets.write("bronze.keys", pa.table({"key": [1]}))
    ws.quality.expect("silver.orders", Expectation(kind="foreign_key", column="key", dataset="bronze.keys", key="key"))
    ws.quality.current("silver.orders")

    def told(who: LocalWorkspace) -> list[str]:
        names = [leader.dataset for leader in who.catalog.quality_leaders()]
        assert names == [hit.dataset.name for hit in who.catalog.search("orders", min_quality=0.01)]
        return names

    assert told(ws) == ["silver.orders"] and told(ws.as_principal(BOB)) == []
    ws.services.access.policies.apply(POLICY.replace("masks:", "  - {to: analyst, what: bronze.keys}\nmasks:"), ws.principal)
    assert told(ws.as_principal(BOB)) == ["silver.orders"]


def test_what_is_kept_of_earlier_states_is_told_to_who_sees_the_columns_that_they_had(ws: LocalWorkspace) -> None:
    kept = Expectation(kind="in_range", column="note", low=1, high=987_654_321)
    for name in ("silver.plain", "silver.masked"):
        ws.datasets.write(name, pa.table({"id": [1, 2], "note": [1, 987_654_321]}))
        if name == "silver.masked":
            ws.catalog.tag(name, "contact", "note")
        ws.quality.expect(name, kept)
        ws.quality.current(name)
        ws.datasets.alter(name, (ColumnChange(action="drop", column="note"),))
    bob = ws.as_principal(BOB)
    assert bob.datasets.read("silver.masked").to_pylist() == [{"id": 1}, {"id": 2}]
    asks: tuple[Callable[[str], Any], ...] = (bob.quality.current, bob.quality.history, bob.quality.expectations, bob.quality.propose)
    for ask in asks:
        ask("silver.plain")
        with pytest.raises(Forbidden) as refused:
            ask("silver.masked")
        assert "note" not in str(refused.value)
    assert bob.quality.expectations("silver.plain")[0].high == 987_654_321
    assert {column.name for column in bob.quality.profile("silver.masked").columns} == {"id"}
    assert [leader.dataset for leader in bob.catalog.quality_leaders()] == ["silver.plain"]
    assert [hit.dataset.name for hit in bob.catalog.search("silver", min_quality=0.01)] == ["silver.plain"]
    assert len(ws.catalog.quality_leaders()) == 2
    # Records that were set aside have what was masked as it came.
    ws.services.access.policies.apply(POLICY.replace("masks:", "  - {to: analyst, what: silver.*, may: [write]}\nmasks:"), ws.principal)
    assert [ws.services.allowed.corrects(BOB, name) for name in ("silver.plain", "silver.masked")] == [True, False]


def test_a_search_finds_nothing_by_what_was_said_of_a_column_that_is_gone(ws: LocalWorkspace) -> None:
    ws.catalog.tag("gold.totals", "burdensome", "secret")
    ws.catalog.tag("gold.totals", "weighty", "n")
    carol = ws.as_principal(CAROL).catalog
    assert [len(carol.search(word)) for word in ("burdensome", "weighty")] == [0, 1]
    ws.datasets.alter("gold.totals", (ColumnChange(action="drop", column="secret"),))
    assert [len(carol.search(word)) for word in ("burdensome", "weighty")] == [0, 1]
    assert carol.search("", tag="burdensome") == () == ws.catalog.search("burdensome")


def test_what_is_wrong_in_a_pipelines_files_is_told_to_who_may_look_at_it(ws: LocalWorkspace) -> None:
    folder = ws.settings.root / "notebooks/pipelines/nightly"
    folder.mkdir(parents=True)
    whole = "name: nightly\nsteps:\n  - {name: only, sql: hidden.sql}\n"
    (folder / "pipeline.yaml").write_text(whole)
    (folder / "hidden.sql").write_text("delete from gold.x")
    grant = "  - {to: 'user:eve', what: 'pipeline:nightly', may: [run]}\nmasks:"
    ws.services.access.policies.apply(POLICY.replace("masks:", grant), ws.principal)
    eve = ws.as_principal(NOBODY)
    done = eve.pipelines.run("nightly").run.id
    with ws.services.store.write() as conn:
        ws.services.log.append(conn, done, "run.cancelled")

    def told(who: LocalWorkspace) -> list[str]:
        found = []
        acts: tuple[Callable[[], Any], ...] = (
            lambda: who.pipelines.run("nightly"),
            lambda: who.pipelines.rerun(done, source="current"),
            lambda: who.pipelines.repair(done, source="current"),
            lambda: who.pipelines.versions("nightly"),
            lambda: who.schedules.add("nightly", "daily"),
        )
        for act in acts:
            with pytest.raises(WorkbenchError) as refused:
                act()
            found.append(f"{refused.value} {refused.value.details}")
        return found

    for yaml, sql in ((whole.replace("hidden.sql", "hidden_too.sql"), ""), (whole, "delet from hidden.x"), ("steps: [hidden", "")):
        (folder / "pipeline.yaml").write_text(yaml)
        (folder / "hidden.sql").write_text(sql or "delete from gold.x")
        for said, in_full in zip(told(eve), told(ws), strict=True):
            assert "hidden" not in said and "pipeline.yaml" not in said and "cannot run as it is now" in said
            assert "pipeline.yaml" in in_full
    (ws.settings.root / "hidden").symlink_to(ws.settings.state)
    for yaml in (f"files: [hidden]\n{whole}", whole.replace("sql}", "sql, resources: {hidden: 9}}")):
        (folder / "pipeline.yaml").write_text(yaml)
        with pytest.raises(InvalidInput) as refused:
            eve.pipelines.run("nightly")
        assert "hidden" not in f"{refused.value} {refused.value.details}"
    (folder / "pipeline.yaml").write_text(whole)
    (folder / "hidden.sql").write_text("delete from gold.x")
    ws.pipelines.publish("nightly")
    (folder / "hidden.sql").write_text("delete from gold.y")
    differ = [who.pipelines.versions("nightly")[0].differs for who in (eve, ws)]
    assert differ == [("?",), ("hidden.sql",)]
    with pytest.raises(InvalidInput, match="has no parameter 'x'"):  # what she gives is told her
        eve.pipelines.run("nightly", {"x": 1})


def test_rules_go_with_what_is_renamed_and_hold_for_what_is_made_anew(ws: LocalWorkspace) -> None:
    ws.datasets.alter("silver.people", (ColumnChange(action="rename", column="pay", new_name="salary"),))
    ws.datasets.alter("silver.people", (ColumnChange(action="rename", column="mail", new_name="address"),))
    ws.datasets.rename("silver.people", "silver.folk")
    assert rows(ws, BOB, "select * from silver.folk") == [(2, "b*******", None, "south")]
    ws.datasets.write("silver.people", PEOPLE)  # another one of the old name
    assert rows(ws, BOB, "select * from silver.people") == [(2, "b*******", None, "south")]
    ws.datasets.drop("silver.people")
    ws.datasets.write("silver.people", PEOPLE)
    assert rows(ws, BOB, "select * from silver.people") == [(2, "b*******", None, "south")]


def test_a_row_filter_goes_with_its_column_and_holds_for_what_has_taken_its_name(ws: LocalWorkspace) -> None:
    before = ws.datasets.snapshots("silver.people")[0].id
    ws.datasets.alter("silver.people", (ColumnChange(action="rename", column="region", new_name="area"),))
    assert rows(ws, BOB, "select id, area from silver.people") == [(2, "south")]
    assert [each.message for each in ws.compliance.check(POLICY).warnings if "does not fit silver.people" in each.message] == []
    ws.datasets.alter("silver.people", (ColumnChange(action="add", column="region", type="string"),))
    assert rows(ws, BOB, "select id from silver.people") == []
    ws.services.query.run("update silver.people set region = 'south'", principal=ws.principal)
    assert rows(ws, BOB, "select id, area, region from silver.people") == [(2, "south", "south")]
    # Nor does it in what is made of these rows, where it is not known any more of which of the two it is said.
    ws.services.query.run("create table silver.copied as select * from silver.people", principal=ws.principal)
    with pytest.raises(Forbidden, match="made of rows of which you see only a part"):
        rows(ws, BOB, "select id from silver.copied")
    assert rows(ws, BOB, f"select id, region from silver.people FOR VERSION AS OF {before}") == [(2, "south")]
    ws.services.query.run("update silver.people set region = 'north' where id = 2", principal=ws.principal)
    assert rows(ws, BOB, "select id from silver.people") == []


def test_a_rule_about_what_is_nested_in_a_column_masks_the_column(ws: LocalWorkspace) -> None:
    homes = pa.table({"id": [1], "home": [{"street": "Elm", "no": 1}], "items": [[{"price": 5}]], "open": [{"a": 1}]})
    ws.datasets.write("silver.homes", homes)
    rules = ("silver.homes.home.street", "silver.homes.items.price")
    for number, what in enumerate(rules):
        masks = f"masks: [{{name: m, what: [{what}], mask: {{kind: 'null'}}}}]"
        ws.services.access.policies.apply(f"version: 1\n{masks}", ws.principal)
        assert [value is None for value in rows(ws, BOB, "select home, items, open from silver.homes")[0]] == [
            number == 0,
            number == 1,
            False,
        ]
    ws.datasets.alter("silver.homes", (ColumnChange(action="rename", column="items", new_name="goods"),))
    assert rows(ws, BOB, "select goods from silver.homes") == [(None,)]


def test_what_is_taken_off_is_off(ws: LocalWorkspace) -> None:
    ws.catalog.untag("silver.people", "CONTACT", "mail")
    assert rows(ws, BOB, "select mail from silver.people") == [("bo@x.org",)]


def test_the_run_log_and_explanations_tell_no_more(ws: LocalWorkspace) -> None:
    explained = ws.as_principal(BOB).query.explain("select mail from silver.people where pay > 10")
    assert (explained.decision.allowed, explained.plan, explained.columns) == (True, "", (("mail", "string"),))
    for statement in ("explain select mail from silver.people", "explain analyze select mail from silver.people"):
        with pytest.raises(Forbidden, match="in part"):
            rows(ws, BOB, statement)
    assert "partial" not in ws.query.explain("select mail from silver.people").plan
    rows(ws, BOB, "select mail, pay from silver.people")
    run = ws.runs.list(limit=1)[0]
    assert (run.principal, run.inputs[0].columns) == ("bob", ("mail", "pay"))


def test_a_statement_is_decided_on_one_policy_though_another_is_applied_meanwhile(
    ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one grants nothing: a statement that took it for its second relation would fail."""
    access, alice = ws.services.access, ws.as_principal(ALICE)
    ws.datasets.write("silver.more", PEOPLE)
    shape, asked = access.shape, []

    def then_another(who: Principal, plan: Any, *more: Any) -> Any:
        asked.append(plan.ref.name)
        found = shape(who, plan, *more)
        if len(asked) == 1:
            access.policies.apply("version: 1\ngrants: []", ws.principal)
        return found

    monkeypatch.setattr(access, "shape", then_another)
    found = alice.query.run("select count(*) from silver.people join silver.more using (id)")
    assert (found.rows, len(asked)) == (((3,),), 2)
    entry = ws.compliance.audit_log(user="alice", limit=1)[0]
    assert entry.policy == access.policies.current()[0] - 1
    with pytest.raises(DatasetNotFound):
        alice.query.run("select count(*) from silver.people")


def test_what_is_told_of_many_datasets_is_looked_up_once(ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once a dataset: a lake holds thousands."""
    for number in range(5):
        ws.datasets.write(f"silver.t{number}", PEOPLE)
        ws.catalog.tag(f"silver.t{number}", "people")
    access, tables = ws.services.access, ws.services.catalog.tables
    newest, one, asked = access.policies._newest, tables.one, []
    monkeypatch.setattr(access.policies, "_newest", lambda: asked.append("policy") or newest())
    monkeypatch.setattr(tables, "one", lambda name: asked.append(name) or one(name))
    alice = ws.as_principal(ALICE)
    for look in (alice.catalog.list, alice.catalog.tags, alice.catalog.tree, lambda: alice.catalog.search_by_column("mail")):
        asked.clear()
        assert look()
        assert asked == ["policy"], look
    asked.clear()
    alice.query.run("select * from silver.t0 join silver.t1 using (id) join silver.t2 using (id)")
    assert asked.count("policy") == 1


def test_a_policy_with_an_error_changes_nothing(ws: LocalWorkspace) -> None:
    with pytest.raises(WorkbenchError, match=r"not right at rows\.own region"):
        ws.services.access.policies.apply(POLICY.replace("region IN principal.regions", "getenv('HOME') <> ''"), ws.principal)
    assert ws.services.access.policies.get().version == 1
    assert rows(ws, BOB, "select id from silver.people") == [(2,)]


def test_a_policy_that_meets_nothing_is_right_and_is_warned_of(ws: LocalWorkspace) -> None:
    ws.users.add("alice", roles=("analyst",), attributes={"regions": "north"})
    ws.datasets.write("silver.places", pa.table({"at": [{"street": "x"}], "town": ["y"]}))
    ws.datasets.alter("silver.places", (ColumnChange(action="rename", column="town", new_name="city"),))
    ws.datasets.rename("silver.places", "silver.spots")
    met = """version: 1
grants: [{to: analyst, what: silver.*}, {to: "user:alice", what: silver.spots.city}]
masks:
  - {name: a, tags: [contact], what: [silver.places.town, silver.spots.at.street], mask: {kind: 'null'}}
rows: [{name: b, what: [silver.people], where: region IN principal.regions}]
"""
    assert ws.compliance.check(met).warnings == ()
    slips = (
        met.replace("user:alice", "user:alise")
        .replace("[contact]", "[contct]")
        .replace("at.street", "at.streat")
        .replace(".regions", ".region")
    )
    warned = ws.compliance.check(slips).warnings
    assert [(each.place, each.line) for each in warned] == [("grants.1", 2), ("masks.a", 4), ("masks.a", 4), ("rows.b", 5)]
    assert [each.fix for each in warned] == ["Did you mean alice?", None, "Did you mean Contact?", "Did you mean regions?"]
    assert ws.compliance.apply(slips).warnings == warned and ws.compliance.policy().text == slips


def test_a_dataset_that_cannot_be_read_keeps_no_policy_from_being_applied(ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.lost", pa.table({"a": [1]}))
    Path(urlsplit(ws.services.lake.table("silver.lost").metadata_location).path).unlink()
    text = """version: 1
rows: [{name: missing, what: [silver.*], where: "country = 'it'"}]
masks: [{name: old, what: [silver.lost.former], mask: {kind: hash}}]
"""
    with LocalWorkspace(ws.settings, ws.principal) as fresh:  # which keeps no metadata in memory
        warned = fresh.compliance.apply(text).warnings
        assert any("does not fit silver.people" in each.message for each in warned)
        assert fresh.compliance.policy().text == text


def test_a_rule_that_does_not_fit_a_dataset_is_warned_of_and_shows_nothing(ws: LocalWorkspace) -> None:
    ws.users.add("lena", roles=("analyst",), attributes={"levels": (1, 2)})
    ws.datasets.write("silver.lists", pa.table({"id": [1], "tags": pa.array([[1]], pa.list_(pa.int64()))}))
    text = """version: 1
masks:
  - {name: odd, what: [silver.lists.tags], mask: {kind: expression, expression: "left(value, 3)"}}
  - {name: even, what: [silver.lists.id], mask: {kind: expression, expression: "value - value % 10"}}
rows:
  - {name: compared, what: [silver.lists], where: tags IN principal.levels}
  - {name: missing, what: [silver.*], where: "tags IS NULL OR country = principal.country"}
  - {name: fits, what: [silver.lists], where: "list_contains(tags, 1) AND id IN principal.levels"}
"""
    warned = [each for each in ws.compliance.check(text).warnings if "does not fit silver.lists" in each.message]
    assert [(each.place, each.line) for each in warned] == [("rows.compared", 6), ("rows.missing", 7), ("masks.odd", 3)]
    assert "country" in warned[1].message and all(each.fix for each in warned)
    ws.services.access.policies.apply(text, ws.principal)
    lena = Principal(name="lena", roles=("analyst",), attributes={"levels": (1, 2)})
    for look in (
        lambda: ws.services.query.run("select * from silver.lists", principal=lena),
        lambda: ws.services.reader.sample("silver.lists", 5, lena),
        lambda: ws.compliance.rows("silver.lists", user="lena"),
    ):
        with pytest.raises(Forbidden, match=r"The policy for silver\.lists cannot be applied"):
            look()


def test_without_a_policy_the_built_in_grants_hold(tmp_path: Path) -> None:
    create_workspace_file(tmp_path, "plain")
    with LocalWorkspace(load_settings(tmp_path, {})) as ws:
        for zone in ("bronze", "silver", "gold"):
            ws.datasets.write(f"{zone}.x", pa.table({"a": [1]}))
        seen = {
            role: [n for n, *_ in rows(ws, Principal(name="p", roles=(role,)), "show tables")]
            for role in ("viewer", "analyst", "engineer", "service", "none")
        }
    assert seen == {
        "viewer": ["gold.x"],
        "analyst": ["gold.x", "silver.x"],
        "engineer": ["bronze.x", "gold.x", "silver.x"],
        "service": [],
        "none": [],
    }


def test_every_other_verb_is_for_admins(ws: LocalWorkspace) -> None:
    alice, tried = ws.as_principal(ALICE), 0
    for noun, protocol in NAMESPACES.items():
        for verb in verbs_of(protocol):
            if f"{noun}.{verb.name}" not in GOVERNED:
                tried += 1
                with pytest.raises(Forbidden, match="is for administrators") as refused:
                    getattr(getattr(alice, noun), verb.name)(*["x"] * sum(p.default is p.empty for p in verb.parameters))
                # Whom to ask, and what else there is to do where there is something.
                assert refused.value.fix and "Ask who administers the workspace" in refused.value.fix
                assert ("upload" in refused.value.fix) is (noun == "sources")
    assert tried > 50
    with pytest.raises(Forbidden, match="Your token is for some datasets only"):
        check_verb(Principal(name="root", only=("gold.*",)), "users.list")


def test_an_admin_tries_a_policy_as_somebody_before_it_is_in_force(ws: LocalWorkspace) -> None:
    ws.users.add("alice", roles=("nurse",), attributes={"regions": ("north", "east")})
    seen = ws.compliance.rows("silver.people", user="alice")
    assert [name for name, _ in seen.columns] == ["id", "mail", "pay", "region"]
    assert [(one.column, one.mask) for one in seen.masked] == [("mail", "partial"), ("pay", "null")]
    assert seen.rows == ((1, "a*********", None, "north"), (3, "c*******", None, "north"), (4, "d*******", None, "east"))
    assert [each.rows for each in (ws.compliance.rows("silver.people"), ws.datasets.sample("silver.people"))] == [ANYBODYS] * 2
    assert ws.compliance.rows("silver.people", role="viewer").columns == ()
    # A draft is tried without being in force, and what it says of roles holds in it.
    draft = POLICY.replace("inherits: [analyst]", "inherits: [engineer]")
    assert len(ws.compliance.rows("silver.people", user="alice", draft=draft).rows) == 4
    assert [c.state for c in ws.compliance.access("silver.people", user="alice", draft=draft).columns] == ["seen", "seen", "masked", "seen"]
    assert ws.compliance.policy().version == 1
    assert ws.compliance.rows("silver.people", user="alice", limit=2).cut_at == 2
    with pytest.raises(InvalidInput, match="no role"):
        ws.compliance.rows("silver.people", role="nurse", draft=draft.replace("engineer", "enginer"))
    # It is in the history as what the admin did, not alice.
    assert {(run.job, run.principal) for run in ws.runs.list(kind="read") if " as " in run.job} == {
        ("read silver.people as alice", ws.principal.name),
        ("read silver.people as with-role-viewer", ws.principal.name),
        (f"read silver.people as {ws.principal.name}", ws.principal.name),
    }


def test_a_policy_that_is_put_in_force_is_an_event_for_everybody_which_says_no_more_than_its_version(tmp_path: Path) -> None:
    create_workspace_file(tmp_path, "told")
    with LocalWorkspace(load_settings(tmp_path, {})) as ws:
        ana, last = ws.as_principal(Principal(name="ana", roles=("analyst",))), ws.services.log.last()
        made = ws.compliance.apply("version: 1\ngrants: []\n", note="a secret reason")
        with pytest.raises(InvalidInput):
            ws.compliance.apply("version: 1\ngrants: 3\n")
        for one in (ana, ws):
            told = [event for event in one.system.events(after=last) if event.type == "policy.applied"]
            assert [event.body for event in told] == [{"version": made.version}]
        assert [event.type for event in ana.system.events(after=last)] == ["policy.applied"], "nothing else of that run"
        assert [run.status for run in ws.runs.list(kind="describe")] == ["succeeded"] and ana.runs.list() == ()


def test_that_somebodys_access_is_another_is_an_event_for_everybody_and_who_may_not_go_on_runs_nothing_more(tmp_path: Path) -> None:
    create_workspace_file(tmp_path, "changed")
    with LocalWorkspace(load_settings(tmp_path, {})) as ws:
        ana, log = ws.as_principal(Principal(name="ana", roles=("analyst",))), ws.services.log

        def told(change: Callable[[], object]) -> list[str]:
            last = log.last()
            change()
            assert all(event.body == {} for event in ana.system.events(after=last))
            return [event.type for event in ana.system.events(after=last)]

        assert told(lambda: ws.users.add("ana", ("analyst",))) == ["access.changed"]
        assert told(lambda: ws.users.change("ana", roles=("viewer",))) == ["access.changed"]
        assert told(lambda: ws.users.change("ana", attributes={"region": "north"})) == ["access.changed"]
        assert told(lambda: ws.users.change("ana", display_name="Ana")) == []
        ws.datasets.write("silver.hidden", pa.table({"name": ["x"]}))
        for column in (None, "name"):  # she does not see it, but may see what is made of it
            assert told(lambda: ws.catalog.tag("silver.hidden", "secret", column)) == ["access.changed"]  # noqa: B023
            assert told(lambda: ws.catalog.tag("silver.hidden", "Secret", column)) == []  # noqa: B023
            assert told(lambda: ws.catalog.untag("silver.hidden", "secret", column)) == ["access.changed"]  # noqa: B023
        with pytest.raises(NotFound):
            ws.users.disable("ann")
        slow = "select count(*) from range(100000000) a, range(100000000) b where a.range + b.range = 7"
        # Another process, as it were: it has services of its own, and the store in common.
        with ThreadPoolExecutor(3) as pool, LocalWorkspace(load_settings(tmp_path, {})) as other:
            running = [pool.submit(lambda of=of: of.query.run(slow)) for of in (ana, other.as_principal(ana.principal))]
            while log.count("running", "ana") < 2:
                assert not any(one.done() for one in running)
            # So does what runs with a token that is revoked, and nothing else.
            token = ws.services.tokens.issue(ana.principal).token
            with with_token(token.id):
                with_it = pool.submit(copy_context().run, ana.query.run, slow)
            while log.count("running", "ana") < 3:
                assert not with_it.done()
            ws.services.tokens.revoke(token.id)
            with pytest.raises(Cancelled, match="token or sign-in that it came with was ended"):
                with_it.result(60)
            assert not any(one.done() for one in running)
            last = log.last()
            queued = [ws.services.jobs.submit("ingest", "in", {}, name) for name in ("ana", "bob")]
            ws.users.disable("ana")
            assert [log.get(run).status for run in queued] == ["cancelled", "queued"]
            assert (ended := log.get(queued[0]).error) and ended.message == "The user ana was disabled."
            for one in running:
                with pytest.raises(Cancelled, match="the user ana was disabled"):
                    one.result(60)
            ended = [one.error.message if one.error else "" for one in ws.query.history(principal="ana")]
            why = ["the user ana was disabled", "the user ana was disabled", "the token or sign-in that it came with was ended"]
            assert sorted(ended, reverse=True) == [f"The statement was stopped: {each}." for each in why]
        assert "access.changed" in {event.type for event in log.events(after=last)}
        with pytest.raises(Unauthenticated):
            ws.services.users.now(ana.principal)
        assert told(lambda: ws.users.enable("ana")) == ["access.changed"]


def test_whether_a_policy_fits_many_datasets_is_read_off_the_catalog_and_only_what_it_does_not_say_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_workspace_file(tmp_path, "fits")
    with LocalWorkspace(load_settings(tmp_path, {})) as ws:
        for name, column in (("silver.a", "region"), ("silver.b", "region"), ("silver.c", "other"), ("silver.d", "price")):
            ws.datasets.write(name, pa.table({column: ["x"], "more": [1]}))
        ws.datasets.write("silver.nested", pa.table({"region": [{"name": "x"}]}))
        ws.datasets.alter("silver.d", [ColumnChange(action="rename", column="price", new_name="cost")])
        ws.catalog.tag("silver.c", "inner")
        opened: list[str] = []
        table = ws.services.lake.table
        monkeypatch.setattr(ws.services.lake, "table", lambda name: opened.append(name) or table(name))

        def told(text: str) -> list[tuple[str, str]]:
            opened.clear()
            return [(each.place, each.message) for each in ws.compliance.check(f"version: 1\n{text}").warnings]

        missing = "there is no column region"
        assert told("rows: [{name: r, what: [silver.a, silver.b], where: region = 'x'}]") == [] and opened == []
        assert told("rows: [{name: r, tags: [inner], where: region = 'x'}]") == [
            ("rows.r", f"It does not fit silver.c, of which nothing would be shown: {missing}.")
        ]
        (slip,) = ws.compliance.check("version: 1\nrows: [{name: r, what: [silver.a], where: regio = 'x'}]").warnings
        assert (slip.fix, slip.line) == ("Did you mean region?", 2) and "Error" not in slip.message
        (asks,) = ws.compliance.check("version: 1\nrows: [{name: r, what: [silver.a], where: region = current_user}]").warnings
        assert "no column 'current_user' here" in asks.message and "principal.name" in (asks.fix or "")
        opened.clear()
        assert opened == []
        ((_, message),) = told("rows: [{name: r, what: ['*.nested'], where: other = 'x'}]")
        assert message.startswith("It does not fit silver.nested") and opened == ["silver.nested"]
        # Of a name that the column had before the metadata tells.
        mask = "masks: [{name: m, what: ['silver.*.price'], mask: {kind: expression, expression: 'value + 1'}}]"
        assert [place for place, _ in told(mask)] == ["masks.m"]
        # What a mask never shows anything of is told: of what is named, tagged, nested; by kinds, and by constants.
        ws.datasets.write("silver.kinds", pa.table({"n": [1], "t": ["x"], "on": [True], "s": [{"inner": "x"}]}))
        ws.catalog.tag("silver.kinds", "flag", column="on")
        what = "what: [silver.kinds.n, silver.kinds.t, silver.kinds.s.inner], tags: [flag]"
        for kind, columns in (
            ("hash", "on (BOOLEAN), s (STRUCT"),
            ("partial, last: 2", "n (BIGINT), on (BOOLEAN), s (STRUCT"),
            ("constant, value: hidden", "n (BIGINT), on (BOOLEAN), s (STRUCT"),
            ("constant, value: 1", "s (STRUCT"),
            ("expression, expression: \"'secret'\"", "n (BIGINT), on (BOOLEAN), s (STRUCT"),
        ):
            ((place, message),) = told(f"masks: [{{name: m, {what}, mask: {{kind: {kind}}}}}]")
            assert place == "masks.m" and f"it leaves nothing but NULL of {columns}" in message, kind
        assert told(f"masks: [{{name: m, {what}, mask: {{kind: 'null'}}}}]") == []
        assert told("masks: [{name: m, what: [silver.a.more], mask: {kind: hash}}]") == [] and opened == []
        monkeypatch.setattr("workbench.app.fitting._OPENED", 0)
        assert told(mask) == [], "in so many datasets only"
