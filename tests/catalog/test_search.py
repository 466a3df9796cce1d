"""The order of hits, why they are hits, and that no text breaks a search."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.catalog.index import Entry, Filters, Found, SearchIndex, Visible
from workbench.catalog.index.engine import State


def entry(name: str, columns: tuple[str, ...] = (), description: str = "", owner: str = "", **more: object) -> Entry:
    return Entry(f"uuid-of-{name}", name, columns, description, owner, **more)  # type: ignore[arg-type]


ENTRIES = [
    entry("silver.flights", ("year", "tailnum", "dep_delay"), "All departures from New York.", "ada", updated_at="2026-05-01T00:00:00Z"),
    entry("bronze.flights_raw", ("year",), tags=("unchecked", "Tier 1")),
    entry("gold.daily_delay", ("day", "carrier"), "Average delay of flights by carrier.", "Grace Hopper", terms=("Punctuality",)),
    entry("silver.größe", ("größe_cm",)),
    entry("silver.weather", ("wind_speed",), "x " * 200 + "precipitation here " + "y " * 200),
    entry("bronze.订单明细", ("客户编号", "金额"), "每天的订单"),
    entry("gold.customerOrders2024", ("customer_ID", "netAmount")),
]


def index_of(folder: Path, entries: Iterable[Entry]) -> SearchIndex:
    index = SearchIndex(folder)
    with index.lock(5):
        index.replace(entries, State())
    return index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    return index_of(tmp_path_factory.mktemp("index"), ENTRIES)


@pytest.mark.parametrize(
    ("query", "best", "where", "text"),
    [
        ("silver.flights", "silver.flights", "name", "silver.flights"),
        ("flights", "silver.flights", "name", "silver.flights"),
        ("FLIGHTS", "silver.flights", "name", "silver.flights"),
        ("flights_r", "bronze.flights_raw", "name", "bronze.flights_raw"),
        ("raw flights", "bronze.flights_raw", "name", "bronze.flights_raw"),
        ("flightsraw", "bronze.flights_raw", "name", "bronze.flights_raw"),
        ("delay", "gold.daily_delay", "name", "gold.daily_delay"),
        ("dep_delay", "silver.flights", "column", "dep_delay"),
        ("dep delay", "silver.flights", "column", "dep_delay"),
        ("depdelay", "silver.flights", "column", "dep_delay"),
        ("tail number", "silver.flights", "column", "tailnum"),
        ("wind", "silver.weather", "column", "wind_speed"),
        ("new york", "silver.flights", "description", "All departures from New York."),
        ("unchecked", "bronze.flights_raw", "tag", "unchecked"),
        ("tier 1", "bronze.flights_raw", "tag", "Tier 1"),
        ("hopper", "gold.daily_delay", "owner", "Grace Hopper"),
        ("punctuality", "gold.daily_delay", "term", "Punctuality"),
        ("flihgts", "silver.flights", "name", "silver.flights"),
        ("flghts", "silver.flights", "name", "silver.flights"),
        ("fllights", "silver.flights", "name", "silver.flights"),
        ("flighta", "silver.flights", "name", "silver.flights"),
        ("pucntualtiy", "gold.daily_delay", "term", "Punctuality"),
        ("wether", "silver.weather", "name", "silver.weather"),
        ("carier", "gold.daily_delay", "column", "carrier"),
        ("delays by the carrier", "gold.daily_delay", "name", "gold.daily_delay"),
        ("GRÖSSE", "silver.größe", "name", "silver.größe"),
        ("grosse", "silver.größe", "name", "silver.größe"),
        ("gro\u0308ße", "silver.größe", "name", "silver.größe"),
        ("订单", "bronze.订单明细", "name", "bronze.订单明细"),
        ("明细", "bronze.订单明细", "name", "bronze.订单明细"),
        ("金额", "bronze.订单明细", "column", "金额"),
        ("customer orders", "gold.customerOrders2024", "name", "gold.customerOrders2024"),
        ("net_amount", "gold.customerOrders2024", "column", "netAmount"),
    ],
)
def test_the_best_hit(index: SearchIndex, query: str, best: str, where: str, text: str) -> None:
    hit = index.search(query)[0]
    assert (hit.entry.name, hit.reasons[0].where, hit.reasons[0].text) == (best, where, text)


@pytest.mark.parametrize("query", ["", "   ", "%", "()", "zzzzqqq", "_", ".", "\0", "\ud800", "the", '"'])
def test_what_fits_nothing_finds_nothing(index: SearchIndex, query: str) -> None:
    assert index.search(query) == []


@pytest.mark.parametrize(
    "query",
    [
        "'; DROP TABLE datasets; --",
        "name:flights AND NOT *",
        "flights*",
        "flights~2^9",
        "[a TO z]",
        "(flights",
        '"flights',
        "flights OR",
        "\\",
        "%_%",
    ],
)
def test_what_looks_like_a_command_is_words(index: SearchIndex, query: str) -> None:
    assert all(hit.reasons for hit in index.search(query))
    assert index.search("flights")[0].entry.name == "silver.flights"


@pytest.mark.parametrize(
    "query", ["flights " + "x" * 10_000, "flights " * 1_250, "a" * 10_000, "订" * 10_000, "é" * 10_000, "\u0301" * 10_000]
)
def test_a_query_of_ten_thousand_characters_is_answered(index: SearchIndex, query: str) -> None:
    index.search(query)


def test_an_exact_name_comes_before_a_beginning_before_a_word_before_a_description(index: SearchIndex) -> None:
    assert [hit.entry.name for hit in index.search("flights")] == ["silver.flights", "bronze.flights_raw", "gold.daily_delay"]


def test_every_word_has_its_reason(index: SearchIndex) -> None:
    (hit,) = [hit for hit in index.search("dayly carrier punctuality") if hit.entry.name == "gold.daily_delay"]
    assert {(reason.word, reason.where, reason.text, reason.how) for reason in hit.reasons} == {
        ("dayly", "name", "gold.daily_delay", "typo"),
        ("carrier", "column", "carrier", "exact"),
        ("punctuality", "term", "Punctuality", "exact"),
    }


def test_likenesses_come_only_where_nothing_is_right(tmp_path: Path) -> None:
    index = index_of(tmp_path, [entry("silver.border"), entry("silver.orders", ("order_id",))])
    assert [hit.entry.name for hit in index.search("order")] == ["silver.orders"]
    assert [hit.entry.name for hit in index.search("bordr")] == ["silver.border"]


@pytest.mark.parametrize(
    ("query", "found", "where", "how"),
    [
        ("flihgtdelay", "silver.flight_delay", "name", "typo"),
        ("flightsdelay", "silver.flight_delay", "name", "typo"),
        ("flightdel", "silver.flight_delay", "name", "beginning"),
        ("custmerorder", "silver.customer_orders", "name", "typo"),
        ("custmer_order", "silver.customer_orders", "name", "typo"),
        ("customerorder", "silver.customer_orders", "name", "beginning"),
        ("dailydelay", "gold.daily_delay", "name", "exact"),
        ("dialydelay", "gold.daily_delay", "name", "typo"),
        ("dailydeley", "gold.daily_delay", "name", "typo"),
        ("carrierrevenue", "gold.monthly_carrier_revenue", "name", "beginning"),
        ("carierrevenue", "gold.monthly_carrier_revenue", "name", "typo"),
        ("tailnumbr", "bronze.planes", "column", "typo"),
    ],
)
def test_words_written_as_one_are_found_also_mistyped(tmp_path: Path, query: str, found: str, where: str, how: str) -> None:
    names = ("silver.flight_delay", "silver.customer_orders", "gold.daily_delay", "silver.daily_weather", "gold.monthly_carrier_revenue")
    index = index_of(tmp_path, [entry("bronze.planes", ("tail_number", "seats")), *map(entry, names)])
    hit = index.search(query)[0]
    assert hit.entry.name == found
    assert any((reason.where, reason.how) == (where, how) for reason in hit.reasons)


def test_a_word_that_is_in_a_name_is_not_taken_for_several(tmp_path: Path) -> None:
    index = index_of(tmp_path, [entry("silver.customers"), entry("silver.custom_errors"), entry("silver.orders", ("customer_id",))])
    assert [hit.entry.name for hit in index.search("customers")] == ["silver.customers"]


def test_words_that_a_column_writes_together_and_short_are_found_beside_texts_that_have_them_whole(tmp_path: Path) -> None:
    index = index_of(
        tmp_path,
        [
            entry("bronze.planes", ("plane", "year"), "One row a plane, by its tail number."),
            entry("bronze.flights", ("year", "tailnum")),
            entry("bronze.customers", ("name",)),
        ],
    )
    assert {hit.entry.name for hit in index.search("tail number")} == {"bronze.planes", "bronze.flights"}
    assert {hit.entry.name for hit in index.search("customer number")} <= {"bronze.customers"}


@pytest.mark.parametrize(
    ("filters", "names", "why"),
    [
        (Filters(column="year"), ["silver.flights", "bronze.flights_raw"], ("column", "year")),
        (Filters(tag="tier 1"), ["bronze.flights_raw"], ("tag", "Tier 1")),
        (Filters(owner="ADA"), ["silver.flights"], ("owner", "ada")),
        (Filters(zone="gold"), ["gold.customerOrders2024", "gold.daily_delay"], ("name", None)),
        (Filters(zone="pewter"), [], None),
        (Filters(among=Visible(["uuid-of-silver.größe"])), ["silver.größe"], ("name", None)),
        (Filters(), [], None),
    ],
)
def test_without_words_all_that_meet_the_filters_are_found(
    index: SearchIndex, filters: Filters, names: list[str], why: tuple[str, str | None] | None
) -> None:
    hits = index.search("  ", filters=filters)
    found = [hit.entry.name for hit in hits]
    assert (found if filters.column else sorted(found)) == names, "written to last first"
    assert all((hit.reasons[0].where, hit.reasons[0].text) == (why[0], why[1] or hit.entry.name) for hit in hits if why)
    assert len(index.search("", 1, filters)) == min(1, len(names))
    unseen = Visible(f"uuid-of-{name}" for name in names[1:])
    assert [hit.entry.name for hit in index.search("", filters=filters, visible=unseen)] == names[1:]


def test_a_long_description_is_cut_around_the_hit(index: SearchIndex) -> None:
    (hit,) = index.search("precipitation")
    text = hit.reasons[0].text
    assert "precipitation here" in text
    assert len(text) <= 122
    assert text.startswith("…")
    assert text.endswith("…")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(zone="silver"), {"silver.flights"}),
        (Filters(zone="Silver", column="tail_num"), {"silver.flights"}),
        (Filters(zone="pewter"), set()),
        (Filters(owner="ADA"), {"silver.flights"}),
        (Filters(tag="tier 1"), {"bronze.flights_raw"}),
        (Filters(column="Year"), {"silver.flights", "bronze.flights_raw"}),
        (Filters(updated_since=datetime(2026, 4, 1, tzinfo=UTC)), {"silver.flights"}),
        (Filters(updated_since=datetime(2026, 6, 1, tzinfo=UTC)), set()),
        (Filters(among=Visible({"uuid-of-bronze.flights_raw"})), {"bronze.flights_raw"}),
        (Filters(among=Visible(())), set()),
    ],
)
def test_filters_keep_what_meets_all_of_them(index: SearchIndex, filters: Filters, names: set[str]) -> None:
    assert {hit.entry.name for hit in index.search("flights", filters=filters)} == names


NAMES = st.text(st.sampled_from("abcdef_"), min_size=1, max_size=12)
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def built(tmp_path: Path) -> Callable[[Iterable[Entry]], SearchIndex]:
    return lambda entries: index_of(tmp_path, entries)


def shown(hits: list[Found]) -> list[tuple[str, float, tuple[object, ...]]]:
    return [(hit.entry.name, hit.score, hit.reasons) for hit in hits]


@quick
@given(names=st.lists(NAMES, unique=True, max_size=8), query=st.text(max_size=12))
def test_any_search_is_ordered_within_its_bounds_and_names_each_dataset_once(built: Callable, names: list[str], query: str) -> None:
    hits = built([entry(f"silver.{name}", (f"{name}_id",), f"About {name}.", "ada") for name in names]).search(query)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 < hit.score <= 1 for hit in hits)
    assert len({hit.entry.name for hit in hits}) == len(hits)


@quick
@given(names=st.lists(NAMES.filter(lambda name: name.strip("_")), unique=True, min_size=1, max_size=8))
def test_an_exact_full_name_is_always_first(built: Callable, names: list[str]) -> None:
    index = built([entry(f"silver.{name}") for name in names])
    for name in names:
        assert index.search(f"silver.{name}")[0].entry.name == f"silver.{name}"


@quick
@given(
    names=st.lists(NAMES.filter(lambda name: name.strip("_")), unique=True, min_size=1, max_size=12),
    hidden=st.sets(st.integers(0, 11)),
    query=st.text(st.sampled_from("abcdef_ "), min_size=1, max_size=12),
)
def test_a_reader_sees_what_a_catalog_of_only_the_visible_would_show(
    built: Callable, names: list[str], hidden: set[int], query: str
) -> None:
    """Order, scores and reasons: nothing of a hidden dataset, its words or its mere existence, changes any of them."""
    entries = [entry(f"silver.{name}", (f"{name[::-1]}x",), f"About {name}.") for name in names]
    shows = [each for at, each in enumerate(entries) if at not in hidden]
    among_all = shown(built(entries).search(query, visible=Visible(each.table_uuid for each in shows)))
    assert among_all == shown(built(shows).search(query))


def test_many_hidden_hits_do_not_crowd_out_the_visible(tmp_path: Path) -> None:
    hidden = [entry(f"bronze.orders_{at}", ("order_id",)) for at in range(3_000)]
    visible = [entry(f"silver.copied_{at}", ("order_id",)) for at in range(1_500)]
    index = index_of(tmp_path, [*hidden, *visible])
    few, many = Visible(each.table_uuid for each in visible[:7]), Visible(each.table_uuid for each in visible)
    assert len(index.search("orders", limit=50, visible=few)) == 7
    assert {hit.entry.zone for hit in index.search("order id", limit=50, visible=many)} == {"silver"}
    assert len(index.search("order id", limit=50, visible=many)) == 50
    assert index.search("orders 17", visible=many)[:1] == index.search("orders 17", visible=Visible(many.table_uuids))[:1]
