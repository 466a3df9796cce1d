"""What tells that a watched file has changed: its size and time of change; and where these are as they were, the system's own time of it.

That time moves with whatever is done to a file (its owner, its rights, a backup that puts the time of reading back), and file systems in a
network number their files anew. So where it alone has moved, the content is compared with that of the load that took the file.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from workbench.core.errors import NotFound, RunNotFound
from workbench.ingest.report import report_of

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = ["Doubts", "is_the_same", "stamp_of"]

_AT_ONCE = 256 << 20  # bytes that are compared in one look, and one file at least
_GOING_ON = ("queued", "running")


def stamp_of(facts: os.stat_result) -> str:
    """What is kept of a file: size, time of change, the system's time of it, and its number."""
    return f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}:{facts.st_ino}"


def _parts(stamp: str) -> list[str]:
    """Before the system's time was kept there were two."""
    return [*stamp.split(":"), "", ""][:4]


def is_the_same(before: str, now: str) -> bool | None:
    """Whether a file is as it was; None where only its content tells."""
    then, here = _parts(before), _parts(now)
    if then[:2] != here[:2]:
        return False
    return True if then[2] in ("", here[2]) else None


class Doubts:
    """Settles within one look which files of whom only the system's time has moved are others by now."""

    def __init__(self, log: RunLog) -> None:
        self._log, self._left = log, _AT_ONCE

    def settle(self, path: str, before: str, now: str, run_id: str | None) -> bool | None:
        """Whether a file has changed that a run has taken; None: that is not known yet, and asked again at the next look."""
        if run_id is None:
            return True  # nobody has taken it
        try:
            run = self._log.get(run_id)
        except RunNotFound:
            # Of what a pipeline was told of nothing more is kept: another file in its place has another number, too.
            return _parts(before)[3] != _parts(now)[3]
        if run.status in _GOING_ON:
            return None
        size = int(_parts(now)[0])
        if self._left < size and self._left < _AT_ONCE:
            return None
        self._left -= size
        taken: str | None = None
        with suppress(NotFound):
            taken = report_of(self._log, run_id).content_hash
        return taken is None or _hash(path) != taken


def _hash(path: str) -> str | None:
    """Of a plain file; None where it cannot be read (now)."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as stream:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return None
            return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
    except OSError:
        return None
