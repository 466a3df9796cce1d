"""How a new table could be partitioned: only where that pays, and with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.records import Record
from workbench.engines.types import type_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ColumnFacts", "PartitionProposal", "TableFacts", "propose", "propose_from_first"]

LEAST_BYTES = 64 << 20  # of a partition: smaller files cost more to open than reading them saves
MOST_PARTITIONS = 2_000
_FEWEST = 4  # with fewer, hardly a query reads less
_MIDDLE = ("0.05", "0.95")  # between them lie nine rows in ten; a stray 1900-01-01 says nothing of the others
_COMMON = 0.8  # a value that most rows have divides little
_PERIODS = (("day", 1.0), ("month", 30.44), ("year", 365.25))  # the finest first


class ColumnFacts(Protocol):
    """What is asked of a column's profile (:class:`workbench.quality.ColumnProfile` has it)."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def nulls(self) -> int: ...
    @property
    def distinct(self) -> int | None: ...
    @property
    def min(self) -> Any: ...
    @property
    def max(self) -> Any: ...
    @property
    def quantiles(self) -> Mapping[str, Any]: ...
    @property
    def top(self) -> Sequence[tuple[Any, int]]: ...
    @property
    def looked_at(self) -> int | None: ...


class TableFacts(Protocol):
    """The profile of the table to be, or of its first rows."""

    @property
    def columns(self) -> Sequence[ColumnFacts]: ...


class PartitionProposal(Record):
    """``partition_by`` as :meth:`workbench.writes.Writer.write` takes it, empty where it does not pay; ``reason`` says why, either way."""

    partition_by: tuple[str, ...] = ()
    reason: str

    def __bool__(self) -> bool:
        return bool(self.partition_by)


def propose(profile: TableFacts, rows: int, bytes: int) -> PartitionProposal:
    """What to partition by.

    Parameters
    ----------
    profile
        Of the rows, or of some of them.
    rows, bytes
        How many there will be, and what they will take as data files (compressed; a text file's are about a fifth of its own).
    """
    if not rows or bytes < _FEWEST * LEAST_BYTES:
        return PartitionProposal(reason=f"The table is small: below {_mb(_FEWEST * LEAST_BYTES)} a query reads all of it soon enough.")
    most = min(MOST_PARTITIONS, bytes // LEAST_BYTES)
    usable = [column for column in profile.columns if not column.nulls]
    found = [each for column in usable if (each := _by_time(column, rows, bytes, most))]
    found += [each for column in usable if (each := _by_value(column, rows, bytes, most))]
    return found[0] if found else PartitionProposal(reason=f"No column divides the rows into parts of at least {_mb(LEAST_BYTES)}.")


def propose_from_first(rows: pa.Table, count: int, bytes: int) -> PartitionProposal:
    """The same where only the first rows are known, of ``count``. What is sorted in them goes on beyond: moments are carried forward,
    values that come one after the other say nothing of how many there are."""
    if not rows.num_rows or bytes < _FEWEST * LEAST_BYTES:
        return propose(_First(()), rows.num_rows, bytes)
    more = max(1.0, count / rows.num_rows)
    return propose(_First(tuple(each for name in rows.column_names if (each := _seen(rows, name, more)))), count, bytes)


@dataclass(frozen=True)
class _Column:
    name: str
    type: str
    rows: int
    nulls: int
    distinct: int | None
    min: Any = None
    max: Any = None
    quantiles: Mapping[str, Any] = field(default_factory=dict)
    top: Sequence[tuple[Any, int]] = ()
    looked_at: int | None = None


@dataclass(frozen=True)
class _First:
    columns: Sequence[_Column]


def _seen(rows: pa.Table, name: str, more: float) -> _Column | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = rows.column(name).combine_chunks()
    if pa.types.is_nested(column.type) or column.null_count:
        return None
    kind = type_name(column.type)
    in_order = len(column) > 1 and pc.all(pc.less_equal(column[:-1], column[1:])).as_py()
    if kind in ("date", "timestamp", "timestamptz"):
        ends = pc.min_max(column.cast(pa.timestamp("us")))
        low, high = ends["min"].value, ends["max"].value
        end = low + round((high - low) * (more if in_order else 1.0))
        return _Column(name, kind, len(column), 0, None, min=_text(low), max=_text(end))
    if kind not in ("string", "boolean", "int", "long") or (in_order and more > 1):
        return None
    counted = pc.value_counts(column)
    best = pc.max(counted.field(1)).as_py()
    return _Column(name, kind, len(column), 0, len(counted), top=((None, best),), looked_at=len(column))


def _text(microseconds: int) -> str | None:
    try:
        return (datetime.fromisoformat("1970-01-01") + timedelta(microseconds=microseconds)).isoformat()
    except OverflowError:
        return None


def _by_time(column: ColumnFacts, rows: int, bytes: int, most: int) -> PartitionProposal | None:
    if column.type not in ("date", "timestamp", "timestamptz"):
        return None
    low, high = (_moment(column.quantiles.get(at)) or _moment(end) for at, end in zip(_MIDDLE, (column.min, column.max), strict=True))
    if low is None or high is None:
        return None
    days = (high - low).total_seconds() / 86_400 / (0.9 if column.quantiles else 1.0)
    for period, length in _PERIODS:
        parts = int(days / length) + 1
        if _FEWEST <= parts <= most:
            reason = f"{column.name} spans some {parts:,} {period}s {_each(rows, bytes, parts)}: who asks for a {period} reads only that."
            return PartitionProposal(partition_by=(f"{period}({column.name})",), reason=reason)
    return None


def _by_value(column: ColumnFacts, rows: int, bytes: int, most: int) -> PartitionProposal | None:
    kinds = ("string", "boolean", "int", "long")
    if column.type not in kinds or column.distinct is None or not _FEWEST <= column.distinct <= most:
        return None
    if not column.top or column.top[0][1] > _COMMON * (column.looked_at or column.rows):
        return None
    reason = f"{column.name} has {column.distinct:,} values {_each(rows, bytes, column.distinct)}: who asks for one reads only its rows."
    return PartitionProposal(partition_by=(column.name,), reason=reason)


def _each(rows: int, bytes: int, parts: int) -> str:
    return f"of about {_mb(bytes // parts)} ({rows // parts:,} rows) each"


def _moment(value: Any) -> datetime | None:
    """A moment as profiles tell it; None for what Python's own cannot hold (infinity, years before 1 and after 9999)."""
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None)
    except (TypeError, ValueError):
        return None


def _mb(bytes: int) -> str:
    return f"{bytes / 2**30:.1f} GB" if bytes >= 2**30 else f"{bytes >> 20} MB"
