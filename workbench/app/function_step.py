"""A pipeline's step that is a Python function, in a process of its own: ``python -m workbench.app.function_step < spec.json``.

It says on standard output how it ended, as :mod:`workbench.pipelines.execute` does. What the function prints goes, in order, where its
standard error goes: to the step's log.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput, WorkbenchError
from workbench.core.texts import last_words
from workbench.jobs.processes import die_first, die_with_parent, stamp
from workbench.pipelines.execute import End, Reporter

if TYPE_CHECKING:
    from types import TracebackType

    from workbench.pipelines.function_execution import FunctionSpec

__all__ = ["main"]


def run(spec: FunctionSpec) -> End:
    """Call the function, and give what it returns to the steps after it."""
    # This process is the one whose writes are counted, see `runs.context.step_key`.
    os.environ[spec["parent_variable"]] = str(os.getppid())
    os.chdir(spec["folder"] if Path(spec["folder"]).is_dir() else spec["modules"][0])
    sys.path[:0] = spec["modules"]
    try:
        _give(spec["name"], _call(Path(spec["file"]), spec["name"], spec["values"] | _days(spec)))
    except BaseException as error:
        # Whatever it is, sys.exit() too: the function has not returned.
        _print(error, Path(spec["source"]))
        return _failed(error, Path(spec["source"]))
    return {"ok": True}


def _days(spec: FunctionSpec) -> dict[str, Any]:
    if not spec["days"]:
        return {}
    from workbench.pipelines.parameters import day_of

    return {name: day_of(name, spec["values"][name]) for name in spec["days"]}


def _call(file: Path, name: str, values: dict[str, Any]) -> Any:
    # Under its own name, so that what it defines can be pickled; never in the place of a module that is there.
    called = file.stem if file.stem not in sys.modules and file.stem.isidentifier() else f"step_{abs(hash(str(file)))}"
    spec = importlib.util.spec_from_file_location(called, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[called] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = getattr(module, name)(**values)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _give(name: str, result: Any) -> None:
    if result is None:
        return
    if not isinstance(result, dict) or not all(isinstance(key, str) for key in result):
        fix = "Return a dict of values by name, or nothing; rows are given as a dataset, by its name."
        raise InvalidInput(f"{name} returned {type(result).__name__}, which is no output of a step.", fix=fix)
    if result:
        from workbench.app.local import LocalWorkspace
        from workbench.core.config import load_settings

        with LocalWorkspace(load_settings()) as workspace:
            workspace.output(**result)


def _failed(error: BaseException, source: Path) -> End:
    end: End = {"ok": False, "name": type(error).__name__, "value": last_words(str(error))}
    if isinstance(error, WorkbenchError):
        end |= {"value": error.message, "fix": error.fix}
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(source):
        where: tuple[str, int] | None = (error.filename, error.lineno or 1)
    else:
        where = _where(error.__traceback__, source)
    if where is not None:
        end["place"] = f" at {Path(where[0]).relative_to(source)}, line {where[1]}"
    return end


def _where(trace: TracebackType | None, source: Path) -> tuple[str, int] | None:
    """The innermost place in the pipeline's own files."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]
    return next((place for place in reversed(frames) if Path(place[0]).is_relative_to(source)), None)


def _print(error: BaseException, source: Path) -> None:
    """The traceback from where it enters the pipeline's own files on: what stands before is ours."""
    trace = error.__traceback__
    while trace is not None and not Path(trace.tb_frame.f_code.co_filename).is_relative_to(source):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace or error.__traceback__)


def main() -> None:
    die_with_parent()
    stamp()
    die_first()
    report = Reporter()
    # What is printed is read while the step runs.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    spec: FunctionSpec = json.load(sys.stdin)
    end = run(spec)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    report(end=end)


if __name__ == "__main__":
    main()
