"""The kernel Lake Python: IPython with the workspace open as ``ws``. Started as ``python -m workbench.jupyter.kernels.python``."""

from __future__ import annotations

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


def main() -> None:
    """Run the kernel until it is shut down."""
    IPKernelApp.launch_instance(kernel_class=LakePythonKernel)


if __name__ == "__main__":
    main()
