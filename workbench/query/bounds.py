"""Bounds on arguments with which one call could take all memory, or end the process; DuckDB's own limits do not hold there.

They catch mistakes and simple attempts. A text that is put together in several steps can still grow large.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

__all__ = ["BOUNDED", "MOST", "unbounded"]

MOST = 1_000_000
_DEEPEST = 100
_COUNTED = {"repeat": 1, "lpad": 1, "rpad": 1, "list_resize": 1, "array_resize": 1, "bitstring": 1}
_SHAPED = frozenset({"json_transform", "json_transform_strict", "from_json", "from_json_strict"})
_FORMATS = frozenset({"format", "printf"})
# A width of seven digits, or one that comes from the values: %*d, {:{}}.
_WIDE = re.compile(r"\d{7}|%[-+ #0\d.]*\*|\{[^{}]+\{")
_LISTS = frozenset({"range", "generate_series"})
#: The functions whose arguments are looked at.
BOUNDED = frozenset(_COUNTED) | _SHAPED | _FORMATS | _LISTS


def unbounded(function: str, arguments: tuple[dict[str, Any], ...]) -> tuple[str, str] | None:
    """What is wrong with a call, and what to do instead; None where nothing is. ``arguments`` are nodes of DuckDB's tree."""
    if function in _COUNTED and len(arguments) > 1 and not _is_small(arguments[_COUNTED[function]]):
        return (
            f"The count of {function} must be known to be at most {MOST:,}.",
            f"Write a number there, or least(count, {MOST // 1000}).",
        )
    if function == "repeat" and arguments and _calls(arguments[0], _COUNTED):
        return "Repeated text cannot be repeated again.", "Write one repeat with the whole count."
    if function in _FORMATS and arguments and (not isinstance(text := _value(arguments[0]), str) or _WIDE.search(text)):
        return f"The format given to {function} must be written out, with small widths.", "Write it as text, such as '{:>10}' or '%10d'."
    if function in _LISTS and any(isinstance(value := _value(node), int | float) and abs(value) > MOST for node in arguments):
        return f"A list made by {function} may have {MOST:,} elements.", f"Read it as a table, in FROM: {function}(...)."
    if function in _SHAPED and len(arguments) > 1:
        shape = _value(arguments[1])
        if not isinstance(shape, str) or shape.count("[") + shape.count("{") > _DEEPEST:
            return f"The structure given to {function} must be written out, and simple.", """Write it as text: '{"a": "INTEGER"}'."""
    return None


def _is_small(node: dict[str, Any]) -> bool:
    if node.get("class") == "CAST":
        return _is_small(node["child"])
    if node.get("class") == "FUNCTION" and node.get("function_name") == "least":
        return any(_is_small(child) for child in node["children"])
    value = _value(node)
    return isinstance(value, int | float) and value <= MOST


def _calls(node: dict[str, Any], names: Container[str]) -> bool:
    waiting: list[Any] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if str(one.get("function_name")).casefold() in names:
                return True
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False


def _value(node: dict[str, Any]) -> Any:
    return node["value"].get("value") if node.get("class") == "CONSTANT" else None
