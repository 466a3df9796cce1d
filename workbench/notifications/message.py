"""One message in the forms that it is sent in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.core.clock import iso
from workbench.core.records import Record
from workbench.notifications.records import Event

__all__ = ["Message", "as_json", "as_slack", "as_text", "in_one"]

_LONGEST = 300
_LONGEST_TITLE = 150
_SHOWN = 50  # of the things in one message, where it is to be short


class Message(Record):
    """What somebody is told, as far as she may see it. ``next`` says what to do, ``facts`` are references (pipeline, run_id, step, ...);
    ``parts``: what is told together."""

    event: Event | None
    at: datetime
    title: str
    text: str = ""
    error: str | None = None
    next: str | None = None
    link: str | None = None
    facts: dict[str, Any] = {}
    parts: tuple[Message, ...] = ()


def in_one(messages: Sequence[Message]) -> Message:
    """Several messages as one, earliest first.

    >>> from datetime import UTC
    >>> some = [Message(event="failed", at=datetime(2026, 1, 31, 2, n, tzinfo=UTC), title=f"{n % 2 or ''}flights failed") for n in range(5)]
    >>> in_one(some).title, in_one(some[::2]).title
    ('5 things: flights failed (3), 1flights failed (2)', 'flights failed, 3 times')
    """
    parts = tuple(sorted(messages, key=lambda each: each.at))
    titles = Counter(each.title for each in parts).most_common()
    title = f"{titles[0][0]}, {len(parts)} times"
    if len(titles) > 1:
        title = f"{len(parts)} things: {', '.join(f'{each} ({count})' for each, count in titles)}"
        title = title if len(title) <= _LONGEST_TITLE else f"{title[:_LONGEST_TITLE]}…"
    return Message(event=None, at=parts[-1].at, title=title, text=f"From {_moment(parts[0].at)} to {_moment(parts[-1].at)}.", parts=parts)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def as_text(message: Message) -> str:
    """For a mail."""
    todo = f"What to do: {message.next}" if message.next else None
    told = [_in_short(part) for part in message.parts]
    return "\n\n".join(part for part in (message.title, message.text, message.error, todo, message.link, *told) if part) + "\n"


def _in_short(part: Message) -> str:
    todo = f"What to do: {part.next}" if part.next else None
    return "\n  ".join(line for line in (f"{_moment(part.at)}: {part.title}", part.text, part.error, todo, part.link) if line)


def as_json(message: Message, id: str) -> dict[str, Any]:
    """For a webhook. ``id`` is the same when it comes twice."""
    told = {name: getattr(message, name) for name in ("event", "title", "text", "error", "next", "link")}
    return {"id": id, "at": iso(message.at), **told, **message.facts}


def as_slack(message: Message) -> dict[str, Any]:
    """In the form that Slack takes, and those who imitate it."""
    lines = [f"*{_plain(message.title)}*", _plain(message.text)]
    lines += [f"> {_plain(message.error)}"] if message.error else []
    lines += [_plain(message.next)] if message.next else []
    lines += [f"<{message.link}|Open it>"] if message.link else []
    for part in message.parts[:_SHOWN]:
        said = f"• {_moment(part.at)} {_plain(part.title)}{': ' + _plain(part.error) if part.error else ''}"
        lines.append(f"{said} <{part.link}|Open it>" if part.link else said)
    lines += [f"… and {len(message.parts) - _SHOWN} more: `workbench notifications list`"] if len(message.parts) > _SHOWN else []
    return {"text": "\n".join(line for line in lines if line)}


def _plain(text: str) -> str:
    # Else what somebody wrote into an error could name people or look like a link.
    return text[: _LONGEST * 4].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
