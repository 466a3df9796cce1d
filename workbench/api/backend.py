"""What the routes work with: the services of one workspace, in the name of who calls."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from workbench.app.local import LocalWorkspace
from workbench.core.telemetry import get_logger

if TYPE_CHECKING:
    from workbench.api.auth import Caller
    from workbench.app.services import Services
    from workbench.core.config import Settings
    from workbench.governance.tokens import TokenService
    from workbench.runs import RunLog

__all__ = ["Backend", "services_for_callers"]

_REAPS = 60.0  # seconds

log = get_logger("api")


def services_for_callers(settings: Settings) -> Services:
    """Services for who calls from another process: they name files of the workspace only. This process may read more than they may, and
    a page that a browser shows calls too."""
    from workbench.app.services import Services
    from workbench.ingest.sources.reach import Reach

    services = Services(settings, reach=Reach(settings.root))
    services.read_apart()  # also what nothing is run for: a policy, a file of a pipeline
    return services


class Backend:
    """The services, each opened when first asked for, and a flag that the process is about to end."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.settings = services.settings
        #: Set before the end, so that live streams end too.
        self.stopping = threading.Event()

    def workspace_for(self, caller: Caller) -> LocalWorkspace:
        """The workspace in the caller's name."""
        return LocalWorkspace(self.settings, caller.principal, self.services)

    @property
    def tokens(self) -> TokenService:
        """Tokens; needs the metadata store only, so who shows a wrong one is sent away at little cost."""
        return self.services.tokens

    @property
    def log(self) -> RunLog:
        """The run log."""
        return self.services.log

    def reap(self) -> None:
        """Fail the runs of processes that have ended without saying so (a server that was killed, a machine that is gone): there may be no
        worker that would. Those of processes that live stay."""
        try:
            if lost := self.log.reconcile():
                log.warning("%d runs whose process had ended are marked as failed", len(lost))
        except Exception:
            log.exception("the runs of processes that have ended could not be looked for")

    def reap_on(self) -> None:
        """:meth:`reap` now and then until the process is about to end: other machines that share the store may go meanwhile."""
        while not self.stopping.wait(_REAPS):
            self.reap()

    def warm_up(self) -> None:
        """Import and open what the first panel needs, so that it finds it ready. A failure is logged: the first call will show it."""
        self.reap()
        try:
            LocalWorkspace(self.settings, services=self.services).catalog.list()
            _ = self.services.query, self.services.reader
            self.services.engine.warm()
        except Exception:
            log.exception("warm-up failed")

    def close(self) -> None:
        """End live streams, close connections."""
        self.stopping.set()
        self.services.close()
