"""Databases of every kind, as real ones."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import time
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pytest

from workbench.app.services import Services
from workbench.core.config import Settings
from workbench.core.errors import Cancelled, Forbidden, InvalidInput, InvalidSQL, NotFound, Unavailable, WorkbenchError
from workbench.ingest import connections
from workbench.ingest.records import LoadOptions
from workbench.ingest.sources.base import Notes, Since
from workbench.ingest.sources.databases.postgresql import _errors as postgres_errors
from workbench.ingest.sources.reach import Reach
from workbench.ingest.sources.words import ConnectionWord

Rows = Callable[..., pa.Table]


# ------------------------------------------------------------------------------------------------------------- PostgreSQL

PG = """
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN money2 AS numeric(12, 2);
CREATE TABLE orders (
    id bigint PRIMARY KEY, small smallint, whole integer, price numeric(10, 2), exact numeric, ratio double precision, part real,
    ok boolean, name text, code char(3), day date, at timestamp, moment timestamptz, hour time, ref uuid, body jsonb, raw bytea,
    tags text[], numbers int[],
    feel mood, took interval, cash money2, grid int[][]
);
INSERT INTO orders VALUES
    (1, 2, 3, 12.50, 0.1, 0.1, 1.5, true, 'Zoë "x"', 'ab', '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56+02', '23:59:59.5',
     '0190a0b0-1111-7222-8333-444455556666', '{"a": [1, null]}', '\\x00ff', '{a,NULL,"b, c","say \\"x\\""}', '{1,NULL,3}', 'glad',
     '1 day 2 hours', 7, '{{1,2},{3,4}}'),
    (2, NULL, -2147483648, -99999999.99, 123456789012345678901234567890.12345, 'NaN', NULL, false, '', NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, '', '{}', NULL, NULL, NULL, NULL, NULL),
    (3, NULL, NULL, NULL, NULL, 'Infinity', NULL, NULL, NULL, NULL, '1582-10-15', '0001-01-01 00:00:00', '1969-12-31 23:59:59.999999Z',
     '00:00', NULL, '"x"', NULL, NULL, '{}', 'sad', NULL, NULL, NULL);
