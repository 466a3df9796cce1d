"""``workbench connections`` and ``workbench watch``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, names_of, open_workspace, say, show
from workbench.cli.secrets import password_of
from workbench.core.wording import spoken

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.app.workspace import Workspace
    from workbench.ingest.sources.records import Connection, DatabaseKind, DatabaseOption, Watch

__all__ = ["connections", "watch"]


@click.group()
def connections() -> None:
    """Databases that can be read as connection:NAME/table."""


@connections.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The saved connections; never their secrets."""
    found = open_workspace().sources.connections()
    show(found, as_json, lambda console: _draw(console, found))


@connections.command("kinds")
@json_option
def kinds(as_json: bool) -> None:
    """Kinds of database, and their options."""
    found = open_workspace().sources.kinds()
    show(found, as_json, lambda console: _draw_kinds(console, found))


@connections.command("add")
@click.argument("name")
@click.argument("kind")
@click.argument("options", nargs=-1, metavar="KEY=VALUE...")
@click.option("--secret", "ask", is_flag=True, help="Ask for the password.")
@click.option("--secret-file", type=click.File(), help="Read the password from the first line of a file, or of the standard input with -.")
@json_option
def add(name: str, kind: str, options: tuple[str, ...], ask: bool, secret_file: Any, as_json: bool) -> None:
    """Save a connection to a database.

    KIND is postgresql, mysql, sqlite or duckdb: `workbench connections kinds` shows their options. A connection of the same name is
    replaced. Nothing is asked of the database yet: `workbench connections test` does that.

    \b
    workbench connections add shop postgresql host=db.example.org database=shop user=reader --secret
    workbench connections add notes sqlite path=notes.db
    """
    # Not as an argument: other people on the machine see those.
    secret = password_of(secret_file) if secret_file or ask else None
    saved = open_workspace().sources.connect(name, kind, dict(_pair(each) for each in options), secret)
    show(saved, as_json, lambda console: _draw(console, (saved,)))


