"""Frames that are in memory already: pandas, polars, Arrow, and whatever else gives Arrow streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput
from workbench.ingest.sources.base import FRAME, Fetched

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["NO_TABLE", "check_times", "collected", "in_columns", "no_table", "open_frame", "stream_of"]

#: What Arrow and pandas raise where rows form no table. Arrow's own errors are ValueErrors, TypeErrors or these.
NO_TABLE = (ValueError, TypeError, OverflowError, NotImplementedError)
_ONLY_POLARS = ("Object", "Int128", "UInt128")


def open_frame(data: Any, scratch: Path) -> Iterator[Fetched]:
    """The frame as an Arrow file in ``scratch``: the same rows make the same file, however they were cut into batches.

    Raises
    ------
    InvalidInput
        It is no frame.
    """
    from workbench.engines.spool import spool

    shown = f"{type(data).__module__.split('.')[0]} {type(data).__name__}"
    target = scratch / "frame.arrow"
    spool(stream_of(data), target)
    yield Fetched(target, shown, FRAME, format="arrow")


def stream_of(data: Any) -> pa.RecordBatchReader:
    """Rows as an Arrow stream: a pyarrow table, batch, reader or dataset, a pandas or polars frame (lazy ones are collected), a mapping
    of columns, a list of row mappings, or anything with ``__arrow_c_stream__``.

    Raises
    ------
    InvalidInput
        It is none of these.
    """
    import pyarrow as pa

    if isinstance(data, pa.RecordBatchReader):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data]).to_reader()
    if isinstance(data, pa.Table):
        return data.to_reader()
    library = type(data).__module__.split(".")[0]
    try:
        if library == "pandas":
            frame = in_columns(data)
            return check_times(frame, pa.Table.from_pandas(frame, preserve_index=False)).to_reader()
        if library == "polars":
            data = collected(data)
        if library == "pyarrow" and hasattr(data, "scanner"):
            return data.scanner().to_reader()
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
        if isinstance(data, Mapping):
            return check_times(data, pa.table(dict(data))).to_reader()
        if isinstance(data, Sequence) and data and all(isinstance(row, Mapping) for row in data):
            return check_times(data, pa.Table.from_pylist([dict(row) for row in data])).to_reader()
    except NO_TABLE as error:
        raise no_table(data) from error
    raise InvalidInput(
        f"{type(data).__name__} is no source.",
        fix="Name a file, a folder, an address or a connection, or give a pandas, polars or Arrow frame.",
    )


def in_columns(frame: Any) -> Any:
    """A pandas frame or series with all its data in columns, of types that Arrow has, too.

    An index of whole numbers without a name is none: rows that are left have one. Periods become text (``2024-01``): what Arrow makes of
    them is the number of months since 1970.
    """
    from pandas import PeriodDtype
    from pandas.api.types import is_integer_dtype

    if type(frame).__name__ == "Series":
        frame = frame.to_frame(frame.name or "value")
    index = frame.index
    if any(name is not None for name in index.names) or (len(index) and not is_integer_dtype(index.dtype)):
        frame = frame.reset_index()
    periods = [place for place, kind in enumerate(frame.dtypes) if isinstance(kind, PeriodDtype)]
    if periods:
        frame = frame.copy(deep=False)
    for place in periods:
        values = frame.iloc[:, place]
        frame.isetitem(place, values.astype("string"))
    return frame


def collected(frame: Any) -> Any:
    """A polars frame or series as a frame in memory.

    Raises
    ------
    InvalidInput
        A column has a type that Arrow has not. Of objects polars would hand out their places in this process's memory.
    """
    if type(frame).__name__ == "LazyFrame":
        frame = frame.collect()
    elif type(frame).__name__ == "Series":
        frame = frame.to_frame(frame.name or "value")
    for name, kind in frame.schema.items():
        if str(kind) in _ONLY_POLARS:
            fix = "Cast it first; text holds everything."
            raise InvalidInput(f"The column {name!r} has polars' type {kind}, which Arrow has not.", fix=fix, column=name)
    return frame


def check_times(data: Any, made: pa.Table) -> pa.Table:
    """The table that Arrow has ``made`` of what was no Arrow yet. Of days among times it leaves out the time of day where a day comes
    first, and the zone of times where one without a zone does.

    Raises
    ------
    InvalidInput
        A column has both; it says which.
    """
    timed = {field.name for field in made.schema if _has_times(field.type)}
    for name, values in _columns_of(data) if timed else ():
        kinds = set(map(type, values)) if name in timed and getattr(getattr(values, "dtype", None), "kind", "O") == "O" else set()
        if not kinds - {date, str, int, float, type(None)}:
            continue
        found: dict[tuple[str, ...], set[str]] = {}
        for path, kind in _times_in(values, ()):
            found.setdefault(path, set()).add(kind)
        for path, several in found.items():
            if len(several) > 1:
                told = f"The column {'.'.join((name, *path))!r} holds values of several types: {', '.join(sorted(several))}."
                raise InvalidInput(told, fix="Give it one type; text holds everything.", column=name)
    return made


def _has_times(kind: pa.DataType) -> bool:
    import pyarrow as pa

    inner = (kind.field(place).type for place in range(kind.num_fields))
    return pa.types.is_date(kind) or pa.types.is_timestamp(kind) or any(map(_has_times, inner))


def _times_in(values: Iterable[Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The days and times among values, and in what they hold, each with where it stands and of which kind it is."""
    for value in values:
        if isinstance(value, date):
            if value == value:  # which "no time" of pandas is not
                zone = getattr(value, "tzinfo", None) is not None
                yield path, f"datetime with{'' if zone else 'out'} a time zone" if isinstance(value, datetime) else "date"
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                yield from _times_in((inner,), (*path, str(key)))
        elif isinstance(value, (list, tuple)) or type(value).__name__ == "ndarray":
            yield from _times_in(value, path)


