"""JSON: an array of objects, objects one a line, or objects one after another. Nested objects and lists keep their structure.

Numbers, booleans and text are what JSON says they are; text is looked at for dates and times only. Where a key holds values
of different kinds the column is text: words as they are, everything else as JSON.
"""

from __future__ import annotations

import codecs
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.depth import check_depth
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.naming import check_width, column_names, originals_of, renaming
from workbench.engines.readers.source import Request, Source
from workbench.engines.readers.text import plain_text, sample_of

__all__ = ["open_json"]

_BATCH = 65_536
# DuckDB holds two objects of the largest size for each thread, so the size begins small.
_SIZES = (16 << 20, 64 << 20)
_TIMES = frozenset({Kind.DATE, Kind.TIMESTAMP, Kind.MOMENT})
# A type's name, as opposed to a field's: nothing but the end of the type comes after it.
_GUESSED = re.compile(r"\b(?:UUID|TIME|DATE|TIMESTAMP)(?=[\[,)]|$)")


def open_json(request: Request) -> Source:
    """Look at the whole file and decide names and types.

    Raises
    ------
    UnreadableFile
        Not JSON, not objects, no rows; with the line or the number of the object.
    InvalidInput
        A column does not fit the table that is there.
    """
    reader = _Reader(request)
    headers, types = reader.look()
    names = column_names(headers)
    expressions = [_expression(h, t, request.target.get(n)) for h, t, n in zip(headers, types, names, strict=True)]
    texts = {n: TextColumn(n, _TIMES) for n, t in zip(names, types, strict=True) if t == "VARCHAR"}
    rows = 0
    for batch in reader.rows(expressions, names):
        rows += batch.num_rows
        for name, column in texts.items():
            column.see(batch.column(name))
    if not rows:
        raise UnreadableFile(f"{request.shown} holds no objects.", fix='It needs at least one, such as [{"name": 1}].')
    for name, column in texts.items():
        column.settle(request.target.get(name))
    schema = pa.schema([f.with_type(texts[f.name].type) if f.name in texts else f for f in reader.schema(expressions, names)])
    originals = originals_of(headers, names)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader.rows(expressions, names):
            arrays = [texts[n].convert(a) if n in texts else a for n, a in zip(names, batch.columns, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return Source("json", schema, batches, originals, (*reader.warnings, *renaming(originals)))


def _expression(header: str, kind: str, target: pa.DataType | None) -> str:
    column = '"' + header.replace('"', '""') + '"'
    if kind == "JSON":
        return f"json_extract_string({column}, '$')"
    if kind in ("UUID", "TIME"):
        return f"CAST({column} AS VARCHAR)"
    if kind == "BIGINT" and target is not None and pa.types.is_float64(target):
        return f"CAST({column} AS DOUBLE)"
    return column


class _Reader:
    def __init__(self, request: Request) -> None:
        text = plain_text(request.path, request.shown, request.scratch)
        self.request, self.warnings = request, text.warnings
        check_depth(text.path, request.shown)
        # DuckDB takes brackets and stars in a path for a pattern; the scratch folder has none.
        self.path = request.scratch / "content.json"
        _place(text.path, self.path)
        beginning = sample_of(text.path, 65_536)[0].lstrip()
        self.format = "array" if beginning.startswith("[") else "unstructured"
        if request.shown.lower().endswith((".ndjson", ".jsonl")) and self.format != "array":
            self.format = "newline_delimited"
        self.size = _SIZES[0]
        self.columns = ""

    def look(self) -> tuple[list[str], list[str]]:
        """Names and DuckDB types of the columns, from all objects."""
        if self.format == "array" and re.fullmatch(r"\[\s*\]\s*", sample_of(self.path, 4096)[0].lstrip()):
            raise UnreadableFile(f"{self.request.shown} holds no objects.", fix='It needs at least one, such as [{"name": 1}].')
        rows = self._execute("DESCRIBE SELECT *").fetchall()
        headers, types = [row[0] for row in rows], [row[1] for row in rows]
        check_width(len(headers), self.request.shown)
        folded = {header.casefold() for header in headers}
        # DuckDB calls a key that differs from another only in its case, or that is empty, something else.
        renamed = any((m := re.fullmatch(r"(.*)_\d+", h)) and m[1].casefold() in folded for h in headers) or "C0" in headers
        plain = [_GUESSED.sub("VARCHAR", kind) for kind in types]
        if plain != types and not renamed:
            pairs = ", ".join(f"{_text(header)}: {_text(kind)}" for header, kind in zip(headers, plain, strict=True))
            self.columns, types = f", columns={{{pairs}}}", plain
        return headers, types

    def schema(self, expressions: list[str], names: tuple[str, ...]) -> pa.Schema:
        with self._arrow(expressions, names, " LIMIT 0") as reader:
            return reader.schema

    def rows(self, expressions: list[str], names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        with self._arrow(expressions, names) as reader:
            try:
                yield from reader
            except pa.ArrowException as error:
                raise self._error(error) from error

    def _arrow(self, expressions: list[str], names: tuple[str, ...], tail: str = "") -> Any:
        selected = ", ".join(f'{e} AS "{n}"' for e, n in zip(expressions, names, strict=True))
        return self._execute(f"SELECT {selected}", tail).to_arrow_reader(_BATCH)

    def _execute(self, select: str, tail: str = "") -> Any:
        import duckdb

        for size in _SIZES[_SIZES.index(self.size) :]:
            self.size = size
            connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
            never = "'%Y~%m~%d'"  # dates are looked for by ourselves, over the whole column
            options = f"format='{self.format}', records=true, maximum_object_size={size}, dateformat={never}, timestampformat={never}"
            if not self.columns:
                options += ", sample_size=-1, map_inference_threshold=-1"
            source = f"read_json({_text(str(self.path))}, {options}{self.columns})"
            try:
                return connection.execute(f"{select} FROM {source}{tail}")
            except duckdb.Error as error:
                if "maximum_object_size" in str(error) and "exceeded" in str(error) and size != _SIZES[-1]:
                    continue
                raise self._error(error) from error
        raise AssertionError("unreachable")

    def _error(self, error: Exception) -> UnreadableFile:
        shown, text = self.request.shown, str(error)
        if "non-record" in text:
            return UnreadableFile(
                f"{shown} holds values that are no objects.", fix='A table needs an object a row: [{"name": 1}, {"name": 2}].'
            )
        if "maximum_object_size" in text and "exceeded" in text:
            return UnreadableFile(f"{shown} has an object of over 64 MB.", fix="Write an array of objects, or an object a line.")
        where = re.search(r"in (line|record/value) (\d+)", text)
        place = f", {where[1].replace('record/value', 'object')} {int(where[2]):,}" if where else ""
        if "duplicate key" in text:
            return UnreadableFile(f"{shown}{place}: a key is there twice in one object.", fix="Rename one of them; nothing was written.")
        place = self._exact_place() or place
        return UnreadableFile(f"{shown}{place}: not valid JSON.", fix="Correct it there, then take the file in again; nothing was written.")

    def _exact_place(self) -> str:
        if self.format == "newline_delimited" or self.path.stat().st_size > 64 << 20:
            return ""
        decoder, text, position = json.JSONDecoder(), self.path.read_text(encoding="utf-8-sig"), 0
        try:
            while position < len(text.rstrip()):
                position = decoder.raw_decode(text, len(text) - len(text[position:].lstrip()))[1]
        except json.JSONDecodeError as error:
            return f", line {error.lineno:,}"
        return ""


def _place(source: Path, target: Path) -> None:
    """The file at another path; a copy only where it begins with a mark, which DuckDB does not take."""
    with source.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            target.symlink_to(source.resolve())
            return
        with target.open("wb") as copy:
            shutil.copyfileobj(stream, copy, 1 << 20)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
