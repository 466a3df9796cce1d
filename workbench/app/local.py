"""The workspace in this process: each verb calls a service, in the name of one principal."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from workbench.app.local_catalog import CatalogNamespace
from workbench.app.local_governance import ComplianceNamespace
from workbench.app.local_ingest import IngestNamespace
from workbench.app.local_jobs import JobNamespace
from workbench.app.local_quality import QualityNamespace
from workbench.app.local_query import QueryNamespace
from workbench.app.local_recipes import RecipeNamespace
from workbench.app.local_schedules import ScheduleNamespace
from workbench.app.local_sources import SourceNamespace
from workbench.app.local_users import UserNamespace
from workbench.app.namespace import Namespace
from workbench.app.services import Services
from workbench.app.workspace import LineageSugar, PipelineSugar, Workspace
from workbench.core.config import Settings
from workbench.core.errors import DatasetNotFound
from workbench.core.ids import new_id
from workbench.core.principals import Principal, local_principal
from workbench.core.refs import MAIN

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.app.protocol import Duplicates, WriteMode
    from workbench.app.records import Health, Setting, Status
    from workbench.catalog.records import Dataset, DatasetSummary, TableData
    from workbench.governance.policy.records import Right
    from workbench.governance.seen import SeenRuns
    from workbench.jobs.queues import Queue
    from workbench.lake.changes import Change
    from workbench.lake.records import ColumnChange, DroppedTable, Maintenance, Ref, Snapshot
    from workbench.lineage.origins import Copies
    from workbench.lineage.records import Direction, LineageGraph
    from workbench.pipelines.approval import ApprovalRequest, Decision
    from workbench.pipelines.diff_records import RunDiff
    from workbench.pipelines.records import Pipeline, PipelineRun, PipelineVersion, Source, StepMode, StepPreview, Template, TemplateName
    from workbench.runs.records import Run, RunEvent, RunStatus

__all__ = ["LocalWorkspace"]

Params = dict[str, Any] | tuple[Any, ...] | None


class LocalWorkspace(Workspace):
    """A workspace on this machine. ``services`` is what it stands on; ``as_principal`` gives it to someone else."""

    def __init__(self, settings: Settings, principal: Principal | None = None, services: Services | None = None) -> None:
        self.services = services or Services(settings)
        self.principal = principal or local_principal()
        self.catalog = CatalogNamespace(self.services, self.principal)
        self.datasets = _Datasets(self.services, self.principal)
        self.query = QueryNamespace(self.services, self.principal)
        self.ingest = IngestNamespace(self.services, self.principal)
        self.runs = _Runs(self.services, self.principal)
        self.jobs = JobNamespace(self.services, self.principal)
        self.lineage = _Lineage(self.services, self.principal)
        self.pipelines = _Pipelines(self.services, self.principal)
        self.schedules = ScheduleNamespace(self.services, self.principal)
        self.quality = QualityNamespace(self.services, self.principal)
        self.recipes = RecipeNamespace(self.services, self.principal)
        self.sources = SourceNamespace(self.services, self.principal)
        self.compliance = ComplianceNamespace(self.services, self.principal)
        self.users = UserNamespace(self.services, self.principal)
        self.system = _System(self.services, self.principal)

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return self.services.settings

    @property
    def address(self) -> str:
        return str(self.services.settings.root)

    def as_principal(self, principal: Principal) -> LocalWorkspace:
        """The same workspace in another name; shares every service."""
        return LocalWorkspace(self.services.settings, principal, self.services)

    def output(self, **values: Any) -> None:
        """In a step of a pipeline: give values to the steps after it, which name them in their ``params`` as ``{{ step.name }}``. JSON
        values of at most 64 kB together; the last value of a name counts. They stand in the step's run (attribute ``outputs``).

        Raises
        ------
        InvalidInput
            This is no step of a pipeline, or a value is none of JSON's.
        """
        from workbench.app.step_output import give

        give(self.services, values)

    def close(self) -> None:
        """Close connections; what is used again opens them again."""
        self.services.close()

    def __enter__(self) -> LocalWorkspace:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Datasets(Namespace, noun="datasets"):
    def sample(self, name: str, limit: int = 50) -> TableData:
        """The first rows, for a look."""
        return self._services.reader.sample(name, limit, self._who)

    def read(self, name: str, columns: tuple[str, ...] | None = None, limit: int | None = None) -> pa.Table:
        """The rows as Arrow; ``name`` may be ``name#branch`` or ``name@snapshot``."""
        return self._services.reader.read(name, columns, limit, self._who)

    def write(
        self, name: str, data: pa.Table, mode: WriteMode = "append", branch: str = "main", key: str | None = None,
        keys: tuple[str, ...] = (), duplicates: Duplicates = "error",
    ) -> Snapshot:  # fmt: skip
        """Write rows in one commit; with ``upsert`` in the place of those that have the same ``keys``."""
        from workbench.app.frames import to_arrow

        known = (self._who.is_admin and "." in name) or "#" in name or "@" in name
        with suppress(DatasetNotFound):  # to be made anew, under the name that was checked
            # To which she may write, however she writes its name.
            name = name if known else self._resolved(name)
        table = to_arrow(data)
        more: Any = {"keys": keys, "duplicates": duplicates, "last": self._gated if branch == MAIN else None}
        return self._services.writer.write(name, table, mode, branch, key, self._who, copies=self._copies(name, table), **more)

    def _copies(self, name: str, table: pa.Table) -> Copies:
        """The columns that are those of datasets that were read here, untouched."""
        from workbench.app.unchanged import fitting

        found = self._services.reader.given.copies(table)
        there = self._services.lake.table(name).schema() if found and self._services.lake.exists(name) else None
        return found if there is None else fitting(found, table, there)

    def _gated(self, changes: Sequence[Change]) -> Sequence[Change]:
        """The changes of a write to main, where the dataset's gates hold of its rows."""
        if not self._has_gates(changes[0].table_uuid):
            return changes
        name = changes[0].name
        return self._services.allowed.check_gates(self._who, name, changes, self._services.lake.table(name).schema(), new_id())

    def _has_gates(self, table_uuid: str) -> bool:
        from workbench.quality.kept import Kept

        return bool(Kept(self._services.store).gates(table_uuid))

    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        """The history, newest first."""
        full = self._resolved(name)
        found = self._services.lake.snapshots(full)
        if self._who.is_admin or self._services.view(self._who).shown(full).every_row:
            return found
        hidden = dict.fromkeys(("rows_added", "rows_updated", "rows_deleted", "rows_total"))
        return tuple(snapshot.model_copy(update=hidden) for snapshot in found)

    def refs(self, name: str) -> tuple[Ref, ...]:
        """Branches and tags."""
        return self._services.lake.refs(self._resolved(name))

    def create_branch(self, name: str, branch: str, snapshot_id: int | None = None) -> Ref:
        """A branch from the head of main, or from a snapshot."""
        return self._services.writer.create_branch(self._resolved(name), branch, snapshot_id, self._who)

    def create_tag(self, name: str, tag: str, snapshot_id: int | None = None) -> Ref:
        """A name for a snapshot, which is then kept."""
        return self._services.writer.create_tag(self._resolved(name), tag, snapshot_id, self._who)

    def delete_ref(self, name: str, ref: str) -> tuple[Ref, ...]:
        """Remove a branch or tag; returns those left."""
        return self._services.writer.delete_ref(self._resolved(name), ref, self._who)

    def publish(self, names: tuple[str, ...], branch: str) -> tuple[Snapshot, ...]:
        """Fast-forward main to the branch for all named tables in one commit, or for none."""
        full = [self._resolved(name) for name in names]
        from workbench.app.publishing import gated

        return self._services.writer.publish(full, branch, principal=self._who, last=partial(gated, self._services, self._who))

    def rollback(self, name: str, snapshot_id: int) -> Snapshot:
        """Make an earlier snapshot of main the current one, with the columns of that time; nothing is deleted."""
        return self._services.writer.rollback(self._resolved(name), snapshot_id, self._who)

    def rename(self, name: str, new_name: str) -> Dataset:
        """Give the dataset another name; history and lineage stay."""
        return self._services.catalog.get(self._services.writer.rename(self._resolved(name), new_name, self._who).name)

    def alter(self, name: str, changes: tuple[ColumnChange, ...]) -> Dataset:
        """Evolve the schema in one commit."""
        return self._services.catalog.get(self._services.writer.alter(self._resolved(name), changes, self._who).name)

    def drop(self, name: str) -> DatasetSummary:
        """Drop the dataset; it can be brought back for ``retention.undo_days``."""
        full = self._resolved(name)
        summary = self._services.catalog.summaries([full])[full]
        self._services.writer.drop(full, self._who)
        return summary

    def dropped(self) -> tuple[DroppedTable, ...]:
        """What was dropped and can be brought back, dropped last first."""
        from workbench.core.names import is_quarantine

        return tuple(each for each in self._services.lake.dropped() if not is_quarantine(each.name))

    def undrop(self, name: str) -> Dataset:
        """Bring a dropped dataset back."""
        fitting = {each.name for each in self.dropped() if name in (each.name, each.name.partition(".")[2])}
        full = fitting.pop() if len(fitting) == 1 else name
        with suppress(DatasetNotFound):
            full = full if full != name else self._resolved(name)  # one that is there is told of under its full name
        return self._services.catalog.get(self._services.writer.undrop(full, self._who).name)

    def compact(self, name: str) -> Maintenance:
        """Rewrite small files into larger ones."""
        return self._services.writer.compact(self._resolved(name), principal=self._who)

    def expire(self, name: str, older_than_days: float | None = None) -> Maintenance:
        """Forget old snapshots and delete the files only they knew."""
        return self._services.writer.expire(self._resolved(name), older_than_days, self._who)


