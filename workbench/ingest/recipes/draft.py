"""The state of a recipe while it is turned into SQL: which columns there are, and what each is called inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from workbench.core.errors import ColumnNotFound, InvalidInput, nearest
from workbench.engines.types import arrow_type
from workbench.quality.scanning import ColumnKind, SourceColumn, kind_of

__all__ = ["Columns", "DraftColumn", "Effect"]


@dataclass(frozen=True)
class DraftColumn:
    """A column: its name for people, the number of its place inside, its type in DuckDB's words, in Arrow and in the catalog's, and
    the source's columns it comes from."""

    slot: int
    name: str
    sql_type: str
    arrow: pa.DataType
    type: str
    sources: tuple[str, ...]
    doc: bytes | None = None

    @property
    def kind(self) -> ColumnKind:
        return kind_of(self.sql_type)

    @property
    def is_text(self) -> bool:
        return self.sql_type == "VARCHAR"

    def cast(self, type: str, sql_type: str) -> DraftColumn:
        """The same column in another type."""
        return replace(self, sql_type=sql_type, arrow=arrow_type(type), type=type)


@dataclass(frozen=True)
class Columns:
    """The columns at one point of a recipe, in order. ``prefix`` begins the names inside, and no name that people gave."""

    prefix: str
    all: tuple[DraftColumn, ...]

    def inside(self, column: DraftColumn) -> str:
        """What a column is called in the statement."""
        return f"{self.prefix}{column.slot}"

    def named(self, name: str) -> DraftColumn:
        """One column.

        Raises
        ------
        ColumnNotFound
            There is none of that name at this point.
        """
        for column in self.all:
            if column.name == name:
                return column
        names = [column.name for column in self.all]
        close = nearest(name, names)
        hint = f"Did you mean {close!r}?" if close else f"At this step there are: {', '.join(names[:20])}."
        raise ColumnNotFound(f"There is no column {name!r}.", fix=hint, column=name)

    def chosen(self, names: Sequence[str]) -> tuple[DraftColumn, ...]:
        """The named columns, each once."""
        return tuple(self.named(name) for name in dict.fromkeys(names))

    def texts(self, names: Sequence[str], doing: str) -> tuple[DraftColumn, ...]:
        """The named columns, which must be text; none named: all that are.

        Raises
        ------
        InvalidInput
            One is not.
        """
        if not names:
            return tuple(column for column in self.all if column.is_text)
        found = self.chosen(names)
        for column in found:
            if not column.is_text:
                raise InvalidInput(
                    f"{column.name!r} is of type {column.type}; {doing} takes text.", fix="Cast the column to string in a step before."
                )
        return found

    def with_column(self, changed: DraftColumn) -> Columns:
        """The same with one column changed."""
        return replace(self, all=tuple(changed if column.slot == changed.slot else column for column in self.all))

    def without(self, dropped: Iterable[DraftColumn]) -> Columns:
        """The same without some columns."""
        gone = {column.slot for column in dropped}
        return replace(self, all=tuple(column for column in self.all if column.slot not in gone))

    def as_source(self) -> tuple[SourceColumn, ...]:
        """The columns as :mod:`workbench.quality` knows them."""
        return tuple(SourceColumn(column.slot + 1, column.name, column.type, column.sql_type, column.kind) for column in self.all)


@dataclass(frozen=True)
class Effect:
    """What a step does to each row, as SQL over the names inside.

    Attributes
    ----------
    columns
        Those there are afterwards.
    values
        New values by the slot of the column.
    changed, nulled
        How many of the row's values are changed, and of the present ones made missing.
    removed
        True of rows that are taken out. With ``by_name`` it is said in the names that people gave.
    fails
        A row that would be taken out is a reason to write nothing.
    keys, order
        Of rows equal in ``keys`` only the first in ``order`` stays.
    """

    columns: Columns
    values: Mapping[int, str] = field(default_factory=dict)
    changed: str = "0"
    nulled: str = "0"
    removed: str | None = None
    by_name: bool = False
    fails: bool = False
    keys: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @classmethod
    def of_values(cls, columns: Columns, values: Mapping[int, str]) -> Effect:
        """New values of the same types; what changed is counted by comparing."""
        old = {slot: f"{columns.prefix}{slot}" for slot in values}
        changed = " + ".join(f"(({new}) IS DISTINCT FROM {old[slot]})::BIGINT" for slot, new in values.items())
        nulled = " + ".join(f"({old[slot]} IS NOT NULL AND ({new}) IS NULL)::BIGINT" for slot, new in values.items())
        return cls(columns, values, changed or "0", nulled or "0")
