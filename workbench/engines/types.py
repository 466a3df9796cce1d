"""Arrow types in Iceberg's words: those that people see everywhere."""

from __future__ import annotations

import re

import pyarrow as pa

from workbench.core.errors import InvalidInput, nearest

__all__ = ["MOST_DIGITS", "TYPES", "arrow_type", "told_type", "type_name", "type_words", "wider"]

#: Of a decimal.
MOST_DIGITS = 38
_NAMES = {
    "bool": "boolean", "int8": "int", "int16": "int", "int32": "int", "int64": "long", "uint8": "int", "uint16": "int",
    "uint32": "long", "uint64": "decimal(20, 0)", "halffloat": "float", "float": "float", "double": "double",
    "string": "string", "large_string": "string", "string_view": "string", "binary": "binary", "large_binary": "binary",
    "date32[day]": "date", "date64[ms]": "date", "null": "string", "month_day_nano_interval": "interval",
}  # fmt: skip

#: The types that a column of values can be asked for, besides ``decimal(p, s)``.
TYPES = ("boolean", "int", "long", "float", "double", "date", "time", "timestamp", "timestamptz", "string", "binary", "uuid")
_ARROW = {
    "boolean": pa.bool_(), "int": pa.int32(), "long": pa.int64(), "float": pa.float32(), "double": pa.float64(),
    "date": pa.date32(), "time": pa.time64("us"), "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us", tz="UTC"),
    "string": pa.string(), "binary": pa.binary(), "uuid": pa.uuid(),
}  # fmt: skip
_DECIMAL = re.compile(r"decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")


def type_words(kind: pa.DataType) -> str:
    """What a value of an Arrow type is, as people say it.

    >>> type_words(pa.int64()), type_words(pa.decimal128(12, 2))
    ('whole number', 'decimal(12, 2)')
    """
    if pa.types.is_integer(kind):
        return "whole number"
    if pa.types.is_floating(kind):
        return "number"
    return "true or false" if pa.types.is_boolean(kind) else type_name(kind)


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


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type of a column's type in the words of the catalog; nested types have none.

    Raises
    ------
    InvalidInput
        There is no such type.

    >>> arrow_type("decimal(18, 2)"), arrow_type("long")
    (Decimal128Type(decimal128(18, 2)), DataType(int64))
    """
    text = name.strip().lower()
    if text in _ARROW:
        return _ARROW[text]
    if found := _DECIMAL.fullmatch(text):
        precision, scale = int(found[1]), int(found[2])
        if 1 <= precision <= 38 and scale <= precision:
            return pa.decimal128(precision, scale)
        raise InvalidInput(
            f"{name!r} is no type that a column can have.", fix="A decimal has 1 to 38 digits, no more of them behind the point."
        )
    close = nearest(text, TYPES)
    hint = f"Did you mean {close!r}?" if close else f"There are: {', '.join(TYPES)}, decimal(18, 2)."
    raise InvalidInput(f"There is no type {name!r}.", fix=hint)


def told_type(name: str) -> pa.DataType | None:
    """The Arrow type that the catalog's words tell of, nested ones too; None where they do not tell it for sure (a field's name may hold
    anything).

    >>> told_type("struct<name: string, tags: list<string>>")
    StructType(struct<name: string, tags: list<element: string>>)
    """
    try:
        found = _told(name)
    except InvalidInput:
        return None
    return found if type_name(found) == name else None


def wider(there: pa.DataType, here: pa.DataType) -> pa.DataType | None:
    """What a column widens to, as Iceberg does, so that it holds values of the other type, too; None where it need not, or cannot.

    >>> wider(pa.decimal128(10, 2), pa.decimal128(12, 1))
    Decimal128Type(decimal128(13, 2))
    >>> wider(pa.int64(), pa.int32()), wider(pa.int32(), pa.int64())
    (None, DataType(int64))
    """
    types = pa.types
    if (types.is_int32(there) and types.is_int64(here)) or (types.is_float32(there) and types.is_float64(here)):
        return here
    if types.is_decimal(there) and types.is_decimal(here) and here.scale <= there.scale:
        digits = here.precision - here.scale + there.scale
        if there.precision < digits <= MOST_DIGITS:
            return pa.decimal128(digits, there.scale)
    return None


def _told(text: str) -> pa.DataType:
    word, _, inner = text.partition("<")
    if not inner or word not in ("list", "map", "struct"):
        return arrow_type(text)
    parts = _parts(inner[:-1])
    if word == "list":
        return pa.list_(pa.field("element", _told(inner[:-1])))
    if word == "map":
        return pa.map_(_told(parts[0]), _told(", ".join(parts[1:])))
    return pa.struct([(name, _told(kind)) for name, _, kind in (part.partition(": ") for part in parts)])


def _parts(text: str) -> list[str]:
    """What stands between commas that are in no brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in "<(") - (char in ">)")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]
