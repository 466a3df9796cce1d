from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import pyarrow as pa
import pytest

from workbench.core.config import QuerySettings
from workbench.core.errors import Forbidden, InvalidInput, InvalidSetting, InvalidSQL, NotFound, TooLarge, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.query import QueryService
from workbench.query.cost import measure
from workbench.query.cost.guard import Guard, budget_in_words, bytes_of, shown
from workbench.query.cost.profile import PREFIX, plan_text
from workbench.query.cost.records import PlanNode, TableCost
from workbench.query.cost.seconds import expected, relative_errors
from workbench.query.insight import QueryInsight

ADA = Principal(name="ada")
JUNE = Principal(name="june", roles=("analyst",), attributes={"months": (6,)})
POLICY = """
version: 1
grants: [{to: analyst, what: silver.flights}, {to: analyst, what: silver.wide}]
rows: [{name: own, what: [silver.flights], where: month IN principal.months}]
"""


def insight(place: Any, **settings: Any) -> QueryInsight:
    changed = place.settings.model_copy(update={"query": place.settings.query.model_copy(update=settings)})
    query = QueryService(place.lake, place.log, place.engine, changed, place.access)
    return QueryInsight(query, place.log, changed, place.access, place.lake)


@pytest.fixture
def months(flights: Any) -> Any:
    """Flights in twelve files, a month each; and a table of 40 columns."""
    for month in range(1, 13):
        rows = pa.table({"month": pa.array([month] * 100, pa.int32()), "n": pa.array(range(100), pa.int64()), "note": ["x" * 50] * 100})
        flights.writer.write("silver.months", rows, "create" if month == 1 else "append", partition_by=("month",) if month == 1 else ())
    flights.writer.write("silver.wide", pa.table({f"c{i}": [i] for i in range(40)}), "create")
    return flights


def test_an_estimate_leaves_out_files_and_columns_that_are_not_read(months: Any) -> None:
    seen = insight(months)
    every = seen.estimate("select * from months", principal=ADA)
    (table,) = every.tables
    assert (table.files, table.of_files, table.rows, every.rows) == (12, 12, 1200, 1200) and every.bytes == table.bytes
    assert table.snapshot_id == months.lake.plan("silver.months").ref.snapshot_id
    for where, params, files in (
        ("month = 6", None, 1),
        ("month >= 11 and n > 0", None, 2),
        ("3 > m.month", None, 2),
        ("month in (1, 2, 3)", None, 3),
        ("month between 4 and $last", {"last": 9}, 12),
        ("month = $m", {"m": 7}, 1),
        ("month = 6 or n = 1", None, 12),
        ("month > 'x' || month", None, 12),
        ("n = 100", None, 0),
    ):
        found = seen.estimate(f"select n from months m where {where}", params, principal=ADA)
        assert found.tables[0].files == files and found.rows == files * 100, where
    narrow = seen.estimate("select n from months", principal=ADA)
    assert every.bytes is not None and narrow.bytes is not None and 0 < narrow.bytes < every.bytes / 2
    assert seen.estimate("select 1", principal=ADA).bytes == 0
    with pytest.raises(InvalidSQL):
        seen.estimate("selec 1", principal=ADA)
    with pytest.raises(InvalidInput):
        seen.estimate("select * from months where month = $m", principal=ADA)


def test_an_estimate_counts_no_more_files_than_a_limit_needs(months: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "_AHEAD", 50)
    seen = insight(months)
    months.query.run("create view silver.all_months as select * from months union all select * from months", principal=ADA)
    for sql, files in (
        ("select * from months limit 10", 1),
        ("select n, m.note as said from months m limit 150", 2),
        ("select * from months limit 10 offset 250", 4),
        ("select * from months limit 0", 0),
        ("select * from months limit 5000", 12),
        ("from months limit 10", 1),
        # Who sorts, groups, leaves rows out or counts reads on; what is no plain number is not known.
        ("select * from months", 12),
        ("select * from months order by n limit 10", 12),
        ("select distinct n from months limit 10", 12),
        ("select count(*) from months limit 10", 12),
        ("select max(n) from months limit 10", 12),
        ("select unnest([n]) from months limit 10", 12),
        ("select n from months where n > 98 limit 10", 12),
        ("select n from months group by n limit 10", 12),
        ("select row_number() over () from months limit 10", 12),
        ("select * from months using sample 5 limit 10", 12),
        ("select * from months limit 10 %", 12),
        ("select * from months limit (select 1)", 12),
        ("select n from months union all (select n from months limit 1)", 12),
        ("select * from (select * from months order by n) limit 10", 12),
        ("with w as (select * from months order by n) select * from w limit 10", 12),
        ("select a.n from months a, months b limit 10", 12),
        ("select * from all_months limit 10", 12),
        ("explain analyze select * from months limit 10", 12),
    ):
        found = seen.estimate(sql, principal=ADA)
        assert [table.files for table in found.tables] == [files], sql
    assert insight(months, ask_above="1 KB")._query.run("select n from months limit 0", principal=ADA).total == 0


