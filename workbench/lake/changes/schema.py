"""Schema evolution."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError as InvalidModel
from pyiceberg.exceptions import ValidationError
from pyiceberg.table import Table
from pyiceberg.table.update.schema import UpdateSchema
from pyiceberg.types import IcebergType, NestedField

from workbench.core.errors import AlreadyExists, ColumnNotFound, InvalidInput, nearest
from workbench.lake.changes.base import Change, Staging, head, report
from workbench.lake.records import ColumnChange, TableCommit
from workbench.lake.staging import StagedTransaction

__all__ = ["Evolve", "check_evolves", "parse_type"]

_TYPES = "boolean, int, long, float, double, decimal(p,s), date, time, timestamp, timestamptz, string, uuid, binary, fixed[n]"


def parse_type(text: str) -> IcebergType:
    """An Iceberg type written as text.

    Raises
    ------
    InvalidInput
        There is no such type.
    """
    try:
        return NestedField.model_validate({"id": 1, "name": "x", "required": False, "type": text.strip().lower()}).field_type
    except (InvalidModel, ValueError) as error:
        raise InvalidInput(f"There is no column type {text!r}.", fix=f"Use one of: {_TYPES}.") from error


@dataclass(frozen=True)
class Evolve(Change):
    """Column changes, applied in order; each sees the ones before it. Fields of structs are written ``outer.inner``."""

    changes: tuple[ColumnChange, ...]

    def stage(self, staging: Staging) -> TableCommit:
        before = head(staging.metadata, "main")
        for change in self.changes:
            update = staging.transaction.update_schema()
            try:
                self._apply(update, change, staging)
                update.commit()
                staging.metadata.spec().check_compatible(staging.metadata.schema())
            except (ValidationError, ValueError) as error:
                raise InvalidInput(
                    f"{self.name}: cannot {change.action} the column {change.column!r}. {error}", fix=_FIXES[change.action]
                ) from error
        return report(self, staging, "alter", "main", before)

    def _apply(self, update: UpdateSchema, change: ColumnChange, staging: Staging) -> None:
        names = staging.metadata.schema().column_names
        folded = {name.casefold() for name in names}
        if change.action != "add" and change.column not in names:
            close = nearest(change.column, names)
            raise ColumnNotFound(
                f"{self.name} has no column {change.column!r}.", fix=f"Did you mean {close!r}?" if close else f"It has: {', '.join(names)}."
            )
        path = tuple(change.column.split("."))
        if change.action == "add":
            if change.column.casefold() in folded:
                raise AlreadyExists(f"{self.name} has a column {change.column!r} already.", fix="Choose another name.")
            update.add_column(path, parse_type(_needed(change.type, "type", change)), doc=change.doc)
        elif change.action == "rename":
            new_name = _needed(change.new_name, "new_name", change)
            if ".".join((*path[:-1], new_name)).casefold() in folded - {change.column.casefold()}:
                raise AlreadyExists(f"{self.name} has a column {new_name!r} already.", fix="Choose another name.")
            update.rename_column(path, new_name)
        elif change.action == "widen":
            update.update_column(path, field_type=parse_type(_needed(change.type, "type", change)), doc=change.doc)
        else:
            update.delete_column(path)


_FIXES = {
    "add": f"Give a name and a type: {_TYPES}.",
    "rename": "Give a new name that no other column has.",
    "widen": "Columns widen from int to long, float to double, decimal to more digits. For another type add a new column.",
    "drop": "A column that the dataset is partitioned by cannot be dropped.",
}


def check_evolves(table: Table, name: str, change: ColumnChange) -> None:
    """Whether a change of a column may be made of the table as it is; nothing is written.

    Raises
    ------
    ColumnNotFound, AlreadyExists, InvalidInput
        As making it does.
    """
    Evolve(name, str(table.metadata.table_uuid), (change,)).stage(Staging(StagedTransaction(table), {}))


def _needed(value: str | None, what: str, change: ColumnChange) -> str:
    if not value:
        raise InvalidInput(f"To {change.action} the column {change.column!r}, {what} is needed.", fix=_FIXES[change.action])
    return value
