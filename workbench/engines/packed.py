"""How much an Arrow stream holds, said before any of it is unpacked: a few kilobytes may be gigabytes, which a process is killed for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

__all__ = ["Held", "held", "held_in_file", "in_full"]

_SCHEMA, _DICTIONARY, _ROWS = 1, 2, 3  # kinds of messages, as Arrow's format numbers them
_BUFFER = struct.Struct("<qq")  # where it begins, how long it is
_LENGTH = struct.Struct("<q")
_BLOCK = struct.Struct("<qi4xq")  # where a message of a file begins, how long its words are and its data
_END = struct.Struct("<i6s")  # of a file: how long its list of blocks is, and its mark


@dataclass(frozen=True)
class Held:
    """What a message holds: ``bytes`` unpacked, and ``rows``; ``packed``: something in it is compressed."""

    bytes: int
    rows: int
    packed: bool


def held(source: pa.NativeFile) -> Iterator[Held]:
    """Each message with data of a stream, by what it says of itself. Arrow makes room for just that much, and refuses what unpacks to more.

    Raises
    ------
    ArrowInvalid
        It is no whole stream.
    """
    reader = pa.ipc.MessageReader.open_stream(source)
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        try:
            if (found := _message(memoryview(message.metadata), message.body)) is not None:
                yield found
        except struct.error as error:
            raise pa.ArrowInvalid("a message that contradicts itself") from error


def held_in_file(source: pa.NativeFile) -> Iterator[Held]:
    """The same of a file, which lists where its messages are. Raises as :func:`held` does."""
    try:
        end = source.size() - _END.size
        length, mark = _END.unpack(source.read_at(_END.size, max(end, 0)))
        if mark != b"ARROW1" or not 0 < length <= end:
            raise pa.ArrowInvalid("no end of a file")
        text = memoryview(source.read_at(length, end - length))
        root = _number("<I", text, 0)
        for number in (2, 3):  # dictionaries, rows
            for begin, words, data in _listed(text, root, number, _BLOCK):
                source.seek(begin)
                message = pa.ipc.read_message(source.read_buffer(words + data))
                if (found := _message(memoryview(message.metadata), message.body)) is not None:
                    yield found
    except (struct.error, OverflowError, ValueError, EOFError) as error:
        raise pa.ArrowInvalid("a list of messages that contradicts itself") from error


def _message(text: memoryview, body: Any) -> Held | None:
    root = _number("<I", text, 0)
    kind, header = _field(text, root, 1), _inside(text, _field(text, root, 2))
    if kind is None or header is None or (which := _number("<B", text, kind)) == _SCHEMA:
        return None
    data = _inside(text, _field(text, header, 1)) if which == _DICTIONARY else header
    if which not in (_DICTIONARY, _ROWS) or data is None:
        return None
    length, packed = _field(text, data, 0), _field(text, data, 3) is not None
    size = sum(_unpacked(body, at, count, packed) for at, count in _listed(text, data, 2, _BUFFER))
    return Held(size, 0 if length is None else _number("<q", text, length), packed)


def _listed(text: memoryview, table: int, number: int, form: struct.Struct) -> Iterator[tuple[int, ...]]:
    """What is in a field that is a list."""
    place = _inside(text, _field(text, table, number))
    if place is not None:
        count, begin = _number("<I", text, place), place + 4
        yield from form.iter_unpack(text[begin : begin + count * form.size])


def _unpacked(body: Any, at: int, count: int, packed: bool) -> int:
    """The bytes of a buffer. A packed one begins with how many they are; -1 stands for as many as there are."""
    if not packed or count < _LENGTH.size:
        return max(count, 0)
    said = int(_LENGTH.unpack_from(memoryview(body), at)[0])
    return count if said < 0 else said


def _number(form: str, text: memoryview, at: int) -> int:
    return int(struct.unpack_from(form, text, at)[0])


def _field(text: memoryview, table: int, number: int) -> int | None:
    """Where a field of a table stands, in flatbuffers' form; None where it is left out."""
    head = table - _number("<i", text, table)
    entry = 4 + 2 * number
    offset = _number("<H", text, head + entry) if entry < _number("<H", text, head) else 0
    return table + offset if offset else None


