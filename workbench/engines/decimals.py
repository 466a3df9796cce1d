"""Decimals made of whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["of_units"]


def of_units(units: Any, kind: pa.DataType) -> pa.Decimal128Array:
    """Decimals of a type, given how many units of their last digit each is (an array of numpy's that holds whole numbers).

    >>> [str(value) for value in of_units(np.array([150, -5]), pa.decimal128(18, 2)).to_pylist()]
    ['1.50', '-0.05']
    """
    halves = np.empty((len(units), 2), np.int64)
    halves[:, 0] = units
    np.right_shift(halves[:, 0], 63, out=halves[:, 1])
    return pa.Decimal128Array.from_buffers(kind, len(units), [None, pa.py_buffer(halves)])
