"""Which dataset one sheet of a workbook goes into, looked at, taken in and queued."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

from loads import Loads

from workbench.app.services import Services
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
