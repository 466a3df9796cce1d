"""Sending what waits: each message once, tried again with growing pauses, whoever sends and whoever is killed meanwhile.

Who sends a message takes it first, for a while. One that a worker was killed with is tried again when that is over: should the server have
taken it in that very moment, it comes twice, with the same id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from workbench.core.clock import iso, now
from workbench.core.errors import Unavailable, WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.notifications.channels.outcome import NotNow, Refused
from workbench.notifications.message import Message, as_json, as_slack, in_one
from workbench.notifications.quiet import due

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.core.principals import Principal
    from workbench.notifications.people import People
    from workbench.notifications.records import Channel
    from workbench.notifications.shelf import Shelf

__all__ = ["Outbox"]

Letter = list[Row[Any]]

_log = get_logger("notifications")
#: Seconds before another try: a day in all.
_PAUSES = (30, 120, 600, 1_800, 7_200, 21_600, 54_000)
_TAKEN = timedelta(minutes=5)
_AT_ONCE = 200
_AT_MOST = 1_000  # things in one message
_GATHERED = ("email", "slack")
_SENDERS = 4


class Outbox:
    """Messages on their way.

    What follows a message to a person within some minutes is gathered, and sent as one when these are over: thirty failures are two mails.
    It is gathered where it waits, in the store, so that nothing of it is lost with a worker. A webhook is read by programs, and a question
    wants an answer: these come one by one.
    """

    def __init__(self, shelf: Shelf, settings: Settings, people: People) -> None:
        self._shelf, self._settings, self._people = shelf, settings, people

    def send(self, at: datetime) -> int:
        """Send what is due; returns how many have come out. What somebody's server does holds up nobody else's messages."""
        groups: dict[tuple[str, str], list[Letter]] = {}
        for letter in self._letters(self._shelf.waiting(at, _AT_ONCE), at):
            # All mail goes to one server.
            first = letter[0]
            groups.setdefault((first.channel, "" if first.channel == "email" else first.principal), []).append(letter)
        if not groups:
            return 0
        with ThreadPoolExecutor(max_workers=_SENDERS, thread_name_prefix="sending") as pool:
            return sum(pool.map(self._group, groups.values()))

    def _letters(self, rows: Sequence[Row[Any]], at: datetime) -> Iterator[Letter]:
        """What is sent as one message each, of what is due."""
        together: set[tuple[str, Channel]] = set()
        for row in rows:
            if row.channel not in _GATHERED or row.event == "approval" or not self._settings.notifications.gather_minutes:
                yield [row]
            else:
                together.add((row.principal, row.channel))
        for name, channel in sorted(together):
            letter = [row for row in self._shelf.waiting(at, _AT_MOST, name, channel) if row.event != "approval"]
            if (until := self._gathered_until(name, channel, at)) is None:
                yield letter
            else:
                self._shelf.put_off(letter, iso(until), "it is sent with what follows")

    def _gathered_until(self, name: str, channel: Channel, at: datetime) -> datetime | None:
        """Until when what somebody is to be told is gathered; None where nothing was sent to her of late."""
        pause = timedelta(minutes=self._settings.notifications.gather_minutes)
        last = self._shelf.sent_at(name, channel, at - pause)
        if last is None or not last <= at < last + pause:  # or the clock was set
            return None
        chosen = self._shelf.of(name)
        return due(last + pause, chosen.settings.quiet, chosen.settings.timezone) if chosen is not None else None

    def _group(self, letters: Sequence[Letter]) -> int:
        count = 0
        for number, letter in enumerate(letters):
            rows = self._shelf.take(letter, iso(now() + _TAKEN))
            if not rows:
                continue
            try:
                count += self._one(rows)
            except NotNow as problem:
                for row in rows:
                    self._later(row, str(problem))
                if problem.everybody:
                    for other in (row for each in letters[number + 1 :] for row in each):
                        self._shelf.change(other, due_at=self._after(other.tries + 1), reason=str(problem))
                    break
            except Refused as problem:
                for row in rows:
                    self._over(row, str(problem))
            except Unavailable:
                for row in rows:
                    self._shelf.settle(row, due_at=self._after(1), tries=row.tries)
        return count

    def _one(self, rows: Letter) -> int:
        """Send what was taken as one message; returns how many things it tells."""
        first = rows[0]
        chosen = self._shelf.of(first.principal)
        if chosen is None or not chosen.reaches(first.channel):
            for row in rows:
                self._shelf.settle(row, state="withheld", reason="the channel was taken away")
            return 0
        told = [(row, message) for row in rows if (message := self._made(chosen.who, row)) is not None]
        if not told:
            return 0
        ids = [row.notification_id for row, _ in told]
        if len(told) == 1:
            self.deliver(chosen.who, first.channel, told[0][1], ids[0])
        else:
            # The same when the same come twice.
            id = hashlib.sha256(" ".join(sorted(ids)).encode()).hexdigest()[:36]
            self.deliver(chosen.who, first.channel, in_one([message for _, message in told]), id)
        for row, _ in told:
            self._shelf.settle(row, state="sent", reason=None)
        return len(told)

    def _made(self, who: Principal, row: Row[Any]) -> Message | None:
        """What somebody is told; None where that is nothing, which is noted."""
        try:
            what = self._shelf.get(row.notification_id)
            message = self._people.message(who, what) if what is not None else None
        except Unavailable:
            raise
        except WorkbenchError:
            message = None  # disabled by now
        except Exception:
            # Others that go with it are none the worse for it.
            _log.exception("a message could not be made", extra={"notification": row.notification_id, "channel": row.channel})
            self._later(row, "it could not be made; the worker's log says why")
            return None
        if message is None:
            self._shelf.settle(row, state="withheld", reason="it is over, or may not be seen any more")
        return message

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
