"""What only a server for a team has: signing in, pages, a limit to how often each calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.api.address import Addresses
from workbench.api.cookies import Cookies
from workbench.api.federation import FEDERATION, Federation
from workbench.api.login import LOGIN, SignIn, login_routes
from workbench.api.pages import PAGES, Pages
from workbench.api.rates import Rates
from workbench.api.run_pages import RUN_PAGES, RunPages
from workbench.core.errors import InvalidSetting

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from workbench.api.auth import Authenticator
    from workbench.api.backend import Backend
    from workbench.governance.oidc import Provider

__all__ = ["Team"]


class Team:
    """The parts, as the settings say.

    Parameters
    ----------
    https
        This process speaks HTTPS itself; a reverse proxy may do it instead, as ``serve.public_url`` then says.
    """

    def __init__(self, backend: Backend, https: bool) -> None:
        serve = backend.settings.serve
        self._backend = backend
        self._public = serve.public_url.rstrip("/")
        self.cookies = Cookies(secure=https or self._public.startswith("https://"))
        self.addresses = Addresses(serve.trusted_proxies)
        self.rates = Rates(serve.requests_per_second, serve.burst)
        self.open_to_all = PAGES | RUN_PAGES | {LOGIN}
        self.provider: Provider | None = None
        if backend.settings.oidc.issuer:
            from workbench.governance.oidc import Provider

            if not self._public:
                raise InvalidSetting("serve.public_url is not set.", fix="An identity provider sends people back to it: write https://...")
            self.provider = Provider(backend.settings.oidc)
            self.open_to_all |= FEDERATION

    def add_to(self, app: FastAPI, authenticator: Authenticator) -> None:
        """Add the routes."""
        sign_in = SignIn(self._backend, self.addresses)
        name = self._backend.settings.oidc.name if self.provider else ""
        pages = Pages(self._backend, authenticator, sign_in, self.cookies, self._url, name)
        app.include_router(login_routes(sign_in))
        app.router.routes.extend(pages.routes())
        app.router.routes.extend(RunPages(self._backend, authenticator, self.cookies, self.rates).routes())
        if self.provider is not None:
            federation = Federation(self._backend, self.provider, pages, self.cookies, self.addresses, self._public)
            app.router.routes.extend(federation.routes())

    def _url(self, request: Request) -> str:
        # Only shown, and the Host header has been checked.
        return self._public or f"{request.url.scheme}://{request.url.netloc}"
