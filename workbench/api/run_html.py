"""A run of a pipeline as a page to be looked at, and the notebooks of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from workbench.api.html import page
from workbench.core.clock import from_iso, now
from workbench.pipelines.records import step_name
from workbench.runs.records import TERMINAL

if TYPE_CHECKING:
    from workbench.pipelines.records import PipelineRun
    from workbench.runs.records import DatasetIO, Run

__all__ = ["notebook_page", "problem_page", "run_page"]

_MARKS = {"succeeded": "✓", "failed": "✗", "cancelled": "–", "running": "▶", "skipped": "–", "lost": "✗"}
_REFRESH = '<meta http-equiv="refresh" content="5">'
_MOST_SHOWN = 20  # parameters, and datasets of a step
_LONGEST = 300  # characters of a value
_LONGEST_TEXT, _MOST_TEXT = 20_000, 8_000_000  # characters of what a cell printed (colours take the square of it), and of all
_LEFT_OUT = {"output_type": "stream", "name": "stderr", "text": "The rest is too large to be shown here.\n"}
# What a notebook shows was written by whoever wrote the notebook: nothing in it runs, is sent or is fetched.
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; frame-ancestors 'none'"
_NOTEBOOK_STYLE = """
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 1.5rem auto 4rem; padding: 0 1rem; }
pre { margin: 0; overflow-x: auto; font: 12px/1.5 ui-monospace, monospace; } img, svg { max-width: 100%; }
.jp-InputPrompt, .jp-OutputPrompt, .prompt { opacity: .6; font: 12px ui-monospace, monospace; }
.jp-Cell, .cell { margin: .8rem 0; }
.jp-Cell-inputWrapper pre, .input_area pre { padding: .4rem .6rem; background: #8881; border-radius: 3px; }
h1 { font-size: 1.3rem; font-weight: 600; } td, th { border-color: #8886; }
.anchor-link, .jp-Collapser, .jp-CollapserIcon { display: none; } table { border-collapse: collapse; } td, th { padding: .1rem .5rem; }
"""


def run_page(found: PipelineRun) -> HTMLResponse:
    """Status, times, parameters, and each step with when it ran, what it wrote and its notebook; loaded anew while the run goes on."""
    run = found.run
    over = run.status in TERMINAL
    facts = [("Status", _status(run)), ("Run by", escape(run.principal)), ("Began", _moment(run.started_at or run.queued_at))]
    facts += [("Took", _took(run))] if run.started_at else []
    facts += [(escape(name), f"<code>{escape(_short(value))}</code>") for name, value in list(run.params.items())[:_MOST_SHOWN]]
    more = len(run.params) - _MOST_SHOWN
    parts = [
        f'<dl class="facts">{"".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)}</dl>',
        f"<p>and {more} more parameters</p>" if more > 0 else "",
        "" if run.error in [step.error for step in found.steps] else _error(run),  # what it failed of is told at the step
        _steps(found),
        _repairs(run),
        "<p>You see what you may see of it, and nothing here changes it."
        + ("" if over else " The page is loaded anew every 5 seconds.")
        + "</p>",
    ]
    return page(f"{run.job}: {run.status}", "".join(parts), 200, "" if over else _REFRESH, wide=True)


def notebook_page(notebook: Mapping[str, Any], step: Run) -> HTMLResponse:
    """The executed notebook of a step, of which nothing can run."""
    import json

    import nbformat
    from nbconvert import HTMLExporter

    node = nbformat.reads(json.dumps(_in_short(notebook)), as_version=4)  # type: ignore[no-untyped-call]
    body = HTMLExporter(template_name="basic").from_notebook_node(node)[0]  # type: ignore[no-untyped-call]
    title = escape(step.job)
    back = f'<p><a href="../run?id={escape(step.parent_id)}">Back to the run</a></p>' if step.parent_id else ""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_NOTEBOOK_STYLE}</style></head><body>{back}<h1>{title}</h1>{body}</body></html>"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": _SANDBOX, "Referrer-Policy": "no-referrer"})


def _in_short(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Without what a page could not show anyway: to make one of 10 MB with colours took the server minutes."""
    left = _MOST_TEXT
    cells = []
    for cell in notebook.get("cells", ()):
        shown = {**cell, "source": _cut(cell.get("source", ""))}
        left -= len(shown["source"])
        if "outputs" in cell:
            shown["outputs"] = []
            for output in map(_short_output, cell["outputs"]):
                if (size := len(str(output))) > left:
                    shown["outputs"].append(_LEFT_OUT)
                    break
                shown["outputs"].append(output)
                left -= size
        cells.append(shown)
        if left <= 0:
            break
    return {**notebook, "cells": cells}


def _short_output(output: Mapping[str, Any]) -> dict[str, Any]:
    if output.get("output_type") == "stream":
        return {**output, "text": _cut(output.get("text", ""))}
    if output.get("output_type") == "error":
        return {**output, "traceback": [_cut(line) for line in output.get("traceback", ())]}
    return {**output, "data": {kind: _cut(said) if kind == "text/plain" else said for kind, said in output.get("data", {}).items()}}


def _cut(text: str | list[str]) -> str:
    whole = text if isinstance(text, str) else "".join(text)
    more = len(whole) - _LONGEST_TEXT
    return whole if more <= 0 else f"{whole[:_LONGEST_TEXT]}\n… {more:,} more characters are not shown here.\n"


def problem_page(message: str, fix: str | None, status: int) -> HTMLResponse:
    """Why there is nothing to be seen."""
    told = f"<p>{escape(fix)}</p>" if fix else ""
    return page(
        "Nothing to see here", f'<p class="wrong" role="alert">{escape(message)}</p>{told}<p><a href="./">Your account</a></p>', status
    )


def _steps(found: PipelineRun) -> str:
    begins = [step.started_at for step in found.steps if step.started_at]
    if not found.steps:
        return ""
    first = min(begins, default=now())
    last = max((step.ended_at or now() for step in found.steps if step.started_at), default=first)
    whole = max((last - first).total_seconds(), 0.001)
    rows = "".join(_step(step, first, whole) for step in found.steps)
    head = "<th>Step</th><th>Status</th><th>Took</th><th>When</th><th>Wrote</th><th></th>"
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _repairs(run: Run) -> str:
    """Its history, to who may know of it."""
    rows = []
    for told in run.attributes.get("repairs", ())[-_MOST_SHOWN:]:
        before = told.get("before", {})
        error = (before.get("error") or {}).get("message", "")
        cells = (
            _moment(from_iso(told["at"])),
            told["by"],
            ", ".join(told["steps"]) or "nothing, it was published",
            before.get("status", ""),
            error,
        )
        rows.append("<tr>" + "".join(f"<td>{escape(_short(cell))}</td>" for cell in cells) + "</tr>")
    if not rows:
        return ""
    head = "<th>Repaired</th><th>By</th><th>Ran again</th><th>It had ended</th><th></th>"
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _step(step: Run, first: datetime, whole: float) -> str:
    name = step_name(step)
    notebook = f'<a href="run/notebook?id={escape(step.id)}">Notebook</a>' if step.attributes.get("notebook") and step.started_at else ""
    shown = ", ".join(dict.fromkeys(_dataset(io) for io in step.outputs[:_MOST_SHOWN]))
    error = f'<tr><td></td><td colspan="5">{_error(step)}</td></tr>' if step.error is not None else ""
    return (
        f'<tr><th scope="row">{escape(name)}</th><td>{_status(step)}</td><td>{_took(step)}</td>'
        f"<td>{_bar(step, first, whole)}</td><td>{shown}</td><td>{notebook}</td></tr>{error}"
    )


def _bar(step: Run, first: datetime, whole: float) -> str:
    """When it ran, between the first step's begin and the last one's end."""
    if step.started_at is None:
        return ""
    begin = 100 * (step.started_at - first).total_seconds() / whole
    width = max(100 * ((step.ended_at or now()) - step.started_at).total_seconds() / whole, 1)
    told = f"{_moment(step.started_at)}, for {_took(step)}"
    return (
        f'<svg class="bar {escape(step.status)}" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{told}">'
        f'<title>{told}</title><rect x="{begin:.2f}" y="1" width="{min(width, 100 - begin):.2f}" height="8"/></svg>'
    )


def _dataset(io: DatasetIO) -> str:
    return escape(io.name)


def _status(run: Run) -> str:
    told = escape(run.status)
    return f'<span class="status {told}"><span aria-hidden="true">{_MARKS.get(run.status, "·")}</span> {told}</span>'


def _error(run: Run) -> str:
    return f'<p class="wrong">{escape(run.error.message)}</p>' if run.error is not None else ""


def _moment(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


def _took(run: Run) -> str:
    if run.started_at is None:
        return ""
    seconds = ((run.ended_at or now()) - run.started_at).total_seconds()
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
