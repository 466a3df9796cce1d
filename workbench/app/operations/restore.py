"""A workspace out of a back-up, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.app.operations import archive
from workbench.app.operations.copies import Copied, Manifest, copy_stream
from workbench.app.operations.databases import metadata_locations, move_paths
from workbench.app.operations.rewrite import LakeRewrite, Move
from workbench.core.config import FILE_NAME, FORMAT, RESTORING, STATE_FOLDER
from workbench.core.errors import AlreadyExists, FormatMismatch, StorageUnavailable, UnreadableFile
from workbench.core.leftovers import is_alive
from workbench.core.records import Record

if TYPE_CHECKING:
    from workbench.store import Store

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
    if not (target / FILE_NAME).exists():
        _sweep(state)
    if (target / FILE_NAME).exists() or state.exists():
        raise AlreadyExists(f"{target} holds a workspace.", fix="Restore into another folder.")
    target.mkdir(parents=True, exist_ok=True)
    try:
        state.mkdir(mode=0o700)
    except FileExistsError as error:  # another restore was quicker: its files are not ours to remove
        raise AlreadyExists(f"{target} holds a workspace.", fix="Restore into another folder.") from error
    (state / RESTORING).write_text(str(os.getpid()), encoding="ascii")
    try:
        with archive.opened(source, target) as folder:
            manifest = _manifest(folder)
            _copy(folder, state, manifest, progress or (lambda *_: None))
            _give_paths(state, manifest)
            text, dropped = _settings_text(_text(folder / FILE_NAME))
        (state / RESTORING).unlink()
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


def _sweep(state: Path) -> None:
    """Remove what a restore to the same place left that was killed."""
    try:
        owner = int((state / RESTORING).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    if not is_alive(owner):
        shutil.rmtree(state, ignore_errors=True)


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
        archive.checked_name(name)
    return manifest


def _copy(folder: Path, state: Path, manifest: Manifest, progress: Progress) -> None:
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
        _begin_head(state, store)
    finally:
        store.close()


def _begin_head(state: Path, store: Store) -> None:
    """A back-up with secrets holds the audit log and its key, and no head."""
    from workbench.governance.audit.log import audit_log_of
    from workbench.store.secrets import SecretBox

    box = SecretBox(state / "secrets")
    if box.has("audit"):
        audit_log_of(store, state, box).begin()


def _settings_text(text: str) -> tuple[str, tuple[str, ...]]:
    data = _settings(text)
    found = [(section, key) for section, keys in _DROPPED.items() for key in keys if key in data.get(section, {})]
    if not found:
        return text, ()
    # Written anew: TOML has many ways to say one thing, and a line left in would point the workspace at another's database.
    notes = [f"# left out by restore: {section}.{key} = {_literal(data[section].pop(key))}" for section, key in found]
    lines = [f"{name} = {_literal(value)}" for name, value in data.items() if not isinstance(value, dict)]
    for name, values in data.items():
        if isinstance(values, dict) and values:
            lines += ["", f"[{_string(name)}]", *(f"{_string(key)} = {_literal(value)}" for key, value in values.items())]
    written = "\n".join([*notes, *lines]) + "\n"
    if _settings(written) != {name: value for name, value in data.items() if value != {}}:
        raise UnreadableFile(
            f"{FILE_NAME} of the back-up cannot be written anew.", fix=f"Take {found[0][0]}.{found[0][1]} out of it first."
        )
    return written, tuple(f"{section}.{key}" for section, key in found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{FILE_NAME} of the back-up is damaged: {error}.", fix="Use another copy of the back-up.") from error


def _settings(text: str) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{FILE_NAME} of the back-up is damaged: {error}.", fix="Use another copy of the back-up.") from error
    for name, value in data.items():
        plain = value.values() if isinstance(value, dict) else [value] if name == "format" else [None]
        if not all(isinstance(each, str | int | float) for each in plain):
            raise UnreadableFile(f"{FILE_NAME} of the back-up is damaged: {name} is no section of plain values.", fix="Do not trust it.")
    return data


def _literal(value: str | float) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return _string(value) if isinstance(value, str) else repr(value)


def _string(text: str) -> str:
    # JSON's strings are TOML's, but for one character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _publish(target: Path, text: str) -> None:
    temporary = target / f".{FILE_NAME}.new"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target / FILE_NAME)
