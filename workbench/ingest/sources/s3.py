"""Files in S3 buckets, by the workspace's own S3 settings."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Forbidden, InvalidInput, StorageUnavailable, TooLarge, UnreadableFile
from workbench.ingest.sources.archive import members
from workbench.ingest.sources.base import Fetched, Notes
from workbench.ingest.sources.folder import Member, settle
from workbench.ingest.sources.words import has_magic

if TYPE_CHECKING:
    from workbench.core.config import LakeSettings, Settings

__all__ = ["open_objects"]

_CHUNK = 4 << 20
_SPARE = 256 << 20
_TOLD_EVERY = 64 << 20


def open_objects(source: str, settings: Settings, scratch: Path, note: Notes) -> Iterator[Fetched]:
    """The objects that ``s3://bucket/key``, ``s3://bucket/book.xlsx#Sheet2``, ``s3://bucket/prefix/`` or ``s3://bucket/data/*.csv``
    names, each copied to ``scratch`` when its turn comes.

    Raises
    ------
    InvalidInput, Forbidden
        It is no such address, or one of the lake's own files.
    UnreadableFile, TooLarge, StorageUnavailable
        There is no such object, it is too large, the store does not answer or there is no room.
    """
    bucket, _, key = source.removeprefix("s3://").removeprefix("S3://").partition("/")
    if not bucket or has_magic(bucket):
        raise InvalidInput(f"{source} names no bucket.", fix="Write s3://bucket/key.")
    if _in_lake(f"{bucket}/{key}", settings.warehouse):
        raise Forbidden(f"{source} lies in the lake itself.", fix="Read the dataset instead.")
    store = _store(settings.lake)
    with _errors(source):
        key, inside = _inside_of(store, bucket, key)
        listed, whole = ([], True) if inside is not None else _listed(store, bucket, key)
    found = [member for member in listed if not _in_lake(member.place, settings.warehouse)]
    if len(found) < len(listed):
        note.fact(f"the lake's own files passed over: {len(listed) - len(found):,}")
    if whole:
        name = PurePosixPath(key).name
        # Of a sheet, or of a file of an archive, its own name is told, too.
        file = Fetched(scratch / "object", name, source, inside, name=name.partition(".")[0] if inside is None else "")
        _fetch(store, f"{bucket}/{key}", file.path, source, settings, note)
        yield from members(file, scratch, note)
        return
    above = f"{bucket}/{_fixed(key)}".rstrip("/").split("/")
    chosen = settle(iter(found), source, above, note)
    name = next((part for part in reversed(above) if "=" not in part), bucket)
    total = (len(chosen.files), sum(member.size for member in chosen.files))
    for index, (member, said) in enumerate(chosen):
        file = Fetched(scratch / f"object-{index}", member.below.as_posix(), source, constants=said, types=chosen.types, name=name)
        _fetch(store, member.place, file.path, f"s3://{member.place}", settings, note)
        for inner in members(file, scratch, note):
            # What was unpacked is no part of that size.
            yield replace(inner, name=name, listed=total if index == 0 and inner.path == file.path else None)


def _store(lake: LakeSettings) -> Any:
    from pyarrow.fs import S3FileSystem

    # Servers other than Amazon's refuse the checksum trailers that the client sends by default.
    os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
    os.environ.setdefault("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
    options: dict[str, Any] = {"region": lake.s3_region, "connect_timeout": 10, "request_timeout": 60}
    if lake.s3_endpoint:
        scheme, _, host = lake.s3_endpoint.rpartition("://")
        options |= {"endpoint_override": host.rstrip("/"), "scheme": scheme or "https", "force_virtual_addressing": False}
    if lake.s3_access_key_id is not None and lake.s3_secret_access_key is not None:
        options |= {"access_key": lake.s3_access_key_id.get_secret_value(), "secret_key": lake.s3_secret_access_key.get_secret_value()}
    return S3FileSystem(**options)


def _in_lake(path: str, warehouse: str) -> bool:
    """Whether ``bucket/key`` is, or a store may take it for, one of the lake's own files: what these hold is for SQL to show, to each
    what she may see."""
    return warehouse.startswith("s3://") and f"{normpath(path)}/".startswith(f"{normpath(warehouse.removeprefix('s3://'))}/")


def _inside_of(store: Any, bucket: str, key: str) -> tuple[str, str | None]:
    """The object's key, and what is meant of it after a ``#``: a key may hold one itself."""
    from pyarrow.fs import FileType

    places = [place for place, letter in enumerate(key) if letter == "#"]
    if not places or store.get_file_info(f"{bucket}/{key}").type == FileType.File:
        return key, None
    is_object = (place for place in places if store.get_file_info(f"{bucket}/{key[:place]}").type == FileType.File)
    place = next(is_object, None)
    return (key, None) if place is None else (key[:place], key[place + 1 :])


