"""What people are told of, how, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from workbench.core.records import Record

__all__ = ["DEFAULT", "Channel", "ChannelTest", "Delivery", "Event", "Happened", "Notification", "NotificationSettings", "Subscription"]

#: What may have happened. Who wants to be told of ``failed`` is told of what a gate ``held_back``, and who wants ``succeeded`` of what has
#: ``recovered`` (the run before had failed, or this one was repaired).
Event = Literal["failed", "recovered", "succeeded", "cancelled", "held_back", "approval", "missed", "stale"]

#: ``app`` is the list in the app; the others are sent.
Channel = Literal["app", "email", "webhook", "slack"]


class Subscription(Record):
    """Which events of what, by which channels. ``about``: ``mine`` (runs that one has started, one's own schedules), ``owned`` (pipelines
    whose ``owner`` one is), ``pipeline:NAME``, ``freshness:DATASET:24h`` (for ``stale``). An approval is told to whoever may decide."""

    events: tuple[Event, ...]
    about: tuple[str, ...] = ("mine",)
    channels: tuple[Channel, ...] = ("app",)


#: Of who has chosen nothing.
DEFAULT = (Subscription(events=("failed", "recovered", "approval"), about=("mine", "owned")),)


class NotificationSettings(Record):
    """What a person has chosen; addresses of webhooks are secret, and only their servers are shown. ``key`` is what webhooks are signed
    with: it is told once, by the call that makes it. ``quiet``: from when to when nothing is sent, in the time zone."""

    subscriptions: tuple[Subscription, ...] = DEFAULT
    email: str | None = None
    webhook: str | None = None
    slack: str | None = None
    quiet: tuple[str, str] | None = None
    timezone: str = "UTC"
    key: str | None = None


class Happened(Record):
    """Something that people may want to know of: references only. ``who`` is whose run or schedule it is, ``key`` the same for whoever
    looks, ``date`` which of a schedule's, ``about`` what a subscription must name where it is not for its pipeline."""

    key: str
    event: Event
    at: datetime
    pipeline: str = ""
    run_id: str | None = None
    step_run_id: str | None = None
    schedule: str | None = None
    dataset: str | None = None
    date: str | None = None
    about: str | None = None
    who: str = ""


class Delivery(Record):
    """One message on its way. ``withheld``: by then the receiver might not see it, or it was over. ``reason`` says why it has not come."""

    channel: Channel
    state: Literal["waiting", "sent", "failed", "withheld"]
    tries: int
    at: datetime
    reason: str | None = None


class Notification(Record):
    """One thing that a person is told of, with what she may see of it today."""

    id: str
    event: Event
    at: datetime
    title: str
    text: str = ""
    error: str | None = None
    next: str | None = None
    link: str | None = None
    facts: dict[str, Any] = {}
    read: bool = False
    deliveries: tuple[Delivery, ...] = ()


class ChannelTest(Record):
    """Whether a message came out. ``message`` and ``fix`` say why not."""

    ok: bool
    message: str = ""
    fix: str | None = None
