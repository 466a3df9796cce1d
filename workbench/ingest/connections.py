"""Saved connections to databases: what they are called, how they are reached, with their secrets encrypted."""

from __future__ import annotations

import json
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, insert, select

from workbench.core.beside import beside
from workbench.core.clock import from_iso, iso, now
from workbench.core.config import Settings
from workbench.core.errors import Cancelled, Forbidden, InvalidInput, NotFound, Unavailable, WorkbenchError, nearest
from workbench.core.names import check_identifier
from workbench.core.principals import Principal, local_principal
from workbench.core.records import Record
from workbench.core.telemetry import get_logger
from workbench.ingest.sources.base import Fetched, Notes, Since
from workbench.ingest.sources.databases.base import READ_AS, Database, Limits, Session, TableFound, Wanted
from workbench.ingest.sources.databases.kinds import check_options, kind_named
from workbench.ingest.sources.databases.statements import check_outsider, check_select
from workbench.ingest.sources.reach import MACHINE, Reach
from workbench.ingest.sources.records import Connection, ConnectionTest
from workbench.ingest.sources.words import ConnectionWord
from workbench.store.tables import connections

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.store import SecretBox, Store

__all__ = ["Connections"]

_LONGEST_SECRET = 10_000
_LOOK_SECONDS = 60.0
_LOOK_EVERY = 0.3
_log = get_logger("ingest.connections")