def no_table(data: Any) -> InvalidInput:
    """Why rows form no table: which column is in the way, and how. Arrow's own words hold values, which may be personal."""
    columns = list(_columns_of(data))
    names = [name for name, _ in columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        return InvalidInput(f"Two columns are called {twice!r}.", fix="Give each a name of its own.", column=twice)
    for name, values in columns:
        if (kinds := _kinds_in_the_way(values)) is not None:
            told = f"values of several types: {kinds}" if "," in kinds else f"values that no column can hold: {kinds}"
            return InvalidInput(f"The column {name!r} holds {told}.", fix="Give it one type; text holds everything.", column=name)
    lengths = {name: len(values) for name, values in columns}
    if len(set(lengths.values())) > 1:
        shortest, longest = (pick(lengths, key=lambda name: lengths[name]) for pick in (min, max))
        said = f"{shortest!r} has {lengths[shortest]:,} rows, {longest!r} {lengths[longest]:,}"
        return InvalidInput(f"The columns are not of one length: {said}.", fix="Give each column a value for each row.", column=shortest)
    return InvalidInput("The rows do not form a table.", fix="Give every column one type and one length.")


def _columns_of(data: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    """The columns of what is no Arrow yet; none where that is not known."""
    if type(data).__module__.split(".")[0] == "pandas":
        frame = data.to_frame(data.name or "value") if type(data).__name__ == "Series" else data
        index = [place for place, name in enumerate(frame.index.names) if name is not None]
        yield from ((str(frame.index.names[place]), list(frame.index.get_level_values(place))) for place in index)
        yield from ((str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns))
    elif isinstance(data, Mapping):
        yield from ((str(name), values) for name, values in data.items() if hasattr(values, "__len__"))
    elif isinstance(data, Sequence):
        names = dict.fromkeys(name for row in data for name in row)
        yield from ((str(name), [row.get(name) for row in data]) for name in names)


def _kinds_in_the_way(values: Sequence[Any]) -> str | None:
    """The types of a column's values, where Arrow makes no column of them."""
    import pyarrow as pa

    try:
        pa.array(values, from_pandas=True)
    except NO_TABLE:
        return ", ".join(sorted({type(value).__name__ for value in values if value is not None}))
    return None
