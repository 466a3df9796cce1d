"""Signing in with a password, and what slows down who guesses one: kept in the store, so that a restart forgives nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import Forbidden, TooManyRequests, Unauthenticated
from workbench.core.records import Record
from workbench.governance.audit.records import Decided, Outcome
from workbench.governance.tokens import IssuedToken
from workbench.store.tables import sign_ins

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.governance.audit import AuditLog
    from workbench.governance.oidc import Identity
    from workbench.governance.records import User
    from workbench.governance.tokens import TokenService
    from workbench.governance.users import UserService
    from workbench.store import Store

__all__ = ["Session", "SignInService"]

_FORGOTTEN = timedelta(days=1)
_FIRST_PAUSE = 2.0


class Session(Record):
    """What signing in gave: a token that ends by itself, for who is named."""

    token: str
    name: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Session({self.name}, token=***)"

    __str__ = __repr__


@dataclass(frozen=True)
class _Count:
    """Failures that are free, and the longest pause after more: each doubles the one before. ``of`` says of whom they are counted."""

    of: str
    free: int
    longest: float


class SignInService:
    """Gives sessions for passwords.

    Wrong ones are counted by who and from where together, so that nobody is kept out by what others try elsewhere; by address, against
    one password tried on many names; and, loosely, by name, against many addresses. A name that nobody has is counted alike.

    Parameters
    ----------
    life
        How long a session holds.
    clock
        What time it is.
    audit
        Where it is told who signed in, and who was refused.
    """

    def __init__(
        self,
        store: Store,
        users: UserService,
        tokens: TokenService,
        life: timedelta,
        clock: Callable[[], datetime] = now,
        audit: AuditLog | None = None,
    ) -> None:
        self._store, self._users, self._tokens = store, users, tokens
        self._life, self._clock, self._audit = life, clock, audit

    def sign_in(self, name: str, password: str, address: str) -> Session:
        """A session for the user with this name and password, who calls from ``address``. Takes a third of a second and 128 MB.

        Raises
        ------
        Unauthenticated
            There is none such, or she is disabled; which of these is not told.
        TooManyRequests
            Too many were wrong lately. The password is not looked at.
        """
        try:
            user = self._confirm(name, password, address)
        except (Unauthenticated, TooManyRequests) as error:
            self._tell("refused", name, code=error.code)
            raise
        return self.session(user)

    def confirm(self, name: str, password: str) -> None:
        """Ask who is signed in already for the password once more. Raises as :meth:`sign_in` does."""
        self._confirm(name, password, f"{name} herself")

    def _confirm(self, name: str, password: str, address: str) -> User:
        counts = _counts(name, address)
        # Counted before it is known to be wrong: many at the same time are no way around.
        with self._store.write() as conn:
            self._check(conn, counts)
            self._add(conn, counts)
        user = self._users.sign_in(name, password)
        with self._store.write() as conn:
            self._take_back(conn, counts)
        return user

    def federated(self, identity: Identity) -> Session:
        """A session for whom an identity provider knows. Raises as :meth:`.UserService.federated`."""
        try:
            user = self._users.federated(identity)
        except (Unauthenticated, Forbidden) as error:
            self._tell("refused", identity.name, code=error.code)
            raise
        return self.session(user)

    def session(self, user: User) -> Session:
        """A session for a user whose identity has been established."""
        with self._store.write():
            issued: IssuedToken = self._tokens.issue(user.principal, "write", ttl=self._life, name="signed in", kind="session")
            assert issued.token.expires_at is not None
            self._tell("allowed", user.name, token_id=issued.token.id)
        return Session(token=issued.secret, name=user.name, expires_at=issued.token.expires_at)

    def _tell(self, outcome: Outcome, name: str, **said: str) -> None:
        if self._audit is not None:
            # What nobody is called may be a password in the wrong field.
            self._audit.append(Decided(who=name if self._users.known(name) else "", verb="users.sign_in", outcome=outcome, **said))

    def _check(self, conn: Connection, counts: dict[str, _Count]) -> None:
        moment, wait = self._clock(), 0.0
        for key, (failures, at) in _kept(conn, counts).items():
            beyond = failures - counts[key].free
            if beyond >= 0:
                pause = min(_FIRST_PAUSE * 2 ** min(beyond, 30), counts[key].longest)
                wait = max(wait, pause - (moment - at).total_seconds())
        if wait > 0:
            fix = f"Try again in {_said(wait)}, or ask an administrator for a new password."
            raise TooManyRequests("Too many sign-ins failed.", fix=fix, retry_after=int(wait) + 1)

    def _add(self, conn: Connection, counts: dict[str, _Count]) -> None:
        moment = self._clock()
        conn.execute(delete(sign_ins).where(sign_ins.c.at < iso(moment - _FORGOTTEN)))
        kept = _kept(conn, counts)
        for key in counts:
            values = {"failures": kept.get(key, (0, moment))[0] + 1, "at": iso(moment)}
            if key in kept:
                conn.execute(update(sign_ins).where(sign_ins.c.key == key).values(**values))
            else:
                conn.execute(insert(sign_ins).values(key=key, **values))

    def _take_back(self, conn: Connection, counts: dict[str, _Count]) -> None:
        """Forget what was wrong of this person from here; of the others only this attempt, which was right."""
        kept = _kept(conn, counts)
        for key, (failures, _) in kept.items():
            if counts[key].of == "both" or failures <= 1:
                conn.execute(delete(sign_ins).where(sign_ins.c.key == key))
            else:
                conn.execute(update(sign_ins).where(sign_ins.c.key == key).values(failures=failures - 1))


def _counts(name: str, address: str) -> dict[str, _Count]:
    given = ((f"both {len(name)} {name} {address}", _Count("both", 5, 900)), (f"address {address}", _Count("address", 30, 900)))
    every = (*given, (f"name {name}", _Count("name", 100, 5)))
    return {hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(): count for text, count in every}


def _kept(conn: Connection, counts: dict[str, _Count]) -> dict[str, tuple[int, datetime]]:
    rows = conn.execute(select(sign_ins.c.key, sign_ins.c.failures, sign_ins.c.at).where(sign_ins.c.key.in_(list(counts))))
    return {key: (failures, from_iso(at)) for key, failures, at in rows}


def _said(seconds: float) -> str:
    return f"{int(seconds) + 1} seconds" if seconds < 100 else f"{int(seconds / 60) + 1} minutes"
