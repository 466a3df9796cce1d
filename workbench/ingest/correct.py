"""Quarantine emptied: rows that a person has corrected join the dataset, others are thrown away."""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from workbench.core.errors import CommitConflict, InvalidInput, RunNotFound
from workbench.core.ids import new_id
from workbench.engines.readers import ColumnReading, Reading, Request, open_source
from workbench.engines.types import type_name
from workbench.ingest.gate import Gate, Judged
from workbench.ingest.progress import Teller
from workbench.ingest.quarantine import Quarantine, customs_of
from workbench.ingest.records import Corrected, Correction, Misfit
from workbench.lake.arrow import arrow_schema, fit
from workbench.lake.changes import Change, beside
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from workbench.core.principals import Principal
    from workbench.ingest.parts import Parts
    from workbench.lake.records import CommitResult
    from workbench.runs.handle import RunHandle

__all__ = ["Correcting"]

T = TypeVar("T")
_ATTEMPTS = 5
_MOST_TOLD = 1_000  # records of which every column is looked at
_MOST_FILES = 100  # that a run names as what it read


@dataclass(frozen=True)
class _Parsed:
    """Rows that fit, with the ids of the records they were; and those that do not, with the reason."""

    rows: pa.Table
    ids: tuple[str, ...]
    failed: tuple[Misfit, ...]


