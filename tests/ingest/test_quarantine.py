"""What does not parse waits beside its dataset, in the same commit; corrected it joins, discarded it goes, and can come back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import DatasetNotFound, InvalidInput, NotFound
from workbench.engines.readers import ColumnReading, Reading
from workbench.ingest.quarantine import Quarantine
from workbench.ingest.records import Correction
from workbench.lake.records import ColumnChange
from workbench.quality.records import Dimension

WHERE = "quarantine.bronze_sales"


def sales(folder: Path, *odd: str, rows: int = 200, name: str = "sales.csv") -> Path:
    path = folder / name
    lines = ["day,item,count", *(f"2026-01-{n % 28 + 1:02},item {n},{n}" for n in range(rows)), *odd]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(services: Services, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = services.lake.plan(name).to_arrow().to_pylist()
    return found


def test_rejected_records_are_kept_with_where_they_stand_and_why(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = sales(tmp_path, "2026-02-01,late,many", "2026-02-01,short")
    report = ingest.ingest(path)
    assert (report.rows, report.rejected, report.quarantine) == (200, 2, WHERE)
    assert len(rows(services, "bronze.sales")) == 200
    one, other = ingest.misfits("sales")
    assert (one.file, one.content_hash, one.run_id) == ("sales.csv", report.content_hash, report.run_id)
    assert (one.line, one.column, one.value, one.row["item"]) == (202, "count", "many", "late")
    assert (other.line, other.text) == (203, "2026-02-01,short")
    assert one.reason and other.reason and one.at is not None
    assert any("quarantine" in warning for warning in report.warnings)


def test_rows_and_rejects_come_in_one_commit(ingest: Loads, services: Services, tmp_path: Path) -> None:
    report = ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    outputs = {output.name: output.rows for output in services.log.get(report.run_id).outputs}
    assert outputs == {"bronze.sales": 200, WHERE: 1}
    events = [event for event in services.log.events(run_id=report.run_id) if event.type == "run.wrote"]
    assert events[1].seq == events[0].seq + 1


def test_what_still_is_no_date_is_told_in_the_order_of_its_file(ingest: Loads, tmp_path: Path) -> None:
    path = tmp_path / "german.csv"
    days = [f"{n % 28 + 1:02}.{n % 12 + 1:02}.2024;{n}" for n in range(100)]
    path.write_text("\n".join(["datum;n", *days, "31.02.2024;100", "bald;101"]) + "\n")
    ingest.ingest(path, name="german")
    first, last = ingest.misfits("german")
    assert first.reason == last.reason == "is no date in that order (day.month.year)"
    told = ingest.correct("german", [Correction(id=first.id, row={"datum": "ja"}), Correction(id=last.id, row={"datum": "nie"})])
    assert [each.reason for each in told.failed] == ["is no date (day, month, year)"] * 2
    # Where one of them is a date, the way it is written is known.
    told = ingest.correct("german", [Correction(id=first.id, row={"datum": "29.02.2024"}), Correction(id=last.id, row={"datum": "nie"})])
    assert (told.joined, [each.reason for each in told.failed]) == (1, ["is no date (day.month.year)"])


def test_misfits_come_in_pages(ingest: Loads, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, *(f"2026-02-01,x{n},many" for n in range(3))))
    first = ingest.misfits("sales", 2)
    (last,) = ingest.misfits("sales", 2, first[-1].id)
    assert [misfit.line for misfit in (*first, last)] == [202, 203, 204]
    assert ingest.misfits("sales", 2, last.id) == ()


def test_what_fits_once_it_is_corrected_joins_and_leaves_quarantine(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many", "2026-02-02,odd,few", "2026-02-03,gone,none"))
    late, odd, _ = ingest.misfits("sales")
    done = ingest.correct("sales", [Correction(id=late.id, row={"count": "12"}), Correction(id=odd.id, row={"count": "still"})])
    assert (done.joined, done.left, bool(done)) == (1, 2, False)
    (failed,) = done.failed
    assert (failed.id, failed.column, failed.value) == (odd.id, "count", "still") and failed.reason
    joined = [row for row in rows(services, "bronze.sales") if row["item"] == "late"]
    assert [(str(row["day"]), row["count"]) for row in joined] == [("2026-02-01", 12)]
    assert late.id not in {misfit.id for misfit in ingest.misfits("sales")}
    run = services.log.get(done.run_id)
    assert (run.kind, run.status, [(i.kind, i.name) for i in run.inputs]) == ("correct", "succeeded", [("file", "sales.csv")])
    assert {output.name for output in run.outputs} == {"bronze.sales", WHERE}
    with pytest.raises(NotFound):
        ingest.correct("sales", [Correction(id=late.id, row={"count": "12"})])
    assert len(rows(services, "bronze.sales")) == 201


def test_corrections_are_read_as_their_own_file_was(ingest: Loads, services: Services, tmp_path: Path) -> None:
    german = [f"{n};{n % 28 + 1:02}.03.2024;{n + 1}.000,25" for n in range(100)]
    (tmp_path / "sold").mkdir()
    text = "\n".join(["no;day;amount", *german, "100;31.02.2024;1,50", "101;02.03.2024;unknown"])
    (tmp_path / "sold" / "1.csv").write_text(text + "\n")
    american = [f"{n},03/{n % 28 + 1:02}/2024,{n}.25" for n in range(200, 300)]
    (tmp_path / "sold" / "2.csv").write_text("\n".join(["no,day,amount", *american, "300,02/31/2024,1.50"]) + "\n")
    assert ingest.ingest(tmp_path / "sold").rejected == 3
    day, amount, other = ingest.misfits("sold")
    corrections = [(day, {"day": "01.02.2024"}), (amount, {"amount": "1.234,50"}), (other, {"day": "02/01/2024"})]
    done = ingest.correct("sold", [Correction(id=misfit.id, row={**misfit.row, **told}) for misfit, told in corrections])
    assert (done.joined, done.left, done.failed) == (3, 0, ())
    joined = {row["no"]: (str(row["day"]), float(row["amount"])) for row in rows(services, "bronze.sold") if row["no"] in (100, 101, 300)}
    assert joined == {100: ("2024-02-01", 1.5), 101: ("2024-03-02", 1234.5), 300: ("2024-02-01", 1.5)}


def test_every_value_that_does_not_fit_is_told_of_a_record(ingest: Loads, services: Services, tmp_path: Path) -> None:
    german = [f"{n};{n % 28 + 1:02}.03.2024;{n + 1}.000,25;{n % 9}" for n in range(100)]
    odd = ["100;31.02.2024;abc \u20ac;x", "101;02.03.2024;unknown;5", "102;01.03.2024;2.000,25"]
    (tmp_path / "sold.csv").write_text("\n".join(["no;day;amount;rank", *german, *odd]) + "\n", encoding="utf-8")
    assert ingest.ingest(tmp_path / "sold.csv").rejected == 3
    all_three, amount, short = ingest.misfits("sold")
    assert list(all_three.wrong) == ["day", "amount", "rank"]
    assert all_three.wrong["day"] == all_three.reason and all_three.column == "day"
    assert list(amount.wrong) == ["amount"] and all(all_three.wrong.values())
    assert (short.value, short.wrong) == (None, {"rank": short.reason})
    # Corrected in part it stays, with what is left.
    partly = Correction(id=all_three.id, row={**all_three.row, "day": "01.02.2024", "amount": "1,50"})
    (failed,) = ingest.correct("sold", [partly]).failed
    assert (failed.column, failed.value) == ("rank", "x")


def test_a_corrected_row_may_not_name_a_column_that_is_not_there(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    (late,) = ingest.misfits("sales")
    done = ingest.correct("sales", [Correction(id=late.id, row={"count": "1", "colour": "red"})])
    assert done.joined == 0 and "colour" in done.failed[0].reason
    assert len(rows(services, "bronze.sales")) == 200 and services.log.list(kind="correct") == ()


def validity(services: Services, name: str) -> Dimension:
    return next(dimension for dimension in services.quality.current(name).dimensions if dimension.name == "validity")


def test_what_was_set_aside_counts_in_validity_until_it_is_corrected_or_discarded(
    ingest: Loads, services: Services, tmp_path: Path
) -> None:
    report = ingest.ingest(sales(tmp_path, "2026-02-01,late,many", "2026-02-02,odd,few"))
    told = next(dimension for dimension in report.dimensions if dimension.name == "validity")
    assert (told.checked, told.failed, told.score) == (202, 2, 1 - 2 / 202)
    assert "in quarantine: 2 of 202" in told.evidence and report.quality is not None and report.quality < 1
    runs = len(services.log.list(kind="quality"))
    assert validity(services, "sales") == told
    assert len(services.log.list(kind="quality")) == runs, "what the load found holds"
    shown = services.quality.failing("sales", told.check_id or "")
    place = [column for column, _ in shown.columns].index("value")
    assert [row[place] for row in shown.rows] == ["many", "few"]
    late, odd = ingest.misfits("sales")
    ingest.discard("sales", [odd.id])
    assert (validity(services, "sales").checked, validity(services, "sales").failed) == (201, 1)
    ingest.correct("sales", [Correction(id=late.id, row={"count": "12"})])
    after = services.quality.current("sales")
    assert (after.rows, after.set_aside, validity(services, "sales").score) == (201, 0, None)
    assert [point.rows for point in services.quality.history("sales")] == [200, 200, 201]


def test_rows_that_join_are_told_with_what_was_set_aside_beside_them(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    more = ingest.ingest(sales(tmp_path, "2026-02-01,odd,few", rows=100, name="more.csv"), name="sales", mode="append")
    told = next(dimension for dimension in more.dimensions if dimension.name == "validity")
    assert (told.checked, told.failed) == (101, 1), "the report is about the rows that came"
    assert (validity(services, "sales").checked, validity(services, "sales").failed) == (302, 2)
    assert services.quality.current("sales").rows == 300
    assert [point.rows for point in services.quality.history("sales")] == [200, 300]
    ingest.ingest(sales(tmp_path, rows=50, name="anew.csv"), name="sales", mode="overwrite")
    assert (services.quality.current("sales").rows, services.quality.current("sales").set_aside) == (50, 0)


def test_of_two_who_correct_one_record_at_once_one_is_refused(
    ingest: Loads, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look whether it is still there and the commit another joined it: it was in the dataset twice."""
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    (misfit,) = ingest.misfits("sales")
    looked, looks = Quarantine.of, []

    def of(self: Quarantine, ids: Sequence[str]) -> Any:
        found = looked(self, ids)
        looks.append(ids)
        if len(looks) == 2:  # the last look before the commit
            assert ingest.correct("sales", [Correction(id=misfit.id, row={"count": "2"})]).joined == 1
        return found

    monkeypatch.setattr(Quarantine, "of", of)
    with pytest.raises(NotFound, match="not in quarantine"):
        ingest.correct("sales", [Correction(id=misfit.id, row={"count": "1"})])
    assert [row["count"] for row in rows(services, "bronze.sales") if row["item"] == "late"] == [2]


