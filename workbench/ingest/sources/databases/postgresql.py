"""PostgreSQL, through psycopg: a cursor on the server, in one read-only transaction."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
from pydantic import Field

from workbench.core.errors import Forbidden, InvalidInput, InvalidSQL, NotFound, Unavailable, WorkbenchError
from workbench.core.records import Record
from workbench.ingest.sources.base import Notes
from workbench.ingest.sources.databases.arrays import list_of
from workbench.ingest.sources.databases.base import Limits, TableFound, Wanted
from workbench.ingest.sources.databases.servers import driver, place_of, unreachable
from workbench.ingest.sources.databases.statements import check_column, find_table, relation, statement, tell_left_out
from workbench.ingest.sources.databases.textual import Convert, TextColumn, gather, pages, to_bool, to_bytes, to_time, to_uuid
from workbench.ingest.sources.table_names import parts_of, written

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgreSQL", "PostgreSQLOptions"]

_TABLES = """
    SELECT n.nspname, c.relname, c.relkind::text, c.reltuples::bigint
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
    ORDER BY 1, 2
"""
# Text in forms that mean the same whatever the server's settings are.
_FORMS = {
    "DateStyle": "ISO", "TimeZone": "UTC", "bytea_output": "hex", "extra_float_digits": "3", "IntervalStyle": "iso_8601",
    "default_transaction_read_only": "on", "lock_timeout": "30s", "client_min_messages": "error",
}  # fmt: skip

_TEXTS = ("text", "varchar", "bpchar", "name")
_CURSOR = "workbench"
_SENT, _AT_ONCE = 10_000, 8  # rows


class PostgreSQLOptions(Record):
    """``schema_name`` is where a table without a schema is looked for."""

    host: str = Field(min_length=1, max_length=255)
    port: int = Field(5432, ge=1, le=65535)
    database: str = Field(min_length=1, max_length=63)
    user: str = Field(min_length=1, max_length=63)
    schema_name: str = Field("public", max_length=63)
    sslmode: Literal["disable", "prefer", "require", "verify-full"] = "prefer"
    sslrootcert: str | None = None


class PostgreSQL:
    options: type[Record] = PostgreSQLOptions
    paths: tuple[str, ...] = ("sslrootcert",)
    secret = "password"  # noqa: S105 - what it is called
    dialect = "postgres"

    @contextmanager
    def connect(self, options: Any, secret: str | None, limits: Limits) -> Iterator[_Session]:
        psycopg = driver("psycopg", "PostgreSQL", "postgres")
        where = place_of(options)
        words: dict[str, Any] = {"host": options.host, "port": options.port, "dbname": options.database, "user": options.user}
        words |= {"sslmode": options.sslmode, "connect_timeout": 10, "application_name": "workbench", "client_encoding": "UTF8"}
        words |= {"sslrootcert": options.sslrootcert} if options.sslrootcert else {}
        # What this machine's user keeps for himself is not sent to whoever a connection names. Of a file that is there and is no plain
        # one, such as /dev/null, the driver complains on standard error.
        words |= {"password": secret or "", "passfile": str(limits.scratch / "none")}
        with _errors(where):
            connection = psycopg.connect(**words)
        with connection, _errors(where):
            yield _Session(connection, options, limits)
            connection.rollback()


class _Session:
    def __init__(self, connection: psycopg.Connection[Any], options: PostgreSQLOptions, limits: Limits) -> None:
        import psycopg
        from psycopg import sql

        self._connection, self._options, self._limits = connection, options, limits
        connection.autocommit = True
        forms = {**_FORMS, "statement_timeout": str(int(limits.seconds * 1000))}
        for name, value in forms.items():
            connection.execute(sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        connection.autocommit = False
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self._types = connection.adapters.types

    def version(self) -> str:
        row = self._connection.execute("SHOW server_version").fetchone()
        return f"PostgreSQL {row[0] if row else ''}".strip()

    def tables(self) -> tuple[TableFound, ...]:
        kinds = {"v": "view", "m": "materialized view", "f": "foreign table"}
        return tuple(
            TableFound(name=written(schema, name), kind=kinds.get(kind, "table"), rows=rows if rows >= 0 and kind in "rm" else None)
            for schema, name, kind, rows in self._connection.execute(_TABLES)
        )

    def read(self, wanted: Wanted, note: Notes) -> pa.RecordBatchReader:
        from psycopg import RawServerCursor

        table = _quoted_table(find_table(wanted.table, self.tables(), self._options.schema_name)) if wanted.table is not None else ""
        if wanted.since is not None:
            self._check_since(wanted, relation(wanted, table))
            tell_left_out(wanted, table, _quoted, self._count, note)
        text = statement(wanted, table, _quoted, "$1", lambda column: f'{column}::text COLLATE "C"')
        bound = [wanted.since.value] if wanted.since is not None and wanted.since.value is not None else None
        with RawServerCursor(self._connection, _CURSOR) as cursor:
            cursor.execute(text, bound)
            columns = [self._column(each) for each in cursor.description or ()]
            if not columns:
                raise InvalidInput(f"{wanted.table or 'What is read'} has no columns.", fix="Name another table, or a query with columns.")
            # What is left of them is given up before the cursor is closed: it would wait for them, and they for it.
            with closing(self._rows()) as rows:
                return gather(columns, pages(rows), self._limits.scratch, note, wanted)

    def cancel(self) -> None:
        self._connection.cancel_safe(timeout=5)

    def _count(self, text: str) -> int:
        found = self._connection.execute(text).fetchone()
        return int(found[0]) if found else 0

    def _rows(self) -> Generator[Sequence[Any]]:
        """What the server's cursor gives. It sends many rows at once, of which the client holds a few: how long they are nobody knows."""
        from psycopg import RawCursor, capabilities

        few = _AT_ONCE if capabilities.has_stream_chunked() else 1
        with RawCursor(self._connection) as cursor:
            _plain_texts(cursor)
            count = _SENT
            while count == _SENT:
                count = 0
                for count, row in enumerate(cursor.stream(f"FETCH FORWARD {_SENT} FROM {_CURSOR}", size=few), 1):  # noqa: B007
                    yield row

    def _check_since(self, wanted: Wanted, source: str) -> None:
        from psycopg import RawServerCursor

        with RawServerCursor(self._connection, "workbench_names") as cursor:
            cursor.execute(f"SELECT * FROM {source}")  # noqa: S608 - the name is quoted, the query the person's
            kinds = {each.name: self._types.get(each.type_code) for each in cursor.description or ()}
        check_column(wanted, kinds)
        since = wanted.since
        if since is None or not isinstance(since.value, str):
            return
        kind = kinds[since.column]
        if kind is None or kind.name not in _TEXTS:
            # Enumerations, JSON, numbers without an end: what is greater there is not what is greater as text.
            fix = "Choose a column of numbers, dates, times or text."
            raise InvalidInput(f"{since.column!r} is text in the dataset, and something else in the database.", fix=fix)

    def _column(self, described: Any) -> TextColumn:
        info = self._types.get(described.type_code)
        name = info.name if info is not None else ""
        if info is not None and info.array_oid == described.type_code:
            kind, convert = _element(name, None, None)
            return TextColumn(described.name, pa.list_(kind), list_of(convert))
        if name == "numeric" and described.precision is None:
            return TextColumn(described.name, None)
        kind, convert = _element(name, described.precision, described.scale)
        return TextColumn(described.name, kind, convert)