def _inside(text: memoryview, place: int | None) -> int | None:
    """What a field that is a table, or a list, leads to."""
    return None if place is None else place + _number("<I", text, place)


def in_full(values: pa.Array | pa.ChunkedArray) -> int:
    """The bytes that a column takes where each value stands by itself, which dictionaries and views only point to: many to the same."""
    if isinstance(values, pa.ChunkedArray):
        return sum(map(in_full, values.chunks))
    kind = values.type
    if not _points(kind):
        return int(values.nbytes)
    if pa.types.is_dictionary(kind):
        return _pointed_to(values)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return int(_of_views(values).sum())
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return _in_views(values)
    if pa.types.is_struct(kind):
        return sum(in_full(values.field(place)) for place in range(kind.num_fields))
    if pa.types.is_map(kind):
        return in_full(values.keys) + in_full(values.items)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return in_full(values.flatten())
    # Of what else there is, which no dataset holds, the most that it can be.
    return len(values) * int(values.nbytes)


def _points(kind: pa.DataType) -> bool:
    views = (pa.types.is_string_view, pa.types.is_binary_view, pa.types.is_list_view, pa.types.is_large_list_view)
    if pa.types.is_dictionary(kind) or any(each(kind) for each in views):
        return True
    return any(_points(kind.field(place).type) for place in range(kind.num_fields))


def _in_views(values: pa.Array) -> int:
    """Each row says of the same values where its own begin, and how many they are."""
    import numpy as np

    inside = values.values
    begins, sizes = (each.cast(pa.int64()).to_numpy() for each in (values.offsets, values.sizes))
    if bool((begins[1:] >= begins[:-1] + sizes[:-1]).all()):  # one behind the other, as others write them
        return in_full(inside)
    count = int(sizes.sum(dtype=np.int64))
    width = _width(inside.type)
    # Of texts and the like none is longer than all of them together.
    return count * (max(width // 8, 1) if width else in_full(inside))


def _pointed_to(values: pa.DictionaryArray) -> int:
    import pyarrow.compute as pc

    words = values.dictionary
    if not len(words) or not len(values):
        return 0
    if width := _width(words.type):
        return len(values) * width // 8
    if (lengths := _lengths(words)) is not None:
        return int(pc.sum(lengths.take(values.indices)).as_py() or 0)
    # Of other values none is longer than all of them together.
    return len(values) * in_full(words)


def _width(kind: pa.DataType) -> int:
    """The bits of each value of a type; 0 where they are not all the same."""
    same = pa.types.is_primitive(kind) or pa.types.is_decimal(kind) or pa.types.is_fixed_size_binary(kind)
    return int(kind.bit_width) if same else 0


def _lengths(values: pa.Array) -> pa.Array | None:
    """The bytes of each text; None where they are none."""
    import pyarrow.compute as pc

    kind, types = values.type, pa.types
    if types.is_string_view(kind) or types.is_binary_view(kind):
        return pa.array(_of_views(values))
    if any(each(kind) for each in (types.is_string, types.is_binary, types.is_large_string, types.is_large_binary)):
        return pc.binary_length(values).cast(pa.int64())
    return None


def _of_views(values: pa.Array) -> Any:
    import numpy as np

    views = values.buffers()[1]
    if views is None:
        return np.zeros(len(values), "i8")
    # Each view is of 16 bytes, of which the first four say how long the value is; where none is, they may say anything.
    lengths = np.frombuffer(views, "<i4", len(values) * 4, values.offset * 16)[::4].astype("i8")
    return np.where(values.is_valid().to_numpy(zero_copy_only=False), lengths, 0)
