"""Which files may hold a key: told by the least and greatest values that each file's entry has, without opening one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.types import (
    DateType,
    DecimalType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
)

if TYPE_CHECKING:
    from workbench.lake.plan import ReadPlan

__all__ = ["KeyRanges", "ends_of"]

# Of these the order of the bounds is the order of the values. A float's bounds leave NaN out, and a UUID's depend on who wrote them.
_ORDERED = (IntegerType, LongType, DateType, DecimalType, StringType, TimeType, TimestampType, TimestamptzType)

Range = tuple[Any, Any] | None


def ends_of(plan: ReadPlan, column: str) -> tuple[Any, ...] | None:
    """The least and the greatest value of each file that has one, as the files' entries tell them; None where one does not tell."""
    field, found = plan.schema.find_field(column), list[Any]()
    for each in plan.files:
        file = each.file
        ends = _range(file, field) if file is not None else None
        if ends is None and (file is None or (file.null_value_counts or {}).get(field.field_id) != file.record_count):
            return None
        found += ends or ()
    return tuple(found)


class KeyRanges:
    """The ranges of key columns in some files; ``columns`` are field names of ``schema``."""

    def __init__(self, schema: Schema, columns: Sequence[str], files: Iterable[DataFile]) -> None:
        fields = [schema.find_field(column) for column in columns]
        self._fields = [field for field in fields if isinstance(field.field_type, _ORDERED)]
        self._known = [self._of(file) for file in files]

    def may_share(self, file: DataFile) -> bool:
        """Whether a key of the files may be found in another one, too."""
        other = self._of(file)
        return any(all(map(_overlap, mine, other)) for mine in self._known)

    def _of(self, file: DataFile) -> list[Range]:
        return [_range(file, field) for field in self._fields]


def _range(file: DataFile, field: NestedField) -> Range:
    low, high = ((bounds or {}).get(field.field_id) for bounds in (file.lower_bounds, file.upper_bounds))
    if low is None or high is None:
        return None
    return from_bytes(field.field_type, low), from_bytes(field.field_type, high)  # type: ignore[arg-type]


def _overlap(one: Range, other: Range) -> bool:
    return one is None or other is None or bool(one[0] <= other[1] and other[0] <= one[1])
