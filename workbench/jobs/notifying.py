"""The worker's part in notifications: it finds out whom to tell, and sends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from workbench.core.clock import iso, now
from workbench.core.config import Settings
from workbench.core.errors import Unavailable
from workbench.core.telemetry import get_logger
from workbench.store.tables import notification_cursors, notification_deliveries, notification_settings, run_events, runs, schedules
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["CURSOR", "Notifying"]

log = get_logger("jobs.notifying")

# By name, because it needs the services of a whole workspace, which stand to the right of this package.
_LOOKS = "workbench.app.notifying:Look"
_SLEEP = 1.0
_SLOWLY = 5  # rounds
_BAD_ENDS = ("run.failed", "run.cancelled")
#: The line of ``notification_cursors``.
CURSOR = "runs"


class Notifying:
    """Two threads, so that a mail server that does not answer keeps nothing out of the list in the app. Every worker has them; each thing
    is told by one."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._seen = -1
        self._rounds = 0

    def start(self, stopping: threading.Event) -> None:
        """Begin; they end when told to. What has happened before the first worker began is no news."""
        with self._store.write() as conn:
            last = conn.execute(select(func.max(run_events.c.seq))).scalar() or 0
            insert_if_absent(conn, notification_cursors, {"name": CURSOR, "seq": last})
        for name, look in (("notifying", self.look), ("sending", self.send)):
            threading.Thread(target=self._run, args=(stopping, look), name=name, daemon=True).start()

    @staticmethod
    def _run(stopping: threading.Event, look: Callable[[Any], int]) -> None:
        own: list[Any] = []
        while not stopping.wait(_SLEEP):
            try:
                look(own)
            except Unavailable:
                continue  # the store is busy: the next look finds what there is
            except Exception:
                log.exception("people could not be told")

    def look(self, own: list[Any]) -> int:
        """Look once; ``own`` keeps what looks. Whether the log has grown is cheap to ask; schedules are looked at now and then."""
        with self._store.read() as conn:
            last = conn.execute(select(func.max(run_events.c.seq))).scalar() or 0
            self._rounds += 1
            if last == self._seen and self._rounds % _SLOWLY:
                return 0
            nothing = not own and not self._is_wanted(conn, self._seen)
        count: int = 0 if nothing else self._of(own).look(now())
        self._seen = last
        return count

    @staticmethod
    def _is_wanted(conn: Connection, after: int) -> bool:
        """Whether there may be something to tell: mostly not, and then nothing is even imported. Of somebody who has chosen nothing it is
        an end that is none to be glad of, what succeeds after such a one, and an approval that is waited for: a step that has begun."""
        event = run_events.c
        bad, approval = event.type.in_(_BAD_ENDS), (event.type == "run.started") & event.body.contains('"asked_at"')
        asked = (
            select(event.seq).where(event.seq > after, bad | approval).limit(1),
            select(schedules.c.id).limit(1),
            select(notification_settings.c.principal).limit(1),
            select(runs.c.id).where(runs.c.status == "failed").limit(1),
        )
        return any(conn.execute(each).first() is not None for each in asked)

    def send(self, own: list[Any]) -> int:
        """Send once."""
        table = notification_deliveries.c
        with self._store.read() as conn:
            if conn.execute(select(table.channel).where(table.state == "waiting", table.due_at <= iso(now())).limit(1)).first() is None:
                return 0  # as mostly: nothing is even imported
        count: int = self._of(own).send(now())
        return count

    def _of(self, own: list[Any]) -> Any:
        if not own:
            module, name = _LOOKS.split(":")
            own.append(getattr(import_module(module), name)(self._settings))
        return own[0]
