"""Large delimited files take a quick way; it must lead to the same table as looking at every value does."""

from __future__ import annotations

import errno
import json
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import StorageUnavailable, UnreadableFile
from workbench.engines.readers import ColumnReading, Reading, quick
from workbench.engines.readers.rejects import REJECTED
from workbench.ingest.parse import Parser

pytestmark = pytest.mark.sampled(every=2, of="file")

ROWS = 10_000


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each load, whether the quick way was taken to its end."""
    ways: list[bool] = []
    whole = Parser._by_engine

    def told(self: Parser, *arguments: object) -> object:
        found = whole(self, *arguments)  # type: ignore[arg-type]
        ways.append(found is not None)
        return found

    monkeypatch.setattr(Parser, "_by_engine", told)
    return ways


def both_ways(ingest: Loads, services: Services, path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setattr(quick, "LARGE_BYTES", 1 << 40)
    thorough = ingest.ingest(path, name="bronze.thorough")
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    fast = ingest.ingest(path, name="bronze.fast")
    told = tuple(warning.replace("bronze_fast", "bronze_thorough") for warning in fast.warnings)
    assert (fast.rows, fast.rejected, fast.columns, told) == (thorough.rows, thorough.rejected, thorough.columns, thorough.warnings)
    one, other = (services.lake.plan(name).to_arrow() for name in (thorough.dataset, fast.dataset))
    assert one.schema.equals(other.schema, check_metadata=False) and one.equals(other)
    aside = [misfits(services, report.quarantine) for report in (thorough, fast)]
    assert aside[0] == aside[1] and len(aside[0]) == fast.rejected
    return thorough.dataset, fast.dataset


def misfits(services: Services, quarantine: str | None) -> list[dict[str, Any]]:
    """What was set aside, as the readers tell it."""
    return services.lake.plan(quarantine).to_arrow().select(REJECTED.names).to_pylist() if quarantine else []


GOOD = {
    "whole": lambda n: str(n * 37 - 5000),
    "real": lambda n: f"{n / 7:.3f}" if n % 5 else "",
    "text": lambda n: f'"a ""quoted"" {n}, é"' if n % 3 else f"t{n}",
    "day": lambda n: f"20{n % 90 + 10}-0{n % 9 + 1}-1{n % 9}",
    "at": lambda n: f"2013-01-02T{n % 24:02}:{n % 60:02}:00",
    "written": lambda n: f"{n % 28 + 1:02}.{n % 12 + 1:02}.2013",
    "price": lambda n: f"{n % 9973}.{n % 100:02}",
    "is_late": lambda n: str(n % 2),
    "truth": lambda n: ("true", "False", "")[n % 3],
    "none": lambda n: "",
}


def a_file(path: Path, **changed: str) -> Path:
    """A file of good values, but for those named, which stand in the middle of the last tenth."""
    lines = [",".join(GOOD)]
    for n in range(ROWS):
        values = {name: make(n) for name, make in GOOD.items()}
        lines.append(",".join((values | changed if n == ROWS * 19 // 20 else values).values()))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_large_file_takes_the_quick_way(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    _, fast = both_ways(ingest, services, a_file(tmp_path / "large.csv"), monkeypatch)
    assert taken == [False, True]
    facts = services.lake.plan(fast)
    assert facts.rows == ROWS and len(facts.files) == 1
    lower = {field.name: facts.files[0].file.lower_bounds.get(field.field_id) for field in facts.schema.fields}
    assert lower["whole"] and lower["day"] and not lower["none"]


def test_a_disk_that_fails_while_the_rows_are_looked_at_leaves_nothing(
    ingest: Loads, services: Services, tmp_path: Path, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = os.fsync, list[str]()

    def broken(descriptor: int) -> None:
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if path.endswith(".parquet") and not failed:
            failed.append(path)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    path = a_file(tmp_path / "in.csv")
    with monkeypatch.context() as bad:
        bad.setattr(os, "fsync", broken)
        with pytest.raises(StorageUnavailable, match="Could not write data files"):
            ingest(path, name="x")
    assert len(failed) == 1 and not services.lake.exists("bronze.x")
    assert ingest(path, name="x").rows == ROWS


@pytest.mark.parametrize(("column", "value"), [("whole", "x"), ("day", "2013-02-30"), ("real", "NA"), ("price", "1.005"), ("text", "NA")])
def test_one_odd_value_far_down_makes_no_difference(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: str
) -> None:
    """Many more in tests/readers/test_quick_agrees.py."""
    both_ways(ingest, services, a_file(tmp_path / "odd.csv", **{column: value}), monkeypatch)


def test_what_makes_a_column_text_is_told_with_its_row_whatever_does_not_fit_further_down(
    ingest: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    path = tmp_path / "codes.csv"
    lines = ["n,code", *(f"{n},{'00' if n == 105 else n}" for n in range(1, ROWS + 1))]
    lines[-5] = "x,7"
    path.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    report = ingest.ingest(path)
    assert (report.rejected, taken) == (1, [True])
    assert "code is text: row 105 is the first with zeros in front (such as 007), which a number would lose." in report.warnings


BROKEN = ["1,2", "1,2,3,4,5,6,7,8,9,10,11", '1,2,"x" y,2013-01-01,,,,,,', "1,2,\0,2013-01-01,,,,,,"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("broken", BROKEN, ids=["few", "many", "quote", "zero"])
def test_a_broken_row_far_down_is_set_aside_or_a_reason_to_take_nothing(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool], broken: str, newline: str
) -> None:
    path = a_file(tmp_path / "broken.csv", whole="12a")
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[8_000] = broken
    path.write_text("\n".join(lines), encoding="utf-8", newline=newline)
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    with pytest.raises(UnreadableFile) as caught:
        ingest.ingest(path, reading=Reading(misfits="fail"))
    assert caught.value.details["line"] == 8_001 and services.lake.names() == ()
    taken.clear()
    both_ways(ingest, services, path, monkeypatch)
    if "\0" not in broken:  # that is found where the original is read, beside the engine
        assert taken[-1] == (broken in BROKEN[:2])
    aside = misfits(services, "quarantine.bronze_fast")
    assert [(row["line"], row["column"], row["value"]) for row in aside if row["record"]] == [(9_502, "whole", "12a")]
    assert [row["line"] for row in aside if not row["record"]] == [8_001]


@pytest.mark.parametrize("again", [False, True], ids=["said", "remembered"])
def test_a_zero_byte_far_down_costs_nothing_of_what_was_said_of_the_file(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool], again: bool
) -> None:
    """It is found when the engine has converted the file already; the reader that looks anew must be told the same."""
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    said = Reading(columns=(ColumnReading(place=0, original="whole", name="number", type="double"), ColumnReading(place=8, take=False)))
    path = a_file(tmp_path / "zero_1.csv")
    lines = path.read_text(encoding="utf-8").split("\n")
    if again:
        ingest.ingest(path, name="bronze.first", reading=said)
        path = tmp_path / "zero_2.csv"
    lines[8_001] = f"{lines[8_001].partition('t')[0]}t\0{lines[8_001].partition('t')[2]}"
    path.write_text("\n".join(lines), encoding="utf-8")
    report = ingest.ingest(path, name="bronze.second", **({} if again else {"reading": said}))
    assert taken[-1] and (report.rows, report.rejected) == (ROWS - 1, 1)
    names = [name for name, _ in report.columns]
    assert report.columns[0] == ("number", "double") and "truth" not in names and len(names) == len(GOOD) - 1


def test_bad_values_far_down_cost_a_second_pass_and_are_set_aside(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    path = a_file(tmp_path / "bad.csv", whole="12a", day="2013-02-30", written="31.04.2013", price="?", truth="maybe", is_late="2")
    both_ways(ingest, services, path, monkeypatch)
    assert taken[-1], "no value was looked at by the thorough reader"
    (row,) = misfits(services, "quarantine.bronze_fast")
    assert (row["line"], row["record"], row["column"], row["value"]) == (9_502, 9_501, "whole", "12a")
    assert json.loads(row["row"])["price"] == "?" and row["text"].startswith("12a,")


@pytest.mark.parametrize("amount", ["{n}.{m:03}", "{n}.{m:03} €", "{n},{m:02} €"])
@pytest.mark.parametrize("settled", [False, True], ids=["open", "settled"])
def test_points_that_could_be_of_thousands_are_understood_as_in_small_files(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amount: str, settled: bool
) -> None:
    amounts = [amount.format(n=n % 900 + 1, m=n % 99) for n in range(ROWS)]
    path = tmp_path / "amounts.csv"
    path.write_text("id;amount\n" + "".join(f"{n};{a}\n" for n, a in enumerate([*amounts, "0.5" if settled else "7"])), encoding="utf-8")
    both_ways(ingest, services, path, monkeypatch)


@pytest.mark.parametrize("header", ["n,text,", "n,text"], ids=["the header too", "but the header"])
def test_lines_that_end_with_a_delimiter_make_no_column(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    path = tmp_path / "ends.csv"
    path.write_text(f"{header}\n" + "".join(f"{n},t{n},\n" for n in range(ROWS)), encoding="utf-8")
    _, fast = both_ways(ingest, services, path, monkeypatch)
    assert services.lake.plan(fast).to_arrow().column_names == ["n", "text"]


@pytest.mark.parametrize("number", ["1\u00a0{n:03}", "1'{n:03}.5", '"1,234,{n:03}"', "{n}"])
def test_marks_of_thousands_and_lines_left_out_are_read_as_in_small_files(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("text,n\n" + "".join(f"t{n},{number.format(n=n % 1000)}\n" for n in range(ROWS)), encoding="utf-8")
    _, fast = both_ways(ingest, services, path, monkeypatch)
    assert services.lake.plan(fast).to_arrow().column("n").type in (pa.int64(), pa.float64())
    report = ingest.ingest(path, name="bronze.but_the_last", reading=Reading(footer=3))
    assert (report.rows, report.removed) == (ROWS - 3, 3)


def test_further_rows_find_their_columns_by_field_id(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    names = list(GOOD)
    ingest.ingest(a_file(tmp_path / "first.csv"), name="bronze.t")
    random.Random(1).shuffle(names)
    other = tmp_path / "other.csv"
    other.write_text(
        "\n".join([",".join(names), *(",".join(GOOD[name](n) for name in names) for n in range(100))]) + "\n", encoding="utf-8"
    )
    ingest.ingest(other, name="bronze.t", mode="append")
    assert taken == [True, True]
    rows = services.lake.plan("bronze.t").to_arrow()
    assert rows.num_rows == ROWS + 100 and rows.slice(ROWS).equals(rows.slice(0, 100))


def test_a_partitioned_dataset_gets_its_files_by_partition(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[bool]
) -> None:
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    path = a_file(tmp_path / "first.csv")
    ingest.ingest(path, name="bronze.plain")
    rows = services.lake.plan("bronze.plain").to_arrow()
    services.writer.write("bronze.parts", rows.slice(0, 5), "create", partition_by=["truth"])
    report = ingest.ingest(path, name="bronze.parts", mode="overwrite")
    assert taken == [True, True] and report.rows == ROWS
    plan = services.lake.plan("bronze.parts")
    assert len(plan.files) == 3 and plan.to_arrow().sort_by("whole").equals(rows.sort_by("whole"))
