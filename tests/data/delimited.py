"""Delimited text: delimiters, quotes, line ends, encodings, headers, records of the wrong shape."""

from __future__ import annotations

from cases import Case, table

from workbench.engines.readers.reading import ColumnReading, Reading

__all__ = ["CASES"]

PEOPLE = table("name:string age:long", ("Ann", 31), ("Bob", 28))
AB = table("a:long b:long", (1, 2), (3, 4))
TWENTY = [(number, f"w{number}") for number in range(1, 21)]


def lines(*rows: tuple[object, ...], header: str = "n,word", end: str = "\n") -> str:
    return end.join((header, *(",".join(map(str, row)) for row in rows))) + end


DELIMITERS = [
    Case("semicolons.csv", "name;age\nAnn;31\nBob;28\n", PEOPLE, 2),
    Case("tabs.csv", "name\tage\nAnn\t31\nBob\t28\n", PEOPLE, 2),
    Case("bars.csv", "name|age\nAnn|31\nBob|28\n", PEOPLE, 2),
    Case("commas.tsv", "name,age\nAnn,31\nBob,28\n", PEOPLE, 2),
    Case("tabs.txt", "name\tage\nAnn\t31\nBob\t28\n", PEOPLE, 2),
    Case(
        "commas_in_text.csv",
        "name;note\nAnn;tea, milk\nBob;a, b, c\nCid;x\n",
        table("name:string note:string", ("Ann", "tea, milk"), ("Bob", "a, b, c"), ("Cid", "x")),
        3,
    ),
    Case(
        "semicolons_in_quotes.csv",
        'name,note\nAnn,"a;b;c"\nBob,"d;e"\nCid,"f;g;h;i"\n',
        table("name:string note:string", ("Ann", "a;b;c"), ("Bob", "d;e"), ("Cid", "f;g;h;i")),
        3,
    ),
    Case("excel_sep_line.csv", "sep=;\nname;age\nAnn;31\nBob;28\n", PEOPLE, 2),
    Case("trailing_delimiter.csv", "a,b,\n1,2,\n3,4,\n", AB, 2),
    Case(
        "trailing_delimiter_in_data.csv",
        "a,b\n1,2,\n3,4,\n",
        AB,
        2,
    ),
    Case("tilde.csv", "name~age\nAnn~31\nBob~28\n", PEOPLE, 2, reading=Reading(delimiter="~"), variant="said"),
]

QUOTES = [
    Case(
        "quotes_doubled.csv",
        'who,said\nAnn,"say ""hi"", now"\nBob,"""x"""\n',
        table("who:string said:string", ("Ann", 'say "hi", now'), ("Bob", '"x"')),
        2,
    ),
    Case(
        "quotes_escaped.csv",
        'who,said\nAnn,"say \\"hi\\", now"\nBob,"\\"x\\""\n',
        table("who:string said:string", ("Ann", 'say "hi", now'), ("Bob", '"x"')),
        2,
    ),
    Case("quotes_single.csv", "'who','said'\n'Ann','a, b'\n'Bob','c'\n", table("who:string said:string", ("Ann", "a, b"), ("Bob", "c")), 2),
    Case("everything_quoted.csv", '"name","age"\n"Ann","31"\n"Bob","28"\n', PEOPLE, 2),
    Case(
        "inches.csv",
        'part,number\n5" pipe,3\n3" pipe,4\nbolt,5\n',
        table("part:string number:long", ('5" pipe', 3), ('3" pipe', 4), ("bolt", 5)),
        3,
    ),
    Case(
        "embedded_newlines.csv",
        'id,address\n1,"12 High Street\nLeeds\n\nUK"\n2,"x\r\ny"\n3,z\n',
        table("id:long address:string", (1, "12 High Street\nLeeds\n\nUK"), (2, "x\r\ny"), (3, "z")),
        3,
    ),
    Case("empty_quotes.csv", 'a,b\n1,""\n2,\n3,x\n', table("a:long b:string", (1, ""), (2, None), (3, "x")), 3),
    Case(
        "quote_never_closed.csv",
        lines(*TWENTY[:19]) + '20,"never closed\n',
        table("n:long word:string", *TWENTY[:19]),
        20,
        aside={21: None},
    ),
    Case("quote_open_early.csv", 'a,b\n1,"2\n3,4\n5,6\n', table("a:long b:long", (3, 4), (5, 6)), 3, aside={2: None}),
]