def _listed(store: Any, bucket: str, key: str) -> tuple[list[Member], bool]:
    """What lies below, or matches; and whether the key is one object."""
    from pyarrow.fs import FileSelector, FileType

    if key and not key.endswith("/"):
        info = store.get_file_info(f"{bucket}/{key}")
        if info.type == FileType.File:
            return [], True
    fixed = _fixed(key)
    base = f"{bucket}/{fixed}".rstrip("/")
    matches = _pattern(key[len(fixed) :]) if has_magic(key) else None
    entries = store.get_file_info(FileSelector(base, recursive=True, allow_not_found=True))
    below = [Member(entry.path, PurePosixPath(entry.path[len(base) + 1 :]), entry.size) for entry in entries if entry.type == FileType.File]
    return [member for member in below if matches is None or matches.match(str(member.below))], False


def _fixed(key: str) -> str:
    """The part of a pattern that names one prefix, with its last slash."""
    if not has_magic(key):
        return key if not key or key.endswith("/") else f"{key}/"
    parts = key.split("/")
    first = next(index for index, part in enumerate(parts) if has_magic(part))
    return "".join(f"{part}/" for part in parts[:first])


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of keys, read as the shell does: ``*`` and ``?`` stay within one part, ``**/`` is any number of them. What it matches as a
    folder stands for all below it.

    >>> bool(_pattern("**/*.csv").match("a/b/c.csv")), bool(_pattern("*.csv").match("a/c.csv")), bool(_pattern("m=*").match("m=1/c.csv"))
    (True, False, True)
    """
    written = ""
    index = 0
    while index < len(text):
        if text.startswith("**/", index):
            written, index = f"{written}(?:[^/]+/)*", index + 3
            continue
        char = text[index]
        close = text.find("]", index + 2) if char == "[" else -1
        if close > 0:
            inner = text[index + 1 : close].replace("\\", "\\\\").replace("/", "")
            written, index = f"{written}[{'^' + inner[1:] if inner.startswith('!') else inner}]", close + 1
            continue
        written += {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char))
        index += 1
    try:
        return re.compile(f"{written}(?:/.*)?\\Z", re.DOTALL)
    except re.error as error:  # ``[z-a]``
        raise InvalidInput(f"{text} is no pattern: of what stands in brackets none can be.", fix="Write it as '[a-z]'.") from error


def _fetch(store: Any, path: str, target: Path, shown: str, settings: Settings, note: Notes) -> None:
    with _errors(shown), store.open_input_stream(path) as source, target.open("wb") as sink:
        size = told = 0
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > settings.ingest.max_download_mb << 20:
                fix = "Raise ingest.max_download_mb in workbench.toml."
                raise TooLarge(f"{shown} is larger than {settings.ingest.max_download_mb:,} MB.", fix=fix)
            if size - told >= _TOLD_EVERY:
                told = size
                note(f"{size >> 20:,} MB of {shown} fetched")
                if shutil.disk_usage(target.parent).free < _SPARE:
                    raise StorageUnavailable(f"There is no room to fetch {shown}.", fix="Free space on the workspace's disk.")
            sink.write(chunk)


@contextmanager
def _errors(shown: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is nothing at {shown}.", fix="Check the bucket and the key.") from error
    except PermissionError as error:
        raise _refused(shown) from error
    except OSError as error:
        text = str(error)
        if "ACCESS_DENIED" in text or "HTTP status 403" in text or "InvalidAccessKeyId" in text or "SignatureDoesNotMatch" in text:
            raise Forbidden(
                f"{shown} may not be read with the workspace's S3 keys.", fix="Check the keys and the bucket's policy."
            ) from error
        raise StorageUnavailable(
            f"{shown} could not be fetched.", fix="Check lake.s3_endpoint and lake.s3_region, then try again."
        ) from error


def _refused(shown: str) -> Forbidden:
    return Forbidden(f"{shown} may not be read with the workspace's S3 keys.", fix="Check the keys and the bucket's policy.")
