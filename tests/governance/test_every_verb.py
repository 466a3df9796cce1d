"""Every verb, asked over REST by somebody who sees a part: what is hidden is in no answer, and no error tells of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pyarrow as pa
import pytest
from sqlalchemy.event import listen

from workbench.api.app import create_app
from workbench.api.backend import Backend
from workbench.api.events import EventHub, _messages
from workbench.api.hosts import HostCheck
from workbench.app.local import LocalWorkspace
from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import Verb, verbs_of
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import Conflict, DatasetNotFound, Forbidden, InvalidInput, NotFound, RunNotFound, WorkbenchError
from workbench.core.principals import Principal
from workbench.governance.governed import GOVERNED, RULES
from workbench.ingest.records import IngestReport
from workbench.ingest.report import kept_report
from workbench.runs.context import RunContext, use_context
from workbench.runs.records import DatasetIO, RunError

VERBS: dict[str, Verb] = {f"{noun}.{verb.name}": verb for noun, protocol in NAMESPACES.items() for verb in verbs_of(protocol)}
CANARY, NUMBER = "canary", 987_654_321  # in whatever is hidden, and nowhere else
POLICY = """
version: 1
grants:
  - {to: analyst, what: silver.*}
  - {to: "user:alice", what: gold.totals.n}
  - {to: "user:alice", what: "pipeline:shared", may: [read, run]}
  - {to: "user:walt", what: "silver.*", may: [write]}
masks:
  - {name: contact data, tags: [contact], unless: ["user:walt"], mask: {kind: partial, first: 1}}
  - {name: pay, what: [silver.people.pay], mask: {kind: "null"}}
rows:
  - {name: own region, what: [silver.people, silver.secrets], where: region IN principal.regions}
