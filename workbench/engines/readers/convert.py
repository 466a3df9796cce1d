"""Text that is known to fit a way of reading it, as values of a type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers import atoms, decimal_comma
from workbench.engines.readers.dates import instants
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.uuids import as_uuids
from workbench.engines.readers.ways import Way

__all__ = ["misfits_of", "to_type"]

_CLOCK = r"^\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?$"
_TRUTHS = (Kind.TRUTH, Kind.YES, Kind.WORDS, Kind.BIT)


def to_type(values: Any, way: Way, kind: pa.DataType) -> Any:
    """Values (trimmed; null is missing) as ``kind``.

    Raises
    ------
    pyarrow.ArrowInvalid
        One does not fit after all.
    """
    if way.kind in _TRUTHS:
        found = pc.is_in(pc.utf8_lower(values), value_set=pa.array(way.true))
        return pc.if_else(pc.is_null(values), pa.scalar(None, pa.bool_()), found)
    values = atoms.signed(values) if way.minus else values
    if way.style is not None:
        return instants(values, way.style).cast(kind)
    if way.sign:
        values = pc.replace_substring_regex(values, r"[^0-9.,\-]", "")
    if way.kind in (Kind.COMMA, Kind.COMMA_MONEY, Kind.COMMA_PERCENT):
        values = decimal_comma.with_points(values)
    elif way.kind in (Kind.MONEY, Kind.THOUSANDS, Kind.PERCENT):
        values = pc.replace_substring(values, ",", "")
    if way.sign == atoms.PERCENT:
        values = pc.binary_join_element_wise(values, "e-2", "")  # exact, where a division would round
    return _cast(values, kind)


def _cast(values: Any, kind: pa.DataType) -> Any:
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        try:
            return values.cast(kind)
        except pa.ArrowInvalid:  # what a person asked for may begin with a plus or zeros
            return pc.replace_substring_regex(values, r"^\+?(-?)0*(\d)", r"\1\2").cast(kind)
    if isinstance(kind, pa.UuidType):
        return as_uuids(values)
    if pa.types.is_time(kind):
        return _times(values, kind)
    made = values.cast(kind)
    if pa.types.is_float32(kind):
        written = pc.match_substring(values, "inf", ignore_case=True)
        if pc.any(pc.and_not(pc.is_inf(made), written)).as_py():
            raise pa.ArrowInvalid("too large for 32 bits")
    return made


def _times(values: Any, kind: pa.DataType) -> Any:
    """``9:30``, ``09:30:00`` and ``09:30:00.5``; Arrow reads text as days and moments only."""
    if not pc.all(pc.match_substring_regex(values, _CLOCK)).as_py() and values.null_count < len(values):
        raise pa.ArrowInvalid("no time of day")
    moments = pc.binary_join_element_wise("1970-01-01", pc.replace_substring_regex(values, r"^(\d):", r"0\1:"), " ")
    return moments.cast(pa.timestamp("us")).cast(kind)


def misfits_of(values: Any, way: Way, kind: pa.DataType) -> Any:
    """Which values (a mask) are of the right shape but too large, or have too many decimals, for ``kind``."""
    bad = np.zeros(len(values), dtype=bool)
    pieces = [(0, len(values))]
    while pieces:
        start, end = pieces.pop()
        try:
            to_type(values[start:end], way, kind)
        except pa.ArrowInvalid:
            if end - start == 1:
                bad[start] = True
            else:
                middle = (start + end) // 2
                pieces += [(start, middle), (middle, end)]
    return bad
