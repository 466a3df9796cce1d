"""The one place that builds services: settings in, each service made when it is first asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import workbench
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, WorkbenchError
from workbench.core.scratch import scratch_of
from workbench.core.working import working_branch
from workbench.ingest.sources.reach import MACHINE, Reach

if TYPE_CHECKING:
    from workbench.app.reading import DatasetReader
    from workbench.app.telling import Telling
    from workbench.catalog import CatalogService
    from workbench.catalog.explorer import Explorer
    from workbench.catalog.labels import Labels
    from workbench.catalog.views import ViewShelf
    from workbench.core.principals import Principal
    from workbench.engines.duckdb import Access, Engine
    from workbench.governance.access import AccessService
    from workbench.governance.audit import AuditLog
    from workbench.governance.seen import SeenViews, View
    from workbench.governance.sign_in import SignInService
    from workbench.governance.tokens import TokenService
    from workbench.governance.users import UserService
    from workbench.ingest.allowed import Allowed
    from workbench.ingest.connections import Connections
    from workbench.ingest.preview import PreviewService
    from workbench.ingest.recipes import RecipeService
    from workbench.ingest.remember import Readings
    from workbench.ingest.service import IngestService
    from workbench.ingest.sources.resolve import Sources
    from workbench.ingest.staging import Staging
    from workbench.ingest.watch import Watches
    from workbench.jobs.service import JobService
    from workbench.lake import Lake
    from workbench.lineage import LineageService
    from workbench.notifications.service import NotificationService
    from workbench.pipelines.schedules.service import ScheduleService
    from workbench.pipelines.service import PipelineService
    from workbench.quality.personal.service import PersonalDataService
    from workbench.quality.service import QualityService
    from workbench.query import QueryService
    from workbench.query.cache import ResultCache
    from workbench.query.insight import QueryInsight
    from workbench.runs import RunLog
    from workbench.store import BlobStore, SecretBox, Store
    from workbench.writes import Writer

__all__ = ["Services"]

T = TypeVar("T")


class _Once(Generic[T]):
    """Like ``functools.cached_property``, but two threads that ask first get the same service."""

    def __init__(self, build: Callable[[Any], T]) -> None:
        self._build = build
        self._name = build.__name__
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> _Once[T]: ...
    @overload
    def __get__(self, owner: Services, kind: type) -> T: ...
    def __get__(self, owner: Services | None, kind: type) -> T | _Once[T]:
        if owner is None:
            return self
        with owner.guard:
            # Found in the instance afterwards, so this is asked no more.
            if self._name not in owner.__dict__:
                owner.__dict__[self._name] = self._build(owner)
            found: T = owner.__dict__[self._name]
            return found


class Services:
    """The services of one workspace.

    Each is an attribute that is built on first use: who lists datasets pays for no query engine, who runs SQL for no job
    queue. Safe to share between threads once built; a fork may use them, too (the store gives the child fresh connections).

    Parameters
    ----------
    lasting
        False in a process that ends with its work, as a command does.
    reach
        Which files of this machine may be named as a source; all that the operating system lets this process read by default.
    """

    def __init__(self, settings: Settings, *, lasting: bool = True, reach: Reach = MACHINE) -> None:
        home = os.environ.get("WORKBENCH_HOME")
        if working_branch() is not None and home and Path(home).resolve() != settings.root.resolve():
            # There nobody would publish what is written to the run's branch.
            fix = "Open it by its address (WORKBENCH_URL), or say `writes: at_once` in the pipeline's YAML."
            raise InvalidInput("A pipeline's step works in the workspace of its run, and not in another folder's.", fix=fix)
        if (scratch := scratch_of()) is not None and scratch != settings.root.resolve():
            # What is tried out there is not to change anything else.
            raise InvalidInput("Who works in a scratch reaches no other workspace.", fix="Do it in a notebook outside of its folder.")
        self.settings = settings
        self.lasting = lasting
        self.reach = reach
        self.guard = threading.RLock()
        self.version = workbench.__version__

    def prepare(self) -> None:
        """Make the databases, so that the first call is no slower than the second."""
        _ = self.store, self.lake

    def close(self) -> None:
        """Close connections and engine sessions, give back leases; what is used again opens them again."""
        if (lake := self.__dict__.get("lake")) is not None:
            with suppress(WorkbenchError):  # they run out by themselves
                lake.leases.give_back_unused()
        for name in ("engine", "store"):
            built = self.__dict__.get(name)
            if built is not None:
                built.close()

    @_Once
    def store(self) -> Store:
        from workbench.store import Store

        store = Store(self.settings.store_url)
        store.migrate()
        return store

    @_Once
    def secrets(self) -> SecretBox:
        from workbench.store import SecretBox

        return SecretBox(self.settings.state / "secrets")

    @_Once
    def blobs(self) -> BlobStore:
        from workbench.store import BlobStore

        return BlobStore(self.settings.state / "blobs")

    @_Once
    def tokens(self) -> TokenService:
        from workbench.governance.tokens import TokenService

        return TokenService(self.store)

    @_Once
    def users(self) -> UserService:
        from workbench.governance.users import UserService

        return UserService(self.store, self.log)

    @_Once
    def sign_in(self) -> SignInService:
        from datetime import timedelta

        from workbench.governance.sign_in import SignInService

        return SignInService(self.store, self.users, self.tokens, timedelta(hours=self.settings.serve.session_hours), audit=self.audit)

    @_Once
    def access(self) -> AccessService:
        from workbench.governance.access import AccessService

        return AccessService(
            self.store,
            lambda: self.secrets.key("masks"),
            self.settings.governance.mask_unconfirmed,
            self.audit,
            lambda location: self.lake.catalog.read_metadata(location),
        )

    @_Once
    def audit(self) -> AuditLog:
        from workbench.governance.audit.log import audit_log_of

        return audit_log_of(self.store, self.settings.state, self.secrets)

    def view(self, who: Principal) -> View:
        """What one principal sees; make it anew for each call."""
        from workbench.governance.seen import View

        return View(who, self.access, self.catalog, lambda: self.lake)

    @_Once
    def log(self) -> RunLog:
        from workbench.runs import RunLog

        return RunLog(self.store)

    @_Once
    def lake(self) -> Lake:
        from workbench.lake import Lake
        from workbench.lake.storage import s3_properties

        lake, warehouse = self.settings.lake, self.settings.warehouse
        properties = s3_properties(lake) if warehouse.startswith("s3://") else None
        return Lake(self.store, warehouse, properties, target_file_mb=lake.target_file_mb)

    @_Once
    def catalog(self) -> CatalogService:
        from workbench.catalog import CatalogService
        from workbench.lake.facts import TableFacts

        facts = TableFacts(self.store, self.settings.warehouse)
        return CatalogService(self.store, self.log, facts, lambda: self.lake, self.settings.state / "index")

    @_Once
    def views(self) -> ViewShelf:
        from workbench.catalog.views import ViewShelf

        return ViewShelf(self.store, lambda strange: self.query.facts_of(strange))

    def seen_views(self, who: Principal) -> SeenViews:
        """The views that one principal sees; make it anew for each call."""
        from workbench.governance.seen import SeenViews

        return SeenViews(self.views, self.catalog, None if who.is_admin else self.access.rights(who))

    @_Once
    def labels(self) -> Labels:
        from workbench.catalog.labels import Labels

        return Labels(self.store, self.log, self.catalog)

    @_Once
    def explorer(self) -> Explorer:
        from workbench.catalog.explorer import Explorer

        def downstream(table_uuid: str, name: str) -> list[tuple[str, int]]:
            nodes = self.lineage.graph(table_uuid, name, "downstream", 10).nodes
            return [(node.name, node.depth) for node in nodes if node.depth > 0 and node.kind == "table"]

        settings = self.settings
        return Explorer(self.store, self.log, self.catalog, lambda: self.lake, downstream, settings.root, settings.state)

    @_Once
    def lineage(self) -> LineageService:
        from workbench.lineage import LineageService

        return LineageService(self.store, self.log)

    @_Once
    def writer(self) -> Writer:
        from workbench.writes import Writer

        return Writer(self.lake, self.log, self.settings.retention, lambda: self.engine)

    @_Once
    def reader(self) -> DatasetReader:
        from workbench.app.reading import DatasetReader

        return DatasetReader(self)

    @_Once
    def quality(self) -> QualityService:
        from workbench.quality.service import QualityService

        return QualityService(self.store, self.log, self.lake, self.catalog, self.engine, self.settings)

    @_Once
    def personal(self) -> PersonalDataService:
        from workbench.quality.personal.service import PersonalDataService

        return PersonalDataService(self.store, self.log, self.lake, self.catalog, self.labels, self.engine, self.settings)

    @_Once
    def query(self) -> QueryService:
        from workbench.app.describing import CatalogDescriber
        from workbench.query import QueryService

        describer = CatalogDescriber(self)
        return QueryService(self.lake, self.log, self.engine, self.settings, self.access, self.results, lambda: self.quality, describer)

    @_Once
    def insight(self) -> QueryInsight:
        from workbench.query.insight import QueryInsight

        return QueryInsight(self.query, self.log, self.settings, self.access, self.lake)

    @_Once
    def results(self) -> ResultCache:
        from workbench.query.cache import ResultCache

        query = self.settings.query
        most = query.cache_mb << 20 if query.cache == "on" else 0
        return ResultCache(self.settings.state / "cache" / "results", most, query.cache_hours * 3600, lambda: self.secrets.key("results"))

    @_Once
    def ingest(self) -> IngestService:
        from workbench.ingest.parts import Parts
        from workbench.ingest.service import IngestService

        parts = Parts(self.lake, self.writer, self.log, self.blobs, self.engine, self.quality, self.readings, self.allowed, self.settings)
        return IngestService(self.sources, parts, self.catalog)

    @_Once
    def readings(self) -> Readings:
        from workbench.ingest.remember import Readings

        return Readings(self.store)

    @_Once
    def staging(self) -> Staging:
        from workbench.ingest.staging import Staging

        return Staging(self.settings.state)

    @_Once
    def connections(self) -> Connections:
        from workbench.ingest.connections import Connections

        return Connections(self.store, self.secrets, self.settings, self.reach)

    @_Once
    def watches(self) -> Watches:
        from workbench.ingest.watch import Watches

        return Watches(self.store, self.log, self.settings, self.reach)

    @_Once
    def sources(self) -> Sources:
        from workbench.ingest.sources.resolve import Sources

        return Sources(self.settings, self.connections, self.staging, self.allowed, self.reach)

    @_Once
    def allowed(self) -> Allowed:
        from workbench.ingest.allowed import Allowed

        return Allowed(self.view, self.access, lambda: self.lake, lambda: self.quality)

    @_Once
    def preview(self) -> PreviewService:
        from workbench.ingest.preview import PreviewService

        engine, allowed = lambda: self.engine, self.allowed
        return PreviewService(self.sources, self.readings, self.catalog, lambda: self.lake, self.log, allowed, engine, self.settings)

    @_Once
    def recipes(self) -> RecipeService:
        from workbench.ingest.recipes import RecipeService

        return RecipeService(self.lake, self.writer, self.log, self.catalog, self.quality, self.engine, self.settings)

    @_Once
    def jobs(self) -> JobService:
        from workbench.jobs.service import JobService

        return JobService(self.settings, self.store, self.log)

    @_Once
    def pipelines(self) -> PipelineService:
        from workbench.pipelines.service import PipelineService

        return PipelineService(self.settings, self.jobs, self.log)

    @_Once
    def schedules(self) -> ScheduleService:
        from workbench.app.local_schedules import SchedulePeople
        from workbench.pipelines.schedules.service import ScheduleService

        return ScheduleService(self.pipelines, SchedulePeople(self))

    @_Once
    def telling(self) -> Telling:
        from workbench.app.telling import Telling

        return Telling(self)

    @_Once
    def notifications(self) -> NotificationService:
        from workbench.notifications.service import NotificationService

        return NotificationService(self.settings, self.store, self.secrets, self.log, self.telling)

    @property
    def isolated(self) -> bool:
        """Whether statements are read and run in processes of their own."""
        # A step's kernel and a command end with their work: there a killed statement would take nothing else along.
        auto = self.lasting and not os.environ.get("WORKBENCH_STEP")
        return auto if self.settings.query.isolate == "auto" else self.settings.query.isolate == "always"

    def read_apart(self, ahead: bool = False) -> None:
        """Where statements run in processes of their own, they are read in such from now on, too. ``ahead``: one is started already."""
        if self.isolated:
            from workbench.engines.duckdb import read_apart

            read_apart(ahead)

    @_Once
    def engine(self) -> Engine:
        from workbench.engines.duckdb import DuckDBEngine, IsolatedEngine

        self.read_apart(ahead=True)
        query = self.settings.query
        return (IsolatedEngine if self.isolated else DuckDBEngine)(
            self.settings.state / "tmp",
            memory_mb=query.memory_limit_mb,
            threads=query.threads,
            timezone=self.settings.workspace.timezone,
            access=self._s3_access(),
        )

    def _s3_access(self) -> Access | None:
        from workbench.engines.duckdb import Access

        lake = self.settings.lake
        if not self.settings.warehouse.startswith("s3://"):
            return None
        key, secret = lake.s3_access_key_id, lake.s3_secret_access_key
        return Access(
            endpoint=lake.s3_endpoint,
            region=lake.s3_region,
            key_id=key.get_secret_value() if key else "",
            secret=secret.get_secret_value() if secret else "",
        )

    def know_projections(self) -> None:
        """Build what keeps a projection of the log, so that ``log.projections`` names all of them."""
        _ = self.log, self.lineage
