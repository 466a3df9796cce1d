"""Who makes a request. Believed are a statement our proxy signed, a token of our own (as a header, or a session's as a cookie), and, where
it is set up so, a token that an identity provider signed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers

from workbench.core.clock import now
from workbench.core.errors import Forbidden, Unauthenticated
from workbench.core.principals import Principal
from workbench.governance.assertions import HEADER, Verifier
from workbench.governance.tokens import Limits

if TYPE_CHECKING:
    from starlette.types import Scope as AsgiScope

    from workbench.api.cookies import Cookies
    from workbench.governance.oidc import Provider
    from workbench.governance.tokens import Scope, Token, TokenService
    from workbench.governance.users import UserService

__all__ = ["SAFE", "Authenticator", "Caller", "is_foreign"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_THREADS = 4
_WAITED = 1.0  # seconds


@dataclass(frozen=True)
class Caller:
    """Who acts, and what was granted. ``token_id`` is None for a person who came through Jupyter."""

    principal: Principal
    how: str
    scope: Scope = "write"
    run_id: str | None = None
    token_id: str | None = None
    limits: Limits = field(default_factory=Limits)
    #: Until when what was shown holds, where it is a token that was made to end: nothing made with it holds longer.
    until: datetime | None = None
    #: It is what signing in gave.
    session: bool = False
    #: By the monotonic clock: when that was looked at.
    since: float = field(default_factory=time.monotonic, compare=False)


class Authenticator:
    """Establishes the caller of a request from its headers; reads no body.

    Parameters
    ----------
    tokens
        Gives the token service; called only when somebody shows a token.
    users
        Gives the users: who is one of them has today's roles, whatever was written when the token was made.
    verifier
        Checks statements of the proxy; None where none are accepted (TCP).
    cookies
        Reads the cookie of a session; None where none is accepted (the unix socket).
    provider
        Checks tokens that an identity provider signed; None: none are accepted.
    """

    def __init__(
        self,
        tokens: Callable[[], TokenService],
        users: Callable[[], UserService],
        verifier: Verifier | None,
        cookies: Cookies | None = None,
        provider: Provider | None = None,
    ) -> None:
        self._tokens = tokens
        self._users = users
        self._verifier = verifier
        self._cookies = cookies
        self._provider = provider
        # Threads of its own: who calls is known at once, however busy the others are.
        self._threads = CapacityLimiter(_THREADS)

    async def authenticate(self, scope: AsgiScope) -> Caller:
        """The caller.

        Raises
        ------
        Unauthenticated
            Nothing believable was shown.
        Forbidden
            The caller is known, but another site made the request, or nothing shows that the person meant it.
        """
        headers = Headers(scope=scope)
        statements, bearers = headers.getlist(HEADER), headers.getlist("Authorization")
        if not statements and not bearers and self._cookies is not None and (session := self._cookies.session(headers)):
            return await self._from_cookie(session, headers, scope["method"])
        if len(statements) + len(bearers) != 1:
            raise Unauthenticated(
                "Nobody is signed in for this request." if not statements and not bearers else "The request shows more than one identity.",
                fix="Send one 'Authorization: Bearer wb_...' header.",
            )
        if statements:
            return await self._today(self._from_statement(statements[0], scope))
        return await self._from_token(bearers[0], headers)

    def _from_statement(self, text: str, scope: AsgiScope) -> Caller:
        if self._verifier is None:
            raise Unauthenticated("Statements of a proxy are not accepted here.", fix="Send 'Authorization: Bearer wb_...'.")
        found = self._verifier.verify(text, scope["method"], _target(scope))
        if found.foreign:
            raise _foreign()
        if found.how == "cookie" and scope["method"] not in SAFE and not found.xsrf:
            raise Forbidden(
                "The request does not carry the page's XSRF token.",
                fix="Reload the page; a program sends the value of the _xsrf cookie in the X-XSRFToken header.",
            )
        return Caller(Principal(name=found.sub, display_name=found.name), how=f"jupyter-{found.how}")

    async def _from_token(self, header: str, headers: Headers) -> Caller:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("Only bearer tokens are accepted.", fix="Send 'Authorization: Bearer wb_...'.")
        token = await to_thread.run_sync(self._verify, secret.strip(), limiter=self._threads)
        if is_foreign(headers):
            raise _foreign()
        return token

    async def from_page(self, scope: AsgiScope, xsrf: str | None = None) -> tuple[Caller, str] | None:
        """Who is signed in with a browser, and her session's token; None: nobody. With ``xsrf``, what a form of the page sent along, it is
        she who meant it.

        Raises
        ------
        Forbidden
            Another site made the request, or the form is not of this session.
        """
        headers = Headers(scope=scope)
        secret = self._cookies.session(headers) if self._cookies is not None else None
        if self._cookies is None or secret is None:
            return None
        try:
            caller = await to_thread.run_sync(self._verify, secret, "cookie", limiter=self._threads)
        except Unauthenticated:
            return None
        if scope["method"] not in SAFE and (is_foreign(headers) or not self._cookies.is_xsrf(xsrf or "", secret)):
            raise _foreign()
        return caller, secret

    async def _from_cookie(self, secret: str, headers: Headers, method: str) -> Caller:
        """A browser sends a cookie whoever made it ask: so the page must have shown that it knows the session, too."""
        assert self._cookies is not None
        caller = await to_thread.run_sync(self._verify, secret, "cookie", limiter=self._threads)
        if is_foreign(headers) or headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise _foreign()
        if method not in SAFE and not self._cookies.shows_xsrf(headers, secret):
            raise Forbidden(
                "The request does not carry the page's XSRF token.",
                fix=f"Send the value of the {self._cookies.xsrf_name} cookie in the X-XSRFToken header.",
            )
        return caller

    def _verify(self, secret: str, how: str = "token") -> Caller:
        if self._provider is not None and self._provider.for_programs and how == "token" and secret.count(".") == 2:
            identity = self._provider.bearer(secret)
            return Caller(self._users().federated(identity).principal, "oidc", until=identity.until)
        token = self._tokens().verify(secret)
        if how == "cookie" and token.kind != "session":
            raise Unauthenticated("The token is not valid.", fix="Sign in again.")
        return _caller(token, self._users().now(token.principal), how)

    async def _today(self, caller: Caller) -> Caller:
        who = await to_thread.run_sync(lambda: self._users().now(caller.principal), limiter=self._threads)
        return replace(caller, principal=who)

    async def still_valid(self, caller: Caller) -> bool:
        """Whether what the caller showed still holds (for answers that go on for long)."""
        return await to_thread.run_sync(lambda: self._holds(caller), limiter=self._threads)

    def check_waited(self, caller: Caller) -> None:
        """Look once more where a call has waited for its turn, or for its body. Blocks.

        Raises
        ------
        Unauthenticated
            What the caller showed holds no more, or she has other rights by now.
        """
        if time.monotonic() - caller.since > _WAITED and not self._holds(caller):
            raise Unauthenticated("Your rights have changed while this call waited; it was not carried out.", fix="Call again.")

    def _holds(self, caller: Caller) -> bool:
        try:
            today = self._users().now(caller.principal)
        except Unauthenticated:
            return False
        if caller.until is not None and caller.until <= now():
            return False
        before = caller.principal
        return (today.roles, today.attributes) == (before.roles, before.attributes) and (
            caller.token_id is None or self._tokens().usable(caller.token_id)
        )


def _caller(token: Token, who: Principal, how: str) -> Caller:
    if token.limits.datasets or token.scope == "read":
        who = who.model_copy(update={"only": token.limits.datasets, "looks_only": token.scope == "read"})
    until = token.expires_at if token.kind == "token" else None
    return Caller(
        who,
        how,
        scope=token.scope,
        run_id=token.run_id,
        token_id=token.id,
        limits=token.limits,
        until=until,
        session=token.kind == "session",
    )


def _target(scope: AsgiScope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string") or b""
    return (raw + (b"?" + query if query else b"")).decode("latin-1")


def is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site made the request."""
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin.lower()).netloc != headers.get("Host", "").lower()


def _foreign() -> Forbidden:
    return Forbidden("Another site made this request.", fix="Use the workbench from its own page, or from a program with a token.")
