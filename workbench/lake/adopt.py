"""Parquet files that somebody else has written, taken into a table as they are."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    DataFileStatistics,
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from workbench.core.errors import InvalidInput
from workbench.lake.arrow import arrow_schema
from workbench.lake.datafiles import data_file
from workbench.lake.storage import Storage, storage_errors

__all__ = ["adopt_files"]

_PIECE = 8 << 20


def adopt_files(storage: Storage, metadata: TableMetadata, paths: Sequence[Path]) -> tuple[DataFile, ...]:
    """Move files to where the table's files are, durable but not yet committed; none where one is not as the table wants it.

    Raises
    ------
    StorageUnavailable
        The storage cannot be written, or is full. Nothing is left there.
    InvalidInput
        A date or time is none that can be stored. Nothing is left there.
    """
    footers = [pq.read_metadata(path) for path in paths]
    if not (metadata.spec().is_unpartitioned() and all(_fits(metadata, footer) for footer in footers)):
        return ()
    places = load_location_provider(metadata.location, metadata.properties)
    write_id, done, made = uuid.uuid4(), [], []
    with storage_errors("write data files"):
        try:
            for number, (path, footer) in enumerate(zip(paths, footers, strict=True)):
                target = places.new_data_location(f"{number:05d}-{write_id}.parquet")
                made.append(target)
                done.append(data_file(metadata, target, path.stat().st_size, _statistics(metadata, footer), Record()))
                _move(storage, path, target)
            storage.sync(made)
        except BaseException:
            storage.delete(made)
            raise
    return tuple(done)


def _fits(metadata: TableMetadata, footer: pq.FileMetaData) -> bool:
    """Whether a file has all of the table's columns, by id and type."""
    schema = metadata.schema()
    wanted = {field.name: field for field in arrow_schema(schema)}
    found = footer.schema.to_arrow_schema()
    ids = {field.name: int((field.metadata or {}).get(b"PARQUET:field_id", b"-1")) for field in found}
    return (
        set(ids) == set(wanted)
        and all(field.type == wanted[field.name].type and wanted[field.name].nullable for field in found)
        and all(schema.find_field(name).field_id == number for name, number in ids.items())
    )


def _statistics(metadata: TableMetadata, footer: pq.FileMetaData) -> DataFileStatistics:
    try:
        return data_file_statistics_from_parquet_metadata(
            parquet_metadata=footer,
            stats_columns=compute_statistics_plan(metadata.schema(), metadata.properties),
            parquet_column_mapping=parquet_path_to_id_mapping(metadata.schema()),
        )
    except OverflowError:
        raise InvalidInput(
            "A date or time lies outside of the years 1 to 9999; nothing was written.", fix="Store it as text, or leave its row out."
        ) from None


def _move(storage: Storage, path: Path, target: str) -> None:
    output = storage.io.new_output(target)  # refuses what is not in the lake
    if storage.local:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
        return
    with output.create() as sink, path.open("rb") as source:
        while piece := source.read(_PIECE):
            sink.write(piece)
