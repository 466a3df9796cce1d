"""When all rows of a dataset were replaced, or taken out: what waits beside it since before is of rows that it has no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pyiceberg.table.snapshots import Operation

from workbench.core.clock import from_ms
from workbench.lake.describe import ADDED_PROPERTY, KEY_PROPERTY, RUN_PROPERTY
from workbench.lake.staging import lineage_of

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

__all__ = ["Replaced", "replaced_in"]


@dataclass(frozen=True)
class Replaced:
    """When that was, and the runs that have written since, that one among them."""

    at: datetime
    runs: frozenset[str]

    def is_before(self, run_id: str | None, at: datetime | None) -> bool:
        """Whether what a run has brought at a time came before."""
        return at is not None and at < self.at and (run_id or "") not in self.runs


def replaced_in(metadata: TableMetadata) -> Replaced | None:
    """The last time in main's history, as far as that is kept; None where it never was."""
    runs = set[str]()
    for snapshot in lineage_of(metadata, metadata.current_snapshot_id):
        facts = snapshot.summary.additional_properties if snapshot.summary is not None else {}
        if snapshot.summary is not None and snapshot.summary.operation == Operation.REPLACE:
            continue  # a compaction
        runs.add(facts.get(RUN_PROPERTY, ""))
        rows = facts.get("total-records", "0")
        edited = (ADDED_PROPERTY in facts or ":upsert:" in facts.get(KEY_PROPERTY, "")) and rows != "0"
        if rows == facts.get("added-records", "0") and not edited and int(facts.get("deleted-records", 0)):
            return Replaced(from_ms(snapshot.timestamp_ms), frozenset(runs))
    return None
