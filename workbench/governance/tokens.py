"""Tokens of our own: for the command line, kernels and pipeline steps that talk to the API, and for who has signed in.

A token is shown once, when it is issued. The store keeps its SHA-256 only, which is enough for 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.core.records import Record
from workbench.core.telemetry import redact

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.store import Store

__all__ = [
    "IssuedToken",
    "Limits",
    "Scope",
    "Token",
    "TokenKind",
    "TokenService",
    "check_patterns",
    "is_secret",
    "issued_until",
    "revoked_of",
]

#: ``read`` may look, ``write`` may do everything its principal may, ``run`` is ``write`` in the name of one run.
Scope = Literal["read", "write", "run"]

#: ``session``: what signing in gave. A browser shows it as a cookie; only such a token is taken from one.
TokenKind = Literal["token", "session"]

_SHAPE = re.compile(r"^wb_[A-Za-z0-9_-]{43}$")
_REFUSED = "The token is not valid."
_FIX = "It may be mistyped, expired or revoked; ask for a new one."


_DATASETS = re.compile(r"[\w*]{1,128}\.[\w*]{1,128}")
_UNUSED = timedelta(minutes=5)  # how exactly it is known when a token was used last: not each request is worth a write
_ENDED = timedelta(days=30)
_MOST = 20
_LONGEST = 100  # characters

# Until when what the caller shows holds: what is issued with it holds no longer.
_until: ContextVar[datetime | None] = ContextVar("issued_until", default=None)


@contextmanager
def issued_until(moment: datetime | None) -> Iterator[None]:
    """Within it no token is issued that outlives ``moment`` (None: any may)."""
    before = _until.set(moment)
    try:
        yield
    finally:
        _until.reset(before)


class Limits(Record):
    """What a token is for, within what its principal may: ``verbs`` (``query.*``) and ``datasets`` (``gold.*``); empty: all."""

    verbs: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    def allows(self, verb: str) -> bool:
        """Whether a verb may be called: one of those named, and always who one is."""
        return not self.verbs or verb == "users.me" or any(fnmatchcase(verb, pattern) for pattern in self.verbs)

    def __bool__(self) -> bool:
        return bool(self.verbs or self.datasets)


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
    kind: TokenKind = "token"
    limits: Limits = Limits()
    #: When it was shown last, to some minutes.
    used_at: datetime | None = None

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
        self,
        principal: Principal,
        scope: Scope = "write",
        run_id: str | None = None,
        ttl: timedelta | None = None,
        name: str = "",
        kind: TokenKind = "token",
        limits: Limits | None = None,
    ) -> IssuedToken:
        """Make a token. ``ttl`` None: it does not expire, which a run-scoped token must.

        Raises
        ------
        InvalidInput
            The scope is ``run`` without a run or a time to live, a run is named with another scope, or a limit names no dataset.
        Forbidden
            It would outlive what who asks for it has shown.
        """
        if (scope == "run") != (run_id is not None):
            raise InvalidInput("A token of scope 'run' belongs to a run, and only such a token does.", fix="Give run_id with scope 'run'.")
        if scope == "run" and ttl is None:
            raise InvalidInput("A token of a run must expire.", fix="Give ttl, for example timedelta(hours=1).")
        moment = now()
        token = Token(
            id=new_id(),
            name=name,
            principal=principal,
            scope=scope,
            run_id=run_id,
            created_at=moment,
            expires_at=moment + ttl if ttl is not None else None,
            kind=kind,
            limits=_checked(limits or Limits()),
        )
        secret = _new_secret(token)
        with self.store.write(act=True) as conn:
            _insert(conn, token, secret)
        return IssuedToken(secret=secret, token=token)

    def rotate(self, token_id: str) -> IssuedToken:
        """The same token with another secret, for as long again; the old one is useless from now on. All or nothing.

        Raises
        ------
        NotFound
            There is no such token, or it does not hold any more.
        Forbidden
            It would outlive what who asks for it has shown.
        """
        from sqlalchemy import update

        from workbench.store.tables import tokens

        moment = now()
        with self.store.write(act=True) as conn:
            found = _select(conn, id=token_id)
            old = _token(found[0]) if found else None
            if old is None or old.run_id is not None or not old.usable(moment):
                raise NotFound(f"There is no token {redact(token_id)!r} that holds.", fix="List them to see their ids, or make a new one.")
            if old.kind == "session":
                raise Forbidden("A session is no token to be rotated.", fix="Sign in again.")
            life = old.expires_at - old.created_at if old.expires_at else None
            ends = moment + life if life else None
            until = _until.get()
            if ends and until:  # who has only a token does not make it last longer by itself
                ends = min(ends, until)
            fresh = {"id": new_id(), "created_at": moment, "expires_at": ends, "used_at": None}
            token = old.model_copy(update=fresh)
            secret = _new_secret(token)
            _insert(conn, token, secret)
            conn.execute(update(tokens).where(tokens.c.id == token_id).values(revoked_at=iso(moment)))
        return IssuedToken(secret=secret, token=token)

    def verify(self, secret: str) -> Token:
        """The token this text is.

        Raises
        ------
        Unauthenticated
            It is none, has expired or was revoked; which of these is not told.
        """
        if not is_secret(secret):
            raise Unauthenticated(_REFUSED, fix=_FIX)
        digest = _hash(secret)
        with self.store.read() as conn:
            found = _select(conn, hash=digest)
        # The index finds by a hash nobody can aim at; the comparison says the same in constant time.
        if not found or not hmac.compare_digest(found[0]["hash"], digest):
            raise Unauthenticated(_REFUSED, fix=_FIX)
        token = _token(found[0])
        moment = now()
        if not token.usable(moment):
            raise Unauthenticated(_REFUSED, fix=_FIX)
        if token.run_id is None and (token.used_at is None or moment - token.used_at > _UNUSED):
            self._used(token.id, moment)
        return token

    def _used(self, token_id: str, moment: datetime) -> None:
        from sqlalchemy import update
        from sqlalchemy.exc import SQLAlchemyError

        from workbench.store.tables import tokens

        # Good to know, and no reason to turn anybody away from a full disk.
        with suppress(WorkbenchError, SQLAlchemyError), self.store.write() as conn:
            conn.execute(update(tokens).where(tokens.c.id == token_id).values(used_at=iso(moment)))

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
        """Make a token useless from now on. It may be named by itself instead of by its id.

        Raises
        ------
        NotFound
            There is no such token, or it was revoked before: who names one that was rotated must not believe that its new secret is
            useless now.
        """
        from sqlalchemy import update

        from workbench.store.tables import tokens

        named = {"hash": _hash(token_id)} if is_secret(token_id) else {"id": token_id}
        with self.store.write(act=True) as conn:
            found = [row for row in _select(conn, **named) if row["revoked_at"] is None]
            if not found:
                fix = "List them to see their ids; one that was rotated goes on under another."
                raise NotFound(f"There is no token {redact(token_id)!r} that could be revoked.", fix=fix)
            revoked = {"revoked_at": iso(now())}
            conn.execute(update(tokens).where(tokens.c.id == found[0]["id"]).values(**revoked))
            return _token(found[0] | revoked)

    def end_sessions(self, name: str) -> int:
        """Sign a user out everywhere; returns how many sessions that were."""
        from sqlalchemy import update

        from workbench.store.tables import tokens

        with self.store.write(act=True) as conn:
            live = _sessions(conn, name)
            conn.execute(update(tokens).where(tokens.c.id.in_(live)).values(revoked_at=iso(now())))
            return len(live)

    def revoke_run(self, run_id: str) -> int:
        """Revoke what a run was given; returns how many tokens that were."""
        from sqlalchemy import update

        from workbench.store.tables import tokens

        with self.store.write() as conn:
            statement = update(tokens).where(tokens.c.run_id == run_id, tokens.c.revoked_at.is_(None)).values(revoked_at=iso(now()))
            return conn.execute(statement).rowcount


def revoked_of(store: Store, ids: Collection[str]) -> set[str]:
    """Those of some tokens, by their ids, that were revoked; an expired one was not."""
    if not ids:
        return set()
    from sqlalchemy import select

    from workbench.store.tables import tokens

    with store.read() as conn:
        return set(conn.execute(select(tokens.c.id).where(tokens.c.id.in_(ids), tokens.c.revoked_at.is_not(None))).scalars())


def is_secret(text: str) -> bool:
    """Whether a text can be a token itself, rather than a token's id."""
    return _SHAPE.match(text) is not None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _new_secret(token: Token) -> str:
    until = _until.get()
    if until is not None and token.scope != "run" and (token.expires_at is None or token.expires_at > until):
        left = math.floor((until - now()) / timedelta(days=1) * 10) / 10
        raise Forbidden(
            f"The token you came with holds until {until:%Y-%m-%d %H:%M} UTC, and makes none that holds longer.",
            fix=f"Ask for {left:g} days at most, or sign in with your password." if left > 0 else "Sign in with your password.",
        )
    return f"wb_{secrets.token_urlsafe(32)}"


