"""Which columns are found to hold personal data, and which only look so."""

from __future__ import annotations

import random

import pytest

from workbench.quality.personal import judge as judging
from workbench.quality.personal.base import PersonalDetector, Votes
from workbench.quality.personal.judge import MOST_VALUES, judge
from workbench.quality.scanning import ColumnKind

IBANS = ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "GR1601101250000000012300695", "FR1420041010050500013M02606"]
CARDS = ["4111111111111111", "5555 5555 5555 4444", "378282246310005", "6011000990139424", "2223003122003222", "30569309025904"]
PESELS = ["44051401359", "02070803628", "90010112349", "85010112343", "44051401458", "02271409862", "80010112347", "55030101193"]


def digits(count: int, seed: int, rows: int = 60) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices("0123456789", k=count)) for _ in range(rows)]


def names(*given: str) -> list[str]:
    family = ("Smith", "Müller", "Rossi", "Kowalski", "García", "Papadopoulos")
    return [f"{first} {last}" for first in given for last in family]


PEOPLE = names("Anna", "Peter", "Giulia", "Jan")


@pytest.mark.parametrize(
    ("name", "values", "tag"),
    [
        ("c1", [f"user{n}@example.org" for n in range(9)], "email"),
        ("c1", IBANS, "iban"),
        ("c1", CARDS, "payment card"),
        ("c1", PEOPLE, "person name"),
        (
            "c1",
            ["佐藤 健", "鈴木 花子", "高橋 誠", "田中 実", "伊藤 愛", "渡辺 翔", "山本 茜", "中村 陽", "小林 蓮", "加藤 楓"],
            "person name",
        ),
        ("customer_name", PEOPLE, "person name"),
        ("c1", [f"+49 30 {n}" for n in range(901820, 901830)], "phone"),
        ("mobile_no", digits(10, 1), "phone"),
        ("c1", ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B8", "001b.4411.3ab9", "10:1b:44:11:3a:b7"], "mac address"),
        (
            "c1",
            [f"{n} {street}" for n in range(3) for street in ("Savile Row", "Grove Street", "Mill Lane", "Regent St")],
            "postal address",
        ),
        (
            "c1",
            [f"{street} {n}" for n in range(3) for street in ("Calle 5 #", "Rue Lepic", "Bahnhofstr.", "Hauptstraße")],
            "postal address",
        ),
        ("c1", ["84.23.11.9", "203.0.113.77", "2001:db8::1", "198.51.100.200"], "ip address"),
        ("ssn", digits(9, 4), "national id"),
        ("Geburtsdatum", ["01.02.1980", "31.12.1955", "07.08.1999"], "birth date"),
        ("生年月日", ["1980-02-01", "1955-12-31"], "birth date"),
        ("sexe", ["homme", "femme"], "gender"),
        ("lat", ["52.520008", "48.137154"], "location"),
        ("passport_no", ["C01X00T47", "P12345678"], "passport"),
        ("gross_salary", ["54000", "61000"], "pay"),
        ("blood_type", ["A+", "0-"], "health"),
        ("religion", ["Catholic", "none"], "special category"),
    ],
)
def test_personal_data_is_found(name: str, values: list[str], tag: str) -> None:
    found = judge(name, "text", values)
    assert found is not None and found.tag == tag


@pytest.mark.parametrize(
    ("name", "values", "dataset"),
    [
        ("order_no", digits(10, 2), "silver.orders"),
        ("c1", [iban[:-1] + ("1" if iban[-1] != "1" else "2") for iban in IBANS], ""),
        ("c1", [card[:-1] + str((int(card[-1]) + 1) % 10) for card in CARDS], ""),
        ("c1", digits(9, 3), ""),
        ("c1", digits(11, 3), ""),
        ("c1", digits(16, 3), ""),
        ("created_ms", [f"17{value}" for value in digits(11, 5)], ""),
        ("run", digits(5, 6), "silver.runs"),
        ("version", [f"{a}.{b}.1.12" for a in range(4) for b in range(4)], ""),
        ("c1", [f"{a}.{b}.1.12" for a in range(4) for b in range(4)], ""),
        ("netmask", ["255.255.255.0", "255.255.0.0", "255.0.0.0", "255.255.255.128"], ""),
        ("company", [f"{name} GmbH" for name in PEOPLE], ""),
        ("c1", [f"{name} & Sons Ltd" for name in PEOPLE], ""),
        ("city", ["Paris", "Florence", "Victoria", "Sofia", "Austin", "Madison", "Adelaide", "Sydney", "Denver", "Berlin", "Rome"], ""),
        ("month", ["January", "April", "May", "June", "August"], ""),
        ("latitude", ["52.520008", "48.137154"], "silver.airports"),
        ("store_lat", ["52.520008", "48.137154"], ""),
        ("dimensions", [f"{n}.125, {n}.750" for n in range(20)], ""),
        ("product_name", ["Rose chair", "Victoria lamp", "Charlotte sofa"], ""),
        ("founded", ["01.02.1980", "31.12.1955"], "silver.companies"),
        ("email_template_id", digits(6, 8), ""),
        ("address_type", ["home", "work", "billing"], ""),
        ("note", [f"row {n}" for n in range(40)], ""),
        ("c1", [f"{word} {n}" for n in range(20) for word in ("Unit", "Lane", "Floor", "Box", "Court")], ""),
        ("flag", ["yes", "no"], ""),
        ("empty", [], ""),
        ("nothing", ["n/a", "-", "?", " "], ""),
    ],
)
def test_what_only_looks_so_is_not(name: str, values: list[str], dataset: str) -> None:
    assert judge(name, "text", values, dataset) is None


def test_the_evidence_says_how_many_and_why_and_no_value() -> None:
    found = judge("konto", "text", [*IBANS, "not given"])
    assert found is not None
    assert (found.matched, found.checked) == (4, 5)
    assert found.why == "4 of 5 distinct values pass the checksum of an IBAN; its name goes with it ('konto')"
    assert not any(value in found.why for value in IBANS)


def test_a_bounded_number_of_values_is_looked_at() -> None:
    found = judge("mail", "text", [f"u{n}@example.org" for n in range(5_000)])
    assert found is not None and found.checked == MOST_VALUES


def test_numbers_stored_as_numbers_are_found() -> None:
    found = judge("pesel", "integer", PESELS)
    assert found is not None and found.tag == "national id" and "PESEL" in found.why
    kinds: tuple[ColumnKind, ...] = ("boolean", "nested", "binary", "time")
    assert all(judge("pesel", kind, PESELS) is None for kind in kinds)


def test_amounts_are_no_numbers_of_anybody() -> None:
    amounts = [f"{1_234_567 + n * 1_001}.{n % 90 + 10}" for n in range(40)]
    assert judge("phone", "text", amounts) is not None, "as text they could be"
    assert judge("phone", "decimal", amounts) is None
    assert judge("phone", "decimal", [amount.partition(".")[0] for amount in amounts]) is not None, "without a fraction they are digits"


def test_a_stranger_s_detector_takes_part_and_one_that_fails_costs_nobody_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(values: object, hinted: bool) -> Votes:
        raise RuntimeError("no")

    mine = PersonalDetector("loyalty", lambda values, hinted: Votes(len(values), "the form of a loyalty number"), telling=1.0)
    built_in = judging.detectors()
    monkeypatch.setattr(judging, "detectors", lambda: (PersonalDetector("broken", fails), mine, *built_in))
    found = judge("c1", "text", [f"LOY-{n}" for n in range(20)])
    assert found is not None and found.tag == "loyalty"
