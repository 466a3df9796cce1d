"""Identifiers: UUID version 7 (RFC 9562, section 5.7), so that ids sort by the time they were made."""

from __future__ import annotations

import os
import threading
import time
import uuid
from datetime import UTC, datetime

__all__ = ["first_id", "new_id", "time_of", "uuid7"]

_lock = threading.Lock()
_last = 0  # the last (milliseconds << 12 | counter) handed out in this process


def uuid7() -> uuid.UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, a 12-bit counter, 62 random bits.

    Strictly increasing within a process, also when the clock stands still or steps back (method 1 of RFC 9562,
    section 6.2: the counter is carried in ``rand_a`` and may run ahead of the clock).
    """
    global _last
    with _lock:
        _last = max(_last + 1, (time.time_ns() // 1_000_000) << 12)
        stamp = _last
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(int=value)


def new_id() -> str:
    """:func:`uuid7` as the text that is stored and shown.

    >>> a, b = new_id(), new_id()
    >>> a < b, len(a)
    (True, 36)
    """
    return str(uuid7())


def time_of(identifier: str) -> datetime:
    """When an id was made (UTC, millisecond precision).

    Raises
    ------
    ValueError
        The text is not a UUID of version 7.
    """
    parsed = uuid.UUID(identifier)
    if parsed.version != 7:
        raise ValueError(f"{identifier} is not a UUID of version 7")
    return datetime.fromtimestamp((parsed.int >> 80) / 1000, UTC)


def first_id(moment: datetime) -> str:
    """What sorts before every id made at ``moment`` (aware) or later, and after those made earlier.

    >>> first_id(datetime(2026, 1, 31, tzinfo=UTC)) < new_id()
    True
    """
    stamp = int(moment.timestamp() * 1000)
    return f"{stamp >> 16:08x}-{stamp & 0xFFFF:04x}"


def _after_fork() -> None:
    # A forked kernel shares `_last`; the random bits differ, so ids stay unique. Only the lock must be fresh.
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
