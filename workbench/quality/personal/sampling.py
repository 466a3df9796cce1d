"""Distinct values of a dataset's columns for the detectors: of a bounded sample, in no order."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.quality.personal.judge import MOST_VALUES
from workbench.quality.scanning import ColumnKind, Sample, Source, SourceColumn

__all__ = ["Sampled", "of_profile", "sampled"]

_ROWS = 20_000  # up to these all are looked at, else about half as many
_VALUES = 2 * MOST_VALUES  # some are nothing ("n/a"), or the same but for white space
_FEW = 25  # distinct values; fewer are looked for in all rows
_LONG = 400  # characters: what is longer is text, and no value that is told by its form
_NESTED = 500  # rows of a nested column
_LONGEST_NESTED = 10_000  # characters of one, as JSON
_DEEPEST = 12
_UNASKED = ("binary", "other", "time")  # kinds that no detector looks at


@dataclass(frozen=True)
class Sampled:
    """Distinct values of a column, or of what is nested in it (``path`` is then its name, ``addresses.street``)."""

    column: SourceColumn
    path: str
    kind: ColumnKind
    values: tuple[str, ...]


def sampled(source: Source) -> Iterator[Sampled]:
    """What the detectors are asked about, column by column.

    Raises
    ------
    TooLarge, Cancelled, StorageUnavailable
        As :meth:`Source.ask`.
    """
    wanted = [column for column in source.columns if column.kind not in _UNASKED]
    if not wanted or not source.rows:
        return
    some = source.sample([f"{_expression(column)} AS c{at}" for at, column in enumerate(wanted)], _ROWS)
    for at, column in enumerate(wanted):
        values = some.encoded(at).values.drop_null()
        if len(values) < _FEW and some.rows.num_rows < source.rows:
            found = source.ask(
                f"SELECT DISTINCT {_expression(column)} AS v FROM {source.relation} WHERE {column.sql} IS NOT NULL LIMIT {_VALUES}"
            )
            values = found.table.column(0).combine_chunks()
        if column.kind == "nested":
            yield from _nested(column, _chosen(values, _NESTED))
        else:
            yield Sampled(column, column.name, column.kind, tuple(_chosen(values, _VALUES)))


def of_profile(source: Source, some: Sample, names: Collection[str]) -> Iterator[Sampled]:
    """The same of the columns of these names, from the rows that a profile has looked at (:func:`workbench.quality.profile.looked_at`):
    only what is nested is read again, of which a profile has no values. Raises as :func:`sampled`."""
    if not source.rows:
        return
    nested = [column for column in source.columns if column.name in names and column.kind == "nested"]
    for at, column in enumerate(source.columns):
        if column.name in names and column.kind not in (*_UNASKED, "nested"):
            values = _chosen(some.encoded(at).values.drop_null(), _VALUES)
            yield Sampled(column, column.name, column.kind, tuple(text[:_LONG] for text in values))
    if nested:
        few = source.sample([f"{_expression(column)} AS c{at}" for at, column in enumerate(nested)], 2 * _NESTED)
        for at, column in enumerate(nested):
            yield from _nested(column, _chosen(few.encoded(at).values.drop_null(), _NESTED))


def _expression(column: SourceColumn) -> str:
    if column.kind == "nested":
        return f"left(to_json({column.sql})::VARCHAR, {_LONGEST_NESTED})"
    if column.kind == "text":
        return f"left({column.value}, {_LONG})"
    return column.sql


def _chosen(values: pa.Array, most: int) -> list[str]:
    # In an order that no sorting has made: the first values of a column are often alike.
    places = np.random.default_rng(len(values)).permutation(len(values))[:most]
    return [_text(value) for value in values.take(pa.array(places, pa.int64())).to_pylist() if value is not None]


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _nested(column: SourceColumn, rows: list[str]) -> Iterator[Sampled]:
    leaves: dict[str, dict[str, None]] = {}
    kinds: dict[str, ColumnKind] = {}
    for row in rows:
        try:
            _leaves(json.loads(row), column.name, leaves, kinds, 0)
        except ValueError:
            continue  # cut off
    for path, values in leaves.items():
        yield Sampled(column, path, kinds[path], tuple(values)[:_VALUES])


def _leaves(value: Any, path: str, leaves: dict[str, dict[str, None]], kinds: dict[str, ColumnKind], depth: int) -> None:
    if depth > _DEEPEST or value is None:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            _leaves(each, f"{path}.{key}", leaves, kinds, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _leaves(each, path, leaves, kinds, depth + 1)
    elif not isinstance(value, bool):
        text = str(value)[:_LONG]
        kinds.setdefault(path, "text" if isinstance(value, str) else "integer" if isinstance(value, int) else "float")
        leaves.setdefault(path, {}).setdefault(text)
