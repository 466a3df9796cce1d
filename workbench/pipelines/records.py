"""What a pipeline is."""

from __future__ import annotations

from typing import Any, Literal

from workbench.core.records import Record
from workbench.runs.records import Run

__all__ = ["Parameter", "Pipeline", "PipelineRun", "Step"]


class Parameter(Record):
    """A typed parameter of a pipeline, handed to every step whose ``parameters`` cell names it."""

    name: str
    type: Literal["int", "float", "str", "bool", "date"]
    default: Any = None
    required: bool = False
    description: str = ""
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


class Step(Record):
    """One notebook of a pipeline; ``needs`` names the steps that must have succeeded before."""

    name: str
    notebook: str
    needs: tuple[str, ...] = ()
    description: str = ""


class Pipeline(Record):
    name: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    steps: tuple[Step, ...]
    folder: str


class PipelineRun(Record):
    """A run of a pipeline with the run of each of its steps, in order. A step's executed notebook is at
    ``run.attributes["notebook"]``, relative to the workspace's state folder."""

    run: Run
    steps: tuple[Run, ...]
