"""Arrow data on its way into a table: types normalised to Iceberg's, columns fitted to the table's, nothing silently lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.io.pyarrow import _pyarrow_schema_ensure_small_types, schema_to_pyarrow
from pyiceberg.schema import Schema

from workbench.core.errors import InvalidInput, nearest
from workbench.engines.calendar import beyond
from workbench.engines.readers.uuids import as_uuids
from workbench.engines.spool import from_view
from workbench.lake.nested_nulls import keep_nested_nulls
from workbench.lake.text_bounds import keep_bounds_text

__all__ = ["arrow_schema", "fit", "fits", "normalise", "to_batches"]

BATCH_ROWS = 131_072

keep_nested_nulls()
keep_bounds_text()


def arrow_schema(schema: Schema) -> pa.Schema:
    """The Arrow schema in which a table's rows are read and written (``string``, not ``large_string``)."""
    return _pyarrow_schema_ensure_small_types(schema_to_pyarrow(schema, include_field_ids=False))


def to_batches(data: pa.Table | pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The data as batches of at most 131,072 rows; a reader is consumed as it goes."""
    if isinstance(data, pa.Table):
        yield from data.to_batches(max_chunksize=BATCH_ROWS)
        return
    for batch in data:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            yield batch.slice(start, BATCH_ROWS)


# ---------------------------------------------------------------------------------------------- a new table's schema


def normalise(schema: pa.Schema) -> pa.Schema:
    """The nearest schema that Iceberg can hold without loss.

    Views, large types and dictionaries become plain types; small and unsigned integers the next wider signed one;
    ``uint64`` ``decimal(20, 0)``; times microseconds (a value with nanoseconds is refused later); an all-null column text.

    Raises
    ------
    InvalidInput
        A column has no name, two have the same (upper and lower case aside), or a type has no counterpart.
    """
    if not schema.names:
        raise InvalidInput("The data has no columns.", fix="Hand in at least one column.")
    seen: dict[str, str] = {}
    for name in schema.names:
        if not name.strip():
            raise InvalidInput("A column has no name.", fix="Name every column.")
        if name.casefold() in seen:
            other = seen[name.casefold()]
            raise InvalidInput(f"The columns {other!r} and {name!r} have the same name.", fix="SQL ignores case: rename one of them.")
        seen[name.casefold()] = name
    return pa.schema([_normal_field(field, field.name) for field in schema])


def _normal_field(field: pa.Field, path: str) -> pa.Field:
    doc = (field.metadata or {}).get(b"doc")
    return pa.field(field.name, _normal_type(field.type, path), nullable=field.nullable, metadata={b"doc": doc} if doc else None)


def _normal_type(kind: pa.DataType, path: str) -> pa.DataType:
    if isinstance(kind, pa.UuidType):
        return kind
    if isinstance(kind, pa.BaseExtensionType):
        return _normal_type(kind.storage_type, path)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _normal_type(kind.value_type, path)
    if pa.types.is_struct(kind):
        if not kind.num_fields:
            raise InvalidInput(f"The column {path!r} is a struct without fields.", fix="Leave it out, or give it a field.")
        return pa.struct([_normal_field(kind.field(i), f"{path}.{kind.field(i).name}") for i in range(kind.num_fields)])
    if _is_list(kind):
        element = kind.value_field
        return pa.list_(pa.field("element", _normal_type(element.type, f"{path}.element"), nullable=element.nullable))
    if pa.types.is_map(kind):
        item = kind.item_field
        value = pa.field("value", _normal_type(kind.item_type, f"{path}.value"), nullable=item.nullable)
        return pa.map_(_normal_type(kind.key_type, f"{path}.key"), value)
    return _normal_scalar(kind, path)


def _normal_scalar(kind: pa.DataType, path: str) -> pa.DataType:
    types = pa.types
    rules: tuple[tuple[Callable[[pa.DataType], bool], Callable[[], pa.DataType]], ...] = (
        (lambda t: types.is_string(t) or types.is_large_string(t) or types.is_string_view(t) or types.is_null(t), pa.string),
        (lambda t: types.is_binary(t) or types.is_large_binary(t) or types.is_binary_view(t), pa.binary),
        (lambda t: types.is_int64(t) or types.is_uint32(t), pa.int64),
        (types.is_uint64, lambda: pa.decimal128(20, 0)),
        (types.is_integer, pa.int32),
        (types.is_float16, pa.float32),
        (types.is_date, pa.date32),
        (types.is_time, lambda: pa.time64("us")),
        (types.is_timestamp, lambda: pa.timestamp("us", tz="UTC" if kind.tz else None)),
        (types.is_decimal, lambda: pa.decimal128(kind.precision, kind.scale)),
        (lambda t: types.is_boolean(t) or types.is_floating(t) or types.is_fixed_size_binary(t), lambda: kind),
    )
    if types.is_decimal(kind) and (kind.precision > 38 or kind.scale < 0):
        fix = "A table's decimals have at most 38 digits, and no negative scale: cast it to decimal128(38, 9), or to text."
        raise InvalidInput(f"The column {path!r} has the type {kind}, which a table cannot hold.", fix=fix)
    for matches, normal in rules:
        if matches(kind):
            return normal()
    raise InvalidInput(f"The column {path!r} has the type {kind}, which a table cannot hold.", fix=_instead(kind))


def _instead(kind: pa.DataType) -> str:
    """What to make of a type that a table has not."""
    types = pa.types
    if types.is_duration(kind):
        return "Cast it to int64, which counts its unit, or divide it into seconds; of a file, before it is written."
    if types.is_union(kind):
        return "Make a column of each of its types, or one of text, before it is written or handed in."
    if types.is_interval(kind):
        return "Cast it to text, or make a column of whole months and one of days of it, before it is written or handed in."
    return "Cast it to a number, text or a time."


# ------------------------------------------------------------------------------------- data for a table that is there


def fit(source: pa.Schema, table: Schema, name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches with exactly the table's columns, in its order and types.

    Columns are matched by name. Casts that lose nothing are made (``int`` to ``long``; a narrower number only when every
    value fits), optional columns that are missing become null. The schema is checked before the first batch is taken.

    Raises
    ------
    InvalidInput
        Which column, what was expected, what came.
    """
    target = arrow_schema(table)
    normalise(source)
    _check_columns(source, target, name)
    return (_fit_batch(batch, target) for batch in batches)


def fits(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether values of a type are taken into a column of another, each that it can hold."""
    try:
        _check_type(source, target, "", "")
    except InvalidInput:
        return False
    return True


def _check_columns(source: pa.Schema, target: pa.Schema, name: str) -> None:
    for column in source.names:
        if column not in target.names:
            close = nearest(column, target.names)
            hint = f"Did you mean {close!r}?" if close else "Add it to the dataset first (`alter`), or leave it out."
            raise InvalidInput(f"{name} has no column {column!r}.", fix=hint, column=column)
    for field in target:
        index = source.get_field_index(field.name)
        if index >= 0:
            _check_type(source.field(index).type, field.type, field.name, name)
        elif not field.nullable:
            raise InvalidInput(
                f"The column {field.name!r} is missing, and {name} requires it.", fix="Add it to the data.", column=field.name
            )


def _check_type(source: pa.DataType, target: pa.DataType, path: str, name: str) -> None:
    if pa.types.is_dictionary(source) or pa.types.is_run_end_encoded(source):
        source = source.value_type
    if pa.types.is_struct(source) and pa.types.is_struct(target):
        _check_columns(pa.schema(list(source)), pa.schema(list(target)), f"{name}, column {path!r},")
        return
    if _is_list(source) and _is_list(target):
        _check_inner(source.value_type, target.value_type, f"{path}.element", name)
        return
    if pa.types.is_map(source) and pa.types.is_map(target):
        _check_inner(source.key_type, target.key_type, f"{path}.key", name)
        _check_inner(source.item_type, target.item_type, f"{path}.value", name)
        return
    if not _castable(source, target):
        raise InvalidInput(
            f"The column {path!r} of {name} holds {_word(target)}, but the data has {_word(source)}.",
            fix="Cast the column before writing, or change the dataset's column with `alter`.",
            column=path,
            expected=str(target),
            got=str(source),
        )


def _check_inner(source: pa.DataType, target: pa.DataType, path: str, name: str) -> None:
    """Inside lists and maps a struct must have the same fields in the same order: Arrow has no cast that fills them."""
    if pa.types.is_struct(source) and pa.types.is_struct(target) and [f.name for f in source] != [f.name for f in target]:
        wanted = ", ".join(f.name for f in target)
        raise InvalidInput(f"The column {path!r} of {name} needs the fields {wanted}, in this order.", fix="Rebuild the nested values.")
    _check_type(source, target, path, name)


def _castable(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether a checked cast loses nothing, value by value."""
    types = pa.types
    if source == target or types.is_null(source):
        return True
    if isinstance(source, pa.BaseExtensionType):
        return _castable(source.storage_type, target)
    if types.is_integer(source):
        # A double holds every integer of 32 bits exactly; a float, every one of 16.
        exact = (types.is_float64(target) and source.bit_width <= 32) or (types.is_float32(target) and source.bit_width <= 16)
        return bool(types.is_integer(target) or exact or types.is_decimal(target))
    if types.is_floating(source):
        return bool(types.is_floating(target) and source.bit_width <= target.bit_width)
    if types.is_decimal(source):
        return bool(types.is_decimal(target) and target.scale >= source.scale)
    if isinstance(target, pa.UuidType) and any(check(source) for check in (types.is_string, types.is_large_string, types.is_string_view)):
        return True  # each value that is one
    if types.is_timestamp(source):
        return bool(types.is_timestamp(target) and (source.tz is None) == (target.tz is None))
    same = (
        (types.is_string, types.is_large_string, types.is_string_view),
        (types.is_binary, types.is_large_binary, types.is_binary_view),
        (types.is_date,),
        (types.is_time,),
    )
    return any(any(f(source) for f in family) and any(f(target) for f in family) for family in same)


def _fit_batch(batch: pa.RecordBatch, target: pa.Schema) -> pa.RecordBatch:
    columns = []
    for field in target:
        index = batch.schema.get_field_index(field.name)
        column = pa.nulls(batch.num_rows, field.type) if index < 0 else _convert(batch.column(index), field.type, field.name)
        if not field.nullable and column.null_count:
            raise InvalidInput(
                f"The column {field.name!r} is required, but {column.null_count} of its values are missing.",
                fix="Fill them or drop those rows.",
                column=field.name,
            )
        _check_years(column, field.name)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=target)


def _check_years(array: Any, path: str) -> None:
    """Refuse days and times outside the years that people, Python and Iceberg's readers know: 1 to 9999."""
    if pa.types.is_struct(array.type):
        for field, child in zip(array.type, array.flatten(), strict=True):
            _check_years(child, f"{path}.{field.name}")
    elif pa.types.is_map(array.type):
        _check_years(array.keys, f"{path}.key")
        _check_years(array.items, f"{path}.value")
    elif pa.types.is_list(array.type):
        _check_years(array.flatten(), f"{path}.element")
    elif beyond(array) is not None:
        raise InvalidInput(
            f"The column {path!r} holds a day or a time outside the years 1 to 9999.",
            fix="Leave such rows out, or take the column as text.",
            column=path,
        )


def _convert(array: Any, target: pa.DataType, path: str) -> Any:
    if array.type == target:
        return array
    if pa.types.is_dictionary(array.type):
        # The values first: Arrow cannot decode a dictionary of string views, as Polars makes them.
        return pa.DictionaryArray.from_arrays(array.indices, _convert(array.dictionary, target, path)).dictionary_decode()
    if pa.types.is_run_end_encoded(array.type):
        return _convert(pc.run_end_decode(array), target, path)
    if isinstance(array, pa.ExtensionArray):
        return _convert(array.storage, target, path)
    if pa.types.is_list_view(array.type) or pa.types.is_large_list_view(array.type):
        return _convert(from_view(array), target, path)
    if pa.types.is_struct(array.type):
        present = {field.name: child for field, child in zip(array.type, array.flatten(), strict=True)}
        children = [
            _convert(present[f.name], f.type, f"{path}.{f.name}") if f.name in present else pa.nulls(len(array), f.type) for f in target
        ]
        return pa.StructArray.from_arrays(children, fields=list(target), mask=array.is_null())
    try:
        if isinstance(target, pa.UuidType) and not pa.types.is_fixed_size_binary(array.type):
            return as_uuids(array.cast(pa.string()))
        return array.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        # Arrow's message holds the value; it may be personal, so it stays out of ours.
        raise InvalidInput(
            f"A value of the column {path!r} does not fit: the dataset holds {_word(target)}, the data has {_word(array.type)}.",
            fix="Cast or round the column before writing, or take it as text; or add a column of another type with `alter`.",
            column=path,
            expected=str(target),
            got=str(array.type),
        ) from error


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    checks = (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)
    return any(check(kind) for check in checks)


def _word(kind: pa.DataType) -> str:
    words = {"int32": "int", "int64": "long", "string": "text", "large_string": "text", "string_view": "text", "bool": "true or false"}
    words |= {"float": "float", "double": "double", "date32[day]": "dates", "timestamp[us]": "times without a zone"}
    return f"{words.get(str(kind), str(kind))}"
