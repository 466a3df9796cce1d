"""Quarantine emptied: rows that a person has corrected join the dataset, others are thrown away."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import CommitConflict, InvalidInput, RunNotFound
from workbench.core.ids import new_id
from workbench.engines.readers import ColumnReading, Reading, Request, open_source
from workbench.engines.readers.kept import bytes_of, from_json, is_bytes
from workbench.engines.readers.kinds import MISSING
from workbench.engines.readers.rejects import is_cut
from workbench.engines.readers.source import Written
from workbench.engines.types import type_name, type_words
from workbench.ingest.gate import Gate, Judged
from workbench.ingest.keyless import lacking
from workbench.ingest.progress import Teller
from workbench.ingest.quarantine import Customs, Quarantine, customs_of, with_replaced
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
R = TypeVar("R", Misfit, Correction)
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
        self._customs: dict[tuple[str, str], Customs] = {}

    def correct(self, corrections: Sequence[Correction], force: bool = False) -> Corrected:
        """See :meth:`workbench.ingest.service.IngestService.correct`."""
        corrections = self._named_now(corrections)
        ids = [correction.id for correction in corrections]
        _check_ids(ids)
        if not ids:
            return Corrected.nothing(self.name, self.quarantine.count)
        misfits = {misfit.id: misfit for misfit in self._named_now(tuple(self.quarantine.of(ids).values()))}
        parsed = self._parse(corrections, misfits)
        if not parsed.ids:
            return Corrected.nothing(self.name, self.quarantine.count, failed=parsed.failed)
        keys = self._keys([misfits[each] for each in parsed.ids])
        parsed = _with_keys(parsed, keys, corrections, misfits)
        if not parsed.ids:
            return Corrected.nothing(self.name, self.quarantine.count, failed=parsed.failed)
        read = [misfits[each] for each in parsed.ids]

        before = [each for each in with_replaced(self.parts.lake, self.name, read) if each.replaced_at is not None]

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
            warnings=(*self.judged.warnings, *((took,) if mine.rows_updated else ()), *_said_of_replaced(before)),
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
            keys = tuple(self._called_now[0].get(key, key) for key in keys)
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
        misfits, gone, schema = self._named_now(misfits), self._called_now[1], self._flat()
        wrong: dict[str, dict[str, str]] = {misfit.id: {} for misfit in misfits}
        numbers, failed = itertools.count(), list(misfits[:_MOST_TOLD])
        while failed:
            left = []
            for each in failed:
                if each.column in gone:
                    left.append(each)  # nothing is asked of it any more: what else of the record does not fit?
                elif each.column is not None:
                    wrong[each.id].setdefault(each.column, each.reason)
                    if each.row.get(each.column) is not None:
                        # Without it the record is read on to the next that does not fit.
                        left.append(each.model_copy(update={"row": {**each.row, each.column: None}}))
            groups = self._by_customs(left).items()
            failed = [each for customs, rows in groups for each in self._read(next(numbers), customs, rows, schema)[1].values()]
        return tuple(misfit.model_copy(update={"wrong": wrong[misfit.id]}) for misfit in misfits)

    # --------------------------------------------------------------------------------------------------------- parsing

    @cached_property
    def _called_now(self) -> tuple[Mapping[str, str], Collection[str]]:
        """What columns are called now, by what they were called before; and the names of those that are gone."""
        info = self.parts.lake.info(self.name)
        today = {field: name for field, name, *_ in info.columns}
        before = [(field, name) for field, name in info.former if name not in today.values()]
        renamed = {name: today[field] for field, name in before if field in today}
        return renamed, {name for _, name in before} - renamed.keys()

    def _named_now(self, records: Sequence[R]) -> tuple[R, ...]:
        """Records and corrections of them, whose values are by what the columns were called then, by what they are called now. A record's
        values of a column that is gone are left out, as they are in the dataset."""
        renamed, gone = self._called_now
        return tuple(_named(each, renamed, gone) for each in records) if renamed or gone else tuple(records)

    def _parse(self, corrections: Sequence[Correction], misfits: Mapping[str, Misfit]) -> _Parsed:
        """Rows read as their file was: its decimals, its dates, and the dataset's types."""
        schema = self.parts.lake.table(self.name).schema()
        table = arrow_schema(schema)
        corrected = [misfits[each.id].model_copy(update={"row": {**misfits[each.id].row, **each.row}}) for each in corrections]
        groups = self._by_customs(corrected)
        parts = [self._group(number, customs, rows, table) for number, (customs, rows) in enumerate(groups.items())]
        rows = pa.concat_tables([part.rows for part in parts])
        fitted = pa.Table.from_batches(fit(rows.schema, schema, self.name, rows.to_batches()), schema=table)
        return _Parsed(fitted, _all(part.ids for part in parts), _all(part.failed for part in parts))

    def _by_customs(self, misfits: Sequence[Misfit]) -> dict[Customs, list[Misfit]]:
        groups: dict[Customs, list[Misfit]] = {}
        for misfit in misfits:
            file = misfit.run_id, misfit.content_hash
            if file not in self._customs:
                self._customs[file] = self._customs_of(*file)
            groups.setdefault(self._customs[file], []).append(misfit)
        return groups

    def _flat(self) -> pa.Schema:
        """The dataset's columns that have plain values."""
        return pa.schema([field for field in arrow_schema(self.parts.lake.table(self.name).schema()) if not pa.types.is_nested(field.type)])

    def _customs_of(self, run_id: str, content_hash: str) -> Customs:
        """How the file of a record was read, as far as that matters for its texts."""
        try:
            found = customs_of(self.parts.log.get(run_id).attributes, content_hash)
        except RunNotFound:
            return Customs()
        return replace(found, columns=tuple((self._called_now[0].get(name, name), written) for name, written in found.columns))

    def _group(self, number: int, customs: Customs, misfits: Sequence[Misfit], table: pa.Schema) -> _Parsed:
        known: list[Misfit] = []
        strange: list[Misfit] = []
        for misfit in misfits:
            odd = _odd(misfit, table)
            if odd is None:
                known.append(misfit)
            else:
                column, reason = odd
                strange.append(misfit.model_copy(update={"column": column, "value": misfit.row[column], "reason": reason}))
        rows, failed = self._read(number, customs, known, table)
        stayed = tuple(misfit.id for place, misfit in enumerate(known) if place not in failed)
        return _Parsed(rows, stayed, (*strange, *failed.values()))

    def _read(self, number: int, customs: Customs, misfits: Sequence[Misfit], schema: pa.Schema) -> tuple[pa.Table, dict[int, Misfit]]:
        """What is written down by the reader of delimited text, as everything else is read, texts and bytes as they are, nested values as
        JSON: the rows, and by place what does not fit."""
        if not misfits:
            return schema.empty_table(), {}
        columns: dict[str, Any] = {}
        wrong: dict[int, dict[str, tuple[str | None, str]]] = {}  # by place and column the value and what is wrong with it
        written: dict[Written, list[pa.Field]] = {}
        for field in schema:
            if pa.types.is_string(field.type) or pa.types.is_nested(field.type) or is_bytes(field.type):
                columns[field.name], bad = _as_they_are([misfit.row.get(field.name) for misfit in misfits], field)
                for place, reason in bad.items():
                    wrong.setdefault(place, {})[field.name] = misfits[place].row.get(field.name), reason
            else:
                written.setdefault(customs.of(field.name), []).append(field)
        for part, ((decimal, dates, percent), fields) in enumerate(written.items()):
            reading = Reading.model_validate({"decimal": decimal, "dates": dates})
            made, rejects = self._read_written(f"{number}-{part}", reading, misfits, fields, customs.typed)
            columns.update(made)
            for place, column, value, reason in rejects:
                wrong.setdefault(place, {})[column] = value, reason
            for place, misfit in enumerate(misfits) if percent else ():
                # 13 beside 12.5 % is 1300 % to the reader, who knows of no others.
                for name in (field.name for field in fields if _has_no_sign(misfit.row.get(field.name))):
                    wrong.setdefault(place, {})[name] = misfit.row.get(name), "is no percentage"
        names = schema.names
        failed = {}
        for place, found in sorted(wrong.items()):
            column = min(found, key=names.index)
            value, reason = found[column]
            failed[place] = misfits[place].model_copy(update={"column": column, "value": value, "reason": reason})
        rows = pa.table([columns[name] for name in names], schema=schema)
        fits = [place for place in range(len(misfits)) if place not in failed]
        return rows.take(pa.array(fits, pa.int64())), failed

    def _read_written(
        self, number: str, reading: Reading, misfits: Sequence[Misfit], fields: Sequence[pa.Field], typed: bool
    ) -> tuple[dict[str, Any], list[tuple[int, str, str | None, str]]]:
        """Columns that are written in one way: the values of each, missing where a record does not fit, and what does not (its place, the
        first column, its value, why)."""
        try:
            return self._read_once(number, reading, misfits, fields, typed)
        except InvalidInput as error:
            column = str(error.details.get("column"))
            if column not in [field.name for field in fields]:
                raise
            # None of its values is of its type, or how days are written is not known: each is told so, and the others are read.
            reason = _unclear(column, fields) if error.details.get("unclear") else f"is no {_words(column, fields)}"
        odd: list[tuple[int, str, str | None, str]] = [
            (place, column, text, reason)
            for place, misfit in enumerate(misfits)
            if (text := misfit.row.get(column)) is not None and text.strip() not in MISSING
        ]
        rest = [misfit.model_copy(update={"row": {**misfit.row, column: None}}) for misfit in misfits]
        made, told = self._read_written(f"{number}-", reading, rest, fields, typed)
        return made, [*odd, *told]

    def _read_once(
        self, number: str, reading: Reading, misfits: Sequence[Misfit], fields: Sequence[pa.Field], typed: bool
    ) -> tuple[dict[str, Any], list[tuple[int, str, str | None, str]]]:
        names = [field.name for field in fields]
        texts = [[misfit.row.get(name) for name in names] for misfit in misfits]
        floats = [place for place, field in enumerate(fields) if typed and pa.types.is_floating(field.type)]
        path = self.scratch / f"corrected-{number}.csv"
        # Of which record a row is stands in a column before the others, so that none is blank, and that those that fit are known.
        here = next(name for name in map("record_{}".format, itertools.count()) if name not in names)
        _write_csv(path, [[str(place), *row] for place, row in enumerate(texts)], [here, *names])
        every = [pa.field(here, pa.int64()), *fields]
        columns = tuple(
            ColumnReading(place=place, original=each.name, name=each.name, type=type_name(each.type)) for place, each in enumerate(every)
        )
        known = {"format": "csv", "encoding": "utf-8", "delimiter": ",", "quote": '"', "header": True, "columns": columns}
        folder = self.scratch / f"reading-{number}"
        folder.mkdir()
        target = {each.name: each.type for each in every}
        source = open_source(Request(path, "the corrected rows", folder, target, None, reading.model_copy(update=known)))
        rows = pa.Table.from_batches(source.batches(), source.schema)
        at = {place: row for row, place in enumerate(rows.column(here).to_pylist())}
        order = pa.array([at.get(place) for place in range(len(misfits))], pa.int64())
        made = {name: rows.column(name).combine_chunks().take(order) for name in names}
        for place in floats:
            if any(nan := [_is_nan(row[place]) for row in texts]):
                values = made[names[place]]
                made[names[place]] = pc.if_else(pa.array(nan), pa.scalar(float("nan"), values.type), values)
        told = source.rejects().to_pylist()
        return made, [(reject["record"] - 1, reject["column"], reject["value"], reject["reason"]) for reject in told]


