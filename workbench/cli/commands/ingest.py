"""``workbench ingest``."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, names_of, open_workspace, say, show
from workbench.core.wording import spoken

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.app.workspace import Workspace
    from workbench.engines.readers import Reading
    from workbench.ingest.records import IngestReport, Preview, Progress

__all__ = ["draw_reports", "ingest", "load_arguments", "options_of"]

_STEPS = 7
_NOTE = 32  # characters
_SAID = ("format", "encoding", "sheet", "rows", "header", "skip", "footer", "dates", "decimal", "misfits")


def load_arguments(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how a source is taken in."""
    options = (
        click.option("--name", help="The dataset's name; the source's by default. For one source only."),
        click.option("--zone", default="bronze", show_default=True, help="Where it lands: bronze or silver."),
        click.option(
            "--mode", type=click.Choice(["create", "append", "overwrite", "upsert"]), default="create", show_default=True,
            help="A new dataset; or of one that is there: rows join it, replace all of it, or replace those of the same key.",
        ),
        click.option("--key", "key", multiple=True, metavar="COLUMN", help="A column that identifies a row, for upsert; again for more."),
        click.option("--keys", metavar="A,B", help="The same, several at once."),
        click.option(
            "--duplicates", type=click.Choice(["error", "last"]), default="error", show_default=True,
            help="Of several rows of a file with the same key, for upsert: refuse them, or take the last.",
        ),
        click.option("--partition-by", multiple=True, metavar="COLUMN", help="A column, month(at), bucket(16, id); again for more."),
        click.option("--since", metavar="COLUMN", help="Of a database: only rows above the dataset's greatest value of this column."),
        click.option("--type", "types", multiple=True, metavar="COLUMN=TYPE", help="A column's type, such as amount='decimal(12, 2)'."),
        click.option(
            "--format", type=click.Choice(["csv", "json", "ndjson", "parquet", "excel", "arrow"]),
            help="What the file is, where its name does not say so.",
        ),
        click.option("--delimiter", metavar="CHARACTER", help="Of delimited text; \\t is a tab."),
        click.option("--encoding", help="Of text, such as cp1252."),
        click.option("--sheet", help="Of a workbook."),
        click.option("--flatten", is_flag=True, help="Nested JSON becomes columns with joined names."),
        click.option("--rows", metavar="PATH", help="Of JSON wrapped around its rows: where they are, such as data.items."),
        click.option("--header/--no-header", default=None, help="Whether the first record names the columns."),
        click.option("--skip", type=click.IntRange(0, 100_000), metavar="LINES", help="Lines before the header that are no data."),
        click.option("--footer", type=click.IntRange(0, 1_000), metavar="LINES", help="Lines at the end that are no data: a total."),
        click.option("--dates", type=click.Choice(["dmy", "mdy", "ymd"]), help="The order in 03/04/2013."),
        click.option("--decimal", type=click.Choice([".", ","]), help="What stands before decimals."),
        click.option("--misfits", type=click.Choice(["quarantine", "fail"]), help="What becomes of records that do not parse."),
        click.option(
            "--drift", type=click.Choice(["safe", "keep"]), default="safe", show_default=True,
            help="Other columns than the dataset's: safe takes new and wider ones, keep leaves it as it is.",
        ),
        click.option("--force", is_flag=True, help="Also when the same content was taken before, and past a gate."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@load_arguments
@click.option("--preview", "look", is_flag=True, help="Show what is understood, and take it in only when you say so.")
@click.option("--yes", is_flag=True, help="With --preview: take it in without asking.")
@json_option
def ingest(sources: tuple[str, ...], look: bool, yes: bool, as_json: bool, **given: Any) -> None:
    """Take sources into tables: files, folders, patterns, https:// and s3:// addresses, connection:NAME/table.

    \b
    workbench ingest flights.csv
    workbench ingest ugly.csv --preview --delimiter ';' --decimal ,
    workbench ingest 'prices-*.csv.gz' --name prices --mode upsert --key id
    workbench ingest connection:shop/public.orders --mode append --since updated_at

    The same content is not taken twice, unless you --force it. With --json one source gives one report, several give a list. Ctrl-C
    stops, and leaves nothing half done.
    """
    if given["name"] and len(sources) > 1:
        raise click.UsageError("--name is for one source.")
    workspace = open_workspace()
    if len(sources) > 1:
        _check(workspace, sources)
    if look and not yes and (as_json or not sys.stdin.isatty()):
        found = [_look(workspace, source, given) for source in sources]
        show(found[0] if len(found) == 1 else found, as_json, lambda console: _draw_previews(console, found))
        return
    reports = []
    for source in sources:
        shown = _look(workspace, source, given) if look else None
        if shown is not None and not _agreed(shown, yes, as_json):
            continue
        options = options_of(workspace, source, given)
        with _showing(source) as progress, _stopped_by_a_person() as stop:
            reports.append(workspace.ingest(source, progress=progress, stop=stop, preview=shown, **options))
        for warning in reports[-1].warnings:
            say(f"{reports[-1].source}: {spoken(warning, 'command line')}")
    if reports or not look:
        show(reports[0] if len(reports) == 1 else reports, as_json, lambda console: draw_reports(console, reports))


def _check(workspace: Workspace, sources: tuple[str, ...]) -> None:
    """All of them are there, before the first is taken. A last word that is none was perhaps meant for the dataset's name."""
    from workbench.core.errors import UnreadableFile

    workspace.ingest.check(sources[:-1])
    try:
        workspace.ingest.check(sources[-1:])
    except UnreadableFile as error:
        if len(sources) == 2 and all(part.isidentifier() for part in sources[1].split(".", 1)):
            error.fix = f"{error.fix} The dataset's name is said so: --name {sources[1]}"
        raise


def _look(workspace: Workspace, source: str, given: dict[str, Any]) -> Preview:
    from workbench.cli.style import busy

    with busy(f"Looking at {source}"):
        return workspace.preview(source, **options_of(workspace, source, given))


def _agreed(preview: Preview, yes: bool, as_json: bool) -> bool:
    from workbench.cli.style import console

    _draw_preview(console(stderr=as_json), preview)
    return yes or click.confirm("Take it in?", err=True)


def options_of(workspace: Workspace, source: str, given: dict[str, Any]) -> dict[str, Any]:
    """What was typed as what ``ws.ingest`` takes."""
    options = {name: given[name] for name in ("name", "zone", "mode", "duplicates", "since", "drift", "force")}
    options["keys"] = (*given["key"], *names_of(given["keys"])) or None
    options["partition_by"] = given["partition_by"] or None
    options["reading"] = _reading(workspace, source, given)
    return options


def _reading(workspace: Workspace, source: str, given: dict[str, Any]) -> Reading | None:
    from pydantic import ValidationError

    from workbench.app.arguments import refusal
    from workbench.engines.readers import Reading

    said = {name: given[name] for name in _SAID if given[name] is not None}
    if given["delimiter"] is not None:
        said["delimiter"] = "\t" if given["delimiter"] in ("\\t", "tab") else given["delimiter"]
    if given["flatten"]:
        said["flatten"] = True
    try:
        reading = Reading(**said)
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False)) from None
    if given["types"]:
        reading = _with_types(workspace, source, reading, given["types"])
    return reading if said or given["types"] else None


