"""Where a sheet's table begins: below a report's title, under headers of one row or two, some of them merged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["HEAD_ROWS", "Area", "Layout", "find_layout"]

#: So many rows from the top are looked at.
HEAD_ROWS = 64
_FILLED = 0.6
# The first cell of the header of a pivot table; above it stand the names of what was counted.
_PIVOT = ("row labels", "zeilenbeschriftungen", "étiquettes de lignes", "etiquetas de fila", "etichette di riga", "rijlabels")
_VALUE = re.compile(r"^[-+]?[\d.,]*\d(?:[eE][-+]?\d+)?%?$|^\d{4}-\d\d-\d\d(?:[ T][\d:.]+)?$|^(?:true|false)$", re.IGNORECASE)

Row = Sequence[str | None]


@dataclass(frozen=True)
class Area:
    """Merged cells: rows and columns of a sheet from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Layout:
    """``skip`` rows come before the header (or before the first row of data, where there is no ``header``); ``names`` are the header's,
    ``titles`` the texts in the rows that are skipped."""

    skip: int
    header: bool
    names: tuple[str | None, ...] = ()
    titles: tuple[str, ...] = ()


def find_layout(rows: Sequence[Row], areas: Sequence[Area] = (), skip: int = 0, header: bool | None = None) -> Layout:
    """Where the table begins.

    Parameters
    ----------
    rows
        The sheet's first rows as texts.
    areas
        Merged cells; columns counted as in ``rows``.
    skip, header
        What a person said. With neither, the header is looked for: the first row that is about as full as the rows below, and mostly
        words; a sheet whose first row holds nothing but numbers and dates has none.
    """
    first = next((number for number, row in enumerate(rows) if number >= skip and any(row)), skip)
    if skip or header is not None:
        place = skip if header is False or (skip < len(rows) and any(rows[skip])) else first
    else:
        place = _find(rows, first, areas)
    if place >= len(rows):
        return Layout(place, header is not False)
    named = header if header is not None else any(cell and not _VALUE.match(cell) for cell in rows[place])
    if not named:
        return Layout(place, False, titles=_titles(rows[first if not skip else 0 : place]))
    names, above = _names(rows, place, areas)
    return Layout(place, True, names, _titles(rows[:above]))


def _find(rows: Sequence[Row], first: int, areas: Sequence[Area]) -> int:
    """The header's row, where what stands above it can only be a title, remarks or names of groups; else the first row."""
    width = len({place for row in rows for place, cell in enumerate(row) if cell})
    filled = [sum(bool(cell) for cell in row) for row in rows]
    for place in range(first, len(rows)):
        if (rows[place][0] or "").strip().casefold() in _PIVOT:
            return place
        if 0 in filled[place + 1 : place + 2] and next(filter(None, filled[place + 1 :]), 0) > filled[place]:
            continue  # apart from what follows, and narrower: remarks
        words = sum(bool(cell) and not _VALUE.match(cell) for cell in rows[place] if cell)
        if filled[place] >= max(2, _FILLED * width) and 2 * words >= filled[place]:
            if _is_group_row(rows, place, areas):
                return place + 1 if _is_above(rows, filled, first, place, width) else first
            above = place - (place > first and _is_group_row(rows, place - 1, areas))
            return place if _is_above(rows, filled, first, above, width) else first
    return first


def _is_group_row(rows: Sequence[Row], place: int, areas: Sequence[Area]) -> bool:
    """Whether a row has the names of groups, merged over columns that have their own in the next row: what else is in it belongs to
    columns that have none there (``Region`` beside ``2023`` over ``Q1`` and ``Q2``)."""
    if place + 1 >= len(rows):
        return False
    names, below = rows[place], rows[place + 1]
    wide = [area for area in areas if area.top == area.bottom == place and 0 <= area.left < area.right < len(names)]
    grouped = {column for area in wide for column in range(area.left, area.right + 1)}
    if not grouped or len(grouped) == len(names) or not all(below[column] for column in grouped):
        return False
    if any(below[column] and _VALUE.match(below[column] or "") for column in grouped):
        return False
    alone = {column for column, name in enumerate(names) if column not in grouped and name and below[column]}
    return not alone or _are_groups(rows, place, grouped, alone)


def _are_groups(rows: Sequence[Row], place: int, grouped: set[int], alone: set[int]) -> bool:
    """Whether columns ``alone`` are groups, too, of one column each, which is not merged: what stands below is called as one of a group is,
    and there are numbers or dates below these names. Else the next row may be data."""
    if place + 2 >= len(rows) or min(alone) < min(grouped):
        return False
    below, data = rows[place + 1], rows[place + 2]
    known = {below[column] for column in grouped}
    return all(below[column] in known for column in alone) and all(_VALUE.match(data[column] or "") for column in grouped | alone)


def _is_above(rows: Sequence[Row], filled: Sequence[int], first: int, place: int, width: int) -> bool:
    """Whether the rows from ``first`` to ``place`` are no part of the table."""
    if place == first:
        return True
    apart = 0 in filled[first:place]
    if width == 2 and not apart and not any(cell and _VALUE.match(cell) for row in rows[place + 1 :] for cell in row):
        return False  # two columns of words, of which the first row has one: it may as well be a header with a gap
    return all(count <= 1 or 2 * count < filled[place] or apart for count in filled[first:place])


def _names(rows: Sequence[Row], place: int, areas: Sequence[Area]) -> tuple[tuple[str | None, ...], int]:
    """The header's names, those of merged groups above put before them, and the row where the header begins."""
    width = len(rows[place])
    names: list[str | None] = [cell or None for cell in rows[place]]
    above, grouped = place, set[int]()
    for area in areas:
        whole = area.right - area.left + 1 >= width
        if area.top > place or area.bottom < place - 1 or whole or area.top < place - 1:
            continue
        label = rows[area.top][area.left] if area.left < width else None
        for column in range(max(area.left, 0), min(area.right + 1, width)):
            if area.top == place - 1 and label:
                names[column] = f"{label} {names[column]}" if area.bottom < place and names[column] else label
                above = place - 1
                grouped.add(column)
    if above < place:
        for column in set(range(min(grouped), width)) - grouped:  # beside other groups; one of a single column is not merged
            if names[column] and rows[above][column]:
                names[column] = f"{rows[above][column]} {names[column]}"
        names = [name or rows[above][column] or None for column, name in enumerate(names)]
    return tuple(names), above


def _titles(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(" ".join(cell for cell in row if cell) for row in rows if any(row))
