"""Workbench: a JupyterLab distribution with a lakehouse inside it.

>>> import workbench
>>> workbench.__version__
'0.1.0'

Nothing heavy is imported until :func:`open` is called.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "open"]

if TYPE_CHECKING:
    from workbench.app import open as open


def __getattr__(name: str) -> Any:
    # Lazy, so that `import workbench` costs nothing in a shell prompt, a kernel start or a test collection.
    if name == "open":
        from workbench.app import open as open_workspace

        return open_workspace
    if name == "load_ipython_extension":  # %load_ext workbench; by name, for this module stands below every layer
        from importlib import import_module

        return import_module("workbench.jupyter.kernels").load_ipython_extension
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")