def _with_types(workspace: Workspace, source: str, reading: Reading, types: tuple[str, ...]) -> Reading:
    """Columns are named as in the file, or as the dataset will call them: a look at the source says which are meant."""
    from workbench.engines.readers import ColumnReading
    from workbench.ingest.look import no_column

    columns = workspace.preview(source, reading=reading).columns
    said = []
    for text in types:
        wanted, sign, kind = text.partition("=")
        if not sign or not wanted or not kind:
            raise click.UsageError(f"--type {text}: write COLUMN=TYPE, as in --type amount='decimal(12, 2)'.")
        found = next((c for c in columns if wanted in (c.name, c.original)), None)
        found = found or next((c for c in columns if wanted.casefold() in (c.name.casefold(), c.original.casefold())), None)
        if found is None:
            raise no_column(wanted, [c.name for c in columns])
        said.append(ColumnReading(place=found.place, original=found.original, type=kind))
    return reading.model_copy(update={"columns": tuple(said)})


@contextmanager
def _showing(source: str) -> Iterator[Callable[[Progress], None] | None]:
    """How far it is, on a terminal only: the step, its share, rows."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from workbench.cli.style import console
    from workbench.ingest.records import STEPS

    parts = TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn(), TextColumn("{task.fields[note]}")
    with Bar(*parts, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=_STEPS, note=_end_of(source))

        def told(progress: Progress) -> None:
            rows = "" if progress.rows is None else f"{progress.rows:,} rows"
            words = ", ".join(filter(None, (rows, _end_of(progress.note or source))))
            bar.update(task, completed=STEPS.index(progress.step) + (progress.share or 0.0), description=progress.step, note=words)

        yield told


@contextmanager
def _stopped_by_a_person() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks the load to stop, which it does in its own order; a second one interrupts whatever goes on."""
    asked = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, handle) if threading.current_thread() is threading.main_thread() else None
    try:
        yield asked.is_set
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _end_of(text: str) -> str:
    """What tells it apart: of a path its name; and no more than leaves room for the rest of the line."""
    short = text.rstrip("/").rpartition("/")[2] or text
    return short if len(short) <= _NOTE else f"…{short[1 - _NOTE :]}"


