"""The recipes of datasets, by version, and which of them a dataset holds now."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pyiceberg.table.snapshots import Operation
from sqlalchemy import Connection, select

from workbench.core.clock import from_iso, iso
from workbench.ingest.recipes.records import Recipe
from workbench.lake.describe import KEY_PROPERTY, RUN_PROPERTY
from workbench.lake.staging import lineage_of
from workbench.store.tables import recipes
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.snapshots import Snapshot

    from workbench.store.store import Store

__all__ = ["Applied", "KeptRecipes", "applied", "applied_by"]

_KEY = re.compile(r"recipe/main/(?P<uuid>[0-9a-f-]{36})@(?P<snapshot>-?\d+):(?P<fingerprint>[0-9a-f]{16}):(?P<version>\d+):")


@dataclass(frozen=True)
class Applied:
    """What made a snapshot: this version of the dataset's recipe, of this snapshot of its source, in this run. ``as_made``: the
    dataset has the columns still that it had then."""

    source_uuid: str
    source_snapshot: int | None
    fingerprint: str
    version: int
    snapshot_id: int
    run_id: str = ""
    rows: int = 0
    as_made: bool = True

    @staticmethod
    def key(source_uuid: str, snapshot: int | None, fingerprint: str, version: int, nonce: str) -> str:
        """The key of the commit that makes it; the snapshot's summary keeps it."""
        return f"{source_uuid}@{snapshot or 0}:{fingerprint}:{version}:{nonce}"


def applied_by(snapshot: Snapshot) -> Applied | None:
    """What recipe made a snapshot, or None."""
    facts = snapshot.summary.additional_properties if snapshot.summary else {}
    found = _KEY.search(facts.get(KEY_PROPERTY, ""))
    if found is None:
        return None
    return Applied(
        found["uuid"],
        int(found["snapshot"]) or None,
        found["fingerprint"],
        int(found["version"]),
        snapshot.snapshot_id,
        facts.get(RUN_PROPERTY, ""),
        int(facts.get("total-records", 0)),
    )


def applied(metadata: TableMetadata) -> Applied | None:
    """The recipe whose rows main holds now; None where somebody else wrote since. A rollback brings the earlier one back."""
    for snapshot in lineage_of(metadata, metadata.current_snapshot_id):
        if snapshot.summary is not None and snapshot.summary.operation == Operation.REPLACE:
            continue  # compaction: the same rows
        found = applied_by(snapshot)
        return found and replace(found, as_made=snapshot.schema_id == metadata.current_schema_id)
    return None


class KeptRecipes:
    """Recipes by dataset and version. They may hold values of people's data (mappings, constants), which the log must not."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def versions(self, target_uuid: str) -> tuple[tuple[str, Recipe], ...]:
        """Every recipe that the dataset has had, with its source's UUID, oldest first."""
        t = recipes
        with self._store.read() as conn:
            rows = conn.execute(select(t).where(t.c.target_uuid == target_uuid).order_by(t.c.version)).all()
        return tuple((row.source_uuid, _recipe(row)) for row in rows)

    def keep(self, conn: Connection, target_uuid: str, source_uuid: str, recipe: Recipe, by: str, at: datetime) -> None:
        """Keep a version that is not kept yet."""
        body = recipe.model_dump_json(exclude={"version", "by", "at"})
        values = {"target_uuid": target_uuid, "version": recipe.version, "source_uuid": source_uuid, "body": body, "at": iso(at), "by": by}
        insert_if_absent(conn, recipes, values)


def _recipe(row: Any) -> Recipe:
    return Recipe.model_validate_json(row.body).model_copy(update={"version": row.version, "by": row.by, "at": from_iso(row.at)})
