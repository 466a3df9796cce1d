"""MySQL and MariaDB, through PyMySQL: rows as they come from the server, in one read-only transaction."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from workbench.core.errors import Forbidden, InvalidSQL, NotFound, Unavailable, WorkbenchError
from workbench.core.records import Record
from workbench.ingest.sources.base import Notes
from workbench.ingest.sources.databases.base import Limits, TableFound, Wanted
from workbench.ingest.sources.databases.servers import driver, place_of, unreachable
from workbench.ingest.sources.databases.statements import check_column, find_table, relation, several_called, statement, tell_left_out
from workbench.ingest.sources.databases.textual import TextColumn, gather, pages, to_time
from workbench.ingest.sources.table_names import parts_of, written

__all__ = ["MySQL", "MySQLOptions"]

_BINARY = 63  # the collation of what is bytes
_UNSIGNED = 32
_TABLES = """
    SELECT table_schema, table_name, table_type, table_rows FROM information_schema.tables
    WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1, 2
"""


class MySQLOptions(Record):
    """``ssl``: ``require`` encrypts, ``verify`` checks the server's certificate too (by ``ssl_ca``, or the machine's own)."""

    host: str = Field(min_length=1, max_length=255, pattern=r"^[^/]")
    port: int = Field(3306, ge=1, le=65535)
    database: str = Field(min_length=1, max_length=64)
    user: str = Field(min_length=1, max_length=80)
    ssl: Literal["off", "require", "verify"] = "off"
    ssl_ca: str | None = None


class MySQL:
    options: type[Record] = MySQLOptions
    paths: tuple[str, ...] = ("ssl_ca",)
    secret = "password"  # noqa: S105 - what it is called
    dialect = "mysql"

    @contextmanager
    def connect(self, options: Any, secret: str | None, limits: Limits) -> Iterator[_Session]:
        pymysql = driver("pymysql", "MySQL", "mysql")
        conversions, cursors = driver("pymysql.converters", "MySQL", "mysql").conversions, driver("pymysql.cursors", "MySQL", "mysql")
        where = place_of(options)
        # Only what turns our values into SQL: what the server sends stays text.
        encoders: Any = {key: value for key, value in conversions.items() if not isinstance(key, int)}
        with _errors(where):
            connection: Any = pymysql.connect(
                host=options.host,
                port=options.port,
                user=options.user,
                password=secret or "",
                database=options.database,
                charset="utf8mb4",
                connect_timeout=10,
                read_timeout=int(limits.seconds) + 10,
                conv=encoders,
                local_infile=False,
                cursorclass=cursors.SSCursor,
                ssl=_ssl(options),
            )
        try:
            with _errors(where):
                yield _Session(connection, options, limits)
        finally:
            # Not asked for the rest of a result that nobody reads.
            connection._force_close()


def _ssl(options: MySQLOptions) -> Any:
    if options.ssl == "off":
        return None
    import ssl

    context = ssl.create_default_context(cafile=options.ssl_ca)
    if options.ssl == "require":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class _Session:
    def __init__(self, connection: Any, options: MySQLOptions, limits: Limits) -> None:
        import pymysql

        self._connection, self._options, self._limits = connection, options, limits
        self._do("SET time_zone = '+00:00'")
        # One of the two is MySQL's, the other MariaDB's.
        for limit in (f"max_execution_time = {int(limits.seconds * 1000)}", f"max_statement_time = {limits.seconds:f}"):
            with suppress(pymysql.MySQLError):
                self._do(f"SET SESSION {limit}")
        self._do("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self._do("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def _do(self, text: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall())

    def version(self) -> str:
        told = str(self._do("SELECT version()")[0][0])
        return told if "mariadb" in told.lower() else f"MySQL {told}"

    def tables(self) -> tuple[TableFound, ...]:
        found = []
        for schema, name, kind, rows in self._do(_TABLES):
            table = "view" if "VIEW" in kind else "table"
            found.append(
                TableFound(name=written(schema, name), kind=table, rows=int(rows) if rows is not None and table == "table" else None)
            )
        return tuple(found)

    def read(self, wanted: Wanted, note: Notes) -> pa.RecordBatchReader:
        table = _quoted_table(find_table(wanted.table, self.tables(), self._options.database)) if wanted.table is not None else ""
        if wanted.since is not None:
            check_column(wanted, self._types(wanted, table))
            tell_left_out(wanted, table, _quoted, lambda text: int(self._do(text)[0][0]), note)
        floats = self._floats(wanted, table)
        columns = "*" if not floats else ", ".join(f"{_quoted(name)} + 0e0 AS {_quoted(name)}" if single else _quoted(name)
                                                   for name, single in floats.items())  # fmt: skip
        # A limit behind the query: MySQL below 8.0.22 does not read it behind a UNION, and takes it for the query's own.
        most = wanted.most if wanted.query is not None and wanted.since is None else None
        text = statement(wanted if most is None else replace(wanted, most=None), table, _quoted, "\0", _bytewise, columns)
        bound = (wanted.since.value,) if wanted.since is not None and wanted.since.value is not None else None
        # The driver reads % as a place for a value, wherever it stands.
        text = text.replace("%", "%%").replace("\0", "%s") if bound else text
        with self._streamed(text, bound) as cursor:
            fields = [_column(field, single=floats.get(field.name, False)) for field in cursor._result.fields]
            if not floats:
                _tell_digits(cursor._result.fields, note)
            return gather(fields, pages(islice(cursor, most)), self._limits.scratch, note, wanted)

    def cancel(self) -> None:
        self._connection._sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _streamed(self, text: str, bound: tuple[Any, ...] | None) -> Iterator[Any]:
        """A cursor over the rows. Where it is left before the last of them the connection ends: the driver would read them all first."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(text, bound)
            yield cursor
        finally:
            result = cursor._result
            if result is not None and result.unbuffered_active:
                result.unbuffered_active, result.connection, cursor.connection = False, None, None
                self._connection._force_close()
            cursor.close()

    def _types(self, wanted: Wanted, table: str) -> dict[str, int]:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {relation(wanted, table)} LIMIT 0")  # noqa: S608 - the name is quoted, the query the person's
            types = {field.name: field.type_code for field in cursor._result.fields}
            cursor.fetchall()
            return types

    def _floats(self, wanted: Wanted, table: str) -> dict[str, bool]:
        """The columns, and which of them are FLOAT, where one is: as text these have six digits, which are not all that they hold, and
        as part of a sum all. Empty where none is, or the query cannot stand behind FROM."""
        import pymysql
        from pymysql.constants import FIELD_TYPE

        try:
            types = self._types(wanted, table)
        except pymysql.MySQLError:
            return {}
        return {name: code == FIELD_TYPE.FLOAT for name, code in types.items()} if FIELD_TYPE.FLOAT in types.values() else {}


