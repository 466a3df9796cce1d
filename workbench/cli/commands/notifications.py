"""``workbench notifications``: what one is told of, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from workbench.cli.output import json_option, open_workspace, say, show
from workbench.cli.secrets import password_of
from workbench.cli.texts import first_line
from workbench.core.wording import spoken

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.notifications.records import Notification, NotificationSettings

__all__ = ["notifications"]

_SENT = click.Choice(["email", "webhook", "slack"])
_secret_option = click.option(
    "--secret-file", type=click.File(), help="Read the secret from the first line of a file, or of the standard input with -."
)


class _Events(click.ParamType[str]):
    """One of the events, which are looked up only when one is given: they stand in a module of its own."""

    name = "event"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from workbench.notifications.records import Event

        return str(click.Choice(get_args(Event)).convert(value, param, ctx))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def notifications() -> None:
    """What you are told of, and how."""


@notifications.command("list")
@click.option("--unread", is_flag=True, help="Only what you have not read.")
@click.option("--limit", default=50, show_default=True)
@json_option
def list_(unread: bool, limit: int, as_json: bool) -> None:
    """What you are told of, newest first."""
    found = open_workspace().notifications.list(unread, limit)
    show(found, as_json, lambda console: _draw(console, found))


@notifications.command("read")
@click.argument("ids", nargs=-1, metavar="[ID...]")
@json_option
def read(ids: tuple[str, ...], as_json: bool) -> None:
    """You have read these, or all where none is named."""
    left = open_workspace().notifications.read(ids)
    show(left, as_json, lambda console: _draw(console, left))


@notifications.command("settings")
@json_option
def settings(as_json: bool) -> None:
    """What you have chosen."""
    _told(open_workspace().notifications.settings(), as_json)


@notifications.command("subscribe")
@click.argument("events", nargs=-1, required=True, type=_Events(), metavar="EVENT...")
@click.option("--about", multiple=True, default=("mine",), show_default=True, help="mine, owned, pipeline:NAME, freshness:DATASET:24h.")
@click.option(
    "--channels",
    multiple=True,
    type=click.Choice(["app", "email", "webhook", "slack"]),
    default=("app",),
    show_default=True,
    help="By which channels; again for others.",
)
@json_option
def subscribe(events: tuple[Any, ...], about: tuple[str, ...], channels: tuple[Any, ...], as_json: bool) -> None:
    """Be told of events: failed, recovered, succeeded, cancelled, held_back, approval, missed, stale.

    \b
    workbench notifications subscribe failed recovered --about mine --about pipeline:flights --channels app --channels email
    workbench notifications subscribe stale --about freshness:gold.delays:24h --channels slack
    """
    _told(open_workspace().notifications.subscribe(events, about, channels), as_json)


@notifications.command("unsubscribe")
@click.argument("number", type=int)
@json_option
def unsubscribe(number: int, as_json: bool) -> None:
    """Take a subscription away, by its number."""
    _told(open_workspace().notifications.unsubscribe(number), as_json)


@notifications.command("connect")
@click.argument("channel", type=_SENT)
@click.option("--address", help="Of email: where mail goes to.")
@_secret_option
@click.option("--key-file", type=click.File(), help="Of webhook: read the key that messages are signed with; without one a key is made.")
@json_option
def connect(channel: Any, address: str | None, secret_file: Any, key_file: Any, as_json: bool) -> None:
    """Say where messages of a channel go to.

    The address of a webhook is a secret: it is asked for, or read from a file.

    \b
    workbench notifications connect email --address ada@example.org
    workbench notifications connect slack --secret-file slack.txt
    """
    # Not as an argument: other people on the machine see those.
    secret = password_of(secret_file, "Address") if channel != "email" else None
    key = first_line(key_file) if key_file is not None else None
    said = open_workspace().notifications.connect(channel, address, secret, key)
    _told(said, as_json)
    if said.key is not None and not as_json:
        say(f"Messages are signed with this key, which is not shown again: {said.key}")


@notifications.command("disconnect")
@click.argument("channel", type=_SENT)
@json_option
def disconnect(channel: Any, as_json: bool) -> None:
    """Forget where messages of a channel go to."""
    _told(open_workspace().notifications.disconnect(channel), as_json)


@notifications.command("quiet")
@click.argument("start", required=False)
@click.argument("end", required=False)
@click.option("--timezone", help="IANA zone; the workspace's where none is said.")
@json_option
def quiet(start: str | None, end: str | None, timezone: str | None, as_json: bool) -> None:
    """Send nothing from one time of day to another, as in 22:00 07:00; without them, at any time."""
    _told(open_workspace().notifications.quiet(start, end, timezone), as_json)


@notifications.command("test")
@click.argument("channel", type=_SENT)
@json_option
def test(channel: Any, as_json: bool) -> int:
    """Send a message to yourself now.

    Ends with status 6 where it does not come out.
    """
    found = open_workspace().notifications.test(channel)
    words = "It was sent." if found.ok else spoken(f"{found.message} {found.fix or ''}".strip(), "command line")
    show(found, as_json, lambda console: console.print(words))
    return 0 if found.ok else 6


@notifications.command("mail-password")
@click.option("--forget", is_flag=True, help="Forget it.")
@_secret_option
@json_option
def mail_password(forget: bool, secret_file: Any, as_json: bool) -> None:
    """Keep the mail server's password, encrypted; for administrators."""
    secret = None if forget else password_of(secret_file)
    _told(open_workspace().notifications.mail_password(secret), as_json)


def _draw(console: Console, found: tuple[Notification, ...]) -> None:
    from workbench.cli import style

    if not found:
        console.print("Nothing.")
        return
    rows = []
    for each in found:
        sent = ", ".join(f"{delivery.channel} {delivery.state}" for delivery in each.deliveries)
        rows.append(("" if each.read else "new", style.moment(each.at), each.title, each.error or each.text, sent, each.id))
    console.print(style.table(("", "at", "what", "more", "sent", "id"), rows))


def _told(said: NotificationSettings, as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [
            (number, ", ".join(each.events), ", ".join(each.about), ", ".join(each.channels))
            for number, each in enumerate(said.subscriptions, 1)
        ]
        console.print(style.table(("", "events", "about", "by"), rows, right=(0,)))
        for name in ("email", "webhook", "slack"):
            console.print(f"{name}: {getattr(said, name) or 'not connected'}")
        console.print(f"quiet: {' to '.join(said.quiet)} ({said.timezone})" if said.quiet else "quiet hours: none")

    show(said, as_json, render)
