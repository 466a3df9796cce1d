"""JSON as DuckDB reads it: which columns there are in the whole file, and their rows."""

from __future__ import annotations

import codecs
import json
import re
import shutil
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.depth import check_depth
from workbench.engines.readers.json_salvage import beginning_of, is_lines, salvage
from workbench.engines.readers.rejects import Rejects
from workbench.engines.readers.source import Request
from workbench.engines.readers.text import chunks, plain_text, sample_of
from workbench.engines.readers.wrapped import WHOLE, lists_in, rows_in, told, unwrapped

__all__ = ["JsonScan"]

_BATCH = 65_536
# DuckDB holds two objects of the largest size for each thread, so the size begins small.
_SIZES = (16 << 20, 64 << 20)
# A type's name, as opposed to a field's: nothing but the end of the type comes after it.
_GUESSED = re.compile(r"\b(?:UUID|TIME|DATE|TIMESTAMP)(?=[\[,)]|$)")
_NUMBERED = re.compile(r"(.*)_\d+", re.DOTALL)  # so DuckDB calls a key that differs from another in its case only
_DOUBLE = re.compile(r"\bDOUBLE(?=[\[,)]|$)")
_LONG = re.compile(rb"(?:^|[\[:,\s])-?\d{16,}(?![\d.eE])")
# What may be beyond a double's range: it needs three digits of exponent, or hundreds before the point.
_FAR = re.compile(rb"[eE]\+?\d{3}|\d{200}")
_PLACED_BYTES = 64 << 20  # of a larger file the line of an error is not looked for
_MEET = 256  # bytes that it takes to see either
_BARE = r"""regexp_replace({0}, '"(\\.|[^"\\])*"', '""', 'g')"""
_IS_LONG = rf"""regexp_matches({_BARE}, '(^|[\[:,{{{{])\s*-?[0-9]{{{{16,}}}}\s*($|[,\]}}}}])')"""
_NUMBERS = rf"""regexp_extract_all({_BARE}, '[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?')"""
_IS_FAR = f"coalesce(list_max(TRY_CAST({_NUMBERS} AS DOUBLE[])) = 'infinity'::DOUBLE, false)"


