"""``workbench datasets``: every verb about one dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.commands.views import kind_option, show_view
from workbench.cli.lazy import ListingGroup
from workbench.cli.output import ask, json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.catalog.records import Dataset, EntryKind
    from workbench.lake.records import ColumnChange, Maintenance, Ref, Snapshot

__all__ = ["changes_of", "changing", "datasets"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=ListingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def datasets() -> None:
    """List, show and change datasets. NAME is namespace.table; name#branch and name@snapshot are understood."""


@datasets.command("list")
@click.option("--zone", help="Only this zone.")
@kind_option
@json_option
def list_(zone: str | None, kind: EntryKind | None, as_json: bool) -> None:
    """All datasets and views, by name."""
    found = open_workspace().catalog.list(zone, kind)

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("No datasets yet. Take a file in with: workbench ingest FILE")
            return
        rows = [
            (
                style.painted(d.name, style.ZONE, d.zone),
                "view" if d.kind == "view" else "",
                style.count(d.rows),
                style.count(d.columns),
                style.size(d.bytes),
                style.moment(d.updated_at),
                _line(d),
            )
            for d in found
        ]
        console.print(style.table(("dataset", "", "rows", "columns", "size", "written", "description"), rows, right=(2, 3, 4)))

    show(found, as_json, render)


def _line(dataset: Any) -> str:
    first = str(dataset.description).split("\n")[0]
    return first if len(first) <= 60 else f"{first[:59]}…"


def _show_dataset(dataset: Dataset, as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.painted(dataset.name, style.ZONE, dataset.zone))
        if dataset.description:
            console.print(dataset.description)
        facts = [
            *(style.counted(figure, noun) for figure, noun in ((dataset.rows, "row"), (dataset.files, "file")) if figure is not None),
            *(style.size(size) for size in (dataset.bytes,) if size is not None),
            f"written {style.moment(dataset.updated_at)}",
        ]
        if dataset.owner:
            facts.append(f"owner {dataset.owner}")
        facts += [f"{word} {', '.join(said)}" for word, said in (("tagged", dataset.labels), ("means", dataset.terms)) if said]
        console.print(" · ".join(facts), style="dim")
        rows = [(c.name, c.type, "required" if c.required else "", c.about, ", ".join((*c.labels, *c.terms))) for c in dataset.columns]
        headings = ("column", "type", "", "description", "tags and terms" if any(row[4] for row in rows) else "")
        console.print(style.table(headings, rows))
        if len(dataset.branches) > 1 or dataset.tags:
            console.print(f"branches: {', '.join(dataset.branches)}   snapshots named: {', '.join(dataset.tags) or '-'}")

    show(dataset, as_json, render)


@datasets.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """One dataset in full, or a view."""
    from workbench.core.errors import DatasetNotFound

    catalog = open_workspace().catalog
    try:
        found = catalog.get(name)
    except DatasetNotFound as error:
        if not (view := error.details.get("view")):
            raise
        show_view(catalog.view(str(view)), as_json)
    else:
        _show_dataset(found, as_json)


@datasets.command()
@click.argument("name")
@click.option("--description", help="Markdown.")
@click.option("--owner")
@click.option("--column", help="Describe this column.")
@json_option
def describe(name: str, description: str | None, owner: str | None, column: str | None, as_json: bool) -> None:
    """Set the description or the owner; with --column, the description of that column."""
    if description is None and owner is None:
        raise click.UsageError("Give --description, --owner or both.")
    _show_dataset(open_workspace().catalog.describe(name, description, owner, column), as_json)


@datasets.command()
@click.argument("name")
@click.option("--limit", default=50, show_default=True)
@json_option
def sample(name: str, limit: int, as_json: bool) -> None:
    """The first rows."""
    from workbench.cli.rows import render_rows, say_masked

    data = open_workspace().datasets.sample(name, limit)
    show(data, as_json, lambda console: render_rows(console, data))
    say_masked(() if as_json else data.masked)  # JSON says it itself


