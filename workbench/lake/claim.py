"""Who owns a warehouse: a small file in it says so, and nobody else writes or deletes there.

Two copies of a workspace on one warehouse would each take the other's files for orphans and expire what the other's tables
need. A workspace is known by the first event of its log, which every copy of it has, and by where its database is, which no
copy shares: the number of its file, which a renamed folder keeps, or the PostgreSQL database. Where copies of a folder share a
database, the number of the warehouse's folder tells the one that was moved from the others.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy import select

from workbench.core.clock import iso, now
from workbench.core.errors import Conflict
from workbench.core.records import Record
from workbench.lake.storage import Storage, storage_errors
from workbench.store.tables import run_events

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["MARKER", "Claim", "Owner"]

MARKER = "_workbench_owner.json"
LOOK_SECONDS = 300.0  # so long a process goes on before it sees that another one has adopted the warehouse


class Owner(Record):
    """What the file says. ``workspace`` and ``place`` are compared, and ``folder`` (the number of a local warehouse's folder) where it was
    moved; the rest is for people."""

    workspace: str
    place: str
    database: str
    host: str
    since: str
    folder: str = ""


class Claim:
    """Takes a warehouse that is nobody's, and keeps off one that is somebody else's. Thread-safe."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._store = store
        self._storage = storage
        self._location = f"{storage.warehouse}/{MARKER}"
        self._guard = threading.Lock()
        self._good_until = 0.0

    def check(self) -> None:
        """Before anything is written or deleted. Looks into the warehouse every few minutes; in between it costs nothing.

        Raises
        ------
        Conflict
            The warehouse is another workspace's, or another copy's of this one.
        StorageUnavailable
            It cannot be reached.
        """
        if time.monotonic() < self._good_until:
            return
        with self._guard:
            mine = self._mine()
            if mine is None:  # nothing was ever done here: whoever does begins a run first
                return
            found = self._read()
            if found is None or not _same(found, mine):
                found = self._settle(mine)
            if found is None or not _same(found, mine):
                raise self._refused(found, mine)
            self._good_until = time.monotonic() + LOOK_SECONDS

    def foreign(self) -> Owner | None:
        """Who else owns the warehouse; None where this workspace does or may. Changes nothing."""
        mine = self._mine()
        with self._store.lock("lake owner"):
            found = self._read()
        if mine is None or found is None or _same(found, mine) or self._came_along(found, mine):
            return None
        return found

    def moved_from(self, old: str) -> bool:
        """Whether the lake at the folder ``old`` is this one, moved: its marker came along in the same folder, and none stayed there.

        For a database outside of the workspace, which every copy of the folder shares: only its owner may change it. A folder that was
        renamed keeps its number, and a copy has another, on this machine and on others: what they have at ``old`` cannot be seen from
        here, and their names may be the same.
        """
        mine, found = self._mine(), self._read()
        here = mine is not None and found is not None and _same(found, mine) and found.folder == self._folder() != ""
        place = old.removeprefix("file://")
        return here and place.startswith("/") and not os.path.lexists(place)

    def adopt(self) -> None:
        """Own the warehouse from now on. Others that used it are refused within minutes."""
        mine = self._mine()
        if mine is not None:
            with self._store.lock("lake owner"):
                self._write(mine)

    # ---------------------------------------------------------------------------------------------------------- inside

    def _settle(self, mine: Owner) -> Owner | None:
        # Alone among the processes of this workspace: another one may be writing the file at this moment.
        with self._store.lock("lake owner"):
            found = self._read()
            if found is None or self._came_along(found, mine):
                self._write(mine)
                found = self._read()
            return found

    def _mine(self) -> Owner | None:
        with self._store.read() as conn:
            first = conn.execute(select(run_events.c.id).order_by(run_events.c.seq).limit(1)).scalar_one_or_none()
        if first is None:
            return None
        shown = self._store.backend.shown
        return Owner(workspace=first, place=self._store.place(), database=shown, host=platform.node(), since=iso(now()))

    def _read(self) -> Owner | None:
        with storage_errors("see whose the lake is"):
            file = self._storage.io.new_input(self._location)
            try:
                with file.open() as stream:
                    text = stream.read()
            except FileNotFoundError:
                return None
        try:
            return Owner.model_validate_json(text)
        except ValidationError:
            return Owner(workspace="?", place="?", database="an unknown one", host="?", since="?")

    def _folder(self) -> str:
        if not self._storage.local:
            return ""
        folder = Path(self._storage.warehouse)
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder.stat().st_ino)

    def _write(self, owner: Owner) -> None:
        with (
            storage_errors("mark the lake as this workspace's"),
            self._storage.io.new_output(self._location).create(overwrite=True) as stream,
        ):
            stream.write(json.dumps(owner.model_dump() | {"folder": self._folder()}, indent=1).encode())

    def _came_along(self, found: Owner, mine: Owner) -> bool:
        """Whether the warehouse was copied together with the database: it lies beside it, so nobody else has it."""
        path = self._store.path
        if not self._storage.local or path is None or found.workspace != mine.workspace:
            return False
        return os.path.realpath(self._storage.warehouse).startswith(f"{os.path.realpath(path.parent)}/")

    def _refused(self, found: Owner | None, mine: Owner) -> Conflict:
        who = "another copy of this workspace" if found is not None and found.workspace == mine.workspace else "another workspace"
        told = f": {found.database} on {found.host}, since {found.since}" if found is not None else ""
        return Conflict(
            f"The lake {self._storage.warehouse} belongs to {who}{told}. Nothing was written or deleted.",
            fix="Give this one a lake.warehouse of its own. If it is the one that shall own the lake, run: workbench adopt",
        )


def _same(found: Owner, mine: Owner) -> bool:
    return (found.workspace, found.place) == (mine.workspace, mine.place)
