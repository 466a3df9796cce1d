"""Statements that write: what they do to rows, each in one commit; and that what fails leaves everything as it was."""

from __future__ import annotations

import ast
import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from somebody import ANALYST, POLICY, Place, peopled

from workbench.core.errors import (
    AlreadyExists,
    CommitConflict,
    DatasetNotFound,
    Forbidden,
    InvalidInput,
    InvalidSQL,
    TooLarge,
    WorkbenchError,
)
from workbench.core.principals import Principal
from workbench.lake.plan import Planner
from workbench.lake.records import ColumnChange
from workbench.lineage import LineageService
from workbench.query import QueryService


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = peopled(tmp_path_factory.mktemp("writes") / "project")
    yield made
    made.close()


@pytest.fixture(scope="module")
def filled(place: Place) -> Place:
    """``silver.t`` with four rows in two files, and ``silver.s`` to take rows from."""
    for ids in ([1, 2], [3, 4]):
        price = pa.array([Decimal("1.50")] * 2, pa.decimal128(12, 2))
        place.writer.write("silver.t", pa.table({"id": pa.array(ids, pa.int64()), "name": [f"n{i}" for i in ids], "price": price}))
    place.writer.write("silver.s", pa.table({"id": pa.array([3, 4, 5], pa.int64()), "name": ["c", "d", "e"]}))
    return place


@pytest.fixture
def t(filled: Place) -> Iterator[Place]:
    """The same before each test."""
    before = filled.head("silver.t")
    yield filled
    if filled.head("silver.t") != before:
        assert before is not None
        filled.writer.rollback("silver.t", before)


ALL = "select * from silver.t order by all"
P = Decimal("1.50")
CHANGES: list[tuple[str, Any, tuple[int, int, int], list[tuple[Any, ...]]]] = [
    ("insert into silver.t values (5, 'e', 2.5), (6, default, null)", None, (2, 0, 0), [(5, "e", Decimal("2.50")), (6, None, None)]),
    ("insert into T (name, id) select name, id + 10 from s where id > ?", [4], (1, 0, 0), [(15, "e", None)]),
    ("insert into t by name select 'x' as name, 9 as id", None, (1, 0, 0), [(9, "x", None)]),
    ("insert into t (id) values ($id), ('8')", {"id": 7}, (2, 0, 0), [(7, None, None), (8, None, None)]),
    ("with q as (select 7 as i) insert into t select i, 'q', 0 from q", None, (1, 0, 0), [(7, "q", Decimal(0))]),
    ("insert into t select * from t where false", None, (0, 0, 0), []),
    (
        "insert into t (id,name) values ($id,$name),($id+$more,$name||$name)",
        {"id": 7, "name": "x", "more": 1},
        (2, 0, 0),
        [(7, "x", None), (8, "xx", None)],
    ),
]


@pytest.mark.parametrize(("sql", "params", "counts", "new"), CHANGES)
def test_insert(t: Place, sql: str, params: Any, counts: Any, new: list[Any]) -> None:
    assert t.counts(sql, params) == counts
    assert t.rows(ALL) == sorted([(i, f"n{i}", P) for i in range(1, 5)] + new, key=lambda row: row[0])