CREATE SCHEMA "My Shop";
CREATE TABLE "My Shop"."Odd.Name" ("Some Column" int);
CREATE VIEW cheap AS SELECT id, price FROM orders WHERE price < 100;
CREATE TABLE odd (day date, amount numeric(10,2), n numeric);
INSERT INTO odd VALUES ('infinity', 'NaN', 'NaN'), ('2024-01-01', 1.5, 2);
CREATE TABLE empty (a int, b numeric(5, 1), c numeric);
"""


@pytest.fixture
def shop(services: Services, postgres_database: str) -> Iterator[str]:
    import psycopg

    parts = urlsplit(postgres_database.replace("+psycopg", ""))
    with psycopg.connect(postgres_database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(PG)
    options = {"host": parts.hostname, "port": parts.port, "database": parts.path.strip("/"), "user": parts.username}
    services.connections.save("shop", "postgresql", options, unquote(parts.password or ""))
    yield postgres_database.replace("+psycopg", "")


def test_postgresql_tables_come_in_their_own_types(shop: str, rows: Rows) -> None:
    found = rows("connection:shop/public.orders")
    assert {field.name: str(field.type) for field in found.schema} == {
        "id": "int64", "small": "int32", "whole": "int32", "price": "decimal128(10, 2)", "exact": "decimal128(38, 8)", "ratio": "double",
        "part": "float", "ok": "bool", "name": "string", "code": "string", "day": "date32[day]", "at": "timestamp[us]",
        "moment": "timestamp[us, tz=UTC]", "hour": "time64[us]", "ref": "extension<arrow.uuid>", "body": "string", "raw": "binary",
        "tags": "list<item: string>", "numbers": "list<item: int32>", "feel": "string", "took": "string", "cash": "decimal128(12, 2)",
        "grid": "string",
    }  # fmt: skip
    first, second, third = found.to_pylist()
    assert (first["price"], first["exact"], second["exact"]) == (
        Decimal("12.50"), Decimal("0.10000"), Decimal("123456789012345678901234567890.12345")
    )  # fmt: skip
    assert (first["moment"], first["at"]) == (
        dt.datetime(2024, 2, 29, 10, 34, 56, tzinfo=dt.UTC), dt.datetime.fromisoformat("2024-02-29T12:34:56.789")
    )  # fmt: skip
    assert (str(first["ref"]), first["body"], first["raw"]) == ("0190a0b0-1111-7222-8333-444455556666", '{"a": [1, null]}', b"\x00\xff")
    assert (first["tags"], first["numbers"], second["tags"], third["numbers"]) == (["a", None, "b, c", 'say "x"'], [1, None, 3], [], [])
    assert (second["ratio"] != second["ratio"], third["ratio"], second["name"], second["raw"]) == (True, float("inf"), "", b"")
    assert (third["at"], third["moment"]) == (
        dt.datetime.fromisoformat("0001-01-01"), dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
    )  # fmt: skip
    assert (first["took"], first["grid"], first["code"]) == ("P1DT2H", "{{1,2},{3,4}}", "ab ")


def test_values_that_have_no_place_here_leave_their_column_text_and_it_is_said(shop: str, fetch: Callable[..., Any], rows: Rows) -> None:
    found = rows("connection:shop/odd")
    assert found.to_pylist() == [
        {"day": "infinity", "amount": "NaN", "n": "NaN"},
        {"day": "2024-01-01", "amount": "1.50", "n": "2"},
    ]
    _, notes = fetch("connection:shop/odd")
    assert len([note for note in notes if "as text" in note]) == 3


def test_an_empty_table_has_its_types(shop: str, rows: Rows) -> None:
    assert rows("connection:shop/empty").schema.types == [pa.int32(), pa.decimal128(5, 1), pa.decimal128(38, 9)]


def test_a_table_without_columns_is_told_as_such(shop: str, fetch: Callable[..., Any]) -> None:
    import psycopg

    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare ()")
    for source in ("connection:shop/bare", "connection:shop?query=select b.* from bare b"):
        with pytest.raises(InvalidInput, match="has no columns"):
            fetch(source)


def test_what_can_be_read_is_listed(shop: str, services: Services) -> None:
    found = services.connections.tables("shop")
    assert [(table.name, table.kind) for table in found] == [
        ('My Shop."Odd.Name"', "table"), ("public.cheap", "view"), ("public.empty", "table"), ("public.odd", "table"),
        ("public.orders", "table"),
    ]  # fmt: skip


def test_a_table_is_found_by_the_name_it_is_listed_under(shop: str, rows: Rows, fetch: Callable[..., Any]) -> None:
    assert rows('connection:shop/My Shop."Odd.Name"').column_names == ["Some Column"]
    assert rows("connection:shop/ORDERS").num_rows == 3
    assert rows("connection:shop/cheap").num_rows == 2
    with pytest.raises(NotFound) as raised:
        fetch("connection:shop/ordres")
    assert "public.orders" in str(raised.value)


def test_a_query_is_read(shop: str, fetch: Callable[..., Any], rows: Rows) -> None:
    source = "connection:shop?query=select id, name from orders where name like 'Zo%' ;"
    assert rows(source).to_pylist() == [{"id": 1, "name": 'Zoë "x"'}]
    (file,), _ = fetch(source)
    assert "Zo%" not in file.shown + file.origin
    assert (file.format, file.name) == ("arrow", "shop_query")


@pytest.mark.parametrize(
    "query",
    [
        "delete from orders",
        "select 1; drop table orders",
        "insert into orders (id) values (9) returning id",
        "with gone as (delete from orders returning id) select * from gone",
        "select id into stolen from orders",
        "create table x as select 1",
        "select id from orders for update",
        "update orders set id = 9",
        "copy orders to '/tmp/x'",
        "commit",
        "not sql at all (",
    ],
)
def test_only_a_select_is_sent(shop: str, fetch: Callable[..., Any], query: str) -> None:
    import psycopg

    with pytest.raises(InvalidSQL) as raised:
        fetch(f"connection:shop?query={query}")
    assert raised.value.fix
    with psycopg.connect(shop) as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (3,)


def test_the_server_itself_is_told_to_write_nothing(shop: str, fetch: Callable[..., Any]) -> None:
    import psycopg

    with psycopg.connect(shop, autocommit=True) as connection:
        connection.execute("create function sneak() returns int language sql as 'delete from orders returning 1'")
    with pytest.raises(InvalidSQL, match="read"):
        fetch("connection:shop?query=select sneak()")
    with psycopg.connect(shop) as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (3,)


def test_only_rows_above_a_value_are_read(shop: str, rows: Rows, fetch: Callable[..., Any]) -> None:
    moment = dt.datetime(2024, 2, 29, 10, 34, 56, tzinfo=dt.UTC)
    assert rows("connection:shop/orders", since=Since("id", 1)).column("id").to_pylist() == [2, 3]
    assert rows("connection:shop/orders", since=Since("id", 2, True)).column("id").to_pylist() == [2, 3]
    assert rows("connection:shop/orders", since=Since("moment", moment)).num_rows == 0
    assert rows("connection:shop/orders", since=Since("moment", moment, True)).num_rows == 1
    assert rows("connection:shop/orders", since=Since("id", None)).num_rows == 3
    assert rows("connection:shop?query=select * from orders -- 100%", since=Since("price", Decimal("0"))).num_rows == 1
    with pytest.raises(InvalidInput, match="Ids"):
        fetch("connection:shop/orders", since=Since("Ids", 1))
    _, notes = fetch("connection:shop?query=select * from orders -- 100%", since=Since("moment", moment))
    assert any(" no moment, so that nobody" in note for note in notes)


def test_text_is_above_a_value_by_its_bytes_as_in_the_dataset(shop: str, lite: Path, rows: Rows, fetch: Callable[..., Any]) -> None:
    import psycopg

    with psycopg.connect(shop, autocommit=True) as connection, sqlite3.connect(lite) as other:
        connection.execute("""CREATE TABLE codes (code text COLLATE "und-x-icu"); INSERT INTO codes VALUES ('B'), ('a'), ('C'), ('A')""")
        other.execute("CREATE TABLE codes (code TEXT COLLATE NOCASE)")
        other.execute("INSERT INTO codes VALUES ('B'), ('a'), ('C'), ('A')")
    other.close()
    for name in ("shop", "lite"):
        assert rows(f"connection:{name}/codes", since=Since("code", "B")).column("code").to_pylist() == ["a", "C"]
    for column in ("feel", "exact"):
        with pytest.raises(InvalidInput, match="something else in the database"):
            fetch("connection:shop/orders", since=Since(column, "9"))


def test_a_value_is_bound_and_never_pasted(shop: str, rows: Rows) -> None:
    assert rows("connection:shop/orders", since=Since("name", "'; drop table orders; --")).num_rows == 1


def test_much_is_read_in_bounded_memory(shop: str, fetch: Callable[..., Any], scale: float) -> None:
    count = int(1_000_000 * max(scale, 0.1))
    query = f"select i, repeat('x', 200) as filler, i::numeric / 7 as ratio from generate_series(1, {count}) i"
    before = pa.total_allocated_bytes()
    (file,), notes = fetch(f"connection:shop?query={query}")
    with pa.memory_map(str(file.path)) as stream:
        found = pa.ipc.open_file(stream)
        assert sum(found.get_batch(index).num_rows for index in range(found.num_record_batches)) == count
    assert pa.total_allocated_bytes() - before < 50 << 20
    assert notes[-1] == f"{count:,} rows read"


LONG_ROWS = {
    "shop": "select i, repeat('x', 1000000) as filler from generate_series(1, 200) i",
    "maria": "select seq as i, repeat('x', 1000000) as filler from seq_1_to_200",
    "lite": "with recursive r(i) as (select 1 union all select i + 1 from r limit 200) select i, zeroblob(1000000) as filler from r",
    "duck": "select i, repeat('x', 1000000) as filler from range(1, 201) r(i)",
}


@pytest.mark.parametrize("name", LONG_ROWS)
def test_long_rows_are_read_a_few_at_a_time(name: str, request: pytest.FixtureRequest, fetch: Callable[..., Any]) -> None:
    """200 rows of a megabyte: what is held of them, here and by Arrow, is far less than all of them."""
    request.getfixturevalue(name)
    usual, watched = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(watched)
    tracemalloc.start()
    try:
        (file,), _ = fetch(f"connection:{name}?query={LONG_ROWS[name]}")
        held = tracemalloc.get_traced_memory()[1] + watched.max_memory()
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)
    with pa.memory_map(str(file.path)) as stream:
        found = pa.ipc.open_file(stream)
        batches = [found.get_batch(index) for index in range(found.num_record_batches)]
        assert [value for batch in batches for value in batch.column(0).to_pylist()] == list(range(1, 201))
        assert {len(value) for batch in batches for value in batch.column(1).to_pylist()} == {1_000_000}
        assert max(batch.num_rows for batch in batches) == 34  # 32 MB, and the row that passes them
    assert held < 160 << 20, f"{held >> 20} MB"


@pytest.mark.parametrize("name", LONG_ROWS)
def test_columns_of_one_name_are_looked_at_as_they_are_read(name: str, request: pytest.FixtureRequest, rows: Rows) -> None:
    """A join's: MySQL refused the look, SQLite and DuckDB called them otherwise in it."""
    request.getfixturevalue(name)
    query = f"connection:{name}?query=select 1 as a, 2 as a union all select 3, 4 order by 1 -- both"
    whole, look = rows(query), rows(query, rows=1)
    assert (look.schema.names, whole.num_rows, look.num_rows) == (whole.schema.names, 2, 1)
    assert [column[0].as_py() for column in look.columns] == [1, 2]
    with pytest.raises((InvalidInput, InvalidSQL), match=r"several columns called 'a'|ambiguous"):
        rows(query, since=Since("a", 1))


