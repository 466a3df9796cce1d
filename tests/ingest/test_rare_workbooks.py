"""The older formats of workbooks are read, and cannot ask for more than a machine has."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import UnreadableFile
from workbench.engines.readers import Source

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from workbooks import ods, xls, xlsb
from xlsx import book

Read = Callable[..., Source]

NUMBER = '<table:table-cell {} office:value-type="float" office:value="{}"><text:p>{}</text:p></table:table-cell>'
ROW = "<table:table-row {}>{}</table:table-row>"


def number(value: int, repeated: str = "") -> str:
    return NUMBER.format(repeated, value, value)


TWO = {(0, 0): 7.0, (1, 0): 8.0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.ods", ods(ROW.format("", number(7)) + ROW.format("", number(8)))),
        ("x.xls", xls((2, 1), TWO)),
        ("x.xlsb", xlsb(TWO)),
    ],
)
def test_the_rarer_formats_are_read(read: Read, name: str, content: bytes) -> None:
    source = read(content, name)
    assert source.reader().read_all().column(0).to_pylist() == [7, 8], "numbers are no header"


@pytest.mark.parametrize(
    ("name", "content", "ending"),
    [
        ("x.xlsx", ods(ROW.format("", number(7)) + ROW.format("", number(8))), ".ods"),
        ("x.xlsx", xls((2, 1), TWO), ".xls"),
        ("x.ods", xls((2, 1), TWO), ".xls"),
        ("x.xls", xlsb(TWO), ".xlsb"),
        ("x.xls", book({"s": [[7], [8]]}), ".xlsx"),
    ],
)
def test_a_workbook_with_another_ones_ending_is_read_as_what_it_is(read: Read, name: str, content: bytes, ending: str) -> None:
    source = read(content, name)
    assert source.reader().read_all().column(0).to_pylist() == [7, 8]
    assert f"no {name[1:]} but {ending}" in source.warnings[0]


def test_truths_among_numbers_are_told(read: Read) -> None:
    rows = [["n", "ok", "t"], [1.5, True, "x"], [True, False, True], [2, True, "y"], [False, True, "z"]]
    source = read(book({"s": rows}), "x.xlsx")
    assert source.reader().read_all().column(0).to_pylist() == [1.5, 1, 2, 0]
    assert source.warnings == ("n has 2 cells with TRUE or FALSE among numbers, read as 1 and 0.",)


def test_a_workbook_with_a_password_is_told_as_one(read: Read) -> None:
    # As Excel keeps one: an archive of the older kind, in which the encrypted workbook lies.
    content = xls((2, 1), TWO)[:512] + "EncryptedPackage".encode("utf-16-le") + bytes(4096)
    with pytest.raises(UnreadableFile, match=r"x\.xlsx is protected by a password"):
        read(content, "x.xlsx")


def test_a_sheet_that_is_not_there_is_told_by_its_name(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="has no sheet 'Sheet2'") as error:
        read(xls((2, 1), TWO), "x.xls", sheet="Sheet2")
    assert "Did you mean 'Sheet1'" in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.ods", ods(ROW.format('table:number-rows-repeated="1048576"', number(7, 'table:number-columns-repeated="16384"')))),
        ("x.ods", ods(ROW.format('table:number-rows-repeated="4294967295"', number(7, 'table:number-columns-repeated="65535"')))),
        ("x.xls", xls((2**32 - 1, 65535), TWO)),
        ("x.xls", xls((2**32 - 1, 200), TWO)),
        ("x.xls", xls((65536, 65535), {(0, 0): 7.0, (65535, 65000): 8.0})),
        ("x.xlsb", xlsb({(0, 0): 7.0, (1_048_575, 16_383): 8.0})),
        ("x.xlsb", xlsb({(0, 0): 7.0, (2**32 - 2, 2**20): 8.0})),
        ("x.xlsx", xls((65536, 65535), {(0, 0): 7.0, (65535, 65000): 8.0})),
    ],
    ids=[
        "ods",
        "ods beyond any sheet",
        "xls declares",
        "xls declares less",
        "xls corners",
        "xlsb corners",
        "xlsb beyond any sheet",
        "named xlsx",
    ],
)
def test_huge_extents_harm_nobody(read: Read, name: str, content: bytes) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    try:
        assert read(content, name).reader().read_all().num_rows <= 2
    except UnreadableFile as error:
        assert error.message.startswith(name)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kilobytes, in this process"
    assert time.monotonic() - began < 100
