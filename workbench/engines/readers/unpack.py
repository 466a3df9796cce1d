"""Compressed files, undone into the scratch folder without holding them in memory."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import StorageUnavailable, UnreadableFile, nearest
from workbench.engines.readers.formats import EXTENSIONS, PACKED
from workbench.engines.readers.zipped import open_zip

__all__ = ["Unpacked", "check_ratio", "file_names", "unpack"]

_CODECS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_ZIP = b"PK\x03\x04"
_SPARE = 256 << 20  # the disk is others', too: the metadata store's, for one
_CHECKED = 64 << 20
_HARMLESS = 128 << 20
_RATIO = 100
_LAYERS = 3  # a zip with a file inside that is compressed once more is common
_LISTED = 5


@dataclass(frozen=True)
class Unpacked:
    """``path`` is where the content lies, ``shown`` what a person calls it; ``rest`` is what was asked for inside of it: a sheet.
    ``named`` is what stands before the ``#`` where a person names something in it: of a zip in a zip the outer one."""

    path: Path
    shown: str
    rest: str | None = None
    named: str = ""


def unpack(path: Path, shown: str, scratch: Path, wanted: str | None = None) -> Unpacked:
    """The file inside, when it is compressed (gzip, zstd, bzip2, zip), also twice or three times; otherwise what was given.

    Parameters
    ----------
    wanted
        Of a zip with several files, the one that is meant, and after another ``#`` a sheet of it; otherwise a sheet.

    Raises
    ------
    UnreadableFile
        The archive is damaged, has a password, holds several files and none is named, or is a bomb.
    StorageUnavailable
        There is no room to unpack it.
    """
    packed, found = path.stat().st_size, Unpacked(path, shown, wanted, shown)
    for layer in range(_LAYERS):
        target = scratch / ("unpacked" if layer == 0 else f"unpacked-{layer}")
        inner = _layer(found, target, packed)
        if inner is None:
            return found
        found = inner
    return found


def _layer(file: Unpacked, target: Path, packed: int) -> Unpacked | None:
    """What is inside of a compressed file; None where it is not compressed."""
    path, shown = file.path, file.shown
    with path.open("rb") as stream:
        head = stream.read(4)
    inner = shown[: -len(Path(shown).suffix)] if Path(shown).suffix.lower() in PACKED else shown
    codec = next((name for magic, name in _CODECS.items() if head.startswith(magic)), None)
    if codec is not None:
        try:
            with pa.input_stream(str(path), compression=codec) as source:
                _copy(source, target, packed, shown)
        except (OSError, pa.ArrowException) as error:
            if getattr(error, "errno", None):
                raise
            raise _damaged(shown, codec) from error
        return Unpacked(target, inner, file.rest, file.named)
    if head != _ZIP or _is_workbook(path):
        return None
    if EXTENSIONS.get(Path(shown).suffix.lower()) == "excel":
        if _names(path) is None:
            raise UnreadableFile(f"{shown} is a damaged or incomplete workbook.", fix="Fetch or make it again, then take it in.")
        raise UnreadableFile(f"{shown} is a zip archive, not a workbook.", fix="Rename it to end in .zip, or unpack it.")
    return _unzip(file, target, packed)


def file_names(path: Path) -> tuple[str, ...]:
    """The files in a zip archive, as they are called in it; none of any other file, a workbook, or a damaged one."""
    with path.open("rb") as stream:
        if stream.read(4) != _ZIP or _is_workbook(path):
            return ()
    try:
        with open_zip(path) as archive:
            return tuple(member.filename for member in _files(archive))
    except zipfile.BadZipFile:
        return ()


def check_ratio(size: int, packed: int, shown: str) -> None:
    """What unpacks to a hundred times its size is made to fill a disk, not data: tables come to five to thirty times theirs. What is small
    all the same harms nobody, and a few rows again and again do pack as well as that.

    Raises
    ------
    UnreadableFile
        It is such a one.
    """
    if size > max(_HARMLESS, _RATIO * packed):
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
                _check_room(target, 0, shown)
            sink.write(chunk)


def _check_room(target: Path, size: int, shown: str) -> None:
    if shutil.disk_usage(target.parent).free < size + _SPARE:
        raise StorageUnavailable(f"There is no room to unpack {shown}.", fix="Free space on the workspace's disk.")


def _is_workbook(path: Path) -> bool:
    return bool({"[Content_Types].xml", "mimetype"} & (_names(path) or set()))


def _names(path: Path) -> set[str] | None:
    """What is in an archive; None of a damaged one."""
    try:
        with open_zip(path) as archive:
            return set(archive.namelist())
    except zipfile.BadZipFile:
        return None


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Those that a person put in."""
    hidden = ("__MACOSX/", "._", ".DS_Store", "Thumbs.db")
    return [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX/") and not _name(m).startswith(hidden)]


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename.rpartition("/")[2]


def _unzip(file: Unpacked, target: Path, packed: int) -> Unpacked:
    shown = file.shown
    try:
        with open_zip(file.path) as archive:
            found = _files(archive)
            member, rest = (found[0], file.rest) if len(found) == 1 else _chosen(found, file)
            if member.flag_bits & 1:
                raise UnreadableFile(f"{shown} is protected by a password.", fix="Unpack it first, then take the file inside.")
            # What it says of itself; that it is true is checked on the way.
            check_ratio(member.file_size, packed, shown)
            _check_room(target, member.file_size, shown)
            with archive.open(member) as source:
                _copy(source, target, packed, shown)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise _damaged(shown, "zip") from error
    if len(found) == 1:
        rest = None if rest == member.filename else (rest or "").removeprefix(f"{member.filename}#") or None
        return Unpacked(target, _name(member), rest, file.named)
    chosen = shown if shown.endswith(f"#{member.filename}") else f"{shown}#{member.filename}"
    return Unpacked(target, chosen, rest, f"{file.named}#{member.filename}")


def _chosen(found: list[zipfile.ZipInfo], file: Unpacked) -> tuple[zipfile.ZipInfo, str | None]:
    """The member that was asked for, and what was asked for inside of it."""
    names = [member.filename for member in found]
    for member in found:
        if file.rest == member.filename:
            return member, None
        if file.rest is not None and file.rest.startswith(f"{member.filename}#"):
            return member, file.rest.removeprefix(f"{member.filename}#")
    if file.rest is not None and names:
        close = nearest(file.rest, names)
        hint = f"Did you mean {close!r}?" if close else f"It has: {', '.join(names[:_LISTED])}."
        raise UnreadableFile(f"{file.shown} has no file {file.rest!r}.", fix=hint)
    listed = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
    fix = f"Name the one you mean, such as {file.named}#{names[0]}; it has {listed}." if names else "Check how the archive was made."
    raise UnreadableFile(f"{file.shown} holds {len(found)} files; one is expected.", fix=fix)


def _damaged(shown: str, codec: str) -> UnreadableFile:
    return UnreadableFile(f"{shown} is a damaged {codec} file.", fix="Fetch or make it again, then take it in.")
