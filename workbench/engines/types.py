"""Arrow types in Iceberg's words: those that people see everywhere."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["type_name"]

_NAMES = {
    "bool": "boolean", "int8": "int", "int16": "int", "int32": "int", "int64": "long", "uint8": "int", "uint16": "int",
    "uint32": "long", "uint64": "decimal(20, 0)", "halffloat": "float", "float": "float", "double": "double",
    "string": "string", "large_string": "string", "string_view": "string", "binary": "binary", "large_binary": "binary",
    "date32[day]": "date", "date64[ms]": "date", "null": "string", "month_day_nano_interval": "interval",
}  # fmt: skip


def type_name(kind: pa.DataType) -> str:
    """An Arrow type in the words of the catalog.

    >>> type_name(pa.list_(pa.decimal128(12, 2)))
    'list<decimal(12, 2)>'
    """
    types = pa.types
    if isinstance(kind, pa.UuidType):
        return "uuid"
    if isinstance(kind, pa.BaseExtensionType):
        return str(getattr(kind, "type_name", kind.extension_name))
    if types.is_dictionary(kind):
        return type_name(kind.value_type)
    if types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    if types.is_time(kind):
        return "time"
    if types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind) or types.is_list_view(kind):
        return f"list<{type_name(kind.value_type)}>"
    if types.is_map(kind):
        return f"map<{type_name(kind.key_type)}, {type_name(kind.item_type)}>"
    if types.is_struct(kind) or types.is_union(kind):
        inner = ", ".join(f"{kind.field(i).name}: {type_name(kind.field(i).type)}" for i in range(kind.num_fields))
        return f"{'struct' if types.is_struct(kind) else 'union'}<{inner}>"
    if types.is_fixed_size_binary(kind):
        return f"fixed[{kind.byte_width}]"
    return _NAMES.get(str(kind), str(kind))
