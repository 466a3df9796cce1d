"""The order of hits, as a table of cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog.search import Entry, rank

ENTRIES = [
    Entry("silver.flights", ("year", "tailnum", "dep_delay"), "All departures from New York.", "ada"),
    Entry("bronze.flights_raw", ("year",), "", ""),
    Entry("gold.daily_delay", ("day", "carrier"), "Average delay of flights by carrier.", "Grace Hopper"),
    Entry("silver.größe", ("größe_cm",), "", ""),
    Entry("silver.weather", ("wind_speed",), "x " * 200 + "precipitation here " + "y " * 200, ""),
]


@pytest.mark.parametrize(
    ("query", "best", "where", "text"),
    [
        ("silver.flights", "silver.flights", "name", "silver.flights"),
        ("flights", "silver.flights", "name", "silver.flights"),
        ("FLIGHTS", "silver.flights", "name", "silver.flights"),
        ("flights_r", "bronze.flights_raw", "name", "bronze.flights_raw"),
        ("raw flights", "bronze.flights_raw", "name", "bronze.flights_raw"),
        ("delay", "gold.daily_delay", "name", "gold.daily_delay"),
        ("dep_delay", "silver.flights", "column", "dep_delay"),
        ("dep delay", "silver.flights", "column", "dep_delay"),
        ("tail number", "silver.flights", "column", "tailnum"),
        ("wind", "silver.weather", "column", "wind_speed"),
        ("new york", "silver.flights", "description", "All departures from New York."),
        ("hopper", "gold.daily_delay", "owner", "Grace Hopper"),
        ("flihgts", "silver.flights", "name", "silver.flights"),
        ("wether", "silver.weather", "name", "silver.weather"),
        ("carier", "gold.daily_delay", "column", "carrier"),
        ("GRÖSSE", "silver.größe", "name", "silver.größe"),
    ],
)
def test_the_best_hit(query: str, best: str, where: str, text: str) -> None:
    hit = rank(query, ENTRIES)[0]
    assert (hit.entry.name, hit.where, hit.text) == (best, where, text)


@pytest.mark.parametrize("query", ["", "   ", "%", "()", "zzzzqqq"])
def test_what_fits_nothing_finds_nothing(query: str) -> None:
    assert rank(query, ENTRIES) == []


def test_an_exact_name_comes_before_a_beginning_before_a_word_before_a_description() -> None:
    assert [hit.entry.name for hit in rank("flights", ENTRIES)] == ["silver.flights", "bronze.flights_raw", "gold.daily_delay"]


def test_a_long_description_is_cut_around_the_hit() -> None:
    (hit,) = rank("precipitation", ENTRIES)
    assert "precipitation here" in hit.text
    assert len(hit.text) <= 122
    assert hit.text.startswith("…")
    assert hit.text.endswith("…")


NAMES = st.text(st.sampled_from("abcdef_"), min_size=1, max_size=12)


@given(names=st.lists(NAMES, unique=True, max_size=8), query=st.text(max_size=12))
def test_any_search_is_ordered_within_its_bounds_and_names_each_dataset_once(names: list[str], query: str) -> None:
    entries = [Entry(f"silver.{name}", (f"{name}_id",), f"About {name}.", "ada") for name in names]
    hits = rank(query, entries)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score <= 1 for hit in hits)
    assert len({hit.entry.name for hit in hits}) == len(hits)


@given(names=st.lists(NAMES.filter(lambda name: name.strip("_")), unique=True, min_size=1, max_size=8))
def test_an_exact_full_name_is_always_first(names: list[str]) -> None:
    entries = [Entry(f"silver.{name}") for name in names]
    for entry in entries:
        assert rank(entry.name, entries)[0].entry == entry
