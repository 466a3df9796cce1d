"""A statement as a run: what it was, what it read, how it ended. Values of parameters are never written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Cancelled, StorageUnavailable
from workbench.core.principals import Principal
from workbench.core.telemetry import bind, get_logger, span
from workbench.query.audited import entry_of
from workbench.query.cost.guard import only_asked
from workbench.query.records import Written
from workbench.query.relations import Planned
from workbench.runs.context import RunContext, current_cell, current_context, current_notebook
from workbench.runs.handle import error_of
from workbench.runs.statements import remember

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.catalog.records import MaskedColumn
    from workbench.governance.audit import AuditLog
    from workbench.query.decide import Verdict
    from workbench.runs.handle import RunHandle
    from workbench.runs.log import RunLog

__all__ = ["AskedFor", "Recorder", "record_answer", "recorded", "timed"]

_log = get_logger("query")
_NAMED, _LONGEST = 100, 100  # parameters, and the characters of the name of each


@dataclass(frozen=True)
class AskedFor:
    """A statement, and who asks. ``in_part``: she sees a part only of what it reads, so that not all figures of the run are for her.
    ``writes``: it is to write, whether it comes to that or not. ``about``: what it is to write to (:attr:`.ready.Ready.about`)."""

    sql: str
    params: Any
    principal: Principal | str
    in_part: bool = False
    writes: bool = False
    about: str | None = None


@dataclass
class Recorder:
    """What is known of a statement while it runs."""

    id: str
    handle: RunHandle
    planned: Sequence[Planned] = ()
    rows: int | None = None
    written: Written | None = None
    told: bool = False  # what it reads has been recorded already
    metrics: dict[str, float] = field(default_factory=dict)
    bound: Callable[[Verdict, Sequence[Planned], Any], object] | None = None  # raises where a write would read too much
    audited: Callable[[Connection], int | None] | None = None
    masked: tuple[MaskedColumn, ...] = ()  # what it writes through masks
    in_part: bool = False  # its author sees a part only of what it writes to, or reads to write: known as it is carried out
    filtered: tuple[str, ...] = ()  # datasets that it reads a part of the rows of, where it writes
    entered: int | None = None  # its entry in the audit log, in a transaction that may have been undone since

    def enter(self, conn: Connection) -> None:
        """Tell the audit log in the transaction of what it commits: whoever ends the process then leaves both or neither."""
        if self.audited is not None:
            self.entered = self.audited(conn)


@contextmanager
def recorded(log: RunLog, asked: AskedFor, audit: AuditLog | None = None) -> Iterator[Recorder]:
    """Run the block as a run of kind ``sql``; what it read is recorded however it ends.

    Inside another run (a notebook's, a pipeline step's) that run is the parent, and the reads are recorded on it, too, with
    the cell, so that lineage goes from the tables to what the notebook writes.
    """
    context = current_context(log)
    parent = context.run_id if context else None
    with log.store.write() as conn:
        # Literals may be personal data: the log names the text by its hash only.
        facts = _facts(asked) | {"statement": _kept(conn, log, asked)}
        handle = log.start("sql", "sql", asked.principal, parent_id=parent, attributes=facts, conn=conn)
    recorder = Recorder(handle.id, handle)
    began = time.perf_counter()

    def append(conn: Connection, error: BaseException | None = None) -> int | None:
        if audit is None:
            return None
        into = () if error is not None else tuple(dict.fromkeys(column for one in recorder.masked for column in one.into))
        entry = entry_of(audit, asked, handle.id, recorder.planned, error)
        return audit.append(entry.model_copy(update={"masked": into}), conn)

    def entry(conn: Connection, error: BaseException | None) -> None:
        entered = recorder.entered
        if error is not None or entered is None or audit is None or not audit.holds(conn, entered, handle.id):
            append(conn, error)

    recorder.audited = append

    with bind(run_id=handle.id), span("run sql", run_id=handle.id):
        try:
            yield recorder
        except BaseException as error:
            _finish(log, handle, recorder, context, began, error, entry)
            raise
        _finish(log, handle, recorder, context, began, None, entry)


def record_answer(log: RunLog, asked: AskedFor, recorder: Recorder, audit: AuditLog | None) -> None:
    """Record a statement that was answered without being run, from its start to its end at once."""
    context = current_context(log)
    with log.store.write() as conn:
        facts = _facts(asked) | {"statement": _kept(conn, log, asked)}
        parent = context.run_id if context else None
        start = {"kind": "sql", "job": "sql", "principal": asked.principal, "attributes": facts, "parent_id": parent}
        log.append_all(conn, recorder.id, [("run.started", start), *_reads(log, recorder, context, conn), _end(recorder, None)])
        if audit is not None:
            audit.append(entry_of(audit, asked, recorder.id, recorder.planned, None), conn)


@contextmanager
def timed(recorder: Recorder) -> Iterator[None]:
    """The block is what counts against the day's budget, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        recorder.metrics["budget_seconds"] = time.perf_counter() - began


