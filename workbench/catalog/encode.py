"""Arrow values as JSON types, as :class:`workbench.catalog.records.TableData` promises."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.catalog.records import MaskedColumn, TableData
from workbench.engines.shown import shown
from workbench.engines.types import type_name

__all__ = ["encode_column", "iso_duration", "plain_float", "table_data", "type_name"]

EXACT = 2**53  # integers up to here are exact in JSON's numbers


def table_data(
    table: pa.Table,
    *,
    total: int | None = None,
    cut_at: int | None = None,
    run_id: str | None = None,
    masked: tuple[MaskedColumn, ...] = (),
    said: str | None = None,
) -> TableData:
    """An Arrow table as rows of JSON types; two columns may have the same name. Where it is too large to be shown, its first rows, and
    ``cut_at`` says how many. Raises as :func:`.shown.shown` does."""
    first = shown(table)
    columns = [encode_column(column) for column in first.columns]
    return TableData(
        columns=tuple((field.name, type_name(field.type)) for field in table.schema),
        rows=tuple(zip(*columns, strict=True)) if columns else (),
        total=total,
        cut_at=cut_at if first.num_rows == table.num_rows else first.num_rows,
        run_id=run_id,
        masked=masked,
        said=said,
    )


def encode_column(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """One column's values as JSON types, None for null."""
    if isinstance(column, pa.ChunkedArray):
        return [value for chunk in column.chunks for value in encode_column(chunk)]
    if isinstance(column, pa.UuidArray):
        return [None if v is None else str(v) for v in column.to_pylist()]
    if isinstance(column, pa.ExtensionArray):
        return encode_column(column.storage)
    encoder = _encoder(column.type)
    return encoder(column)


def _encoder(kind: pa.DataType) -> Callable[[Any], list[Any]]:
    types = pa.types
    table: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], list[Any]]], ...] = (
        (types.is_dictionary, lambda a: encode_column(a.dictionary_decode())),
        (types.is_integer, _integers),
        (types.is_floating, _floats),
        (types.is_decimal, lambda a: [None if v is None else f"{v:f}" for v in a.to_pylist()]),
        (types.is_timestamp, _timestamps),
        (types.is_date, _dates),
        (types.is_time, lambda a: _texts(a.cast(pa.time64("ns") if a.type.unit == "ns" else pa.time64("us")).cast(pa.string()))),
        (types.is_duration, lambda a: [None if v is None else f"PT{v}S" for v in _seconds(a)]),
        (types.is_interval, _intervals),
        (lambda t: types.is_binary(t) or types.is_large_binary(t) or types.is_fixed_size_binary(t) or types.is_binary_view(t), _bytes),
        (_is_list, _lists),
        (types.is_map, _maps),
        (types.is_struct, _structs),
        (types.is_union, lambda a: [v if v is None else str(v) for v in a.to_pylist()]),
    )
    for matches, encoder in table:
        if matches(kind):
            return encoder
    return _texts


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind) or types.is_list_view(kind))


def _texts(array: Any) -> list[Any]:
    values: list[Any] = array.to_pylist()
    return values


def _integers(array: Any) -> list[Any]:
    return [v if v is None or -EXACT <= v <= EXACT else str(v) for v in array.to_pylist()]


def _floats(array: Any) -> list[Any]:
    return [v if v is None else plain_float(v) for v in array.to_pylist()]


def plain_float(value: float) -> float | str:
    """A number, or the word for one that JSON has not.

    >>> plain_float(1.5), plain_float(float("-inf"))
    (1.5, '-Infinity')
    """
    return value if math.isfinite(value) else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _timestamps(array: Any) -> list[Any]:
    # Through numpy, for Python's datetime knows neither nanoseconds nor years after 9999, both of which a lake may hold.
    unit = array.type.unit if array.type.unit in ("us", "ns") else "us"
    whole = array.cast(pa.timestamp(unit, array.type.tz), safe=False) if array.type.unit != unit else array
    return _moments(whole.cast(pa.int64()), unit, "Z" if array.type.tz else "")


def _dates(array: Any) -> list[Any]:
    days = array.cast(pa.date32()).cast(pa.int32())
    return _moments(days.cast(pa.int64()), "D", "", infinity=2**31 - 1)


def _moments(numbers: Any, unit: str, suffix: str, infinity: int = 2**63 - 1) -> list[Any]:
    filled = pc.fill_null(numbers, 0).to_numpy(zero_copy_only=False)
    texts = np.datetime_as_string(filled.astype(f"datetime64[{unit}]"))
    values = zip(numbers.to_pylist(), texts.tolist(), strict=True)
    return [None if n is None else "Infinity" if n == infinity else "-Infinity" if n == -infinity else f"{t}{suffix}" for n, t in values]


def _seconds(array: Any) -> list[Any]:
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
    return [None if v is None else v / scale for v in array.cast(pa.int64()).to_pylist()]


def _intervals(array: Any) -> list[Any]:
    return [None if v is None else iso_duration(v.months, v.days, v.nanoseconds) for v in array.to_pylist()]


def iso_duration(months: int, days: int, nanoseconds: int) -> str:
    """A length of time as ISO 8601 writes it.

    >>> iso_duration(14, 3, 1_500_000_000)
    'P14M3DT1.5S'
    """
    seconds, rest = divmod(abs(nanoseconds), 10**9)
    sign = "-" if nanoseconds < 0 else ""
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    date = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    time = f"T{sign}{seconds}{fraction}S" if nanoseconds else ""
    return f"P{date}{time}" if date or time else "PT0S"


def _bytes(array: Any) -> list[Any]:
    return [None if v is None else v.hex() for v in array.to_pylist()]


def _lists(array: Any) -> list[Any]:
    # List by list through the values beneath, so that what is inside is encoded as it is outside.
    kind = array.type
    plain = array.cast(pa.list_(kind.value_field)) if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) else array
    values = encode_column(plain.values)
    offsets = plain.offsets.to_pylist()
    return [values[offsets[i] : offsets[i + 1]] if valid else None for i, valid in enumerate(plain.is_valid().to_pylist())]


def _maps(array: Any) -> list[Any]:
    keys, items, offsets = encode_column(array.keys), encode_column(array.items), array.offsets.to_pylist()
    found: list[Any] = []
    for index, valid in enumerate(array.is_valid().to_pylist()):
        inside = slice(offsets[index], offsets[index + 1])
        found.append({_key(k): v for k, v in zip(keys[inside], items[inside], strict=True)} if valid else None)
    return found


def _key(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value)


def _structs(array: Any) -> list[Any]:
    fields = [array.type.field(i).name for i in range(array.type.num_fields)]
    columns = [encode_column(column) for column in array.flatten()]
    rows = zip(*columns, strict=True) if columns else ((),) * len(array)
    return [dict(zip(fields, row, strict=True)) if ok else None for row, ok in zip(rows, array.is_valid().to_pylist(), strict=True)]
