"""Sources become datasets: what a place says, what a database holds, from where on it is read."""

from __future__ import annotations

import datetime as dt
import importlib
import sqlite3
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings
from workbench.core.errors import AlreadyExists, ColumnNotFound, InvalidInput, UnreadableFile
from workbench.ingest.shown import about


@pytest.fixture
def workspace(settings: Settings) -> Iterator[LocalWorkspace]:
    with LocalWorkspace(settings) as opened:
        yield opened


@pytest.fixture
def shop(workspace: LocalWorkspace, postgres_database: str) -> Iterator[Any]:
    import psycopg

    url = postgres_database.replace("+psycopg", "")
    parts = urlsplit(url)
    options = {"host": parts.hostname, "port": parts.port, "database": parts.path.strip("/"), "user": parts.username}
    workspace.sources.connect("shop", "postgresql", options, unquote(parts.password or ""))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """
            CREATE TABLE orders (id int PRIMARY KEY, ref uuid, price numeric(10, 2), tags text[], "Updated At" timestamptz);
            INSERT INTO orders VALUES (1, '0190a0b0-1111-7222-8333-444455556666', 1.50, '{a,b}', '2024-01-01Z'),
                                      (2, NULL, 2.50, NULL, '2024-01-02Z');
            """
        )
        yield connection


def ids(workspace: LocalWorkspace, name: str) -> list[int]:
    return sorted(workspace.datasets.read(name).column("id").to_pylist())


def test_a_table_becomes_a_dataset_in_its_own_types(workspace: LocalWorkspace, shop: Any) -> None:
    report = workspace.ingest("connection:shop/orders")
    assert (report.dataset, report.rows, report.source) == ("bronze.orders", 2, "connection:shop/orders")
    types = dict(report.columns)
    assert (types["id"], types["ref"], types["price"], types["updated_at"]) == ("int", "uuid", "decimal(10, 2)", "timestamptz")
    assert workspace.ingest("connection:shop/orders").unchanged


def test_only_what_is_above_the_datasets_greatest_value_is_read(workspace: LocalWorkspace, shop: Any) -> None:
    first = workspace.ingest("connection:shop/orders", mode="append", since="Updated At")
    assert first.rows == 2
    shop.execute("INSERT INTO orders VALUES (3, NULL, 3.5, NULL, '2024-01-03Z'); UPDATE orders SET price = 9 WHERE id = 1")
    second = workspace.ingest("connection:shop/orders", mode="append", since="Updated At")
    assert (second.rows, ids(workspace, "orders")) == (1, [1, 2, 3])
    # A snapshot that is taken back is read again: the dataset alone says how far it came.
    assert first.snapshot_id is not None
    workspace.datasets.rollback("orders", first.snapshot_id)
    workspace.ingest("connection:shop/orders", mode="append", since="Updated At")
    assert ids(workspace, "orders") == [1, 2, 3]


