"""Graphs of notebooks and SQL."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

from pydantic import Field

from workbench.app.protocol.limits import Priority
from workbench.app.verbs import verb
from workbench.jobs.queues import Queue
from workbench.pipelines.approval import ApprovalRequest, Decision
from workbench.pipelines.diff_records import RunDiff
from workbench.pipelines.draft_records import Change, PipelineDraft
from workbench.pipelines.records import (
    Pipeline,
    PipelineRun,
    PipelineVersion,
    RepairPreview,
    Source,
    StepMode,
    StepPreview,
    Template,
    TemplateName,
)
from workbench.runs.records import Run

__all__ = ["PipelineVerbs"]


class PipelineVerbs(Protocol):
    @verb("GET", "/pipelines")
    def list(self) -> tuple[Pipeline, ...]:
        """Pipelines below ``notebooks/pipelines/`` of the workspace."""

    @verb("GET", "/pipelines/{name}")
    def get(self, name: str) -> Pipeline:
        """One pipeline."""

    @verb("POST", "/pipelines/{name}/new")
    def new(self, name: str, template: TemplateName = "empty") -> Pipeline:
        """Make a pipeline from a template, which runs as it is: a folder below ``notebooks/pipelines/``, which must not be there yet."""

    @verb("GET", "/pipeline-templates")
    def templates(self) -> tuple[Template, ...]:
        """What a new pipeline can begin as."""

    @verb("POST", "/pipelines/{name}/runs")
    def run(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        wait: bool = False,
        queue: Queue | None = None,
        priority: Priority | None = None,
        version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None,
    ) -> PipelineRun:
        """Start it on the durable queue; ``wait`` returns when it has ended.

        ``queue`` (high, normal, low) and ``priority`` (0 to 100) say when its turn is, instead of the pipeline; a turn before the one that
        the pipeline says is for administrators (``jobs.sooner``). ``version``: with the files of that published version."""

    @verb("POST", "/pipelines/{name}/steps")
    def add_step(
        self,
        name: str,
        step: str,
        sql: str,
        output: str | None = None,
        mode: StepMode = "overwrite",
        keys: tuple[str, ...] = (),
        needs: tuple[str, ...] = (),
        description: str = "",
        params: dict[str, Any] | None = None,
        replace: bool = False,
    ) -> Pipeline:
        """Put a step of SQL into a pipeline, which is made where there is none: ``STEP.sql``, and its entry in ``pipeline.yaml``.

        ``params`` are values of parameters that the statement names: what the pipeline lacks it gets, with them as defaults."""

    @verb("POST", "/pipelines/{name}/steps/preview", safe=True)
    def preview_step(
        self,
        name: str,
        step: str,
        sql: str,
        output: str | None = None,
        mode: StepMode = "overwrite",
        keys: tuple[str, ...] = (),
        needs: tuple[str, ...] | None = None,
        description: str = "",
        params: dict[str, Any] | None = None,
        replace: bool = False,
    ) -> StepPreview:
        """What ``add_step`` would make of ``pipeline.yaml``; nothing is changed. Without ``needs`` it proposes the steps that write
        what the statements read."""

    @verb("POST", "/pipeline-drafts", safe=True)
    def draft(self, path: str, text: str | None = None, changes: tuple[Change, ...] = ()) -> PipelineDraft:
        """What a ``pipeline.yaml`` says, with all that is wrong in it and what its steps' files take; nothing is written.

        ``path`` is relative to the workspace's folder; ``text`` is what is in an editor, instead of what is in the file. ``changes`` are
        made in the text first, and leave comments and order as they are."""

    @verb("GET", "/pipeline-approvals")
    def approvals(self) -> tuple[ApprovalRequest, ...]:
        """What waits for your decision: steps with ``approve`` that name you, or a role of yours."""

    @verb("POST", "/pipelines/runs/{run_id}/approve")
    def approve(self, run_id: str, step: str | None = None, comment: str = "") -> Decision:
        """Let a run that waits for a person go on; ``step`` says at which step, where several wait."""

    @verb("POST", "/pipelines/runs/{run_id}/reject")
    def reject(self, run_id: str, step: str | None = None, comment: str = "") -> Decision:
        """Have the step of a run fail that waits for a person."""

    @verb("POST", "/pipelines/runs/{run_id}/repair")
    def repair(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        steps: tuple[str, ...] | None = None,
        source: Source = "pinned",
        dependents: bool = True,
        wait: bool = False,
    ) -> PipelineRun:
        """Carry a run that has ended out again, in the same run, from the steps that failed, or from ``steps``, with those that need them.

        ``params`` go over those of the run; ``source="current"`` takes the pipeline's files as they are now. What has succeeded is not
        repeated. The run's ``attributes["repairs"]`` are their history."""

    @verb("POST", "/pipelines/runs/{run_id}/repair/preview", safe=True)
    def preview_repair(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        steps: tuple[str, ...] | None = None,
        source: Source = "pinned",
        dependents: bool = True,
    ) -> RepairPreview:
        """Which steps ``repair`` would carry out again, and with which values; nothing is changed, and it raises as that does."""

    @verb("POST", "/pipelines/runs/{run_id}/rerun")
    def rerun(self, run_id: str, params: dict[str, Any] | None = None, source: Source = "pinned", wait: bool = False) -> PipelineRun:
        """A new run with the parameters and the files of an earlier one, or with the files as they are now."""

    @verb("POST", "/pipelines/runs/{run_id}/replay")
    def replay(self, run_id: str, wait: bool = False) -> Run:
        """Carry a past run out once more, on the snapshots that it read, in a place that is thrown away, and say whether it gives the same.

        A run of kind ``replay``: its ``attributes`` have ``same``, ``cells_same``, ``differences`` (the first of each dataset, and cells)
        and ``notes``."""

    @verb("POST", "/pipelines/runs/{run_id}/debug")
    def debug(self, run_id: str, step: str | None = None, wait: bool = False) -> Run:
        """Make a place to look for what is wrong with a step (the first that failed): its notebook with its parameters, and copies of the
        datasets as it found them, of what you may see. A kernel there changes nothing else.

        A run of kind ``debug``: its ``attributes`` have the notebook's ``path``, and the ``cell`` that failed with its ``number``."""

    @verb("GET", "/pipelines/runs/{first}/diff/{second}")
    def diff(self, first: str, second: str) -> RunDiff:
        """What two runs differ in: parameters, datasets by snapshot, code, figures, each cell's output, times."""

    @verb("POST", "/pipelines/{name}/versions", safe=True)
    def publish(self, name: str) -> PipelineVersion:
        """Keep the files as they are now as the version that schedules run; where nothing has changed, the newest stays."""

    @verb("GET", "/pipelines/{name}/versions")
    def versions(self, name: str) -> tuple[PipelineVersion, ...]:
        """What was published, newest first: when, by whom, and which files differ from the working ones."""

    @verb("POST", "/notebook-runs")
    def run_notebook(self, path: str, params: dict[str, Any] | None = None, wait: bool = False) -> PipelineRun:
        """Run one notebook of the workspace, as it is now, on the durable queue: a pipeline of one step, called as its file is.

        ``path`` is relative to the workspace's folder; ``params`` are of its cell tagged ``parameters``."""

    @verb("GET", "/pipelines/{name}/runs/{run_id}")
    def status(self, name: str, run_id: str) -> PipelineRun:
        """A run of it with its steps."""
