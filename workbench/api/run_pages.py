"""The page of a run that somebody has shared: read-only, and of who is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workbench.api.html import continue_page
from workbench.api.lanes import Lane
from workbench.api.run_html import notebook_page, problem_page, run_page
from workbench.api.scopes import check_scope
from workbench.app.protocol import PipelineVerbs, RunVerbs
from workbench.app.verbs import verb_named
from workbench.core.errors import RunNotFound, WorkbenchError

if TYPE_CHECKING:
    from workbench.api.auth import Authenticator, Caller
    from workbench.api.backend import Backend
    from workbench.api.cookies import Cookies
    from workbench.api.rates import Rates

__all__ = ["RUN_PAGES", "RunPages", "is_run_id"]

#: Addresses at which nobody needs to be known yet; each looks for itself.
RUN_PAGES = frozenset({"/run", "/run/notebook"})
_AT_ONCE = 3, 1, 10  # pages that are made: of all, of one person, and that wait beside
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_run_id(text: str) -> bool:
    """Whether it may be a run's id, and can be nothing else in an address."""
    return _ID.fullmatch(text) is not None


class RunPages:
    """The pages of one workspace's runs."""

    def __init__(self, backend: Backend, authenticator: Authenticator, cookies: Cookies, rates: Rates) -> None:
        self._backend, self._authenticator, self._cookies, self._rates = backend, authenticator, cookies, rates
        # A notebook is megabytes that become a page here: of nobody many at once, and not on the threads of others' calls.
        self._lane = Lane(*_AT_ONCE)

    def routes(self) -> list[Route]:
        """One for each address."""
        return [Route("/run", self.run, methods=["GET"]), Route("/run/notebook", self.notebook, methods=["GET"])]

    async def run(self, request: Request) -> Response:
        """A run of a pipeline."""

        def shown(caller: Caller, id: str) -> Response:
            check_scope(caller, "pipelines.status", verb_named(PipelineVerbs, "status"))
            workspace = self._backend.workspace_for(caller)
            found = workspace.runs.get(id)
            if found.kind != "pipeline":
                raise RunNotFound("This run is no pipeline's.", fix="Open the run that it is a part of.")
            return run_page(workspace.pipelines.status(found.job, id))

        return await self._shown(request, shown)

    async def notebook(self, request: Request) -> Response:
        """The executed notebook of a step."""

        def shown(caller: Caller, id: str) -> Response:
            check_scope(caller, "runs.notebook", verb_named(RunVerbs, "notebook"))
            runs = self._backend.workspace_for(caller).runs
            return notebook_page(runs.notebook(id), runs.get(id))

        return await self._shown(request, shown, "../")

    async def _shown(self, request: Request, show: Callable[[Caller, str], Response], up: str = "./") -> Response:
        id = request.query_params.get("id", "")
        if not is_run_id(id):
            return problem_page("This link names no run.", "Ask for it again: it may have been cut.", 404)
        found = await self._authenticator.from_page(request.scope)
        if found is None and "again" not in request.query_params:
            # After a link in a mail or a chat a browser sends the session's cookie only from a page of ours on.
            return continue_page(f"?id={id}&again=1", "Opening the run")
        if found is None:
            answer = RedirectResponse(f"{up}login", 303)
            if request.url.path.endswith("/run"):
                self._cookies.come_back(answer, id)
            return answer
        try:
            self._rates.check(found[0].principal.name)
            async with self._lane.admit(found[0].principal.name) as in_thread:
                return await in_thread(show, found[0], id)
        except WorkbenchError as error:
            return problem_page(error.message, error.fix, error.status)
