"""What one is told of, and how."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import Field

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.notifications.records import Channel, ChannelTest, Event, Notification, NotificationSettings

__all__ = ["NotificationVerbs"]

_Texts = Annotated[tuple[Annotated[str, Field(max_length=300)], ...], Field(max_length=50)]
_Text = Annotated[str, Field(max_length=2_000)]


class NotificationVerbs(Protocol):
    @verb("GET", "/notifications")
    def list(self, unread: bool = False, limit: Count = 50) -> tuple[Notification, ...]:
        """What you are told of, newest first, and what became of its messages."""

    @verb("POST", "/notifications/read", safe=True)
    def read(self, ids: _Texts = ()) -> tuple[Notification, ...]:
        """You have read these, or all where none is named; returns what is unread."""

    @verb("GET", "/notification-settings")
    def settings(self) -> NotificationSettings:
        """What you have chosen: subscriptions, channels, quiet hours. Where you have chosen nothing, what holds then."""

    @verb("POST", "/notification-settings/subscriptions", safe=True)
    def subscribe(
        self, events: tuple[Event, ...], about: _Texts = ("mine",), channels: tuple[Channel, ...] = ("app",)
    ) -> NotificationSettings:
        """Be told of events: ``about`` what you have started (``mine``), pipelines you own (``owned``), ``pipeline:NAME``, or
        ``freshness:DATASET:24h``; in the ``app``, by ``email``, ``webhook``, ``slack``."""

    @verb("DELETE", "/notification-settings/subscriptions")
    def unsubscribe(self, number: Annotated[int, Field(ge=1, le=1_000)]) -> NotificationSettings:
        """Take a subscription away, by its number from 1."""

    @verb("POST", "/notification-settings/channels/{channel}", safe=True)
    def connect(
        self, channel: Channel, address: _Text | None = None, secret: _Text | None = None, key: _Text | None = None
    ) -> NotificationSettings:
        """Say where messages of a channel go to: an e-mail ``address``; of ``webhook`` and ``slack`` the address as a ``secret``. Webhooks
        are signed with ``key``; without one a key is made, and told by this call only."""

    @verb("DELETE", "/notification-settings/channels/{channel}")
    def disconnect(self, channel: Channel) -> NotificationSettings:
        """Forget where messages of a channel go to."""

    @verb("POST", "/notification-settings/quiet", safe=True)
    def quiet(self, start: _Text | None = None, end: _Text | None = None, timezone: _Text | None = None) -> NotificationSettings:
        """Send nothing from one time of day (``22:00``) to another; without them, at any time."""

    @verb("POST", "/notification-settings/channels/{channel}/test")
    def test(self, channel: Channel) -> ChannelTest:
        """Send a message to yourself now, and say whether it came out."""

    @verb("POST", "/notification-settings/mail-password", safe=True)
    def mail_password(self, secret: _Text | None = None) -> NotificationSettings:
        """Keep the mail server's password, encrypted; without one, forget it."""
