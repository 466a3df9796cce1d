"""The workspace in this process: each verb calls a service, in the name of one principal."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.app.local_catalog import CatalogNamespace
from workbench.app.local_datasets import DatasetNamespace
from workbench.app.local_governance import ComplianceNamespace
from workbench.app.local_ingest import IngestNamespace
from workbench.app.local_jobs import JobNamespace
from workbench.app.local_notifications import NotificationNamespace
from workbench.app.local_pipelines import PipelineNamespace
from workbench.app.local_quality import QualityNamespace
from workbench.app.local_query import QueryNamespace
from workbench.app.local_recipes import RecipeNamespace
from workbench.app.local_schedules import ScheduleNamespace
from workbench.app.local_sources import SourceNamespace
from workbench.app.local_users import UserNamespace
from workbench.app.namespace import Namespace
from workbench.app.services import Services
from workbench.app.workspace import LineageSugar, Workspace
from workbench.core.config import Settings
from workbench.core.principals import Principal, local_principal

if TYPE_CHECKING:
    from workbench.app.records import Health, Setting, Status
    from workbench.lineage.records import Direction, LineageGraph
    from workbench.runs.records import Run, RunEvent, RunStatus

__all__ = ["LocalWorkspace"]


class LocalWorkspace(Workspace):
    """A workspace on this machine. ``services`` is what it stands on; ``as_principal`` gives it to someone else."""

    def __init__(self, settings: Settings, principal: Principal | None = None, services: Services | None = None) -> None:
        self.services = services or Services(settings)
        self.principal = principal or local_principal()
        self.catalog = CatalogNamespace(self.services, self.principal)
        self.datasets = DatasetNamespace(self.services, self.principal)
        self.query = QueryNamespace(self.services, self.principal)
        self.ingest = IngestNamespace(self.services, self.principal)
        self.runs = _Runs(self.services, self.principal)
        self.jobs = JobNamespace(self.services, self.principal)
        self.lineage = _Lineage(self.services, self.principal)
        self.pipelines = PipelineNamespace(self.services, self.principal)
        self.schedules = ScheduleNamespace(self.services, self.principal)
        self.notifications = NotificationNamespace(self.services, self.principal)
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
        values of at most 64 kB together; the last value of a name counts. They stand in the step's run (attribute ``outputs``). Elsewhere
        nobody is given them, and a warning says so.

        Raises
        ------
        InvalidInput
            A value is none of JSON's, or there is too much of it.
        """
        from workbench.app.step_output import give

        give(self.services, values)

    def file(self, path: str) -> Path:
        """Where a file of the workspace is, by its path below the workspace's folder: in a step of a pipeline the copy that went with the
        run (``files`` of its YAML), elsewhere the file itself.

        Raises
        ------
        NotFound
            It is not there, or did not go with the run.
        """
        from workbench.app.step_files import found

        return found(self.services.settings, path)

    def close(self) -> None:
        """Close connections; what is used again opens them again."""
        self.services.close()

    def __enter__(self) -> LocalWorkspace:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Runs(Namespace, noun="runs"):
    def list(
        self, kind: str | None = None, status: RunStatus | None = None, job: str | None = None, limit: int = 50
    ) -> builtins.tuple[Run, ...]:
        """Runs, newest first."""
        return (self._seen_runs or self._services.log).list(kind, status, job, limit)

    def get(self, run_id: str) -> Run:
        """One run."""
        return (self._seen_runs or self._services.log).get(run_id)

    def events(self, run_id: str) -> builtins.tuple[RunEvent, ...]:
        """Its events, in order."""
        if (seen := self._seen_runs) is not None:
            return seen.events(run_id)
        self._services.log.get(run_id)
        return self._services.log.events(run_id=run_id, limit=None)

    def notebook(self, run_id: str) -> dict[str, Any]:
        """The executed notebook of a pipeline's step, as far as it has come, in Jupyter's format."""
        if (seen := self._seen_runs) is not None:
            seen.check_own(run_id)
        return self._services.pipelines.notebook(run_id)

    def cancel(self, run_id: str) -> Run:
        """Stop it: what is queued never starts, a running kernel is killed."""
        if (seen := self._seen_runs) is not None:
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
        from workbench.governance.seen import SeenRuns

        log, view = self._services.log, self._services.view(self._who)
        return SeenRuns(view, log).told(log.events(after, limit=limit, principal=view.me))