def test_what_a_database_holds_now_is_taken_though_it_has_held_the_same_before(workspace: LocalWorkspace, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (id INTEGER, state TEXT)")
        database.execute("INSERT INTO orders VALUES (1, 'new'), (2, 'new')")
    workspace.sources.connect("shop", "sqlite", {"path": str(path)})

    def states(**options: Any) -> dict[int, str]:
        workspace.ingest("connection:shop/orders", mode="upsert", keys="id", **options)
        table = workspace.datasets.read("orders")
        return dict(zip(table["id"].to_pylist(), table["state"].to_pylist(), strict=True))

    for options in ({}, {"since": "id"}):
        for state in ("new", "paid", "new"):
            with sqlite3.connect(path) as database:
                database.execute("UPDATE orders SET state = ? WHERE id = 2", [state])
            assert states(**options) == {1: "new", 2: state}
    assert workspace.ingest("connection:shop/orders", mode="upsert", keys="id", since="id").unchanged
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO orders VALUES (3, 'new')")
    for _ in range(2):
        assert workspace.ingest("connection:shop/orders", mode="append", since="id").rows == 1
        assert ids(workspace, "orders") == [1, 2, 3]
        assert not workspace.ingest("connection:shop/orders", mode="append", since="id").rows
        assert workspace.ingest("connection:shop/orders", mode="append", since="id").unchanged
        workspace.sql("DELETE FROM bronze.orders WHERE id = 3")


def test_what_a_frame_holds_now_is_taken_though_one_has_held_the_same_before(workspace: LocalWorkspace) -> None:
    for state in ("new", "paid", "new"):
        frame = pa.table({"id": [1], "state": [state]})
        assert not workspace.ingest(frame, name="orders", mode="upsert", keys="id").unchanged
        assert workspace.ingest(frame, name="orders", mode="upsert", keys="id").unchanged
        assert workspace.datasets.read("orders")["state"].to_pylist() == [state]


def test_with_upsert_rows_of_the_same_moment_are_not_missed(workspace: LocalWorkspace, shop: Any) -> None:
    options: dict[str, Any] = {"mode": "upsert", "keys": "id", "since": "Updated At"}
    workspace.ingest("connection:shop/orders", **options)
    shop.execute(
        "INSERT INTO orders VALUES (4, NULL, 4, NULL, '2024-01-02Z'); UPDATE orders SET price = 7, \"Updated At\" = now() WHERE id = 1"
    )
    workspace.ingest("connection:shop/orders", **options)
    assert ids(workspace, "orders") == [1, 2, 4]
    prices = {row["id"]: str(row["price"]) for row in workspace.datasets.read("orders").to_pylist()}
    assert prices == {1: "7.00", 2: "2.50", 4: "4.00"}


def test_a_look_shows_what_is_new_alone(workspace: LocalWorkspace, shop: Any) -> None:
    options: dict[str, Any] = {"mode": "append", "since": "Updated At"}
    first = workspace.preview("connection:shop/orders", **options)
    assert (first.rows, first.only, first.exists) == (2, "", False)
    workspace.ingest("connection:shop/orders", **options)
    shop.execute("INSERT INTO orders VALUES (3, NULL, 3.5, NULL, '2024-01-03Z')")
    seen = workspace.preview("connection:shop/orders", **options)
    assert [row[0] for row in seen.sample.rows] == [3] and (seen.rows, seen.exact, seen.taken) == (1, True, None)
    assert seen.only == "Only rows whose Updated At is above 2024-01-02 00:00:00+00:00 come."
    assert seen.only in about(seen)
    both = workspace.preview("connection:shop/orders", mode="upsert", keys="id", since="Updated At")
    assert [row[0] for row in both.sample.rows] == [2, 3] and "is 2024-01-02 00:00:00+00:00 or above come" in both.only
    assert workspace.ingest("connection:shop/orders", **options).rows == 1
    nothing = workspace.preview("connection:shop/orders", **options)
    assert (nothing.rows, nothing.exact, nothing.differences) == (0, True, ())
    for column, error, words in (("changed", ColumnNotFound, "no column 'changed'"), ("ref", InvalidInput, "none is the greatest")):
        with pytest.raises(error, match=words):
            workspace.preview("connection:shop/orders", mode="append", since=column)


def test_a_look_at_nothing_new_of_a_file_database_finds_the_datasets_columns(workspace: LocalWorkspace, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, day DATE, price DECIMAL(10, 2), note)")
        connection.execute("INSERT INTO orders VALUES (1, '2024-01-01', 1.5, 'x')")
    workspace.sources.connect("lite", "sqlite", {"path": str(tmp_path / "shop.db")})
    workspace.ingest("connection:lite/orders")
    nothing = workspace.preview("connection:lite/orders", mode="append", since="day")
    assert (nothing.rows, nothing.differences) == (0, ())
    assert workspace.ingest("connection:lite/orders", mode="append", since="day").rows == 0


def test_rows_without_a_value_are_told_and_several_kinds_are_refused(workspace: LocalWorkspace, tmp_path: Path) -> None:
    options: dict[str, Any] = {"mode": "append", "since": "at"}
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, at INTEGER)")
        connection.execute("CREATE TABLE odd (id INTEGER, at)")
        connection.execute("INSERT INTO orders VALUES (1, 10), (2, NULL)")
        connection.execute("INSERT INTO odd VALUES (1, 10), (2, NULL)")
    workspace.sources.connect("lite", "sqlite", {"path": str(tmp_path / "shop.db")})
    for name in ("orders", "odd"):
        assert workspace.ingest(f"connection:lite/{name}", **options).warnings == ()
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("INSERT INTO orders VALUES (3, 11), (4, NULL), (5, NULL)")
        connection.execute("INSERT INTO odd VALUES (3, 'late')")
    (told,) = workspace.preview("connection:lite/orders", **options).warnings
    report = workspace.ingest("connection:lite/orders", **options)
    assert (report.rows, report.warnings) == (1, (told,)) and told.startswith("2 rows have no at, so that nobody can tell")
    assert workspace.ingest.report(report.run_id).warnings == (told,)
    # To SQLite a number is below every text.
    with pytest.raises(InvalidInput, match="'at' holds values of several kinds"):
        workspace.ingest("connection:lite/odd", **options)
    with pytest.raises(InvalidInput, match="'at' holds values of several kinds"):
        workspace.ingest("connection:lite/odd", name="fresh", **options)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("UPDATE odd SET at = NULL")
    workspace.ingest("connection:lite/odd", name="none")
    with pytest.raises(InvalidInput, match=r"No row of bronze\.none has a value of at"):
        workspace.ingest("connection:lite/odd", name="none", **options)


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_a_record_that_is_read_again_and_again_is_in_quarantine_once(workspace: LocalWorkspace, tmp_path: Path, mode: str) -> None:
    def take() -> tuple[int, int, list[str | None]]:
        keys = {"keys": "id"} if mode == "upsert" else {}
        report = workspace.ingest("connection:lite/orders", mode=mode, since="at", drift="keep", **keys)
        return report.rows - report.updated, report.rejected, [each.row["id"] for each in workspace.ingest.misfits("orders")]

    workspace.sources.connect("lite", "sqlite", {"path": str(tmp_path / "shop.db")})
    with sqlite3.connect(tmp_path / "shop.db", isolation_level=None) as database:
        database.execute("CREATE TABLE orders (id INTEGER, at TIMESTAMP, price)")
        database.execute("INSERT INTO orders VALUES (1, '2024-01-01 10:00:00', 1.5), (2, '2024-01-02 10:00:00', 2.5)")
        assert take() == (2, 0, [])
        database.execute("INSERT INTO orders VALUES (3, '2024-01-03 10:00:00.25', 'much'), (4, '2024-01-02 11:00:00', 'some')")
        database.execute("INSERT INTO orders VALUES (5, '2024-01-02 12:00:00', 5.5)")
        assert take() == (1, 2, ["3", "4"])
        for _ in range(3):
            assert take()[2] == ["4", "3"], "what is below the greatest value is not read again"
        database.execute("UPDATE orders SET price = 3.5 WHERE id = 3")
        assert take() == (1, 0, ["4"]), "what was put right there is no misfit any more"
    assert ids(workspace, "orders") == [1, 2, 3, 5]


