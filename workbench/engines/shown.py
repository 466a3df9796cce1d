"""How many rows an answer to be shown holds: it is made of objects in memory and sent as JSON, by a process that many share."""

from __future__ import annotations

from bisect import bisect_right

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import TooLarge

__all__ = ["MOST_BYTES", "MOST_CELLS", "shown"]

#: Values in an answer, and the bytes that they take in Arrow.
MOST_CELLS = 5_000_000
MOST_BYTES = 64 << 20


def shown(table: pa.Table) -> pa.Table:
    """The first of a table's rows, as many as an answer may hold.

    Raises
    ------
    TooLarge
        One row alone is more than that.
    """
    rows = min(table.num_rows, MOST_CELLS // max(1, table.num_columns))
    if _bytes(table.slice(0, rows)) > MOST_BYTES:
        rows = bisect_right(range(1, rows + 1), MOST_BYTES, key=lambda first: _bytes(table.slice(0, first)))
    if rows == 0 < table.num_rows:
        raise TooLarge(
            f"The first row alone is more than can be shown: {MOST_CELLS:,} values, or {MOST_BYTES >> 20} MB.",
            fix="Take less of its long values, left(column, 1000), or fewer columns; an export holds them whole.",
        )
    return table.slice(0, rows)


def _bytes(table: pa.Table) -> int:
    return sum(_size(chunk) for column in table.columns for chunk in column.chunks)


def _size(array: pa.Array) -> int:
    """Bytes of its values, written out: an ENUM's texts are kept once, however often they stand there."""
    kind = array.type
    if "dictionary<" not in str(kind):
        return int(array.nbytes)
    if pa.types.is_dictionary(kind):
        plain = pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
        return len(array) * ((pc.max(pc.binary_length(array.dictionary)).as_py() or 1) if plain else max(1, array.dictionary.nbytes))
    if pa.types.is_struct(kind):
        return sum(_size(field) for field in array.flatten())
    if pa.types.is_map(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return _size(array.keys.slice(first, last - first)) + _size(array.items.slice(first, last - first))
    return 4 * len(array) + _size(array.flatten())
