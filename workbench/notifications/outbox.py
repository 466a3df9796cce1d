"""Sending what waits: each message once, tried again with growing pauses, whoever sends and whoever is killed meanwhile.

Who sends a message takes it first, for a while. One that a worker was killed with is tried again when that is over: should the server have
taken it in that very moment, it comes twice, with the same id.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from workbench.core.clock import iso, now
from workbench.core.errors import Unavailable, WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.notifications.channels.outcome import NotNow, Refused
from workbench.notifications.message import Message, as_json, as_slack

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.core.principals import Principal
    from workbench.notifications.people import People
    from workbench.notifications.records import Channel
    from workbench.notifications.shelf import Shelf

__all__ = ["Outbox"]

_log = get_logger("notifications")
#: Seconds before another try: a day in all.
_PAUSES = (30, 120, 600, 1_800, 7_200, 21_600, 54_000)
_TAKEN = timedelta(minutes=5)
_AT_ONCE = 200
_SENDERS = 4


class Outbox:
    """Messages on their way."""

    def __init__(self, shelf: Shelf, settings: Settings, people: People) -> None:
        self._shelf, self._settings, self._people = shelf, settings, people

    def send(self, at: datetime) -> int:
        """Send what is due; returns how many have come out. What somebody's server does holds up nobody else's messages."""
        groups: dict[tuple[str, str], list[Row[Any]]] = {}
        for row in self._shelf.waiting(at, _AT_ONCE):
            # All mail goes to one server.
            groups.setdefault((row.channel, "" if row.channel == "email" else row.principal), []).append(row)
        if not groups:
            return 0
        with ThreadPoolExecutor(max_workers=_SENDERS, thread_name_prefix="sending") as pool:
            return sum(pool.map(self._group, groups.values()))

    def _group(self, rows: Sequence[Row[Any]]) -> int:
        count = 0
        for number, row in enumerate(rows):
            taken = {"due_at": iso(now() + _TAKEN), "tries": row.tries + 1}
            if not self._shelf.change(row, **taken):
                continue
            try:
                count += self._one(row)
            except NotNow as problem:
                self._later(row, str(problem))
                if problem.everybody:
                    for other in rows[number + 1 :]:
                        self._shelf.change(other, due_at=self._after(other.tries + 1), reason=str(problem))
                    break
            except Refused as problem:
                self._over(row, str(problem))
            except Unavailable:
                self._shelf.settle(row, due_at=self._after(1), tries=row.tries)
            except Exception:
                _log.exception("a message could not be made", extra={"notification": row.notification_id, "channel": row.channel})
                self._later(row, "it could not be made; the worker's log says why")
        return count

    def _one(self, row: Row[Any]) -> int:
        chosen, what = self._shelf.of(row.principal), self._shelf.get(row.notification_id)
        if chosen is None or what is None or not chosen.reaches(row.channel):
            self._shelf.settle(row, state="withheld", reason="the channel was taken away")
            return 0
        try:
            message = self._people.message(chosen.who, what)
        except Unavailable:
            raise
        except WorkbenchError:
            message = None  # disabled by now
        if message is None:
            self._shelf.settle(row, state="withheld", reason="it is over, or may not be seen any more")
            return 0
        self.deliver(chosen.who, row.channel, message, row.notification_id)
        self._shelf.settle(row, state="sent", reason=None)
        return 1

    def deliver(self, who: Principal, channel: Channel, message: Message, id: str) -> None:
        """Send one message now.

        Raises
        ------
        NotNow, Refused
            It did not come out.
        """
        chosen, said = self._shelf.of(who.name), self._settings.notifications
        if chosen is None:
            raise Refused("nothing is set up")
        if channel == "email":
            from workbench.notifications.channels.email import checked_email, send_email

            try:
                to = checked_email(chosen.settings.email or "", said)
            except WorkbenchError:
                raise Refused("mail to that address is not sent from here") from None
            own = said.smtp_password.get_secret_value() if said.smtp_password else self._shelf.secrets().get("smtp")
            send_email(message, to, id, said, own)
            return
        from workbench.notifications.channels.webhook import send_json

        secrets = self._shelf.secrets(who.name)
        if channel not in secrets:
            raise Refused("nothing is set up")
        body = as_slack(message) if channel == "slack" else as_json(message, id)
        send_json(secrets[channel], body, said, id, secrets.get("key") if channel == "webhook" else None)

    def _later(self, row: Row[Any], reason: str) -> None:
        if row.tries >= len(_PAUSES):
            self._over(row, reason)
        else:
            self._shelf.settle(row, due_at=self._after(row.tries + 1), reason=reason)

    def _over(self, row: Row[Any], reason: str) -> None:
        self._shelf.settle(row, state="failed", reason=reason)
        _log.warning("a message did not come out", extra={"notification": row.notification_id, "channel": row.channel, "reason": reason})

    @staticmethod
    def _after(tries: int) -> str:
        return iso(now() + timedelta(seconds=_PAUSES[min(tries, len(_PAUSES)) - 1]))
