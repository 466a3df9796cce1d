"""Where a file's columns are not the dataset's: what is taken up, and what is refused with the difference shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.core.names import slug
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.engines.types import MOST_DIGITS, told_type, type_name, wider
from workbench.ingest.records import Difference
from workbench.lake.arrow import fits, normalise
from workbench.lake.changes import FieldPath

__all__ = ["compare", "growth", "kept_as_it_is", "nothing_shared", "refused", "refused_in_part"]

_SHOWN = 10


def compare(source: pa.Schema, table: pa.Schema) -> tuple[Difference, ...]:
    """How the columns of a file differ from a dataset's, in the dataset's order, then the file's.

    ``there`` is the dataset's type, ``here`` the file's. A column whose values all fit the dataset's type is no difference. A field within
    a column is named by the path that leads to it: ``user.mail``, ``items.element.price``.
    """
    normal = normalise(source) if source.names else source
    found = [difference for field in table for difference in _column(normal, field)]
    known = {field.name.casefold() for field in table}
    added = [field for field in normal if field.name.casefold() not in known]
    return (*found, *(Difference(column=field.name, kind="added", here=type_name(field.type)) for field in added))


def _column(source: pa.Schema, field: pa.Field) -> Sequence[Difference]:
    there = type_name(field.type)
    if field.name not in source.names:
        return [Difference(column=field.name, kind="missing" if field.nullable else "changed", there=there)]
    kind = source.field(field.name).type
    found = _differing(field.type, kind, field.name)
    if found and pa.types.is_nested(field.type) and "." in field.name:  # which is no part of a path
        return [Difference(column=field.name, kind="changed", there=there, here=type_name(kind))]
    return found


def _differing(there: pa.DataType, here: pa.DataType, path: str) -> list[Difference]:
    """What a type has more, is wider in, or has otherwise, and where."""
    types = pa.types
    if types.is_struct(there) and types.is_struct(here):
        return _in_fields(there, here, path)
    if types.is_list(there) and types.is_list(here):
        return _differing(there.value_type, here.value_type, f"{path}.element")
    if types.is_map(there) and types.is_map(here) and fits(here.key_type, there.key_type):
        return _differing(there.item_type, here.item_type, f"{path}.value")
    wide = wider(there, here)
    if wide is not None:
        return [Difference(column=path, kind="widened", there=type_name(there), here=type_name(wide))]
    return [] if fits(here, there) else [Difference(column=path, kind="changed", there=type_name(there), here=type_name(here))]


def _in_fields(there: pa.StructType, here: pa.StructType, path: str) -> list[Difference]:
    mine, known = {field.name: field for field in here}, {field.name.casefold() for field in there}
    found = [
        difference
        for field in there
        if field.name in mine
        for difference in _differing(field.type, mine.pop(field.name).type, f"{path}.{field.name}")
    ]
    # A name that differs in case only is the same in SQL; one with a dot is no part of a path.
    if any("." in name or name.casefold() in known for name in mine) or (found and any("." in field.name for field in there)):
        return [Difference(column=path, kind="changed", there=type_name(there), here=type_name(here))]
    return [*found, *(Difference(column=f"{path}.{name}", kind="added", here=type_name(field.type)) for name, field in mine.items())]


def growth(
    source: pa.Schema, table: pa.Schema, differences: Sequence[Difference]
) -> tuple[dict[FieldPath, pa.Field], dict[FieldPath, pa.Field]]:
    """The columns and fields that a dataset takes up, and those whose types it widens, with their new types, by where they are."""
    normal = normalise(source)
    added, widened = {}, {}
    for difference in differences:
        if difference.kind not in ("added", "widened"):
            continue
        path = (difference.column,) if difference.column in source.names else tuple(difference.column.split("."))
        if difference.kind == "added":
            whole = source if len(path) == 1 else normal
            added[path] = _at(whole, path).with_nullable(True)
        else:
            wide = wider(_at(table, path).type, _at(normal, path).type)
            assert wide is not None
            widened[path] = pa.field(path[-1], wide)
    return added, widened


def _at(schema: pa.Schema, path: FieldPath) -> pa.Field:
    field = schema.field(path[0])
    for name in path[1:]:
        kind = field.type
        inner = kind.field(name) if pa.types.is_struct(kind) else kind.item_field if pa.types.is_map(kind) else kind.value_field
        field = inner
    return field


def kept_as_it_is(reading: Reading, found: Sequence[ColumnReading], names: Mapping[int, str], table: pa.Schema) -> Reading:
    """The reading that leaves the dataset's columns as they are: each is read as the dataset's type, whatever that sets aside, and
    others are not taken. ``found`` are the file's columns, ``names`` what those that are taken are called, by place."""
    said = {column.place: column for column in reading.columns}
    columns = []
    for column in found:
        known = said.get(column.place) or ColumnReading(place=column.place, original=column.original)
        name = names.get(column.place)
        if name is None:
            columns.append(known)
        elif name not in table.names:
            columns.append(known.model_copy(update={"take": False}))
        elif not pa.types.is_nested(kind := table.field(name).type):
            columns.append(known.model_copy(update={"type": type_name(kind)}))
    return reading.model_copy(update={"columns": tuple(columns)})


