"""The command line of the benchmark harness."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import signal
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from workbench.cli.bench.runner import CaseResult, Context, describe_machine, run_case
from workbench.core.clock import iso, now
from workbench.core.errors import InvalidInput, nearest

__all__ = ["bench"]


def _tree() -> Path:
    """The source tree with ``benchmarks/``: the current folder or one above it, else the package's own checkout."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[3]):
        if (folder / "benchmarks").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise InvalidInput("The benchmarks are part of the source tree, not of the installed package.", fix="Run this in a clone.")


def _names(tree: Path) -> list[str]:
    return sorted(path.stem for path in (tree / "benchmarks").glob("*.py") if not path.stem.startswith("_"))


def _load(tree: Path, name: str) -> ModuleType:
    path = tree / "benchmarks" / f"{name}.py"
    if name not in _names(tree):
        close = nearest(name, _names(tree))
        raise InvalidInput(
            f"There is no benchmark {name!r}.", fix=f"Did you mean {close!r}?" if close else f"Known: {', '.join(_names(tree))}."
        )
    spec = importlib.util.spec_from_file_location(f"workbench_benchmark_{name}", path)
    if spec is None or spec.loader is None:
        raise InvalidInput(f"{path} cannot be loaded.", fix="It must be a Python file.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _interrupt(*_: object) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the clearing up is not broken off by a second one
    raise KeyboardInterrupt


def _line(result: CaseResult) -> str:
    parts = [f"{'pass' if result.passed else 'MISS'}  {result.name}: {_seconds(result.ours_seconds.median)}"]
    if result.baseline_seconds is not None and result.ratio is not None:
        parts.append(f"{result.baseline_name or 'baseline'} {_seconds(result.baseline_seconds.median)}")
        parts.append(f"ratio {result.ratio.median:.3f} [{result.ratio.low:.3f}, {result.ratio.high:.3f}]")
    if result.target_ratio is not None:
        parts.append(f"target at most {result.target_ratio} times")
    if result.target_seconds is not None:
        parts.append(f"target at most {_seconds(result.target_seconds)}")
    parts.append(f"cpu {result.ours_cpu:.2f} s, peak {result.ours_peak_mb:.0f} MB, {result.pairs} pairs")
    return "\n".join([", ".join(parts), *(f"      {line}" for line in result.note.splitlines())])


def _seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def _progress(text: str) -> None:
    click.echo(f"\r\x1b[K{text}", err=True, nl=False)


def _lasting(text: str) -> None:
    """Where nobody watches, how far it is is of no interest, and what was left out is."""
    if text.endswith("\n"):
        click.echo(text, err=True, nl=False)


@click.command(help="Run a benchmark: ours and its baseline side by side, against the target.")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--pairs", type=click.IntRange(1), help="Number of pairs, instead of 20 (or 5 for what takes over 10 s).")
@click.option("--case", "only", help="Run only cases whose name holds this text.")
@click.option("--save/--no-save", default=True, help="Keep the result in benchmarks/results/.")
def bench(name: str | None, as_json: bool, pairs: int | None, only: str | None, save: bool) -> None:
    tree = _tree()
    if name is None:
        click.echo("\n".join(_names(tree)))
        return
    module = _load(tree, name)
    tty = sys.stderr.isatty()
    # Ended from outside it ends what it started, too, and removes its folder: the same way out as after Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupt)
    say = _progress if tty else _lasting
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as scratch, contextlib.ExitStack() as started:
        context = Context(scratch=Path(scratch), tree=tree, say=say)
        results = []
        cases = module.cases(context)
        if hasattr(cases, "close"):
            started.callback(cases.close)  # what the cases keep running ends before the folder it works in goes
        for case in cases:
            if only and only not in case.name:
                continue
            result = run_case(case, say, pairs)
            results.append(result)
            if not as_json:
                click.echo(("\r\x1b[K" if tty else "") + _line(result))
    report = _report(name, results)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    # A partial run would replace the full one's figures.
    if save and not only and pairs is None:
        path = tree / "benchmarks" / "results" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    raise SystemExit(0 if results and all(result.passed for result in results) else 1)


def _report(name: str, results: list[CaseResult]) -> dict[str, Any]:
    return {"benchmark": name, "at": iso(now()), "machine": describe_machine(), "cases": [result.to_json() for result in results]}