"""
PEOPLE = pa.table(
    {
        "id": [1, 2, NUMBER],
        "mail": ["acanary@x.org", "bcanary@x.org", "ccanary@x.org"],
        "pay": [NUMBER, NUMBER + 1, NUMBER],
        "region": ["north", "north", "canary land"],
    }
)
PIPELINE = "name: {0}\ndescription: {0}\nsteps:\n  - {{name: one, notebook: one.ipynb}}\n"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("seen")
    create_workspace_file(root, "governed")
    for name in ("shared", "canary"):
        folder = root / "notebooks" / "pipelines" / name
        folder.mkdir(parents=True)
        (folder / "pipeline.yaml").write_text(PIPELINE.format(name))
        (folder / "one.ipynb").write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    # It is asked as fast as it answers.
    with LocalWorkspace(load_settings(root, {"WORKBENCH_SERVE_BURST": "10000"})) as made:
        fill(made)
        yield made


def fill(ws: LocalWorkspace) -> None:
    ws.datasets.write("silver.people", PEOPLE)
    ws.datasets.write("silver.open", pa.table({"id": [1, 2], "total": [5, 6]}))
    ws.datasets.write("gold.totals", pa.table({"n": [4], "canary_column": ["canary value"]}))
    ws.datasets.write("bronze.canary", PEOPLE)
    ws.datasets.write("silver.made", pa.table({"id": [1]}))
    ws.catalog.tag("silver.people", "contact", "mail")
    ws.catalog.tag("gold.totals", "canary tag", "canary_column")
    ws.catalog.tag("bronze.canary", "canary mark")
    ws.catalog.tag("silver.open", "open mark")
    ws.catalog.describe("bronze.canary", description="A canary in a mine", owner="canary owner")
    ws.catalog.describe("gold.totals", description="words on the canary column", column="canary_column")
    ws.catalog.define_term("canary word", "what the canary sings")
    ws.catalog.link_term("bronze.canary", "canary word")
    ws.catalog.define_term("open word", "everybody's")
    ws.catalog.link_term("silver.open", "open word")
    ws.query.run("create view silver.hidden_below as select mail as canary_mail from bronze.canary where mail <> 'canary literal'")
    ws.catalog.describe_view("silver.hidden_below", description="a canary sings", owner="canary owner")
    ws.query.run("create view silver.shown as select id, mail from silver.people where pay <> 987654321")
    ws.query.run("create view gold.sums as select n, canary_column from gold.totals")
    ws.query.run("create view bronze.canary_view as select 1 as one")
    for name in ("silver.people", "silver.open"):
        ws.quality.profile(name)
        ws.quality.current(name)
    ws.query.run("select * from bronze.canary where mail = 'canary literal'")
    with ws.services.log.run("step", "canary.step", ws.principal) as run:

        def io(name: str) -> DatasetIO:
            return DatasetIO(kind="table", id=ws.catalog.get(name).ref.table_uuid, name=name, notebook="canary.ipynb")

        run.read(DatasetIO(kind="file", id="sha256:canary", name="canary.csv"))
        run.read(io("bronze.canary"))
        run.wrote(io("silver.open"))
    with ws.services.log.run("step", "open.step", ws.principal) as run:
        run.read(io("silver.open"))
        run.wrote(io("silver.made"))
    # She has started it, may not look at it, and its values are another's schedule's: its step works with other rights than hers.
    whole = ws.services.log.start("pipeline", "taken", ALICE, {"what": "canary value"}, attributes={"values_of": "canary"})
    step = ws.services.log.start("step", "taken.tell", ALICE, {"what": "canary value"}, whole.id)
    step.read(io("bronze.canary"))
    step.attributes(outputs={"most": "canary value"})
    step.metric("canary", NUMBER)
    with ws.services.store.write() as conn:
        ws.services.log.append(conn, step.id, "dataset.described", table_uuid=io("bronze.canary").id, name="bronze.canary")
    step.wrote(io("silver.open"))
    for failed in (step, whole):
        failed.fail(RunError(code="function_failed", message="no canary", fix="canary.log"))
    ws.services.access.policies.apply(POLICY, ws.principal)
    ws.users.add("alice", roles=("analyst",), attributes={"regions": ("north",)})
    ws.users.add("walt", roles=())
    # Another of its steps asks statements in her name, and takes in and writes with her token: who wrote it has said what.
    asks = ws.services.log.start("step", "taken.ask", ALICE, parent_id=whole.id)
    with use_context(RunContext(asks.id, notebook="canary.ipynb", cell="canary cell")):
        for sql in ("select id from silver.open where 'canary text' <> $what", "select cast($what as int) from bronze.canary"):
            with contextlib.suppress(WorkbenchError):
                ws.as_principal(ALICE).query.run(sql, {"what": "canary value"})
    load = ws.services.log.start("ingest", "ingest silver.open", ALICE, {"source": "canary.csv", "dataset": "silver.open"}, asks.id)
    report = IngestReport(
        run_id=load.id, dataset="silver.open", zone="silver", source="canary.csv", content_hash="x", rows=NUMBER, warnings=("canary",)
    )
    load.attributes(**kept_report(report))
    load.metric("rows", NUMBER)
    write = ws.services.log.start("write", "write bronze.canary", ALICE, {"dataset": "bronze.canary"}, asks.id)
    # She might look at it when she asked for a place to look for what was wrong.
    debug = ws.services.log.start(
        "debug", "canary.step", ALICE, {"run_id": whole.id, "step": "canary"}, attributes={"path": "canary.ipynb"}
    )
    for ended in (load, write, asks, debug):
        ended.succeed()


ALICE = Principal(name="alice", roles=("analyst",), attributes={"regions": ("north",)})
WALT = Principal(name="walt", roles=())
SEEN = ("silver.people", "silver.open", "gold.totals", "silver.made")
NAMED = {"name": SEEN}

# What each verb that is not for admins is asked; what is missing here is a failing test.
ASKED: dict[str, list[dict[str, Any]]] = {
    "catalog.list": [{}, {"zone": "bronze"}, {"zone": "gold"}],
    "catalog.search": [
        *(
            {"query": query}
            for query in ("canary", "canry", "people", "mail", "totals", "sings", "mine", "open", "canary owner", "shown", "below", "sums")
        ),
        {"query": "", "tag": "canary tag"},
        {"query": "", "column": "canary_column"},
        {"query": "", "owner": "canary owner"},
        {"query": "", "zone": "gold"},
        {"query": "people", "min_quality": 0.01},
    ],
    "catalog.search_by_column": [{"column": "canary_column"}, {"column": "mail"}, {"column": "n"}],
    "catalog.get": [{"name": name} for name in SEEN],
    "catalog.view": [{"name": name} for name in ("silver.hidden_below", "silver.shown", "gold.sums")],
    "catalog.describe_view": [{"name": name, "description": "x"} for name in ("silver.hidden_below", "silver.shown")],
    "catalog.describe": [{"name": "silver.open", "description": "nice"}, {"name": "silver.people", "description": "x"}],
    "catalog.tag": [{"name": "silver.open", "tag": "x"}],
    "catalog.untag": [{"name": "silver.open", "tag": "open mark"}],
    "catalog.tags": [{}],
    "catalog.terms": [{}],
    "catalog.quality_leaders": [{}],
    "catalog.tree": [{}, {"zone": "gold"}, {"zone": "bronze"}, {"zone": "silver", "limit": 1}],
    "catalog.popular": [{}],
    "catalog.often_used_with": [{"name": name} for name in SEEN],
    "catalog.statistics": [{}],
    "catalog.schema_history": [{"name": name} for name in SEEN],
    "catalog.schema_compare": [{"name": name, "a": "0"} for name in SEEN],
    "datasets.sample": [{"name": name} for name in SEEN],
    "datasets.read": [{"name": name} for name in SEEN],
    "datasets.write": [{"name": "silver.people"}],
    "datasets.snapshots": [{"name": name} for name in SEEN],
    "datasets.refs": [{"name": name} for name in SEEN],
    "datasets.create_branch": [{"name": "silver.people", "branch": "b"}],
    "datasets.create_tag": [{"name": "silver.people", "tag": "t"}],
    "datasets.delete_ref": [{"name": "silver.people", "ref": "main"}],
    "datasets.publish": [{"names": ["silver.people"], "branch": "b"}],
    "datasets.rollback": [{"name": "silver.people", "snapshot_id": 1}],
    "datasets.compact": [{"name": "silver.people"}],
    "query.run": [{"sql": f"select * from {name}"} for name in SEEN] + [{"sql": "show tables"}, {"sql": "summarize silver.people"}],
    "query.arrow": [{"sql": f"select * from {name}"} for name in SEEN],
    "query.export": [{"sql": f"select * from {name}"} for name in SEEN],
    "query.stop": [{"ticket": "x" * 20}],
    "query.explain": [{"sql": f"select * from {name}"} for name in SEEN],
    "query.estimate": [{"sql": f"select * from {name}"} for name in SEEN],
    "query.validate": [{"sql": f"select * from {name}"} for name in SEEN],
    "query.profile": [{"sql": f"select * from {name}"} for name in SEEN],
    "query.writable": [{}, *({"name": name} for name in ("bronze.canary", "silver.hidden_below", "canary"))],
    "query.history": [{}, {"search": "canary"}, {"dataset": "bronze.canary"}],
    "query.statement": [{"run_id": "x"}],
    "query.share": [{"run_id": "x"}],
    "query.diff": [{"first": "x", "second": "y"}],
    "query.metrics": [{}],
    "query.complete": [{"sql": "select  from gold.totals", "position": 7}, {"sql": "select * from ", "position": 14}],
    "query.ingest": [{}],
    "ingest.stage": [{}],
    "ingest.preview": [{"source": "bronze.canary.csv"}, {"source": "upload:00000000000000000000000000000000/x.csv"}],
    "ingest.start": [{"source": "x.csv"}],
    "ingest.load": [{"source": "x.csv"}],
    "ingest.report": [],  # those of everybody: below
    "ingest.misfits": [{"name": name} for name in SEEN],
    "ingest.correct": [{"name": "silver.people", "corrections": []}],
    "ingest.discard": [{"name": "silver.people", "ids": []}],
    "ingest.readings": [{}],
    "ingest.forget": [{"id": "x"}],
    "ingest.statistics": [{}],
    "recipes.propose": [{"name": name} for name in SEEN],
    "recipes.preview": [{"name": name, "recipe": {"steps": []}} for name in SEEN],
    "recipes.apply": [{"name": "silver.open", "recipe": {"steps": []}, "target": "silver.made"}],
    "recipes.get": [{"name": name} for name in SEEN],
    "recipes.removed": [{"name": name} for name in SEEN],
    "recipes.undo": [{"name": "silver.open"}],
    "recipes.promote": [{"name": "silver.open"}],
    "sources.connections": [{}],
    "sources.tables": [{"name": "canary"}],
    "runs.list": [{}, {"job": "canary.step"}, {"job": "read bronze.canary"}, {"kind": "sql"}],
    "runs.get": [],  # those of everybody: below
    "runs.events": [],
    "runs.notebook": [],
    "runs.cancel": [],
    "jobs.queue": [{}],
    "lineage.graph": [{"name": name} for name in SEEN],
    "pipelines.list": [{}],
    "pipelines.get": [{"name": "shared"}],
    "pipelines.templates": [{}],
    "pipelines.run": [{"name": "shared"}],
    "pipelines.approvals": [{}],
    "pipelines.approve": [{"run_id": "x"}],
    "pipelines.reject": [{"run_id": "x"}],
    "pipelines.repair": [{"run_id": "x"}],
    "pipelines.preview_repair": [{"run_id": "x"}],
    "pipelines.rerun": [{"run_id": "x"}],
    "pipelines.debug": [{"run_id": "x"}],
    "pipelines.diff": [{"first": "x", "second": "y"}],
    "pipelines.status": [{"name": "shared", "run_id": "x"}],
    "pipelines.versions": [{"name": "shared"}],
    "schedules.list": [{}],
    "schedules.get": [{"name": "shared"}],
    "schedules.dates": [{"name": "shared"}],
    "schedules.preview": [{"cron": "daily"}],
    "schedules.presets": [{}],
    "schedules.add": [{"pipeline": "shared", "cron": "daily"}],
    "schedules.run": [{"name": "shared"}],
    "schedules.pause": [{"name": "shared"}],
    "schedules.resume": [{"name": "shared"}],
    "schedules.remove": [{"name": "shared"}],
    "schedules.backfill": [{"name": "shared", "start": "2026-01-01", "end": "2026-01-02"}],
    "schedules.preview_backfill": [{"name": "shared", "start": "2026-01-01", "end": "2026-01-02"}],
    "schedules.backfills": [{"name": "shared"}],
    "schedules.cancel_backfill": [{"id": "x"}],
    "notifications.list": [{}],
    "notifications.read": [{}],
    "notifications.settings": [{}],
    "notifications.subscribe": [{"events": ["failed"], "about": ["pipeline:shared"]}],
    "notifications.unsubscribe": [{"number": 1}],
    "notifications.connect": [{"channel": "email", "address": "a@example.org"}],
    "notifications.disconnect": [{"channel": "email"}],
    "notifications.quiet": [{}],
    "notifications.test": [{"channel": "slack"}],
    "quality.profile": [{"name": name} for name in SEEN],
    "quality.current": [{"name": name} for name in SEEN],
    "quality.history": [{"name": name} for name in SEEN],
    "quality.failing": [{"name": name, "check": "set_aside"} for name in SEEN],
    "quality.expectations": [{"name": name} for name in SEEN],
    "quality.propose": [{"name": name} for name in SEEN],
    "users.me": [{}],
    "users.my_tokens": [{}],
    "users.new_token": [{}],
    "users.rotate_token": [{"token_id": "x"}],
    "users.revoke_token": [{"token_id": "x"}],
    "users.change_password": [{}],
    "system.status": [{}],
    "system.events": [{"limit": 100_000}],
}


class Client:
    """The API in this process, asked with somebody's token."""

    def __init__(self, ws: LocalWorkspace, name: str) -> None:
        backend = Backend(ws.services)
        self._app = create_app(backend, HostCheck())
        self._token = ws.users.issue_token(name, "write").secret

    def ask(self, verb: str, arguments: dict[str, Any]) -> httpx.Response:
        said, path, left = VERBS[verb], VERBS[verb].path, dict(arguments)
        for name in list(left):
            if f"{{{name}}}" in path:
                path = path.replace(f"{{{name}}}", quote(str(left.pop(name)), safe=""))
        return anyio.run(self._send, said, f"/api{path}", left)

    async def _send(self, verb: Verb, path: str, left: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8100", headers=headers) as client:
            if verb.transport == "arrow-in":
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, PEOPLE.schema) as writer:
                    writer.write_table(PEOPLE)
                stream = {"Content-Type": "application/vnd.apache.arrow.stream"}
                return await client.post(path, params=left, content=sink.getvalue().to_pybytes(), headers=stream)
            if verb.method in ("GET", "DELETE"):
                return await client.request(verb.method, path, params=left)
            return await client.request(verb.method, path, json=left)


