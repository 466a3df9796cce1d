"""Notifications as verbs: what one is told of, and what one chooses."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbench.core.clock import now, zone
from workbench.core.errors import Forbidden, InvalidInput, NotFound, TooManyRequests
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.notifications.channels.email import checked_email
from workbench.notifications.channels.outcome import NotNow, Refused
from workbench.notifications.channels.webhook import checked_url
from workbench.notifications.message import Message
from workbench.notifications.notifier import Notifier
from workbench.notifications.outbox import Outbox
from workbench.notifications.quiet import checked_hours
from workbench.notifications.records import Channel, ChannelTest, Event, Notification, NotificationSettings, Subscription
from workbench.notifications.shelf import Shelf
from workbench.pipelines.schedules.triggers import read_trigger

if TYPE_CHECKING:
    from workbench.core.config import Settings
    from workbench.notifications.people import People
    from workbench.runs.log import RunLog
    from workbench.store import SecretBox, Store

__all__ = ["NotificationService"]

_MOST = 50  # subscriptions
_LEAST_KEY = 16
_EVERY = timedelta(seconds=5)
_ABOUT = "mine, owned, pipeline:NAME, or freshness:DATASET:24h (for `stale`)."


class NotificationService:
    """What people are told of, and by which channels.

    Parameters
    ----------
    people
        Who there is, and what each may see today.
    """

    def __init__(self, settings: Settings, store: Store, box: SecretBox, log: RunLog, people: People) -> None:
        self._settings, self._log, self._people = settings, log, people
        self.shelf = Shelf(store, box)

    @cached_property
    def notifier(self) -> Notifier:
        """What a worker asks to find out whom to tell."""
        return Notifier(self.shelf, self._log, self._people)

    @cached_property
    def outbox(self) -> Outbox:
        """What a worker asks to send."""
        return Outbox(self.shelf, self._settings, self._people)

    def list(self, who: Principal, unread: bool, limit: int) -> tuple[Notification, ...]:
        """What somebody is told of, as far as she may see it today, newest first."""
        found = []
        for row, what, deliveries in self.shelf.listed(who.name, unread, limit):
            message = self._people.message(who, what)
            if message is not None:
                told = message.model_dump(exclude={"event", "parts"})
                found.append(Notification(id=row.id, event=what.event, read=row.read_at is not None, deliveries=deliveries, **told))
        return tuple(found)

    def settings(self, who: Principal) -> NotificationSettings:
        """What somebody has chosen, or what holds for who has chosen nothing."""
        chosen = self.shelf.of(who.name)
        return chosen.settings if chosen is not None else self._nothing()

    def subscribe(self, who: Principal, events: Iterable[Event], about: Iterable[str], channels: Iterable[Channel]) -> NotificationSettings:
        """Add a subscription. What it is about has been looked at by who calls.

        Raises
        ------
        InvalidInput
            It names nothing, or there are too many.
        """
        made = Subscription(events=_once(events), about=_once(about), channels=_once(channels))
        if not made.events or not made.about or not made.channels:
            raise InvalidInput("A subscription names events, what they are about, and channels.", fix="At least one of each.")
        for each in made.about:
            if each not in ("mine", "owned") and not each.startswith(("pipeline:", "freshness:")):
                raise InvalidInput(f"{each!r} is nothing to be told of.", fix=_ABOUT, field="about")
            if each.startswith("freshness:"):
                read_trigger(each)
        said = self.settings(who)
        if made in said.subscriptions:
            return said
        if len(said.subscriptions) >= _MOST:
            raise InvalidInput(f"There are {_MOST} subscriptions.", fix="Remove one first.")
        return self._keep(who, said.model_copy(update={"subscriptions": (*said.subscriptions, made)}))

    def unsubscribe(self, who: Principal, number: int) -> NotificationSettings:
        """Take a subscription away, by its number from 1.

        Raises
        ------
        NotFound
            There is none of that number.
        """
        said = self.settings(who)
        if not 1 <= number <= len(said.subscriptions):
            raise NotFound(f"There is no subscription {number}.", fix=f"There are {len(said.subscriptions)}.")
        left = tuple(each for at, each in enumerate(said.subscriptions, 1) if at != number)
        return self._keep(who, said.model_copy(update={"subscriptions": left}))

    def connect(self, who: Principal, channel: Channel, address: str | None, secret: str | None, key: str | None) -> NotificationSettings:
        """Say where messages of a channel go to. Of a webhook the answer has the ``key`` that its messages are signed with.

        Raises
        ------
        InvalidInput, Forbidden
            Nothing can be sent there.
        """
        said, kept = self.settings(who), dict[str, str | None]()
        if channel == "app":
            raise InvalidInput("The list in the app is there by itself.", fix="Connect email, webhook or slack.", field="channel")
        if channel == "email":
            if secret is not None or key is not None or not address:
                raise InvalidInput("Mail goes to an address.", fix="Give `address`, and no secret.", field="address")
            return self._keep(who, said.model_copy(update={"email": checked_email(address, self._settings.notifications)}))
        if secret is None or address is not None:
            raise InvalidInput("A webhook's address is a secret.", fix="Give it as `secret`.", field="secret")
        kept[channel] = checked_url(secret, self._settings.notifications)
        shown = urlsplit(secret).hostname
        if channel == "slack":
            return self._keep(who, said.model_copy(update={"slack": shown}), kept)
        if key is not None and len(key) < _LEAST_KEY:
            raise InvalidInput("The key is too short.", fix=f"At least {_LEAST_KEY} characters; without one a key is made.", field="key")
        kept["key"] = key or secrets.token_urlsafe(32)
        return self._keep(who, said.model_copy(update={"webhook": shown}), kept).model_copy(update={"key": kept["key"]})

    def disconnect(self, who: Principal, channel: Channel) -> NotificationSettings:
        """Forget where messages of a channel go to; what waits for it is not sent."""
        said = self.settings(who)
        if channel == "app":
            return said
        gone = ("webhook", "key") if channel == "webhook" else (channel,)
        return self._keep(who, said.model_copy(update={channel: None}), dict.fromkeys(gone))

    def quiet(self, who: Principal, start: str | None, end: str | None, timezone: str | None) -> NotificationSettings:
        """Send nothing from one time of day to another; without them, at any time. Raises InvalidInput, InvalidSetting."""
        said = self.settings(who)
        place = timezone or said.timezone
        zone(place)
        if (start is None) != (end is None):
            raise InvalidInput("Quiet hours have a beginning and an end.", fix="Give both, or none.", field="end")
        hours = checked_hours(start, end) if start is not None and end is not None else None
        return self._keep(who, said.model_copy(update={"quiet": hours, "timezone": place}))

    def test(self, who: Principal, channel: Channel) -> ChannelTest:
        """Send a message to oneself now, and say whether it came out.

        Raises
        ------
        TooManyRequests
            One was tried a moment ago.
        """
        chosen = self.shelf.of(who.name)
        if chosen is None or not chosen.reaches(channel):
            return ChannelTest(ok=False, message="Nothing is set up.", fix=f"`workbench notifications connect {channel}`.")
        if not self.shelf.may_test(who.name, _EVERY):
            wait = _EVERY.total_seconds()
            raise TooManyRequests("You have tried it a moment ago.", fix="Try again in some seconds.", retry_after=wait)
        name = self._settings.workspace.name
        message = Message(event=None, at=now(), title=f"{name}: this is a test", text="Messages of the workbench come here.")
        try:
            self.outbox.deliver(who, channel, message, new_id())
        except (NotNow, Refused) as problem:
            return ChannelTest(ok=False, message=f"It did not come out: {problem}.", fix=_what_to_do(channel))
        return ChannelTest(ok=True)

    def _nothing(self) -> NotificationSettings:
        return NotificationSettings(timezone=self._settings.workspace.timezone)

    def _keep(self, who: Principal, said: NotificationSettings, kept: dict[str, Any] | None = None) -> NotificationSettings:
        if who.only or who.looks_only:
            raise Forbidden("A token that is narrowed chooses nothing for a person.", fix="Sign in, or use a token of scope 'write'.")
        self.shelf.choose(who, said, kept)
        return self.settings(who)


def _once(given: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(given))


def _what_to_do(channel: Channel) -> str:
    if channel == "email":
        return "Check the address; who administers the workspace sets the mail server ([notifications] in workbench.toml)."
    return "Check the address, and that its server is in the open network."