class Correcting:
    """Changes one dataset's quarantine.

    Parameters
    ----------
    name
        The dataset.
    scratch
        An empty folder.
    who
        Who corrects; whether she may is asked before.
    """

    def __init__(self, parts: Parts, name: str, scratch: Path, who: Principal) -> None:
        self.parts, self.name, self.scratch, self.who = parts, name, scratch, who
        self.quarantine = Quarantine(parts.lake, parts.engine, name)
        self.judged = Judged()
        self._readings: dict[tuple[str, str], Reading] = {}

    def correct(self, corrections: Sequence[Correction], force: bool = False) -> Corrected:
        """See :meth:`workbench.ingest.service.IngestService.correct`."""
        ids = [correction.id for correction in corrections]
        _check_ids(ids)
        if not ids:
            return Corrected.nothing(self.name, self.quarantine.count)
        misfits = self.quarantine.of(ids)
        parsed = self._parse(corrections, misfits)
        if not parsed.ids:
            return Corrected.nothing(self.name, self.quarantine.count, failed=parsed.failed)
        read = [misfits[each] for each in parsed.ids]
        keys = self._keys(read)

        def join(run: RunHandle) -> CommitResult:
            return self.parts.writer.load(
                self.name,
                parsed.rows,
                "upsert" if keys else "append",
                new_id(),
                principal=self.who,
                context=run.context(),
                keys=keys,
                last=lambda changes: self._last(changes, parsed.ids, force, run.id),
            )

        run_id, done = self._run("correct", read, join)
        mine = next(table for table in done.tables if table.name == self.name)
        took = f"{mine.rows_updated:,} of them took the place of one with the same {', '.join(keys)}, as the load that they are of has it."
        return Corrected(
            dataset=self.name,
            joined=parsed.rows.num_rows,
            failed=parsed.failed,
            left=self.quarantine.count,
            snapshot_id=mine.snapshot_id,
            run_id=run_id,
            warnings=(*self.judged.warnings, *((took,) if mine.rows_updated else ())),
        )

    def _keys(self, read: Sequence[Misfit]) -> tuple[str, ...]:
        """By which columns the loads of these records had their rows take the place of others: so do the records.

        Raises
        ------
        InvalidInput
            Not all by the same ones.
        """
        found: dict[tuple[str, ...], str] = {}
        for run_id in dict.fromkeys(misfit.run_id for misfit in read):
            try:
                params = self.parts.log.get(run_id).params
            except RunNotFound:
                params = {}
            keys = tuple(params.get("keys") or ()) if params.get("mode") == "upsert" else ()
            found.setdefault(keys, next(misfit.file for misfit in read if misfit.run_id == run_id))
        if len(found) > 1:
            told = "; ".join(f"{file} by {', '.join(keys)}" if keys else f"{file} without keys" for keys, file in found.items())
            raise InvalidInput(
                f"These records are of loads with different keys ({told}).",
                fix="Correct those of each load by themselves; nothing was written.",
            )
        return next(iter(found), ())

    def _last(self, changes: Sequence[Change], ids: Sequence[str], force: bool, run_id: str) -> Sequence[Change]:
        """The rows are in files: judge them as those of a load, and take them out of quarantine."""
        # In this order: who corrects the same ones before the quarantine is looked at is seen there, and who does after it conflicts.
        without = self.quarantine.without(ids)
        self.quarantine.of(ids)
        parts, sight = self.parts, self.parts.allowed.sight(self.who, self.name)
        schema = parts.lake.table(self.name).schema()
        again = [file.file_path for change in changes for file in change.kept_files()]
        gone = {file.file_path for change in changes for file in change.gone_files()}
        new = [file.file_path for change in changes for file in change.new_files() if file.file_path not in again]
        if sight.judged:
            settings, shown = parts.settings.quality, "What was corrected"
            gate = Gate(parts.quality, parts.lake, settings, self.name, shown, force, run_id, Teller(), sight.admin)
            self.judged = gate.look(schema, new, joins=True, kept=again, gone=gone)
            if self.judged.seen is not None:
                changes = beside(changes, changes[0].table_uuid, *self.judged.seen)
        else:
            changes = parts.allowed.check_gates(self.who, self.name, changes, schema, run_id)
        return [*changes, *without]

    def discard(self, ids: Sequence[str]) -> Corrected:
        """See :meth:`workbench.ingest.service.IngestService.discard`."""
        _check_ids(ids)
        if not ids:
            return Corrected.nothing(self.name, self.quarantine.count)
        misfits, table = self.quarantine.of(ids), self.quarantine.table

        def throw_away(run: RunHandle) -> CommitResult:
            rows = self.quarantine.rows_without(ids)
            return self.parts.writer.load(table, rows, "overwrite", new_id(), principal=self.who, context=run.context())

        run_id, _ = self._run("discard", list(misfits.values()), throw_away)
        return Corrected.nothing(self.name, self.quarantine.count, run_id=run_id)

    def _run(self, verb: str, read: Sequence[Misfit], work: Callable[[RunHandle], CommitResult]) -> tuple[str, CommitResult]:
        """Do it as a run; again where a load has added to the quarantine meanwhile."""
        params = {"dataset": self.name, "action": verb, "records": len(read)}
        with self.parts.log.run("correct", f"{verb} {self.name}", self.who, params=params) as run:
            for content_hash, file in list(dict.fromkeys((misfit.content_hash, misfit.file) for misfit in read))[:_MOST_FILES]:
                run.read(DatasetIO(kind="file", id=content_hash, name=file))
            for attempt in range(_ATTEMPTS):
                try:
                    return run.id, work(run)
                except CommitConflict:
                    if attempt == _ATTEMPTS - 1:
                        raise
                    # Somebody else may have corrected the same ones.
                    self.quarantine.of([misfit.id for misfit in read])
        raise AssertionError("unreachable")

    def told(self, misfits: Sequence[Misfit]) -> tuple[Misfit, ...]:
        """The records, the first of them with all that does not fit the dataset as it is now: a load names but the first column of each."""
        schema = self._flat()
        wrong: dict[str, dict[str, str]] = {misfit.id: {} for misfit in misfits}
        numbers, failed = itertools.count(), list(misfits[:_MOST_TOLD])
        while failed:
            left = []
            for each in failed:
                if each.column is not None:
                    wrong[each.id].setdefault(each.column, each.reason)
                    if each.row.get(each.column) is not None:
                        # Without it the record is read on to the next that does not fit.
                        left.append(each.model_copy(update={"row": {**each.row, each.column: None}}))
            groups = self._by_reading(left).items()
            failed = [each for reading, rows in groups for each in self._read(next(numbers), reading, rows, schema)[1].values()]
        return tuple(misfit.model_copy(update={"wrong": wrong[misfit.id]}) for misfit in misfits)

    # --------------------------------------------------------------------------------------------------------- parsing

    def _parse(self, corrections: Sequence[Correction], misfits: Mapping[str, Misfit]) -> _Parsed:
        """Rows read as their file was: its decimals, its dates, and the dataset's types."""
        schema = self.parts.lake.table(self.name).schema()
        table = arrow_schema(schema)
        corrected = [misfits[each.id].model_copy(update={"row": {**misfits[each.id].row, **each.row}}) for each in corrections]
        groups = self._by_reading(corrected)
        parts = [self._group(number, reading, rows, table) for number, (reading, rows) in enumerate(groups.items())]
        rows = pa.concat_tables([part.rows for part in parts])
        fitted = pa.Table.from_batches(fit(rows.schema, schema, self.name, rows.to_batches()), schema=table)
        return _Parsed(fitted, _all(part.ids for part in parts), _all(part.failed for part in parts))

    def _by_reading(self, misfits: Sequence[Misfit]) -> dict[Reading, list[Misfit]]:
        groups: dict[Reading, list[Misfit]] = {}
        for misfit in misfits:
            file = misfit.run_id, misfit.content_hash
            if file not in self._readings:
                self._readings[file] = self._reading(*file)
            groups.setdefault(self._readings[file], []).append(misfit)
        return groups

    def _flat(self) -> pa.Schema:
        """The dataset's columns that have plain values."""
        return pa.schema([field for field in arrow_schema(self.parts.lake.table(self.name).schema()) if not pa.types.is_nested(field.type)])

    def _reading(self, run_id: str, content_hash: str) -> Reading:
        """How the file of a record was read, as far as that matters for its texts."""
        try:
            return customs_of(self.parts.log.get(run_id).attributes, content_hash)
        except RunNotFound:
            return Reading()

    def _group(self, number: int, reading: Reading, misfits: Sequence[Misfit], table: pa.Schema) -> _Parsed:
        known: list[Misfit] = []
        strange: list[Misfit] = []
        for misfit in misfits:
            unknown = next((name for name, text in misfit.row.items() if name not in table.names and text is not None), None)
            if unknown is None:
                known.append(misfit)
            else:
                reason = f"The dataset has no column {unknown!r}."
                strange.append(misfit.model_copy(update={"column": unknown, "value": misfit.row[unknown], "reason": reason}))
        nested = [field for field in table if pa.types.is_nested(field.type)]
        rows, failed = self._read(number, reading, known, self._flat())
        stayed = [misfit for place, misfit in enumerate(known) if place not in failed]
        for field in nested:
            rows = rows.append_column(field, _from_json([misfit.row.get(field.name) for misfit in stayed], field))
        return _Parsed(rows, tuple(misfit.id for misfit in stayed), (*strange, *failed.values()))

    def _read(self, number: int, reading: Reading, misfits: Sequence[Misfit], schema: pa.Schema) -> tuple[pa.Table, dict[int, Misfit]]:
        """Plain columns by the reader of delimited text, as everything else is read: its rows, and by place what does not fit."""
        if not misfits:
            return schema.empty_table(), {}
        path = self.scratch / f"corrected-{number}.csv"
        _write_csv(path, [[misfit.row.get(name) for name in schema.names] for misfit in misfits], schema.names)
        columns = tuple(
            ColumnReading(place=place, original=field.name, name=field.name, type=type_name(field.type))
            for place, field in enumerate(schema)
        )
        known = {"format": "csv", "encoding": "utf-8", "delimiter": ",", "quote": '"', "header": True, "columns": columns}
        folder = self.scratch / f"reading-{number}"
        folder.mkdir()
        target = {field.name: field.type for field in schema}
        source = open_source(Request(path, "the corrected rows", folder, target, None, reading.model_copy(update=known)))
        rows = pa.Table.from_batches(source.batches(), source.schema)
        failed = {}
        for reject in source.rejects().to_pylist():
            place = reject["record"] - 1
            failed[place] = misfits[place].model_copy(update={key: reject[key] for key in ("column", "value", "reason")})
        return rows, failed


def _write_csv(path: Path, rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> None:
    """A missing value is an empty field, an empty text one in quotes."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerow(names)
        for row in rows:
            stream.write(",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in row) + "\n")


def _from_json(texts: Sequence[str | None], field: pa.Field) -> pa.Array:
    try:
        return pa.array([None if text is None else json.loads(text, parse_float=_held) for text in texts], field.type)
    except (ValueError, RecursionError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InvalidInput(
            f"A value of {field.name!r} is no JSON of the kind {type_name(field.type)}.", fix="Correct it.", column=field.name
        ) from error


def _held(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("beyond what a double can be")
    return number


def _check_ids(ids: Sequence[str]) -> None:
    if len(set(ids)) < len(ids):
        raise InvalidInput("A record was named twice.", fix="Name each once.")


def _all(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(each for part in parts for each in part)
