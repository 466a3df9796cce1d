"""What the panels' empty states ask of the server itself: ``POST <base_url>workbench/init`` makes its root folder a workspace,
``workbench/start`` starts what was stopped."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import JupyterHandler

from workbench.core.errors import Forbidden, InvalidInput, NotFound, WorkbenchError
from workbench.jupyter.base import Guarded, Refused

if TYPE_CHECKING:
    from workbench.jupyter.link import WorkspaceLink

__all__ = ["InitHandler", "StartHandler", "UnknownHandler"]


class _Asking(Guarded, JupyterHandler):  # type: ignore[misc]
    def initialize(self, link: WorkspaceLink) -> None:
        self.link = link

    async def prepare(self) -> None:  # type: ignore[override]
        await self.admit()

    def check_meant(self) -> None:
        """A page of this server made the request, or a program with its token."""
        if self.facts.foreign:
            raise Refused(Forbidden("Another site made this request.", fix="Use the workbench from JupyterLab."))
        if self.facts.how == "cookie" and not self.facts.xsrf:
            fix = "Reload the page; a program sends the value of the _xsrf cookie in the X-XSRFToken header."
            raise Refused(Forbidden("The request does not carry the page's XSRF token.", fix=fix))


class InitHandler(_Asking):
    """Takes ``{"name": ...}`` (the folder's name when left out), answers ``{"name", "root"}``; 201 where it was made now."""

    async def post(self) -> None:
        self.check_meant()
        name = self._name()
        try:
            made, settings = await asyncio.to_thread(self._create, name)
        except OSError as error:
            reason = f"{self.link.folder} cannot be written: {error.strerror}."
            raise Refused(InvalidInput(reason, fix="Start JupyterLab in a folder of your own.")) from error
        except WorkbenchError as error:
            raise Refused(error) from error
        self.link.start()
        self.set_status(201 if made else 200)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"name": settings.workspace.name, "root": str(settings.root)}))

    def _create(self, name: str) -> tuple[bool, Any]:
        from workbench.core.config import FILE_NAME

        before = (self.link.folder / FILE_NAME).exists()
        settings = self.link.create(name)
        return not before and settings.root == self.link.folder, settings

    def _name(self) -> str:
        fix = 'Send {"name": "..."} or nothing.'
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError as error:
            raise Refused(InvalidInput("The request is not JSON.", fix=fix)) from error
        name = body.get("name", self.link.folder.name or "workbench") if isinstance(body, dict) else None
        if not isinstance(name, str) or not name.strip() or len(name) > 100 or not name.isprintable():
            raise Refused(InvalidInput("The name must be one line of at most 100 characters.", fix=fix))
        return name.strip()


class StartHandler(_Asking):
    """Has the processes started that ``workbench down`` stopped; answers 202 at once."""

    async def post(self) -> None:
        self.check_meant()
        try:
            self.link.settings()
        except WorkbenchError as error:
            raise Refused(error) from error
        self.link.start()
        self.set_status(202)
        self.finish({})


class UnknownHandler(Guarded, JupyterHandler):  # type: ignore[misc]
    """Everything else below our address."""

    async def prepare(self) -> None:  # type: ignore[override]
        await self.admit()
        raise Refused(NotFound("There is nothing here.", fix="The API is below workbench/api/."))
