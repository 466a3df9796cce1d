"""Types as people read them: Iceberg's words."""

from __future__ import annotations

from pyiceberg.types import IcebergType, ListType, MapType, StructType

__all__ = ["type_text"]


def type_text(kind: IcebergType) -> str:
    """An Iceberg type in Iceberg's words, nested ones without their field ids.

    >>> from pyiceberg.types import LongType, NestedField
    >>> type_text(ListType(7, StructType(NestedField(3, "x", LongType())), element_required=False))
    'list<struct<x: long>>'
    """
    if isinstance(kind, StructType):
        return f"struct<{', '.join(f'{field.name}: {type_text(field.field_type)}' for field in kind.fields)}>"
    if isinstance(kind, ListType):
        return f"list<{type_text(kind.element_type)}>"
    if isinstance(kind, MapType):
        return f"map<{type_text(kind.key_type)}, {type_text(kind.value_type)}>"
    return str(kind)
