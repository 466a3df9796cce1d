"""SQLite files, through the standard library. A column there may hold values of any kind, so its type is what its values are; what it
was declared as decides where they leave a choice."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from workbench.core.errors import Forbidden, InvalidInput, InvalidSQL, Unavailable, UnreadableFile, WorkbenchError
from workbench.ingest.sources.base import Notes, Since
from workbench.ingest.sources.databases.base import Limits, TableFound, Wanted
from workbench.ingest.sources.databases.files import FileDatabase
from workbench.ingest.sources.databases.statements import check_apart, check_column, find_table, relation, statement, tell_left_out
from workbench.ingest.sources.databases.textual import pages
from workbench.ingest.sources.table_names import parts_of, written

__all__ = ["SQLite"]

_EXACT = 2**53
_RENAMED = re.compile(r":\d+\Z")  # the second of two columns of one name, in a statement around the query
_LONGEST = 64 << 20  # bytes of one value or row
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_TABLES = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


class SQLite(FileDatabase):
    dialect = "sqlite"

    @contextmanager
    def open(self, path: Path, limits: Limits) -> Iterator[_Session]:
        with _errors(path):
            connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10, isolation_level=None)
        try:
            with _errors(path):
                yield _Session(connection, limits)
        finally:
            connection.close()


class _Session:
    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        connection.execute("PRAGMA query_only = 1")
        # Every statement from here on sees one state of the file.
        connection.execute("BEGIN")
        connection.set_authorizer(_only_reading)
        self._until = _Deadline(limits.seconds)
        connection.set_progress_handler(self._until.over, 100_000)
        connection.text_factory = _text
        # A statement may make a value as long as it likes, here in this process.
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)

    def version(self) -> str:
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return f"SQLite {sqlite3.sqlite_version}"

    def tables(self) -> tuple[TableFound, ...]:
        return tuple(TableFound(name=written(name), kind=kind) for name, kind in self._connection.execute(_TABLES))

    def read(self, wanted: Wanted, note: Notes) -> pa.RecordBatchReader:
        self._until.begin()
        name = parts_of(find_table(wanted.table, self.tables()))[0] if wanted.table is not None else ""
        since = wanted.since
        # Times are kept there as text of some form: what is above one is told by what the text means, not by the text.
        by_meaning = since is not None and isinstance(since.value, date | datetime | Decimal)
        # Rows come one by one as they are found, so that no LIMIT need stand around a query.
        asked = replace(wanted, since=None if by_meaning else since, most=None)
        text = statement(asked, _quoted(name), _quoted, "?", lambda column: f"{column} COLLATE BINARY")
        bound = (since.value,) if since is not None and since.value is not None and not by_meaning else ()
        cursor = self._connection.execute(text if since is None else f"SELECT * FROM ({text}) LIMIT 0", bound)  # noqa: S608
        names = [column[0] for column in cursor.description]
        check_column(wanted, names)
        if since is not None:
            check_apart([_RENAMED.sub("", each) for each in names] if wanted.query is not None else names)
            if since.value is not None and not by_meaning:
                self._check_kinds(since, relation(wanted, _quoted(name)))
            tell_left_out(wanted, _quoted(name), _quoted, self._count, note)
        declared = self._declared(name) if name else {}
        columns = [_Column(each, declared.get(each, "")) for each in names]
        for page in pages(islice(self._connection.execute(text, bound), wanted.most)):
            for column, values in zip(columns, zip(*page, strict=True), strict=True):
                column.see(values)
        for column in columns:
            if column.settle(wanted.type_there(column.name)):
                if since is not None and column.name == since.column:
                    raise _no_greatest(column.name)
                note.fact(f"{column.name} holds values of several kinds; it is taken as text")
        schema = pa.schema([pa.field(column.name, column.type) for column in columns])
        batches = self._batches(text, bound, wanted.most, columns, schema)
        if by_meaning and since is not None:
            batches = _above(batches, since)
        return pa.RecordBatchReader.from_batches(schema, batches)

    def cancel(self) -> None:
        self._connection.interrupt()

    def _count(self, text: str) -> int:
        return int(self._connection.execute(text).fetchone()[0])

    def _check_kinds(self, since: Since, source: str) -> None:
        """A number is below every text here, whatever they are in the dataset: rows would be passed over for good."""
        column, text = _quoted(since.column), isinstance(since.value, str)
        kinds = {kind for (kind,) in self._connection.execute(f"SELECT DISTINCT typeof({column}) FROM {source}")} - {"null"}  # noqa: S608
        if kinds <= ({"text"} if text else {"integer", "real"}):
            return
        if len(kinds) > 1 and kinds != {"integer", "real"}:
            raise _no_greatest(since.column)
        fix = "Choose a column of numbers, dates, times or text."
        here = "text" if text else "a number"
        raise InvalidInput(f"{since.column!r} is {here} in the dataset, and something else in the database.", fix=fix)

    def _declared(self, table: str) -> dict[str, str]:
        # SQLite makes a table of it for a moment, which a person's statement may not.
        self._connection.set_authorizer(None)
        try:
            return {name: str(kind) for name, kind in self._connection.execute("SELECT name, type FROM pragma_table_xinfo(?)", (table,))}
        finally:
            self._connection.set_authorizer(_only_reading)

    def _batches(
        self, text: str, bound: tuple[Any, ...], most: int | None, columns: Sequence[_Column], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        for page in pages(islice(self._connection.execute(text, bound), most)):
            values = zip(*page, strict=True)
            arrays = [
                pa.array([column.convert(value) for value in each], column.type) for column, each in zip(columns, values, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _no_greatest(column: str) -> InvalidInput:
    fix = "Choose a column of numbers, dates, times or text, or take all rows by `mode='overwrite'` without since."
    return InvalidInput(f"{column!r} holds values of several kinds, of which none is the greatest.", fix=fix)


def _above(batches: Iterator[pa.RecordBatch], since: Since) -> Iterator[pa.RecordBatch]:
    import pyarrow.compute as pc

    for batch in batches:
        column = batch.column(batch.schema.names.index(since.column))
        try:
            value = pa.scalar(since.value, column.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError) as error:
            raise InvalidSQL(
                f"The column {since.column!r} does not hold what the dataset's holds.", fix="Leave since out, or choose another column."
            ) from error
        yield batch.filter(pc.greater_equal(column, value) if since.inclusive else pc.greater(column, value))


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.begin()

    def begin(self) -> None:
        import time

        self._end = time.monotonic() + self._seconds

    def over(self) -> int:
        import time

        return int(time.monotonic() > self._end)


def _only_reading(action: int, first: str | None, second: str | None, database: str | None, trigger: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION and str(second).lower() in ("load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _text(raw: bytes) -> str | bytes:
    """Text that is none is handed on as the bytes that it is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


