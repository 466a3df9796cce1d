"""Runs of pipelines that there are: looked at, compared, replayed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from workbench.core.clock import now
from workbench.core.config import Settings
from workbench.core.errors import Conflict, NotFound, RunNotFound, ServiceNotRunning
from workbench.core.principals import Principal, local_principal
from workbench.jobs.service import JobService
from workbench.pipelines.approval import ASKED
from workbench.pipelines.function_notebook import function_notebook
from workbench.pipelines.records import PipelineRun
from workbench.pipelines.snapshot import notebook_file
from workbench.pipelines.sql_notebook import sql_notebook
from workbench.runs.records import TERMINAL, Run

if TYPE_CHECKING:
    from workbench.pipelines.diff_records import RunDiff
    from workbench.runs.log import RunLog

__all__ = ["PastRuns", "page_of"]

_PATIENCE = timedelta(seconds=10)


def page_of(settings: Settings, run_id: str) -> str | None:
    """Where the team's server shows a run to who may see it."""
    public = settings.serve.public_url.rstrip("/")
    return f"{public}/run?id={run_id}" if public else None


class PastRuns:
    """Of all pipelines of the workspace, and of notebooks by themselves."""

    def __init__(self, settings: Settings, jobs: JobService, log: RunLog) -> None:
        self.settings, self.jobs, self.log = settings, jobs, log

    def status(self, name: str, run_id: str) -> PipelineRun:
        """A run with its steps, in order.

        Raises
        ------
        RunNotFound
            There is no such run of this pipeline.
        """
        found = self.of(run_id)
        if found.run.job != name:
            raise RunNotFound(f"Run {run_id} is no run of pipeline {name!r}.", fix=f"See its runs: workbench runs --job {name}.")
        return found

    def replay(self, run_id: str, wait: bool = False, *, principal: Principal | None = None) -> Run:
        """Queue the replay of a past run (:mod:`workbench.app.replay_job`).

        Raises
        ------
        RunNotFound
            There is no such run of a pipeline.
        Conflict
            It has not ended.
        NotFound
            Its files are no longer kept.
        """
        from workbench.pipelines.repair import pinned_pipeline

        run = self.of(run_id).run
        if run.status not in TERMINAL:
            raise Conflict("The run has not ended.", fix="Wait for its end.", run_id=run_id)
        pinned_pipeline(self.settings, run)
        made = self.jobs.submit("replay", f"replay {run.job}", {"run_id": run_id}, (principal or local_principal()).name)
        return self._ended(made) if wait else self.log.get(made)

    def debug(self, run_id: str, step: str | None = None, wait: bool = False, *, principal: Principal | None = None) -> Run:
        """Queue the making of a scratch for a step (:mod:`workbench.app.debug_job`).

        Raises
        ------
        RunNotFound, InvalidInput, NotFound
            There is no such run of a pipeline or step, it has no notebook, or its files are no longer kept.
        Conflict
            The step has not ended.
        """
        from workbench.pipelines.debugging import step_of
        from workbench.pipelines.repair import pinned_pipeline

        found = self.of(run_id)
        run, who = step_of(found, step), principal or local_principal()
        if run.status not in TERMINAL:
            raise Conflict("The step has not ended.", fix="Wait for its end.", run_id=run.id)
        pinned_pipeline(self.settings, found.run)
        asked = {"run_id": run_id, "step": run.attributes["step"]}
        attributes = {"queue": "high", "principal": who.to_json()}
        made = self.jobs.submit("debug", f"debug {found.run.job}", asked, who.name, attributes=attributes)
        return self._ended(made) if wait else self.log.get(made)

    def diff(self, first: str, second: str) -> RunDiff:
        """What two runs, of one pipeline or of two, differ in.

        Raises
        ------
        RunNotFound
            There is no run of a pipeline of one of these ids.
        """
        from workbench.pipelines.diff import diff

        return diff(self.settings, self.of(first), self.of(second))

    def of(self, run_id: str) -> PipelineRun:
        """A run of any pipeline with its steps, in order.

        Raises
        ------
        RunNotFound
            There is no such run, or it is none of a pipeline.
        """
        run = self.log.get(run_id)
        if run.kind != "pipeline":
            raise RunNotFound(f"Run {run_id} is no run of a pipeline.", fix="See those: workbench runs list --kind pipeline.")
        steps = tuple(run.attributes.get("steps", {}).values())
        found = self.log.some(steps)
        every = tuple(found[step] if step in found else self.log.get(step) for step in steps)
        return PipelineRun(run=run, steps=every, page=page_of(self.settings, run_id))

    def notebook(self, run_id: str) -> dict[str, Any]:
        """The executed notebook of a step's run, as it was last saved; of SQL one with its statements, of a function one with its file and
        its log, and what came of them.

        Raises
        ------
        RunNotFound, NotFound
            There is no such run, it has no executed notebook, or none yet.
        """
        run = self.log.get(run_id)
        if run.kind != "step":
            steps = ", ".join(f"{name} is {step}" for name, step in (run.attributes.get("steps") or {}).items())
            fix = f"Its steps have: {steps}." if steps else "Steps of pipelines have."
            raise NotFound(f"Run {run_id} has no executed notebook.", fix=fix)
        if "sql" in run.attributes or "function" in run.attributes:
            values = self.log.get(run.parent_id).params if run.parent_id else {}
            shown = sql_notebook if "sql" in run.attributes else function_notebook
            return shown(self.settings, run, {**values, **run.attributes.get("params", {})})
        if ASKED in run.attributes:
            raise NotFound(
                f"Step {run.attributes['step']!r} waits for a person and runs nothing.", fix="`workbench runs show` tells who decided."
            )
        try:
            text = notebook_file(self.settings, run).read_text(encoding="utf-8")
        except FileNotFoundError:
            over = run.status in TERMINAL
            fix = "It never started, or the file was deleted." if over else "Wait until it has started."
            raise NotFound(f"Run {run_id} has no executed notebook{'' if over else ' yet'}.", fix=fix) from None
        found: dict[str, Any] = json.loads(text)
        for cell in found.get("cells", ()):
            # Whether its outputs may run as programs is for who looks at it to say, not for the file.
            cell.get("metadata", {}).pop("trusted", None)
        return found

    def _wait(self, name: str, run_id: str) -> PipelineRun:
        self._ended(run_id)
        return self.status(name, run_id)

    def _ended(self, run_id: str) -> Run:
        while True:
            after = self.log.last()
            found = self.log.get(run_id)
            if found.status in TERMINAL:
                return found
            if found.status == "queued" and now() - (found.queued_at or now()) > _PATIENCE and not self.jobs.workers_alive():
                raise ServiceNotRunning(
                    "The run is queued, but no worker is there to take it up.", fix="Start it with `workbench up`.", run_id=run_id
                )
            self.log.wait(after, 1.0)
