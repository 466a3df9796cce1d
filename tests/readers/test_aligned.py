"""Columns aligned by blanks or between bars are told apart where that is sure; of others it is said what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.engines.readers import Reading, Request, Source, quick

Read = Callable[..., Source]

BARS = "Report\n\n----------\n| k | n  |\n----------\n| a |  1 |\n| b |  2 |\n| c | 30 |\n----------\n"
DASHES = "NAME        N\n-------- ----\nAnn         1\nBob        20\n"
BLANKS = "name      n\nAnn       1\nBob       2\nCid      30\n"


@pytest.mark.parametrize("content", [BARS, DASHES, BLANKS], ids=["bars", "dashes", "blanks"])
def test_how_it_was_found_is_told_and_reads_it_again(read: Read, content: str) -> None:
    source = read(content, "list.txt")
    rows = source.reader().read_all()
    assert rows.num_columns == 2 and str(rows.schema.types[1]) == "int64" and source.rejected == 0
    assert any(told.startswith("The columns ") and "2 were found" in told for told in source.warnings)
    again = read(content, "list.txt", reading=source.reading)
    assert again.reader().read_all().equals(rows) and again.warnings == source.warnings


def test_what_stands_above_is_told(read: Read) -> None:
    assert "The header is on line 4; the first 3 lines are no data." in read(BARS, "x.txt").warnings
    assert read(BARS, "x.txt", reading=Reading(skip=3)).rows == 3


def test_a_header_on_each_page_is_no_row_and_what_is_no_line_of_the_list_is_set_aside(read: Read) -> None:
    rows = "".join(f"| x | {number:2} |\n" for number in range(40))
    source = read(BARS + "\x0cReport, page 2\n----------\n| k | n  |\n----------\n" + rows + "----------\n", "x.txt")
    assert source.reader().read_all().column("n").to_pylist() == [1, 2, 30, *range(40)]
    assert [(row["line"], row["text"]) for row in source.rejects().to_pylist()] == [(10, "\x0cReport, page 2")]
    assert source.rows == 44


def test_a_value_that_does_not_fit_is_told_with_its_line(read: Read) -> None:
    rows = "".join(f"Ann{number:10}\n" for number in range(100))
    source = read(DASHES + rows + "Ann       many\n", "x.txt")
    assert source.reader().read_all().num_rows == 102
    assert [(row["line"], row["column"], row["value"]) for row in source.rejects().to_pylist()] == [(105, "n", "many")]


def test_lines_at_the_end_are_left_out_as_said(read: Read) -> None:
    source = read(BARS + "3 rows\n", "x.txt", reading=Reading(footer=1))
    assert (source.rows, source.left_out, source.rejected) == (3, 1, 0)


@pytest.mark.parametrize(
    "content",
    [
        "name  town\nAnn  Oslo\nBob  Rome\nCid  Bari\n",
        "a  note\n1  x\n22  y\n3  z\n",
        "note\nI went  home\nYou did  not\nWe slept  long\n",
    ],
    ids=["words alone", "not aligned", "prose"],
)
def test_what_is_not_sure_stays_one_column_and_says_what_to_do(read: Read, content: str) -> None:
    source = read(content, "x.txt")
    assert len(source.schema.names) == 1
    told = any(
        "Export the file with a delimiter" in warning and f"substr({source.schema.names[0]}," in warning for warning in source.warnings
    )
    assert told == (not content.startswith("note"))
    assert told == any("If its first line is no header, read it with `header=False`." in warning for warning in source.warnings)


@pytest.mark.parametrize("content", ["a|b\n---|---\n1|2\n3|4\n", "a,b\n1,2\n3,4\n", "n\n1\n2\n3\n4\n", "a\tb\n1 \t2\n3 \t4\n"])
def test_delimited_text_stays_what_it_is(read: Read, content: str) -> None:
    assert not any(told.startswith("The columns ") or "aligned" in told for told in read(content, "x.txt").warnings)


def test_a_large_list_is_left_to_the_thorough_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    path = tmp_path / "x.txt"
    path.write_text(BARS, encoding="utf-8")
    assert quick.quick_load(Request(path, "x.txt", tmp_path, {}), tmp_path / "files", None, 128) is None