def test_nothing_new_is_no_error(workspace: LocalWorkspace, shop: Any) -> None:
    workspace.ingest("connection:shop/orders", mode="append", since="Updated At")
    again = workspace.ingest("connection:shop/orders", mode="append", since="Updated At")
    assert (again.rows, ids(workspace, "orders")) == (0, [1, 2])


def test_a_number_without_digits_of_its_own_leaves_room_for_those_to_come(workspace: LocalWorkspace, shop: Any) -> None:
    shop.execute("CREATE TABLE n (id int, rate numeric, none numeric, whole numeric); INSERT INTO n VALUES (1, 1.5, NULL, 3)")
    first = workspace.ingest("connection:shop/n", mode="append", since="id")
    types = ("decimal(38, 9)", "decimal(38, 9)", "decimal(1, 0)")
    assert tuple(dict(first.columns)[name] for name in ("rate", "none", "whole")) == types
    shop.execute("INSERT INTO n VALUES (2, 1234567.12345, 0.5, 123456789)")
    second = workspace.ingest("connection:shop/n", mode="append", since="id")
    assert [(d.column, d.here) for d in second.differences] == [("whole", "decimal(9, 0)")]
    found = workspace.datasets.read("n").sort_by("id").to_pylist()
    assert found[1] == {"id": 2, "rate": Decimal("1234567.12345"), "none": Decimal("0.5"), "whole": Decimal(123456789)}
    # An average has as many digits as it takes.
    query = "connection:shop?query=select avg(rate) as mean from n where id = {}"
    workspace.ingest(query.format(1), name="means", mode="overwrite")
    for number in (2, 1):
        workspace.ingest(query.format(number), name="means", mode="overwrite", force=True)
    shop.execute("INSERT INTO n VALUES (3, 1, 1, 0.5)")
    with pytest.raises(InvalidInput, match="decimal") as refused:
        workspace.ingest("connection:shop/n", mode="append", since="id")
    statement = str(refused.value.fix).split("`")[1]
    assert workspace.preview("connection:shop/n", mode="append", since="id").differences[0].kind == "changed"
    workspace.sql(statement).arrow()
    assert workspace.ingest("connection:shop/n", mode="append", since="id").rows == 1
    assert [row["whole"] for row in workspace.datasets.read("n").sort_by("id").to_pylist()] == [3, 123456789, Decimal("0.5")]


