"""Copies of files with their checksums, and the list of them that a back-up carries."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import IO

from workbench.core.errors import StorageUnavailable
from workbench.core.records import Record

__all__ = ["Copied", "Manifest", "copy_stream", "digest_of"]

_CHUNK = 1 << 20


class Copied(Record):
    """One file of a back-up: its SHA-256 and size in bytes."""

    sha256: str
    bytes: int


class Manifest(Record):
    """What a back-up is: ``manifest.json`` in its folder. Paths are relative and use slashes.

    ``state`` and ``warehouse`` say where the files were, so that a restore can give them other paths.
    """

    format: int
    version: str
    name: str
    created_at: str
    state: str
    warehouse: str
    secrets: bool
    left_out: tuple[str, ...] = ()
    files: dict[str, Copied]


def copy_stream(source: IO[bytes], target: Path, mode: int = 0o600) -> Copied:
    """Write a stream to a new file, forced to the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return Copied(sha256=digest.hexdigest(), bytes=size)


def digest_of(path: Path) -> Copied:
    """The checksum and size of a file.

    Raises
    ------
    StorageUnavailable
        It cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be read: {error.strerror}.", fix="Take the back-up from its disk again.") from error
    return Copied(sha256=digest.hexdigest(), bytes=size)
