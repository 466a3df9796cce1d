"""``workbench read`` and ``workbench write``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from workbench.cli.output import json_option, names_of, open_workspace, say, show
from workbench.cli.rows import FORMATS, format_of, save

if TYPE_CHECKING:
    from workbench.app.protocol import Duplicates, WriteMode

__all__ = ["read", "write"]


@click.command()
@click.argument("name")
@click.option("--columns", help="Names with commas between; all by default.")
@click.option("--limit", type=int)
@click.option("--format", "form", type=click.Choice(FORMATS), help="csv on the screen by default; a file's name says it too.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="The same as --format json: a list of rows.")
def read(name: str, columns: str | None, limit: int | None, form: str | None, output: Path | None, as_json: bool) -> None:
    """The rows of dataset NAME (name#branch and name@snapshot are understood)."""
    from workbench.cli.style import busy

    wanted = tuple(part.strip() for part in columns.split(",")) if columns else None
    with busy(f"Reading {name}"):
        rows = open_workspace().datasets.read(name, wanted, limit)
    save(rows, "json" if as_json else format_of(output, form) or "csv", output)
    if output is not None:
        say(f"{rows.num_rows:,} rows in {output}")


@click.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--mode", type=click.Choice(["create", "append", "overwrite", "upsert"]), default="append", show_default=True)
@click.option("--keys", help="With --mode upsert: the columns that identify a row, with commas between.")
@click.option(
    "--duplicates", type=click.Choice(["error", "last"]), default="error", show_default=True, help="Of rows of FILE with the same keys."
)
@click.option("--branch", default="main", show_default=True)
@click.option("--key", help="A repeated call with the same key writes once.")
@json_option
def write(name: str, file: Path, mode: str, keys: str | None, duplicates: str, branch: str, key: str | None, as_json: bool) -> None:
    """Write the rows of FILE (Parquet or Arrow) to dataset NAME in one commit. `workbench ingest` takes every other kind."""
    from workbench.cli.style import busy

    rows = _load(file, name)
    known_by = names_of(keys)
    with busy(f"Writing {rows.num_rows:,} rows"):
        writing = open_workspace().datasets.write
        snapshot = writing(name, rows, cast("WriteMode", mode), branch, key, known_by, cast("Duplicates", duplicates))
    done = f"{snapshot.rows_added:,} rows {'added' if mode == 'upsert' else 'written'}"
    replaced = f", {snapshot.rows_updated:,} replaced" if mode == "upsert" else ""
    show(snapshot, as_json, lambda console: console.print(f"{name}: {done}{replaced}, snapshot {snapshot.id}"))


def _load(file: Path, name: str) -> Any:
    import pyarrow as pa

    from workbench.app.frames import to_arrow
    from workbench.core.errors import InvalidInput, UnreadableFile

    kind = format_of(file, None)
    try:
        if kind == "parquet":
            import pyarrow.parquet as pq

            return to_arrow(pq.read_table(file))
        if kind == "arrow":
            with pa.memory_map(str(file)) as source:
                return to_arrow(pa.ipc.open_file(source).read_all())
    except pa.ArrowInvalid as error:
        raise UnreadableFile(f"{file} is not a whole {kind} file.", fix="Write it again.") from error
    command = f"workbench ingest {shlex.quote(str(file))} --name {name} --mode append"
    raise InvalidInput(f"write takes Parquet and Arrow files, not {kind}.", fix=f"Use: {command}")