def _bytewise(column: str) -> str:
    return f"CONVERT({column} USING utf8mb4) COLLATE utf8mb4_bin"


def _tell_digits(fields: Sequence[Any], note: Notes) -> None:
    from pymysql.constants import FIELD_TYPE

    for field in fields:
        if field.type_code == FIELD_TYPE.FLOAT:
            note.fact(f"{field.name} is a FLOAT, of which six digits came; {field.name} + 0e0 in the query brings all")


def _column(field: Any, *, single: bool = False) -> TextColumn:
    """What has no counterpart (times beyond a day, shapes, sets, JSON) is text; ``single``: a FLOAT that was sent as a double."""
    from pymysql.constants import FIELD_TYPE

    unsigned = bool(field.flags & _UNSIGNED)
    whole = {FIELD_TYPE.TINY: 32, FIELD_TYPE.SHORT: 32, FIELD_TYPE.INT24: 32, FIELD_TYPE.YEAR: 32, FIELD_TYPE.LONG: 32}
    kinds: dict[int, pa.DataType] = {
        FIELD_TYPE.FLOAT: pa.float32(), FIELD_TYPE.DOUBLE: pa.float64(), FIELD_TYPE.DATE: pa.date32(),
        FIELD_TYPE.DATETIME: pa.timestamp("us"), FIELD_TYPE.LONGLONG: pa.decimal128(20, 0) if unsigned else pa.int64(),
    }  # fmt: skip
    code = FIELD_TYPE.FLOAT if single else field.type_code
    if code in whole:
        return TextColumn(field.name, pa.int64() if unsigned and code == FIELD_TYPE.LONG else pa.int32())
    if code == FIELD_TYPE.NEWDECIMAL:
        # The server tells how wide it shows one: with its sign and its point.
        precision = field.length - (0 if unsigned else 1) - (1 if field.scale else 0)
        return TextColumn(field.name, pa.decimal128(precision, field.scale) if precision <= 38 else None, scale=field.scale)
    if code == FIELD_TYPE.TIMESTAMP:
        return TextColumn(field.name, pa.timestamp("us", "UTC"), _in_utc)
    if code == FIELD_TYPE.TIME:
        return TextColumn(field.name, pa.time64("us"), to_time)
    if code == FIELD_TYPE.BIT:
        return TextColumn(field.name, pa.decimal128(20, 0) if field.length == 64 else pa.int64(), _bits, binary=True)
    if code in kinds:
        return TextColumn(field.name, kinds[code])
    texts = (FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING, FIELD_TYPE.VARCHAR, FIELD_TYPE.BLOB, FIELD_TYPE.TINY_BLOB, FIELD_TYPE.MEDIUM_BLOB)
    if (code in (*texts, FIELD_TYPE.LONG_BLOB) and field.charsetnr == _BINARY) or code == FIELD_TYPE.GEOMETRY:
        return TextColumn(field.name, pa.binary(), binary=True)
    return TextColumn(field.name, pa.string())


