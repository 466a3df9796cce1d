"""One file on its way into a dataset: read, judged, and committed with what it rejected, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.core.errors import AlreadyExists, Cancelled, InvalidInput
from workbench.core.names import slug
from workbench.core.refs import DatasetRef
from workbench.engines.readers import Reading
from workbench.engines.readers.settling import unfitting
from workbench.ingest.agree import Agreed, agreed
from workbench.ingest.allowed import person
from workbench.ingest.currencies import said_of_currencies
from workbench.ingest.drift import compare, growth, kept_as_it_is, nothing_shared, refused, refused_in_part
from workbench.ingest.gate import Gate, Judged, remarks, unlooked
from workbench.ingest.history import Aside, Content, Taken, grown_from, load_key, set_aside_before, taken_before
from workbench.ingest.keyless import check_some, count_keyless, keys_wanted, may_lack
from workbench.ingest.look import check_said, request_of
from workbench.ingest.originals import Original
from workbench.ingest.parse import Arriving, Parser
from workbench.ingest.parts import Parts
from workbench.ingest.place import part_of
from workbench.ingest.possible import check_possible
from workbench.ingest.progress import stopped
from workbench.ingest.quarantine import Quarantine, kept_customs
from workbench.ingest.records import Difference, LoadMode, LoadOptions
from workbench.ingest.sources.base import FRAME
from workbench.lake.arrow import arrow_schema
from workbench.lake.changes import Change, Create, Grow, beside
from workbench.lake.ranges import ends_of
from workbench.quality.personal.kept import KeptFindings
from workbench.runs.context import RunContext
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from sqlalchemy import Connection

    from workbench.core.principals import Principal
    from workbench.engines.readers.source import Opener
    from workbench.ingest.progress import Teller
    from workbench.ingest.sources.base import Fetched, Since
    from workbench.lake.records import CommitResult, TableCommit
    from workbench.quality.records import Assessment
    from workbench.runs.handle import RunHandle

__all__ = ["FileLoad", "Outcome"]

_EXACT = 2**53  # up to it a double holds each whole number
_UNREAD = "{} was taken before, and was not read again: what was said of how to read it changed nothing. `force=True` takes it once more."


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    shown: str
    content_hash: str
    run_id: str
    rows: int
    rejected: int = 0
    removed: int = 0
    updated: int = 0
    snapshot_id: int | None = None
    created: bool = False
    unchanged: bool = False
    score: float | None = None
    judged: Judged = field(default_factory=Judged)
    differences: tuple[Difference, ...] = ()
    warnings: tuple[str, ...] = ()


class FileLoad:
    """Takes one file into one dataset, whose lock the caller holds.

    Parameters
    ----------
    name, options, who
        The dataset, what is asked, and in whose name.
    begin
        Gives the run, which it starts where it has not begun yet: content that is there already needs none.
    run_id
        What the run's id is, or will be.
    further
        Others of the same source came before it: then it joins what they made.
    copy
        How many of them have the same content, where that is taken as often as it is there.
    together
        What all files of the source bring (:meth:`what`), where that has been asked.
    since
        From where on a database was read.
    opener
        Opens the file; None: this process.
    """

    def __init__(
        self,
        parts: Parts,
        file: Fetched,
        name: str,
        options: LoadOptions,
        who: Principal | str,
        teller: Teller,
        scratch: Path,
        run_id: str,
        begin: Callable[[], tuple[RunHandle, RunContext]],
        further: bool,
        copy: int = 0,
        together: Collection[str] = (),
        since: Since | None = None,
        opener: Opener | None = None,
    ) -> None:
        self.opener = opener
        self.copy, self.together, self.since = copy, together, since
        self.parts, self.file, self.name, self.options, self.teller = parts, file, name, options, teller
        self.who = person(who)
        self.anew: tuple[str, ...] = ()
        self.kinds: Mapping[str, pa.DataType] = {}  # of a dataset that is to be made, for the sake of the files to come
        self.scratch, self.run_id, self.begin, self.further = scratch, run_id, begin, further
        self.there = parts.lake.exists(name)
        self.mode: LoadMode = "append" if further and options.mode != "upsert" else options.mode
        self.sight = parts.allowed.target(self.who, name, self.mode, options)
        self.original = Original(file.path, file.shown, parts.blobs, teller.check)
        self.quarantine = Quarantine(parts.lake, parts.engine, name)

    def take(self) -> Outcome:
        """Carry it out.

        Raises
        ------
        UnreadableFile, InvalidInput, AlreadyExists, HeldBack, CommitConflict, Cancelled
            Nothing of the file was written.
        """
        self.teller("detect", note=self.file.shown)
        if self.there and (taken := self._taken()) is not None:
            return self._as_before(taken)
        if (aside := self._set_aside()) is not None:
            return aside
        if self.there and self.mode == "create":
            raise self.in_the_way()
        if self.there and self.mode == "append" and not self.options.force:
            self._check_grown()
        run, context = self.begin()
        self.original.start()
        try:
            return self._carry_out(run, context)
        except Cancelled as cancelled:  # whatever was interrupted, it was the load that was to stop
            raise stopped() from cancelled
        finally:
            self.original.give_up()

    def what(self) -> str:
        """The content that is taken once, to be compared with others'."""
        return str(self._content())

    def same_as(self, other: str, unchanged: bool) -> Outcome:
        """Nothing is taken of what another file of the same load has brought."""
        told = f"It has the very content of {other}, and was not taken beside it; `force=True` takes both."
        return Outcome(self.file.shown, self.original.hash(), self.run_id, 0, unchanged=unchanged, warnings=(told,))

    def _content(self) -> Content:
        return self.content(self.original.hash())

    def content(self, digest: str) -> Content:
        """What is taken once, of a file with this hash."""
        file = self.file
        return Content(digest, part_of(file.path, file.shown, file.sheet, lambda: self._agreed), file.constants)

    def was_taken(self) -> bool:
        """Whether the dataset has this content already, as far as this load cares."""
        return self.there and self._taken() is not None

    def in_the_way(self) -> AlreadyExists:
        """Why a dataset that is there is not made anew. What content it has is told to who sees all of it. Raises itself where it is one
        that a run is making."""
        self.parts.lake.check_no_draft(self.name)
        if not self.sight.whole:
            return AlreadyExists(
                f"There is a dataset {self.name} already.", fix="Set `mode='append'`, or choose another name with `name='...'`."
            )
        content = self._content()
        if self.options.force and taken_before(self.parts.lake, self.name, content) is not None:
            return AlreadyExists(
                f"{self.name} has the content of {self.file.shown} already.",
                fix="There is nothing to do. To take it once more, set `mode='append', force=True`, which adds the same rows again, or "
                "`mode='overwrite', force=True`, which puts them in place of all that is there.",
            )
        return AlreadyExists(
            f"There is a dataset {self.name} already, with other content.",
            fix="Set `mode='append'` or `mode='overwrite'`, or choose another name with `name='...'`.",
        )

    def _check_grown(self) -> None:
        content = self._content()
        taken = grown_from(self.parts.lake, self.parts.log, self.name, content, self.original)
        if taken is not None and (self.sight.whole or self._is_hers(taken)):
            rows = f"{taken.rows:,} {'row' if taken.rows == 1 else 'rows'}"
            raise AlreadyExists(
                f"{self.file.shown} has grown since it was taken in: {self.name} has its first {rows} already, and would have them twice.",
                fix="Put the new rows into a file of their own; or set `mode='upsert'` and name its keys, `mode='overwrite'`, or "
                "`force=True` to add all of it once more.",
            )

    def _taken(self) -> Taken | None:
        content = self._content()
        key = load_key(content, self.mode, self.run_id, self.copy) if self.copy else None
        whole = {str(content), *self.together} if self.mode == "overwrite" else ()
        # What a database or a frame holds now is news, though it has held the same before: in between came something else. Above the
        # greatest value that the dataset has is nothing that it has.
        of_now = (self.file.origin.startswith("connection:") or self.file.origin == FRAME) and self.mode == "upsert"
        taken = taken_before(self.parts.lake, self.name, content, whole=whole, key=key, newest=of_now)
        if taken is None or taken.run_id == self.run_id:
            return taken
        if self.options.since is not None and self.mode == "append" and taken.rows:
            return None
        # With force what other loads brought is taken once more, but not what this one did before it was interrupted.
        return None if self.options.force or not (self.sight.whole or self._is_hers(taken)) else taken

    @cached_property
    def _asides(self) -> tuple[Aside, ...]:
        """The loads that set records of this content aside, which one that is taken without force takes the place of."""
        asked = not self.options.force and not self.copy and self.sight.whole and self.parts.lake.exists(self.quarantine.table)
        return tuple(a for a in set_aside_before(self.parts.lake, self.name, self._content()) if a.run_id != self.run_id) if asked else ()

    def superseded(self) -> tuple[str, ...]:
        """The records in quarantine that this load brings once more: no row of the content is in the dataset any more, or ever was."""
        file = self.file.shown if self.file.constants else None
        runs = [aside.run_id for aside in self._asides]
        return (*(self.quarantine.ids_of(self.original.hash(), runs, file) if runs else ()), *self._read_anew())

    def _read_anew(self) -> tuple[str, ...]:
        """The records in quarantine that a database has been asked for once more, since the dataset has none of them: they are above all
        that it has."""
        if self.since is None or self.options.force or not self.sight.whole:
            return ()
        names = self.parts.lake.table(self.name).schema().column_names if self.there else [self.since.column]
        column = next((name for name in names if name in (self.since.column, slug(self.since.column))), None)
        self.anew = self.quarantine.ids_above(self.file.shown, column, self.since) if column is not None else ()
        return self.anew

    def _set_aside(self) -> Outcome | None:
        """Nothing of it fitted, and somebody has seen to some of it since: read again, what was corrected would be there twice."""
        if not self._asides or not self._asides[0].alone or not self.there:
            return None
        last = self._asides[0]
        handled = last.records - len(self.quarantine.ids_of(self.original.hash(), [last.run_id]))
        if handled <= 0:
            return None
        told = (
            f"Nothing of {self.file.shown} fitted before; {handled:,} of its {last.records:,} records were corrected or discarded since, "
            "and it was not read again. `force=True` takes it once more."
        )
        return Outcome(self.file.shown, self.original.hash(), last.run_id, 0, unchanged=True, warnings=(told,))

    def _is_hers(self, taken: Taken) -> bool:
        """Whether she has brought it herself: what others have is not told to who sees a part."""
        return bool(self.parts.log.done_by(self.who.name, [taken.run_id]))

    def _as_before(self, taken: Taken) -> Outcome:
        done = self.parts.lake.committed(taken.key)
        mine = taken.run_id == self.run_id
        judged = self._judged_before(taken) if mine else Judged()
        return Outcome(
            shown=self.file.shown,
            content_hash=self.original.hash(),
            run_id=taken.run_id,
            rows=taken.rows,
            rejected=_rows_of(done, self.quarantine.table) if mine and done is not None else 0,
            snapshot_id=taken.snapshot_id,
            created=mine and done is not None and any(t.name == self.name and t.operation == "create" for t in done.tables),
            unchanged=not mine,
            score=judged.score,
            judged=judged,
            warnings=() if mine or self.options.given is None else (_UNREAD.format(self.file.shown),),
        )

    def _judged_before(self, taken: Taken) -> Judged:
        """How good its rows were, as this load has kept it with them before it was interrupted."""
        from workbench.quality.assess import Assessed

        table_uuid, kept = str(self.parts.lake.table(self.name).metadata.table_uuid), self.parts.quality.kept
        profile = kept.profile(table_uuid, taken.snapshot_id) if taken.snapshot_id is not None else None
        assessment = kept.assessment(table_uuid, taken.snapshot_id)
        return Judged(Assessed(profile, assessment)) if profile is not None and assessment is not None else Judged()

    # ------------------------------------------------------------------------------------------------------- its steps

    def _carry_out(self, run: RunHandle, context: RunContext) -> Outcome:
        how, file_mb = self._agreed, self.parts.settings.lake.target_file_mb
        keys = keys_wanted(self.options, how.reading)
        parser = Parser(self.parts.engine, self.run_id, self.file, self.scratch, file_mb, self.teller, keys, self.opener)
        loose: set[str] = set()
        while True:
            arrival = _Arrival(self, parser, how, loose)
            if how.is_news:
                check_said(arrival.rows.reading, how.reading)  # before anything is written
            try:
                return arrival.commit(run, context)
            except InvalidInput as error:
                # A value did not fit the dataset's type. Without being asked for that type the file may say a wider one.
                column = str(error.details.get("column"))
                if type(error) is not InvalidInput or column in loose or column not in arrival.target or self.options.drift == "keep":
                    raise
                loose.add(column)

    @cached_property
    def _agreed(self) -> Agreed:
        self.teller("preview")
        folder = self.scratch / "look"
        folder.mkdir()
        request = request_of(self.file, folder, self.opener)
        return agreed(request, self.file, self.options, self.parts.readings, self.who, self.name, self.sight.whole)


