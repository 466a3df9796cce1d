"""Large delimited files take a quick way; it must lead to the same table as looking at every value does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import UnreadableFile
from workbench.engines.readers import quick
from workbench.ingest.parse import Parser

ROWS = 30_000


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
    assert (fast.rows, fast.columns, fast.warnings) == (thorough.rows, thorough.columns, thorough.warnings)
    one, other = (services.lake.plan(name).to_arrow() for name in (thorough.dataset, fast.dataset))
    assert one.schema.equals(other.schema, check_metadata=False) and one.equals(other)
    return thorough.dataset, fast.dataset


GOOD = {
    "whole": lambda n: str(n * 37 - 5000),
    "real": lambda n: f"{n / 7:.3f}" if n % 5 else "",
    "text": lambda n: f'"a ""quoted"" {n}, é"' if n % 3 else f"t{n}",
    "day": lambda n: f"20{n % 90 + 10}-0{n % 9 + 1}-1{n % 9}",
    "at": lambda n: f"2013-01-02T{n % 24:02}:{n % 60:02}:00",
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


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("whole", value) for value in ("1.5", "007", "+3", "1e3", " 4", "9223372036854775808", "NA", '""', "x", "1_000")),
        *(("real", value) for value in ("+1.5", "00.5", "inf", "nan", "NA", "1_0.5", "1.5 ", "9007199254740993", "1,5", "5")),
        *(("day", value) for value in ("2013/01/02", "2013-1-2", "2013-01-02 10:00:00", "2013-02-30", "infinity", "epoch", "NA")),
        *(("at", value) for value in ("2013-01-02", "2013-01-02T24:00:00", "2013-01-02T10:00:00Z", "2013-01-02 10:00:00.1234567")),
        *(("truth", value) for value in ("yes", "1", "t", " true", "TRUE")),
        *(("none", value) for value in ("x", '""', "NA", "1")),
        *(("text", value) for value in ('""', "NA", '"a\nb"', "", "١")),
    ],
)
def test_one_odd_value_far_down_makes_no_difference(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: str
) -> None:
    written = f'"{value}"' if "," in value else value
    both_ways(ingest, services, a_file(tmp_path / "odd.csv", **{column: written}), monkeypatch)


@pytest.mark.parametrize("broken", ["1,2", "1,2,3,4,5,6,7,8", '1,2,"x" y,2013-01-01,,,', "1,2,\0,2013-01-01,,,"])
def test_a_broken_row_far_down_is_told_with_its_line(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = a_file(tmp_path / "broken.csv")
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[25_000] = broken
    path.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    with pytest.raises(UnreadableFile) as caught:
        ingest.ingest(path)
    assert caught.value.details["line"] == 25_001 and services.lake.names() == ()


@pytest.mark.parametrize("amount", ["{n}.{m:03}", "{n}.{m:03} €", "{n},{m:02} €"])
@pytest.mark.parametrize("settled", [False, True], ids=["open", "settled"])
def test_points_that_could_be_of_thousands_are_understood_as_in_small_files(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amount: str, settled: bool
) -> None:
    amounts = [amount.format(n=n % 900 + 1, m=n % 99) for n in range(ROWS)]
    path = tmp_path / "amounts.csv"
    path.write_text("id;amount\n" + "".join(f"{n};{a}\n" for n, a in enumerate([*amounts, "0.5" if settled else "7"])), encoding="utf-8")
    both_ways(ingest, services, path, monkeypatch)


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
