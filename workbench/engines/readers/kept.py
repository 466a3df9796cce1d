"""Values as texts of which they can be made again: a record is corrected in one column, and is to be what it was in all others."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import pyarrow as pa

from workbench.engines.readers.fitting import as_text

__all__ = ["as_kept", "bytes_of", "from_json", "is_bytes"]

_HEX = "\\x"  # as PostgreSQL writes bytes


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values of a type are bytes."""
    types = pa.types
    return any(check(kind) for check in (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary))


def as_kept(values: Any) -> Any:
    """The values as a person would write them, nested ones as JSON; bytes that are no plain text as ``\\x`` and hexadecimal digits.

    >>> as_kept(pa.array([b"plain", b"\\xff\\x00", None])).to_pylist()
    ['plain', '\\\\xff00', None]
    """
    if is_bytes(values.type):
        return pa.array([None if value is None else _text_of(value) for value in values.to_pylist()], pa.string())
    if not pa.types.is_nested(values.type):
        return as_text(values)
    texts = [None if value is None else json.dumps(value, ensure_ascii=False, default=_leaf) for value in values.to_pylist()]
    return pa.array(texts, pa.string())


def bytes_of(text: str) -> bytes:
    """The bytes that a text stands for.

    Raises
    ------
    ValueError
        It begins as hexadecimal digits do, and has something else.

    >>> bytes_of("plain"), bytes_of("\\\\xff00")
    (b'plain', b'\\xff\\x00')
    """
    return bytes.fromhex(text[len(_HEX) :]) if text.startswith(_HEX) else text.encode()


def from_json(text: str, kind: pa.DataType, leave: bool = False) -> pa.Array:
    """The nested value that a text stands for, as an array of one. ``leave``: fields that the type has not are left out.

    Raises
    ------
    ValueError, TypeError, RecursionError, pyarrow.ArrowException
        It is none of that type.

    >>> from_json('{"day": "2024-02-29"}', pa.struct([("day", pa.date32())])).to_pylist()
    [{'day': datetime.date(2024, 2, 29)}]
    """
    return pa.array([_value(json.loads(text, parse_float=Decimal), kind, leave)], kind)


def _text_of(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    return text if text.isprintable() and (text or not value) and not text.startswith(_HEX) else _HEX + value.hex()


def _leaf(value: Any) -> str:
    return _text_of(value) if isinstance(value, bytes) else str(value)


def _value(value: Any, kind: pa.DataType, leave: bool) -> Any:
    types = pa.types
    if value is None:
        return None
    if types.is_struct(kind):
        return _struct(value, kind, leave)
    if types.is_map(kind):
        pairs = value.items() if isinstance(value, dict) else _is(value, list)
        return [(_value(key, kind.key_type, leave), _value(each, kind.item_type, leave)) for key, each in pairs]
    if types.is_nested(kind):
        return [_value(each, kind.value_type, leave) for each in _is(value, list)]
    return _plain(value, kind)


def _struct(value: Any, kind: pa.DataType, leave: bool) -> dict[str, Any]:
    fields = {field.name: field.type for field in kind}
    if (unknown := _is(value, dict).keys() - fields.keys()) and not leave:
        raise ValueError(f"no field is called {min(unknown)}")
    return {name: _value(value.get(name), each, leave) for name, each in fields.items()}


def _plain(value: Any, kind: pa.DataType) -> Any:
    types = pa.types
    if types.is_boolean(kind):
        return _is(value, bool)
    if isinstance(value, bool):
        raise TypeError
    if types.is_integer(kind):
        return _is(value, int)
    if types.is_floating(kind):
        number = float(_is(value, (int, float, Decimal)))
        if isinstance(value, Decimal) and number in (float("inf"), float("-inf")):
            raise ValueError("beyond what a double can be")
        return number
    if types.is_decimal(kind):
        try:
            return Decimal(_is(value, (int, Decimal, str)))
        except InvalidOperation as error:
            raise ValueError("no number") from error
    text = _is(value, str)
    if is_bytes(kind):
        return bytes_of(text)
    if types.is_date(kind):
        return date.fromisoformat(text)
    if types.is_time(kind):
        return time.fromisoformat(text)
    if types.is_timestamp(kind):
        return datetime.fromisoformat(text)
    return UUID(text).bytes if isinstance(kind, pa.UuidType) else text


def _is(value: Any, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value
