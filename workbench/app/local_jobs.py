"""What waits for a worker, and what workers do, of a local workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace

if TYPE_CHECKING:
    from workbench.jobs.overview import QueueEntry, WorkerEntry

__all__ = ["JobNamespace"]


class JobNamespace(Namespace, noun="jobs"):
    def queue(self, limit: int = 100) -> tuple[QueueEntry, ...]:
        """What waits, in the order in which it will be taken, and for what; to who is no administrator, what of it is her own."""
        from workbench.jobs.overview import queue

        services = self._services
        return queue(services.settings, services.store, services.log, limit, None if self._who.is_admin else services.view(self._who).me)

    def workers(self) -> tuple[WorkerEntry, ...]:
        """The workers, and what each carries out."""
        from workbench.jobs.overview import workers

        return workers(self._services.settings, self._services.store, self._services.log)
