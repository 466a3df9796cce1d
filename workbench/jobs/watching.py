"""The worker's part in watched folders: it looks into them, and queues loads of the files that are complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.core.config import Settings
from workbench.core.errors import Unavailable
from workbench.core.ids import new_id
from workbench.core.telemetry import get_logger
from workbench.store.tables import watches

if TYPE_CHECKING:
    from workbench.ingest.watch import Ready
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Watching"]

log = get_logger("jobs.watching")

_PATIENCE = 30.0
#: How long a file must stay as it is to count as complete, in seconds, where a person waits for it.
_SETTLES = 1.0


class Watching:
    """Looks every ``ingest.watch_seconds``. Of several workers one looks at a time."""

    def __init__(self, settings: Settings, store: Store, runs: RunLog) -> None:
        self._settings, self._store, self._runs = settings, store, runs

    def run(self, stopping: threading.Event) -> None:
        """Look until told to stop."""
        while not stopping.wait(self._settings.ingest.watch_seconds):
            try:
                self.look()
            except Unavailable:
                continue  # another worker looks, or the store is busy: the next round finds what there is
            except Exception:
                log.exception("watched folders could not be looked into")

    def look(self) -> int:
        """Look once; returns how many loads were queued.

        Raises
        ------
        Unavailable
            Another worker is looking.
        """
        with self._store.read() as conn:
            if conn.execute(select(watches.c.id).limit(1)).first() is None:
                return 0  # as mostly: what reads files is not even imported

        from workbench.ingest.watch import Watches

        with self._store.lock("watches", timeout=0):
            return Watches(self._store, self._runs, self._settings).look(self._queue)

    def look_now(self, id: str) -> int:
        """Look into one folder, as often as it takes to tell that a file is complete; returns how many loads were queued.

        Raises
        ------
        NotFound
            There is no such watch.
        Unavailable
            A worker has been looking for half a minute.
        """
        from workbench.ingest.watch import Watches

        watched = Watches(self._store, self._runs, self._settings)
        with self._store.lock("watches", timeout=_PATIENCE):
            queued = watched.look(self._queue, id)
            if watched.get(id).waiting:
                time.sleep(_SETTLES)
                queued += watched.look(self._queue, id)
        return queued

    def _queue(self, ready: Ready) -> tuple[tuple[str, ...], Callable[[], object]]:
        from workbench.ingest.job import Asked, AskedLoads, planned
        from workbench.jobs.service import Child, JobService

        told = [planned(path, path, ready.options) for path in ready.paths]
        loads = [Child(id=new_id(), kind="ingest", job=job, params=params) for job, params in told]
        jobs, kept = JobService(self._settings, self._store, self._runs), AskedLoads(self._settings.state)
        below = None if ready.reach.below is None else str(ready.reach.below)
        asked = Asked(source=ready.paths[0], options=ready.options, reach=ready.reach.word, below=below)
        (job, params), run_id = told[0], loads[0].id
        if len(loads) == 1:
            kept.keep(run_id, asked)
            return (run_id,), lambda: jobs.submit("ingest", job, params, ready.by, run_id=run_id)
        # What a load costs beside its file (a run on the queue, connections, the engine's process) is paid once for all of them.
        files, run_id = tuple((load.id, path) for load, path in zip(loads, ready.paths, strict=True)), new_id()
        kept.keep(run_id, asked.model_copy(update={"source": ready.folder, "files": files}))
        every = params | {"source": ready.folder, "files": len(files)}
        return tuple(load.id for load in loads), lambda: jobs.submit("ingest_batch", job, every, ready.by, run_id=run_id, children=loads)
