"""PyIceberg 0.12 turns a missing list of structs into an empty one, and a missing map of structs into an empty map, each
time it reads or writes a file (``ArrowProjectionVisitor`` rebuilds them from their offsets and forgets which are null).

A null that becomes a value is data lost, so these two methods are replaced, for the process, until PyIceberg keeps them.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import ArrowProjectionVisitor
from pyiceberg.types import ListType, MapType

__all__ = ["keep_nested_nulls"]

_list = ArrowProjectionVisitor.list
_map = ArrowProjectionVisitor.map


def keep_nested_nulls() -> None:
    """Make PyIceberg keep missing lists and maps of structs. Doing it twice does no harm."""
    ArrowProjectionVisitor.list = _list_with_nulls  # type: ignore[method-assign]
    ArrowProjectionVisitor.map = _map_with_nulls  # type: ignore[method-assign]


def _list_with_nulls(self: ArrowProjectionVisitor, list_type: ListType, list_array: Any, value_array: Any) -> Any:
    found = _list(self, list_type, list_array, value_array)
    if found is None or not list_array.null_count or not isinstance(value_array, pa.StructArray):
        return found
    rebuilt = pa.LargeListArray if isinstance(found, pa.LargeListArray) else pa.ListArray
    return rebuilt.from_arrays(_offsets(list_array, found), found.filter(list_array.is_valid()).flatten(), type=found.type)


def _map_with_nulls(self: ArrowProjectionVisitor, map_type: MapType, map_array: Any, key_result: Any, value_result: Any) -> Any:
    found = _map(self, map_type, map_array, key_result, value_result)
    if found is None or not map_array.null_count or not isinstance(value_result, pa.StructArray):
        return found
    present = found.filter(map_array.is_valid())
    return pa.MapArray.from_arrays(_offsets(map_array, found), present.keys, present.items, type=found.type)


def _offsets(source: Any, found: Any) -> Any:
    """The offsets of ``found`` without the entries that ``source`` misses, null for those: so Arrow is told which they are."""
    lengths = pc.if_else(source.is_null(), 0, pc.subtract(found.offsets[1:], found.offsets[:-1]))
    ends = pc.cumulative_sum(lengths).cast(found.offsets.type)
    offsets = pa.concat_arrays([pa.array([0], found.offsets.type), ends])
    missing = pa.concat_arrays([source.is_null(), pa.array([False])])
    return pc.if_else(missing, pa.scalar(None, offsets.type), offsets)
