"""The Jupyter server's tie to one workspace: where it is, its signing key, its processes."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFound, WorkbenchError, WorkspaceNotFound

if TYPE_CHECKING:
    from workbench.core.config import Settings

__all__ = ["WorkspaceLink"]


class WorkspaceLink:
    """Finds the workspace at or above the server's root folder (or where ``WORKBENCH_HOME`` says), whenever there is one.

    Parameters
    ----------
    folder
        The server's root folder.
    log
        Jupyter's log.
    """

    def __init__(self, folder: Path, log: Any) -> None:
        self.folder = folder
        self.log = log
        #: Why the processes could not be started, in words; None while they run or start.
        self.trouble: WorkbenchError | None = None
        self._settings: Settings | None = None
        self._key: bytes | None = None
        self._audience = ""
        self._guard = threading.Lock()
        self._starting: threading.Thread | None = None

    def settings(self) -> Settings:
        """The workspace's settings.

        Raises
        ------
        WorkspaceNotFound, InvalidSetting, FormatMismatch
            There is none (looked for again at every call), or its file is wrong.
        NotFound
            There is none here, and ``WORKBENCH_URL`` names a server's.
        """
        if self._settings is None:
            # Here, not above: reading settings imports pydantic, and Jupyter's own start should not wait for that.
            from workbench.core.config import find_root, load_settings

            try:
                found = load_settings(find_root(self.folder))
            except WorkspaceNotFound as error:
                raise _elsewhere() or error from None
            with self._guard:
                if self._settings is None:
                    self._bind_environment(found)
                    self._settings = found
        return self._settings

    def create(self, name: str) -> Settings:
        """Make the server's root folder a workspace, unless it lies in one already."""
        if self._settings is None:
            from workbench.core.config import create_workspace_file

            try:
                return self.settings()
            except WorkspaceNotFound:
                pass
            create_workspace_file(self.folder, name)
        return self.settings()

    def identity(self) -> str:
        """What pages keep by this name is of this workspace alone; of the server's root folder where there is none yet."""
        from workbench.core.config import find_root

        try:
            root = find_root(self.folder)
        except WorkspaceNotFound:
            root = self.folder
        return hashlib.sha256(str(root).encode()).hexdigest()[:16]

    def signing(self) -> tuple[bytes, str]:
        """The key that statements are signed with, and the audience they are for."""
        if self._key is None:
            from workbench.governance.assertions import audience
            from workbench.store.secrets import SecretBox

            settings = self.settings()
            self._audience = audience(settings)
            self._key = SecretBox(settings.state / "secrets").key("assertion")
        return self._key, self._audience

    def revive(self) -> None:
        """Have them started again when they do not answer, unless a person has stopped them.

        Raises
        ------
        ServiceNotRunning
            They are down on purpose.
        """
        from workbench.jobs.supervisor import stopped_by_hand

        if (stopped := stopped_by_hand(self.settings())) is not None:
            raise stopped
        self.start(asked=False)

    def start(self, after: float = 0, *, asked: bool = True) -> None:
        """Have the supervisor bring API and worker up, in the background, in ``after`` seconds. Calls while one is under way do nothing.

        ``asked``: a person wants it, so that what they stopped before may start again.
        """
        if asked and self._settings is not None:
            # Here, too: one that is under way must not find it and give up.
            from workbench.jobs.paths import down_marker

            down_marker(self._settings).unlink(missing_ok=True)
        with self._guard:
            if self._starting is not None and self._starting.is_alive():
                return
            self._starting = threading.Thread(target=self._up, args=(after, asked), name="workbench-up", daemon=True)
            self._starting.start()

    def _up(self, after: float, asked: bool) -> None:
        try:
            settings = self.settings()
            time.sleep(after)
            from workbench.jobs.supervisor import up

            up(settings, asked=asked)
            self.trouble = None
        except NotFound as error:
            # The panel says so too, and offers to make one, where that is what is missing.
            self.log.info("workbench: %s", error)
        except WorkbenchError as error:
            # What was stopped by hand is looked up when it matters; kept, it would be told after the next start.
            self.trouble = None if error.details.get("stopped") else error
            self.log.warning("workbench: %s", error)
        except Exception as error:
            self.trouble = None
            self.log.warning("workbench: its processes could not be started (%s)", type(error).__name__, exc_info=True)

    def _bind_environment(self, settings: Settings) -> None:
        from workbench.tracking import tracking_environment

        # Kernels and terminals inherit the server's environment: they open this workspace, and MLflow logs into it,
        # wherever their notebook lies. What the person has set stays.
        os.environ.setdefault("WORKBENCH_HOME", str(settings.root))
        if "MLFLOW_TRACKING_URI" not in os.environ:
            os.environ.update(tracking_environment(settings))


def _elsewhere() -> NotFound | None:
    """What is said of panels where the person works with a server's workspace; None where she does not."""
    url = os.environ.get("WORKBENCH_URL")
    if not url:
        return None
    from workbench.app.wire import shown

    return NotFound(
        f"The panels of JupyterLab show a workspace on this machine, and yours is on {shown(url)} (WORKBENCH_URL).",
        fix="In a notebook ws, %%sql and workbench.panels.catalog() work with it, with your rights; so does `workbench` in a terminal.",
    )