class _Runs(Namespace, noun="runs"):
    @property
    def _seen(self) -> SeenRuns | None:
        """What answers who does not see everything."""
        from workbench.governance.seen import SeenRuns

        return None if self._who.is_admin else SeenRuns(self._services.view(self._who), self._services.log)

    def list(
        self, kind: str | None = None, status: RunStatus | None = None, job: str | None = None, limit: int = 50
    ) -> builtins.tuple[Run, ...]:
        """Runs, newest first."""
        return (self._seen or self._services.log).list(kind, status, job, limit)

    def get(self, run_id: str) -> Run:
        """One run."""
        return (self._seen or self._services.log).get(run_id)

    def events(self, run_id: str) -> builtins.tuple[RunEvent, ...]:
        """Its events, in order."""
        if (seen := self._seen) is not None:
            return seen.events(run_id)
        self._services.log.get(run_id)
        return self._services.log.events(run_id=run_id, limit=None)

    def notebook(self, run_id: str) -> dict[str, Any]:
        """The executed notebook of a pipeline's step, as far as it has come, in Jupyter's format."""
        if (seen := self._seen) is not None:
            seen.check_own(run_id)
        return self._services.pipelines.notebook(run_id)

    def cancel(self, run_id: str) -> Run:
        """Stop it: what is queued never starts, a running kernel is killed."""
        if (seen := self._seen) is not None:
            seen.check_started(run_id, "stops")
        if "query" in self._services.__dict__:
            self._services.query.interrupt(run_id)
        done = self._services.jobs.cancel(run_id, self._who.name)
        return done if seen is None else seen.get(run_id)


