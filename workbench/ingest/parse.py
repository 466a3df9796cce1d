"""A file on its way to rows: by the reader of its format, or, where it is large and plain, by the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.core.errors import UnreadableFile
from workbench.engines.duckdb import Engine, EngineError, Interrupted
from workbench.engines.readers import EXTENSIONS, Reading, Request, Source, open_source
from workbench.engines.readers.rejects import REJECTED
from workbench.engines.readers.source import Opener, Written
from workbench.engines.types import arrow_type
from workbench.ingest.progress import Teller, stopped
from workbench.ingest.sources.base import Fetched
from workbench.writes.rows import ParquetFiles

if TYPE_CHECKING:
    from workbench.engines.readers.judge import Converted
    from workbench.engines.readers.quick import Quick

__all__ = ["Arriving", "Parser"]


@dataclass
class Arriving:
    """Rows that are on their way: ``schema`` describes each column by what the file calls it. ``rows`` and ``rejects()`` are complete
    once ``data()`` has been taken to its end. ``left_out`` counts the lines at its end that were said to be no data.
    ``customs`` say of columns how their values are written. ``files``: where the engine has written them already."""

    schema: pa.Schema
    data: Callable[[], Any]
    warnings: tuple[str, ...]
    reading: Reading
    names: Mapping[int, str]
    rejects: Callable[[], pa.Table] = REJECTED.empty_table
    customs: Mapping[str, Written] = field(default_factory=dict)
    rows: int = 0
    left_out: int = 0
    files: tuple[Path, ...] | None = None
    field_ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def header(self) -> tuple[str, ...]:
        """What the file calls its columns."""
        return tuple(column.original for column in self.reading.columns)


class Parser:
    """Opens one file, as often as it takes to settle how it is read.

    Parameters
    ----------
    engine, run_id
        What converts large delimited files, and under which id it can be stopped.
    file
        The file.
    scratch
        An empty folder for what is made on the way.
    file_mb
        Size of the engine's files.
    teller
        Told how far it is.
    keys
        Columns in which each record has a value, or is set aside.
    opener
        Opens the file; None: this process.
    """

    def __init__(
        self,
        engine: Engine,
        run_id: str,
        file: Fetched,
        scratch: Path,
        file_mb: int,
        teller: Teller,
        keys: tuple[str, ...] = (),
        opener: Opener | None = None,
    ) -> None:
        self._engine, self._run_id, self._file, self._scratch = engine, run_id, file, scratch
        self._file_mb, self._teller, self._keys, self._opener = file_mb, teller, keys, opener
        self._opened = 0

    def request(
        self, reading: Reading, target: Mapping[str, pa.DataType] | None = None, known: Iterable[str] = (), exact: bool = False
    ) -> Request:
        """What a reader is asked."""
        self._opened += 1
        scratch = self._scratch / str(self._opened)
        scratch.mkdir(parents=True)
        if self._file.format is not None and reading.format is None:
            reading = reading.model_copy(update={"format": self._file.format})
        file = self._file
        return Request(
            file.path,
            file.shown,
            scratch,
            target or {},
            file.sheet,
            reading,
            known=tuple(known),
            exact=exact,
            read_as=file.read_as,
            keys=self._keys,
            opener=self._opener,
        )

    def open(
        self,
        reading: Reading,
        target: Mapping[str, pa.DataType],
        ids: Mapping[str, int] | None,
        quick: bool = True,
        exact: bool = False,
        there: Mapping[str, pa.DataType] | None = None,
    ) -> Arriving:
        """The file's rows. ``target`` are the dataset's types, kept as they are where ``exact``; ``ids`` its field ids (None: it is to be
        made). ``there`` are the types of all of its columns: whole numbers are taken as such though the file writes them as ``30.0``.

        Raises
        ------
        UnreadableFile, InvalidInput, Cancelled
            As :func:`workbench.engines.readers.open_source`.
        """
        request = self.request(reading, {name: kind for name, kind in target.items() if name not in self._file.constants}, ids or (), exact)
        plain = not self._file.constants and self._file.sheet is None
        found = self._by_engine(request, ids) if quick and plain else None
        return found or self._by_reader(self._teller.wait_for(lambda: open_source(replace(request, there=there or {}))))

    # ------------------------------------------------------------------------------------------------------ the reader

    def _by_reader(self, source: Source) -> Arriving:
        constants = self._constants(source.schema.names)
        schema = pa.schema([*_described(source.schema, source.originals), *(field for field, _ in constants)])
        taken = [column for column in source.reading.columns if column.take]
        named = zip(taken, source.schema.names, strict=True) if len(taken) == len(source.schema.names) else ()
        arriving = Arriving(
            schema=schema,
            data=lambda: pa.RecordBatchReader.from_batches(schema, self._batches(source, schema, constants, arriving)),
            warnings=source.warnings,
            reading=source.reading,
            names={column.place: name for column, name in named},
            rejects=lambda: _with_constants(source.rejects(), self._file.constants),
            customs=source.customs,
            left_out=source.left_out,
        )
        return arriving

    def _batches(
        self, source: Source, schema: pa.Schema, constants: Sequence[tuple[pa.Field, pa.Scalar]], arriving: Arriving
    ) -> Iterator[pa.RecordBatch]:
        arriving.rows = 0
        for batch in source.batches():
            arriving.rows += batch.num_rows
            share = arriving.rows / source.rows if source.rows else None
            self._teller("parse", share, arriving.rows)
            more = [pa.repeat(value, batch.num_rows) for _, value in constants]
            yield pa.RecordBatch.from_arrays([*batch.columns, *more], schema=schema)

    def _constants(self, taken: Sequence[str]) -> list[tuple[pa.Field, pa.Scalar]]:
        """What the file's place says of all of its rows, and the file itself does not."""
        found = []
        for name, text in self._file.constants_beside(taken).items():
            kind = arrow_type(self._file.types.get(name, "string"))
            try:
                value = pa.scalar(text, pa.string()).cast(kind)
            except pa.ArrowInvalid as error:
                raise UnreadableFile(
                    f"The folder of {self._file.shown} says {name}={text}, which is no {self._file.types.get(name)}.",
                    fix="Rename the folder as the others are named.",
                ) from error
            found.append((pa.field(name, kind), value))
        return found

    # ------------------------------------------------------------------------------------------------------ the engine

    def _by_engine(self, request: Request, ids: Mapping[str, int] | None) -> Arriving | None:
        """A large delimited file in files of the lake's own kind; None where only looking at every value will do."""
        from workbench.engines.readers.judge import convert

        guess = self._guess(request, ids)
        if guess is None:
            return None
        try:
            found = convert(guess, lambda load: self._engine.load(self._run_id, load, lambda share: self._teller("parse", share)))
        except Interrupted as stop:
            raise stopped() from stop
        except EngineError:
            self._teller.check()
            return None
        return self._converted(found) if found is not None else None

    def _guess(self, request: Request, ids: Mapping[str, int] | None) -> Quick | None:
        from workbench.engines.readers.quick import quick_load

        if request.reading.format not in (None, "csv") or EXTENSIONS.get(Path(request.shown).suffix.lower()) != "csv":
            return None
        folder = request.scratch / "files"
        # Of other columns than the dataset's the files are written once more, which is still far quicker than the reader.
        return quick_load(request, folder, ids, self._file_mb) or (quick_load(request, folder, None, self._file_mb) if ids else None)

    def _converted(self, found: Converted) -> Arriving:
        from workbench.engines.readers.delimited import customs_by_column

        guess = found.guess
        schema = _described(guess.schema, guess.originals)
        return Arriving(
            schema=schema,
            data=lambda: ParquetFiles(schema, found.files),
            warnings=guess.warnings,
            reading=guess.reading,
            names={column.place: column.name for column in guess.taken},
            rejects=lambda: found.rejects,
            customs=customs_by_column(guess.taken),
            rows=found.rows,
            files=found.files,
            field_ids={column.name: column.field_id for column in guess.load.columns if column.take},
        )


def _with_constants(rejected: pa.Table, constants: Mapping[str, str | None]) -> pa.Table:
    """What was set aside, with what the file's place says of it, so that it can be corrected where nobody knows the place."""
    if not constants or not rejected.num_rows:
        return rejected
    rows = [json.dumps({**json.loads(row or "{}"), **constants}, ensure_ascii=False) for row in rejected.column("row").to_pylist()]
    return rejected.set_column(rejected.schema.get_field_index("row"), "row", pa.array(rows, pa.string()))


def _described(schema: pa.Schema, originals: Mapping[str, str]) -> pa.Schema:
    """The columns with what they were called in the file, where that is something else, as their description."""
    return pa.schema([field.with_metadata({"doc": originals[field.name]} if originals.get(field.name) else None) for field in schema])
