"""ALTER TABLE and DROP TABLE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import ColumnNotFound, DatasetNotFound, Forbidden, InvalidSQL, nearest
from workbench.core.names import is_quarantine
from workbench.core.refs import MAIN
from workbench.engines.duckdb import quoted
from workbench.lake.records import ColumnChange
from workbench.query.dml.records import Alter, Drop, Named
from workbench.query.dml.target import Target, check_no_view, check_whole, new_target, taken, target_of

if TYPE_CHECKING:
    from workbench.lake import ReadPlan
    from workbench.query.dml.carry import Carrying

__all__ = ["alter", "alteration", "drop", "whole"]


def alter(how: Carrying, write: Alter) -> tuple[Target, bool, str | None]:
    """Change one column, or the name; gives the dataset, whether anything was done, and its undo. Raises as :func:`alteration` does."""
    target, change = alteration(how, write)
    if change is None:
        return target, False, None
    writer, recording = how.parts.writer, how.recording(())
    if isinstance(change, str):
        writer.rename(target.dataset, change, how.who, recording.run.context(), how.recorder.enter)
        return Target(change), True, f"ALTER TABLE {change} RENAME TO {target.dataset}"
    undo = _undo(target.dataset, change, how.parts.lake.resolve(target.dataset).snapshot_id)
    writer.alter(target.dataset, [change], how.who, recording.run.context(recording.notebook, recording.cell), how.recorder.enter)
    return target, True, undo


def _undo(name: str, change: ColumnChange, snapshot_id: int | None) -> str | None:
    """What takes a change of a column back. A column that was dropped, and a type that was, come back with the state before."""
    if change.action == "add":
        return f"ALTER TABLE {name} DROP COLUMN {quoted(change.column)}"
    if change.action == "rename" and change.new_name is not None:
        return f"ALTER TABLE {name} RENAME COLUMN {quoted(change.new_name)} TO {quoted(change.column)}"
    return None if snapshot_id is None else f"ws.datasets.rollback({name!r}, {snapshot_id})"


def alteration(how: Carrying, write: Alter) -> tuple[Target, ColumnChange | str | None]:
    """The dataset that ALTER is about, and what is to become of it: a change of a column, its new name, or nothing.

    Raises
    ------
    ColumnNotFound, AlreadyExists, InvalidInput, InvalidSQL, DatasetNotFound, Forbidden
    """
    found = whole(how, write.target, "ALTER TABLE", write.if_exists)
    if found is None:
        return Target(".".join(write.target.parts)), None
    target, plan = found
    if is_quarantine(target.dataset):
        raise Forbidden("What loads have set aside keeps its name and its columns.", fix="CREATE TABLE ... AS SELECT takes rows of it.")
    if write.action == "rename_table":
        return target, _new_name(how, write, target)
    known = {column.name.casefold(): column.name for column in plan.columns}
    name = known.get(write.column.casefold())
    if write.action == "add":
        if name is not None and write.lenient:
            return target, None
        return target, ColumnChange(action="add", column=write.column, type=_type(write.type))
    if name is None:
        if write.lenient:
            return target, None
        close = nearest(write.column, known.values())
        fix = f"Did you mean {close!r}?" if close else f"DESCRIBE {target.dataset} lists its columns."
        raise ColumnNotFound(f"{target.dataset} has no column {write.column!r}.", fix=fix, column=write.column)
    if write.action == "rename":
        return target, ColumnChange(action="rename", column=name, new_name=write.new_name)
    if write.action == "widen":
        return target, ColumnChange(action="widen", column=name, type=_type(write.type))
    return target, ColumnChange(action="drop", column=name)


def drop(how: Carrying, write: Drop) -> tuple[Target, bool]:
    """Drop a dataset, which can be brought back; gives it, and whether it was there.

    Raises
    ------
    DatasetNotFound, Forbidden
    """
    found = whole(how, write.target, "DROP TABLE", write.if_exists)
    if found is None:
        return Target(".".join(write.target.parts)), False
    how.parts.writer.drop(found[0].dataset, how.who, how.recording(()).run.context(), how.recorder.enter)
    return found[0], True


def whole(how: Carrying, named: Named, verb: str, lenient: bool) -> tuple[Target, ReadPlan] | None:
    """The dataset, all of which its author sees; None where there is none and that is no matter."""
    parts = how.parts
    try:
        target = target_of(named, how.statement.text, how.names, parts.access, how.who)
    except DatasetNotFound:
        if lenient:
            return None
        raise
    if target.branch != MAIN:
        raise InvalidSQL(f"{verb} is about the whole dataset, not about a branch.", fix="Name it without its branch.")
    plan = parts.lake.plan(target.dataset)
    check_whole(parts.access, how.who, plan, verb, deletes=False, rows=False)
    return target, plan


def _new_name(how: Carrying, write: Alter, target: Target) -> str:
    name = write.new_name if "." in write.new_name else f"{target.dataset.split('.', 1)[0]}.{write.new_name}"
    new, there = new_target(Named(tuple(name.split(".")), write.target.start), how.statement.text, how.names, how.parts.access, how.who)
    if there and new.dataset.casefold() != target.dataset.casefold():
        raise taken(new.dataset, "Choose another name.")
    check_no_view(how.parts.views, new.dataset)
    return name


def _type(text: str) -> str:
    """A type as SQL says it in the catalog's words.

    Raises
    ------
    InvalidInput
        No column can have it.
    """
    import pyarrow as pa

    from workbench.engines.duckdb import EngineError, empty_type
    from workbench.engines.types import type_name
    from workbench.lake.arrow import normalise

    try:
        found = empty_type(text)
    except EngineError:
        raise InvalidSQL(f"There is no type {text!r}.", fix="Write BIGINT, DOUBLE, VARCHAR, DECIMAL(18, 2), DATE, TIMESTAMP, ...") from None
    return type_name(normalise(pa.schema([pa.field("x", found)])).field(0).type)
