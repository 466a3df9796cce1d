"""A statement as a run: what it was, what it read, how it ended. Values of parameters are never written down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Cancelled
from workbench.core.principals import Principal
from workbench.core.telemetry import bind, get_logger, span
from workbench.query.records import Written
from workbench.query.relations import Planned
from workbench.runs.context import RunContext, current_cell, current_context, current_notebook
from workbench.runs.statements import remember

if TYPE_CHECKING:
    from workbench.runs.handle import RunHandle
    from workbench.runs.log import RunLog

__all__ = ["Recorder", "recorded"]

_log = get_logger("query")


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


@contextmanager
def recorded(log: RunLog, sql: str, params: Any, principal: Principal | str) -> Iterator[Recorder]:
    """Run the block as a run of kind ``sql``; what it read is recorded however it ends.

    Inside another run (a notebook's, a pipeline step's) that run is the parent, and the reads are recorded on it, too, with
    the cell, so that lineage goes from the tables to what the notebook writes.
    """
    context = current_context(log)
    parent = context.run_id if context else None
    attributes = {"parameters": _names(params), "notebook": current_notebook(), "cell": current_cell()}
    facts = {key: value for key, value in attributes.items() if value}
    with log.store.write() as conn:
        # Literals may be personal data: the log names the text by its hash only.
        facts["statement"] = remember(conn, sql)
        handle = log.start("sql", "sql", principal, parent_id=parent, attributes=facts)
    recorder = Recorder(handle.id, handle)
    began = time.perf_counter()
    with bind(run_id=handle.id), span("run sql", run_id=handle.id):
        try:
            yield recorder
        except BaseException as error:
            _finish(log, handle, recorder, context, began, error)
            raise
        _finish(log, handle, recorder, context, began, None)


def _names(params: Any) -> list[str]:
    if isinstance(params, dict):
        return [str(name) for name in params]
    return [str(position + 1) for position in range(len(params))] if params else []


def _finish(
    log: RunLog, handle: RunHandle, recorder: Recorder, context: RunContext | None, began: float, error: BaseException | None
) -> None:
    try:
        with log.store.write() as conn:
            for planned in () if recorder.told else recorder.planned:
                read = planned.io(context.notebook if context else current_notebook(), context.cell if context else current_cell())
                handle.read(read, conn)
                if context is not None:
                    log.handle(context.run_id).read(read, conn)
            if recorder.rows is not None:
                log.append(conn, handle.id, "run.metric", name="rows", value=float(recorder.rows))
            if error is None:
                handle.succeed(conn)
            elif isinstance(error, Cancelled | KeyboardInterrupt):
                handle.cancel(conn=conn)
            else:
                handle.fail(error, conn)
    except Exception:
        if error is None:
            raise
        # The statement's own error is what must reach the caller.
        _log.exception("the end of run %s could not be recorded", handle.id)
