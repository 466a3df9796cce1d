"""What waits for a worker, and what workers do."""

from __future__ import annotations

from typing import Protocol

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.jobs.overview import QueueEntry, WorkerEntry

__all__ = ["JobVerbs"]


class JobVerbs(Protocol):
    @verb("GET", "/jobs/queue")
    def queue(self, limit: Count = 100) -> tuple[QueueEntry, ...]:
        """What waits, in the order in which it will be taken, and for what."""

    @verb("GET", "/jobs/workers")
    def workers(self) -> tuple[WorkerEntry, ...]:
        """The workers, and what each carries out."""
