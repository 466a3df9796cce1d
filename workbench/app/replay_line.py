"""Which of a dataset's snapshots are a run's, as they were written: steps that ran side by side, and repairs, tell another order."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from workbench.core.errors import DatasetNotFound
from workbench.core.refs import DatasetRef
from workbench.lake.describe import KEY_PROPERTY
from workbench.lake.staging import lineage_of
from workbench.pipelines.publishing import is_own

if TYPE_CHECKING:
    from pyiceberg.table.snapshots import Snapshot

    from workbench.app.services import Services
    from workbench.pipelines.records import PipelineRun
    from workbench.runs.records import DatasetIO

__all__ = ["line_of", "written"]


def written(original: PipelineRun) -> list[DatasetIO]:
    """What the steps of a run wrote to main, as the run saw it."""
    return [io for step in original.steps for io in step.outputs if io.kind == "table" and is_own(step, io)]


def line_of(services: Services, original: PipelineRun, io: DatasetIO) -> list[Snapshot]:
    """The snapshots that a run's steps made of the dataset of one of its outputs, newest first, without what a repair has taken back; none
    where they are no longer kept."""
    try:
        table = services.lake.table(services.lake.resolve(DatasetRef(table_uuid=io.id, name=io.name)).name)
    except DatasetNotFound:
        return []
    told = {each.snapshot_id for each in written(original) if each.id == io.id}
    steps = [step.id for step in original.steps]

    def is_its(snapshot: Snapshot) -> bool:
        key = (snapshot.summary[KEY_PROPERTY] if snapshot.summary is not None else None) or ""
        return snapshot.snapshot_id in told or any(id in key for id in steps)

    own = [snapshot for snapshot in table.metadata.snapshots if is_its(snapshot)]
    if not own:
        return []
    head = max(own, key=lambda snapshot: snapshot.sequence_number or 0)
    return list(takewhile(is_its, lineage_of(table.metadata, head.snapshot_id)))
