"""A delimited text file written as Parquet, in one pass; what does not fit is set aside, with its line.

DuckDB's own conversions would lose things without a word (``1.5`` becomes 2 in a column of integers, a date drops its
time), so every value is read as text and converted here, and a row passes only where each value says the same after as before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.core.beside import beside
from workbench.engines.duckdb.csv_find import find_records
from workbench.engines.duckdb.errors import read_error
from workbench.engines.parser.text import literal, quoted

if TYPE_CHECKING:
    import duckdb

__all__ = ["REJECTS", "CsvColumn", "CsvLoad", "CsvLoaded", "Progress", "load_csv"]

#: Called with the share that has been done, 0 to 1.
Progress = Callable[[float], None]

#: What did not fit, by its place in the file: the ``byte`` (from 0) where a record of the wrong shape begins, or the number of the
#: ``record`` (from 1, only those of the right shape count) and its ``line``, where that is known already; then the column's place (from 0),
#: a kind of reason, and the record as it stands in the file, or as its values. :mod:`workbench.engines.readers.lines` finds the lines
#: that are not known.
REJECTS = pa.schema(
    [
        ("byte", pa.int64()),
        ("record", pa.int64()),
        ("line", pa.int64()),
        ("place", pa.int32()),
        ("reason", pa.string()),
        ("text", pa.string()),
        ("values", pa.list_(pa.string())),
    ]
)
_PROGRESS_SECONDS = 0.2
_NOTE = "workbench_set_aside"
_NOTED = 1000  # rows whose texts are kept, to say why a load was broken off


@dataclass(frozen=True)
class CsvColumn:
    """``value`` is SQL over ``{x}``, the text as it stands in the file; NULL where it does not fit.

    ``lost`` is SQL over ``{x}`` and ``{v}``, the value: true where the conversion lost something; it may be NULL for none. Nothing is lost,
    where ``written``, if the engine writes the value just as it stands there, which is sooner known.
    ``missing`` are the texts that stand for no value. A column that is not to be taken has ``take`` False. ``plain`` is the type of the
    values where :mod:`.plain_values` comes to the same ones without the engine.
    """

    name: str
    field_id: int
    value: str
    lost: str | None = None
    missing: tuple[str, ...] = ()
    take: bool = True
    written: bool = False
    plain: pa.DataType | None = None


@dataclass(frozen=True)
class CsvLoad:
    """``skip`` lines stand before the first record; ``folder`` is where the files go (made here; it must not exist).

    At most ``most_rejects`` rejected rows are described; where more have values that do not fit, the load is broken off. With 0 they are
    only counted. A record of more than ``longest`` bytes is rejected; sixteen times as much is read at once. Of a file of more than
    ``ordered_mb`` each thread writes files of its own: rows of different parts of it mix. Of a smaller one they stay in order, from file to
    file.
    """

    path: str
    columns: tuple[CsvColumn, ...]
    delimiter: str
    quote: str
    escape: str | None
    skip: int
    folder: str
    file_mb: int = 128
    most_rejects: int = 100_000
    longest: int = 2 << 20
    ordered_mb: int = 2048


@dataclass(frozen=True)
class CsvLoaded:
    """The files, how many rows they hold, how many records did not fit, and those as ``REJECTS``.

    A load that was broken off has no files and no rows, and describes some of what did not fit; its ``record`` only counts those.
    """

    files: tuple[str, ...]
    rows: int
    misfits: int
    rejects: pa.Table


def load_csv(connection: duckdb.DuckDBPyConnection, load: CsvLoad, progress: Progress | None = None) -> CsvLoaded:
    """Carry out a load on a connection that is used for nothing else. ``progress`` gets the share that has been read (0 to 1).

    Raises
    ------
    EngineError
        DuckDB could not read the file or write the files.
    """
    import duckdb

    folder = Path(load.folder)
    folder.mkdir(parents=True)
    places = f"[{literal(str(folder))}]"
    connection.execute(f"SET allowed_paths = [{literal(load.path)}]; SET allowed_directories = {places}")
    connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    notes = _Notes(load.most_rejects)
    kinds: Any = ["VARCHAR[]", "TINYINT[]"]
    connection.create_function(_NOTE, notes.take, kinds, "BOOLEAN", side_effects=True, null_handling="special")  # type: ignore[call-overload]
    connection.execute("SET enable_external_access = false; SET enable_profiling = 'no_output'; SET lock_configuration = true")
    large = Path(load.path).stat().st_size > load.ordered_mb << 20
    # The engine may write into the folder, but make nothing of its name.
    target = folder / ("rows" if large else "rows.parquet")
    sizes = f", FILE_SIZE_BYTES '{load.file_mb}MB'" if large else ""
    # Whole numbers as differences, texts without a dictionary of each: a ninth smaller than version 1, and quicker to write and to read.
    ids = ", ".join(f"{quoted(column.name)}: {column.field_id}" for column in load.columns if column.take)
    options = f"FORMAT parquet, CODEC snappy, FIELD_IDS {{{ids}}}{sizes}, PARQUET_VERSION V2, RETURN_STATS true"
    names = ", ".join(f"v{place} AS {quoted(column.name)}" for place, column in enumerate(load.columns) if column.take)
    copy = f"COPY (SELECT {names} FROM ({_converted(load, _texts(load))}) WHERE {_fitting(load)}) TO {literal(str(target))} ({options})"
    try:
        with _reported(connection, progress):
            written = connection.execute(copy).fetchall()
        read = _records_read(json.loads(connection.get_profiling_information(format="json")))
        rows = sum(int(row[1]) for row in written)
        broken = connection.execute("SELECT count(DISTINCT line_byte_position) FROM reject_errors").fetchall()[0][0]
        rejects = [REJECTS.empty_table()]
        if load.most_rejects and broken:
            rejects.append(_shapes(connection, load))
        if load.most_rejects and read > rows:
            found = None if broken else _values_found(load, notes, read)
            rejects.append(found if found is not None else _values(connection, load, notes))
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        if notes.is_over:
            return CsvLoaded((), 0, notes.count, pa.Table.from_pylist(notes.rows, REJECTS))
        raise read_error(error, copy) from None
    files = sorted(map(str, target.iterdir())) if large else [str(target)]
    return CsvLoaded(tuple(files), rows, broken + read - rows, pa.concat_tables(rejects))


def _source(load: CsvLoad, rejects: str = "reject") -> str:
    columns = ", ".join(f"x{place}: 'VARCHAR'" for place in range(len(load.columns)))
    return (
        f"read_csv({literal(load.path)}, columns = {{{columns}}}, auto_detect = false, header = false, skip = {load.skip}, "
        f"delim = {literal(load.delimiter)}, quote = {literal(load.quote)}, escape = {literal(load.escape or load.quote)}, "
        "nullstr = '', allow_quoted_nulls = false, store_rejects = true, rejects_limit = 0, "
        f"rejects_table = '{rejects}_errors', rejects_scan = '{rejects}_scans', "
        f"max_line_size = {load.longest}, strict_mode = true)"
    )


def _texts(load: CsvLoad) -> str:
    return ", ".join(f"x{place}" for place in range(len(load.columns))) + ", "


def _list(load: CsvLoad) -> str:
    return f"[{', '.join(f'x{place}' for place in range(len(load.columns)))}]"


def _converted(load: CsvLoad, also: str = "", rejects: str = "reject", only: Sequence[int] | None = None) -> str:
    parts = []
    for place, column in enumerate(load.columns):
        if only is not None and place not in only:
            continue
        text = f"x{place}"
        if column.missing:
            words = ", ".join(map(literal, column.missing))
            text = f"CASE WHEN x{place} NOT IN ({words}) THEN x{place} END"
        parts.append(f"{text} AS t{place}, {_filled(column.value, place)} AS v{place}")
    return f"SELECT {also}{', '.join(parts)} FROM {_source(load, rejects)}"


def _filled(sql: str, place: int) -> str:
    return sql.replace("{x}", f"t{place}").replace("{v}", f"v{place}")


def _misfit(place: int, column: CsvColumn) -> str | None:
    if column.value == "{x}":
        return None
    missing = f"((v{place} IS NULL) <> (t{place} IS NULL))"
    if column.lost is None:
        return f"{missing}::TINYINT"
    # A plain sum is twice as fast as a conjunction of as many conditions: no selection is made for each of them.
    lost = _filled(column.lost, place)
    return f"{missing}::TINYINT + coalesce(({lost})::TINYINT, 0)"


def _misfits(load: CsvLoad) -> str:
    return " + ".join(found for place, column in enumerate(load.columns) if (found := _misfit(place, column))) or "0"


def _unlike(load: CsvLoad) -> str:
    """What is 0 for most rows that fit, and for no other."""
    quick = [
        f"(v{place}::VARCHAR IS DISTINCT FROM t{place})::TINYINT" if column.written else _misfit(place, column)
        for place, column in enumerate(load.columns)
    ]
    return " + ".join(filter(None, quick)) or "0"


def _fitting(load: CsvLoad) -> str:
    """Which rows are taken; the others are looked at again and noted, which costs nothing as long as there are none."""
    if not load.most_rejects:
        return f"CASE WHEN {_unlike(load)} = 0 THEN true ELSE {_misfits(load)} = 0 END"
    flags = ", ".join(_misfit(place, column) or "0::TINYINT" for place, column in enumerate(load.columns))
    noted = f"{_NOTE}({_list(load)}, [{flags}]::TINYINT[])"
    return f"CASE WHEN {_unlike(load)} = 0 THEN true WHEN {_misfits(load)} = 0 THEN true ELSE {noted} END"


def _records_read(profile: Any) -> int:
    """How many records the reader gave, by DuckDB's own account of the statement."""
    if profile.get("operator_name", "").strip() == "READ_CSV" or profile.get("operator_type") == "READ_CSV":
        return int(profile["operator_cardinality"])
    return sum(_records_read(child) for child in profile.get("children", ()))