def test_values_beyond_their_type_keep_no_later_rows_out(workspace: LocalWorkspace, shop: Any) -> None:
    """What was text for the sake of one value stays text, and what was not is not text for one."""
    kinds = "id int, d date, ts timestamp, tz timestamptz, t time, n numeric(6, 2), v numeric"
    good = "'2024-01-05', '2024-01-05 10:00:00.000001', '2024-01-05 10:00:00.5+02', '10:00:00.25', 1234.5, 0.125"
    bad = "'infinity', '-infinity', 'infinity', '24:00', 'NaN', 'NaN'"
    shop.execute(f"CREATE TABLE good ({kinds}); CREATE TABLE odd ({kinds}); INSERT INTO good VALUES (1, {good})")
    shop.execute(f"INSERT INTO odd VALUES (1, {bad})")
    typed = workspace.ingest("connection:shop/good").columns
    texts = workspace.ingest("connection:shop/odd").columns
    assert {kind for _, kind in texts} == {"int", "string"}
    row = "INSERT INTO {} VALUES ({}, '2024-01-06', '2024-01-06 12:00', '2024-01-06 12:00Z', '12:00', 1, 2)"
    for name in ("good", "odd"):
        shop.execute(row.format(name, 3))
        shop.execute(f"INSERT INTO {name} VALUES (2, {bad})")
        shop.execute(f"INSERT INTO {name} VALUES (4, 'infinity', {good.partition(', ')[2]})")
    look = workspace.preview("connection:shop/good", mode="append", since="id")
    assert (look.differences, look.misfit_count) == ((), 2)
    report = workspace.ingest("connection:shop/good", mode="append", since="id")
    assert (report.rows, report.rejected, report.differences) == (1, 2, ())
    assert dict(typed)["tz"] == "timestamptz"
    assert {misfit.row["id"]: misfit.reason for misfit in workspace.ingest.misfits("good")} == {"2": "is no date", "4": "is no date"}
    found = workspace.datasets.read("good").sort_by("id").to_pylist()
    utc = dt.UTC
    assert [(row["ts"], row["tz"].astimezone(utc), row["t"], row["n"], row["v"]) for row in found] == [
        (dt.datetime.fromisoformat("2024-01-05T10:00:00.000001"), dt.datetime(2024, 1, 5, 8, 0, 0, 500_000, utc),
         dt.time(10, 0, 0, 250_000), Decimal("1234.50"), Decimal("0.125")),
        (dt.datetime.fromisoformat("2024-01-06T12:00"), dt.datetime(2024, 1, 6, 12, tzinfo=utc), dt.time(12), Decimal(1), Decimal(2)),
    ]  # fmt: skip
    assert workspace.ingest("connection:shop/odd", mode="append", since="id").rows == 3
    assert [row["d"] for row in workspace.datasets.read("odd").sort_by("id").to_pylist()] == [
        "infinity",
        "infinity",
        "2024-01-06",
        "infinity",
    ]


