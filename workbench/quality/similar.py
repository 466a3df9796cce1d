"""Values and rows that say the same in other words: by another case, other spaces, accents or marks."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.quality.keys import mixed
from workbench.quality.records import Key, NearDuplicates
from workbench.quality.scanning import Sample, SourceColumn
from workbench.quality.weighted import Weighted

__all__ = ["near_duplicates", "normalised", "variants"]

_MOST_VALUES = 20_000
_SHOWN = 20
_LONGEST = 200  # characters of a text that are compared

Flags = np.ndarray[Any, np.dtype[np.bool_]]

_PLAIN = np.zeros(256, dtype=np.uint8)  # letters in lower case and digits; 0 for what is neither
for _letter in b"abcdefghijklmnopqrstuvwxyz0123456789":
    _PLAIN[[_letter, ord(chr(_letter).upper())]] = _letter


def normalised(texts: pa.Array) -> pa.Array:
    """Texts in lower case, without accents, and without anything between words but one space.

    >>> normalised(pa.array(["  Saint-Étienne", "saint etienne"])).to_pylist()
    ['saint etienne', 'saint etienne']
    """
    short = pc.utf8_slice_codeunits(texts.cast(pa.string()), 0, _LONGEST)
    if pc.any(pc.invert(pc.string_is_ascii(short))).as_py():
        short = pa.array([None if t is None else _without_accents(t) for t in short.to_pylist()], pa.string())
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(short), r"[^\pL\pN]+", " "))


def _without_accents(text: str) -> str:
    return text if text.isascii() else "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def variants(values: Weighted) -> tuple[tuple[str, ...], ...]:
    """Groups of distinct texts that are one when normalised: the largest group first, in each the most frequent spelling first.

    None where there are too many texts to say.
    """
    if not 1 < len(values.values) <= _MOST_VALUES:
        return ()
    perhaps = _perhaps_alike(values.values)
    if not perhaps.any():
        return ()
    texts = values.values.filter(pa.array(perhaps))
    table = pa.table({"form": normalised(texts), "text": texts, "rows": values.counts[perhaps]})
    table = table.sort_by([("rows", "descending"), ("text", "ascending")])
    grouped = table.group_by("form", use_threads=False).aggregate([("text", "count"), ("text", "list"), ("rows", "sum")])
    several = grouped.filter(pc.and_(pc.greater(grouped["text_count"], 1), pc.not_equal(grouped["form"], "")))
    best = several.sort_by([("rows_sum", "descending"), ("form", "ascending")]).slice(0, _SHOWN)
    return tuple(tuple(texts[:5]) for texts in best["text_list"].to_pylist())


def _perhaps_alike(texts: pa.Array) -> Flags:
    """Which texts may be one with another when normalised: of plain ASCII those whose letters and digits alone are another's, too."""
    short = pc.utf8_slice_codeunits(texts.cast(pa.string()), 0, _LONGEST)
    _, offsets, data = short.buffers()
    raw = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
    if short.offset or short.null_count or (raw > 127).any():
        return np.ones(len(texts), dtype=bool)
    lower = _PLAIN[raw]
    kept = lower > 0
    ends = np.concatenate(([0], np.cumsum(kept, dtype=np.int32)))[np.frombuffer(offsets, dtype=np.int32)[: len(short) + 1]]
    return _repeated(pa.StringArray.from_buffers(len(short), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(lower[kept])))


def near_duplicates(columns: tuple[SourceColumn, ...], sample: Sample, keys: tuple[Key, ...]) -> tuple[NearDuplicates, ...]:
    """Rows of the sample that are the same once their texts are normalised, but were not before; numbers that are keys left out."""
    single = {key.columns[0] for key in keys if len(key.columns) == 1}
    chosen = [i for i, column in enumerate(columns) if column.sql_type == "VARCHAR" or column.name not in single]
    texts = [i for i in chosen if columns[i].kind == "text"]
    others = [i for i in chosen if i not in texts]
    if sample.rows.num_rows < 2 or not texts:
        return ()
    # Rows that differ elsewhere need no look at their texts, which is what costs.
    alike = _repeated(pa.array(mixed(sample, others))) if others else None
    return (_normalised_rows(sample, chosen, texts, alike),)


def _repeated(values: pa.Array) -> Flags:
    """For each value: whether it is there again."""
    places = values.dictionary_encode().indices.to_numpy()
    found: Flags = np.bincount(places)[places] > 1
    return found


def _normalised_rows(sample: Sample, chosen: list[int], texts: list[int], alike: Any) -> NearDuplicates:
    rows = groups = 0
    if alike is None or alike.any():
        some = sample.rows if alike is None else sample.rows.filter(pa.array(alike))
        before = mixed(Sample(some), chosen)
        for i in texts:
            some = some.set_column(i, some.schema.field(i).name, _normalised_column(some.column(i)))
        forms = pa.table({"form": mixed(Sample(some), chosen), "row": before}).group_by("form").aggregate([("row", "count_distinct")])
        sizes = forms["row_count_distinct"].to_numpy()
        rows, groups = int((sizes - 1).sum()), int((sizes > 1).sum())
    return NearDuplicates(method="normalised", checked=sample.rows.num_rows, rows=rows, groups=groups)


def _normalised_column(column: pa.ChunkedArray) -> Any:
    encoded = column.combine_chunks().dictionary_encode()
    return normalised(encoded.dictionary).take(encoded.indices)
