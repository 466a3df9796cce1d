"""What an ingestion did."""

from __future__ import annotations

from workbench.core.records import Record

__all__ = ["IngestReport"]


class IngestReport(Record):
    """``rows`` taken, ``rejected`` (did not parse; the load fails unless they were allowed), ``removed`` (by a named
    transform). ``quality`` is None where it was not assessed. ``created`` is False where the table existed;
    ``unchanged`` is True where the same content had been taken before, and nothing was written."""

    run_id: str
    dataset: str
    zone: str
    source: str
    content_hash: str
    rows: int
    rejected: int = 0
    removed: int = 0
    columns: tuple[tuple[str, str], ...] = ()
    quality: float | None = None
    snapshot_id: int | None = None
    created: bool = False
    unchanged: bool = False
    warnings: tuple[str, ...] = ()
