"""REST: the verbs over HTTP, on a unix socket behind Jupyter's proxy, or on TCP with `workbench serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.api.app import create_app
    from workbench.api.serve import serve

__all__ = ["create_app", "serve"]


def __getattr__(name: str) -> Any:
    # Lazy: `python -m workbench.api` passes here before it has decided anything, and the command line wants `serve` only.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"workbench.api.{'app' if name == 'create_app' else name}"), name)