EDITS: list[tuple[str, tuple[int, int, int], list[Any]]] = [
    ("delete from t where id > 2", (0, 0, 2), [(1, "n1", P), (2, "n2", P)]),
    ("delete from t", (0, 0, 4), []),
    ("truncate t", (0, 0, 4), []),
    ("delete from t where id > 99", (0, 0, 0), [(i, f"n{i}", P) for i in range(1, 5)]),
    ("delete from t as x using s, s as z where s.id = x.id and z.id >= 3", (0, 0, 2), [(1, "n1", P), (2, "n2", P)]),
    ("with gone as (from s) delete from t where id in (select id from gone) -- all\n", (0, 0, 2), [(1, "n1", P), (2, "n2", P)]),
    ("update t set name = upper(name), price = price + id where id < 3", (0, 2, 0),
     [(1, "N1", P + 1), (2, "N2", P + 2), (3, "n3", P), (4, "n4", P)]),
    ("update t set name = default, price = case when id = 1 then 7 else price end", (0, 4, 0),
     [(1, None, Decimal(7)), *((i, None, P) for i in (2, 3, 4))]),
    ("update t set name = s.name from s where s.id = t.id", (0, 2, 0), [(1, "n1", P), (2, "n2", P), (3, "c", P), (4, "d", P)]),
    ("update t set price = (select max(price) + 1 from t) where name is not distinct from 'n1'", (0, 1, 0),
     [(1, "n1", P + 1), (2, "n2", P), (3, "n3", P), (4, "n4", P)]),
    ("merge into t using s on t.id = s.id when matched and s.name = 'd' then delete when matched then update set name = s.name "
     "when not matched then insert (id, name) values (s.id, s.name) when not matched by source and t.id = 1 then delete", (1, 1, 2),
     [(2, "n2", P), (3, "c", P), (5, "e", None)]),
    ("merge into t as x using (select id, name, 2 as price from s) y using (id) "
     "when matched then update set * when not matched then insert *",
     (1, 2, 0), [(1, "n1", P), (2, "n2", P), (3, "c", Decimal(2)), (4, "d", Decimal(2)), (5, "e", Decimal(2))]),
    ("merge into t using s on t.id = s.id when matched then do nothing when not matched by source then update set name = 'gone'", (0, 2, 0),
     [(1, "gone", P), (2, "gone", P), (3, "n3", P), (4, "n4", P)]),
    ("merge into t using (select 1 as id, 2 as __action, 'z' as z) s on t.id = s.id when matched then update set name = z", (0, 1, 0),
     [(1, "z", P), (2, "n2", P), (3, "n3", P), (4, "n4", P)]),
    ("merge into t using s on false when matched then delete", (0, 0, 0), [(i, f"n{i}", P) for i in range(1, 5)]),
    # The target by its full name.
    ('update silver.t set name = upper(Silver.T.name) where "silver"."t".id = 1 and t.id < 2', (0, 1, 0),
     [(1, "N1", P), (2, "n2", P), (3, "n3", P), (4, "n4", P)]),
    ("update silver.t set name = silver.s.name from silver.s where silver.s.id = silver.t.id", (0, 2, 0),
     [(1, "n1", P), (2, "n2", P), (3, "c", P), (4, "d", P)]),
    ("delete from silver.t where exists (select 1 from silver.s where silver.s.id = silver.t.id and silver.s.name = 'd')", (0, 0, 1),
     [(1, "n1", P), (2, "n2", P), (3, "n3", P)]),
    ("delete from silver.t where id = (select max(silver.t.id) from silver.t)", (0, 0, 1), [(1, "n1", P), (2, "n2", P), (3, "n3", P)]),
    ("merge into silver.t using silver.s on silver.s.id = silver.t.id when matched and silver.t.id = 3 then delete", (0, 0, 1),
     [(1, "n1", P), (2, "n2", P), (4, "n4", P)]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "counts", "after"), EDITS, ids=[sql[:50] for sql, _, _ in EDITS])
def test_update_delete_merge(t: Place, sql: str, counts: Any, after: list[Any]) -> None:
    before = t.head("silver.t")
    assert t.counts(sql) == counts
    assert t.rows(ALL) == after
    if any(counts):
        verb = "delete" if sql.startswith(("truncate", "with")) else sql.split()[0]
        snapshot = t.lake.snapshots("silver.t")[0]
        told = (snapshot.rows_added, snapshot.rows_updated, snapshot.rows_deleted)
        assert snapshot.parent_id == before and snapshot.operation == verb and told == counts
        t.writer.rollback("silver.t", before)  # as the answer says
        assert t.rows(ALL) == [(i, f"n{i}", P) for i in range(1, 5)]
    else:
        assert t.head("silver.t") == before


@pytest.mark.parametrize(
    "sql",
    [
        "delete from silver.t where exists (select 1 from silver.s as t where t.id = silver.t.id)",
        "with t as (from silver.s) delete from silver.t where id in (select id from t where t.id = silver.t.id)",
        "delete from silver.t where len(list_filter([{'id': 1}], lambda t: t.id = silver.t.id)) = 1",
        "update silver.t set name = silver.s.name where id = 1",
    ],
)
def test_a_full_name_that_could_be_taken_for_another_is_not_guessed(t: Place, sql: str) -> None:
    before = t.head("silver.t")
    with pytest.raises(WorkbenchError):
        t.counts(sql)
    assert t.head("silver.t") == before


def test_a_file_without_a_concerned_row_is_not_written_anew(t: Place) -> None:
    files = {file.path for file in t.lake.plan("silver.t").files}
    t.do("update t set name = 'x' where id = 4")
    assert len(files & {file.path for file in t.lake.plan("silver.t").files}) == 1


