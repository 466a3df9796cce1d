"""Reading a statement costs little, whatever it is made of: it happens where everybody's requests are answered."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from somebody import CLERK, peopled

from tests.patience import slower
from workbench.query import effort
from workbench.query.complete import complete
from workbench.query.decide import decide

from .test_complete import Fixed

NAMES = ("silver.flights", "silver.weather", "gold.planes")
# CPU seconds for one statement, on slower and shared machines: what reading may take, and as much again for what nothing stops.
BOUND = 3 * effort.SECONDS

# (name, what stands before, the piece that is repeated, what stands between two, what stands after)
_REPEATED = [
    ("method calls", "select 'a'", ".upper()", "", ""),
    ("method calls of a column", "select carrier", ".upper()", "", " from silver.flights"),
    ("method calls in brackets", "select ('a')", ".upper()", "", ""),
    ("method calls with arguments", "select 'a'", ".replace('a', lower('b').upper())", "", ""),
    ("methods in a list", "select ", "'a'.upper().lower().trim()", ", ", ""),
    ("struct fields", "select a", ".b", "", " from silver.flights a"),
    ("indexes", "select x", "[1]", "", " from silver.flights"),
    ("slices", "select x", "[1:2]", "", " from silver.flights"),
    ("casts", "select 1", "::int", "", ""),
    ("casts to lists", "select null::int", "[]", "", ""),
    ("arrows", "select x", "->'a'", "", " from silver.flights"),
    ("arrows to text", "select x", "->>'a'", "", " from silver.flights"),
    ("collations", "select 'a'", " collate nocase", "", ""),
    ("time zones", "select x", " at time zone 'UTC'", "", " from silver.flights"),
    ("is null", "select 1", " is null", "", ""),
    ("isnull", "select 1", " isnull", "", ""),
    ("between", "select 1", " between 1 and 2", "", ""),
    ("in", "select 1", " in (1)", "", ""),
    ("like", "select 'a'", " like 'b'", "", ""),
    ("escape", "select 'a'", " like 'b' escape 'c'", "", ""),
    ("sums", "select 1", "+1", "", ""),
    ("products", "select 1", "*1", "", ""),
    ("powers", "select 1", "**1", "", ""),
    ("joined text", "select 'a'", "||'a'", "", ""),
    ("ands", "select 1", " and 1", "", ""),
    ("ors", "select 1", " or 1", "", ""),
    ("nots", "select ", "not ", "", "true"),
    ("minus", "select ", "- ", "", "1"),
    ("tildes", "select ", "~", "", "1"),
    ("comparisons", "select 1", "=1", "", ""),
    ("literals", "select ", "1", ",", ""),
    ("texts", "select ", "'a'", ",", ""),
    ("adjacent texts", "select ", "'a'", "\n", ""),
    ("columns", "select ", "a.b", ",", " from silver.flights a"),
    ("aliases", "select ", "1 as a", ",", ""),
    ("parameters", "select ", "?", ",", ""),
    ("named parameters", "select ", "$a", ",", ""),
    ("stars", "select ", "*", ",", " from silver.flights"),
    ("star excludes", "select * exclude (", "a", ",", ") from silver.flights"),
    ("star replaces", "select * replace (", "1 as a", ",", ") from silver.flights"),
    ("columns()", "select ", "columns('a')", ",", " from silver.flights"),
    ("calls", "select ", "abs(1)", ",", ""),
    ("unknown calls", "select ", "abz(1)", ",", ""),
    ("aggregates", "select ", "sum(a) filter (where b)", ",", " from silver.flights"),
    ("windows", "select ", "sum(a) over (partition by b order by c)", ",", " from silver.flights"),
    ("named windows", "select 1 from silver.flights window ", "w as (order by a)", ",", ""),
    ("cases", "select ", "case when 1 then 2 else 3 end", ",", ""),
    ("whens", "select case ", "when 1 then 2", " ", " end"),
    ("lambdas", "select ", "list_transform([1], x -> x)", ",", ""),
    ("arrow lambdas", "select ", "list_transform([1], lambda x: x)", ",", ""),
    ("structs", "select ", "{'a': 1}", ",", ""),
    ("maps", "select ", "map {'a': 1}", ",", ""),
    ("lists", "select ", "[1]", ",", ""),
    ("comprehensions", "select ", "[x for x in [1]]", ",", ""),
    ("intervals", "select ", "interval 1 day", ",", ""),
    ("dates", "select ", "date '2026-01-01'", ",", ""),
    ("extracts", "select ", "extract(year from a)", ",", " from silver.flights"),
    ("cast calls", "select ", "cast(1 as decimal(3,2))", ",", ""),
    ("struct types", "select null::struct(", "a int", ",", ")"),
    ("tables", "select 1 from ", "silver.flights", ",", ""),
    ("old versions", "select 1 from ", "silver.flights for version as of 1", ",", ""),
    ("old moments", "select 1 from ", "silver.flights for timestamp as of '2026-01-01'", ",", ""),
    ("joins", "select 1 from silver.flights", " join silver.flights on true", "", ""),
    ("joins using", "select 1 from silver.flights", " join silver.flights using (a)", "", ""),
    ("cross joins", "select 1 from silver.flights", " cross join gold.planes", "", ""),
    ("lateral joins", "select 1 from silver.flights", ", lateral (select 1)", "", ""),
    ("unnests", "select 1 from ", "unnest([1])", ",", ""),
    ("ranges", "select 1 from ", "range(1)", ",", ""),
    ("values", "values ", "(1)", ",", ""),
    ("values in from", "select * from (values ", "(1)", ",", ") t"),
    ("subqueries", "select ", "(select 1)", ",", ""),
    ("exists", "select ", "exists (select 1)", ",", ""),
    ("subqueries in from", "select 1 from ", "(select 1)", ",", ""),
    ("unions", "", "select 1", " union ", ""),
    ("unions of all", "", "select 1", " union all ", ""),
    ("unions by name", "", "select 1", " union all by name ", ""),
    ("unions of tables", "", "select a, b from silver.flights where c = 1", " union all ", ""),
    ("excepts", "", "select 1", " except ", ""),
    ("intersects", "", "select 1", " intersect ", ""),
    ("unions of from", "", "from silver.flights", " union ", ""),
    ("withs", "with ", "c{i} as (select 1)", ",", " select 1"),
    ("withs of each other", "with c as (select 1),", "c{i} as (select * from c)", ",", " select 1"),
    ("withs of tables", "with ", "c{i} as (from silver.flights)", ",", " from silver.flights"),
    ("withs of one name", "with ", "c as (select 1)", ",", " select 1"),
    ("recursive withs", "with recursive ", "c{i} as (select 1 union select * from c{i})", ",", " select 1"),
    ("group by", "select 1 from silver.flights group by ", "a", ",", ""),
    ("order by", "select 1 from silver.flights order by ", "a desc nulls last", ",", ""),
    ("grouping sets", "select 1 from silver.flights group by grouping sets (", "(a)", ",", ")"),
    ("pivots", "select 1 from silver.flights ", "pivot (sum(a) for b in (1))", " ", ""),
    ("pivots on values", "pivot silver.flights on ", "a", ",", " using sum(b)"),
    ("pivots using", "pivot silver.flights on a using ", "sum(b)", ",", ""),
    ("pivots of values", "pivot silver.flights on a in (", "1", ",", ") using sum(b)"),
    ("unpivots", "unpivot silver.flights on ", "a", ",", ""),
    ("samples", "select 1 from ", "silver.flights tablesample 1%", ",", ""),
    ("aliased columns", "select 1 from silver.flights t(", "a", ",", ")"),
    ("quoted names", "select ", '"a b"', ",", " from silver.flights"),
    ("comments", "select 1 ", "/* a */", " ", ""),
    ("line comments", "select 1 ", "-- a\n", "", ""),
    ("comments between", "select ", "1 /* a */", ",", ""),
    ("nested comments", "select 1 ", "/*", "", ""),
    ("dollar texts", "select ", "$$a$$", ",", ""),
    ("dollars", "select ", "$a", "", ""),
    ("quotes", "select '", "''", "", "'"),
    ("open quotes", "select ", "'", "", ""),
    ("escapes", "select ", "e'\\n'", ",", ""),
    ("long word", "select ", "a", "", ""),
    ("long number", "select ", "1", "", ""),
    ("points", "select 1", ".", "", ""),
    ("semicolons", "select 1", ";", "", ""),
    ("spaces", "select 1", " ", "", "x"),
    ("newlines", "select", "\n", "", " 1 1"),
    ("other characters", "select '", "é", "", "'"),
    ("calls after other characters", "select 'é', ", "abs(1)", ",", ""),
    ("repeats", "select ", "repeat('a', 1)", ",", ""),
    ("opening", "select ", "(", "", ""),
    ("closing", "select ", ")", "", ""),
    ("selects", "", "select ", "", ""),
    ("froms", "", "from ", "", ""),
    ("with with", "", "with a as (", "", ""),
    ("case case", "select ", "case ", "", ""),
    ("between between", "select 1 ", "between ", "", ""),
    ("in in", "select 1 ", "in ", "", ""),
]
# (name, what opens, the middle, what closes)
_NESTED = [
    ("brackets", "(", "1", ")"),
    ("calls", "abs(", "1", ")"),
    ("two arguments", "least(1,", "1", ")"),
    ("lists", "[", "1", "]"),
    ("structs", "{'a':", "1", "}"),
    ("maps", "map {1:", "1", "}"),
    ("subqueries", "(select ", "1", ")"),
    ("subqueries in from", "(select * from ", "(select 1) t", ") t"),
    ("from", "(from ", "silver.flights", ")"),
    ("exists", "exists (select ", "1", ")"),
    ("in", "1 in (", "1", ")"),
    ("in select", "1 in (select ", "1", ")"),
    ("cases", "case when ", "1", " then 1 end"),
    ("cases in else", "case when 1 then 1 else ", "1", " end"),
    ("casts", "cast(", "1", " as int)"),
    ("try casts", "try_cast(", "1", " as int)"),
    ("struct types", "null::struct(a ", "int", ")"),
    ("types", "struct(a ", "int", ")"),
    ("lambdas", "list_transform([1], x -> ", "x", ")"),
    ("lambdas of two", "list_reduce([1], (x, y) -> ", "x", ")"),
    ("new lambdas", "list_transform([1], lambda x: ", "1", ")"),
    ("comprehensions", "[x for x in ", "[1]", "]"),
    ("methods", "(", "'a'", ").upper()"),
    ("methods of calls", "lower(", "'a'", ").upper()"),
    ("methods in arguments", "'a'.replace(", "'a'", ", 'b')"),
    ("withs", "(with a as (select 1) select ", "1", ")"),
    ("withs in withs", "(with a as ", "(select 1)", " select * from a)"),
    ("unions", "(select 1 union ", "select 1", ")"),
    ("unions left", "(", "select 1", " union select 1)"),
    ("joins", "(silver.flights join ", "silver.flights", " on true)"),
    ("pivots", "(pivot ", "silver.flights", " on a using sum(b))"),
    ("filters", "sum(1) filter (where ", "1", ")"),
    ("windows", "sum(1) over (order by ", "1", ")"),
    ("tuples", "(1,", "1", ")"),
    ("intervals", "interval (", "1", ") day"),
    ("extract", "extract(year from ", "a", ")"),
    ("not", "not (", "1", ")"),
    ("minus", "-(", "1", ")"),
    ("at", "(", "a", ")[1]"),
    ("cast after", "(", "1", ")::int"),
    ("like any", "'a' like any (", "1", ")"),
]


def _repeated(before: str, piece: str, between: str, after: str, times: int) -> str:
    return before + between.join(piece.replace("{i}", str(i)) for i in range(times)) + after


def statements() -> list[tuple[str, str]]:
    found = []
    for name, before, piece, between, after in _REPEATED:
        # As many as may be written, and some fewer: a limit on one thing leaves others to grow.
        most = min(13000, effort.MOST_CHARACTERS // (len(piece) + len(between) + 4))
        found += [(f"{times} {name}", _repeated(before, piece, between, after, times)) for times in (990, most)]
    for name, opening, middle, closing in _NESTED:
        for form, depth in (("select {}", 40), ("select * from {}", 480)):
            text = form.replace("{}", opening * depth + middle + closing * depth)
            found += [(f"{depth} deep {name} in {form}", text)]
    return found


@pytest.mark.timeout(900)
def test_no_statement_is_read_for_long(scale: float) -> None:
    decide("select 1", NAMES)
    took = []
    # Every tenth by default, all of them in the full run.
    for name, text in statements()[:: max(1, round(1 / scale))]:
        began = time.thread_time()
        verdict = decide(text, NAMES)
        took.append((time.thread_time() - began, name, verdict.error.code if verdict.error else "allowed"))
    took.sort(reverse=True)
    print(f"{len(took)} statements; the slowest:")
    for seconds, name, code in took[:15]:
        print(f"{seconds:6.2f} s  {name}: {code}")
    assert took[0][0] < BOUND * slower()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select 'a'" + ".upper()" * 2000, "too_large"),
        ("select '" + "a" * 300_000 + "'", "too_large"),
        ("select " + ",".join(["1"] * 30_000), "invalid_sql"),
        (" union all ".join(["select 1"] * 20_000), "too_large"),
        (" union all ".join(["select 1"] * 2_000), "invalid_sql"),
        ("select * from silver.flights " + "pivot (sum(a) for b in (1)) " * 100, "invalid_sql"),
        ("select 1 " + "/*" * 60_000 + "*/" * 60_000, "too_large"),
        ("select '/*' || " + "/*" * 120_000, "too_large"),
        ("select 1 " + "*/" * 100_000, "too_large"),
        ("select " + "+" * 10_000 + "1", "too_large"),
        ("select 1 *" + "-+" * 5_000 + "1", "too_large"),
    ],
    ids=[
        "method calls",
        "characters",
        "values",
        "long unions",
        "unions",
        "pivots",
        "comments in comments",
        "open comments",
        "odd comments",
        "signs",
        "odd signs",
    ],
)
def test_what_no_honest_statement_holds_is_refused_with_a_way_out(text: str, code: str) -> None:
    decide("select 1", NAMES)
    began = time.thread_time()
    error = decide(text, NAMES).error
    assert error is not None and error.code == code and error.fix
    assert time.thread_time() - began < BOUND * slower()


def test_large_honest_statements_are_read() -> None:
    columns = ", ".join(f"round(sum(f.dep_delay * {i}) / nullif(count(*), 0), 2) as c{i}" for i in range(50))
    ctes = ", ".join(f"x{i} as (select f.carrier, {columns} from silver.flights f where f.month = {i} group by 1)" for i in range(20))
    branches = " union all ".join(
        f"select carrier, '{i}' as part, sum(dep_delay) as late, count(*) filter (where dep_delay > 5) as n from silver.flights "
        f"where month = {i} and carrier in ('AA', 'UA') group by all"
        for i in range(300)
    )
    chained = (
        "select "
        + ", ".join(f"carrier.lower().trim().replace('a', 'b').substr(1, {i}) as k{i}" for i in range(200))
        + " from silver.flights"
    )
    values = "select * from silver.flights where flight in (" + ", ".join(map(str, range(15_000))) + ")"
    commented = "select 1 " + "/* a /* b */ c */ -- */ ----------------------------------------------------------------------\n" * 1_000
    for text in (f"with {ctes} select * from x0 join x1 using (carrier)", branches, chained, values, commented):
        began = time.thread_time()
        assert decide(text, NAMES).error is None, text[:80]
        print(f"{time.thread_time() - began:.2f} s  {text[:40]}")


def test_what_a_wide_result_was_read_through_is_told_in_moments(tmp_path: Path) -> None:
    """Each column looked at all others: a thousand took half a minute of everybody's time, nine thousand an hour."""
    place = peopled(tmp_path / "project")
    columns = [f"{i} as c{i}" if i % 3 else f"pay + {i} as c{i}" for i in range(3000)]
    began = time.thread_time()
    found = place.query.run(f"select {', '.join(columns)} from silver.people", principal=CLERK)
    assert time.thread_time() - began < BOUND * slower()
    assert [one.places for one in found.masked] == [tuple(range(0, 3000, 3))]
    place.close()


@pytest.mark.parametrize(
    "text",
    [
        "select " + "a" * 200_000 + " ",
        "with " + ",".join(f"c{i} as (select 'a'{'.upper()' * 100})" for i in range(200)) + " select ",
        "(" * 30_000 + "select ",
        "select * from " + ",".join(["(select 1) t"] * 5_000) + " where ",
        "select 1;" * 20_000,
    ],
    ids=["word", "withs", "brackets", "subqueries", "statements"],
)
def test_completion_is_as_bounded(text: str) -> None:
    complete("select ", 7, Fixed())
    began = time.thread_time()
    complete(text, len(text), Fixed())
    assert time.thread_time() - began < BOUND * slower()
