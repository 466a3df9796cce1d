"""The kernel Lake Python: IPython with the workspace open as ``ws``. Started as ``python -m workbench.jupyter.kernels.python``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from workbench.jupyter.kernels.shell import equip

__all__ = ["LakePythonKernel", "main"]


class LakePythonKernel(IPythonKernel):  # type: ignore[misc]
    """IPython's kernel, equipped."""

    banner = "Lake Python: the workspace is `ws`; %%sql runs a cell as SQL."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._workbench = equip(self.shell)

    def do_shutdown(self, restart: bool) -> dict[str, Any]:  # type: ignore[override]
        """The notebook's run ends with its kernel."""
        self._workbench.end()
        reply: dict[str, Any] = super().do_shutdown(restart)  # type: ignore[no-untyped-call]
        return reply


def _find_modules_beside_the_notebook() -> None:
    # We are started with -P, so that nothing in the notebook's folder takes the place of what we import. A notebook's own
    # imports find their folder where IPython puts it: behind PYTHONPATH (a step's pinned modules), before what is installed.
    if "" not in sys.path:
        installed = (i for i, path in enumerate(sys.path) if Path(path).name in ("site-packages", "dist-packages"))
        sys.path.insert(next(installed, len(sys.path)), "")


def main() -> None:
    """Run the kernel until it is shut down."""
    _find_modules_beside_the_notebook()
    IPKernelApp.launch_instance(kernel_class=LakePythonKernel)


if __name__ == "__main__":
    main()