def _cast(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    return texts.cast(kind)


_KINDS: dict[str, tuple[pa.DataType, Convert]] = {
    "bool": (pa.bool_(), to_bool("t")),
    "int2": (pa.int32(), _cast),
    "int4": (pa.int32(), _cast),
    "int8": (pa.int64(), _cast),
    "oid": (pa.int64(), _cast),
    "float4": (pa.float32(), _cast),
    "float8": (pa.float64(), _cast),
    "date": (pa.date32(), _cast),
    "time": (pa.time64("us"), to_time),
    "uuid": (pa.uuid(), to_uuid),
    "timestamp": (pa.timestamp("us"), _cast),
    "timestamptz": (pa.timestamp("us", "UTC"), _cast),
    "bytea": (pa.binary(), to_bytes),
}


def _element(name: str, precision: int | None, scale: int | None) -> tuple[pa.DataType, Convert]:
    """What has no counterpart (intervals, networks, shapes, JSON, enumerations) is text, as the server writes it."""
    if name == "numeric" and precision is not None and 0 < precision <= 38 and 0 <= (scale or 0) <= precision:
        return pa.decimal128(precision, scale or 0), _cast
    return _KINDS.get(name, (pa.string(), _cast))


def _plain_texts(cursor: Any) -> None:
    """Have every value of this cursor's as the text that the server sends."""
    from psycopg.types.string import TextLoader

    for info in cursor.adapters.types:
        for oid in (info.oid, info.array_oid):
            if oid:
                cursor.adapters.register_loader(oid, TextLoader)
    cursor.adapters.register_loader(0, TextLoader)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted_table(name: str) -> str:
    schema, table = parts_of(name)
    return f"{_quoted(schema)}.{_quoted(table)}"


@contextmanager
def _errors(where: str) -> Iterator[None]:
    import psycopg

    try:
        yield
    except WorkbenchError:
        raise
    except psycopg.errors.InsufficientPrivilege as error:
        raise Forbidden(f"{where} does not let this user read that.", fix="Ask for the right to SELECT.") from error
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
        fix = "Ask for fewer rows, or raise ingest.database_timeout_seconds in workbench.toml."
        raise Unavailable(f"{where} took too long to answer.", fix=fix) from error
    except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported) as error:
        raise InvalidSQL(f"{where} was only to be read: {_words(error)}.", fix="Write a query that changes nothing.") from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if error.sqlstate is None or error.sqlstate.startswith(("08", "57")):
            refused = any(word in str(error) for word in ("authentication failed", "no pg_hba.conf", "no password supplied"))
            if refused:
                raise Forbidden(f"{where} refuses this user or password.", fix="Save the connection again with the right ones.") from error
            server, _, database = where.partition("/")
            if "database" in str(error) and "does not exist" in str(error):
                raise NotFound(f"{server} has no database {database!r}.", fix="Save the connection again with the right name.") from error
            raise unreachable(where, str(error)) from error
        raise Unavailable(f"{where} failed: {_words(error)}.", fix="Try again later.") from error
    except psycopg.errors.DataError as error:
        raise InvalidSQL(f"{where} cannot compute that.", fix="Try the query in the database's own client.") from error
    except psycopg.Error as error:
        raise InvalidSQL(f"{where} does not take that query: {_words(error)}.", fix="Try it in the database's own client.") from error
    except UnicodeDecodeError as error:
        raise Unavailable(f"{where} holds text that is not UTF-8.", fix="Repair its encoding, or leave that column out.") from error


def _words(error: psycopg.Error) -> str:
    """The server's main line; its details and context may hold values."""
    return (error.diag.message_primary or "no reason given").rstrip(".")