class _Lineage(LineageSugar, Namespace, noun="lineage"):
    def graph(self, name: str, direction: Direction = "both", depth: int = 10) -> LineageGraph:
        """What a dataset was made from and what was made from it."""
        from workbench.core.errors import NotFound

        lineage = self._services.lineage
        if not self._who.is_admin:
            from workbench.governance.seen import seen_graph

            view = self._services.view(self._who)
            known = view.resolve(name)
            return seen_graph(view, lineage.graph(known.table_uuid, known.name, direction, depth, view.names_by_uuid))
        try:
            ref = self._services.catalog.resolve(name)
        except NotFound:
            # A file, or a dataset that has been dropped since: lineage still knows it.
            node = lineage.find(name)
            if node is None:
                raise
            return lineage.graph(node.id, node.name, direction, depth)
        return lineage.graph(ref.table_uuid, ref.name, direction, depth)


class _Pipelines(PipelineSugar, Namespace, noun="pipelines"):
    def list(self) -> tuple[Pipeline, ...]:
        """Pipelines below ``notebooks/pipelines/`` of the workspace."""
        found = self._services.pipelines.list()
        if self._who.is_admin:
            return found
        rights = self._services.view(self._who).rights
        return tuple(pipeline for pipeline in found if rights.may_on("read", f"pipeline:{pipeline.name}"))

    def get(self, name: str) -> Pipeline:
        """One pipeline."""
        self._check("read", name)
        return self._services.pipelines.get(name)

    def run(
        self, name: str, params: dict[str, Any] | None = None, wait: bool = False, queue: Queue | None = None, priority: int | None = None
    ) -> PipelineRun:
        """Start it on the durable queue; ``wait`` returns when it has ended."""
        self._check("run", name)
        return self._shown(self._services.pipelines.run(name, params, wait, principal=self._who, queue=queue, priority=priority))

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

    def publish(self, name: str) -> PipelineVersion:
        """Keep the files as they are now as the version that schedules run."""
        return self._services.pipelines.publish(name, self._who)

    def versions(self, name: str) -> tuple[PipelineVersion, ...]:
        """What was published, newest first."""
        if self._may("run", name):
            self._check("run", name)
        else:
            self._check("read", name)
        return self._services.pipelines.published(name)

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
        self._check_own(run_id)
        return self._shown(self._services.pipelines.repair(run_id, params, steps, source, dependents, wait, principal=self._who))

    def rerun(self, run_id: str, params: dict[str, Any] | None = None, source: Source = "pinned", wait: bool = False) -> PipelineRun:
        """A new run with the parameters and the files of an earlier one, or with the files as they are now."""
        self._check_own(run_id)
        return self._shown(self._services.pipelines.rerun(run_id, params, source, wait, principal=self._who))

    def replay(self, run_id: str, wait: bool = False) -> Run:
        """Carry a past run out once more, on the snapshots that it read, in a place that is thrown away."""
        return self._services.pipelines.replay(run_id, wait, principal=self._who)

    def diff(self, first: str, second: str) -> RunDiff:
        """What two runs differ in: parameters, datasets by snapshot, code, figures, each cell's output, times."""
        if not self._who.is_admin:
            from workbench.governance.seen import SeenRuns

            for run_id in (first, second):
                SeenRuns(self._services.view(self._who), self._services.log).check_own(run_id)
        return self._services.pipelines.diff(first, second)

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
            from workbench.governance.seen import SeenRuns
            from workbench.pipelines.approval import not_among

            SeenRuns(self._services.view(self._who), self._services.log).get(run_id)
            if asked and self._may("read", run.job):
                raise not_among(asked[0].by)

    def run_notebook(self, path: str, params: dict[str, Any] | None = None, wait: bool = False) -> PipelineRun:
        """Run one notebook of the workspace, as it is now, on the durable queue."""
        return self._services.pipelines.run_notebook(path, params, wait, principal=self._who)

    def _check_own(self, run_id: str) -> None:
        """Who may start a pipeline carries out again what she has started; of others' runs she may not know the parameters."""
        if not self._who.is_admin:
            from workbench.governance.seen import SeenRuns

            SeenRuns(self._services.view(self._who), self._services.log).check_started(run_id, "repeats")
            self._check("run", self._services.pipelines.of(run_id).run.job)

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

    def _shown(self, found: PipelineRun) -> PipelineRun:
        """A run of it with what the caller may know of each of its steps."""
        if self._who.is_admin:
            return found
        from workbench.governance.seen import SeenRuns

        seen = SeenRuns(self._services.view(self._who), self._services.log)
        return found.model_copy(update={"run": seen.get(found.run.id), "steps": tuple(seen.get(step.id) for step in found.steps)})


