"""A back-up as one file: ``.tar``, ``.tar.zst``, or a folder as it is."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from workbench.core.errors import InvalidInput, NotFound, UnreadableFile

__all__ = ["finish", "opened"]


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
            for path in sorted(staging.rglob("*"), key=lambda p: (p.name != "manifest.json", p)):
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
        There is nothing, or it is no back-up.
    """
    if not source.exists():
        raise NotFound(f"There is no back-up at {source}.", fix="Check the path.")
    if source.is_dir():
        yield source
        return
    folder = scratch / ".restoring"
    folder.mkdir(parents=True)
    try:
        _unpack(source, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(source: Path, folder: Path) -> None:
    import zstandard

    try:
        if _kind(source) == "zst":
            with (
                source.open("rb") as raw,
                zstandard.ZstdDecompressor().stream_reader(raw) as plain,
                tarfile.open(fileobj=cast(Any, plain), mode="r|") as tar,
            ):
                tar.extractall(folder, filter="data")
        else:
            with tarfile.open(source, mode="r:*") as tar:
                tar.extractall(folder, filter="data")
    except (tarfile.TarError, zstandard.ZstdError, EOFError, OSError) as error:
        raise UnreadableFile(f"{source} is not a whole back-up.", fix="Copy it again from where it is kept.") from error
