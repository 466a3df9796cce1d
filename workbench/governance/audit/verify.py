"""Looks through the whole chain for what is not as it was written."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.governance.audit.chain import START, Head, link
from workbench.governance.audit.records import AuditCheck

__all__ = ["ARCHIVE", "Row", "verify"]

#: The verb of the entry that says where those before the first one are.
ARCHIVE = "compliance.archive_audit"
_ARCHIVED = re.compile(r"(\d+)-(\d+) after:([0-9a-f]{64}) sha256:([0-9a-f]{64})(?: unverified:(\d+) digest:([0-9a-f]{64}))?")


@dataclass(frozen=True)
class Row:
    """An entry as the database has it."""

    seq: int
    at: str
    who: str
    verb: str
    outcome: str
    body: str
    digest: str


@dataclass(frozen=True)
class _Moved:
    """An archived part: its entries, the digest before the last of them, which is the first in the database, and its file's. Where a key
    that is lost made some of it, the last one of these, and its digest."""

    first: int
    after: str
    sha: str
    unproven: int = 0
    digest: str = ""


class _Bad(Exception):
    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(problem)
        self.seq = seq


class _Unlinked(_Bad):
    """The digest is not what the key makes of the entry and the digest before it."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq, "was altered, or does not follow the one before it")


def verify(
    key: bytes, rows: Iterable[Row], heads: Sequence[Head], archive: Callable[[int, int], Iterable[bytes] | None] = lambda first, last: None
) -> AuditCheck:
    """Pure but for ``archive``, which gives the lines of an archived part where they are still there.

    Found are entries that were altered, removed, put in, or put elsewhere; those that are missing at the end are, as far as one of the
    ``heads`` reaches, and at the beginning, unless an entry says that they were archived. Where another key made the beginning it says
    from where on this one did.
    """
    first: Row | None = None
    last: Row | None = None
    count, moved = 0, dict[int, _Moved]()
    foreign = linked = 0  # the last entry at the beginning that is not made with the key, and how many are
    problem: _Bad | None = None
    unproven = 0
    try:
        for row in rows:
            first = first or row
            try:
                linked += _check(key, row, last)
            except _Unlinked:
                if linked:
                    raise
                foreign = row.seq
            for seq, digest in heads:
                if seq == row.seq and digest != row.digest:
                    raise _Bad(seq, "is another one than was noted: the log was written anew")
            last, count = row, count + 1
            if row.verb == ARCHIVE:
                moved |= _moved_by(json.loads(row.body))
        if first is not None and last is not None and foreign:
            _check_end(last.seq, heads)
            unproven = foreign
            raise _of_another_key(first.seq, foreign, linked > 0)
        unproven = _check_begin(key, first, moved, archive)
        _check_end(last.seq if last else 0, heads)
    except _Bad as bad:
        # What is wrong first is told.
        problem = _of_another_key(first.seq, foreign, False) if first is not None and foreign and bad.seq > first.seq else bad
    return AuditCheck(
        ok=problem is None,
        entries=count,
        first=first.seq if first else None,
        last=last.seq if last else None,
        head=f"{last.seq}:{last.digest}" if last else None,
        bad=problem.seq if problem else None,
        problem=f"Entry {problem.seq} {problem}." if problem else None,
        unproven=unproven or None,
    )


def _of_another_key(first: int, last: int, ours: bool) -> _Bad:
    if first == last:
        return _Unlinked(first)
    rest = f" Those from {last + 1} on are as they were written." if ours else ""
    return _Bad(
        first,
        f"and those up to {last} were not made with the key that is there (audit.key): it was replaced after them, or they were altered. "
        f"They can be read, and prove nothing.{rest} A back-up that was made --with-secrets before has the key that proves its own entries",
    )


def _check(key: bytes, row: Row, last: Row | None) -> bool:
    """Whether its digest could be looked at."""
    if row.seq < 1:
        raise _Bad(row.seq, "was put in: the first one has the number 1")
    if last is not None and row.seq != last.seq + 1:
        raise _Bad(last.seq + 1, "is missing")
    try:
        body: Any = json.loads(row.body)
        told = (body["seq"], body["at"], body["who"], body["verb"], body.get("outcome", "allowed"))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Bad(row.seq, "cannot be read") from None
    if told != (row.seq, row.at, row.who, row.verb, row.outcome):
        raise _Bad(row.seq, "was altered")
    # What came before the one that stays of an archived part is known at the end.
    if last is None and row.seq != 1:
        return False
    _check_link(key, last.digest if last else START, row)
    return True


def _check_link(key: bytes, before: str, row: Row) -> None:
    if not hmac.compare_digest(link(key, before, row.body).encode(), row.digest.encode("utf-8", "surrogatepass")):
        raise _Unlinked(row.seq)


def _moved_by(entry: dict[str, Any]) -> dict[int, _Moved]:
    """The part that an entry says was archived, by its last number."""
    if entry["verb"] != ARCHIVE or entry.get("outcome", "allowed") != "allowed":
        return {}
    found = _ARCHIVED.fullmatch(entry.get("about") or "")
    return {int(found[2]): _Moved(int(found[1]), found[3], found[4], int(found[5] or 0), found[6] or "")} if found else {}


def _check_begin(key: bytes, first: Row | None, moved: dict[int, _Moved], archive: Callable[[int, int], Iterable[bytes] | None]) -> int:
    """Gives the last entry that was archived as one of a key that is lost, as far back as the parts are there; 0 for none."""
    if first is None or first.seq == 1:
        return 0
    part = moved.get(first.seq)
    if part is None:
        raise _Bad(first.seq - 1, "and those before it are missing, and no entry says that they were archived")
    if part.unproven != first.seq:
        _check_link(key, part.after, first)
    elif first.digest != part.digest:
        raise _Bad(first.seq, "is another one than the last that was archived")
    last, moved = first.seq, dict(moved)
    # Each part begins with the last of the one before, and it or a later one holds the entry that tells of that.
    while part is not None and (lines := archive(part.first, last)) is not None:
        moved |= _moved_in(lines, part, last)
        last, part = part.first, moved.get(part.first)
    return max((each.unproven for each in moved.values()), default=0)


def _moved_in(lines: Iterable[bytes], part: _Moved, last: int) -> dict[int, _Moved]:
    """The parts that the entries of an archived part tell of."""
    sha, found, altered = hashlib.sha256(), dict[int, _Moved](), False
    for line in lines:
        sha.update(line)
        if ARCHIVE.encode() in line:
            try:
                found |= _moved_by(json.loads(line)["entry"])
            except (ValueError, KeyError, TypeError, RecursionError):
                altered = True
    if altered or sha.hexdigest() != part.sha:
        raise _Bad(last, f"is the last of an archived part ({part.first}-{last}.jsonl) that was altered")
    return found


def _check_end(last: int, heads: Sequence[Head]) -> None:
    noted = max((seq for seq, _ in heads), default=0)
    if noted > last:
        raise _Bad(last + 1, f"and those up to {noted} are missing at the end (cut off; or lost with a power failure)")
