"""Short signed statements about who makes a request, from the proxy in Jupyter to the API behind it.

``<payload>.<signature>``, both base64url; the signature is HMAC-SHA256 with a key only processes of this workspace can
read. One statement is good for one request: it names its method and target, ends after 30 seconds, and is taken once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from workbench.core.errors import Unauthenticated
from workbench.core.records import Record

if TYPE_CHECKING:
    from workbench.core.config import Settings

__all__ = ["HEADER", "LIFETIME", "Assertion", "Verifier", "audience", "sign"]

HEADER = "X-Workbench-Assertion"
LIFETIME = 30.0
# Clocks of one machine: only rounding and a step of the clock can make a statement come from the future.
_SKEW = 2.0
_LONGEST = 4096


class Assertion(Record):
    """What the proxy established. Times are Unix seconds.

    ``how``: with a cookie (then unsafe methods need ``xsrf``) or with a token. ``xsrf``: the request carried the value of the
    ``_xsrf`` cookie in ``X-XSRFToken``. ``foreign``: its ``Origin`` (or ``Sec-Fetch-Site``) says that another site made it.
    """

    sub: str
    name: str = ""
    how: Literal["cookie", "token"]
    xsrf: bool
    foreign: bool
    method: str
    target: str
    aud: str
    iat: float
    exp: float
    nonce: str


def audience(settings: Settings) -> str:
    """Which workspace a statement is for."""
    return hashlib.sha256(str(settings.state.resolve()).encode()).hexdigest()[:32]


def sign(
    key: bytes, *, sub: str, name: str, how: Literal["cookie", "token"], xsrf: bool, foreign: bool, method: str, target: str, aud: str
) -> str:
    """A statement, ready for the header. ``target`` is the request's raw path with its query."""
    moment = time.time()
    assertion = Assertion(
        sub=sub,
        name=name,
        how=how,
        xsrf=xsrf,
        foreign=foreign,
        method=method,
        target=_digest(target),
        aud=aud,
        iat=moment,
        exp=moment + LIFETIME,
        nonce=secrets.token_urlsafe(16),
    )
    payload = _encode(json.dumps(assertion.model_dump(), separators=(",", ":")).encode())
    return f"{payload}.{_encode(_mac(key, payload))}"


class Verifier:
    """Checks statements; remembers those it has taken until they have expired."""

    def __init__(self, key: bytes, aud: str) -> None:
        self._key = key
        self._aud = aud
        self._lock = threading.Lock()
        self._taken: dict[str, float] = {}
        self._swept = 0.0
        self._born = time.time()

    def verify(self, text: str, method: str, target: str) -> Assertion:
        """The statement, when it was signed with our key for this very request.

        Raises
        ------
        Unauthenticated
            It was not, or has expired, or has been used.
        """
        payload, dot, signature = text.partition(".")
        if not dot or len(text) > _LONGEST or not hmac.compare_digest(_encode(_mac(self._key, payload)).encode(), signature.encode()):
            raise _refused()
        try:
            found = Assertion.model_validate_json(_decode(payload))
        except (ValidationError, ValueError) as error:
            raise _refused() from error
        moment = time.time()
        timely = found.iat - _SKEW <= moment < found.exp <= found.iat + LIFETIME + _SKEW
        # What an earlier process may have taken is not known here, so it is not taken again.
        timely = timely and not self._born - LIFETIME < found.iat < self._born
        if not timely or found.aud != self._aud or found.method != method or found.target != _digest(target):
            raise _refused()
        if not self._take(found, moment):
            raise _refused()
        return found

    def _take(self, found: Assertion, moment: float) -> bool:
        with self._lock:
            if moment - self._swept > LIFETIME:
                self._taken = {nonce: exp for nonce, exp in self._taken.items() if exp > moment}
                self._swept = moment
            if found.nonce in self._taken:
                return False
            self._taken[found.nonce] = found.exp
            return True


def _refused() -> Unauthenticated:
    return Unauthenticated("The request's identity could not be confirmed.", fix="Reload the page and sign in again.")


def _digest(target: str) -> str:
    # A query may hold values of any length; headers may not.
    return hashlib.sha256(target.encode("utf-8", "surrogateescape")).hexdigest()


def _mac(key: bytes, payload: str) -> bytes:
    return hmac.new(key, b"workbench-assertion-1:" + payload.encode("utf-8", "replace"), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