def draw_reports(console: Console, reports: list[IngestReport]) -> None:
    """What each load has done, a line a load."""
    from workbench.cli import style

    rows = [
        (
            r.source,
            style.painted(r.dataset, style.ZONE, r.zone),
            style.count(r.rows),
            style.count(r.rejected),
            "–" if r.quality is None else f"{int(r.quality * 1000) / 1000:.3f}",
            _what(r),
        )
        for r in reports
    ]
    console.print(style.table(("source", "dataset", "rows", "set aside", "quality", ""), rows, right=(2, 3, 4)))
    for report in reports:
        if report.verdict:
            console.print(report.verdict if len(reports) == 1 else f"{report.dataset}: {report.verdict}")
        if report.review:
            console.print(report.review if len(reports) == 1 else f"{report.dataset}: {report.review}", markup=False, highlight=False)
        if report.rejected:
            console.print(f"Records set aside: workbench quarantine {report.dataset}")


def _what(report: IngestReport) -> str:
    from workbench.cli.style import counted

    if report.unchanged:
        return "taken before, nothing written"
    if not report.created and not report.rows and not report.rejected:
        return "nothing new"
    updated = f", {counted(report.updated, 'row')} replaced" if report.updated else ""
    return f"{'new' if report.created else 'written'}{updated}"


def _draw_previews(console: Console, previews: list[Preview]) -> None:
    for preview in previews:
        _draw_preview(console, preview)


def _draw_preview(console: Console, preview: Preview) -> None:
    from rich.text import Text

    from workbench.cli import style
    from workbench.ingest.shown import about, headline

    console.print(Text(headline(preview), style="bold"))
    rows = [
        (
            c.name,
            c.type if c.take else "not taken",
            c.original,
            ", ".join(c.examples[:3]),
            f"{c.null_share:.1%}" if c.null_share else "",
            c.why,
        )
        for c in preview.columns
    ]
    console.print(style.table(("column", "type", "in the file", "examples", "missing", ""), rows, right=(4,)))
    for line in about(preview):
        console.print(Text(line))
    if preview.misfits:
        told = [(m.line, m.column, m.value, m.reason) for m in preview.misfits[:10]]
        console.print(f"\n{style.counted(preview.misfit_count, 'record')} would be set aside, of what was looked at:")
        console.print(style.table(("line", "column", "value", "reason"), told, right=(0,)))
    if preview.differences:
        changes = [(d.column, d.kind, d.there, d.here) for d in preview.differences]
        console.print(style.table(("column", "", "in the dataset", "in the file"), changes))
    for warning in preview.warnings:
        console.print(Text(spoken(warning, "command line"), style="yellow"))
