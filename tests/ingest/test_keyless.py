"""Records of an upsert without a value in the key: set aside, and taken once they have one; the others are taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import InvalidInput
from workbench.engines.readers import Reading
from workbench.engines.readers.rejects import NO_KEY
from workbench.ingest.records import Correction, LoadOptions

ROWS = [{"id": n, "town": f"town {n}", "n": n * 2} for n in range(30)]


def as_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    lines = [",".join("" if value is None else str(value) for value in row.values()) for row in rows]
    path.write_text("\n".join([",".join(rows[0]), *lines]) + "\n")


def as_json(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(rows))


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


def as_excel(path: Path, rows: list[dict[str, Any]]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    book.save(path)


@pytest.mark.parametrize(
    ("ending", "write", "line"), [("csv", as_csv, 4), ("json", as_json, None), ("parquet", as_parquet, None), ("xlsx", as_excel, 4)]
)
def test_a_record_without_its_key_waits_and_the_others_are_taken(
    ingest: Loads, services: Services, tmp_path: Path, ending: str, write: Callable[..., None], line: int | None
) -> None:
    path = tmp_path / f"towns.{ending}"
    write(path, ROWS)
    ingest.ingest(path, "towns")
    write(path, [{"id": 1, "town": "new 1", "n": 7}, {"id": 99, "town": "new 99", "n": 8}, {"id": None, "town": "lost", "n": 9}])
    look = services.preview.preview(path, LoadOptions(name="towns", mode="upsert", keys=("id",)))
    assert (look.misfit_count, [(each.column, each.reason) for each in look.misfits]) == (1, [("id", NO_KEY)])
    report = ingest.ingest(path, "towns", mode="upsert", keys=("id",))
    assert (report.rows, report.updated, report.rejected) == (2, 1, 1)
    assert "1 record has no value in a key; see quarantine.bronze_towns." in report.warnings
    (lost,) = ingest.misfits("towns")
    assert (lost.column, lost.value, lost.reason, lost.record, lost.row["town"]) == ("id", None, NO_KEY, 3, "lost")
    assert line is None or lost.line == line
    assert lost.wrong == {"id": NO_KEY}
    # Corrected without a key it stays, and with one that is there it takes the place of the row that has it.
    (still,) = ingest.correct("towns", [Correction(id=lost.id, row={"n": "10"})]).failed
    assert (still.column, still.reason) == ("id", NO_KEY)
    assert ingest.correct("towns", [Correction(id=lost.id, row={"id": "2"})]).joined == 1
    rows = {row["id"]: row for row in services.lake.plan("bronze.towns").to_arrow().to_pylist()}
    assert len(rows) == 31 and (rows[1]["town"], rows[2]["town"], rows[99]["n"]) == ("new 1", "lost", 8)
    assert ingest.misfits("towns") == ()
    assert ingest.ingest(path, "towns", mode="upsert", keys=("id",)).unchanged


def test_a_large_file_is_read_closely_where_keys_are_missing(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    text = "".join(f"{n},{'x' * 60}\n" for n in range(250_000))
    path.write_text("id,v\n" + text + ",lost\n" + "250000,last\n")
    report = ingest.ingest(path, mode="upsert", keys=("id",))
    assert (report.rows, report.rejected) == (250_001, 1)
    (lost,) = ingest.misfits("large")
    assert (lost.line, lost.column, lost.row) == (250_002, "id", {"id": None, "v": "lost"})


def test_words_for_missing_are_no_key_of_numbers_and_one_of_text(ingest: Loads, tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_text("id,v\n1,a\nNA,b\n3,c\n")
    (tmp_path / "texts.csv").write_text("id,v\nx,a\nNA,b\n,c\n")
    assert [ingest.ingest(tmp_path / f"{name}.csv", mode="upsert", keys=("id",)).rows for name in ("numbers", "texts")] == [2, 2]
    ((number,), (text,)) = (ingest.misfits(name) for name in ("numbers", "texts"))
    assert (number.value, number.reason, text.value, text.reason) == ("NA", NO_KEY, None, NO_KEY)


def test_where_no_record_has_the_key_another_column_was_meant(ingest: Loads, services: Services, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,v,w\n1,,a\n2,,b\n")
    with pytest.raises(InvalidInput, match=r"No record of x\.csv has a value in v, which is a key; nothing was written"):
        ingest.ingest(tmp_path / "x.csv", mode="upsert", keys=("v",))
    assert not services.lake.exists("bronze.x") and not services.lake.exists("quarantine.bronze_x")


def test_who_wants_no_record_set_aside_is_told(ingest: Loads, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,v\n1,a\n,b\n")
    with pytest.raises(InvalidInput, match="1 of 2 new rows have no id"):
        ingest.ingest(tmp_path / "x.csv", mode="upsert", keys=("id",), reading=Reading(misfits="fail"))
