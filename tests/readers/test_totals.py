"""A line of totals below the rows is told where it is sure, and left out where a person says so; nothing else is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.services import Services
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import UnreadableFile
from workbench.engines.readers import Reading, Source
from workbench.ingest.records import LoadOptions

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from xlsx import book

Read = Callable[..., Source]

ROWS = "id,name,note,amount\n" + "".join(f"{n},n{n},,{n}.25\n" for n in range(1, 6))  # 16.25 together
EURO = "name;betrag\na;1.234,50\nb;2,25\nc;10,00\n"
TOTALS = {
    "called": (ROWS + "Total,,,16.25\n", 7),
    "called and rounded": (ROWS + "Grand total:,,,16.3\n", 0),  # a tenth of a hundredth at most
    "not called": (ROWS + ",,,16.25\n", 7),
    "blank lines around it": (ROWS + "\n,,,16.25\n\n", 8),
    "with other words": (ROWS + "Total,all,of it,16.25\n", 0),
    "in German": (EURO + "Summe;1.246,75\n", 5),
    "of two rows": ("name,n\na,1\nb,2\nTotal,3\n", 4),
    "below a title": ("Report\n\na,b,c\nx,1,y\nz,2,y\nv,3,w\nTotal,6,\n", 7),
    "with an embedded line": ('a,b\n"x\ny",1\nz,2\nTotal,3\n', 5),
    "one count right, one average": ("k,n,share\na,1,0.5\nb,2,0.25\nc,3,0.75\nTotal,6,0.5\n", 5),
    "another value that does not fit": ("k,n\n" + "".join(f"r{n},{n}\n" for n in range(60)) + "x,none yet\n" + "Total,1770\n", 63),
    "a name that is one": ("company,n\nShell,1\nBP,2\nTotal,46\n", 0),
    "a row as any other": (ROWS + "6,n6,,16.25\n", 0),
    "a row with a gap": (ROWS + "6,,,6.25\n", 0),
    "a gap and a sum beside others": ("k,a,b\nx,1,5\ny,2,5\nz,3,5\n,6,5\n", 0),
    "the sum of one": ("k,a\nx,0\ny,0\nz,7\n,7\n", 0),
    "nothing but zeros": ("k,a\nx,0\ny,0\nz,0\nTotal,0\n", 0),
    "numbers that no double holds": ("id,k,n\n" + "".join(f"{2**53 + n},x,{n}\n" for n in range(1, 9)) + "2,,5\n", 0),
    "a sum of such numbers": ("id,n\n" + f"a,{2**60 + 1}\nb,{2**60 + 3}\nTotal,{2**61 + 4}\n", 4),
    "totals among the rows": ("k,g,n\na,m,1\na,f,2\na,Total,3\nb,m,4\nb,f,5\nb,Total,9\n", 0),
}


@pytest.mark.parametrize(("content", "line"), TOTALS.values(), ids=TOTALS)
def test_a_total_is_told_only_where_it_is_sure(read: Read, content: str, line: int) -> None:
    source = read(content)
    told = [warning for warning in source.warnings if "looks like a total" in warning]
    assert told == ([told[0]] if line else []) and all(warning.startswith(f"Line {line} ") for warning in told)
    assert source.reader().read_all().num_rows + source.rejected == source.rows, "it is data like any other"


def test_what_is_said_to_be_no_data_is_left_out_and_the_rest_is_what_it_is_without_it(read: Read) -> None:
    plain = read(ROWS)
    source = read(ROWS + "\nTotal,,,16.25\n\n(5 rows)\n\n", reading=Reading(footer=2))
    assert source.reader().read_all().equals(plain.reader().read_all())
    assert (source.rows, source.left_out, source.reading.footer) == (5, 2, 2)
    assert "The last 2 lines are left out, as was said: Total,,,16.25; (5 rows)" in source.warnings
    assert not any("looks like a total" in warning for warning in source.warnings)


def test_lines_of_delimiters_at_the_end_are_told(read: Read) -> None:
    source = read("a,b\n1,2\n,\n\n,\n")
    assert "The last 2 lines have nothing but delimiters, taken as missing values. To leave that out, say footer=2." in source.warnings
    assert source.rows == 3 and read("a,b\n1,2\n,\n\n,\n", reading=Reading(footer=2)).rows == 1
    assert not read("a,b\n,\n1,2\n").warnings


def test_more_lines_than_there_are_leave_no_rows(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="no rows"):
        read(ROWS, reading=Reading(footer=5))
    with pytest.raises(UnreadableFile, match="no rows"):
        read(ROWS, reading=Reading(footer=50))


def test_the_end_of_a_long_file_is_found_behind_long_lines(read: Read) -> None:
    body = "a,b\n" + "".join(f"{n},{'ä' * 40_000}\n" for n in range(20))
    source = read(body + f"Total,{'x' * 300_000}\n", reading=Reading(footer=1))
    assert source.reader().read_all().column("a").to_pylist() == list(range(20)) and source.left_out == 1
    assert read("a,b\r1,2\r3,4\rTotal,6", reading=Reading(footer=1)).reader().read_all().to_pylist() == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_what_was_said_of_the_end_does_not_hold_for_the_beginning_that_is_looked_at(read: Read) -> None:
    source = read("a,b\n" + "1,2\n" * 200 + "Total,400\n", reading=Reading(footer=1), look_bytes=100)
    assert not source.complete and source.left_out == 0 and source.reading.footer == 1
    assert source.reader().read_all().num_rows > 20


SHEET: list[list[Any]] = [["Sales"], [], ["id", "name", "units"], [1, "a", 5], [2, "b", 7.5], [3, "c", 1], ["Total", None, 13.5]]


def test_the_same_of_a_workbook(read: Read) -> None:
    source = read(book({"s": SHEET}), "x.xlsx")
    told = [warning for warning in source.warnings if "total" in warning]
    assert told[0].startswith("Row 7 looks like a total of the rows above it; it is taken as data.") and len(told) == 1
    assert str(source.schema.field("id").type) == "string"
    source = read(book({"s": [*SHEET, [], ["made by a program"]]}), "x.xlsx", reading=Reading(footer=2))
    assert source.reader().read_all().to_pylist() == [
        {"id": 1, "name": "a", "units": 5.0}, {"id": 2, "name": "b", "units": 7.5}, {"id": 3, "name": "c", "units": 1.0}
    ]  # fmt: skip
    assert (source.rows, source.left_out) == (3, 2) and pa.types.is_integer(source.schema.field("id").type)
    assert "The last 2 rows are left out, as was said: Total 13.5; made by a program" in source.warnings
    plain = read(book({"s": SHEET[:-1]}), "x.xlsx")
    assert not any("total" in warning for warning in plain.warnings)


def test_a_load_counts_what_was_left_out_and_the_next_file_is_read_the_same_way(tmp_path: Path) -> None:
    create_workspace_file(tmp_path / "project", "totals")
    services = Services(load_settings(tmp_path / "project", env={}))
    try:
        first, second = tmp_path / "sales_1.csv", tmp_path / "sales_2.csv"
        first.write_text(ROWS + "Total,,,16.25\n", encoding="utf-8")
        second.write_text(ROWS.replace("n1", "other") + "Total,,,16.25\n", encoding="utf-8")
        seen = services.preview.preview(first, LoadOptions(reading=Reading(footer=1)))
        assert (seen.rows, seen.exact, seen.reading.footer) == (5, True, 1)
        said = services.ingest.ingest(first, LoadOptions(name="sales", reading=seen.reading))
        assert (said.rows, said.removed, dict(said.columns)["id"]) == (5, 1, "long")
        again = services.ingest.ingest(second, LoadOptions(name="sales", mode="append"))
        assert (again.rows, again.removed) == (5, 1)
        assert any("left out, as was said: Total,,,16.25" in warning for warning in again.warnings)
    finally:
        services.close()
