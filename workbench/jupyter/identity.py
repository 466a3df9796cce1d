"""Who Jupyter says makes a request, and whether the person meant to."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

__all__ = ["Facts", "facts_of"]

# They know that someone may enter, not who it is: whoever does acts as the one who runs the server.
_ANONYMOUS = frozenset({"IdentityProvider", "PasswordIdentityProvider", "LegacyIdentityProvider"})


@dataclass(frozen=True)
class Facts:
    """What was established about a request; see :class:`workbench.governance.assertions.Assertion`."""

    sub: str
    name: str
    how: Literal["cookie", "token"]
    xsrf: bool
    foreign: bool


def facts_of(handler: Any) -> Facts:
    """The facts about the request of an authenticated Jupyter handler."""
    sub, name = _person(handler)
    return Facts(
        sub=sub,
        name=name,
        how="token" if handler.token_authenticated else "cookie",
        xsrf=_carries_xsrf(handler),
        foreign=_is_foreign(handler),
    )


def _person(handler: Any) -> tuple[str, str]:
    if type(handler.identity_provider).__name__ in _ANONYMOUS:
        from workbench.core.principals import local_principal

        owner = local_principal()
        return owner.name, str(owner)
    user = handler.current_user
    return str(user.username), str(user.display_name or user.name or user.username)


def _carries_xsrf(handler: Any) -> bool:
    cookie = handler.get_cookie("_xsrf") or ""
    header = handler.request.headers.get("X-XSRFToken", "")
    return bool(cookie) and hmac.compare_digest(cookie.encode(), header.encode())


def _is_foreign(handler: Any) -> bool:
    headers = handler.request.headers
    if headers.get("Sec-Fetch-Site", "") == "cross-site":
        return True
    origin = headers.get("Origin")
    if origin is None:
        return False
    origin = origin.lower()
    if urlsplit(origin).netloc == headers.get("Host", "").lower():
        return False
    # Behind a proxy that changes Host, the server's own settings name the page's origin. "*" names none.
    pattern = handler.allow_origin_pat
    return not (origin == handler.allow_origin.lower() or (pattern and re.fullmatch(pattern, origin)))
