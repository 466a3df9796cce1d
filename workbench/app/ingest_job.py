"""Carrying out queued loads: the executors of the kinds ``ingest`` and ``ingest_batch``. Here, because they need the services of a whole
workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Cancelled, Fenced, WorkbenchError
from workbench.core.principals import Principal
from workbench.core.telemetry import get_logger
from workbench.ingest.job import AskedLoads, Telling
from workbench.ingest.records import Progress
from workbench.ingest.report import kept_report
from workbench.ingest.sources.reach import Reach
from workbench.runs.context import use_fence
from workbench.runs.handle import error_of
from workbench.runs.records import TERMINAL

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.ingest.job import Asked
    from workbench.ingest.records import IngestReport
    from workbench.jobs.context import JobContext, RunState

__all__ = ["execute", "execute_batch"]

_log = get_logger("app.ingest_job")


def execute(context: JobContext) -> dict[str, Any]:
    """Take in what ``context.run`` was asked to, under the run's own id: after a worker's death it is done again, and what had been
    committed is not committed twice.

    Raises
    ------
    Cancelled
        Somebody cancelled it. Nothing was written.
    """

    def one(services: Services, asked: Asked) -> dict[str, Any]:
        with context.slot(), use_fence(context.run.id, context.state.epoch):
            return kept_report(_take_in(context, services, asked, context.state))

    return _carry_out(context, one)


def execute_batch(context: JobContext) -> dict[str, Any]:
    """The same of several loads, one after another; each has a run of its own, by which it is known whether it is done. What is wrong with
    one stops no other.

    Raises
    ------
    Cancelled
        Somebody cancelled it. What was taken in before stays; nothing of the rest was written.
    """

    def all_of_them(services: Services, asked: Asked) -> dict[str, Any]:
        ended: Counter[str] = Counter()
        tell = Telling(lambda progress: context.state.event("run.progress", **_body(progress)))
        for number, (run_id, source) in enumerate(asked.files):
            tell(Progress(step="write", share=number / len(asked.files), note=f"file {number + 1:,} of {len(asked.files):,}"))
            ended[_one_of_many(context, services, run_id, asked.model_copy(update={"source": source}))] += 1
        return {"loads": dict(ended)}

    return _carry_out(context, all_of_them)


def _one_of_many(context: JobContext, services: Services, run_id: str, asked: Asked) -> str:
    """Carry out one load of a batch, unless that is done; returns how it ended."""
    if (known := context.log.get(run_id).status) in TERMINAL:
        return known
    with context.slot():
        state = context.attempt(run_id)
        state.started()
        try:
            with use_fence(run_id, state.epoch):
                report = _take_in(context, services, asked, state)
        except (Cancelled, Fenced):
            raise
        except Exception as error:
            if not isinstance(error, WorkbenchError):
                _log.exception("a load failed", extra={"run_id": run_id})
            context.hold()
            state.failed(error_of(error))
            return "failed"
        state.attributes(**kept_report(report))
        state.succeeded()
        return "succeeded"


def _carry_out(context: JobContext, work: Callable[[Services, Asked], dict[str, Any]]) -> dict[str, Any]:
    from workbench.app.services import Services

    loads = AskedLoads(context.settings.state)
    if (kept := loads.result(context.run.id)) is not None:
        return kept  # who carried it out died before it could say so
    asked = loads.of(context.run.id)
    reach = Reach.named(asked.reach, context.settings.root)
    services = Services(context.settings, reach=reach if asked.below is None else reach.into(Path(asked.below)))
    try:
        kept = work(services, asked)
    except Fenced:
        context.check()
        if context.log.get(context.run.id).status == "cancelled":
            loads.done(context.run.id)
            raise Cancelled("The load was cancelled; nothing was written.", run_id=context.run.id) from None
        raise  # another worker carries it out
    except WorkbenchError:
        # A failure that may be due to this worker's own end is none: the load is carried out again, and must be known.
        context.hold()
        loads.done(context.run.id)
        raise
    finally:
        services.close()
    loads.done(context.run.id, kept)
    return kept


def _today(services: Services, asked: Principal) -> Principal:
    """Who asked, with the rights that she has now, and not more than what she asked with.

    Raises
    ------
    Unauthenticated
        She is disabled.
    """
    return services.users.now(asked).model_copy(update={"only": asked.only, "looks_only": asked.looks_only})


def _body(progress: Progress) -> dict[str, Any]:
    return progress.model_dump(mode="json", exclude_none=True)


def _take_in(context: JobContext, services: Services, asked: Asked, state: RunState) -> IngestReport:
    return services.ingest.ingest(
        asked.source,
        asked.options,
        _today(services, asked.who or Principal(name=context.run.principal)),
        progress=Telling(lambda progress: state.event("run.progress", **_body(progress))),
        stop=lambda: context.is_cancelled,
        run_id=state.run_id,
    )
