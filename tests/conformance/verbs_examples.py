"""One story that uses every verb. Told through each face in a workspace of its own, it must come out the same."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pyarrow as pa

from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.ingest.recipes.records import Case, Cast, Filter, Recipe, Rename
from workbench.ingest.records import Correction, LoadOptions
from workbench.lake.records import ColumnChange
from workbench.pipelines.draft_records import Change
from workbench.quality.records import Expectation

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "name": pa.array(["Ada", "Zoë <b>", None], pa.string()),
        "amount": pa.array([Decimal("1.50"), None, Decimal("-3.25")], pa.decimal128(12, 2)),
        "at": pa.array(
            [dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), None, dt.datetime(1969, 12, 31, tzinfo=dt.UTC)], pa.timestamp("us", "UTC")
        ),
        "big": pa.array([2**60, None, -1], pa.int64()),
        "tags": pa.array([["a", "b"], [], None], pa.list_(pa.string())),
        "part": pa.array([{"x": 1.5}, {"x": None}, None], pa.struct([("x", pa.float64())])),
        "ok": pa.array([True, False, None], pa.bool_()),
        "raw": pa.array([b"\x00\xff", b"", None], pa.binary()),
        "day": pa.array([dt.date(2026, 2, 28), None, dt.date(1582, 10, 15)], pa.date32()),
    }
)
MORE = ROWS.slice(0, 1)
SIZES = "bronze.größe_1"
CLEAN = Recipe(
    steps=(
        Case(columns=("wer",), to="upper"),
        Filter(expectation=Expectation(kind="not_null", column="größe_cm")),
        Rename(column="größe_cm", to="cm"),
    )
)
TWICE = pa.concat_tables([MORE, MORE])

Arguments = dict[str, Any] | Callable[["Story"], dict[str, Any]]


@dataclass
class Story:
    """Where the story is told, and what it has come to know."""

    files: Path
    known: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """A call. ``keep`` puts parts of the result aside for later calls; ``error`` is the code it must fail with."""

    verb: str
    arguments: Arguments = field(default_factory=dict)
    keep: Callable[[Any, dict[str, Any]], None] | None = None
    error: str | None = None


def _first_snapshot(result: Any, known: dict[str, Any]) -> None:
    known["first"] = result["id"]


def _expectation(result: Any, known: dict[str, Any]) -> None:
    known["expectation"] = result["id"]


MEMBERS = pa.table({"mail": [f"m{n}@example.org" for n in range(12)], "full_name": ["Anna Smith", "Jan Novak", "Giulia Rossi"] * 4})


def _findings(result: Any, known: dict[str, Any]) -> None:
    known.update({f"finding {one['tag']}": one["id"] for one in result["proposed"]})


def _token(result: Any, known: dict[str, Any]) -> None:
    known["token"] = result["token"]["id"]


def _run_id(result: Any, known: dict[str, Any]) -> None:
    known["run"] = result["run_id"]


def _pipeline_run(result: Any, known: dict[str, Any]) -> None:
    known["pipeline"] = result["run"]["id"]
    known["step"] = result["steps"][0]["id"]


def _rerun(result: Any, known: dict[str, Any]) -> None:
    known["rerun"] = result["run"]["id"]


def _scheduled(result: Any, known: dict[str, Any]) -> None:
    known["scheduled"] = result["id"]


def _backfill(result: Any, known: dict[str, Any]) -> None:
    known["backfill"] = result["id"]


def _staged(result: Any, known: dict[str, Any]) -> None:
    known["upload"] = result["source"]


def _misfits(result: Any, known: dict[str, Any]) -> None:
    known["misfits"] = [(misfit["id"], misfit["row"]) for misfit in result]


def _reading(result: Any, known: dict[str, Any]) -> None:
    known["reading"] = result[0]["id"]


def _corrected(story: Story) -> tuple[Correction, ...]:
    (first, row), *_ = story.known["misfits"]
    return (Correction(id=first, row={**row, "amount": "12.5"}),)


MEASURED = LoadOptions(name="measured", reading=Reading(columns=(ColumnReading(place=1, original="amount", type="decimal(10, 2)"),)))


def _watch(result: Any, known: dict[str, Any]) -> None:
    known["watch"] = result["id"]


# Nothing answers there.
AWAY = {"host": "127.0.0.1", "port": 9, "database": "shop", "user": "reader"}

POLICY = """
version: 1
grants:
  - {to: analyst, what: gold.*}
masks:
  - {name: names, what: [gold.persons.name], mask: {kind: partial, first: 1}}
rows:
  - {name: own region, what: [gold.persons], unless: [engineer], where: name IN principal.regions}
