"""What our Jupyter handlers share: sign-in without redirects, and the one JSON error shape."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ensure_async
from tornado import web

from workbench.core.errors import Forbidden, InvalidInput, Unauthenticated, WorkbenchError
from workbench.jupyter.identity import Facts, facts_of

__all__ = ["Guarded", "Refused", "answer_error"]

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Refused(web.HTTPError):
    """An error of ours on its way through tornado."""

    def __init__(self, error: WorkbenchError, status: int | None = None) -> None:
        super().__init__(status or error.status, log_message=None)
        self.error = error


class Guarded:
    """Mixed into a JupyterHandler. ``self.facts`` is set once somebody is signed in; nothing is done before.

    A request that may not pass gets JSON, never a redirect to the login page: who asks here is a program.
    """

    facts: Facts

    async def admit(self: Any) -> None:
        """Establish who asks.

        Raises
        ------
        tornado.web.HTTPError
            Nobody is signed in, the person may not use the workbench, or this is a websocket.
        """
        # Not the proxy's own `prepare`, which redirects.
        await JupyterHandler.prepare(self, _redirect_to_login=False)
        if self.current_user is None:
            raise web.HTTPError(403)
        action = "read" if self.request.method in _READING else "write"
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, action, "workbench")):
            raise Refused(Forbidden("You may not use the workbench on this server.", fix="Ask who runs this server."))
        if self.request.headers.get("Upgrade"):
            raise Refused(InvalidInput("There are no websockets here.", fix="Live events are at api/events/stream."))
        self.facts = facts_of(self)

    def set_cors_headers(self) -> None:
        """None: Jupyter would let any origin read what comes with its token."""

    def check_xsrf_cookie(self) -> None:
        """Checked later, from the facts, and answered in our shape."""

    def compute_etag(self) -> None:
        """None: answers differ by person and time."""
        return

    def write_error(self: Any, status_code: int, **kwargs: Any) -> None:
        """Answer in the one JSON shape."""
        answer_error(self, status_code, kwargs)


def answer_error(handler: Any, status: int, given: dict[str, Any]) -> None:
    """Finish a handler with the error tornado caught, in the one JSON shape."""
    raised = (given.get("exc_info") or (None, None, None))[1]
    error = raised.error if isinstance(raised, Refused) else _plain_error(handler, status)
    handler.set_header("Content-Type", "application/json")
    handler.set_header("Cache-Control", "no-store")
    handler.finish(json.dumps(error.to_body()))


def _plain_error(handler: Any, status: int) -> WorkbenchError:
    if status == 403 and getattr(handler, "current_user", None) is None:
        return Unauthenticated("You are not signed in to this Jupyter server.", fix="Reload JupyterLab's page and sign in.")
    if status < 500:
        return InvalidInput("This request cannot be taken.", fix="Reload the page.")
    return WorkbenchError("Something went wrong between Jupyter and the workbench.", fix="Look into Jupyter's own log.")