class Connections:
    """Databases that can be read from.

    Parameters
    ----------
    store, secrets
        Where they are kept, and what encrypts their secrets.
    settings
        The workspace's: how long a statement may take.
    reach
        Which files of this machine an option may name.
    """

    def __init__(self, store: Store, secrets: SecretBox, settings: Settings, reach: Reach = MACHINE) -> None:
        self._store, self._secrets, self._settings, self._reach = store, secrets, settings, reach

    def all(self) -> tuple[Connection, ...]:
        """What is saved, by name; never a secret."""
        with self._store.read() as conn:
            return tuple(_shown(row) for row in conn.execute(select(connections).order_by(connections.c.name)))

    def save(
        self, name: str, kind: str, options: dict[str, Any], secret: str | None = None, principal: Principal | None = None
    ) -> Connection:
        """Save a connection, in place of one of the same name. The secret is given each time: one that was kept would go to wherever the
        new options say.

        Raises
        ------
        InvalidName, InvalidInput, MissingDependency
            The name, the kind or an option is not possible.
        Forbidden
            An option names a file that the caller may not.
        """
        check_identifier(name, "connection name")
        database = kind_named(kind)
        checked = self._placed(database, check_options(kind, database, options))
        self._check_host(checked)
        if secret is not None and not database.secret:
            raise InvalidInput(f"A {kind} connection takes no secret.", fix="Leave it out.")
        if secret is not None and len(secret) > _LONGEST_SECRET:
            raise InvalidInput("The secret is too long.", fix="Give the password alone.")
        row = {
            "kind": kind,
            "options": checked.model_dump_json(),
            "secret": self._secrets.encrypt(secret) if secret else None,
            "changed_at": iso(now()),
            "changed_by": (principal or local_principal()).name,
        }
        with self._store.write(act=True) as conn:
            conn.execute(delete(connections).where(connections.c.name == name))
            conn.execute(insert(connections).values(name=name, **row))
        return self.get(name)

    def get(self, name: str) -> Connection:
        """One connection.

        Raises
        ------
        NotFound
            There is none of that name.
        """
        return _shown(self._row(name))

    def remove(self, name: str) -> tuple[Connection, ...]:
        """Forget a connection and its secret; returns those left.

        Raises
        ------
        NotFound
            There is none of that name.
        """
        self._row(name)
        with self._store.write(act=True) as conn:
            conn.execute(delete(connections).where(connections.c.name == name))
        return self.all()

    def test(self, name: str) -> ConnectionTest:
        """Connect, and say what answered or why nothing did.

        Raises
        ------
        NotFound
            There is no connection of that name.
        """
        row = self._row(name)
        began = time.monotonic()
        try:
            with self._temporary() as scratch, self._session(row, scratch, seconds=20) as session:
                version, tables = session.version(), len(session.tables())
        except WorkbenchError as error:
            return ConnectionTest(ok=False, message=error.message, fix=error.fix, seconds=time.monotonic() - began)
        return ConnectionTest(ok=True, version=version, tables=tables, seconds=time.monotonic() - began)

    def tables(self, name: str, outsider: bool = False) -> tuple[TableFound, ...]:
        """What can be read there; to an ``outsider`` errors do not say where that is, nor as whom it is read.

        Raises
        ------
        NotFound, Forbidden, Unavailable, MissingDependency
            There is no such connection, it cannot be made, or its file is by now a link to where the caller may not.
        """
        with self._temporary() as scratch, self._session(self._row(name), scratch, 60, outsider) as session:
            return session.tables()

    def read(
        self,
        word: ConnectionWord,
        scratch: Path,
        note: Notes,
        since: Since | None = None,
        most: int | None = None,
        outsider: bool = False,
        there: Mapping[str, pa.DataType] | None = None,
    ) -> Iterator[Fetched]:
        """Rows of a table or a query (at most ``most``), as one Arrow file below ``scratch``; ``outsider`` as in :meth:`tables`, ``there``
        the types of the dataset that they go into.

        Raises
        ------
        NotFound, Forbidden, Unavailable, MissingDependency
            There is no such connection or table, or it cannot be read.
        InvalidSQL, InvalidInput
            The query does more than read, or ``since`` names no column.
        """
        from workbench.engines.spool import spool

        row = self._row(word.name)
        query = check_select(word.query, kind_named(row.kind).dialect) if word.query is not None else None
        if query is not None and outsider:
            check_outsider(query, kind_named(row.kind).dialect)
        own = Path(tempfile.mkdtemp(prefix="rows-", dir=scratch))
        # Somebody waits for a look, and nobody can stop it.
        seconds = self._settings.ingest.database_timeout_seconds
        seconds = seconds if most is None else min(seconds, _LOOK_SECONDS)
        with _stopped(note.check) as sessions, self._session(row, own, seconds, outsider) as session:
            sessions.append(session)
            found = session.read(Wanted(word.table, query, since, most, there or {}), note)
            read_as = {field.name: field.metadata[READ_AS].decode() for field in found.schema if READ_AS in (field.metadata or {})}
            rows = spool(found, own / "all.arrow")
        note(f"{rows:,} rows read")
        file = Fetched(own / "all.arrow", word.shown, word.shown, format="arrow", name=word.dataset, partial=rows == most)
        yield replace(file, read_as=read_as)

    @contextmanager
    def _session(self, row: Row[Any], scratch: Path, seconds: float, outsider: bool = False) -> Iterator[Session]:
        database = kind_named(row.kind)
        secret = self._secrets.decrypt(row.secret) if row.secret else None
        try:
            options = self._as_checked(database, database.options.model_validate_json(row.options))
            self._check_host(options)
            with database.connect(options, secret, Limits(scratch, seconds, self._settings.query.memory_limit_mb)) as session:
                yield session
        except WorkbenchError as error:
            told = _without(error, secret)
            raise (_outside(told, row) if outsider else told) from None
        except (OSError, ValueError, RuntimeError) as error:
            # A driver's own words may hold anything.
            _log.warning("a connection failed", extra={"connection": row.name, "kind": row.kind, "reason": type(error).__name__})
            raise Unavailable(f"Reading from {row.name} failed.", fix="Try `workbench connections test`.") from None

    def _placed(self, database: Database, options: Record) -> Record:
        """The options with files as they are named from anywhere."""
        told = options.model_dump()
        for option in database.paths:
            if told.get(option):
                told[option] = str(self._reach.check(self._reach.absolute(str(told[option])), str(told[option])))
        if self._reach.root is not None and _is_socket(str(told.get("host", "-"))):
            # A socket of this machine lets in whom it knows, and that is the user whose process this is.
            raise Forbidden("A socket of this machine is out of reach from here.", fix="Give the server's name or address.")
        return database.options.model_validate(told)

    def _as_checked(self, database: Database, options: Record) -> Record:
        """The options with files as they are to be opened. They were checked when they were saved, without a link on their way; where
        there is one by now, it leads the caller only to where they might have gone by themselves."""
        told = options.model_dump()
        for option in database.paths:
            path = Path(str(told[option])) if told.get(option) else None
            if path is not None and _leads_elsewhere(path):
                told[option] = str(self._reach.check(path))
        return database.options.model_validate(told)

    def _check_host(self, options: Record) -> None:
        """Also when one is used: what may be named can have changed since it was saved."""
        allowed = self._settings.ingest.database_hosts.replace(",", " ").lower().split()
        for host in str(getattr(options, "host", "")).lower().split(",") if allowed and hasattr(options, "host") else ():
            if not any(fnmatchcase(host.strip(), pattern) for pattern in allowed):
                fix = f"ingest.database_hosts in workbench.toml names those that are: {', '.join(allowed)}."
                raise Forbidden(f"Connections to {host.strip() or 'this machine'} are not allowed here.", fix=fix)

    def _row(self, name: str) -> Row[Any]:
        with self._store.read() as conn:
            rows = {row.name: row for row in conn.execute(select(connections))}
        if name not in rows:
            close = nearest(name, rows)
            known = f"There are: {', '.join(sorted(rows))}." if rows else "Save one with `workbench connections add`."
            raise NotFound(f"There is no connection {name!r}.", fix=f"Did you mean {close!r}?" if close else known)
        return rows[name]

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        where = self._settings.state / "tmp"
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="connection-", dir=where) as folder:
            yield Path(folder)