"""

_SMALL = "notebooks/pipelines/small/pipeline.yaml"
_STEP = {"step": "twice", "sql": "select n, $n as a from gold.small", "output": "gold.twice"}

EXAMPLES = (
    Example("catalog.list"),
    Example("datasets.write", {"name": "silver.people", "data": ROWS, "mode": "create"}, _first_snapshot),
    Example("datasets.write", {"name": "silver.people", "data": ROWS, "mode": "create"}, error="already_exists"),
    Example("datasets.write", {"name": "silver", "data": MORE}, error="invalid_name"),
    # While there is one file: of several, which is read first is not promised.
    Example("datasets.read", {"name": "people", "columns": ("name", "id"), "limit": 2}),
    Example("datasets.sample", {"name": "silver.people", "limit": 2}),
    Example("datasets.write", {"name": "silver.people", "data": MORE, "mode": "append", "key": "once"}),
    Example("datasets.write", {"name": "silver.people", "data": MORE, "mode": "append", "key": "once"}),
    Example("datasets.read", {"name": "silver.people"}),
    Example("datasets.read", lambda s: {"name": f"silver.people@{s.known['first']}"}),
    Example("datasets.sample", {"name": "silver.peple"}, error="dataset_not_found"),
    Example("datasets.snapshots", {"name": "silver.people"}),
    Example("catalog.describe", {"name": "silver.people", "description": "Who *they* are", "owner": "ada"}),
    Example("catalog.describe", {"name": "people", "description": "In *euro*", "column": "amount"}),
    Example("catalog.describe", {"name": "people", "description": "x", "column": "amont"}, error="column_not_found"),
    Example("catalog.describe", {"name": "people", "owner": "ada", "column": "amount"}, error="invalid_input"),
    Example("catalog.search", {"query": "euro"}),
    Example("catalog.get", {"name": "silver.people"}),
    Example("catalog.get", {"name": "silver.people@12345"}, error="snapshot_not_found"),
    Example("catalog.list", {"zone": "silver"}),
    Example("catalog.search", {"query": "amount", "limit": 5}),
    Example(
        "catalog.search", {"query": "peple", "zone": "silver", "owner": "Ada", "column": "AMOUNT", "updated_since": "2026-01-01T00:00Z"}
    ),
    Example("catalog.search", {"query": "people", "updated_since": "yesterday"}, error="invalid_input"),
    Example("catalog.tag", {"name": "people", "tag": "Personal data"}),
    Example("catalog.tag", {"name": "people", "tag": "money", "column": "amount"}),
    Example("catalog.tag", {"name": "people", "tag": "money", "column": "amont"}, error="column_not_found"),
    Example("catalog.tags"),
    Example("catalog.search", {"query": "personal", "tag": "money"}),
    Example("catalog.untag", {"name": "people", "tag": "MONEY", "column": "amount"}),
    Example("catalog.untag", {"name": "people", "tag": "money"}, error="not_found"),
    Example("catalog.define_term", {"term": "Head count", "definition": "How *many* people."}),
    Example("catalog.define_term", {"term": "head count", "definition": "How many people.", "new_name": "Heads/count"}),
    Example("catalog.define_term", {"term": "none", "definition": "x", "new_name": "other"}, error="not_found"),
    Example("catalog.define_term", {"term": "..", "definition": "x"}, error="invalid_input"),
    Example("catalog.link_term", {"term": "heads/count", "name": "people"}),
    Example("catalog.link_term", {"term": "heads/count", "name": "people", "column": "id"}),
    Example("catalog.terms"),
    Example("catalog.get", {"name": "people"}),
    Example("catalog.edits", {"name": "people", "limit": 4}),
    Example("catalog.edits", {"term": "Heads/count"}),
    Example("catalog.unlink_term", {"term": "heads/count", "name": "people", "column": "id"}),
    Example("catalog.delete_term", {"term": "heads/count"}),
    Example("catalog.delete_term", {"term": "heads/count"}, error="not_found"),
    Example("catalog.quality_leaders", {"limit": 3}),
    Example("catalog.search", {"query": "people", "min_quality": 0.5}),
    Example("catalog.search_by_column", {"column": "amout"}),
    Example("catalog.tree"),
    Example("catalog.tree", {"zone": "silver", "prefix": "pe", "limit": 5}),
    Example("catalog.statistics", {"days": 7.0}),
    Example("query.ingest", lambda s: {"source": s.files / "Größe 1.csv", "zone": "bronze"}, _run_id),
    Example("query.ingest", lambda s: {"source": s.files / "Größe 1.csv", "zone": "bronze", "mode": "append"}),
    Example("query.ingest", lambda s: {"source": s.files / "Größe 1.csv", "name": "silver.sizes", "mode": "overwrite", "force": True}),
    Example("ingest.stage", lambda s: {"source": s.files / "measured.csv"}, _staged),
    Example("ingest.preview", lambda s: {"source": s.known["upload"], "options": LoadOptions(name="measured")}),
    Example("ingest.preview", lambda s: {"source": str(s.files / "measurd.csv")}, error="unreadable_file"),
    Example("ingest.preview", {"source": "upload:00000000000000000000000000000000/measured.csv"}, error="not_found"),
    Example("ingest.load", lambda s: {"source": s.known["upload"], "options": MEASURED}, _run_id),
    Example("ingest.load", lambda s: {"source": s.known["upload"], "options": LoadOptions(name="measured")}),
    Example("ingest.report", lambda s: {"run_id": s.known["run"]}),
    Example("ingest.misfits", {"name": "measured", "limit": 5}, _misfits),
    Example("ingest.misfits", {"name": "mesured"}, error="dataset_not_found"),
    Example("ingest.correct", lambda s: {"name": "measured", "corrections": _corrected(s)}),
    Example("ingest.discard", lambda s: {"name": "measured", "ids": (s.known["misfits"][1][0],)}),
    Example("ingest.discard", lambda s: {"name": "measured", "ids": (s.known["misfits"][1][0],)}, error="not_found"),
    Example("ingest.misfits", lambda s: {"name": "measured", "after": s.known["misfits"][0][0]}),
    Example("ingest.readings", {}, _reading),
    Example("ingest.forget", lambda s: {"id": s.known["reading"]}),
    Example("ingest.forget", lambda s: {"id": s.known["reading"]}, error="not_found"),
    Example("ingest.statistics", {"days": 2.0}),
    Example("sources.connections"),
    Example("sources.kinds"),
    Example("sources.connect", lambda s: {"name": "shop", "kind": "sqlite", "options": {"path": str(s.files / "shop.db")}}),
    Example("sources.connect", {"name": "away", "kind": "postgresql", "options": AWAY, "secret": "told-to-nobody"}),
    Example("sources.connect", {"name": "x", "kind": "postgresql", "options": {"hots": "y"}}, error="invalid_input"),
    Example("sources.connect", {"name": "x", "kind": "oracle", "options": {}}, error="invalid_input"),
    Example("sources.test", {"name": "shop"}),
    Example("sources.test", {"name": "away"}),
    Example("sources.tables", {"name": "shop"}),
    Example("sources.tables", {"name": "shp"}, error="not_found"),
    Example("ingest.load", {"source": "connection:shop/orders", "options": LoadOptions(name="orders")}),
    Example("sources.connections"),
    Example("sources.disconnect", {"name": "away"}),
    Example("sources.disconnect", {"name": "away"}, error="not_found"),
    Example("sources.watch", lambda s: {"source": str(s.files / "incoming"), "options": LoadOptions(name="come", mode="append")}, _watch),
    Example("sources.watch", {"source": "s3://bucket/x"}, error="invalid_input"),
    Example("sources.watches"),
    Example("sources.look", lambda s: {"id": s.known["watch"]}),
    Example("sources.look", {"id": "none"}, error="not_found"),
    Example("sources.unwatch", lambda s: {"id": s.known["watch"]}),
    Example("sources.unwatch", lambda s: {"id": s.known["watch"]}, error="not_found"),
    Example("query.run", {"sql": "select * from silver.people order by id, name limit 3"}),
    Example("query.run", {"sql": "select id, $x as x from people where id < $n", "params": {"x": "it's", "n": 3}, "limit": 1}),
    Example("query.run", {"sql": "select nme from silver.people"}, error="invalid_sql"),
    Example("query.run", {"sql": "select 1 as a, 'two' as b, null as c, 1.5::decimal(3,1) as d, 'inf'::double as e"}),
    Example("query.run", {"sql": "drop macro silver.people"}, error="forbidden"),
    Example("query.run", {"sql": "select count(*) as n from silver.people, silver.sizes"}),
    Example("query.run", {"sql": "create view silver.bekannt as select id, upper(name) as wer from people where id > 1"}),
    Example("catalog.view", {"name": "bekannt"}),
    Example("catalog.describe_view", {"name": "silver.Bekannt", "description": "Wen *man* kennt", "owner": "ada"}),
    Example("catalog.describe_view", {"name": "people", "description": "x"}, error="dataset_not_found"),
    Example("query.run", {"sql": "comment on column silver.people.name is 'Wie sie *heißen*'"}),
    Example("query.validate", {"sql": "comment on view bekannt is null"}),
    Example("catalog.list", {"kind": "view"}),
    Example("catalog.search", {"query": "kennt", "kind": "view"}),
    Example("catalog.tree", {"zone": "silver", "prefix": "be"}),
    Example("catalog.popular", {"days": 2.0, "limit": 3}),
    Example("catalog.often_used_with", {"name": "people"}),
    Example("catalog.insights", {"limit": 3}),
    Example("catalog.recommendations", {"name": "silver.sizes"}),
    Example("catalog.schema_impact", {"name": "people", "changes": (ColumnChange(action="drop", column="amount"),)}),
    Example("catalog.schema_impact", {"name": "people", "changes": (ColumnChange(action="drop", column="x"),)}, error="column_not_found"),
    Example("query.arrow", {"sql": "select count(*) as n, sum(amount) as total from silver.people"}),
    Example("query.run", {"sql": "select 1 as n", "ticket": "mine"}),
    Example("query.stop", {"ticket": "nobody's"}),
    Example("query.export", {"sql": "select id, name from silver.people order by id, name", "format": "csv"}),
    Example("query.export", {"sql": "select 1 as a, '=2' as b", "format": "json"}),
    Example("query.explain", {"sql": "select id from silver.people where id > 1"}),
    Example("query.estimate", {"sql": "select id, name from silver.people where id = $n", "params": {"n": 2}}),
    Example("query.estimate", {"sql": "select id from silver.peple"}, error="dataset_not_found"),
    Example("query.validate", {"sql": "select id from silver.people where id > $least"}),
    Example("query.validate", {"sql": "select id from '/etc/passwd'"}),
    Example("query.writable"),
    Example("query.writable", {"name": "silver.People"}),
    Example("query.writable", {"name": "silver.a-b"}),
    Example("query.profile", {"sql": "select count(*) as n from silver.people"}, _run_id),
    Example("query.profile", {"sql": "describe silver.people"}, error="invalid_input"),
    Example("query.history", {"search": "COUNT(*) AS N", "dataset": "people", "status": "succeeded", "limit": 2}),
    Example("query.statement", lambda s: {"run_id": s.known["run"]}),
    Example("query.share", lambda s: {"run_id": s.known["run"]}),
    Example("query.statement", {"run_id": "0190"}, error="not_found"),
    Example("query.diff", lambda s: {"first": s.known["run"], "second": s.known["run"]}),
    Example("query.metrics", {"since": "2026-01-01T00:00Z"}),
    Example("query.complete", {"sql": "select * from silver.pe", "position": 23}),
    Example("lineage.graph", {"name": "silver.sizes"}),
    Example("lineage.graph", {"name": "silver.sizes", "direction": "upstream", "depth": 1}),
    Example("lineage.graph", {"name": "nobody.knows"}, error="dataset_not_found"),
    Example("datasets.create_branch", {"name": "silver.people", "branch": "dev"}),
    Example("datasets.write", {"name": "silver.people", "data": MORE, "branch": "dev"}),
    Example("datasets.write", {"name": "silver.people", "data": MORE, "mode": "upsert", "branch": "keyed", "keys": ("id", "name")}),
    Example(
        "datasets.write",
        {"name": "silver.people", "data": TWICE, "mode": "upsert", "branch": "keyed", "keys": ("id",)},
        error="invalid_input",
    ),
    Example(
        "datasets.write",
        {"name": "silver.people", "data": TWICE, "mode": "upsert", "branch": "keyed", "keys": ("id",), "duplicates": "last"},
    ),
    Example("datasets.write", {"name": "silver.people", "data": MORE, "mode": "upsert"}, error="invalid_input"),
    Example("datasets.delete_ref", {"name": "silver.people", "ref": "keyed"}),
    Example("datasets.create_tag", lambda s: {"name": "silver.people", "tag": "v1", "snapshot_id": s.known["first"]}),
    Example("datasets.refs", {"name": "silver.people"}),
    Example("datasets.read", {"name": "silver.people#dev", "columns": ("id",)}),
    Example("datasets.publish", {"names": ("silver.people",), "branch": "dev"}),
    Example("datasets.delete_ref", {"name": "silver.people", "ref": "dev"}),
    Example("datasets.delete_ref", {"name": "silver.people", "ref": "dev"}, error="not_found"),
    Example("datasets.rollback", lambda s: {"name": "silver.people", "snapshot_id": s.known["first"]}),
    Example(
        "datasets.alter",
        {
            "name": "silver.people",
            "changes": (
                ColumnChange(action="rename", column="amount", new_name="total"),
                ColumnChange(action="add", column="extra", type="string"),
                ColumnChange(action="drop", column="raw"),
            ),
        },
    ),
    Example("datasets.alter", {"name": "silver.people", "changes": (ColumnChange(action="drop", column="raw"),)}, error="column_not_found"),
    Example("catalog.schema_history", {"name": "silver.people"}),
    Example("catalog.schema_compare", lambda s: {"name": "silver.people", "a": str(s.known["first"]), "b": ""}),
    Example("catalog.schema_compare", {"name": "silver.people", "a": "0", "b": "nothing"}, error="not_found"),
    Example("catalog.storage"),
    Example("catalog.files", {"name": "silver.people"}),
    Example("catalog.files", {"name": "silver.people@12"}, error="snapshot_not_found"),
    Example("catalog.storage", {"path": "workspace/files", "limit": 5}),
    Example("catalog.storage", {"path": "workspace/.workbench/secrets"}, error="forbidden"),
    Example("catalog.storage", {"path": "workspace/../../etc"}, error="invalid_input"),
    Example("datasets.rename", {"name": "silver.people", "new_name": "gold.persons"}),
    Example("datasets.compact", {"name": "gold.persons"}),
    Example("datasets.expire", {"name": "gold.persons", "older_than_days": 1.0}),
    Example("datasets.drop", {"name": "gold.persons"}),
    Example("catalog.get", {"name": "gold.persons"}, error="dataset_not_found"),
    Example("datasets.dropped"),
    Example("datasets.undrop", {"name": "gold.persons"}),
    Example("quality.profile", {"name": "gold.persons"}),
    Example("quality.profile", {"name": "gold.nobody"}, error="dataset_not_found"),
    Example("quality.propose", {"name": "gold.persons"}),
    Example("quality.expect", {"name": "gold.persons", "expectation": Expectation(kind="not_null", column="name")}, _expectation),
    Example(
        "quality.expect",
        {"name": "gold.persons", "expectation": Expectation(kind="in_range", column="id", low=1, high=2.5, severity="gate")},
    ),
    Example("quality.expect", {"name": "gold.persons", "expectation": Expectation(kind="not_null", column="nme")}, error="invalid_input"),
    Example("quality.expectations", {"name": "gold.persons"}),
    Example("quality.current", {"name": "gold.persons"}),
    Example("quality.failing", lambda s: {"name": "gold.persons", "check": s.known["expectation"], "limit": 5}),
    Example("quality.failing", {"name": "gold.persons", "check": "no such check"}, error="not_found"),
    Example("quality.history", {"name": "gold.persons", "limit": 5}),
    Example("quality.remove", lambda s: {"name": "gold.persons", "expectation_id": s.known["expectation"]}),
    Example("recipes.propose", {"name": SIZES}),
    Example("recipes.preview", {"name": SIZES, "recipe": CLEAN, "limit": 5}),
    Example("recipes.preview", {"name": SIZES, "recipe": Recipe(steps=(Cast(column="wr", type="long"),))}, error="column_not_found"),
    Example("recipes.apply", {"name": SIZES, "recipe": CLEAN}),
    Example("recipes.apply", {"name": SIZES, "recipe": CLEAN, "target": "silver.größe_1"}),
    Example("recipes.apply", {"name": SIZES, "recipe": CLEAN, "target": "bronze.other"}, error="invalid_input"),
    Example("recipes.apply", {"name": SIZES, "recipe": Recipe(steps=CLEAN.steps[:2])}),
    Example("recipes.undo", {"name": "silver.größe_1"}),
    Example("recipes.get", {"name": "silver.größe_1"}),
    Example("recipes.get", {"name": SIZES}, error="not_found"),
    Example("recipes.removed", {"name": "silver.größe_1", "step": 2, "limit": 5}),
    Example("recipes.promote", {"name": SIZES}, error="invalid_input"),
    Example("recipes.promote", {"name": "silver.größe_1"}),
    Example("runs.list", {"kind": "ingest", "limit": 10}),
    Example("runs.list", {"status": "failed", "limit": 3}),
    Example("runs.get", lambda s: {"run_id": s.known["run"]}),
    Example("runs.get", {"run_id": "00000000-0000-7000-8000-000000000000"}, error="run_not_found"),
    Example("runs.events", lambda s: {"run_id": s.known["run"]}),
    Example("runs.cancel", lambda s: {"run_id": s.known["run"]}),
    Example("pipelines.list"),
    Example("pipelines.get", {"name": "small"}),
    Example("pipelines.get", {"name": "smal"}, error="pipeline_not_found"),
    Example("pipelines.run", {"name": "small", "params": {"n": 7}, "wait": True}, _pipeline_run),
    Example("pipelines.run", {"name": "small", "params": {"m": 7}, "wait": True}, error="invalid_input"),
    Example("pipelines.run", {"name": "small", "queue": "low", "priority": 3, "wait": True}),
    Example("jobs.queue", {"limit": 5}),
    Example("jobs.workers"),
    Example("pipelines.status", lambda s: {"name": "small", "run_id": s.known["pipeline"]}),
    Example("runs.notebook", lambda s: {"run_id": s.known["step"]}),
    Example("runs.notebook", lambda s: {"run_id": s.known["pipeline"]}, error="not_found"),
    Example("pipelines.approvals"),
    Example("pipelines.approve", lambda s: {"run_id": s.known["pipeline"], "comment": "good"}, error="not_found"),
    Example("pipelines.reject", lambda s: {"run_id": s.known["pipeline"], "step": "only"}, error="not_found"),
    Example("pipelines.preview_repair", lambda s: {"run_id": s.known["pipeline"], "steps": ("only",), "params": {"n": 8}}),
    Example("pipelines.preview_repair", lambda s: {"run_id": s.known["pipeline"]}, error="invalid_input"),
    Example("pipelines.repair", lambda s: {"run_id": s.known["pipeline"], "wait": True}, error="invalid_input"),
    Example("pipelines.repair", lambda s: {"run_id": s.known["step"], "wait": True}, error="run_not_found"),
    Example("pipelines.repair", lambda s: {"run_id": s.known["pipeline"], "steps": ("only",), "params": {"n": 8}, "wait": True}),
    Example("pipelines.rerun", lambda s: {"run_id": s.known["pipeline"], "wait": True}, _rerun),
    Example("pipelines.diff", lambda s: {"first": s.known["pipeline"], "second": s.known["rerun"]}),
    Example("pipelines.diff", lambda s: {"first": s.known["pipeline"], "second": s.known["step"]}, error="run_not_found"),
    Example("pipelines.replay", lambda s: {"run_id": s.known["step"]}, error="run_not_found"),
    Example("pipelines.debug", lambda s: {"run_id": s.known["pipeline"], "step": "only", "wait": False}),
    Example("pipelines.debug", lambda s: {"run_id": s.known["pipeline"]}, error="invalid_input"),
    Example("pipelines.run_notebook", {"path": "notebooks/pipelines/small/only.ipynb", "params": {"n": 9}, "wait": True}),
    Example("pipelines.run_notebook", {"path": "notebooks/pipelines/small/only.ipynb", "params": {"m": 9}}, error="invalid_input"),
    Example("pipelines.run_notebook", {"path": "../outside.ipynb"}, error="not_found"),
    Example("datasets.read", {"name": "gold.small"}),
    Example("pipelines.preview_step", _STEP | {"name": "small"}),
    Example("pipelines.preview_step", _STEP | {"name": "fresh", "mode": "upsert"}, error="invalid_input"),
    Example("pipelines.add_step", _STEP | {"name": "small", "needs": ("only",), "description": "Twice: it's more"}),
    Example("pipelines.add_step", _STEP | {"name": "small"}, error="already_exists"),
    Example("pipelines.add_step", _STEP | {"name": "small", "mode": "upsert", "keys": ("a", "n"), "replace": True}),
    Example("pipelines.add_step", {"name": "fresh", "step": "empty", "sql": "delete from gold.small where n = $n", "params": {"n": 1.5}}),
    Example("pipelines.add_step", {"name": "fresh", "step": "more", "sql": "select $x", "output": "gold.more"}, error="invalid_input"),
    Example("pipelines.add_step", {"name": "fresh", "step": "../up", "sql": "select 1", "output": "gold.more"}, error="invalid_name"),
    Example("pipelines.get", {"name": "small"}),
    Example(
        "pipelines.draft", {"path": _SMALL, "changes": (Change(do="set", at=("limits", "runs"), value=2), Change(do="set", at=("x",)))}
    ),
    Example("pipelines.draft", {"path": _SMALL, "text": "steps: [{name: gone}]\n"}),
    Example("pipelines.draft", {"path": _SMALL, "text": "steps: [\n"}, error="unreadable_file"),
    Example("pipelines.draft", {"path": "../pipeline.yaml"}, error="not_found"),
    Example("pipelines.templates"),
    Example("pipelines.new", {"name": "begun", "template": "transform"}),
    Example("pipelines.new", {"name": "begun"}, error="already_exists"),
    Example("pipelines.new", {"name": "a b"}, error="invalid_name"),
    Example("pipelines.versions", {"name": "fresh"}),
    Example("schedules.presets"),
    Example("schedules.preview", {"cron": "0 6 1 1 *", "timezone": "Europe/Athens", "count": 3}),
    Example("schedules.preview", {"cron": "0 6 1 * * *"}, error="invalid_input"),
    Example("schedules.add", {"pipeline": "held", "cron": "yearly", "params": {"n": 2.5}, "overlap": "queue", "misfire_age": "2d"}),
    Example("schedules.add", {"pipeline": "held", "cron": "daily"}, error="already_exists"),
    Example("schedules.add", {"pipeline": "held", "cron": "daily", "name": "x", "params": {"m": 2}}, error="invalid_input"),
    Example("schedules.add", {"pipeline": "held", "on": "pipeline:small:failed", "name": "after"}),
    Example("schedules.add", {"pipeline": "frsh", "cron": "daily"}, error="pipeline_not_found"),
    Example(
        "schedules.add", {"pipeline": "notebooks/pipelines/small/only.ipynb", "cron": "daily", "params": {"m": 9}}, error="invalid_input"
    ),
    Example("pipelines.versions", {"name": "fresh"}),
    Example("pipelines.publish", {"name": "fresh"}),
    Example("pipelines.run", {"name": "fresh", "version": 1, "params": {"n": 0.5}, "wait": True}),
    Example("pipelines.run", {"name": "fresh", "version": 9, "wait": True}, error="not_found"),
    Example("schedules.pause", {"name": "held"}),
    Example("schedules.run", {"name": "held"}, _scheduled),
    Example("runs.cancel", lambda s: {"run_id": s.known["scheduled"]}),
    Example("schedules.preview_backfill", {"name": "held", "start": "2020-01-01", "end": "2024-12-31"}),
    Example("schedules.backfill", {"name": "held", "start": "2020-01-01", "end": "2024-12-31", "at_once": 2}, _backfill),
    Example("schedules.backfill", {"name": "held", "start": "2020-01-02", "end": "2020-12-31"}, error="invalid_input"),
    Example("schedules.backfills", {"name": "held"}),
    Example("schedules.cancel_backfill", lambda s: {"id": s.known["backfill"]}),
    Example("schedules.resume", {"name": "held"}),
    Example("schedules.get", {"name": "held"}),
    Example("schedules.get", {"name": "frech"}, error="not_found"),
    Example("schedules.dates", {"name": "held"}),
    Example("schedules.list", {"pipeline": "held"}),
    Example("schedules.remove", {"name": "held"}),
    Example("notifications.settings"),
    Example(
        "notifications.subscribe", {"events": ("failed", "stale"), "about": ("owned", "freshness:gold.small:24h"), "channels": ("email",)}
    ),
    Example("notifications.subscribe", {"events": ("failed",), "about": ("pipeline:smal",)}, error="pipeline_not_found"),
    Example("notifications.subscribe", {"events": ("failed",), "about": ("theirs",)}, error="invalid_input"),
    Example("notifications.unsubscribe", {"number": 1}),
    Example("notifications.unsubscribe", {"number": 7}, error="not_found"),
    Example("notifications.connect", {"channel": "email", "address": "ada@example.org"}),
    Example("notifications.connect", {"channel": "email", "address": "ada"}, error="invalid_input"),
    Example("notifications.connect", {"channel": "slack", "secret": "https://hooks.example.org/services/x"}),
    Example("notifications.connect", {"channel": "slack", "secret": "https://10.0.0.1/x"}, error="invalid_input"),
    Example("notifications.quiet", {"start": "22:00", "end": "07:00", "timezone": "Europe/Athens"}),
    Example("notifications.quiet", {"start": "22:00", "end": "25:00"}, error="invalid_input"),
    Example("notifications.disconnect", {"channel": "slack"}),
    Example("notifications.test", {"channel": "slack"}),
    Example("notifications.mail_password", {"secret": "s3cret!"}),
    Example("notifications.list", {"unread": True}),
    Example("notifications.read"),
    Example("users.me"),
    Example("users.list"),
    Example("users.add", {"name": "alice", "roles": ("analyst",), "attributes": {"regions": ("north", "east"), "team": "ops"}}),
    Example("users.add", {"name": "robot", "kind": "service", "display_name": "The robot"}),
    Example("users.add", {"name": "alice"}, error="already_exists"),
    Example("users.add", {"name": "Alice B."}, error="invalid_input"),
    Example("users.add", {"name": "bob", "roles": ("analist",)}, error="invalid_input"),
    Example("users.change", {"name": "robot", "roles": ("service", "viewer"), "attributes": {"team": "data"}}),
    Example("users.change", {"name": "nobody", "display_name": "x"}, error="not_found"),
    Example("users.issue_token", {"name": "alice", "scope": "write", "days": 7.0, "label": "her laptop"}, _token),
    Example("users.issue_token", {"name": "nobody"}, error="not_found"),
    Example("users.rotate_token", lambda s: {"token_id": s.known["token"]}, _token),
    Example("users.revoke_token", lambda s: {"token_id": s.known["token"]}),
    Example("users.rotate_token", lambda s: {"token_id": s.known["token"]}, error="not_found"),
    Example("users.new_token", {"label": "reports", "verbs": ("query.*", "users.me"), "datasets": ("gold.*",)}),
    Example("users.new_token", {"verbs": ("qery.run",)}, error="invalid_input"),
    Example("users.new_token", {"datasets": ("gold",)}, error="invalid_input"),
    Example("users.my_tokens"),
    Example("users.set_password", {"name": "robot", "password": "a long enough password"}),
    Example("users.set_password", {"name": "robot", "password": "short"}, error="invalid_input"),
    Example("users.change_password", {"current": "who knows what", "password": "a long enough password"}, error="unauthenticated"),
    Example("users.revoke_token", {"token_id": "00000000-0000-7000-8000-000000000000"}, error="not_found"),
    Example("users.tokens", {"user": "alice"}),
    Example("users.disable", {"name": "robot"}),
    Example("users.enable", {"name": "robot"}),
    Example("compliance.policy"),
    Example("compliance.policies"),
    Example("compliance.check", {"text": POLICY}),
    Example("compliance.check", {"text": POLICY.replace("analyst", "analist")}, error="invalid_input"),
    Example("compliance.apply", {"text": POLICY, "note": "names are nobody's business"}),
    Example("compliance.apply", {"text": POLICY, "base": 0}, error="conflict"),
    Example("compliance.policy", {"version": 1}),
    Example("compliance.policy", {"version": 7}, error="not_found"),
    Example("compliance.access", {"name": "gold.persons", "user": "alice"}),
    Example("compliance.access", {"name": "gold.persons", "role": "viewer"}),
    Example("compliance.access", {"name": "gold.persons", "role": "viewr"}, error="invalid_input"),
    Example("compliance.access", {"name": "gold.persons"}),
    Example("compliance.access", {"name": "gold.persons", "role": "viewer", "draft": "version: 1\ngrants: []"}),
    Example("compliance.roles"),
    Example("datasets.write", {"name": "silver.members", "data": MEMBERS}),
    Example("compliance.scan", {"what": "silver.members"}, _findings),
    Example("compliance.scan", {"what": "silver.membres"}, error="dataset_not_found"),
    Example("compliance.findings", {"what": "silver"}),
    Example("compliance.confirm", lambda s: {"ids": (s.known["finding email"],)}),
    Example("compliance.confirm", {"ids": ("00000000-0000-7000-8000-000000000000",)}, error="not_found"),
    Example("compliance.reject", lambda s: {"ids": (s.known["finding person name"],), "note": "names of ships"}),
    Example("compliance.reject", lambda s: {"ids": (s.known["finding email"],)}, error="conflict"),
    Example("compliance.remediate", lambda s: {"id": s.known["finding email"]}),
    Example("compliance.findings", {"state": "rejected"}),
    Example("query.run", {"sql": "CREATE TABLE gold.reached AS SELECT mail AS m FROM silver.members"}),
    Example("compliance.inherited", {"name": "gold.reached"}),
    Example("compliance.clear", {"name": "gold.reached", "column": "m", "tag": "pay", "reason": "none"}, error="not_found"),
    Example("compliance.clear", {"name": "gold.reached", "column": "m", "rule": "pay", "reason": "none"}, error="not_found"),
    Example("compliance.clear", {"name": "gold.reached", "column": "m", "tag": "email", "reason": "made up for this test"}),
    Example("compliance.inherited", {"name": "gold.reached"}),
    Example("compliance.row_sources", {"name": "gold.reached"}),
    Example("compliance.release", {"name": "gold.reached", "source": "gold.persons", "reason": "none"}, error="not_found"),
    Example("compliance.withdraw", {"name": "gold.reached", "source": "silver.members"}, error="not_found"),
    Example("compliance.release", {"name": "gold.reached", "source": "silver.members", "reason": "made up for this test"}),
    Example("compliance.row_sources", {"name": "gold.reached"}),
    Example("compliance.withdraw", {"name": "gold.reached", "source": "silver.members"}),
    Example("compliance.verify_audit"),
    Example("compliance.verify_audit", {"expected": "nothing"}, error="invalid_input"),
    Example("compliance.archive_audit", {"until": "2020-01-01T00:00:00+00:00"}),
    Example("compliance.audit_log", {"verb": "compliance.apply"}),
    Example("compliance.audit_log", {"user": "nobody", "dataset": "gold.persons", "since": "2020-01-01T00:00:00+00:00", "refused": True}),
    Example("compliance.rows", {"name": "gold.persons", "role": "viewer", "limit": 2}),
    Example("compliance.rows", {"name": "gold.persons", "user": "alice", "draft": "version: 1\ngrants: []"}),
    Example("compliance.rows", {"name": "gold.persons", "role": "viewer", "draft": "version: 2"}, error="invalid_input"),
    Example("system.config"),
    Example("system.events", {"after": 3, "limit": 4}),
    Example("system.status"),
    Example("system.health"),
    # Last: what comes after it would find it queued, running or done.
    Example("ingest.report", {"run_id": "00000000-0000-7000-8000-000000000000"}, error="run_not_found"),
    Example("ingest.start", lambda s: {"source": s.known["upload"], "options": LoadOptions(name="again", mode="append")}),
)

_PIPELINE = """
description: One number into gold.
parameters:
  - {name: n, type: int, default: 3, description: which number}
