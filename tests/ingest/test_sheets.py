"""Which dataset one sheet of a workbook goes into, looked at, taken in and queued."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from loads import Loads

from workbench.app.services import Services
from workbench.core.errors import InvalidInput, UnreadableFile
from workbench.core.wording import spoken
from workbench.engines.readers import Reading
from workbench.ingest.job import planned
from workbench.ingest.records import LoadOptions

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from xlsx import book

BOOK = book({"Q1 2024": [["a"], [1]], "Q2 2024": [["a"], [2], [3]]})


def test_sheets_of_one_book_go_into_datasets_of_their_own(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    path.write_bytes(BOOK)
    whole = services.preview.preview(path)
    assert whole.name == "sales" and whole.sheets == ("Q1 2024", "Q2 2024")
    assert ingest.ingest(path, reading=whole.reading).dataset == "bronze.sales", "a reading that is handed back names nothing else"
    named = f"{path}#Q2 2024"
    seen = services.preview.preview(named)
    assert (seen.name, seen.exists, seen.rows) == ("sales_q2_2024", False, 2)
    assert planned(named, named, LoadOptions())[1]["dataset"] == "bronze.sales_q2_2024"
    assert ingest.ingest(named).dataset == "bronze.sales_q2_2024"
    assert services.preview.preview(named).exists
    assert ingest.ingest(f"{path}#Q1 2024").dataset == "bronze.sales_q1_2024"
    assert ingest.ingest(named, name="mine").dataset == "bronze.mine"


def test_a_sheet_that_a_reading_names_does_the_same(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "sales.xlsx"
    path.write_bytes(BOOK)
    second = LoadOptions(reading=Reading(sheet="Q2 2024"))
    assert services.preview.preview(path, second).name == "sales_q2_2024"
    assert planned(str(path), str(path), second)[1]["dataset"] == "bronze.sales_q2_2024"
    assert ingest.ingest(path, reading=second.reading).dataset == "bronze.sales_q2_2024"


def test_each_sheet_of_a_book_is_taken_once_however_it_is_named(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path, boxed = tmp_path / "sales.xlsx", tmp_path / "boxed.zip"
    path.write_bytes(BOOK)
    with zipfile.ZipFile(boxed, "w") as archive:
        archive.writestr("a/sales.xlsx", BOOK)
        archive.writestr("b.csv", "a\n9\n")
    second = Reading(sheet="Q2 2024")
    assert ingest.ingest(path, name="all").rows == 1
    # The second sheet was said to be there already; named in the other way it came twice.
    assert ingest.ingest(path, name="all", mode="append", reading=second).rows == 2
    for source, reading in ((path, second), (f"{path}#Q2 2024", None), (f"{path}#Q1 2024", None), (path, Reading(sheet="Q1 2024"))):
        assert ingest.ingest(source, name="all", mode="append", reading=reading).unchanged, (source, reading)
        assert services.preview.preview(source, LoadOptions(name="all", mode="append", reading=reading)).taken
    inside = f"{boxed}#a/sales.xlsx"
    assert ingest.ingest(inside, name="packed", reading=Reading(sheet="Q1 2024")).rows == 1
    assert ingest.ingest(inside, name="packed", mode="append", reading=second).rows == 2
    assert ingest.ingest(f"{inside}#Q2 2024", name="packed", mode="append").unchanged
    for call in (services.preview.preview, lambda source, options: ingest.ingest(source, reading=options.reading)):
        with pytest.raises(InvalidInput, match="names one sheet, the reading another: 'Q1 2024'"):
            call(f"{path}#Q2 2024", LoadOptions(reading=Reading(sheet="Q1 2024")))


def test_what_has_no_sheets_has_none_to_be_named(ingest: Loads, tmp_path: Path) -> None:
    # Taken for another content, its rows came twice.
    (tmp_path / "towns.csv").write_text("name,pop\nBern,3\n")
    ingest.ingest(tmp_path / "towns.csv")
    with pytest.raises(UnreadableFile, match=r"towns.csv has no sheets"):
        ingest.ingest(f"{tmp_path}/towns.csv#x", name="towns", mode="append")


def test_the_one_sheet_of_a_book_is_the_book(ingest: Loads, services: Services, tmp_path: Path) -> None:
    (tmp_path / "one.xlsx").write_bytes(book({"Sheet1": [["a"], [1]]}))
    assert services.preview.preview(f"{tmp_path}/one.xlsx#Sheet1").name == "one"
    shutil.copy(Path(__file__).parents[1] / "data" / "files" / "people.ods", tmp_path)
    sheet = services.preview.preview(tmp_path / "people.ods").sheets[0]
    assert services.preview.preview(f"{tmp_path}/people.ods#{sheet}").name == f"people_{sheet.lower()}"


def test_files_of_one_archive_go_into_datasets_of_their_own(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = tmp_path / "arch.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/towns.csv", "name,pop\nBern,3\n")
        archive.writestr("a/rivers.csv", "name,len\nAare,288\n")
        archive.writestr("b/sales.xlsx", BOOK)
    for part, name in (("a/towns.csv", "arch_towns"), ("a/rivers.csv", "arch_rivers"), ("b/sales.xlsx#Q1 2024", "arch_sales_q1_2024")):
        named = f"{path}#{part}"
        assert services.preview.preview(named).name == name
        assert planned(named, named, LoadOptions())[1]["dataset"] == f"bronze.{name}"
        assert ingest.ingest(named).dataset == f"bronze.{name}"
    assert ingest.ingest(f"{path}#a/towns.csv", name="mine").dataset == "bronze.mine"
    with zipfile.ZipFile(tmp_path / "single.zip", "w") as archive:
        archive.writestr("towns.csv", "name,pop\nBern,3\n")
    assert services.preview.preview(f"{tmp_path}/single.zip#towns.csv").name == "single"
    # Of an archive in an archive the outer one is what a person can name.
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(path, "arch.zip")
    with pytest.raises(UnreadableFile, match=r"such as outer.zip#a/towns.csv"):
        services.preview.preview(tmp_path / "outer.zip")
    assert services.preview.preview(f"{tmp_path}/outer.zip#a/towns.csv").rows == 1
    with zipfile.ZipFile(tmp_path / "boxed.zip", "w") as archive:
        archive.writestr("sales.xlsx", BOOK)
    for named in ("boxed.zip#sales.xlsx#Q2 2024", "boxed.zip#Q2 2024"):
        assert services.preview.preview(f"{tmp_path}/{named}").rows == 2
    zipfile.ZipFile(tmp_path / "none.zip", "w").close()
    with pytest.raises(UnreadableFile, match="an archive with no file in it"):
        services.preview.preview(tmp_path / "none.zip")


def packed(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name[0]}/{name}.csv", content)
    return path


def test_an_archive_of_different_tables_is_refused_before_anything_is_written(ingest: Loads, services: Services, tmp_path: Path) -> None:
    path = packed(tmp_path / "arch.zip", towns="name,pop\nBern,3\n", rivers="name,len\nAare,288\n")
    for call in (lambda: services.preview.preview(path), lambda: ingest.ingest(path)):
        with pytest.raises(UnreadableFile) as raised:
            call()
        assert "arch.zip#r/rivers.csv has name, len; arch.zip#t/towns.csv has name, pop" in raised.value.message
        assert "arch.zip#r/rivers.csv" in str(raised.value.fix)
        # What a page offers: each of the files, or one table of all.
        assert raised.value.details == {"inside": ("r/rivers.csv", "t/towns.csv"), "together": True}
        assert "`--force`" in spoken(str(raised.value.fix), "command line")
    mixed = packed(tmp_path / "mixed.zip", towns="name,pop\nBern,3\n")
    with zipfile.ZipFile(mixed, "a") as archive:
        archive.writestr("b.json", "[]")
    with pytest.raises(UnreadableFile, match=r"such as mixed.zip#b.json") as raised:
        services.preview.preview(mixed)
    assert raised.value.details == {"inside": ("b.json", "t/towns.csv")}
    assert services.catalog.list() == () and services.log.list(kind="ingest") == ()
    # As it says: each by itself, into one table by hand, or all by force.
    assert ingest.ingest(f"{path}#r/rivers.csv").rows == 1
    assert ingest.ingest(f"{path}#t/towns.csv", name="arch_rivers", mode="append").rows == 1
    report = ingest.ingest(path, force=True)
    assert (report.dataset, report.rows, report.files) == ("bronze.arch", 2, 2)
    # What was taken so is there, also for who says nothing of force.
    assert ingest.ingest(path).unchanged


def test_files_without_a_byte_keep_nothing_from_the_others(ingest: Loads, services: Services, tmp_path: Path) -> None:
    parts = {"a.csv": "", "b.csv": "n,m\n1,2\n", "c.csv": "", "d.csv": "n,m\n3,4\n"}
    (tmp_path / "some").mkdir()
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for name, text in parts.items():
            (tmp_path / "some" / name).write_text(text)
            archive.writestr(name, text)
    for path in (tmp_path / "some", tmp_path / "packed.zip"):
        assert services.preview.preview(path).warnings[0].startswith("The first of 2 files was looked at: ")
        report = ingest.ingest(path)
        assert (report.rows, report.files) == (2, 2)
        told = [warning.rpartition("/")[2] for warning in report.warnings]
        assert told == [f"{name} is empty: there was nothing to take." for name in ("a.csv", "c.csv")]
    (tmp_path / "none").mkdir()
    for name in parts:
        (tmp_path / "none" / name).write_text("")
    with pytest.raises(UnreadableFile, match=r"a\.csv is empty"):
        ingest.ingest(tmp_path / "none")


def test_a_folder_of_different_tables_is_refused_as_an_archive_is(ingest: Loads, services: Services, tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "towns.csv").write_text("name,pop\nBern,3\n")
    (tmp_path / "mixed" / "orders.csv").write_text("order_no,total\n7,2.5\n")
    for call in (lambda: services.preview.preview(tmp_path / "mixed"), lambda: ingest.ingest(tmp_path / "mixed")):
        with pytest.raises(
            UnreadableFile, match=r"files of mixed are of different tables: orders\.csv has order_no, total; towns\.csv has name, pop"
        ):
            call()
    assert services.catalog.list() == ()
    assert ingest.ingest(tmp_path / "mixed" / "t*.csv").rows == 1
    assert ingest.ingest(tmp_path / "mixed", force=True).files == 2


def test_an_archive_of_one_table_whose_columns_grow_is_taken(ingest: Loads, services: Services, tmp_path: Path) -> None:
    grown = packed(tmp_path / "grown.zip", jan="id,v\n1,a\n", may="id,v,w,x,y\n2,b,1,1,1\n", oct="ID,w\n3,7\n")
    assert ingest.ingest(grown).rows == 3
    # As they are read by who knows them: without a header the first rows would be names.
    bare = packed(tmp_path / "bare.zip", jan="anna,bern\nhans,basel\n", may="berta,chur\nidris,zug\n")
    assert ingest.ingest(bare, reading=Reading(header=False)).rows == 4
    # One that is large is taken; one that is empty is told of.
    large = "id,v\n" + "1,abcdefgh\n" * 200_000
    assert ingest.ingest(packed(tmp_path / "large.zip", jan=large, may=large.replace("h", "i"))).rows == 400_000
    assert ingest.ingest(packed(tmp_path / "empty.zip", jan="id,v\n1,a\n", may="")).rows == 1


def test_the_first_sheet_that_is_shown_is_read_and_a_hidden_one_where_it_is_named(
    ingest: Loads, services: Services, tmp_path: Path
) -> None:
    workbook = openpyxl.Workbook()
    hidden, shown = workbook.worksheets[0], workbook.create_sheet("Orders")
    hidden.title, hidden.sheet_state, workbook.active = "Lists", "hidden", 1
    for sheet, word in ((hidden, "no"), (shown, "yes")):
        for row in (["id", "wanted"], [1, word]):
            sheet.append(row)
    workbook.save(path := tmp_path / "book.xlsx")
    report = ingest.ingest(path)
    assert (report.dataset, report.rows) == ("bronze.book", 1)
    assert "Only the sheet 'Orders' was read; the file also has Lists" in report.warnings[0]
    assert services.lake.plan("bronze.book").to_arrow().to_pylist() == [{"id": 1, "wanted": "yes"}]
    assert ingest.ingest(f"{path}#Orders", name="book", mode="append").unchanged
    assert ingest.ingest(f"{path}#Lists").dataset == "bronze.book_lists"


@pytest.mark.parametrize(("first", "group"), [(1, 2023), (1, "North"), (3, 2023), (3, "North")])
def test_names_merged_over_others_are_found_beside_a_column_that_has_its_own_above(
    ingest: Loads, services: Services, tmp_path: Path, first: int, group: object
) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    if first > 1:
        sheet["A1"] = "Sales by region"
    rows = [["Region", group, None, "all"], [None, "Q1", "Q2", None], ["N", 1, 2, 3], ["S", 5, 6, 11]]
    for down, row in enumerate(rows):
        for across, value in enumerate(row):
            sheet.cell(first + down, across + 1, value)
    sheet.merge_cells(f"A{first}:A{first + 1}")
    sheet.merge_cells(f"B{first}:C{first}")
    workbook.save(tmp_path / "pivot.xlsx")
    report = ingest.ingest(tmp_path / "pivot.xlsx")
    above = "n2023" if group == 2023 else "north"
    assert dict(report.columns) == {"region": "string", f"{above}_q1": "long", f"{above}_q2": "long", "all": "long"}
    assert [list(row.values()) for row in services.lake.plan("bronze.pivot").to_arrow().to_pylist()] == rows[2:]


@pytest.mark.parametrize("corner", ["above", "below", "merged"])
def test_a_group_of_one_column_beside_merged_ones_names_it_too(ingest: Loads, services: Services, tmp_path: Path, corner: str) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    above, below = (None, "Region") if corner == "below" else ("Region", None)
    rows = [[above, 2023, None, 2024], [below, "Q1", "Q2", "Q1"], ["N", 1, 2, 3], ["S", 5, 6, 11]]
    for row in rows:
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    if corner == "merged":
        sheet.merge_cells("A1:A2")
    workbook.save(tmp_path / "years.xlsx")
    assert [name for name, _ in ingest.ingest(tmp_path / "years.xlsx").columns] == ["region", "n2023_q1", "n2023_q2", "n2024_q1"]
    assert [list(row.values()) for row in services.lake.plan("bronze.years").to_arrow().to_pylist()] == rows[2:]


def test_cells_merged_over_columns_of_data_are_no_names_of_groups(ingest: Loads, services: Services, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row in (["Name", "Address", None], ["x", "Main Street", "Rome"], ["y", "Low Street", "Oslo"]):
        workbook.active.append(row)
    workbook.active.merge_cells("B1:C1")
    workbook.save(tmp_path / "people.xlsx")
    assert ingest.ingest(tmp_path / "people.xlsx").rows == 2
    assert services.lake.plan("bronze.people").to_arrow().column_names == ["name", "address", "column_3"]