class _Column:
    """One column: what its values are is seen first, then they are converted."""

    def __init__(self, name: str, declared: str) -> None:
        self.name, self._declared = name, declared.upper()
        self._seen: set[type] = set()
        self._largest = 0
        scale = re.search(r"(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*(?:,\s*(\d+))?\s*\)", self._declared)
        digits = (int(scale[1]), int(scale[2] or 0)) if scale else (0, 0)
        # DECIMAL(2, 5), which SQLite takes, is none here: more digits behind the point than there are.
        self._decimal = digits if 0 < digits[0] <= 38 and digits[1] <= digits[0] else None
        self._can = {"bool": True, "date": True, "timestamp": True, "decimal": True}
        self.type: pa.DataType = pa.string()
        self.convert: Callable[[Any], Any] = _same

    def see(self, values: Sequence[Any]) -> None:
        for kind in {type(value) for value in values}:
            self._seen.add(kind)
        whole = [value for value in values if isinstance(value, int)]
        self._largest = max(self._largest, max(map(abs, whole), default=0))
        present = [value for value in values if value is not None]
        self._can["bool"] &= all(value in (0, 1) for value in whole)
        if "DAT" in self._declared or "TIME" in self._declared:
            self._can["date"] = self._can["date"] and all(_parsed(_as_date, value) for value in present)
            self._can["timestamp"] = self._can["timestamp"] and all(_parsed(_as_time, value) for value in present)
        if self._decimal is not None and self._can["decimal"]:
            self._can["decimal"] = all(_parsed(self._as_decimal, value) for value in present)

    def settle(self, there: pa.DataType | None) -> bool:
        """Choose the type, for a dataset that has ``there``; True where only text holds all values."""
        kinds = self._seen - {type(None)}
        if there is not None and pa.types.is_string(there):
            # Values of several kinds came before, or what is no day; those that come now are not of another type for being of one, or none.
            self.type, self.convert = pa.string(), _as_text
        elif self._decimal is not None and self._can["decimal"] and kinds <= {int, float, str} and kinds:
            self.type, self.convert = pa.decimal128(*self._decimal), self._as_decimal
        elif kinds == {int}:
            boolean = self._declared.startswith("BOOL") and self._can["bool"]
            self.type, self.convert = (pa.bool_(), _as_bool) if boolean else (pa.int64(), _same)
        elif kinds == {float} or (kinds == {int, float} and self._largest <= _EXACT):
            self.type, self.convert = pa.float64(), _as_float
        elif kinds == {bytes}:
            self.type, self.convert = pa.binary(), _same
        elif kinds == {str} and ("DAT" in self._declared or "TIME" in self._declared) and (self._can["date"] or self._can["timestamp"]):
            # What is declared a time is one, though only days have come so far: the next rows' times would fit no dataset of days.
            days = self._can["date"] and not (self._can["timestamp"] and _declared_type(self._declared, None) == pa.timestamp("us"))
            self.type, self.convert = (pa.date32(), _as_date) if days else (pa.timestamp("us"), _as_time)
        elif kinds <= {str}:
            self.type = _declared_type(self._declared, self._decimal) if not kinds else pa.string()
        else:
            self.type, self.convert = pa.string(), _as_text
            return True
        return False

    def _as_decimal(self, value: Any) -> Decimal | None:
        """Exactly the value that is written, where the declared scale holds it; a double is what its shortest form says."""
        if value is None:
            return None
        assert self._decimal is not None
        precision, scale = self._decimal
        found = Decimal(repr(value) if isinstance(value, float) else str(value))
        exact = found.quantize(Decimal(1).scaleb(-scale))
        if exact != found or precision > 38 or len(exact.as_tuple().digits) > precision:
            raise ValueError("another scale")
        return exact


