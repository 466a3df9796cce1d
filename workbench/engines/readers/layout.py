"""The columns of delimited text as a person wants them, of which the types are still to be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from workbench.engines.readers.chosen import choose
from workbench.engines.readers.naming import column_names
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.engines.types import type_name

__all__ = ["Layout", "layout_of", "without_end"]


@dataclass(frozen=True)
class Layout:
    """Of each column, in the file's order: what the file calls it (empty: nothing), its ``name``, the type that was ``asked`` for
    (None: as it is found), and whether it is taken. ``warnings`` say what was asked of columns that are not there;
    ``named`` are the places of those that have another name than the file's makes."""

    originals: tuple[str, ...]
    names: tuple[str, ...]
    asked: tuple[pa.DataType | None, ...]
    take: tuple[bool, ...]
    warnings: tuple[str, ...] = ()
    named: frozenset[int] = frozenset()

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


def without_end(layout: Layout, said: Reading, empty: Sequence[bool]) -> Layout:
    """The same, where columns at the end are not taken that have no name and no values (``empty``, of each), but only delimiters."""
    spoken_of = {column.place for column in said.columns}
    left = len(layout.names)
    while left > 1 and empty[left - 1] and not layout.originals[left - 1].strip() and left - 1 not in spoken_of:
        left -= 1
    count = len(layout.names) - left
    if not count:
        return layout
    what, are = (f"the {count:,} columns after them have", "are") if count > 1 else ("the column after it has", "is")
    told = f"Lines end with {'delimiters' if count > 1 else 'a delimiter'}; {what} neither a name nor a value, and {are} not taken."
    return replace(layout, take=(*layout.take[:left], *[False] * count), warnings=(*layout.warnings, told))


def layout_of(headers: Sequence[str | None], said: Reading, known: Sequence[str] = ()) -> Layout:
    """The columns of a file with those ``headers``, as a reading says, beside those that are ``known`` as :func:`choose` has it.

    Raises
    ------
    InvalidInput
        A name is not possible or is given twice, there is no such type, no column has that place, or none is taken.
    """
    chosen = choose(headers, said, known)
    places, taken = range(len(chosen.names)), set(chosen.taken)
    return Layout(
        originals=tuple(header or "" for header in headers),
        names=chosen.names,
        asked=tuple(chosen.type_of(place) for place in places),
        take=tuple(place in taken for place in places),
        warnings=chosen.warnings,
        named=frozenset(place for place, (name, own) in enumerate(zip(chosen.names, column_names(headers), strict=True)) if name != own),
    )
