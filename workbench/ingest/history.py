"""Whether a dataset has a file's content already."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pyiceberg.table.snapshots import Operation

from workbench.lake.describe import KEY_PROPERTY, RUN_PROPERTY
from workbench.lake.lake import Lake
from workbench.lake.staging import lineage_of
from workbench.runs.log import RunLog

__all__ = ["Taken", "job_name", "load_key", "taken_before"]


@dataclass(frozen=True)
class Taken:
    """The load that brought the content: its run, its rows, and the snapshot it made."""

    run_id: str
    rows: int
    snapshot_id: int | None


def job_name(name: str) -> str:
    """The job that loads a dataset."""
    return f"ingest {name}"


def load_key(content_hash: str, sheet: str | None, mode: str, nonce: str) -> str:
    """The commit key of one load; what :func:`taken_before` looks for is its beginning."""
    return f"{_beginning(content_hash, sheet)}{mode}:{nonce}"


def _beginning(content_hash: str, sheet: str | None) -> str:
    part = f"#{hashlib.sha256(sheet.encode()).hexdigest()[:16]}" if sheet is not None else ""
    return f"ingest:{content_hash}{part}:"


def taken_before(lake: Lake, log: RunLog, name: str, content_hash: str, sheet: str | None) -> Taken | None:
    """The load of the same content that main still holds; None when there is none.

    Looks at main's history from its head back to where all rows were replaced. Snapshots tell it themselves, so a
    load counts once it is committed, even if its process died right then, and under whatever name the dataset had. Where the
    history has expired, the log of runs tells it.
    """
    metadata = lake.table(name).metadata
    head = metadata.current_snapshot_id
    wanted = _beginning(content_hash, sheet)
    for snapshot in lineage_of(metadata, head):
        facts = snapshot.summary.additional_properties if snapshot.summary else {}
        if wanted in facts.get(KEY_PROPERTY, ""):
            return Taken(facts.get(RUN_PROPERTY, ""), int(facts.get("added-records", 0)), snapshot.snapshot_id)
        compaction = snapshot.summary is not None and snapshot.summary.operation == Operation.REPLACE
        if not compaction and facts.get("total-records", "0") == facts.get("added-records", "0"):
            return None  # the first rows of all, or all that were there gave way
    table_uuid = str(metadata.table_uuid)
    for run in log.list(kind="ingest", job=job_name(name), limit=None):
        wrote = next((output for output in run.outputs if output.id == table_uuid), None)
        if wrote is None or metadata.snapshot_by_id(wrote.snapshot_id or 0) is not None:
            continue
        if run.params.get("sheet") == sheet and any(file.id == content_hash for file in run.inputs):
            return Taken(run.id, wrote.rows or 0, wrote.snapshot_id)
        if wrote.operation == "overwrite":
            return None
    return None
