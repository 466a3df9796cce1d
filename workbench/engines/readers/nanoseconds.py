"""Times finer than the microseconds that a table holds: taken where nothing is lost, set aside where they are few, else text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers.column import SPARE
from workbench.engines.types import type_name

__all__ = ["Fine", "Path", "Settled", "count_fine", "in_micros", "in_utc", "nanosecond_paths", "read_as", "settle_fine"]

_DIGITS = {"timestamp": 26, "timestamptz": 26, "time": 15}  # with six behind the seconds


#: Where a time stands in a column: fields that lead there, of a list `element`, of a map `key` or `value`. Empty: it is the column.
Path = tuple[str, ...]


def in_micros(kind: pa.DataType) -> pa.DataType | None:
    """The type in microseconds of one in nanoseconds; None of any other."""
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", tz=kind.tz)
    return pa.time64("us") if pa.types.is_time64(kind) and kind.unit == "ns" else None


def nanosecond_paths(kind: pa.DataType, path: Path = ()) -> Iterator[Path]:
    """Where there are times in nanoseconds in a type."""
    if in_micros(kind) is not None:
        yield path
    for name, inner in _inner(kind):
        yield from nanosecond_paths(inner, (*path, name))


def read_as(kind: pa.DataType, leaves: Mapping[Path, pa.DataType], path: Path = ()) -> pa.DataType:
    """The type with others at some paths."""
    types = pa.types
    if path in leaves:
        return leaves[path]
    inner = [read_as(each, leaves, (*path, name)) for name, each in _inner(kind)]
    if types.is_struct(kind):
        return pa.struct([field.with_type(each) for field, each in zip(kind, inner, strict=True)])
    if types.is_map(kind):
        return pa.map_(inner[0], kind.item_field.with_type(inner[1]))
    if types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(inner[0]), kind.list_size)
    if types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(inner[0]))
    return pa.list_(kind.value_field.with_type(inner[0])) if types.is_list(kind) else kind


def in_utc(kind: pa.DataType) -> pa.DataType:
    """The type with its times in nanoseconds in UTC, which is how they become text."""
    found = {path: _at(kind, path) for path in nanosecond_paths(kind)}
    return read_as(kind, {path: pa.timestamp("ns", tz="UTC") for path, each in found.items() if pa.types.is_timestamp(each) and each.tz})


def _inner(kind: pa.DataType) -> list[tuple[str, pa.DataType]]:
    types = pa.types
    if types.is_struct(kind):
        return [(field.name, field.type) for field in kind]
    if types.is_map(kind):
        return [("key", kind.key_type), ("value", kind.item_type)]
    listed = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return [("element", kind.value_type)] if listed else []


def _at(kind: pa.DataType, path: Path) -> pa.DataType:
    for name in path:
        kind = dict(_inner(kind))[name]
    return kind


def _values(values: Any, path: Path) -> Any:
    """What stands there, of the rows that have it."""
    for name in path:
        if pa.types.is_struct(values.type):
            values = dict(zip([field.name for field in values.type], values.flatten(), strict=True))[name]
        elif pa.types.is_map(values.type):
            entries = values.cast(pa.list_(pa.struct([("key", values.type.key_type), ("value", values.type.item_type)]))).flatten()
            values = entries.field(name)
        else:
            values = values.flatten()
    return values


@dataclass
class Fine:
    """How many values of a column are there, and how many of them no microsecond is the same as."""

    present: int = 0
    finer: int = 0


@dataclass(frozen=True)
class Settled:
    """The types that columns are ``read`` as, those that they must then ``fit`` (else a row is set aside), and what is ``told``."""

    read: Mapping[int, pa.DataType]
    fit: Mapping[int, pa.DataType]
    told: tuple[str, ...] = ()


def count_fine(batches: Iterable[pa.RecordBatch], paths: Sequence[Sequence[Path]]) -> list[dict[Path, Fine]]:
    """Of each column the times in nanoseconds at its ``paths``."""
    found = [{path: Fine() for path in each} for each in paths]
    for batch in batches:
        for fines, column in zip(found, batch.columns, strict=True):
            for path, fine in fines.items():
                values = _values(column, path)
                fine.present += len(values) - values.null_count
                numbers = pc.fill_null(values.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
                fine.finer += int(np.count_nonzero(numbers % 1000))
    return found


def settle_fine(fine: Mapping[int, Mapping[Path, Fine]], schema: pa.Schema, said: Mapping[int, str | None], tolerant: bool) -> Settled:
    """What becomes of columns with times in nanoseconds. Those inside of others are text where one is finer: a row is not set aside for
    a part of a value.

    Parameters
    ----------
    fine
        By place, what was counted.
    said
        The types that a person said.
    tolerant
        Whether rows may be set aside.
    """
    read, fit, told = dict[int, Any](), dict[int, Any](), []
    for place, leaves in fine.items():
        name, kind = schema.field(place).name, schema.field(place).type
        if () not in leaves:
            read[place] = read_as(
                kind, {path: pa.string() if found.finer else in_micros(_at(kind, path)) for path, found in leaves.items()}
            )
            told += [
                f"{'.'.join((name, *path))} is text: {_said(found)}, which a table's times cannot hold."
                for path, found in leaves.items()
                if found.finer
            ]
            continue
        found, micros = leaves[()], in_micros(kind)
        asked, usual = said.get(place), type_name(micros)
        if asked not in (None, usual):
            continue
        if not found.finer:
            read[place] = micros
        elif asked == usual or (tolerant and found.finer <= found.present * SPARE):
            fit[place] = micros
            told.append(f"{name} is {usual}: {_said(found)}, which it cannot hold; such rows are set aside. Read as text, it keeps them.")
        else:
            read[place] = pa.string()
            cut = f"substr({name}, 1, {_DIGITS[usual]})" + (" || '+00'" if usual == "timestamptz" else "")
            told.append(f"{name} is text: {_said(found)}, which no {usual} can hold. Without them it is cast({cut} as {usual}) in SQL.")
    return Settled(read, fit, tuple(told))


def _said(found: Fine) -> str:
    has = "has" if found.finer == 1 else "have"
    return f"{found.finer:,} of {found.present:,} values {has} nanoseconds"