def test_a_column_of_several_kinds_stays_text_whatever_comes_next(workspace: LocalWorkspace, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (id INTEGER, v)")
        database.execute("INSERT INTO t VALUES (1, 5), (2, 'a')")
    workspace.sources.connect("lite", "sqlite", {"path": str(path)})
    workspace.ingest("connection:lite/t", mode="append", since="id")
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO t VALUES (3, 7), (4, 1.5)")
    assert workspace.ingest("connection:lite/t", mode="append", since="id").rows == 2
    assert [row["v"] for row in workspace.datasets.read("t").sort_by("id").to_pylist()] == ["5", "a", "7", "1.5"]


def test_what_is_declared_otherwise_than_it_came_first_stays_text(workspace: LocalWorkspace, tmp_path: Path) -> None:
    """Days after a word, and rows without any value, were of the declared type, and refused."""
    workspace.sources.connect("lite", "sqlite", {"path": str(tmp_path / "shop.db")})
    with sqlite3.connect(tmp_path / "shop.db", isolation_level=None) as database:
        database.execute("CREATE TABLE t (id INTEGER, day DATE, n INTEGER)")
        for number, (day, n) in enumerate([("unknown", "many"), ("2024-02-01", 7), (None, None), ("2024-02-02 10:00:00", 8)]):
            database.execute("INSERT INTO t VALUES (?, ?, ?)", (number, day, n))
            report = workspace.ingest("connection:lite/t", mode="append", since="id")
            assert (report.rows, report.differences) == (1, ())
    found = workspace.datasets.read("t").sort_by("id").to_pylist()
    assert [(row["day"], row["n"]) for row in found] == [
        ("unknown", "many"),
        ("2024-02-01", "7"),
        (None, None),
        ("2024-02-02 10:00:00", "8"),
    ]


def test_a_number_that_is_none_is_set_aside_and_no_others_with_it(workspace: LocalWorkspace, shop: Any) -> None:
    """Beside one the column did not widen, and kept as it is the dataset had it as missing."""
    shop.execute("CREATE TABLE n (id int, whole numeric); INSERT INTO n VALUES (1, 3)")
    workspace.ingest("connection:shop/n", mode="append", since="id")
    shop.execute("INSERT INTO n VALUES (2, 123), (3, 'NaN'), (4, 12345)")
    assert [(d.column, d.here) for d in workspace.preview("connection:shop/n", mode="append", since="id").differences] == [
        ("whole", "decimal(5, 0)")
    ]
    report = workspace.ingest("connection:shop/n", mode="append", since="id")
    assert (report.rows, report.rejected) == (2, 1)
    shop.execute("INSERT INTO n VALUES (5, 'NaN'), (6, 6)")
    kept = workspace.ingest("connection:shop/n", mode="append", since="id", drift="keep")
    assert (kept.rows, kept.rejected) == (1, 1)
    assert [row["whole"] for row in workspace.datasets.read("n").sort_by("id").to_pylist()] == [3, 123, 12345, 6]


def test_a_watermark_that_makes_no_sense_is_refused(workspace: LocalWorkspace, shop: Any, tmp_path: Path) -> None:
    workspace.ingest("connection:shop/orders")
    with pytest.raises(ColumnNotFound, match="changed"):
        workspace.ingest("connection:shop/orders", mode="append", since="changed")
    with pytest.raises(InvalidInput, match="lose"):
        workspace.ingest("connection:shop/orders", mode="overwrite", since="Updated At")
    (tmp_path / "a.csv").write_text("id\n1\n")
    with pytest.raises(InvalidInput, match="database"):
        workspace.ingest(tmp_path / "a.csv", since="id")


def test_what_folders_say_becomes_columns(workspace: LocalWorkspace, tmp_path: Path) -> None:
    for year, month in ((2023, "01"), (2024, "02")):
        folder = tmp_path / "flights" / f"year={year}" / f"month={month}"
        folder.mkdir(parents=True)
        (folder / "x.csv").write_text("id\n1\n")
    report = workspace.ingest(tmp_path / "flights")
    assert (report.dataset, report.rows, report.files) == ("bronze.flights", 2, 2)
    rows = workspace.datasets.read("flights").select(["id", "year", "month"]).to_pylist()
    assert sorted(rows, key=str) == [{"id": 1, "year": 2023, "month": "01"}, {"id": 1, "year": 2024, "month": "02"}]


def test_the_report_tells_what_was_passed_over_and_taken_otherwise(workspace: LocalWorkspace, shop: Any, tmp_path: Path) -> None:
    (tmp_path / "flights").mkdir()
    for name in ("a.csv", "b.csv", "notes.md"):
        (tmp_path / "flights" / name).write_text(f"id,name\n1,{name}\n")
    told = workspace.ingest(tmp_path / "flights").warnings
    assert [warning for warning in told if "notes.md" in warning] == ["a.csv: 1 file passed over (no table): notes.md"]
    assert any("notes.md" in warning for warning in workspace.ingest.preview(str(tmp_path / "flights")).warnings)
    shop.execute("CREATE TABLE odd (day date); INSERT INTO odd VALUES ('infinity')")
    assert any("taken as text" in warning for warning in workspace.ingest("connection:shop/odd").warnings)


def test_a_look_at_a_large_table_reads_its_first_rows(workspace: LocalWorkspace, shop: Any) -> None:
    shop.execute("CREATE TABLE many AS SELECT i AS id FROM generate_series(1, 20000) i")
    for source in ("connection:shop/many", "connection:shop?query=select id from many"):
        seen = workspace.ingest.preview(source)
        assert ([column.name for column in seen.columns], seen.rows, seen.sample.rows[0]) == (["id"], None, (1,))
    small = workspace.ingest.preview("connection:shop/orders")
    assert (small.rows, small.exact) == (2, True)


def test_a_frame_is_taken_in_once(workspace: LocalWorkspace) -> None:
    import polars as pl

    frame = pl.DataFrame({"id": [1, 2], "kind": ["a", "b"]}).with_columns(pl.col("kind").cast(pl.Categorical))
    assert workspace.ingest(frame, "things").rows == 2
    assert workspace.ingest(frame.to_pandas(), "others").rows == 2
    assert workspace.ingest(frame, "things").unchanged


# ------------------------------------------------------------------------------------------------------- a third party's

PLUGIN = """
from contextlib import contextmanager
import pyarrow as pa
from workbench.core.records import Record
from workbench.ingest.sources.databases import TableFound

class Options(Record):
    size: int

class Numbers:
    options, paths, secret, dialect = Options, (), "token", "duckdb"

    @contextmanager
    def connect(self, options, secret, limits):
        if secret != "open sesame":
            raise RuntimeError(f"the token {secret} is wrong")
        yield Session(options.size)

class Session:
    def __init__(self, size):
        self.size = size

    def version(self):
        return "numbers 1"

    def tables(self):
        return (TableFound(name="numbers", rows=self.size),)

    def read(self, wanted, note):
        return pa.table({"n": list(range(self.size))}).to_reader()
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site"
    package = folder / "numbers_plugin-1.0.dist-info"
    package.mkdir(parents=True)
    (folder / "numbers_plugin.py").write_text(textwrap.dedent(PLUGIN))
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: numbers-plugin\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[workbench.sources]\nnumbers = numbers_plugin:Numbers\n")
    monkeypatch.syspath_prepend(str(folder))


def test_a_third_partys_kind_is_connected_like_any_other(workspace: LocalWorkspace, plugin: None) -> None:
    workspace.sources.connect("n", "numbers", {"size": 3}, "open sesame")
    assert (workspace.sources.test("n").version, workspace.sources.tables("n")[0].name) == ("numbers 1", "numbers")
    assert workspace.ingest("connection:n/numbers").rows == 3
    workspace.sources.connect("n", "numbers", {"size": 3}, "close sesame")
    tested = workspace.sources.test("n")
    assert (tested.ok, "sesame" in str(tested)) == (False, False)


def test_each_kind_says_what_a_form_has_to_ask_for(workspace: LocalWorkspace, plugin: None, tmp_path: Path) -> None:
    found = {kind.name: kind for kind in workspace.sources.kinds()}
    assert list(found) == ["postgresql", "mysql", "sqlite", "duckdb", "numbers"]
    options = {option.name: option for option in found["postgresql"].options}
    assert [name for name, option in options.items() if option.required] == ["host", "database", "user"]
    assert (options["port"].kind, options["port"].default) == ("number", 5432)
    assert (options["sslmode"].kind, options["sslmode"].choices[0], options["sslrootcert"].kind) == ("choice", "disable", "path")
    assert (found["postgresql"].secret, found["sqlite"].secret) == ("password", "")
    assert [(option.name, option.kind, option.required) for option in found["numbers"].options] == [("size", "number", True)]
    assert found["numbers"].secret == "token"
    (tmp_path / "site" / "numbers_plugin-1.0.dist-info" / "entry_points.txt").write_text("[workbench.sources]\ngone = no_such_module:X\n")
    importlib.invalidate_caches()
    gone = workspace.sources.kinds()[-1]
    assert (gone.name, gone.options) == ("gone", ()) and "cannot be imported" in str(gone.problem)


def test_a_sqlite_file_is_read_while_somebody_writes_to_it(workspace: LocalWorkspace, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with sqlite3.connect(path, isolation_level=None) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE t (id INTEGER)")
        writer.execute("INSERT INTO t VALUES (1)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO t VALUES (2)")
        workspace.sources.connect("live", "sqlite", {"path": str(path)})
        assert workspace.ingest("connection:live/t").rows == 1
        writer.execute("COMMIT")


# ------------------------------------------------------------------------------------------------- a folder, to be created


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f"b_{number}.csv").write_text(f"id\n{number}\n")
    return folder


def test_create_makes_one_dataset_of_a_folder_and_again_changes_nothing(workspace: LocalWorkspace, folder: Path) -> None:
    first = workspace.ingest(folder)
    assert (first.dataset, first.rows, first.files, first.created) == ("bronze.parts", 3, 3, True)
    again = workspace.ingest(folder)
    assert again.unchanged and (again.files, again.created) == (3, False)
    assert ids(workspace, "parts") == [1, 2, 3]


@pytest.mark.parametrize("name", ["a_4.csv", "b_2x.csv", "c_4.csv"], ids=["first", "between", "last"])
def test_create_takes_a_file_that_has_come_to_the_folder_wherever_it_stands(workspace: LocalWorkspace, folder: Path, name: str) -> None:
    workspace.ingest(folder)
    (folder / name).write_text("id\n4\n")
    report = workspace.ingest(folder)
    assert (report.created, report.unchanged, report.files) == (False, False, 4)
    assert len([warning for warning in report.warnings if warning.endswith("was taken before.")]) == 3
    assert ids(workspace, "parts") == [1, 2, 3, 4]
    assert workspace.ingest(folder).unchanged


def test_create_of_a_folder_that_the_dataset_has_nothing_of_is_refused_whole(workspace: LocalWorkspace, folder: Path) -> None:
    workspace.ingest([{"id": 9}], "parts")
    with pytest.raises(AlreadyExists, match=r"bronze\.parts already, and none of the 3 files is in it") as refused:
        workspace.ingest(folder)
    assert "append" in str(refused.value.fix) and ids(workspace, "parts") == [9]
    assert workspace.ingest(folder, mode="append").rows == 3


def test_create_goes_on_after_a_file_that_was_refused(workspace: LocalWorkspace, folder: Path) -> None:
    (folder / "b_2.csv").write_bytes(b"\x00\x01\x02" * 100)
    with pytest.raises(UnreadableFile) as refused:
        workspace.ingest(folder)
    assert refused.value.details["taken"] == 1 and ids(workspace, "parts") == [1]
    (folder / "b_2.csv").write_text("id\n2\n")
    workspace.ingest(folder)
    assert ids(workspace, "parts") == [1, 2, 3]
    # The first one gone, what is left of the folder is still this dataset's.
    (folder / "b_1.csv").rename(folder.parent / "b_1.csv")
    (folder / "a_0.csv").write_text("id\n0\n")
    workspace.ingest(folder)
    assert ids(workspace, "parts") == [0, 1, 2, 3]


def test_create_of_one_file_of_a_folder_into_a_dataset_with_another_is_refused(workspace: LocalWorkspace, folder: Path) -> None:
    workspace.ingest(folder / "b_1.csv", "parts")
    with pytest.raises(AlreadyExists, match="with other content"):
        workspace.ingest(folder / "b_2.csv", "parts")


def test_values_of_a_duckdb_file_beyond_their_type_keep_no_later_rows_out(workspace: LocalWorkspace, tmp_path: Path) -> None:
    """What was text for the sake of one value stays text, and what was not is not text for one."""
    import duckdb

    path, kinds = tmp_path / "shop.duckdb", 'id INTEGER, "The Day" DATE, ts TIMESTAMP, tz TIMESTAMPTZ, h HUGEINT'
    good = "'2024-01-05', '2024-01-05 10:00:00.000001', '2024-01-05 10:00:00.5+02', 12345678901234567890"
    bad = f"'infinity', '0044-03-15 (BC) 10:00:00', 'infinity', {2**127 - 1}"

    def run(statement: str) -> None:
        with duckdb.connect(str(path)) as database:
            database.execute(statement)

    run(f"CREATE TABLE good ({kinds}); CREATE TABLE odd ({kinds}); INSERT INTO good VALUES (1, {good}); INSERT INTO odd VALUES (1, {bad})")
    workspace.sources.connect("duck", "duckdb", {"path": str(path)})
    typed = dict(workspace.ingest("connection:duck/good").columns)
    assert (typed["the_day"], typed["ts"], typed["tz"], typed["h"]) == ("date", "timestamp", "timestamptz", "decimal(38, 0)")
    assert {kind for _, kind in workspace.ingest("connection:duck/odd").columns} == {"int", "string"}
    for name in ("good", "odd"):
        rows = f"(2, {bad}), (3, '2024-01-06', '2024-01-06 12:00:00', '2024-01-06 12:00:00+00', 7), (4, NULL, NULL, NULL, NULL)"
        run(f"INSERT INTO {name} VALUES {rows}")
    look = workspace.preview("connection:duck/good", mode="append", since="id")
    assert (look.differences, look.misfit_count) == ((), 1)
    report = workspace.ingest("connection:duck/good", mode="append", since="id")
    assert (report.rows, report.rejected, report.differences) == (2, 1, ())
    (misfit,) = workspace.ingest.misfits("good")
    assert (misfit.column, misfit.value, misfit.reason, misfit.row["h"]) == ("the_day", "infinity", "is no date", str(2**127 - 1))
    found = workspace.datasets.read("good").sort_by("id").to_pylist()
    assert [(row["id"], row["ts"], row["tz"] and row["tz"].astimezone(dt.UTC), row["h"]) for row in found] == [
        (
            1,
            dt.datetime.fromisoformat("2024-01-05T10:00:00.000001"),
            dt.datetime(2024, 1, 5, 8, 0, 0, 500_000, dt.UTC),
            12345678901234567890,
        ),
        (3, dt.datetime.fromisoformat("2024-01-06T12:00"), dt.datetime(2024, 1, 6, 12, tzinfo=dt.UTC), 7),
        (4, None, None, None),
    ]
    run("DELETE FROM odd WHERE id < 3")
    assert workspace.ingest("connection:duck/odd", mode="append", since="id").rows == 2
    found = workspace.datasets.read("odd").sort_by("id").to_pylist()
    assert [(row["the_day"], row["h"]) for row in found] == [("infinity", str(2**127 - 1)), ("2024-01-06", "7"), (None, None)]