@connections.command("remove")
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Forget the connection NAME and its secret."""
    left = open_workspace().sources.disconnect(name)
    show(left, as_json, lambda console: _draw(console, left))


@connections.command("test")
@click.argument("name")
@json_option
def test(name: str, as_json: bool) -> int:
    """Whether the database answers.

    Ends with status 6 where it does not.
    """
    found = open_workspace().sources.test(name)

    def render(console: Console) -> None:
        if found.ok:
            from workbench.cli.style import counted

            console.print(f"{found.version} answers after {found.seconds:.2f} s; {counted(found.tables or 0, 'table')} can be read.")
        else:
            console.print(spoken(f"{found.message} {found.fix or ''}", "command line"))

    show(found, as_json, render)
    return 0 if found.ok else 6


@connections.command("tables")
@click.argument("name")
@json_option
def tables(name: str, as_json: bool) -> None:
    """Tables and views that can be read.

    Each as it is written in connection:NAME/TABLE.
    """
    found = open_workspace().sources.tables(name)

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print(f"{name} has no table that can be read.")
            return
        rows = [(table.name, table.kind, "" if table.rows is None else f"about {style.count(table.rows)}") for table in found]
        console.print(style.table(("table", "kind", "rows"), rows, right=(2,)))

    show(found, as_json, render)


@click.group()
def watch() -> None:
    """Folders whose new files are taken in as they come."""


@watch.command("list")
@json_option
def watches(as_json: bool) -> None:
    """The watched folders, and what came of their files."""
    found = open_workspace().sources.watches()
    show(found, as_json, lambda console: _draw_watches(console, found))


@watch.command("add")
@click.argument("source")
@click.option("--name", help="The dataset; the folder's name by default.")
@click.option("--zone", default="bronze", show_default=True)
@click.option("--mode", type=click.Choice(["append", "overwrite", "upsert"]), default="append", show_default=True)
@click.option("--key", "keys", multiple=True, metavar="COLUMN", help="A column that identifies a row, for upsert; again for more.")
@click.option("--keys", "listed", metavar="A,B", help="The same, several at once.")
@click.option(
    "--duplicates", type=click.Choice(["error", "last"]), default="error", show_default=True, help="Of rows of a file with the same key."
)
@json_option
def watch_add(
    source: str, name: str | None, zone: str, mode: str, keys: tuple[str, ...], listed: str | None, duplicates: str, as_json: bool
) -> None:
    """Watch a folder or a pattern. What is there already is taken in, too.

    All files go into one dataset, in the background: `workbench up` must run. The same folder again changes its options.

    \b
    workbench watch add incoming/
    workbench watch add 'incoming/*.csv' --name orders --mode upsert --key id
    """
    from workbench.app.ingesting import load_options

    known_by = (*keys, *names_of(listed))
    workspace = open_workspace()
    options = load_options(name=name, zone=zone, mode=mode, keys=known_by, duplicates=duplicates)
    saved = workspace.sources.watch(source, options)
    show(saved, as_json, lambda console: _draw_watches(console, (saved,)))
    _say_who_looks(workspace)


@watch.command("look")
@click.argument("id")
@json_option
def watch_look(id: str, as_json: bool) -> None:
    """Look into a watched folder now.

    Complete files are queued, for `workbench up` to load. `workbench watch list` shows the ID.
    """
    workspace = open_workspace()
    found = workspace.sources.look(id)
    show(found, as_json, lambda console: _draw_watches(console, (found,)))
    _say_who_looks(workspace)


@watch.command("remove")
@click.argument("id")
@json_option
def watch_remove(id: str, as_json: bool) -> None:
    """Watch the folder ID no longer; what was taken stays."""
    left = open_workspace().sources.unwatch(id)
    show(left, as_json, lambda console: _draw_watches(console, left))


def _say_who_looks(workspace: Workspace) -> None:
    worker = workspace.system.status().processes.get("worker")
    if worker is None or worker.get("status") != "running":
        say("Nothing runs that takes files in: start it with `workbench up`.")


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter(f"{text!r} is no KEY=VALUE.")
    return key, value


def _draw_kinds(console: Console, found: tuple[DatabaseKind, ...]) -> None:
    from workbench.cli import style

    def words(option: DatabaseOption) -> str:
        choices = f" ({', '.join(option.choices)})" if option.choices else ""
        return f"{option.name}{'' if option.default is None else f'={option.default}'}{choices}"

    rows = []
    for each in found:
        needed, others = ([words(option) for option in each.options if option.required is required] for required in (True, False))
        rows.append((each.name, each.problem or " ".join(needed), ", ".join(others), each.secret))
    console.print(style.table(("kind", "needs", "may have", "secret"), rows))


def _draw(console: Console, found: tuple[Connection, ...]) -> None:
    from workbench.cli import style

    def words(connection: Connection) -> str:
        return " ".join(f"{key}={value}" for key, value in connection.options.items() if value is not None)

    if not found:
        console.print("No database is connected. Connect one with: workbench connections add NAME KIND KEY=VALUE...")
        return
    rows = [(c.name, c.kind, words(c), "kept" if c.has_secret else "", style.moment(c.changed_at), c.changed_by) for c in found]
    console.print(style.table(("connection", "kind", "options", "secret", "changed", "by"), rows))


def _draw_watches(console: Console, found: tuple[Watch, ...]) -> None:
    from workbench.cli import style

    if not found:
        console.print("No folder is watched. Watch one with: workbench watch add FOLDER")
        return
    rows = []
    for each in found:
        looked = style.moment(each.looked_at) if each.looked_at else "not yet"
        trouble = "\n".join((*((each.error,) if each.error else ()), *each.failures, *_more(each)))
        rows.append(
            (
                each.id, each.source, each.options.name or "", each.options.mode, each.taken, each.repeated, each.loading + each.waiting,
                each.failed,
                looked, f"{each.last_file} {each.last_status}" if each.last_run else "", trouble,
            )
        )  # fmt: skip
    heads = ("id", "folder", "dataset", "mode", "taken", "repeated", "coming", "failed", "last look", "last file", "trouble")
    console.print(style.table(heads, rows, right=(4, 5, 6, 7)))


def _more(watch: Watch) -> tuple[str, ...]:
    more = watch.failed - len(watch.failures)
    return (f"And {more:,} more.",) if more else ()
