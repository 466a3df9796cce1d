"""Data files: Arrow batches written to Parquet files of the right size, in bounded memory."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from pyiceberg.io.fileformat import FileFormatFactory
from pyiceberg.io.pyarrow import DataFileStatistics, ParquetFormatWriter, _to_requested_schema
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionKey
from pyiceberg.schema import Schema, sanitize_column_names
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from workbench.lake.split import split
from workbench.lake.storage import Storage, storage_errors

__all__ = ["data_file", "write_data_files"]

ROW_GROUP_ROWS = 262_144
ROW_GROUP_BYTES = 64 << 20
HELD_BYTES = 256 << 20
OPEN_FILES = 256
_LONGEST_NAME = 240  # in bytes; file systems allow 255
OPEN_OBJECTS = 32  # each has several megabytes of its own on the way


def write_data_files(
    storage: Storage, metadata: TableMetadata, batches: Iterable[pa.RecordBatch], target_bytes: int
) -> tuple[DataFile, ...]:
    """Write batches that have exactly the table's columns and types, and force the files to the disk.

    A file is closed once it has ``target_bytes`` (on disk, compressed). Rows of a partition wait in memory for others of it, 256 MB in
    all, so that rows in any order make few files. When anything goes wrong, what was written is deleted.

    Raises
    ------
    StorageUnavailable
        The storage cannot be written, or is full.
    """
    writer = _Files(storage, metadata, target_bytes)
    with storage_errors("write data files"):
        try:
            for batch in batches:
                writer.add(batch)
            writer.finish()
            storage.sync(file.file_path for file in writer.done)
        except BaseException:
            writer.abandon()
            raise
    return tuple(writer.done)


def data_file(metadata: TableMetadata, path: str, size: int, statistics: DataFileStatistics, partition: Record) -> DataFile:
    """The entry of a Parquet file of a table; ``size`` in bytes."""
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=size,
        sort_order_id=None,
        spec_id=metadata.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
    file.spec_id = metadata.default_spec_id
    return file


class _Files:
    """All files of one write: one open file, or one for each partition."""

    def __init__(self, storage: Storage, metadata: TableMetadata, target_bytes: int) -> None:
        self.storage = storage
        self.metadata = metadata
        self.target_bytes = target_bytes
        self.spec = metadata.spec()
        self.schema = metadata.schema()
        self.file_schema = sanitize_column_names(self.schema)
        self.locations = load_location_provider(metadata.location, metadata.properties)
        self.paths: list[str] = []
        self.done: list[DataFile] = []
        self._open: OrderedDict[Any, _File] = OrderedDict()  # which was written to longest ago first
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._number = itertools.count()
        self._write_id = uuid.uuid4()

    def add(self, batch: pa.RecordBatch) -> None:
        if self.spec.is_unpartitioned():
            self._file(None).add(batch)
            return
        # Together: pieces of small batches would be smaller still.
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self._waiting_bytes += batch.nbytes
        if self._waiting_rows >= ROW_GROUP_ROWS or self._waiting_bytes >= ROW_GROUP_BYTES:
            self._split()

    def _split(self) -> None:
        if not self._waiting:
            return
        rows, self._waiting = pa.Table.from_batches(self._waiting), []
        self._waiting_rows = self._waiting_bytes = 0
        for partition, own in split(self.spec, self.schema, rows):
            for piece in own.to_batches():
                self._file(partition).add(piece)
        self._make_room()

    def _make_room(self) -> None:
        """Write what has most rows waiting, and close what was written to longest ago."""
        held = sum(file.held for file in self._open.values())
        for key, file in sorted(self._open.items(), key=lambda item: -item[1].held):
            if held <= HELD_BYTES:
                break
            held -= file.held
            file.flush()
            self._open.move_to_end(key)
        begun = [key for key, file in self._open.items() if file.begun]
        for key in begun[: max(0, len(begun) - (OPEN_FILES if self.storage.local else OPEN_OBJECTS))]:
            self._close(key)

    def _file(self, partition: PartitionKey | None) -> _File:
        key = partition.partition if partition is not None else None
        file = self._open.get(key)
        if file is not None and file.full:
            self._close(key)
            file = None
        if file is None:
            name = f"{next(self._number):05d}-{self._write_id}.parquet"
            path = self.locations.new_data_location(name, partition if partition is not None and _is_short(partition) else None)
            self.paths.append(path)
            file = self._open[key] = _File(self, path, partition)
        return file

    def _close(self, key: Any) -> None:
        result = self._open[key].close()
        del self._open[key]  # only now: what fails to close must still be abandoned
        if result is not None:
            self.done.append(result)

    def finish(self) -> None:
        self._split()
        for key in list(self._open):
            self._close(key)

    def abandon(self) -> None:
        for file in self._open.values():
            file.abandon()
        self.storage.delete(self.paths)


def _is_short(partition: PartitionKey) -> bool:
    """Whether folders may be called so. Where a file lies says nothing: its entry tells its partition."""
    return all(len(part.encode()) <= _LONGEST_NAME for part in partition.to_path().split("/"))


class _File:
    """One Parquet file being written, a row group at a time."""

    def __init__(self, files: _Files, path: str, partition: PartitionKey | None) -> None:
        self.files = files
        self.path = path
        self.partition = partition
        self.output = files.storage.io.new_output(path)
        self._buffer: list[pa.RecordBatch] = []
        self._rows = 0
        self.held = 0  # bytes of rows that wait
        # Not the format model's create_writer(): its type says less than what is needed here (the stream's position).
        self._writer = ParquetFormatWriter(self.output, files.file_schema, files.metadata.properties)

    @property
    def begun(self) -> bool:
        """Something has been written."""
        return self._writer._writer is not None

    @property
    def full(self) -> bool:
        stream = self._writer._fos
        return stream is not None and stream.tell() >= self.files.target_bytes  # type: ignore[attr-defined]

    def add(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._buffer.append(batch)
            self._rows += batch.num_rows
            self.held += batch.nbytes
        if self._rows >= ROW_GROUP_ROWS or self.held >= ROW_GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits, as a row group."""
        if self._buffer:
            self._writer.write(pa.Table.from_batches([_with_field_ids(b, self.files.file_schema, self.files.schema) for b in self._buffer]))
            self._buffer, self._rows, self.held = [], 0, 0

    def close(self) -> DataFile | None:
        self.flush()
        if not self.begun:
            return None
        statistics = self._writer.close()
        partition = self.partition.partition if self.partition is not None else Record()
        return data_file(self.files.metadata, self.path, len(self.output), statistics, partition)

    def abandon(self) -> None:
        self._buffer = []
        if self._writer._writer is not None:
            self._writer._writer.is_open = False  # else it tries to finish the file when it is collected, and complains
        if self._writer._fos is not None:
            with contextlib.suppress(OSError):  # a full disk refuses what is still in the buffer
                self._writer._fos.close()


def _with_field_ids(batch: pa.RecordBatch, file_schema: Schema, schema: Schema) -> pa.RecordBatch:
    """The batch with Iceberg's field ids in its Parquet schema, by which columns are found after a rename."""
    model = FileFormatFactory.get(FileFormat.PARQUET)
    return _to_requested_schema(requested_schema=file_schema, file_schema=schema, batch=batch, include_field_ids=True, format_model=model)
