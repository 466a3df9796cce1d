"""Values of columns with how often each occurs, counted by Arrow out of Parquet files, and rows of a sample by the way.

One GROUP BY a column takes the engine twice the processor's time: texts come as dictionaries, and whole numbers that lie near each
other are counted by their place. What is not plain (other types, another type in a file than the table's, many values) is left to SQL.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.decimals import of_units
from workbench.engines.scans import FileScan

__all__ = ["THREAD_MB", "Spread", "Tallied", "Tally", "tallied", "tally"]

THREAD_MB = 128  # that each thread may take: no more of them are used than the memory limit has room for
_BATCH = 1 << 17  # rows
_CHUNK = 32 << 20  # bytes of a column that a row group may have, for they are unpacked at once
_WAITING = 1 << 17  # values
_LAST = 2**63 - 1
_SPAN = 1 << 16  # between the least and the greatest of whole numbers that are counted by their place

Codes = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Spread:
    """Rows that are spread over files: of each ``of`` runs of ``run`` neighbours one. Which of them says ``offset``, SQL over the places
    ``file_index`` and ``file_row_number``, for each ``of * run`` rows."""

    of: int
    run: int
    offset: str

    @property
    def number(self) -> str:
        """SQL for the run of a row, counted in its file."""
        return f"(file_row_number // {self.run})"

    @property
    def where(self) -> str:
        """SQL that is true of the rows."""
        return f"{self.number} % {self.of} = {self.offset}"

    def offsets(self, file: int, rows: int) -> str:
        """A query for the offsets in a file, in order."""
        each = self.of * self.run
        places = f"SELECT {file}::UBIGINT AS file_index, range * {each} AS file_row_number FROM range({-(-rows // each)}) ORDER BY range"
        return f"SELECT {self.offset} AS o FROM ({places})"


@dataclass(frozen=True)
class Tally:
    """What to count: columns of a scan without a shape that have at most ``most`` values, of texts none of ``longest`` bytes or more.
    ``schema`` are the scan's columns as the engine gives them."""

    scan: FileScan
    schema: pa.Schema
    spread: Spread
    most: int
    longest: int


@dataclass(frozen=True)
class Tallied:
    """``values`` each once (null, too, is one), ``counts`` of all rows, and ``codes``: the place in ``values`` for each row of the
    sample."""

    values: pa.Array
    counts: np.ndarray[Any, np.dtype[np.int64]]
    codes: np.ndarray[Any, np.dtype[np.int32]]


def tallied(part: pa.Table) -> tuple[Codes | None, dict[int, Tallied]]:
    """What a part of :func:`tally` says: for each row of the sample a number of its run, or columns by their place in the scan."""

    def held(name: str) -> pa.Array:
        return part.column(name).combine_chunks().flatten()

    places = [int(name[1:]) for name in part.column_names if name.startswith("v")]
    columns = {at: Tallied(held(f"v{at}"), held(f"n{at}").to_numpy(), held(f"c{at}").to_numpy()) for at in places}
    return (held("runs").to_numpy() if "runs" in part.column_names else None), columns


