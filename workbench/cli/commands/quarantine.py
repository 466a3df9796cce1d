"""``workbench quarantine``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import ask, json_option, open_workspace, show
from workbench.core.errors import InvalidInput

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.app.workspace import Workspace
    from workbench.ingest.records import Corrected, Correction, Misfit

__all__ = ["quarantine"]

_AT_ONCE = 10_000
_ABOUT = ("_id", "_file", "_line", "_column", "_reason", "_text")
# What a spreadsheet would take for a formula; a sign before a number is none.
_FORMULA = re.compile(r"(?P<marks>'*)(?![+-][\d.,]+\Z)[=+\-@\t\r]", re.ASCII)


@click.command()
@click.argument("name")
@click.option("--limit", default=100, show_default=True, help="Of the list.")
@click.option("--after", metavar="ID", help="What comes after a record.")
@click.option(
    "--export", "export", type=click.Path(path_type=Path, dir_okay=False), help="Write all of them to a CSV file to be corrected."
)
@click.option(
    "--import",
    "corrected",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Rows of such a file, corrected: they join the dataset.",
)
@click.option("--force", is_flag=True, help="With --import: also past a gate that holds the rows back.")
@click.option("--discard", is_flag=True, help="Take records out that nobody wants: those named with --id, else all.")
@click.option("--id", "ids", multiple=True, help="A record to discard; again for more.")
@click.option("--yes", is_flag=True, help="Discard without asking.")
@json_option
def quarantine(
    name: str, limit: int, after: str | None, export: Path | None, corrected: Path | None, force: bool, discard: bool,
    ids: tuple[str, ...], yes: bool, as_json: bool,
) -> int:  # fmt: skip
    """Records that did not parse on their way into NAME: list them, correct them, discard them."""
    if sum((export is not None, corrected is not None, discard)) > 1:
        raise click.UsageError("Choose one of --export, --import and --discard.")
    from workbench.cli import style

    workspace = open_workspace()
    if export is not None:
        count = _export(workspace, name, export)
        show(
            {"dataset": name, "exported": count},
            as_json,
            lambda console: console.print(f"{style.counted(count, 'record')} written to {export}."),
        )
        return 0
    if corrected is not None:
        return _told(_import(workspace, name, corrected, force), as_json)
    if discard:
        chosen = ids or tuple(misfit.id for misfit in _all(workspace, name))
        ask(f"Discard {style.counted(len(chosen), 'record')} of {name}?", yes)
        return _told(_together([workspace.ingest.discard(name, part) for part in _parts(chosen)], name), as_json)
    found = workspace.ingest.misfits(name, limit, after)
    show(found, as_json, lambda console: _draw(console, found, limit))
    return 0


def _all(workspace: Workspace, name: str) -> Iterator[Misfit]:
    after = None
    while found := workspace.ingest.misfits(name, _AT_ONCE, after):
        yield from found
        after = found[-1].id
        if len(found) < _AT_ONCE:
            return


def _export(workspace: Workspace, name: str, path: Path) -> int:
    from workbench.cli.rows import save_text

    found = list(_all(workspace, name))
    columns = list(dict.fromkeys(column for misfit in found for column in misfit.row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_ABOUT, *columns])
    for misfit in found:
        about = (misfit.id, misfit.file, misfit.line, misfit.column, misfit.reason, misfit.text)
        writer.writerow([_harmless(cell) for cell in (*about, *(misfit.row.get(column) for column in columns))])
    save_text(text.getvalue(), path)
    return len(found)


def _harmless(cell: Any) -> Any:
    """The cell, with an apostrophe where a spreadsheet would carry it out. :func:`_meant` takes that away again."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _meant(cell: str) -> str:
    """The inverse of :func:`_harmless`."""
    found = _FORMULA.match(cell)
    return cell[1:] if found and found["marks"] else cell


def _import(workspace: Workspace, name: str, path: Path, force: bool) -> Corrected:
    corrections = _corrections(path)
    if not corrections:
        raise InvalidInput(f"{path.name} has no rows.", fix=f"Make it with: workbench quarantine {name} --export {path.name}")
    return _together([workspace.ingest.correct(name, part, force) for part in _parts(corrections)], name)


def _corrections(path: Path) -> tuple[Correction, ...]:
    """The rows of an exported file. An empty field is a missing value."""
    from workbench.ingest.records import Correction

    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            if "_id" not in (reader.fieldnames or ()):
                raise InvalidInput(
                    f"{path.name} has no column _id, which says which record a row corrects.", fix="Keep the columns of the exported file."
                )
            rows = list(reader)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} cannot be read as CSV in UTF-8.", fix="Save it as CSV (UTF-8, comma separated).") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", fix="Check the path and its permissions.") from error
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise InvalidInput(f"{path.name}, row {number}: it has more or fewer fields than the header.", fix="Correct that row.")
    return tuple(Correction(id=row["_id"], row={c: _meant(v) or None for c, v in row.items() if c not in _ABOUT}) for row in rows)


def _parts(things: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield from (things[start : start + _AT_ONCE] for start in range(0, max(len(things), 1), _AT_ONCE))


def _together(parts: list[Corrected], name: str) -> Corrected:
    last = parts[-1]
    if len(parts) == 1:
        return last
    failed = tuple(misfit for part in parts for misfit in part.failed)
    warnings = tuple(dict.fromkeys(warning for part in parts for warning in part.warnings))
    return last.model_copy(update={"joined": sum(part.joined for part in parts), "failed": failed, "warnings": warnings})


def _told(done: Corrected, as_json: bool) -> int:
    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(f"{style.counted(done.joined, 'row')} joined {done.dataset}; {done.left:,} left in quarantine.")
        for warning in done.warnings:
            console.print(warning)
        if done.failed:
            rows = [(m.id, m.column, m.value, m.reason) for m in done.failed[:50]]
            console.print(style.table(("id", "column", "value", "why it still does not fit"), rows))

    show(done, as_json, render)
    return 1 if done.failed else 0


def _draw(console: Console, found: tuple[Misfit, ...], limit: int) -> None:
    from workbench.cli import style

    if not found:
        console.print("Nothing is in quarantine.")
        return
    rows = [(m.id, m.file, m.line, m.column, m.value if m.column else m.text, m.reason) for m in found]
    console.print(style.table(("id", "file", "line", "column", "value", "reason"), rows, right=(2,)))
    if gone := [m for m in found if m.replaced_at is not None]:
        were = "1 of these is" if len(gone) == 1 else f"{len(gone):,} of these are"
        console.print(
            f"{were} from before all rows of the dataset were replaced ({gone[0].replaced_at:%Y-%m-%d %H:%M} UTC): "
            "discard what belongs there no more."
        )
    if len(found) == limit:
        console.print(f"There are more: --after {found[-1].id}", style="dim")
