"""DBOS, behind the few calls that a worker makes. Only a worker launches it; everybody else leaves a request in the store.

What is ours rather than DBOS's: the queue (a request is written in the same transaction as the run, so none is lost or
made up), heartbeats, taking over, fences. What is DBOS's: a workflow's checkpoints, its replay and who owns it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from workbench.core.clock import iso
from workbench.core.config import Settings
from workbench.jobs.database import sqlite_engine

__all__ = ["VERSION", "WORKFLOW", "Durable", "workflow_id"]

WORKFLOW = "workbench.run_job"

#: The order in which a job's checkpoints are drawn. Raised when it changes; runs of another version are not resumed.
VERSION = "1"

# A worker's death is no fault of the run it was busy with; after so many, something in the run kills workers.
_MAX_RECOVERIES = 200

# A chunk is one transaction; the rest waits for the next round.
_FORGET_AT_ONCE = 500


def workflow_id(run_id: str, repair: int) -> str:
    """A workflow ends once, and a run may be repaired: each repair is a workflow of its own.

    >>> workflow_id("0190", 0), workflow_id("0190", 2)
    ('0190', '0190.2')
    """
    return f"{run_id}.{repair}" if repair else run_id


Entry = Callable[[str, dict[str, Any]], dict[str, Any]]


class Durable:
    """A launched DBOS. One a process.

    Parameters
    ----------
    executor
        A name of its own for every incarnation of a worker: one that another had before would "recover" its live work.
    entry
        What every workflow calls: ``entry(run_id, request)`` with the request that it was started with.
    """

    def __init__(self, settings: Settings, executor: str, entry: Entry) -> None:
        from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

        logging.getLogger("dbos").setLevel(logging.WARNING)
        config: DBOSConfig = {
            "name": "workbench",
            "application_version": VERSION,
            "executor_id": executor,
            "serializer": DBOSPortableJSONSerializer(),  # the default is pickle
            "enable_otlp": False,
            "log_level": "WARNING",
            "use_listen_notify": False,
            "system_database_url": settings.jobs_url,
        }
        if settings.jobs_url.startswith("sqlite"):
            config["system_database_engine"] = sqlite_engine(settings.jobs_url)
        self._dbos, self._executor = DBOS, executor
        DBOS(config=config)

        def run_job(run_id: str, request: dict[str, Any]) -> dict[str, Any]:
            return entry(run_id, request)

        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=_MAX_RECOVERIES)(run_job)
        DBOS.launch()

    def start(self, run_id: str, request: dict[str, Any]) -> bool:
        """Begin the workflow of this run, or of this repair of it; where there is one already, nothing happens. Whether it is ours."""
        from dbos import SetWorkflowID

        with SetWorkflowID(workflow_id(run_id, request.get("repair", 0))):
            handle = self._dbos.start_workflow(self._workflow, run_id, request)
        return bool(handle.get_status().executor_id == self._executor)

    def recover(self, executors: Iterable[str]) -> int:
        """Take over what dead executors were busy with. Returns how many workflows that were."""
        return len(self._dbos._recover_pending_workflows(list(executors)))

    def cancel(self, workflow: str) -> None:
        """Never start the workflow, or resume it, again."""
        self._dbos.cancel_workflow(workflow)

    def statuses(self, workflows: list[str]) -> dict[str, str]:
        """DBOS's word for each workflow that exists: PENDING, ENQUEUED, SUCCESS, ERROR, CANCELLED, MAX_RECOVERY_ATTEMPTS_EXCEEDED."""
        found: dict[str, str] = {}
        for begin in range(0, len(workflows), 200):
            chunk = workflows[begin : begin + 200]
            listed = self._dbos.list_workflows(workflow_ids=chunk, load_input=False, load_output=False)
            found.update({workflow.workflow_id: workflow.status for workflow in listed})
        return found

    def unfinished(self) -> dict[str, dict[str, Any]]:
        """The request of each run with a workflow that has not ended."""
        listed = self._dbos.list_workflows(status=["PENDING", "ENQUEUED"], load_output=False)
        return {w.input["args"][0]: w.input["args"][1] for w in listed if w.name == WORKFLOW and w.input and len(w.input["args"]) == 2}

    def forget(self, before: datetime) -> int:
        """Delete workflows that ended and were made before a moment, with their checkpoints. Returns how many."""
        ended = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
        listed = self._dbos.list_workflows(status=ended, end_time=iso(before), limit=_FORGET_AT_ONCE, load_input=False, load_output=False)
        if listed:
            self._dbos.delete_workflows([workflow.workflow_id for workflow in listed])
        return len(listed)

    def checkpoint(self, name: str) -> Callable[..., Any]:
        """The next checkpoint of the workflow that runs: call it with a function and its arguments, from any thread that
        has the workflow's context; what the function returns (JSON) is kept, and a resumed workflow gets it back."""
        reserved = self._dbos.reserve_step()

        def run(function: Callable[..., Any], *arguments: Any) -> Any:
            return reserved.run({"name": name}, function, *arguments)

        return run
