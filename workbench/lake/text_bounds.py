"""PyIceberg 0.12 makes a text's upper bound by counting its last character up, and of U+D7FF the first half of a character (a surrogate),
which no text has: no table could hold such a text of more than 16 characters."""

from __future__ import annotations

import pyiceberg.io.pyarrow as pyiceberg_io

__all__ = ["keep_bounds_text"]

_LAST_BEFORE, _FIRST_AFTER = "\ud7ff", "\ue000"  # of the surrogates
_above = pyiceberg_io.truncate_upper_bound_text_string  # type: ignore[attr-defined]


def keep_bounds_text() -> None:
    """Make PyIceberg pass over what is no character. Doing it twice does no harm."""
    pyiceberg_io.truncate_upper_bound_text_string = _text_above  # type: ignore[attr-defined]


def _text_above(value: str, trunc_length: int | None) -> str | None:
    """A text of at most so many characters that is not below ``value``.

    >>> _text_above("ab\ud7ffc", 3) == "ab\ue000"
    True
    """
    if trunc_length is None or len(value) <= trunc_length or not value[:trunc_length].endswith(_LAST_BEFORE):
        return _above(value, trunc_length)
    return value[: trunc_length - 1] + _FIRST_AFTER
