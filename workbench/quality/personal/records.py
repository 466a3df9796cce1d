"""What is found of personal data. Imports little: every face knows these. No record holds a value of anybody's data."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from workbench.core.records import Record

__all__ = ["Finding", "FindingState", "Found", "Remediation", "Scan", "Unscanned"]

FindingState = Literal["proposed", "confirmed", "rejected"]


class Found(Record):
    """A column seems to hold what ``tag`` says.

    ``matched`` of ``checked`` distinct values voted for it (of what only a name tells: none were asked); ``why`` says it in words,
    without a value.
    """

    tag: str
    confidence: float
    matched: int = 0
    checked: int = 0
    why: str = ""


class Finding(Record):
    """A tag that is proposed for a column, or what a person said of it; ``type`` is the column's when it was found."""

    id: str
    dataset: str
    column: str
    type: str
    tag: str
    confidence: float
    matched: int
    checked: int
    why: str
    state: FindingState = "proposed"
    found_at: datetime
    run_id: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str | None = None


class Unscanned(Record):
    """A dataset that could not be looked at, and why."""

    dataset: str
    reason: str


class Scan(Record):
    """What a scan has looked at. ``proposed`` are the findings that wait for a person in those datasets, surest first."""

    run_id: str
    datasets: int
    columns: int
    proposed: tuple[Finding, ...] = ()
    unscanned: tuple[Unscanned, ...] = ()


class Remediation(Record):
    """A confirmed finding with the mask rules of the policy that are about its tag; where there is none, ``proposed`` is one, as YAML for
    the policy file."""

    finding: Finding
    rules: tuple[str, ...] = ()
    proposed: str | None = None