REFUSED: list[tuple[str, Any, type[WorkbenchError], str]] = [
    ("insert into t values (1, 'x', 1.239)", None, InvalidInput, "'price'"),
    ("insert into t values ('abc', 'x', 1)", None, InvalidInput, "'id'"),
    ("insert into t values (1.5, 'x', 1)", None, InvalidInput, "'id'"),
    ("insert into t values ('1.5', 'x', 1)", None, InvalidInput, "'id'"),
    ("insert into t (id) values (99999999999999999999)", None, InvalidInput, "'id'"),
    ("insert into t (price) values ($p)", {"p": 10.555}, InvalidInput, "'price'"),
    ("update t set id = 'x' || id where id = 4", None, InvalidInput, "'id'"),
    ("merge into t using s on t.id = s.id when not matched then insert (id) values (s.name)", None, InvalidInput, "'id'"),
    ("insert into t values (1, 'x')", None, InvalidSQL, "2 columns"),
    ("insert into t (id, nme) values (1, 'x')", None, InvalidSQL, "'nme'"),
    ("insert into t (id, ID) values (1, 2)", None, InvalidSQL, "twice"),
    ("insert into t by name select 1 as id, 2 as other", None, InvalidSQL, "'other'"),
    ("update t set nope = 1", None, InvalidSQL, "'nope'"),
    ("update t set name = s.name from s where t.id = 3", None, InvalidSQL, "several counterparts"),
    ("merge into t using (from s union all from s) x on t.id = x.id when matched then delete", None, InvalidSQL, "several counterparts"),
    ("delete from t where nme = 'x'", None, InvalidSQL, "'nme'"),
    ("delete from nothing where x = 1", None, DatasetNotFound, "nothing"),
    ("insert into t select * from '/etc/passwd'", None, Forbidden, "file"),
    ("delete from t where id in (select getenv('HOME')::int)", None, Forbidden, "getenv"),
    ("update t set name = (select sql from duckdb_views() limit 1)", None, Forbidden, "duckdb_views"),
    ("create table silver.u as select * from read_csv('/etc/passwd')", None, Forbidden, "read_csv"),
    ("create table t as select 1 as a", None, InvalidSQL, "silver.t"),
    ("create table silver.t as select 1 as a", None, AlreadyExists, "silver.t"),
    ('insert into "silver.t@1" values (1)', None, InvalidSQL, "earlier"),
    ("insert into t values (?, ?, ?)", [1], InvalidInput, "3 values"),
    ("insert into t values (?, ?, ?)", {"id": 1, "name": 2, "n": 3}, InvalidInput, "3 values in order; they were given by name."),
    ("create table silver.u as pivot t on id in (1, 2) using count(*)", None, Forbidden, "CREATE TABLE of a PIVOT is not available"),
    ("create view silver.u as from (pivot t on id using count(*))", None, InvalidSQL, "A PIVOT whose columns come from the data"),
    (f"update t set id = {'+'.join(['1'] * 2000)}", None, InvalidSQL, "too deeply nested"),
    ("insert into t values (1, 1, 1); drop table t", None, InvalidSQL, "one statement"),
    ("update t set t.name = 1", None, InvalidSQL, "Write SET column"),
    ("update t set address.city = 'Rome'", None, InvalidSQL, "struct_update"),
    ("create or replace view silver.t as select 1 as a", None, AlreadyExists, "Choose another name for the view"),
    ("create table silver.u (a int, a int)", None, InvalidSQL, "named twice"),
    ("create schema u", None, Forbidden, "as soon as a dataset is"),
    ("create user bob", None, Forbidden, "CREATE USER is not available"),
    ("drop index i", None, Forbidden, "DROP INDEX"),
    ("alter view t rename to u", None, Forbidden, "CREATE OR REPLACE VIEW"),
    ("alter table t rename to s", None, AlreadyExists, "Choose another name."),
    ("drop view t", None, DatasetNotFound, "write DROP TABLE silver.t"),
    *(
        (sql, None, InvalidSQL, "what they set aside")
        for sql in (
            "create table quarantine.silver_t as select 1 as a",
            'create table "Quarantine".silver_t (a int)',
            "create view quarantine.silver_t as select 1 as a",
            "alter table t rename to quarantine.silver_s",
        )
    ),
    *(
        (sql, None, InvalidSQL, "the engine's own")
        for sql in (
            "create table temp.u as select 1 as a",
            "create table System.u as select 1 as a",
            "create table information_schema.tables as select 1 as a",
            "create view pg_catalog.u as select 1 as a",
            "alter table t rename to temp.t",
        )
    ),
]


