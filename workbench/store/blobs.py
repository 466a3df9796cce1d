"""Files kept as they came, under the SHA-256 of their content."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from workbench.core.errors import InvalidInput, NotFound
from workbench.store.filesystem import make_private
from workbench.store.uncached import UncachedWriter

__all__ = ["BlobStore", "Received"]

_CHUNK = 1 << 20
_ABANDONED = 86400.0  # seconds without a write after which a part belongs to nobody
_HASH = re.compile(r"^sha256:[0-9a-f]{64}$")


@dataclass(frozen=True)
class Received:
    """Content that has come in full, under its hash ``digest``, and is to be kept or not."""

    digest: str
    _temporary: Path
    _keep: Callable[[Path, str], None]

    def keep(self) -> None:
        """Keep it. Once."""
        self._keep(self._temporary, self.digest)

    def discard(self) -> None:
        """Forget it; what has been kept stays."""
        self._temporary.unlink(missing_ok=True)


class BlobStore:
    """Content-addressed files, in a folder or behind any fsspec address (``s3://bucket/blobs``).

    The same content is kept once. A file is there in full or not at all, also after a power cut.

    Parameters
    ----------
    where
        A folder, or an address that fsspec understands.
    options
        What fsspec needs for that address (keys, endpoint).
    cache
        Folder for local copies of what lies elsewhere; needed by :meth:`path` only.

    Examples
    --------
    >>> import tempfile
    >>> blobs = BlobStore(Path(tempfile.mkdtemp()))
    >>> digest = blobs.put_bytes(b"a,b\\n1,2\\n")
    >>> digest.startswith("sha256:"), blobs.path(digest).read_bytes()
    (True, b'a,b\\n1,2\\n')
    """

    def __init__(self, where: Path | str, options: dict[str, Any] | None = None, cache: Path | None = None) -> None:
        text = str(where)
        self._remote: Any = None
        self._swept = False
        if isinstance(where, str) and "://" in text and not text.startswith("file://"):
            import fsspec

            self._remote, self._prefix = fsspec.core.url_to_fs(text.rstrip("/"), **(options or {}))
            self._local = BlobStore(cache) if cache is not None else None
        else:
            self.folder = Path(text.removeprefix("file://"))

    def put(self, source: Path | str) -> str:
        """Keep a file; returns ``sha256:<64 hexadecimal digits>``. Memory use does not grow with its size."""
        with Path(source).open("rb") as stream:
            return self.put_stream(stream)

    def put_bytes(self, data: bytes) -> str:
        """Keep bytes; see :meth:`put`."""
        return self.put_stream(io.BytesIO(data))

    def put_stream(self, stream: BinaryIO | IO[bytes]) -> str:
        """Keep what a binary stream gives until its end; see :meth:`put`."""
        received = self.receive(stream)
        received.keep()
        return received.digest

    def receive(self, stream: BinaryIO | IO[bytes]) -> Received:
        """Take in what a binary stream gives until its end, without keeping it yet; what is never kept goes within a day."""
        if self._remote is not None:
            folder = Path(tempfile.gettempdir())
        else:
            folder = make_private(self.folder)
            self._sweep()
        temporary = folder / f".{secrets.token_hex(12)}.part"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            digest = _copy(stream, target := UncachedWriter(descriptor))
            target.finish()
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        return Received(digest, temporary, self._keep)

    def _keep(self, temporary: Path, digest: str) -> None:
        try:
            if self._remote is not None:
                # An object store shows an object when its upload is complete.
                if not self.exists(digest):
                    self._remote.put_file(str(temporary), self._key(digest))
                return
            final = self._place(digest)
            if not final.exists():
                make_private(final.parent)
                temporary.replace(final)
                _sync_folder(final.parent)
        finally:
            temporary.unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        """The local file of a blob (do not change it). What lies elsewhere is fetched into the cache first.

        Raises
        ------
        NotFound
            There is no such blob.
        """
        if self._remote is None:
            place = self._place(digest)
            if not place.is_file():
                raise _missing(digest)
            return place
        if self._local is None:
            raise InvalidInput("Blobs that lie elsewhere have no local path.", fix="Make the BlobStore with a cache folder.")
        if not self._local.exists(digest):
            with self.open(digest) as stream:
                self._local.put_stream(stream)
        return self._local.path(digest)

    @contextmanager
    def open(self, digest: str) -> Iterator[BinaryIO]:
        """The content as a binary stream.

        Raises
        ------
        NotFound
            There is no such blob.
        """
        try:
            stream = self._remote.open(self._key(digest), "rb") if self._remote is not None else self._place(digest).open("rb")
        except FileNotFoundError as error:
            raise _missing(digest) from error
        with stream:
            yield stream

    def exists(self, digest: str) -> bool:
        """Whether the blob is here."""
        if self._remote is not None:
            return bool(self._remote.exists(self._key(digest)))
        return self._place(digest).is_file()

    def size(self, digest: str) -> int:
        """Its size in bytes.

        Raises
        ------
        NotFound
            There is no such blob.
        """
        try:
            return int(self._remote.size(self._key(digest))) if self._remote is not None else self._place(digest).stat().st_size
        except FileNotFoundError as error:
            raise _missing(digest) from error

    def delete(self, digest: str) -> None:
        """Remove a blob; one that is not here is no error."""
        if self._remote is None:
            self._place(digest).unlink(missing_ok=True)
        elif self._remote.exists(self._key(digest)):
            self._remote.rm_file(self._key(digest))

    def __iter__(self) -> Iterator[str]:
        """The hash of every blob."""
        if self._remote is not None:
            names = [key.rsplit("/", 1)[-1] for key in self._remote.find(self._prefix)]
        else:
            names = [path.name for path in sorted(self.folder.glob("??/*"))]
        yield from (digest for name in names if _HASH.match(digest := f"sha256:{name}"))

    def _place(self, digest: str) -> Path:
        name = _name(digest)
        return self.folder / name[:2] / name

    def _key(self, digest: str) -> str:
        name = _name(digest)
        return f"{self._prefix}/{name[:2]}/{name}"

    def _sweep(self) -> None:
        """Remove what a put left that was killed, once nobody can be at it any more."""
        if self._swept:
            return
        self._swept = True
        for part in self.folder.glob(".*.part"):
            try:
                if time.time() - part.stat().st_mtime > _ABANDONED:
                    part.unlink()
            except FileNotFoundError:
                continue


def _pieces(source: Any) -> Iterator[bytes | memoryview]:
    if not hasattr(source, "readinto"):
        while piece := source.read(_CHUNK):
            yield piece
        return
    # One buffer: a new one for every piece costs more than the hash.
    buffer = bytearray(_CHUNK)
    while size := source.readinto(buffer):
        yield memoryview(buffer)[:size]


def _copy(source: BinaryIO | IO[bytes], target: UncachedWriter) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(source):
        digest.update(piece)
        target.write(piece)
    return f"sha256:{digest.hexdigest()}"


def _name(digest: str) -> str:
    if not _HASH.match(digest):
        raise InvalidInput("That is not the hash of a blob.", fix="It looks like sha256: and 64 hexadecimal digits.")
    return digest.removeprefix("sha256:")


def _missing(digest: str) -> NotFound:
    return NotFound(f"There is no stored file {digest}.", fix="It may have been deleted; take the original in again.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