@pytest.fixture(scope="module")
def alice(ws: LocalWorkspace) -> Client:
    return Client(ws, "alice")


def check(verb: str, arguments: dict[str, Any], answer: httpx.Response) -> None:
    """Nothing that is hidden is in it, beside what was asked with."""
    told = answer.content.decode("utf-8", "replace")
    if verb in ("datasets.read", "query.arrow") and answer.status_code == 200:
        told = str(pa.ipc.open_stream(answer.content).read_all().to_pylist())
    for given in (*arguments.values(), *(json.dumps(value) for value in arguments.values())):
        told = told.replace(str(given), "").replace(json.dumps(str(given))[1:-1], "")
    assert CANARY not in told.casefold(), f"{verb} {arguments}: {told}"
    assert str(NUMBER) not in told and "987,654,321" not in told, f"{verb} {arguments}: {told}"
    assert answer.status_code < 500, f"{verb} {arguments}: {told}"


def test_every_verb_is_in_the_table_and_checked(ws: LocalWorkspace) -> None:
    assert set(RULES) == {*VERBS, "system.stream"}
    for name in VERBS:
        noun, _, verb = name.partition(".")
        # What comes from another class than the noun's own would be asked by nobody.
        assert hasattr(getattr(getattr(ws, noun), verb), "__wrapped__"), name
    assert set(ASKED) == GOVERNED - {"system.stream"}


