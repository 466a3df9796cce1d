"""The workspace itself."""

from __future__ import annotations

from typing import Protocol

from workbench.app.protocol.limits import Count, Position
from workbench.app.records import Health, Setting, Status
from workbench.app.verbs import verb
from workbench.runs.records import RunEvent

__all__ = ["SystemVerbs"]


class SystemVerbs(Protocol):
    @verb("GET", "/system/status")
    def status(self) -> Status:
        """Versions, counts and processes."""

    @verb("GET", "/system/health")
    def health(self) -> tuple[Health, ...]:
        """Whether each part is well, and what to do where it is not."""

    @verb("GET", "/system/config")
    def config(self) -> tuple[Setting, ...]:
        """Each setting, its value and where it came from."""

    @verb("GET", "/events")
    def events(self, after: Position = 0, limit: Count = 500) -> tuple[RunEvent, ...]:
        """Events after a sequence number (the live stream is ``/events/stream``)."""
