"""What a workspace tells about itself."""

from __future__ import annotations

from typing import Any, Literal

from workbench.core.records import Record

__all__ = ["Health", "Setting", "Status"]


class Setting(Record):
    name: str
    value: str
    source: Literal["default", "file", "environment"]
    description: str


class Health(Record):
    """One check of ``doctor``: what was looked at, whether it is well, and what to do when it is not."""

    check: str
    status: Literal["ok", "warning", "failed"]
    message: str
    fix: str | None = None


class Status(Record):
    """What is here: versions, where, counts, and the processes that run."""

    name: str
    version: str
    format: int
    root: str
    principal: str
    datasets: int
    runs: int
    queued: int
    running: int
    last_event: int
    processes: dict[str, dict[str, Any]] = {}
