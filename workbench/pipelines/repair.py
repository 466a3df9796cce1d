"""A run that has ended, carried out again: in the same run from the steps that failed (:func:`repair`), or as a new one (:func:`rerun`)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.clock import iso, now
from workbench.core.errors import CommitConflict, Conflict, InvalidInput, NotFound
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.jobs.requests import Asks
from workbench.jobs.service import Again
from workbench.pipelines.load import FILE_NAME, load_pipeline, order
from workbench.pipelines.own import OUTPUTS
from workbench.pipelines.parameters import resolve
from workbench.pipelines.pieces import pieces
from workbench.pipelines.prepared import child_of, needs_of
from workbench.pipelines.publishing import unpublished
from workbench.pipelines.readable import check_notebooks
from workbench.pipelines.records import Pipeline, RepairPreview, Source, Step
from workbench.pipelines.repeated import ANEW, REWRITTEN, generations, repeated, rewritten
from workbench.pipelines.single import is_notebook
from workbench.pipelines.snapshot import CODE, PINNED, files_of, folder_code, hashes, pin, source_folder, taken_along
from workbench.runs.records import TERMINAL, Run

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.pipelines.service import PipelineService

__all__ = ["may_know_values", "pinned_pipeline", "preview", "repair", "values_for"]

#: A cancelled run's processes are stopped within moments.
_PATIENCE = 5.0
# Of these a step may be told otherwise without that its writes are others. Its file is looked into.
_NOT_ITS_WRITES = {
    "needs": (),
    "when": "all_succeeded",
    "retries": 0,
    "retry_wait": 10.0,
    "timeout": None,
    "resources": {},
    "description": "",
}


def repair(
    service: PipelineService,
    run_id: str,
    who: Principal,
    params: dict[str, Any] | None = None,
    steps: Collection[str] | None = None,
    source: Source = "pinned",
    dependents: bool = True,
) -> None:
    """Put an ended run on the queue again, from the steps that failed or from some; arguments and errors as of
    :meth:`.PipelineService.repair`."""
    deadline = time.monotonic() + _PATIENCE
    while service.jobs.stopping(run_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    with _planned(service, run_id, who, params, source) as (plan, values):
        plan.submit(who, values, steps, source, dependents)


def preview(
    service: PipelineService,
    run_id: str,
    who: Principal,
    params: dict[str, Any] | None = None,
    steps: Collection[str] | None = None,
    source: Source = "pinned",
    dependents: bool = True,
) -> RepairPreview:
    """What :func:`repair` would do; nothing is changed, and it raises as that does."""
    with _planned(service, run_id, who, params, source, keep=False) as (plan, values):
        return plan.preview(values, steps, dependents)


@contextmanager
def _planned(
    service: PipelineService, run_id: str, who: Principal, params: dict[str, Any] | None, source: Source, keep: bool = True
) -> Iterator[tuple[_Plan, dict[str, Any]]]:
    """What can become of a run, and the values that it gets. The files that it goes on with are copied where they are to ``keep``, and
    stay where the block has not failed."""
    # The files of one repair at a time: its number names them.
    with service.files_held(), ExitStack() as there:
        found = service.of(run_id)
        if found.run.status not in TERMINAL:
            raise Conflict("The run has not ended.", fix="Wait for its end, or cancel it first.", run_id=run_id)
        made, taken = None, None
        try:
            pipeline, folder = pinned_pipeline(service.settings, found.run), source_folder(service.settings, found.run)
            before = {step.name: step for step in pipeline.steps}
            if source == "current":
                pipeline, folder = there.enter_context(service.as_now(found.run, params))
                check_notebooks(folder, pipeline)
                if keep:
                    folder = made = pin(service.settings, folder, run_id, pipeline, f"{PINNED}-{found.run.repair + 1}")
                else:
                    taken = taken_along(service.settings, folder, pipeline)
            plan = _Plan(service, found.run, {run.attributes["step"]: run for run in found.steps}, pipeline, before, folder, taken)
            yield plan, values_for(pipeline, found.run, params, source, who)
        except BaseException:
            if made is not None:
                shutil.rmtree(made, ignore_errors=True)
            raise


def pinned_pipeline(settings: Settings, run: Run) -> Pipeline:
    """The pipeline as the run was carried out with it.

    Raises
    ------
    NotFound
        That is no longer kept.
    """
    path = source_folder(settings, run) / FILE_NAME
    if not path.is_file():
        fix = "Take the files as they are now: `source='current'`."
        raise NotFound("What the run was carried out with is no longer kept.", fix=fix, run_id=run.id)
    said = {"name": run.job, "folder": run.attributes["folder"]}
    return load_pipeline(path, settings.root).model_copy(update=said)


def values_for(
    pipeline: Pipeline, run: Run, params: dict[str, Any] | None, source: Source, who: Principal | str | None = None
) -> dict[str, Any]:
    """The run's parameters, as far as the pipeline has them still, with others in their places. ``who`` asks: None is who administers it.

    Raises
    ------
    InvalidInput
        One is unknown or wrong; or a notebook is to have others than it was pinned with.
    """
    if is_notebook(run.job):
        if params and source == "pinned":
            raise InvalidInput(
                "A notebook's run as it was has the parameters that it had.", fix="Take it as it is now: `source='current'`."
            )
        return run.params | (params or {})
    known = {parameter.name for parameter in pipeline.parameters}
    try:
        return resolve(pipeline, {name: value for name, value in run.params.items() if name in known} | (params or {}))
    except InvalidInput as error:
        if error.details.get("parameter") in (params or {}) or may_know_values(run.attributes.get("values_of"), who):
            raise
    raise InvalidInput(
        f"The values of {run.attributes['values_of']}'s schedule do not fit the pipeline as it is now, and are not told to you.",
        fix="Give others with `params={'name': 'VALUE'}`, or take its files as they were: `source='pinned'`.",
    )


def may_know_values(owner: str | None, who: Principal | str | None) -> bool:
    """Whether the values of somebody's schedule are for who asks."""
    if owner is None or who is None:
        return True
    return owner == who if isinstance(who, str) else who.is_admin or owner == who.name


