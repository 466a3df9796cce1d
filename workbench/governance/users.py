"""People and programs that the workspace knows: their roles, attributes and passwords."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select, update

from workbench.core.batches import batched
from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, Unauthenticated, nearest
from workbench.core.principals import Principal, local_principal
from workbench.governance.changed import access_changed
from workbench.governance.records import User
from workbench.store.tables import users

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.governance.oidc import Identity
    from workbench.runs.log import RunLog
    from workbench.store import Store

__all__ = ["UserService", "disabled_of", "is_attribute"]

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")
_ATTRIBUTE = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_TAKEN = frozenset({"name", "roles"})  # what every principal has
_SEEN_BY = frozenset({"roles", "attributes", "disabled_at"})  # what decides on what she sees
_LEAST_PASSWORD = 10
_MOST_PASSWORD = 1000
# OWASP's recommendation for scrypt: 2^17, 8, 1, which takes 128 MB and a third of a second.
_COST, _BLOCK, _LANES = 2**17, 8, 1
# So that many who sign in at once take turns rather than the machine's memory.
_hashing = threading.BoundedSemaphore(2)


def is_attribute(name: str) -> bool:
    """Whether a user may have an attribute of that name."""
    return _ATTRIBUTE.fullmatch(name) is not None and name not in _TAKEN


def disabled_of(store: Store, names: Iterable[str]) -> set[str]:
    """Those of some names whose users are disabled."""
    found = select(users.c.name).where(users.c.disabled_at.is_not(None))
    with store.read() as conn:
        return {name for some in batched(names) for name in conn.execute(found.where(users.c.name.in_(some))).scalars()}


class UserService:
    """Adds, changes and disables users. Roles are checked against the policy by who calls, for a policy may come later.

    Parameters
    ----------
    log
        Told when somebody may see something else than before; what shows what is seen looks again.
    """

    def __init__(self, store: Store, log: RunLog | None = None) -> None:
        self._store, self._log = store, log

    def add(
        self,
        name: str,
        roles: Sequence[str] = (),
        attributes: Mapping[str, Any] | None = None,
        *,
        display_name: str = "",
        kind: Literal["user", "service"] = "user",
        password: str | None = None,
        by: Principal | None = None,
    ) -> User:
        """Add a user, ``by`` whom.

        Raises
        ------
        AlreadyExists
            There is one of that name.
        InvalidInput
            The name, an attribute or the password is not possible.
        """
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{name!r} is no name for a user.", fix="Use up to 100 small letters, digits and . _ @ -, beginning with a letter or digit."
            )
        row = {
            "name": name,
            "display_name": display_name,
            "kind": kind,
            "roles": json.dumps(list(dict.fromkeys(roles))),
            "attributes": json.dumps(_attributes(attributes or {})),
            "password": _hashed(password) if password is not None else None,
            "created_at": iso(now()),
            "disabled_at": None,
            "identity": None,
            "identity_at": None,
        }
        with self._store.write(durable=True, act=True) as conn:
            if _select(conn, name):
                raise AlreadyExists(f"There is a user {name} already.", fix=f"Change that one: `workbench users change {name} ...`.")
            conn.execute(insert(users).values(**row))
            self._tell(conn, name, by)
        return _user(row)

    def change(
        self,
        name: str,
        *,
        roles: Sequence[str] | None = None,
        attributes: Mapping[str, Any] | None = None,
        display_name: str | None = None,
        password: str | None = None,
        by: Principal | None = None,
        beside: Callable[[], object] = lambda: None,
    ) -> User:
        """Change what is given; the rest stays. ``beside`` is done in the same transaction. Raises as :meth:`add`, and NotFound."""
        values: dict[str, Any] = {}
        if roles is not None:
            values["roles"] = json.dumps(list(dict.fromkeys(roles)))
        if attributes is not None:
            values["attributes"] = json.dumps(_attributes(attributes))
        if display_name is not None:
            values["display_name"] = display_name
        if password is not None:
            values["password"] = _hashed(password)
        if _SEEN_BY & set(values):  # what a provider said before does not undo it
            values["identity_at"] = iso(now())
        return self._update(name, values, by, beside)

    def disable(self, name: str, by: Principal | None = None, beside: Callable[[], object] = lambda: None) -> User:
        """Let a user do nothing any more; from the next request on, whatever token is shown. ``beside`` as in :meth:`change`."""
        return self._update(name, {"disabled_at": iso(now())}, by, beside)

    def enable(self, name: str, by: Principal | None = None) -> User:
        """Let a disabled user in again."""
        return self._update(name, {"disabled_at": None}, by)

    def known(self, name: str) -> bool:
        """Whether there is a user of that name, disabled or not."""
        if not _NAME.fullmatch(name):  # it may be anything, also what no database takes
            return False
        with self._store.read() as conn:
            return _select(conn, name) is not None

    def list(self) -> tuple[User, ...]:
        """All users by name, disabled ones included."""
        with self._store.read() as conn:
            return tuple(_user(dict(row)) for row in conn.execute(select(users).order_by(users.c.name)).mappings())

    def get(self, name: str) -> User:
        """Raises
        ------
        NotFound
            There is no such user.
        """
        with self._store.read() as conn:
            row = _select(conn, name)
            known = [] if row else conn.execute(select(users.c.name)).scalars().all()
        if row is None:
            meant = nearest(name, known)
            raise NotFound(f"There is no user {name!r}.", fix=f"Did you mean {meant}?" if meant else "`workbench users list` names them.")
        return _user(row)

    def now(self, principal: Principal) -> Principal:
        """Whom an established identity is today: a known user with today's roles and attributes, anybody else as the identity says.

        Raises
        ------
        Unauthenticated
            The user is disabled.
        """
        with self._store.read() as conn:
            row = _select(conn, principal.name)
        if row is None:
            return principal
        if row["disabled_at"]:
            raise Unauthenticated("This user is disabled.", fix="Ask an administrator.")
        return _user(row).principal

    def federated(self, identity: Identity) -> User:
        """The user whom an identity provider knows: with the roles and attributes that it said last; added where she is new. What it said
        before that changes nothing: a token from before she lost a role does not give it back.

        Raises
        ------
        Unauthenticated
            She is disabled.
        Forbidden
            The name that it says is somebody else's here, or none that a user may have.
        """
        said = {
            "roles": json.dumps(list(identity.roles)),
            "attributes": json.dumps(_attributes(identity.attributes)),
            "display_name": identity.display_name,
            "identity_at": iso(identity.said_at),
        }
        with self._store.read() as conn:
            row = _identified(conn, identity.subject)
        if row is None:
            self._check_unused(identity.name)
        if row is None or _news(row, said):
            with self._store.write(durable=True) as conn:
                row = _identified(conn, identity.subject) or _new(conn, identity)
                if _news(row, said):
                    conn.execute(update(users).where(users.c.name == row["name"]).values(**said))
                    if any(row[key] != said[key] for key in _SEEN_BY & set(said)):
                        self._tell(conn, row["name"], None)
                    row |= said
        if row["disabled_at"]:
            raise Unauthenticated("This user is disabled.", fix="Ask an administrator.")
        return _user(row)

    def sign_in(self, name: str, password: str) -> User:
        """The user with this name and password.

        Raises
        ------
        Unauthenticated
            There is none, the password is another, or the user is disabled; which of these is not told, and takes as long.
        """
        row = None
        if _NAME.fullmatch(name):  # as in known(): anything may have been written there
            with self._store.read() as conn:
                row = _select(conn, name)
        known = (row or {}).get("password") or _NOBODY
        if not _is(password, known) or row is None or row["disabled_at"]:
            raise Unauthenticated("The name or the password is not right.", fix="Try again, or ask an administrator for a new password.")
        return _user(row)

    def _update(self, name: str, values: dict[str, Any], by: Principal | None, beside: Callable[[], object] = lambda: None) -> User:
        found = self.get(name)
        with self._store.write(durable=True, act=True) as conn:
            if values:
                conn.execute(update(users).where(users.c.name == found.name).values(**values))
            if _SEEN_BY & set(values):
                self._tell(conn, name, by)
            beside()
        return self.get(name)

    def _check_unused(self, name: str) -> None:
        """What was done here by a name is hers who has it, also what nobody has done who is a user: root's maintenance, or who came by a
        JupyterLab of this machine. Raises Forbidden."""
        if self._log is not None and self._log.list(principal=name, limit=1):
            raise _somebody_elses(name)

    def _tell(self, conn: Connection, name: str, by: Principal | None) -> None:
        if self._log is not None:
            access_changed(self._log, conn, f"change user {name}", by or name)


def _attributes(given: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in given.items():
        if not is_attribute(key):
            raise InvalidInput(f"{key!r} is no name for an attribute.", fix="Use small letters, digits and _; not name or roles.")
        items = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(item, str | int) for item in items) or len({type(item) for item in items}) > 1:
            raise InvalidInput(
                f"The attribute {key} is of no kind that can be compared.", fix="Give a text, a number, or a list of either."
            )
    return {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}


def _hashed(password: str) -> str:
    if not _LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD:
        raise InvalidInput("The password is too short or too long.", fix=f"Use {_LEAST_PASSWORD} to {_MOST_PASSWORD:,} characters.")
    salt = secrets.token_bytes(16)
    return f"scrypt:{_COST}:{_BLOCK}:{_LANES}:{_text(salt)}:{_text(_scrypt(password, salt, _COST, _BLOCK, _LANES))}"


def _is(password: str, kept: str) -> bool:
    _, cost, block, lanes, salt, digest = kept.split(":")
    found = _scrypt(password[: _MOST_PASSWORD + 1], base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, base64.b64decode(digest))


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    raw = password.encode("utf-8", "surrogatepass")
    with _hashing:
        return hashlib.scrypt(raw, salt=salt, n=cost, r=block, p=lanes, maxmem=256 * cost * block, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


# A hash of no password, for who does not exist.
_NOBODY = f"scrypt:{_COST}:{_BLOCK}:{_LANES}:{_text(bytes(16))}:{_text(bytes(32))}"


def _select(conn: Connection, name: str) -> dict[str, Any] | None:
    row = conn.execute(select(users).where(users.c.name == name)).mappings().first()
    return None if row is None else dict(row)


def _identified(conn: Connection, subject: str) -> dict[str, Any] | None:
    row = conn.execute(select(users).where(users.c.identity == subject)).mappings().first()
    return None if row is None else dict(row)


def _news(row: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Whether a provider says something of a user that it has not said before, and said it no earlier than what is known."""
    return any(row[key] != value for key, value in said.items()) and said["identity_at"] >= (row["identity_at"] or "")


