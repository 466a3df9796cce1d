"""``workbench audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.moments import moment_option
from workbench.cli.output import json_option, open_workspace, show
from workbench.core.errors import AlreadyExists

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import Console

    from workbench.app.workspace import Workspace
    from workbench.governance.audit import AuditCheck, AuditEntry

__all__ = ["audit"]

_PAGE = 1_000


@click.group()
def audit() -> None:
    """Who was allowed what, and who was refused."""


@audit.command("list")
@click.option("--user", default=None, help="What this user did.")
@click.option("--dataset", default=None, help="What was read of this dataset, or done to it.")
@moment_option("--since", default=None, help="From this moment on: 2026-01-31T00:00Z.")
@click.option("--verb", default=None, help="One verb: query.run, users.add, compliance.apply.")
@click.option("--refused", is_flag=True, help="Only what was refused.")
@click.option("--before", type=int, default=None, help="What comes after the entry of this number.")
@click.option("--limit", type=int, default=100, show_default=True)
@json_option
def list_(
    user: str | None,
    dataset: str | None,
    since: datetime | None,
    verb: str | None,
    refused: bool,
    before: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """Entries, newest first."""
    found = open_workspace().compliance.audit_log(user, dataset, since, refused, verb, before, limit)
    show(found, as_json, lambda console: _draw(console, found))


@audit.command()
@click.option("--expected", default=None, metavar="SEQ:DIGEST", help="A head that was noted elsewhere.")
@json_option
def verify(expected: str | None, as_json: bool) -> None:
    """Whether the log is as it was written: nothing altered, removed or put in."""
    found = open_workspace().compliance.verify_audit(expected)
    show(found, as_json, lambda console: console.print(_verdict(found)))
    if not found.ok:
        raise SystemExit(1)


@audit.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=False))
def export(file: Path) -> None:
    """Write all entries to a new file, oldest first, as JSON lines."""
    import tempfile

    from workbench.query.export.save import whole_file

    if file.exists():
        # An export that was made before may be all that is left of what was archived since.
        raise AlreadyExists(f"There is a file {file} already.", fix="Choose another name, or move that one away.")
    ws = open_workspace()
    count, sizes = 0, []
    # They come newest first, and may be more than memory holds.
    with whole_file(file) as out, tempfile.TemporaryFile(dir=file.parent) as turned:
        for page in _pages(ws):
            count += len(page)
            sizes.append(turned.write("".join(f"{entry.model_dump_json()}\n" for entry in reversed(page)).encode()))
        at = sum(sizes)
        for size in reversed(sizes):
            at -= size
            turned.seek(at)
            out.write(turned.read(size))
    click.echo(f"{count:,} entries in {file}.")


@audit.command()
@moment_option("--until", required=True, help="Entries before this moment.")
@click.option("--unverified", is_flag=True, help="Also all that were made with a key that is lost, which the log then says.")
@json_option
def archive(until: datetime, unverified: bool, as_json: bool) -> None:
    """Move old entries to a file; the chain goes on."""
    done = open_workspace().compliance.archive_audit(until, unverified)
    words = "Nothing is that old."
    if done is not None:
        words = f"Entries {done.first:,} to {done.last:,} are in {done.path} (SHA-256 {done.sha256}).{_unproven(done.unproven)}"
    show(done, as_json, lambda console: console.print(words))


def _pages(ws: Workspace) -> Iterator[tuple[AuditEntry, ...]]:
    before = None
    while page := ws.compliance.audit_log(before=before, limit=_PAGE):
        yield page
        before = page[-1].seq
        if before == 1:
            break


def _verdict(found: AuditCheck) -> str:
    if found.ok:
        entries = "1 entry" if found.entries == 1 else f"{found.entries:,} entries"
        return f"{entries}, as written.{_unproven(found.unproven)} Note the last one elsewhere, for --expected: {found.head or '-'}"
    return f"The log is not as it was written. {found.problem}"


def _draw(console: Console, found: tuple[AuditEntry, ...]) -> None:
    from workbench.cli import style

    rows = [
        (str(e.seq), style.moment(e.at), e.who, e.verb, f"{e.outcome} ({e.code})" if e.code else e.outcome, _about(e), str(e.policy))
        for e in found
    ]
    console.print(style.table(("entry", "when", "who", "what", "outcome", "about", "policy"), rows, right=(0, 6)))


def _about(entry: AuditEntry) -> str:
    read = [each.name + (f" ({', '.join(each.rules)})" if each.rules else "") for each in entry.datasets]
    about = (entry.about or "") + (f" (masks written to {', '.join(entry.masked)})" if entry.masked else "")
    return "; ".join([*([about] if about else []), *read])


def _unproven(last: int | None) -> str:
    return f" Those up to {last:,} were made with a key that is lost, and cannot be verified." if last else ""