def test_a_correction_named_twice_is_refused(ingest: Loads, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    (late,) = ingest.misfits("sales")
    with pytest.raises(InvalidInput, match="twice"):
        ingest.correct("sales", [Correction(id=late.id, row={"count": "1"}), Correction(id=late.id, row={"count": "2"})])


def test_discarded_records_go_and_the_quarantines_history_keeps_them(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many", "2026-02-02,odd,few"))
    late, odd = ingest.misfits("sales")
    before = services.lake.info(WHERE).snapshot_id
    done = ingest.discard("sales", [late.id])
    assert (done.joined, done.left) == (0, 1) and [misfit.id for misfit in ingest.misfits("sales")] == [odd.id]
    assert before is not None
    services.writer.rollback(WHERE, before)
    assert [misfit.id for misfit in ingest.misfits("sales")] == [late.id, odd.id]


def test_a_load_of_which_nothing_fits_writes_nothing_to_the_dataset(ingest: Loads, services: Services, tmp_path: Path) -> None:
    pinned = Reading(columns=(ColumnReading(place=2, original="count", type="long"),))
    path = tmp_path / "sales.csv"
    path.write_text("day,item,count\n2026-01-01,a,x\n2026-01-02,b,y\n")
    report = ingest.ingest(path, reading=pinned)
    assert (report.rows, report.rejected, report.created, report.snapshot_id) == (0, 2, False, None)
    assert any("No record" in warning for warning in report.warnings)
    assert services.lake.names() == (WHERE,) and len(ingest.misfits("bronze.sales")) == 2
    with pytest.raises(DatasetNotFound):
        services.catalog.resolve("bronze.sales")


def test_the_quarantine_is_shown_only_to_who_asks_for_it(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    catalog = services.catalog
    assert [dataset.name for dataset in catalog.list()] == ["bronze.sales"]
    assert [dataset.name for dataset in catalog.list("quarantine")] == [WHERE]
    assert [hit.dataset.name for hit in catalog.search("sales")] == ["bronze.sales"]
    assert catalog.search("quarantine.bronze_sales")[0].dataset.name == WHERE
    assert catalog.count() == 1 and catalog.get(WHERE).rows == 1
    assert set(services.lake.names()) == {"bronze.sales", WHERE}  # who backs up or expires sees all


def test_a_dataset_takes_its_quarantine_along(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    services.writer.rename("bronze.sales", "silver.orders")
    assert set(services.lake.names()) == {"silver.orders", "quarantine.silver_orders"}
    assert len(ingest.misfits("orders")) == 1
    services.writer.drop("silver.orders")
    assert services.lake.names() == ()
    services.writer.undrop("silver.orders")
    assert len(ingest.misfits("orders")) == 1


def test_a_file_that_is_taken_again_has_its_records_in_quarantine_once(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path))
    first = services.lake.plan("bronze.sales").to_arrow()
    odd = sales(tmp_path, "2026-02-01,late,many", name="odd.csv", rows=1)
    ingest.ingest(odd, "sales", mode="append", drift="keep")
    other = sales(tmp_path, "2026-02-01,other,few", name="other.csv", rows=2)
    ingest.ingest(other, "sales", mode="append", drift="keep")
    services.writer.write("bronze.sales", first, mode="overwrite")
    assert ingest.ingest(odd, "sales", mode="append", drift="keep").rejected == 1, "others that stay are none of its"
    assert sorted(str(misfit.row["item"]) for misfit in ingest.misfits("sales")) == ["late", "other"]


def test_a_rollback_takes_back_what_became_of_the_records(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def aside() -> list[str | None]:
        return [misfit.row["item"] for misfit in ingest.misfits("sales")]

    ingest.ingest(sales(tmp_path, "2026-02-01,late,many", "2026-02-02,odd,few"))
    first = services.lake.info("bronze.sales").snapshot_id
    late, odd = ingest.misfits("sales")
    ingest.correct("sales", [Correction(id=late.id, row={"count": "12"})])
    corrected = services.lake.info("bronze.sales").snapshot_id
    more = sales(tmp_path, "2026-02-01,other,few", name="more.csv", rows=2)
    ingest.ingest(more, "sales", mode="append", drift="keep")
    last = services.lake.info("bronze.sales").snapshot_id
    assert aside() == ["odd", "other"] and first is not None and corrected is not None and last is not None
    services.writer.rollback("bronze.sales", corrected)
    assert aside() == ["odd"], "a load that is taken back has set nothing aside"
    services.writer.rollback("bronze.sales", first)
    assert aside() == ["late", "odd"] and ingest.misfits("sales")[0].model_copy(update={"wrong": {}}) == late.model_copy(
        update={"wrong": {}}
    )
    services.writer.rollback("bronze.sales", last)
    assert sorted(map(str, aside())) == ["odd", "other"]
    ingest.discard("sales", [odd.id])
    ingest.ingest(sales(tmp_path, rows=300, name="all.csv"), "sales", mode="overwrite")
    assert aside() == []
    services.writer.rollback("bronze.sales", last)
    assert aside() == ["other"], "what gave way with its rows comes back with them"
    services.writer.rollback("bronze.sales", first)
    assert ingest.ingest(more, "sales", mode="append", drift="keep").rejected == 1 and aside() == ["late", "other"]


def test_a_file_of_which_nothing_fits_is_not_set_aside_twice(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path))
    none = sales(tmp_path, "2026-02-01,late,many", "2026-02-02,odd,few", name="none.csv", rows=0)
    for _ in range(2):
        assert ingest.ingest(none, "sales", mode="append", drift="keep").rejected == 2
    late, _odd = ingest.misfits("sales")
    ingest.correct("sales", [Correction(id=late.id, row={"count": "7"})])
    again = ingest.ingest(none, "sales", mode="append", drift="keep")
    assert again.unchanged and "1 of its 2 records" in again.warnings[0]
    assert [misfit.row["item"] for misfit in ingest.misfits("sales")] == ["odd"]
    assert ingest.ingest(none, "sales", mode="append", drift="keep", force=True).rejected == 2


def test_what_was_set_aside_gives_way_with_the_rows_beside_it(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many", "2026-02-02,odd,few"))
    report = ingest.ingest(sales(tmp_path, "2026-02-01,late,lots", rows=201), mode="overwrite", drift="keep")
    assert any("2 records that were in quarantine gave way" in warning for warning in report.warnings)
    assert [misfit.row["count"] for misfit in ingest.misfits("sales")] == ["lots"]
    ingest.ingest(sales(tmp_path, rows=202), mode="overwrite")
    assert ingest.misfits("sales") == () and len(rows(services, "bronze.sales")) == 202
    assert len(services.lake.snapshots(WHERE)) == 3


def test_a_corrected_record_of_an_upsert_takes_the_place_of_the_row_with_its_key(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = sales(tmp_path, "2026-02-01,item 5,many", "2026-02-02,new,few")
    ingest.ingest(path, mode="upsert", keys=("item",))
    five, new = ingest.misfits("sales")
    done = ingest.correct("sales", [Correction(id=five.id, row={"count": "500"}), Correction(id=new.id, row={"count": "1"})])
    assert (done.joined, done.left) == (2, 0) and any("1 of them took the place" in warning for warning in done.warnings)
    found = {row["item"]: row["count"] for row in rows(services, "bronze.sales")}
    assert len(rows(services, "bronze.sales")) == len(found) == 201 and (found["item 5"], found["new"]) == (500, 1)
    ingest.ingest(sales(tmp_path, "2026-02-03,item 6,lots", name="more.csv", rows=1), "sales", mode="upsert", keys=("item",), drift="keep")
    ingest.ingest(sales(tmp_path, "2026-02-03,item 7,lots", name="last.csv", rows=2), "sales", mode="append", drift="keep")
    with pytest.raises(InvalidInput, match=r"more.csv by item; last.csv without keys"):
        ingest.correct("sales", [Correction(id=each.id, row={"count": "1"}) for each in ingest.misfits("sales")])
    assert len(ingest.misfits("sales")) == 2


def test_a_folder_overwrites_though_nothing_of_its_first_file_fits(ingest: Loads, services: Services, tmp_path: Path) -> None:
    ingest.ingest(sales(tmp_path, "2026-02-01,late,many"))
    folder = tmp_path / "anew"
    folder.mkdir()
    sales(folder, "2026-02-01,bad,few", name="a.csv", rows=0)
    sales(folder, "2026-02-01,worse,none", name="b.csv", rows=30)
    sales(folder, name="c.csv", rows=40)
    report = ingest.ingest(folder, "sales", mode="overwrite", drift="keep")
    assert (report.rows, report.rejected) == (70, 2) and len(rows(services, "bronze.sales")) == 70
    assert sorted(str(misfit.row["item"]) for misfit in ingest.misfits("sales")) == ["bad", "worse"]


FIRST, LAST, DAY = (datetime.fromisoformat(text) for text in ("0001-01-01", "9999-12-31T23:59:59.999999", "2024-01-01"))
# Of each kind of value that a table holds two, which a record that is corrected elsewhere must bring as they are.
AS_THEY_ARE = {
    "bytes": (pa.binary(), [b"\x00\xffabc", b"\\x41"]),
    "four": (pa.binary(4), [b"abcd", b"\x00\x01\x02\x03"]),
    "text": (pa.string(), ["\ttab\r\n \"q\" ", "zero\x00byte"]),
    "words": (pa.string(), ["NA", ""]),
    "long": (pa.string(), ["x" * 70_000 + "end", None]),
    "double": (pa.float64(), [float("nan"), 5e-324]),
    "exact": (pa.decimal128(38, 3), [Decimal("-0.001"), None]),
    "at": (pa.timestamp("us"), [FIRST, LAST]),
    "moment": (pa.timestamp("us", "UTC"), [datetime(1969, 12, 31, 23, 59, tzinfo=UTC), None]),
    "time": (pa.time64("us"), [time(23, 59, 59, 999999), None]),
    "uuid": (pa.uuid(), [b"0123456789abcdef", None]),
    "days": (pa.list_(pa.date32()), [[date(2024, 2, 29), None], []]),
    "blobs": (pa.list_(pa.binary()), [[b"\xff", b"a"], None]),
    "parts": (pa.struct([("at", pa.timestamp("us")), ("cost", pa.decimal128(5, 2))]), [{"at": DAY, "cost": Decimal("1.25")}, None]),
    "map": (pa.map_(pa.string(), pa.float64()), [[("a", 0.1), ("b", None)], []]),
}  # fmt: skip


def test_what_is_not_corrected_of_a_record_joins_as_it_is(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def file(name: str, keys: pa.Array) -> Path:
        columns = {column: pa.array([values[n % 2] for n in range(200)], kind) for column, (kind, values) in AS_THEY_ARE.items()}
        pq.write_table(pa.table({"key": keys, **columns}), tmp_path / name)
        return tmp_path / name

    ingest.ingest(file("right.parquet", pa.array(range(200), pa.int64())), "right")
    ingest.ingest(tmp_path / "right.parquet", "wrong")
    odd = file("odd.parquet", pa.array([n + 0.5 if n in (6, 7) else float(n) for n in range(200)]))
    assert ingest.ingest(odd, "wrong", mode="overwrite", drift="keep").rejected == 2
    asked = [Correction(id=each.id, row={"key": str(each.row["key"]).partition(".")[0]}) for each in ingest.misfits("wrong")]
    done = ingest.correct("wrong", asked)
    assert (done.joined, done.failed) == (2, ())
    right, wrong = ({row["key"]: repr(row) for row in rows(services, f"bronze.{name}")} for name in ("right", "wrong"))
    assert wrong == right


def test_each_column_of_a_corrected_record_is_read_as_it_is_written(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def file(name: str, *odd: str) -> Path:
        first = date(1990, 1, 1)
        lines = ["n;years;days;commas;points;euros"]
        for n in range(120):
            day = first + timedelta(days=n * 37)
            numbers = f"{n},5;{n}.{n % 10}50;1.{n:03},50 €"
            lines.append(f"{odd[n] if n < len(odd) else n};{day:%y-%m-%d};{day:%m/%d/%Y};{numbers}")
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / name

    ingest.ingest(file("right.csv"), "right")
    assert ingest.ingest(file("wrong.csv", "none", "one"), "wrong").rejected == 2
    for misfit, number in zip(ingest.misfits("wrong"), "01", strict=True):
        assert ingest.correct("wrong", [Correction(id=misfit.id, row={"n": number})]).joined == 1
    right, wrong = (sorted(map(repr, rows(services, f"bronze.{name}"))) for name in ("right", "wrong"))
    assert wrong == right
    types = [str(field.type) for field in services.lake.plan("bronze.wrong").arrow_schema]
    assert types == ["int64", "date32[day]", "date32[day]", "double", "double", "decimal128(18, 2)"]


def test_a_percentage_is_corrected_by_a_percentage(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "shares.csv"
    path.write_text("\n".join(["n,share", *(f"{n},{n}.5 %" for n in range(200)), "200,13", "201,much"]) + "\n")
    ingest.ingest(path)
    first, second = ingest.misfits("shares")
    told = ingest.correct("shares", [Correction(id=first.id, row={}), Correction(id=second.id, row={"share": "0.14"})])
    assert (told.joined, [each.reason for each in told.failed]) == (0, ["is no percentage"] * 2)
    ingest.correct("shares", [Correction(id=first.id, row={"share": "13%"}), Correction(id=second.id, row={"share": ""})])
    assert [row["share"] for row in rows(services, "bronze.shares")[-2:]] == [0.13, None]


def test_a_value_that_is_too_long_for_quarantine_is_not_shortened(ingest: Loads, services: Services, tmp_path: Path) -> None:
    long = "x" * (3 << 20)
    ingest.ingest(sales(tmp_path, f"2026-02-01,{long},many"))
    (misfit,) = ingest.misfits("sales")
    told = ingest.correct("sales", [Correction(id=misfit.id, row={"count": "7"})])
    assert (told.joined, told.failed[0].column) == (0, "item") and "too long" in told.failed[0].reason
    assert ingest.correct("sales", [Correction(id=misfit.id, row={"count": "7", "item": long})]).joined == 1
    assert rows(services, "bronze.sales")[-1]["item"] == long


def test_what_cannot_be_read_of_a_corrected_record_is_told_of_it_alone(ingest: Loads, tmp_path: Path) -> None:
    path = tmp_path / "nested.ndjson"
    lines = [json.dumps({"n": n + 0.5 if n < 3 else n, "at": [n], "t": "x"}) for n in range(200)]
    ingest.ingest(_put(tmp_path / "good.ndjson", lines[3:]), "nested")
    ingest.ingest(_put(path, lines), "nested", mode="append", drift="keep")
    asked = zip(ingest.misfits("nested"), ({"at": "[1"}, {"t": "\ud800"}, {"at": "[7, null]"}), strict=True)
    told = ingest.correct("nested", [Correction(id=each.id, row={"n": "1", **row}) for each, row in asked])
    assert [(each.column, each.reason) for each in told.failed] == [
        ("t", "has half of a character (a surrogate), which no text has"),
        ("at", "is no JSON of the kind list<long>"),
    ]
    assert (told.joined, told.left) == (1, 2)


def _put(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_time_that_is_none_beside_another_such_value_is_listed_and_told(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """Where no value of such a column was a time, the whole quarantine could not be listed or corrected."""
    good = [f"{n},2024-01-02T10:00:00+01:00,2024-01-02" for n in range(100)]
    (tmp_path / "x.csv").write_text("\n".join(["id,at,day", *good, "many,infinity,never"]) + "\n")
    assert ingest.ingest(tmp_path / "x.csv").rejected == 1
    (misfit,) = ingest.misfits("x")
    assert misfit.wrong == {"id": "is no whole number", "at": "is no timestamptz", "day": "is no date"}
    for at, day, column, reason in (
        ("never", "2024-01-03", "at", "is no timestamptz"),
        ("2024-01-03T00:00:00Z", "03/04/2024", "day", "could be two days: write it as 2024-02-29"),
    ):
        (failed,) = ingest.correct("x", [Correction(id=misfit.id, row={"id": "7", "at": at, "day": day})]).failed
        assert (failed.column, failed.reason) == (column, reason)
    assert ingest.correct("x", [Correction(id=misfit.id, row={"id": "7", "at": "2024-01-03T00:00:00Z", "day": "2024-03-04"})]).joined == 1


def test_what_waits_since_before_all_rows_were_replaced_says_so(ingest: Loads, services: Services, tmp_path: Path) -> None:
    report = ingest.ingest(sales(tmp_path, "2026-02-01,late,many", "2026-02-01,odd,few"))
    assert [misfit.replaced_at for misfit in ingest.misfits("sales")] == [None, None]
    kept = services.lake.plan("bronze.sales").to_arrow().slice(0, 50)
    done = services.writer.write("bronze.sales", kept, "overwrite")
    late, odd = ingest.misfits("sales")
    assert late.replaced_at == odd.replaced_at == done.at
    # They are none of the rows that are there now, and count against none of them.
    assert services.quality.current("bronze.sales").set_aside == 0
    ingest.ingest(sales(tmp_path, "2026-02-01,new,lots", rows=80, name="more.csv"), "sales", mode="append")
    assert [misfit.replaced_at for misfit in ingest.misfits("sales")] == [done.at, done.at, None]
    joined = ingest.correct("sales", [Correction(id=late.id, row={"count": "12"})])
    assert joined.joined == 1 and joined.warnings[-1].startswith("1 of them was set aside beside rows that were all replaced on ")
    # Rolled back, they are beside their rows again, the corrected one, too.
    services.writer.rollback("bronze.sales", report.snapshot_id or 0)
    assert [(misfit.id, misfit.replaced_at) for misfit in ingest.misfits("sales")] == [(late.id, None), (odd.id, None)]


def test_records_know_their_columns_by_todays_names(ingest: Loads, services: Services, tmp_path: Path) -> None:
    """Whoever renamed or dropped a column left records that nobody could correct."""
    path = tmp_path / "x.csv"
    lines = [f"{n},{n},5 %,{n}" for n in range(1, 200)] + ["200,many,6 %,1", "201,7,six,2", "202,8,7 %,few"]
    path.write_text("id,amount,share,gone\n" + "\n".join(lines) + "\n")
    ingest.ingest(path, mode="upsert", keys=("id",))
    services.writer.alter(
        "bronze.x",
        [
            ColumnChange(action="rename", column="id", new_name="number"),
            ColumnChange(action="rename", column="amount", new_name="total"),
            ColumnChange(action="rename", column="share", new_name="part"),
            ColumnChange(action="drop", column="gone"),
        ],
    )
    first, second, third = ingest.misfits("x")
    assert (first.row, first.column) == ({"number": "200", "total": "many", "part": "6 %"}, "total")
    assert (first.wrong, second.wrong, third.wrong) == ({"total": "is no whole number"}, {"part": "is no percentage"}, {})
    refused = ingest.correct("x", [Correction(id=first.id, row={"gone": "1"})])
    assert [(each.column, each.reason) for each in refused.failed] == [("gone", "The dataset has no column 'gone'.")]
    done = ingest.correct(
        "x",
        [
            Correction(id=first.id, row={"total": "1"}),
            Correction(id=second.id, row={"share": "8 %"}),  # as it was called when somebody looked
            Correction(id=third.id, row={}),
        ],
    )
    assert (done.joined, done.left) == (3, 0)
    found = {row["number"]: (row["total"], row["part"]) for row in rows(services, "bronze.x")}
    assert (found[200], found[201], found[202]) == ((1, 0.06), (7, 0.08), (8, 0.07))
    assert list(rows(services, "bronze.x")[0]) == ["number", "total", "part"]
