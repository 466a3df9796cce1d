"""New events of the run log, for a panel that is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workbench.app.workspace import Workspace
from workbench.core.errors import WorkbenchError

__all__ = ["Watcher"]

_EVERY = 1.0
_PAGE = 200


class Watcher:
    """Hands every new event, as JSON text, to ``tell`` until it is stopped. One daemon thread, which sleeps between looks."""

    def __init__(self, workspace: Workspace, tell: Callable[[str], None]) -> None:
        self._workspace = workspace
        self._tell = tell
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin with what happens from now on; a second call changes nothing."""
        if self._thread is None or not self._thread.is_alive():
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._watch, args=(self._stop,), name="workbench-panel", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End within a second."""
        self._stop.set()
        self._thread = None

    def _watch(self, stop: threading.Event) -> None:
        after: int | None = None
        while not stop.wait(_EVERY):
            try:
                if after is None:
                    after = self._workspace.system.status().last_event
                for event in self._workspace.system.events(after=after, limit=_PAGE):
                    after = event.seq
                    self._tell(event.model_dump_json())
            except WorkbenchError:
                # Busy or gone for a moment: the panel's own calls say so; here the next look comes anyway.
                continue