class _Arrival:
    """One attempt: the file's columns settled with the dataset's, and its rows brought there."""

    def __init__(self, load: FileLoad, parser: Parser, how: Agreed, loose: set[str]) -> None:
        self.load, self.parts, self.parser = load, load.parts, parser
        table = self.parts.lake.table(load.name).schema() if load.there else None
        self.table = load.sight.schema(arrow_schema(table)) if table is not None else None
        self.target = {field.name: field.type for field in self.table} if self.table is not None else {}
        self._ids = {field.name: field.field_id for field in table.fields if field.name in self.target} if table is not None else None
        self._wanted = {name: kind for name, kind in (self.target or load.kinds).items() if name not in loose}
        self.differences: tuple[Difference, ...] = ()
        self.judged: Judged | None = None
        self.aside = 0  # records in quarantine that give way with the rows
        self._kept: Assessment | None = None  # with what is unusual in it
        self._target: tuple[str, Mapping[str, int]] = "", {}  # the dataset's UUID, and its columns' field ids, as they will be
        self._how = how
        self.rows = self._open(how.reading)
        check_possible(load.options, load.name, self.rows.schema, self.table.names if self.table is not None else None)

    # -------------------------------------------------------------------------------------------------------- settling

    def _open(self, reading: Reading, quick: bool = True) -> Arriving:
        rows, keys = self._opened(reading, quick), keys_wanted(self.load.options, reading)
        return self._opened(reading, quick=False) if keys and rows.files is not None and may_lack(rows.files, keys) else rows

    def _opened(self, reading: Reading, quick: bool) -> Arriving:
        if self.table is None:
            return self._open_natural(reading, quick)
        if self.load.options.drift == "keep":
            return self._open_kept(reading, self.table)
        rows = self._open_natural(reading, quick)
        self._check_shared(rows, self.table)
        self.differences = compare(rows.schema, self.table)
        if not all(difference.is_safe for difference in self.differences):
            replaces = self.load.mode == "overwrite"
            raise refused(self.load.name, self.load.file.shown, self.differences, rows.warnings, replaces, self._rounds)
        if not self.load.sight.whole and (others := [d for d in self.differences if d.kind in ("added", "widened")]):
            raise refused_in_part(self.load.name, self.load.file.shown, others)
        return rows

    def _open_natural(self, reading: Reading, quick: bool) -> Arriving:
        """Each column as the dataset's type where that is possible, else as what it is."""
        while True:
            try:
                rows = self.parser.open(reading, self._wanted, self._ids, quick, there=self.target)
                if rows.files is not None and self._may_be_whole(rows.schema):
                    return self.parser.open(reading, self._wanted, self._ids, quick=False, there=self.target)
                return rows
            except InvalidInput as error:
                columns = unfitting(error)
                if type(error) is not InvalidInput or not all(column in self._wanted for column in columns):
                    raise
                self._wanted = {name: kind for name, kind in self._wanted.items() if name not in columns}

    def _may_be_whole(self, found: pa.Schema) -> bool:
        """Whether a column of doubles would join one of whole numbers."""
        types = pa.types
        return any(types.is_floating(each.type) and types.is_integer(self.target.get(each.name, pa.null())) for each in found)

    def _open_kept(self, reading: Reading, table: pa.Schema) -> Arriving:
        found = self.parser.open(reading, {}, self._ids, quick=False)
        self._check_shared(found, table)
        self.differences = compare(found.schema, table)
        pinned = kept_as_it_is(reading, found.reading.columns, found.names, table)
        return self.parser.open(pinned, self.target, self._ids, quick=False, exact=True)

    def _rounds(self, column: str) -> bool:
        """Whether a double is other than one of the whole numbers that a column has."""
        if not self.load.sight.whole:
            return False  # of rows that she does not see nothing is told; nor may she put others in their place
        ends = ends_of(self.parts.lake.plan(self.load.name), column)
        return ends is None or any(abs(end) > _EXACT for end in ends)

    def _check_shared(self, rows: Arriving, table: pa.Schema) -> None:
        if self.load.options.force:
            return
        if (why := nothing_shared(self.load.name, self.load.file.shown, rows.schema.names, table.names)) is not None:
            raise why

    def _growth(self) -> Grow | None:
        if self.table is None or self.load.options.drift == "keep":
            return None
        added, widened = growth(self.rows.schema, self.table, self.differences)
        return self.parts.lake.growth(self.load.name, added, widened) if added or widened else None

    # ------------------------------------------------------------------------------------------------------ committing

    def commit(self, run: RunHandle, context: RunContext) -> Outcome:
        load = self.load
        load.teller("parse")
        grow = self._growth()
        if self.rows.files is not None and load.mode != "upsert":  # of which only its commit says what gives way
            with self.parts.lake.storage.syncing(self.rows.files):
                self._look(self.parts.lake.schema_of(self.rows.schema, self.rows.field_ids), self.rows.files)
        digest = load.original.read()
        if load.original.binary and self.rows.files is not None:
            # No text has a zero in it, and the engine takes no offence.
            self.rows, self.judged = self._open(self._how.reading, quick=False), None
            grow = self._growth()
        run.read(DatasetIO(kind="file", id=digest, name=load.file.shown, bytes=load.original.size))
        key = load_key(load.content(digest), load.mode, run.id, load.copy)
        done = self.parts.writer.load(
            load.name,
            self.rows.data(),
            load.mode,
            key,
            principal=load.who,
            context=context,
            partition_by=load.options.partition_by,
            keys=load.options.keys,
            duplicates=load.options.duplicates,
            grow=grow,
            last=lambda changes: self._last(changes, grow, digest, run),
            note=lambda conn, done: self._note(conn, done, run.id),
        )
        if not done.repeated:
            load.teller("register")
        return self._outcome(done, digest, run.id)

    def _note(self, conn: Connection, done: CommitResult, run_id: str) -> None:
        """What is known of the rows is there from their first moment on, whatever ends this process right after: how the file was read,
        how good they are, and what the new columns seem to hold, which masks them where unconfirmed findings do."""
        load, judged = self.load, self.judged or Judged()
        if self._how.is_news:
            self.parts.readings.keep(conn, load.file.origin, self.rows.header, load.name, self._how.reading, load.who)
        mine = _commit_of(done, load.name)
        # The rows are all of the dataset; others say nothing of the whole.
        whole = load.mode == "overwrite" or any(table.operation == "create" and table.name == load.name for table in done.tables)
        if judged.assessed is not None and mine is not None and mine.snapshot_id is not None and whole:
            ref = DatasetRef(table_uuid=mine.table_uuid, name=mine.name, snapshot_id=mine.snapshot_id)
            self._kept = self.parts.quality.remember_write(ref, judged.assessed)
        if judged.personal is not None:
            uuid, ids = self._target
            found = [(replace(column, field_id=ids[column.name]), one) for column, one in judged.personal]
            KeptFindings.keep(conn, DatasetRef(table_uuid=uuid, name=load.name), found, run_id, news=True)

    def _news(self) -> tuple[str, ...]:
        """The columns that come with this load, where they are looked at for personal data."""
        if not self.parts.settings.governance.scan_loads:
            return ()
        if self.table is None:
            return tuple(self.rows.schema.names)
        if self.load.options.drift == "keep":
            return ()
        # Of a field more the column is news that it is in.
        columns = set(self.rows.schema.names)
        found = (d.column if d.column in columns else d.column.partition(".")[0] for d in self.differences if d.kind == "added")
        return tuple(dict.fromkeys(found))

    def _last(self, changes: Sequence[Change], grow: Grow | None, digest: str, run: RunHandle) -> Sequence[Change]:
        """The rows are in files: judge them, and let what was rejected go along."""
        load, rejected = self.load, self.rows.rejects()
        check_some(load.file.shown, load.options.keys, self.rows.rows, rejected)
        load.original.unchanged()
        made = next((change for change in changes if isinstance(change, Create)), None)
        metadata = made.metadata if made else self.parts.lake.grown(grow) if grow else self.parts.lake.table(load.name).metadata
        self._target = str(metadata.table_uuid), {field.name: field.field_id for field in metadata.schema().fields}
        if self.judged is None or self._is_overtaken(self.judged):
            written = [file.file_path for change in changes for file in change.new_files()]
            again = [file.file_path for change in changes for file in change.kept_files()]
            gone = {file.file_path for change in changes for file in change.gone_files()}
            self._look(metadata.schema(), [path for path in written if path not in again], again, gone)
        emptied = load.there and load.mode == "overwrite" and not self.rows.rows and not (load.options.force and load.sight.admin)
        if not load.sight.judged or emptied:
            changes = self._check_gates(changes, grow, run.id)
        elif self.judged is not None and self.judged.seen is not None:
            changes = beside(changes, self._target[0], *self.judged.seen)
        load.teller("write", rows=self.rows.rows)
        kept = list(changes) if self.rows.rows or not rejected.num_rows else []
        if rejected.num_rows:
            # Before the commit: a load that is killed right after it is not asked again how it read them.
            run.attributes(**kept_customs(digest, self.rows.reading, self.rows.customs))
        if kept or rejected.num_rows:
            kept += load.quarantine.adding(rejected, load.file.shown, digest, run.id, self._gone(bool(kept), run.id))
        load.teller.check()
        load.original.keep()
        return kept

    def _gone(self, writes: bool, run_id: str) -> Sequence[str]:
        """The records in quarantine that give way."""
        load = self.load
        if not (writes and load.there and load.mode == "overwrite"):
            return load.superseded()
        # Where all rows give way, what was set aside beside them does: corrected, it would join rows that it is no part of.
        gone = load.quarantine.ids_but_of(run_id)
        self.aside = len(gone)
        return gone

    def _look(self, schema: Schema, files: Sequence[str | Path], kept: Sequence[str] = (), gone: Collection[str] = ()) -> None:
        load = self.load
        news = self._news()
        if not load.sight.judged:  # what is asked of her rows is asked by itself, before they are committed
            self.judged = Judged(warnings=(unlooked(load.name, "what they are compared with is not seen."),) if news else ())
            return
        gate = Gate(
            self.parts.quality,
            self.parts.lake,
            self.parts.settings.quality,
            load.name,
            load.file.shown,
            load.options.force,
            load.run_id,
            load.teller,
            load.sight.admin,
        )
        joins = load.there and load.mode in ("append", "upsert")
        self.judged = gate.look(schema, files, joins, self.rows.rejects().num_rows, news, kept, gone) if files else Judged()

    def _is_overtaken(self, judged: Judged) -> bool:
        """Whether others have written since the gates were asked of the rows beside those that were there."""
        return judged.seen is not None and judged.seen != (self.parts.lake.plan(self.load.name).ref.snapshot_id,)

    def _check_gates(self, changes: Sequence[Change], grow: Grow | None, run_id: str) -> Sequence[Change]:
        load = self.load
        metadata = self.parts.lake.grown(grow) if grow is not None else self.parts.lake.table(load.name).metadata if load.there else None
        return changes if metadata is None else self.parts.allowed.check_gates(load.who, load.name, changes, metadata.schema(), run_id)

    def _outcome(self, done: CommitResult, digest: str, run_id: str) -> Outcome:
        load, judged = self.load, self.judged or Judged()
        mine = _commit_of(done, load.name)
        rejected = _rows_of(done, load.quarantine.table)
        rows = mine.rows_added + mine.rows_updated if mine is not None else 0
        # Rows that gave way to a later one of the same keys.
        gave_way = self.rows.rows - rows if mine is not None and load.options.duplicates == "last" else 0
        assessment = self._kept or (judged.assessed.assessment if judged.assessed is not None else None)
        told = (*self._more_gone(mine), *judged.warnings, *(remarks(load.name, assessment) if assessment is not None else ()))
        return Outcome(
            shown=load.file.shown,
            content_hash=digest,
            run_id=run_id,
            rows=rows,
            rejected=rejected,
            removed=self.rows.left_out + gave_way,
            updated=mine.rows_updated if mine is not None else 0,
            snapshot_id=mine.snapshot_id if mine is not None else None,
            created=mine is not None and not load.there,
            score=judged.score,
            judged=judged,
            differences=tuple(d for d in self.differences if d.kind != "missing"),
            warnings=(*load.file.warnings, *self.rows.warnings, *self._remarks(rows, rejected, gave_way), *told),
        )

    def _more_gone(self, mine: TableCommit | None) -> Sequence[str]:
        """Rows of the dataset that shared a key among them, of which one is left."""
        load = self.load
        if load.mode != "upsert" or mine is None or mine.rows_deleted <= 0 or not load.sight.whole:
            return ()
        more = f"{mine.rows_deleted:,} more {'row' if mine.rows_deleted == 1 else 'rows'} of {load.name}"
        keys = ", ".join(load.options.keys)
        return (f"{more} gave way than came in their place: it had several with the same {keys}. Roll it back if another key was meant.",)

    def _remarks(self, rows: int, rejected: int, gave_way: int) -> list[str]:
        load, told = self.load, list[str]()
        if load.there and load.sight.whole and load.mode != "overwrite":
            told += said_of_currencies(self.parts.log, load.name, self.rows.warnings)
        absent = [d.column for d in self.differences if d.kind == "missing"]
        if absent:
            told.append(f"The file has no {', '.join(absent)}; in these rows that is missing.")
        if load.options.drift == "keep" and (left := [d.column for d in self.differences if d.kind == "added"]):
            told.append(f"{', '.join(left)} {'is' if len(left) == 1 else 'are'} not in the dataset, and not taken.")
        if gave_way:
            told.append(f"{gave_way:,} {'row' if gave_way == 1 else 'rows'} gave way to a later one with the same keys.")
        if self.aside:
            those = f"{self.aside:,} {'record that was' if self.aside == 1 else 'records that were'}"
            told.append(f"{those} in quarantine gave way, too; {load.quarantine.table} has them in its history.")
        if anew := len(load.anew):
            those = "record in quarantine was" if anew == 1 else "records in quarantine were"
            told.append(f"{anew:,} {those} read anew, and gave way to what {load.file.shown} holds now.")
        if rejected and not rows:
            told.append(f"No record of {load.file.shown} fits; nothing was written to {load.name}. All {rejected:,} are in quarantine.")
        elif rejected:
            keyless = count_keyless(self.rows.rejects())
            said = [f"{keyless:,} {'record has' if keyless == 1 else 'records have'} no value in a key"] if keyless else []
            if others := rejected - keyless:
                said.append(f"{others:,} {'record does' if others == 1 else 'records do'} not parse")
            told.append(f"{' and '.join(said)}; see {load.quarantine.table}.")
        return told


def _commit_of(done: CommitResult, name: str) -> TableCommit | None:
    return next((table for table in reversed(done.tables) if table.name == name), None)


def _rows_of(done: CommitResult, name: str) -> int:
    found = _commit_of(done, name)
    return found.rows_added if found is not None else 0
