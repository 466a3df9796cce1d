"""The decision, as a table of cases. Pure: no lake, no engine session."""

from __future__ import annotations

import pytest

from workbench.engines.duckdb import parse
from workbench.query.decide import decide

NAMES = ("silver.flights", "gold.planes", "silver.weather", "bronze.notes", "silver.notes", "silver.größe")

ALLOWED = [
    ("select 1", ()),
    ("SELECT 1;", ()),
    ("-- a comment\nselect 1 -- another\n;", ()),
    ("select ';' as semicolon", ()),
    ("select * from silver.flights", ("silver.flights",)),
    ("select * from SILVER.Flights", ("silver.flights",)),
    ("select * from flights", ("silver.flights",)),
    ('select * from "silver"."flights"', ("silver.flights",)),
    ('select * from "silver.flights"', ("silver.flights",)),
    ('select * from "silver.flights#dev"', ("silver.flights",)),
    ('select * from silver."flights#dev" f', ("silver.flights",)),
    ('select * from "silver.flights@42"', ("silver.flights",)),
    ("select * from flights for version as of 42", ("silver.flights",)),
    ("select * from flights for version as of 'v1'", ("silver.flights",)),
    ("select * from flights for timestamp as of '2026-01-01' as f", ("silver.flights",)),
    ("select * from flights at (version => 42)", ("silver.flights",)),
    ("select * from silver.größe", ("silver.größe",)),
    ("from flights", ("silver.flights",)),
    ("from flights select carrier", ("silver.flights",)),
    ("table flights", ("silver.flights",)),
    ("values (1), (2)", ()),
    ("(select 1)", ()),
    # To sqlglot alone, what stands between is a text.
    ("select $x+$y, (select max(n) from planes), $x+$y from flights where a in ($x,$y)", ("gold.planes", "silver.flights")),
    ("select $1||$2, a$b, $$ $x,$y from notes $$, $t$$x,$y$t$ /* $x,$y */ from flights -- $x,$y", ("silver.flights",)),
    ("select * from flights, planes", ("silver.flights", "gold.planes")),
    ("select * from flights f join planes p using (tailnum)", ("silver.flights", "gold.planes")),
    ("select * from flights f left join planes p on f.tailnum = p.tailnum", ("silver.flights", "gold.planes")),
    ("select * from flights asof join weather using (origin, time_hour)", ("silver.flights", "silver.weather")),
    ("select * from flights positional join planes", ("silver.flights", "gold.planes")),
    ("select * from flights cross join planes", ("silver.flights", "gold.planes")),
    ("select * from flights semi join planes using (tailnum)", ("silver.flights", "gold.planes")),
    ("select * from flights natural join planes", ("silver.flights", "gold.planes")),
    ("select 1 from flights union all select 2 from planes", ("silver.flights", "gold.planes")),
    ("select 1 from flights intersect select 2 from planes", ("silver.flights", "gold.planes")),
    ("select 1 as a from flights union by name select 2 as b from planes", ("silver.flights", "gold.planes")),
    ("with f as (select * from flights) select * from f", ("silver.flights",)),
    ("with flights as (select * from flights) select * from flights", ("silver.flights",)),
    ("with flights as (select * from planes) select * from flights", ("gold.planes",)),
    ("with a as (select 1 as x), b as (select * from a) select * from a, b", ()),
    ("with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select * from r", ()),
    ("with recursive r(n) as ((select 1 union select 2) union (select n + 1 from (from r) where n < 5)) from r", ()),
    (
        "with recursive r as (with u as (from planes) select 1 as n from u union all select n + 1 from r where n < 5) from r",
        ("gold.planes",),
    ),
    ("with recursive flights as (from flights) from flights", ("silver.flights",)),
    ("with recursive planes as (select 1 as n from planes union select n + 1 from planes) from planes", ("gold.planes",)),
    ("with a as (select 1 as x) from (with b as (from a) from b) union from a", ()),
    ("with a as (select 1 as x) from (with a as (from a) from a)", ()),
    ("with a as (select 1 as x) from (describe a)", ()),
    ("with A as (select 1 as x) from a", ()),
    ("select * from (with a as (select 1) select * from a) x, flights", ("silver.flights",)),
    ("with a as materialized (select 1 from planes) select * from a", ("gold.planes",)),
    ("select (select max(year) from planes) from flights", ("gold.planes", "silver.flights")),
    ("select * from flights where tailnum in (select tailnum from planes)", ("silver.flights", "gold.planes")),
    ("select * from flights f where exists (select 1 from planes p where p.tailnum = f.tailnum)", ("silver.flights", "gold.planes")),
    ("select * from flights, lateral (select 1)", ("silver.flights",)),
    ("select carrier, count(*) from flights group by all order by all limit 3", ("silver.flights",)),
    ("select carrier from flights group by grouping sets ((carrier), ())", ("silver.flights",)),
    ("select grouping(carrier) from flights group by rollup (carrier)", ("silver.flights",)),
    ("select sum(x) over (partition by a order by b rows between 1 preceding and current row) from flights", ("silver.flights",)),
    ("select row_number() over w from flights window w as (order by a) qualify row_number() over w < 3", ("silver.flights",)),
    (
        "select count(distinct a) filter (where b), list(a order by b), first_value(a ignore nulls) over () from flights",
        ("silver.flights",),
    ),
    ("select * exclude (a) replace (b + 1 as b) from flights", ("silver.flights",)),
    ("select columns('dep_.*') from flights", ("silver.flights",)),
    ("select x::date, try_cast(y as int), cast(z as struct(a int)) from flights", ("silver.flights",)),
    ("select a->>'$.b', json_extract(a, '$.c') from flights", ("silver.flights",)),
    ("select repeat('-', 80), lpad(a, 5, '0'), rpad(a, 3::int, ' '), repeat('x', least(n, 100)) from flights", ("silver.flights",)),
    ("select format('{} {:>10} {{}} {:.2f}', a, b, c), printf('%s %5.1f %05d', a, b, c) from flights", ("silver.flights",)),
    ("select range(10), generate_series(1, month), generate_series(d, e, interval 1 day) from flights", ("silver.flights",)),
    ('select from_json(a, \'{"b": ["INTEGER"]}\'), a::json, a::struct(b int[]) from flights', ("silver.flights",)),
    ("select list_transform([1, 2], lambda x: x + 1), [x * 2 for x in [1, 2] if x > 1]", ()),
    ("select {'a': 1}.a, map {'a': 1}, [1, 2][1], l[1:2] from flights", ("silver.flights",)),
    ("select a like 'x%', a ilike 'y', a similar to 'z', a ~ 'w', a between 1 and 2, a is null from flights", ("silver.flights",)),
    ("select case when a then 1 else 2 end, coalesce(a, b), nullif(a, b), ifnull(a, 1), if(a, 1, 2) from flights", ("silver.flights",)),
    ("select extract(year from d), date_trunc('month', d), d + interval 1 day, current_date, now() from flights", ("silver.flights",)),
    ("select position('a' in b), substring(a from 1 for 2), trim(both 'x' from a) from flights", ("silver.flights",)),
    ("select * from flights tablesample 10%", ("silver.flights",)),
    ("select * from flights using sample 5 rows", ("silver.flights",)),
    ("select * from unnest([1, 2]) as u(x)", ()),
    ("select unnest([1, 2])", ()),
    ("select * from range(10)", ()),
    ("select * from generate_series(1, 3) as g(i)", ()),
    ("select * from (values (1, 'a')) as v(x, y)", ()),
    ("select typeof(a), pg_typeof(a), hash(a), md5(a), uuid(), random() from flights", ("silver.flights",)),
    ("select $month from flights where $carrier = carrier", ("silver.flights",)),
    ("select * from flights where month = ? and carrier = ?", ("silver.flights",)),
    ("pivot flights on origin in ('JFK', 'LGA') using count(*)", ("silver.flights",)),
    ("pivot flights on origin using count(*) group by carrier", ("silver.flights",)),
    ("select * from flights pivot (count(*) for origin in ('JFK', 'LGA'))", ("silver.flights",)),
    ("unpivot flights on a, b into name n value v", ("silver.flights",)),
    ("select flights.carrier, silver.flights.month from silver.flights", ("silver.flights",)),
    ("select flights from flights", ("silver.flights",)),
    ("explain select * from flights", ("silver.flights",)),
    ("explain analyze select * from flights", ("silver.flights",)),
    ("describe flights", ("silver.flights",)),
    ("desc silver.flights", ("silver.flights",)),
    ("describe select 1 as a from planes", ("gold.planes",)),
    ("show flights", ("silver.flights",)),
    ("summarize flights", ("silver.flights",)),
    ("summarize select * from planes", ("gold.planes",)),
    ("show tables", ()),
    ("show all tables;", ()),
    ("select e'x', $$text; with 'quotes'$$, $tag$more; $$ text$tag$", ()),
]