def nothing_shared(name: str, shown: str, source: Sequence[str], there: Sequence[str]) -> InvalidInput | None:
    """Why a file that has none of a dataset's columns does not join it: each row would be empty where the dataset's have values."""
    if {column.casefold() for column in source} & {column.casefold() for column in there}:
        return None
    return InvalidInput(
        f"{shown} has none of the columns of {name}: {', '.join(there[:_SHOWN])}{', ...' if len(there) > _SHOWN else ''}.",
        fix="Take it into another dataset with `name='...'`, or name its columns as the dataset's. With `force=True` both have one table.",
    )


def refused(
    name: str,
    shown: str,
    differences: Sequence[Difference],
    remarks: Sequence[str] = (),
    replaces: bool = False,
    rounds: Callable[[str], bool] = lambda _: False,
) -> InvalidInput:
    """Why a file cannot join a dataset as it is: each difference that is not safe, with what was remarked of how its column was read.
    ``replaces``: its rows were to take the place of all there are. ``rounds``: whether a double would make others of a column's whole
    numbers."""
    unsafe = [difference for difference in differences if not difference.is_safe]
    told = "; ".join(_words(difference) for difference in unsafe[:_SHOWN])
    more = f"; and {len(unsafe) - _SHOWN} more" if len(unsafe) > _SHOWN else ""
    why = "".join(f" {remark}" for d in unsafe[:_SHOWN] for remark in remarks if remark.startswith(f"{d.column} is text: "))
    instead = _instead(name, shown, unsafe[0], rounds)
    fix = f"{instead}, or set `drift='keep'`: columns stay as they are, and what does not fit goes to quarantine."
    if replaces:  # to who wants none of the old rows the old types are no use either
        fix = f"{fix} For other types drop the dataset first (`workbench datasets drop {name}`; it can be brought back)."
    return InvalidInput(
        f"{shown} does not fit {name}: {told}{more}.{why}",
        fix=fix,
        differences=[difference.model_dump(exclude_none=True) for difference in differences],
        column=unsafe[0].column,
    )


def refused_in_part(name: str, shown: str, differences: Sequence[Difference]) -> InvalidInput:
    """Why a file with columns that the dataset has not, or narrower, cannot join it: to change a dataset's columns is for who sees all of
    it. One that is kept from who asks is none to her, and is not told apart."""
    told = "; ".join(f"there is no column {d.column!r}" if d.kind == "added" else _words(d) for d in differences[:_SHOWN])
    return InvalidInput(
        f"{shown} does not fit {name}: {told}.",
        fix="Set `drift='keep'`: columns stay as they are, and others are not taken. Who sees all of the dataset may change its columns.",
        differences=[difference.model_dump(exclude_none=True) for difference in differences],
        column=differences[0].column,
    )


def _words(difference: Difference) -> str:
    if difference.here is None:
        return f"the column {difference.column!r} is missing, and the dataset requires it"
    return f"the column {difference.column!r} holds {difference.there} in the dataset, {difference.here} in the file"


def _instead(name: str, shown: str, difference: Difference, rounds: Callable[[str], bool]) -> str:
    """What makes rows fit whose column is of another type."""
    there, here = (told_type(kind or "") for kind in (difference.there, difference.here))
    column = difference.column
    held = _holding(there, here) if there is not None and here is not None and slug(column) == column else ""
    of_files = not shown.startswith("connection:")
    if held == "DOUBLE" and rounds(column):
        decimal = f"DECIMAL({MOST_DIGITS}, 9)"
        exact = f"read the file's as {decimal.lower()}" if of_files else f"ask for CAST({column} AS {decimal}) in a query"
        return f"As the dataset's {column} has whole numbers that a double would round, {exact}"
    if held:
        # For a person to run.
        retyped = f"CREATE OR REPLACE TABLE {name} AS SELECT * REPLACE (CAST({column} AS {held}) AS {column}) FROM {name}"  # noqa: S608
        anew = "; files that were taken before count as new then" if of_files else ""
        return f"Give the column a type that holds both (`{retyped}`{anew}) and load again"
    if of_files:
        return "Correct the file or its reading, take it into another dataset with `name='...'`"
    return "Cast it in a query (`connection:NAME?query=select ...`)"


def _holding(there: pa.DataType, here: pa.DataType) -> str:
    """The type in SQL that holds what is there and what a file has, where that has only more: fractions, digits, a time of the day."""
    types = pa.types
    if types.is_date(there) and types.is_timestamp(here) and here.tz is None:
        return "TIMESTAMP"
    if types.is_integer(there) and types.is_floating(here):
        return "DOUBLE"
    if types.is_decimal(here) and (types.is_integer(there) or types.is_decimal(there)):
        return f"DECIMAL({MOST_DIGITS}, {max(here.scale, there.scale if types.is_decimal(there) else 0)})"
    return ""
