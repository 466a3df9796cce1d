"""A step that is a Python function, carried out in a process of its own (:mod:`workbench.app.function_step`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from workbench.pipelines.execute import End
from workbench.pipelines.execution import Execution, value_of
from workbench.pipelines.function import arguments, read_signature
from workbench.pipelines.load import FILE_NAME, load_pipeline
from workbench.runs.records import RunError

__all__ = ["FunctionExecution", "FunctionSpec"]


class FunctionSpec(TypedDict):
    """What to call: the pinned ``file``, its function's ``name``, and ``values`` by argument, of which those in ``days`` are dates.
    ``folder`` is the working folder, ``modules`` where helper modules are imported from, ``source`` everything that is pinned."""

    file: str
    name: str
    folder: str
    modules: list[str]
    source: str
    values: dict[str, Any]
    days: tuple[str, ...]
    parent_variable: str


class FunctionExecution(Execution):
    """As of a notebook, without a kernel: the process calls the function itself."""

    # By name, because what a function gives is kept by what stands to the right of this package.
    module = "workbench.app.function_step"
    kernel_wanted = False

    def spec(self) -> Mapping[str, Any]:
        settings, run = self.context.settings, self.context.run
        source = self.source
        pinned, name = source / self.step.file, str(self.step.function_name)
        signature = read_signature(pinned.read_text(encoding="utf-8"), name)
        pipeline = load_pipeline(source / FILE_NAME, settings.root)
        values, days = arguments(signature, {**run.params, **self.own}, pipeline.parameters)
        spec: FunctionSpec = {
            "file": str(pinned),
            "name": name,
            "folder": self.working_folder,
            "modules": self.modules,
            "source": str(source),
            "values": values,
            "days": days,
            "parent_variable": self.parent_variable,
        }
        return spec

    def error(self, end: End) -> RunError:
        """Where it failed and why: the file, the line, and the last line of the traceback."""
        where = f"Step {self.step.name!r} failed"
        if end.get("timed_out"):
            return self.too_long(where)
        if end.get("process_died"):
            fix = f"Often the memory was used up, or somebody ended it. See {self.log} in the workspace's folder."
            return RunError(code="process_died", message=f"{where}: {end['value']}.", fix=fix)
        text = value_of(end)
        message = f"{where}{end.get('place', '')}: {end.get('name', 'Error')}{': ' + text if text else ''}"
        fix = end.get("fix") or f"The whole traceback: `workbench runs notebook {self.run_record.id}`."
        return RunError(code="function_failed", message=message, fix=fix)