steps:
  - {name: only, notebook: only.ipynb}
"""
# What a schedule starts in the story waits until it is cancelled: how far it gets before is no matter of the machine's speed.
_HELD = """
parameters:
  - {name: n, type: float, default: 1}
steps:
  - {name: word, approve: {by: [admin]}}
"""
_CODE = """
import workbench
ws = workbench.open()
ws.dataset("gold.small").write({"n": [n]}, mode="overwrite")
"""


def prepare(root: Path) -> None:
    """What lies in the project's folder before the story begins."""
    (root / "files").mkdir()
    (root / "files" / "Größe 1.csv").write_text("Größe (cm),wer\n180,Ada\n,Zoë\n", encoding="utf-8")
    (root / "files" / "incoming").mkdir()
    with contextlib.closing(sqlite3.connect(root / "files" / "shop.db")) as shop:
        shop.executescript("CREATE TABLE orders (id INTEGER, price DECIMAL(8, 2)); INSERT INTO orders VALUES (1, 2.5), (2, NULL);")
    rows = [f"{number},{'a lot' if number % 50 == 0 else f'{number}.25'}" for number in range(1, 151)]
    (root / "files" / "measured.csv").write_text("\n".join(["id,amount", *rows, ""]), encoding="utf-8")
    folder = root / "notebooks" / "pipelines" / "small"
    folder.mkdir(parents=True)
    (folder / "pipeline.yaml").write_text(_PIPELINE.lstrip(), encoding="utf-8")
    (root / "notebooks" / "pipelines" / "held").mkdir()
    (root / "notebooks" / "pipelines" / "held" / "pipeline.yaml").write_text(_HELD.lstrip(), encoding="utf-8")
    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_code_cell("n = 3", id="parameters")
    cell.metadata["tags"] = ["parameters"]
    notebook.cells = [cell, nbformat.v4.new_code_cell(_CODE, id="write")]
    nbformat.write(notebook, folder / "only.ipynb")