@pytest.mark.parametrize(("sql", "params", "error", "words"), REFUSED, ids=[sql[:50] for sql, *_ in REFUSED])
def test_what_cannot_be_is_said_and_nothing_is_written(t: Place, sql: str, params: Any, error: Any, words: str) -> None:
    before = t.head("silver.t")
    with pytest.raises(error) as caught:
        t.do(sql, params)
    assert words in str(caught.value) and caught.value.fix
    assert t.head("silver.t") == before and not t.lake.exists("silver.u")
    assert t.log.list("sql", limit=1)[0].status == "failed"
    assert not list((t.settings.state / "tmp").glob("statement.*"))


def test_an_error_tells_the_place_in_the_text_as_it_was_written(t: Place) -> None:
    with pytest.raises(InvalidSQL) as caught:
        t.do("update t\nset name = s.name,\n  price = s.prise\nfrom s where s.id = t.id")
    assert (caught.value.details["line"], caught.value.details["column"]) == (3, 11)
    with pytest.raises(InvalidSQL) as caught:
        t.do("update t\nset nmae = 'x'")
    assert (caught.value.details["line"], caught.value.details["column"]) == (2, 5)
    with pytest.raises(WorkbenchError) as caught:
        t.do("delete from t\nwhere id in (select id from\n  nowhere)")
    assert (caught.value.details["line"], caught.value.details["column"]) == (3, 3)


def test_types_hold_and_nested_values_survive(place: Place) -> None:
    place.do(
        "create table gold.kinds as select 1::tinyint as tiny, sum(2) as total, 3::ubigint as big, 'x'::varchar as v, "
        "date '2024-01-02' as d, "
        "timestamp '2024-01-02 03:04:05' as at, {'a': [1, 2], 'b': 'y'} as s, map {'k': 1.5} as m, uuid() as u, 0.1::float as f, "
        "'north'::enum('north', 'south') as e, null as nothing"
    )
    types = dict(column[1:3] for column in place.lake.info("gold.kinds").columns)
    assert types["total"] == "long" and types["tiny"] == "int" and types["big"] == "decimal(20, 0)" and types["e"] == "string"
    place.do("insert into gold.kinds by name select 4 as total, {'a': [7], 'b': 'z'} as s, '2024-05-06' as d")
    place.do("update gold.kinds set s = {'a': [9], 'b': null} where total = 4")
    place.do("update gold.kinds set v = 'w' where total = 2")
    assert place.rows("select total, v, d, s.a, s.b, m['k'] from gold.kinds order by total") == [
        (2, "w", dt.date(2024, 1, 2), [1, 2], "y", Decimal("1.5")),
        (4, None, dt.date(2024, 5, 6), [9], None, None),
    ]


def test_a_time_that_cannot_be_stored_is_said(place: Place) -> None:
    with pytest.raises(InvalidInput, match="years 1 to 9999; nothing was written"):
        place.do("create table gold.early as select 1 as id, timestamp '290309-12-22 (BC) 00:00:00' as at")
    assert not place.lake.exists("gold.early")


def test_create_replace_and_partitioned(place: Place) -> None:
    assert place.counts("create table gold.made (a int, b varchar, c decimal(9, 2))") == (0, 0, 0)
    place.do("insert into gold.made values (1, 'x', 2.5)")
    first = place.head("gold.made")
    assert b"Nothing to do" in place.do("create table if not exists gold.made as select 1 as z")["said"]
    assert place.counts("create or replace table gold.made as select a * 2 as a, 'new' as d from gold.made")[0] == 1
    assert place.rows("from gold.made") == [(2, "new")]
    assert place.rows(f'from "gold.made@{first}"') == [(1, "x", Decimal("2.50"))]
    days = pa.table({"day": [dt.date(2024, 1, day) for day in (1, 2, 3)], "n": [1, 2, 3]})
    place.writer.write("gold.days", days, partition_by=["day"])
    assert place.counts("update gold.days set n = n + 10, day = day + 1 where n >= 2") == (0, 2, 0)
    assert place.counts("delete from gold.days where n = 1") == (0, 0, 1)
    assert place.rows("from gold.days order by n") == [(dt.date(2024, 1, 3), 12), (dt.date(2024, 1, 4), 13)]


