"""UUIDs that are written as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["as_uuids"]

# With hyphens or without, perhaps in braces, as some databases write them.
_PARTS = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_SHAPE = rf"^(?:{_PARTS}|[0-9a-fA-F]{{32}}|\{{{_PARTS}\}})$"


def as_uuids(texts: Any) -> pa.Array:
    """Texts (null is missing) as Arrow's UUIDs.

    Raises
    ------
    pyarrow.ArrowInvalid
        One is none.

    >>> as_uuids(pa.array(["{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", None])).to_pylist()
    [UUID('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), None]
    """
    present = texts.drop_null()
    if not pc.all(pc.match_substring_regex(present, _SHAPE), min_count=0).as_py():
        raise pa.ArrowInvalid("no UUID")
    raw = bytes.fromhex("".join(pc.replace_substring_regex(present, "[-{}]", "").to_pylist()))
    packed = pa.Array.from_buffers(pa.binary(16), len(present), [None, pa.py_buffer(raw)])
    valid = pc.is_valid(texts).to_numpy(zero_copy_only=False)
    places = pa.array(np.cumsum(valid) - 1, mask=~valid)
    return pa.ExtensionArray.from_storage(pa.uuid(), packed.take(places))
