"""Partitioning, written as text: ``carrier``, ``bucket(16, id)``, ``truncate(4, name)``, ``year(at)``, ``month``, ``day``, ``hour``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionField, PartitionSpec
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
)

from workbench.core.errors import ColumnNotFound, InvalidInput, nearest
from workbench.lake.arrow import normalise

__all__ = ["check_partitioning", "parse_partitioning", "partition_texts"]

_FIRST_FIELD_ID = 1000
_WIDEST = 2**31 - 1  # Iceberg's
_CALL = re.compile(r"^(?P<name>\w+)\(\s*(?:(?P<width>\d+)\s*,\s*)?(?P<column>[^()]+?)\s*\)$")
_PLAIN: dict[str, type[Transform[Any, Any]]] = {
    "identity": IdentityTransform,
    "year": YearTransform,
    "month": MonthTransform,
    "day": DayTransform,
    "hour": HourTransform,
}
_FIX = "Write a column, bucket(n, column), truncate(n, column), or year, month, day or hour of a column."


def _transform(text: str) -> tuple[str, Transform[Any, Any], str]:
    """(column, transform, suffix of the partition field's name)."""
    match = _CALL.match(text.strip())
    if match is None:
        return text.strip(), IdentityTransform(), ""
    name, width = match["name"].lower(), match["width"]
    if name in _PLAIN and width is None:
        return match["column"], _PLAIN[name](), "" if name == "identity" else f"_{name}"
    if width and not 1 <= int(width) <= _WIDEST:
        raise InvalidInput(f"The number in {text!r} is not between 1 and {_WIDEST:,}.", fix=_FIX)
    if name == "bucket" and width:
        return match["column"], BucketTransform(num_buckets=int(width)), "_bucket"
    if name == "truncate" and width:
        return match["column"], TruncateTransform(width=int(width)), "_trunc"
    raise InvalidInput(f"{text!r} is not a partitioning.", fix=_FIX)


def parse_partitioning(texts: Sequence[str], schema: Schema) -> PartitionSpec:
    """The partition spec that the texts describe, over a schema whose field ids are final.

    Raises
    ------
    ColumnNotFound, InvalidInput
        A column is not there, or the transform is unknown or does not fit the column's type.
    """
    if not texts:
        return UNPARTITIONED_PARTITION_SPEC
    fields = list[PartitionField]()
    for position, text in enumerate(texts):
        column, transform, suffix = _transform(text)
        try:
            field = schema.find_field(column)
        except ValueError as error:
            close = nearest(column, schema.column_names)
            raise ColumnNotFound(
                f"There is no column {column!r} to partition by.", fix=f"Did you mean {close!r}?" if close else _FIX
            ) from error
        if not transform.can_transform(field.field_type):
            raise InvalidInput(f"{text!r} does not work on a column of type {field.field_type}.", fix=_FIX)
        if any(field.field_id == other.source_id for other in fields):  # PyIceberg cannot write such a table
            raise InvalidInput(f"The column {column!r} is to partition twice.", fix="Partition by a column once.")
        name = f"{column.replace('.', '_')}{suffix}"
        fields.append(PartitionField(source_id=field.field_id, field_id=_FIRST_FIELD_ID + position, transform=transform, name=name))
    return PartitionSpec(*fields)


def check_partitioning(texts: Sequence[str], schema: pa.Schema) -> None:
    """Make sure that a table with these columns could be partitioned so.

    Raises
    ------
    ColumnNotFound, InvalidInput
        As :func:`parse_partitioning`, or no table can have such a column.
    """
    if texts:
        parse_partitioning(texts, assign_fresh_schema_ids(Catalog._convert_schema_if_needed(normalise(schema))))


def partition_texts(spec: PartitionSpec, schema: Schema) -> tuple[str, ...]:
    """The inverse of :func:`parse_partitioning`."""
    texts = []
    for field in spec.fields:
        column = schema.find_column_name(field.source_id) or field.name
        transform = field.transform
        if isinstance(transform, IdentityTransform):
            texts.append(column)
        elif isinstance(transform, BucketTransform):
            texts.append(f"bucket({transform.num_buckets}, {column})")
        elif isinstance(transform, TruncateTransform):
            texts.append(f"truncate({transform.width}, {column})")
        else:
            texts.append(f"{transform}({column})")
    return tuple(texts)
