"""What the catalog knows about datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workbench.catalog.index.entry import Reason, Where
from workbench.core.records import Record
from workbench.core.refs import DatasetRef

__all__ = ["Column", "Dataset", "DatasetSummary", "Reason", "SearchHit", "TableData"]


class Column(Record):
    """A column: its Iceberg field id (stable across renames), name and type as text (``struct<...>`` for nested)."""

    field_id: int
    name: str
    type: str
    required: bool = False
    doc: str = ""


class DatasetSummary(Record):
    """A line in a list of datasets."""

    table_uuid: str
    name: str
    zone: str
    rows: int
    bytes: int
    columns: int
    updated_at: datetime | None
    description: str = ""


class Dataset(Record):
    """A dataset in full."""

    ref: DatasetRef
    name: str
    zone: str
    description: str = ""
    owner: str = ""
    columns: tuple[Column, ...]
    partitioning: tuple[str, ...] = ()
    rows: int
    bytes: int
    files: int
    created_at: datetime | None
    updated_at: datetime | None
    branches: tuple[str, ...] = ("main",)
    tags: tuple[str, ...] = ()
    location: str = ""


class SearchHit(Record):
    """A dataset that matched, with where it did best and the text that did; ``score`` is 0 to 1, ``reasons`` has each word."""

    dataset: DatasetSummary
    matched: Where
    text: str
    score: float
    reasons: tuple[Reason, ...] = ()


class TableData(Record):
    """Rows for a face to show. Values are JSON types: numbers stay numbers while exact in JSON, decimals and 64-bit
    integers beyond 2^53 become text, times ISO 8601, bytes hexadecimal, nested values lists and objects.

    ``cut_at`` is the row limit when there were more rows, else None; ``total`` the number of rows where it is known.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int | None = None
    cut_at: int | None = None
    run_id: str | None = None
