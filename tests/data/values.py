"""What values look like: numbers, dates, money, codes, words for missing, scripts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from cases import Case, table

from workbench.engines.readers.reading import ColumnReading, Reading

__all__ = ["CASES"]

D = dt.date.fromisoformat
T = dt.datetime.fromisoformat

NUMBERS = [
    Case(
        "european.csv",
        "Ort;Länge;Anteil\nKöln;1.234,5;0,25\nBonn;89,75;1\n",
        table("ort:string länge:double anteil:double", ("Köln", 1234.5, 0.25), ("Bonn", 89.75, 1.0)),
        2,
    ),
    Case(
        "thousands.csv",
        'city,people\nOslo,"1,234,567"\nBergen,"285,601"\nVik,"1,200"\n',
        table("city:string people:long", ("Oslo", 1234567), ("Bergen", 285601), ("Vik", 1200)),
        3,
    ),
    Case(
        "thousands_nbsp.csv",
        "ville;habitants\nParis;2\u00a0102\u00a0650\nLyon;522\u00a0228\nÈze;2\u00a0000\n",
        table("ville:string habitants:long", ("Paris", 2102650), ("Lyon", 522228), ("Èze", 2000)),
        3,
    ),
    Case(
        "commas_of_two_meanings.csv",
        "id;value\n1;1,234\n2;5,678\n",
        table("id:long value:string", (1, "1,234"), (2, "5,678")),
        2,
    ),
    Case(
        "commas_of_two_meanings.csv",
        "id;value\n1;1,234\n2;5,678\n",
        table("id:long value:double", (1, 1.234), (2, 5.678)),
        2,
        reading=Reading(decimal=","),
        variant="said",
    ),
    Case(
        "huge_integers.csv",
        "id,big,bigger\n1,9223372036854775807,12345678901234567890123\n2,-9223372036854775808,1\n",
        table("id:long big:long bigger:string", (1, 2**63 - 1, "12345678901234567890123"), (2, -(2**63), "1")),
        2,
    ),
    Case("integer_too_large.csv", "n\n9223372036854775808\n1\n", table("n:string", ("9223372036854775808",), ("1",)), 2),
    Case(
        "integers_and_fractions.csv",
        "n\n9007199254740993\n1.5\n",
        table("n:string", ("9007199254740993",), ("1.5",)),
        2,
    ),
    Case(
        "nan_and_inf.csv",
        "x,y\n1.5,1\nNaN,inf\n2.5,-inf\n",
        table("x:double y:double", (1.5, 1.0), (None, float("inf")), (2.5, float("-inf"))),
        3,
    ),
    Case("scientific.csv", "x\n1e3\n-1.5E-10\n6.02e23\n", table("x:double", (1000.0,), (-1.5e-10,), (6.02e23,)), 3),
    Case("accounting.csv", 'x\n"(1,234.50)"\n"20.00"\n', table("x:double", (-1234.5,), (20.0,)), 2),
    Case("percent.csv", "share\n12.5%\n100%\n", table("share:double", (0.125,), (1.0,)), 2),
    Case(
        "minus_behind.csv",
        "Konto;Text;Saldo\n0000400000;Erlöse;1.234,56-\n0000140000;Debitor;1.250,06\n0000175000;Steuer;15,50-\n",
        table(
            "konto:string text:string saldo:double",
            ("0000400000", "Erlöse", -1234.56),
            ("0000140000", "Debitor", 1250.06),
            ("0000175000", "Steuer", -15.5),
        ),
        3,
    ),
    Case("minus_zero.csv", "n,m\n-0,1\n5,-0\n-7,2\n", table("n:long m:long", (0, 1), (5, 0), (-7, 2)), 3),
    Case(
        "too_large_for_a_number.csv",
        "n,word\n" + "".join(f"{'1e400' if number == 30 else number + 0.5},w\n" for number in range(1, 61)),
        table("n:double word:string", *[(number + 0.5, "w") for number in range(1, 61) if number != 30]),
        60,
        aside={31: "n"},
    ),
    Case(
        "mixed_types.csv",
        "v,w\n1,1\nx,2.5\n2.5,true\ntrue,2020-01-01\n",
        table("v:string w:string", ("1", "1"), ("x", "2.5"), ("2.5", "true"), ("true", "2020-01-01")),
        4,
    ),
    Case(
        "one_bad_of_sixty.csv",
        "n,word\n" + "".join(f"{'oops' if number == 30 else number},w\n" for number in range(1, 61)),
        table("n:long word:string", *[(number, "w") for number in range(1, 61) if number != 30]),
        60,
        aside={31: "n"},
    ),
    Case(
        "three_bad_of_sixty.csv",
        "n,word\n" + "".join(f"{'oops' if number in (30, 31, 40) else number},w\n" for number in range(1, 61)),
        table("n:string word:string", *[("oops" if number in (30, 31, 40) else str(number), "w") for number in range(1, 61)]),
        60,
    ),
    Case(
        "three_bad_of_sixty.csv",
        "n,word\n" + "".join(f"{'oops' if number in (30, 31, 40) else number},w\n" for number in range(1, 61)),
        table("n:long word:string", *[(number, "w") for number in range(1, 61) if number not in (30, 31, 40)]),
        60,
        aside={31: "n", 32: "n", 41: "n"},
        reading=Reading(columns=(ColumnReading(place=0, type="long"),)),
        variant="said",
    ),
]

MONEY = [
    Case(
        "dollars.csv",
        'item,paid\npen,"$1,234.50"\nink,$0.99\nbook,-$12\n',
        table("item:string paid:decimal(18,2)", ("pen", Decimal("1234.50")), ("ink", Decimal("0.99")), ("book", Decimal("-12.00"))),
        3,
    ),
    Case(
        "euros.csv",
        "Artikel;Preis\nStuhl;1.234,56 €\nTisch;€ 89,90\n",
        table("artikel:string preis:decimal(18,2)", ("Stuhl", Decimal("1234.56")), ("Tisch", Decimal("89.90"))),
        2,
    ),
    Case(
        "two_currencies.csv",
        "item,paid\npen,$5.00\nink,€7.00\n",
        table("item:string paid:string", ("pen", "$5.00"), ("ink", "€7.00")),
        2,
    ),
    Case(
        "prices.csv",
        "item,price\npen,1.50\nink,12\n",
        table("item:string price:decimal(18,2)", ("pen", Decimal("1.50")), ("ink", Decimal("12.00"))),
        2,
    ),
]

CODES = [
    Case(
        "zip_codes.csv",
        "town,zip\nDresden,01067\nBonn,53111\n",
        table("town:string zip:string", ("Dresden", "01067"), ("Bonn", "53111")),
        2,
    ),
    Case(
        "phone_numbers.csv",
        "name,phone\nAnn,+49 30 901820\nBob,(0221) 2210\nCid,0301234567\n",
        table("name:string phone:string", ("Ann", "+49 30 901820"), ("Bob", "(0221) 2210"), ("Cid", "0301234567")),
        3,
    ),
    Case("plus_signs.csv", "dial\n+30\n+49\n", table("dial:string", ("+30",), ("+49",)), 2),
    Case(
        "versions.csv",
        "tool,version\na,1.2.3\nb,1.10\n",
        table("tool:string version:string", ("a", "1.2.3"), ("b", "1.10")),
        2,
    ),
    Case(
        "formulas.csv",
        "who,what\nAnn,=1+1\nBob,@SUM(A1)\nCid,-2+3\n",
        table("who:string what:string", ("Ann", "=1+1"), ("Bob", "@SUM(A1)"), ("Cid", "-2+3")),
        3,
    ),
]

_MISSING = ("NA", "N/A", "n/a", "#N/A", "NULL", "null", "Null", "NaN", "nan", "None", "")
MISSING = [
    Case(
        "missing_ten_ways.csv",
        "n,word\n" + "".join(f"{word},{word}\n" for word in _MISSING) + "7,x\n",
        table("n:long word:string", *[(None, word or None) for word in _MISSING], (7, "x")),
        12,
    ),
    Case("missing_column.csv", "a,b\n1,\n2,\n", table("a:long b:string", (1, None), (2, None)), 2),
]

DATES = [
    Case("dates_iso.csv", "d\n2020-01-31\n2024-02-29\n", table("d:date", (D("2020-01-31"),), (D("2024-02-29"),)), 2),
    Case("dates_impossible.csv", "d\n2020-02-30\n2020-01-31\n", table("d:string", ("2020-02-30",), ("2020-01-31",)), 2),
    Case("dates_german.csv", "d\n31.01.2020\n05.02.2020\n", table("d:date", (D("2020-01-31"),), (D("2020-02-05"),)), 2),
    Case("dates_american.csv", "d\n01/31/2020\n02/05/2020\n", table("d:date", (D("2020-01-31"),), (D("2020-02-05"),)), 2),
    Case("dates_of_two_meanings.csv", "d\n01/02/2020\n03/04/2020\n", table("d:string", ("01/02/2020",), ("03/04/2020",)), 2),
    Case(
        "dates_of_two_meanings.csv",
        "d\n01/02/2020\n03/04/2020\n",
        table("d:date", (D("2020-02-01"),), (D("2020-04-03"),)),
        2,
        reading=Reading(dates="dmy", columns=(ColumnReading(place=0, type="date"),)),
        variant="said",
    ),
    Case("dates_in_words.csv", 'd\n"Jan 31, 2020"\n"February 5, 2020"\n', table("d:date", (D("2020-01-31"),), (D("2020-02-05"),)), 2),
    Case(
        "dates_compact.csv",
        "ship_date,code\n20200131,20200131\n20200205,20209999\n",
        table("ship_date:date code:long", (D("2020-01-31"), 20200131), (D("2020-02-05"), 20209999)),
        2,
    ),
    Case(
        "timestamps.csv",
        "a,b\n2020-01-31T05:30:00,2020-01-31T05:30:00+02:00\n2020-01-31 05:30:00.25,2020-01-31T05:30:00Z\n",
        table(
            "a:timestamp b:timestamptz",
            (T("2020-01-31T05:30:00"), T("2020-01-31T03:30:00+00:00")),
            (T("2020-01-31T05:30:00.25"), T("2020-01-31T05:30:00+00:00")),
        ),
        2,
    ),
    Case(
        "dates_short_years.csv",
        "a;b;c;d\n31/12/24;12-31-99;24-12-31;03.04.05\n01/02/25;02-05-00;24-11-05;31.12.68\n",
        table(
            "a:date b:date c:date d:date",
            (D("2024-12-31"), D("1999-12-31"), D("2024-12-31"), D("2005-04-03")),
            (D("2025-02-01"), D("2000-02-05"), D("2024-11-05"), D("2068-12-31")),
        ),
        2,
    ),
    Case("dates_short_and_open.csv", "a,b\n24-12-31,1\n23-11-30,2\n", table("a:string b:long", ("24-12-31", 1), ("23-11-30", 2)), 2),
    Case(
        "dates_short_and_open.csv",
        "a,b\n24-12-31,1\n23-11-30,2\n",
        table("a:date b:long", (D("2024-12-31"), 1), (D("2023-11-30"), 2)),
        2,
        reading=Reading(dates="ymd"),
        variant="said",
    ),
    Case("dates_before_1900.csv", "d\n1815-12-10\n0476-09-04\n", table("d:date", (D("1815-12-10"),), (D("0476-09-04"),)), 2),
]

WORDS = [
    Case(
        "booleans.csv",
        "a,b,c,d\ntrue,YES,ja,Y\nFalse,no,nein,N\n,no,ja,Y\n",
        table("a:boolean b:boolean c:boolean d:boolean", (True, True, True, True), (False, False, False, False), (None, False, True, True)),
        3,
    ),
    Case("emoji.csv", "mood 😀,n\n👍🏽 ok,1\n👨‍👩‍👧,2\n", table("mood:string n:long", ("👍🏽 ok", 1), ("👨‍👩‍👧", 2)), 2),
    Case(
        "right_to_left.csv",
        "שם,مدينة\nדנה,القاهرة\nנועם,بيروت\n",
        table("שם:string مدينة:string", ("דנה", "القاهرة"), ("נועם", "بيروت")),
        2,
    ),
    Case(
        "invisible.csv",
        "name,n\n\u200bAnn,1\nB\u00adob,2\n",
        table("name:string n:long", ("\u200bAnn", 1), ("B\u00adob", 2)),
        2,
    ),
    Case("spaces_in_text.csv", "a,b\n x ,1\ny  z,2\n", table("a:string b:long", (" x ", 1), ("y  z", 2)), 2),
]

CASES = [*NUMBERS, *MONEY, *CODES, *MISSING, *DATES, *WORDS]
