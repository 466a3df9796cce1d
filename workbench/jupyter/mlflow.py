"""`<base_url>workbench-mlflow/`: MLflow's own page, started when it is first opened, behind Jupyter's sign-in."""

from __future__ import annotations

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
_KEPT_BACK = ("Authorization", "Cookie", "X-XSRFToken", "X-Forwarded-User", "Remote-User")
_STARTS_IN = 90


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
        headers = super().proxy_request_headers()
        for name in _KEPT_BACK:
            headers.pop(name, None)
        return headers

    def set_cors_headers(self) -> None:
        """None: Jupyter would let any origin read what comes with its token."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        answer_error(self, status_code, kwargs)
