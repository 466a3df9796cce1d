"""Apart from the records, which the command line's help does not load."""

from __future__ import annotations

from typing import Literal

__all__ = ["TemplateName"]

#: What a new pipeline can begin as.
TemplateName = Literal["ingest", "profile", "transform", "train", "evaluate", "report", "backfill", "empty"]
