"""PostgreSQL's arrays in text, ``{1,NULL,"a b"}``, as lists."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

from workbench.ingest.sources.databases.textual import Convert

__all__ = ["list_of", "split_array"]

_ELEMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', re.DOTALL)


def split_array(text: str) -> list[str | None]:
    r"""The elements of a one-dimensional array.

    Raises
    ------
    ValueError
        It has more dimensions, or bounds of its own.

    Examples
    --------
    >>> split_array('{1,NULL,"a \\"b\\", c"}')
    ['1', None, 'a "b", c']
    """
    if not text.startswith("{") or not text.endswith("}"):
        raise ValueError("an array with bounds of its own")
    inner = text[1:-1]
    found: list[str | None] = []
    place = 0
    while place < len(inner):
        match = _ELEMENT.match(inner, place)
        if match is None:
            raise ValueError("an array of arrays")
        if match[1] is not None:
            found.append(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL))
        else:
            found.append(None if match[2] == "NULL" else match[2])
        place = match.end()
        if place < len(inner) and inner[place] != ",":
            raise ValueError("an array of arrays")
        place += 1
    return found


def list_of(convert: Convert) -> Convert:
    """What converts arrays whose elements this converts."""

    def converted(texts: pa.Array, kind: pa.DataType) -> pa.Array:
        rows: list[Any] = [None if text is None else split_array(text) for text in texts.to_pylist()]
        flat = pa.array([element for row in rows if row is not None for element in row], pa.string())
        offsets = [0]
        for row in rows:
            offsets.append(offsets[-1] + len(row or ()))
        values = flat if kind.value_type == pa.string() else convert(flat, kind.value_type)
        mask = pa.array([row is None for row in rows], pa.bool_())
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, mask=mask)

    return converted
