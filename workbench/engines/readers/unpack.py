"""Compressed files, undone into the scratch folder without holding them in memory."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pyarrow as pa

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.formats import EXTENSIONS

__all__ = ["unpack"]

_CODECS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".zip")


def unpack(path: Path, shown: str, scratch: Path) -> tuple[Path, str]:
    """The content and the name of the file inside, when it is compressed (gzip, zstd, bzip2, or a zip of one file);
    otherwise what was given.

    Raises
    ------
    UnreadableFile
        The archive is damaged, has a password, or holds several files.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    inner = shown[: -len(Path(shown).suffix)] if Path(shown).suffix.lower() in _SUFFIXES else shown
    codec = next((name for magic, name in _CODECS.items() if head.startswith(magic)), None)
    if codec is not None:
        target = scratch / "unpacked"
        try:
            with pa.input_stream(str(path), compression=codec) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
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
            with archive.open(members[0]) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            return target, Path(members[0].filename).name
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise _damaged(shown, "zip") from error


def _damaged(shown: str, codec: str) -> UnreadableFile:
    return UnreadableFile(f"{shown} is a damaged {codec} file.", fix="Fetch or make it again, then take it in.")
