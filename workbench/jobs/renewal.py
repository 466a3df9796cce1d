"""Processes that were started before the workbench was updated.

They outlive JupyterLab and the command line, so an update finds them at work: with the code of before in memory, and what they import from
then on of the new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from workbench.core.config import Settings
from workbench.core.errors import WorkbenchError
from workbench.jobs import kinds
from workbench.jobs.files import read_state
from workbench.jobs.modules import code_now
from workbench.jobs.processes import Process

if TYPE_CHECKING:
    from workbench.runs.records import Run

__all__ = ["at_work", "outdated"]


def outdated(settings: Settings) -> bool:
    """Whether a process of the workspace was started from other modules than there are now."""
    alive = [told for told, _ in _alive(settings)]
    return bool(alive) and {told.get("code") for told in alive} != {code_now()}


def at_work(settings: Settings) -> bool:
    """Whether jobs are carried out, which would begin anew if their worker ended, or a process carries out what would be lost with it (a
    statement, an export, a load); True where that cannot be told. A job that only waits for a person needs no process."""
    from workbench.runs.log import RunLog
    from workbench.runs.process import born_in
    from workbench.store.store import Store

    own = {process.born for _, process in _alive(settings) if process.born}
    store = Store(settings.store_url)
    try:
        running = RunLog(store).list(status="running", limit=None)
        waiting = _waiting_for_a_person(running)
        for run in running:
            process = run.attributes.get("process")
            if born_in(process) in own if isinstance(process, dict) else run.kind in kinds.known() and run.id not in waiting:
                return True
        return False
    except (WorkbenchError, SQLAlchemyError):
        return True  # perhaps of a version whose tables are others
    finally:
        store.close()


def _waiting_for_a_person(running: Iterable[Run]) -> set[str]:
    """The runs of which something waits for a person's decision, and nothing else is at work."""
    by_run: dict[str, set[bool]] = {}
    for run in running:
        if run.parent_id is not None:
            by_run.setdefault(run.parent_id, set()).add("asked_at" in run.attributes)
    return {run_id for run_id, waits in by_run.items() if waits == {True}}


def _alive(settings: Settings) -> list[tuple[dict[str, Any], Process]]:
    """The processes of the workspace that live, with what is written of them."""
    written = read_state(settings)
    told = [written, *written.get("processes", {}).values()]
    return [(each, process) for each in told if (process := Process.from_json_or_none(each)) is not None and process.alive()]