def _declared_type(declared: str, decimal: tuple[int, int] | None) -> pa.DataType:
    """Of a column without values."""
    if decimal is not None and decimal[0] <= 38 and decimal[1] <= decimal[0]:
        return pa.decimal128(*decimal)
    kinds = (
        ("BOOL", pa.bool_()), ("INT", pa.int64()), ("REAL", pa.float64()), ("FLOA", pa.float64()), ("DOUB", pa.float64()),
        ("BLOB", pa.binary()), ("DATETIME", pa.timestamp("us")), ("TIMESTAMP", pa.timestamp("us")), ("DATE", pa.date32()),
    )  # fmt: skip
    return next((kind for word, kind in kinds if word in declared), pa.string())


def _same(value: Any) -> Any:
    return value


def _as_bool(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _as_float(value: Any) -> float | None:
    return None if value is None else float(value)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return repr(value) if not isinstance(value, float) or math.isfinite(value) else str(value)


def _as_date(value: Any) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("no date")
    return date.fromisoformat(value)


def _as_time(value: Any) -> datetime | None:
    """A time without a zone, with or without a T; one with a zone would lose it here, and stays text."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("no time")
    found = datetime.fromisoformat(value)
    if found.tzinfo is not None:
        raise ValueError("a time with a zone")
    return found


def _parsed(convert: Callable[[Any], Any], value: Any) -> bool:
    try:
        convert(value)
    except (ValueError, TypeError, InvalidOperation):
        return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except WorkbenchError:
        raise
    except sqlite3.DatabaseError as error:
        words = str(error).rstrip(".")
        if "not authorized" in words or "readonly" in words:
            raise Forbidden(f"{path.name} is only read: {words}.", fix="Write a query that changes nothing.") from error
        if "interrupted" in words:
            fix = "Ask for fewer rows, or raise ingest.database_timeout_seconds in workbench.toml."
            raise Unavailable(f"{path.name} took too long to answer.", fix=fix) from error
        if "locked" in words or "unable to open" in words:
            raise Unavailable(f"{path.name} cannot be read now: {words}.", fix="Wait until whoever writes to it has ended.") from error
        if "not a database" in words or "malformed" in words:
            raise UnreadableFile(f"{path.name} is no SQLite database, or a damaged one.", fix="Check the file.") from error
        raise InvalidSQL(f"{path.name} does not take that query: {words}.", fix="Try it in the sqlite3 shell.") from error
