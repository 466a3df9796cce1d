"""`<base_url>workbench-mlflow/`: MLflow's own page, started when it is first opened, behind Jupyter's sign-in."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_server_proxy.handlers import SuperviseAndProxyHandler

from workbench.core.errors import Forbidden, WorkbenchError
from workbench.jupyter.base import Refused, answer_error
from workbench.jupyter.identity import facts_of

if TYPE_CHECKING:
    from workbench.jupyter.link import WorkspaceLink

__all__ = ["PATH", "MlflowHandler"]

PATH = "workbench-mlflow"

# A Jupyter server that is killed takes its MLflow along.
_TIED = "import os, sys; from workbench.jobs.processes import die_with_parent; die_with_parent(); os.execv(sys.argv[1], sys.argv[1:])"
# Which site a change comes from is looked at here: MLflow would know the names of this machine only.
_KEPT_BACK = ("Authorization", "Cookie", "X-XSRFToken", "X-Forwarded-User", "Remote-User", "Origin")
_STARTS_IN = 90
# A page that loads itself again until MLflow is there. By a script: a refresh of an address with a part after # only goes to that part.
_STARTING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>MLflow</title>
<style>body{font:16px system-ui,sans-serif;display:grid;place-content:center;min-height:90vh;color-scheme:light dark}</style></head>
<body><p role="status">MLflow is starting. This page goes on by itself.</p>
<script>setTimeout(() => location.reload(), 1000)</script></body></html>"""


class MlflowHandler(SuperviseAndProxyHandler):  # type: ignore[misc]
    """Passes the page on over a unix socket that only this user can reach. Who is not signed in gets Jupyter's login page."""

    name = "MLflow"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, absolute_url=True, **kwargs)
        self.proxy_base = PATH
        self.requested_unix_socket = True

    def initialize(self, state: dict[str, Any], link: WorkspaceLink) -> None:
        super().initialize(state)
        self.link = link

    async def prepare(self, *args: Any, **kwargs: Any) -> None:
        await super().prepare(*args, **kwargs)
        if self.current_user is None or self._finished:
            return
        # MLflow's page cannot send Jupyter's XSRF token; a browser says which site a change comes from.
        if self.request.method not in ("GET", "HEAD") and facts_of(self).foreign:
            raise Refused(Forbidden("Another site made this request.", fix="Use MLflow from its own page."))
        try:
            settings = self.link.settings()
        except WorkbenchError as error:
            raise Refused(error) from error
        if urlsplit(settings.tracking_url).scheme in ("http", "https"):
            self.redirect(settings.tracking_url)

    async def proxy(self, port: int, path: str) -> Any:
        if "text/html" in self.request.headers.get("Accept", "") and self.request.method == "GET" and self._starting():
            self.set_status(200)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.set_header("Cache-Control", "no-store")
            return self.finish(_STARTING)
        return await super().proxy(port, path)

    def _starting(self) -> bool:
        """Whether a person's page would have to wait; has it started. What failed is tried again, and told, by the request itself."""
        task: asyncio.Task[None] | None = self.state.get("starting")
        if task is None and "proc" not in self.state:
            task = self.state["starting"] = asyncio.ensure_future(self.ensure_process())
        if task is None or not task.done():
            return task is not None
        del self.state["starting"]
        if (error := task.exception()) is not None:
            raise error
        return False

    def get_cmd(self) -> list[str]:
        from workbench.tracking import mlflow_server_command

        prefix = f"{self.base_url.rstrip('/')}/{PATH}"
        command = mlflow_server_command(self.link.settings(), socket=self.unix_socket, prefix=prefix)
        return [sys.executable, "-c", _TIED, *command]

    def get_cwd(self) -> str:
        return str(self.link.settings().state)

    def get_env(self) -> dict[str, str]:
        from workbench.tracking import mlflow_server_environment

        return mlflow_server_environment(self.link.settings())

    def get_timeout(self) -> int:
        return _STARTS_IN

    def proxy_request_headers(self) -> Any:
        """The request's headers without what signs a person in to Jupyter."""
        from workbench.tracking import SOCKET_HOST

        headers = super().proxy_request_headers()
        for name in _KEPT_BACK:
            headers.pop(name, None)
        # MLflow has to believe one name only, not every one that somebody could point here.
        headers["Host"] = SOCKET_HOST
        return headers

    def set_cors_headers(self) -> None:
        """None: Jupyter would let any origin read what comes with its token."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        answer_error(self, status_code, kwargs)
