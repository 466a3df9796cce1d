"""What a worker asks to tell people of what has happened. Here, because it needs the services of a whole workspace."""

from __future__ import annotations

from datetime import datetime

from workbench.core.config import Settings

__all__ = ["Look"]


class Look:
    """The notifications of one workspace, for one thread."""

    def __init__(self, settings: Settings) -> None:
        from workbench.app.services import Services

        self._services = Services(settings)

    def look(self, at: datetime) -> int:
        """Note whom to tell; returns how many are."""
        from workbench.governance.policy.held import one_policy

        with one_policy():
            return self._services.notifications.notifier.look(at)

    def send(self, at: datetime) -> int:
        """Send what is due; returns how many messages have come out."""
        return self._services.notifications.outbox.send(at)
