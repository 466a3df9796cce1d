"""What happens when Jupyter loads us: handlers, the kernels' environment, and a start of the API in the background."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from workbench.jupyter.forward import Forwarder
from workbench.jupyter.link import WorkspaceLink
from workbench.jupyter.schemas import check_schemas_once

__all__ = ["load"]

_PAUSE = 0.5


def load(serverapp: Any) -> None:
    """Put our handlers into the server. Opens nothing and waits for nothing: JupyterLab starts as fast as without us."""
    link = WorkspaceLink(Path(serverapp.root_dir).expanduser().resolve(), serverapp.log)
    _add_handlers(serverapp.web_app, link)
    _tell_pages(serverapp.web_app, link)
    # A moment later, so that our processes do not compete with the server's own start and its first page.
    link.start(after=_PAUSE)


def _add_handlers(app: Any, link: WorkspaceLink) -> None:
    from jupyter_server_proxy.handlers import AddSlashHandler

    from workbench.jupyter.init import InitHandler, StartHandler, UnknownHandler
    from workbench.jupyter.mlflow import PATH, MlflowHandler
    from workbench.jupyter.proxy import ProxyHandler

    base = re.escape(app.settings["base_url"])
    forwarders: dict[str, Forwarder] = {}
    app.add_handlers(
        ".*$",
        [
            (rf"{base}workbench/init", InitHandler, {"link": link}),
            (rf"{base}workbench/start", StartHandler, {"link": link}),
            (rf"{base}workbench/(api/.*)", ProxyHandler, {"link": link, "forwarders": forwarders}),
            (rf"{base}workbench(?:/.*)?", UnknownHandler),
            (rf"{base}{PATH}(/.*)", MlflowHandler, {"state": {}, "link": link}),
            (rf"{base}{PATH}", AddSlashHandler),
        ],
    )


def _tell_pages(app: Any, link: WorkspaceLink) -> None:
    # JupyterLab keeps its state by user: a page has to know of which workspace it is before it reads any.
    before = app.settings.get("page_config_hook")

    def told(handler: Any, config: dict[str, Any]) -> dict[str, Any]:
        config = before(handler, config) if before else config
        config["workbenchWorkspace"] = link.identity()
        # Else each page has two programs of Node started, which tell whether JupyterLab is to be built anew.
        config["buildCheck"] = False
        check_schemas_once()  # here, where JupyterLab is what is asked for: other servers of Jupyter do not load its modules
        return config

    app.settings["page_config_hook"] = told
