"""Values that are bound to a statement: Python's own, whatever library they come from, and as JSON that says what they are."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from workbench.core.errors import InvalidInput

__all__ = ["as_json", "bindable", "check_depth", "params_from_json", "params_in_json"]

_VALUES = (bool, int, float, str, bytes, Decimal, datetime, date, time, timedelta, UUID)
_EXACT = frozenset({*_VALUES, type(None)})
_AS_IT_IS = frozenset({bool, int, str, type(None)})  # JSON says these without a word beside
_MISSING = ("NaTType", "NAType")
_MICROSECOND = timedelta(microseconds=1)
_MOST_DIGITS = 38
_DEEPEST = 50


def check_depth(params: Any) -> None:
    """Whoever looks into values calls itself for each level, and so does the engine.

    Raises
    ------
    InvalidInput
        Lists or structs in them are nested too deeply.
    """
    level = [params] if isinstance(params, dict | list | tuple) else []
    for _ in range(_DEEPEST + 1):
        inside = (one.values() if isinstance(one, dict) else one for one in level)
        level = [each for one in inside for each in one if isinstance(each, dict | list | tuple)]
        if not level:
            return
    raise InvalidInput(f"A parameter is nested over {_DEEPEST} levels deep.", fix="Bind its parts, or a text of JSON.")


def as_json(value: Any) -> Any:
    """A value as JSON has it; a figure of numpy, a day or a moment, as what it says.

    Raises
    ------
    TypeError, ValueError, InvalidInput
        It is none of those, or no finite number.
    """
    return json.loads(json.dumps(bindable(value), allow_nan=False, default=_in_time))


def _in_time(value: Any) -> str:
    """A day, or a moment with its time: one at midnight of no zone is what pandas makes of a day."""
    if isinstance(value, datetime) and (value.tzinfo is not None or value.time() != time.min):
        return value.isoformat()
    return date.isoformat(value)


def bindable(value: Any, name: str = "A parameter") -> Any:
    """A value as one of Python's own types: numpy's, pandas' and Arrow's become those, missing ones None.

    Raises
    ------
    InvalidInput
        It is of no type that can be bound. ``name`` is what it is called.
    """
    kind = type(value)
    if kind in _EXACT:
        return value
    if kind.__name__ in _MISSING and kind.__module__.startswith("pandas."):
        return None
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        # A moment of numpy's in nanoseconds would be a number.
        return (value.astype(f"{value.dtype.kind}8[us]") if value.dtype.kind in "mM" else value).item()
    if isinstance(value, _VALUES):
        # pandas' timestamps are datetimes that know more than DuckDB's parameters do.
        exact = getattr(value, "to_pydatetime", None) or getattr(value, "to_pytimedelta", None)
        return exact() if exact is not None else value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, dict):
        return {key: bindable(one, name) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset) or (getattr(value, "ndim", None) == 1 and hasattr(value, "__iter__")):
        return [one if type(one) in _EXACT else bindable(one, name) for one in value]
    if hasattr(value, "as_py"):
        return bindable(value.as_py(), name)
    raise InvalidInput(
        f"{name} is of type {kind.__name__}, which is not a value.",
        fix="Bind numbers, texts, times or lists of them; %%sql takes a frame as well: SELECT * FROM $frame.",
    )


def params_in_json(params: Any) -> Any:
    """A statement's values, by name or in order, as JSON. What JSON has no type for is an object of one key that names its type.

    Raises
    ------
    InvalidInput
        One is of no type that can be bound.

    >>> params_in_json([1, date(2026, 1, 31), Decimal("1.10"), {"a": b"x"}])
    [1, {'$date': '2026-01-31'}, {'$decimal': '1.10'}, {'a': {'$bytes': 'eA=='}}]
    """
    check_depth(params)
    if isinstance(params, dict):
        return {name: _said(bindable(value, f"${name}")) for name, value in params.items()}
    return [_said(bindable(value)) for value in params]


def params_from_json(params: Any) -> Any:
    """What :func:`params_in_json` has said.

    Raises
    ------
    InvalidInput
        An object names a type, and its value is none of that type.

    >>> params_from_json([{"$date": "2026-01-31"}, {"$struct": {"$date": 1}}, {"a": 1}])
    [datetime.date(2026, 1, 31), {'$date': 1}, {'a': 1}]
    """
    check_depth(params)
    return {name: _taken(value) for name, value in params.items()} if isinstance(params, dict) else _taken(params)


def _said(value: Any) -> Any:
    if type(value) in _AS_IT_IS or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, list):
        return [one if type(one) in _AS_IT_IS else _said(one) for one in value]
    if isinstance(value, dict):
        said = {key: _said(one) for key, one in value.items()}
        return {"$struct": said} if len(said) == 1 and str(next(iter(said))).startswith("$") else said
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, timedelta):
        return {"$microseconds": value // _MICROSECOND}
    for kind, tag in _TAGS:
        if isinstance(value, kind):
            return {tag: value.isoformat() if isinstance(value, date | time) else str(value)}
    return value  # a text or number of a class of its own


def _taken(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [one if type(one) in _AS_IT_IS else _taken(one) for one in value]
    if not isinstance(value, dict):
        return value
    tag, said = next(iter(value.items())) if len(value) == 1 else ("", None)
    if tag == "$struct" and isinstance(said, dict):
        return {key: _taken(one) for key, one in said.items()}
    if tag not in _READ:
        return {key: _taken(one) for key, one in value.items()}
    try:
        return _READ[tag](said)
    except (ValueError, TypeError, ArithmeticError, AttributeError):
        raise InvalidInput(f"params: {tag} is followed by what is none.", fix=f"Write {_EXAMPLES[tag]}.") from None


def _decimal(said: Any) -> Decimal:
    found = Decimal(str(said))
    if found.is_finite() and max(len(found.as_tuple().digits), abs(found.adjusted())) > _MOST_DIGITS:
        raise ValueError
    return found


# The first that fits counts: a datetime is a date, too.
_TAGS: tuple[tuple[type, str], ...] = (
    (datetime, "$timestamp"),
    (date, "$date"),
    (time, "$time"),
    (Decimal, "$decimal"),
    (UUID, "$uuid"),
    (float, "$double"),
)
_READ: dict[str, Callable[[Any], Any]] = {
    "$timestamp": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$decimal": _decimal,
    "$uuid": UUID,
    "$double": float,
    "$bytes": lambda said: base64.b64decode(said, validate=True),
    "$microseconds": lambda said: said * _MICROSECOND,
}
_EXAMPLES = {
    "$timestamp": '{"$timestamp": "2026-01-31T12:30:00"}',
    "$date": '{"$date": "2026-01-31"}',
    "$time": '{"$time": "12:30:00"}',
    "$decimal": '{"$decimal": "1.10"}, of at most 38 digits',
    "$uuid": '{"$uuid": "12345678-1234-5678-1234-567812345678"}',
    "$double": '{"$double": "nan"}',
    "$bytes": '{"$bytes": "eA=="}, in Base64',
    "$microseconds": '{"$microseconds": 1500000}',
}