def test_seconds_do_not_come_from_runs_over_what_is_seen_in_part(months: Any) -> None:
    months.access.policies.apply(POLICY, ADA)
    seen, root = insight(months), Principal(name="root", roles=("admin",))
    months.query.run("select sum(c1) from wide", principal=JUNE)
    before = seen.estimate("select c1 from wide", principal=JUNE)
    for number in range(5):  # their bytes are those of all rows, which are not for her
        months.query.run(f"select count(*), {number} from flights", principal=JUNE)
    assert seen.estimate("select c1 from wide", principal=JUNE) == before and before.based_on == 1
    assert seen.estimate("select c1 from wide", principal=root).based_on == 6


def test_seconds_come_from_past_runs_and_single_slow_ones_do_not_count() -> None:
    past = [{"bytes": 1e8 * n, "engine_seconds": 0.1 + 0.5 * n} for n in (1, 2, 3, 4)]
    small = [{"bytes": 10.0, "engine_seconds": 0.1}] * 3
    slow = [{"bytes": 1e8, "engine_seconds": 90.0}, {"bytes": 1e8, "engine_seconds": 0.0, "cached": 1.0}]
    seconds, based_on = expected(10**9, [*past, *small, *slow])
    assert based_on == 8 and seconds is not None and abs(seconds - 5.1) < 0.01
    assert expected(5, [*past, *small])[0] == pytest.approx(0.1, abs=0.01)
    assert expected(10**9, []) == (None, 0) and expected(10**9, small) == (None, 0)
    assert max(relative_errors([*small, *past])) < 0.05


def test_kept_answers_do_not_take_the_places_of_runs(flights: Any) -> None:
    with flights.log.store.write() as conn:
        for figures in [{"engine_seconds": 2.0, "bytes": 10.0}, *[{"rows": 1.0, "cached": 1.0}] * 600]:
            flights.log.append_all(
                conn,
                run_id := new_id(),
                [("run.started", {"kind": "sql", "job": "sql", "principal": "ada"}), ("run.succeeded", {"metrics": figures})],
            )
    assert flights.log.get(run_id).metrics["cached"] == 1
    found = insight(flights).estimate("select 1", principal=ADA)
    assert (found.seconds, found.based_on) == (2.0, 1)


def test_who_sees_a_part_is_told_the_same_however_much_there_is(months: Any) -> None:
    months.access.policies.apply(POLICY, ADA)
    asked = ["select * from flights", "select count(*) from flights a, flights b", "select carrier from flights order by carrier"]
    before = [insight(months).estimate(sql, principal=JUNE) for sql in asked]
    hidden = {"carrier": ["ZZ"] * 9000, "month": pa.array([7] * 9000, pa.int32()), "dep_delay": [1.0] * 9000, "distance": [1] * 9000}
    months.writer.write("silver.flights", pa.table(hidden), "append")
    seen = insight(months, ask_above="1 B", refuse_above="2 B", bytes_a_day="1 B")
    told = [seen.estimate(sql, principal=JUNE) for sql in asked]
    assert [each.model_copy(update={"budget": None}) for each in told] == before and all(each.budget.bytes == 0 for each in told)
    assert all((e.rows, e.bytes, e.seconds, e.asks) == (None, None, None, None) and e.tables[0].files is None for e in before)
    # Nor do the bounds on bytes tell.
    assert seen._query.run(asked[0], principal=JUNE).total == 3
    with pytest.raises(Forbidden, match="in part"):
        seen.profile(asked[0], principal=JUNE)
    (last, *_) = seen.history.list(JUNE)
    assert (last.seconds, last.bytes, last.cached) == (None, None, None) and last.rows == 3
    hers = seen.history.list(ADA, principal="june")[0]
    assert hers.bytes is not None and hers.seconds is not None
    # Nor where the policy changes between the look at the statement and its run.
    with pytest.raises(Forbidden, match="in part"):
        seen._query.profiled(asked[0], None, PREFIX, False, JUNE)