def _shapes(connection: duckdb.DuckDBPyConnection, load: CsvLoad) -> pa.Table:
    """Records that are none: too many values or too few, open quotes, bytes that are no text. Of the pair that ends the line before
    (CRLF) DuckDB gives the second half with the record's text, though not with its place; no record begins with it."""
    rows = connection.execute(
        "SELECT line_byte_position, min(column_idx), first(error_type::VARCHAR ORDER BY byte_position), ltrim(first(csv_line), chr(10)) "
        f"FROM reject_errors GROUP BY line_byte_position ORDER BY line_byte_position LIMIT {load.most_rejects}"
    ).fetchall()
    made = [
        {"byte": byte, "place": (place or 1) - 1, "reason": _SHAPES.get(kind, "shape"), "text": text} for byte, place, kind, text in rows
    ]
    return pa.Table.from_pylist(made, REJECTS)


_SHAPES = {
    "MISSING COLUMNS": "few",
    "TOO MANY COLUMNS": "many",
    "UNQUOTED VALUE": "quote",
    "LINE SIZE OVER MAXIMUM": "long",
    "INVALID ENCODING": "encoding",
    "INVALID STATE": "quote",
}


def _values_found(load: CsvLoad, notes: _Notes, records: int) -> pa.Table | None:
    """The same as :func:`_values`, where the noted rows are so few that the file can be searched for them."""
    if notes.count > _NOTED or load.escape not in (None, load.quote):
        return None
    rows = {row["record"]: tuple(row["values"]) for row in notes.rows}
    texts, path = list(rows.values()), Path(load.path)
    found = find_records(path, texts, delimiter=load.delimiter, quote=load.quote, skip=load.skip, records=records)
    if found is None:
        return None
    where = {number: found[row].pop(0) for number, row in rows.items()}
    made = [row | where[row["record"]]._asdict() for row in notes.rows]
    return pa.Table.from_pylist(sorted(made, key=lambda row: (row["record"], row["place"])), REJECTS)