@pytest.mark.parametrize("verb", sorted(ASKED))
def test_no_answer_has_what_is_hidden(ws: LocalWorkspace, alice: Client, verb: str) -> None:
    for arguments in ASKED[verb]:
        check(verb, arguments, alice.ask(verb, arguments))
    if "run_id" in {parameter.name for parameter in VERBS[verb].parameters} and verb.startswith(("runs.", "ingest.")):
        kinds = {(run.kind, run.job, run.principal): run for run in ws.runs.list(limit=1000)}
        for run in kinds.values():
            check(verb, {"run_id": run.id}, alice.ask(verb, {"run_id": run.id}))


@pytest.mark.parametrize("verb", sorted(verb for verb in ASKED if RULES[verb] in ("seen", "write")))
def test_what_is_hidden_is_as_if_it_were_not_there(alice: Client, verb: str) -> None:
    """The same answer for a dataset that is hidden and for one that does not exist."""
    parameters = {parameter.name: parameter for parameter in VERBS[verb].parameters}
    named = [name for name in ("name", "names") if name in parameters]
    if not named:
        return
    answers = []
    for dataset in ("bronze.canary", "bronze.robins"):
        arguments = (ASKED[verb][0] if ASKED[verb] else {}) | {named[0]: [dataset] if named[0] == "names" else dataset}
        answer = alice.ask(verb, arguments)
        answers.append((answer.status_code, answer.text.replace(dataset, "...")))
    assert answers[0] == answers[1]
    assert answers[0][0] in (403, 404)