def test_a_statement_that_would_read_much_is_asked_about_or_refused(months: Any) -> None:
    sql = "select * from months"
    asking = insight(months, ask_above="1 KB")
    with pytest.raises(TooLarge, match=r"would read .* KB: go on\?") as caught:
        asking._query.run(sql, principal=ADA)
    assert caught.value.details["confirm"] is True and "silver.months" in str(caught.value.fix)
    (last, *_) = asking.history.list(ADA)
    assert last.status == "cancelled" and "go on?" in last.error.message, "a question is no failure"
    assert asking.history.metrics(ADA).failed == 0
    assert asking._query.run(sql, confirm=True, principal=ADA).total == 1200
    with pytest.raises(TooLarge, match="go on"):
        asking.profile(sql, principal=ADA)
    assert asking.profile(sql, confirm=True, principal=ADA).plan.rows == 1200
    assert asking.estimate(sql, principal=ADA).asks is not None
    assert asking._query.run("select 1", principal=ADA).total == 1
    # What reads no row costs none.
    refusing = insight(months, refuse_above="1 B")
    for looks in ("describe months", f"describe {sql}", f"explain {sql}"):
        assert refusing._query.run(looks, principal=ADA).total and refusing.estimate(looks, principal=ADA).bytes == 0, looks
    for reads in ("summarize months", f"explain analyze {sql}"):
        with pytest.raises(TooLarge, match="1 B are allowed"):
            refusing._query.run(reads, principal=ADA)
    with pytest.raises(TooLarge, match="1 KB are allowed"):
        insight(months, refuse_above="1 KB")._query.run(sql, confirm=True, principal=ADA)
    # What is named often is read often, by way of a view, too.
    one = asking.estimate(sql, principal=ADA)
    asking._query.run("create view silver.twice as select * from months union all select * from months", principal=ADA)
    for often, times in ((f"{sql} union all {sql} union all {sql}", 3), ("select * from twice cross join months limit 1", 3)):
        found = asking.estimate(often, principal=ADA)
        assert (found.tables[0].times, found.bytes, found.rows) == (times, times * one.bytes, times * one.rows)
    # A day's budget counts what was let read, not the files that were left out.
    june = f"{sql} where month = 6"
    size, used = asking.estimate(june, principal=ADA).bytes, sum(m.get("budget_bytes", 0) for m in months.log.metrics("sql", "ada"))
    insight(months, bytes_a_day="1 GB")._query.run(june, principal=ADA)
    assert sum(m.get("budget_bytes", 0) for m in months.log.metrics("sql", "ada")) == used + size
    # What is told of it afterwards is what was told before, of which the files left out are no part.
    (ran, *_) = asking.history.list(ADA)
    assert (ran.sql, ran.bytes) == (june, size) and size < one.bytes / 6
    daily = insight(months, bytes_a_day="50 KB", seconds_a_day=3600)._query
    # How much of it is used is told where the cost is.
    before = daily.explain(sql, principal=ADA).budget
    daily.run("select month from months where month = 3", principal=ADA)
    assert daily.explain(sql, principal=ADA).budget.bytes > before.bytes and before.bytes_a_day == 50_000
    assert budget_in_words(before.model_copy(update={"seconds": 0})) == f"used today: {shown(before.bytes)} of 50 KB, 0 s of 3,600 s"
    assert asking.estimate(sql, principal=ADA).budget is None
    with pytest.raises(TooLarge, match="50 KB a day"):
        for _ in range(9):
            daily.run(sql, principal=ADA)
    assert daily.run(sql, principal=Principal(name="bob")).total == 1200
    with pytest.raises(TooLarge, match="seconds"):
        insight(months, seconds_a_day=1e-9)._query.run(sql, principal=ADA)
    for wrong in ("10", "ten GB", "-1 GB", "1 XB"):
        with pytest.raises(InvalidSetting, match=r"query\.ask_above"):
            bytes_of(wrong, "query.ask_above")


