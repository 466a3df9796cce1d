"""Statements that write: dispatched, each made once, and what they did said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.core.refs import MAIN
from workbench.query.dml.adding import create, insert
from workbench.query.dml.carry import Carrying, Parts
from workbench.query.dml.changing import change
from workbench.query.dml.commenting import comment
from workbench.query.dml.explained import explained
from workbench.query.dml.reading import check_writing
from workbench.query.dml.records import (
    Alter,
    Comment,
    CreateTable,
    CreateView,
    Delete,
    Drop,
    DropView,
    Insert,
    Merge,
    Truncate,
    Update,
    Write,
)
from workbench.query.dml.shaping import alter, drop
from workbench.query.dml.target import Target, new_target, target_of
from workbench.query.dml.told import names_told
from workbench.query.dml.viewing import create_view, drop_view
from workbench.query.records import Explanation, Written
from workbench.runs.context import step_key

if TYPE_CHECKING:
    from workbench.core.principals import Principal
    from workbench.lake.records import CommitResult
    from workbench.query.analyse import Statement
    from workbench.query.record import Recorder

__all__ = ["Parts", "StatementWriter"]

_ROWS = (Insert, CreateTable, Update, Delete, Merge, Truncate)


class StatementWriter:
    """Carries out what :mod:`workbench.query.dml.read` has read. Thread-safe."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def run(self, recorder: Recorder, statement: Statement, who: Principal, params: Any, names: tuple[str, ...]) -> Written:
        """Carry a statement out, all or nothing. ``names`` are those of the datasets that the principal sees, ``params`` fit the statement.

        Raises
        ------
        InvalidSQL, Forbidden, DatasetNotFound, AlreadyExists, InvalidInput, TooLarge, Cancelled, StorageUnavailable, CommitConflict
            Nothing was written.
        """
        how = Carrying(self._parts, recorder, statement, who, params, names)
        write = statement.write
        assert write is not None
        check_writing("rows" if isinstance(write, _ROWS) else "all")
        with names_told(how, write):
            return self._run(how, write)

    def _run(self, how: Carrying, write: Write) -> Written:
        if isinstance(write, _ROWS):
            with step_key(f"sql/{'.'.join(write.target.parts)}") as of_step:
                return self._once(how, write, of_step or how.recorder.id)
        if isinstance(write, CreateView):
            target, undo = create_view(how, write, self._parts.views)
            return _shaped("create_view", target, True, undo)
        if isinstance(write, DropView):
            target, undo = drop_view(how, write, self._parts.views)
            return _shaped("drop_view", target, undo is not None, undo)
        if isinstance(write, Comment):
            target, done, undo = comment(how, write)
            return _shaped("comment", target, done, undo)
        if isinstance(write, Alter):
            target, done, undo = alter(how, write)
            return _shaped("alter", target, done, undo)
        assert isinstance(write, Drop)
        target, done = drop(how, write)
        return _shaped("drop", target, done, f"ws.datasets.undrop({target.dataset!r})" if how.who.is_admin else None)

    def _once(self, how: Carrying, write: Insert | CreateTable | Update | Delete | Merge | Truncate, key: str) -> Written:
        if (before := self._before(how, write, key)) is not None:
            return self._written(how, before)
        if isinstance(write, Insert):
            done: CommitResult | Target = insert(how, write, key)
        elif isinstance(write, CreateTable):
            done = create(how, write, key)
        else:
            done = change(how, write, key)
        if isinstance(done, Target):
            return Written(action=str(how.statement.kind), dataset=done.dataset, branch=done.branch)
        return self._written(how, done)

    def _written(self, how: Carrying, done: CommitResult) -> Written:
        found = written(how.statement.kind, done).model_copy(update={"masked": how.recorder.masked, "filtered": how.recorder.filtered})
        return found if found.undo is None or self._takes_back(how.who, found.dataset) else found.model_copy(update={"undo": None})

    def _takes_back(self, who: Principal, name: str) -> bool:
        """Whether the principal may drop the dataset, or roll it back: it is for who sees all of it, for others may have written since."""
        access = self._parts.access
        if who.is_admin:
            return True
        try:
            return access.may_write(who, name) and access.shape(who, self._parts.lake.plan(name)) is None
        except WorkbenchError:  # it was committed, whatever has become of it since
            return False

    def _before(self, how: Carrying, write: Any, key: str) -> CommitResult | None:
        """What an earlier attempt at the same step has committed."""
        if key == how.recorder.id:
            return None
        return self._parts.lake.committed(_target(how, write)[0].key(key))

    def explain(self, statement: Statement, who: Principal, params: Any, names: tuple[str, ...], recorder: Recorder) -> Explanation:
        """What a statement would read and write. Nothing is run.

        Raises
        ------
        InvalidSQL, Forbidden, DatasetNotFound, AlreadyExists, InvalidInput
            As :meth:`run`; a statement that is refused is explained by the reason.
        """
        write = statement.write
        assert write is not None
        check_writing("rows" if isinstance(write, _ROWS) else "all")
        how = Carrying(self._parts, recorder, statement, who, params, names)
        with names_told(how, write):
            return explained(how, write)


def _target(how: Carrying, write: Write) -> tuple[Target, bool]:
    """What it writes to, and whether that is there. Raises as :func:`.target.target_of` and :func:`.target.new_target` do."""
    if isinstance(write, CreateTable):
        return new_target(write.target, how.statement.text, how.names, how.parts.access, how.who)
    return target_of(write.target, how.statement.text, how.names, how.parts.access, how.who), True


def _shaped(action: str, target: Target, done: bool, undo: str | None) -> Written:
    return Written(action=action, dataset=target.dataset, branch=target.branch, done=done, undo=undo if done else None)


def written(kind: str, done: CommitResult) -> Written:
    """What a commit did, as its statement's answer."""
    change, created = done.tables[-1], any(table.operation == "create" for table in done.tables)
    undo = None
    if change.branch == MAIN:
        undo = f"DROP TABLE {change.name}" if created else f"ws.datasets.rollback({change.name!r}, {change.parent_id})"
    replaced = kind == "create" and not created
    return Written(
        action="replace" if replaced else kind,
        dataset=change.name,
        branch=change.branch,
        inserted=change.rows_added,
        updated=change.rows_updated,
        deleted=change.rows_deleted,
        snapshot_id=change.snapshot_id,
        undo=undo if change.parent_id is not None or created else None,
    )
