"""Loads: once, in full or not at all, with the run that tells of them."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from loads import Loads

import workbench
from workbench.app.services import Services
from workbench.core.config import RetentionSettings
from workbench.core.errors import AlreadyExists, InvalidInput, UnreadableFile
from workbench.core.wording import spoken
from workbench.engines.readers import Reading, quick
from workbench.ingest.records import LoadOptions, Progress
from workbench.writes import Writer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Q3 Sales-Report.csv"
    path.write_text("Item,Price\nx,1\ny,2\n")
    return path


def rows(services: Services, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = services.lake.table(name).scan().to_arrow().to_pylist()
    return found


def test_a_load_is_a_run_from_the_file_to_the_table(ingest: Loads, services: Services, file: Path) -> None:
    report = ingest.ingest(file, principal="ada")
    digest = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    assert (report.dataset, report.zone, report.source, report.content_hash) == ("bronze.q3_sales_report", "bronze", file.name, digest)
    assert (report.rows, report.rejected, report.created, report.unchanged, report.quality) == (2, 0, True, False, 1.0)
    assert report.columns == (("item", "string"), ("price", "long"))
    run = services.log.get(report.run_id)
    assert (run.kind, run.status, run.principal) == ("ingest", "succeeded", "ada")
    assert [(i.kind, i.id, i.name, i.bytes) for i in run.inputs] == [("file", digest, file.name, file.stat().st_size)]
    assert [(o.kind, o.name, o.rows, o.operation, o.snapshot_id) for o in run.outputs] == [
        ("table", "bronze.q3_sales_report", 2, "create", report.snapshot_id)
    ]
    assert services.blobs.path(digest).read_bytes() == file.read_bytes()
    assert not list((services.settings.state / "tmp").glob("ingest-*"))


def test_the_same_content_is_taken_once(ingest: Loads, services: Services, file: Path, tmp_path: Path) -> None:
    first = ingest.ingest(file, name="sales")
    copy = tmp_path / "copy.csv"
    copy.write_bytes(file.read_bytes())
    for mode in ("create", "append", "overwrite"):
        again = ingest.ingest(copy, name="sales", mode=mode)  # type: ignore[arg-type]
        assert again.unchanged and not again.created
        assert (again.run_id, again.snapshot_id, again.rows) == (first.run_id, first.snapshot_id, 2)
    assert len(rows(services, "bronze.sales")) == 2
    assert len(services.log.list(kind="ingest")) == 1
    forced = ingest.ingest(file, name="sales", mode="append", force=True)
    assert not forced.unchanged
    assert len(rows(services, "bronze.sales")) == 4


def test_a_load_that_ended_right_after_its_commit_is_completed_with_its_quality(ingest: Loads, services: Services, file: Path) -> None:
    def end(progress: Progress) -> None:
        if progress.step == "register":
            raise KeyboardInterrupt

    with services.log.run("ingest", "ingest bronze.sales", "ada") as run:
        with pytest.raises(KeyboardInterrupt):
            ingest.ingest(file, name="sales", mode="append", run_id=run.id, progress=end)
        again = ingest.ingest(file, name="sales", mode="append", run_id=run.id)
    assert (again.rows, again.unchanged) == (2, False)
    assert again.quality is not None and [point.score for point in services.quality.history("sales")] == [again.quality]


def test_the_same_content_by_force_into_a_dataset_that_is_to_be_made_is_told_with_the_ways(
    ingest: Loads, services: Services, file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(f"Item,Price\n{name},3\n")
    for source, name in ((file, "sales"), (folder, "several")):
        ingest.ingest(source, name=name)
        with pytest.raises(AlreadyExists, match=r"has the content of .*\.csv already") as raised:
            ingest.ingest(source, name=name, force=True)
        assert "`--mode append --force`" in spoken(str(raised.value.fix), "command line")
        assert "`--mode overwrite --force`" in spoken(str(raised.value.fix), "command line")
        assert len(rows(services, f"bronze.{name}")) == 2
        assert ingest.ingest(source, name=name, mode="overwrite", force=True).rows == 2
    (tmp_path / "other.csv").write_text("Item,Price\nz,3\n")
    with pytest.raises(AlreadyExists, match="other content"):
        ingest.ingest(tmp_path / "other.csv", name="sales", force=True)


def test_rows_with_one_key_are_refused_or_the_last_of_them_is_taken(ingest: Loads, services: Services, tmp_path: Path) -> None:
    file = tmp_path / "keyed.csv"
    file.write_text("id,v\n1,a\n2,x\n1,b\n1,c\n3,y\n")
    with pytest.raises(InvalidInput, match="more than once") as raised:
        ingest.ingest(file, mode="upsert", keys=("id",))
    assert "`--duplicates last`" in spoken(str(raised.value.fix), "command line")
    assert not services.lake.exists("bronze.keyed")
    report = ingest.ingest(file, mode="upsert", keys=("id",), duplicates="last")
    # No row is swallowed: those that gave way are counted and told.
    assert (report.rows, report.removed, report.rejected) == (3, 2, 0)
    assert "2 rows gave way to a later one with the same keys." in report.warnings
    assert sorted((row["id"], row["v"]) for row in rows(services, "bronze.keyed")) == [(1, "c"), (2, "x"), (3, "y")]
    assert services.log.get(report.run_id).params["duplicates"] == "last"
    file.write_text("id,v\n2,z\n")
    again = ingest.ingest(file, mode="upsert", keys=("id",), duplicates="last")
    assert (again.rows, again.updated, again.removed, again.warnings) == (1, 1, 0, ())
    for call in (lambda: ingest.ingest(file, duplicates="last", name="other"), lambda: services.preview.preview(file, LAST)):
        with pytest.raises(InvalidInput, match="'upsert' only"):
            call()


def test_rows_of_the_dataset_that_shared_a_key_are_told_of_when_one_takes_their_place(
    ingest: Loads, services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("town,v\na,1\na,2\na,3\nb,4\nc,5\n")
    ingest.ingest(file)
    file.write_text("town,v\na,9\nb,8\n")
    report = ingest.ingest(file, mode="upsert", keys=("town",))
    assert (report.rows, report.updated, len(rows(services, "bronze.visits"))) == (2, 2, 3)
    assert report.warnings == (
        "2 more rows of bronze.visits gave way than came in their place: it had several with the same town. "
        "Roll it back if another key was meant.",
    )
    file.write_text("town,v\na,7\nb,8\n")
    assert ingest.ingest(file, mode="upsert", keys=("town",)).warnings == ()


def test_files_of_several_that_are_but_a_header_are_left_out(ingest: Loads, services: Services, tmp_path: Path) -> None:
    def folder(name: str, *contents: str) -> Path:
        (tmp_path / name).mkdir()
        for number, content in enumerate(contents, 1):
            (tmp_path / name / f"{number}.csv").write_text(content)
        return tmp_path / name

    days = folder("days", "Item,Price\n", "Item,Price\nx,1\n", "Price,Item\n", "Item,Price\ny,2\n")
    assert services.preview.preview(str(days)).columns[0].name == "item"
    report = ingest.ingest(days)
    assert (report.rows, report.files, len(rows(services, "bronze.days"))) == (2, 2, 2)
    assert [told for told in report.warnings if "empty" in told] == [f"{n}.csv is empty: there was nothing to take." for n in (1, 3)]
    # What may be a row, and a source with nothing else, is told as before.
    for name, contents in (("lines", ["1,2\n3,4\n", "5,6\n"]), ("others", ["a,b\n1,2\n", "a,c\n"]), ("none", ["a,b\n", "a,b\n"])):
        with pytest.raises(UnreadableFile, match="has a header but no rows"):
            ingest.ingest(folder(name, *contents))


def test_a_file_that_has_grown_is_not_added_to_what_was_taken_of_it(ingest: Loads, services: Services, file: Path) -> None:
    ingest.ingest(file, name="sales")
    with file.open("a") as more:
        more.write("z,3\n")
    with pytest.raises(AlreadyExists, match="has its first 2 rows already"):
        ingest.ingest(file, name="sales", mode="append")
    assert len(rows(services, "bronze.sales")) == 2
    for options, count in (({"mode": "upsert", "keys": ("item",)}, 3), ({"mode": "append", "force": True}, 6)):
        ingest.ingest(file, name="sales", **options)
        assert len(rows(services, "bronze.sales")) == count
    # Another file of that name is another file.
    file.write_text("Item,Price\nq,1\ny,2\nz,3\n")
    assert ingest.ingest(file, name="sales", mode="append").rows == 3


LAST = LoadOptions(mode="append", duplicates="last")


def test_a_file_that_goes_while_it_is_taken_in_is_told_so(ingest: Loads, services: Services, tmp_path: Path) -> None:
    file = tmp_path / "going.csv"
    file.write_text("a,b\n1,2\n")

    def told(progress: Progress) -> None:
        if progress.step == "preview":
            file.unlink(missing_ok=True)

    with pytest.raises(UnreadableFile, match=r"going\.csv is gone") as raised:
        ingest.ingest(file, progress=told)
    assert "disk" not in str(raised.value) and not services.lake.exists("bronze.going")


def test_content_that_was_replaced_can_be_taken_again(ingest: Loads, services: Services, file: Path, tmp_path: Path) -> None:
    ingest.ingest(file, name="sales")
    other = tmp_path / "other.csv"
    other.write_text("Item,Price\nz,3\n")
    assert not ingest.ingest(other, name="sales", mode="overwrite").unchanged
    assert not ingest.ingest(file, name="sales", mode="overwrite").unchanged
    assert [row["item"] for row in rows(services, "bronze.sales")] == ["x", "y"]
    assert not ingest.ingest(other, name="sales", mode="append").unchanged
    assert ingest.ingest(file, name="sales", mode="append").unchanged
    assert len(rows(services, "bronze.sales")) == 3


def test_overwriting_with_fewer_of_the_files_leaves_nothing_of_the_others(ingest: Loads, services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "months"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.csv").write_text(f"month,count\n{name},1\n{name},2\n")
    ingest.ingest(folder, name="sales")
    assert ingest.ingest(folder, name="sales", mode="overwrite").unchanged
    (folder / "c.csv").unlink()
    assert not ingest.ingest(folder, name="sales", mode="overwrite").unchanged
    assert [row["month"] for row in rows(services, "bronze.sales")] == ["b", "b", "a", "a"]
    assert ingest.ingest(folder, name="sales", mode="overwrite").unchanged
    assert not ingest.ingest(folder / "a.csv", name="sales", mode="overwrite").unchanged
    assert [row["month"] for row in rows(services, "bronze.sales")] == ["a", "a"]
    ingest.ingest(folder / "a.csv", name="sales", mode="append", force=True)
    assert ingest.ingest(folder / "a.csv", name="sales", mode="overwrite").rows == len(rows(services, "bronze.sales")) == 2


def test_content_is_known_under_another_name_of_the_dataset_and_not_after_its_drop(ingest: Loads, services: Services, file: Path) -> None:
    ingest.ingest(file, name="sales")
    services.writer.rename("bronze.sales", "silver.sales")
    assert ingest.ingest(file, name="silver.sales", mode="append").unchanged
    services.writer.drop("silver.sales")
    assert ingest.ingest(file, name="silver.sales").created
    assert len(rows(services, "silver.sales")) == 2


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("UPDATE bronze.sales SET price = price + 1 WHERE true", 2),
        ("DELETE FROM bronze.sales WHERE item = 'x'", 1),
        ("MERGE INTO bronze.sales t USING (SELECT 'x' AS item) s ON t.item = s.item WHEN MATCHED THEN DELETE", 1),
    ],
)
def test_content_is_known_after_a_statement_has_changed_its_rows(root: Path, file: Path, statement: str, left: int) -> None:
    with workbench.open(root) as ws:
        ws.ingest(file, name="sales")
        ws.sql(statement)
        assert ws.ingest(file, name="sales", mode="append").unchanged
        assert ws.dataset("bronze.sales").read().num_rows == left
        assert not ws.ingest(file, name="sales", mode="overwrite").unchanged
        ws.sql("DELETE FROM bronze.sales WHERE true")
        assert ws.ingest(file, name="sales", mode="append").rows == 2


def test_content_is_known_after_compaction(ingest: Loads, services: Services, file: Path, tmp_path: Path) -> None:
    ingest.ingest(file, name="sales")
    other = tmp_path / "other.csv"
    other.write_text("Item,Price\nz,3\n")
    ingest.ingest(other, name="sales", mode="append")
    assert services.writer.compact("bronze.sales").files_after == 1
    assert ingest.ingest(file, name="sales", mode="append").unchanged
    assert ingest.ingest(other, name="sales", mode="append").unchanged


def test_content_is_known_after_its_snapshot_expired(ingest: Loads, services: Services, file: Path, tmp_path: Path) -> None:
    ingest.ingest(file, name="sales")
    for number in range(7):
        (tmp_path / "more.csv").write_text(f"Item,Price\nmore,{number}\n")
        ingest.ingest(tmp_path / "more.csv", name="sales", mode="append")
    Writer(services.lake, services.log, RetentionSettings(replay_days=0, min_snapshots=1)).expire("bronze.sales")
    assert len(services.lake.snapshots("bronze.sales")) == 1
    assert ingest.ingest(file, name="sales", mode="append").unchanged
    assert len(rows(services, "bronze.sales")) == 9


def test_content_that_was_rolled_back_can_be_taken_again_though_its_snapshot_expired(
    ingest: Loads, services: Services, tmp_path: Path
) -> None:
    def take(number: int) -> Any:
        (tmp_path / f"{number}.csv").write_text(f"Item,Price\nitem,{number}\n")
        return ingest.ingest(tmp_path / f"{number}.csv", name="sales", mode="append")

    before = [take(number) for number in range(3)][-1].snapshot_id
    take(3)
    services.writer.rollback("bronze.sales", before)
    retention = RetentionSettings(replay_days=0, min_snapshots=1)
    Writer(services.lake, services.log, retention).expire("bronze.sales")
    assert take(2).unchanged and take(1).unchanged
    assert not take(3).unchanged
    after = take(4).snapshot_id
    services.writer.rollback("bronze.sales", before)
    services.writer.rollback("bronze.sales", after)
    take(5)
    Writer(services.lake, services.log, retention).expire("bronze.sales")
    assert take(3).unchanged and take(4).unchanged
    assert sorted(row["price"] for row in rows(services, "bronze.sales")) == [0, 1, 2, 3, 4, 5]


def test_a_file_stays_taken_though_an_overwrite_has_written_its_other_rows_again(ingest: Loads, services: Services, file: Path) -> None:
    ingest.ingest(file, name="sales")
    first, second = rows(services, "bronze.sales")
    done = services.writer.write(
        "bronze.sales", pa.table({"item": ["new"], "price": [9]}), mode="overwrite", where=f"price = {first['price']}"
    )
    assert (done.operation, done.rows_added, done.rows_deleted) == ("overwrite", 1, 1)
    assert ingest.ingest(file, name="sales", mode="append").unchanged
    assert {row["item"] for row in rows(services, "bronze.sales")} == {"new", second["item"]}
    services.writer.write("bronze.sales", pa.table({"item": ["none"], "price": [7]}), mode="overwrite", where="price >= 0")
    assert not ingest.ingest(file, name="sales", mode="append").unchanged and len(rows(services, "bronze.sales")) == 3


@pytest.mark.parametrize("how", ["delete", "overwrite", "where"])
def test_a_file_of_which_nothing_is_left_can_be_taken_again_though_that_has_expired(
    ingest: Loads, services: Services, file: Path, how: str
) -> None:
    ingest.ingest(file, name="sales")
    other = pa.table({"item": ["other"], "price": [1]})
    if how == "delete":
        services.query.run("delete from bronze.sales where price >= 0", confirm=True)
    else:
        services.writer.write("bronze.sales", other, mode="overwrite", where="price >= 0" if how == "where" else None)
    for _ in range(2):
        services.writer.write("bronze.sales", other)
    Writer(services.lake, services.log, RetentionSettings(replay_days=0, min_snapshots=1)).expire("bronze.sales")
    assert len(services.lake.snapshots("bronze.sales")) == 1
    assert not ingest.ingest(file, name="sales", mode="append").unchanged
    assert ingest.ingest(file, name="sales", mode="append").unchanged
    assert len(rows(services, "bronze.sales")) == (4 if how == "delete" else 5)


def test_the_year_0_is_no_date_in_files_of_any_size(ingest: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [f"2024-01-{n % 28 + 1:02}" for n in range(20_000)]
    odd = {"day": "0000-01-01", "at": "0000-01-01 10:00", "us": "01/01/0000", "moment": "0001-01-01T00:00+05:00"}
    lines = ["n,day,at,us,moment", *(f"{n},{day},{day} 10:00,{day[5:7]}/{day[8:]}/2024,{day}T00:00+05:00" for n, day in enumerate(days))]
    for place, column in enumerate(odd, 1):
        values = lines[place * 1000].split(",")
        values[place] = odd[column]
        lines[place * 1000] = ",".join(values)
    for size, names in ((quick.LARGE_BYTES, list(odd)), (1000, list(odd)[:3])):  # moments the engine leaves to the reader
        monkeypatch.setattr(quick, "LARGE_BYTES", size)
        path = tmp_path / f"years{size}.csv"
        path.write_text("\n".join(",".join(line.split(",")[: len(names) + 1]) for line in lines) + "\n")
        report = ingest.ingest(path)
        assert [kind for _, kind in report.columns] == ["long", "date", "timestamp", "date", "timestamptz"][: len(names) + 1]
        assert [(each.column, each.value) for each in ingest.misfits(report.dataset)] == [(name, odd[name]) for name in names]


def test_a_folder_that_has_grown_tells_the_rows_that_came(ingest: Loads, services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "grown"
    folder.mkdir()
    (folder / "a.csv").write_text("n\n1\n2\n")
    ingest.ingest(folder)
    (folder / "b.csv").write_text("n\n3\n")
    report = ingest.ingest(folder, mode="append")
    assert (report.rows, report.files, report.unchanged) == (1, 2, False)
    assert services.log.get(report.run_id).metrics["rows"] == 1
    again = ingest.ingest(folder, mode="append")
    assert (again.rows, again.unchanged) == (3, True)


def test_create_refuses_a_dataset_with_other_content(ingest: Loads, services: Services, file: Path, tmp_path: Path) -> None:
    ingest.ingest(file, name="sales")
    other = tmp_path / "other.csv"
    other.write_text("Item,Price\nz,3\n")
    with pytest.raises(AlreadyExists) as caught:
        ingest.ingest(other, name="sales")
    assert "append" in (caught.value.fix or "")
    assert len(rows(services, "bronze.sales")) == 2


def test_appending_follows_the_datasets_types(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b,c\n1.5,02134,x\n")
    ingest.ingest(path, name="x")
    path.write_text("b,a\n90210,2\n,3\n")
    report = ingest.ingest(path, name="x", mode="append")
    assert report.warnings == ("The file has no c; in these rows that is missing.",)
    found = sorted(rows(services, "bronze.x"), key=lambda row: float(row["a"]))
    assert found == [{"a": 1.5, "b": "02134", "c": "x"}, {"a": 2.0, "b": "90210", "c": None}, {"a": 3.0, "b": None, "c": None}]
    path.write_text("a,b,c\nmany,x,x\n")
    with pytest.raises(InvalidInput, match="'a'"):
        ingest.ingest(path, name="x", mode="append")
    assert len(rows(services, "bronze.x")) == 3


def test_a_row_that_fails_late_leaves_nothing(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1.25,x\n")
    services.writer.write("bronze.x", pa.table({"a": pa.array([], pa.decimal128(10, 2)), "b": pa.array([], pa.string())}), mode="create")
    path.write_text("a,b\n" + "1.25,x\n" * 1_000_000 + "1.255,x\n")
    with pytest.raises(InvalidInput):
        ingest.ingest(path, name="x", mode="append", reading=Reading(misfits="fail"))
    assert rows(services, "bronze.x") == []
    data = [p for p in (services.settings.state / "lake").rglob("*.parquet") if p.stat().st_size > 1000]
    assert data == []
    assert services.log.list(kind="ingest")[0].status == "failed"


LOAD = """
import sys
from pathlib import Path
from workbench.app.services import Services
from workbench.core.config import load_settings
from workbench.core.wording import spoken
from workbench.ingest.records import LoadOptions
services = Services(load_settings(Path(sys.argv[1]), env={}))
services.prepare()
print("ready", flush=True)
print(services.ingest.ingest(Path(sys.argv[2]), LoadOptions(mode=sys.argv[3])).unchanged, flush=True)
"""


def start(services: Services, path: Path, mode: str = "create") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", LOAD, str(services.settings.root), str(path), mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.timeout(600)
def test_killed_loads_leave_nothing_and_the_next_one_completes(ingest: Loads, services: Services, flights_csv: Path, scale: float) -> None:
    """SIGKILL at moments spread over the load, until it comes through: the rows are there once."""
    moments = [0.2 + 0.35 * step for step in range(20)]
    if scale < 1:  # two of the first half: tests/ingest/test_kills.py aims at each step of a load
        moments = sorted(random.sample(moments[:10], 2))
    for pause in moments:
        process = start(services, flights_csv)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if services.lake.exists("bronze.flights"):
            assert services.lake.info("bronze.flights").rows == 336_776
    report = ingest.ingest(flights_csv)
    assert services.lake.table("bronze.flights").scan().count() == 336_776
    assert report.rows == 336_776
    assert ingest.ingest(flights_csv).unchanged
    assert len(services.lake.snapshots("bronze.flights")) == 1


def test_two_processes_that_load_the_same_file_load_it_once(services: Services, file: Path) -> None:
    services.prepare()
    started = [start(services, file, "append") for _ in range(3)]
    told = sorted(process.communicate()[0].split()[-1] for process in started)
    assert told == ["False", "True", "True"]
    assert len(rows(services, "bronze.q3_sales_report")) == 2
