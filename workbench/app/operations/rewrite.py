"""Gives an Iceberg lake other absolute paths, in place.

Iceberg writes absolute locations into table metadata (JSON), manifest lists and manifests (Avro). After the files were
moved or copied, every one of them must name the new place, for all snapshots and refs, or old snapshots break later.
Data files hold no paths and are left alone. What a lake from elsewhere names outside of the new place is refused, not
touched: it would be read, written and later deleted as the lake's own. Each file is replaced in one step and what has the
new paths already is not changed again, so that an interrupted rewrite can simply be run once more.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from workbench.app.operations.avro import rewrite_avro
from workbench.core.errors import InvalidInput, StorageUnavailable

__all__ = ["LakeRewrite", "Move"]

_POSITION_DELETES = 1


class Move:
    """Old folder to new folder, for locations as plain paths or ``file://`` URIs."""

    def __init__(self, old: str | Path, new: str | Path) -> None:
        self.old, self.new = str(old).rstrip("/"), str(new).rstrip("/")
        if self.new.startswith(f"{self.old}/"):
            raise InvalidInput(f"{self.new} lies inside {self.old}.", fix="Choose a folder beside it.")

    def __call__(self, text: str) -> str:
        """The location at its new place; any other text as it is."""
        for prefix in ("", "file://"):
            old = prefix + self.old
            if text == old or text.startswith(f"{old}/"):
                return self.new + text[len(old) :]
        return text

    def inside(self, location: Any) -> str:
        """The location at its new place.

        Raises
        ------
        StorageUnavailable
            It is not below the new place.
        """
        moved = self(location) if isinstance(location, str) else ""
        if not moved.startswith(f"{self.new}/") or ".." in moved[len(self.new) :].split("/"):
            raise StorageUnavailable(
                f"A table names a file outside of its lake: {location}.", fix="Do not trust this copy, or take that table out of it first."
            )
        return moved

    def value(self, value: Any) -> Any:
        """JSON with every location in it at its new place."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return value


class LakeRewrite:
    """One rewrite of any number of tables; a manifest that several snapshots share is rewritten once."""

    def __init__(self, move: Move, on_file: Callable[[str], None] | None = None) -> None:
        self._move = move
        self._on_file = on_file or (lambda path: None)
        self._lengths: dict[str, int] = {}
        self._lists: set[str] = set()
        self.files = 0

    def tables(self, metadata_locations: Iterable[str]) -> None:
        """Rewrite the tables whose current metadata files are given (by their old locations or new ones).

        Raises
        ------
        StorageUnavailable
            A file that a snapshot needs is not at the new place, lies outside of it, or is damaged.
        """
        for location in metadata_locations:
            self._table(self._move.inside(location))

    def _table(self, location: str) -> None:
        metadata = _load(location)
        self._move.inside(metadata.get("location"))
        for snapshot in metadata.get("snapshots", ()):
            if snapshot.get("manifest-list"):
                self._manifest_list(self._move.inside(snapshot["manifest-list"]))
        for entry in metadata.get("metadata-log", ()):
            earlier = self._move.inside(entry["metadata-file"])
            # Earlier metadata is kept for a look back only; expiry and compaction may have taken what it names.
            if Path(earlier).exists():
                self._replace(earlier, _dump(self._move.value(_load(earlier)), earlier))
        # The current metadata comes last: an interrupted rewrite finds it unchanged and begins again.
        self._replace(location, _dump(self._move.value(metadata), location))

    def _manifest_list(self, path: str) -> None:
        if path in self._lists:
            return

        def change(record: dict[str, Any]) -> dict[str, Any]:
            manifest = self._move.inside(record["manifest_path"])
            return {**record, "manifest_path": manifest, "manifest_length": self._manifest(manifest)}

        self._replace(path, rewrite_avro(_bytes(path), change))
        self._lists.add(path)

    def _manifest(self, path: str) -> int:
        if path not in self._lengths:
            data = rewrite_avro(_bytes(path), self._entry)
            self._replace(path, data)
            self._lengths[path] = len(data)
        return self._lengths[path]

    def _entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        file = entry["data_file"]
        if file.get("content") == _POSITION_DELETES:
            raise StorageUnavailable(
                "The lake holds position deletes written by another Iceberg client; they name data files inside.",
                fix="Compact those tables (workbench datasets compact NAME) where they are, then try again.",
            )
        changed = {**file, "file_path": self._move.inside(file["file_path"])}
        if isinstance(file.get("referenced_data_file"), str):
            changed["referenced_data_file"] = self._move.inside(file["referenced_data_file"])
        return {**entry, "data_file": changed}

    def _replace(self, path: str, data: bytes) -> None:
        temporary = f"{path}.rewriting"
        with open(temporary, "wb") as stream:  # noqa: PTH123 - locations are text
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)  # noqa: PTH105
        self.files += 1
        self._on_file(path)


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise StorageUnavailable(
            f"{path} is missing or cannot be read.", fix="Bring the whole workspace folder, .workbench included, to its new place."
        ) from error


def _load(path: str) -> dict[str, Any]:
    data = _bytes(path)
    try:
        loaded = json.loads(gzip.decompress(data) if path.endswith(".gz.metadata.json") else data)
    except (OSError, EOFError, ValueError):
        loaded = None
    if not isinstance(loaded, dict):
        raise StorageUnavailable(f"{path} is damaged: it is no table metadata.", fix="Take it from another copy.")
    return loaded


def _dump(metadata: dict[str, Any], path: str) -> bytes:
    data = json.dumps(metadata, separators=(",", ":")).encode()
    return gzip.compress(data) if path.endswith(".gz.metadata.json") else data
