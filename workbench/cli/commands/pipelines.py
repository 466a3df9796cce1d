"""``workbench pipelines``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from workbench.cli.commands.approvals import approvals, approve, reject
from workbench.cli.commands.pipeline_runs import diff, repair, rerun, run_notebook, status
from workbench.cli.commands.replay import debug
from workbench.cli.lazy import ListingGroup
from workbench.cli.output import json_option, names_of, open_workspace, show
from workbench.cli.statement import file_option, params_option, parse_params, read_statement
from workbench.pipelines.template_names import TemplateName

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.pipelines.records import Pipeline, Step, StepPreview

__all__ = ["pipelines"]


@click.group(cls=ListingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def pipelines() -> None:
    """Pipelines: folders of notebooks, SQL files and Python functions below notebooks/pipelines."""


for command in (approvals, approve, debug, diff, reject, repair, rerun, run_notebook, status):
    pipelines.add_command(command)


@pipelines.command("list")
@json_option
def list_(as_json: bool) -> None:
    """All pipelines."""
    found = open_workspace().pipelines.list()

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("No pipelines yet. One is a folder with a pipeline.yaml below notebooks/pipelines.")
            return
        rows = [
            (p.name, len(p.steps), ", ".join(q.name for q in p.parameters), p.owner or "", ", ".join(p.tags), p.description.split("\n")[0])
            for p in found
        ]
        console.print(style.table(("pipeline", "steps", "parameters", "owner", "tags", "description"), rows, right=(1,)))

    show(found, as_json, render)


@pipelines.command("show")
@click.argument("name")
@json_option
def show_(name: str, as_json: bool) -> None:
    """One pipeline: parameters and steps."""
    found = open_workspace().pipelines.get(name)
    show(found, as_json, lambda console: _describe(console, found))


def _describe(console: Console, found: Pipeline) -> None:
    from workbench.cli import style

    console.print(found.name, style="bold")
    if found.description:
        console.print(found.description)
    for word, said in (("owner", found.owner), ("tags", ", ".join(found.tags)), ("runs", _line(found))):
        if said:
            console.print(f"{word}: {said}", style="dim")
    if found.parameters:
        rows = [(p.name, p.type, "required" if p.required else json.dumps(p.default, default=str), p.description) for p in found.parameters]
        console.print(style.table(("parameter", "type", "default", "description"), rows))
    for warning in found.warnings:
        console.print(f"Warning: {warning}", style="yellow", markup=False, highlight=False)
    steps = [(s.name, _runs(s), f"{s.output} ({s.mode})" if s.output else "", _begins(s), _tries(s)) for s in found.steps]
    console.print(style.table(("step", "file", "makes", "after", "attempts"), steps))


def _line(found: Pipeline) -> str:
    """When its runs are taken up, where that is not as most are."""
    most = f"at most {found.most_runs} at once" if found.most_runs else ""
    queue = f"queue {found.queue}" if found.queue != "normal" else ""
    return ", ".join(filter(None, (most, queue, f"priority {found.priority}" if found.priority else "")))


def _runs(step: Step) -> str:
    return f"waits for {', '.join(step.approve.by)}" if step.approve else step.function or step.file


def _begins(step: Step) -> str:
    ends = {"all_succeeded": "", "any_failed": " (any failed)", "all_ended": " (all ended)"}[step.when]
    return ", ".join(step.needs) + ends


def _tries(step: Step) -> str:
    limit = f"of {step.timeout:g} s" if step.timeout is not None else ""
    return " ".join(filter(None, (f"up to {step.retries + 1}" if step.retries or limit else "", limit)))


@pipelines.command()
@click.argument("name")
@click.option("--template", type=click.Choice(get_args(TemplateName)), default="empty", help="What it begins as (empty).")
@json_option
def new(name: str, template: TemplateName, as_json: bool) -> None:
    """Make pipeline NAME from a template, which runs as it is. `workbench pipelines templates` lists them."""
    found = open_workspace().pipelines.new(name, template)

    def render(console: Console) -> None:
        _describe(console, found)
        console.print(f"It is in {found.folder}. Start it with: workbench run {found.name}")

    show(found, as_json, render)


@pipelines.command()
@json_option
def templates(as_json: bool) -> None:
    """What a new pipeline can begin as."""
    found = open_workspace().pipelines.templates()

    def render(console: Console) -> None:
        from workbench.cli import style

        console.print(style.table(("template", "steps", "description"), [(t.name, ", ".join(t.steps), t.description) for t in found]))

    show(found, as_json, render)


@pipelines.command("add-step")
@click.argument("name")
@click.argument("step")
@click.argument("sql", required=False)
@file_option
@params_option
@click.option("--output", metavar="ZONE.NAME", help="The dataset that the rows of its SELECT become; without it the statements write.")
@click.option("--mode", type=click.Choice(["overwrite", "append", "upsert"]), default="overwrite", help="What becomes of older rows.")
@click.option("--keys", metavar="COLUMN,...", default="", help="By which columns --mode upsert knows a row.")
@click.option("--needs", metavar="STEP,...", default=None, help="Steps that must have succeeded before.")
@click.option("--description", default="", help="What it is for.")
@click.option("--replace", is_flag=True, help="Take the place of the step of that name.")
@click.option("--preview", is_flag=True, help="Only show what it would change, with the steps it seems to need.")
@json_option
def add_step(
    name: str,
    step: str,
    sql: str | None,
    file: Path | None,
    pairs: tuple[str, ...],
    as_json: bool,
    keys: str,
    needs: str | None,
    preview: bool,
    **said: Any,
) -> None:
    """Put a step of SQL into pipeline NAME, which is made where there is none. A -p becomes a parameter that it lacks."""
    statement, verbs = read_statement(sql, file), open_workspace().pipelines
    said |= {"keys": names_of(keys), "params": parse_params(pairs)}
    listed = None if needs is None else names_of(needs)
    if preview:
        looked = verbs.preview_step(name, step, statement, needs=listed, **said)
        show(looked, as_json, lambda console: _changes(console, looked))
        return
    found = verbs.add_step(name, step, statement, needs=listed or (), **said)
    show(found, as_json, lambda console: _describe(console, found))


@pipelines.command()
@click.argument("path")
@click.option(
    "--text", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A file with the text, instead of the one at PATH."
)
@click.option(
    "--change", "said", multiple=True, metavar="JSON", help='Shown as it would be with {"do": "set", "at": ["owner"], "value": "ada"}.'
)
@json_option
def check(path: str, text: Path | None, said: tuple[str, ...], as_json: bool) -> int:
    """All that is wrong in a pipeline.yaml, with its lines. PATH is the file's, or the pipeline's folder name. Nothing is written."""
    from pydantic import ValidationError

    from workbench.cli.texts import text_of
    from workbench.pipelines.draft_records import Change

    try:
        changes = tuple(Change.model_validate_json(each) for each in said)
    except ValidationError as error:
        raise click.UsageError(f"--change is not a change: {error.errors()[0]['msg']}.") from error
    place = path if path.endswith((".yaml", ".yml")) else f"notebooks/pipelines/{path}/pipeline.yaml"
    found = open_workspace().pipelines.draft(place, text_of(text) if text is not None else None, changes)

    def render(console: Console) -> None:
        if changes:
            console.print(found.text, markup=False, highlight=False, end="")
        for each in found.problems:
            console.print(f"{found.path}:{each.line or 1}: {each.message} {each.fix or ''}", markup=False, highlight=False, soft_wrap=True)
        for each in found.warnings:
            console.print(
                f"{found.path}:{each.line or 1}: warning: {each.message} {each.fix or ''}",
                style="yellow", markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip
        if not found.problems and not changes:
            console.print(f"{found.path} is in order: {len(found.steps)} steps.")

    show(found, as_json, render)
    return 1 if found.problems else 0


def _changes(console: Console, looked: StepPreview) -> None:
    from difflib import unified_diff

    old, new = (looked.before or "").splitlines(), looked.after.splitlines()
    for line in unified_diff(old, new, looked.path, looked.path, lineterm=""):
        console.print(line, style={"+": "green", "-": "red"}.get(line[0]), markup=False, highlight=False)
    if looked.needs:
        console.print(f"It begins after {', '.join(looked.needs)}: --needs {','.join(looked.needs)}")


@pipelines.command()
@click.argument("name")
@json_option
def publish(name: str, as_json: bool) -> None:
    """Keep pipeline NAME as it is now: the version that its schedules run."""
    found = open_workspace().pipelines.publish(name)
    show(found, as_json, lambda console: console.print(f"Version {found.number} of {name} is what its schedules run."))


@pipelines.command()
@click.argument("name")
@json_option
def versions(name: str, as_json: bool) -> None:
    """What was published of pipeline NAME, and which files differ from the working ones."""
    found = open_workspace().pipelines.versions(name)

    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print(f"Nothing is published. Do so: workbench pipelines publish {name}")
            return
        rows = [(v.number, style.moment(v.at), v.by, ", ".join(v.differs) or "nothing") for v in found]
        console.print(style.table(("version", "published", "by", "differs in"), rows, right=(0,)))

    show(found, as_json, render)