class JsonScan:
    """The file's objects.

    Attributes
    ----------
    misfits
        Lines that are no JSON, once :meth:`look` has been called.
    long_numbers, far_numbers
        Columns that have integers which a double would round, or numbers beyond its range (these are in both): they are read as text.
    complete
        Whether all of the file is looked at.
    rows_path
        The keys that lead to the rows, with dots; a dot alone where they stand in the file itself.
    """

    def __init__(self, request: Request, kind: Literal["json", "ndjson"]) -> None:
        tolerant = request.reading.misfits == "quarantine"
        text = plain_text(request.path, request.shown, request.scratch, encoding=request.reading.encoding, tolerant=tolerant)
        self.request, self.warnings, self.encoding = request, text.warnings, text.encoding
        self.misfits, self.complete = Rejects(), True
        self.long_numbers: frozenset[str] = frozenset()
        self.far_numbers: frozenset[str] = frozenset()
        self.rows_path = WHOLE
        content = self._unwrapped(text.path) if kind == "json" else text.path
        # DuckDB takes brackets and stars in a path for a pattern; the scratch folder has none.
        self.path = request.scratch / "content.json"
        beginning = sample_of(content, 65_536)[0].lstrip()
        self.format = "array" if beginning.startswith("[") else "unstructured"
        if kind == "ndjson" and self.format != "array" and ("\n" in beginning or "\r" not in beginning):
            self.format = "newline_delimited"
        if request.look_bytes is not None and text.path.stat().st_size > request.look_bytes:
            lines = self.format == "newline_delimited" or (self.format == "unstructured" and is_lines(content))
            self.complete = not beginning_of(content, self.path, request.look_bytes, lines)
        if self.complete:
            _place(content, self.path)
        else:
            self.format = "newline_delimited"
        check_depth(self.path, request.shown)
        self._saved: tuple[Sequence[int], Sequence[int]] | None = None  # the record and the line of each row
        self._size, self._columns, self._problem = _SIZES[0], "", text.problem
        self._settled: list[tuple[str, Any]] | None = None
        self._connection: Any = None

    def _unwrapped(self, path: Path) -> Path:
        """The list of rows alone, where the file is one object around it."""
        said, limit = self.request.reading.rows, self.request.look_bytes
        if said == WHOLE:
            return path
        found = lists_in(path, limit)
        rows = rows_in(found, said, self.request.shown)
        if rows is None or found is None:
            return path
        self.rows_path, target = rows.path, self.request.scratch / "rows.json"
        unwrapped(path, target, rows, limit)
        if said is None:
            self.warnings = (*self.warnings, *told(rows, found))
        return target

    def look(self) -> list[tuple[str, str, Any]]:
        """The columns, from all objects: DuckDB's name, the file's (DuckDB has one of its own for an empty key), and the type.

        Raises
        ------
        UnreadableFile
            The file is no JSON, or holds no objects; of objects one a line, too many are no JSON.
        """
        if self.format == "array" and re.fullmatch(r"\[\s*\]\s*", sample_of(self.path, 4096)[0].lstrip()):
            raise UnreadableFile(f"{self.request.shown} holds no objects.", fix='It needs at least one, such as [{"name": 1}].', header=[])
        try:
            if self._problem is not None:
                raise self._problem
            found = self._described()
        except UnreadableFile as error:
            if self.format == "array" or not (self.format == "newline_delimited" or is_lines(self.path)):
                raise
            self._save_what_is_json(error)
            found = self._described()
        names = {name for name, _ in found}
        folded = {name.casefold() for name in names}
        return [
            (name, self._original(name, place, names, folded), kind) for place, (name, kind) in enumerate(self._without_rounding(found))
        ]

    def _original(self, name: str, place: int, names: Container[str], folded: Container[str]) -> str:
        other = "" if name == f"C{place}" else _in_other_case(name, names, folded)
        if other is None or _is_in(self.path, re.compile(re.escape(json.dumps(name, ensure_ascii=False)).encode())):
            return name
        return other

    def schema(self, expressions: list[str], names: Sequence[str]) -> pa.Schema:
        with self._arrow(expressions, names, " LIMIT 0") as reader:
            return reader.schema

    def rows(self, expressions: list[str], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with self._arrow(expressions, names) as reader:
            try:
                yield from reader
            except pa.ArrowException as error:
                raise self._error(error) from error

    def place(self, row: int) -> tuple[int, int | None]:
        """Which record of the file the row is, and its line where that is known; all from 1."""
        if self._saved is None:
            return row, None
        records, lines = self._saved
        return records[row - 1], lines[row - 1]

    @staticmethod
    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    @staticmethod
    def literal(value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    def _save_what_is_json(self, error: UnreadableFile) -> None:
        target = self.request.scratch / "saved.ndjson"
        self._saved = salvage(self.path, target, self.request, self.misfits)
        if not self.misfits.count:
            raise error
        self.path, self.format = target, "newline_delimited"

    def _described(self) -> list[tuple[str, Any]]:
        import duckdb

        found = [(column[0], column[1]) for column in self._execute("SELECT *", " LIMIT 0").description]
        headers = [name for name, _ in found]
        folded = {header.casefold() for header in headers}
        # DuckDB calls a key that differs from another only in its case, or that is empty, something else.
        unnamed = any(name == f"C{place}" for place, name in enumerate(headers))
        if unnamed or any((m := _NUMBERED.fullmatch(h)) and m[1].casefold() in folded for h in headers):
            return found
        plain = [(name, _plain(kind)) for name, kind in found]
        self._settle([(name, kind or duckdb.sqltype("JSON")) for name, kind in plain])
        self.warnings += tuple(f"{name} is text: objects in it have a key without a name." for name, kind in plain if kind is None)
        return self._settled or []

    def as_json(self, names: Iterable[str]) -> bool:
        """Have columns read as the JSON that they are; False where nobody can say how columns are to be read."""
        if self._settled is None:
            return False
        chosen = frozenset(names)
        self._settle([(name, "JSON" if name in chosen else kind) for name, kind in self._settled])
        return True

    def _settle(self, columns: list[tuple[str, Any]]) -> None:
        """From here on nobody has to guess the types: that would take one more look at the whole file each time."""
        self._settled = columns
        pairs = ", ".join(f"{self.literal(header)}: {self.literal(str(kind))}" for header, kind in columns)
        self._columns = f", columns={{{pairs}}}"

    def _without_rounding(self, found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """A double holds integers up to 2^53, and nothing beyond 1.8e308; where a column has what it does not, its numbers are text."""
        import duckdb

        doubles = [(name, kind) for name, kind in found if _DOUBLE.search(str(kind))]
        if not doubles:
            return found
        may_be_long, may_be_far = _is_in(self.path, _LONG), _is_in(self.path, _FAR)
        if not self._columns:
            self._refuse_far(may_be_far)
        if not self._columns or not (may_be_long or may_be_far):
            return found
        names = [name for name, _ in doubles]
        self._settle([(name, "JSON" if name in names else kind) for name, kind in found])
        long = self._where(names, _IS_LONG) if may_be_long else frozenset()
        self.far_numbers = self._where(names, _IS_FAR) if may_be_far else frozenset()
        self.long_numbers = long | self.far_numbers
        settled = [(name, duckdb.sqltype(_DOUBLE.sub("VARCHAR", str(kind))) if name in self.long_numbers else kind) for name, kind in found]
        self._settle(settled)
        return settled

    def _where(self, names: list[str], test: str) -> frozenset[str]:
        """Of columns that are read as JSON, those with a value that passes a test."""
        tests = ", ".join(f"bool_or({test.format(self.quoted(name))})" for name in names)
        answers = self._execute(f"SELECT {tests}").fetchone()
        return frozenset(name for name, answer in zip(names, answers, strict=True) if answer)

    def _refuse_far(self, may_be_far: bool) -> None:
        """Of keys that DuckDB gives names of its own nobody can say how they are to be read."""
        objects = f"read_json_objects({self.literal(str(self.path))}, format='{self.format}', maximum_object_size={self._size})"
        if may_be_far and self._connection.cursor().execute(f"SELECT bool_or({_IS_FAR.format('json')}) FROM {objects}").fetchone()[0]:  # noqa: S608
            raise UnreadableFile(
                f"{self.request.shown} has numbers that no double holds, beside keys that are empty or differ in their case only.",
                fix="Name the keys otherwise, or write these numbers as text.",
            )

    def _arrow(self, expressions: list[str], names: Sequence[str], tail: str = "") -> Any:
        selected = ", ".join(f"{e} AS {self.quoted(n)}" for e, n in zip(expressions, names, strict=True))
        return self._execute(f"SELECT {selected}", tail).to_arrow_reader(_BATCH)

    def _execute(self, select: str, tail: str = "") -> Any:
        import duckdb

        if self._connection is None:
            alone: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
            self._connection = duckdb.connect(config=alone)
        for size in _SIZES[_SIZES.index(self._size) :]:
            self._size = size
            never = "'%Y~%m~%d'"  # dates are looked for by ourselves, over the whole column
            options = f"format='{self.format}', records=true, maximum_object_size={size}, dateformat={never}, timestampformat={never}"
            if not self._columns:
                options += ", sample_size=-1, map_inference_threshold=-1"
            source = f"read_json({self.literal(str(self.path))}, {options}{self._columns})"
            try:
                return self._connection.cursor().execute(f"{select} FROM {source}{tail}")
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
        if "Duplicate name" in text:
            return UnreadableFile(
                f"{shown} has objects within objects whose keys differ in their case only.", fix="Rename one of them; nothing was written."
            )
        twice = "duplicate key" in text
        place = ""
        if where is not None:
            # What cannot be parsed DuckDB counts among the objects before it.
            ahead = where[1] != "line" and not twice
            place = f", {where[1].replace('record/value', 'object')} {int(where[2]) - ahead:,}"
        if twice:
            return UnreadableFile(f"{shown}{place}: a key is there twice in one object.", fix="Rename one of them; nothing was written.")
        place = self._exact_place() or place
        return UnreadableFile(f"{shown}{place}: not valid JSON.", fix="Correct it there, then take the file in again; nothing was written.")

    def _exact_place(self) -> str:
        if self.format == "newline_delimited" or self.path.stat().st_size > _PLACED_BYTES:
            return ""
        decoder, text, position = json.JSONDecoder(parse_int=str), self.path.read_text(encoding="utf-8-sig"), 0
        try:
            while position < len(text.rstrip()):
                position = decoder.raw_decode(text, len(text) - len(text[position:].lstrip()))[1]
        except json.JSONDecodeError as error:
            return f", line {error.lineno:,}"
        return ""


def _in_other_case(name: str, names: Container[str], folded: Container[str]) -> str | None:
    """The key that DuckDB has numbered, since it differs from another of the ``names`` in its case only; None where it has not."""
    while (numbered := _NUMBERED.fullmatch(name)) and numbered[1].casefold() in folded:
        name = numbered[1]
        if name not in names:
            return name
    return None


def _is_in(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """Whether something is in a file, also where two pieces of it meet."""
    before = b""
    for chunk in chunks(path):
        if pattern.search(chunk) or pattern.search(before + chunk[:_MEET]):
            return True
        before = chunk[-_MEET:]
    return False


def _place(source: Path, target: Path) -> None:
    """The file at another path; a copy only where it begins with a mark, which DuckDB does not take."""
    target.unlink(missing_ok=True)  # a look reads a file again where it does not fit its dataset
    with source.open("rb") as stream:
        if stream.read(3) != codecs.BOM_UTF8:
            target.symlink_to(source.resolve())
            return
        with target.open("wb") as copy:
            shutil.copyfileobj(stream, copy, 1 << 20)


def _plain(kind: Any) -> Any:
    """A type that need not be guessed; None where it cannot be said: of objects with an empty key."""
    import duckdb

    try:
        return duckdb.sqltype(_GUESSED.sub("VARCHAR", str(kind)))
    except duckdb.Error:
        return None
