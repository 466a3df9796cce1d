"""Times finer than the microseconds that a table holds: taken where nothing is lost, set aside where they are few, else text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers.column import SPARE
from workbench.engines.types import type_name

__all__ = ["Fine", "Settled", "count_fine", "in_micros", "settle_fine"]

_DIGITS = {"timestamp": 26, "timestamptz": 26, "time": 15}  # with six behind the seconds


def in_micros(kind: pa.DataType) -> pa.DataType | None:
    """The type in microseconds of one in nanoseconds; None of any other."""
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", tz=kind.tz)
    return pa.time64("us") if pa.types.is_time64(kind) and kind.unit == "ns" else None


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


def count_fine(batches: Iterable[pa.RecordBatch], columns: int) -> list[Fine]:
    """Of each of so many columns of times in nanoseconds."""
    found = [Fine() for _ in range(columns)]
    for batch in batches:
        for fine, values in zip(found, batch.columns, strict=True):
            fine.present += len(values) - values.null_count
            numbers = pc.fill_null(values.view(pa.int64()), 0).to_numpy(zero_copy_only=False)
            fine.finer += int(np.count_nonzero(numbers % 1000))
    return found


def settle_fine(fine: Mapping[int, Fine], schema: pa.Schema, said: Mapping[int, str | None], tolerant: bool) -> Settled:
    """What becomes of columns in nanoseconds.

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
    for place, found in fine.items():
        name, kind = schema.field(place).name, in_micros(schema.field(place).type)
        asked, usual = said.get(place), type_name(kind)
        if asked not in (None, usual):
            continue
        finer = f"{found.finer:,} of {found.present:,} values {'has' if found.finer == 1 else 'have'} nanoseconds"
        if not found.finer:
            read[place] = kind
        elif asked == usual or (tolerant and found.finer <= found.present * SPARE):
            fit[place] = kind
            told.append(f"{name} is {usual}: {finer}, which it cannot hold; such rows are set aside. Read as text, it keeps them.")
        else:
            read[place] = pa.string()
            cut = f"substr({name}, 1, {_DIGITS[usual]})" + (" || '+00'" if usual == "timestamptz" else "")
            told.append(f"{name} is text: {finer}, which no {usual} can hold. Without them it is cast({cut} as {usual}) in SQL.")
    return Settled(read, fit, tuple(told))
