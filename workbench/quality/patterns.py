"""The shapes of texts: letters as ``A`` and ``a``, digits as ``9``, everything else as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["MOST_SHAPES", "shapes"]

MOST_SHAPES = 50  # above it, runs of one kind count as one: AAA-9999 becomes A+-9+
SHOWN = 10

_FORM = np.arange(256, dtype=np.uint8)
_FORM[ord("0") : ord("9") + 1] = ord("9")
_FORM[ord("a") : ord("z") + 1] = ord("a")
_FORM[ord("A") : ord("Z") + 1] = ord("A")


def shapes(values: pa.Array, counts: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[tuple[str, float], ...]:
    """The most frequent shapes of distinct texts with the share of the rows that have each.

    >>> shapes(pa.array(["AB-12", "CD-99", "x"]), np.array([1, 2, 1]))
    (('AA-99', 0.75), ('a', 0.25))
    """
    if not len(values):
        return ()
    formed = _form(pc.utf8_slice_codeunits(values, 0, 60))
    found, rows = _grouped(formed, counts)
    if len(found) > MOST_SHAPES:
        for letter in "Aa9":
            found = pc.replace_substring_regex(found, f"{letter}{letter}+", f"{letter}+")
        found, rows = _grouped(found, rows)
    table, total = pa.table({"shape": found, "rows": rows}), int(counts.sum())
    order = [("rows", "descending"), ("shape", "ascending")]
    best = table.take(pc.select_k_unstable(table, k=min(SHOWN, len(table)), sort_keys=order))
    return tuple((shape, rows / total) for shape, rows in zip(best["shape"].to_pylist(), best["rows"].to_pylist(), strict=True))


def _grouped(texts: pa.Array, counts: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[pa.Array, np.ndarray[Any, np.dtype[np.int64]]]:
    """Each text once, and the sum of its counts. (Arrow's own grouping starts threads, for what takes a tenth of that.)"""
    encoded = texts.dictionary_encode()
    return encoded.dictionary, np.bincount(encoded.indices.to_numpy(), weights=counts).astype(np.int64)


def _form(texts: pa.Array) -> pa.Array:
    plain = texts.cast(pa.string())
    _, offsets, data = plain.buffers()
    raw = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
    if (raw > 127).any():
        for letters, form in ((r"\p{Lu}", "A"), (r"[\p{Ll}\p{Lt}\p{Lm}\p{Lo}]", "a"), (r"\p{Nd}", "9")):
            plain = pc.replace_substring_regex(plain, letters, form)
        return plain
    return pa.StringArray.from_buffers(len(plain), offsets, pa.py_buffer(_FORM[raw]), offset=plain.offset)
