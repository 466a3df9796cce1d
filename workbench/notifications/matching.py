"""Who wants to be told of something, and how: a pure decision."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.notifications.records import Channel, Event, Happened, Subscription

__all__ = ["channels_for", "counts_as"]

_ALSO: dict[Event, Event] = {"held_back": "failed", "recovered": "succeeded"}


def counts_as(event: Event) -> frozenset[Event]:
    """The events that it is one of.

    >>> sorted(counts_as("held_back")), sorted(counts_as("failed"))
    (['failed', 'held_back'], ['failed'])
    """
    return frozenset({event, _ALSO.get(event, event)})


def channels_for(
    what: Happened, subscriptions: Iterable[Subscription], me: str, owner: str = "", decides: bool = False
) -> frozenset[Channel]:
    """The channels by which somebody called ``me`` wants to know; none where she does not.

    Parameters
    ----------
    owner
        Who owns the pipeline.
    decides
        Whether she may decide on what waits for an approval.
    """
    abouts = {f"pipeline:{what.pipeline}"} if what.about is None else {what.about}
    abouts |= {"mine"} if what.who and what.who == me else set()
    abouts |= {"owned"} if owner and owner == me else set()
    found: set[Channel] = set()
    for each in subscriptions:
        concerns = decides if what.event == "approval" else bool(abouts.intersection(each.about))
        if concerns and counts_as(what.event).intersection(each.events):
            found.update(each.channels)
    return frozenset(found)