def tally(wanted: Tally, offsets: Callable[[str], pa.Array], threads: int, check: Callable[[], None]) -> Iterator[pa.Table]:
    """Count what can be counted so: parts of one row of lists (see :func:`tallied`), the sample's runs first, columns as they are ready.

    Parameters
    ----------
    offsets
        Asks the engine for the rows of :meth:`Spread.offsets`.
    check
        Is called every now and then; what it raises ends the counting.
    """
    files = _files(wanted.scan, wanted.schema)
    if not files:
        yield _one_row({"runs": pa.array([], pa.int64())})
        return
    rows = [_rows(wanted.spread, offsets(wanted.spread.offsets(number, file.rows)), file.rows) for number, file in enumerate(files)]
    everywhere = [at for at in range(len(wanted.schema)) if all(at in file.names for file in files)]

    def count(at: int) -> _Counting | None:
        found = _Counting(wanted.schema.field(at).type, wanted)
        for file, chosen in zip(files, rows, strict=True):
            for begins, batch in file.batches(at):
                check()
                ends = np.searchsorted(chosen, (begins, begins + len(batch)))
                if not found.add(batch, chosen[ends[0] : ends[1]] - begins):
                    return None
        return found

    runs = [(number << 40) + chosen // wanted.spread.run for number, chosen in enumerate(rows)]
    yield _one_row({"runs": pa.array(np.concatenate(runs), pa.int64())})
    # In threads: Arrow and numpy let go of the interpreter. Texts first: who looks at the values meanwhile has most to do with them.
    order = sorted(everywhere, key=lambda at: _kind(wanted.schema.field(at).type) != "text")
    pool = ThreadPoolExecutor(threads)
    try:
        counted = deque((at, pool.submit(_unless_broken, partial(count, at))) for at in order)
        while counted:
            lists: dict[str, pa.Array] = {}
            while counted and (not lists or counted[0][1].done()):
                at, each = counted.popleft()
                if (found := each.result()) is not None:
                    lists |= {f"{letter}{at}": held for letter, held in zip("vnc", found.whole(), strict=True)}
            if lists:
                yield _one_row(lists)
    finally:
        pool.shutdown(cancel_futures=True)


def _unless_broken(count: Callable[[], _Counting | None]) -> _Counting | None:
    # The engine will say what is wrong with the file, or read it all the same.
    try:
        found = count()
        return found if found is not None and found.sound() else None
    except (OSError, pa.ArrowException):
        return None


def _one_row(lists: dict[str, pa.Array]) -> pa.Table:
    return pa.table({name: pa.ListArray.from_arrays(pa.array([0, len(held)], pa.int32()), held) for name, held in lists.items()})


def _rows(spread: Spread, offsets: pa.Array, rows: int) -> Codes:
    """The places of a file's rows that are of the sample."""
    runs = np.arange(len(offsets)) * spread.of + offsets.to_numpy()
    places: Codes = (runs[:, None] * spread.run + np.arange(spread.run)).reshape(-1)
    return places[places < rows]


# ------------------------------------------------------------------------------------------------------------------ files


class _File:
    """A Parquet file. ``names`` are those of its columns that can be counted, by their place in the scan."""

    def __init__(self, path: str, scan: FileScan, schema: pa.Schema) -> None:
        import pyarrow.parquet as pq

        self._path, self._metadata = path, pq.read_metadata(path)
        self.rows = self._metadata.num_rows
        flat = {self._metadata.schema.column(leaf).path: leaf for leaf in range(self._metadata.num_columns)}
        self.names: dict[int, str] = {}
        ids = {(field.metadata or {}).get(b"PARQUET:field_id"): field for field in self._metadata.schema.to_arrow_schema()}
        for at, column in enumerate(scan.columns):
            field = ids.get(str(column.field_id).encode())
            if field is None or field.name not in flat or _kind(field.type) != _kind(schema.field(at).type):
                continue
            if self._plain(flat[field.name]):
                self.names[at] = field.name

    def _plain(self, leaf: int) -> bool:
        if self._metadata.schema.column(leaf).physical_type in ("FIXED_LEN_BYTE_ARRAY", "INT96"):
            return False  # Arrow takes long to read them
        groups = range(self._metadata.num_row_groups)
        return all(self._metadata.row_group(group).column(leaf).total_uncompressed_size <= _CHUNK for group in groups)

    def batches(self, at: int) -> Iterator[tuple[int, pa.Array]]:
        """A column's values with the place of the first row, texts as dictionaries."""
        import pyarrow.parquet as pq

        name, begins = self.names[at], 0
        with pq.ParquetFile(self._path, metadata=self._metadata, read_dictionary=[name]) as file:
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(_BATCH, [group], [name], use_threads=False):
                    if batch.num_columns != 1:  # a field of a structure has the same path
                        raise pa.ArrowInvalid(name)
                    yield begins, batch.column(0)
                    begins += batch.num_rows


def _files(scan: FileScan, schema: pa.Schema) -> list[_File]:
    """The files; none where they are not to be read so."""
    if scan.shape is not None or scan.places or len(schema) != len(scan.columns) or any("://" in file for file in scan.files):
        return []
    try:
        return [_File(path, scan, schema) for path in scan.files]
    except (OSError, pa.ArrowException):
        return []


def _kind(type: pa.DataType) -> Any:
    """What two types have in common whose values are stored alike; of those that are not counted nothing."""
    if pa.types.is_dictionary(type):
        return _kind(type.value_type)
    if pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type):
        return "text"
    if pa.types.is_timestamp(type):
        return type.unit, type.tz is not None
    t = pa.types
    counted = (t.is_integer, t.is_floating, t.is_decimal128, t.is_date32, t.is_time64, t.is_boolean)
    return type if any(is_one(type) for is_one in counted) else object()


# ---------------------------------------------------------------------------------------------------------------- counting


