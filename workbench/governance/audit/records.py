"""What the audit log holds. Imports little."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from workbench.core.records import Record

__all__ = ["Archived", "AuditCheck", "AuditEntry", "Decided", "Outcome", "ReadDataset"]

#: ``asked``: it was asked about (whether to read so much), and nobody said to go on.
Outcome = Literal["allowed", "refused", "failed", "asked"]


class ReadDataset(Record):
    """A dataset that was read, in which state, and the names of the rules that stood between: masks and row filters."""

    id: str
    name: str
    branch: str = "main"
    snapshot_id: int | None = None
    rules: tuple[str, ...] = ()


class Decided(Record):
    """A decision as it comes. ``about`` names what an act was about (a dataset, a user, a token's id), ``digest`` stands for the
    statement or the arguments: values are in neither. ``code`` is the error's. ``masked`` are columns that a statement wrote, of masks
    and not of the values."""

    who: str
    verb: str
    outcome: Outcome = "allowed"
    code: str | None = None
    token_id: str | None = None
    run_id: str | None = None
    about: str | None = None
    digest: str | None = None
    datasets: tuple[ReadDataset, ...] = ()
    masked: tuple[str, ...] = ()


class AuditEntry(Decided):
    """A decision in the log: the ``seq``-th, made at ``at`` under a version of the ``policy`` (0: the built-in one)."""

    seq: int
    at: datetime
    policy: int


class AuditCheck(Record):
    """Whether the log is as it was written. ``first`` and ``last`` are the entries that were looked at (None: there are none), ``head`` is
    the last one with its digest, to be kept elsewhere (``SEQ:DIGEST``), ``bad`` the first entry that is not right, ``problem`` says
    what is wrong with it. Those up to ``unproven`` were made with another key: an archived part of them is right, and proves nothing."""

    ok: bool
    entries: int
    first: int | None = None
    last: int | None = None
    head: str | None = None
    bad: int | None = None
    problem: str | None = None
    unproven: int | None = None


class Archived(Record):
    """Entries ``first`` to ``last`` that were moved to a file of JSON lines. Those up to ``unproven`` were made with another key."""

    first: int
    last: int
    path: str
    sha256: str
    unproven: int | None = None
