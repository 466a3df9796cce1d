"""Carrying out a queued load: the executor of the kind ``ingest``. Here, because it needs the services of a whole workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import Cancelled, Fenced, WorkbenchError
from workbench.core.principals import Principal
from workbench.ingest.job import AskedLoads, Telling
from workbench.ingest.report import kept_report
from workbench.ingest.sources.reach import Reach
from workbench.runs.context import use_fence

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.ingest.job import Asked
    from workbench.ingest.records import IngestReport, Progress
    from workbench.jobs.context import JobContext

__all__ = ["execute"]


def execute(context: JobContext) -> dict[str, Any]:
    """Take in what ``context.run`` was asked to, under the run's own id: after a worker's death it is done again, and what had been
    committed is not committed twice.

    Raises
    ------
    Cancelled
        Somebody cancelled it. Nothing was written.
    """
    from workbench.app.services import Services

    loads = AskedLoads(context.settings.state)
    if (kept := loads.result(context.run.id)) is not None:
        return kept  # who carried it out died before it could say so
    asked = loads.of(context.run.id)
    services = Services(context.settings, reach=Reach.named(asked.reach, context.settings.root))
    try:
        with context.slot(), use_fence(context.run.id, context.state.epoch):
            report = _take_in(context, services, asked)
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
    kept = kept_report(report)
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


def _take_in(context: JobContext, services: Services, asked: Asked) -> IngestReport:
    def tell(progress: Progress) -> None:
        context.state.event("run.progress", **progress.model_dump(mode="json", exclude_none=True))

    return services.ingest.ingest(
        asked.source,
        asked.options,
        _today(services, asked.who or Principal(name=context.run.principal)),
        progress=Telling(tell),
        stop=lambda: context.is_cancelled,
        run_id=context.run.id,
    )