def _said_of_replaced(before: Sequence[Misfit]) -> Sequence[str]:
    if not before:
        return ()
    were = "1 of them was" if len(before) == 1 else f"{len(before):,} of them were"
    at = f"{before[0].replaced_at:%Y-%m-%d %H:%M} UTC"
    return (f"{were} set aside beside rows that were all replaced on {at}, and joined those that came then.",)


def _with_keys(parsed: _Parsed, keys: Sequence[str], corrections: Sequence[Correction], misfits: Mapping[str, Misfit]) -> _Parsed:
    """Without those that have no value in a key, which no row is known by."""
    said = {each.id: each.row for each in corrections}
    read = [misfits[each].model_copy(update={"row": {**misfits[each].row, **said[each]}}) for each in parsed.ids]
    if not (gone := lacking(parsed.rows, keys, read)):
        return parsed
    stays = [place for place in range(len(read)) if place not in gone]
    rows = parsed.rows.take(pa.array(stays, pa.int64()))
    return _Parsed(rows, tuple(parsed.ids[place] for place in stays), (*parsed.failed, *gone.values()))


def _named(record: R, renamed: Mapping[str, str], gone: Collection[str]) -> R:
    row = {renamed.get(name, name): text for name, text in record.row.items()}
    if not isinstance(record, Misfit):
        return record.model_copy(update={"row": row})
    row = {name: text for name, text in row.items() if name not in gone}
    return record.model_copy(update={"row": row, "column": renamed.get(record.column or "", record.column)})


