"""Decimals of more digits than a table's have, as BigQuery and Spark write them: taken where all values fit, else text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from workbench.engines.readers.nanoseconds import Settled

__all__ = ["decimals_in_full", "is_wide", "with_wide"]

_DIGITS = 38
# How many digits of a table's stand behind the point, where the values leave it open: a few choices, so that the next file's are the same.
_SCALES = (30, 18, 9, 2, 0)


def is_wide(kind: pa.DataType) -> bool:
    """Whether a table has no such decimals.

    >>> is_wide(pa.decimal256(76, 38)), is_wide(pa.decimal256(20, 2))
    (True, False)
    """
    return bool(pa.types.is_decimal256(kind) and kind.precision > _DIGITS and kind.scale >= 0)


def with_wide(settled: Settled, schema: pa.Schema, places: list[int], batches: Iterable[pa.RecordBatch]) -> Settled:
    """What becomes of the columns of such decimals at some ``places``, beside what is settled already.

    Parameters
    ----------
    batches
        Of these columns alone, in this order.
    """
    left = {place: [pa.decimal128(_DIGITS, scale) for scale in _scales(schema.field(place).type)] for place in places}
    for batch in batches:
        for place, values in zip(places, batch.columns, strict=True):
            left[place] = [kind for kind in left[place] if _fits(values, kind)]
    read: Mapping[int, pa.DataType] = {place: kinds[0] if kinds else pa.string() for place, kinds in left.items()}
    told = [
        f"{schema.field(place).name} is text: a table's decimals have {_DIGITS} digits, and it has values of more."
        for place, kind in read.items()
        if pa.types.is_string(kind)
    ]
    return replace(settled, read={**settled.read, **read}, told=(*settled.told, *told))


def _scales(kind: pa.DataType) -> list[int]:
    return [*([kind.scale] if kind.scale <= _DIGITS else []), *(scale for scale in _SCALES if scale < kind.scale)]


def _fits(values: Any, kind: pa.DataType) -> bool:
    try:
        values.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def decimals_in_full(values: Any) -> pa.Array:
    """Decimals as texts, with all of their digits.

    >>> from decimal import Decimal
    >>> decimals_in_full(pa.array([Decimal("1.5E-9")], pa.decimal256(50, 10))).to_pylist()
    ['0.0000000015']
    """
    return pa.array([None if value is None else f"{value:f}" for value in values.to_pylist()], pa.string())