def test_a_slow_statement_is_stopped(shop: str, services: Services, scratch: Path) -> None:
    from workbench.ingest.connections import Connections
    from workbench.ingest.sources.words import connection_word

    ingest = services.settings.ingest.model_copy(update={"database_timeout_seconds": 0.3})
    quick = Connections(services.store, services.secrets, services.settings.model_copy(update={"ingest": ingest}))
    with pytest.raises(Unavailable, match="too long"):
        list(quick.read(connection_word("connection:shop?query=select pg_sleep(10)"), scratch, Notes(lambda text: None)))


def stops(services: Services, source: str) -> None:
    """A load that is stopped while the database is busy with it ends soon, and leaves nobody waiting for it."""
    began = time.monotonic()
    with pytest.raises(Cancelled, match="The load was stopped; nothing was written"):
        services.ingest.ingest(source, LoadOptions(name="stopped"), stop=lambda: time.monotonic() - began > 1)
    assert time.monotonic() - began < 20
    assert not services.lake.exists("bronze.stopped")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("query", ["select pg_sleep(60)", "select g, repeat('x', 100) from generate_series(1, 1000000000) g"])
def test_postgresql_stops_when_it_is_told_to(shop: str, services: Services, query: str) -> None:
    """It waited for ever for rows that it had not taken."""
    import psycopg

    stops(services, f"connection:shop?query={query}")
    with psycopg.connect(shop) as connection:
        left = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'workbench' AND state <> 'idle'")
        assert left.fetchone() == (0,)


# ------------------------------------------------------------------------------------------------------- MySQL, MariaDB

MY = """
CREATE TABLE orders (
    id bigint unsigned PRIMARY KEY, tiny tinyint, whole int unsigned, price decimal(10, 2), wide decimal(38, 6), ratio double, part float,
    name varchar(50), body text, raw blob, fixed binary(2), day date, at datetime(6), moment timestamp(6) NULL, hour time, y year,
    bits bit(9), feel enum('glad', 'sad'), doc json
);
INSERT INTO orders VALUES
    (18446744073709551615, -128, 4294967295, -12.50, 12345678901234567890123456789012.123456, 0.1, 1.5, 'Zoë ''x''', '', X'00FF', 'ab',
     '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.000001', '23:59:59', 2024, b'100000001', 'glad', '{"a": 1}'),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE VIEW cheap AS SELECT id FROM orders WHERE price < 0;
CREATE TABLE odd (hour time);
INSERT INTO odd VALUES ('800:00:00'), ('01:02:03');
CREATE TABLE wide (d decimal(50, 10));
INSERT INTO wide VALUES (12345678901234567890.5);
CREATE TABLE floats (f float, b bit(64));
INSERT INTO floats VALUES (16777215, x'ffffffffffffffff'), (0.1, NULL);
"""


