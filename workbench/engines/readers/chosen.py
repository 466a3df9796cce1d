"""Which column of a file a person spoke of, and what was said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.core.names import check_identifier
from workbench.engines.readers.naming import column_names, known_names
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.engines.types import arrow_type, type_name

__all__ = ["Chosen", "choose"]


@dataclass(frozen=True)
class Chosen:
    """The columns of a file, by position.

    ``headers`` are as in the file, ``names`` as they will be; ``said`` is what a person said of a column, where that is something;
    ``warnings`` name what could not be found.
    """

    headers: tuple[str | None, ...]
    names: tuple[str, ...]
    said: Mapping[int, ColumnReading]
    warnings: tuple[str, ...] = ()

    @property
    def taken(self) -> tuple[int, ...]:
        """The positions of those that are to be taken."""
        return tuple(place for place in range(len(self.names)) if place not in self.said or self.said[place].take)

    @property
    def types(self) -> dict[int, str | None]:
        """The types that were asked for, as they were said; None where something else was said of a column."""
        return {place: column.type for place, column in self.said.items()}

    def type_of(self, place: int, found: pa.DataType | None = None) -> pa.DataType | None:
        """The type that was asked for; None where none was, or where it is the one ``found``.

        Raises
        ------
        InvalidInput
            There is no such type.
        """
        said = self.said.get(place)
        if said is None or said.type is None or (found is not None and said.type == type_name(found)):
            return None
        kind = arrow_type(said.type)
        return None if kind == found else kind


def choose(headers: Sequence[str | None], reading: Reading, known: Sequence[str] = ()) -> Chosen:
    """Match what was said with the file's columns: by position, and where another name stands there, by the name. What nothing is said of
    is called as the column of the table that is there already (``known``) where it is that, else by an identifier.

    Raises
    ------
    InvalidName
        A name that was given is not possible.
    InvalidInput
        Two columns were given the same name, nothing is said to be taken, or a column is spoken of twice or is not there.
    """
    said: dict[int, ColumnReading] = {}
    lost = []
    for column in reading.columns:
        place = _place(column, headers)
        if place is None:
            lost.append(_lost(column, headers))
        elif place in said:
            raise InvalidInput(f"Two things are said of the column {place + 1}.", fix="Say one thing of each column.", place=place)
        else:
            said[place] = column
    given = {place: check_identifier(c.name, "column name") for place, c in sorted(said.items()) if c.name is not None and c.take}
    _check_distinct(given)
    names = column_names(headers, known_names(headers, known, given) | given)
    chosen = Chosen(tuple(headers), names, said, _told(lost))
    if not chosen.taken:
        raise InvalidInput("No column is to be taken.", fix="Take at least one.")
    return chosen


def _place(column: ColumnReading, headers: Sequence[str | None]) -> int | None:
    there = column.place < len(headers)
    if there and (not column.original or headers[column.place] == column.original):
        return column.place
    if not column.original:
        return None
    places = [place for place, header in enumerate(headers) if header == column.original]
    return places[0] if len(places) == 1 else None


def _lost(column: ColumnReading, headers: Sequence[str | None]) -> str:
    if not column.original:
        raise InvalidInput(f"There is no column {column.place + 1:,}; the file has {len(headers):,}.", fix="Columns are counted from 0.")
    return column.original


def _check_distinct(given: Mapping[int, str]) -> None:
    seen: dict[str, int] = {}
    for place, name in given.items():
        if name.casefold() in seen:
            raise InvalidInput(
                f"The columns {seen[name.casefold()] + 1} and {place + 1} are both to be called {name!r}.", fix="Give them two names."
            )
        seen[name.casefold()] = place


def _told(lost: Sequence[str]) -> tuple[str, ...]:
    if not lost:
        return ()
    words = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
    return (f"What was said of the column {words} was left aside: the file has no such column.",)