def test_every_other_verb_refuses_before_it_looks(alice: Client) -> None:
    in_path = ("name", "id", "run_id", "term", "user", "token_id")
    for verb in set(VERBS) - GOVERNED:
        answer = alice.ask(verb, {name: "bronze.canary" for name in in_path if f"{{{name}}}" in VERBS[verb].path})
        assert answer.status_code == 403, verb
        assert "is for administrators" in answer.text and answer.json()["error"]["details"] == {"needs": "admin"}


def test_who_sees_a_part_is_advised_to_what_she_may_do(ws: LocalWorkspace) -> None:
    datasets = ws.as_principal(WALT).datasets
    for verb, arguments in {"compact": (), "rollback": (1,), "write": (PEOPLE,)}.items():
        with pytest.raises(Forbidden, match="only a part") as told:
            getattr(datasets, verb)("silver.people", *arguments)
        assert ("INSERT" in str(told.value)) == (verb == "write") and "UPDATE" not in str(told.value)


def test_the_live_stream_has_ones_own_runs(ws: LocalWorkspace) -> None:
    run = ws.as_principal(ALICE).query.run("select count(*) from silver.people")
    backend = Backend(ws.services)

    async def listen(of: Principal | None) -> str:
        async def holds() -> bool:
            return True

        told, last = "", ws.services.log.last()
        async for message in _messages(EventHub(backend), backend, 0, of, holds):
            told += message.decode()
            if f"id: {last}\n" in told:
                break
        return told

    mine = anyio.run(listen, ALICE)
    assert str(run.run_id) in mine and '"job":"taken.tell"' in mine
    assert CANARY not in mine.casefold()
    assert CANARY in anyio.run(listen, None).casefold()


