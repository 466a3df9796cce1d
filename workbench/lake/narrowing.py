"""Tables whose columns are narrower now than some of their rows: after a rollback over a widened type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.exceptions import ResolveError
from pyiceberg.schema import index_by_id, promote

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import TableMetadata

__all__ = ["schema_at", "too_narrow"]


def schema_at(metadata: TableMetadata, snapshot_id: int | None) -> Schema | None:
    """The schema that a snapshot was written under; None where it is not known."""
    snapshot = metadata.snapshot_by_id(snapshot_id) if snapshot_id is not None else None
    if snapshot is None or snapshot.schema_id is None:
        return None
    return next((schema for schema in metadata.schemas if schema.schema_id == snapshot.schema_id), None)


def too_narrow(now: Schema, written: Schema) -> bool:
    """Whether a column has a type now that does not hold what was written under the other schema."""
    there = index_by_id(now)
    return any(
        field_id in there and field.field_type.is_primitive and not _holds(there[field_id].field_type, field.field_type)
        for field_id, field in index_by_id(written).items()
    )


def _holds(now: object, written: object) -> bool:
    if now == written:
        return True
    try:
        promote(written, now)  # type: ignore[arg-type]
    except ResolveError:
        return False
    return True
