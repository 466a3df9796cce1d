"""The worker's part in schedules: it looks at the clock."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from workbench.core.clock import from_iso, now
from workbench.core.config import Settings
from workbench.core.errors import Unavailable
from workbench.core.telemetry import get_logger
from workbench.store.tables import schedules

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Ticking"]

log = get_logger("jobs.ticking")

# By name, because it needs the services of a whole workspace, which stand to the right of this package.
_LOOKS = "workbench.app.scheduling:Look"
#: The longest sleep: so soon a clock that was set, a machine that woke up and a schedule that was made are noticed.
_SLEEP = timedelta(seconds=1)


class Ticking:
    """Looks at the clock until told to stop: at the next date, and every second, because clocks are set and machines sleep. Every worker
    does; a date is run by one of them."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._looking: Any = None

    def run(self, stopping: threading.Event) -> None:
        pause = _SLEEP
        while not stopping.wait(pause.total_seconds()):
            try:
                pause = self.look(now())
            except Unavailable:
                pause = _SLEEP  # the store is busy: the next look finds what there is
            except Exception:
                pause = _SLEEP
                log.exception("the schedules could not be looked at")

    def look(self, at: datetime) -> timedelta:
        """Look once; returns how long to sleep."""
        with self._store.read() as conn:
            count, next_at = conn.execute(select(func.count(), func.min(schedules.c.next_at)).where(schedules.c.paused_at.is_(None))).one()
        if not count and self._looking is None:
            return _SLEEP  # as mostly: nothing is even imported
        if self._looking is None:
            module, name = _LOOKS.split(":")
            self._looking = getattr(import_module(module), name)(self._settings)
        self._looking.look(at)
        left = from_iso(next_at) - now() if next_at else _SLEEP
        return min(max(left, timedelta(milliseconds=10)), _SLEEP) if left > timedelta(0) else _SLEEP