def _checked(limits: Limits) -> Limits:
    for pattern in limits.datasets:
        if not _DATASETS.fullmatch(pattern):
            raise InvalidInput(f"{pattern!r} names no datasets.", fix="Write gold.sales, or gold.* for all of a zone.")
    check_patterns(limits.verbs, limits.datasets)
    return limits


def check_patterns(verbs: Sequence[str], datasets: Sequence[str]) -> None:
    """Before anything is compared with them: how long that takes grows with each.

    Raises
    ------
    InvalidInput
        They are too many, or too long.
    """
    if max(len(verbs), len(datasets)) > _MOST:
        raise InvalidInput("So many limits are hard to survey.", fix=f"Use at most {_MOST} patterns: `*` stands for any letters.")
    if any(len(pattern) > _LONGEST for pattern in verbs):
        raise InvalidInput(f"A pattern of calls has at most {_LONGEST} characters.", fix="Write query.run, or query.* for all of a kind.")


def _insert(conn: Connection, token: Token, secret: str) -> None:
    from sqlalchemy import delete, insert

    from workbench.store.tables import tokens

    if token.kind == "session":  # of those that ended long ago nobody asks
        old = iso(token.created_at - _ENDED)
        conn.execute(delete(tokens).where(tokens.c.kind == "session", tokens.c.expires_at < old))
    row = {
        "id": token.id,
        "hash": _hash(secret),
        "name": token.name,
        "principal": token.principal.model_dump_json(),
        "scope": token.scope,
        "run_id": token.run_id,
        "created_at": iso(token.created_at),
        "expires_at": iso(token.expires_at) if token.expires_at else None,
        "kind": token.kind,
        "limits": token.limits.model_dump_json() if token.limits else None,
    }
    conn.execute(insert(tokens).values(**row))


def _sessions(conn: Connection, name: str) -> list[str]:
    found = [_token(row) for row in _select(conn, kind="session")]
    return [token.id for token in found if token.principal.name == name and token.revoked_at is None]


def _select(conn: Connection, **equal: str) -> list[dict[str, Any]]:
    from sqlalchemy import select

    from workbench.store.tables import tokens

    statement = select(tokens).where(*(tokens.c[name] == value for name, value in equal.items()))
    return [dict(row) for row in conn.execute(statement).mappings()]


def _token(row: dict[str, Any]) -> Token:
    times = {k: from_iso(row[k]) if row[k] else None for k in ("created_at", "expires_at", "revoked_at", "used_at")}
    return Token(
        id=row["id"],
        name=row["name"],
        principal=Principal.model_validate_json(row["principal"]),
        scope=row["scope"],
        run_id=row["run_id"],
        kind=row["kind"],
        limits=Limits.model_validate_json(row["limits"]) if row["limits"] else Limits(),
        **times,
    )
