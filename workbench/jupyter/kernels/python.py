"""The kernel Lake Python: IPython with the workspace open as ``ws``. Started as ``python -m workbench.jupyter.kernels.python``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from workbench.jupyter.kernels.packing import send_whole_characters
from workbench.jupyter.kernels.session import KernelSession
from workbench.jupyter.kernels.shell import equip

__all__ = ["LakePythonKernel", "main", "prepared"]


class LakePythonKernel(IPythonKernel):  # type: ignore[misc]
    """IPython's kernel, equipped."""

    banner = "Lake Python: the workspace is `ws`; %%sql runs a cell as SQL."

    _workbench: KernelSession | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.equip()

    def equip(self) -> None:
        """Open the session: what the environment says holds from here on."""
        send_whole_characters(self.session)
        self._workbench = equip(self.shell)

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
