"""JupyterLab's side: a server extension that puts the workspace's API behind Jupyter's own sign-in."""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "workbench.jupyter"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    from workbench.jupyter.extension import load

    load(serverapp)
