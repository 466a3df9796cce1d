from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.core.principals import Principal
from workbench.engines.duckdb import Result
from workbench.query import QueryService
from workbench.query.cache import ResultCache

TOTAL = "select carrier, sum(distance) as d from flights group by carrier order by carrier"
ADA = Principal(name="ada")


class Counting:
    """The engine, and how often it was asked."""

    def __init__(self, engine: Any) -> None:
        self._engine, self.asked = engine, 0

    def run(self, *args: Any, **kwargs: Any) -> Result:
        self.asked += 1
        result: Result = self._engine.run(*args, **kwargs)
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest.fixture
def kept(flights: Any) -> Any:
    """The place with a cache of 1 MB, and an engine that counts."""
    folder = flights.settings.state / "cache" / "results"
    engine = Counting(flights.engine)
    cache = ResultCache(folder, 1 << 20, 3600, lambda: bytes(32))
    query = QueryService(flights.lake, flights.log, engine, flights.settings, flights.access, cache)  # type: ignore[arg-type]
    return replace(flights, query=query, engine=engine)


def files(kept: Any) -> list[Path]:
    return sorted((kept.settings.state / "cache" / "results").glob("*"))


def asked_again(kept: Any, *args: Any, **kwargs: Any) -> bool:
    """Whether the engine was asked; the answer is the same either way."""
    before = kept.engine.asked
    kept.query.run(*args, **kwargs)
    return bool(kept.engine.asked > before)


def test_the_same_question_is_answered_from_disk_and_says_so(kept: Any) -> None:
    first = kept.query.run(TOTAL)
    again = kept.query.run(TOTAL)
    assert kept.engine.asked == 1 and again.rows == first.rows and again.columns == first.columns and again.run_id != first.run_id
    assert not first.cached and again.cached
    run = kept.log.get(again.run_id)
    assert run.status == "succeeded" and run.metrics["cached"] == 1 and run.metrics["rows"] == 3
    assert [read.name for read in run.inputs] == ["silver.flights"] and run.attributes["sql"] == TOTAL
    (file,) = files(kept)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_an_answer_depends_on_makes_another_one(kept: Any) -> None:
    where = "select count(*) from flights where month = $m"
    assert asked_again(kept, where, {"m": 6}) and not asked_again(kept, where, {"m": 6})
    assert asked_again(kept, where, {"m": 7}) and asked_again(kept, where, {"m": 7.0})
    everything = "select * from flights"
    assert kept.query.run(everything, limit=2).cut_at == 2 and kept.query.run(everything, limit=2).cut_at == 2
    assert asked_again(kept, everything, limit=3) and not asked_again(kept, everything, limit=3)
    assert kept.query.run(TOTAL).rows[0] == ("AA", 1089)
    more = pa.table({"carrier": ["AA"], "month": pa.array([1], pa.int32()), "dep_delay": [1.0], "distance": [11]})
    kept.writer.write("silver.flights", more, "append")
    assert kept.query.run(TOTAL).rows[0] == ("AA", 1100)


@pytest.mark.parametrize(
    "sql",
    [
        "select random() as r from flights",
        "select count(*) from flights where now() > timestamptz '2020-01-01'",
        "select current_date, carrier from flights",
        "select * from flights using sample 2",
        "select age(timestamp '2020-01-01') from flights",
        "select ago(interval 1 day) from flights",
        "select current_localtime() from flights",
        "with x as (select uuid() as u) select u, carrier from flights, x",
        "select max(utc_offset) from pg_timezone_names()",
        "describe flights",
    ],
)
def test_what_may_differ_next_time_is_not_kept(kept: Any, sql: str) -> None:
    kept.query.run(sql)
    assert asked_again(kept, sql) and not files(kept)


def test_a_damaged_file_is_noticed_and_the_statement_runs_again(kept: Any) -> None:
    rows = kept.query.run(TOTAL).rows
    (file,) = files(kept)
    whole = file.read_bytes()
    for damaged in (whole[:-30], whole[:90] + b"\xff" + whole[91:], b"", whole.replace(b"AA", b"ZZ"), whole + b"x"):
        file.write_bytes(damaged)
        before = kept.engine.asked
        assert kept.query.run(TOTAL).rows == rows and kept.engine.asked == before + 1
        assert file.read_bytes() == whole
    # One that is whole, but belongs to another question.
    other = "select max(distance) from flights"
    kept.query.run(other)
    second = next(path for path in files(kept) if path != file)
    second.write_bytes(whole)
    assert list(kept.query.run(other).rows) == [(1576,)]


def test_an_answer_is_nobodys_who_sees_something_else(kept: Any) -> None:
    policy = """
version: 1
grants: [{to: analyst, what: silver.flights}]
masks: [{name: secret, what: [silver.flights.carrier], mask: {kind: "null"}}]
rows: [{name: own, what: [silver.flights], where: month IN principal.months}]
"""
    kept.access.policies.apply(policy, ADA)
    sql = "select distinct carrier, month from flights order by all"
    everything = kept.query.run(sql, principal=ADA).rows
    june = Principal(name="june", roles=("analyst",), attributes={"months": (6,)})
    july = Principal(name="july", roles=("analyst",), attributes={"months": (7,)})
    assert len(everything) == 5
    for _ in range(2):
        assert list(kept.query.run(sql, principal=june).rows) == [(None, 6)]
        assert list(kept.query.run(sql, principal=july).rows) == [(None, 7)]
        assert kept.query.run(sql, principal=ADA).rows == everything
    # Who sees the same may have the same answer; she is not told that it was there, for then she knew of others' writes.
    before = kept.engine.asked
    twin = Principal(name="twin", roles=("analyst",), attributes={"months": (6,)})
    told = kept.query.run(sql, principal=twin)
    assert list(told.rows) == [(None, 6)] and kept.engine.asked == before and not told.cached
    kept.access.policies.apply(policy.replace('kind: "null"', "kind: constant, value: x"), ADA)
    assert list(kept.query.run(sql, principal=june).rows) == [("x", 6)]


def test_the_least_recently_used_go_when_there_is_too_much(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path / "r", 40_000, 3600, lambda: bytes(32))
    result = Result(pa.table({"a": list(range(500))}), ("BIGINT",), False)
    for number in range(12):
        assert cache.put(f"{number:064}", result, {("t", number)})
        assert cache.get(f"{0:064}") is not None  # it is asked for all the time
    left = {path.stem for path in (tmp_path / "r").glob("*.result")}
    assert f"{0:064}" in left and f"{11:064}" in left and f"{1:064}" not in left
    assert sum(path.stat().st_size for path in (tmp_path / "r").iterdir()) <= 40_000
    assert not cache.put("9" * 64, Result(pa.table({"a": list(range(5000))}), ("BIGINT",), False), ())  # too large for it
    assert cache.sweep(lambda snapshot: snapshot[1] != 0) == 1 and cache.get(f"{0:064}") is None
    assert not ResultCache(tmp_path / "none", 0, 1, lambda: bytes(32)).put("0" * 64, result, ())


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_time(kept: Any) -> None:
    folder = kept.settings.state / "cache" / "results"
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")
    assert kept.query.run(TOTAL).rows == kept.query.run(TOTAL).rows and kept.engine.asked == 2
