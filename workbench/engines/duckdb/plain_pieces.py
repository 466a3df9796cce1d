"""A delimited text file in pieces of whole lines, each of which is a record; that it is so is looked at, not believed.

A quote may begin a value and end it, and stand twice within it for one; else it is none that readers agree about. Where the first
piece begins with a record and all its quotes are so, the next one does, too, and so on: the file may be cut wherever a line ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

if TYPE_CHECKING:
    from workbench.engines.duckdb.csv import CsvLoad

__all__ = ["Form", "NotPlain", "Piece", "pieces", "spans"]

PIECE = 4 << 20  # bytes that are converted together: about what a processor keeps at hand
_SHOWN_BYTES = 64 << 10  # of a line that is told
_LF, _CR = 10, 13
_TRIES = 3  # pieces with whole numbers that are not written as usual, before all are taken as texts
_SMALL = range(1 - 10**8, 10**9)  # whole numbers of which no text is as short as the usual one (in hexadecimal digits, say)
_HIGH = np.uint64(0x8080808080808080)

_Places = np.ndarray[Any, np.dtype[np.int64]]


class NotPlain(Exception):
    """The engine must read it."""


@dataclass(frozen=True)
class Form:
    """How a file is written: ``width`` values a line, of which those in ``taken`` are wanted; ``skip`` lines stand before the first; none
    has more than ``longest`` bytes. ``whole`` are the types of columns of whole numbers that may be read as such."""

    path: Path
    delimiter: bytes
    quote: bytes
    skip: int
    width: int
    taken: tuple[int, ...]
    longest: int
    whole: Mapping[int, pa.DataType] = field(default_factory=dict)

    @classmethod
    def of(cls, load: CsvLoad) -> Form | None:
        """A load's file; None where it may be written otherwise."""
        delimiter, quote = load.delimiter.encode(), load.quote.encode()
        taken = tuple(place for place, column in enumerate(load.columns) if column.take)
        if len(delimiter) != 1 or len(quote) != 1 or load.escape not in (None, load.quote) or len(load.columns) < 2 or not taken:
            return None
        whole = {}
        if len(taken) == len(load.columns):  # else it is not known how many bytes the other texts have
            kinds = ((place, column.plain) for place, column in enumerate(load.columns) if not column.missing)
            whole = {place: kind for place, kind in kinds if kind is not None and pa.types.is_integer(kind)}
        return cls(Path(load.path), delimiter, quote, load.skip, len(load.columns), taken, load.longest, whole)