def test_what_alter_did_is_taken_back_by_what_it_says(place: Place) -> None:
    place.do("create table gold.back as select 1::int as a, 'x' as \"odd name\"")
    for sql in (
        "alter table gold.back add column c timestamp",
        "alter table gold.back rename column a to b",
        "alter table gold.back alter column a type bigint",
        'alter table gold.back drop column "odd name"',
        "alter table gold.back rename to silver.forth",
    ):
        before = place.rows("describe gold.back"), place.rows("from gold.back")
        undo = str(place.query.arrow(sql)["undo"][0])
        assert not place.lake.exists("gold.back") or place.rows("describe gold.back") != before[0]
        if undo.startswith("ALTER"):
            place.do(undo)
        else:
            name, snapshot_id = ast.literal_eval(undo.removeprefix("ws.datasets.rollback"))
            place.writer.rollback(name, snapshot_id)
        assert (place.rows("describe gold.back"), place.rows("from gold.back")) == before, sql


def test_a_branch_is_written_to_alone(t: Place) -> None:
    t.writer.create_branch("silver.t", "dev")
    t.do('delete from "silver.t#dev" where id = 1')
    t.do('insert into silver."t#dev" (id) values (42)')
    assert t.rows("select count(*) from t") == [(4,)] and t.rows('select min(id), max(id) from "silver.t#dev"') == [(2, 42)]


def test_alter_and_drop(place: Place) -> None:
    place.do("create table gold.shape as select 1::int as a, 'x' as b")
    for sql in (
        "alter table gold.shape add column c timestamp",
        "alter table gold.shape add column if not exists C int",
        "alter table gold.shape rename column b to bb",
        "alter table gold.shape alter column a set data type bigint",
        "alter table gold.shape drop column if exists nope",
        "alter table if exists gold.nowhere drop column x",
        "alter table gold.shape drop column bb",
        "alter table gold.shape rename to form",
    ):
        place.do(sql)
    assert place.rows("describe gold.form")[0][:2] == ("a", "long") and place.rows("describe gold.form")[1][:2] == ("c", "timestamp")
    with pytest.raises(WorkbenchError, match="widen"):
        place.do("alter table gold.form alter column a type varchar")
    with pytest.raises(InvalidSQL, match="type"):
        place.do("alter table gold.form add column z nonsense")
    for sql in ("add column A int", "alter column a type varchar", "rename column a to C", "rename to silver.people", "add column z odd"):
        with pytest.raises(WorkbenchError) as ran:
            place.do(f"alter table gold.form {sql}")
        with pytest.raises(WorkbenchError) as told:
            place.query.explain(f"alter table gold.form {sql}")
        assert str(ran.value) == str(told.value), "what is looked at first says what running it does"
    place.do("create view gold.glance as select a from gold.form")
    for sql in ("update gold.glance set a = 1", "drop table gold.glance", "insert into gold.glance select 1"):
        with pytest.raises(DatasetNotFound, match=r"gold\.glance is a view"):
            place.do(sql)
    place.do("drop view gold.glance")
    place.do("alter table gold.form rename to silver.moved")
    place.do('alter table silver.moved rename to "gold".form')
    for sql in ("alter table gold.form rename to silver.moved as x", "alter table gold.form rename to a.silver.moved"):
        with pytest.raises(WorkbenchError):
            place.do(sql)
    assert b"undrop" in place.do("drop table gold.form")["said"] and not place.lake.exists("gold.form")
    place.writer.undrop("gold.form")
    assert place.rows("select a from gold.form") == [(1,)]
    assert b"as it should be" in place.do("drop table if exists gold.nowhere")["said"]