def test_what_is_seen_is_answered(ws: LocalWorkspace) -> None:
    """The twin of the tests above: a part is shown, not nothing."""
    alice = ws.as_principal(ALICE)
    # Of a view over what is not granted there is the name, as in SHOW TABLES.
    assert {line.name: line.columns for line in alice.catalog.list(kind="view")} == {"silver.hidden_below": None, "silver.shown": 2}
    assert [(line.name, line.rows, line.bytes, line.columns) for line in alice.catalog.list(kind="dataset")] == [
        ("gold.totals", 1, None, 1),
        ("silver.made", 1, None, 1),
        ("silver.open", 2, None, 2),  # a mask is about a tag, which might be on it: that it is not, get() knows
        ("silver.people", None, None, 4),
    ]
    people, opened = alice.catalog.get("people"), alice.catalog.get("open")
    assert (people.rows, people.bytes, [c.name for c in people.columns]) == (None, None, ["id", "mail", "pay", "region"])
    assert (opened.rows, bool(opened.bytes), opened.location) == (2, True, "")
    assert [c.name for c in alice.catalog.get("gold.totals").columns] == ["n"]
    assert [hit.dataset.name for hit in alice.catalog.search("totals")] == ["gold.totals", "silver.open"]  # by its column total
    assert [hit.dataset.name for hit in alice.catalog.search("mail")] == ["silver.people", "silver.shown"]
    assert [hit.column for hit in alice.catalog.search_by_column("n")][:1] == ["n"]
    assert [(node.name, node.datasets) for node in alice.catalog.tree().nodes] == [("gold", 1), ("silver", 3)]
    assert [term.name for term in alice.catalog.terms()] == ["open word"]
    assert {use.tag: use.columns for use in alice.catalog.tags()} == {"contact": 1, "open mark": 0}
    assert alice.catalog.statistics().datasets == alice.system.status().datasets == 4
    assert {"silver.open"} <= {leader.dataset for leader in alice.catalog.quality_leaders()} <= {"silver.open", "silver.made"}
    assert alice.datasets.snapshots("silver.people")[0].rows_total is None
    assert alice.datasets.snapshots("silver.open")[0].rows_total == 2
    assert [column.name for column in alice.quality.profile("silver.open").columns] == ["id", "total"]
    assert [version.version for version in alice.catalog.schema_history("gold.totals")] == [0]


