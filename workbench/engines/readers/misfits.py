"""Rows with a value that does not fit its column: taken out of their batches, and told with their lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.engines.readers.clean import Broken
from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.rejects import NO_KEY, Rejects

__all__ = ["Misfits"]


@dataclass(frozen=True)
class _Misfit:
    record: int
    place: int
    values: tuple[str | None, ...]


class Misfits:
    """Notes them batch by batch; :meth:`tell` then finds their lines, all in one pass over the file."""

    def __init__(self, columns: Sequence[TextColumn]) -> None:
        self.columns = columns
        self._found: list[_Misfit] = []

    def __len__(self) -> int:
        return len(self._found)

    @property
    def first(self) -> tuple[int, TextColumn]:
        """The record (from 1) of the first, and the column that it does not fit."""
        return self._found[0].record, self.columns[self._found[0].place]

    def note(self, before: int, values: Sequence[Any], masks: Sequence[Any | None]) -> Any:
        """Which rows of a batch are good (a mask); the others are noted. ``before`` counts the records of earlier batches."""
        places = np.full(len(values[0]), len(values))
        for place in range(len(values) - 1, -1, -1):
            if masks[place] is not None:
                places[masks[place]] = place
        rows = np.flatnonzero(places < len(values))
        chosen = pa.array(rows)
        texts = zip(*(array.take(chosen).to_pylist() for array in values), strict=True)
        self._found += [_Misfit(before + int(row) + 1, int(places[row]), text) for row, text in zip(rows, texts, strict=True)]
        return places == len(values)

    def add(self, record: int, place: int, values: tuple[str | None, ...]) -> None:
        """One that was found elsewhere."""
        self._found.append(_Misfit(record, place, values))

    def tell(self, rejects: Rejects, where: Callable[[Sequence[int]], list[tuple[int, str]]], broken: Sequence[tuple[int, Broken]]) -> None:
        """Give them to ``rejects``, in the order of their lines, with the ``broken`` records and the lines of these.

        Parameters
        ----------
        where
            Gives the line and the text of each of the records it is asked for.
        """
        places = where([misfit.record for misfit in self._found]) if self._found else []
        told = [(line, None, each) for line, each in broken] + [
            (line, text, misfit) for (line, text), misfit in zip(places, self._found, strict=True)
        ]
        for line, text, each in sorted(told, key=lambda one: one[0]):
            if isinstance(each, _Misfit):
                self._tell_value(rejects, line, text, each)
            else:
                self._tell_shape(rejects, line, each)

    def _tell_value(self, rejects: Rejects, line: int, text: str | None, misfit: _Misfit) -> None:
        column = self.columns[misfit.place]
        row = dict(zip((each.name for each in self.columns), misfit.values, strict=True))
        value = misfit.values[misfit.place]
        reason = NO_KEY if column.is_missing(value) else column.reason(value)
        rejects.add(reason, line=line, record=misfit.record, column=column.name, value=value, row=row, text=text)

    def _tell_shape(self, rejects: Rejects, line: int, broken: Broken) -> None:
        values = broken.values or ()
        row = {column.name: values[column.place] or None for column in self.columns if column.place < len(values)}
        missing = next((column.name for column in self.columns if column.place >= len(values)), None) if values else None
        extra = values[broken.width] if len(values) > broken.width else None
        rejects.add(broken.reason, line=line, column=missing, value=extra, row=row, text=broken.text)
