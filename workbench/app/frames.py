"""Frames in, Arrow out, and back: the one place where pandas, polars and Arrow meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.ingest.sources.frames import NO_TABLE, check_times, collected, in_columns, no_table

__all__ = ["to_arrow", "to_pandas", "to_polars"]


def to_arrow(data: Any) -> pa.Table:
    """Rows as an Arrow table.

    Takes a pyarrow table, batch, reader or dataset, a pandas or polars frame (lazy ones are collected), a mapping of
    columns, or a list of row mappings. View types become plain ones, since Iceberg's filters fail on views.

    Raises
    ------
    InvalidInput
        It is none of these.
    """
    return _without_views(_table(data))


def _table(data: Any) -> pa.Table:
    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, pa.RecordBatchReader):
        return data.read_all()
    try:
        if (found := _converted(data)) is not None:
            return found
    except NO_TABLE as error:
        raise no_table(data) from error
    raise InvalidInput(
        f"{type(data).__name__} cannot be read as rows.",
        fix="Give a pyarrow table, a pandas or polars frame, a mapping of columns or a list of row mappings.",
    )


def _converted(data: Any) -> pa.Table | None:
    """What is no Arrow yet; None where it is no rows either."""
    library = type(data).__module__.split(".")[0]
    if library == "pandas":
        frame = in_columns(data)
        return check_times(frame, pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None))
    if library == "polars":
        return collected(data).to_arrow()
    if hasattr(data, "to_table") and library == "pyarrow":
        return data.to_table()
    if hasattr(data, "__arrow_c_stream__"):
        return pa.table(data)
    if isinstance(data, Mapping):
        return check_times(data, pa.table(dict(data)))
    if isinstance(data, Sequence) and data and all(isinstance(row, Mapping) for row in data):
        return check_times(data, pa.Table.from_pylist([dict(row) for row in data]))
    return None


def _plain(kind: pa.DataType) -> pa.DataType:
    if kind == pa.string_view():
        return pa.string()
    if kind == pa.binary_view():
        return pa.binary()
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([kind.field(i).with_type(_plain(kind.field(i).type)) for i in range(kind.num_fields)])
    if pa.types.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain(kind.value_type)))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _without_views(table: pa.Table) -> pa.Table:
    schema = pa.schema([field.with_type(_plain(field.type)) for field in table.schema], metadata=table.schema.metadata)
    return table if schema == table.schema else table.cast(schema)


def to_pandas(table: pa.Table) -> Any:
    """The table as a pandas frame; columns of integers or booleans with gaps stay Arrow's, for NumPy has no missing value."""
    import pandas as pd

    frame = table.to_pandas()
    for index, column in enumerate(table.columns):
        if column.null_count and (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
            frame.isetitem(index, pd.arrays.ArrowExtensionArray(column))
    return frame


def to_polars(table: pa.Table) -> Any:
    """The table as a polars frame.

    Raises
    ------
    InvalidInput
        Two columns have one name: polars has no such frames.
    """
    from workbench.engines.polars import from_arrow

    if len(set(table.column_names)) < table.num_columns:
        twice = next(name for name in table.column_names if table.column_names.count(name) > 1)
        fix = "Give each a name of its own with AS, or take pandas or Arrow."
        raise InvalidInput(f"Two columns are called {twice!r}, which polars does not take.", fix=fix, column=twice)

    return from_arrow(table)
