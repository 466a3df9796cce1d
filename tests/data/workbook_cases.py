"""Workbooks: titles, merged cells, dates of both epochs, formulas, errors, several sheets, older formats."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from cases import Case, table
from xlsx import Error, Formula, book, members, packed

from workbench.engines.readers.reading import ColumnReading, Reading

sys.path.insert(0, str(Path(__file__).parents[1] / "ingest"))
from workbooks import ods, xls, xlsb

__all__ = ["CASES"]

D = dt.date.fromisoformat
T = dt.datetime.fromisoformat
PEOPLE = table("name:string age:long", ("Ann", 31), ("Bob", 28))
ROWS = [["name", "age"], ["Ann", 31], ["Bob", 28]]

TABLES = [
    Case(
        "merged_rows.xlsx",
        book(
            {
                "s": [
                    ["region", "town", "units", "budget"],
                    ["north", "Oslo", 5, 100],
                    [None, "Vik", 7],
                    ["south", "Rome", 1, 60],
                    [None, "Bari", 2],
                    [None, "Pisa", 3],
                ]
            },
            {"s": ["A2:A3", "A4:A6", "D2:D3"]},
        ),
        table(
            "region:string town:string units:long budget:long",
            ("north", "Oslo", 5, 100),
            ("north", "Vik", 7, None),
            ("south", "Rome", 1, 60),
            ("south", "Bari", 2, None),
            ("south", "Pisa", 3, None),
        ),
        5,
    ),
    Case(
        "merged_headers.xlsx",
        book(
            {
                "s": [
                    ["Sales by quarter"],
                    [],
                    ["Region", "2023", None, "2024"],
                    [None, "Q1", "Q2", "Q1", "Q2"],
                    ["north", 1, 2, 3, 4],
                    ["south", 5, 6, 7, 8],
                ]
            },
            {"s": ["A1:E1", "A3:A4", "B3:C3", "D3:E3"]},
        ),
        table("region:string n2023_q1:long n2023_q2:long n2024_q1:long n2024_q2:long", ("north", 1, 2, 3, 4), ("south", 5, 6, 7, 8)),
        2,
    ),
    Case(
        "title_above.xlsx",
        book({"s": [["Staff list"], ["as of", "2024-01-31"], [], ["name", "age", "town"], ["Ann", 31, "Oslo"], ["Bob", 28, "Rome"]]}),
        table("name:string age:long town:string", ("Ann", 31, "Oslo"), ("Bob", 28, "Rome")),
        2,
    ),
    Case(
        "away_from_the_corner.xlsx",
        book({"s": [[], [], [None, None, "name", "age"], [None, None, "Ann", 31], [None, None, "Bob", 28]]}),
        PEOPLE,
        2,
    ),
    Case("gaps.xlsx", book({"s": [["name", None, "age"], ["Ann", None, 31], [], [], ["Bob", None, 28]]}), PEOPLE, 2),
    Case(
        "no_header.xlsx",
        book({"s": [[1, D("2020-01-31")], [2, D("2020-02-05")]]}),
        table("column_1:long column_2:date", (1, D("2020-01-31")), (2, D("2020-02-05"))),
        2,
    ),
    Case(
        "header_years.xlsx",
        book({"s": [["Region", 2023, 2024], ["north", 1, 2], ["south", 3, 4]]}),
        table("region:string n2023:long n2024:long", ("north", 1, 2), ("south", 3, 4)),
        2,
    ),
    Case(
        "header_twice.xlsx",
        book({"s": [["id", "id", None], [1, 2, "x"], [3, 4, "y"]]}),
        table("id:long id_2:long column_3:string", (1, 2, "x"), (3, 4, "y")),
        2,
    ),
    Case(
        "header_said.xlsx",
        book({"s": [["old", "names"], ["more", "notes"], ["Ann", 31], ["Bob", 28]]}),
        PEOPLE,
        2,
        variant="said",
        reading=Reading(
            skip=2, header=False, columns=(ColumnReading(place=0, name="name"), ColumnReading(place=1, name="age", type="long"))
        ),
    ),
    Case(
        "type_said.xlsx",
        book({"s": [["item", "amount"], ["a", 1], ["b", 2.5], ["c", "many"], ["d", 4]]}),
        table("item:string amount:long", ("a", 1), ("d", 4)),
        4,
        aside={3: "amount", 4: "amount"},
        variant="said",
        reading=Reading(columns=(ColumnReading(place=1, original="amount", type="long"),)),
    ),
]

SHEETS = {"notes": [["x"], [1]], "people 2": ROWS, "empty": []}
DATES = [
    ["day", "at", "clock", "span"],
    [D("2020-01-31"), T("2020-01-31T05:30:00"), dt.time(6, 15), dt.timedelta(hours=30)],
    [D("1999-12-31"), T("2024-02-29T23:59:59"), dt.time(23, 59, 59), dt.timedelta(hours=1)],
]
MEANT = table(
    "day:date at:timestamp clock:time span:double",
    (D("2020-01-31"), T("2020-01-31T05:30:00"), dt.time(6, 15), 108_000.0),
    (D("1999-12-31"), T("2024-02-29T23:59:59"), dt.time(23, 59, 59), 3600.0),
)

CELLS = [
    Case("dates_1900.xlsx", book({"s": DATES}), MEANT, 2),
    Case("dates_1904.xlsx", book({"s": DATES}, since_1904=True), MEANT, 2),
    Case(
        "formulas.xlsx",
        book(
            {
                "s": [
                    ["n", "double", "word"],
                    [1, Formula("A2*2", 2.0), Formula('"a"&"b"', "ab")],
                    [2, Formula("A3*2", 4.0), Formula('"c"', "c")],
                ]
            }
        ),
        table("n:long double:long word:string", (1, 2, "ab"), (2, 4, "c")),
        2,
    ),
    Case(
        "formulas_without_results.xlsx",
        book({"s": [["n", "double"], [1, Formula("A2*2")], [2, Formula("A3*2", 4.0)]]}),
        table("n:long double:long", (1, None), (2, 4)),
        2,
    ),
    Case(
        "errors.xlsx",
        book({"s": [["n", "share"], [1, 0.5], [2, Error()], [3, Error("#N/A")], [4, 0.25]]}),
        table("n:long share:double", (1, 0.5), (2, None), (3, None), (4, 0.25)),
        4,
    ),
    Case(
        "numbers_as_text.xlsx",
        book({"s": [["code", "n"], ["007", "1"], ["12", "2"]]}),
        table("code:string n:string", ("007", "1"), ("12", "2")),
        2,
    ),
    Case(
        "mixed_column.xlsx",
        book({"s": [["v", "w"], [1, True], ["x", False], [2.5, True]]}),
        table("v:string w:boolean", ("1", True), ("x", False), ("2.5", True)),
        3,
    ),
    Case("several_sheets.xlsx", book(SHEETS), table("x:long", (1,)), 1),
    Case("several_sheets.xlsx", book(SHEETS), PEOPLE, 2, sheet="people 2", variant="second"),
    Case("several_sheets.xlsx", book(SHEETS), sheet="people", error="no sheet 'people'", variant="none"),
    Case("several_sheets.xlsx", book(SHEETS), sheet="empty", error="no rows", variant="empty"),
]

_ODS = '<table:table-cell office:value-type="{kind}" {value}><text:p>{text}</text:p></table:table-cell>'


def _cell(value: str | int) -> str:
    if isinstance(value, str):
        return _ODS.format(kind="string", value="", text=value)
    return _ODS.format(kind="float", value=f'office:value="{value}"', text=value)


CORNERS = members(book({"s": [["a"], [1]]}))
CORNERS["xl/worksheets/sheet1.xml"] = CORNERS["xl/worksheets/sheet1.xml"].replace(
    b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
)

OTHERS = [
    Case(
        "people.ods",
        lambda: ods("".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in ROWS)),
        PEOPLE,
        2,
        stable=False,
    ),
    Case(
        "people.xls",
        lambda: xls((3, 2), {(r, c): float(v) if isinstance(v, int) else v for r, row in enumerate(ROWS) for c, v in enumerate(row)}),
        PEOPLE,
        2,
    ),
    Case(
        "numbers.xlsb",
        lambda: xlsb({(0, 0): 7.0, (1, 0): 8.0, (0, 1): 1.5, (1, 1): 2.5}),
        table("column_1:long column_2:double", (7, 1.5), (8, 2.5)),
        2,
        stable=False,
    ),
    Case("header_only.xlsx", book({"s": [["name", "age"]]}), error="no rows below its header"),
    Case("empty.xlsx", book({"s": []}), error="no rows"),
    Case(
        "web_page.xls", "<html><head><title>Report</title></head><body><table><tr><td>1</td></tr></table></body></html>\n", error="web page"
    ),
    Case("text.xlsx", "name,age\nAnn,31\n", error="its content is text"),
    Case(
        "damaged.xlsx", packed({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook>"}), error="cannot be read as a workbook"
    ),
    Case("far_corners.xlsx", packed(CORNERS), error="spans 1,048,576 rows by 16,384 columns"),
]

CASES = [*TABLES, *CELLS, *OTHERS]
