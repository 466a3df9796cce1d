"""A back-up as one file: ``.tar``, ``.tar.zst``, or a folder as it is."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from pydantic import ValidationError

from workbench.app.operations.copies import Manifest
from workbench.core.errors import AlreadyExists, InvalidInput, NotFound, StorageUnavailable, UnreadableFile

__all__ = ["checked_name", "finish", "opened"]

_MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 1 << 30  # five million files and more
_LONGEST_PART, _LONGEST_PATH = 255, 4095  # Linux's
_HEADERS = 1 << 15  # a file's headers, with the longest name, and what is read ahead
_CHUNK = 1 << 20


def _kind(path: Path) -> str:
    name = path.name.lower()
    if name.endswith(".tar.zst"):
        return "zst"
    if name.endswith((".tar.gz", ".tgz")):
        return "gz"
    return "tar" if name.endswith(".tar") else "folder"


def finish(staging: Path, target: Path) -> None:
    """Give the finished folder its name, or pack it; what has the name is complete.

    Raises
    ------
    InvalidInput
        The name asks for a packing that is not known.
    """
    kind = _kind(target)
    if kind == "folder":
        if target.suffix in (".zip", ".7z", ".bz2", ".xz"):
            raise InvalidInput(f"Back-ups are folders, .tar, .tar.gz or .tar.zst files, not {target.suffix}.", fix="Choose another name.")
        if target.exists():
            target.rmdir()
        staging.replace(target)
        return
    part = target.with_name(f".{target.name}.part")
    try:
        with _writer(part, kind) as tar:
            # The manifest first: whoever opens the file knows at once what it is.
            for path in sorted(staging.rglob("*"), key=lambda p: (p != staging / _MANIFEST, p)):
                if path.is_file():
                    tar.add(path, path.relative_to(staging).as_posix(), filter=_anonymous)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


@contextmanager
def _writer(path: Path, kind: str) -> Iterator[tarfile.TarFile]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        if kind == "zst":
            import zstandard

            with (
                zstandard.ZstdCompressor(level=6).stream_writer(raw, closefd=False) as packed,
                tarfile.open(fileobj=cast(Any, packed), mode="w|") as tar,
            ):
                yield tar
        else:
            with tarfile.open(fileobj=raw, mode="w:gz" if kind == "gz" else "w") as tar:
                yield tar


@contextmanager
def opened(source: Path, scratch: Path) -> Iterator[Path]:
    """The back-up as a folder; a packed one is unpacked below ``scratch`` for the length of the block.

    Raises
    ------
    NotFound, UnreadableFile
        There is nothing, or it is no back-up, or one that holds anything but the files its manifest names.
    AlreadyExists
        Another restore into ``scratch`` goes on, or was interrupted.
    StorageUnavailable
        There is too little space for it.
    """
    if not source.exists():
        raise NotFound(f"There is no back-up at {source}.", fix="Check the path.")
    if source.is_dir():
        yield source
        return
    folder = scratch / ".restoring"
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise AlreadyExists(f"{folder} exists: a restore goes on there or was interrupted.", fix="Restore into another folder.") from error
    try:
        _unpack(source, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def checked_name(name: str) -> str:
    """The name of a file in a back-up, without a leading ``./``.

    Raises
    ------
    UnreadableFile
        It leads out of the back-up, or can be no file's name.
    """
    plain = name.removeprefix("./")
    parts = plain.split("/")
    if plain.startswith("/") or ".." in parts:
        raise UnreadableFile(f"The back-up names a file outside of itself: {name[:200]!r}.", fix="Do not trust it.")
    too_long = len(os.fsencode(plain)) > _LONGEST_PATH or any(len(os.fsencode(part)) > _LONGEST_PART for part in parts)
    if "\0" in plain or "" in parts or "." in parts or too_long:
        raise UnreadableFile(f"The back-up names what can be no file: {name[:200]!r}.", fix="Use another copy of the back-up.")
    return plain


def _unpack(source: Path, folder: Path) -> None:
    # Not by extractall: its filter is missing in some Pythons and was fooled in others (CVE-2025-4517). Links and devices are
    # never made, so that no name can lead out of the folder; and what the manifest says bounds what is written.
    try:
        manifest = _manifest_of(source, shutil.disk_usage(folder).free)
        _check_space(manifest, folder)
        missing = set(manifest.files)
        for name, info, data in _files(source):
            if name != _MANIFEST and name not in missing:
                raise UnreadableFile(f"The back-up holds {name!r} twice, or its manifest does not name it.", fix="Do not trust it.")
            if name != _MANIFEST and info.size != manifest.files[name].bytes:
                raise UnreadableFile(f"{name!r} is not what was backed up: its size differs.", fix="Use another copy of the back-up.")
            missing.discard(name)
            _write(folder / name, info, data)
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, _zstd_error()) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageUnavailable("The back-up could not be unpacked: the disk is full.", fix="Free some space.") from error
        raise UnreadableFile(f"{source} is not a whole back-up.", fix="Copy it again from where it is kept.") from error
    if missing:
        raise UnreadableFile(f"{source} is not a whole back-up: it lacks {min(missing)!r}.", fix="Copy it again from where it is kept.")


def _manifest_of(source: Path, free: int) -> Manifest:
    # Our own files begin with it; one that somebody packed from a folder with tar may have it anywhere.
    passed = 0
    for name, info, data in _files(source):
        passed += info.size
        if passed > free or (name == _MANIFEST and info.size > _LARGEST_MANIFEST):
            break
        if name == _MANIFEST:
            try:
                manifest = Manifest.model_validate_json(data.read())
            except ValidationError as error:
                raise UnreadableFile(f"The manifest.json of {source} is damaged.", fix="Use another copy of the back-up.") from error
            for named, file in manifest.files.items():
                if checked_name(named) != named or file.bytes < 0:
                    raise UnreadableFile(f"The manifest.json of {source} is wrong about {named!r}.", fix="Do not trust it.")
            return manifest
    raise UnreadableFile(f"{source} is no back-up of a workspace.", fix="It should hold a manifest.json.")


def _check_space(manifest: Manifest, folder: Path) -> None:
    # Each file is there twice for a while: unpacked, and copied to its place.
    needed, free = 2 * sum(file.bytes for file in manifest.files.values()), shutil.disk_usage(folder).free
    if needed > free:
        raise StorageUnavailable(
            f"Restoring needs {needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free.",
            fix="Free some space, or unpack the back-up on another disk and restore from that folder.",
        )


def _files(source: Path) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes]]]:
    """Every file of the archive by its checked name; each must be read, or left, before the next one is asked for."""
    with _plain(source) as plain:
        measured = _Measured(plain)
        with tarfile.open(fileobj=cast(Any, measured), mode="r|") as tar:
            while True:
                measured.left = _HEADERS
                info = tar.next()
                if info is None:
                    return
                # A stream keeps every header it has seen, and nobody asks for them again.
                cast(Any, tar).members = []
                if info.isdir():
                    continue
                if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.sparse is not None or info.size < 0:
                    raise UnreadableFile(
                        f"The back-up holds {info.name[:200]!r}, which is a link, a device or the like. Back-ups hold files only.",
                        fix="Do not trust it.",
                    )
                name = checked_name(info.name)
                data = tar.extractfile(info)
                assert data is not None  # it is a regular file
                measured.left = info.size + _HEADERS
                yield name, info, data
                while data.read(_CHUNK):  # what was left, so that only headers are allowed for from here on
                    pass


class _Measured:
    """A stream of which no more can be read than was allowed: a few packed bytes may unpack to any number."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.left = _HEADERS

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise UnreadableFile("The back-up is damaged: the head of a file in it is far too long.", fix="Do not trust it.")
        return data


@contextmanager
def _plain(source: Path) -> Iterator[IO[bytes]]:
    with source.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic == b"\x28\xb5\x2f\xfd":
            import zstandard

            with zstandard.ZstdDecompressor().stream_reader(raw) as stream:
                yield cast(IO[bytes], stream)
        elif magic.startswith(b"\x1f\x8b"):
            with gzip.open(raw) as unzipped:
                yield cast(IO[bytes], unzipped)
        else:
            yield raw


def _zstd_error() -> type[Exception]:
    import zstandard

    return cast(type[Exception], zstandard.ZstdError)


def _write(path: Path, info: tarfile.TarInfo, data: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Programs stay programs; nothing becomes writable for others, or unreadable for its owner.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, info.mode & 0o755 | 0o600)
    written = 0
    with os.fdopen(descriptor, "wb") as stream:
        while chunk := data.read(_CHUNK):
            written += stream.write(chunk)
    if written != info.size:
        raise EOFError(f"{info.name} is cut short")