LINE_ENDS = [
    Case("crlf.csv", "name,age\r\nAnn,31\r\nBob,28\r\n", PEOPLE, 2),
    Case("cr.csv", "name,age\rAnn,31\rBob,28\r", PEOPLE, 2),
    Case(
        "line_ends_mixed.csv",
        "name,age\r\nAnn,31\nBob,28\rCid,40\r\n",
        table("name:string age:long", ("Ann", 31), ("Bob", 28), ("Cid", 40)),
        3,
    ),
    Case("no_last_line_end.csv", "name,age\nAnn,31\nBob,28", PEOPLE, 2),
    Case("blank_lines.csv", "\n\nname,age\n\nAnn,31\n\n\nBob,28\n\n", PEOPLE, 2),
]

ENCODINGS = [
    Case("bom.csv", b"\xef\xbb\xbf" + "name,age\nZoë,31\n".encode(), table("name:string age:long", ("Zoë", 31)), 1),
    Case("utf16.csv", "name,age\nZoë,31\nŁukasz,28\n".encode("utf-16"), table("name:string age:long", ("Zoë", 31), ("Łukasz", 28)), 2),
    Case("utf16_no_mark.csv", "name,age\nZoë,31\nBob,28\n".encode("utf-16-be"), table("name:string age:long", ("Zoë", 31), ("Bob", 28)), 2),
    Case(
        "windows_1252.csv",
        "name,town\nZoë,Köln\nJosé,Cádiz\n".encode("cp1252"),
        table("name:string town:string", ("Zoë", "Köln"), ("José", "Cádiz")),
        2,
    ),
    Case(
        "shift_jis.csv",
        "名前,年齢\n太郎,31\n花子,28\n".encode("shift_jis"),
        table("名前:string 年齢:long", ("太郎", 31), ("花子", 28)),
        2,
        reading=Reading(encoding="shift_jis"),
        variant="said",
    ),
    Case(
        "encodings_mixed.csv",
        lines(*TWENTY[:10]).encode() + "11,Zoë\n".encode() + b"12,Jos\xe9\n" + b"13,x\n" * 8,
        table("n:long word:string", *TWENTY[:10], (11, "Zoë"), *[(13, "x")] * 8),
        20,
        aside={13: None},
    ),
    Case("utf8_cut_off.csv", "n,word\n1,é\n2,é".encode()[:-1], error="line 3"),
    Case(
        "zero_byte.csv",
        lines(*TWENTY[:10]) + "11,\0\n" + lines(*TWENTY[11:])[7:],
        table("n:long word:string", *TWENTY[:10], *TWENTY[11:]),
        20,
        aside={12: None},
    ),
]

HEADERS = [
    Case("header_twice.csv", "id,id,ID\n1,2,3\n4,5,6\n", table("id:long id_2:long id_3:long", (1, 2, 3), (4, 5, 6)), 2),
    Case("header_gap.csv", "a,,c\n1,x,2\n3,y,4\n", table("a:long column_2:string c:long", (1, "x", 2), (3, "y", 4)), 2),
    Case("header_missing.csv", "1,2.5\n3,4.5\n5,6.25\n", table("column_1:long column_2:double", (1, 2.5), (3, 4.5), (5, 6.25)), 3),
    Case(
        "header_missing_said.csv",
        "Ann,Oslo\nBob,Rome\n",
        table("column_1:string column_2:string", ("Ann", "Oslo"), ("Bob", "Rome")),
        2,
        reading=Reading(header=False),
        variant="said",
    ),
    Case("header_reserved.csv", "select,from,order by\n1,2,3\n", table("select:long from:long order_by:long", (1, 2, 3)), 1),
    Case(
        "header_hostile.csv",
        '"x""; drop table y; --",../../etc,a.b\n1,2,3\n',
        table("x_drop_table_y:long etc:long a_b:long", (1, 2, 3)),
        1,
    ),
    Case(
        "header_units.csv",
        "Height (cm),Weight [kg],Temp °C,Share %\n180,80.5,36.6,5\n165,60,37,7\n",
        table("height_cm:long weight_kg:double temp_c:double share:long", (180, 80.5, 36.6, 5), (165, 60.0, 37.0, 7)),
        2,
    ),
    Case(
        "header_unicode.csv",
        "Имя,年齢,Prénom\nИван,31,Zoë\n",
        table("имя:string 年齢:long prénom:string", ("Иван", 31, "Zoë")),
        1,
    ),
    Case("header_only.csv", "a,b,c\n", error="header but no rows"),
    Case("header_padded.csv", " a , b \n 1 , 2 \n 3 , 4 \n", AB, 2),
    Case("one_column.csv", "temperature\n21.5\n\n22\n", table("temperature:double", (21.5,), (None,), (22.0,)), 3),
    Case(
        "names_said.csv",
        "a,b,c\n1,2,x\n3,4,y\n",
        table("first:string c:string", ("1", "x"), ("3", "y")),
        2,
        reading=Reading(columns=(ColumnReading(place=0, name="first", type="string"), ColumnReading(place=1, take=False))),
        variant="said",
    ),
]

