"""Figures over all rows that a sample cannot give, in one statement (of very wide tables: in a few)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.core.batches import batched
from workbench.core.errors import Unavailable
from workbench.engines.duckdb import EngineError
from workbench.quality.scanning import FEW, LONG, Source, SourceColumn

__all__ = ["LONG_TEXT", "Figures", "Wanted", "ask", "sketch_for"]

LONG_TEXT = 4 * LONG  # bytes
_COUNTED = 16_384  # distinct values that a sketch counts at least: their number has a standard error of 1/128
_ITEMS = 400  # of one statement, or little more
_QUERIES = 50
_WIDEST_SUM = 28  # digits of a decimal of which 10^10 can be added
#: By name: scalars, and of "values" the distinct ones (an array) with how often each occurs (an array).
Figures = dict[str, Any]

# White space only. Nearly all texts are told by what they begin with; a CASE looks no further, where AND and OR would.
_BLANK = (
    "CASE WHEN {name} BETWEEN '!' AND chr(132) THEN false WHEN ltrim({name}) BETWEEN '!' AND chr(132) THEN false "
    "WHEN {name} BETWEEN chr(162) AND chr(5759) OR {name} >= chr(12290) THEN false "
    "ELSE regexp_full_match({name}, '[\\x09-\\x0d\\x1c-\\x20\\x85\\p{{Z}}]*') END"
)


@dataclass(frozen=True)
class Wanted:
    """What to ask of a column: its values one by one (``grouped``); else its figures, and how many values there are: exactly
    (``distinct``), or of those whose hash ends in ``sketch`` zeros (None: not asked)."""

    index: int
    column: SourceColumn
    figures: bool = False
    grouped: bool = False
    distinct: bool = False
    sketch: int | None = None
    long: bool = False


def ask(source: Source, wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Figures]]:
    """The figures of each column by name, statement by statement, so that one's can be looked at while the next runs.

    Raises
    ------
    TooLarge, Cancelled, StorageUnavailable
        As :meth:`Source.ask`.
    """
    grouped = [one for one in wanted if one.grouped]
    for few in batched(grouped, _QUERIES):
        yield from _values(source, few)
    some: list[tuple[Wanted, list[tuple[str, str]]]] = []
    for one in wanted:
        if not one.grouped:
            some.append((one, list(_items(one))))
            if sum(len(items) for _, items in some) >= _ITEMS:
                yield from _asked(source, some)
                some = []
    if some:
        yield from _asked(source, some)


def _values(source: Source, wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Figures]]:
    """The values of columns with how often each occurs. One under the other (each type has a column of its own): side by side they would
    take longer to be planned than to be counted."""
    types = ["VARCHAR" if one.column.kind == "text" else one.column.sql_type for one in wanted]
    each = list(dict.fromkeys(types))
    counted = []
    for number, (one, mine) in enumerate(zip(wanted, types, strict=True)):
        values = ", ".join(f"{'v' if type == mine else f'NULL::{type}'} AS v{place}" for place, type in enumerate(each))
        grouped = f"SELECT {one.column.value} AS v, count(*) AS n FROM {source.only([one.column])} GROUP BY 1 LIMIT {FEW + 1}"
        counted.append(f"SELECT {number} AS c, n, {values} FROM ({grouped})")
    table = source.ask(" UNION ALL ".join(counted)).table.combine_chunks()
    order = np.argsort(table.column("c").to_numpy(), kind="stable")
    ends = np.searchsorted(table.column("c").to_numpy()[order], np.arange(len(wanted) + 1))
    for number, (one, mine) in enumerate(zip(wanted, types, strict=True)):
        places = pa.array(order[ends[number] : ends[number + 1]])
        columns = (table.column(f"v{each.index(mine)}"), table.column("n"))
        values_and_counts = tuple(column.take(places).combine_chunks() for column in columns)
        yield one, {"values": values_and_counts}


def _asked(source: Source, wanted: list[tuple[Wanted, list[tuple[str, str]]]]) -> Iterator[tuple[Wanted, Figures]]:
    # Named by number: a column's hashes and finite values need a name, too, or each figure of them would make them again.
    values = [f"{one.column.value} AS c{one.index}" for one, _ in wanted]
    values += [
        f"CASE WHEN isfinite({one.column.sql}) THEN {one.column.sql} END AS y{one.index}" for one, _ in wanted if one.column.kind == "float"
    ]
    values += [f"hash({one.column.value}) AS h{one.index}" for one, _ in wanted if one.sketch is not None]
    rows = f"SELECT {', '.join(values)} FROM {source.only([one.column for one, _ in wanted])}"
    found = _ask(source, rows, [(one.index, name, sql) for one, items in wanted for name, sql in items])
    for one, _ in wanted:
        yield one, {name: scalar for (index, name), scalar in found.items() if index == one.index}


def _ask(source: Source, rows: str, items: list[tuple[int, str, str]]) -> dict[tuple[int, str], pa.Scalar]:
    if not items:
        return {}
    listed = ", ".join(f"{sql} AS f{number}" for number, (_, _, sql) in enumerate(items))
    try:
        row = source.ask(f"SELECT {listed} FROM ({rows})").table
    except Unavailable as error:
        kept = [item for item in items if item[1] != "stddev"]
        out_of_range = isinstance(error.__cause__, EngineError) and "out of range" in str(error.__cause__).casefold()
        if not out_of_range or len(kept) == len(items):
            raise
        # Squares of numbers beyond 10^154 are more than a float holds: the deviation is then said by the sample.
        return _ask(source, rows, kept)
    return {(index, name): row.column(number)[0] for number, (index, name, _) in enumerate(items)}


def _items(wanted: Wanted) -> Iterator[tuple[str, str]]:
    name = f"c{wanted.index}"
    if wanted.figures:
        yield "count", f"count({name})"
        yield from _figures(wanted.column, name, f"y{wanted.index}", wanted.long)
    if wanted.distinct:
        yield "distinct", f"count(DISTINCT {name})"
    if wanted.sketch is not None:
        chosen = f"{name} IS NOT NULL AND h{wanted.index} & {(1 << wanted.sketch) - 1} = 0"
        yield "sketch", f"count(DISTINCT h{wanted.index}) FILTER (WHERE {chosen})"


def _figures(column: SourceColumn, name: str, finite: str, long: bool) -> Iterator[tuple[str, str]]:
    kind = column.kind
    if kind in ("integer", "decimal", "date", "timestamp", "time"):
        yield from (("min", f"min({name})"), ("max", f"max({name})"))
    if kind == "integer":
        yield from (("total", f"sum({name})"), ("stddev", f"stddev_samp({name})"))
    elif kind == "decimal":
        precision = re.match(r"DECIMAL\((\d+)", column.sql_type)
        exact = precision is not None and int(precision[1]) <= _WIDEST_SUM
        yield from (("total" if exact else "rough", f"sum({name if exact else f'{name}::DOUBLE'})"), ("stddev", f"stddev_samp({name})"))
    elif kind == "float":
        yield from ((figure, f"{call}({finite})") for figure, call in (("min", "min"), ("max", "max"), ("stddev", "stddev_samp")))
        yield from (("total", f"fsum({finite})"), ("finite", f"count({finite})"), ("nan", f"count_if(isnan({name}))"))
    elif kind == "text":
        shown = f"left({name}, 200)" if long else name
        yield from (("min", f"min({shown})"), ("max", f"max({shown})"))
        yield from (("min_length", f"min(length({name}))"), ("max_length", f"max(length({name}))"))
        yield "blank", f"count_if({_BLANK.format(name=name)})"
    elif kind == "binary":
        yield from (("min_length", f"min(octet_length({name}))"), ("max_length", f"max(octet_length({name}))"))
    elif kind == "nested" and not column.sql_type.startswith(("STRUCT", "UNION")):
        size = f"cardinality({name})" if column.sql_type.startswith("MAP") else f"len({name})"
        yield from (("min_length", f"min({size})"), ("max_length", f"max({size})"))


def sketch_for(likely: float) -> int:
    """How many zeros a hash must end in, so that of about ``likely`` distinct values enough are counted, and not too many.

    >>> sketch_for(100), sketch_for(6_000_000)
    (0, 8)
    """
    return max(0, int(math.log2(max(1.0, likely) / _COUNTED)))
