"""What a worker asks to look at the clock. Here, because it needs the services of a whole workspace."""

from __future__ import annotations

from datetime import datetime

from workbench.core.config import Settings

__all__ = ["Look"]


class Look:
    """The schedules of one workspace, looked at by one thread."""

    def __init__(self, settings: Settings) -> None:
        from workbench.app.services import Services

        self._services = Services(settings)
        self._services.read_apart()

    def look(self, at: datetime) -> int:
        """Run what is due; returns how many runs were queued."""
        return self._services.schedules.ticker.tick(at)