def _leads_elsewhere(path: Path) -> bool:
    """Whether there is a link on the way to a file that had none."""
    try:
        return path.resolve() != path
    except (OSError, RuntimeError):
        return True


def _is_socket(host: str) -> bool:
    """Whether a server's name is a socket of this machine, also as one of a list, of which each is tried; an empty one means the socket."""
    return any(not each.strip() or each.strip().startswith(("/", "@")) for each in host.split(","))


def _without(error: WorkbenchError, secret: str | None) -> WorkbenchError:
    """The error without the secret, should a server have quoted it."""
    if secret and len(secret) >= 3 and secret in f"{error.message}{error.fix}":
        return type(error)(error.message.replace(secret, "***"), fix=(error.fix or "").replace(secret, "***") or None)
    return error


def _outside(error: WorkbenchError, row: Row[Any]) -> WorkbenchError:
    """The error with the connection's name for where it leads and as whom."""
    options = json.loads(row.options)
    places = [str(options[key]) for key in ("host", "user", "database", "path") if options.get(key)]
    places += [Path(place).name for place in places if "/" in place]
    found = "|".join(re.escape(place) for place in sorted(places, key=len, reverse=True))
    port = f"(?::{options['port']})?" if options.get("port") else ""

    def named(text: str) -> str:
        return re.sub(rf"(?<!\w)(?:{found}){port}(?!\w)", row.name, text) if found else text

    message, fix = named(error.message), named(error.fix or "")
    if (message, fix) == (error.message, error.fix or ""):
        return error
    return type(error)(message, fix="Ask who administers the workspace." if message != error.message else fix or None)


@contextmanager
def _stopped(check: Callable[[], None]) -> Iterator[list[Session]]:
    """What a database takes long to answer in the block is ended when it shall stop: by whom its session is among those that are listed.

    Raises
    ------
    Cancelled
        It was.
    """
    sessions: list[Session] = []
    asked = threading.Event()

    def watch(over: threading.Event) -> None:
        while not over.wait(_LOOK_EVERY):
            try:
                check()
            except Cancelled:
                asked.set()
                for session in sessions:
                    with suppress(Exception):  # it may have ended
                        session.cancel()

    try:
        with beside(watch, "ingest-database"):
            yield sessions
    except WorkbenchError:
        if asked.is_set():
            check()
        raise


def _shown(row: Row[Any]) -> Connection:
    return Connection(
        name=row.name,
        kind=row.kind,
        options=json.loads(row.options),
        has_secret=row.secret is not None,
        changed_at=from_iso(row.changed_at),
        changed_by=row.changed_by,
    )