def _state(snapshot: Snapshot) -> str:
    """What a snapshot is to main; of the current one, since when, where main came back to it."""
    from workbench.cli import style

    if snapshot.state == "current" and snapshot.made_current_at and (snapshot.made_current_at - snapshot.at).total_seconds() >= 1:
        return f"current since {style.moment(snapshot.made_current_at)}"
    return {"current": "current", "rolled_back": "rolled back"}.get(snapshot.state or "", "")


def _snapshots(found: tuple[Snapshot, ...], as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [
            (
                str(s.id),
                style.moment(s.at),
                s.operation,
                f"+{style.count(s.rows_added)}",
                style.count(s.rows_updated),
                f"-{style.count(s.rows_deleted)}",
                style.count(s.rows_total),
                _state(s),
                ", ".join(s.refs),
                s.run_id,
            )
            for s in found
        ]
        titles = ("snapshot", "when", "operation", "added", "updated", "deleted", "rows", "main", "refs", "run")
        console.print(style.table(titles, rows, right=(3, 4, 5, 6)))

    show(found, as_json, render)


@datasets.command()
@click.argument("name")
@json_option
def history(name: str, as_json: bool) -> None:
    """Snapshots, newest first."""
    _snapshots(open_workspace().datasets.snapshots(name), as_json)


def _refs(found: tuple[Ref, ...] | Ref, as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(r.name, r.kind, str(r.snapshot_id)) for r in (found if isinstance(found, tuple) else (found,))]
        console.print(style.table(("name", "kind", "snapshot"), rows))

    show(found, as_json, render)


@datasets.command()
@click.argument("name")
@json_option
def refs(name: str, as_json: bool) -> None:
    """Branches and tags."""
    _refs(open_workspace().datasets.refs(name), as_json)


@datasets.command()
@click.argument("name")
@click.argument("branch_name", metavar="BRANCH")
@click.option("--at", "snapshot_id", type=int, help="A snapshot; the head of main by default.")
@json_option
def branch(name: str, branch_name: str, snapshot_id: int | None, as_json: bool) -> None:
    """Make a branch."""
    _refs(open_workspace().datasets.create_branch(name, branch_name, snapshot_id), as_json)


@datasets.command()
@click.argument("name")
@click.argument("tag_name", metavar="TAG")
@click.option("--at", "snapshot_id", type=int, help="A snapshot; the head of main by default.")
@json_option
def tag(name: str, tag_name: str, snapshot_id: int | None, as_json: bool) -> None:
    """Name a snapshot, which is then kept."""
    _refs(open_workspace().datasets.create_tag(name, tag_name, snapshot_id), as_json)


@datasets.command("delete-ref")
@click.argument("name")
@click.argument("ref")
@json_option
def delete_ref(name: str, ref: str, as_json: bool) -> None:
    """Remove a branch or tag; shows those left."""
    _refs(open_workspace().datasets.delete_ref(name, ref), as_json)


@datasets.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--branch", "branch_name", required=True)
@json_option
def publish(names: tuple[str, ...], branch_name: str, as_json: bool) -> None:
    """Fast-forward main to a branch, for all NAMES or none."""
    _snapshots(open_workspace().datasets.publish(names, branch_name), as_json)


def _one(snapshot: Snapshot, as_json: bool) -> None:
    show(snapshot, as_json, lambda console: console.print(f"snapshot {snapshot.id}: {snapshot.operation}, {snapshot.rows_total:,} rows"))


@datasets.command()
@click.argument("name")
@click.argument("snapshot_id", metavar="SNAPSHOT")
@json_option
def rollback(name: str, snapshot_id: str, as_json: bool) -> None:
    """Make an earlier SNAPSHOT, by its id or the name of a tag, the current one, with the columns of that time; nothing is deleted."""
    _one(open_workspace().dataset(name).rollback(snapshot_id), as_json)


@datasets.command()
@click.argument("name")
@click.argument("new_name")
@json_option
def rename(name: str, new_name: str, as_json: bool) -> None:
    """Give it another name; history and lineage stay."""
    dataset = open_workspace().datasets.rename(name, new_name)
    show(dataset, as_json, lambda console: console.print(f"{name} is {dataset.name} now."))


def changing(function: F) -> F:
    """The options that say how columns change."""
    function = click.option("--drop", multiple=True, metavar="COLUMN")(function)
    function = click.option("--widen", multiple=True, metavar="COLUMN:TYPE")(function)
    function = click.option("--rename", "renames", multiple=True, metavar="OLD=NEW")(function)
    return click.option("--add", multiple=True, metavar="COLUMN:TYPE")(function)


@datasets.command()
@click.argument("name")
@changing
@json_option
def alter(name: str, add: tuple[str, ...], renames: tuple[str, ...], widen: tuple[str, ...], drop: tuple[str, ...], as_json: bool) -> None:
    """Evolve the columns in one commit."""
    _show_dataset(open_workspace().datasets.alter(name, changes_of(add, renames, widen, drop)), as_json)


def changes_of(add: tuple[str, ...], renames: tuple[str, ...], widen: tuple[str, ...], drop: tuple[str, ...]) -> tuple[ColumnChange, ...]:
    """The changes that the options of :func:`changing` name."""
    from workbench.lake.records import ColumnChange

    changes = [ColumnChange(action="rename", column=a, new_name=b) for a, b in (_pair(text, "=") for text in renames)]
    changes += [ColumnChange(action="add", column=a, type=b) for a, b in (_pair(text, ":") for text in add)]
    changes += [ColumnChange(action="widen", column=a, type=b) for a, b in (_pair(text, ":") for text in widen)]
    changes += [ColumnChange(action="drop", column=column) for column in drop]
    if not changes:
        raise click.UsageError("Give --add, --rename, --widen or --drop.")
    return tuple(changes)


def _pair(text: str, separator: str) -> tuple[str, str]:
    left, found, right = text.partition(separator)
    if not found or not left or not right:
        raise click.UsageError(f"{text!r} should look like a{separator}b.")
    return left, right


@datasets.command()
@click.argument("name")
@json_option
def drop(name: str, as_json: bool) -> None:
    """Drop it; `workbench datasets undrop` brings it back."""
    dropped = open_workspace().datasets.drop(name)
    show(dropped, as_json, lambda console: console.print(f"{dropped.name} is dropped. Back with: workbench datasets undrop {dropped.name}"))


@datasets.command()
@json_option
def dropped(as_json: bool) -> None:
    """What was dropped and can be brought back."""
    found = open_workspace().datasets.dropped()

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(each.name, style.moment(each.dropped_at), each.dropped_by, style.moment(each.purge_after)) for each in found]
        console.print(style.table(("dataset", "dropped", "by", "gone for good"), rows) if rows else "Nothing can be brought back.")

    show(found, as_json, render)


