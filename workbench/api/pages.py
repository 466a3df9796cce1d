"""What a browser gets that opens the server: signing in and out, and one's tokens. No page leads away from here, so none can be misled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workbench.api.auth import is_foreign
from workbench.api.html import account_page, login_page
from workbench.api.run_pages import is_run_id
from workbench.api.scopes import check_scope
from workbench.app.protocol import UserVerbs
from workbench.app.verbs import verb_named
from workbench.core.errors import Forbidden, InvalidInput, TooLarge, WorkbenchError

if TYPE_CHECKING:
    from workbench.api.auth import Authenticator, Caller
    from workbench.api.backend import Backend
    from workbench.api.cookies import Cookies
    from workbench.api.login import SignIn
    from workbench.governance.sign_in import Session

__all__ = ["PAGES", "Pages"]

#: Addresses at which nobody needs to be known yet; each looks for itself.
PAGES = frozenset({"/", "/login", "/logout", "/token", "/revoke"})
_LONGEST_FORM = 10_000


class Pages:
    """The pages of one workspace.

    Parameters
    ----------
    url
        Under which people reach the server.
    provider
        What to call the identity provider; empty: there is none.
    """

    def __init__(
        self,
        backend: Backend,
        authenticator: Authenticator,
        sign_in: SignIn,
        cookies: Cookies,
        url: Callable[[Request], str],
        provider: str = "",
    ) -> None:
        self._backend, self._authenticator, self._sign_in, self._cookies = backend, authenticator, sign_in, cookies
        self._url, self._provider = url, provider
        self._name = backend.settings.workspace.name

    def routes(self) -> list[Route]:
        """One for each address."""
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/login", self.form, methods=["GET"]),
            Route("/login", self.sign_in, methods=["POST"]),
            Route("/logout", self._meant(self.sign_out), methods=["POST"]),
            Route("/token", self._meant(self.new_token), methods=["POST"]),
            Route("/revoke", self._meant(self.revoke), methods=["POST"]),
        ]

    async def home(self, request: Request) -> Response:
        """Who is signed in; else the way to sign in."""
        found = await self._authenticator.from_page(request.scope)
        if found is None:
            return _to("login")
        if (run := self._cookies.back(request.headers)) is not None:
            answer = _to(f"run?id={run}" if is_run_id(run) else "./")
            self._cookies.been_back(answer)
            return answer
        return await self._account(request, *found)

    async def form(self, request: Request) -> Response:
        """Name and password."""
        return login_page(self._name, provider=self._provider)

    async def sign_in(self, request: Request) -> Response:
        """A new session, whatever the browser had before."""
        # A form of another site would sign a person in as somebody else.
        if not from_own_page(request.headers):
            raise Forbidden("Another site made this request.", fix="Open the workbench's own page to sign in.")
        given = await _form(request)
        try:
            session = await self._sign_in.with_password(request, given.get("name", ""), given.get("password", "")[:1_001])
        except WorkbenchError as error:
            answer: Response = login_page(self._name, wrong=str(error), provider=self._provider, status=error.status)
            if "retry_after" in error.details:
                answer.headers["Retry-After"] = str(error.details["retry_after"])
            return answer
        return await self.enter(request, session, _to("./"))

    async def enter(self, request: Request, session: Session, answer: Response) -> Response:
        """Give a browser its session; the one that it had ends."""
        before = await self._authenticator.from_page({**request.scope, "method": "GET"})
        if before is not None and before[0].token_id is not None:
            await self._sign_in.end(before[0].token_id)
        self._cookies.set(answer, session.token, session.expires_at)
        return answer

    def _meant(
        self, action: Callable[[Request, Caller, str, dict[str, str]], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """An action of who is signed in, with a form that her own page showed."""

        async def handle(request: Request) -> Response:
            given = await _form(request)
            found = await self._authenticator.from_page(request.scope, given.get("xsrf", ""))
            return _to("login") if found is None else await action(request, *found, given)

        return handle

    async def sign_out(self, request: Request, caller: Caller, secret: str, given: dict[str, str]) -> Response:
        """End the session."""
        assert caller.token_id is not None
        await self._sign_in.end(caller.token_id)
        answer = _to("login")
        self._cookies.remove(answer)
        return answer

    async def new_token(self, request: Request, caller: Caller, secret: str, given: dict[str, str]) -> Response:
        """A token for a program, shown once."""
        check_scope(caller, "users.new_token", verb_named(UserVerbs, "new_token"))
        users = self._backend.workspace_for(caller).users
        days, label = given.get("days", ""), given.get("label", "")[:100]
        try:
            if not days.isdigit():
                raise InvalidInput("The form was not filled in.", fix="Choose for how long.")
            scope: Any = given.get("scope")  # the verb looks at it
            issued = await to_thread.run_sync(lambda: users.new_token(scope, float(days), label))
        except WorkbenchError as error:
            return await self._account(request, caller, secret, wrong=str(error))
        return await self._account(request, caller, secret, made=issued.secret)

    async def revoke(self, request: Request, caller: Caller, secret: str, given: dict[str, str]) -> Response:
        """Make one of her tokens useless."""
        users = self._backend.workspace_for(caller).users
        try:
            await to_thread.run_sync(users.revoke_token, given.get("id", ""))
        except WorkbenchError as error:
            return await self._account(request, caller, secret, wrong=str(error))
        return _to("./")

    async def _account(self, request: Request, caller: Caller, secret: str, made: str = "", wrong: str = "") -> Response:
        from workbench.core.clock import now

        users = self._backend.workspace_for(caller).users
        every = await to_thread.run_sync(users.my_tokens)
        mine = [token for token in every if token.kind == "token" and token.usable(now())]
        who, xsrf = caller.principal, self._cookies.xsrf(secret)
        return account_page(self._name, who, mine, xsrf, self._url(request), made=made, wrong=wrong)


def from_own_page(headers: Headers) -> bool:
    """Whether a browser says that a page of ours made the request."""
    if "Origin" in headers:
        return not is_foreign(headers)
    return headers.get("Sec-Fetch-Site") == "same-origin"


def _to(where: str) -> RedirectResponse:
    # Relative, so that it holds below a reverse proxy's path, too, and never leads to another host.
    return RedirectResponse(where, 303)


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise InvalidInput("This is no form.", fix="Use the page itself.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            raise TooLarge("The form is too long.", fix="Use the page itself.")
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=10, errors="strict"))
    except ValueError as error:
        raise InvalidInput("The form cannot be read.", fix="Use the page itself.") from error
