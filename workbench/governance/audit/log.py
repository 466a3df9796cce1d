"""The audit log: appended to in the transaction of what it tells of, looked through, exported."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import delete, func, insert, select

from workbench.core.clock import iso, now
from workbench.core.errors import Conflict, InvalidInput, StorageUnavailable
from workbench.core.leftovers import own_folder, remove_leftovers
from workbench.core.telemetry import get_logger
from workbench.governance.audit.acting import entered
from workbench.governance.audit.chain import START, Head, HeadFile, digest_of, link
from workbench.governance.audit.records import Archived, AuditCheck, AuditEntry, Decided
from workbench.governance.audit.verify import Row, verify
from workbench.governance.policy.held import held
from workbench.store.tables import audit_log, policies

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.store import SecretBox, Store

__all__ = ["AuditLog", "audit_log_of"]

_log = get_logger("governance.audit")

_HEAD_SECONDS = 1.0  # between two writings of the head
_PAGE = 1_000
_ARCHIVING = ".archiving"
_LAST = select(audit_log.c.seq, audit_log.c.digest).order_by(audit_log.c.seq.desc()).limit(1).subquery()
# In one query, for it is asked with each statement: the newest entry, where there is one, and the policy's version.
_INSERT = insert(audit_log)
_NEWEST = select(
    select(_LAST.c.seq).scalar_subquery(),
    select(_LAST.c.digest).scalar_subquery(),
    select(func.coalesce(func.max(policies.c.version), 0)).scalar_subquery(),
)


class AuditLog:
    """Append-only. Thread-safe, and safe between processes.

    Parameters
    ----------
    key
        Gives what the chain is made with.
    folder
        Where archived parts are kept.
    head
        The file that says how far it has come. It is no part of a back-up: it would be ahead of the copy.

    Examples
    --------
    >>> import tempfile
    >>> from workbench.store import Store
    >>> folder = Path(tempfile.mkdtemp())
    >>> store = Store(f"sqlite:///{folder}/meta.db")
    >>> store.migrate()
    >>> log = AuditLog(store, lambda: b"k" * 32, folder / "audit", folder / "head")
    >>> log.begin()
    >>> log.append(Decided(who="ada", verb="query.run", outcome="refused", code="forbidden"))
    1
    >>> [(entry.who, entry.outcome) for entry in log.list()], log.verify().ok
    ([('ada', 'refused')], True)
    """

    def __init__(self, store: Store, key: Callable[[], bytes], folder: Path, head: Path) -> None:
        self._store = store
        self._make_key = key
        self._folder = folder
        self._head_path = head
        self._head_at = 0.0
        self._open: WeakSet[Any] = WeakSet()  # transactions that hold entries which may yet be undone

    @cached_property
    def _key(self) -> bytes:
        return self._make_key()

    @cached_property
    def _head(self) -> HeadFile:
        return HeadFile(self._head_path, self._key)

    def begin(self) -> None:
        """Write the first head: of a new log, or of one that was put back from a back-up, which is believed as it is."""
        with self._store.read() as conn:
            seq, digest, _ = conn.execute(_NEWEST).one()
        self._head.begin((seq or 0, digest or START))

    def digest(self, what: Any) -> str:
        """What stands for a statement, or for arguments, in an entry."""
        return digest_of(self._key, what)

    def append(self, decided: Decided, conn: Connection | None = None) -> int:
        """Add an entry, inside a write transaction (of which the store lets one be open at a time) or in one of its own; returns its
        number."""
        if conn is None:
            with self._store.write() as own:
                return self.append(decided, own)
        seq, before, policy = conn.execute(_NEWEST).one()
        if seq is not None:
            self._remember(conn, seq, before)
        seq, before = seq or 0, before or START
        if (decided_on := (held() or {}).get(self._store)) is not None:
            policy = decided_on[0]
        at = iso(now())
        told = {"seq": seq + 1, "at": at, "policy": policy} | decided.model_dump(mode="json", exclude_defaults=True)
        body = json.dumps(told, sort_keys=True)
        values = {"seq": seq + 1, "at": at, "who": decided.who, "verb": decided.verb, "outcome": decided.outcome, "body": body}
        conn.execute(_INSERT, values | {"digest": link(self._key, before, body)})
        self._open.add(conn.get_transaction())
        entered(seq + 1)
        return seq + 1

    def holds(self, conn: Connection, seq: int, run_id: str) -> bool:
        """Whether the entry of that number is there and tells of that run."""
        body = conn.execute(select(audit_log.c.body).where(audit_log.c.seq == seq)).scalar()
        return body is not None and json.loads(body).get("run_id") == run_id

    def list(
        self,
        user: str | None = None,
        dataset: str | None = None,
        since: datetime | None = None,
        refused: bool = False,
        verb: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[AuditEntry, ...]:
        """Entries, newest first; what is given, all must meet. ``dataset`` is one that was read, or that an act was about; ``refused``:
        only what was; ``before`` asks for those that come after the entry of that number in this order."""
        query = select(audit_log.c.body).order_by(audit_log.c.seq.desc())
        if user is not None:
            query = query.where(audit_log.c.who == user)
        if verb is not None:
            query = query.where(audit_log.c.verb == verb)
        if since is not None:
            query = query.where(audit_log.c.at >= iso(since))
        if refused:
            query = query.where(audit_log.c.outcome == "refused")
        if before is not None:
            query = query.where(audit_log.c.seq < before)
        if dataset is not None:
            query = query.where(audit_log.c.body.contains(json.dumps(dataset), autoescape=True))
        with self._store.read() as conn:
            return tuple(AuditEntry.model_validate_json(body) for body in conn.execute(query.limit(limit)).scalars())

    def count(self, since: datetime) -> tuple[int, int]:
        """How many entries there are, and how many of them were made since a moment."""
        seq = audit_log.c.seq
        query = select(func.max(seq), func.min(seq), select(func.min(seq)).where(audit_log.c.at >= iso(since)).scalar_subquery())
        with self._store.read() as conn:
            last, first, begin = conn.execute(query).one()
        return (0, 0) if last is None else (last - first + 1, 0 if begin is None else last - begin + 1)

    def verify(self, expected: str | None = None) -> AuditCheck:
        """Whether each entry is as it was written, and none is missing. ``expected`` is a head that was noted elsewhere (``SEQ:DIGEST``).

        Raises
        ------
        InvalidInput
            ``expected`` is no head.
        """
        heads = [] if expected is None else [_head_of(expected)]
        try:
            signed, lack = self._head.read(), "is missing"
        except (OSError, ValueError) as error:
            signed, lack = None, f"cannot be believed ({error})"
        with self._store.read() as conn:
            found = verify(self._key, self._rows(conn), [*heads, *([signed] if signed else [])], self._archive)
        if found.ok and signed is None:
            problem = f"The head beside the log ({self._head.path}) {lack}: what was cut off at the end cannot be told."
            return found.model_copy(update={"ok": False, "problem": problem})
        if found.ok and found.head is not None:
            with self._store.write() as conn:
                self._raise_head(conn, _head_of(found.head))
        return found

    def archive(self, until: datetime, by: Decided, unverified: bool = False) -> Archived | None:
        """Move the entries before a moment to a file; None where there are none. The last of them stays as the chain's beginning, and
        an entry says where the others are. ``unverified``: also those, of whatever moment, that were made with a key that is lost: the
        entry names the last digest of them, and that they cannot be verified.

        Raises
        ------
        InvalidInput
            The log is not as it was written: nothing is moved.
        Conflict
            Somebody else has moved entries meanwhile.
        """
        check = self.verify()
        lost = (check.unproven or 0) if not check.ok else 0
        if not check.ok and not (unverified and lost):
            way = "Where the key is lost for good, `workbench audit archive --unverified` puts them away, and says so in the log."
            fix = "Look into that before anything is moved."
            raise InvalidInput(f"The log is not as it was written: {check.problem}", fix=f"{fix} {way}" if lost else fix)
        with self._store.read() as conn:
            span = self._span(conn, until, lost)
        if span is None:
            return None
        # Beside what others write: entries that are there do not change.
        first, last = span
        with self._saved(first, last) as (written, sha), self._store.write(durable=True) as conn:
            some = select(audit_log.c.seq, audit_log.c.digest).where(audit_log.c.seq.in_([last - 1, last, lost]))
            digests = {int(row.seq): str(row.digest) for row in conn.execute(some)}
            if conn.execute(select(func.min(audit_log.c.seq))).scalar() != first or last not in digests:
                raise Conflict("Somebody else has archived entries meanwhile.", fix="Look at the log, and archive again what is left.")
            if lost:
                self._head.write((last, digests[last]))  # the one that is there was signed with the lost key
            # While what the head names is still there to be compared.
            self._raise_head(conn, (last, digests[last]))
            path = written.replace(self._part(first, last))
            conn.execute(delete(audit_log).where(audit_log.c.seq < last))
            about = f"{first}-{last} after:{digests[last - 1]} sha256:{sha}"
            if lost:
                about += f" unverified:{lost} digest:{digests[lost]}"
            self.append(by.model_copy(update={"about": about}), conn)
        return Archived(first=first, last=last, path=str(path), sha256=sha, unproven=lost or None)

    @staticmethod
    def _span(conn: Connection, until: datetime, lost: int) -> tuple[int, int] | None:
        """The first and the last entry that are to be moved; None where that are fewer than two."""
        old = audit_log.c.at < iso(until)
        if lost:
            old = old | (audit_log.c.seq <= lost)
        first, last = conn.execute(select(func.min(audit_log.c.seq), func.max(audit_log.c.seq)).where(old)).one()
        if last is None:
            return None
        if lost and first == last:  # the last one stays, and is to be one of ours
            last = conn.execute(select(func.min(audit_log.c.seq)).where(audit_log.c.seq > last)).scalar() or last
        first = conn.execute(select(func.min(audit_log.c.seq))).scalar_one()
        return (first, last) if first < last else None

    @contextmanager
    def _saved(self, first: int, last: int) -> Iterator[tuple[Path, str]]:
        """A file with these entries, which is on the disk, and its SHA-256. It is gone after the block unless it was moved."""
        import hashlib

        from workbench.store.filesystem import make_private

        make_private(self._folder)
        remove_leftovers(self._folder, _ARCHIVING)
        staging = own_folder(self._folder, _ARCHIVING)
        path, sha = staging / "entries", hashlib.sha256()
        try:
            with path.open("xb") as file, self._store.read() as conn:
                path.chmod(0o600)
                for row in self._rows(conn, last):
                    line = f'{{"entry": {row.body}, "digest": "{row.digest}"}}\n'.encode()
                    sha.update(line)
                    file.write(line)
                file.flush()
                os.fsync(file.fileno())
            yield path, sha.hexdigest()
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _part(self, first: int, last: int) -> Path:
        return self._folder / f"{first}-{last}.jsonl"

    def _archive(self, first: int, last: int) -> Iterator[bytes] | None:
        path = self._part(first, last)
        return _lines(path) if path.exists() else None

    @staticmethod
    def _rows(conn: Connection, last: int | None = None) -> Iterator[Row]:
        query = select(audit_log).order_by(audit_log.c.seq).limit(_PAGE)
        if last is not None:
            query = query.where(audit_log.c.seq <= last)
        page = conn.execute(query).all()
        while True:
            for row in page:
                yield Row(**row._mapping)
            if len(page) < _PAGE:
                return
            page = conn.execute(query.where(audit_log.c.seq > page[-1].seq)).all()

    def _remember(self, conn: Connection, seq: int, digest: str) -> None:
        """Note the newest entry that is surely committed."""
        if time.monotonic() - self._head_at >= _HEAD_SECONDS and conn.get_transaction() not in self._open:
            self._head_at = time.monotonic()
            self._raise_head(conn, (seq, digest))

    def _raise_head(self, conn: Connection, newest: Head) -> None:
        """Note a newer entry, in a write transaction. One that is missing or not ours, or that the log does not hold any more, stays as
        it is: else what was cut off would be forgotten with the next entry."""
        try:
            signed = self._head.read()
        except (OSError, ValueError):
            return
        if signed is None or signed[0] >= newest[0]:
            return
        there = conn.execute(select(audit_log.c.digest).where(audit_log.c.seq == signed[0])).scalar()
        if signed == (0, START) or there == signed[1]:
            self._head.write(newest)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _head_of(text: str) -> Head:
    seq, _, digest = text.partition(":")
    if not seq.isdecimal() or len(digest) != len(START):
        raise InvalidInput(f"{text!r} is no head of the log.", fix="Give what `workbench audit verify` has shown: SEQ:DIGEST.")
    return int(seq), digest


def audit_log_of(store: Store, state: Path, box: SecretBox) -> AuditLog:
    """The log of a workspace by its ``state`` folder. Its key is made when it is asked for first, and with it the head.

    What asks for a damaged key raises StorageUnavailable: nothing is done that the log could not tell of.
    """
    head = state / "run" / "audit-head"

    def key() -> bytes:
        new = not box.has("audit")
        try:
            made = box.key("audit")
        except StorageUnavailable as error:
            if not error.details.get("damaged"):
                raise
            raise StorageUnavailable(
                "The audit log's key (.workbench/secrets/audit.key) is damaged. Nothing that the log has to tell of is carried out. "
                "What it holds can be read (`workbench audit list`), but not verified.",
                fix="Put audit.key back from a back-up that was made --with-secrets, or move it away: a new one is made then, and "
                "`workbench audit verify` tells which entries the old one made.",
            ) from None
        if new and head.exists():
            _log.warning(
                "the audit log's key was gone, and a new one was made: `workbench audit verify` tells which entries are of the old one"
            )
        if new:
            HeadFile(head, made).begin()
        return made

    return AuditLog(store, key, state / "audit", head)
