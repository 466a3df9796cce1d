"""``workbench quality``, ``profile`` and ``checks``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, open_workspace, show
from workbench.cli.texts import text_of

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.quality.records import Assessment, ColumnProfile, Expectation, Profile

__all__ = ["checks", "profile", "quality"]

_BAR = 20


@click.command()
@click.argument("name")
@click.option("--history", "past", is_flag=True, help="How it has been, and what was unusual.")
@click.option("--limit", default=100, show_default=True, help="Of the history.")
@json_option
def quality(name: str, past: bool, limit: int, as_json: bool) -> None:
    """How good NAME is: the eight dimensions, each with what it rests on, and the expectations."""
    if past:
        _history(name, limit, as_json)
        return
    found = open_workspace().quality.current(name)
    show(found, as_json, lambda console: _draw(console, found))


def _draw(console: Console, found: Assessment) -> None:
    from workbench.cli import style

    score = "not assessed" if found.score is None else _score(found.score)
    console.print(f"{found.ref or ''} · {found.rows:,} rows · score {score}\n")
    rows = [(d.name, _bar(d.score), _score(d.score), d.evidence, d.check_id or "") for d in found.dimensions]
    console.print(style.table(("dimension", "", "score", "evidence", "failing rows"), rows, right=(2,)))
    if found.expectations:
        console.print()
        words = {True: "ok", False: "failed", None: "warning"}
        told = [(style.mark(words[r.passed]), _words(r.expectation), r.expectation.severity, r.message) for r in found.expectations]
        console.print(style.table(("", "expectation", "severity", "found"), told))
    for warning in found.warnings:
        if warning.startswith("Unusual"):
            console.print(warning)


def _bar(score: float | None) -> str:
    if score is None:
        return "·" * _BAR
    full = int(score * _BAR)
    return "█" * full + "░" * (_BAR - full)


def _score(score: float | None) -> str:
    # Rounded down: what is not perfect never looks so.
    return "–" if score is None else f"{int(score * 1000) / 1000:.3f}"


def _words(expectation: Expectation) -> str:
    from workbench.quality.checks import describe

    return describe(expectation)


def _history(name: str, limit: int, as_json: bool) -> None:
    points = open_workspace().quality.history(name, limit)

    def render(console: Console) -> None:
        from workbench.cli import style

        rows = [(style.moment(p.at), style.count(p.rows), _bar(p.score), _score(p.score), "; ".join(p.anomalies)) for p in points]
        console.print(style.table(("at", "rows", "", "score", "unusual"), rows, right=(1, 3)))

    show(points, as_json, render)


@click.command()
@click.argument("name")
@json_option
def profile(name: str, as_json: bool) -> None:
    """What the columns of NAME hold: counts, ranges, distributions, patterns, meaning."""
    found = open_workspace().quality.profile(name)
    show(found, as_json, lambda console: _draw_profile(console, found))


def _draw_profile(console: Console, found: Profile) -> None:
    from workbench.cli import style
    from workbench.quality.repeats import likely_equal

    looked = "" if found.sampled is None else f" · distributions of {found.sampled:,} rows where marked ~"
    console.print(f"{found.ref or ''} · {found.rows:,} rows · {found.seconds:.2f} s{looked}\n")
    names = ("column", "type", "nulls", "distinct", "min", "mean", "max", "histogram", "most frequent", "meaning")
    console.print(style.table(names, [_line(column) for column in found.columns], right=(2, 3, 4, 5, 6)))
    if found.keys:
        console.print(f"\nkeys: {'; '.join(', '.join(key.columns) for key in found.keys)}")
    for link in found.foreign_keys:
        console.print(f"{link.column} -> {link.dataset}.{link.key} ({link.share:.1%} of {link.checked:,} values)")
    likely = likely_equal(found)
    if found.duplicates:
        console.print(f"{found.duplicates:,} rows are equal to an earlier one")
    elif likely is not None:
        console.print(f"{likely.rows:,} rows are equal to an earlier one ({likely.known_by})")


def _line(column: ColumnProfile) -> tuple[Any, ...]:
    about = "" if column.looked_at is None else "~"
    distinct = "–" if column.distinct is None else f"{'' if column.distinct_exact else '~'}{column.distinct:,}"
    top = f"{about}{_short(column.top[0][0])} ({column.top[0][1]:,})" if column.top else ""
    mean = "" if column.mean is None else f"{column.mean:,.6g}"
    meaning = column.semantic.name if column.semantic else ""
    bars = about + _sparks([b.count for b in column.histogram]) if column.histogram else ""
    return column.name, column.type, f"{column.null_share:.1%}", distinct, _short(column.min), mean, _short(column.max), bars, top, meaning


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"


def _sparks(counts: list[int]) -> str:
    most = max(counts) or 1
    return "".join(" ▁▂▃▄▅▆▇█"[-(-8 * count // most)] for count in counts)


@click.group()
def checks() -> None:
    """What is expected of datasets: list, add, remove, propose; the rows that fail."""


@checks.command("list")
@click.argument("name")
@json_option
def list_(name: str, as_json: bool) -> None:
    """What is expected of NAME."""
    _show_expectations(open_workspace().quality.expectations(name), as_json)


@checks.command()
@click.argument("name")
@json_option
def propose(name: str, as_json: bool) -> None:
    """What seems to hold of NAME by its profile. Add what is right with: workbench checks add."""
    _show_expectations(open_workspace().quality.propose(name), as_json)


@checks.command()
@click.argument("name")
@click.argument("expectation", metavar="YAML")
@json_option
def add(name: str, expectation: str, as_json: bool) -> None:
    """Expect something of NAME: YAML such as '{kind: not_null, column: id}', or @FILE with a list of them."""
    from workbench.quality.expectations import from_yaml

    text = text_of(Path(expectation[1:])) if expectation.startswith("@") else expectation
    workspace = open_workspace()
    added = tuple(workspace.quality.expect(name, one) for one in from_yaml(text))
    show(added[0] if len(added) == 1 else added, as_json, lambda console: console.print(f"{len(added)} added."))


@checks.command()
@click.argument("name")
@click.argument("expectation_id", metavar="ID")
@json_option
def remove(name: str, expectation_id: str, as_json: bool) -> None:
    """Expect it no longer."""
    _show_expectations(open_workspace().quality.remove(name, expectation_id), as_json)


@checks.command()
@click.argument("name")
@click.argument("check")
@click.option("--limit", default=100, show_default=True)
@json_option
def failing(name: str, check: str, limit: int, as_json: bool) -> None:
    """The rows of NAME that fail CHECK: an expectation's id, or what `workbench quality` names."""
    found = open_workspace().quality.failing(name, check, limit)

    def render(console: Console) -> None:
        from workbench.cli.rows import render_rows

        render_rows(console, found)

    show(found, as_json, render)


def _show_expectations(found: tuple[Expectation, ...], as_json: bool) -> None:
    def render(console: Console) -> None:
        from workbench.cli import style

        if not found:
            console.print("Nothing.")
            return
        console.print(style.table(("id", "kind", "expectation", "severity"), [(e.id, e.kind, _words(e), e.severity) for e in found]))

    show(found, as_json, render)
