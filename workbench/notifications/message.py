"""One message in the forms that it is sent in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workbench.core.clock import iso
from workbench.core.records import Record
from workbench.notifications.records import Event

__all__ = ["Message", "as_json", "as_slack", "as_text"]

_LONGEST = 300


class Message(Record):
    """What somebody is told, as far as she may see it. ``next`` says what to do, ``facts`` are references (pipeline, run_id, step, ...)."""

    event: Event | None
    at: datetime
    title: str
    text: str = ""
    error: str | None = None
    next: str | None = None
    link: str | None = None
    facts: dict[str, Any] = {}


def as_text(message: Message) -> str:
    """For a mail."""
    todo = f"What to do: {message.next}" if message.next else None
    return "\n\n".join(part for part in (message.title, message.text, message.error, todo, message.link) if part) + "\n"


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
    return {"text": "\n".join(line for line in lines if line)}


def _plain(text: str) -> str:
    # Else what somebody wrote into an error could name people or look like a link.
    return text[: _LONGEST * 4].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
