"""The verbs of ``notifications`` in this process."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace
from workbench.core.errors import PipelineNotFound
from workbench.pipelines.schedules.triggers import read_trigger

if TYPE_CHECKING:
    from workbench.notifications.records import Channel, ChannelTest, Event, Notification, NotificationSettings
    from workbench.notifications.service import NotificationService

__all__ = ["NotificationNamespace"]


class NotificationNamespace(Namespace, noun="notifications"):
    def list(self, unread: bool = False, limit: int = 50) -> tuple[Notification, ...]:
        """What you are told of, newest first."""
        return self._told.list(self._who, unread, limit)

    def read(self, ids: builtins.tuple[str, ...] = ()) -> builtins.tuple[Notification, ...]:
        """You have read these, or all where none is named; returns what is unread."""
        self._told.shelf.read(self._who.name, ids)
        return self._told.list(self._who, True, 100)

    def settings(self) -> NotificationSettings:
        """What you have chosen."""
        return self._told.settings(self._who)

    def subscribe(
        self, events: builtins.tuple[Event, ...], about: builtins.tuple[str, ...] = ("mine",),
        channels: builtins.tuple[Channel, ...] = ("app",),
    ) -> NotificationSettings:  # fmt: skip
        """Be told of events."""
        return self._told.subscribe(self._who, events, [self._checked(each) for each in about], channels)

    def unsubscribe(self, number: int) -> NotificationSettings:
        """Take a subscription away, by its number from 1."""
        return self._told.unsubscribe(self._who, number)

    def connect(
        self, channel: Channel, address: str | None = None, secret: str | None = None, key: str | None = None
    ) -> NotificationSettings:
        """Say where messages of a channel go to."""
        return self._told.connect(self._who, channel, address, secret, key)

    def disconnect(self, channel: Channel) -> NotificationSettings:
        """Forget where messages of a channel go to."""
        return self._told.disconnect(self._who, channel)

    def quiet(self, start: str | None = None, end: str | None = None, timezone: str | None = None) -> NotificationSettings:
        """Send nothing from one time of day to another."""
        return self._told.quiet(self._who, start, end, timezone)

    def test(self, channel: Channel) -> ChannelTest:
        """Send a message to yourself now."""
        return self._told.test(self._who, channel)

    def mail_password(self, secret: str | None = None) -> NotificationSettings:
        """Keep the mail server's password, or forget it."""
        self._told.shelf.keep_password(secret)
        return self._told.settings(self._who)

    @property
    def _told(self) -> NotificationService:
        return self._services.notifications

    def _checked(self, about: str) -> str:
        """What a subscription is about, of what the caller sees, by its own name."""
        about = about.strip()
        if about.startswith("pipeline:"):
            name = about.partition(":")[2]
            if not self._services.telling.looks_at(self._who, name):
                raise PipelineNotFound(f"There is no pipeline {name!r}.", fix="`workbench pipelines` lists those there are.")
            self._services.pipelines.get(name)
        if about.startswith("freshness:"):
            named = read_trigger(about).about
            return about.replace(f":{named}", f":{self._resolved(named)}", 1)
        return about