def test_a_statement_is_one_run_with_what_it_read_and_wrote(t: Place) -> None:
    t.do("create table gold.totals as with x as (select name, price * 2 as double from t) "
         "select upper(x.name) as n, sum(double) over () as token, "
             "s.id + 1 as i, s.name as as_it_was, 1 as one from x left join s on s.name = x.name")  # fmt: skip
    run = t.log.list("sql", limit=1)[0]
    assert run.status == "succeeded" and [io.name for io in run.outputs] == ["gold.totals"] and run.outputs[0].operation == "create"
    assert {io.name for io in run.inputs} == {"silver.t", "silver.s"}
    graph = LineageService(t.store, t.log).graph(run.outputs[0].id, "gold.totals", "upstream", 1)
    names = {node.id: node.name for node in graph.nodes}
    made = ("a statement",)
    found = {(names[edge.source], c.source, c.target, c.transforms) for edge in graph.edges for c in edge.columns}
    assert found == {
        ("silver.t", "name", "n", made),
        ("silver.t", "price", "token", made),
        ("silver.s", "id", "i", made),
        ("silver.s", "name", "as_it_was", ()),
    }
    t.do("update gold.totals set n = s.name from s where s.id = 5")
    columns = t.log.list("sql", limit=1)[0].attributes["column_sources"]
    assert columns == {"n": [[t.lake.resolve("silver.s").table_uuid, "name"]]}
    t.writer.drop("gold.totals")


def test_explain_runs_nothing(t: Place) -> None:
    before = t.head("silver.t")
    told = t.query.explain("update t set name = 'x' where id in (select id from s)")
    assert (
        told.decision.allowed and told.decision.kind == "update" and {ref.name for ref in told.decision.tables} == {"silver.t", "silver.s"}
    )
    assert "silver.t" in told.decision.reasons[0] and "read parquet" in told.plan
    assert ("decision", "It writes to silver.t.") in t.rows("explain delete from t where id = 1")
    with pytest.raises(Forbidden):
        t.do("explain analyze delete from t")
    assert t.head("silver.t") == before