def _values(connection: duckdb.DuckDBPyConnection, load: CsvLoad, notes: _Notes) -> pa.Table:
    """Records of the right shape with a value that does not fit, found in a second pass that is made only where there are any, and
    reads only the columns that have such values where it can."""
    found = notes.by_misfits() or {}
    bad = sorted(notes.places)
    each = [f"CASE WHEN {_misfit(place, load.columns[place])} > 0 THEN {place} END" for place in bad]
    some = " + ".join(str(_misfit(place, load.columns[place])) for place in bad)
    texts = [f"x{place}" for place in (bad if found else range(len(load.columns)))]
    converted = _converted(load, ", ".join(texts) + ", ", "again", only=bad)
    numbered = (
        f"SELECT row_number() OVER () AS record, CASE WHEN {some} > 0 THEN [{', '.join(each)}] END AS places, "
        f"CASE WHEN {some} > 0 THEN [{', '.join(texts)}] END AS texts FROM ({converted})"
    )
    query = f"SELECT record, unnest(places) AS place, texts FROM ({numbered}) WHERE places IS NOT NULL"
    rows = connection.execute(f"SELECT * FROM ({query}) WHERE place IS NOT NULL ORDER BY record, place").fetchall()
    made = [
        {"record": record, "place": place, "reason": "value", "values": found.get(tuple(texts), texts)} for record, place, texts in rows
    ]
    return pa.Table.from_pylist(made, REJECTS)


class _Notes:
    """What the engine tells of rows that do not fit while it reads on: which columns, and the texts of the first."""

    def __init__(self, most: int) -> None:
        self.most, self.count = most, 0
        self.places: set[int] = set()
        self.rows: list[dict[str, Any]] = []

    @property
    def is_over(self) -> bool:
        return self.count > self.most

    def by_misfits(self) -> dict[tuple[str | None, ...], list[str | None]] | None:
        """Each row's texts by those of the columns that any row does not fit; None where these do not tell all rows apart."""
        found: dict[tuple[str | None, ...], list[str | None]] = {}
        for row in self.rows:
            texts = row["values"]
            if found.setdefault(tuple(texts[place] for place in sorted(self.places)), texts) != texts:
                return None
        return found if self.count <= _NOTED else None

    def take(self, texts: list[str | None], misfits: list[int]) -> bool:
        """Note a row; False, so that it is left out."""
        self.count += 1
        if self.is_over:
            raise OverflowError("More rows do not fit than can be described.")
        bad = [place for place, misfit in enumerate(misfits) if misfit]
        self.places.update(bad)
        if self.count <= _NOTED:
            self.rows += [{"record": self.count, "place": place, "reason": "value", "values": texts} for place in bad]
        return False


def _reported(connection: duckdb.DuckDBPyConnection, progress: Progress | None) -> AbstractContextManager[None]:
    """While a statement runs, say how far it has come."""
    if progress is None:
        return nullcontext()

    def report(over: Event) -> None:
        while not over.wait(_PROGRESS_SECONDS):
            with suppress(Exception):  # a progress that cannot be told stops nothing
                share = float(connection.query_progress())
                if share > 0:
                    progress(min(share / 100, 1.0))

    return beside(report, "progress")