@pytest.fixture
def maria(services: Services, mariadb_server: dict[str, Any]) -> Iterator[dict[str, Any]]:
    import os

    import pymysql

    name = f"shop_{os.urandom(4).hex()}"
    with pymysql.connect(**mariadb_server, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"USE {name}")
        cursor.execute("SET time_zone = '+00:00'")
        for text in MY.split(";\n"):
            if text.strip():
                cursor.execute(text)
    options = {key: mariadb_server[key] for key in ("host", "port", "user")} | {"database": name}
    services.connections.save("maria", "mysql", options, mariadb_server["password"])
    yield mariadb_server | {"database": name}
    with pymysql.connect(**mariadb_server, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


def test_mysql_tables_come_in_their_own_types(maria: Any, rows: Rows, services: Services) -> None:
    found = rows("connection:maria/orders")
    assert {field.name: str(field.type) for field in found.schema} == {
        "id": "decimal128(20, 0)", "tiny": "int32", "whole": "int64", "price": "decimal128(10, 2)", "wide": "decimal128(38, 6)",
        "ratio": "double", "part": "float", "name": "string", "body": "string", "raw": "binary", "fixed": "binary", "day": "date32[day]",
        "at": "timestamp[us]", "moment": "timestamp[us, tz=UTC]", "hour": "time64[us]", "y": "int32", "bits": "int64", "feel": "string",
        "doc": "string",
    }  # fmt: skip
    first = next(row for row in found.to_pylist() if row["tiny"] is not None)
    assert (first["id"], first["price"], first["wide"]) == (
        Decimal(2**64 - 1), Decimal("-12.50"), Decimal("12345678901234567890123456789012.123456")
    )  # fmt: skip
    assert (first["name"], first["body"], first["raw"], first["fixed"], first["bits"]) == ("Zoë 'x'", "", b"\x00\xff", b"ab", 257)
    assert first["moment"] == dt.datetime(2024, 2, 29, 12, 34, 56, 1, tzinfo=dt.UTC)
    other = next(row for row in found.to_pylist() if row["tiny"] is None)
    assert {value for name, value in other.items() if name != "id"} == {None}
    assert [(table.name.partition(".")[2], table.kind) for table in services.connections.tables("maria")] == [
        ("cheap", "view"), ("floats", "table"), ("odd", "table"), ("orders", "table"), ("wide", "table")
    ]  # fmt: skip


def test_mysql_times_beyond_a_day_stay_text(maria: Any, rows: Rows) -> None:
    assert rows("connection:maria/odd").to_pylist() == [{"hour": "800:00:00"}, {"hour": "01:02:03"}]


def test_mysql_reads_rows_above_a_value(maria: Any, rows: Rows) -> None:
    query = "connection:maria?query=select id, price from orders where 'a%s' like 'a%'"
    assert rows(query).num_rows == 2
    assert rows(query, since=Since("price", Decimal("-13"))).num_rows == 1
    # Bound, and compared as Python compares: Z stands before x, whatever the column's collation says.
    assert rows("connection:maria/orders", since=Since("name", "X' or '1'='1")).num_rows == 1
    assert rows("connection:maria/orders", since=Since("name", "x' or '1'='1")).num_rows == 0
    assert rows("connection:maria/orders", since=Since("at", dt.datetime.fromisoformat("2024-02-29T12:34:56.789"))).num_rows == 0


def test_mysql_numbers_come_to_the_last_digit(maria: Any, rows: Rows, fetch: Callable[..., Any]) -> None:
    """As text the server shows six digits of a FLOAT; 64 bits are more than a long holds."""
    query = "connection:maria?query=select cast(16777215 as float) as f, 1 as i, cast(null as float) as `f%s`"
    found = rows(query)
    assert (found.to_pylist(), str(found.schema.field("f").type)) == (
        [{"f": 16777215.0, "i": 1, "f%s": None}], "float"
    )  # fmt: skip
    assert rows(query, since=Since("f", 16777214.0)).num_rows == rows(query, rows=5).num_rows == 1
    assert [row["f"] for row in rows("connection:maria/floats").to_pylist()] == [16777215.0, 0.10000000149011612]
    assert rows("connection:maria/floats", since=Since("f", 0.10000000149011612)).to_pylist() == [{"f": 16777215.0, "b": 2**64 - 1}]
    _, notes = fetch("connection:maria?query=select 1 as a, 2 as a, f from floats")
    assert any("f is a FLOAT, of which six digits came" in note for note in notes)


def test_mysql_decimals_of_more_digits_than_a_table_has_keep_their_scale(maria: Any, rows: Rows) -> None:
    assert rows("connection:maria/wide").schema.field("d").type == pa.decimal128(38, 10)


@pytest.mark.timeout(120)
def test_mysql_stops_when_it_is_told_to(maria: Any, services: Services) -> None:
    stops(services, "connection:maria?query=select sleep(60)")


def test_a_server_of_mysql_without_tls_is_said_to_be_one(maria: Any, services: Services) -> None:
    options = {key: maria[key] for key in ("host", "port", "user", "database")}
    services.connections.save("maria", "mysql", options | {"ssl": "require"}, maria["password"])
    told = services.connections.test("maria")
    assert not told.ok and told.message.startswith("No encrypted connection to ") and "ssl=off" in str(told.fix)


def test_a_look_at_a_query_of_mysql_keeps_its_own_limit_and_leaves_the_rest(maria: Any, rows: Rows) -> None:
    """MySQL below 8.0.22 takes no limit behind a union's brackets. And the driver reads all that is left where a cursor is closed."""
    assert rows("connection:maria?query=(select 1 as a) union (select 2) order by a desc limit 1", rows=5)["a"].to_pylist() == [2]
    assert rows("connection:maria?query=select seq as i from seq_1_to_2000000000", rows=3)["i"].to_pylist() == [1, 2, 3]


@pytest.mark.parametrize(
    "query",
    ["delete from orders", "select 1; drop table orders", "select 1 /*! into outfile '/tmp/x' */", "select 1 into outfile '/tmp/x'"],
)
def test_mysql_is_sent_only_a_select(maria: Any, fetch: Callable[..., Any], query: str) -> None:
    with pytest.raises(InvalidSQL):
        fetch(f"connection:maria?query={query}")


# ---------------------------------------------------------------------------------------------------------------- SQLite


@pytest.fixture
def lite(services: Services, tmp_path: Path) -> Path:
    path = tmp_path / "odd name?.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """
            CREATE TABLE orders (id INTEGER PRIMARY KEY, price DECIMAL(10, 2), ratio REAL, ok BOOLEAN, name TEXT, raw BLOB, day DATE,
                                 at TIMESTAMP, mixed, whole NUMERIC);
            INSERT INTO orders VALUES (1, 12.5, 0.1, 1, 'Zoë', x'00ff', '2024-02-29', '2024-02-29 12:34:56.5', 1, 3),
                                      (2, 1, NULL, 0, '', NULL, NULL, '2024-03-01T00:00:00', 'two', 4.5), (3, -0.01, 2, NULL, NULL, NULL,
                                       '1582-10-15', NULL, x'03', NULL);
            CREATE VIEW cheap AS SELECT id FROM orders WHERE price < 1;
            CREATE TABLE empty (a INTEGER, b DECIMAL(5, 1), c TEXT, d DATE);
            CREATE TABLE odd (a DECIMAL(2, 5), b DECIMAL(50, 2));
            INSERT INTO odd VALUES (0.00012, 1.5);
            """
        )
    connection.close()
    services.connections.save("lite", "sqlite", {"path": str(path)})
    return path


def test_sqlite_columns_are_what_their_values_are(lite: Path, rows: Rows, fetch: Callable[..., Any]) -> None:
    found = rows("connection:lite/orders")
    assert {field.name: str(field.type) for field in found.schema} == {
        "id": "int64", "price": "decimal128(10, 2)", "ratio": "double", "ok": "bool", "name": "string", "raw": "binary",
        "day": "date32[day]", "at": "timestamp[us]", "mixed": "string", "whole": "double",
    }  # fmt: skip
    first, second, third = found.to_pylist()
    assert (first["price"], second["price"], third["price"], first["ok"]) == (Decimal("12.50"), Decimal("1.00"), Decimal("-0.01"), True)
    assert (first["mixed"], second["mixed"], third["mixed"]) == ("1", "two", "\\x03")
    assert second["at"] == dt.datetime.fromisoformat("2024-03-01")
    _, notes = fetch("connection:lite/orders")
    assert "mixed holds values of several kinds; it is taken as text" in notes
    assert rows("connection:lite/odd").to_pylist() == [{"a": 0.00012, "b": 1.5}]
    assert rows("connection:lite/empty").schema.types == [pa.int64(), pa.decimal128(5, 1), pa.string(), pa.date32()]


def test_a_table_whose_name_holds_a_dot_is_quoted_and_makes_a_dataset_of_all_its_name(lite: Path, services: Services) -> None:
    with sqlite3.connect(lite) as connection:
        connection.executescript('CREATE TABLE "or.ders" (n INTEGER); INSERT INTO "or.ders" VALUES (7)')
    connection.close()
    assert '"or.ders"' in [found.name for found in services.connections.tables("lite")]
    with pytest.raises(NotFound, match=re.escape("Did you mean '\"or.ders\"'")):
        services.ingest.ingest("connection:lite/or.ders")
    assert services.ingest.ingest('connection:lite/"or.ders"').dataset == "bronze.or_ders"
    assert services.ingest.ingest('connection:lite/"empty"').dataset == "bronze.empty"


def test_a_time_is_one_though_only_days_have_come_so_far(lite: Path, services: Services) -> None:
    def add(*moments: str) -> int:
        with sqlite3.connect(lite) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS seen (id INTEGER, at TIMESTAMP)")
            connection.executemany("INSERT INTO seen SELECT coalesce(max(id), 0) + 1, ? FROM seen", [(moment,) for moment in moments])
        connection.close()
        return services.ingest.ingest("connection:lite/seen", LoadOptions(mode="append", since="id")).rows

    assert [add("2024-01-01", "2024-01-02"), add(), add("2024-01-03 09:30:00"), add("2024-01-04")] == [2, 0, 1, 1]


def test_sqlite_reads_rows_above_a_value_by_what_it_means(lite: Path, rows: Rows) -> None:
    assert rows("connection:lite/orders", since=Since("id", 1)).num_rows == 2
    assert rows("connection:lite/orders", since=Since("at", dt.datetime.fromisoformat("2024-02-29T23:00"))).column("id").to_pylist() == [2]
    assert rows("connection:lite/orders", since=Since("price", Decimal("1"))).column("id").to_pylist() == [1]
    assert rows("connection:lite/orders", since=Since("price", Decimal("1"), True)).column("id").to_pylist() == [1, 2]


@pytest.mark.parametrize("query", ["delete from orders", "attach '/tmp/x' as y", "pragma query_only = 0", "select load_extension('x')"])
def test_sqlite_is_only_read(lite: Path, fetch: Callable[..., Any], query: str) -> None:
    with pytest.raises((InvalidSQL, Forbidden)):
        fetch(f"connection:lite?query={query}")
    with sqlite3.connect(lite) as connection:
        assert connection.execute("select count(*) from orders").fetchone() == (3,)


def test_sqlite_makes_no_value_without_end_and_is_looked_at_for_a_minute(
    lite: Path, fetch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidSQL, match="too big"):
        fetch("connection:lite?query=select zeroblob(900000000) as a")
    monkeypatch.setattr(connections, "_LOOK_SECONDS", 0.3)
    with pytest.raises(Unavailable, match="too long"):
        fetch("connection:lite?query=with recursive r(i) as (select 1 union all select i + 1 from r) select max(i) as a from r", rows=10)


def test_a_file_that_is_no_database_is_refused(services: Services, fetch: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("no database at all, but long enough to look at" * 50)
    for kind in ("sqlite", "duckdb"):
        services.connections.save("x", kind, {"path": str(tmp_path / "a.db")})
        with pytest.raises(WorkbenchError) as raised:
            fetch("connection:x/t")
        assert raised.value.code in ("unreadable_file", "unavailable")
        services.connections.save("x", kind, {"path": str(tmp_path / "gone.db")})
        with pytest.raises(NotFound):
            fetch("connection:x/t")


# ---------------------------------------------------------------------------------------------------------------- DuckDB


@pytest.fixture
def duck(services: Services, tmp_path: Path) -> Path:
    import duckdb

    (tmp_path / "secret.csv").write_text("a\n1\n")
    path = tmp_path / "it's.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            CREATE TABLE orders AS SELECT i AS id, (i / 4)::DECIMAL(10, 2) AS price, uuid() AS ref, [i, NULL] AS list,
                {{'x': i}} AS part, 'glad'::ENUM('glad', 'sad') AS feel, i::HUGEINT AS huge, TIMESTAMPTZ '2024-02-29 12:00:00+02' AS moment
                FROM range(5) t(i);
            CREATE SCHEMA other;
            CREATE TABLE other.things AS SELECT 1 AS a;
            CREATE VIEW outside AS SELECT * FROM read_csv('{tmp_path}/secret.csv');
            """
        )
    services.connections.save("duck", "duckdb", {"path": str(path)})
    return path


