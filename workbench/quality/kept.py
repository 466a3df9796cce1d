"""Profiles, assessments and expectations in the metadata store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select, update

from workbench.core.clock import from_iso, iso
from workbench.core.errors import NotFound
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.quality.records import Assessment, Expectation, Profile, TimePoint
from workbench.store.tables import expectations, quality_assessments, quality_profiles
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Kept", "Past"]


@dataclass(frozen=True)
class Past:
    """What is watched over time: the figures of earlier assessments, oldest first, and when the last was."""

    figures: tuple[Mapping[str, float], ...]
    last_at: datetime | None


class Kept:
    """Rows may hold values of people's data: :meth:`erase` removes all of a dataset's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def profile(self, table_uuid: str, snapshot_id: int) -> Profile | None:
        """The profile of a snapshot, if there is one."""
        t = quality_profiles
        with self._store.read() as conn:
            body = conn.execute(select(t.c.body).where(t.c.table_uuid == table_uuid, t.c.snapshot_id == snapshot_id)).scalar()
        return None if body is None else Profile.model_validate_json(body)

    def newest_profiles(self, limit: int = 200) -> tuple[Profile, ...]:
        """The newest profile of each dataset, of those profiled last."""
        t = quality_profiles
        newest = (
            select(t.c.table_uuid, func.max(t.c.at).label("at")).group_by(t.c.table_uuid).order_by(func.max(t.c.at).desc()).limit(limit)
        )
        chosen = newest.subquery()
        with self._store.read() as conn:
            bodies = (
                conn.execute(select(t.c.body).join(chosen, (t.c.table_uuid == chosen.c.table_uuid) & (t.c.at == chosen.c.at)))
                .scalars()
                .all()
            )
        return tuple(Profile.model_validate_json(body) for body in bodies)

    def keep_profile(self, conn: Connection, table_uuid: str, snapshot_id: int, profile: Profile, at: datetime) -> None:
        """Keep the profile of a snapshot; the first one stays, unless it lacked references."""
        t = quality_profiles
        values = {"table_uuid": table_uuid, "snapshot_id": snapshot_id, "at": iso(at), "body": profile.model_dump_json()}
        if not insert_if_absent(conn, t, values) and profile.references:
            here = (t.c.table_uuid == table_uuid) & (t.c.snapshot_id == snapshot_id) & t.c.body.contains('"references":false')
            conn.execute(update(t).where(here).values(body=values["body"]))

    def assessment(self, table_uuid: str, snapshot_id: int | None) -> Assessment | None:
        """The newest assessment of a snapshot."""
        t = quality_assessments
        here = select(t.c.body).where(t.c.table_uuid == table_uuid, t.c.snapshot_id == snapshot_id).order_by(t.c.at.desc()).limit(1)
        with self._store.read() as conn:
            body = conn.execute(here).scalar()
        return None if body is None else Assessment.model_validate_json(body)

    def keep_assessment(
        self, conn: Connection, table_uuid: str, assessment: Assessment, figures: Mapping[str, float], found: Sequence[str]
    ) -> None:
        """Add an assessment to a dataset's history."""
        snapshot_id = assessment.ref.snapshot_id if assessment.ref else None
        values = {
            "id": new_id(),
            "table_uuid": table_uuid,
            "snapshot_id": snapshot_id,
            "at": iso(assessment.at),
            "run_id": assessment.run_id,
        }
        figured = {"rows": assessment.rows, "score": assessment.score, "body": assessment.model_dump_json()}
        conn.execute(
            insert(quality_assessments).values(**values, **figured, figures=json.dumps(dict(figures)), anomalies=json.dumps(list(found)))
        )

    def history(self, table_uuid: str, limit: int) -> tuple[TimePoint, ...]:
        """The newest assessments, oldest first."""
        t = quality_assessments
        with self._store.read() as conn:
            rows = conn.execute(select(t).where(t.c.table_uuid == table_uuid).order_by(t.c.at.desc(), t.c.id.desc()).limit(limit)).all()
        return tuple(
            TimePoint(
                at=from_iso(row.at),
                snapshot_id=row.snapshot_id,
                rows=row.rows,
                score=row.score,
                dimensions={d["name"]: d["score"] for d in json.loads(row.body)["dimensions"]},
                anomalies=tuple(json.loads(row.anomalies)),
                run_id=row.run_id,
            )
            for row in reversed(rows)
        )

    def past(self, table_uuid: str, limit: int = 30) -> Past:
        """What was watched in the newest assessments, one a snapshot."""
        t = quality_assessments
        with self._store.read() as conn:
            rows = conn.execute(
                select(t.c.at, t.c.snapshot_id, t.c.figures).where(t.c.table_uuid == table_uuid).order_by(t.c.at.desc()).limit(3 * limit)
            ).all()
        # Looking twice at one snapshot tells nothing new.
        newest = {row.snapshot_id: row for row in reversed(rows)}
        figures = [json.loads(row.figures) for row in sorted(newest.values(), key=lambda row: row.at)]
        return Past(tuple(figures[-limit:]), from_iso(rows[0].at) if rows else None)

    def expectations(self, table_uuid: str) -> tuple[Expectation, ...]:
        """What is expected of a dataset, in the order it was said."""
        t = expectations
        with self._store.read() as conn:
            rows = conn.execute(select(t.c.body).where(t.c.table_uuid == table_uuid).order_by(t.c.created_at, t.c.id)).scalars().all()
        return tuple(Expectation.model_validate_json(body) for body in rows)

    def compared(self) -> dict[str, frozenset[str]]:
        """The names of the datasets that those are compared with of which something is expected beside another, by table UUID."""
        t, found = expectations, dict[str, set[str]]()
        with self._store.read() as conn:
            for uuid, body in conn.execute(select(t.c.table_uuid, t.c.body).where(t.c.body.contains("foreign_key"))):
                if name := Expectation.model_validate_json(body).dataset:
                    found.setdefault(uuid, set()).add(name)
        return {uuid: frozenset(names) for uuid, names in found.items()}

    def gates(self, table_uuid: str) -> tuple[Expectation, ...]:
        """Of these those that hold a write back."""
        return tuple(each for each in self.expectations(table_uuid) if each.severity == "gate")

    def add(self, conn: Connection, table_uuid: str, expectation: Expectation, at: datetime, principal: Principal) -> Expectation:
        """Keep an expectation under a new id; it is then no proposal any more."""
        kept = expectation.model_copy(update={"id": new_id(), "proposed": False})
        values = {"id": kept.id, "table_uuid": table_uuid, "body": kept.model_dump_json(), "created_at": iso(at)}
        conn.execute(insert(expectations).values(**values, created_by=principal.name))
        return kept

    def remove(self, conn: Connection, table_uuid: str, expectation_id: str) -> None:
        """Remove an expectation.

        Raises
        ------
        NotFound
            The dataset has none of that id.
        """
        t = expectations
        if not conn.execute(delete(t).where(t.c.table_uuid == table_uuid, t.c.id == expectation_id)).rowcount:
            raise NotFound("The dataset has no such expectation.", fix="`workbench checks list NAME` shows them with their ids.")

    def erase(self, table_uuid: str) -> None:
        """Remove everything that was found out about a dataset's values; what is expected of it stays."""
        with self._store.write() as conn:
            for table in (quality_profiles, quality_assessments):
                conn.execute(delete(table).where(table.c.table_uuid == table_uuid))
