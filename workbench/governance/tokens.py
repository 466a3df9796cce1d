"""Tokens of our own: for the command line, kernels and pipeline steps that talk to the API.

A token is shown once, when it is issued. The store keeps its SHA-256 only, which is enough for 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import InvalidInput, NotFound, Unauthenticated
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.core.records import Record

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.store import Store

__all__ = ["IssuedToken", "Scope", "Token", "TokenService"]

#: ``read`` may look, ``write`` may do everything its principal may, ``run`` is ``write`` in the name of one run.
Scope = Literal["read", "write", "run"]

_SHAPE = re.compile(r"^wb_[A-Za-z0-9_-]{43}$")
_REFUSED = "The token is not valid."
_FIX = "It may be mistyped, expired or revoked; ask for a new one."


class Token(Record):
    """What is known of a token; the token itself is not."""

    id: str
    name: str
    principal: Principal
    scope: Scope
    run_id: str | None = None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def usable(self, moment: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


class IssuedToken(Record):
    """A new token: ``secret`` is seen here and never again."""

    secret: str
    token: Token

    def __repr__(self) -> str:
        return f"IssuedToken({self.token.id}, secret=***)"

    __str__ = __repr__


class TokenService:
    """Issues, checks and revokes tokens.

    Examples
    --------
    >>> import tempfile
    >>> from workbench.store import Store
    >>> store = Store(f"sqlite:///{tempfile.mkdtemp()}/meta.db")
    >>> store.migrate()
    >>> tokens = TokenService(store)
    >>> issued = tokens.issue(Principal(name="ada"), "read", ttl=timedelta(hours=1))
    >>> tokens.verify(issued.secret).principal.name
    'ada'
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def issue(
        self, principal: Principal, scope: Scope = "write", run_id: str | None = None, ttl: timedelta | None = None, name: str = ""
    ) -> IssuedToken:
        """Make a token. ``ttl`` None: it does not expire, which a run-scoped token must.

        Raises
        ------
        InvalidInput
            The scope is ``run`` without a run or a time to live, or a run is named with another scope.
        """
        if (scope == "run") != (run_id is not None):
            raise InvalidInput("A token of scope 'run' belongs to a run, and only such a token does.", fix="Give run_id with scope 'run'.")
        if scope == "run" and ttl is None:
            raise InvalidInput("A token of a run must expire.", fix="Give ttl, for example timedelta(hours=1).")
        from sqlalchemy import insert

        from workbench.store.tables import tokens

        moment = now()
        secret = f"wb_{secrets.token_urlsafe(32)}"
        token = Token(
            id=new_id(),
            name=name,
            principal=principal,
            scope=scope,
            run_id=run_id,
            created_at=moment,
            expires_at=moment + ttl if ttl is not None else None,
        )
        row = {
            "id": token.id,
            "hash": _hash(secret),
            "name": name,
            "principal": principal.model_dump_json(),
            "scope": scope,
            "run_id": run_id,
            "created_at": iso(moment),
            "expires_at": iso(token.expires_at) if token.expires_at else None,
        }
        with self.store.write() as conn:
            conn.execute(insert(tokens).values(**row))
        return IssuedToken(secret=secret, token=token)

    def verify(self, secret: str) -> Token:
        """The token this text is.

        Raises
        ------
        Unauthenticated
            It is none, has expired or was revoked; which of these is not told.
        """
        if not _SHAPE.match(secret):
            raise Unauthenticated(_REFUSED, fix=_FIX)
        digest = _hash(secret)
        with self.store.read() as conn:
            found = _select(conn, hash=digest)
        # The index finds by a hash nobody can aim at; the comparison says the same in constant time.
        if not found or not hmac.compare_digest(found[0]["hash"], digest):
            raise Unauthenticated(_REFUSED, fix=_FIX)
        token = _token(found[0])
        if not token.usable(now()):
            raise Unauthenticated(_REFUSED, fix=_FIX)
        return token

    def usable(self, token_id: str) -> bool:
        """Whether a token that was verified before still holds."""
        with self.store.read() as conn:
            found = _select(conn, id=token_id)
        return bool(found) and _token(found[0]).usable(now())

    def list(self) -> tuple[Token, ...]:
        """All tokens, newest first."""
        with self.store.read() as conn:
            return tuple(sorted((_token(row) for row in _select(conn)), key=lambda token: token.id, reverse=True))

    def revoke(self, token_id: str) -> Token:
        """Make a token useless from now on.

        Raises
        ------
        NotFound
            There is no such token.
        """
        from sqlalchemy import update

        from workbench.store.tables import tokens

        with self.store.write() as conn:
            conn.execute(update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=iso(now())))
            found = _select(conn, id=token_id)
        if not found:
            raise NotFound(f"There is no token {token_id!r}.", fix="List them to see their ids.")
        return _token(found[0])

    def revoke_run(self, run_id: str) -> int:
        """Revoke what a run was given; returns how many tokens that were."""
        from sqlalchemy import update

        from workbench.store.tables import tokens

        with self.store.write() as conn:
            statement = update(tokens).where(tokens.c.run_id == run_id, tokens.c.revoked_at.is_(None)).values(revoked_at=iso(now()))
            return conn.execute(statement).rowcount


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _select(conn: Connection, **equal: str) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from workbench.store.tables import tokens

    statement = select(tokens).where(*(tokens.c[name] == value for name, value in equal.items()))
    return [dict(row) for row in conn.execute(statement).mappings()]


def _token(row: dict[str, Any]) -> Token:
    times = {k: from_iso(row[k]) if row[k] else None for k in ("created_at", "expires_at", "revoked_at")}
    return Token(
        id=row["id"],
        name=row["name"],
        principal=Principal.model_validate_json(row["principal"]),
        scope=row["scope"],
        run_id=row["run_id"],
        **times,
    )