@pytest.mark.parametrize("sql", [
    "update silver.t set name = 'x' where id = 1", "delete from t where id = 1", "truncate silver.t",
    "merge into t using s on t.id = s.id when matched then delete", "create or replace table silver.t as select 1 as id",
])  # fmt: skip
def test_explain_refuses_what_a_run_refuses(t: Place, monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    """Rows that another client has marked as deleted; whoever makes a dataset that is there with IF NOT EXISTS does nothing."""
    found = Planner._files
    monkeypatch.setattr(Planner, "_files", lambda *given: replace(found(*given), has_deletes=True))
    said = []
    for call in (t.query.explain, t.do, lambda sql: t.do(f"explain {sql}")):
        with pytest.raises(InvalidInput, match="marked as deleted") as caught:
            call(sql)
        said.append(str(caught.value))
    assert len(set(said)) == 1
    nothing = "create table if not exists silver.t as select * from nothing"
    assert t.query.explain(nothing).decision.reasons == ("Nothing is done: it is so already.",) and t.counts(nothing) == (0, 0, 0)


def test_writers_at_the_same_time_lose_nothing(t: Place, scale: float) -> None:
    times, errors = max(2, int(10 * scale)), []

    def add(number: int) -> None:
        try:
            for _ in range(times):
                t.do("update t set price = price + 1 where id = 1" if number % 2 else "insert into t (id) values (100)")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert t.rows("select price from t where id = 1") == [(P + 2 * times,)]
    assert t.rows("select count(*) from t where id = 100") == [(2 * times,)]


def test_a_statement_that_takes_too_long_writes_nothing(t: Place) -> None:
    before = t.head("silver.t")
    short = t.settings.model_copy(update={"query": t.settings.query.model_copy(update={"timeout_seconds": 1})})
    query = QueryService(t.lake, t.log, t.engine, short, t.access)
    with pytest.raises(TooLarge, match="nothing was written"):
        query.run("insert into t (id) select count(*) from range(100000000) a, range(1000000) b where (a.range * b.range) % 7 = 3")
    assert t.head("silver.t") == before


def test_a_statement_that_writes_is_run_once_by_whoever_shows_it(t: Place) -> None:
    from workbench.app.local import LocalWorkspace

    with LocalWorkspace(t.settings) as ws:
        result = ws.sql("with x as (select 77 as i) insert into silver.t (id) select i from x")
        assert result.said and "1 row inserted into silver.t" in result.said and result.said in repr(result)
        assert "1 row inserted" in result._repr_html_() and result.arrow()["inserted"].to_pylist() == [1] and result.run_id
        assert len(result.pandas()) == 1
        assert ws.sql("select count(*) as n from silver.t where id = 77").arrow()["n"].to_pylist() == [1]


def test_gates_hold_statements_back_as_they_hold_loads(t: Place) -> None:
    from workbench.app.local import LocalWorkspace
    from workbench.core.errors import HeldBack
    from workbench.quality.records import Expectation

    with LocalWorkspace(t.settings) as ws:
        ws.sql("create table gold.gated as select id, name from silver.t")
        ws.quality.expect("gold.gated", Expectation(kind="not_null", column="name", severity="gate"))
        ws.quality.expect("gold.gated", Expectation(kind="unique", column="id", severity="gate"))
        files = {file.path for file in t.lake.plan("gold.gated").files}
        for sql in (
            "insert into gold.gated values (9, null)",
            "insert into gold.gated values (1, 'twice')",  # beside a row that is there
            "update gold.gated set name = null where id = 2",
            "update gold.gated set id = 3 where id = 4",
            "merge into gold.gated g using (select 7 as id) s on s.id = g.id when not matched then insert (id) values (s.id)",
            "create or replace table gold.gated as select id, null::varchar as name from silver.t",
        ):
            with pytest.raises(HeldBack, match="nothing was written"):
                ws.sql(sql)
        assert {str(path) for path in (t.settings.state / "lake" / "gold").rglob("*.parquet") if "gated" in str(path)} == files
        assert ws.sql("insert into gold.gated values (9, 'x')").said and ws.sql("delete from gold.gated where id = 9").said
        assert t.rows("select count(*) from gold.gated") == [(4,)]


def test_a_column_made_of_another_inherits_its_tags_in_the_same_dataset(place: Place) -> None:
    from workbench.app.local import LocalWorkspace

    place.writer.write("silver.staff", pa.table({"id": [1], "ssn": ["078-05-1120"], "note": ["-"]}))
    policy = POLICY.replace("masks:", "masks:\n  - {name: ids, tags: [national id], to: [analyst], mask: {kind: constant, value: hidden}}")
    place.access.policies.apply(policy, Principal(name="test"))
    try:
        with LocalWorkspace(place.settings) as ws:
            ws.catalog.tag("silver.staff", "national id", "ssn")
            ws.sql("update silver.staff set note = 'n: ' || ssn")
            ws.sql("create table silver.staff_copy as select note as remark, id from silver.staff")
        assert place.rows("select ssn, note from silver.staff", ANALYST) == [("hidden", "hidden")]
        assert place.rows("select remark, id from silver.staff_copy", ANALYST) == [("hidden", 1)]
        assert place.rows("select note from silver.staff") == [("n: 078-05-1120",)]
    finally:
        place.access.policies.apply(POLICY, Principal(name="test"))


def test_columns_that_are_renamed_while_a_statement_runs_are_not_mistaken(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.writer.write("silver.pay", pa.table({"id": [1], "wage": [100], "year": [1990]}))
    place.writer.write("gold.pays", pa.table({"id": [1], "wage": [100], "year": [1990]}))
    commit = place.lake.commit_many

    def swapped(name: str, times: int = 1) -> None:
        """Two columns of a dataset exchange their names right before the next commits."""
        left = [times]

        def first(changes: Any, **how: Any) -> Any:
            if left[0]:
                left[0] -= 1
                steps = [("wage", "kept"), ("year", "wage"), ("kept", "year")]
                change = [ColumnChange(action="rename", column=old, new_name=new) for old, new in steps]
                with monkeypatch.context() as inside:
                    inside.setattr(place.lake, "commit_many", commit)
                    place.writer.alter(name, change)
            return commit(changes, **how)

        monkeypatch.setattr(place.lake, "commit_many", first)

    for sql, renamed in (
        ("create table gold.renamed as select wage from silver.pay", "silver.pay"),
        ("insert into gold.pays select * from silver.pay", "silver.pay"),
        ("insert into gold.pays (id, wage) values (2, 5)", "gold.pays"),
        ("create or replace table gold.pays as select id, wage from silver.pay", "silver.pay"),
    ):
        swapped(renamed)
        with pytest.raises(CommitConflict, match="nothing was written"):
            place.do(sql)
        assert place.rows("select count(*) from gold.pays") == [(1,)] and not place.lake.exists("gold.renamed")
    # What may be asked again is.
    swapped("gold.pays")
    place.do("update gold.pays set wage = 7")
    assert place.rows("select wage from gold.pays") == [(7,)]
    # What the statement does not name is no matter.
    swapped("silver.pay")
    place.do("insert into gold.pays (id) select id + 1 from silver.pay")
    assert place.rows("select count(*) from gold.pays") == [(2,)]