class _Plan:
    """What becomes of a run. ``runs`` are those of its steps, ``before`` the steps as they were; ``folder`` has the files that it goes on
    with, of which those that are ``taken`` go with it (None: all)."""

    def __init__(
        self,
        service: PipelineService,
        run: Run,
        runs: dict[str, Run],
        pipeline: Pipeline,
        before: dict[str, Step],
        folder: Path,
        taken: dict[str, Path] | None = None,
    ) -> None:
        self.service, self.run, self.runs, self.pipeline, self.before, self.folder = service, run, runs, pipeline, before, folder
        self.number, self.taken = run.repair + 1, taken
        self.source = source_folder(service.settings, run)
        self.steps = order(pipeline.steps)

    def submit(self, who: Principal, values: dict[str, Any], chosen: Collection[str] | None, source: Source, dependents: bool) -> None:
        run, again, others = self.run, *self._again(values, chosen, dependents)
        ids = {step.name: self.runs[step.name].id if step.name in self.runs else new_id() for step in self.steps}
        carried_out = [step for step in self.steps if step.name in again]
        self.service.check_resources(carried_out)
        asks = Asks(runs=self.pipeline.most_runs, needs=needs_of(carried_out))
        steps, children = [], []
        for step in carried_out:
            child = child_of(self.pipeline, run.id, step, ids[step.name], self.folder.name, self.number)
            if step.name not in self.runs:
                children.append(child)
                continue
            anew = self._anew(step, again, others)
            steps.append(Again(id=child.id, attributes=child.attributes | self._rewritten(step, anew) | ({ANEW: anew} if anew else {})))
        told = {
            "number": self.number,
            "by": who.name,
            "at": iso(now()),
            "source": source,
            "steps": list(again),
            "params": values,
            "before": self._before(again),
        }
        attributes = run.attributes | {"steps": ids, "pinned": self.folder.name, "repairs": [*run.attributes.get("repairs", ()), told]}
        if source == "current":
            attributes |= {"working_folder": self.pipeline.working_folder}
            attributes |= {"code": folder_code(files_of(self.folder)), "version": None}
        if who.name == run.principal and any(step.sql for step in self.steps):
            # With no more than she has come with now; for somebody else it goes on with what that one had.
            attributes["principal"] = who.to_json()
        self.service.jobs.repair(Again(id=run.id, attributes=attributes), values, who.name, self.number, steps, children, asks)

    def preview(self, values: dict[str, Any], chosen: Collection[str] | None, dependents: bool) -> RepairPreview:
        """What :meth:`submit` would do."""
        again, others = self._again(values, chosen, dependents)
        names = tuple(step.name for step in self.steps)
        wrote = {name for name, run in self.runs.items() if any(io.kind == "table" for io in run.outputs)}
        anew = {step.name for step in self.steps if step.name in wrote and self._anew(step, again, others).get("") == self.number}
        return RepairPreview(
            steps=again,
            kept=tuple(name for name in names if name not in again),
            anew=tuple(name for name in again if name in anew),
            publishes=bool(unpublished(self.service.jobs.store, self.run.id)),
            parameters=self.pipeline.parameters,
            params=values,
        )

    def _again(self, values: dict[str, Any], chosen: Collection[str] | None, dependents: bool) -> tuple[tuple[str, ...], bool]:
        """Which steps are carried out again, in their order, and whether values or other code than the steps' own are others."""
        statuses = {name: step.status for name, step in self.runs.items()}
        waiting = unpublished(self.service.jobs.store, self.run.id)
        others = values != self.run.params or self._other_files()
        if chosen is None and waiting and all(status in ("succeeded", "skipped") for status in statuses.values()):
            chosen, dependents = self._to_be_published(waiting, others) or None, True
        return repeated(self.steps, statuses, chosen, dependents, waiting), others

    def _to_be_published(self, waiting: Collection[str], others: bool) -> list[str]:
        """Where all steps have succeeded, and these tables (by UUID) are to be published: the steps that would give another thing now."""
        if others:
            return [step.name for step in self.steps]
        if self.run.error is not None and self.run.error.code == CommitConflict.code:
            # As it stands it could never be published: what has to do with these datasets begins with them as they are now.
            about = {name for name, step in self.runs.items() if any(io.id in waiting for io in (*step.inputs, *step.outputs))}
            return [step.name for step in self.steps if step.name in about or self._is_edited(step)]
        return [step.name for step in self.steps if self._is_edited(step)]

    def _is_edited(self, step: Step) -> bool:
        before = self.before.get(step.name)
        if before is None or _writes(before) != _writes(step):
            return True
        return self.folder != self.source and step.approve is None and pieces(self.source, before) != pieces(self.folder, step)

    def _other_files(self) -> bool:
        """Whether any of the code is another one, beside that of the steps themselves: a step's Python file may be another's module."""
        if self.folder == self.source:
            return False
        own = {step.file for step in (*self.before.values(), *self.steps) if not step.function}
        before, after = files_of(self.source, CODE), files_of(self.folder, CODE) if self.taken is None else hashes(self.taken, CODE)
        return any(name not in own for name, _ in before.items() ^ after.items())

    def _anew(self, step: Step, again: Collection[str], others: bool) -> dict[str, int]:
        """:func:`.generations` of a step."""
        run = self.runs[step.name]
        said: dict[str, int] = run.attributes.get(ANEW, {})
        if run.status == "skipped" or step.approve is not None or (run.started_at is None and not said):
            return said
        before = self.before.get(step.name)
        if others or before is None or run.status == "succeeded" or set(step.needs) & set(again) or _writes(before) != _writes(step):
            return {"": self.number}
        if self.folder == self.source:
            return said
        return generations(said, self.number, pieces(self.source, before), pieces(self.folder, step))

    def _rewritten(self, step: Step, anew: dict[str, int]) -> dict[str, Any]:
        """What of the step's earlier writes those of this repair stand for, as an attribute; none where there is nothing."""
        if anew.get("") != self.number:
            return {}
        if len(anew) == 1:
            return {REWRITTEN: True}
        return {REWRITTEN: rewritten(pieces(self.source, self.before[step.name]), pieces(self.folder, step))}

    def _before(self, again: Collection[str]) -> dict[str, Any]:
        """How the run, and the steps that are repeated, had ended: what the next attempt writes over."""
        run = self.run
        return {
            **_ended(run),
            "params": run.params,
            "pinned": self.source.name,
            "steps": {name: _ended(self.runs[name]) | _left(self.runs[name]) for name in again if name in self.runs},
        }


def _writes(step: Step) -> Step:
    """A step by what it writes, apart from its file's content."""
    return step.model_copy(update=_NOT_ITS_WRITES | {"notebook": None, "sql": None})


def _ended(run: Run) -> dict[str, Any]:
    times = {"queued_at": run.queued_at, "started_at": run.started_at, "ended_at": run.ended_at}
    told = {name: iso(at) for name, at in times.items() if at is not None}
    return {"status": run.status, **told, **({"error": run.error.to_json()} if run.error else {})}


def _left(run: Run) -> dict[str, Any]:
    """What else the history keeps of a step's run."""
    kept = ("notebook", "skipped", "attempts", "params", OUTPUTS)
    written = [f"{io.name}@{io.snapshot_id}" for io in run.outputs if io.kind == "table" and io.snapshot_id is not None]
    found = {name: run.attributes[name] for name in kept if name in run.attributes}
    return {"run_id": run.id, **found, **({"metrics": run.metrics} if run.metrics else {}), **({"wrote": written} if written else {})}
