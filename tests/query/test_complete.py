from __future__ import annotations

import time

import pytest

from workbench.query.complete import Catalog, complete
from workbench.query.text import Splice, place, splice, split_statements


class Fixed(Catalog):
    def names(self) -> tuple[str, ...]:
        return ("gold.planes", "silver.flights", "silver.weather")

    def columns(self, name: str) -> tuple[tuple[str, str], ...]:
        return {
            "silver.flights": (("carrier", "string"), ("dep_delay", "long"), ("odd name", "string")),
            "gold.planes": (("tailnum", "string"), ("year", "long")),
            "silver.weather": (("temp", "double"),),
        }[name]


def at(text: str) -> list[str]:
    """What fits at the bar."""
    position = text.index("|")
    return [one.text for one in complete(text.replace("|", "", 1), position, Fixed())]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("sel|", ["SELECT"]),
        ("select * from sil|", ["silver.flights", "silver.weather"]),
        ("select * from fl|", ["silver.flights"]),
        ("select * from silver.|", ["flights", "weather"]),
        ("select * from silver.fl|", ["flights"]),
        ("select f.| from silver.flights f", ["carrier", "dep_delay", '"odd name"']),
        ("select f.dep| from silver.flights as f where", ["dep_delay"]),
        ("select | from silver.flights", ["carrier", "dep_delay"]),
        ("select | from flights f join planes p on", ["carrier", "dep_delay", '"odd name"', "tailnum", "year", "f", "p"]),
        ("select carrier, | from flights", ["carrier", "dep_delay"]),
        ("select * from flights, |", ["gold.planes", "silver.flights"]),
        ("select * from flights where dep|", ["dep_delay"]),
        ("select * from flights group by car|", ["carrier"]),
        ("select count(|) from flights", ["carrier"]),
        ("with x as (select carrier, 1 as one from flights) select | from x", ["carrier", "one"]),
        ("with x as (select * from flights) select x.| from x", ["carrier", "dep_delay"]),
        ("with x as (select * from flights), y as (select * from x) select y.dep| from y", ["dep_delay"]),
        ("with late as (select 1) select * from la|", ["late"]),
        ("select * from (select carrier as c from flights) s where s.|", ["c"]),
        ("select * from flights f where f.carrier in (select tail| from planes)", ["tailnum"]),
        ("select * from flights for version as of 3 v where v.|", ["carrier"]),
        ('select * from "silver.flights#dev" d where d.|', ["carrier"]),
        ("select 1; select t| from planes", ["tailnum"]),
        ("describe |", ["gold.planes"]),
        ("explain |", ["SELECT"]),
        ("select * from flights left jo|", ["JOIN"]),
        ("select * from flights\nwhere dep_delay > 1 or|", ["ORDER BY", "ORDER BY ALL", "OR"]),
        ('select f."odd| from flights f', ['"odd name"']),
        ('select "odd name", | from "silver"."flights"', ["carrier"]),
    ],
)
def test_what_fits_comes_first(text: str, first: list[str]) -> None:
    found = at(text)
    assert [name for name in found if name in first][: len(first)] == [name for name in first if name in found]
    assert set(first) <= set(found) and found[0] in first


@pytest.mark.parametrize("text", ["select 'fo|", "select 'a' + 'fl|'", "-- sel|", "/* sel|", "select 1 -- fro|"])
def test_nothing_is_offered_inside_quotes_and_comments(text: str) -> None:
    assert at(text) == []


def test_the_word_at_the_cursor_is_replaced() -> None:
    (one,) = complete("select f.dep_x from flights f", 12, Fixed())
    assert (one.text, one.start, one.end, one.kind, one.detail) == ("dep_delay", 9, 14, "column", "long")


@pytest.mark.parametrize(
    "text",
    ["", "(", ")", "select (((", "from from from", "with", "with a as (", "select * from a.b.c.d.", '"', "'", ";;;", "select é from ü"],
)
def test_no_text_is_too_odd(text: str) -> None:
    for position in range(len(text) + 2):
        complete(text, position, Fixed())


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "select " + "not " * 60_000,
        "select " + "a." * 120_000,
        "with " + "a as (select 1), " * 14_000,
        "select 1 from " + "f join " * 30_000,
        "select 1 from flights" + " join flights using (n)" * 9_000,
        "select " + "(" * 240_000,
        "from ((" * 30_000,
    ],
    ids=lambda text: text[:24],
)
def test_nobody_waits_long_for_words_that_fit_a_very_long_text(text: str) -> None:
    """It is read where everybody's calls are answered, and nothing stops it from outside."""
    asked: list[str] = []

    class Counted(Fixed):
        def columns(self, name: str) -> tuple[tuple[str, str], ...]:
            asked.append(name)
            return super().columns(name)

    for position in (len(text), len(text) // 2, 8):
        before = time.thread_time()
        complete(text, position, Counted())
        assert time.thread_time() - before < 10
    assert len(asked) <= 6


def test_functions_are_offered_and_forbidden_ones_are_not() -> None:
    found = complete("select get", 10, Fixed())
    assert "getenv" not in [one.text for one in found] and "getvariable" not in [one.text for one in found]
    assert "date_trunc" in [one.text for one in complete("select date_t", 13, Fixed())]


def test_statements_are_split_outside_quotes_and_comments() -> None:
    text = "select ';' ; -- a ; b\n select $$ ; $$, \"x;y\" /* ; /* ; */ ; */; ;"
    assert [part for _, part in split_statements(text)] == ["select ';'", '-- a ; b\n select $$ ; $$, "x;y" /* ; /* ; */ ; */']
    assert all(text[offset:].startswith(part) for offset, part in split_statements(text))


def test_a_spliced_text_knows_where_its_characters_came_from() -> None:
    text = "select é from a join b"
    spliced = splice(text, [Splice(14, 15, '"silver"."aa"'), Splice(21, 22, "x.b")])
    assert spliced.text == 'select é from "silver"."aa" join x.b'
    assert spliced.original(spliced.text.index("join")) == text.index("join")
    assert spliced.original(spliced.text.index('"aa"')) == 14
    assert spliced.original(7) == 7 and place(text, 7) == (1, 8)
