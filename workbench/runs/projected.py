"""The current state of every run, as tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from sqlalchemy import Connection, Table, and_, insert, or_, select, update

from workbench.core.batches import batched
from workbench.core.clock import from_iso, iso
from workbench.runs.handle import ENDS
from workbench.runs.projection import Projection
from workbench.runs.records import TERMINAL, DatasetIO, Run, RunError, RunEvent, RunStatus
from workbench.runs.statements import texts
from workbench.store.tables import run_datasets, runs

__all__ = ["LOST", "RunsProjection"]

#: The error code of a run whose process is gone. It is a guess: what the run itself says later counts more.
LOST = "lost"


class RunsProjection(Projection):
    """Tables ``runs`` and ``run_datasets``."""

    name: ClassVar[str] = "runs"
    tables: ClassVar[tuple[Table, ...]] = (runs, run_datasets)

    def apply(self, conn: Connection, event: RunEvent) -> None:
        if event.type in ("run.queued", "run.started"):
            self._open(conn, event)
        elif event.type == "run.repaired":
            self._again(conn, event)
        elif event.type in ("run.read", "run.wrote"):
            self._dataset(conn, event)
        elif event.type == "run.metric":
            self._merge(conn, event.run_id, "metrics", {event.body["name"]: event.body["value"]})
        elif event.type == "run.attributes":
            self._merge(conn, event.run_id, "attributes", event.body["attributes"])
        elif event.type in ENDS:
            if event.body.get("metrics"):
                self._merge(conn, event.run_id, "metrics", event.body["metrics"])
            self._close(conn, event)

    @staticmethod
    def _open(conn: Connection, event: RunEvent) -> None:
        body, at = event.body, iso(event.at)
        queued = event.type == "run.queued"
        found = conn.execute(select(runs.c.status, runs.c.attributes, runs.c.started_at).where(runs.c.id == event.run_id)).one_or_none()
        if found is None:
            values = {
                "id": event.run_id,
                "kind": body.get("kind", "unknown"),
                "job": body.get("job", ""),
                "status": "queued" if queued else "running",
                "principal": body.get("principal", ""),
                "queued_at": at if queued else None,
                "started_at": None if queued else at,
                "params": _dump(body.get("params")),
                "metrics": "{}",
                "attributes": _dump(body.get("attributes")),
                "parent_id": body.get("parent_id"),
            }
            conn.execute(insert(runs).values(values))
        elif not queued and found.status not in ("succeeded", "cancelled", "skipped"):
            # A queued run that starts, or a failed or lost one that is taken up again.
            attributes = json.loads(found.attributes) | body.get("attributes", {})
            changed = {
                "status": "running",
                "started_at": found.started_at or at,
                "attributes": _dump(attributes),
                "ended_at": None,
                "error": None,
            }
            conn.execute(update(runs).where(runs.c.id == event.run_id).values(changed))

    @staticmethod
    def _again(conn: Connection, event: RunEvent) -> None:
        # It is as one that was queued just now; what it read and wrote before stays what it has read and written.
        body = event.body
        changed = {
            "status": "queued",
            "queued_at": iso(event.at),
            "started_at": None,
            "ended_at": None,
            "error": None,
            "metrics": "{}",
            "attributes": _dump(body["attributes"]),
        }
        if "params" in body:
            changed["params"] = _dump(body["params"])
        conn.execute(update(runs).where(runs.c.id == event.run_id).values(changed))

    @staticmethod
    def _close(conn: Connection, event: RunEvent) -> None:
        # The first end counts, except over a guess.
        guessed = and_(runs.c.status == "failed", runs.c.error.like(f'%"code":"{LOST}"%'))
        here = and_(runs.c.id == event.run_id, or_(runs.c.status.not_in(sorted(TERMINAL)), guessed))
        error = event.body.get("error")
        values = {"status": event.type.removeprefix("run."), "ended_at": iso(event.at), "error": _dump(error) if error else None}
        conn.execute(update(runs).where(here).values(values))

    @staticmethod
    def _merge(conn: Connection, run_id: str, column: str, new: dict[str, Any]) -> None:
        text = conn.execute(select(runs.c[column]).where(runs.c.id == run_id)).scalar()
        if text is not None:
            conn.execute(update(runs).where(runs.c.id == run_id).values({column: _dump(json.loads(text) | new)}))

    @staticmethod
    def _dataset(conn: Connection, event: RunEvent) -> None:
        io = DatasetIO.model_validate(event.body)
        row = {
            "run_id": event.run_id,
            "direction": "input" if event.type == "run.read" else "output",
            "kind": io.kind,
            "dataset_id": io.id,
            "name": io.name,
            "branch": io.branch,
            "snapshot_id": io.snapshot_id,
            "columns": json.dumps(io.columns, ensure_ascii=False),
            "notebook": io.notebook,
            "cell": io.cell,
        }
        # A cell that runs a hundred times reads its table once.
        same = and_(*(run_datasets.c[key].is_not_distinct_from(value) for key, value in row.items()))
        if conn.execute(select(run_datasets.c.seq).where(same).limit(1)).scalar() is None:
            conn.execute(
                insert(run_datasets).values(row | {"seq": event.seq, "rows": io.rows, "bytes": io.bytes, "operation": io.operation})
            )

    def fetch(self, conditions: Iterable[Any], limit: int | None) -> tuple[Run, ...]:
        """Runs that meet all conditions, newest first."""
        query = select(runs).where(*conditions).order_by(runs.c.id.desc())
        with self.reading() as conn:
            found = conn.execute(query if limit is None else query.limit(limit)).all()
            ios = _datasets(conn, [row.id for row in found])
            attributes = _attributes(conn, {row.id: json.loads(row.attributes) for row in found})
        return tuple(_run(row, ios.get((row.id, "input"), []), ios.get((row.id, "output"), []), attributes[row.id]) for row in found)


def _datasets(conn: Connection, ids: list[str]) -> dict[tuple[str, str], list[DatasetIO]]:
    found: dict[tuple[str, str], list[DatasetIO]] = {}
    for some in batched(ids):
        query = select(run_datasets).where(run_datasets.c.run_id.in_(some)).order_by(run_datasets.c.seq)
        for row in conn.execute(query):
            io = DatasetIO(
                kind=row.kind,
                id=row.dataset_id,
                name=row.name,
                branch=row.branch,
                snapshot_id=row.snapshot_id,
                columns=tuple(json.loads(row.columns)),
                rows=row.rows,
                bytes=row.bytes,
                operation=row.operation,
                notebook=row.notebook,
                cell=row.cell,
            )
            found.setdefault((row.run_id, row.direction), []).append(io)
    return found


def _attributes(conn: Connection, found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each run's attributes, with the text of its statement where that has not been erased."""
    hashes = {run_id: attributes["statement"] for run_id, attributes in found.items() if "statement" in attributes}
    known = texts(conn, set(hashes.values())) if hashes else {}
    for run_id, digest in hashes.items():
        if digest in known:
            found[run_id]["sql"] = known[digest]
    return found


def _run(row: Any, inputs: list[DatasetIO], outputs: list[DatasetIO], attributes: dict[str, Any]) -> Run:
    status: RunStatus = row.status
    return Run(
        id=row.id,
        kind=row.kind,
        job=row.job,
        status=status,
        principal=row.principal,
        queued_at=from_iso(row.queued_at) if row.queued_at else None,
        started_at=from_iso(row.started_at) if row.started_at else None,
        ended_at=from_iso(row.ended_at) if row.ended_at else None,
        params=json.loads(row.params),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        metrics=json.loads(row.metrics),
        attributes=attributes,
        error=RunError.model_validate_json(row.error) if row.error else None,
        parent_id=row.parent_id,
    )


def _dump(value: dict[str, Any] | None) -> str:
    return json.dumps(value or {}, ensure_ascii=False, separators=(",", ":"))
