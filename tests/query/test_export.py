"""Rows as files, statements stopped by their ticket, columns that are read through a mask."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape

import workbench
from workbench.catalog.encode import encode_column
from workbench.core.errors import Cancelled, Conflict, InvalidInput, StorageUnavailable, TooLarge
from workbench.core.principals import Principal
from workbench.query.export import FORMATS, rows_file, write, write_rows
from workbench.query.export.save import save_rows
from workbench.query.export.write import plain_value
from workbench.query.tickets import Listener, Tickets, listening

if TYPE_CHECKING:
    from tests.query.conftest import Place

TRICKY = "select * from (values (1, '=1+1', [1, null]), (2, null, []), (9007199254740993, '', [3])) t(n, word, list)"
POLICY = """
version: 1
grants:
  - {to: analyst, what: silver.*}
masks:
  - {name: hide, what: [silver.flights.distance], mask: {kind: hash}}
  - {name: gone, what: [silver.flights.month], mask: {kind: "null"}}
"""


def written(table: pa.Table, form: str) -> bytes:
    stream = io.BytesIO()
    write_rows(table, form, stream)
    return stream.getvalue()


def read_csv(table: pa.Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written(table, "csv").decode(), newline="")))


def test_every_format_holds_every_row(place: Place) -> None:
    table = place.query.arrow(TRICKY)
    with place.query.export(TRICKY) as stream:
        assert stream.read() == written(table, "csv") == b'n,word,list\n1,=1+1,"[1, null]"\n2,,[]\n9007199254740993,,[3]\n'
    with place.query.export(TRICKY, format="parquet") as stream:
        assert pq.read_table(io.BytesIO(stream.read())).to_pylist() == table.to_pylist()
    with place.query.export(TRICKY, format="ndjson") as stream:
        assert [json.loads(line) for line in stream] == table.to_pylist()
    assert json.loads(written(table, "json")) == table.to_pylist()
    assert pa.ipc.open_file(written(table, "arrow")).read_all().to_pylist() == table.to_pylist()


def test_rows_are_the_ones_that_pythons_own_writers_make() -> None:
    day, moment = date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    columns = {
        "text": pa.array(["a,b", 'say "no"', "two\nlines", "", None, "ж"]),
        "large": pa.array(["x", "x", "\r", None, "=1", " s "], pa.large_string()),
        "whole": pa.array([2**63, 0, None, 1, 2, 3], pa.uint64()),
        "number": pa.array([1.0, float("nan"), float("inf"), -0.0, None, 1e22]),
        "money": pa.array([Decimal("1.50"), None, Decimal("-0.01"), Decimal("1.50"), Decimal(0), None], pa.decimal128(9, 2)),
        "true": pa.array([True, False, None, True, True, False]),
        "day": pa.array([day, None, date(1, 1, 1), day, day, day]),
        "at": pa.array([moment, None, moment, moment, moment, moment], pa.timestamp("us", "Europe/Berlin")),
        "span": pa.array([timedelta(seconds=1), None, None, None, None, None]),
        "months": pa.array([pa.MonthDayNano([14, 3, 10**9]), None, *[pa.MonthDayNano([0, 0, 0])] * 4]),
        "bytes": pa.array([b"\x00", b"", None, b"a", b"a", b"a"]),
        "word": pa.array(["b", None, "a", "b", "a", "b"]).dictionary_encode(),
        "nested": pa.array([[{"a": 1, "b": [day]}], None, [], [None], [], []]),
        "nothing": pa.nulls(6),
    }
    table = pa.concat_tables([pa.table(columns), pa.table(columns).slice(1, 3)])
    whole = read_csv(table)
    flat = [[plain_value(value, flat=True) for value in row.values()] for row in table.to_pylist()]
    assert whole == [list(columns), *(["" if value is None else str(value) for value in row] for row in flat)]
    for place, name in enumerate(columns):  # no empty lines
        assert read_csv(table.select([name])) == [[row[place]] for row in whole]
    objects = [{name: plain_value(value) for name, value in row.items()} for row in table.to_pylist()]
    assert json.loads(written(table, "json")) == [json.loads(line) for line in written(table, "ndjson").splitlines()] == objects
    assert (whole[1][list(columns).index("months")], objects[0]["months"]) == ("P14M3DT1S", "P14M3DT1S")  # as in SQL's own answers
    # Numbers that JSON has not are the same words in every form, as they are in answers; nested ones, too.
    floats = [1.0, "NaN", "Infinity", -0.0, None, 1e22]
    assert [each["number"] for each in objects[:6]] == encode_column(columns["number"]) == floats
    assert [row[3] for row in whole[1:7]] == ["1.0", "NaN", "Infinity", "-0.0", "", "1e+22"]
    assert json.loads(written(pa.table({"in": [[float("-inf"), float("nan")]]}), "json")) == [{"in": ["-Infinity", "NaN"]}]
    with pytest.raises(InvalidInput, match="Parquet has no type"):
        written(table.select(["months"]), "parquet")
    assert [written(table.slice(0, 0).select(["whole"]), form) for form in ("csv", "json", "ndjson")] == [b"whole\n", b"[]\n", b""]


def test_names_that_are_there_twice_stay_apart_in_json() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "a", "a_2"])
    assert json.loads(written(table, "json")) == [{"a": 1, "a_3": 2, "a_2": 3}]


def test_a_workbook_holds_texts_as_texts_and_numbers_as_they_are(place: Place) -> None:
    sql = "select '=HYPERLINK(\"http://x\")' as f, 123456789012345678 as long, 1.5::decimal(9,2) as d, date '1850-01-01' as old, "
    sql += "timestamptz '2026-01-02 03:04:05+00' as at, 'a\x01b' as control, 'infinity'::double as inf, date '2026-01-02' as day"
    with place.query.export(sql, format="xlsx") as stream:
        (names, row) = openpyxl.load_workbook(io.BytesIO(stream.read())).active.iter_rows()
    kept = {name.value: (cell.value, cell.data_type) for name, cell in zip(names, row, strict=True)}
    assert kept["f"] == ('=HYPERLINK("http://x")', "s")
    assert kept["long"] == ("123456789012345678", "s")
    assert kept["d"] == (1.5, "n")
    assert kept["old"] == ("1850-01-01", "s")
    assert kept["at"] == ("2026-01-02 03:04:05Z", "s")
    assert kept["control"][0] == "a\ufffdb"
    assert kept["inf"] == ("Infinity", "s")
    assert kept["day"][1] == "d"


def test_a_workbook_loses_no_part_of_a_second_and_no_line_end() -> None:
    times = pa.table(
        {
            "at": pa.array(["2026-01-02T03:04:05.123456", "2026-01-02T03:04:05.123"]).cast(pa.timestamp("us")),
            "hour": pa.array([time(23, 59, 59, 999999), time(1, 2, 3)]),
            "text": ["a\r\nb", "_x0041_ stays"],
        }
    )
    _, *rows = openpyxl.load_workbook(io.BytesIO(written(times, "xlsx"))).active.iter_rows(values_only=True)
    assert [row[:2] for row in rows] == [
        ("2026-01-02 03:04:05.123456", "23:59:59.999999"),
        (datetime.fromisoformat("2026-01-02T03:04:05.123"), time(1, 2, 3)),
    ]
    assert [unescape(row[2]) for row in rows] == ["a\r\nb", "_x0041_ stays"]


def test_what_writes_is_not_carried_out_to_be_exported(place: Place) -> None:
    place.query.run("create table silver.t as select 1 as n")
    with pytest.raises(InvalidInput, match="no rows to export"):
        place.query.export("insert into silver.t select 2")
    assert place.rows("select count(*) from silver.t") == [(1,)]


def test_what_a_sheet_cannot_hold_is_said_not_cut() -> None:
    with pytest.raises(TooLarge, match="1,048,575 rows"):
        written(pa.table({"n": pa.nulls(1_048_576, pa.int8())}), "xlsx")
    with pytest.raises(TooLarge, match="32,768 characters"):
        written(pa.table({"t": ["x" * 32_768]}), "xlsx")


def test_a_result_is_saved_by_the_files_name_and_whole_or_not_at_all(place: Place, tmp_path: Path) -> None:
    table = place.query.arrow("select range as n from range(3)")
    assert pq.read_table(save_rows(table, tmp_path / "x.parquet")).num_rows == 3
    assert save_rows(table, tmp_path / "x.txt", "csv").read_text() == "n\n0\n1\n2\n"
    with pytest.raises(InvalidInput, match="does not say which format"):
        save_rows(table, tmp_path / "x.doc")
    with pytest.raises(InvalidInput, match="cannot be written"):
        save_rows(table, tmp_path / "none" / "x.csv")
    with pytest.raises(TooLarge):
        save_rows(pa.table({"t": ["x" * 40_000]}), tmp_path / "x.xlsx")
    assert sorted(path.name for path in tmp_path.glob("*x.*")) == ["x.parquet", "x.txt"]


class Full(io.BytesIO):
    """A file on a disk without any room."""

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_told_and_the_file_that_was_stays(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, kept = pa.table({"n": [1]}), tmp_path / "rows"
    kept.write_text("before")
    monkeypatch.setattr(write, "SpooledTemporaryFile", lambda max_size: Full())
    with pytest.raises(StorageUnavailable, match="the disk is full"):
        rows_file(table, form)
    monkeypatch.setattr(os, "fdopen", lambda descriptor, _: os.close(descriptor) or Full())
    with pytest.raises(StorageUnavailable, match="rows cannot be written: the disk is full"):
        save_rows(table, kept, form)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rows", "before")]


def test_a_statement_is_stopped_by_its_ticket_by_nobody_else_and_by_a_stop_that_came_first(place: Place) -> None:
    ada, eve = Principal(name="ada"), Principal(name="eve")
    endless = "select count(*) from range(1000000000) a, range(1000000000) b where a.range * b.range % 7 = 8"
    errors: list[Exception] = []

    def run() -> None:
        try:
            place.query.run(endless, ticket="t", principal=ada)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while not place.query._engine._running:  # type: ignore[attr-defined]
        thread.join(0.02)
    assert not place.query.stop("t", principal=eve)
    with pytest.raises(Conflict):
        place.query.run("select 1", ticket="t", principal=ada)
    assert place.query.stop("t", principal=ada)
    thread.join(60)
    assert [type(error) for error in errors] == [Cancelled]
    assert place.log.list("sql")[0].status == "cancelled"
    # Eve's stop came before any statement of hers with that name.
    with pytest.raises(Cancelled):
        place.query.run("select 1", ticket="t", principal=eve)
    assert place.query.run("select 1", ticket="t", principal=eve).rows == ((1,),)


def test_an_export_is_stopped_by_its_ticket(place: Place) -> None:
    assert not place.query.stop("t")
    with pytest.raises(Cancelled):
        place.query.export("select 1", ticket="t")


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "arrow"])
def test_writing_a_file_ends_where_it_is_to_end(form: str) -> None:
    asked = []

    def check() -> None:
        asked.append(form)
        if len(asked) > 2:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        rows_file(pa.table({"n": range(1_000 if form == "xlsx" else 3_000_000)}), form, check)


@pytest.mark.parametrize("how", ["ticket", "left", "late", "disabled"])
@pytest.mark.parametrize("kept", [False, True])
def test_a_file_that_nobody_waits_for_is_not_written_on(place: Place, monkeypatch: pytest.MonkeyPatch, how: str, kept: bool) -> None:
    """A sheet of many columns took the server minutes after its reader had gone, and nothing stopped it."""
    begun, ada, listener = threading.Event(), Principal(name="ada"), Listener()

    def slowly(table: pa.Table, form: str, check: Callable[[], None]) -> None:
        for _ in range(6_000):
            begun.set()
            check()
            threading.Event().wait(0.01)

    monkeypatch.setattr("workbench.query.service.rows_file", slowly)
    if how == "late":
        monkeypatch.setattr(place.query, "_settings", place.query._settings.model_copy(update={"timeout_seconds": 0.5}))
    if kept:
        place.query.arrow("select 1 as one", principal=ada)
    errors: list[Exception] = []

    def export() -> None:
        try:
            with listening(listener):
                place.query.export("select 1 as one", ticket="t" if how == "ticket" else None, principal=ada)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=export)
    thread.start()
    assert begun.wait(60)
    if how == "ticket":
        assert place.query.stop("t", principal=ada)
    elif how == "left":
        listener.leave()
    elif how == "disabled":
        assert place.query.stop_all("ada") == 1
    thread.join(50)
    assert [type(error) for error in errors] == [TooLarge if how == "late" else Cancelled]


def test_a_stop_between_two_steps_of_a_statement_is_heard() -> None:
    tickets = Tickets(lambda run_id: False)  # the engine has not begun
    with tickets.held("ada", "t"):
        tickets.begun("run")
        thread = threading.Thread(target=tickets.stop, args=("ada", "t"))
        thread.start()
        while not tickets._running["ada", "t"].stopped:
            thread.join(0.01)
        with pytest.raises(Cancelled):
            tickets.check()
    thread.join(60)
    assert not thread.is_alive()


def test_all_of_somebodys_are_stopped_together_not_one_after_the_other_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.query.tickets._PAUSE", 0.0)
    asked: list[str] = []
    tickets = Tickets(lambda run_id: asked.append(run_id) is not None)  # rows that are fetched slowly: the engine has done its part
    with tickets.held("ada", "s"), tickets.held("ada", "t"):
        for key, run_id in (("s", "one"), ("t", "two")):
            tickets._running["ada", key].run_id = run_id
        assert tickets.stop_all("ada") == 2
    assert set(asked[:2]) == {"one", "two"}


def test_columns_that_are_read_through_a_mask_are_named_with_it(flights: Place) -> None:
    flights.access.policies.apply(POLICY, Principal(name="root"))
    ada = Principal(name="ada", roles=("analyst",))
    seen = flights.query.run("select carrier, distance as far from flights", principal=ada)
    assert [(one.dataset, one.column, one.mask) for one in seen.masked] == [("silver.flights", "distance", "hash")]
    assert {one.column for one in flights.query.run("from flights", principal=ada).masked} == {"distance", "month"}
    assert flights.query.run("select carrier from flights", principal=ada).masked == ()
    assert flights.query.run("from flights").masked == ()


@pytest.mark.parametrize(
    ("sql", "places"),
    [
        ("select carrier, distance as far, dep_delay as distance from flights", {1}),
        ("select distance || '' as d, max(length(carrier)) over () as longest, month from flights", {0, 2}),
        ("select a.carrier, b.far from flights a join (select carrier, distance as far from flights) b using (carrier)", {1}),
        ("with t(x, y) as (select distance, carrier from flights) select y, x from t", {1}),
        ("from flights", {1, 3}),
        ("select count(*) from flights where distance is not null", set()),
        ("summarize flights", set()),
    ],
)
def test_a_mask_is_told_of_those_columns_of_the_result_that_are_made_through_it(flights: Place, sql: str, places: set[int]) -> None:
    flights.access.policies.apply(POLICY, Principal(name="root"))
    seen = flights.query.run(sql, principal=Principal(name="ada", roles=("analyst",)))
    assert seen.masked and {place for one in seen.masked for place in one.places} == places


def test_a_result_of_the_workspace_is_exported(root: Path, tmp_path: Path) -> None:
    with workbench.open(root) as ws:
        assert ws.sql("select 1 as n").export(tmp_path / "n.csv").read_text() == "n\n1\n"