def test_statements_at_once_count_for_each_other() -> None:
    class Log:
        ended: tuple[tuple[str, str], ...] = ()

        def metrics(self, _: str, who: str, __: Any, but: Any) -> tuple[dict[str, float], ...]:
            return tuple({"budget_bytes": 6000.0} for name, run in self.ended if name == who and run not in but)

    settings, log = QuerySettings(bytes_a_day="10 KB", seconds_a_day=0.02), Log()
    guard, reads = Guard(settings, cast(Any, log)), [TableCost(dataset="silver.a", bytes=6000)]
    with guard.under_way("ada") as first, guard.under_way("ada") as second, guard.under_way("bob") as other:
        first.run_id = "first"
        guard.check(first, reads, False)
        for log.ended in ((), (("ada", "first"),)):  # its end may be recorded already: it counts once
            with pytest.raises(TooLarge, match=r"would read 6 KB; of 10 KB a day 6 KB are used"):
                guard.check(second, reads, False)
        guard.check(other, reads, False)
        guard.check(second, [], False)
        assert (first.bytes, second.bytes, other.bytes) == (6000, 0, 6000)
        while first.seconds < 0.02:
            time.sleep(0.005)
        guard.check(other, [], False)  # its own seconds are none that it is refused for
        with guard.under_way("ada") as late, pytest.raises(TooLarge, match="of today have taken"):
            guard.check(late, [], False)
    with guard.under_way("ada") as after, pytest.raises(TooLarge, match="6 KB are used"):
        guard.check(after, reads, False)


def test_the_days_budget_counts_no_hidden_bytes_and_what_failed_and_wrote(months: Any) -> None:
    months.access.policies.apply(POLICY, ADA)
    daily = insight(months, bytes_a_day="1 B", seconds_a_day=100)
    for _ in range(3):
        daily._query.run("select max(distance) from flights", principal=JUNE)
    assert months.log.metrics("sql", "june")[0]["budget_bytes"] == 0 < months.log.metrics("sql", "june")[0]["bytes"]
    with pytest.raises(TooLarge, match="of 1 B a day 0 B are used"):
        daily._query.run("select c1 from wide", principal=JUNE)
    stopped = insight(months, timeout_seconds=0.2)._query
    with pytest.raises(TooLarge):
        stopped.run("select count(*) from range(100000000) a, range(100000000) b where a.range + b.range = 7", principal=ADA)
    assert months.log.metrics("sql", "ada")[0]["budget_seconds"] > 0.1
    with pytest.raises(TooLarge, match="of today have taken"):
        insight(months, seconds_a_day=0.1)._query.run("select 1", principal=ADA)
    insight(months)._query.run("create table silver.made as select 1 as x", principal=ADA)
    assert months.log.metrics("sql", "ada")[0]["budget_seconds"] > 0


def test_a_statement_that_writes_is_bound_by_what_it_reads(months: Any) -> None:
    bound = insight(months, refuse_above="1 KB")._query
    for sql in (
        "create table silver.copy as select * from months",
        "insert into months select * from months",
        "update months set n = n + 1",
    ):
        with pytest.raises(TooLarge, match="1 KB are allowed"):
            bound.run(sql, principal=ADA)
    assert "silver.copy" not in months.lake.names() and months.rows("select count(*) from months") == [(1200,)]
    bound.run("create view silver.looked as select * from months", principal=ADA)
    bound.run("insert into wide (c1) values (1)", principal=ADA)
    insight(months)._query.run("create table silver.copy as select * from months", principal=ADA)
    assert months.log.metrics("sql", "ada")[0]["budget_bytes"] > 1000


def test_advice_names_what_is_wrong_and_only_that(months: Any) -> None:
    def codes(sql: str, who: Principal = ADA) -> list[str]:
        return [advice.code for advice in insight(months).estimate(sql, principal=who).advice]

    partition = insight(months).estimate("select n from months where n > 5", principal=ADA).advice[0]
    assert partition.code == "partition" and "by month" in partition.message and "month = " in partition.fix
    assert codes("select n from months where month = 3") == [] and codes("select carrier from flights") == []
    assert codes("select * from wide") == ["wide"] and codes("select c1, c2 from wide") == [] and codes("select count(*) from wide") == []
    big = "(select a.n from months a, months b, wide where a.month = 1 and b.month = 2) as x"
    assert "multiplies" in codes(f"select count(*) from {big}")
    tied = "select count(*) from months a, months b where a.n = b.n and a.month = 1"
    assert "multiplies" not in codes(tied) and "multiplies" not in codes("select 1 from months a join months b using (n) where a.month = 1")
    rows = pa.table({"t": ["abc"] * 1_000_000})
    months.writer.write("silver.long", rows, "create")
    assert codes("select t from long order by t") == ["sorts"] and codes("select t from long order by t limit 5") == []
    assert codes("select t, count(*) from long group by t order by t") == []
    assert codes("select 1 from long where t like '%b'") == ["leading_wildcard"] and codes("select 1 from long where t like 'b%'") == []


