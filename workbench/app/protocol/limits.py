"""What an argument may be; what is beyond is refused where a verb is called, before any service or database sees it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.jobs.queues import MOST_PRIORITY

__all__ = ["Count", "Days", "Depth", "Duplicates", "FileMode", "Position", "Priority", "Rows", "Share", "SnapshotId", "Ticket", "WriteMode"]

WriteMode = Literal["create", "append", "overwrite", "upsert"]
FileMode = Literal["create", "append", "overwrite"]
Duplicates = Literal["error", "last"]
Count = Annotated[int, Field(ge=1, le=100_000)]
Rows = Annotated[int, Field(ge=0, lt=2**63)]
Position = Annotated[int, Field(ge=0, lt=2**63)]
SnapshotId = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Ticket = Annotated[str, Field(min_length=1, max_length=100)]
Depth = Annotated[int, Field(ge=0, le=1000)]
Priority = Annotated[int, Field(ge=0, le=MOST_PRIORITY)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Days = Annotated[float, Field(ge=0, le=36_500, allow_inf_nan=False)]
