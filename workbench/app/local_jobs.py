"""What waits for a worker, and what workers do, of a local workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.jobs.overview import QueueEntry, WorkerEntry

__all__ = ["JobNamespace"]


class JobNamespace(Namespace, noun="jobs"):
    def queue(self, limit: int = 100) -> tuple[QueueEntry, ...]:
        """What waits, in the order in which it will be taken, and for what; to who is no administrator, what of it is her own."""
        from workbench.jobs.overview import queue

        services, only = self._services, None if self._who.is_admin else self._services.view(self._who).me
        found = queue(services.settings, services.store, services.log, limit, only)
        return (*found, *self._for_people(only))[:limit]

    def _for_people(self, only: str | None) -> Iterator[QueueEntry]:
        """Steps that wait for a person, of all or of one's own runs."""
        from workbench.jobs.overview import QueueEntry
        from workbench.jobs.queues import queue_of
        from workbench.pipelines.approval import waiting

        for asked in waiting(self._services.log):
            run = self._services.log.get(asked.run_id)
            if only in (None, run.principal):
                name, priority = queue_of(run.attributes)
                yield QueueEntry(
                    run_id=asked.step_run_id, kind="step", job=f"{asked.name}.{asked.step}", principal=asked.submitted_by, queue=name,
                    priority=priority, asked_at=asked.asked_at, place=None, waits_for=f"a decision: {', '.join(asked.by)}",
                )  # fmt: skip

    def workers(self) -> tuple[WorkerEntry, ...]:
        """The workers, and what each carries out."""
        from workbench.jobs.overview import workers

        return workers(self._services.settings, self._services.store, self._services.log)
