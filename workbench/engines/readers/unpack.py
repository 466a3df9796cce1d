"""Compressed files, undone into the scratch folder without holding them in memory."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import StorageUnavailable, UnreadableFile
from workbench.engines.readers.formats import EXTENSIONS

__all__ = ["check_ratio", "unpack"]

_CODECS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_SPARE = 256 << 20  # the disk is others', too: the metadata store's, for one
_CHECKED = 64 << 20
_HARMLESS = 1 << 30
_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".zip")


def unpack(path: Path, shown: str, scratch: Path) -> tuple[Path, str]:
    """The content and the name of the file inside, when it is compressed (gzip, zstd, bzip2, or a zip of one file);
    otherwise what was given.

    Raises
    ------
    UnreadableFile
        The archive is damaged, has a password, holds several files, or is a bomb.
    StorageUnavailable
        There is no room to unpack it.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    inner = shown[: -len(Path(shown).suffix)] if Path(shown).suffix.lower() in _SUFFIXES else shown
    codec = next((name for magic, name in _CODECS.items() if head.startswith(magic)), None)
    if codec is not None:
        target = scratch / "unpacked"
        try:
            with pa.input_stream(str(path), compression=codec) as source:
                _copy(source, target, path.stat().st_size, shown)
        except (OSError, pa.ArrowException) as error:
            if getattr(error, "errno", None):
                raise
            raise _damaged(shown, codec) from error
        return target, inner
    if head == b"PK\x03\x04" and not _is_workbook(path):
        if EXTENSIONS.get(Path(shown).suffix.lower()) == "excel":
            raise UnreadableFile(f"{shown} is a zip archive, not a workbook.", fix="Rename it to end in .zip, or unpack it.")
        return _unzip(path, shown, scratch)
    return path, shown


def check_ratio(size: int, packed: int, shown: str) -> None:
    """What unpacks to a hundred times its size is made to fill a disk, not data; below a gigabyte nobody is harmed.

    Raises
    ------
    UnreadableFile
        It is such a one.
    """
    if size > max(_HARMLESS, 100 * packed):
        raise UnreadableFile(
            f"{shown} unpacks to more than a hundred times its size.",
            fix="Check where it comes from; when it is right, unpack it and take the file inside.",
        )


def _copy(source: Any, target: Path, packed: int, shown: str) -> None:
    written = checked = 0
    with target.open("wb") as sink:
        while chunk := source.read(1 << 20):
            written += len(chunk)
            check_ratio(written, packed, shown)
            if written > checked:
                checked = written + _CHECKED
                if shutil.disk_usage(target.parent).free < _SPARE:
                    raise StorageUnavailable(f"There is no room to unpack {shown}.", fix="Free space on the workspace's disk.")
            sink.write(chunk)


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return False
    return "[Content_Types].xml" in names or "mimetype" in names


def _unzip(path: Path, shown: str, scratch: Path) -> tuple[Path, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/")]
            if len(members) != 1:
                raise UnreadableFile(
                    f"{shown} holds {len(members)} files; one is expected.", fix="Unpack it and take the files in one by one."
                )
            if members[0].flag_bits & 1:
                raise UnreadableFile(f"{shown} is protected by a password.", fix="Unpack it first, then take the file inside.")
            target = scratch / "unpacked"
            with archive.open(members[0]) as source:
                _copy(source, target, path.stat().st_size, shown)
            return target, Path(members[0].filename).name
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise _damaged(shown, "zip") from error


def _damaged(shown: str, codec: str) -> UnreadableFile:
    return UnreadableFile(f"{shown} is a damaged {codec} file.", fix="Fetch or make it again, then take it in.")
