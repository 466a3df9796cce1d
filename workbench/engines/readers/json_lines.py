"""JSON: an array of objects, objects one a line, or objects one after another.

Nested objects and lists keep their structure; where a person asks for it (``flatten``), the fields of nested objects become columns
and lists stay lists. Numbers, booleans and text are what JSON says they are; text is looked at for dates and times only. Where a key
holds values of different kinds the column is text: words as they are, everything else as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import UnreadableFile
from workbench.engines.readers import atoms
from workbench.engines.readers.chosen import Chosen, choose
from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.fitting import customs_of
from workbench.engines.readers.json_scan import JsonScan
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.naming import check_width
from workbench.engines.readers.reading import Reading
from workbench.engines.readers.settling import settle
from workbench.engines.readers.shape import Shape, see
from workbench.engines.readers.source import Request, Source

__all__ = ["open_json"]

_TIMES = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.MOMENT, Kind.DAY, Kind.TIME})
_NUMBERS = frozenset({Kind.INTEGER, Kind.FLOAT})
_WHOLE = frozenset({atoms.INTEGER, atoms.BIT, atoms.COMPACT, atoms.MINUS_ZERO})
# A type's name, as opposed to a field's: nothing but the end of the type comes after it.
_SEVERAL = re.compile(r"\bJSON(?=[\[,)]|$)")
_TEXT = ("VARCHAR", "JSON", "UUID", "TIME")  # read as text, whatever it is


@dataclass(frozen=True)
class _Column:
    """``header`` as the file calls it (a nested one with dots; None: its key is empty), what it is in SQL, and the kinds to look for
    in its text."""

    header: str | None
    sql: str
    type: str
    only: frozenset[Kind] | None = None
    kind: Any = None  # DuckDB's type, where it is nested and has values of several kinds in it


def open_json(request: Request, kind: Literal["json", "ndjson"] = "json") -> Source:
    """Look at the whole file and decide names and types.

    Raises
    ------
    UnreadableFile
        Not JSON, not objects, no rows; with the line or the number of the object. Of objects one a line, those that are no JSON are set
        aside where they are few.
    InvalidInput
        A column does not fit the table that is there.
    """
    scan = JsonScan(request, kind)
    columns = _columns(scan, request)
    chosen = choose([column.header for column in columns], request.reading, request.known)
    columns = _as_texts(scan, columns, chosen, request)
    content = _Content(scan, columns, chosen, request)
    schema, rows, nulls = content.look()
    if not rows:
        raise UnreadableFile(f"{request.shown} holds no objects.", fix='It needs at least one, such as [{"name": 1}].', header=[])
    first = next(batch for batch in content.batches() if batch.num_rows)
    rows_path = scan.rows_path if kind == "json" else None
    reading = Reading(format=kind, encoding=scan.encoding, flatten=request.reading.flatten, rows=rows_path)
    wrapped = _envelope(first, chosen, request.shown, kind == "json" and scan.format != "array") if rows == 1 else ()
    return Shape(request, chosen, schema, parse=True).source(
        reading,
        content.batches,
        see(chosen, schema, first, nulls),
        misfits=scan.misfits,
        place=scan.place,
        warnings=(*scan.warnings, *content.remarks(), *wrapped),
        rows=rows + scan.misfits.count,
        complete=scan.complete,
    )


def _envelope(only: pa.RecordBatch, chosen: Chosen, shown: str, can_say: bool) -> tuple[str, ...]:
    """What to say of one object that is only wrapped around the rows, as APIs answer (``can_say``: where it is the file, not a line or
    one of a list)."""
    lists = [place for place, field in enumerate(only.schema) if pa.types.is_list(field.type) and pa.types.is_struct(field.type.value_type)]
    if len(lists) != 1:
        return ()
    place, inside = lists[0], only.column(lists[0])[0]
    rows, name = len(inside) if inside.is_valid else 0, chosen.headers[place] or ""
    if rows < 2:
        return ()
    say = f"say `rows={name!r}`, or " if can_say else ""
    return (
        f"{shown} is one object, so it is one row; {rows:,} objects are inside it, in {name}. To have a row of each, {say}"
        f"take it apart in SQL with unnest({chosen.names[place]}).",
    )


def _columns(scan: JsonScan, request: Request) -> list[_Column]:
    """What the columns are, nested ones one by one where that was asked for."""
    found: list[_Column] = []

    def add(header: str, sql: str, kind: Any) -> None:
        if request.reading.flatten and kind.id == "struct":
            for name, inner in kind.children:
                add(f"{header}.{name}", f"{sql}[{scan.literal(name)}]", inner)
            check_width(len(found), request.shown)
            return
        text = str(kind)
        only = _NUMBERS if header in scan.long_numbers else _TIMES
        several = kind if text != "JSON" and _SEVERAL.search(text) else None
        found.append(_Column(header or None, sql, text, only if text == "VARCHAR" else None, several))

    for name, header, kind in scan.look():
        add(header, scan.quoted(name), kind)
    check_width(len(found), request.shown)
    return found


def _as_texts(scan: JsonScan, columns: list[_Column], chosen: Chosen, request: Request) -> list[_Column]:
    """What a table holds as text, since values of several kinds came before, is text whatever came this time."""
    said = {place for place, each in chosen.said.items() if each.type is not None}
    texts = {
        place: column.header
        for place, (column, name) in enumerate(zip(columns, chosen.names, strict=True))
        if place not in said and column.type not in _TEXT and column.header and column.sql == scan.quoted(column.header)
        if (there := request.target.get(name)) is not None and pa.types.is_string(there)
    }
    if not texts or not scan.as_json(texts.values()):
        return columns
    return [replace(column, type="JSON", only=None, kind=None) if place in texts else column for place, column in enumerate(columns)]


class _Content:
    """The rows, with text that is all dates as dates."""

    def __init__(self, scan: JsonScan, columns: list[_Column], chosen: Chosen, request: Request) -> None:
        self._scan, self._names, self._target = scan, chosen.names, request.target
        self._sql = [_expression(column, request.target.get(name)) for column, name in zip(columns, chosen.names, strict=True)]
        asked = {place for place, said in chosen.said.items() if said.type is not None}
        self._texts = {
            place: TextColumn(name, column.only)
            for place, (column, name) in enumerate(zip(columns, chosen.names, strict=True))
            if column.only is not None and place not in asked
        }
        #: Of values that may be of several kinds, to tell of those that are numbers: a column that one word makes text looks no different.
        self._several = {
            place: TextColumn(name)
            for place, (column, name) in enumerate(zip(columns, chosen.names, strict=True))
            if column.type == "JSON" and place not in asked and name not in request.target
        }
        self._kinds = {place: column.kind for place, column in enumerate(columns) if column.kind is not None}
        self._numbers = [place for place, column in enumerate(columns) if column.only == _NUMBERS]
        self._far = {place for place, column in enumerate(columns) if column.header in scan.far_numbers}
        self._customs = customs_of(request.reading)
        self._schema: pa.Schema | None = None

    def look(self) -> tuple[pa.Schema, int, dict[int, float]]:
        """The schema, the number of rows and the share of missing values of each column."""
        rows, nulls = 0, [0] * len(self._names)
        for batch in self._found():
            rows += batch.num_rows
            for place, array in enumerate(batch.columns):
                nulls[place] += array.null_count
                if place in self._texts:
                    self._texts[place].see(array)
                if place in self._several:
                    self._several[place].see(array)
        for column in self._texts.values():
            column.doubt(self._customs)
        settle((column, self._target.get(column.name)) for column in self._texts.values())
        found = self._scan.schema(self._sql, self._names)
        fields = [f.with_type(self._texts[i].type) if i in self._texts else f for i, f in enumerate(found)]
        self._schema = pa.schema(fields)
        return self._schema, rows, {place: count / max(rows, 1) for place, count in enumerate(nulls)}

    def batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._found():
            arrays = [
                self._texts[i].convert(a) if i in self._texts else _words(a, self._kinds[i]) if i in self._kinds else a
                for i, a in enumerate(batch.columns)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def remarks(self) -> tuple[str, ...]:
        """What a person should know of how text was read, and of numbers that no type holds without rounding."""
        told = [remark for place, column in self._texts.items() if place not in self._numbers and (remark := column.remark())]
        for place in self._numbers:
            if place in self._texts and self._texts[place].kind == Kind.TEXT:
                why = (
                    "numbers beyond what a double can be"
                    if place in self._far
                    else "integers that no type of numbers holds without rounding"
                )
                told.append(f"{self._names[place]} is text: it has {why}.")
        return (*told, *filter(None, map(self._of_several, self._several.values())))

    def _of_several(self, column: TextColumn) -> str | None:
        """What is to be said of a column that is text since not all of its values are numbers."""
        found = {label: count for label, count in column.tally.counts.items() if label in atoms.NUMBERS}
        numbers = sum(found.values())
        if 2 * numbers < max(column.present, 1) or atoms.ZEROS in column.tally:
            return None
        kind = "long" if found.keys() <= _WHOLE else "double"
        return (
            f"{column.name} is text, for its values are of several kinds: {numbers:,} of {column.present:,} can be read as numbers. "
            f"Read as {kind} it can be computed with; rows with something else in it are then set aside."
        )

    def _found(self) -> Iterator[pa.RecordBatch]:
        return self._scan.rows(self._sql, self._names)


def _words(values: Any, kind: Any) -> Any:
    """Nested values, of which some are of several kinds and text for that, as a column is: words as they are, everything else as JSON."""
    if kind.id == "struct":
        inner = [_words(part, each) for part, (_, each) in zip(values.flatten(), kind.children, strict=True)]
        return pa.StructArray.from_arrays(inner, fields=list(values.type), mask=values.is_null())
    if kind.id == "list":
        lengths = pc.fill_null(pc.list_value_length(values).cast(pa.int32()), 0)
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
        inner = _words(values.flatten(), kind.children[0][1])
        return pa.ListArray.from_arrays(offsets, inner, mask=values.is_null()).cast(values.type)
    if str(kind) != "JSON":
        return values
    texts = (json.loads(text) if text is not None and text.startswith('"') else text for text in values.to_pylist())
    return pa.array(texts, values.type)


def _expression(column: _Column, target: pa.DataType | None) -> str:
    if column.type == "JSON":
        return f"json_extract_string({column.sql}, '$')"
    if column.type in ("UUID", "TIME"):
        return f"CAST({column.sql} AS VARCHAR)"
    if column.type == "BIGINT" and target is not None and pa.types.is_float64(target):
        return f"CAST({column.sql} AS DOUBLE)"
    return column.sql
