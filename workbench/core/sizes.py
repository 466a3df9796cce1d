"""Sizes in bytes as people write and read them."""

from __future__ import annotations

import re

__all__ = ["shown", "size_of"]

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGTP]?B)\s*", re.IGNORECASE)


def size_of(text: str) -> int | None:
    """Bytes of a text such as ``10 GB``; None where it is no size.

    >>> size_of("10 GB"), size_of("many")
    (10000000000, None)
    """
    found = _SIZE.fullmatch(text)
    return int(float(found[1]) * _UNITS[found[2].upper()]) if found else None


def shown(size: float) -> str:
    """Bytes as people read them.

    >>> shown(40_100_000_000)
    '40.1 GB'
    """
    for unit, factor in reversed(_UNITS.items()):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return "0 B"
