"""The files of the lake and of the workspace, to look at: never to change, and nothing that lets one in."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from workbench.catalog.records import StorageEntry, StorageListing
from workbench.core.clock import from_ms
from workbench.core.errors import Forbidden, InvalidInput, NotFound, StorageUnavailable

if TYPE_CHECKING:
    from workbench.lake.storage import Storage

__all__ = ["StorageBrowser"]

# Of the state folder, what is for people to see. The rest holds keys, tokens, databases and what people uploaded.
_SHOWN_STATE = {"lake", "logs", "executed", "index"}
_SECRET = re.compile(
    r"^\.env|^\.netrc$|^\.pgpass$|^\.git-credentials$|^\.(ssh|gnupg|aws|azure|kube|docker|npmrc|pypirc)$|^id_(rsa|dsa|ecdsa|ed25519)"
    r"|(^|[._-])(secret|secrets|token|tokens|credential|credentials|password|passwords|passwd|apikey|private_key)([._-]|$)"
    r"|\.(key|pem|p12|pfx|jks|keystore|kdbx|asc|gpg|ppk)$",
    re.IGNORECASE,
)


class StorageBrowser:
    """Looks into two places: ``lake`` (the tables' files, on this machine or in S3) and ``workspace`` (the project's folder).

    What is named like a key, token or password is neither listed nor looked into, and no link leads out.
    """

    def __init__(self, root: Path, state: Path, storage: Storage) -> None:
        self._root = root.resolve()
        self._state = state.resolve()
        self._storage = storage

    def list(self, path: str, after: str | None, limit: int, datasets: dict[str, tuple[str, int]]) -> StorageListing:
        """What is in a folder, by name; ``datasets`` are name and size in bytes by table location.

        Raises
        ------
        NotFound, Forbidden, InvalidInput
            There is no such folder, it is not shown, or the path is none.
        """
        parts = _parts(path)
        if not parts:
            places = (StorageEntry(kind="folder", name=name, path=name) for name in ("lake", "workspace"))
            return StorageListing(path="", entries=tuple(places))
        place, inside = parts[0], parts[1:]
        if place not in ("lake", "workspace"):
            raise NotFound(f"There is no place {place!r}.", fix="There are 'lake' and 'workspace'.")
        if any(_SECRET.search(part) for part in parts):
            raise Forbidden("What is named like a key or token is not shown.", fix="Look at it on the machine itself.")
        if place == "lake" and not self._storage.local:
            found = self._in_bucket(inside)
        else:
            found = self._in_folder(Path(self._storage.warehouse) if place == "lake" else self._root, inside)
        wanted = heapq.nsmallest(limit + 1, (entry for entry in found if after is None or entry.name > after), key=lambda each: each.name)
        prefix = "/".join(parts)
        known = datasets if place == "lake" else {}
        entries = tuple(_told(entry, f"{prefix}/{entry.name}", known.get(entry.path)) for entry in wanted[:limit])
        return StorageListing(path=prefix, entries=entries, after=entries[-1].name if len(wanted) > limit else None)

    def _in_folder(self, base: Path, inside: tuple[str, ...]) -> Iterator[StorageEntry]:
        """The entries, each with its location as ``path``."""
        base = base.resolve()
        folder = base.joinpath(*inside).resolve()
        if folder != base and base not in folder.parents:
            raise Forbidden("A link that leads out of the place is not followed.", fix="Look at it on the machine itself.")
        if not self._may_show(folder, base):
            raise Forbidden("This part of the workspace is not shown.", fix="It holds the workbench's own databases and keys.")
        try:
            entries = list(os.scandir(folder))
        except NotADirectoryError:
            raise InvalidInput(f"{'/'.join(inside)!r} is a file.", fix="Ask for the folder it is in.") from None
        except FileNotFoundError:
            raise NotFound(f"There is no folder {'/'.join(inside)!r}.", fix="Ask for the folder above it.") from None
        except OSError as error:
            raise StorageUnavailable(f"The folder cannot be read: {error.strerror}.", fix="Check its permissions.") from error
        for entry in entries:
            if not _SECRET.search(entry.name) and not entry.is_symlink() and self._may_show(folder / entry.name, base):
                found = _of_file(folder, entry)
                if found is not None:
                    yield found

    def _may_show(self, path: Path, base: Path) -> bool:
        if self._state not in (path, *path.parents) or path == self._state:
            return True
        return path.relative_to(self._state).parts[0] in _SHOWN_STATE or base == path or self._state in base.parents

    def _in_bucket(self, inside: tuple[str, ...]) -> Iterator[StorageEntry]:
        from pyarrow.fs import FileSelector, FileType

        from workbench.lake.storage import storage_errors

        folder = "/".join((self._storage.warehouse, *inside))
        scheme, bucket, path = self._storage.io.parse_location(folder)
        with storage_errors("look into the lake"):
            files = self._storage.io.fs_by_scheme(scheme, bucket).get_file_info(FileSelector(path, allow_not_found=True))
        for file in files:
            if file.type == FileType.Directory:
                yield StorageEntry(kind="folder", name=file.base_name, path=f"{folder}/{file.base_name}")
            elif file.type == FileType.File and not _SECRET.search(file.base_name):
                where = f"{folder}/{file.base_name}"
                yield StorageEntry(kind="file", name=file.base_name, path=where, bytes=file.size, modified_at=file.mtime)


def _told(entry: StorageEntry, path: str, dataset: tuple[str, int] | None) -> StorageEntry:
    name, size = dataset or (None, entry.bytes)
    return entry.model_copy(update={"path": path, "dataset": name, "bytes": size})


def _of_file(folder: Path, entry: os.DirEntry[str]) -> StorageEntry | None:
    try:
        facts = entry.stat(follow_symlinks=False)
        kind = "folder" if entry.is_dir(follow_symlinks=False) else "file" if entry.is_file(follow_symlinks=False) else None
        entry.name.encode()
    except (OSError, UnicodeEncodeError):  # gone meanwhile, or a name that no answer can hold
        return None
    if kind is None:  # a socket, a device
        return None
    size = facts.st_size if kind == "file" else None
    return StorageEntry(
        kind="folder" if kind == "folder" else "file",
        name=entry.name,
        path=str(folder / entry.name),
        bytes=size,
        modified_at=from_ms(facts.st_mtime_ns // 1_000_000),
    )


def _parts(path: str) -> tuple[str, ...]:
    parts = tuple(part for part in PurePosixPath(path.strip().strip("/")).parts if part != ".")
    if ".." in parts or any("\\" in part or "\0" in part for part in parts):
        raise InvalidInput(f"{path!r} is no path below the lake or the workspace.", fix="Begin with 'lake' or 'workspace', without '..'.")
    return parts
