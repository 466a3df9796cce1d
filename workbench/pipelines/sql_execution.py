"""A step of SQL, carried out in a child process (:mod:`workbench.app.sql_step`): it can be killed, and takes nothing else along."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypedDict

from workbench.jobs.roles import clean_environment
from workbench.pipelines.execute import End
from workbench.pipelines.execution import Execution, value_of
from workbench.runs.context import STEP_PARENT_VARIABLE
from workbench.runs.records import RunError

__all__ = ["SqlExecution", "SqlSpec"]


class SqlSpec(TypedDict):
    """What to carry out: the pinned ``file``, its ``step``, and the pipeline's parameters with their values. ``principal`` is who submitted
    the run, as she was known then; None: only her ``name`` is."""

    root: str
    file: str
    step: dict[str, Any]
    parameters: list[dict[str, Any]]
    values: dict[str, Any]
    name: str
    principal: dict[str, Any] | None


class SqlExecution(Execution):
    """As of a notebook, without a kernel and without a token: the process asks the query service itself, as the run's principal."""

    # By name, because it needs the services of a whole workspace, which stand to the right of this package.
    module = imported = "workbench.app.sql_step"
    kernel_wanted = False

    def progress(self, number: int, count: int) -> dict[str, Any]:
        return {"statement": number, "statements": count}

    def environment(self) -> dict[str, str]:
        run = self.run_record
        return {
            **clean_environment(),
            "WORKBENCH_HOME": str(self.context.settings.root),
            "WORKBENCH_RUN_ID": run.id,
            "WORKBENCH_FENCE": f"{run.id}:{self.state.epoch}",
            "WORKBENCH_NOTEBOOK": run.attributes["source"],
            "WORKBENCH_STEP": self.step.name,
            "WORKBENCH_WORKER": self.context.worker,
            **self.anew(),
            # The process itself is the one whose writes are counted.
            STEP_PARENT_VARIABLE: str(os.getpid()),
        }

    def spec(self) -> Mapping[str, Any]:
        from workbench.pipelines.load import FILE_NAME, load_pipeline

        settings, run = self.context.settings, self.context.run
        source = self.source
        pipeline = load_pipeline(source / FILE_NAME, settings.root)
        spec: SqlSpec = {
            "root": str(settings.root),
            "file": str(source / self.step.file),
            "step": self.step.to_json(),
            "parameters": [parameter.to_json() for parameter in pipeline.parameters],
            "values": {**run.params, **self.own},
            "name": run.principal,
            "principal": run.attributes.get("principal"),
        }
        return spec

    def error(self, end: End) -> RunError:
        """Where it failed and why: the file, the line and column, and the statement's own error with what to do about it."""
        where = f"Step {self.step.name!r} failed"
        if end.get("timed_out"):
            return self.too_long(where)
        if end.get("process_died"):
            fix = f"Often the memory was used up, or somebody ended it. See {self.log} in the workspace's folder."
            return RunError(code="process_died", message=f"{where}: {end['value']}.", fix=fix)
        at = f" at {self.step.file}{end.get('place', '')}"
        return RunError(code=end.get("name", "internal"), message=f"{where}{at}: {value_of(end)}", fix=end.get("fix"))
