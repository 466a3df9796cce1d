"""Looks for personal data in the lake, and keeps what people say of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.core.errors import Cancelled, Conflict, DatasetNotFound, WorkbenchError
from workbench.core.names import is_quarantine
from workbench.core.principals import Principal, local_principal
from workbench.core.refs import DatasetRef
from workbench.quality.personal.kept import KeptFindings
from workbench.quality.personal.looking import FoundIn, found_in
from workbench.quality.personal.records import Finding, FindingState, Scan, Unscanned
from workbench.quality.personal.sampling import sampled
from workbench.quality.scanning import Source
from workbench.runs.records import TERMINAL, DatasetIO

if TYPE_CHECKING:
    from workbench.catalog.labels import Labels
    from workbench.catalog.service import CatalogService
    from workbench.core.config import Settings
    from workbench.engines.duckdb import Engine
    from workbench.lake import Lake, ReadPlan
    from workbench.lake.records import TableInfo
    from workbench.quality.personal.base import PersonalDetector
    from workbench.runs.handle import RunHandle
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["PersonalDataService"]


class PersonalDataService:
    """Proposes tags; a person confirms or rejects. A scan is a run of kind ``scan``, which reads the datasets it looks at, tells how far
    it is, and can be cancelled. Values are looked at and forgotten."""

    def __init__(
        self, store: Store, log: RunLog, lake: Lake, catalog: CatalogService, labels: Labels, engine: Engine, settings: Settings
    ) -> None:
        self.kept = KeptFindings(store)
        self._log, self._lake, self._catalog, self._labels = log, lake, catalog, labels
        self._engine, self._timeout = engine, settings.query.timeout_seconds
        self._model = settings.governance.names_model

    def scan(self, what: str | None = None, principal: Principal | None = None) -> Scan:
        """Look at one dataset, at a namespace's, or at all; what it proposes takes the place of what was proposed before.

        Raises
        ------
        DatasetNotFound, InvalidName
            There is no dataset or namespace of that name.
        MissingDependency
            A language model is to tell names, and is not there.
        Cancelled
            Somebody stopped it; what was found until then is kept.
        """
        names, columns, unscanned = self._names(what), 0, []
        _ = self._more  # what is missing is said before anything is looked at
        refs: list[DatasetRef] = []
        with self._log.run("scan", what or "all datasets", principal or local_principal(), params={"what": what or ""}) as run:
            for number, name in enumerate(names):
                self._go_on(run, name, number / len(names))
                try:
                    ref, looked_at = self._look(name, run)
                except Cancelled:
                    raise
                except WorkbenchError as error:
                    unscanned.append(Unscanned(dataset=name, reason=error.message))
                    continue
                refs.append(ref)
                columns += looked_at
            proposed = self.kept.list({ref.table_uuid: ref.name for ref in refs})
            run.metric("columns", columns)
            run.metric("findings", len(proposed))
        return Scan(run_id=run.id, datasets=len(refs), columns=columns, proposed=proposed, unscanned=tuple(unscanned))

    def findings(self, what: str | None = None, state: FindingState = "proposed") -> tuple[Finding, ...]:
        """What was found, surest first, of datasets that are there. Raises as :meth:`scan`."""
        names = set(self._names(what))
        return self.kept.list({info.table_uuid: info.name for info in self._catalog.tables.all() if info.name in names}, state)

    def confirm(self, ids: Sequence[str], principal: Principal) -> tuple[Finding, ...]:
        """Put the tags on their columns: from then on masks by tag hold there.

        Raises
        ------
        NotFound, Conflict
            There is no such finding, or its dataset or column is not there any more; nothing was changed.
        """
        infos = {info.table_uuid: info for info in self._catalog.tables.all()}
        places = [(one, *_today(one, infos.get(uuid), field)) for one, (uuid, field) in self.kept.get(ids)]
        with self._log.store.write(act=True):  # all of them, or none
            for one, name, column in places:
                self._labels.tag(name, one.tag, column, principal)
            return tuple(self.kept.decide(one.id, "confirmed", principal) for one, _, _ in places)

    def reject(self, ids: Sequence[str], note: str, principal: Principal) -> tuple[Finding, ...]:
        """Remember that these are none: they are not proposed again unless the column changes.

        Raises
        ------
        NotFound, Conflict
            There is no such finding, or one was confirmed: its tag is taken away with `catalog untag`. Nothing was changed.
        """
        found = [one for one, _ in self.kept.get(ids)]
        for one in found:
            if one.state == "confirmed":
                raise Conflict(
                    f"{one.dataset}.{one.column} was confirmed to be {one.tag}.", fix="Take the tag away: `workbench catalog untag`."
                )
        with self._log.store.write(act=True):
            return tuple(self.kept.decide(one.id, "rejected", principal, note) for one in found)

    def _names(self, what: str | None) -> list[str]:
        names = [name for name in self._lake.names() if not is_quarantine(name)]
        if what is None or what == "*":
            return names
        inside = [name for name in names if name.rpartition(".")[0] == what]
        if inside:
            return inside
        ref = self._catalog.resolve(what)
        if is_quarantine(ref.name):
            raise DatasetNotFound(f"{ref.name} holds raw records that were set aside.", fix="Scan the dataset that they are of.")
        return [ref.name]

    def _go_on(self, run: RunHandle, name: str, share: float) -> None:
        if run.state().status in TERMINAL:
            raise Cancelled("The scan was stopped.", fix="What was found until then is kept: `workbench compliance findings`.")
        with self._log.store.write() as conn:
            self._log.append(conn, run.id, "run.progress", step="scan", share=round(share, 3), note=name)

    def _look(self, name: str, run: RunHandle) -> tuple[DatasetRef, int]:
        with self._lake.reading(name) as plan:
            ref = plan.ref
            run.read(DatasetIO(kind="table", id=ref.table_uuid, name=ref.name, branch=ref.branch, snapshot_id=ref.snapshot_id))
            found, looked_at = self._judged(plan, run.id)
            with self._log.store.write() as conn:
                self.kept.keep(conn, ref, found, run.id)
            return ref, looked_at

    @cached_property
    def _more(self) -> tuple[PersonalDetector, ...]:
        if not self._model:
            return ()
        from workbench.quality.personal.model import names_by_model

        return (names_by_model(self._model),)

    def _judged(self, plan: ReadPlan, run_id: str) -> tuple[list[FoundIn], int]:
        source = Source(self._engine, plan.scan("scan", plan.ref.name.split(".", 1)[-1]), self._timeout, run_id)
        return found_in(sampled(source), plan.ref.name, self._more), len(source.columns)


def _today(one: Finding, info: TableInfo | None, field_id: int) -> tuple[str, str]:
    """What the dataset and the column of a finding are called now.

    Raises
    ------
    Conflict
        One of them is not there any more.
    """
    column = next((each[1] for each in info.columns if each[0] == field_id), None) if info is not None else None
    if info is None or column is None:
        raise Conflict(f"{one.dataset}.{one.column} is not there any more.", fix="Scan again.")
    return info.name, column