def test_duckdb_files_are_read_in_their_own_types(duck: Path, rows: Rows, fetch: Callable[..., Any], services: Services) -> None:
    found = rows("connection:duck/orders")
    assert found.column("price").type == pa.decimal128(10, 2)
    assert found.column("moment").to_pylist()[0] == dt.datetime(2024, 2, 29, 10, tzinfo=dt.UTC)
    assert (found.column("list").to_pylist()[1], found.column("part").to_pylist()[1], found.column("feel").to_pylist()[0]) == (
        [1, None], {"x": 1}, "glad"
    )  # fmt: skip
    assert rows("connection:duck/other.things").to_pylist() == [{"a": 1}]
    assert [table.name for table in services.connections.tables("duck")] == ["main.orders", "main.outside", "other.things"]
    assert rows("connection:duck?query=select max(id) as m from orders", since=Since("m", 3)).to_pylist() == [{"m": 4}]
    assert rows("connection:duck/orders", since=Since("id", 3)).num_rows == 1
    query = "connection:duck?query=select nullif(id, 2) as n from orders"
    assert any(note.startswith("1 row has no n, so that") for note in fetch(query, since=Since("n", 3))[1])
    # What Arrow has no type for is text: bits and zones are not lost, one number of 39 digits does not end the load.
    made = "interval 1 day as i, '101'::bit as b, timetz '01:02:03+01' as z, [interval 1 day] as l, id::hugeint as small"
    found = rows(
        f"connection:duck?query=select {made}, 170141183460469231731687303715884105727::hugeint - id as big from orders where id < 1"
    )
    assert found.to_pylist() == [
        {"i": "1 day", "b": "101", "z": "01:02:03+01", "l": "[1 day]", "small": 0, "big": str(2**127 - 1)}
    ]  # fmt: skip


