"""Days and times outside the years that a table holds."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.readers import ColumnReading, Reading, Source
from workbench.engines.readers.years import written

Read = Callable[..., Source]
FAR, DAY = 20_240_131, 86_400_000_000  # as somebody types a date into a cell that is shown as one


def days(*numbers: int | None) -> Any:
    return pa.array(numbers, pa.int32()).view(pa.date32())


def times(*numbers: int | None, zone: str | None = None, unit: str = "us") -> Any:
    return pa.array(numbers, pa.int64()).view(pa.timestamp(unit, zone))


def parquet(table: pa.Table, **how: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **how)
    return sink.getvalue()


def arrow(table: pa.Table, **_: Any) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


COLUMNS = {
    "day": (days(FAR), days(0), "57385-08-06", pa.date32()),
    "millis": (pa.array([FAR * DAY // 1000]).view(pa.date64()), pa.array([0]).view(pa.date64()), "57385-08-06", pa.date32()),
    "at": (times(FAR * DAY + 1), times(0), "57385-08-06 00:00:00.000001", pa.timestamp("us")),
    "before": (times(-(2**60)), times(0), "-34565-05-17 02:29:53.153024", pa.timestamp("us")),
    "moment": (
        times(FAR * DAY // 1000, zone="Europe/Berlin", unit="ms"),
        times(0, zone="Europe/Berlin", unit="ms"),
        "57385-08-06 00:00:00.000000Z",
        pa.timestamp("us", "UTC"),
    ),
}


@pytest.mark.parametrize(
    ("write", "name", "how"), [(parquet, "x.parquet", {}), (parquet, "x.parquet", {"write_statistics": False}), (arrow, "x.arrows", {})]
)
@pytest.mark.parametrize("column", COLUMNS)
def test_few_are_set_aside_and_many_make_their_column_text(read: Read, write: Any, name: str, how: dict[str, Any], column: str) -> None:
    far, near, text, kind = COLUMNS[column]

    def of(*parts: Any) -> pa.Table:
        values = pa.concat_arrays(parts)
        return pa.table({"n": range(len(values)), "v": values})

    source = read(write(of(far, *[near] * 99), **how), name)
    rows = source.reader().read_all()
    assert source.schema.field("v").type == kind and rows.column("n").to_pylist() == list(range(1, 100))
    assert [(r["column"], r["value"]) for r in source.rejects().to_pylist()] == [("v", text)]
    assert any("1 of 100 values is outside the years 1 to 9999; such rows are set aside" in told for told in source.warnings)

    several = of(far, *[near] * 9)
    source = read(write(several, **how), name)
    assert source.schema.field("v").type == pa.string() and source.reader().read_all().column("v")[0].as_py() == text
    assert source.rejects().num_rows == 0 and any("v is text: 1 of 10 values" in told for told in source.warnings)

    asked = Reading(columns=(ColumnReading(place=1, name="v", type=source.warnings[0].rpartition("Read as ")[2].split(",")[0]),))
    source = read(write(several, **how), name, reading=asked)
    assert source.schema.field("v").type == kind and source.reader().read_all().num_rows == 9 and source.rejects().num_rows == 1

    source = read(write(of(*[near] * 100), **how), name)
    assert source.warnings == () and source.reader().read_all().num_rows == 100


def test_a_cell_that_excel_shows_as_hashes_is_set_aside_with_its_row(read: Read) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "day"])
    for number in range(100):
        sheet.append([number, dt.date(2024, 1, 1) + dt.timedelta(number)])
    sheet["B50"] = FAR
    sheet["B50"].number_format = "yyyy-mm-dd"
    sink = io.BytesIO()
    book.save(sink)
    source = read(sink.getvalue(), "x.xlsx")
    assert source.schema.field("day").type == pa.date32() and source.reader().read_all().num_rows == 99
    assert [(r["line"], r["column"], r["value"]) for r in source.rejects().to_pylist()] == [(50, "day", "57315-08-05")]
    text = read(sink.getvalue(), "x.xlsx", reading=Reading(misfits="fail"))
    assert text.schema.field("day").type == pa.string()
    assert [told for told in text.warnings if told.startswith("day is text")] == [
        "day is text: 1 of 100 values is outside the years 1 to 9999, which no date can be. Read as date, such rows are set aside."
    ]


def test_far_days_are_written_as_those_of_any_year() -> None:
    assert written(days(-719_163, -719_162, 2_932_896, 2_932_897, None)).to_pylist() == [
        "0000-12-31", "0001-01-01", "9999-12-31", "10000-01-01", None,
    ]  # fmt: skip
