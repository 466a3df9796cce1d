"""The quality of the lake's datasets: profile, assess, expect, and how it has been."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from workbench.catalog.encode import table_data
from workbench.catalog.records import TableData
from workbench.core.clock import now
from workbench.core.errors import InvalidInput, NotFound, WorkbenchError
from workbench.core.names import is_quarantine, quarantine_of
from workbench.core.principals import Principal, local_principal
from workbench.core.refs import MAIN, DatasetRef
from workbench.engines.scans import Scan
from workbench.lake.replaced import replaced_in
from workbench.quality.assess import Assessed, assess
from workbench.quality.checks import Check, Other, check_of, count_failing, failing_sql
from workbench.quality.dimensions import SET_ASIDE, own_checks
from workbench.quality.expectations import evaluate, propose
from workbench.quality.history import UNUSUAL, anomalies, figures_of
from workbench.quality.kept import Kept
from workbench.quality.profile import looked_at
from workbench.quality.profile import profile as profile_of
from workbench.quality.records import Assessment, Expectation, ForeignKey, Profile, TimePoint
from workbench.quality.references import find_references
from workbench.quality.scanning import Sample, Source
from workbench.runs.records import DatasetIO

if TYPE_CHECKING:
    from workbench.catalog.service import CatalogService
    from workbench.core.config import Settings
    from workbench.engines.duckdb import Engine
    from workbench.lake import Lake, ReadPlan
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["QualityService"]

_MOST_EXPECTATIONS = 500  # of one dataset
_SHOWN = 'file, line, "column", value, reason, "row", text, id'  # of a record in quarantine
_OF_ALL_ROWS = ("unique", "row_count", "freshness")


class QualityService:
    """Looks at datasets, and remembers what it saw. Thread-safe.

    Looking is a run of kind ``quality``; the values that it finds stand in the store's own tables, never in the log. A snapshot
    never changes, so its profile is made once, and an assessment again only when what is expected has changed.
    """

    def __init__(self, store: Store, log: RunLog, lake: Lake, catalog: CatalogService, engine: Engine, settings: Settings) -> None:
        self.kept = Kept(store)
        self._store = store
        self._log = log
        self._lake = lake
        self._catalog = catalog
        self._engine = engine
        self._timeout = settings.query.timeout_seconds

    def profile(self, name: str | DatasetRef, principal: Principal | None = None) -> Profile:
        """The profile of a dataset; ``name`` may be ``name#branch`` or ``name@snapshot``. Made when it is first asked for.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, NotFound, InvalidName
            There is no such dataset, snapshot or branch, or the name fits several.
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or a file cannot be read.
        """
        with self._lake.reading(self._catalog.resolve(name)) as plan:
            return self._profile(plan, principal, self._known(plan.ref))

    def current(self, name: str, principal: Principal | None = None) -> Assessment:
        """How good a dataset is now, assessed against what is expected of it. Raises as :meth:`profile`."""
        with self._lake.reading(self._catalog.resolve(name)) as plan:
            expected = self.kept.expectations(plan.ref.table_uuid)
            found = self.kept.assessment(plan.ref.table_uuid, plan.ref.snapshot_id) if plan.ref.snapshot_id is not None else None
            as_expected = found is not None and tuple(r.expectation for r in found.expectations) == expected
            # A promise of freshness comes out otherwise every hour; and what is in quarantine changes without the dataset.
            if found is not None and as_expected and not _ages(expected) and self._set_aside(plan.ref) in (None, found.set_aside):
                return found
            return self._assess(plan, expected, principal)

    def history(self, name: str, limit: int = 100) -> tuple[TimePoint, ...]:
        """The newest assessments, oldest first, with what was unusual in each."""
        return self.kept.history(self._catalog.resolve(name).table_uuid, limit)

    def failing(self, name: str, check: str, limit: int = 100, principal: Principal | None = None) -> TableData:
        """Rows that fail a check: a dimension's ``check_id`` or an expectation's id. ``set_aside`` gives the records in quarantine.

        Raises
        ------
        NotFound
            There is no such check, or it looks at no rows. Else as :meth:`profile`.
        """
        if check == SET_ASIDE:
            return self._quarantined(self._catalog.resolve(name), limit, principal)
        with self._lake.reading(self._catalog.resolve(name)) as plan, self._run(plan.ref, principal) as run_id, ExitStack() as held:
            source = Source(self._engine, _scan_of(plan), self._timeout, run_id)
            profile = self._known(plan.ref) or self._profile(plan, principal)
            sql, scans = failing_sql(source, self._check(check, plan, source, profile, held), limit + 1)
            rows = source.ask(sql, *scans).table
            return table_data(rows.slice(0, limit), cut_at=limit if rows.num_rows > limit else None, run_id=run_id)

    def expectations(self, name: str) -> tuple[Expectation, ...]:
        """What is expected of a dataset."""
        return self.kept.expectations(self._catalog.resolve(name).table_uuid)

    def expect(self, name: str, expectation: Expectation, principal: Principal | None = None) -> Expectation:
        """Expect something of a dataset from now on; it is tried on the rows there are, which need not pass. What is expected already in
        the same words is not expected twice.

        Raises
        ------
        InvalidInput, Forbidden, DatasetNotFound
            It cannot be checked: a column or a dataset is not there, a value is not of the column's type, SQL is not allowed.
        """
        who = principal or local_principal()
        with self._lake.reading(self._catalog.resolve(name)) as plan, ExitStack() as held:
            there = self.kept.expectations(plan.ref.table_uuid)
            if (same := next((one for one in there if _said(one) == _said(expectation)), None)) is not None:
                return same
            if len(there) >= _MOST_EXPECTATIONS:
                raise InvalidInput(f"A dataset has at most {_MOST_EXPECTATIONS} expectations.", fix="Remove some.")
            source = Source(self._engine, _scan_of(plan), self._timeout)
            self._try(expectation, source, held)
            with self._store.write(act=True) as conn:
                return self.kept.add(conn, plan.ref.table_uuid, expectation, now(), who)

    def remove(self, name: str, expectation_id: str) -> tuple[Expectation, ...]:
        """Expect it no longer; returns those left."""
        table_uuid = self._catalog.resolve(name).table_uuid
        with self._store.write(act=True) as conn:
            self.kept.remove(conn, table_uuid, expectation_id)
        return self.kept.expectations(table_uuid)

    def propose(self, name: str, principal: Principal | None = None) -> tuple[Expectation, ...]:
        """What seems to hold by the profile, and is not expected yet."""
        known = {_what(e) for e in self.expectations(name)}
        return tuple(e for e in propose(self.profile(name, principal)) if _what(e) not in known)

    def remember(self, table_uuid: str, assessed: Assessed) -> Assessment:
        """Put an assessment of a snapshot into the dataset's history, with what is unusual in it: what a write calls in the
        transaction of its commit, so that no end of its process comes between them."""
        assessment, past = assessed.assessment, self.kept.past(table_uuid)
        hours = (assessment.at - past.last_at).total_seconds() / 3600 if past.last_at else None
        figures = figures_of(assessed.profile, hours)
        unusual = anomalies(figures, past.figures)
        assessment = assessment.model_copy(update={"warnings": (*assessment.warnings, *(f"{UNUSUAL}{words}." for words in unusual))})
        with self._store.write() as conn:
            if assessment.ref is not None and assessment.ref.snapshot_id is not None:
                self.kept.keep_profile(conn, table_uuid, assessment.ref.snapshot_id, assessed.profile, assessment.at)
            self.kept.keep_assessment(conn, table_uuid, assessment, figures, unusual)
        return assessment

    def judge(
        self,
        scan: Scan,
        table_uuid: str | None,
        whole: Scan | None,
        run_id: str,
        assessing: Callable[[], None] = lambda: None,
        set_aside: int = 0,
        beside: Callable[[Source, Sample], None] = lambda source, some: None,
    ) -> Assessed:
        """Assess rows that are not committed yet, against what is expected of the dataset they are to go to: what a load asks.

        Parameters
        ----------
        scan
            The rows.
        table_uuid
            The dataset; None where it is still to be made.
        whole
            Where they join others: the dataset as it will be. What is expected of all rows together is looked at there.
        run_id
            The run that asks; it can be interrupted by it.
        assessing
            Called when the profile is there.
        set_aside
            How many records beside these rows did not parse.
        beside
            Handed the rows, and those of them that the profile has looked at, while they are at hand.

        Raises
        ------
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or a file cannot be read.
        """
        expected = self.kept.expectations(table_uuid) if table_uuid is not None else ()
        together = [e for e in expected if whole is not None and e.kind in _OF_ALL_ROWS]
        source = Source(self._engine, scan, self._timeout, run_id)
        profile, some = looked_at(source)
        beside(source, some)
        assessing()
        with ExitStack() as held:
            others, each = self._others(expected, held), [e for e in expected if e not in together]
            about: Any = {"profile": profile, "others": others, "run_id": run_id, "timeout": self._timeout, "set_aside": set_aside}
            found = assess(self._engine, scan, each, **about)
            if whole is None or not together:
                return found
            moment = now()
            results, _ = evaluate(Source(self._engine, whole, self._timeout, run_id), together, now=moment, written_at=moment)
        every = (*found.assessment.expectations, *results)
        return Assessed(profile, found.assessment.model_copy(update={"expectations": every}))

    def remember_write(self, ref: DatasetRef, assessed: Assessed) -> Assessment:
        """What :meth:`judge` found of rows that are now all of a dataset, as its history has it. Foreign keys are looked for when
        somebody asks for the profile."""
        assessment = assessed.assessment.model_copy(update={"ref": ref})
        profile = assessed.profile.model_copy(update={"ref": ref, "references": False})
        return self.remember(ref.table_uuid, Assessed(profile, assessment))

    # ---------------------------------------------------------------------------------------------------------- inside

    def _known(self, ref: DatasetRef) -> Profile | None:
        found = self.kept.profile(ref.table_uuid, ref.snapshot_id) if ref.snapshot_id is not None else None
        return None if found is None else found.model_copy(update={"ref": ref})

    def _profile(self, plan: ReadPlan, principal: Principal | None, known: Profile | None = None) -> Profile:
        """The profile; one that is ``known`` from a load lacks its references."""
        if known is not None and known.references:
            return known
        with self._run(plan.ref, principal) as run_id:
            found = known or profile_of(self._engine, _scan_of(plan), ref=plan.ref, run_id=run_id, timeout=self._timeout)
            with ExitStack() as held:
                found = found.model_copy(update={"foreign_keys": self._references(plan, found, held, run_id), "references": True})
            if plan.ref.snapshot_id is not None:
                with self._store.write() as conn:
                    self.kept.keep_profile(conn, plan.ref.table_uuid, plan.ref.snapshot_id, found, now())
            return found

    def _assess(self, plan: ReadPlan, expected: Sequence[Expectation], principal: Principal | None) -> Assessment:
        profile = self._known(plan.ref) or self._profile(plan, principal)
        with self._run(plan.ref, principal) as run_id, ExitStack() as held:
            snapshot = next((s for s in self._lake.snapshots(plan.ref.name) if s.id == plan.ref.snapshot_id), None)
            # A branch or an old snapshot is no point in the dataset's own time.
            at_head = plan.ref.branch == MAIN and snapshot is not None and snapshot.state == "current"
            found = assess(
                self._engine,
                _scan_of(plan),
                expected,
                ref=plan.ref,
                profile=profile,
                others=self._others(expected, held),
                written_at=(snapshot.made_current_at or snapshot.at) if snapshot else None,
                run_id=run_id,
                timeout=self._timeout,
                set_aside=self._set_aside(plan.ref) or 0,
            )
            return self.remember(plan.ref.table_uuid, found) if at_head else found.assessment

    def _set_aside(self, ref: DatasetRef) -> int | None:
        """How many records of the dataset are in quarantine; None where it is not asked about as it is now."""
        if ref.branch != MAIN or is_quarantine(ref.name) or ref.snapshot_id != self._lake.info(ref.name).snapshot_id:
            return None
        table = quarantine_of(ref.name)
        if not self._lake.exists(table):
            return 0
        replaced = replaced_in(self._lake.table(ref.name).metadata)
        if replaced is None:
            return self._lake.info(table).rows
        with self._lake.reading(table, ["run_id", "at"]) as plan:
            records = plan.to_arrow().to_pylist()
        return sum(not replaced.is_before(record["run_id"], record["at"]) for record in records)

    def _quarantined(self, ref: DatasetRef, limit: int, principal: Principal | None) -> TableData:
        table = quarantine_of(ref.name)
        if not self._lake.exists(table):
            raise NotFound(f"No record of {ref.name} is in quarantine.", fix=f"`workbench quality {ref.name}` names the checks there are.")
        with self._lake.reading(table) as plan, self._run(plan.ref, principal) as run_id:
            source = Source(self._engine, _scan_of(plan), self._timeout, run_id)
            rows = source.ask(f"SELECT {_SHOWN} FROM {source.relation} ORDER BY id LIMIT {limit + 1}").table
            return table_data(rows.slice(0, limit), cut_at=limit if rows.num_rows > limit else None, run_id=run_id)

    def _others(self, expected: Sequence[Expectation], held: ExitStack) -> dict[str, Other]:
        found = {}
        for dataset in {e.dataset for e in expected if e.kind == "foreign_key" and e.dataset}:
            try:
                found[dataset] = self._other(dataset, held)
            except WorkbenchError:
                continue  # the expectation then says that it could not be checked
        return found

    def _other(self, dataset: str, held: ExitStack) -> Other:
        plan = held.enter_context(self._lake.reading(self._catalog.resolve(dataset)))
        return Other(_scan_of(plan, "other"))

    def _try(self, expectation: Expectation, source: Source, held: ExitStack) -> None:
        other = self._other(expectation.dataset, held) if expectation.kind == "foreign_key" and expectation.dataset else None
        check = check_of(expectation, source.columns, other)
        if check is None:
            return
        found = count_failing(source, [check])[check.id]
        if isinstance(found, WorkbenchError):
            raise InvalidInput(
                "The expectation cannot be checked on this dataset.", fix="Are its values and pattern right for the column's type?"
            ) from found

    def _check(self, check_id: str, plan: ReadPlan, source: Source, profile: Profile, held: ExitStack) -> Check:
        for check in own_checks(profile):
            if check.id == check_id:
                return check
        for expectation in self.kept.expectations(plan.ref.table_uuid):
            if expectation.id == check_id:
                other = self._other(expectation.dataset, held) if expectation.dataset else None
                found = check_of(expectation, source.columns, other)
                if found is not None:
                    return found
        raise NotFound(f"No check {check_id!r} of {plan.ref.name} looks at rows.", fix="`workbench quality NAME` names those there are.")

    def _references(self, plan: ReadPlan, profile: Profile, held: ExitStack, run_id: str) -> tuple[ForeignKey, ...]:
        others = {p.ref.name: p for p in self.kept.newest_profiles() if p.ref is not None and p.ref.table_uuid != plan.ref.table_uuid}

        def scan(name: str) -> Scan | None:
            try:
                return self._other(name, held).scan
            except NotFound:
                return None  # dropped or renamed since

        return find_references(self._engine, _scan_of(plan), profile, others, scan, self._timeout, run_id)

    @contextmanager
    def _run(self, ref: DatasetRef, principal: Principal | None) -> Iterator[str]:
        with self._log.run("quality", f"quality of {ref.name}", principal or local_principal()) as run:
            run.read(DatasetIO(kind="table", id=ref.table_uuid, name=ref.name, branch=ref.branch, snapshot_id=ref.snapshot_id))
            yield run.id


def _scan_of(plan: ReadPlan, schema: str = "profile") -> Scan:
    """What the engine reads for a plan."""
    return plan.scan(schema, plan.ref.name.split(".", 1)[-1])


def _ages(expected: Sequence[Expectation]) -> bool:
    return any(e.kind == "freshness" for e in expected)


def _said(e: Expectation) -> str:
    return e.model_dump_json(exclude={"id", "proposed"})


def _what(e: Expectation) -> str:
    return e.model_dump_json(exclude={"id", "severity", "proposed", "description", "share"})
