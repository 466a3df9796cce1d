"""Pipelines as verbs: list, get, run, status, repair, publish."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.core.clock import now
from workbench.core.errors import Forbidden, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.principals import Principal, local_principal
from workbench.jobs.queues import due_at, queue_of
from workbench.jobs.requests import Asks
from workbench.pipelines.environment import commit_of, environment
from workbench.pipelines.load import find_pipeline, find_pipelines, order
from workbench.pipelines.parameters import plain, resolve
from workbench.pipelines.past import PastRuns, page_of
from workbench.pipelines.prepared import Prepared, about_step, child_of, in_line, needs_of
from workbench.pipelines.readable import check_notebooks
from workbench.pipelines.records import Pipeline, PipelineRun, PipelineVersion, RepairPreview, Source, Step, StepPreview, TemplateName
from workbench.pipelines.snapshot import PINNED, executed_folder, files_of, folder_code, pin, source_folder
from workbench.pipelines.versions import Versions
from workbench.runs.records import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from workbench.jobs.queues import Queue

__all__ = ["PipelineService"]


class PipelineService(PastRuns):
    """Pipelines below ``notebooks/pipelines/`` of the workspace."""

    def list(self) -> tuple[Pipeline, ...]:
        """All of them, by name. Of one that is broken the description says what is wrong."""
        return tuple(sorted(find_pipelines(self.settings), key=lambda pipeline: pipeline.name))

    def get(self, name: str) -> Pipeline:
        """One of them.

        Raises
        ------
        PipelineNotFound
            There is none of that name.
        """
        return find_pipeline(self.settings, name)

    def run(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        wait: bool = False,
        *,
        principal: Principal | str | None = None,
        key: str | None = None,
        queue: Queue | None = None,
        priority: int | None = None,
        version: int | None = None,
    ) -> PipelineRun:
        """Put a run on the durable queue, with its files as they are now.

        Parameters
        ----------
        params
            By name; text is read as the parameter's type. What is not given takes its default.
        wait
            Return when it has ended (however it ended), instead of at once.
        key
            Makes a repeated call run once.
        queue, priority
            Instead of what the pipeline says.
        version
            With the files of that published version.

        Raises
        ------
        PipelineNotFound, NotFound, InvalidInput
            There is no such pipeline or version, or a parameter is unknown, wrong or missing.
        ServiceNotRunning
            With ``wait``: no worker took it up. It stays queued.
        """
        if version is not None:
            made = self.submit(self.prepare(name, version, params, principal, **in_line(queue, priority)), key)
            return self._wait(name, made) if wait else self.status(name, made)
        run_id = new_id()
        with self.files_held():
            pipeline = self.get(name)
            values = resolve(pipeline, params)
            self.check_resources(pipeline.steps)
            check_notebooks(self.settings.root / pipeline.folder, pipeline)
            pin(self.settings, self.settings.root / pipeline.folder, run_id, pipeline)
            said = in_line(queue, priority) | self._committed(pipeline)
        prepared = self._prepared(pipeline, run_id, values, principal, **said)
        made = self.submit(prepared, key)
        if wait or made != prepared.run_id:
            return self._wait(name, made) if wait else self.status(name, made)
        found = self.log.some((made, *(child.id for child in prepared.children)))
        steps = tuple(found[child.id] for child in prepared.children)
        return PipelineRun(run=found[made], steps=steps, page=page_of(self.settings, made))

    def check_turn(self, name: str, queue: Queue | None, priority: int | None, version: int | None) -> None:
        """Raises
        ------
        Forbidden
            With this queue and priority a run would have its turn before that which its pipeline says.
        PipelineNotFound, NotFound
            There is no such pipeline or version.
        """
        pipeline = self.get(name) if version is None else self.versions.pipeline(name, version)
        own, at = queue_of(in_line(pipeline.queue, pipeline.priority)), now()
        asked = queue_of(in_line(queue or own[0], own[1] if priority is None else priority))
        if due_at(at, *asked) < due_at(at, *own):
            fix = f"Leave `queue` and `priority` out: the pipeline has {own[0]} and {own[1]}. Administrators change them in its YAML."
            raise Forbidden("That would be before the turn that the pipeline has, which is for administrators.", fix=fix)

    def run_notebook(
        self, path: str, params: dict[str, Any] | None = None, wait: bool = False, *, principal: Principal | None = None
    ) -> PipelineRun:
        """Run one notebook, as it is now, on the durable queue: a pipeline of one step that is called as its file is. Errors are those of
        :func:`.single.pipeline_of`; ``wait`` is as for :meth:`run`."""
        from workbench.pipelines.single import pipeline_of

        run_id, values = new_id(), plain(params or {})
        with pipeline_of(self.settings, path, values) as (pipeline, files):
            check_notebooks(files, pipeline)
            pin(self.settings, files, run_id)
        made = self.submit(self._prepared(pipeline, run_id, values, principal))
        return self._wait(pipeline.name, made) if wait else self.status(pipeline.name, made)

    def prepare(
        self, name: str, version: int, params: dict[str, Any] | None = None, principal: Principal | str | None = None, **said: Any
    ) -> Prepared:
        """Pin a published version for a run; nothing is queued yet. One that is never submitted is forgotten after a day. ``said`` are
        attributes of the run.

        Raises
        ------
        NotFound, InvalidInput
            The version is gone, or a parameter is unknown, wrong or missing.
        """
        pipeline, run_id = self.versions.pipeline(name, version), new_id()
        values = self.values_of(pipeline, self.versions.folder(name, version), params)
        self.check_resources(pipeline.steps)
        pin(self.settings, self.versions.folder(name, version), run_id)
        return self._prepared(pipeline, run_id, values, principal, version=version, **said)

    def _prepared(
        self, pipeline: Pipeline, run_id: str, values: dict[str, Any], principal: Principal | str | None, **said: Any
    ) -> Prepared:
        """A run whose files are pinned. ``said`` are attributes of the run."""
        who = Principal(name=principal, roles=()) if isinstance(principal, str) else principal or local_principal()
        ordered = order(pipeline.steps)
        steps = {step.name: new_id() for step in ordered}
        children = [child_of(pipeline, run_id, step, steps[step.name]) for step in ordered]
        code = folder_code(files_of(executed_folder(self.settings, run_id) / PINNED))
        attributes: dict[str, Any] = {"folder": pipeline.folder, "steps": steps, "writes": pipeline.writes}
        attributes |= {"working_folder": pipeline.working_folder} if pipeline.working_folder != "pipeline" else {}
        attributes |= {"code": code, "environment": environment(), **said}
        if not isinstance(principal, str) and any(step.sql for step in pipeline.steps):
            # Statements run with the rights of who has asked for them.
            attributes["principal"] = who.to_json()
        attributes = in_line(pipeline.queue, pipeline.priority) | attributes
        asks = Asks(runs=pipeline.most_runs, needs=needs_of(pipeline.steps))
        return Prepared(run_id, pipeline.name, values, who.name, attributes, children, asks if asks != Asks() else None)

    def submit(self, prepared: Prepared, key: str | None = None) -> str:
        """Put a prepared run on the durable queue; returns its id, or that of the run which was submitted with this ``key`` before."""
        said = {"run_id": prepared.run_id, "attributes": prepared.attributes, "children": prepared.children, "asks": prepared.asks}
        made = self.jobs.submit("pipeline", prepared.name, prepared.values, prepared.by, key, **said)  # type: ignore[arg-type]
        if made != prepared.run_id:
            self.drop(prepared)
        return made

    def drop(self, prepared: Prepared) -> None:
        """Remove what was pinned for a run that will not be submitted."""
        shutil.rmtree(executed_folder(self.settings, prepared.run_id), ignore_errors=True)

    @cached_property
    def versions(self) -> Versions:
        """What was published."""
        return Versions(self.settings, self.jobs.store)

    def publish(self, name: str, principal: Principal | None = None) -> PipelineVersion:
        """Keep the files as they are now as the version that schedules run; what waits follows its limit. Raises PipelineNotFound,
        InvalidInput."""
        with self.files_held(), self.working(name) as (pipeline, files):
            check_notebooks(files, pipeline)
            made = self.versions.publish(name, pipeline, files, principal or local_principal())
        self.jobs.limit("pipeline", pipeline.name, pipeline.most_runs)
        return made

    @contextmanager
    def working(self, name: str) -> Iterator[tuple[Pipeline, Path]]:
        """A pipeline, or a notebook by its path, as it is now, and the folder with its files while the block lasts. Errors are those of
        :meth:`get` and of :func:`.single.pipeline_of`."""
        from workbench.pipelines.single import is_notebook, pipeline_of

        if is_notebook(name):
            with pipeline_of(self.settings, name, {}) as found:
                yield found
        else:
            pipeline = self.get(name)
            yield pipeline, self.settings.root / pipeline.folder

    @staticmethod
    def values_of(pipeline: Pipeline, files: Path, params: dict[str, Any] | None) -> dict[str, Any]:
        """The parameters of a run by their types; a notebook's are untyped, those that its cell tagged ``parameters`` names. Raises
        InvalidInput."""
        from workbench.pipelines.single import check_parameters, is_notebook

        if not is_notebook(pipeline.name):
            return resolve(pipeline, params)
        check_parameters(files / pipeline.name, params or {})
        return params or {}

    def published(self, name: str) -> tuple[PipelineVersion, ...]:
        """What was published, newest first, and what differs from the files as they are now. Raises PipelineNotFound."""
        try:
            with self.working(name) as (pipeline, files):
                return self.versions.list(name, files, pipeline)
        except WorkbenchError:
            # It is gone, or broken; what was published stays.
            if self.versions.newest(name) is None:
                raise
        return self.versions.list(name, None)

    def repair(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        steps: Collection[str] | None = None,
        source: Source = "pinned",
        dependents: bool = True,
        wait: bool = False,
        *,
        principal: Principal | None = None,
    ) -> PipelineRun:
        """Carry a run that has ended out again, in the same run, from the steps that did not succeed with all that need them. What
        succeeded is not repeated, and what it gave is handed on.

        Parameters
        ----------
        params
            Over those of the run.
        steps
            Begin with these instead, however they have ended.
        source
            With the files that the run was submitted with, or with the pipeline's as they are now.
        dependents
            With ``steps``: what needs them follows.
        wait
            As for :meth:`run`.

        Raises
        ------
        Conflict
            The run has not ended, or is being repaired by somebody else.
        InvalidInput
            No step has failed, there is none of a name, or a parameter is wrong.
        RunNotFound, PipelineNotFound, NotFound
            There is no such run, or what it needs is no longer there.
        """
        from workbench.pipelines.repair import repair

        repair(self, run_id, principal or local_principal(), params, steps, source, dependents)
        name = self.log.get(run_id).job
        return self._wait(name, run_id) if wait else self.status(name, run_id)

    def preview_repair(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        steps: Collection[str] | None = None,
        source: Source = "pinned",
        dependents: bool = True,
        *,
        principal: Principal | None = None,
    ) -> RepairPreview:
        """What :meth:`repair` would do; nothing is changed, and it raises as that does."""
        from workbench.pipelines.repair import preview

        return preview(self, run_id, principal or local_principal(), params, steps, source, dependents)

    @contextmanager
    def as_now(self, run: Run, params: dict[str, Any] | None) -> Iterator[tuple[Pipeline, Path]]:
        """What a run was of, as it is now, and the folder with its files: a pipeline, or a notebook with its parameters and these others.
        Errors are those of :meth:`get` and of :func:`.single.pipeline_of`."""
        from workbench.pipelines.single import is_notebook, pipeline_of

        if not is_notebook(run.job):
            with self.working(run.job) as found:
                yield found
            return
        with pipeline_of(self.settings, f"{run.attributes['folder']}/{run.job}", run.params | (params or {})) as found:
            yield found

    def rerun(
        self,
        run_id: str,
        params: dict[str, Any] | None = None,
        source: Source = "pinned",
        wait: bool = False,
        *,
        principal: Principal | str | None = None,
    ) -> PipelineRun:
        """A new run with the parameters of an earlier one; arguments and errors as of :meth:`repair`."""
        from workbench.pipelines.repair import pinned_pipeline, values_for

        run, new = self.of(run_id).run, new_id()
        with self.files_held():
            if source == "current":
                with self.as_now(run, params) as (pipeline, files):
                    check_notebooks(files, pipeline)
                    pin(self.settings, files, new, pipeline)
            else:
                pipeline = pinned_pipeline(self.settings, run)
                pin(self.settings, source_folder(self.settings, run), new)
            values = values_for(pipeline, run, params, source, principal)
            self.check_resources(pipeline.steps)
            kept = {"git": run.attributes["git"]} if "git" in run.attributes else {}
            committed = self._committed(pipeline) if source == "current" else kept
            committed |= {"values_of": run.attributes["values_of"]} if "values_of" in run.attributes else {}
        version = {"version": run.attributes["version"]} if source == "pinned" and "version" in run.attributes else {}
        made = self.submit(self._prepared(pipeline, new, values, principal, rerun_of=run_id, **version, **committed))
        return self._wait(pipeline.name, made) if wait else self.status(pipeline.name, made)

    def new(self, name: str, template: TemplateName) -> Pipeline:
        """Make a pipeline from a template; errors are those of :func:`.new.new_pipeline`."""
        from workbench.pipelines.new import new_pipeline

        with self.files_held():
            return new_pipeline(self.settings, name, template, self._tell)

    def _committed(self, pipeline: Pipeline) -> dict[str, Any]:
        """The commit that the pipeline's files are of, and which of them are not as it has them, as an attribute."""
        found = commit_of(self.settings.root / pipeline.folder)
        return {"git": found} if found is not None else {}

    def check_resources(self, steps: Iterable[Step]) -> None:
        """Refuse steps that ask for what neither a worker nor the settings have. Raises InvalidInput."""
        for step in steps:
            with about_step(step.name):
                self.jobs.check_resources(step.resources)

    def add_step(self, name: str, step: str, sql: str, *said: Any) -> Pipeline:
        """Put a step of SQL into a pipeline; arguments and errors are those of :func:`.edit.add_step`."""
        from workbench.pipelines.edit import add_step

        with self.files_held():
            return add_step(self.settings, name, step, sql, *said, ahead=self._tell)

    def _tell(self) -> None:
        """Have the audit log say what is about to be done. Files are no part of a transaction: a process that is killed between leaves
        an entry without a change, never a change without an entry."""
        with self.jobs.store.write(durable=True, act=True):
            pass

    def preview_step(
        self, name: str, sql: str, step: str, needs: Collection[str] | None, reads: Collection[str], **said: Any
    ) -> StepPreview:
        """What :meth:`add_step` would do; nothing is changed, and it raises as that does. Without ``needs`` those steps that write what the
        statements name, or what is among ``reads``."""
        from workbench.pipelines.preview import preview_step, steps_needed

        with self.files_held():
            wanted = steps_needed(self.settings, self.log, name, step, sql, reads) if needs is None else needs
            return preview_step(self.settings, name, step, sql, said, wanted)

    def files_held(self) -> AbstractContextManager[None]:
        """Pipelines' files are changed, or copied for a run, by one at a time."""
        return self.jobs.store.lock("pipelines")
