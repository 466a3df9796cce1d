"""Well-formed delimited text written as Parquet by Arrow: the same as :mod:`.csv` does, in half the processor's time.

Where no value goes on in another line, each line is a record, so that threads take parts of the file each, and nothing is read twice.
Whatever is not so plain (a value of two lines, quotes that are not well-formed, a record of another width, bytes that are no text, many
values that do not fit) is left to the engine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.core.beside import beside
from workbench.engines.duckdb.csv import REJECTS, CsvLoad, CsvLoaded, Progress
from workbench.engines.duckdb.plain_files import Files
from workbench.engines.duckdb.plain_pieces import Form, NotPlain, Piece, pieces, spans
from workbench.engines.duckdb.plain_values import Mask, TooMany, values_of

__all__ = ["load_plain"]

_PART = 64 << 20  # bytes of a thread's part at least
_PART_MB = 256  # memory for each
_LOOK_SECONDS = 0.2
_MOST = 1000  # records that do not fit; of more the engine tells quicker


def load_plain(
    load: CsvLoad, threads: int, memory_mb: int, progress: Progress | None = None, stopped: Callable[[], bool] = lambda: False
) -> CsvLoaded | None:
    """Carry out a load; None, and nothing is written, where only the engine can, or ``stopped`` says so."""
    form = Form.of(load)
    if form is None or any(column.take and column.plain is None for column in load.columns):
        return None
    folder, halt = Path(load.folder), Event()
    folder.mkdir(parents=True)
    loaded = None
    try:
        parts = [
            _Part(load, form, *span, folder / f"part{number:03}", halt)
            for number, span in enumerate(spans(form, max(1, min(threads, memory_mb // _PART_MB)), _PART))
        ]
        told = progress or (lambda _: None)
        with beside(lambda over: _watch(over, parts, halt, told, stopped), "progress"), ThreadPoolExecutor(len(parts), "plain") as pool:
            for task in [pool.submit(part.carry_out) for part in parts]:
                task.result()
        loaded = _together(load, parts) if not stopped() else None
    except (NotPlain, TooMany, OSError, MemoryError, pa.ArrowException):
        pass
    finally:
        if loaded is None:
            shutil.rmtree(folder, ignore_errors=True)
    return loaded


def _watch(over: Event, parts: list[_Part], halt: Event, progress: Progress, stopped: Callable[[], bool]) -> None:
    size = sum(part.end - part.start for part in parts)
    while not over.wait(_LOOK_SECONDS):
        if stopped():
            halt.set()
        with suppress(Exception):  # a progress that cannot be told stops nothing
            progress(min(sum(part.done for part in parts) / size, 1.0))


def _together(load: CsvLoad, parts: list[_Part]) -> CsvLoaded | None:
    """What the parts have made, as of one file; None where nothing fits, or too little does."""
    told, records, lines = [], 0, load.skip
    for part in parts:
        told += [row | {"record": row["record"] + records, "line": row["line"] + lines} for row in part.told]
        records, lines = records + part.records, lines + part.lines
    rows, misfits = sum(part.rows for part in parts), sum(part.misfits for part in parts)
    files = [file for part in parts for file in part.files]
    if not rows or misfits > _MOST or sum(pq.read_metadata(file).num_rows for file in files) != rows:
        return None
    rejects = pa.Table.from_pylist(told if load.most_rejects else [], REJECTS)
    return CsvLoaded(tuple(map(str, files)), rows, misfits, rejects)


@dataclass
class _Part:
    """The lines from one byte of the file to another, which a thread takes; what it tells counts records and lines from there."""

    load: CsvLoad
    form: Form
    start: int
    end: int
    stem: Path
    halt: Event
    done: int = 0
    rows: int = 0
    records: int = 0
    lines: int = 0
    misfits: int = 0
    files: tuple[Path, ...] = ()
    told: list[dict[str, Any]] = field(default_factory=list)

    def carry_out(self) -> None:
        """Raises
        ------
        NotPlain, TooMany, OSError, MemoryError, pyarrow.ArrowException
            The engine must do it; the others are told to stop.
        """
        try:
            with Files(self.stem, self.load.file_mb) as files:
                for piece in pieces(self.form, self.start, self.end):
                    self._take(piece, files)
                    self.done += piece.size
            self.files = files.paths
        except BaseException:
            self.halt.set()
            raise

    def _take(self, piece: Piece, files: Files) -> None:
        if self.halt.is_set() or self.misfits > _MOST:
            raise NotPlain
        fields, made, unfit = [], [], {}
        for place, column in enumerate(self.load.columns):
            if column.take:
                assert column.plain is not None
                values, bad = values_of(piece.column(place), column.plain, column.missing)
                fields.append(pa.field(column.name, values.type, metadata={b"PARQUET:field_id": str(column.field_id).encode()}))
                made.append(values)
                if bad is not None and bad.any():
                    unfit[place] = bad
        table = pa.table(made, pa.schema(fields))
        if unfit:
            table = table.filter(pc.invert(pa.array(self._tell(piece, unfit))))
        files.write(table)
        self.rows += table.num_rows
        self.records += piece.records
        self.lines += piece.lines

    def _tell(self, piece: Piece, unfit: dict[int, Mask]) -> Mask:
        """Note the records that do not fit, of which each column has a mask; which these are."""
        bad: Mask = np.logical_or.reduce(list(unfit.values()))
        places = bad.nonzero()[0].tolist()
        self.misfits += len(places)
        if self.misfits > _MOST:
            raise NotPlain
        for number in places:
            line, text, values = piece.told(number)
            known = {"record": self.records + number + 1, "line": self.lines + line, "reason": "value", "text": text, "values": values}
            self.told += [known | {"place": place} for place, mask in unfit.items() if mask[number]]
        return bad
