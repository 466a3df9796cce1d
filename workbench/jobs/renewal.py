"""Processes that were started before the workbench was updated.

They outlive JupyterLab and the command line, so an update finds them at work: with the code of before in memory, and what they import from
then on of the new one.
"""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from workbench.core.config import Settings
from workbench.core.errors import WorkbenchError
from workbench.jobs import kinds
from workbench.jobs.files import read_state
from workbench.jobs.modules import code_now
from workbench.jobs.processes import Process

__all__ = ["at_work", "outdated"]


def outdated(settings: Settings) -> bool:
    """Whether a process of the workspace was started from other modules than there are now."""
    written = read_state(settings)
    told = [written, *written.get("processes", {}).values()]
    alive = [each for each in told if (process := Process.from_json_or_none(each)) is not None and process.alive()]
    return bool(alive) and {each.get("code") for each in alive} != {code_now()}


def at_work(settings: Settings) -> bool:
    """Whether jobs are carried out, which would begin anew if their worker ended; True where that cannot be told."""
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

    store = Store(settings.store_url)
    try:
        running = RunLog(store).list(status="running", limit=None)
        return any(run.kind in kinds.known() and "process" not in run.attributes for run in running)
    except (WorkbenchError, SQLAlchemyError):
        return True  # perhaps of a version whose tables are others
    finally:
        store.close()
