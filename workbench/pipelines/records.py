"""What a pipeline is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from workbench.core.records import Record
from workbench.jobs.queues import Queue
from workbench.pipelines.template_names import TemplateName
from workbench.runs.records import Run

__all__ = [
    "Approval",
    "Condition",
    "Parameter",
    "Pipeline",
    "PipelineRun",
    "PipelineVersion",
    "RepairPreview",
    "Source",
    "Step",
    "StepMode",
    "StepPreview",
    "Template",
    "TemplateName",
    "WorkingFolder",
    "Writes",
    "step_name",
]

#: What becomes of the rows that a SQL step's output has already.
StepMode = Literal["overwrite", "append", "upsert"]

#: With which files a run is carried out again: those that it was submitted with, or the pipeline's as they are now.
Source = Literal["pinned", "current"]

#: Of the steps that a step needs, once all have ended: what must have become of them, so that it begins. Else it is skipped.
Condition = Literal["all_succeeded", "any_failed", "all_ended"]


#: When others see what a run's steps write: all of it once all have succeeded, or each write as it is made.
Writes = Literal["together", "at_once"]


#: Where a run's steps work: in the pipeline's folder, or in one of the run's own, with the files as they were.
WorkingFolder = Literal["pipeline", "run"]


class Parameter(Record):
    """A typed parameter of a pipeline, handed to every step whose ``parameters`` cell, whose SQL as ``$name``, or whose
    function as an argument names it."""

    name: str
    type: Literal["int", "float", "str", "bool", "date"]
    default: Any = None
    required: bool = False
    description: str = ""
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


class Approval(Record):
    """What a step asks of a person: ``by`` are the roles that may decide, and people as ``user:ada``."""

    by: tuple[str, ...]
    message: str = ""


class Step(Record):
    """One notebook, SQL file or Python function (``file.py:name``) of a pipeline; ``needs`` names the steps that it waits for, and ``when``
    says what must have become of them.

    Of SQL with an ``output`` (a dataset's full name) the rows of its one SELECT become that dataset, are added to it, or take the place of
    those with the same ``key``; without one it holds statements that write.

    ``params`` are its own parameters, over those of the pipeline; ``{{ step.name }}`` is what a step that it needs has given under a name.

    An attempt that fails, or takes longer than ``timeout`` (seconds), is followed by up to ``retries`` more: the first after ``retry_wait``
    seconds, each later one after twice as long as the one before, and at most an hour. It begins when there is enough of its ``resources``.

    One that says ``approve`` runs nothing: it waits until a person has decided, for as long as ``timeout``.
    """

    name: str
    notebook: str | None = None
    sql: str | None = None
    function: str | None = None
    approve: Approval | None = None
    output: str | None = None
    mode: StepMode = "overwrite"
    key: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    params: dict[str, Any] = {}
    when: Condition = "all_succeeded"
    retries: int = 0
    retry_wait: float = 10.0
    timeout: float | None = None
    resources: dict[str, float] = {}
    description: str = ""

    @property
    def file(self) -> str:
        """What it runs, relative to the pipeline's folder."""
        if self.approve is not None:
            return "pipeline.yaml"
        return self.function.rpartition(":")[0] if self.function else str(self.sql or self.notebook)

    @property
    def function_name(self) -> str | None:
        """Of the function in the file, where it runs one."""
        return self.function.rpartition(":")[2] if self.function else None


class Pipeline(Record):
    """A pipeline, as its file says it. ``queue`` and ``priority`` are those of its runs, unless one says otherwise;
    ``most_runs``: how many of them there may be at once; ``files``: what goes with them from elsewhere in the workspace;
    ``ignore``: patterns of what does not go with them from its folder.

    ``warnings``: what is to be known of it, though it runs as it is; told of one pipeline, not in a list of them."""

    name: str
    description: str = ""
    owner: str | None = None
    tags: tuple[str, ...] = ()
    queue: Queue = "normal"
    priority: int = 0
    most_runs: int | None = None
    parameters: tuple[Parameter, ...] = ()
    steps: tuple[Step, ...]
    folder: str
    writes: Writes = "together"
    files: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    working_folder: WorkingFolder = "pipeline"
    warnings: tuple[str, ...] = ()


class PipelineRun(Record):
    """A run of a pipeline with the run of each of its steps, in order. A step's executed notebook is at ``run.attributes["notebook"]``,
    relative to the workspace's state folder; of SQL ``run.attributes["sql"]`` is the pinned file; of a function
    ``run.attributes["function"]`` is the pinned file with its name, and ``run.attributes["log"]`` its log. ``page`` is the address at which
    the team's server shows it, where ``serve.public_url`` names one."""

    run: Run
    steps: tuple[Run, ...]
    page: str | None = None


class PipelineVersion(Record):
    """A pipeline as it was published: what its schedules run until the next is. ``code`` is a hash of its files, ``differs`` names those
    that are others in the working folder, or are in one of the two alone."""

    pipeline: str
    number: int
    at: datetime
    by: str
    code: str
    differs: tuple[str, ...] = ()


class StepPreview(Record):
    """What adding a step would make of a pipeline. ``path`` is that of its YAML, relative to the workspace, with its text ``before`` (None:
    it is made) and ``after``; ``needs`` are the step's, said or proposed, ``parameters`` those that the pipeline gets."""

    path: str
    before: str | None
    after: str
    needs: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()


class RepairPreview(Record):
    """What a repair would carry out again: ``steps``, in their order; what those of ``kept`` gave is handed on.

    Steps in ``anew`` have written, and do so anew; the others go on with what they have not written yet. ``publishes``: what the run
    wrote is still to be published, so that what is written anew takes its place; else rows that are appended stand beside those of before.
    ``parameters`` are those of the pipeline that it would run, ``params`` their values; they are told to who may read it."""

    steps: tuple[str, ...]
    kept: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    publishes: bool = False
    parameters: tuple[Parameter, ...] = ()
    params: dict[str, Any] = {}


class Template(Record):
    """What a new pipeline can begin as; ``steps`` are their names, as they are written."""

    name: TemplateName
    description: str
    steps: tuple[str, ...]


def step_name(run: Run) -> str:
    """What the step of a run is called; also where of the run a part only is told, which has its job."""
    return str(run.attributes.get("step") or run.job.rpartition(".")[2])
