"""Semantic types: real examples are known by their checksum, list or form, near misses are not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from workbench.quality import semantic
from workbench.quality.detectors import Detector
from workbench.quality.scanning import ColumnKind, Encoded
from workbench.quality.semantic import detect
from workbench.quality.weighted import Weighted


def kind_found(name: str, values: list[Any], kind: ColumnKind = "text") -> str | None:
    found = detect(name, kind, Weighted.counted(Encoded.of(pa.array(values)), kind))
    return found.name if found else None


CARDS = ["4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011000990139424", "2223003122003222"]
IBANS = ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "GR1601101250000000012300695", "FR1420041010050500013M02606"]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("c", ["ada@example.org", "a.b+c@mail.example.co.uk", "ζωή@παράδειγμα.ελ"], "email"),
        ("c", ["ada@", "not an address", "@example.org"], None),
        ("c", IBANS, "iban"),
        ("c", [iban[:-1] + ("1" if iban[-1] != "1" else "2") for iban in IBANS], None),
        ("c", CARDS, "payment_card"),
        ("c", [card[:-1] + str((int(card[-1]) + 1) % 10) for card in CARDS], None),
        ("c", ["0000000000000000", "9111111111111111"], None),
        ("c", ["+30 210 1234567", "+49 30 901820", "+1 (212) 555-0100"], "phone"),
        ("phone", ["(212) 555-0100", "646-555-0123"], "phone"),
        ("c", ["(212) 555-0100", "646-555-0123"], None),
        ("country", ["GR", "DE", "US"], "country"),
        ("country_code", ["GRC", "DEU", "USA"], "country"),
        ("c", ["Greece", "Germany", "United States"], "country"),
        ("state", ["GR", "DE", "US"], None),
        ("currency", ["EUR", "USD", "JPY"], "currency"),
        ("currency", ["EUR", "USD", "XQQ"], None),
        ("lang", ["en", "el", "pt-BR"], "language"),
        ("url", ["https://example.org/a?b=c", "http://localhost:8888", "ftp://x.example/y"], "url"),
        ("c", ["10.0.0.1", "192.168.1.255", "2001:db8::1"], "ip_address"),
        ("c", ["10.0.0.256", "1.2.3"], None),
        ("c", ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B8"], "mac_address"),
        ("c", ["123e4567-e89b-12d3-a456-426614174000"], "uuid"),
        ("zipCode", ["10115", "SW1A 1AA", "K1A 0B1"], "postal_code"),
        ("c", ["12 %", "3.5%", "100%"], "percentage"),
        ("c", ["2013-01-01", "31/12/2013", "1 Jan 2020"], "date_text"),
        ("c", ["2013-13-45", "99/99/9999"], None),
        ("dest", ["ATH", "JFK", "LHR"], "airport"),
        ("c", ["ABC", "XYZ", "QQQ"], None),
        ("name", ["Ada", "Zoë", "Grace"], None),
    ],
)
def test_texts(name: str, values: list[str], expected: str | None) -> None:
    assert kind_found(name, values) == expected


def test_coordinates_need_their_name_and_their_range() -> None:
    assert kind_found("latitude", [37.98, -33.9], "float") == "latitude"
    assert kind_found("dest_lon", [23.7, 151.2], "float") == "longitude"
    assert kind_found("latitude", [37.98, 133.9], "float") is None
    assert kind_found("speed", [37.98, 33.9], "float") is None


def test_a_few_wrong_values_do_not_hide_a_type_and_many_do() -> None:
    good = [f"user{i}@example.org" for i in range(95)]
    found = detect("c", "text", Weighted.counted(Encoded.of(pa.array([*good, *"abcde"])), "text"))
    assert found is not None
    assert (found.name, found.matched, found.checked, found.hinted) == ("email", 95, 100, False)
    assert kind_found("c", good[:50] + [f"x{i}" for i in range(50)]) is None


def test_an_installed_detector_is_asked_and_one_that_raises_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> bool:
        raise RuntimeError(text)

    def plate(text: str) -> bool:
        return text.startswith("N") and text[1:2].isdigit()

    monkeypatch.setattr(semantic, "detectors", lambda: (Detector("broken", broken), Detector("tail_number", plate)))
    assert kind_found("c", ["N725MQ", "N722MQ"]) == "tail_number"
