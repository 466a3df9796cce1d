"""Frames of a notebook as tables in its SQL: where ``$sales`` names a frame, the statement reads its rows.

They go with the statement as values that are bound, a list a column: what is decided on knows of no table more, and a server takes them as
it takes any value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput, TooLarge
from workbench.query.kinds import looks_like_a_write
from workbench.query.text import Splice, Spliced, skip, splice

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Framed", "with_frames"]

_KINDS = {"pandas": {"DataFrame"}, "polars": {"DataFrame", "LazyFrame"}, "pyarrow": {"Table", "RecordBatch"}}
_NAME = re.compile(r"\$([^\W\d]\w*)(?!\w|\$)")
_HEAD = re.compile(
    r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*(?:(?:EXPLAIN(?:\s+ANALYZE)?|DESCRIBE|DESC|SUMMARIZE)\b\s*)?(?P<with>WITH\s+(?:RECURSIVE\s+)?)?",
    re.IGNORECASE | re.DOTALL,
)
_MOST_VALUES, _MOST_BYTES = 200_000, 8_000_000


@dataclass(frozen=True)
class Framed:
    """A statement in which frames are relations of a WITH, and the values of their columns."""

    spliced: Spliced
    values: dict[str, Any]


def with_frames(sql: str, namespace: Mapping[str, Any]) -> Framed | None:
    """The statement with its frames; None where it names none.

    Raises
    ------
    InvalidInput
        It writes, or a frame has a column of a type that cannot go along.
    TooLarge
        A frame has more than 200,000 values, or 8 MB.
    """
    places = [(start, end, name) for start, end, name in _named(sql) if _is_frame(namespace.get(name))]
    if not places:
        return None
    if looks_like_a_write(sql):
        name = places[0][2]
        raise InvalidInput(
            f"A statement that writes reads no frame, and ${name} is one.",
            fix=f"Write it as a dataset: ws.dataset('silver.name').write({name}); lineage knows then what it was made from.",
        )
    values: dict[str, Any] = {}
    relations = []
    for name in dict.fromkeys(name for _, _, name in places):
        columns = _columns(name, namespace[name], values)
        relations.append(f'"${name}" AS (SELECT {", ".join(columns)})')
    head = _HEAD.match(sql)
    at = head.end() if head is not None else 0
    listed = ", ".join(relations)
    lead = Splice(at, at, f"{listed}, " if head is not None and head["with"] else f"WITH {listed} ")
    return Framed(splice(sql, [lead, *(Splice(start, end, f'"${name}"') for start, end, name in places)]), values)


def _named(sql: str) -> list[tuple[int, int, str]]:
    """Where ``$name`` stands, outside of quotes and comments."""
    found, at = [], 0
    while at < len(sql):
        if (match := _NAME.match(sql, at)) is not None:
            found.append((at, match.end(), match[1]))
            at = match.end()
        else:
            at = skip(sql, at)
    return found


def _is_frame(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ in _KINDS.get(kind.__module__.partition(".")[0], ())


def _columns(name: str, frame: Any, values: dict[str, Any]) -> list[str]:
    """What selects the frame's columns, whose values are added to ``values``."""
    from workbench.app.frames import to_arrow

    table = to_arrow(frame)
    if table.num_rows * table.num_columns > _MOST_VALUES or table.nbytes > _MOST_BYTES:
        most = f"{_MOST_VALUES:,} values and {_MOST_BYTES // 1_000_000} MB"
        raise TooLarge(
            f"${name} has {table.num_rows:,} rows of {table.num_columns:,} columns; a frame in a statement may have {most}.",
            fix=f"Write it as a dataset, ws.dataset('silver.name').write({name}), or take the columns and rows that are needed.",
        )
    if not table.num_columns:
        raise InvalidInput(f"${name} has no columns.", fix="Give a frame with at least one.")
    found = []
    for number, field in enumerate(table.schema):
        kind, given = _values(name, field.name, table.column(number))
        value = f"{name}_{number + 1}"
        while value in values:
            value += "_"
        values[value] = given
        quoted = field.name.replace('"', '""')
        found.append(f'unnest(CAST(${value} AS {kind}[])) AS "{quoted}"')
    return found


def _values(name: str, column: str, data: pa.ChunkedArray) -> tuple[str, list[Any]]:
    """A column's type in SQL, and its values as JSON holds them without loss."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = data.type
    if types.is_dictionary(kind):
        data, kind = data.cast(kind.value_type), kind.value_type
    if types.is_null(kind) or types.is_string(kind) or types.is_large_string(kind):
        return "VARCHAR", data.to_pylist()
    if types.is_boolean(kind):
        return "BOOLEAN", data.to_pylist()
    if types.is_integer(kind):
        return "UBIGINT" if kind == pa.uint64() else "BIGINT", data.to_pylist()
    if types.is_floating(kind):
        data = data.cast(pa.float64())
        return "DOUBLE", (data if pc.all(pc.is_finite(data)).as_py() is not False else data.cast(pa.string())).to_pylist()
    if types.is_decimal128(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})", data.cast(pa.string()).to_pylist()
    if types.is_date(kind):
        return "DATE", data.cast(pa.date32()).cast(pa.string()).to_pylist()
    if types.is_timestamp(kind):
        plain = data.cast(pa.timestamp("us", kind.tz), safe=False)
        return "TIMESTAMP" if kind.tz is None else "TIMESTAMPTZ", plain.cast(pa.timestamp("us", kind.tz and "UTC")).cast(
            pa.string()
        ).to_pylist()
    raise InvalidInput(
        f"The column {column!r} of ${name} holds {kind}, which cannot go along with a statement.",
        fix=f"Leave it out, turn it into text or numbers, or write the frame as a dataset: ws.dataset('silver.name').write({name}).",
    )