class _System(Namespace, noun="system"):
    def status(self) -> Status:
        """Versions, counts and processes."""
        from workbench.app.records import Status
        from workbench.core.config import FORMAT
        from workbench.jobs.supervisor import state

        services, free = self._services, self._who.is_admin
        # Of others only the runs of her own are counted, and where the workspace lies and how it is kept is nothing to her.
        mine = None if free else services.view(self._who).me
        return Status(
            name=services.settings.workspace.name,
            version=services.version,
            format=FORMAT,
            root=str(services.settings.root) if free else "",
            principal=self._who.name,
            datasets=services.catalog.count() if free else len(services.view(self._who).names_by_uuid),
            runs=services.log.count(principal=mine),
            queued=services.log.count("queued", mine),
            running=services.log.count("running", mine),
            last_event=services.log.last(),
            processes=state(services.settings) if free else {},
        )

    def health(self) -> tuple[Health, ...]:
        """Whether each part is well, and what to do where it is not."""
        from workbench.app.operations.doctor import examine

        return examine(self._services)

    def config(self) -> tuple[Setting, ...]:
        """Each setting, its value and where it came from."""
        from workbench.app.records import Setting

        rows = self._services.settings.rows()
        return tuple(Setting(name=name, value=value, source=source, description=text) for name, value, source, text in rows)

    def events(self, after: int = 0, limit: int = 500) -> tuple[RunEvent, ...]:
        """Events after a sequence number."""
        if self._who.is_admin:
            return self._services.log.events(after, limit=limit)
        from workbench.governance.seen import seen_events

        log, me = self._services.log, self._services.view(self._who).me
        return seen_events(log.events(after, limit=limit, principal=me), log)