@datasets.command()
@click.argument("name")
@json_option
def undrop(name: str, as_json: bool) -> None:
    """Bring a dropped dataset back."""
    dataset = open_workspace().datasets.undrop(name)
    show(dataset, as_json, lambda console: console.print(f"{dataset.name} is back: {dataset.rows:,} rows."))


def _maintained(done: Maintenance, as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli.style import size

        console.print(
            f"{done.dataset}: {done.files_before:,} to {done.files_after:,} files, {done.snapshots_removed:,} snapshots forgotten, "
            f"{done.files_deleted:,} files deleted, {size(done.bytes_freed)} given back"
        )

    show(done, as_json, render)


@datasets.command()
@click.argument("name")
@json_option
def compact(name: str, as_json: bool) -> None:
    """Rewrite small files into larger ones."""
    from workbench.cli.style import counting

    with counting(f"Compacting {name}"):
        done = open_workspace().datasets.compact(name)
    _maintained(done, as_json)


@datasets.command()
@click.argument("name")
@click.option("--older-than-days", type=float, help="The setting retention.replay_days by default.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@json_option
def expire(name: str, older_than_days: float | None, yes: bool, as_json: bool) -> None:
    """Forget old snapshots and delete the files only they knew."""
    ask(f"Old snapshots of {name} cannot be brought back afterwards. Go on?", yes)
    from workbench.cli.style import busy

    with busy(f"Expiring {name}"):
        done = open_workspace().datasets.expire(name, older_than_days)
    _maintained(done, as_json)
