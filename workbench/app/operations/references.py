"""Every file of the lake that a state of the metadata needs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from typing import Any

from workbench.app.operations.avro import read_avro
from workbench.core.errors import StorageUnavailable

__all__ = ["referenced_files"]

_DELETED = 2


def referenced_files(metadata_locations: Iterable[str], read: Callable[[str], bytes], exists: Callable[[str], bool]) -> set[str]:
    """Metadata, manifest lists, manifests and data files of all snapshots of the tables given.

    Parameters
    ----------
    read, exists
        How a location is read, and whether it is there.

    Raises
    ------
    StorageUnavailable
        A snapshot's metadata is missing.
    """
    found: set[str] = set()

    def get(location: str) -> bytes:
        try:
            return read(location)
        except (OSError, ValueError) as error:
            raise StorageUnavailable(
                f"The lake has lost {location}.", fix="Run `workbench doctor`, and restore an earlier back-up."
            ) from error

    for location in metadata_locations:
        found.add(location)
        metadata = _json(get(location), location)
        found.update(e["metadata-file"] for e in metadata.get("metadata-log", ()) if exists(e["metadata-file"]))
        found.update(s["statistics-path"] for s in metadata.get("statistics", ()))
        for snapshot in metadata.get("snapshots", ()):
            listing = snapshot.get("manifest-list")
            if not listing or listing in found:
                continue
            found.add(listing)
            for entry in read_avro(get(listing)):
                manifest = entry["manifest_path"]
                if manifest in found:
                    continue
                found.add(manifest)
                found.update(e["data_file"]["file_path"] for e in read_avro(get(manifest)) if e["status"] != _DELETED)
    return found


def _json(data: bytes, location: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(gzip.decompress(data) if location.endswith(".gz.metadata.json") else data)
    return loaded