def test_a_plan_says_what_is_meant_before_it_is_carried_out_and_after(months: Any) -> None:
    """DuckDB says `count_star()`, `#0`, and how it narrows values for the time of a grouping."""
    sql = "select n + 1 as m, count(*), sum(n) from months where note <> '#0' group by all having count(*) > 1"
    before = insight(months)._query.explain(sql, principal=ADA).plan
    after = insight(months).profile(sql, principal=ADA).plan.model_dump_json()
    assert "silver.months; Projections:" in after and ".parquet" not in after  # which of several it is
    for told in (before, after):
        assert "Groups: m; Aggregates: count(*), sum(n)" in told and "note!='#0'" in told
        assert "count_star" not in told and "__internal" not in told and "#" not in told.replace("'#0'", "")
    assert before.splitlines()[-1].lstrip().startswith("read parquet") and "rows" in before and ".parquet" not in before


def test_what_an_operator_gives_is_named_only_where_it_is_known() -> None:
    def node(name: str, *children: dict[str, Any], **info: Any) -> dict[str, Any]:
        return {"name": name, "extra_info": {key.replace("_", " "): value for key, value in info.items()}, "children": list(children)}

    scan = node("SEQ_SCAN", Projections=["a", "#1", "b #0"])
    join = node("HASH_JOIN", scan, scan, Conditions="a = a")
    made = node("PROJECTION", node("FILTER", scan, Expression="(#0 > 3)"), Projections=["#2", "#1", "#7", "'#0' || \"#0\"", "b #0"])
    assert plan_text(json.dumps([made])).splitlines()[0] == "projection  Projections: b #0, #1, #7, '#0' || \"#0\", b #0"
    assert "filter  Expression: (a > 3)" in plan_text(json.dumps([made]))
    sorts = node("ORDER_BY", Order_By=["(memory.gold.d.c * 2) ASC", "'memory.gold.d.c'", '"memory.gold.d.c"', "memory.a.b"])
    assert plan_text(json.dumps([sorts])) == "order by  Order By: (gold.d.c * 2) ASC, 'memory.gold.d.c', \"memory.gold.d.c\", memory.a.b"
    for unknown in (join, node("ORDER_BY", scan)):
        assert plan_text(json.dumps([node("PROJECTION", unknown, Projections="#0")])).startswith("projection  Projections: #0\n")


def test_a_profile_is_a_tree_whose_rows_are_those_that_were_read(months: Any) -> None:
    found = insight(months).profile("select month, count(*) from months where n < $n group by month", {"n": 50}, principal=ADA)

    def nodes(node: PlanNode) -> list[PlanNode]:
        return [node, *(each for child in node.children for each in nodes(child))]

    every = nodes(found.plan)
    assert found.plan.rows == 12 and any("READ_PARQUET" in node.operator or "SCAN" in node.operator for node in every)
    assert sum(node.share for node in every) == pytest.approx(1, abs=0.01) and found.seconds > 0
    run = months.log.get(found.run_id)
    assert run.status == "succeeded" and run.inputs[0].name == "silver.months" and run.metrics["rows"] == 12
    assert insight(months).history.list(ADA)[0].rows == 12
    with pytest.raises(InvalidInput):
        insight(months).profile("describe months", principal=ADA)


VALIDATED = [
    ("select carrier from flights", None),
    ("select *\n, nope from flights", "nope"),
    ("select carrier from flights where nope = $m", "nope"),
    ("describe select nope from flights", "nope"),
    ("explain select nope from flights", "nope"),
    ("select sum(carrier) from flights", "sum"),
    ("select date_trunc($unit, day) from (select date '2024-01-01' as day)", None),
    ("pivot flights on month using count(*)", None),
    ("show tables", None),
    ("insert into silver.flights select * from flights", None),
    ("insert into silver.flights values (1, 2)", "2 columns"),
    ("insert into silver.flights (nope) values ($m)", "nope"),
    ("update silver.flights set nope = 1", "nope"),
    ("update silver.flights set month = 1 where carrier = ?", None),
    ("delete from silver.flights where nope = 1", "nope"),
    ("create table silver.new as select nope from flights", "nope"),
    ("alter table silver.flights rename to gold.flights", None),
    ("alter table silver.flights rename to silver.airlines", "already"),
    ("alter table silver.flights drop column nope", "nope"),
    ("alter table if exists silver.nothere drop column nope", None),
    ("create table silver.flights as select 1 as x", "already"),
    ("create table if not exists silver.flights as select 1 as x", None),
    ("drop table silver.nothere", "nothere"),
    ("drop table if exists silver.nothere", None),
    ("create view silver.seen as select carrier from flights", None),
    ("create view silver.seen as select nope from flights", "nope"),
    ("drop view nothere", "nothere"),
    ("drop view if exists nothere", None),
]