def _facts(asked: AskedFor) -> dict[str, Any]:
    where = {"notebook": current_notebook(), "cell": current_cell()}
    attributes = {"parameters": _names(asked.params), **where, "in_part": asked.in_part, "writes": asked.writes}
    return {key: value for key, value in attributes.items() if value}


def _kept(conn: Connection, log: RunLog, asked: AskedFor) -> str:
    who = asked.principal
    if isinstance(who, Principal) and who.is_admin:
        return remember(conn, asked.sql)
    return remember(conn, asked.sql, partial(log.room.take, who if isinstance(who, str) else who.name))


def _names(params: Any) -> list[str]:
    """Those of parameters, in short: what is none of the statement's may be called anything."""
    if isinstance(params, dict):
        return [str(name)[:_LONGEST] for name in islice(params, _NAMED)]
    return [str(position + 1) for position in range(min(len(params), _NAMED))] if params else []


def _finish(
    log: RunLog,
    handle: RunHandle,
    recorder: Recorder,
    context: RunContext | None,
    began: float,
    error: BaseException | None,
    entry: Callable[[Connection, BaseException | None], None],
) -> None:
    recorder.metrics.setdefault("seconds", time.perf_counter() - began)

    def say(conn: Connection, parent: RunContext | None, how: BaseException | None) -> None:
        log.append_all(conn, handle.id, [*_reads(log, recorder, parent, conn), *_part(recorder), _end(recorder, how)])
        entry(conn, how)

    try:
        with log.store.write() as conn:
            say(conn, context, error)
    except Exception as unsaid:
        if isinstance(unsaid, StorageUnavailable):
            # What was committed is there; of what was read nothing came out, neither to who asked nor to what it was a part of.
            how = error if error is not None or recorder.written is not None else unsaid
            here = copy_context()  # with whose token, and by which policy
            log.say_later(handle.id, lambda later: here.copy().run(say, later, None, how))
        if error is None:
            raise
        # The statement's own error is what must reach the caller.
        _log.exception("the end of run %s could not be recorded", handle.id)


def _reads(log: RunLog, recorder: Recorder, context: RunContext | None, conn: Connection) -> list[tuple[str, dict[str, Any]]]:
    """What is recorded on the statement's own run; on the run that it is a part of it is recorded here."""
    where = (context.notebook, context.cell) if context else (current_notebook(), current_cell())
    reads = list(dict.fromkeys(planned.io(*where) for planned in (() if recorder.told else recorder.planned)))
    if context is not None:
        parent = log.handle(context.run_id)
        for read in reads:
            parent.read(read, conn)
    return [("run.read", read.model_dump()) for read in reads]


def _part(recorder: Recorder) -> list[tuple[str, dict[str, Any]]]:
    return [("run.attributes", {"attributes": {"in_part": True}})] if recorder.in_part else []


def _end(recorder: Recorder, error: BaseException | None) -> tuple[str, dict[str, Any]]:
    metrics = dict(recorder.metrics)
    if recorder.rows is not None:
        metrics["rows"] = float(recorder.rows)
    if error is None:
        return "run.succeeded", {"metrics": metrics}
    asks = only_asked(error)
    if asks or isinstance(error, Cancelled | KeyboardInterrupt):
        why = {"error": error_of(error)} if asks or (isinstance(error, Cancelled) and error.details.get("barred")) else {}
        return "run.cancelled", {"metrics": metrics, **why}
    return "run.failed", {"error": error_of(error), "metrics": metrics}
