"""A table with a run's branch in main's place, and back (see :mod:`workbench.core.working`).

Iceberg's columns belong to a table, not to a branch. So that nobody sees a run's columns before its rows, the schema that a branch works
with stands beside it in the table's properties, and becomes the table's when the branch is published.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import (
    RemovePropertiesUpdate,
    RemoveSnapshotRefUpdate,
    SetCurrentSchemaUpdate,
    TableUpdate,
)

from workbench.core.errors import InvalidInput, WorkbenchError
from workbench.core.refs import MAIN
from workbench.core.working import is_of_a_run

__all__ = ["WorkingSchema", "as_main", "beside_main", "check_free", "ended", "own_columns", "working_schema"]

_PREFIX = "workbench.working-schema."


def check_free(branch: str) -> None:
    """A run's branch is its own: its steps take for their work what is there.

    Raises
    ------
    InvalidInput
        It is one, by its name.
    """
    if is_of_a_run(branch):
        raise InvalidInput(f"{branch!r} is the branch of a pipeline's run, and its own.", fix="Use another name; it can be read.")


@dataclass(frozen=True)
class WorkingSchema:
    """The schema that a branch works with, and the table's when that became another one."""

    id: int
    base: int


def working_schema(metadata: TableMetadata, branch: str) -> WorkingSchema | None:
    """Of a branch that has other columns than main; None of any other."""
    text = metadata.properties.get(_PREFIX + branch)
    if text is None:
        return None
    own, _, base = text.partition(":")
    return WorkingSchema(int(own), int(base))


def as_main(metadata: TableMetadata, branch: str) -> TableMetadata:
    """The table as if the branch were main; the table itself where the branch is not there."""
    ref = metadata.refs.get(branch)
    if ref is None:
        return metadata
    refs = {name: each for name, each in metadata.refs.items() if name != branch} | {MAIN: ref}
    schema = working_schema(metadata, branch)
    return metadata.model_copy(
        update={
            "refs": refs,
            "current_snapshot_id": ref.snapshot_id,
            "current_schema_id": metadata.current_schema_id if schema is None else schema.id,
        }
    )


def beside_main(changed: TableMetadata, base: TableMetadata, branch: str) -> TableMetadata:
    """The inverse of :func:`as_main`, after changes: what was made main is the branch, and main is what it was in ``base``."""
    refs = {name: each for name, each in changed.refs.items() if name != MAIN}
    refs[branch] = changed.refs[MAIN]
    if MAIN in base.refs:
        refs[MAIN] = base.refs[MAIN]
        if changed.snapshot_by_id(refs[MAIN].snapshot_id) is None:
            raise WorkbenchError("A run would have removed main's snapshot; nothing was changed.", fix="Do it outside of the run.")
    known = working_schema(base, branch)
    start = base.current_schema_id if known is None else known.base
    properties = {name: value for name, value in changed.properties.items() if name != _PREFIX + branch}
    if changed.current_schema_id != start:
        properties[_PREFIX + branch] = f"{changed.current_schema_id}:{start}"
    return changed.model_copy(
        update={
            "refs": refs,
            "current_snapshot_id": base.current_snapshot_id,
            "current_schema_id": base.current_schema_id,
            "snapshot_log": base.snapshot_log,
            "properties": properties,
        }
    )


def ended(metadata: TableMetadata, branch: str) -> tuple[TableUpdate, ...]:
    """What takes a branch, and what is known of it, out of a table."""
    updates: list[TableUpdate] = [RemoveSnapshotRefUpdate(ref_name=branch)]
    if working_schema(metadata, branch) is not None:
        updates.append(RemovePropertiesUpdate(removals=[_PREFIX + branch]))
    return tuple(updates)


def own_columns(metadata: TableMetadata, branch: str) -> tuple[TableUpdate, ...]:
    """What makes a branch's columns those of the table; nothing where they are.

    Raises
    ------
    ValueError
        The table's are other ones than when the branch's became different.
    """
    schema = working_schema(metadata, branch)
    if schema is None or schema.id == metadata.current_schema_id:
        return ()
    if schema.base != metadata.current_schema_id:
        raise ValueError(branch)
    return (SetCurrentSchemaUpdate(schema_id=schema.id),)
