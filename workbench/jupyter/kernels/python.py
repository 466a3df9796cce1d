"""The kernel Lake Python: IPython with the workspace open as ``ws``. Started as ``python -m workbench.jupyter.kernels.python``."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from workbench.jupyter.kernels.packing import send_whole_characters
from workbench.jupyter.kernels.session import KernelSession
from workbench.jupyter.kernels.shell import equip
from workbench.jupyter.kernels.streams import Streams

__all__ = ["LakePythonKernel", "main", "prepared"]


class LakePythonKernel(IPythonKernel):  # type: ignore[misc]
    """IPython's kernel, equipped."""

    banner = "Lake Python: the workspace is `ws`; %%sql runs a cell as SQL."

    _workbench: KernelSession | None = None
    _streams: Streams | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.equip()

    def equip(self) -> None:
        """Open the session: what the environment says holds from here on."""
        send_whole_characters(self.session)
        self._workbench = equip(self.shell)
        self._streams = Streams()

    async def do_execute(self, *arguments: Any, **options: Any) -> dict[str, Any]:  # type: ignore[override]
        """A cell, which is answered whatever it did to what it prints to: who waits for the answer would wait for ever."""
        failed: Exception | None = None
        try:
            reply: dict[str, Any] = await super().do_execute(*arguments, **options)  # type: ignore[no-untyped-call]
        except Exception as error:
            failed = error
        mended = self._streams.mend() if self._streams is not None else []
        if mended:
            sys.stderr.write(f"{' and '.join(mended)} could not be printed to any more: it is the notebook's own again.\n")
        return reply if failed is None else self._failed(failed)

    def _failed(self, error: Exception) -> dict[str, Any]:
        told = {"ename": type(error).__name__, "evalue": str(error), "traceback": traceback.format_exception(error)}
        self.send_response(self.iopub_socket, "error", told)  # type: ignore[no-untyped-call]
        return {"status": "error", **told, "execution_count": self.execution_count, "user_expressions": {}, "payload": []}

    def do_shutdown(self, restart: bool) -> dict[str, Any]:  # type: ignore[override]
        """The notebook's run ends with its kernel."""
        if self._workbench is not None:
            self._workbench.end()
        reply: dict[str, Any] = super().do_shutdown(restart)  # type: ignore[no-untyped-call]
        return reply


def _find_modules_beside_the_notebook() -> None:
    # We are started with -P, so that nothing in the notebook's folder takes the place of what we import. A notebook's own
    # imports find their folder where IPython puts it: behind PYTHONPATH (a step's pinned modules), before what is installed.
    if "" not in sys.path:
        installed = (i for i, path in enumerate(sys.path) if Path(path).name in ("site-packages", "dist-packages"))
        sys.path.insert(next(installed, len(sys.path)), "")


class _Prepared(LakePythonKernel):
    def __init__(self, **kwargs: Any) -> None:
        IPythonKernel.__init__(self, **kwargs)  # type: ignore[no-untyped-call]


def prepared(arguments: list[str]) -> Callable[[], None]:
    """A kernel whose sockets are open and whose shell is there; what is returned begins it, with the environment as it is then, and runs
    it until it is shut down."""
    _find_modules_beside_the_notebook()
    app = IPKernelApp.instance(kernel_class=_Prepared)
    app.initialize(arguments)  # type: ignore[no-untyped-call]

    def begin() -> None:
        app.kernel.equip()
        app.start()  # type: ignore[no-untyped-call]

    return begin


def main() -> None:
    """Run the kernel until it is shut down."""
    _find_modules_beside_the_notebook()
    IPKernelApp.launch_instance(kernel_class=LakePythonKernel)


if __name__ == "__main__":
    main()
