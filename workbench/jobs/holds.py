"""The workspace's own resources (a licence, a connection): counted over all workers, table ``resource_holds``.

What is held belongs to a run and to the worker that carries it out. A dead worker's are freed by who takes it over, and those of a run that
has ended count for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from workbench.core.clock import iso, now
from workbench.core.errors import Unavailable
from workbench.jobs.slots import Holder, in_use, lacking
from workbench.runs.records import TERMINAL
from workbench.store.tables import resource_holds

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Holds"]

_table = resource_holds.c


class Holds:
    """What one worker holds, beside what others do. ``there``: how much of each resource the workspace has."""

    def __init__(self, store: Store, log: RunLog, worker: str, there: Mapping[str, float]) -> None:
        self._store, self._log, self._worker, self.there = store, log, worker, there

    def lacks(self, needs: Mapping[str, float]) -> str | None:
        """Which of the needs the workspace could never meet, in words; None where it could."""
        return lacking(needs, self.there)

    def take(self, holder: Holder, needs: Mapping[str, float]) -> str | None:
        """Take all that is needed, or nothing: None, or what stands against it, in words. What the run held before is its own."""
        try:
            # Two who look at once would both find it free.
            with self._store.lock("resources", timeout=5):
                return self._take(holder, needs)
        except Unavailable:
            return f"{', '.join(needs)}: others take some now"

    def _take(self, holder: Holder, needs: Mapping[str, float]) -> str | None:
        held = self._held(set(needs))
        for name, amount in needs.items():
            others = [(run, much) for run, much in held.get(name, ()) if run.run_id != holder.run_id]
            used = sum(much for _, much in others)
            if used + amount > self.there.get(name, 0.0):
                return in_use(name, used, self.there.get(name, 0.0), [run for run, _ in others], holder)
        with self._store.write() as conn:
            conn.execute(delete(resource_holds).where(_table.run_id == holder.run_id))
            at = iso(now())
            rows = [{"resource": n, "run_id": holder.run_id, "worker": self._worker, "amount": a, "at": at} for n, a in needs.items()]
            conn.execute(insert(resource_holds), rows)
        return None

    def give(self, run_id: str) -> None:
        """Give back what a run held, as far as it is still this worker's to give."""
        with self._store.write() as conn:
            conn.execute(delete(resource_holds).where(_table.run_id == run_id, _table.worker == self._worker))

    def free(self, worker: str) -> None:
        """Free what a dead worker held."""
        with self._store.write() as conn:
            conn.execute(delete(resource_holds).where(_table.worker == worker))

    def _held(self, names: set[str]) -> dict[str, list[tuple[Holder, float]]]:
        """Who has how much of each, of runs that go on."""
        with self._store.read() as conn:
            rows = conn.execute(select(_table.resource, _table.run_id, _table.amount).where(_table.resource.in_(names))).all()
        runs = self._log.some({row.run_id for row in rows})
        found: dict[str, list[tuple[Holder, float]]] = {}
        for row in rows:
            run = runs.get(row.run_id)
            if run is not None and run.status not in TERMINAL:
                found.setdefault(row.resource, []).append((Holder(run.id, run.principal), row.amount))
        return found
