"""Files that were uploaded and wait to be looked at and taken in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InvalidInput, NotFound, StorageUnavailable, UnreadableFile
from workbench.core.records import Record
from workbench.ingest.records import Staged
from workbench.store.filesystem import make_private

if TYPE_CHECKING:
    from workbench.core.principals import Principal

__all__ = ["UPLOAD", "Arrived", "StagedFile", "Staging", "sweep_uploads"]

#: What a source begins with that was uploaded.
UPLOAD = "upload:"

_SOURCE = re.compile(r"^upload:(?P<id>[0-9a-f]{32})/(?P<name>[^/\0][^\0]*)\Z", re.DOTALL)
_FACTS = ".upload.json"  # beside the file, whose own name never begins with a dot
_KEPT_SECONDS = 86_400.0
_CHUNK = 4 << 20


class StagedFile(Record):
    """An uploaded file where it lies: ``path``, the ``name`` it came with, its size in ``bytes`` and ``content_hash``, and ``by`` whom;
    ``inside`` is what is meant of it: of a workbook a sheet, of a zip archive a file."""

    path: Path
    name: str
    bytes: int
    content_hash: str
    by: str
    inside: str | None = None


@dataclass(frozen=True)
class Arrived(os.PathLike[str]):
    """A file that a request has brought, already in a folder of its own below the uploads, with its hash taken on the way."""

    path: Path
    content_hash: str

    def __fspath__(self) -> str:
        return str(self.path)


class Staging:
    """Uploaded files, each in a private folder whose name cannot be guessed; only who brought one may use it, for a day.

    What a source says is never made into a path: its id is looked up, and its name compared.
    """

    def __init__(self, state: Path) -> None:
        self.folder = state / "uploads"

    def stage(self, source: Path | Arrived, who: Principal) -> Staged:
        """Keep a file for later: one that has arrived is moved, another is copied.

        Raises
        ------
        UnreadableFile, StorageUnavailable
            It cannot be read, or the storage is full.
        """
        self.sweep()
        identifier = secrets.token_hex(16)
        making = make_private(self.folder) / f"{identifier}.new"
        making.mkdir(mode=0o700)
        try:
            name, content_hash = self._bring(source, making)
            path = making / name
            facts = {"name": name, "bytes": path.stat().st_size, "content_hash": content_hash, "by": who.name}
            (making / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
            making.rename(self.folder / identifier)  # seen whole, or not at all
        except OSError as error:
            raise StorageUnavailable(f"The file cannot be kept: {error.strerror}.", fix="See that the disk has room.") from error
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return Staged(source=f"{UPLOAD}{identifier}/{name}", name=name, bytes=facts["bytes"], content_hash=content_hash)

    def find(self, source: str, who: Principal | str) -> StagedFile:
        """The file that a source names, ``upload:ID/name`` or, of a part of it, ``upload:ID/name#part``; its day then begins anew.

        Raises
        ------
        InvalidInput, NotFound
            The source is not written as one, or there is no such file of this person's.
        """
        match = _SOURCE.match(source)
        if match is None:
            raise InvalidInput("That is no uploaded file.", fix="Write what the upload answered: upload:ID/name.")
        folder = self.folder / match["id"]
        try:
            facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
            named, inside = _part(match["name"], facts["name"])
            if not named or facts["by"] != (who if isinstance(who, str) else who.name):
                raise FileNotFoundError
            os.utime(folder)
            return StagedFile(path=folder / facts["name"], inside=inside, **facts)
        except (OSError, ValueError, KeyError) as error:
            # Whose it is, if it is there, is nobody else's business.
            raise NotFound("There is no such upload.", fix="Uploads are kept for a day: upload the file again.") from error

    def drop(self, source: str, who: Principal | str) -> None:
        """Remove a file that is needed no longer.

        Raises
        ------
        InvalidInput, NotFound
            There is no such file of this person's.
        """
        shutil.rmtree(self.find(source, who).path.parent, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what has lain there for a day."""
        sweep_uploads(self.folder)

    def _bring(self, source: Path | Arrived, folder: Path) -> tuple[str, str]:
        if isinstance(source, Arrived):
            source.path.rename(folder / source.path.name)
            return source.path.name, source.content_hash
        name = source.name.lstrip(".") or "upload"
        digest = hashlib.sha256()
        try:
            stream = source.open("rb")
        except OSError as error:
            raise UnreadableFile(f"{source} cannot be read: {error.strerror}.", fix="Check the path and its permissions.") from error
        with stream, (folder / name).open("xb") as kept:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                kept.write(chunk)
        return name, f"sha256:{digest.hexdigest()}"


def _part(written: str, name: str) -> tuple[bool, str | None]:
    """Whether a source names the file of that name, and what of it."""
    if written == name:
        return True, None
    return written.startswith(f"{name}#"), written[len(name) + 1 :] or None


def sweep_uploads(folder: Path) -> None:
    """Remove uploads, and what a killed process left of one, after a day. Another process may be removing its own meanwhile."""
    for old in make_private(folder).iterdir():
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
