"""The policies that have been in force, and the one that is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import Conflict, NotFound
from workbench.governance.policy.file import from_yaml
from workbench.governance.policy.held import held
from workbench.governance.policy.records import Policy
from workbench.governance.records import PolicyVersion
from workbench.store.tables import policies

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from workbench.core.principals import Principal
    from workbench.store import Store

__all__ = ["PolicyStore"]

_NEWEST = select(func.max(policies.c.version))


class PolicyStore:
    """Keeps each version; what is in force is the last one. Thread-safe.

    Examples
    --------
    >>> import tempfile
    >>> from workbench.core.principals import Principal
    >>> from workbench.store import Store
    >>> store = Store(f"sqlite:///{tempfile.mkdtemp()}/meta.db")
    >>> store.migrate()
    >>> kept = PolicyStore(store)
    >>> kept.apply("version: 1\\nroles: {nurse: {}}", Principal(name="ada"), "first").version
    1
    >>> sorted(kept.current()[1].roles)
    ['nurse']
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._known: tuple[int, Policy] = (0, Policy())

    def current(self) -> tuple[int, Policy]:
        """The version in force, and what it says; inside of :func:`.held.one_policy` the one that was when it was asked for first."""
        kept = held()
        if kept is None:
            return self._newest()
        if self._store not in kept:
            kept[self._store] = self._newest()
        return kept[self._store]

    def held(self) -> tuple[int, Policy] | None:
        """What :meth:`current` has said in this block of :func:`.held.one_policy`; None before it was asked."""
        return (held() or {}).get(self._store)

    def hold(self, version: int, policy: Policy) -> None:
        """Take a version that is known to be in force for what :meth:`current` says in this block of :func:`.held.one_policy`."""
        kept = held()
        if kept is not None:
            kept.setdefault(self._store, (version, policy))

    def _newest(self) -> tuple[int, Policy]:
        with self._store.read() as conn:
            version = conn.execute(_NEWEST).scalar() or 0
            known = self._known
            if known[0] == version:
                return known
            text = conn.execute(select(policies.c.text).where(policies.c.version == version)).scalar_one()
        # It was checked when it came. Should a newer workbench have written it, what this one does not know is refused, not skipped.
        found = (version, from_yaml(text))
        with self._guard:
            self._known = max(self._known, found, key=lambda known: known[0])
        return found

    def apply(
        self,
        text: str,
        by: Principal,
        note: str = "",
        base: int | None = None,
        tell: Callable[[Connection, PolicyVersion], None] | None = None,
    ) -> PolicyVersion:
        """Put a policy in force. ``base`` is the version it was made from, where that matters; ``tell`` is called in the same transaction.

        Raises
        ------
        InvalidInput
            It is no policy; the old one stands.
        Conflict
            Another version has come since ``base``.
        """
        from_yaml(text)
        with self._store.write(durable=True, act=True) as conn:
            newest = conn.execute(_NEWEST).scalar() or 0
            if base is not None and base != newest:
                raise Conflict(
                    f"The policy has been changed since version {base}: it is at version {newest}.",
                    fix="Look at what changed, and put your changes on top of it.",
                )
            made = PolicyVersion(version=newest + 1, at=now(), by=by.name, note=note, text=text)
            assert made.at is not None
            row = {"version": made.version, "at": iso(made.at), "by": by.name, "note": note, "text": text}
            conn.execute(insert(policies).values(**row))
            if tell is not None:
                tell(conn, made)
        return made

    def get(self, version: int | None = None) -> PolicyVersion:
        """A version; by default the one in force.

        Raises
        ------
        NotFound
            There was none of that number.
        """
        with self._store.read() as conn:
            wanted = version if version is not None else _NEWEST.scalar_subquery()
            row = conn.execute(select(policies).where(policies.c.version == wanted)).mappings().first()
        if row is None:
            if version in (None, 0):
                return PolicyVersion(version=0)
            raise NotFound(f"There is no version {version} of the policy.", fix="`workbench policy history` lists those there are.")
        return _version(dict(row))

    def history(self) -> tuple[PolicyVersion, ...]:
        """All versions, newest first."""
        with self._store.read() as conn:
            rows = conn.execute(select(policies).order_by(policies.c.version.desc())).mappings()
            return tuple(_version(dict(row)) for row in rows)


def _version(row: dict[str, str]) -> PolicyVersion:
    return PolicyVersion.model_validate(row | {"at": from_iso(row["at"])})
