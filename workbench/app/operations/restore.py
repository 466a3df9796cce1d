"""A workspace out of a back-up, in a folder of its own."""

from __future__ import annotations

import shutil
import sqlite3
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from workbench.app.operations import archive
from workbench.app.operations.copies import Copied, Manifest, copy_stream
from workbench.app.operations.databases import metadata_locations, move_paths
from workbench.app.operations.rewrite import LakeRewrite, Move
from workbench.core.config import FILE_NAME, FORMAT, STATE_FOLDER
from workbench.core.errors import AlreadyExists, FormatMismatch, StorageUnavailable, UnreadableFile
from workbench.core.records import Record

__all__ = ["RestoreReport", "restore"]

Progress = Callable[[str, int, int], None]

# A restored workspace stands on its own files: settings that name other databases or buckets would point it elsewhere.
_DROPPED = {
    "store": ("url",),
    "jobs": ("url",),
    "tracking": ("url",),
    "lake": ("warehouse", "s3_endpoint", "s3_region"),
}


class RestoreReport(Record):
    """What was restored where. ``dropped_settings`` named other databases or buckets and were left out."""

    root: str
    name: str
    created_at: str
    files: int
    bytes: int
    dropped_settings: tuple[str, ...] = ()


def restore(source: Path, target: Path, progress: Progress | None = None) -> RestoreReport:
    """Make a workspace of a back-up.

    Every file's checksum is compared. Paths inside the lake and the databases are changed to the new place. The folder is
    a workspace only once all is done: ``workbench.toml`` is written last.

    Raises
    ------
    AlreadyExists
        ``target`` holds a workspace or its state.
    UnreadableFile, StorageUnavailable
        The back-up is incomplete or damaged; nothing is left at ``target``.
    FormatMismatch
        A newer version made it.
    """
    source, target = source.expanduser().absolute(), target.expanduser().absolute()
    state = target / STATE_FOLDER
    if (target / FILE_NAME).exists() or state.exists():
        raise AlreadyExists(f"{target} holds a workspace.", fix="Restore into another folder.")
    target.mkdir(parents=True, exist_ok=True)
    try:
        with archive.opened(source, target) as folder:
            manifest = _manifest(folder)
            _copy(folder, state, manifest, progress or (lambda *_: None))
            _give_paths(state, manifest)
            text, dropped = _settings_text((folder / FILE_NAME).read_text(encoding="utf-8"))
        _publish(target, text)
    except BaseException:
        shutil.rmtree(state, ignore_errors=True)
        raise
    size = sum(file.bytes for file in manifest.files.values())
    return RestoreReport(
        root=str(target),
        name=manifest.name,
        created_at=manifest.created_at,
        files=len(manifest.files),
        bytes=size,
        dropped_settings=dropped,
    )


def _manifest(folder: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except (OSError, ValidationError) as error:
        raise UnreadableFile(f"{folder} is no back-up of a workspace.", fix="It should hold a manifest.json.") from error
    if manifest.format > FORMAT:
        raise FormatMismatch(
            f"The back-up has format {manifest.format}; this version reads format {FORMAT}.", fix="Install a newer workbench."
        )
    missing = {FILE_NAME, "meta.db"} - manifest.files.keys()
    if missing:
        raise UnreadableFile(f"The back-up is incomplete: it lacks {', '.join(sorted(missing))}.", fix="Use another copy of the back-up.")
    for name in manifest.files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise UnreadableFile(f"The back-up names a file outside of itself: {name}.", fix="Do not trust it.")
    return manifest


def _copy(folder: Path, state: Path, manifest: Manifest, progress: Progress) -> None:
    state.mkdir(mode=0o700)
    for index, (name, expected) in enumerate(manifest.files.items()):
        path = folder / name
        try:
            with path.open("rb") as stream:
                if name == FILE_NAME:
                    import hashlib

                    data = stream.read()
                    found = Copied(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
                else:
                    found = copy_stream(stream, state / name, path.stat().st_mode & 0o777)
        except OSError as error:
            raise StorageUnavailable(f"{name} could not be restored: {error.strerror}.", fix="Check the back-up and the disk.") from error
        if found != expected:
            raise UnreadableFile(f"{name} is not what was backed up: its checksum differs.", fix="Use another copy of the back-up.")
        progress("files", index + 1, len(manifest.files))
    if (state / "secrets").is_dir():
        (state / "secrets").chmod(0o700)


def _give_paths(state: Path, manifest: Manifest) -> None:
    from workbench.store import Store

    lake = Move(manifest.warehouse, state / "lake")
    try:
        locations = metadata_locations(state / "meta.db")
    except sqlite3.Error as error:
        raise UnreadableFile(f"meta.db of the back-up is damaged: {error}.", fix="Use another copy of the back-up.") from error
    # Also where the old place is the new one: it sees to it that no table names files outside of it.
    LakeRewrite(lake).tables(locations)
    store = Store(f"sqlite:///{state / 'meta.db'}")
    try:
        store.migrate()
        move_paths(state, store, lake, Move(manifest.state, state))
    finally:
        store.close()


def _settings_text(text: str) -> tuple[str, tuple[str, ...]]:
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(f"{FILE_NAME} of the back-up is damaged: {error}.", fix="Use another copy of the back-up.") from error
    dropped = tuple(f"{section}.{key}" for section, keys in _DROPPED.items() for key in keys if key in data.get(section, {}))
    if not dropped:
        return text, ()
    lines, section = [], ""
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("["):
            section = bare.strip("[]").strip()
        key = bare.split("=")[0].strip()
        lines.append(f"# left out by restore: {line}" if key in _DROPPED.get(section, ()) else line)
    return "\n".join(lines) + "\n", dropped


def _publish(target: Path, text: str) -> None:
    temporary = target / f".{FILE_NAME}.new"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target / FILE_NAME)
