"""People whom an identity provider knows (OpenID Connect): authorization code with PKCE for browsers, signed tokens for programs.

Who somebody is and what roles she has is said by claims of a token whose signature, issuer, audience and time have been checked, and by
nothing else that a browser brings along.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from workbench.core.errors import Forbidden, InvalidSetting, Unauthenticated, Unavailable
from workbench.core.telemetry import get_logger
from workbench.core.texts import NO_TEXT
from workbench.governance.oidc_keys import PublishedKeys
from workbench.governance.users import is_attribute

if TYPE_CHECKING:
    import httpx
    import jwt

    from workbench.core.config import OidcSettings
    from workbench.core.principals import Attribute

__all__ = ["Begun", "Identity", "Provider"]

# Asymmetric ones only: a key that anybody may have must not sign.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY = 30.0  # seconds that clocks may differ by
_KEPT = 3600.0
_TIMEOUT = 5.0
_LONGEST = 16_384
_MOST_ATTRIBUTES = 100
_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()

log = get_logger("governance.oidc")


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as the provider says: ``subject`` is what she is known by for ever, ``name`` what she is called now. It said so
    at ``said_at``, and it holds until ``until``."""

    subject: str
    name: str
    display_name: str
    roles: tuple[str, ...]
    attributes: dict[str, Attribute]
    said_at: datetime
    until: datetime


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way: where to send the browser, and what is asked again when it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider. Thread-safe; what it publishes is fetched when it is first needed, and again after an hour.

    Raises
    ------
    InvalidSetting
        A setting is missing or wrong.
    """

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._clock = settings, clock
        self._issuer = settings.issuer.rstrip("/")
        self._roles = _mapped_roles(settings.roles)
        self._attributes = _mapped_attributes(settings.attributes)
        self._found: tuple[float, dict[str, str]] | None = None
        self._keys = PublishedKeys(self._published, clock)
        if not settings.client_id:
            raise InvalidSetting("oidc.client_id is not set.", fix="Register the workbench with the provider and write the id it gives.")
        _check_address(settings.issuer, "oidc.issuer")

    @property
    def for_programs(self) -> bool:
        """Whether signed tokens are taken from programs."""
        return bool(self._settings.audience)

    def begin(self, back: str) -> Begun:
        """A sign-in that comes back to the address ``back``."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": back,
            "scope": self._settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _encoded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        place = self._metadata()["authorization_endpoint"]
        return Begun(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", state, nonce, verifier)

    def finish(self, code: str, begun: Begun, back: str) -> Identity:
        """Who came back with a code.

        Raises
        ------
        Unauthenticated
            The provider does not take the code, or what it says is not what was asked for.
        Forbidden
            It does not say by what name she goes.
        """
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self._settings.client_id,
            "code_verifier": begun.verifier,
        }
        secret = self._settings.client_secret
        if secret is not None:
            given["client_secret"] = secret.get_secret_value()
        token = self._asked("POST", self._metadata()["token_endpoint"], given).get("id_token")
        if not isinstance(token, str):
            raise _refused("the provider gave no id_token")
        claims = self._verified(token, self._settings.client_id)
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), begun.nonce.encode()):
            raise _refused("the id_token is of another sign-in")
        audience = claims["aud"]
        if claims.get("azp", self._settings.client_id) != self._settings.client_id or (isinstance(audience, list) and len(audience) > 1):
            raise _refused("the id_token is for somebody else, too")
        return self._identity(claims)

    def bearer(self, token: str) -> Identity:
        """Whose signed token a program shows. Raises as :meth:`finish` does."""
        if not self.for_programs:
            raise _refused("oidc.audience is not set")
        claims = self._verified(token, self._settings.audience)
        if "nonce" in claims:  # it was made to sign somebody in to a page, not to be shown around
            raise _refused("it is an id_token")
        return self._identity(claims)

    def _verified(self, token: str, audience: str) -> dict[str, Any]:
        import jwt

        try:
            if len(token) > _LONGEST:
                raise _refused("it is too long")
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in _ALGORITHMS or "crit" in header:
                raise _refused("it is signed in a way that is not taken")
            key = self._key(header.get("kid"))
            options: Any = {"require": ["exp", "iat", "iss", "aud", "sub"]}
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=_ALGORITHMS, audience=audience, issuer=self._settings.issuer, leeway=_LEEWAY, options=options
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            raise _refused(type(error).__name__) from error
        if not claims["sub"] or NO_TEXT.search(claims["sub"]):  # all who have none would be one person
            raise _refused("it names nobody")
        return claims

    def _key(self, name: str | None) -> jwt.PyJWK:
        found = self._keys.named(name)
        if found is None:
            raise _refused("no key of the provider has that name")
        return found

    def _published(self) -> dict[str, jwt.PyJWK]:
        import jwt

        found: dict[str, jwt.PyJWK] = {}
        for number, given in enumerate(self._asked("GET", self._metadata()["jwks_uri"]).get("keys", ())):
            try:
                if given.get("use", "sig") == "sig" and given.get("kty") in ("RSA", "EC", "OKP"):
                    found[str(given.get("kid", number))] = jwt.PyJWK(given)
            except (jwt.PyJWTError, AttributeError, TypeError, ValueError):  # of a kind that is not known here: the others are good
                continue
        return found

    def _metadata(self) -> dict[str, str]:
        kept = self._found
        if kept is not None and self._clock() - kept[0] < _KEPT:
            return kept[1]
        found = self._asked("GET", f"{self._issuer}/.well-known/openid-configuration")
        if found.get("issuer") != self._settings.issuer:
            raise Unavailable("The identity provider calls itself otherwise.", fix="Write oidc.issuer just as its configuration does.")
        places = {name: str(found.get(name, "")) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        for name, place in places.items():
            _check_address(place, name)
        self._found = (self._clock(), places)
        return places

    def _asked(self, method: str, address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        import httpx

        try:
            with self._client() as client:
                answer = client.request(method, address, data=form)
                found = answer.json() if len(answer.content) < 1_000_000 else None
        except (httpx.HTTPError, ValueError) as error:
            log.warning("the identity provider does not answer", extra={"reason": type(error).__name__})
            raise Unavailable("The identity provider does not answer.", fix="Try again in a moment.") from error
        if answer.status_code != 200 or not isinstance(found, dict):
            if form is not None:
                raise _refused(f"the provider answered {answer.status_code}")
            raise Unavailable("The identity provider does not answer.", fix="Try again in a moment.")
        return found

    def _client(self) -> httpx.Client:
        import ssl

        import httpx

        verify = ssl.create_default_context(cafile=self._settings.ca) if self._settings.ca else True
        return httpx.Client(verify=verify, timeout=_TIMEOUT, follow_redirects=False, trust_env=False)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        name = claims.get(self._settings.user_claim)
        if not isinstance(name, str) or not name:
            raise Forbidden(f"The identity provider does not say {self._settings.user_claim}.", fix="Ask who administers the workbench.")
        if self._settings.user_claim == "email" and claims.get("email_verified") is not True:
            raise Forbidden("The identity provider has not verified the address.", fix="Confirm your e-mail address there.")
        said = _at(claims, self._settings.roles_claim)
        groups = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        roles = dict.fromkeys(role for group in groups if isinstance(group, str) for role in self._roles.get(group, ()))
        found = {name: _attribute(_at(claims, claim)) for name, claim in self._attributes.items()}
        return Identity(
            subject=f"{self._settings.issuer} {claims['sub']}",
            name=name.lower(),
            display_name=NO_TEXT.sub("", str(claims.get("name", "")))[:200],
            roles=tuple(roles),
            attributes={name: value for name, value in found.items() if value is not None},
            said_at=_moment(claims["iat"]),
            until=_moment(claims["exp"]),
        )


def _moment(seconds: Any) -> datetime:
    """What a claim says in seconds; some providers write a far year for "never"."""
    return datetime.fromtimestamp(min(max(float(seconds), 0.0), _LAST), UTC)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or inside of others: ``realm_access.roles``."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _attribute(value: Any) -> Attribute | None:
    if isinstance(value, int) or _is_text(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, list) and len(value) <= _MOST_ATTRIBUTES and value and all(map(_is_text, value)):
        return tuple(value)
    return None  # a rule that asks for it shows nothing then


def _is_text(value: Any) -> bool:
    """Whether it is a text that every database, file and answer can hold: people write their own profiles."""
    return isinstance(value, str) and NO_TEXT.search(value) is None


def _mapped_roles(text: str) -> dict[str, list[str]]:
    """The roles that each group gives; a group's name may hold ``=``, as a directory's do (``cn=admins,ou=lake=admin``)."""
    found: dict[str, list[str]] = {}
    for part in text.split():
        theirs, sign, ours = part.rpartition("=")
        if not (sign and theirs and all(ours.split(","))):
            raise InvalidSetting(
                f"oidc.roles is wrong: {part!r}.", fix="Write GROUP=ROLES with spaces between: admins=admin staff=viewer,analyst."
            )
        found.setdefault(theirs, []).extend(ours.split(","))
    return found


def _mapped_attributes(text: str) -> dict[str, str]:
    """The claim that each attribute is taken from."""
    found: dict[str, str] = {}
    for part in text.split():
        name, sign, claim = part.partition("=")
        if not (sign and claim and is_attribute(name)) or name in found:
            fix = "Write ATTRIBUTE=CLAIM with spaces between: region=region team=department. Attributes have small letters, digits and _."
            raise InvalidSetting(f"oidc.attributes is wrong: {part!r}.", fix=fix)
        found[name] = claim
    return found


def _check_address(address: str, what: str) -> None:
    parts = urlsplit(address)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise InvalidSetting(f"{what} is no https address: {address!r}.", fix="An identity provider is asked over HTTPS only.")


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _refused(reason: str) -> Unauthenticated:
    # Why is for the log: whoever forges one learns nothing from it.
    log.info("a token of the identity provider was refused", extra={"reason": reason})
    return Unauthenticated("What the identity provider said could not be confirmed.", fix="Sign in again.")