def test_duckdb_days_that_no_calendar_has_are_text_and_it_is_said(duck: Path, rows: Rows, fetch: Callable[..., Any]) -> None:
    odd = "date 'infinity' as d, timestamp '-infinity' as t, date '0044-03-15 (BC)' as b"
    query = f"connection:duck?query=select {odd}, date '9999-12-31' as last, timestamp '0001-01-01' as first, null::date as none"
    found = rows(query)
    assert [str(field.type) for field in found.schema] == ["string", "string", "string", "date32[day]", "timestamp[us]", "date32[day]"]
    assert [found.column(name)[0].as_py() for name in "dtb"] == ["infinity", "-infinity", "0044-03-15 (BC)"]
    assert sorted(note.rpartition(": ")[2] for note in fetch(query)[1] if "as text" in note) == [
        "b holds values that no date can be; it is taken as text",
        "d holds values that no date can be; it is taken as text",
        "t holds values that no timestamp can be; it is taken as text",
    ]


def test_a_view_of_a_duckdb_file_reaches_nothing_outside(duck: Path, fetch: Callable[..., Any]) -> None:
    for source in ("connection:duck/outside", "connection:duck?query=select * from read_text('/etc/passwd')"):
        with pytest.raises(WorkbenchError) as raised:
            fetch(source)
        assert "root:" not in str(raised.value)


