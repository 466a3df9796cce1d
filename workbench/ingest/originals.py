"""A file's content on its way into the store of originals: read once, for its hash and its copy, beside whatever else is done with it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from workbench.core.errors import UnreadableFile

if TYPE_CHECKING:
    from workbench.store import BlobStore
    from workbench.store.blobs import Received

__all__ = ["Original"]

_CHUNK = 1 << 20


class Original:
    """One file that is being taken in.

    Parameters
    ----------
    path, shown
        Where it lies, and what the person calls it.
    blobs
        Where it is kept.
    check
        Called after every few megabytes; what it raises stops the reading.
    """

    def __init__(self, path: Path, shown: str, blobs: BlobStore, check: Callable[[], None]) -> None:
        self.path, self.shown = path, shown
        self._blobs, self._check = blobs, check
        self._stamp = _stamp(path)
        self._known: str | None = None
        self._received: Received | None = None
        self._error: BaseException | None = None
        self._given_up = threading.Event()
        self._thread: threading.Thread | None = None
        #: There is a zero byte in it, which no text has; known once it has been read.
        self.binary = False

    @property
    def size(self) -> int:
        return self._stamp[1]

    def hash(self) -> str:
        """The hash of its content, without keeping it yet."""
        if self._known is None:
            digest, buffer = hashlib.sha256(), bytearray(_CHUNK)
            with self.path.open("rb", buffering=0) as stream:
                while size := _Watched(stream, self._look).readinto(buffer):
                    digest.update(memoryview(buffer)[:size])
            self._known = f"sha256:{digest.hexdigest()}"
        return self._known

    def beginnings(self, sizes: Iterable[int]) -> list[str]:
        """The hashes of its first so many bytes, the shortest beginning first."""
        digest, read, found = hashlib.sha256(), 0, []
        with self.path.open("rb", buffering=0) as stream:
            for size in sorted(set(sizes)):
                while piece := stream.read(min(_CHUNK, size - read)):
                    self._check()
                    digest.update(piece)
                    read += len(piece)
                found.append(f"sha256:{digest.hexdigest()}")
        return found

    def start(self) -> None:
        """Begin to read it, in a thread."""
        self._thread = threading.Thread(target=self._read, name="ingest-original", daemon=True)
        self._thread.start()

    def read(self) -> str:
        """Wait until it has been read, and return the hash of its content.

        Raises
        ------
        UnreadableFile
            It changed meanwhile.
        Cancelled
            The load shall stop.
        """
        assert self._thread is not None
        while self._thread.is_alive():
            self._thread.join(0.2)
            self._check()
        if self._error is not None:
            raise self._error
        assert self._known is not None
        self.unchanged()
        return self._known

    def keep(self) -> None:
        """Keep it: the load is about to be committed. Raises as :meth:`read` does."""
        self.read()
        if self._received is not None:
            self._received.keep()
            self._received = None

    def give_up(self) -> None:
        """Stop reading, where that still goes on; what has not been kept is forgotten."""
        self._given_up.set()
        if self._thread is not None:
            self._thread.join()
        if self._received is not None:
            self._received.discard()
            self._received = None

    def unchanged(self) -> None:
        """Raises
        ------
        UnreadableFile
            The file is not what it was when the load began.
        """
        if _stamp(self.path) != self._stamp:
            raise self._changed()

    def _read(self) -> None:
        try:
            if self._known is not None and self._blobs.exists(self._known):
                return
            with self.path.open("rb", buffering=0) as stream:
                self._received = self._blobs.receive(cast("IO[bytes]", _Watched(stream, self._look)))
            if self._known not in (None, self._received.digest):
                raise self._changed()
            self._known = self._received.digest
        except BaseException as error:
            self._error = error

    def _look(self, buffer: bytearray, size: int) -> None:
        if self._given_up.is_set():
            raise InterruptedError
        self._check()
        self.binary = self.binary or buffer.find(0, 0, size) >= 0

    def _changed(self) -> UnreadableFile:
        return UnreadableFile(f"{self.shown} changed while it was read.", fix="Take it in again when it is complete.")


class _Watched:
    """A stream whose pieces somebody sees as they are read."""

    def __init__(self, stream: Any, see: Callable[[bytearray, int], None]) -> None:
        self._stream, self._see = stream, see

    def readinto(self, buffer: bytearray) -> int:
        size: int = self._stream.readinto(buffer) or 0
        self._see(buffer, size)
        return size


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file does."""
    facts = path.stat()
    return (facts.st_ino, facts.st_size, facts.st_mtime_ns)
