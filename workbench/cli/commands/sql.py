"""``workbench sql``, ``explain`` and ``complete``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, open_workspace, say, show
from workbench.cli.rows import FORMATS, format_of, render_rows, save, say_masked
from workbench.cli.statement import file_option, params_option, parse_params, read_statement
from workbench.core.errors import InvalidInput, WorkbenchError

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.catalog.records import TableData
    from workbench.query.records import Explanation

__all__ = ["complete", "explain", "sql"]


@click.command()
@click.argument("statement", required=False)
@file_option
@params_option
@click.option("--limit", type=int, help="Rows shown at most.")
@click.option("--format", "form", type=click.Choice(["table", *FORMATS]), help="Of the output; a file's name says it too.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write all rows to a file.")
@click.option("--confirm", "--yes", "confirm", is_flag=True, help="Run it also where it would read more than query.ask_above.")
@click.option("--ticket", metavar="NAME", help="A name for it, with which --stop stops it.")
@click.option("--stop", metavar="NAME", help="Stop your statement of that name, which a server runs.")
@json_option
def sql(
    statement: str | None,
    file: Path | None,
    pairs: tuple[str, ...],
    limit: int | None,
    form: str | None,
    output: Path | None,
    confirm: bool,
    ticket: str | None,
    stop: str | None,
    as_json: bool,
) -> None:
    """Run STATEMENT and show its rows, or write all of them with -o or --format.

    Of several statements with semicolons between them each is run and shown, up to the first that fails; each takes the parameters that it
    names.
    """
    if stop is not None:
        stopped = open_workspace().query.stop(stop)
        show(stopped, as_json, lambda console: console.print("stopped" if stopped else "nothing runs under that name"))
        return
    text, params = read_statement(statement, file), parse_params(pairs)
    wanted = None if form == "table" and output is None else format_of(output, None if form == "table" else form)
    from workbench.cli.style import busy, counted

    workspace = open_workspace()
    if wanted is not None or as_json:
        _check_one(text)
    if wanted is not None:
        with busy("Running"):
            rows = workspace.query.arrow(text, params, confirm)
        save(rows, wanted, output)
        if output is not None:
            say(f"{counted(rows.num_rows, 'row')} in {output}")
        from workbench.query.masked import masked_of

        say_masked(masked_of(rows))
        return
    for offset, each, its in _statements(text, params, as_json):
        with busy("Running"), _placed(text, offset):
            data = workspace.query.run(each, its, limit, ticket, confirm)
        _show_rows(data, as_json)


def _check_one(text: str) -> None:
    """What is written for programs is of one statement."""
    from workbench.query import split_statements

    if ";" in text and (count := len(split_statements(text))) > 1:
        fix = "Run those before the last one by themselves, then it with -o, --format or --json."
        raise InvalidInput(f"These are {count} statements; a file, a format and --json take the rows of one.", fix=fix)


def _statements(text: str, params: dict[str, Any] | None, as_json: bool) -> list[tuple[int, str, dict[str, Any] | None]]:
    """Each to be run by itself, where in the text it begins, and its parameters; JSON is of one statement."""
    if as_json or ";" not in text:
        return [(0, text, params)]
    from workbench.query import split_statements

    found = split_statements(text)
    if len(found) < 2:  # of no statement the service says what is wrong
        return [(0, text, params)]
    if not params:
        return [(offset, each, None) for offset, each in found]
    named = [_named(each) for _, each in found]
    if unused := [name for name in params if not any(name in names for names in named)]:
        raise InvalidInput(f"No statement has the parameter ${unused[0]}.", fix="Leave it out, or use it as $name.")
    return [
        (offset, each, {name: params[name] for name in names if name in params}) for (offset, each), names in zip(found, named, strict=True)
    ]


def _named(statement: str) -> tuple[str, ...]:
    """The parameters that a statement names; what is wrong with it is said when it is run."""
    from workbench.query.analyse import analyse

    try:
        return analyse(statement).parameters
    except (WorkbenchError, RecursionError):
        return ()


@contextmanager
def _placed(text: str, offset: int) -> Iterator[None]:
    """The block runs the statement that begins at the offset: its errors are told at their places in the whole text."""
    try:
        yield
    except WorkbenchError as error:
        from workbench.query.text import place, placed_in

        line, column = place(text, offset)
        error.details |= placed_in((line or 1, column or 1), error)
        raise


def _show_rows(data: TableData, as_json: bool) -> None:
    if data.said is not None and not as_json:
        show(data, as_json, lambda console: console.print(str(data.said), markup=False, highlight=False))
        return
    show(data, as_json, lambda console: render_rows(console, data))
    if data.cut_at is not None and not as_json:
        say(f"cut at {data.cut_at:,} rows: there are more; --limit N shows more, -o FILE writes all")
    say_masked(() if as_json else data.masked)  # JSON says it itself


@click.command()
@click.argument("statement", required=False)
@file_option
@params_option
@json_option
def explain(statement: str | None, file: Path | None, pairs: tuple[str, ...], as_json: bool) -> None:
    """What STATEMENT would read and return, without running it."""
    found = open_workspace().query.explain(read_statement(statement, file), parse_params(pairs))
    show(found, as_json, lambda console: _explain(console, found))


def _explain(console: Console, found: Explanation) -> None:
    from workbench.cli import style

    decision = found.decision
    console.print("allowed" if decision.allowed else "not allowed", style="green" if decision.allowed else "red")
    for reason in decision.reasons:
        console.print(f"  {reason}")
    console.print(f"reads: {', '.join(map(str, decision.tables)) or 'nothing'}")
    console.print(style.table(("column", "type"), found.columns))
    console.print(found.plan)
    if found.budget is not None:
        from workbench.query.cost.guard import budget_in_words

        console.print(budget_in_words(found.budget))


@click.command()
@click.argument("statement")
@click.argument("position", type=int, required=False)
@json_option
def complete(statement: str, position: int | None, as_json: bool) -> None:
    """Words that fit at POSITION (a count of characters; the end by default) of STATEMENT."""
    found = open_workspace().query.complete(statement, len(statement) if position is None else position)

    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.table(("text", "kind", "detail"), [(c.text, c.kind, c.detail) for c in found]))

    show(found, as_json, render)
