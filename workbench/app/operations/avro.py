"""Avro container files, record by record, changing nothing but what is asked.

PyIceberg's own reader keeps only the fields it knows. Here the schema's text, the header and every field pass through
unchanged, whatever version of the Iceberg format wrote them. Logical types are taken out of the schema that decodes: the
bytes are the same, and a date stays the number it was.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from workbench.core.errors import StorageUnavailable

__all__ = ["read_avro", "rewrite_avro"]

_MAGIC = b"Obj\x01"
_META: dict[str, Any] = {"type": "map", "values": "bytes"}
_SYNC = 16


def read_avro(data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a file; errors as :func:`rewrite_avro`."""
    import fastavro

    container = _Container(data)
    for count, block in container.blocks():
        records = io.BytesIO(_decompress(block, container.codec))
        for _ in range(count):
            record: Any = fastavro.schemaless_reader(records, container.schema, None)
            yield record


def rewrite_avro(data: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """The same file with ``change`` applied to each record.

    Raises
    ------
    StorageUnavailable
        The bytes are no Avro container, are cut short, or are compressed in a way Iceberg does not use.
    """
    import fastavro

    container = _Container(data)
    target = io.BytesIO()
    target.write(_MAGIC)
    fastavro.schemaless_writer(target, _META, container.meta)
    target.write(container.sync)
    for count, block in container.blocks():
        records, changed = io.BytesIO(_decompress(block, container.codec)), io.BytesIO()
        for _ in range(count):
            record: Any = fastavro.schemaless_reader(records, container.schema, None)
            fastavro.schemaless_writer(changed, container.schema, change(record))
        packed = _compress(changed.getvalue(), container.codec)
        target.write(_long(count) + _long(len(packed)) + packed + container.sync)
    return target.getvalue()


class _Container:
    """A file's header, and its blocks as they are."""

    def __init__(self, data: bytes) -> None:
        import fastavro

        self._source = io.BytesIO(data)
        if self._source.read(4) != _MAGIC:
            raise _damaged("is no Avro file")
        meta: Any = fastavro.schemaless_reader(self._source, _META, None)
        self.meta: dict[str, bytes] = meta
        self.sync = self._source.read(_SYNC)
        self.codec = self.meta.get("avro.codec", b"null").decode()
        self.schema = fastavro.parse_schema(_physical(json.loads(self.meta["avro.schema"])))

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """(number of records, compressed bytes) of each block."""
        source, size = self._source, self._source.getbuffer().nbytes
        while source.tell() < size:
            count, length = _read_long(source), _read_long(source)
            block = source.read(length)
            if len(block) != length or source.read(_SYNC) != self.sync:
                raise _damaged("ends in the middle of a block")
            yield count, block


def _physical(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_physical(part) for part in schema]
    if isinstance(schema, dict):
        return {key: _physical(value) for key, value in schema.items() if key != "logicalType"}
    return schema


def _read_long(source: io.BytesIO) -> int:
    shift = value = 0
    while True:
        byte = source.read(1)
        if not byte:
            raise _damaged("ends in the middle of a number")
        value |= (byte[0] & 0x7F) << shift
        if not byte[0] & 0x80:
            return (value >> 1) ^ -(value & 1)
        shift += 7


def _long(value: int) -> bytes:
    value = (value << 1) ^ (value >> 63)
    result = bytearray()
    while value & ~0x7F:
        result.append((value & 0x7F) | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def _decompress(block: bytes, codec: str) -> bytes:
    if codec == "null":
        return block
    if codec == "deflate":
        return zlib.decompress(block, -15)
    if codec == "zstandard":
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj().decompress(block)
    raise _damaged(f"is compressed with {codec}, which is not read here")


def _compress(block: bytes, codec: str) -> bytes:
    if codec == "deflate":
        packer = zlib.compressobj(wbits=-15)
        return packer.compress(block) + packer.flush()
    if codec == "zstandard":
        import zstandard

        return zstandard.ZstdCompressor().compress(block)
    return block


def _damaged(how: str) -> StorageUnavailable:
    return StorageUnavailable(f"A metadata file of the lake {how}.", fix="Restore a back-up; the files here were left as they are.")
