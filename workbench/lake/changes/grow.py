"""A table that takes up what new rows bring: further columns, wider types."""

from __future__ import annotations

from dataclasses import dataclass

from pyiceberg.exceptions import ValidationError
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.types import IcebergType, NestedField

from workbench.core.errors import InvalidInput
from workbench.lake.changes.base import Change, Staging, head, moved, report
from workbench.lake.records import TableCommit

__all__ = ["FieldPath", "Grow"]

#: Where a column is, or a field within one.
FieldPath = tuple[str, ...]


@dataclass(frozen=True)
class Grow(Change):
    """Columns and fields that are ``added`` (each within what a path leads to, which is empty of columns), and the ``widened`` types of
    others, in the same commit as rows that were written under the schema
    which comes of it (:meth:`workbench.lake.Lake.grown`); conflicts where the schema has changed since, for their field ids would be
    other ones."""

    added: tuple[tuple[FieldPath, NestedField], ...]
    widened: tuple[tuple[FieldPath, IcebergType], ...]
    base: tuple[int, int]

    @staticmethod
    def base_of(metadata: TableMetadata) -> tuple[int, int]:
        """What says which field ids new columns get."""
        return metadata.current_schema_id, metadata.last_column_id

    def stage(self, staging: Staging) -> TableCommit:
        if self.base_of(staging.metadata) != self.base:
            raise moved(self.name, "its columns are other ones")
        before = head(staging.metadata, "main")
        update = staging.transaction.update_schema()
        try:
            for within, field in self.added:
                update.add_column((*within, field.name), field.field_type, doc=field.doc)
            for path, kind in self.widened:
                update.update_column(path, field_type=kind)
            update.commit()
            staging.metadata.spec().check_compatible(staging.metadata.schema())
        except (ValidationError, ValueError) as error:
            raise InvalidInput(
                f"{self.name} cannot take up the new columns. {error}", fix="Take the file into another dataset with `name='...'`."
            ) from error
        return report(self, staging, "alter", "main", before)
