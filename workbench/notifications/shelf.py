"""What people have chosen, what they are told of, and what became of each message, as it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from workbench.core.clock import from_iso, iso, now
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.core.records import Record
from workbench.jobs.notifying import CURSOR
from workbench.notifications.quiet import due
from workbench.notifications.records import Channel, Delivery, Happened, NotificationSettings
from workbench.store.tables import notification_cursors, notification_deliveries, notification_settings, notifications
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from workbench.store import SecretBox, Store

__all__ = ["Chosen", "Shelf"]

_WORKSPACE = ""  # whose line is the workspace's own


class Chosen(Record):
    """What one person has chosen."""

    who: Principal
    settings: NotificationSettings
    changed_at: datetime
    has: tuple[str, ...] = ()

    def reaches(self, channel: Channel) -> bool:
        """Whether there is somewhere to send to."""
        return channel in self.has or (channel == "email" and self.settings.email is not None)


class Shelf:
    """The tables ``notification_*`` and ``notifications``."""

    def __init__(self, store: Store, secrets: SecretBox) -> None:
        self.store, self._secrets = store, secrets

    # What people have chosen.

    def chosen(self) -> dict[str, Chosen]:
        """Everybody's who has chosen something, by name."""
        with self.store.read() as conn:
            rows = conn.execute(select(notification_settings).where(notification_settings.c.principal != _WORKSPACE)).all()
        return {row.principal: _chosen(row) for row in rows}

    def of(self, name: str) -> Chosen | None:
        """One person's."""
        row = self._row(name)
        return _chosen(row) if row is not None else None

    def choose(self, who: Principal, settings: NotificationSettings, secrets: Mapping[str, str | None] | None = None) -> None:
        """Keep what somebody has chosen; ``secrets`` are put beside those there are, None takes one away."""
        row = self._row(who.name)
        kept = self._open(row) | dict(secrets or {})
        kept = {name: value for name, value in kept.items() if value}
        body = settings.model_copy(update={"key": None}).model_dump_json()
        values = {"who": who.model_dump_json(), "body": json.dumps({"said": json.loads(body), "has": sorted(kept)})}
        self._put(who.name, values | {"secrets": self._secrets.encrypt(json.dumps(kept)) if kept else None, "changed_at": iso(now())})

    def secrets(self, name: str = _WORKSPACE) -> dict[str, str]:
        """Where somebody's messages go to and what they are signed with; of the workspace the mail server's password. Raises InvalidInput
        where they cannot be read with this workspace's key."""
        return self._open(self._row(name))

    def keep_password(self, password: str | None) -> None:
        """Keep the mail server's password, or forget it."""
        sealed = self._secrets.encrypt(json.dumps({"smtp": password})) if password else None
        self._put(_WORKSPACE, {"who": "{}", "body": "{}", "secrets": sealed, "changed_at": iso(now())})

    def may_test(self, name: str, every: timedelta) -> bool:
        """Whether somebody may try a channel now; if so, it counts as tried."""
        table, at = notification_settings.c, now()
        before = table.tested_at.is_(None) | (table.tested_at < iso(at - every))
        with self.store.write() as conn:
            done = conn.execute(update(notification_settings).where(table.principal == name, before).values(tested_at=iso(at)))
            return done.rowcount == 1

    def _row(self, name: str) -> Row[Any] | None:
        with self.store.read() as conn:
            return conn.execute(select(notification_settings).where(notification_settings.c.principal == name)).first()

    def _open(self, row: Row[Any] | None) -> dict[str, str]:
        return json.loads(self._secrets.decrypt(row.secrets)) if row is not None and row.secrets else {}

    def _put(self, name: str, values: dict[str, Any]) -> None:
        with self.store.write(act=True) as conn:
            done = conn.execute(update(notification_settings).where(notification_settings.c.principal == name).values(**values))
            if not done.rowcount:
                conn.execute(insert(notification_settings).values(principal=name, **values))

    # How far the log was read.

    def cursor(self, last: int) -> int:
        """Up to where the log was read; the first time what there is already is passed over."""
        with self.store.read() as conn:
            found = conn.execute(select(notification_cursors.c.seq).where(notification_cursors.c.name == CURSOR)).scalar()
        if found is None:
            with self.store.write() as conn:
                insert_if_absent(conn, notification_cursors, {"name": CURSOR, "seq": last})
            return last
        return int(found)

    @staticmethod
    def move(conn: Connection, to: int) -> bool:
        """Move it on; False where somebody else has been there."""
        here = notification_cursors.c.name == CURSOR, notification_cursors.c.seq < to
        return conn.execute(update(notification_cursors).where(*here).values(seq=to)).rowcount == 1

    # What people are told of.

    def put(self, conn: Connection, name: str, what: Happened, channels: Iterable[Channel], chosen: Chosen | None) -> bool:
        """Have somebody told of something, once; whether it was news."""
        wanted, id, at = set(channels), new_id(), now()
        row = {"principal": name, "key": what.key, "id": id, "event": what.event, "facts": what.model_dump_json(exclude_defaults=True)}
        if not insert_if_absent(conn, notifications, row | {"at": iso(what.at), "listed": int("app" in wanted), "read_at": None}):
            return False
        for channel in sorted(wanted - {"app"}):
            if chosen is not None and chosen.reaches(channel):
                when = due(at, chosen.settings.quiet, chosen.settings.timezone)
                line = {"notification_id": id, "channel": channel, "principal": name, "state": "waiting", "tries": 0}
                conn.execute(insert(notification_deliveries).values(**line, due_at=iso(when), at=iso(at), reason=None))
        return True

    def listed(self, name: str, unread: bool, limit: int) -> list[tuple[Row[Any], Happened, tuple[Delivery, ...]]]:
        """Somebody's, newest first."""
        table, lines = notifications.c, notification_deliveries
        conditions = [table.principal == name, table.listed == 1, *([table.read_at.is_(None)] if unread else [])]
        with self.store.read() as conn:
            rows = conn.execute(select(notifications).where(*conditions).order_by(table.at.desc(), table.id.desc()).limit(limit)).all()
            sent = conn.execute(select(lines).where(lines.c.notification_id.in_([row.id for row in rows])).order_by(lines.c.channel)).all()
        found: dict[str, list[Delivery]] = {}
        for line in sent:
            delivery = Delivery(channel=line.channel, state=line.state, tries=line.tries, at=from_iso(line.at), reason=line.reason)
            found.setdefault(line.notification_id, []).append(delivery)
        return [(row, Happened.model_validate_json(row.facts), tuple(found.get(row.id, ()))) for row in rows]

    def read(self, name: str, ids: Iterable[str]) -> None:
        """Somebody has read these, or all where none is named."""
        table, some = notifications.c, tuple(ids)
        conditions = [table.principal == name, table.read_at.is_(None), *([table.id.in_(some)] if some else [])]
        with self.store.write(act=True) as conn:
            conn.execute(update(notifications).where(*conditions).values(read_at=iso(now())))

    def get(self, id: str) -> Happened | None:
        """What a message is about."""
        with self.store.read() as conn:
            facts = conn.execute(select(notifications.c.facts).where(notifications.c.id == id)).scalar()
        return Happened.model_validate_json(facts) if facts is not None else None

    def forget(self, before: datetime) -> int:
        """Delete what is older, with its messages; returns how many."""
        old = select(notifications.c.id).where(notifications.c.at < iso(before))
        with self.store.write() as conn:
            conn.execute(delete(notification_deliveries).where(notification_deliveries.c.notification_id.in_(old)))
            return int(conn.execute(delete(notifications).where(notifications.c.at < iso(before))).rowcount)

    # Messages on their way.

    def waiting(self, at: datetime, most: int, name: str | None = None, channel: Channel | None = None) -> list[Row[Any]]:
        """Messages that are due, earliest first, with the ``event`` that each is about; all, or somebody's by a channel."""
        table = notification_deliveries
        wanted = [table.c.state == "waiting", table.c.due_at <= iso(at)]
        wanted += [table.c.principal == name, table.c.channel == channel] if name is not None else []
        query = select(table, notifications.c.event).join(notifications, notifications.c.id == table.c.notification_id).where(*wanted)
        with self.store.read() as conn:
            return list(conn.execute(query.order_by(table.c.due_at, table.c.notification_id).limit(most)))

    def sent_at(self, name: str, channel: Channel, since: datetime) -> datetime | None:
        """When the last message was sent to somebody by a channel, if that was after a moment; questions are none."""
        table = notification_deliveries.c
        # What was sent was taken before, which had moved it to later.
        wanted = table.state == "sent", table.due_at >= iso(since), table.principal == name, table.channel == channel
        query = select(func.max(table.at)).join(notifications, notifications.c.id == table.notification_id)
        with self.store.read() as conn:
            found = conn.execute(query.where(*wanted, notifications.c.event != "approval")).scalar()
        return from_iso(found) if found else None

    def take(self, rows: Iterable[Row[Any]], until: str) -> list[Row[Any]]:
        """Keep messages from others until a moment, to send them; those that nobody else has taken."""
        with self.store.write():
            return [row for row in rows if self.change(row, due_at=until, tries=row.tries + 1)]

    def put_off(self, rows: Iterable[Row[Any]], until: str, reason: str) -> None:
        """Have messages wait until a moment."""
        with self.store.write():
            for row in rows:
                self.change(row, due_at=until, reason=reason)

    def next_due(self) -> datetime | None:
        """When the next message is due."""
        table = notification_deliveries.c
        with self.store.read() as conn:
            found = conn.execute(select(func.min(table.due_at)).where(table.state == "waiting")).scalar()
        return from_iso(found) if found else None

    def change(self, row: Row[Any], **values: Any) -> bool:
        """Change a message's line that nobody has changed since it was read; whether it still was."""
        table = notification_deliveries.c
        here = table.notification_id == row.notification_id, table.channel == row.channel
        still = table.state == row.state, table.due_at == row.due_at, table.tries == row.tries
        with self.store.write() as conn:
            done = conn.execute(update(notification_deliveries).where(*here, *still).values(**values, at=iso(now())))
            return done.rowcount == 1

    def settle(self, row: Row[Any], **values: Any) -> None:
        """Note what became of a message that one has taken."""
        table = notification_deliveries.c
        here = table.notification_id == row.notification_id, table.channel == row.channel
        with self.store.write() as conn:
            conn.execute(update(notification_deliveries).where(*here).values(**values, at=iso(now())))


def _chosen(row: Row[Any]) -> Chosen:
    body = json.loads(row.body)
    return Chosen(
        who=Principal.model_validate_json(row.who),
        settings=NotificationSettings.model_validate(body["said"]),
        changed_at=from_iso(row.changed_at),
        has=tuple(body["has"]),
    )
