"""A table that gets other columns in the same commit as the rows that have them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pyiceberg.exceptions import ResolveError, ValidationError
from pyiceberg.schema import promote
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.types import IcebergType, NestedField

from workbench.core.errors import InvalidInput
from workbench.lake.changes.base import Change, Staging, head, moved, report
from workbench.lake.records import TableCommit

__all__ = ["Reshape"]


@dataclass(frozen=True)
class Reshape(Change):
    """The table gets the columns ``wanted``, by name, and loses those that are ``dropped``; others that it has stay. A column of another
    type is widened where Iceberg can, else it gives way to a new one of the same name.

    To be committed with rows in the place of all there are: a column that gives way has no values afterwards. ``base`` is what says which
    field ids new columns get; the change conflicts where that has moved, for its rows' files hold those ids.
    """

    wanted: tuple[NestedField, ...]
    dropped: tuple[str, ...]
    base: tuple[int, int]

    @staticmethod
    def base_of(metadata: TableMetadata) -> tuple[int, int]:
        """The current schema and the highest field id."""
        return metadata.current_schema_id, metadata.last_column_id

    def needed(self, metadata: TableMetadata) -> bool:
        """Whether the table differs from what is wanted."""
        there = {field.name: field.field_type for field in metadata.schema().fields}
        lost = any(name in there for name in self.dropped)
        return lost or any(_plain(there.get(field.name)) != _plain(field.field_type) for field in self.wanted)

    def stage(self, staging: Staging) -> TableCommit:
        if self.base_of(staging.metadata) != self.base:
            raise moved(self.name, "its columns are other ones")
        before = head(staging.metadata, "main")
        try:
            self._remove(staging)
            self._add(staging)
            self._order(staging)
            staging.metadata.spec().check_compatible(staging.metadata.schema())
        except (ValidationError, ValueError) as error:
            raise InvalidInput(
                f"{self.name} cannot get these columns. {error}",
                fix="A column that the dataset is partitioned by can be neither dropped nor changed.",
            ) from error
        return report(self, staging, "alter", "main", before)

    def _remove(self, staging: Staging) -> None:
        there = {field.name: field.field_type for field in staging.metadata.schema().fields}
        other = [f.name for f in self.wanted if f.name in there and not _widens(there[f.name], f.field_type)]
        update = staging.transaction.update_schema()
        for name in dict.fromkeys((*other, *(name for name in self.dropped if name in there))):
            update.delete_column((name,))
        update.commit()

    def _add(self, staging: Staging) -> None:
        there = {field.name: field.field_type for field in staging.metadata.schema().fields}
        update = staging.transaction.update_schema()
        for field in self.wanted:
            if field.name not in there:
                update.add_column((field.name,), field.field_type, doc=field.doc)
            elif _plain(there[field.name]) != _plain(field.field_type):
                update.update_column((field.name,), field_type=field.field_type)
        update.commit()

    def _order(self, staging: Staging) -> None:
        """The wanted columns first and as they are wanted, the others after them."""
        wanted = [field.name for field in self.wanted]
        there = [field.name for field in staging.metadata.schema().fields]
        if there[: len(wanted)] == wanted:
            return
        update = staging.transaction.update_schema()
        update.move_first((wanted[0],))
        for before, name in pairwise(wanted):
            update.move_after((name,), (before,))
        update.commit()


def _plain(kind: IcebergType | None) -> str | None:
    """A type without its field ids."""
    from workbench.lake.types import type_text

    return None if kind is None else type_text(kind)


def _widens(old: IcebergType, new: IcebergType) -> bool:
    if _plain(old) == _plain(new):
        return True
    try:
        promote(old, new)
    except ResolveError:
        return False
    return True