def _new(conn: Connection, identity: Identity) -> dict[str, Any]:
    """A user for an identity. One of that name who is here already is somebody else: a provider's users choose their names."""
    if not _NAME.fullmatch(identity.name):
        raise Forbidden("The identity provider says a name that no user here may have.", fix="Ask who administers the workbench.")
    if identity.name == local_principal().name or _select(conn, identity.name) is not None:
        raise _somebody_elses(identity.name)
    row = {"name": identity.name, "display_name": "", "kind": "user", "roles": "[]", "attributes": "{}", "password": None}
    row |= {"created_at": iso(now()), "disabled_at": None, "identity": identity.subject, "identity_at": None}
    conn.execute(insert(users).values(**row))
    return row


def _somebody_elses(name: str) -> Forbidden:
    return Forbidden(f"The name {name} is somebody else's here.", fix="Ask who administers the workbench.")


def _user(row: dict[str, Any]) -> User:
    return User(
        name=row["name"],
        display_name=row["display_name"],
        kind=row["kind"],
        roles=tuple(json.loads(row["roles"])),
        attributes=json.loads(row["attributes"]),
        has_password=row["password"] is not None,
        created_at=from_iso(row["created_at"]),
        disabled_at=from_iso(row["disabled_at"]) if row["disabled_at"] else None,
    )