def _words(column: str, fields: Sequence[pa.Field]) -> str:
    return type_words(next(field.type for field in fields if field.name == column))


def _unclear(column: str, fields: Sequence[pa.Field]) -> str:
    """What to say of values that may mean two things."""
    if _words(column, fields) in ("date", "timestamp", "timestamptz"):
        return "could be two days: write it as 2024-02-29"
    return "could be two numbers: write it as 1234.5"


def _odd(misfit: Misfit, table: pa.Schema) -> tuple[str, str] | None:
    """A value that is for no column, or not whole, and why."""
    for name, text in misfit.row.items():
        if text is None:
            continue
        if name not in table.names:
            return name, f"The dataset has no column {name!r}."
        if is_cut(text):
            return name, "is too long to be kept in quarantine, and was cut: correct the file and load it anew, or give the whole value"
        try:
            text.encode()
        except UnicodeEncodeError:
            return name, "has half of a character (a surrogate), which no text has"
    return None


def _as_they_are(texts: Sequence[str | None], field: pa.Field) -> tuple[Any, dict[int, str]]:
    """Texts, bytes or nested values; missing where one cannot be read, with the reasons by their places."""
    if pa.types.is_string(field.type):
        return pa.array(texts, pa.string()), {}
    made: list[Any] = []
    wrong: dict[int, str] = {}
    for place, text in enumerate(texts):
        value = pa.nulls(1, field.type)
        if text is not None:
            try:
                value = pa.array([bytes_of(text)], field.type) if is_bytes(field.type) else from_json(text, field.type)
            except (ValueError, TypeError, RecursionError, pa.ArrowException):
                what = "is not of the right length, or no hexadecimal digits" if is_bytes(field.type) else "is no JSON of the kind"
                wrong[place] = f"{what} {type_name(field.type)}" if not is_bytes(field.type) else what
        made.append(value)
    return pa.concat_arrays(made), wrong


def _has_no_sign(text: str | None) -> bool:
    return text is not None and text.strip() not in MISSING and "%" not in text


def _is_nan(text: str | None) -> bool:
    return text is not None and text.strip().lower() == "nan"


def _write_csv(path: Path, rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> None:
    """A missing value is an empty field, an empty text one in quotes."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerow(names)
        for row in rows:
            stream.write(",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in row) + "\n")


def _check_ids(ids: Sequence[str]) -> None:
    if len(set(ids)) < len(ids):
        raise InvalidInput("A record was named twice.", fix="Name each once.")


def _all(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(each for part in parts for each in part)
