"""Signing in with an identity provider, in a browser: off to its page, and back with a code."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workbench.api.html import continue_page, login_page
from workbench.api.rates import Rates
from workbench.core.errors import Unauthenticated, Unavailable, WorkbenchError
from workbench.governance.oidc import Begun

if TYPE_CHECKING:
    from starlette.requests import Request

    from workbench.api.address import Addresses
    from workbench.api.backend import Backend
    from workbench.api.cookies import Cookies
    from workbench.api.pages import Pages
    from workbench.governance.oidc import Provider
    from workbench.governance.sign_in import Session

__all__ = ["FEDERATION", "Federation"]

FEDERATION = frozenset({"/oidc", "/oidc-callback"})
_LASTS = 600  # seconds on the provider's page
_AT_ONCE, _WAITING = 4, 32
# Codes of one address that the provider is asked about: whoever begins a sign-in can make up as many as she likes.
_EACH_SECOND, _BURST = 1.0, 60


class Federation:
    """The two addresses. What was asked goes with the browser, encrypted: only who began a sign-in can end it.

    Parameters
    ----------
    addresses
        Says from where somebody comes.
    public
        The address under which people reach the server; the provider sends them back there, whatever a header says.
    """

    def __init__(self, backend: Backend, provider: Provider, pages: Pages, cookies: Cookies, addresses: Addresses, public: str) -> None:
        self._backend, self._provider, self._pages, self._addresses = backend, provider, pages, addresses
        self._secure = cookies.secure
        self._cookie = "__Host-workbench-oidc" if cookies.secure else "workbench-oidc"
        self._back = f"{public}/oidc-callback"
        self._threads = CapacityLimiter(_AT_ONCE)
        self._rates = Rates(_EACH_SECOND, _BURST)

    def routes(self) -> list[Route]:
        """One for each address."""
        return [Route("/oidc", self.begin, methods=["GET"]), Route("/oidc-callback", self.finish, methods=["GET"])]

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        try:
            begun = await to_thread.run_sync(self._provider.begin, self._back, limiter=self._threads)
        except WorkbenchError as error:
            return self._again(str(error), error.status)
        answer = RedirectResponse(begun.url, 303)
        sealed = self._backend.services.secrets.encrypt(json.dumps(asdict(begun) | {"url": "", "at": time.time()}))
        # Lax: it is the provider's page that leads back here.
        answer.set_cookie(self._cookie, sealed, max_age=_LASTS, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    async def finish(self, request: Request) -> Response:
        """Sign in who comes back."""
        given = request.query_params
        try:
            begun = self._begun(request)
            state, code = given.get("state", ""), given.get("code", "")
            if not secrets.compare_digest(state.encode("utf-8", "replace"), begun.state.encode()):
                raise Unauthenticated("This sign-in was not begun here.", fix="Begin again.")
            if "error" in given or not code:
                raise Unauthenticated("The identity provider has not signed you in.", fix="Begin again.")
            self._check_flood(request)
            session = await to_thread.run_sync(self._enter(code, begun), limiter=self._threads)
        except WorkbenchError as error:
            answer = self._again(str(error), error.status)
        else:
            answer = await self._pages.enter(request, session, continue_page())
        answer.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    def _check_flood(self, request: Request) -> None:
        self._rates.check(self._addresses.of(request.scope))
        if self._threads.statistics().tasks_waiting >= _WAITING:
            raise Unavailable("Many people sign in at this moment.", fix="Try again in a few seconds.")

    def _enter(self, code: str, begun: Begun) -> Callable[[], Session]:
        def enter() -> Session:
            return self._backend.services.sign_in.federated(self._provider.finish(code, begun, self._back))

        return enter

    def _begun(self, request: Request) -> Begun:
        try:
            found = json.loads(self._backend.services.secrets.decrypt(request.cookies.get(self._cookie, "")))
            if time.time() - found.pop("at") > _LASTS:
                raise ValueError
            return Begun(**found)
        except (WorkbenchError, ValueError, KeyError, TypeError) as error:
            raise Unauthenticated("This sign-in was not begun here, or took too long.", fix="Begin again.") from error

    def _again(self, wrong: str, status: int) -> Response:
        return login_page(self._backend.settings.workspace.name, wrong=wrong, provider=self._backend.settings.oidc.name, status=status)
