"""What both kernels share: the workspace, opened on first use, and the notebook's run, opened at the first read or write."""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.telemetry import get_logger

if TYPE_CHECKING:
    from workbench.app.workspace import Workspace
    from workbench.jupyter.kernels.flow import Flow
    from workbench.runs.context import RunContext
    from workbench.runs.handle import RunHandle
    from workbench.runs.log import RunLog

__all__ = ["KernelSession", "LazyWorkspace"]

_log = get_logger("kernel")


class KernelSession:
    """One per kernel process.

    ``notebook`` is the notebook's path as the server told it when the kernel started (it does not follow a rename).
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._workspace: Workspace | None = None
        self._runs: dict[str, RunHandle] = {}
        self.notebook = os.environ.get("WORKBENCH_NOTEBOOK") or os.environ.get("JPY_SESSION_NAME") or None
        self._ready: threading.Thread | None = None
        self.flow: Flow | None = None  # where cells are Python

    @staticmethod
    def _in_scratch(scratch: Path) -> None:
        """Stay there, wherever the notebook goes from here, and say that the kernel lives, so that the copies are kept as long."""
        from workbench.core.scratch import MARKER
        from workbench.jobs.files import write_json
        from workbench.jobs.processes import Process

        for name in [name for name in os.environ if name.startswith("WORKBENCH_")]:
            del os.environ[name]
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        os.environ |= {"WORKBENCH_HOME": str(scratch), "WORKBENCH_SOURCE": str(scratch)}
        if (me := Process.of(os.getpid())) is not None:
            write_json(scratch / MARKER.with_name("kernel.json"), me.to_json())

    def begin(self) -> None:
        """Say where reads and writes belong, and preset what libraries look for; costs the kernel's start nothing."""
        atexit.register(self.end)
        from workbench.core.scratch import scratch_of

        if (scratch := scratch_of()) is not None:
            self._in_scratch(scratch)
        self._ready = threading.Thread(target=self._preset, daemon=True)
        self._ready.start()

    def before_cell(self, cell_id: str | None) -> None:
        """Wait for what :meth:`begin` started, and say which cell runs."""
        if self._ready is not None:
            self._ready.join()
            self._ready = None
        from workbench.runs.context import set_cell

        set_cell(cell_id)

    def workspace(self) -> Workspace:
        """The workspace of the folder the kernel runs in, or of ``WORKBENCH_URL``.

        Raises
        ------
        WorkspaceNotFound
            There is none; the error says how to make one.
        """
        with self._guard:
            if self._workspace is None:
                import workbench

                self._workspace = workbench.open()
            return self._workspace

    def end(self) -> None:
        """Close the notebook's run. Called when the kernel shuts down; calling it again does nothing."""
        with self._guard:
            runs, self._runs = self._runs, {}
        for handle in runs.values():
            try:
                handle.succeed()
            except Exception:
                _log.exception("the end of the notebook's run could not be recorded")

    def _context(self, log: RunLog) -> RunContext | None:
        from workbench.core.principals import local_principal
        from workbench.runs.context import RunContext, current_cell

        where = str(log.store.engine.url)
        with self._guard:
            handle = self._runs.get(where)
            if handle is None:
                attributes: dict[str, Any] = {"interactive": True, "session": _session_id()}
                if self.notebook:
                    attributes["notebook"] = self._relative()
                name = Path(self.notebook).name if self.notebook else "interactive session"
                handle = self._runs[where] = log.start("notebook", name, local_principal(), attributes=attributes)
        return RunContext(handle.id, self._relative() if self.notebook else None, current_cell())

    def _relative(self) -> str:
        from workbench.core.config import find_root
        from workbench.core.errors import WorkbenchError

        path = Path(self.notebook or "")
        try:
            return str(path.resolve().relative_to(find_root())) if path.is_absolute() else str(path)
        except (WorkbenchError, ValueError):
            return path.name

    def _preset(self) -> None:
        # Beside the kernel's own start, which would wait 0.1 s for these imports.
        from workbench.runs.context import provide_context, provide_flow

        provide_context(self._context)
        # A pipeline's step is read from top to bottom for one purpose: there whatever it has read is a source.
        provide_flow(None if os.environ.get("WORKBENCH_RUN_ID") else self.flow)
        if os.environ.get("MLFLOW_TRACKING_URI"):
            return
        from workbench.core.config import load_settings
        from workbench.core.errors import WorkbenchError
        from workbench.tracking import tracking_environment

        try:
            preset = tracking_environment(load_settings())
        except WorkbenchError:
            return  # said when `ws` is used
        for name, value in preset.items():
            os.environ.setdefault(name, value)


def _session_id() -> str:
    # The connection file's name is the kernel's id as Jupyter shows it.
    from ipykernel.kernelapp import IPKernelApp

    if IPKernelApp.initialized():
        return Path(IPKernelApp.instance().connection_file).stem.removeprefix("kernel-")
    return str(os.getpid())


class LazyWorkspace:
    """``ws``: the workspace, connected on first use, so that a kernel starts as fast as any other."""

    def __init__(self, session: KernelSession) -> None:
        object.__setattr__(self, "_session", session)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_ipython_", "_repr_")) and name not in ("_repr_html_",):
            raise AttributeError(name)
        return getattr(object.__getattribute__(self, "_session").workspace(), name)

    def __dir__(self) -> list[str]:
        from workbench.core.errors import WorkbenchError

        try:
            return dir(object.__getattribute__(self, "_session").workspace())
        except WorkbenchError:
            return []

    def __repr__(self) -> str:
        from workbench.core.errors import WorkbenchError

        try:
            return repr(object.__getattribute__(self, "_session").workspace())
        except WorkbenchError as error:
            return str(error)

    def _repr_html_(self) -> str | None:
        from workbench.core.errors import WorkbenchError

        try:
            html: str = object.__getattribute__(self, "_session").workspace()._repr_html_()
        except WorkbenchError:
            return None
        return html
