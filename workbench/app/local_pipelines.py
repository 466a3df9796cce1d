"""The verbs of ``pipelines`` in this process."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.app.namespace import Namespace
from workbench.app.unread import unread
from workbench.app.workspace import PipelineSugar

if TYPE_CHECKING:
    from workbench.governance.policy.records import Right
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

__all__ = ["PipelineNamespace"]


class PipelineNamespace(PipelineSugar, Namespace, noun="pipelines"):
    def list(self) -> tuple[Pipeline, ...]:
        """Pipelines below ``notebooks/pipelines/`` of the workspace."""
        found = self._services.pipelines.list()
        if self._who.is_admin:
            return found
        rights = self._services.view(self._who).rights
        return tuple(pipeline for pipeline in found if rights.may_on("read", f"pipeline:{pipeline.name}"))

    def get(self, name: str) -> Pipeline:
        """One pipeline."""
        from workbench.pipelines.untaken import warnings_of

        self._check("read", name)
        found = self._services.pipelines.get(name)
        return found.model_copy(update={"warnings": warnings_of(self._services.settings.root / found.folder, found)})

    def run(
        self, name: str, params: dict[str, Any] | None = None, wait: bool = False, queue: Queue | None = None, priority: int | None = None,
        version: int | None = None,
    ) -> PipelineRun:  # fmt: skip
        """Start it on the durable queue; ``wait`` returns when it has ended."""
        self._check("run", name)
        said: Any = {"principal": self._who, "queue": queue, "priority": priority, "version": version}
        with unread(name, self._may("read", name)):
            if not self._who.is_admin and self._services.settings.jobs.sooner == "admins":
                self._services.pipelines.check_turn(name, queue, priority, version)
            return self._shown(self._services.pipelines.run(name, params, wait, **said))

    def new(self, name: str, template: TemplateName = "empty") -> Pipeline:
        """Make a pipeline from a template: a folder below ``notebooks/pipelines/``, which must not be there yet."""
        return self._services.pipelines.new(name, template)

    def templates(self) -> tuple[Template, ...]:
        """What a new pipeline can begin as."""
        from workbench.pipelines.new import templates

        return templates()

    def add_step(
        self, name: str, step: str, sql: str, output: str | None = None, mode: StepMode = "overwrite", keys: tuple[str, ...] = (),
        needs: tuple[str, ...] = (), description: str = "", params: dict[str, Any] | None = None, replace: bool = False,
    ) -> Pipeline:  # fmt: skip
        """Put a step of SQL into a pipeline, which is made where there is none."""
        return self._services.pipelines.add_step(name, step, sql, output, mode, keys, needs, description, params, replace)

    def preview_step(
        self, name: str, step: str, sql: str, output: str | None = None, mode: StepMode = "overwrite", keys: tuple[str, ...] = (),
        needs: tuple[str, ...] | None = None, description: str = "", params: dict[str, Any] | None = None, replace: bool = False,
    ) -> StepPreview:  # fmt: skip
        """What ``add_step`` would make of ``pipeline.yaml``; nothing is changed."""
        # What stands behind views the text does not say.
        reads = self._services.insight.validate(sql, principal=self._who).tables if needs is None else ()
        said = {"output": output, "mode": mode, "keys": keys, "description": description, "params": params, "replace": replace}
        return self._services.pipelines.preview_step(name, sql, step, needs, reads, **said)

    def draft(self, path: str, text: str | None = None, changes: builtins.tuple[Change, ...] = ()) -> PipelineDraft:
        """What a ``pipeline.yaml`` says, with all that is wrong in it; with ``changes`` made in its text. Nothing is written."""
        from workbench.pipelines.draft import draft

        return draft(self._services.settings, path, text, changes)

    def publish(self, name: str) -> PipelineVersion:
        """Keep the files as they are now as the version that schedules run."""
        return self._services.pipelines.publish(name, self._who)

    def versions(self, name: str) -> tuple[PipelineVersion, ...]:
        """What was published, newest first."""
        if self._may("run", name):
            self._check("run", name)
        else:
            self._check("read", name)
        with unread(name, reads := self._may("read", name)):
            found = self._services.pipelines.published(name)
        if reads:
            return found
        # That there are such files, and not which.
        return tuple(each.model_copy(update={"differs": ("?",)}) if each.differs else each for each in found)

    def status(self, name: str, run_id: str) -> PipelineRun:
        """A run of it with its steps."""
        if not self._may("read", name):
            self._check("run", name)
        return self._shown(self._services.pipelines.status(name, run_id))

    def repair(
        self, run_id: str, params: dict[str, Any] | None = None, steps: builtins.tuple[str, ...] | None = None, source: Source = "pinned",
        dependents: bool = True, wait: bool = False,
    ) -> PipelineRun:  # fmt: skip
        """Carry a run that has ended out again, from the steps that failed, or from some, with those that need them."""
        with self._again(run_id):
            return self._shown(self._services.pipelines.repair(run_id, params, steps, source, dependents, wait, principal=self._who))

    def preview_repair(
        self, run_id: str, params: dict[str, Any] | None = None, steps: builtins.tuple[str, ...] | None = None, source: Source = "pinned",
        dependents: bool = True,
    ) -> RepairPreview:  # fmt: skip
        """Which steps ``repair`` would carry out again, and with which values."""
        with self._again(run_id):
            found = self._services.pipelines.preview_repair(run_id, params, steps, source, dependents, principal=self._who)
            if self._in_full(run_id):
                return found
            return found.model_copy(update={"parameters": (), "params": self._shown_run(run_id).params, "anew": ()})

    def rerun(self, run_id: str, params: dict[str, Any] | None = None, source: Source = "pinned", wait: bool = False) -> PipelineRun:
        """A new run with the parameters and the files of an earlier one, or with the files as they are now."""
        with self._again(run_id):
            return self._shown(self._services.pipelines.rerun(run_id, params, source, wait, principal=self._who))

    def replay(self, run_id: str, wait: bool = False) -> Run:
        """Carry a past run out once more, on the snapshots that it read, in a place that is thrown away."""
        return self._services.pipelines.replay(run_id, wait, principal=self._who)

    def debug(self, run_id: str, step: str | None = None, wait: bool = False) -> Run:
        """Make a place to look for what is wrong with a step."""
        self._check_own(run_id)
        if (seen := self._seen_runs) is not None:
            seen.check_own(run_id)
        return self._services.pipelines.debug(run_id, step, wait, principal=self._who)

    def diff(self, first: str, second: str) -> RunDiff:
        """What two runs differ in: parameters, datasets by snapshot, code, figures, each cell's output, times."""
        from workbench.pipelines.diff import diff

        found = [self._looked_at(run_id) for run_id in (first, second)]
        whole, seen = all(self._in_full(run_id) for run_id in (first, second)), self._seen_runs
        if not whole and seen is not None:
            # What she knows of her own is no difference to what she is not told of the other.
            found = [each.model_copy(update={"steps": tuple(map(seen.with_seen, each.steps))}) for each in found]
        return diff(self._services.settings, found[0], found[1], whole)

    def approvals(self) -> builtins.tuple[ApprovalRequest, ...]:
        """What waits for the caller's decision."""
        from workbench.pipelines.approval import waiting

        return tuple(each for each in waiting(self._services.log) if self._may_decide(each))

    def approve(self, run_id: str, step: str | None = None, comment: str = "") -> Decision:
        """Let a run that waits for a person go on."""
        return self._decide(run_id, step, True, comment)

    def reject(self, run_id: str, step: str | None = None, comment: str = "") -> Decision:
        """Have the step of a run fail that waits for a person."""
        return self._decide(run_id, step, False, comment)

    def _decide(self, run_id: str, step: str | None, approved: bool, comment: str) -> Decision:
        from workbench.core.errors import Forbidden
        from workbench.pipelines.approval import chosen, decide, waiting
        from workbench.runs.context import current_fence

        if current_fence() is not None:
            raise Forbidden("A step decides on no step.", fix="A person does: `workbench pipelines approvals`.")
        asked = [each for each in waiting(self._services.log) if each.run_id == run_id]
        hers = tuple(each for each in asked if self._may_decide(each))
        if not hers:
            self._refuse(run_id, [each for each in asked if step in (None, each.step)])
        return decide(self._services.store, self._services.log, chosen(hers, step), approved, comment, self._who)

    def _may_decide(self, asked: ApprovalRequest) -> bool:
        from workbench.pipelines.approval import may_decide

        return may_decide(asked.by, self._who, () if self._who.is_admin else self._services.view(self._who).rights.roles)

    def _refuse(self, run_id: str, asked: Sequence[ApprovalRequest]) -> None:
        """Raise what the caller may know of a run that she does not decide on."""
        run = self._services.log.get(run_id)
        if not self._who.is_admin:
            from workbench.pipelines.approval import not_among

            self._shown_run(run_id)
            if asked and self._may("read", run.job):
                raise not_among(asked[0].by)

    def run_notebook(self, path: str, params: dict[str, Any] | None = None, wait: bool = False) -> PipelineRun:
        """Run one notebook of the workspace, as it is now, on the durable queue."""
        return self._services.pipelines.run_notebook(path, params, wait, principal=self._who)

    def _check_own(self, run_id: str) -> None:
        """Who may start a pipeline carries out again what she has started; of others' runs she may not know the parameters."""
        if (seen := self._seen_runs) is not None:
            seen.check_started(run_id, "repeats")
            self._check("run", self._services.pipelines.of(run_id).run.job)

    @contextmanager
    def _again(self, run_id: str) -> Iterator[None]:
        """Her own run is carried out again in the block."""
        self._check_own(run_id)
        if self._who.is_admin:
            yield
            return
        name = self._services.pipelines.of(run_id).run.job
        with unread(name, self._may("read", name)):
            yield

    def _may(self, right: Right, name: str) -> bool:
        return self._who.is_admin or self._services.view(self._who).rights.may_on(right, f"pipeline:{name}")

    def _check(self, right: Right, name: str) -> None:
        if not self._may(right, name) or (not self._who.is_admin and name not in {each.name for each in self._services.pipelines.list()}):
            from workbench.core.errors import Forbidden, PipelineNotFound

            if right == "run" and self._may("read", name):
                raise Forbidden(
                    f"You may look at the pipeline {name}, and not start it.", fix="Ask who administers the workspace for a grant."
                )
            raise PipelineNotFound(f"There is no pipeline {name!r}.", fix="`workbench pipelines` lists those there are.")

    def _looked_at(self, run_id: str) -> PipelineRun:
        """A run with its steps as the caller sees it where one looks at it: see :meth:`status`."""
        found = self._shown_run(run_id)
        if self._who.is_admin or found.kind != "pipeline":
            return self._services.pipelines.of(run_id)
        name = self._services.log.get(run_id).job
        if not (self._may("read", name) or self._may("run", name)):
            from workbench.core.errors import RunNotFound

            raise RunNotFound(f"There is no run {run_id!r}.", fix="`workbench runs` lists those there are.")
        return self.status(name, run_id)

    def _shown_run(self, run_id: str) -> Run:
        """A run as the caller sees it. Raises RunNotFound."""
        return (self._seen_runs or self._services.log).get(run_id)

    def _in_full(self, run_id: str) -> bool:
        """Whether all that a run does is for the caller to see."""
        seen = self._seen_runs
        return seen is None or seen.is_hers(run_id)

    def _shown(self, found: PipelineRun) -> PipelineRun:
        """A run of it with what the caller may know of each of its steps."""
        if (seen := self._seen_runs) is None:
            return found
        return found.model_copy(update={"run": seen.get(found.run.id), "steps": tuple(seen.get(step.id) for step in found.steps)})
