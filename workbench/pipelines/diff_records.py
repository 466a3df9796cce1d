"""What two runs of pipelines differ in."""

from __future__ import annotations

from typing import Any, Literal

from workbench.core.records import Record
from workbench.runs.records import RunStatus

__all__ = ["CellDiff", "DatasetDiff", "Difference", "FileDiff", "RunDiff", "StepDiff"]

Change = Literal["changed", "added", "removed"]


class Difference(Record):
    """A value that is another one in the second run; None where it is not there."""

    name: str
    first: Any = None
    second: Any = None


class DatasetDiff(Record):
    """A dataset that a run read or wrote: its snapshots and, of one that was written, how many rows went there (None: not known)."""

    name: str
    first: tuple[int, ...] = ()
    second: tuple[int, ...] = ()
    first_rows: int | None = None
    second_rows: int | None = None
    same: bool


class FileDiff(Record):
    """A file of the pipeline. ``lines`` are those of a unified diff (of a notebook that of its cells with code), cut off when very long."""

    path: str
    change: Change
    lines: tuple[str, ...] = ()


class CellDiff(Record):
    """A cell whose output is another one. ``first`` and ``second`` are its output in short: text, errors, and images by their hash; None
    where there is no such cell, or it did not run. ``number`` is its place among the cells with code."""

    cell: str
    number: int
    source: str
    first: str | None = None
    second: str | None = None


class StepDiff(Record):
    """A step: how it ended in each run (None: there is none of the name), and how many seconds it took."""

    name: str
    first: RunStatus | None = None
    second: RunStatus | None = None
    first_seconds: float | None = None
    second_seconds: float | None = None
    values: tuple[Difference, ...] = ()
    cells: tuple[CellDiff, ...] = ()


class RunDiff(Record):
    """``same``: nothing differs but times and the numbers of the snapshots that were written. Of ``inputs``, ``outputs`` and ``steps`` all
    are there, of the rest what differs. ``code_kept``: False where the files of one are no longer there to be compared. ``in_part``: who
    asks sees a part of one of the runs, and is told how the steps ended and, of the datasets that she sees, which snapshots were read and
    written; then ``same`` speaks of that alone."""

    first: str
    second: str
    same: bool
    params: tuple[Difference, ...] = ()
    inputs: tuple[DatasetDiff, ...] = ()
    outputs: tuple[DatasetDiff, ...] = ()
    metrics: tuple[Difference, ...] = ()
    code: tuple[FileDiff, ...] = ()
    code_kept: bool = True
    steps: tuple[StepDiff, ...] = ()
    in_part: bool = False
