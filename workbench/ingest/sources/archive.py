"""A zip archive of several files."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

from workbench.core.errors import StorageUnavailable, UnreadableFile
from workbench.engines.readers.formats import EXTENSIONS
from workbench.engines.readers.unpack import check_ratio
from workbench.engines.readers.zipped import open_zip
from workbench.ingest.sources.base import Fetched, Notes
from workbench.ingest.sources.folder import Member, Members, one_by_one, settle

__all__ = ["members"]

_CHUNK = _BEGINNING = 1 << 20
_SPARE = 256 << 20
_LOOK_EVERY = 64 << 20


def members(file: Fetched, scratch: Path, note: Notes) -> Iterator[Fetched]:
    """The files in a zip archive, each unpacked into ``scratch`` when its turn comes; any other file, and an archive of one or of which
    one is named, as it is.

    Raises
    ------
    UnreadableFile
        The archive is damaged, has a password, is a bomb, or holds files that do not go together.
    StorageUnavailable
        There is no room to unpack it.
    """
    if file.sheet is not None or not _is_archive(file.path):
        yield file  # the readers find the one that is named
        return
    try:
        with open_zip(file.path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) < 2:
                yield file
                return
            if any(entry.flag_bits & 1 for entry in entries):
                raise UnreadableFile(f"{file.shown} is protected by a password.", fix="Unpack it first, then take the folder in.")
            yield from _unpacked(archive, entries, file, scratch, note)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise UnreadableFile(f"{file.shown} is a damaged zip file.", fix="Fetch or make it again, then take it in.") from error


def _is_archive(path: Path) -> bool:
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return False
    try:
        with open_zip(path) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return False  # the readers say what is wrong with it
    # Workbooks are archives too.
    return not names & {"[Content_Types].xml", "mimetype"}


def _unpacked(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], file: Fetched, scratch: Path, note: Notes) -> Iterator[Fetched]:
    listed = (Member(str(index), _inside(entry.filename)) for index, entry in enumerate(entries))

    def name_of(member: Member) -> str:
        return entries[int(member.place)].filename

    chosen = settle(listed, file.shown, (), note, name_of)
    packed = file.path.stat().st_size
    room = _Room(packed, file.shown)
    siblings: Callable[[Path], Iterator[Fetched]] | None = partial(_beginnings, file, chosen)
    for member, said in chosen:
        if member.below.suffix.lower() == ".zip":
            raise UnreadableFile(f"{file.shown} holds {member.below}, another archive.", fix="Unpack it first.")
        target = scratch / f"member-{packed:x}-{member.place}{member.below.suffix[:12]}"
        with archive.open(entries[int(member.place)]) as source, target.open("wb") as sink:
            while chunk := source.read(_CHUNK):
                room.take(len(chunk), scratch)
                sink.write(chunk)
        yield replace(
            file,
            path=target,
            shown=f"{file.shown}/{member.below}",
            name=file.name or file.shown,
            constants={**file.constants, **said},
            types={**file.types, **chosen.types},
            siblings=siblings,
            inside=one_by_one([name_of(each) for each in chosen.files]) if siblings is not None else (),
        )
        siblings = None


def _beginnings(file: Fetched, chosen: Members, folder: Path) -> Iterator[Fetched]:
    """The first bytes of each member that tells its columns by them: all of a small one, and of a large one text."""
    with open_zip(file.path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        for member, _ in chosen:
            entry = entries[int(member.place)]
            if entry.file_size > _BEGINNING and EXTENSIONS.get(member.below.suffix.lower()) not in ("csv", "json", "ndjson"):
                continue
            target = folder / f"beginning-{member.place}{member.below.suffix[:12]}"
            # A damaged one is told of when its turn comes.
            with suppress(zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error), archive.open(entry) as source:
                target.write_bytes(source.read(_BEGINNING))
                yield replace(file, path=target, shown=f"{file.shown}#{entry.filename}")


def _inside(name: str) -> PurePosixPath:
    """A member's name as a place; it is shown, never written to."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return PurePosixPath(*(parts or ["unnamed"]))


class _Room:
    """How much has been unpacked, and whether it may go on."""

    def __init__(self, packed: int, shown: str) -> None:
        self._packed, self._shown, self._size, self._looked = packed, shown, 0, 0

    def take(self, size: int, where: Path) -> None:
        self._size += size
        check_ratio(self._size, self._packed, self._shown)
        if self._size > self._looked:
            self._looked = self._size + _LOOK_EVERY
            if shutil.disk_usage(where).free < _SPARE:
                raise StorageUnavailable(f"There is no room to unpack {self._shown}.", fix="Free space on the workspace's disk.")
