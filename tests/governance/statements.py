"""Random statements over ``silver.people``, ``silver.visits`` and ``silver.open``, such as people write: most of them return rows, though
much in them would fail on rows that are hidden (a text that is no number, a nought, a number that is too large)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

__all__ = ["statement", "statements"]

_NUMBERS = ("p.id", "p.n", "p.score", "p.level", "p.pay", "length(p.mail)", "p.txt::int", "p.big", "year(p.born)")
_TEXTS = ("p.name", "p.region", "p.mail", "p.phone", "p.ssn", "p.code", "p.txt", "p.home.street", "p.list[1]")
_HOLE = re.compile(r"(\{\w+\})")
# Each stands for a shape: {n} a number, {s} a text, {b} a condition, {c} a small constant.
_ON_NUMBERS = (
    "({n} + {c})", "({n} - {n})", "{n} * {c}", "{n} // p.n", "{n} % p.n", "{c} / p.n", "abs({n})", "coalesce({n}, {c})", "nullif({n}, {c})",
    "case when {b} then {n} else {c} end", "length({s})", "({n})::double", "{s}::int", "({n})::tinyint", "({n} * 9223372036854775807)", "try_cast({s} as int)", "greatest({n}, {c})", "p.big + p.id",
    "(p.id * 1000)::smallint", "p.txt::tinyint", "1000 // (p.n * p.n)", "strpos({s}, 'a')", "(p.big - 1)::int", "len(p.list)", "p.home.no",
    "(select max(q.id) from silver.people q where q.n = p.n)", "(select count(*) from silver.visits v where v.person = p.id)",
    "(select sum(v.fee) from silver.visits v where v.person = p.id and v.memo > {c}::varchar)", "date_diff('day', date '2020-01-01', p.day::date)",
    "round({n}, 1)", "sign({n})", "[p.n, {c}][1]", "struct_pack(a := {n}, b := {c}).a", "list_sum([x * {c} for x in [p.n, p.txt::int]])",
)  # fmt: skip
_ON_TEXTS = (
    "upper({s})", "({s} || {s})", "left({s}, {c})", "substring({s}, 2, {c})", "({n})::varchar", "coalesce({s}, 'none')", "replace({s}, 'a', 'b')",
    "case when {b} then {s} else 'else' end", "md5({s})", "lpad(p.txt, 5, '0')", "strftime(p.day::date, '%Y-%m')", "string_split({s}, ' ')[1]",
    "regexp_replace({s}, '[0-9]+', '#')", "reverse({s})", "(select min(q.name) from silver.people q where q.txt::int > p.n)", "concat({s}, {n})",
)  # fmt: skip
_CONDITIONS = (
    "{n} > {c}", "{n} <= {n}", "{s} = {s}", "{s} like '%a%'", "{s} is not null", "{n} is null", "not ({b})", "({b} and {b})", "({b} or {b})",
    "{n} between {c} and 40", "p.n in ({c}, 1, 2, 3)", "p.txt::int >= 0", "1 // p.n >= 0", "p.day::date > '2019-01-01'", "p.big + {c} > 0",
    "exists (from silver.visits v where v.person = p.id)", "p.id in (select person from silver.visits)", "p.id <= (select max(id) from silver.people)",
    "p.region in ('north', 'south', 'east')", "p.id < 1000", "p.phone is null", "starts_with({s}, 'n')", "{n} is distinct from {c}", "true",
)  # fmt: skip
_AGGREGATES = (
    "count(*)", "count(distinct {s})", "sum({n})", "min({n})", "max({n})", "min({s})", "max({s})", "bool_or({b})", "count({n}) filter (where {b})",
    "avg(p.n)", "sum(p.txt::int)", "max(p.big + 1)", "list({n} order by p.id)", "string_agg({s}, ',' order by p.id)", "arg_max({s}, p.id)",
    "approx_count_distinct({s})", "median(p.n)", "count_if({b})", "mode(p.region order by p.id)", "stddev_pop(p.n::int)", "histogram(p.region)",
)  # fmt: skip
_WINDOWS = (
    "row_number() over (order by p.id)", "rank() over (order by {n}, p.id)", "sum({n}) over (partition by p.region order by p.id)",
    "lag({s}) over (order by p.id)", "first_value({n}) over (partition by p.n order by p.id)", "count(*) over ()", "ntile(3) over (order by p.id)",
    "max(p.txt::int) over (order by p.id rows 2 preceding)", "max({s}) over (partition by p.region)",
)  # fmt: skip
_KEYS = ("p.region", "p.n", "p.mail", "p.flag", "p.born", "p.n % 2 = 0")
_ROWS = ("row_number() over (order by p.id)", "rank() over (order by p.n, p.id)", "count(*) over (order by p.id)")
_FROM = (
    "silver.people p", "silver.people p", "silver.people p", "(select * from silver.people) p", "(from silver.people where n > 0) p",
    "(select * from silver.people union all select * from silver.people) p", "(select distinct on (id) * from silver.people order by id) p",
)  # fmt: skip
_JOINED = (
    "{f} join silver.visits v on v.person = p.id", "{f} left join silver.visits v on v.person = p.id and v.fee >= {c}", "{f} semi join silver.visits v on v.person = p.id",
    "{f} anti join silver.visits v on v.person = p.id", "{f} join silver.open o on o.id = p.id", "{f} cross join (select count(*) k from silver.visits) k",
    "{f} join silver.people q on q.id = p.id + 1", "{f} left join (select person, max(memo::varchar) m from silver.visits group by all) v on v.person = p.id",
    "{f} join silver.visits v on v.person = p.txt::int", "{f}, lateral (select v.fee from silver.visits v where v.person = p.id limit 1) l",
    "{f} asof join silver.open o on p.id >= o.id", "{f} join range(1, 50) r(i) on r.i = p.id and 1 // p.n >= 0",
)  # fmt: skip
_QUERIES = (
    "select {s}::int as v, {x} from {f} where {b}", "select {n} * 9223372036854775807 as v, {s} from {j}", "select {s}::date from {j} where {b} limit {c}",
    "select {x}, {x} from {f} where {b}", "select p.id, {x} from {f} where {b} order by all limit {c}", "select {x}, {w} from {f}",
    "select distinct {x} from {f} where {b}", "select {g}, {a}, {a} from {f} where {b} group by all", "select {a}, {a} from {f} where {b}",
    "select {x}, {x} from {j} where {b}", "select {a}, {a} from {j} where {b}", "select {g}, {a} from {j} group by all having count(*) > 0",
    "with c as (select p.id, {x} as v from {f} where {b}) select v, count(*) from c group by all", "select {x} from {f} where {b} union select {x} from {f}",
    "select {s} from {f} except select {s} from {f} where {b}", "select {n} from {f} intersect select {n} from {f}", "select p.id from {f} qualify {w2} < 9",
    "with c as materialized (select p.* from {f} where {b}) select max(id), min(mail), count(*) from c", "select * from {f} where {b} order by {n}, p.id",
    "select p.region, {a} from {f} group by rollup (p.region)", "select count(*) from {f} where {b} and {b}", "select * exclude (n) from {f} order by p.id desc limit {c}",
    "pivot (select p.region, p.n, {n} as v from {f}) on region in ('north', 'east', 'south') using max(v) group by n",
    "with recursive r(i) as (select min(p.id) from {f} union select i + 1 from r where i < {c}) select i, {c} from r",
    "select unnest([{s}, p.region]) as u from {f}", "select v.memo, v.fee from silver.visits v where v.fee is not null and v.person::varchar < '9'",
    "select * from (select {x} as a, {w} as b from {f}) where b is not null or a is null", "summarize select p.id, p.n, p.region, p.ssn from {f}",
)  # fmt: skip


_LEAVES = ("{n} > {c}", "{n} <= {c}", "{s} is not null", "p.txt::int >= 0", "1 // p.n >= 0", "p.big + {c} > 0", "p.id < 1000", "true")

Pick = Callable[[Sequence[str]], str]


def _fill(pick: Pick, shape: str, depth: int) -> str:
    """The shape with its holes filled; below a depth by columns only."""
    return "".join(_hole(pick, part[1:-1], depth) if part.startswith("{") else part for part in _HOLE.split(shape))


def _hole(pick: Pick, hole: str, depth: int) -> str:
    deeper = depth > 0 and pick("123") > "1"
    match hole:
        case "n" | "s":
            columns, shapes = (_NUMBERS, _ON_NUMBERS) if hole == "n" else (_TEXTS, _ON_TEXTS)
            return _fill(pick, pick(shapes), depth - 1) if deeper else pick(columns)
        case "b":
            return _fill(pick, pick(_CONDITIONS if deeper else _LEAVES), depth - 1)
        case "x":
            return _hole(pick, pick("ns"), depth)
        case "c":
            return pick("123456789")
        case "a" | "w" | "j":
            return _fill(pick, pick({"a": _AGGREGATES, "w": _WINDOWS, "j": _JOINED}[hole]), depth - 1)
        case _:
            return pick({"f": _FROM, "g": _KEYS, "w2": _ROWS}[hole])


def statement(pick: Pick) -> str:
    """One statement, of what is picked."""
    return _fill(pick, pick(_QUERIES), 2)


@st.composite
def statements(draw: Any) -> str:
    """The same, as hypothesis picks."""
    return statement(lambda options: draw(st.sampled_from(options)))
