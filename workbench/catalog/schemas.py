"""Schemas of a dataset over time: their history, and what leads from one to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.catalog.records import Column, SchemaChange, SchemaVersion
from workbench.core.clock import from_ms
from workbench.core.errors import AlreadyExists, ColumnNotFound, NotFound, nearest
from workbench.core.refs import snapshot_number
from workbench.lake.records import ColumnChange

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table.metadata import TableMetadata

__all__ = ["columns_at", "compare", "history", "planned"]


def history(metadata: TableMetadata) -> tuple[SchemaVersion, ...]:
    """Every schema that rows were written with, and the current one, newest first. Iceberg keeps a schema for each step of a change;
    those between are told as a part of the next."""
    since: dict[int, int] = {}
    for snapshot in metadata.snapshots:
        if snapshot.schema_id is not None:
            since[snapshot.schema_id] = min(snapshot.timestamp_ms, since.get(snapshot.schema_id, snapshot.timestamp_ms))
    found: list[SchemaVersion] = []
    before: tuple[Column, ...] = ()
    kept = [each for each in metadata.schemas if each.schema_id in since or each.schema_id == metadata.current_schema_id]
    for schema in sorted(kept, key=lambda each: each.schema_id):
        columns = _columns(schema)
        found.append(
            SchemaVersion(
                version=schema.schema_id,
                since=from_ms(since[schema.schema_id]) if schema.schema_id in since else None,
                current=schema.schema_id == metadata.current_schema_id,
                columns=columns,
                changes=compare(before, columns) if found else (),
            )
        )
        before = columns
    return tuple(reversed(found))


def columns_at(metadata: TableMetadata, text: str, versions: Mapping[int, tuple[Column, ...]] | None = None) -> tuple[Column, ...]:
    """The columns of a version (its number in the history), of a snapshot (its id), or of a branch or tag; empty is the current one.
    ``versions`` are those that there are to who asks; None: all.

    Raises
    ------
    NotFound
        There is none of that name.
    """
    schemas = {schema.schema_id: schema for schema in metadata.schemas}
    if not text:
        return _columns(schemas[metadata.current_schema_id])
    number = snapshot_number(text)
    known = versions if versions is not None else {id: _columns(schema) for id, schema in schemas.items()}
    if number is not None and number in known:
        return known[number]
    pointer = metadata.refs.get(text)
    wanted = pointer.snapshot_id if pointer is not None else number
    snapshot = metadata.snapshot_by_id(wanted) if wanted is not None else None
    if snapshot is None:
        names = ", ".join([*map(str, sorted(known)), *metadata.refs])
        raise NotFound(f"{text!r} is no version, snapshot, branch or tag of this dataset.", fix=f"Versions, branches and tags: {names}.")
    return _columns(schemas[snapshot.schema_id if snapshot.schema_id in schemas else metadata.current_schema_id])


def compare(a: Sequence[Column], b: Sequence[Column]) -> tuple[SchemaChange, ...]:
    """What leads from ``a`` to ``b``. Columns are the same by their field id, whatever they are called."""
    before, after = {column.field_id: column for column in a}, {column.field_id: column for column in b}
    found = [change for key, column in before.items() for change in _of_column(column, after.get(key))]
    for key, column in after.items():
        if key not in before:
            found.append(SchemaChange(kind="added", field_id=key, column=column.name, after=column.type, safe=not column.required))
    return tuple(found)


def _of_column(old: Column, new: Column | None) -> Iterable[SchemaChange]:
    key = old.field_id
    if new is None:
        yield SchemaChange(kind="dropped", field_id=key, column=old.name, before=old.type, safe=False)
        return
    if old.name != new.name:
        yield SchemaChange(kind="renamed", field_id=key, column=old.name, before=old.name, after=new.name, safe=False)
    if old.type != new.type:
        safe = _is_safe(old.type, new.type)
        yield SchemaChange(kind="type", field_id=key, column=old.name, before=old.type, after=new.type, safe=safe)
    if old.required != new.required:
        kind: Any = "required" if new.required else "optional"
        yield SchemaChange(kind=kind, field_id=key, column=old.name, safe=new.required)
    if old.doc != new.doc:
        yield SchemaChange(kind="doc", field_id=key, column=old.name, before=old.doc, after=new.doc, safe=True)


def _is_safe(old: str, new: str) -> bool:
    """Whether who reads the one reads the other: it is wider, or has more fields."""
    from workbench.engines.types import told_type  # Arrow is not needed to list datasets

    before, after = told_type(old), told_type(new)
    return before is not None and after is not None and _holds(before, after)


def _holds(old: pa.DataType, new: pa.DataType) -> bool:
    import pyarrow as pa

    from workbench.engines.types import wider

    types = pa.types
    if types.is_struct(old) and types.is_struct(new):
        there = {field.name: field.type for field in new}
        return all(field.name in there and _holds(field.type, there[field.name]) for field in old)
    if types.is_list(old) and types.is_list(new):
        return _holds(old.value_type, new.value_type)
    if types.is_map(old) and types.is_map(new):
        return old.key_type == new.key_type and _holds(old.item_type, new.item_type)
    return bool(old == new or wider(old, new) == new)


def planned(columns: Sequence[Column], changes: Iterable[ColumnChange]) -> tuple[SchemaChange, ...]:
    """Changes that have not been made, as differences; each sees the ones before it. A type may be any: that no column widens to it is
    seen where the change is made.

    Raises
    ------
    ColumnNotFound, AlreadyExists, InvalidInput
        One is about a column that is not there, gives one a name that another has, or a type that there is not.
    """
    from workbench.lake.changes.schema import parse_type

    names = {column.name: column for column in columns}
    found = []

    def check_free(name: str) -> None:
        if name.casefold() in {each.casefold() for each in names}:
            raise AlreadyExists(f"There is a column {name!r} already.", fix="Choose another name.")

    for change in changes:
        if change.type is not None:
            parse_type(change.type)
        if change.action == "add":
            check_free(change.column)
            names[change.column] = Column(field_id=0, name=change.column, type=change.type or "")
            found.append(SchemaChange(kind="added", field_id=0, column=change.column, after=change.type, safe=True))
            continue
        column = names.get(change.column)
        if column is None:
            close = nearest(change.column, names)
            raise ColumnNotFound(
                f"There is no column {change.column!r}.", fix=f"Did you mean {close!r}?" if close else "See `datasets show`."
            )
        del names[change.column]
        if change.action == "drop":
            new = None
        elif change.action == "rename":
            check_free(change.new_name or column.name)
            new = column.model_copy(update={"name": change.new_name or column.name})
        else:
            new = column.model_copy(update={"type": change.type or column.type})
        if new is not None:
            names[new.name] = new
        found += _of_column(column, new)
    return tuple(found)


def _columns(schema: Any) -> tuple[Column, ...]:
    from workbench.lake.types import type_text

    return tuple(
        Column(field_id=field.field_id, name=field.name, type=type_text(field.field_type), required=field.required, doc=field.doc or "")
        for field in schema.fields
    )
