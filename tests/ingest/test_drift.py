"""A source's columns change: what is safe is taken with the rows, anything else is refused with the difference shown, and a choice."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import InvalidInput
from workbench.engines.readers import ColumnReading, Reading, quick
from workbench.ingest.records import Correction, Difference, LoadOptions
from workbench.quality.personal.kept import KeptFindings


def rows(services: Services, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = services.lake.plan(name).to_arrow().to_pylist()
    return found


def parquet(path: Path, table: pa.Table) -> Path:
    pq.write_table(table, path)
    return path


def test_an_added_column_comes_with_its_rows_in_one_commit(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,x\n")
    ingest.ingest(path)
    path.write_text("b,c,a\ny,2.5,3\n")
    report = ingest.ingest(path, mode="append")
    assert report.differences == (Difference(column="c", kind="added", here="double"),)
    assert rows(services, "bronze.x") == [{"a": 1, "b": "x", "c": None}, {"a": 3, "b": "y", "c": 2.5}]
    assert len(services.lake.snapshots("bronze.x")) == 2
    assert dict(report.columns)["c"] == "double"


def test_a_file_with_none_of_its_columns_does_not_join_a_dataset(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,x\n")
    ingest.ingest(path)
    path.write_text("towns,people\nRome,5\n")
    for asked in ({"mode": "append"}, {"mode": "overwrite"}, {"mode": "append", "drift": "keep"}):
        with pytest.raises(InvalidInput, match=r"none of the columns of bronze\.x: a, b"):
            ingest.ingest(path, **asked)
    assert rows(services, "bronze.x") == [{"a": 1, "b": "x"}]


def test_dates_of_which_nobody_knows_the_order_are_refused_with_what_to_say(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,day\n1,31.01.2024\n")
    ingest.ingest(path)
    path.write_text("a,day\n2,05.02.2024\n")
    with pytest.raises(InvalidInput, match=r"could be two days.*`dates='dmy'` or `dates='mdy'`"):
        ingest.ingest(path, mode="append")


def test_who_takes_a_file_anew_in_other_types_is_told_how(ingest: Loads, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id\n1\n")
    ingest.ingest(path)
    as_text = Reading(columns=(ColumnReading(place=0, type="string"),))
    (told,) = ingest.ingest(path, mode="overwrite", reading=as_text).warnings
    assert "what was said of how to read it changed nothing" in told
    with pytest.raises(InvalidInput, match=r"`workbench datasets drop bronze\.x`"):
        ingest.ingest(path, mode="overwrite", reading=as_text, force=True)


def test_a_column_of_a_known_type_is_read_as_such(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """``no`` alone could be Norway, and text is no time of day and no UUID, where nothing says so."""
    one, two = UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), UUID(int=7)
    there = {"ok": pa.array([True]), "at": pa.array([dt.time(9)], pa.time64("us")), "key": pa.array([one.bytes], pa.uuid())}
    ingest.ingest(parquet(tmp_path / "one.parquet", pa.table(there)), name="x")
    path = tmp_path / "more.csv"
    path.write_text(f"ok,at,key\nno,9:30,{two.hex}\nno,23:59:59.5,{{{str(one).upper()}}}\nno,25:00,\nno,7:00,{str(one)[:-1]}\nno,7:30,NA\n")
    report = ingest.ingest(path, name="x", mode="append")
    assert report.rejected == 2 and report.differences == ()
    assert rows(services, "bronze.x")[1:] == [
        {"ok": False, "at": dt.time(9, 30), "key": two},
        {"ok": False, "at": dt.time(23, 59, 59, 500_000), "key": one},
        {"ok": False, "at": dt.time(7, 30), "key": None},
    ]
    late, cut = ingest.misfits("x")
    assert [(each.column, each.reason) for each in (late, cut)] == [("at", "is no time of day"), ("key", "is no UUID")]
    assert ingest.correct("x", [Correction(id=cut.id, row={"ok": "no", "at": "7:00", "key": str(one)})]).joined == 1
    # So does text of JSON and of frames, and what a notebook writes.
    lines = tmp_path / "more.ndjson"
    lines.write_text(f'{{"ok": true, "key": "{two}"}}\n')
    frame = pa.table({"ok": [True], "key": pa.array([str(one)]).dictionary_encode()})
    for source in (lines, frame):
        ingest.ingest(source, name="x", mode="append")
    services.writer.write("bronze.x", pa.table({"key": [str(two), None]}))
    with pytest.raises(InvalidInput, match="does not fit"):
        services.writer.write("bronze.x", pa.table({"key": ["no uuid"]}))
    assert [row["key"] for row in rows(services, "bronze.x")[-4:]] == [two, one, two, None]
    said = Reading(columns=(ColumnReading(place=2, type="uuid"),))
    path.write_text(f"ok,at,key\nno,9:30,{two}\n")
    ingest.ingest(path, name="y", reading=said)
    assert rows(services, "bronze.y")[0]["key"] == two


def test_types_widen_where_that_is_safe(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def table(integer: pa.Array, real: pa.Array, decimal: pa.Array) -> pa.Table:
        return pa.table({"i": integer, "f": real, "d": decimal})

    narrow = table(pa.array([1], pa.int32()), pa.array([1.5], pa.float32()), pa.array([Decimal("1.25")], pa.decimal128(5, 2)))
    wide = table(pa.array([2**40], pa.int64()), pa.array([1e300], pa.float64()), pa.array([Decimal("123456.5")], pa.decimal128(9, 1)))
    ingest.ingest(parquet(tmp_path / "one.parquet", narrow), name="x")
    report = ingest.ingest(parquet(tmp_path / "two.parquet", wide), name="x", mode="append")
    assert {(d.column, d.kind, d.there, d.here) for d in report.differences} == {
        ("i", "widened", "int", "long"),
        ("f", "widened", "float", "double"),
        ("d", "widened", "decimal(5, 2)", "decimal(10, 2)"),
    }
    assert rows(services, "bronze.x")[1] == {"i": 2**40, "f": 1e300, "d": Decimal("123456.50")}


def test_text_that_needs_a_wider_number_widens_the_column(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(parquet(tmp_path / "one.parquet", pa.table({"i": pa.array([1], pa.int32())})), name="x")
    path = tmp_path / "more.csv"
    path.write_text("i\n7\n")
    assert ingest.ingest(path, name="x", mode="append").differences == ()
    path.write_text("i\n5000000000\n")
    report = ingest.ingest(path, name="x", mode="append")
    assert [(d.column, d.here) for d in report.differences] == [("i", "long")]
    assert [row["i"] for row in rows(services, "bronze.x")] == [1, 7, 5_000_000_000]


def test_what_is_not_safe_is_refused_with_every_difference(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b,at\n1,2,2026-01-01\n")
    ingest.ingest(path)
    path.write_text("a,b,at,c\nmany,some,never,1\nfew,none,late,2\n")
    with pytest.raises(InvalidInput) as caught:
        ingest.ingest(path, mode="append")
    told = {(d["column"], d["kind"]) for d in caught.value.details["differences"]}
    assert told == {("a", "changed"), ("b", "changed"), ("at", "changed"), ("c", "added")}
    assert "'a' holds long in the dataset, string in the file" in caught.value.message and "keep" in (caught.value.fix or "")
    assert len(rows(services, "bronze.x")) == 1 and len(services.lake.info("bronze.x").columns) == 3


def test_kept_as_it_is_the_dataset_sets_aside_what_does_not_fit(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,x\n")
    ingest.ingest(path)
    path.write_text("a,b,c\n2,y,5\nmany,z,6\nseveral,w,7\n")
    report = ingest.ingest(path, mode="append", drift="keep")
    assert (report.rows, report.rejected) == (1, 2)
    assert {(d.column, d.kind) for d in report.differences} == {("a", "changed"), ("c", "added")}
    assert any("c is not in the dataset" in warning for warning in report.warnings)
    assert rows(services, "bronze.x") == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert [misfit.value for misfit in ingest.misfits("x")] == ["many", "several"]


def test_a_new_column_can_come_by_upsert_and_by_overwrite(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,v\n1,a\n2,b\n")
    ingest.ingest(path)
    path.write_text("id,v,w\n2,c,5\n3,d,6\n")
    report = ingest.ingest(path, mode="upsert", keys=("id",))
    assert (report.rows, report.updated) == (2, 1)
    found = sorted(rows(services, "bronze.x"), key=lambda row: int(row["id"]))
    assert found == [{"id": 1, "v": "a", "w": None}, {"id": 2, "v": "c", "w": 5}, {"id": 3, "v": "d", "w": 6}]
    path.write_text("id,v,w,z\n9,e,7,8\n")
    ingest.ingest(path, mode="overwrite")
    assert rows(services, "bronze.x") == [{"id": 9, "v": "e", "w": 7, "z": 8}]


def test_nested_columns_join_too(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_text('{"a": 1}\n')
    ingest.ingest(path)
    path.write_text('{"a": 2, "place": {"city": "Oslo", "tags": ["n", "o"]}}\n')
    report = ingest.ingest(path, mode="append")
    assert [(d.column, d.kind) for d in report.differences] == [("place", "added")]
    assert rows(services, "bronze.x")[1] == {"a": 2, "place": {"city": "Oslo", "tags": ["n", "o"]}}


def test_columns_of_a_dataset_that_sql_or_write_has_named_are_found(ingest: Loads, services: Services, tmp_path: Path) -> None:
    made = pa.table({"Id": [1], "Unit Price": [2.5], "été": ["x"], "Note (long)": ["a"]})
    services.writer.write("bronze.made", made, mode="create")
    path = tmp_path / "made.csv"
    path.write_text("Note (long),ID,Unit Price,ÉTÉ,New One\nb,2,3.5,y,n\n")
    seen = services.preview.preview(path, LoadOptions(name="made", mode="append"))
    assert [column.name for column in seen.columns] == ["Note (long)", "Id", "Unit Price", "été", "new_one"]
    report = ingest.ingest(path, "made", mode="append")
    assert report.differences == (Difference(column="new_one", kind="added", here="string"),)
    path.write_text("Id,Unit Price,Note (long)\n1,9.5,c\n4,1.5,d\n")
    kept = ingest.ingest(path, "made", mode="upsert", keys=("Id",), drift="keep")
    assert (kept.rows, kept.updated, kept.rejected) == (2, 1, 0)
    frame = pa.table({"Id": [5], "Unit Price": [0.5], "ÉTÉ": ["z"]})
    ingest.ingest(frame, "made", mode="append")
    found = [(row["Id"], row["Unit Price"], row["été"], row["Note (long)"]) for row in rows(services, "bronze.made")]
    assert sorted(found) == [(1, 9.5, None, "c"), (2, 3.5, "y", "b"), (4, 1.5, None, "d"), (5, 0.5, "z", None)]


def test_times_and_lengths_of_time_join_what_an_earlier_workbook_had(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def book(name: str, hours: int) -> Path:
        made = openpyxl.Workbook()
        sheet = made.active
        assert sheet is not None
        sheet.append(["n", "at", "length"])
        for n in range(5):
            sheet.append([n, dt.time(n, 30), dt.timedelta(hours=hours + n)])
            sheet.cell(n + 2, 3).number_format = "[h]:mm:ss"
        made.save(tmp_path / name)
        return tmp_path / name

    ingest.ingest(book("first.xlsx", 30), "times")
    ingest.ingest(book("second.xlsx", 1), "times", mode="append")
    assert ingest.ingest(book("third.xlsx", 2), "times", mode="append", drift="keep").rejected == 0
    found = rows(services, "bronze.times")
    assert [row["at"] for row in found] == [dt.time(n, 30) for n in range(5)] * 3
    assert [row["length"] for row in found] == [3600.0 * (n + first) for first in (30, 1, 2) for n in range(5)]


def ndjson(path: Path, *objects: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


def test_objects_that_lack_fields_or_values_join_those_that_had_them(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """What a file says of a nested type depends on its rows: nothing of that is another type."""
    first = {"id": 1, "user": {"name": "a", "age": 3}, "tags": ["x"], "items": [{"sku": "p", "qty": 1}]}
    ingest.ingest(ndjson(tmp_path / "1.ndjson", first), name="x")
    more = [
        {"id": 2, "user": {"age": 4, "name": "b"}, "tags": [], "items": [{"qty": 2}]},
        {"id": 3, "user": None, "tags": None, "items": []},
        {"id": 4, "user": {}, "tags": [], "items": [{}]},
        {"id": 5, "user": {"name": "c"}, "tags": ["y", None], "items": [{"qty": 3, "sku": None}, None]},
    ]
    for each in more:
        path = ndjson(tmp_path / f"{each['id']}.ndjson", each)
        assert services.preview.preview(path, LoadOptions(name="x")).differences == ()
        assert ingest.ingest(path, name="x", mode="append").differences == ()
    assert rows(services, "bronze.x")[1:] == [
        {"id": 2, "user": {"name": "b", "age": 4}, "tags": [], "items": [{"sku": None, "qty": 2}]},
        {"id": 3, "user": None, "tags": None, "items": []},
        {"id": 4, "user": {"name": None, "age": None}, "tags": [], "items": [{"sku": None, "qty": None}]},
        {"id": 5, "user": {"name": "c", "age": None}, "tags": ["y", None], "items": [{"sku": None, "qty": 3}, None]},
    ]


def test_fields_within_columns_are_added_and_widen_with_their_rows(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(ndjson(tmp_path / "1.ndjson", {"id": 1, "user": {"name": "a"}, "items": [{"sku": "p"}]}), name="x")
    second = {"id": 2, "user": {"name": "b", "mail": "b@x.org"}, "items": [{"price": 2.5, "sku": "q"}]}
    path = ndjson(tmp_path / "2.ndjson", second)
    expected = (
        Difference(column="user.mail", kind="added", here="string"),
        Difference(column="items.element.price", kind="added", here="double"),
    )
    assert services.preview.preview(path, LoadOptions(name="x")).differences == expected
    report = ingest.ingest(path, name="x", mode="append")
    assert report.differences == expected
    assert dict(report.columns)["items"] == "list<struct<sku: string, price: double>>"
    ingest.ingest(ndjson(tmp_path / "3.ndjson", {"id": 1, "user": {"name": "c", "zip": "7"}}), name="x", mode="upsert", keys=("id",))
    assert rows(services, "bronze.x") == [
        {"id": 2, "user": {"name": "b", "mail": "b@x.org", "zip": None}, "items": [{"sku": "q", "price": 2.5}]},
        {"id": 1, "user": {"name": "c", "mail": None, "zip": "7"}, "items": None},
    ]

    def table(kind: pa.DataType, value: int) -> pa.Table:
        return pa.table({"s": pa.array([{"a": value}], pa.struct([("a", kind)])), "l": pa.array([[value]], pa.list_(kind))})

    ingest.ingest(parquet(tmp_path / "narrow.parquet", table(pa.int32(), 1)), name="y")
    report = ingest.ingest(parquet(tmp_path / "wide.parquet", table(pa.int64(), 2**40)), name="y", mode="append")
    assert [(d.column, d.kind, d.here) for d in report.differences] == [("s.a", "widened", "long"), ("l.element", "widened", "long")]
    assert rows(services, "bronze.y")[1] == {"s": {"a": 2**40}, "l": [2**40]}


def test_what_is_of_another_kind_within_a_column_is_named_by_where_it_is(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(ndjson(tmp_path / "1.ndjson", {"id": 1, "user": {"age": 3, "ok": True}}), name="x")
    path = ndjson(tmp_path / "2.ndjson", {"id": 2, "user": {"age": 3.5, "ok": 5}})
    with pytest.raises(InvalidInput, match=r"'user\.age' holds long in the dataset, double in the file; the column 'user\.ok'"):
        ingest.ingest(path, name="x", mode="append")
    with pytest.raises(InvalidInput, match="'user' holds struct"):
        ingest.ingest(ndjson(tmp_path / "3.ndjson", {"id": 3, "user": {"Age": 3}}), name="x", mode="append")
    assert len(rows(services, "bronze.x")) == 1


def test_nested_decimals_widen_as_others_do(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def file(name: str, kind: pa.DataType, amount: str) -> Path:
        return parquet(tmp_path / name, pa.table({"sale": pa.array([{"amount": Decimal(amount)}], pa.struct([("amount", kind)]))}))

    ingest.ingest(file("a.parquet", pa.decimal128(6, 2), "1234.56"), name="sales")
    report = ingest.ingest(file("b.parquet", pa.decimal128(9, 1), "12345678.9"), name="sales", mode="append")
    assert [(d.kind, d.column, d.there, d.here) for d in report.differences] == [
        ("widened", "sale.amount", "decimal(6, 2)", "decimal(10, 2)")
    ]
    assert {str(row["sale"]["amount"]) for row in rows(services, "bronze.sales")} == {"1234.56", "12345678.90"}


def test_kept_as_it_is_a_nested_column_leaves_fields_out_and_sets_other_kinds_aside(
    ingest: Loads, services: Services, tmp_path: Path
) -> None:
    ingest.ingest(ndjson(tmp_path / "1.ndjson", {"id": 1, "user": {"age": 3}}), name="x")
    path = ndjson(tmp_path / "2.ndjson", {"id": 2, "user": {"age": 4, "mail": "m"}}, {"id": 3, "user": {"age": 4.5}})
    report = ingest.ingest(path, name="x", mode="append", drift="keep")
    assert (report.rows, report.rejected) == (1, 1)
    assert "user.mail is not in the dataset, and not taken." in report.warnings
    (misfit,) = ingest.misfits("x")
    assert (misfit.column, json.loads(misfit.row["user"])["age"]) == ("user", 4.5)
    assert ingest.correct("x", [Correction(id=misfit.id, row={"user": '{"age": 5}'})]).joined == 1
    mixed = ndjson(tmp_path / "3.ndjson", {"id": 4, "user": {"age": 6, "zip": "1"}}, {"id": 5, "user": "nobody"})
    assert ingest.ingest(mixed, name="x", mode="append", drift="keep").rejected == 1
    assert [row["user"]["age"] for row in rows(services, "bronze.x")] == [3, 4, 5, 6]
    several = ndjson(tmp_path / "4.ndjson", {"id": 6, "user": {"age": 7}}, {"id": 7, "user": {"age": "old"}})
    assert ingest.ingest(several, name="x", mode="append", drift="keep").rejected == 1
    assert rows(services, "bronze.x")[-1] == {"id": 6, "user": {"age": 7}}


def test_values_of_several_kinds_stay_text_whatever_comes_next(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(ndjson(tmp_path / "1.ndjson", {"v": 1}, {"v": "a"}), name="x")
    for number, value in enumerate([2, 2.5, {"k": 1}, [1, "b"], True, None]):
        assert ingest.ingest(ndjson(tmp_path / f"v{number}.ndjson", {"v": value}), name="x", mode="append").differences == ()
    assert [row["v"] for row in rows(services, "bronze.x")] == ["1", "a", "2", "2.5", '{"k":1}', '[1,"b"]', "true", None]


def test_numbers_of_another_type_join_where_all_are_numbers_of_the_dataset(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """pandas keeps whole numbers as doubles where one is missing, and only there."""
    whole, missing = pd.DataFrame({"n": [1, 2]}), pd.DataFrame({"n": [3, None]})
    for name, frames in {"long": (whole, missing), "double": (missing, whole)}.items():
        ingest.ingest(frames[0], name=name)
        assert ingest.ingest(frames[1], name=name, mode="append").differences == ()
    assert [row["n"] for row in rows(services, "bronze.long")] == [1, 2, 3, None]
    assert [row["n"] for row in rows(services, "bronze.double")] == [3.0, None, 1.0, 2.0]
    # Of a double beyond 2^53 nobody knows which whole number it was.
    for values in ([1.5], [float("nan"), float("inf")], [1e300], [2.0**53 + 2], [-1.2345678901234568e16]):
        with pytest.raises(InvalidInput, match="'n' holds long in the dataset, double in the file"):
            ingest.ingest(pa.table({"n": values}), name="long", mode="append")
    with pytest.raises(InvalidInput, match="'n' holds double in the dataset, long in the file"):
        ingest.ingest(pa.table({"n": [2**53 + 1]}), name="double", mode="append")
    ingest.ingest(pa.table({"d": pa.array([Decimal("1.25")], pa.decimal128(5, 2))}), name="decimal")
    ingest.ingest(pa.table({"d": pa.array([Decimal("1.5")], pa.decimal128(38, 18))}), name="decimal", mode="append")
    with pytest.raises(InvalidInput, match="does not fit"):
        ingest.ingest(pa.table({"d": pa.array([Decimal("1.125")], pa.decimal128(38, 18))}), name="decimal", mode="append")
    assert [row["d"] for row in rows(services, "bronze.decimal")] == [Decimal("1.25"), Decimal("1.50")]


def test_words_among_nested_values_of_several_kinds_are_kept_as_they_are(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """They had the quotes of JSON around them."""
    first = {"u": {"v": 1, "w": [1, "a b", None, {"k": "z"}]}, "l": [1, 'say "x"']}
    ingest.ingest(ndjson(tmp_path / "x.ndjson", first, {"u": {"v": "b", "w": None}, "l": []}, {"u": None}), name="x")
    assert rows(services, "bronze.x") == [
        {"u": {"v": "1", "w": ["1", "a b", None, '{"k":"z"}']}, "l": ["1", 'say "x"']},
        {"u": {"v": "b", "w": None}, "l": []},
        {"u": None, "l": None},
    ]


def test_a_field_that_is_added_breaks_no_readers(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(ndjson(tmp_path / "1.ndjson", {"id": 1, "user": {"name": "a"}}), name="x")
    ingest.ingest(ndjson(tmp_path / "2.ndjson", {"id": 2, "user": {"name": "b", "mail": "c"}}), name="x", mode="append")
    (change,) = services.explorer.schema_history("bronze.x")[0].changes
    told = (change.column, change.before, change.after, change.safe)
    assert told == ("user", "struct<name: string>", "struct<name: string, mail: string>", True)


@pytest.mark.parametrize("quickly", [False, True])
def test_whole_numbers_that_are_written_as_doubles_join_whole_numbers(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quickly: bool
) -> None:
    """As pandas writes them beside a missing one."""
    if quickly:
        monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    path = tmp_path / "x.csv"
    path.write_text("id,n\n" + "".join(f"{n},{n}\n" for n in range(200)))
    ingest.ingest(path)
    path.write_text("id,n\n" + "".join(f"{n},{n}.0\n" for n in range(200, 300)) + "300,\n301,none\n")
    assert services.preview.preview(path, LoadOptions(mode="append")).differences == ()
    report = ingest.ingest(path, mode="append")
    assert (report.rows, report.rejected, report.differences) == (101, 1, ())
    assert [row["n"] for row in rows(services, "bronze.x")] == [*range(300), None]
    path.write_text("id,n\n400,1.0\n401,1.5\n")
    with pytest.raises(InvalidInput, match="'n' holds long in the dataset, double in the file"):
        ingest.ingest(path, mode="append")


def test_times_that_are_text_for_their_nanoseconds_stay_so(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def table(nanoseconds: int, number: str) -> pa.Table:
        wide = pa.array([Decimal(number)], pa.decimal256(50, 5))
        return pa.table({"at": pa.array([nanoseconds], pa.timestamp("ns")), "t": pa.array([nanoseconds], pa.time64("ns")), "d": wide})

    ingest.ingest(parquet(tmp_path / "1.parquet", table(1_000_000_001, "1" * 39)), name="x")
    path = parquet(tmp_path / "2.parquet", table(2_000_000_000, "1.5"))
    assert services.preview.preview(path, LoadOptions(name="x")).differences == ()
    assert ingest.ingest(path, name="x", mode="append").differences == ()
    assert rows(services, "bronze.x") == [
        {"at": "1970-01-01 00:00:01.000000001", "t": "00:00:01.000000001", "d": f"{'1' * 39}.00000"},
        {"at": "1970-01-01 00:00:02.000000000", "t": "00:00:02.000000000", "d": "1.50000"},
    ]


def test_columns_that_differ_only_in_case_are_the_same_in_a_file_that_has_them_in_another_order(
    ingest: Loads, services: Services, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,ID,Unit-Price,unit price\n1,10,100,1000\n")
    ingest.ingest(path)
    path.write_text("unit price,Unit-Price,ID,id\n2000,200,20,2\n")
    ingest.ingest(path, mode="append")
    # DuckDB calls the one that comes later ID_1, or id_1.
    ingest.ingest(ndjson(tmp_path / "3.ndjson", {"ID": 30, "id": 3}), name="x", mode="append")
    ingest.ingest(ndjson(tmp_path / "4.ndjson", {"id": 4, "ID": 40}), name="x", mode="append")
    assert rows(services, "bronze.x") == [
        {"id": 1, "id_2": 10, "unit_price": 100, "unit_price_2": 1000},
        {"id": 2, "id_2": 20, "unit_price": 200, "unit_price_2": 2000},
        {"id": 3, "id_2": 30, "unit_price": None, "unit_price_2": None},
        {"id": 4, "id_2": 40, "unit_price": None, "unit_price_2": None},
    ]


def test_a_column_that_does_not_fit_makes_no_others_be_seen_otherwise(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """The preview called columns changed that the load took as they are."""
    path = tmp_path / "x.csv"
    path.write_text("zip,n\n01234,1\n00123,2\n")
    ingest.ingest(path)
    path.write_text("zip,n\n12345,3.0\n23456,\n")
    assert services.preview.preview(path, LoadOptions(mode="append")).differences == ()
    assert ingest.ingest(path, mode="append").differences == ()
    path.write_text("zip,n\n34567,many\n")
    assert [d.column for d in services.preview.preview(path, LoadOptions(mode="append")).differences] == ["n"]
    assert rows(services, "bronze.x")[2:] == [{"zip": "12345", "n": 3}, {"zip": "23456", "n": None}]


def test_a_field_more_joins_a_column_that_was_found_to_hold_personal_data(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """What was proposed of it was to be kept a second time, and the load ended in an internal error."""

    def people(number: int, **more: str) -> Path:
        return ndjson(tmp_path / f"{number}.ndjson", *({"id": n, "user": {"mail": f"p{number}{n}@x.org"} | more} for n in range(40)))

    uuid = ingest.ingest(people(1), name="x").dataset and str(services.lake.table("bronze.x").metadata.table_uuid)
    before = KeptFindings(services.store).list({uuid: "bronze.x"})
    assert [(one.column, one.tag) for one in before] == [("user", "email")]
    report = ingest.ingest(people(2, town="Oslo"), name="x", mode="append")
    assert [d.column for d in report.differences] == ["user.town"]
    assert ingest.ingest(people(3, born="1990-01-01"), name="x", mode="append").rows == 40
    after = KeptFindings(services.store).list({uuid: "bronze.x"})
    assert [(one.column, one.tag) for one in after] == [("user", "email"), ("user", "birth date")]
    assert after[0].id == before[0].id


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_file_is_read_anew_once_for_all_columns_that_do_not_fit(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    from workbench.ingest import look, parse

    def write(name: str, value: str) -> Path:
        path, columns = tmp_path / f"{name}.{ending}", [f"c{number}" for number in range(20)]
        if ending == "csv":
            path.write_text("id," + ",".join(columns) + "\n" + "".join(f"{n}{f',{value}' * 20}\n" for n in range(50)))
        else:
            path.write_text(json.dumps([{"id": n} | dict.fromkeys(columns, value) for n in range(50)]))
        return path

    ingest.ingest(write("first", "2024-01-31"), "wide")
    opened: list[Any] = []
    for module in (look, parse):
        monkeypatch.setattr(module, "open_source", lambda request, real=module.open_source: opened.append(request) or real(request))
    second = write("second", "word")
    found = services.preview.preview(second, LoadOptions(name="wide", mode="append"))
    assert [each.kind for each in found.differences] == ["changed"] * 20 and len(opened) <= 3
    opened.clear()
    with pytest.raises(InvalidInput, match="and 10 more"):
        ingest.ingest(second, "wide", mode="append")
    assert len(opened) <= 4


def test_files_that_are_taken_together_make_a_dataset_for_all_of_their_numbers(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """The first of them had made a column of whole numbers, and the second was refused."""
    folder = tmp_path / "months"
    folder.mkdir()
    for month, (one, other, day) in enumerate(
        [("1", "2", "2024-01-31"), ("1.5", "2.25", "2024-02-01 10:00:00"), ("7", "0.125", "2024-03-01")]
    ):
        lines = (f"{n},{one},{other},{day},{month if n else 'x'}" for n in range(5))
        (folder / f"{month}.csv").write_text("id,w,price,at,code\n" + "\n".join(lines) + "\n")
    report = ingest.ingest(folder)
    assert (report.files, report.rows) == (3, 15)
    assert dict(report.columns) == {"id": "long", "w": "double", "price": "decimal(38, 3)", "at": "timestamp", "code": "string"}
    found = {(row["w"], row["price"], row["at"].isoformat()) for row in rows(services, "bronze.months")}
    assert found == {
        (1.0, Decimal(2), "2024-01-31T00:00:00"),
        (1.5, Decimal("2.25"), "2024-02-01T10:00:00"),
        (7.0, Decimal("0.125"), "2024-03-01T00:00:00"),
    }
    assert ingest.ingest(folder).unchanged


def test_no_type_is_proposed_that_would_round_the_numbers_that_are_there(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    fractions = "id,n\n3,0.5\n4,1.25\n"
    for beyond, proposed in ((2**53, True), (2**53 + 1, False)):
        name = f"x{beyond}"
        path.write_text(f"id,n\n1,{beyond}\n2,7\n")
        ingest.ingest(path, name)
        path.write_text(fractions)
        with pytest.raises(InvalidInput) as refused:
            ingest.ingest(path, name, mode="append")
        assert ("CAST(n AS DOUBLE)" in str(refused.value.fix)) == proposed
    assert "whole numbers that a double would round, read the file's as decimal(38, 9)" in str(refused.value.fix)
    # As is said there, it goes on.
    reading = Reading(columns=(ColumnReading(place=1, type="decimal(38, 9)"),))
    with pytest.raises(InvalidInput) as refused:
        ingest.ingest(path, name, mode="append", reading=reading)
    assert f"SELECT * REPLACE (CAST(n AS DECIMAL(38, 9)) AS n) FROM bronze.{name}" in str(refused.value.fix)
