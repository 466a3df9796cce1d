"""What was done and is being done."""

from __future__ import annotations

from typing import Any, Protocol

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.runs.records import Run, RunEvent, RunStatus

__all__ = ["RunVerbs"]


class RunVerbs(Protocol):
    @verb("GET", "/runs")
    def list(self, kind: str | None = None, status: RunStatus | None = None, job: str | None = None, limit: Count = 50) -> tuple[Run, ...]:
        """Runs, newest first."""

    @verb("GET", "/runs/{run_id}")
    def get(self, run_id: str) -> Run:
        """One run."""

    @verb("GET", "/runs/{run_id}/events")
    def events(self, run_id: str) -> tuple[RunEvent, ...]:
        """Its events, in order."""

    @verb("GET", "/runs/{run_id}/notebook")
    def notebook(self, run_id: str) -> dict[str, Any]:
        """The executed notebook of a pipeline's step, as far as it has come, in Jupyter's format."""

    @verb("POST", "/runs/{run_id}/cancel")
    def cancel(self, run_id: str) -> Run:
        """Stop it: what is queued never starts, a running kernel is killed."""
