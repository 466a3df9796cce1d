"""What is known of loads, as one principal sees it: her own, and those into datasets that she may write to and sees all of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import DatasetNotFound, RunNotFound
from workbench.governance.seen import OwnRuns
from workbench.ingest.report import report_of
from workbench.ingest.statistics import ingest_statistics

if TYPE_CHECKING:
    from workbench.governance.seen import View
    from workbench.ingest.allowed import Allowed
    from workbench.ingest.records import IngestReport, IngestStatistics
    from workbench.runs.log import RunLog

__all__ = ["SeenIngest"]


class SeenIngest:
    """Answers as ``IngestService`` and :func:`ingest_statistics` do."""

    def __init__(self, view: View, log: RunLog, allowed: Allowed) -> None:
        self._view, self._log, self._allowed = view, log, allowed
        self._own = OwnRuns(view.me, view.rights, log)

    def report(self, run_id: str) -> IngestReport:
        """Of somebody's own load (what a pipeline's step takes in is the step's), without what tells of a dataset that she sees a part of;
        of others' where the dataset is hers to correct.

        Raises
        ------
        RunNotFound
            There is none of that id that she sees.
        NotFound
            It has no report.
        """
        run = self._log.get(run_id)
        dataset = str(run.params.get("dataset", ""))
        mine = self._own.is_hers(run)
        if not mine and not (dataset and self._allowed.corrects(self._view.who, dataset)):
            raise RunNotFound(f"There is no run {run_id!r}.", fix="`workbench runs` lists those there are.")
        found = report_of(self._log, run_id)
        return found if self._sees_all(found.dataset) else self._in_part(found)

    def statistics(self, days: float) -> IngestStatistics:
        """Of the loads that she is told of."""
        found = ingest_statistics(self._log, days, self._counts)
        sees = self._view.rights.sees
        return found.model_copy(update={"datasets": tuple(each for each in found.datasets if sees(each.dataset))})

    def _counts(self, principal: str, dataset: str, parent_id: str | None) -> bool:
        if self._own.me and principal == self._own.me and self._own.is_hers_below(parent_id):
            return True
        # Of very many datasets names must do: where they do not suffice to know, it is not told.
        view, uuid = self._view, self._view.uuids_by_name.get(dataset, "")
        return view.rights.may("write", dataset) and view.every_row(uuid, dataset) and view.every_value(uuid, dataset)

    def _sees_all(self, dataset: str) -> bool:
        try:
            return self._allowed.sight(self._view.who, dataset).judged and self._view.sees_all_of([dataset])
        except DatasetNotFound:
            return False

    def _in_part(self, report: IngestReport) -> IngestReport:
        """What of it is told of her file alone."""
        try:
            seen = self._view.shown(report.dataset).columns
        except DatasetNotFound:
            seen = frozenset()
        kept = {
            "columns": tuple(column for column in report.columns if column[0] in seen),
            "differences": tuple(each for each in report.differences if each.column in seen),
            "personal": tuple(each for each in report.personal if each[0] in seen),
        }
        nothing = {"quality": None, "dimensions": (), "proposed_zone": None, "verdict": ""}
        return report.model_copy(update=kept | nothing)