def _in_utc(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow.compute as pc

    return pc.assume_timezone(texts.cast(pa.timestamp("us")), "UTC")


def _bits(raw: pa.Array, kind: pa.DataType) -> pa.Array:
    return pa.array([None if value is None else int.from_bytes(value, "big") for value in raw.to_pylist()], kind)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _quoted_table(name: str) -> str:
    schema, table = parts_of(name)
    return f"{_quoted(schema)}.{_quoted(table)}"


_REFUSED = (1044, 1045, 1698, 1142, 1143, 1227)
_CALLED_TWICE = 1060
_TOO_LONG = (1969, 3024, 1205, 1317)
_NOT_ENCRYPTED = 2026
_AWAY = (2002, 2003, 2005, 2006, 2013, 1040, 1129, 1130)


@contextmanager
def _errors(where: str) -> Iterator[None]:
    import pymysql

    try:
        yield
    except WorkbenchError:
        raise
    except pymysql.MySQLError as error:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        words = str(error.args[1]).rstrip(".") if len(error.args) > 1 else "no reason given"
        if number in _REFUSED:
            raise Forbidden(
                f"{where} refuses this user, or what it asks for.", fix="Check the user, the password and its rights."
            ) from error
        if number == 1049:
            server, _, database = where.partition("/")
            raise NotFound(f"{server} has no database {database!r}.", fix="Save the connection again with the right name.") from error
        if number == _NOT_ENCRYPTED:
            fix = "Have the server offer TLS, or save the connection again with ssl=off where the network can be trusted."
            raise Unavailable(f"No encrypted connection to {where}: {words}.", fix=fix) from error
        if number == _CALLED_TWICE:
            raise several_called(words.partition("'")[2].rpartition("'")[0]) from error
        if number in _TOO_LONG or "timed out" in words:
            fix = "Ask for fewer rows, or raise ingest.database_timeout_seconds in workbench.toml."
            raise Unavailable(f"{where} took too long to answer.", fix=fix) from error
        if number in _AWAY or number == 0:
            raise unreachable(where, words) from error
        raise InvalidSQL(f"{where} does not take that query: {words}.", fix="Try it in the database's own client.") from error
    except UnicodeDecodeError as error:
        raise Unavailable(f"{where} holds text that is not UTF-8.", fix="Repair its encoding, or leave that column out.") from error
