"""The columns of a file as a person wants them: names, types, and which are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.core.names import check_identifier
from workbench.engines.readers.naming import column_names
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.engines.types import arrow_type, type_name

__all__ = ["Layout", "layout_of", "without_end"]


@dataclass(frozen=True)
class Layout:
    """Of each column, in the file's order: what the file calls it (empty: nothing), its ``name``, the type that was ``asked`` for
    (None: as it is found), and whether it is taken. ``warnings`` say what was asked of columns that are not there."""

    originals: tuple[str, ...]
    names: tuple[str, ...]
    asked: tuple[pa.DataType | None, ...]
    take: tuple[bool, ...]
    warnings: tuple[str, ...] = ()

    @property
    def taken(self) -> tuple[int, ...]:
        """The places of the columns that are taken."""
        return tuple(place for place, take in enumerate(self.take) if take)

    def filled(self, types: dict[str, pa.DataType]) -> tuple[ColumnReading, ...]:
        """Every column, with the types that those taken have in the end."""
        return tuple(
            ColumnReading(
                place=place,
                original=self.originals[place],
                name=name,
                type=type_name(types[name]) if name in types else (type_name(asked) if asked is not None else None),
                take=self.take[place],
            )
            for place, (name, asked) in enumerate(zip(self.names, self.asked, strict=True))
        )


def without_end(layout: Layout, said: Reading, *, empty: bool) -> Layout:
    """The same, where the last column is not taken that has no name and (``empty``) no values, but only a delimiter before it."""
    last = len(layout.names) - 1
    if not empty or layout.originals[last].strip() or not last or any(column.place == last for column in said.columns):
        return layout
    told = "Lines end with a delimiter; the column after it has neither a name nor a value, and is not taken."
    return replace(layout, take=(*layout.take[:-1], False), warnings=(*layout.warnings, told))


def layout_of(headers: Sequence[str | None], said: Reading) -> Layout:
    """The columns of a file with those ``headers``, as a reading says.

    Raises
    ------
    InvalidInput
        A name is not possible or is given twice, there is no such type, no column has that place, or none is taken.
    """
    originals = tuple(header or "" for header in headers)
    found, warnings = _placed(originals, said.columns)
    names = list(column_names(headers))
    for place, column in found.items():
        if column.name is not None:
            names[place] = check_identifier(column.name, "column name")
    named = [place for place, column in found.items() if column.name is not None]
    names = _distinct(names, named)
    asked = tuple(
        arrow_type(found[place].type or "") if place in found and found[place].type is not None else None for place in range(len(names))
    )
    take = tuple(place not in found or found[place].take for place in range(len(names)))
    if not any(take):
        raise InvalidInput("No column of the file is taken.", fix="Take at least one.")
    return Layout(originals, tuple(names), asked, take, warnings)


def _placed(originals: tuple[str, ...], columns: tuple[ColumnReading, ...]) -> tuple[dict[int, ColumnReading], tuple[str, ...]]:
    """Each column that something is said of, by its place in this file: where the file has another order, the name it has there counts."""
    found: dict[int, ColumnReading] = {}
    gone: list[str] = []
    for column in columns:
        place = column.place
        if column.original and (place >= len(originals) or originals[place] != column.original):
            places = [number for number, original in enumerate(originals) if original == column.original]
            if len(places) != 1:
                gone.append(column.original)
                continue
            place = places[0]
        if place >= len(originals):
            raise InvalidInput(
                f"There is no column {place + 1:,}; the file has {len(originals):,}.", fix="Columns are counted from 0 by their place."
            )
        if place in found:
            raise InvalidInput(f"Two things are said of the column {originals[place] or place + 1!r}.", fix="Say one.")
        found[place] = column
    return found, tuple(f"The file has no column {name!r}, of which something was said." for name in gone)


def _distinct(names: list[str], given: list[int]) -> list[str]:
    """The names, where those that a person gave stay and the others make way."""
    wanted = [names[place] for place in given]
    if len(set(wanted)) < len(wanted):
        twice = next(name for name in wanted if wanted.count(name) > 1)
        raise InvalidInput(f"Two columns are to be called {twice!r}.", fix="Give each its own name.")
    taken = set(wanted)
    for place, name in enumerate(names):
        if place not in given:
            number = 2
            while names[place] in taken:
                names[place], number = f"{name}_{number}", number + 1
            taken.add(names[place])
    return names
