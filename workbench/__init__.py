"""Workbench: a JupyterLab distribution with a lakehouse inside it.

>>> import workbench
>>> workbench.__version__
'0.1.0'

Nothing heavy is imported until :func:`open` is called.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Pipeline", "__version__", "open"]

_BY_NAME = {
    "Pipeline": "workbench.pipelines.written",
    "load_ipython_extension": "workbench.jupyter.kernels",  # %load_ext workbench
}

if TYPE_CHECKING:
    from workbench.app import open as open
    from workbench.pipelines.written import Pipeline as Pipeline


def __getattr__(name: str) -> Any:
    # Lazy, so that `import workbench` costs nothing in a shell prompt, a kernel start or a test collection.
    if name == "open":
        from workbench.app import open as open_workspace

        return open_workspace
    if name in _BY_NAME:  # this module stands below every layer
        from importlib import import_module

        return getattr(import_module(_BY_NAME[name]), name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")