SHAPES = [
    Case(
        "ragged_few.csv",
        lines(*TWENTY[:8], (9,), *TWENTY[9:14], (15, "x", "y", "z"), *TWENTY[15:]),
        table("n:long word:string", *TWENTY[:8], *TWENTY[9:14], *TWENTY[15:]),
        20,
        aside={10: "word", 16: None},
    ),
    Case("ragged_many.csv", "a,b\n1,2\n3\n4,5,6\n7\n8,9\n10\n", error="line 3"),
    Case(
        "title_above.csv",
        "Sales report 2024\n\nregion,units,share\nnorth,5,0.5\nsouth,7,0.25\neast,1,0.125\n",
        table("region:string units:long share:double", ("north", 5, 0.5), ("south", 7, 0.25), ("east", 1, 0.125)),
        3,
    ),
    Case(
        "comments_above.csv",
        "# exported by a system\n# on 2024-01-31\nname,age,town\nAnn,31,Oslo\nBob,28,Rome\nCid,40,Bari\n",
        table("name:string age:long town:string", ("Ann", 31, "Oslo"), ("Bob", 28, "Rome"), ("Cid", 40, "Bari")),
        3,
    ),
    Case(
        "title_above_two_columns.csv",
        "Sales report 2024\n\nregion,units\nnorth,5\nsouth,7\n",
        table("region:string units:long", ("north", 5), ("south", 7)),
        2,
        reading=Reading(skip=2),
        variant="said",
    ),
    Case(
        "footer_totals.csv",
        lines(*TWENTY[:9], header="n,word") + "\nTotal 45\n",
        table("n:long word:string", *TWENTY[:9]),
        10,
        aside={12: "word"},
    ),
    Case(
        "footer_rows.csv",
        lines(*TWENTY) + "(20 rows)\n",
        table("n:long word:string", *TWENTY),
        21,
        aside={22: "word"},
    ),
    Case("dos_end.csv", lines(*TWENTY) + "\x1a", table("n:long word:string", *TWENTY), 21, aside={22: "word"}),
    Case(
        "header_again.csv",
        lines(*[(number, number * 2) for number in range(60)], header="a,b") + "a,b\n" + "".join(f"{n},{n}\n" for n in range(60)),
        table("a:long b:long", *[(number, number * 2) for number in range(60)], *[(n, n) for n in range(60)]),
        121,
        aside={62: "a"},
    ),
    Case(
        "columns_300.csv",
        ",".join(f"c{place}" for place in range(300)) + "\n" + ",".join(str(place) for place in range(300)) + "\n",
        table(" ".join(f"c{place}:long" for place in range(300)), tuple(range(300))),
        1,
    ),
    Case(
        "columns_3000.csv", ",".join(f"c{place}" for place in range(10_000)) + "\n" + ",".join("1" * 10_000) + "\n", error="10,000 columns"
    ),
    Case("long_field.csv", "id,body\n1," + "äx" * 30_000 + "\n2,y\n", table("id:long body:string", (1, "äx" * 30_000), (2, "y")), 2),
]

CASES = [*DELIMITERS, *QUOTES, *LINE_ENDS, *ENCODINGS, *HEADERS, *SHAPES]
