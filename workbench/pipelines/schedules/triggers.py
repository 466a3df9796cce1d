"""Events that a schedule may wait for, as people write them: ``dataset:silver.orders``."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from workbench.core.errors import InvalidInput
from workbench.core.records import Record
from workbench.pipelines.attempts import seconds_of

__all__ = ["Trigger", "read_trigger"]

_HOW = (
    "dataset:NAME, file:FOLDER or file:data/*.csv, pipeline:NAME (or pipeline:NAME:failed, pipeline:NAME:ended), freshness:NAME:24h: "
    "one of these."
)
_ENDS = {"succeeded": ("run.succeeded",), "failed": ("run.failed",), "ended": ("run.succeeded", "run.failed", "run.cancelled")}


class Trigger(Record):
    """An event, read. ``about`` is the dataset, the pipeline, or the folder or pattern; ``ends`` are the events of a run that count."""

    kind: Literal["dataset", "file", "pipeline", "freshness"]
    about: str
    ends: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def words(self) -> str:
        """As a sentence."""
        if self.kind == "dataset":
            return f"When {self.about} is written to"
        if self.kind == "file":
            return f"When a file comes into {self.about}"
        if self.kind == "freshness":
            return f"When {self.about} has not been written to for {timedelta(seconds=self.seconds or 0)}"
        how = next(name for name, ends in _ENDS.items() if ends == self.ends)
        return f"When the pipeline {self.about} has {how}"


def read_trigger(text: str) -> Trigger:
    """Read an event.

    >>> read_trigger("pipeline:flights:failed").words, read_trigger("freshness:gold.delays:24h").seconds
    ('When the pipeline flights has failed', 86400.0)

    Raises
    ------
    InvalidInput
        It is none.
    """
    kind, _, rest = text.strip().partition(":")
    if kind in ("dataset", "file") and rest:
        return Trigger(kind="dataset" if kind == "dataset" else "file", about=rest)
    about, _, how = rest.partition(":")
    if kind == "pipeline" and about and (how or "succeeded") in _ENDS:
        return Trigger(kind="pipeline", about=about, ends=_ENDS[how or "succeeded"])
    seconds = seconds_of(how) if kind == "freshness" and about else None
    if seconds is not None:
        return Trigger(kind="freshness", about=about, seconds=seconds)
    raise InvalidInput(f"{text!r} is no event.", fix=_HOW, field="on")
