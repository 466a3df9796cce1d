"""Named locks between threads and processes.

A name is held by one thread of one process. The holder may take it again (it then counts). A forked child holds none of
its parent's locks.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from workbench.core.errors import StorageUnavailable, Unavailable
from workbench.store.filesystem import make_private

__all__ = ["Busy", "FileLocks", "LockBackend", "hold"]


class Busy(Exception):
    """The lock was not free in time."""


class LockBackend(Protocol):
    """What takes a lock between processes; :func:`hold` adds threads, counting and forks."""

    scope: str

    def acquire(self, name: str, timeout: float) -> AbstractContextManager[None]: ...

    def forked(self) -> object: ...


class _Slot:
    def __init__(self) -> None:
        self.mutex = threading.RLock()
        self.depth = 0


_slots: dict[tuple[str, str], _Slot] = {}
_guard = threading.Lock()
_descriptors: set[int] = set()


def _after_fork() -> None:
    # A flock belongs to the open file, which the child shares: it must close its copies, else a parent's death
    # would leave the lock with the child.
    global _guard, _slots
    for descriptor in list(_descriptors):
        os.close(descriptor)
    _descriptors.clear()
    _guard, _slots = threading.Lock(), {}


os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def hold(backend: LockBackend, name: str, timeout: float) -> Iterator[None]:
    """Hold ``name`` for the length of the block, waiting at most ``timeout`` seconds.

    Raises
    ------
    Unavailable
        Another thread or process held it all that time.
    """
    with _guard:
        slot = _slots.setdefault((backend.scope, name), _Slot())
    deadline = time.monotonic() + timeout
    if not slot.mutex.acquire(timeout=max(timeout, 0)):
        raise _busy(name, timeout)
    slot.depth += 1
    try:
        if slot.depth > 1:
            yield
            return
        taken = backend.acquire(name, max(deadline - time.monotonic(), 0))
        try:
            taken.__enter__()
        except Busy:
            raise _busy(name, timeout) from None
        try:
            yield
        finally:
            taken.__exit__(None, None, None)
    finally:
        slot.depth -= 1
        slot.mutex.release()


def _busy(name: str, timeout: float) -> Unavailable:
    return Unavailable(f"{name!r} is in use by another process for more than {timeout:g} seconds.", fix="Try again in a moment.", lock=name)


class FileLocks:
    """One file a name in ``folder``, locked with ``flock``: freed by the system when its holder dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scope = str(folder)
        self._was_there = False

    def forked(self) -> object:
        """In a forked child: nothing to keep, :func:`_after_fork` has closed the parent's files."""
        return None

    def _path(self, name: str) -> Path:
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:60]
        return self.folder / f"{readable}-{hashlib.sha256(name.encode()).hexdigest()[:12]}.lock"

    def _make_folder(self) -> None:
        """Raises
        ------
        StorageUnavailable
            What it lay in is gone, and not to be made again.
        """
        if not self._was_there:
            make_private(self.folder)
            self._was_there = True
            return
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except FileNotFoundError:
            fix = "Was the workspace moved or deleted? Open it where it is now."
            raise StorageUnavailable(f"{self.folder.parent} is gone.", fix=fix) from None

    @contextmanager
    def acquire(self, name: str, timeout: float) -> Iterator[None]:
        import fcntl

        self._make_folder()
        descriptor = os.open(self._path(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _descriptors.add(descriptor)
        owner = os.getpid()
        try:
            self._wait(descriptor, timeout)
            try:
                yield
            finally:
                if os.getpid() == owner:  # in a forked child it would free the parent's lock
                    fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            if os.getpid() == owner:
                _descriptors.discard(descriptor)
                os.close(descriptor)

    @staticmethod
    def _wait(descriptor: int, timeout: float) -> None:
        import fcntl

        deadline, pause = time.monotonic() + timeout, 0.001
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Busy from None
            # Waiters at different rhythms do not starve one another.
            time.sleep(min(left, pause * random.uniform(0.5, 1.5)))  # noqa: S311 - no secret
            pause = min(pause * 1.5, 0.02)