@pytest.mark.parametrize(("sql", "tables"), ALLOWED, ids=[sql[:60] for sql, _ in ALLOWED])
def test_allowed(sql: str, tables: tuple[str, ...]) -> None:
    verdict = decide(sql, NAMES)
    assert verdict.error is None, str(verdict.error)
    assert {relation.dataset for relation in verdict.relations} == set(tables)


FORBIDDEN = [
    # WITH RECURSIVE makes a name known in the right arm of its UNION only: elsewhere it is DuckDB's own view, or a file.
    "with recursive duckdb_views as (from duckdb_views) select sql from duckdb_views, flights",
    "with recursive pg_settings as (from pg_settings) select name, setting from pg_settings",
    "with recursive pg_settings as (select name from (from pg_settings) union select 1) from pg_settings",
    "with recursive pg_settings as (from pg_settings union from pg_settings) from pg_settings",
    "with recursive pg_settings as (with u as (from pg_settings) from u union from pg_settings) from pg_settings",
    "with recursive r as (from r) from r",
    "with recursive r as (select 1 as n intersect select n from r) from r",
    "with recursive r as (select n from (from r) union select 1) from r",
    "with recursive r as (select (select max(n) from r) as n union select n from r) from r",
    "with recursive r as (from (describe r)) from r",
    "with recursive r as (with u as (from r) from u union select 1) from r",
    'with recursive "/lake/x.parquet" as (from "/lake/x.parquet") from "/lake/x.parquet", flights',
    'with "/lake/x.parquet" as (select 1) from "/lake/x.parquet"',
    'with "x.parquet" as (select 1) from "x.parquet"',
    'with "c:\\x" as (select 1) from "c:\\x"',
    "with pg_settings as (select 1) from pg_settings",
    "with DuckDB_Views as (select 1) from duckdb_views",
    "with sqlite_master as (select 1) from sqlite_master",
    "with pragma_database_list as (select 1) from pragma_database_list",
    "with information_schema as (select 1) from information_schema",
    "with __rows_0 as (select 1) from __rows_0",
    # A letter that is another's in Unicode's eyes alone.
    'with "pg_ſettings" as (select 1) from pg_settings',
    # Deep JSON ends the process in these.
    "select json_structure(a) from flights",
    "select json_group_structure(a) from flights",
    "select json_merge_patch(a, b) from flights",
    "select json_contains(a, b) from flights",
    "select from_json(a, b) from flights",
    "select json_transform('[1]', repeat('[', 100000) || repeat(']', 100000))",
    f"select from_json('[1]', '{'[' * 500}{']' * 500}')",
    "select a::json::variant from flights",
    "select try_cast(a as variant[]) from flights",
    "select cast(a as struct(b variant)) from flights",
    "select variant_typeof(a) from flights",
    # One call that would take all memory.
    "select len(repeat(chr(65 + (range % 20)::int), 500000000)) from range(2000)",
    "select repeat('x', n) from flights",
    "select repeat('x', $n)",
    "select lpad('x', 1000000000, 'y')",
    "select rpad('x', month * 1000000, 'y') from flights",
    "select list_resize([1], 500000000)",
    "select bitstring('0', 2000000000)",
    "select repeat(upper(repeat('x', 1000000)), 1000000)",
    "select format('{:>2000000000}', 'a')",
    "select format('{:{}}', 'a', 2000000000)",
    "select printf('%2000000000d', 1)",
    "select printf('%*d', 2000000000, 1)",
    "select printf(a, 1) from flights",
    "select len(range(2000000000))",
    "select * from read_parquet('/lake/x.parquet')",
    "select * from parquet_scan('/lake/x.parquet')",
    "select * from read_csv('/etc/passwd')",
    "select * from read_csv_auto('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from read_json('x.json')",
    "select * from read_ndjson_objects('x.json')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from glob('/**')",
    "select * from '/etc/passwd'",
    "select * from 'lake/x.parquet'",
    'select * from "lake/x.parquet"',
    "from 'x.csv'",
    "from 's3://bucket/x.parquet'",
    "select * from flights, 'x.parquet'",
    "with \"x.parquet\" as (select 1) select * from (select * from 'x.parquet')",
    "select (select count(*) from read_parquet('x')) from flights",
    "with a as (select * from read_csv('x')) select 1",
    "describe 'x.parquet'",
    "describe select * from read_parquet('x')",
    "summarize 'x.csv'",
    "explain select * from read_parquet('x')",
    "pivot read_parquet('x') on a using sum(b)",
    "pivot flights on a in ('a') using getenv('x')",
    "pivot flights on a using getenv('x')",
    "select * from parquet_metadata('x')",
    "select * from parquet_schema('x')",
    "select * from parquet_kv_metadata('x')",
    "select * from duckdb_views()",
    "select * from duckdb_tables()",
    "select * from duckdb_settings()",
    "select * from duckdb_secrets()",
    "select * from duckdb_functions()",
    "select * from duckdb_logs",
    "select sql from duckdb_views() as v",
    "select * from pragma_table_info('flights')",
    "select * from pragma_database_size()",
    "select * from query('select 1')",
    "select * from query_table('flights')",
    "select * from json_execute_serialized_sql('x')",
    "select * from summary(flights)",
    "select * from histogram_values(flights, month)",
    "select * from seq_scan('x')",
    "select * from arrow_scan(1, 2, 3)",
    "select * from pandas_scan(1)",
    "select * from python_map_function(1)",
    "select * from test_all_types()",
    "select * from which_secret('x', 's3')",
    "select * from sqlite_scan('x', 'y')",
    "select * from postgres_scan('x', 'y', 'z')",
    "select * from iceberg_scan('x')",
    "select * from delta_scan('x')",
    "select getenv('HOME')",
    "select GETENV('HOME') from flights",
    "select upper(getenv('HOME'))",
    "select list_transform([1], lambda x: getenv('HOME'))",
    "select 1 from flights order by getenv('HOME')",
    "select 1 from flights where getenv('HOME') = 'x'",
    "select sum(1) over (order by getenv('HOME'))",
    "select current_setting('memory_limit')",
    "select getvariable('x')",
    "select nextval('x')",
    "select pg_get_viewdef(1)",
    "select json_serialize_sql('select 1')",
    "select json_serialize_plan('select 1')",
    "select write_log('x')",
    "select pg_sleep(10)",
    "select sleep_ms(10)",
    "select in_search_path('x', 'y')",
    "select stats(month) from flights",
    "select setseed(1)",
    "create temp view v as select 1",
    "create view if not exists v as select 1",
    "create view v as insert into flights values (1)",
    "create recursive view v (n) as select 1",
    "create temp table x (a int)",
    "create macro f(x) as x + 1",
    "create secret s (type s3)",
    "copy flights to '/tmp/x.parquet'",
    "copy (select 1) to '/tmp/x.csv'",
    "copy flights from '/tmp/x.csv'",
    "export database '/tmp/x'",
    "import database '/tmp/x'",
    "attach '/tmp/x.db' as x",
    "detach x",
    "install httpfs",
    "force install httpfs from 'http://x'",
    "load httpfs",
    "set memory_limit = '1TB'",
    "set global enable_external_access = true",
    "set variable x = 1",
    "reset memory_limit",
    "pragma database_list",
    "pragma show_tables",
    "pragma enable_profiling",
    "call pragma_version()",
    "use silver",
    "begin",
    "begin transaction",
    "commit",
    "rollback",
    "checkpoint",
    "vacuum",
    "analyze",
    "prepare p as select 1",
    "execute p",
    "deallocate p",
    "grant select on flights to x",
    "with a as (delete from flights) select 1",
    "with a as (insert into flights values (1) returning *) select * from a",
    "describe insert into flights values (1)",
    "summarize delete from flights",
    "insert into flights select * from (delete from planes)",
    "insert into flights values (1) returning *",
    "insert or replace into flights values (1)",
    "insert into flights values (1) on conflict do nothing",
    "insert into flights (a) values (1) on conflict (a) do update set a = 2",
    "insert into '/tmp/x.parquet' values (1)",
    "update 'x.csv' set a = 1",
    "update flights set (a, b) = (1, 2)",
    "update flights set flights.a = 1",
    "update flights set a = 1, A = 2",
    "delete from flights returning *",
    "delete from flights, planes",
    "truncate flights, planes",
    "create table x.y (a int primary key)",
    "create table x.y (a int default 3)",
    "create temp table x as select 1",
    "create schema x",
    "create index i on flights (a)",
    "create type t as enum ('a')",
    "create sequence s",
    "drop schema silver cascade",
    "drop table flights cascade",
    "alter table flights add column x int default 3",
    "alter table flights alter column a type int using a + 1",
    "alter table flights alter column a set not null",
    "alter table flights alter column a drop default",
    "alter schema silver rename to x",
    "merge into flights using planes on true when matched then insert values (1)",
    "merge into flights using planes on true when not matched then delete",
    "merge into flights using (select 1) on true when matched then delete",
    "merge into flights using planes on true when matched then update set a = 1 returning *",
    "explain analyze delete from flights",
    "explain copy flights to 'x'",
    "/* hidden */ set x = 1",
    "-- hidden\nattach 'x'",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_forbidden_says_what_to_do_instead(sql: str) -> None:
    verdict = decide(sql, NAMES)
    assert verdict.error is not None, verdict.sql
    assert verdict.error.code in ("forbidden", "invalid_sql", "dataset_not_found"), verdict.error
    assert verdict.error.fix
    assert not verdict.allowed and verdict.reasons


REFUSED = [
    ("", "invalid_sql", None),
    ("-- nothing", "invalid_sql", None),
    (";", "invalid_sql", None),
    ("select 1; select 2", "invalid_sql", "1:11"),
    ("select 1;\nattach 'x'", "invalid_sql", "2:1"),
    ("select 1; drop table flights", "invalid_sql", "1:11"),
    ("selec 1", "invalid_sql", "1:1"),
    ("select * frm flights", "invalid_sql", "1:14"),
    ("select 'open", "invalid_sql", "1:8"),
    ("select summ(1)", "invalid_sql", "1:8"),
    ("select 1,\n  lenght('x')", "invalid_sql", "2:3"),
    ("select * from rnage(3)", "invalid_sql", "1:15"),
    ("select * from flihgts", "dataset_not_found", "1:15"),
    ("select *\nfrom silver.flihgts", "dataset_not_found", "2:6"),
    ("select 'é' from silver.flihgts", "dataset_not_found", "1:17"),
    ("select * from notes", "invalid_sql", "1:15"),
    ("select * from main.flights", "dataset_not_found", "1:15"),
    ("select * from memory.silver.flights", "dataset_not_found", "1:15"),
    ("select * from information_schema.tables", "dataset_not_found", "1:15"),
    ("select * from pg_catalog.pg_tables", "dataset_not_found", "1:15"),
    ("select * from sqlite_master", "dataset_not_found", "1:15"),
    ("select * from flights for version as of $v", "invalid_sql", "1:22"),
    ("with a as (select * from b), b as (select 1) select * from a", "dataset_not_found", "1:26"),
    ("select * from (with a as (select 1) select * from a) x, a", "dataset_not_found", "1:57"),
    ("with a as (select * from a) select 1", "dataset_not_found", "1:26"),
    ("describe nothing", "dataset_not_found", "1:10"),
    ("select '\ud800'", "invalid_sql", "1:9"),
    ("select *\0 from read_parquet('x')", "invalid_sql", "1:9"),
]


@pytest.mark.parametrize(("sql", "code", "at"), REFUSED)
def test_refused_with_the_place(sql: str, code: str, at: str | None) -> None:
    error = decide(sql, NAMES).error
    assert error is not None and error.code == code and error.fix
    if at is not None:
        assert f"{error.details['line']}:{error.details['column']}" == at


@pytest.mark.parametrize(
    ("sql", "suggestion"),
    [
        ("select * from silver.flihgts", "silver.flights"),
        ("from plans", "gold.planes"),
        ("select summ(1)", "sum"),
        ("from rnage(1)", "range"),
    ],
)
def test_the_nearest_name_is_suggested(sql: str, suggestion: str) -> None:
    error = decide(sql, NAMES).error
    assert error is not None and error.details["suggestion"] == suggestion and suggestion in str(error)


@pytest.mark.parametrize("said", ["limit 3", "order by 1"])
def test_what_cannot_stand_behind_pivot_is_shown_where_it_can(said: str) -> None:
    pivot, names = "pivot silver.flights on carrier using count(*)", ["silver.flights"]
    error = decide(f"{pivot} {said}", names).error
    assert error is not None and str(error.fix).startswith("Write it outside: FROM (PIVOT ...) ")
    assert decide(f"from ({pivot}) {said}", names).error is None


def test_an_ambiguous_bare_name_lists_the_candidates() -> None:
    error = decide("select * from notes", NAMES).error
    assert error is not None and error.fix == "Write the full name, one of: silver.notes, bronze.notes."  # the most trusted first
    assert error.details["suggestion"] == "silver.notes"


def test_a_dataset_wins_over_the_look_of_a_file() -> None:
    names = ["bronze.gz", "silver.csv"]
    for sql in ("select * from bronze.gz", 'select * from "BRONZE.gz"', "from silver.csv join bronze.gz using (id)"):
        verdict = decide(sql, names)
        assert verdict.allowed and {relation.dataset for relation in verdict.relations} <= set(names), sql
    for sql in ("select * from 'bronze.gz'", "select * from other.gz", "from silver.parquet", 'from "x/bronze.gz"'):
        error = decide(sql, names).error
        assert error is not None and "file cannot be read" in error.message, sql


@pytest.mark.parametrize(
    "sql",
    [
        # Texts that two parsers might read differently: whatever sqlglot sees, DuckDB's own tree decides as well.
        "select 1 /* /* */ from read_parquet('x')",
        "select 'a\\' from read_parquet(''x'') --'",
        "select $$ $$ from read_csv('x') --$$",
        "select * from flights where 1 = 1 union select * from \"read_parquet\"('x')",
        "select * from system.main.read_parquet('x')",
        "select main.getenv('x')",
        "select ('x').getenv()",
        "select \"getenv\"('x')",
        "select * from flights as f(a) where a in (from read_parquet('x'))",
        "select [getenv(x) for x in ['HOME']]",
    ],
)
def test_no_disguise_gets_through(sql: str) -> None:
    assert decide(sql, NAMES).error is not None


@pytest.mark.parametrize("depth", [200, 800, 5000])
@pytest.mark.parametrize(
    ("opening", "middle", "closing"),
    [
        ("case when true then ", "1", " end"),
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("(select ", "1", ")"),
        ("abs(", "1", ")"),
        ("not ", "true", ""),
        ("", "1", " + 1"),
        ("", "1", " union select 1"),
        ("", "x", "[1]"),
        ("", "null::int", "[]"),
    ],
)
def test_deep_nesting_is_decided_on_or_refused(opening: str, middle: str, closing: str, depth: int) -> None:
    error = decide(f"select {opening * depth}{middle}{closing * depth}", NAMES).error
    assert error is None or (error.code in ("invalid_sql", "forbidden", "too_large") and error.fix)


def test_nesting_that_is_too_deep_says_so() -> None:
    error = decide(f"select {'case when true then ' * 800}1{' end' * 800}", NAMES).error
    assert error is not None and error.code == "invalid_sql" and "too deeply nested" in error.message


def test_mangled_statements_are_decided_too(scale: float) -> None:
    import random

    dice = random.Random(7)
    corpus = [sql for sql, _ in ALLOWED] + FORBIDDEN
    pieces = [
        " from ",
        " select ",
        "read_parquet(",
        "'x'",
        " with a as (",
        " for version as of ",
        "--",
        "/*",
        "*/",
        *"'\"();,$*#@\\\n[]{}é",
    ]
    for _ in range(int(5000 * scale) + 50):
        sql = dice.choice(corpus)
        for _ in range(dice.randint(1, 3)):
            at, piece = dice.randint(0, len(sql)), dice.choice(pieces)
            sql = sql[:at] + piece + sql[at + dice.randint(0, 6) :]
        verdict = decide(sql, NAMES)
        assert verdict.error is None or verdict.error.fix
        assert {relation.dataset for relation in verdict.relations} <= set(NAMES)
        if verdict.error is None and verdict.kind == "select" and verdict.statement and not verdict.statement.dynamic_pivot:
            assert "read_parquet" not in {call.name for call in parse(verdict.sql).table_functions}
