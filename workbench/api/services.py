"""What the routes work with. The socket opens before any of it is imported; each part is made when first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.core.config import Settings
from workbench.core.telemetry import get_logger

if TYPE_CHECKING:
    from workbench.api.auth import Caller
    from workbench.app.local import LocalWorkspace
    from workbench.governance.tokens import TokenService
    from workbench.runs.log import RunLog
    from workbench.store import Store

__all__ = ["Services"]

log = get_logger("api")


class Services:
    """The workspace, its log and its tokens.

    Parameters
    ----------
    open_workspace
        Builds the workspace; called once, in whichever thread needs it first.
    """

    def __init__(self, settings: Settings, open_workspace: Callable[[], LocalWorkspace] | None = None) -> None:
        self.settings = settings
        #: Set when the process is about to end, so that live streams end too.
        self.stopping = threading.Event()
        self._open = open_workspace or self._open_local
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        found = self._made.get(name)
        if found is None:
            with self._lock:
                found = self._made.get(name)
                if found is None:
                    found = self._made[name] = make()
        return found

    @property
    def workspace(self) -> LocalWorkspace:
        """The workspace, as its owner."""
        found: LocalWorkspace = self._once("workspace", self._open)
        return found

    def workspace_for(self, caller: Caller) -> LocalWorkspace:
        """The workspace in the caller's name."""
        return self.workspace.as_principal(caller.principal)

    @property
    def tokens(self) -> TokenService:
        """Tokens. Does not open the workspace: who shows a wrong one is sent away at little cost."""
        found: TokenService = self._once("tokens", self._open_tokens)
        return found

    @property
    def log(self) -> RunLog:
        """The run log."""
        found: RunLog = self._once("log", self._open_log)
        return found

    @property
    def store(self) -> Store:
        """The metadata store, at this version's state."""
        found: Store = self._once("store", self._open_store)
        return found

    def warm_up(self) -> None:
        """Import and open everything, so that the first panel finds it ready. Failures are logged: the first call will show them."""
        try:
            self.tokens  # noqa: B018
            workspace = self.workspace
            workspace.catalog.list()
        except Exception:
            log.exception("warm-up failed")

    def close(self) -> None:
        """End what was opened."""
        self.stopping.set()
        with self._lock:
            for name in ("workspace", "store"):
                found = self._made.pop(name, None)
                if found is not None:
                    found.close()

    def _open_local(self) -> LocalWorkspace:
        from workbench.app.local import LocalWorkspace

        return LocalWorkspace(self.settings)

    def _open_store(self) -> Store:
        from workbench.store import Store

        store = Store(self.settings.store_url)
        store.migrate()
        return store

    def _open_tokens(self) -> TokenService:
        from workbench.governance.tokens import TokenService

        return TokenService(self.store)

    def _open_log(self) -> RunLog:
        from workbench.runs.log import RunLog

        return RunLog(self.store)
