"""Files as the programs of people export them: banks, spreadsheets, surveys, sensors, maps."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
from cases import Case, table
from xlsx import book

from workbench.engines.readers.reading import Reading

__all__ = ["CASES"]

D = dt.date.fromisoformat
T = dt.datetime.fromisoformat
M = Decimal


def typed(columns: str, *rows: tuple[object, ...]) -> pa.Table:
    """:func:`table`, where ``money`` is a decimal of two places."""
    texts = [tuple(str(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in rows]
    made = table(columns.replace(":money", ":string"), *texts)
    for place, each in enumerate(columns.split()):
        if each.endswith(":money"):
            made = made.set_column(place, made.column_names[place], made.column(place).cast(pa.decimal128(18, 2)))
    return made


BANKS = [
    Case(
        "bank_german.csv",
        (
            '"Kontonummer:";"DE02120300000000202051 / Girokonto";\r\n\r\n"Von:";"01.01.2024";\r\n"Bis:";"31.01.2024";\r\n'
            '"Kontostand vom 31.01.2024:";"1.234,56 EUR";\r\n\r\n'
            '"Buchungstag";"Buchungstext";"Empfänger";"Betrag (EUR)";"BLZ";"Mandat";\r\n'
            '"31.01.2024";"Lastschrift";"Stadtwerke";"-85,00";"01067000";"";\r\n'
            '"30.01.2024";"Gutschrift";"Müller; Söhne";"2.345,67";"50010517";"X1";\r\n'
            '"03.01.2024";"Karte";"Bäckerei";"-1.023,40";"10050000";"";\r\n'
        ).encode("cp1252"),
        typed(
            "buchungstag:date buchungstext:string empfänger:string betrag_eur:money blz:string mandat:string",
            (D("2024-01-31"), "Lastschrift", "Stadtwerke", M("-85.00"), "01067000", ""),
            (D("2024-01-30"), "Gutschrift", "Müller; Söhne", M("2345.67"), "50010517", "X1"),
            (D("2024-01-03"), "Karte", "Bäckerei", M("-1023.40"), "10050000", ""),
        ),
        3,
    ),
    Case(
        "bank_french.csv",
        "Date;Libellé;Débit;Crédit;Solde\n"
        '31/01/2024;"VIR SEPA RECU";;1\u202f234,56;2\u202f469,12 €\n'
        '29/01/2024;"CARTE X1234 BOULANGERIE";-12,40;;1\u202f234,56 €\n'
        '15/01/2024;"PRLV EDF";-1\u00a0085,00;;1\u202f246,96\u00a0€\n',
        typed(
            "date:date libellé:string débit:double crédit:double solde:money",
            (D("2024-01-31"), "VIR SEPA RECU", None, 1234.56, M("2469.12")),
            (D("2024-01-29"), "CARTE X1234 BOULANGERIE", -12.4, None, M("1234.56")),
            (D("2024-01-15"), "PRLV EDF", -1085.0, None, M("1246.96")),
        ),
        3,
    ),
    Case(
        "bank_american.csv",
        "Details,Posting Date,Description,Amount,Balance,Check or Slip #\n"
        'DEBIT,01/31/2024,"AMAZON MKTPL*R12",-23.45,"1,234.56",,\n'
        'CREDIT,01/30/2024,"PAYROLL ACME, INC",2500.00,"1,258.01",,\n'
        'DEBIT,01/05/2024,"CHECK 102",-100.00,-1241.99,102,\n',
        typed(
            "details:string posting_date:date description:string amount:money balance:money check_or_slip:long",
            ("DEBIT", D("2024-01-31"), "AMAZON MKTPL*R12", M("-23.45"), M("1234.56"), None),
            ("CREDIT", D("2024-01-30"), "PAYROLL ACME, INC", M("2500.00"), M("1258.01"), None),
            ("DEBIT", D("2024-01-05"), "CHECK 102", M("-100.00"), M("-1241.99"), 102),
        ),
        3,
    ),
    Case(
        "bank_swiss.csv",
        "Datum;Text;Belastung CHF;Saldo CHF\n31.01.2024;Miete;1'850.00;12'034.55\n30.01.2024;Lohn;;13'884.55\n",
        typed(
            "datum:date text:string belastung_chf:money saldo_chf:money",
            (D("2024-01-31"), "Miete", M("1850.00"), M("12034.55")),
            (D("2024-01-30"), "Lohn", None, M("13884.55")),
        ),
        2,
    ),
]

TOPS = [
    Case(
        "comments_hash.csv",
        "# station, 7\n# columns: id, value, note\nid,value\n1,2.5\n2,3.5\n3,4.5\n",
        table("id:long value:double", (1, 2.5), (2, 3.5), (3, 4.5)),
        3,
    ),
    Case(
        "comments_and_a_commented_header.csv",
        "# made by a program\n#name,town\nAnn,Oslo\nBob,Rome\nCid,Bari\n",
        table("name:string town:string", ("Ann", "Oslo"), ("Bob", "Rome"), ("Cid", "Bari")),
        3,
    ),
    Case(
        "units_below.csv",
        "timestamp,temp,hum,note\n-,°C,%,\n2024-01-31T10:00:00Z,21.5,40,x\n2024-01-31T10:00:10Z,21.6,41,y\n2024-01-31T10:00:20Z,,41,\n",
        table(
            "timestamp:timestamptz temp:double hum:long note:string",
            (T("2024-01-31T10:00:00+00:00"), 21.5, 40, "x"),
            (T("2024-01-31T10:00:10+00:00"), 21.6, 41, "y"),
            (T("2024-01-31T10:00:20+00:00"), None, 41, None),
        ),
        4,
        aside={2: None},
    ),
    Case(
        "survey.csv",
        "StartDate,Status,Q1,Q2_1\nStart Date,Response Type,How old are you?,Rate: - Price\n"
        '"{""ImportId"":""startDate""}","{""ImportId"":""status""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}"\n'
        "2024-01-31 10:00:00,IP Address,31,5\n2024-01-31 11:30:00,IP Address,28,3\n"
        "2024-02-01 09:15:10,IP Address,44,\n2024-02-02 09:15:10,Preview,19,1\n",
        table(
            "startdate:timestamp status:string q1:long q2_1:long",
            (T("2024-01-31T10:00:00"), "IP Address", 31, 5),
            (T("2024-01-31T11:30:00"), "IP Address", 28, 3),
            (T("2024-02-01T09:15:10"), "IP Address", 44, None),
            (T("2024-02-02T09:15:10"), "Preview", 19, 1),
        ),
        6,
        aside={2: None, 3: None},
    ),
    Case(
        "words_in_a_first_row.csv",
        "id,name,town\n1,Ann,Oslo\n2,Bob,Rome\n3,Cid,Bari\n4,Dan,Vik\n",
        table("id:long name:string town:string", (1, "Ann", "Oslo"), (2, "Bob", "Rome"), (3, "Cid", "Bari"), (4, "Dan", "Vik")),
        4,
    ),
    Case(
        "indicators.csv",
        '"Data Source","World Development Indicators",\n\n"Last Updated Date","2024-06-28",\n\n'
        '"Country Name","Country Code","1960","1961","1962",\n"Aruba","ABW","54608","55811",,\n'
        '"Chad","TCD","3002596.5",,"3115787",\n"Norway","NOR","3581239","3609800","3638918",\n',
        table(
            "country_name:string country_code:string n1960:double n1961:long n1962:long",
            ("Aruba", "ABW", 54608.0, 55811, None),
            ("Chad", "TCD", 3002596.5, None, 3115787),
            ("Norway", "NOR", 3581239.0, 3609800, 3638918),
        ),
        3,
    ),
    Case(
        "bank_with_two_currencies.csv",
        "Umsatzanzeige;Datei erstellt am: 31.01.2024 10:00\n\nIBAN;DE02 1203\nSaldo;1.234,56;EUR\n\nBitte beachten Sie, dass\n\n"
        "Buchung;Empfänger;Saldo;Währung;Betrag;Währung;Notiz\n31.01.2024;Stadtwerke;1.234,56;EUR;-85,00;EUR;\n"
        "30.01.2024;Firma;1.319,56;EUR;2.345,67;EUR;x\n29.01.2024;REWE;-1.026,11;EUR;-23,40;USD;\n",
        typed(
            "buchung:date empfänger:string saldo:double währung:string betrag:money währung_2:string notiz:string",
            (D("2024-01-31"), "Stadtwerke", 1234.56, "EUR", M("-85.00"), "EUR", None),
            (D("2024-01-30"), "Firma", 1319.56, "EUR", M("2345.67"), "EUR", "x"),
            (D("2024-01-29"), "REWE", -1026.11, "EUR", M("-23.40"), "USD", None),
        ),
        3,
    ),
]

OFFICES = [
    Case(
        "saved_with_room_around.csv",
        "Sales;;;;;\n;;;;;\nRegion;Units;Paid;Date;;\nNorth;5;WAHR;31.01.2024;;\nSouth;7;FALSCH;01.02.2024;;\n"
        "West;1;WAHR;02.02.2024;;\n;;;;;\n\n;;;;;\n",
        table(
            "region:string units:long paid:boolean date:date",
            ("North", 5, True, D("2024-01-31")),
            ("South", 7, False, D("2024-02-01")),
            ("West", 1, True, D("2024-02-02")),
        ),
        5,
        reading=Reading(footer=2),
        variant="said",
    ),
    Case(
        "sheet_of_a_browser.csv",
        "Name,Amount,Done,Share,Date,Phone,ZIP\r\n"
        'Ann,"$1,234.50",TRUE,12.5%,1/31/2024,+49 170 1234567,00501\r\n'
        "Bob,$7.00,FALSE,7%,2/1/2024,+1 (555) 010-9999,90210\r\n"
        "Cid,-$12.25,TRUE,100%,12/15/2023,0170 123,10115\r\n",
        typed(
            "name:string amount:money done:boolean share:double date:date phone:string zip:string",
            ("Ann", M("1234.50"), True, 0.125, D("2024-01-31"), "+49 170 1234567", "00501"),
            ("Bob", M("7.00"), False, 0.07, D("2024-02-01"), "+1 (555) 010-9999", "90210"),
            ("Cid", M("-12.25"), True, 1.0, D("2023-12-15"), "0170 123", "10115"),
        ),
        3,
    ),
    Case(
        "report_with_filters_below.csv",
        "\ufeffCategory,Month,Sum of Sales\nBikes,2024-01,1234.5\nHelmets,2024-01,765.5\nTyres,2024-02,1000\n"
        "\nApplied filters:\nRegion is North\n",
        table(
            "category:string month:string sum_of_sales:double",
            ("Bikes", "2024-01", 1234.5),
            ("Helmets", "2024-01", 765.5),
            ("Tyres", "2024-02", 1000.0),
        ),
        5,
        aside={6: "month", 7: "month"},
    ),
    Case(
        "price_list_german.csv",
        "Artikel;Preis;Rabatt;Lager;Menge;Seit\nSchraube M4;€ 1.234,50;5 %;1.200;1.200.000;01.02.2024\n"
        "Mutter;€ 0,25;0 %;15.000;15.000;3.2.2024\nBolzen;€ 12,00;12,5 %;980;7;31.12.2023\n",
        typed(
            "artikel:string preis:money rabatt:double lager:string menge:long seit:date",
            ("Schraube M4", M("1234.50"), 0.05, "1.200", 1200000, D("2024-02-01")),
            ("Mutter", M("0.25"), 0.0, "15.000", 15000, D("2024-02-03")),
            ("Bolzen", M("12.00"), 0.125, "980", 7, D("2023-12-31")),
        ),
        3,
    ),
    Case(
        "time_sheet.csv",
        "week;hours;from;at\n2024-W05;38,5;09:00;2024-01-31T10:00:00+01:00\n2024-W06;40;08:30;2024-01-31T10:00:00-05:00\n",
        table(
            "week:string hours:double from:string at:timestamptz",
            ("2024-W05", 38.5, "09:00", T("2024-01-31T09:00:00+00:00")),
            ("2024-W06", 40.0, "08:30", T("2024-01-31T15:00:00+00:00")),
        ),
        2,
    ),
    Case(
        "pivot_table.xlsx",
        book(
            {
                "Pivot": [
                    ["Sum of Sales", "Column Labels"],
                    ["Row Labels", 2023, 2024, "Grand Total"],
                    ["North", 1, 2, 3],
                    ["South", 3, 4, 7],
                    ["Grand Total", 4, 6, 10],
                ]
            }
        ),
        table("row_labels:string n2023:long n2024:long grand_total:long", ("North", 1, 2, 3), ("South", 3, 4, 7)),
        3,
        reading=Reading(footer=1),
        variant="said",
    ),
    Case(
        "total_below.csv",
        "id,item,units\n1,bolt,5\n2,nut,7\n3,pin,1\n\nTotal,,13\n",
        table("id:long item:string units:long", (1, "bolt", 5), (2, "nut", 7), (3, "pin", 1)),
        4,
        reading=Reading(footer=1),
        variant="said",
    ),
]

LISTS = [
    Case(
        "list_with_bars.txt",
        "31.12.2024                Dynamische Listenausgabe              1\r\n\r\n"
        "------------------------------------------\r\n"
        "|  Konto     |Text      |   Saldo in HW |\r\n"
        "|----------------------------------------|\r\n"
        "|  0000400000|Erlöse    |    1.234,56-  |\r\n"
        "|  0000140000|Deb. A|B  |    1.250,06   |\r\n"
        '|  0000175000|"Steuer"  |       15,50-  |\r\n'
        "------------------------------------------\r\n",
        table(
            "konto:string text:string saldo_in_hw:double",
            ("0000400000", "Erlöse", -1234.56),
            ("0000140000", "Deb. A|B", 1250.06),
            ("0000175000", '"Steuer"', -15.5),
        ),
        3,
    ),
    Case(
        "list_of_a_database.txt",
        "+----+-------+---------+\n| id | name  | price   |\n+----+-------+---------+\n|  1 | Ann   |   12.50 |\n|  2 | NULL  |    3.25 |\n"
        "|  3 | a b   |  100.00 |\n+----+-------+---------+\n3 rows in set (0.00 sec)\n",
        typed("id:long name:string price:money", (1, "Ann", M("12.50")), (2, "NULL", M("3.25")), (3, "a b", M("100.00"))),
        4,
        aside={8: "name"},
    ),
    Case(
        "fixed_width_ruled.txt",
        "ID    NAME          BORN          AMOUNT\n----- ------------- ---------- ---------\n00001 Ann Smith     1980-02-28     12.50\n"
        "00002 Bob                           3.25\n\n00003 Cid O'Hara    1999-12-31    100.00\n",
        typed(
            "id:string name:string born:date amount:money",
            ("00001", "Ann Smith", D("1980-02-28"), M("12.50")),
            ("00002", "Bob", None, M("3.25")),
            ("00003", "Cid O'Hara", D("1999-12-31"), M("100.00")),
        ),
        3,
    ),
    Case(
        "fixed_width.txt",
        "station     day           temp\nOslo Nord   2024-01-31    -3.5\nBergen      2024-01-31     4.0\nVik         2024-02-01     2.25\n",
        table(
            "station:string day:date temp:double",
            ("Oslo Nord", D("2024-01-31"), -3.5),
            ("Bergen", D("2024-01-31"), 4.0),
            ("Vik", D("2024-02-01"), 2.25),
        ),
        3,
    ),
]

_POINT = pa.struct([("type", pa.string()), ("coordinates", pa.list_(pa.float64()))])
FEATURES = [
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [10.75, 59.91]}, "properties": {"name": "Oslo", "people": 700000}},
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [12.5, 41.9]}, "properties": {"name": "Rome", "people": None}},
]
WRAPPED = [
    Case(
        "places.geojson",
        json.dumps({"type": "FeatureCollection", "name": "places", "features": FEATURES}, indent=1),
        table(
            {"type": pa.string(), "geometry": _POINT, "properties": pa.struct([("name", pa.string()), ("people", pa.int64())])},
            *[(each["type"], each["geometry"], each["properties"]) for each in FEATURES],
        ),
        2,
    ),
    Case(
        "answer.json",
        json.dumps({"status": "ok", "data": {"total": 3, "items": [{"id": 1, "at": "2024-01-31"}, {"id": 2}, {"id": 3, "at": None}]}}),
        table("id:long at:date", (1, D("2024-01-31")), (2, None), (3, None)),
        3,
    ),
    Case(
        "answer.json",
        json.dumps({"status": "ok", "data": {"total": 3, "items": [{"id": 1, "at": "2024-01-31"}, {"id": 2}, {"id": 3, "at": None}]}}),
        table("id:long at:date", (1, D("2024-01-31")), (2, None), (3, None)),
        3,
        reading=Reading(rows="data.items"),
        variant="said",
    ),
]

CASES = [*BANKS, *TOPS, *OFFICES, *LISTS, *WRAPPED]
