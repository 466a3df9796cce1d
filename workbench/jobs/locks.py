"""File locks that end with the process that holds them."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

__all__ = ["FileLock"]


class FileLock:
    """An exclusive ``flock``. It belongs to the open file, so a child that inherits ``fd`` keeps it held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd: int | None = None

    def acquire(self) -> bool:
        """Take it without waiting; False where somebody else holds it."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self.fd = fd
        return True

    def release(self) -> None:
        """Close our copy; the lock is free once no other copy is open."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def held(self) -> bool:
        """Whether anybody holds it; nobody does where its folder is gone."""
        probe = FileLock(self.path)
        try:
            free = probe.acquire()
        except FileNotFoundError:
            return False
        if free:
            probe.release()
            return False
        return True