class _Counting:
    """A column's values as they come. What was counted waits to be put together: to look values up costs more than to count them."""

    def __init__(self, type: pa.DataType, wanted: Tally) -> None:
        self._wanted = wanted
        self._values = pa.array([], type)
        self._counts: Codes = np.zeros(0, dtype=np.int64)
        self._nulls = 0
        self._codes: list[Codes] = []  # of the sample; -1 for null
        self._waiting: list[tuple[pa.Array, Codes, Codes]] = []  # values, counts, codes of the sample

    def add(self, batch: pa.Array, places: Codes) -> bool:
        """Take in some rows, of which these are of the sample; False where there are too many values, or too long ones."""
        values, codes = _encoded(batch)
        counts, chosen = np.bincount(codes, minlength=len(values) + 1), codes[places]
        self._nulls += int(counts[-1])
        present = np.flatnonzero(counts[:-1])
        if len(present) > self._wanted.most:
            return False
        if len(present) < len(values):
            place = np.full(len(values) + 1, len(present))
            place[present] = np.arange(len(present))
            values, counts, chosen = values.take(pa.array(present)), counts[present], place[chosen]
        self._waiting.append((values, counts[: len(values)], chosen))
        waiting = sum(len(values) for values, _, _ in self._waiting)
        return waiting <= _WAITING or self._put_together()

    def _put_together(self) -> bool:
        values = [self._values, *(values.cast(self._values.type) for values, _, _ in self._waiting)]
        encoded = pa.concat_arrays(values).dictionary_encode()
        # Values that were there keep their places, for they come first.
        every, begins = encoded.indices.to_numpy(), len(self._values)
        self._values = encoded.dictionary
        counts = np.concatenate([self._counts, *(counts for _, counts, _ in self._waiting)])
        self._counts = np.zeros(len(self._values), dtype=np.int64)
        np.add.at(self._counts, every, counts)
        for values, _, chosen in self._waiting:
            self._codes.append(np.append(every[begins : begins + len(values)], -1)[chosen])
            begins += len(values)
        self._waiting = []
        return len(self._values) <= self._wanted.most and not self._long()

    def _long(self) -> bool:
        return pa.types.is_string(self._values.type) and (pc.max(pc.binary_length(self._values)).as_py() or 0) >= self._wanted.longest

    def sound(self) -> bool:
        """Whether these are all values, not too many, and texts are texts: Arrow does not look when it reads them."""
        few = self._put_together()
        self._values.validate(full=True)
        return few

    def whole(self) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Values, counts and the sample's codes, once it is sound."""
        codes = np.concatenate(self._codes) if self._codes else np.zeros(0, dtype=np.int64)
        values, counts = self._values, self._counts
        if self._nulls:
            codes = np.where(codes < 0, len(values), codes)
            values, counts = pa.concat_arrays([values, pa.nulls(1, values.type)]), np.append(counts, self._nulls)
        return values, pa.array(counts), pa.array(codes.astype(np.int32))


def _encoded(array: pa.Array) -> tuple[pa.Array, Codes]:
    """Values, and for each row the place of its own, which is behind the last one for a null."""
    if pa.types.is_dictionary(array.type):
        encoded = array
    else:
        near = _near(array)
        if near is not None:
            return near
        # Zero and minus zero are one value, as they are to the engine.
        one = pc.add(array, pa.scalar(0.0, array.type)) if pa.types.is_floating(array.type) else array
        encoded = one.dictionary_encode()
    indices = encoded.indices
    return encoded.dictionary, (indices.fill_null(len(encoded.dictionary)) if indices.null_count else indices).to_numpy()


def _near(array: pa.Array) -> tuple[pa.Array, Codes] | None:
    """The same of whole numbers that lie near each other: all between the least and the greatest are the values. None of others."""
    if array.null_count == len(array):
        return array.slice(0, 0), np.zeros(len(array), dtype=np.int64)
    whole = _whole(array)
    if whole is None:
        return None
    ends = pc.min_max(whole)
    least, most = ends["min"].as_py(), ends["max"].as_py()
    if most - least >= _SPAN or most == _LAST:
        return None
    begin = 0 if least >= 0 and most < _SPAN else least  # what need not be shifted is not copied
    whole = pc.fill_null(whole, most + 1)
    places = np.frombuffer(whole.buffers()[1], dtype=np.int64)[whole.offset : whole.offset + len(whole)]
    return _as_stored(np.arange(begin, most + 1), array.type), places - begin if begin else places


def _whole(array: pa.Array) -> pa.Array | None:
    """The whole numbers that a column's values are, or are stored as; None where they are none, or wide."""
    if pa.types.is_decimal(array.type):
        if array.type.precision > 18:
            return None
        words = np.frombuffer(array.buffers()[1], dtype=np.int64).reshape(-1, 2)[array.offset : array.offset + len(array), 0]
        return pa.array(words, mask=array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None)
    if pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    try:
        return array.cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # fractions, what is no number, beyond 2^63
        return None


def _as_stored(numbers: np.ndarray[Any, Any], type: pa.DataType) -> pa.Array:
    """Numbers as values of a type that is stored so."""
    if pa.types.is_decimal(type):
        return of_units(numbers, type)
    if pa.types.is_boolean(type):
        return pa.array(numbers == 1)
    letter = "f" if pa.types.is_floating(type) else "u" if pa.types.is_unsigned_integer(type) else "i"
    stored = numbers.astype(np.dtype(f"{letter}{type.bit_width // 8}"))
    return pa.Array.from_buffers(type, len(stored), [None, pa.py_buffer(stored)])
