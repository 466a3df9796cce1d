"""Mends a workspace whose folder was moved or copied."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.app.operations.databases import move_paths
from workbench.app.operations.rewrite import LakeRewrite, Move
from workbench.core.errors import Conflict
from workbench.core.records import Record

if TYPE_CHECKING:
    from workbench.app.services import Services

__all__ = ["RelocateReport", "relocate", "strays"]


class RelocateReport(Record):
    """``moved`` are (old, new) places of the lake; empty where every path was right. ``files`` counts rewritten ones."""

    root: str
    moved: tuple[tuple[str, str], ...]
    tables: int
    files: int


def strays(services: Services) -> dict[str, list[str]]:
    """Metadata locations that are not below the warehouse, by the warehouse they name."""
    found: dict[str, list[str]] = {}
    for location in _locations(services):
        if not services.lake.storage.holds(location):
            # <warehouse>/<namespace>/<table>-<uuid>/metadata/<file>
            found.setdefault(location.rsplit("/", 4)[0], []).append(location)
    return found


def _locations(services: Services) -> list[str]:
    current = services.lake.catalog.names().values()
    return sorted({*current, *(table.metadata_location for table in services.lake.dropped())})


def relocate(services: Services) -> RelocateReport:
    """Give the lake and the databases the paths of the folder they are in now.

    Interrupted, it is simply run again: the databases change last, in one transaction.

    Raises
    ------
    Conflict
        The workbench is running; or the database lies outside of the workspace, and may be another copy's.
    StorageUnavailable
        A file is not where the folder should have it.
    """
    from workbench.jobs.supervisor import state

    if state(services.settings)["supervisor"]["status"] != "stopped":
        raise Conflict("The workbench is running.", fix="Stop it first: workbench down.")
    storage = services.lake.storage
    by_root = strays(services) if storage.local else {}
    if by_root and not _own_database(services):
        for old in by_root:
            _check_moved(services, old)
    files = tables = 0
    for old, locations in by_root.items():
        lake = Move(old, storage.warehouse)
        rewrite = LakeRewrite(lake)
        rewrite.tables(locations)
        move_paths(services.settings.state, services.store, lake, Move(Path(old).parent, services.settings.state))
        files += rewrite.files
        tables += len(locations)
    if by_root:
        services.lake.claim.adopt()
    moved = tuple((old, storage.warehouse) for old in by_root)
    return RelocateReport(root=str(services.settings.root), moved=moved, tables=tables, files=files)


def _own_database(services: Services) -> bool:
    """Whether the metadata store is a file of the workspace's own, which no copy shares."""
    path = services.store.path
    return path is not None and os.path.realpath(path).startswith(f"{os.path.realpath(services.settings.state)}/")


def _check_moved(services: Services, old: str) -> None:
    # Pointers in a database that others use too are not a copy's to change: the original could read none of its tables then.
    if services.lake.claim.moved_from(old):
        return
    raise Conflict(
        f"The database of this workspace lies outside of it, and its tables name files in {old}: it may be another workspace's. "
        "Nothing was changed.",
        fix="If this is a copy, remove store.url from its workbench.toml (or WORKBENCH_STORE_URL). "
        "If the folder was moved, move it back; then use workbench backup and workbench restore.",
    )
