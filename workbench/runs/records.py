"""What a run is: a job, carried out once, that read datasets at a snapshot and wrote others (OpenLineage's model)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import FieldSerializationInfo, field_serializer, field_validator

from workbench.core.records import Record
from workbench.core.wording import spoken

__all__ = ["TERMINAL", "DatasetIO", "Run", "RunError", "RunEvent", "RunStatus"]

RunStatus = Literal["queued", "running", "succeeded", "failed", "cancelled", "skipped"]
TERMINAL: frozenset[str] = frozenset({"succeeded", "failed", "cancelled", "skipped"})


class DatasetIO(Record):
    """One thing a run read or wrote.

    ``id`` is the identity that survives renames: the Iceberg table's UUID, or ``sha256:...`` of a file's content.
    ``cell`` is the notebook cell that did it, ``operation`` what an output underwent (create, append, overwrite, ...).
    ``unrelated`` are the ids of what the run had read before and what has, as its notebook's cells show, no part in this output.
    ``view`` is a digest of the row filters that it was read through; None where every row was read. ``fields`` are columns
    whose names (folded) were not today's in the state that was read, with their field ids.
    """

    kind: Literal["table", "file"]
    id: str
    name: str
    branch: str = "main"
    snapshot_id: int | None = None
    columns: tuple[str, ...] = ()
    rows: int | None = None
    bytes: int | None = None
    operation: str | None = None
    notebook: str | None = None
    cell: str | None = None
    unrelated: tuple[str, ...] = ()
    view: str | None = None
    fields: tuple[tuple[str, int], ...] = ()


class RunError(Record):
    """Why a run failed: an error's code, message and fix (never a traceback; that is in the log).

    It is kept in Python's words, and said in those of the face that shows it (``context={"face": "rest"}`` where it becomes JSON).
    """

    code: str
    message: str
    fix: str | None = None

    @field_validator("message", "fix")
    @classmethod
    def _in_python(cls, text: str | None) -> str | None:
        return text and spoken(text, "python")

    @field_serializer("message", "fix")
    def _said(self, text: str | None, info: FieldSerializationInfo) -> str | None:
        face = (info.context or {}).get("face")
        return spoken(text, face) if text and face else text


class Run(Record):
    """The current state of a run, projected from its events."""

    id: str
    kind: str
    job: str
    status: RunStatus
    principal: str
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    params: dict[str, Any] = {}
    inputs: tuple[DatasetIO, ...] = ()
    outputs: tuple[DatasetIO, ...] = ()
    metrics: dict[str, float] = {}
    attributes: dict[str, Any] = {}
    error: RunError | None = None
    parent_id: str | None = None

    @property
    def repair(self) -> int:
        """How often it has been carried out again, after it had ended."""
        return int(self.attributes.get("repair", 0))

    @property
    def is_open_session(self) -> bool:
        """A person's notebook with its kernel: open, which does not say that anything is being worked on."""
        return self.status == "running" and bool(self.attributes.get("interactive"))


class RunEvent(Record):
    """One line of the append-only log. ``seq`` grows in commit order and is the cursor of projections and live updates."""

    seq: int
    id: str
    run_id: str
    type: str
    at: datetime
    schema_version: int
    body: dict[str, Any]
