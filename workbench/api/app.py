"""The app: routes of all verbs, the live stream, the OpenAPI document, behind the gate."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware import Middleware

from workbench import __version__
from workbench.api.auth import Authenticator
from workbench.api.backend import Backend
from workbench.api.errors import ErrorBody, add_error_handlers
from workbench.api.events import event_routes
from workbench.api.gate import Gate
from workbench.api.hosts import HostCheck
from workbench.api.routes import verb_routes
from workbench.api.team import Team
from workbench.core.config import Settings
from workbench.governance.assertions import Verifier, audience
from workbench.store.secrets import SecretBox

__all__ = ["create_app"]


def create_app(backend: Backend, hosts: HostCheck | None = None, https: bool = False) -> FastAPI:
    """The API of one workspace.

    Parameters
    ----------
    hosts
        For TCP: which ``Host`` headers name this server; then only tokens are believed. None: a unix socket that only this
        user can reach, where the statements of Jupyter's proxy are believed too.
    https
        This process speaks HTTPS itself.
    """
    settings = backend.settings
    team = None if hosts is None else Team(backend, https)
    cookies, verifier = (team.cookies, None) if team else (None, _verifier(settings))
    provider = team.provider if team else None
    authenticator = Authenticator(lambda: backend.tokens, lambda: backend.services.users, verifier, cookies, provider)
    upload_limit = settings.api.max_upload_mb * 1_000_000
    gate = Middleware(
        Gate,
        authenticator=authenticator,
        hosts=hosts,
        upload_limit=upload_limit,
        patient=hosts is None,
        rates=team.rates if team else None,
        open_to_all=team.open_to_all if team else frozenset(),
        https=team.cookies.secure if team else False,
    )
    app = FastAPI(
        title=f"Workbench: {settings.workspace.name}",
        version=__version__,
        description="Every verb of `workbench.open()` as a route. Identify with `Authorization: Bearer wb_...`.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the page would load its scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        middleware=[gate],
        responses={"4XX": {"model": ErrorBody}},
    )
    add_error_handlers(app)
    # Before the verbs: `/events/stream` must not be taken for one of them.
    app.include_router(event_routes(backend, authenticator))
    if team is not None:
        team.add_to(app, authenticator)
    app.include_router(verb_routes(backend, authenticator))
    return app


def _verifier(settings: Settings) -> Verifier:
    return Verifier(SecretBox(settings.state / "secrets").key("assertion"), audience(settings))