def test_validate_says_what_running_it_would(flights: Any) -> None:
    for sql, word in VALIDATED:
        found = insight(flights).validate(sql, principal=ADA)
        assert found.valid == (word is None), (sql, found.error)
        if word is None:
            continue
        assert found.error is not None and word in found.error["message"], sql
        if "$" not in sql and not sql.startswith("explain"):
            with pytest.raises(WorkbenchError) as caught:
                flights.query.run(sql)
            ran, said = caught.value, found.error
            assert (ran.message, ran.details.get("line"), ran.details.get("column")) == (
                said["message"],
                said.get("line"),
                said.get("column"),
            )
    assert flights.lake.exists("silver.flights") and flights.rows("select count(*) from flights") == [(6,)]


def test_validate_reads_no_row_of_who_sees_a_part(flights: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    flights.access.policies.apply(POLICY, ADA)
    asked: list[tuple[Any, ...]] = []
    engine = flights.query._engine
    run = engine.run
    monkeypatch.setattr(
        engine, "run", lambda run_id, sql, scans, *rest, **more: asked.append((sql, scans)) or run(run_id, sql, scans, *rest, **more)
    )
    assert insight(flights).validate("select cast(carrier as int) from flights limit 1", principal=JUNE).valid
    ((sql, scans),) = asked
    assert sql.endswith("LIMIT 0") and scans[0].shape is not None and not scans[0].shape.apart


def test_validate_knows_the_columns_that_its_author_sees(flights: Any) -> None:
    flights.access.policies.apply(
        "version: 1\ngrants: [{to: analyst, what: silver.flights.carrier}, {to: analyst, what: silver.airlines}]", ADA
    )
    told = [insight(flights).validate(f"select {name} from flights", principal=JUNE) for name in ("carrier", "distance", "nothing")]
    assert [one.valid for one in told] == [True, False, False]
    hidden, missing = (str(one.error).replace(name, "x") for one, name in zip(told[1:], ("distance", "nothing"), strict=True))
    assert hidden == missing


def test_validate_parses_and_decides_and_runs_nothing(flights: Any) -> None:
    seen = insight(flights)
    good = seen.validate("select * from flights where month = $m", principal=ADA)
    assert good.valid and good.kind == "select" and good.tables == ("silver.flights",) and good.parameters == ("m",)
    bad = seen.validate("select *\nfrm flights", principal=ADA)
    assert not bad.valid and bad.error is not None and (bad.error["code"], bad.error["line"]) == ("invalid_sql", 2)
    assert seen.validate("select getenv('HOME')", principal=ADA).error["code"] == "forbidden"  # type: ignore[index]
    assert not flights.log.list(kind="sql")


def test_history_is_ones_own_searched_and_paged(flights: Any) -> None:
    flights.access.policies.apply(POLICY, ADA)
    seen = insight(flights)
    for month in range(1, 8):
        seen._query.run(f"select {month} as m, carrier from flights", principal=ADA)
    with pytest.raises(InvalidSQL):
        seen._query.run("select nothing from flights", principal=ADA)
    seen._query.run("select count(*) from flights", principal=JUNE)
    past = seen.history
    assert [one.principal for one in past.list(ADA)] == ["june"] + ["ada"] * 8 and [one.principal for one in past.list(JUNE)] == ["june"]
    assert [one.sql for one in past.list(ADA, search="SELECT 3 AS")] == ["select 3 as m, carrier from flights"]
    (failed,) = past.list(ADA, status="failed")
    assert failed.error is not None and "nothing" in failed.error.message and failed.rows is None
    assert len(past.list(ADA, dataset="flights")) == 9 and past.list(ADA, dataset="airlines") == ()
    first = past.list(ADA, principal="ada", limit=3)
    second = past.list(ADA, principal="ada", limit=3, before=first[-1].id)
    assert len(second) == 3 and not {one.id for one in first} & {one.id for one in second}
    with pytest.raises(Forbidden):
        past.list(JUNE, principal="ada")
    told = past.metrics(ADA)
    assert (told.count, told.succeeded, told.failed) == (9, 8, 1) and told.bytes and told.seconds_p95 and len(told.slowest) == 5
    hers = past.metrics(JUNE)
    assert hers.count == 1 and (hers.bytes, hers.cached, hers.seconds_p50, hers.seconds_p95, hers.slowest) == (None, None, None, None, ())


def test_a_shared_statement_is_read_by_who_sees_its_datasets_and_gives_her_own_rows(flights: Any) -> None:
    flights.access.policies.apply(POLICY, ADA)
    seen = insight(flights)
    one = seen._query.run("select carrier, month from flights", principal=ADA).run_id
    other = seen._query.run("select name from airlines", principal=ADA).run_id
    with pytest.raises(NotFound):
        seen.history.get(JUNE, one)
    with pytest.raises(NotFound):
        seen.history.share(JUNE, one)
    assert seen.history.share(ADA, one).shared and seen.history.share(ADA, other).shared
    found = seen.history.get(JUNE, one)
    assert found.sql == "select carrier, month from flights" and (found.rows, found.bytes, found.seconds) == (None, None, None)
    assert {row[1] for row in seen._query.run(found.sql, principal=JUNE).rows} == {6}
    with pytest.raises(NotFound):
        seen.history.get(JUNE, other)  # it reads what she sees nothing of
    seen.history.share(ADA, one, False)
    with pytest.raises(NotFound):
        seen.history.get(JUNE, one)
    diff = seen.history.diff(ADA, one, other)
    assert "-select carrier, month from flights" in diff.text and "+select name from airlines" in diff.text
    assert diff.only_first == (("carrier", "string"), ("month", "int")) and diff.only_second == (("name", "string"),)
    assert (diff.first.rows, diff.second.rows) == (6, 2)


def test_a_token_for_some_datasets_has_no_history(flights: Any) -> None:
    flights.access.policies.apply(POLICY, ADA)
    seen = insight(flights)
    own = seen._query.run("select month from flights where carrier = 'UA'", principal=JUNE).run_id
    narrowed = JUNE.model_copy(update={"only": ("gold.*",)})
    assert seen.history.list(JUNE) and seen.history.list(narrowed) == () and seen.history.metrics(narrowed).count == 0
    for ask in (seen.history.get, seen.history.share, lambda who, one: seen.history.diff(who, one, one)):
        with pytest.raises(NotFound):
            ask(narrowed, own)
    assert not seen.history.get(JUNE, own).shared
    # What is shared she reads as anybody does: where the token reaches its datasets.
    seen.history.share(JUNE, own)
    with pytest.raises(NotFound):
        seen.history.get(narrowed, own)
    assert seen.history.get(JUNE.model_copy(update={"only": ("silver.*",)}), own).rows is None


def test_a_shared_statement_that_did_not_come_to_its_dataset_stays_ones_own(flights: Any) -> None:
    flights.access.policies.apply(POLICY, ADA)
    seen = insight(flights)
    wrong = (
        "select * from airlinez where name = 'secret'",
        "insert into silver.airlines values ('secret', 1, 2)",
        "insert into silver.airlines select 'secret', 'x' from flights where false",
        "insert into silver.airlines select carrier, 'secret', month from flights",
        "alter table silver.airlines add column secret int",
    )
    for sql in wrong:
        with suppress(WorkbenchError):
            seen._query.run(sql, principal=ADA)
        (one, *_) = seen.history.list(ADA)
        assert one.sql == sql and seen.history.share(ADA, one.id).shared
        with pytest.raises(NotFound):
            seen.history.get(JUNE, one.id)
    done = seen._query.run("insert into silver.flights (carrier) select 'ZZ'", principal=ADA).run_id
    seen.history.share(ADA, done)
    told = seen.history.get(JUNE, done)  # she sees a part of the rows
    assert told.sql == "insert into silver.flights (carrier) select ?" and "left out" in str(told.withheld)


def test_a_shared_text_tells_nothing_that_its_reader_does_not_see(flights: Any) -> None:
    policy = """
version: 1
grants: [{to: analyst, what: silver.flights.carrier}, {to: analyst, what: silver.flights.month}, {to: analyst, what: silver.airlines}]
masks: [{name: names, what: [silver.airlines.name], mask: {kind: "null"}}]
"""
    flights.access.policies.apply(policy, ADA)
    seen = insight(flights)
    texts = {
        # Nothing of it is kept from her: as it was written.
        "select carrier /* of June */ from flights where month = 6": None,
        "select carrier as \"x\" from airlines where carrier <> 'UA'": None,
        # A column through a mask, and one that is not hers, whatever the value and the names look like.
        "select carrier from airlines where name = 'hushed'": "select carrier from airlines where name = ?",
        "select carrier from airlines where name like E'hu\\'shed' -- hushed": "select carrier from airlines where name like ?",
        'select name as "hushed", $$hushed$$ as x from airlines': "select name as ?, ? as ? from airlines",
        "select carrier, distance from flights f where f.Distance > 31": "select carrier, ? from flights ? where ?.? > ?",
        "select carrier from (select * from airlines) t(carrier, y) where y = 'hushed'": None,
        # Words of the language, and names that she sees, stay; those that who wrote it has thought of do not.
        "with hushed(y) as (select name from airlines) select count(*) as n, max(y) as count from hushed where y <> 'x'": (
            "with ?(?) as (select name from airlines) select count(*) as ?, max(?) as count from ? where ? <> ?"
        ),
        "select carrier hushed, {hushed: name} as s, list_transform([name], hushed -> hushed || 'x') from airlines": (
            "select carrier ?, {?: name} as ?, list_transform([name], ? -> ? || ?) from airlines"
        ),
        "select hushed.carrier from airlines as hushed window hushed as (order by name)": (
            "select ?.carrier from airlines as ? window ? as (order by name)"
        ),
        "from airlines a join (select 'hushed' as name) using (name) select a.carrier": None,
        "explain select name as \"hushed\" from airlines where name = 'hushed'": "explain select name as ? from airlines where name = ?",
        "explain analyze /* hushed */ select name from airlines": "explain analyze select name from airlines",
        # Columns under other names than theirs.
        "select carrier from airlines as a(carrier, y) where y = 'hushed'": "select carrier from airlines as ?(carrier, ?) where ? = ?",
        "select carrier from airlines where silver.airlines::varchar like '%hushed%'": None,
    }
    for sql, told in texts.items():
        one = seen._query.run(sql, principal=ADA).run_id
        seen.history.share(ADA, one)
        found = seen.history.get(JUNE, one)
        if "hushed" in sql or told is not None:
            assert "hushed" not in str(found.sql) and "31" not in str(found.sql) and found.withheld
        else:
            assert (found.sql, found.withheld) == (sql, None)
        assert told is None or str(found.sql).rstrip() == told
        assert seen.history.get(ADA, one).sql == sql
        assert seen.history.diff(JUNE, one, one).first.sql == found.sql


def test_very_long_texts_are_compared_as_a_whole(flights: Any) -> None:
    seen = insight(flights)
    texts = ["select 1 as x\n" + "\n".join(f"-- {(n * factor) % 150}" for n in range(2500)) for factor in (7, 11)]
    first, second = (seen._query.run(text, principal=ADA).run_id for text in texts)
    lines = seen.history.diff(ADA, first, second).text.splitlines()
    assert [line[1:] for line in lines[3:2504]] == texts[0].splitlines() and [line[1:] for line in lines[2504:]] == texts[1].splitlines()
    assert {line[0] for line in lines[3:2504]} == {"-"} and {line[0] for line in lines[2504:]} == {"+"}
    assert seen.history.diff(ADA, first, first).text == ""


def test_a_kept_answer_is_seen_in_history_and_costs_nothing_of_the_day(flights: Any) -> None:
    from workbench.query.cache import ResultCache

    settings = flights.settings.model_copy(update={"query": flights.settings.query.model_copy(update={"bytes_a_day": "4 KB"})})
    cache = ResultCache(flights.settings.state / "cache" / "results", 1 << 20, 3600, lambda: bytes(32))
    query = QueryService(flights.lake, flights.log, flights.engine, settings, flights.access, cache)
    place = replace(flights, query=query)
    for _ in range(20):
        assert place.query.run("select max(distance) from flights", principal=ADA).total == 1
    told = insight(flights).history.metrics(ADA)
    assert told.cached == 19 and told.count == 20
