"""The cookies of who is signed in with a browser."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.datastructures import Headers
    from starlette.responses import Response

__all__ = ["Cookies"]

_BACK_SECONDS = 900  # that somebody may take to sign in


class Cookies:
    """Sets, reads and takes away a session's cookies. No script sees the session's own; a page reads the other one and sends it along.

    Parameters
    ----------
    secure
        People come over HTTPS. Then the name begins with ``__Host-``, which no page of another host, port aside, can set.
    """

    def __init__(self, secure: bool) -> None:
        self.secure = secure
        self.name = "__Host-workbench" if secure else "workbench-session"
        # Not plain `_xsrf`: that is Jupyter's, and cookies of one host are shared by all its ports.
        self.xsrf_name = "workbench-xsrf"
        self.back_name = f"{self.name}-run"

    def session(self, headers: Headers) -> str | None:
        """The token in the session's cookie; None where there is none, or more than one."""
        found = [value for name, value in _pairs(headers) if name == self.name]
        return found[0] if len(found) == 1 else None

    def xsrf(self, secret: str) -> str:
        """What shows that a page belongs to a session: made of it, so that a cookie set from elsewhere is no good."""
        return hmac.new(secret.encode(), b"workbench-xsrf-1", hashlib.sha256).hexdigest()

    def shows_xsrf(self, headers: Headers, secret: str) -> bool:
        """Whether the request carries it in the header."""
        return self.is_xsrf(headers.get("X-XSRFToken", ""), secret)

    def is_xsrf(self, text: str, secret: str) -> bool:
        """Whether ``text`` is what shows that."""
        return hmac.compare_digest(text.encode(), self.xsrf(secret).encode())

    def set(self, response: Response, secret: str, ends: datetime) -> None:
        """Sign a browser in."""
        response.set_cookie(self.name, secret, expires=ends, path="/", secure=self.secure, httponly=True, samesite="strict")
        response.set_cookie(self.xsrf_name, self.xsrf(secret), expires=ends, path="/", secure=self.secure, samesite="strict")

    def come_back(self, response: Response, run_id: str) -> None:
        """Let a browser that has to sign in first open a run's page then."""
        response.set_cookie(self.back_name, run_id, max_age=_BACK_SECONDS, path="/", secure=self.secure, httponly=True, samesite="strict")

    def back(self, headers: Headers) -> str | None:
        """The run that :meth:`come_back` has said, by what the browser sends: whoever reads it looks at it."""
        return next((value for name, value in _pairs(headers) if name == self.back_name), None)

    def been_back(self, response: Response) -> None:
        """It is opened once."""
        response.delete_cookie(self.back_name, path="/", secure=self.secure, httponly=True, samesite="strict")

    def remove(self, response: Response) -> None:
        """Sign a browser out."""
        for name in (self.name, self.xsrf_name):
            response.delete_cookie(name, path="/", secure=self.secure, httponly=name == self.name, samesite="strict")


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    found = []
    for line in headers.getlist("Cookie"):
        for part in line.split(";"):
            name, sign, value = part.strip().partition("=")
            if sign:
                found.append((name, value))
    return found