def spans(form: Form, most: int, least: int) -> list[tuple[int, int]]:
    """Where parts of the file begin and end: at most so many, of at least so many bytes (but for a small file), each of whole lines."""
    with form.path.open("rb") as stream:
        for _ in range(form.skip):
            stream.readline()
        start, size = stream.tell(), form.path.stat().st_size
        count = max(1, min(most, (size - start) // least))
        cuts = [start]
        for number in range(1, count):
            stream.seek(max(cuts[-1], start + (size - start) * number // count))
            stream.readline(form.longest)
            cuts.append(stream.tell())
    return list(zip(cuts, [*cuts[1:], size], strict=True))


def pieces(form: Form, start: int, end: int) -> Iterator[Piece]:
    """A part of the file in pieces of whole lines.

    Raises
    ------
    NotPlain
        One of them is no list of lines that are records each.
    """
    buffer = bytearray(PIECE + 1)  # one for all: the system need not find memory for each
    whole = _Whole(form.whole)
    with form.path.open("rb", buffering=0) as stream:
        while start < end:
            stream.seek(start)
            found = stream.readinto(memoryview(buffer)[: min(PIECE, end - start)])
            size = found if start + found == end else buffer.rfind(b"\n", 0, found) + 1
            if not size:
                raise NotPlain
            start += size
            if buffer[size - 1] != _LF:  # an empty value at the very end would be taken for an empty text after one in quotes
                buffer[size] = _LF
                size += 1
            yield Piece(form, buffer, size, whole)


class _Whole:
    """Columns of whole numbers that are read as such, for as long as they are small and written as usual."""

    def __init__(self, kinds: Mapping[int, pa.DataType]) -> None:
        self.kinds, self._tries = dict(kinds), _TRIES

    def leave(self, place: int) -> None:
        """This one is text from now on."""
        del self.kinds[place]

    def fail(self) -> None:
        """One of them is not written as usual."""
        self._tries -= 1
        if not self._tries:
            self.kinds.clear()


class Piece:
    """Whole lines with their ends: the first ``size`` bytes of ``data``, which are others once the next piece is read. Raises
    :class:`NotPlain` where a line is not a record."""

    def __init__(self, form: Form, data: bytearray, size: int, whole: _Whole) -> None:
        self.form, self.size = form, size
        self._data = data
        self._bytes = np.frombuffer(data, np.uint8, size)
        #: Its lines, blank ones with them.
        self.lines = int(np.count_nonzero(self._bytes == _LF))
        returns, quotes = self._check_lines(), self._check_quotes()
        self._is_ascii = not (np.bitwise_or.reduce(np.frombuffer(data, np.uint64, size // 8)) & _HIGH or (self._bytes[-8:] & 128).any())
        buffer = pa.py_buffer(data).slice(0, size)
        table = self._read_whole(buffer, whole, size - self.lines - returns - quotes) if whole.kinds else None
        self._table = table if table is not None else self._read(buffer, form.taken)
        self.records: int = self._table.num_rows
        if self.records != self.lines and self._filled().size != self.records:
            raise NotPlain  # a value goes on in another line

    def column(self, place: int) -> pa.Array:
        """A column that is taken, null where nothing stands: its texts, or whole numbers if all are written as usual."""
        column = self._table.column(str(place))
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()

    def told(self, record: int) -> tuple[int, str, list[str | None]]:
        """Of a record (from 0) its line (from 1), what stands there, and its values."""
        line = int(self._filled()[record])
        start, end = self._starts[line], self._starts[line + 1]
        data = self._data[start:end]
        values = self._read(pa.py_buffer(data), range(self.form.width))
        shown = data[:_SHOWN_BYTES].rstrip(b"\r\n").decode("utf-8", "replace")
        return line + 1, shown, [column[0].as_py() for column in values.columns]

    @cached_property
    def _starts(self) -> _Places:
        """Where each line begins, and where the last one ends."""
        return np.concatenate([np.zeros(1, np.int64), np.flatnonzero(self._bytes == _LF) + 1])

    def _filled(self) -> _Places:
        """The lines that are not blank."""
        lengths = np.diff(self._starts)
        first = self._bytes[self._starts[:-1]]
        filled: _Places = np.flatnonzero((first != _LF) & ~((first == _CR) & (lengths == 2)))
        return filled

    def _check_lines(self) -> int:
        """How many lines end with two bytes."""
        data, start, longest = self._data, 0, self.form.longest
        returns = data.count(b"\r", 0, self.size) if data.find(b"\r", 0, self.size) >= 0 else 0
        if returns and returns != data.count(b"\r\n", 0, self.size):
            raise NotPlain
        while self.size - start > longest:
            end = data.rfind(b"\n", start, start + longest)
            if end < 0:
                raise NotPlain
            start = end + 1
        return returns

    def _check_quotes(self) -> int:
        """How many quotes are no part of a value."""
        if self._data.find(self.form.quote, 0, self.size) < 0:
            return 0
        quote, delimiter = self.form.quote[0], self.form.delimiter[0]
        places = self._places(quote)
        begin, end = places[0::2], places[1::2]
        # The last byte ends a line: none is after it, and it stands for the one before the first.
        before, after = self._bytes[begin - 1], self._bytes[end + 1]
        twice = after == quote
        opens = (before == delimiter) | (before == _LF) | (before == quote)
        closes = (after == delimiter) | (after == _LF) | (after == _CR) | twice
        if len(places) % 2 or not opens.all() or not closes.all():
            raise NotPlain
        return len(places) - int(np.count_nonzero(twice))

    def _places(self, byte: int) -> _Places:
        """Where a byte is that is rare: eight are looked at together first, which takes three quarters of the time."""
        flags = self._bytes == byte
        even = self.size & ~7
        eights = flags[:even].view(np.uint64)
        some = np.flatnonzero(eights != 0)
        within = np.flatnonzero(eights[some].view(bool))
        return np.concatenate([(some[within >> 3] << 3) + (within & 7), even + np.flatnonzero(flags[even:])])

    def _read_whole(self, data: pa.Buffer, whole: _Whole, size: int) -> pa.Table | None:
        """The table with whole numbers as such, which takes less than to convert their texts; None where one is not written as usual
        (``007``, ``0x1F``). The bytes tell: but for ends of lines and quotes, there are ``size`` of delimiters, of texts, and of the texts
        of numbers, of which the usual ones are the shortest."""
        try:
            table = self._read(data, self.form.taken, whole.kinds)
        except pa.ArrowInvalid:
            whole.fail()
            return None
        usual = table.num_rows * (self.form.width - 1)
        for place, column in enumerate(table.columns):
            if place not in whole.kinds:
                usual += sum(map(_length, column.chunks))
            elif (length := _usual_length(column)) is not None:
                usual += length
            else:
                whole.leave(place)
                return None
        if usual != size:
            whole.fail()
            return None
        return table

    def _read(self, data: pa.Buffer, places: Any, whole: Mapping[int, pa.DataType] = MappingProxyType({})) -> pa.Table:
        names = [str(place) for place in range(self.form.width)]
        return pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=max(data.size, 1) + 1, column_names=names),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.form.delimiter.decode(), quote_char=self.form.quote.decode(), double_quote=True, newlines_in_values=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                check_utf8=not self._is_ascii,
                column_types=dict.fromkeys(names, pa.string()) | {str(place): kind for place, kind in whole.items()},
                include_columns=[str(place) for place in places],
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )


def _length(texts: pa.StringArray) -> int:
    """Bytes of all."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    return int(offsets[texts.offset + len(texts)] - offsets[texts.offset])


def _usual_length(column: pa.ChunkedArray) -> int | None:
    """Bytes that whole numbers take as they are usually written; None where one is not small."""
    numbers = (column.drop_null() if column.null_count else column).to_numpy()
    if not len(numbers):
        return 0
    least, most = int(numbers.min()), int(numbers.max())
    if least not in _SMALL or most not in _SMALL:
        return None
    length = len(numbers)
    if least < 0:
        length += int(np.count_nonzero(numbers < 0))
        numbers = np.abs(numbers)
    return length + sum(int(np.count_nonzero(numbers >= 10**power)) for power in range(1, len(str(max(most, -least)))))