@pytest.mark.parametrize(
    "query", ["drop table orders", "copy orders to '/tmp/x.csv'", "attach '/tmp/x' as y", "set enable_external_access = true"]
)
def test_duckdb_is_only_read(duck: Path, fetch: Callable[..., Any], query: str) -> None:
    with pytest.raises(InvalidSQL):
        fetch(f"connection:duck?query={query}")


# ---------------------------------------------------------------------------------------------------- what is kept of them


@pytest.mark.timeout(120)
def test_file_databases_stop_when_they_are_told_to(lite: Path, duck: Path, services: Services) -> None:
    stops(services, "connection:lite?query=with recursive n(i) as (select 1 union all select i + 1 from n) select i from n")
    stops(services, "connection:duck?query=select sum(i * i % 7) as n from range(1000000000000) t(i)")


def test_a_secret_is_encrypted_and_never_told(shop: str, services: Services, settings: Settings) -> None:
    password = urlsplit(shop).password or ""
    told = services.connections.all()[0]
    assert told.has_secret
    assert password not in told.model_dump_json()
    services.store.close()
    assert all(password.encode() not in path.read_bytes() for path in settings.state.rglob("*") if path.is_file())


def test_a_wrong_secret_is_refused_without_being_told(
    shop: str, services: Services, fetch: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    told = services.connections.get("shop")
    services.connections.save("shop", "postgresql", told.options, "hunter2-hunter2")
    with pytest.raises(Forbidden) as raised:
        fetch("connection:shop/orders")
    assert "hunter2" not in f"{raised.value}{raised.value.__cause__}{raised.value.__context__}"
    tested = services.connections.test("shop")
    assert (tested.ok, "hunter2" in str(tested)) == (False, False)
    services.connections.save("shop", "postgresql", told.options)
    assert not services.connections.test("shop").ok and capfd.readouterr().err == "", "the driver says nothing of its own"


def test_a_connection_that_is_saved_anew_has_no_secret_of_the_old_one(shop: str, services: Services) -> None:
    told = services.connections.get("shop")
    changed = services.connections.save("shop", "postgresql", told.options | {"host": "elsewhere.example"})
    assert not changed.has_secret


@pytest.mark.parametrize("kind", ["OperationalError", "InterfaceError"])
def test_a_connection_that_is_lost_while_rows_come_is_said_so_and_nothing_of_the_drivers_words(kind: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with (
        pytest.raises(Unavailable, match="5432/shop does not answer") as told,
        postgres_errors("db.example.org:5432/shop"),
    ):
        raise getattr(psycopg, kind)("the connection to 10.0.0.7, password hunter2, is closed")
    assert "10.0.0.7" not in str(told.value) and "hunter2" not in str(told.value)


def test_a_connection_is_tested(shop: str, services: Services) -> None:
    tested = services.connections.test("shop")
    assert (tested.ok, tested.tables) == (True, 5)
    assert str(tested.version).startswith("PostgreSQL ")
    services.connections.save("away", "postgresql", {"host": "127.0.0.1", "port": 9, "database": "x", "user": "y"})
    assert not services.connections.test("away").ok


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"host": "no-such-host.invalid"}, "No machine is called no-such-host.invalid."),
        ({"port": 9}, "No server listens at 127.0.0.1:9."),
        ({"database": "nowhere"}, "has no database 'nowhere'."),
    ],
)
def test_why_a_server_is_out_of_reach_is_said(request: pytest.FixtureRequest, services: Services, wrong: Any, words: str) -> None:
    passwords = {"maria": request.getfixturevalue("maria")["password"], "shop": urlsplit(request.getfixturevalue("shop")).password}
    for name, password in passwords.items():
        told = services.connections.get(name)
        services.connections.save(name, told.kind, told.options | wrong, password)
        tested = services.connections.test(name)
        assert (tested.ok, words in str(tested.message)) == (False, True), (name, tested)


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("postgres", {}, "'postgresql'"),
        ("oracle", {}, "mysql"),
        ("postgresql", {"host": "h", "database": "d"}, "user"),
        ("postgresql", {"host": "h", "database": "d", "user": "u", "password": "hunter2"}, "secret"),
        ("postgresql", {"host": "h", "database": "d", "user": "u", "port": "x"}, "port"),
        ("postgresql", {"host": "h", "database": "d", "user": "u", "passfile": "/etc/passwd"}, "passfile"),
        ("sqlite", {}, "path"),
    ],
)
def test_options_are_checked(services: Services, kind: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        services.connections.save("x", kind, options)
    assert words in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_unknown_connections_are_told_with_those_there_are(services: Services, fetch: Callable[..., Any], lite: Path) -> None:
    with pytest.raises(NotFound) as raised:
        fetch("connection:lote/orders")
    assert "'lite'" in str(raised.value)
    assert services.connections.remove("lite") == ()
    with pytest.raises(NotFound):
        services.connections.remove("lite")


def test_who_calls_from_afar_connects_to_no_file_and_socket_of_the_machine(settings: Settings, tmp_path: Path, lite: Path) -> None:
    services = Services(settings, reach=Reach(settings.root))
    with pytest.raises(Forbidden):
        services.connections.save("x", "sqlite", {"path": str(lite)})
    with pytest.raises(Forbidden):
        services.connections.save("x", "sqlite", {"path": str(settings.state / "meta.db")})
    for host in ("/run/postgresql", "@abstract", "db.example.org,/run/postgresql", "db.example.org,", " /run/postgresql"):
        with pytest.raises(Forbidden):
            services.connections.save("x", "postgresql", {"host": host, "database": "d", "user": "u"})
    services.close()


OF_THE_MACHINE = """
select path from duckdb_databases()
from duckdb_databases
select * from "duckdb_settings"()
with a as (table system.main.duckdb_settings) from a
select (select max(path) from duckdb_databases()) from t
select * from t where exists (from duckdb_temporary_files())
select * from pragma_database_list
select current_setting('temp_directory')
select 'temp_directory'.Current_Setting()
select list_transform(['temp_directory'], lambda x: current_setting(x))
from pg_settings
from pg_catalog.pg_settings
from json_execute_serialized_sql(json_serialize_sql('select path from duckdb_databases()'))
select * from query('select path from duckdb_databases()')
select * from query_table('duckdb_databases')
select * from which_secret('s3://a', 's3')
select * from t, lateral (from pragma_version())
select * from duckdb_secrets()
""".strip().split("\n")


@pytest.mark.parametrize("query", OF_THE_MACHINE)
def test_who_only_takes_rows_from_a_file_is_not_told_of_the_machine_that_it_lies_on(services: Services, tmp_path: Path, query: str) -> None:
    """No error, no setting and no list of databases says where it is; administrators may ask."""
    _one_table("duckdb", tmp_path / "place.db")
    services.connections.save("far", "duckdb", {"path": str(tmp_path / "place.db")})
    word = ConnectionWord("far", None, query)
    with pytest.raises(Forbidden) as caught:
        list(services.connections.read(word, tmp_path, Notes(lambda _: None), outsider=True))
    assert str(tmp_path) not in str(caught.value) and "tells of the machine" in caught.value.message


@pytest.mark.parametrize(
    "query", ["from t", "select unnest([1]) as a", "from range(3)", "from duckdb_tables()", "select a.* from t as a, t"]
)
def test_what_asks_for_rows_gives_them(services: Services, tmp_path: Path, query: str) -> None:
    _one_table("duckdb", tmp_path / "place.db")
    services.connections.save("far", "duckdb", {"path": str(tmp_path / "place.db")})
    assert list(services.connections.read(ConnectionWord("far", None, query), tmp_path, Notes(lambda _: None), outsider=True))


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_link_that_was_put_in_place_of_a_saved_file_opens_nothing_else(settings: Settings, tmp_path: Path, kind: str, rows: Rows) -> None:
    services = Services(settings, reach=Reach(settings.root))
    inside, outside = settings.root / "data" / "x.db", tmp_path / "outside.db"
    inside.parent.mkdir()
    for path in (inside, outside):
        _one_table(kind, path)
    services.connections.save("m", kind, {"path": str(inside)})
    assert services.connections.test("m").ok
    inside.unlink()
    for secret in (settings.state / "meta.db", outside):
        inside.symlink_to(secret)
        told = services.connections.test("m")
        assert (told.ok, "lies outside" in str(told.message), str(secret) in str(told)) == (False, True, False)
        with pytest.raises(Forbidden):
            services.connections.tables("m")
        with pytest.raises(Forbidden):
            services.preview.preview("connection:m/t")
        inside.unlink()
    # Also where a folder on the way is one.
    inside.parent.rename(tmp_path / "moved")
    _one_table(kind, tmp_path / "moved" / "x.db")
    inside.parent.symlink_to(tmp_path / "moved")
    assert not services.connections.test("m").ok
    # Whose process it is reads through links of their own, and a link may lead to what may be named.
    assert rows("connection:m/t").to_pylist() == [{"a": 1}]
    inside.parent.unlink()
    inside.parent.mkdir()
    _one_table(kind, settings.root / "other.db")
    inside.symlink_to(settings.root / "other.db")
    assert services.connections.test("m").ok
    # What was named by whoever may name it is used from afar as it was meant.
    mine = Services(settings)
    mine.connections.save("far", kind, {"path": str(outside)})
    assert services.connections.test("far").ok
    for each in (mine, services):
        each.close()


def _one_table(kind: str, path: Path) -> None:
    import duckdb

    connection: Any = sqlite3.connect(path) if kind == "sqlite" else duckdb.connect(str(path))
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    connection.close()


def test_where_hosts_are_named_connections_reach_these_only(shop: str, services: Services, lite: Path, fetch: Callable[..., Any]) -> None:
    options = {"host": "127.0.0.1", "database": "x", "user": "x"}

    def restricted(hosts: str) -> connections.Connections:
        ingest = services.settings.ingest.model_copy(update={"database_hosts": hosts})
        settings = services.settings.model_copy(update={"ingest": ingest})
        return connections.Connections(services.store, services.secrets, settings)

    some = restricted("db.example.org, *.internal")
    for host in ("127.0.0.1", "localhost", "db.example.org.evil.org", "internal", "a.internal,127.0.0.1", "/var/run/postgresql"):
        with pytest.raises(Forbidden, match="not allowed here") as refused:
            some.save("other", "postgresql", options | {"host": host})
        assert "db.example.org, *.internal" in str(refused.value.fix)
    for host in ("db.example.org", "DB.Example.Org", "a.b.internal", "a.internal,b.internal"):
        assert some.save("other", "postgresql", options | {"host": host}).options["host"] == host
    # One that was saved before is not used either; files have no host.
    told = some.test("shop")
    assert not told.ok and "not allowed here" in str(told.message)
    with pytest.raises(Forbidden):
        some.tables("shop")
    assert some.test("lite").ok and restricted("127.* localhost").test("shop").ok and restricted("").test("shop").ok