def test_the_best_datasets_are_told_without_looking_into_those_that_no_rule_is_about(
    ws: LocalWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    table = ws.services.lake.table
    for who in (ALICE, WALT):
        view = ws.services.view(who)
        sure = {info.name for info in view.infos_by_uuid.values() if view.surely_whole(info)}
        assert sure <= {name for name in view.names_by_uuid.values() if view.shown(name).whole}, "the cautious answer"
        with monkeypatch.context() as patch:
            patch.setattr(ws.services.lake, "table", lambda name: opened.append(name) or table(name))
            ws.as_principal(who).catalog.quality_leaders(1_000)
        assert {"silver.open", "silver.made"} <= sure and not sure & set(opened)


def test_lineage_goes_through_what_is_seen_only(ws: LocalWorkspace) -> None:
    assert {node.name for node in ws.lineage.graph("silver.made").nodes} == {"silver.made", "silver.open", "bronze.canary", "canary.csv"}
    graph = ws.as_principal(ALICE).lineage.graph("silver.made")
    assert [(node.name, node.depth) for node in graph.nodes] == [("silver.made", 0), ("silver.open", -1)]
    assert [(edge.job, edge.notebook) for edge in graph.edges] == [("step", None)]


def test_runs_of_others_are_told_of_in_part(ws: LocalWorkspace) -> None:
    alice = ws.as_principal(ALICE)
    mine = alice.query.run("select id from silver.people where region = 'north'")
    assert alice.runs.get(str(mine.run_id)).attributes["sql"] == "select id from silver.people where region = 'north'"
    kept = alice.query.run("select id from silver.people where region = 'north'")
    read = alice.runs.list(kind="read")[:1] if alice.datasets.sample("silver.people") else ()
    assert ws.runs.get(str(kept.run_id)).metrics["cached"] == 1 and len(read) == 1
    for run_id in (str(mine.run_id), str(kept.run_id), read[0].id):
        # How long it took would tell how much is hidden, and that (or which process carried it out) whether its answer was kept.
        run, events = alice.runs.get(run_id), alice.runs.events(run_id)
        assert run.ended_at is None and "process" not in run.attributes and events[-1].type == "run.succeeded"
        assert {event.at for event in events} == {run.started_at} and not [event for event in events if "process" in str(event.body)]
        assert ws.runs.get(run_id).ended_at is not None
    theirs = next(run for run in alice.runs.list(kind="step") if run.principal != "alice")
    assert (theirs.job, theirs.attributes, [io.name for io in theirs.outputs]) == ("step", {}, ["silver.made"])
    with pytest.raises(Forbidden, match="told to who did it"):
        alice.runs.events(theirs.id)
    with pytest.raises(Forbidden, match="Who started a run stops it"):
        alice.runs.cancel(theirs.id)
    hidden = next(run for run in ws.runs.list(kind="sql") if run.principal == ws.principal.name)
    for ask in (alice.runs.get, alice.runs.events, alice.runs.notebook, alice.runs.cancel):
        with pytest.raises(NotFound, match="There is no run"):
            ask(hidden.id)
    hers = {run.id for run in ws.runs.list(limit=1000) if run.principal == "alice"}
    asked: list[str] = []
    listen(ws.services.store.engine, "before_cursor_execute", lambda *sent: asked.append(sent[2]))
    told = alice.system.events(limit=10_000)
    assert len(asked) < 12 < len(hers), "not one for each run"
    # Of a run that others' rights have carried out: how it goes, and what she sees of what it read and wrote.
    step = next(run for run in alice.runs.list(kind="step") if run.job == "taken.tell")
    assert [event.type for event in told if event.run_id == step.id] == ["run.started", "run.wrote", "run.failed"]
    assert alice.runs.list(kind="write") and not alice.runs.list(job="write bronze.canary")
    # That there is another policy, or that somebody's access is another, everybody is told; of it only which version it is.
    for_all = {"policy.applied": {"version"}, "access.changed": set()}
    assert {event.run_id for event in told if event.type not in for_all} == hers
    assert all(set(event.body) == for_all[event.type] for event in told if event.run_id not in hers)


def test_who_may_write_and_sees_all_of_it_writes(ws: LocalWorkspace) -> None:
    alice, walt = ws.as_principal(ALICE), ws.as_principal(WALT)
    with pytest.raises(Forbidden, match="You may look at"):
        alice.datasets.write("silver.open", pa.table({"id": [1], "total": [1]}))
    assert walt.datasets.write("silver.walts", pa.table({"a": [1]})).rows_total == 1
    assert walt.datasets.write("Silver.Walts", pa.table({"a": [2]})).rows_total == 2  # the same: no name beside what is granted
    walt.catalog.describe("silver.walts", description="his")
    assert walt.catalog.tag("silver.walts", "contact").labels == ("contact",)
    with pytest.raises(Forbidden, match="The policy is about the tag"):
        walt.catalog.untag("silver.walts", "Contact")
    # Of this one he does not see every row: nothing of it is overwritten unseen.
    for attempt in (
        lambda: walt.datasets.rollback("silver.people", walt.datasets.snapshots("silver.people")[-1].id),
        lambda: walt.datasets.write("silver.people", PEOPLE, mode="overwrite"),
        lambda: walt.datasets.write("SILVER.people", PEOPLE, mode="upsert", keys=("id",)),
    ):
        with pytest.raises(Forbidden, match="only a part"):
            attempt()
    with pytest.raises(DatasetNotFound):
        walt.datasets.write("gold.new", pa.table({"a": [1]}))
    ws.datasets.drop("silver.walts")


@pytest.mark.parametrize(
    "sql",
    [
        "create or replace table silver.walts as select id from silver.people",
        "insert into silver.people (id) values (77)",
        "insert into silver.walts select ('x' || count(*))::int from silver.people",  # fails
    ],
)
def test_what_a_write_took_is_not_told_to_who_saw_a_part_of_it(ws: LocalWorkspace, sql: str) -> None:
    walt = ws.as_principal(WALT)
    ws.datasets.write("silver.walts", pa.table({"id": [1]}), mode="overwrite")
    with contextlib.suppress(InvalidInput):
        walt.query.run(sql)
    (last, *_) = walt.query.history(limit=1)
    run = walt.runs.get(last.id)
    assert (last.sql, last.seconds, last.bytes, last.cached) == (sql, None, None, None) and not walt.query.metrics().slowest
    assert run.ended_at is None and set(run.metrics) <= {"rows"} and "process" not in run.attributes
    (ended,) = (event for event in walt.runs.events(last.id) if event.type in ("run.succeeded", "run.failed"))
    assert ended.at == run.started_at and set(ended.body.get("metrics", {})) <= {"rows"}
    assert ws.query.statement(last.id).seconds is not None, "administrators are told"
    ws.datasets.rollback("silver.people", ws.datasets.snapshots("silver.people")[-1].id)
    ws.datasets.drop("silver.walts")


def test_pipelines_are_there_for_who_is_granted_them(ws: LocalWorkspace) -> None:
    alice = ws.as_principal(ALICE)
    assert [pipeline.name for pipeline in alice.pipelines.list()] == ["shared"]
    mine = alice.pipelines.run("shared").run
    assert mine.status == "queued"
    with pytest.raises(Conflict):
        alice.pipelines.repair(mine.id)
    assert alice.pipelines.rerun(mine.id).run.status == "queued"
    # Of others' runs she is told how they went, and no more.
    other = ws.pipelines.run("shared")
    seen = alice.pipelines.status("shared", other.run.id)
    assert (seen.run.status, seen.run.params, seen.run.attributes, len(seen.steps)) == ("queued", {}, {}, len(other.steps))
    assert other.run.id in [run.id for run in alice.runs.list(kind="pipeline", job="shared")] and other.run.attributes
    for act in (alice.pipelines.repair, alice.pipelines.rerun, alice.runs.cancel, alice.runs.events, alice.runs.notebook):
        with pytest.raises(Forbidden):
            act(other.run.id)
    diff = alice.pipelines.diff(mine.id, other.run.id)
    assert diff.in_part and [step.name for step in diff.steps] == [str(step.attributes["step"]) for step in other.steps]
    assert not (diff.params or diff.metrics or diff.code) and not alice.pipelines.diff(mine.id, mine.id).in_part
    hidden = ws.pipelines.run("canary").run.id
    for asked in ((mine.id, hidden), (hidden, mine.id)):
        with pytest.raises(RunNotFound) as gone:
            alice.pipelines.diff(*asked)
        assert "canary" not in str(gone.value)
    with pytest.raises(RunNotFound):
        alice.runs.get(ws.pipelines.run("canary").run.id)
    errors = []
    for name in ("canary", "robins"):
        for ask in (alice.pipelines.get, alice.pipelines.run):
            with pytest.raises(WorkbenchError) as error:
                ask(name)
            errors.append((type(error.value), str(error.value).replace(name, "..."), error.value.fix))
    assert len(set(errors)) == 1
