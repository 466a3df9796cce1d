"""Edges between datasets, from what runs read and wrote."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Connection, Table, and_, insert, select, update

from workbench.core.batches import batched
from workbench.core.clock import iso
from workbench.lineage.origins import NO_DATA
from workbench.runs.events import decode
from workbench.runs.projection import Projection
from workbench.runs.records import DatasetIO, RunEvent
from workbench.store.tables import lineage_edge_runs, lineage_edges, lineage_nodes, lineage_reads, lineage_runs, run_events

__all__ = ["LineageProjection"]


class LineageProjection(Projection):
    """What a run writes depends on all it has read up to that moment, but for what the write says is unrelated to it, and on
    nothing that it reads later.

    A query that a notebook step runs is a run of its own, which writes nothing; that the step read the same tables is said by
    the step's own events. So reads are never taken from parents or children.
    """

    name: ClassVar[str] = "lineage"
    tables: ClassVar[tuple[Table, ...]] = (lineage_runs, lineage_nodes, lineage_reads, lineage_edges, lineage_edge_runs)

    def apply(self, conn: Connection, event: RunEvent) -> None:
        body = event.body
        if event.type in ("run.queued", "run.started"):
            facts = {"parent_id": body.get("parent_id"), "kind": body.get("kind", "unknown"), "job": body.get("job", "")}
            _insert_new(conn, lineage_runs, {"run_id": event.run_id}, facts)
        elif event.type in ("run.read", "run.wrote"):
            io = DatasetIO.model_validate(body)
            _insert_or_update(conn, lineage_nodes, {"id": io.id}, {"kind": io.kind, "name": io.name})
            if event.type == "run.read":
                _insert_new(conn, lineage_reads, {"run_id": event.run_id, "dataset_id": io.id}, {})
            elif io.operation == "rollback":
                self._go_back(conn, event, io)
            elif io.operation not in NO_DATA:
                self._join(conn, event, io)
        elif event.type == "dataset.renamed":
            here = lineage_nodes.c.id == body["table_uuid"]
            conn.execute(update(lineage_nodes).where(here).values(name=body["new_name"]))

    @staticmethod
    def _join(conn: Connection, event: RunEvent, io: DatasetIO) -> None:
        sources = conn.execute(select(lineage_reads.c.dataset_id).where(lineage_reads.c.run_id == event.run_id)).scalars().all()
        latest = _latest(conn, event.run_id, io) | {"at": iso(event.at)}
        for source in sources:
            if source == io.id or source in io.unrelated:  # the first: an append that looked at its own table first
                continue
            pair = {"source": source, "target": io.id}
            new = _insert_new(conn, lineage_edge_runs, pair | {"run_id": event.run_id}, {})
            counted = {"runs": lineage_edges.c.runs + 1} if new else {}
            if conn.execute(update(lineage_edges).where(_is(lineage_edges, pair)).values(latest | counted)).rowcount == 0:
                conn.execute(insert(lineage_edges).values(pair | latest | {"runs": 1}))

    @staticmethod
    def _go_back(conn: Connection, event: RunEvent, io: DatasetIO) -> None:
        """The edges that the run had which made the rows main goes back to are that run's again. Of a recipe's rows that are left,
        the edge stays as what has been; it names the run that took them back, which has no columns."""
        here = lineage_edges.c.target == io.id
        runs = select(lineage_edge_runs.c.source, lineage_edge_runs.c.run_id).where(lineage_edge_runs.c.target == io.id)
        sources: dict[str, set[str]] = {}
        for source, run_id in conn.execute(runs):
            sources.setdefault(run_id, set()).add(source)
        maker = _maker(conn, sorted(sources), io)
        again = sources[maker.run_id] if maker is not None else set()
        for source, kind in conn.execute(select(lineage_edges.c.source, lineage_edges.c.kind).where(here)).all():
            if source in again and maker is not None:
                latest = _latest(conn, maker.run_id, DatasetIO.model_validate(maker.body))
            elif kind == "recipe":
                latest = _latest(conn, event.run_id, io)
            else:
                continue
            conn.execute(update(lineage_edges).where(here, lineage_edges.c.source == source).values(latest | {"at": iso(event.at)}))


def _latest(conn: Connection, run_id: str, io: DatasetIO) -> dict[str, Any]:
    """What an edge says of its latest run."""
    run = conn.execute(select(lineage_runs.c.kind, lineage_runs.c.job).where(lineage_runs.c.run_id == run_id)).one_or_none()
    facts = {"kind": run.kind if run else "unknown", "job": run.job if run else ""}
    return {"run_id": run_id, "notebook": io.notebook, "cell": io.cell, **facts}


def _maker(conn: Connection, run_ids: list[str], io: DatasetIO) -> RunEvent | None:
    """Of these runs' writes the one that made a snapshot of a dataset, or None."""
    for some in batched(run_ids):
        chosen = run_events.c.run_id.in_(some)
        for row in conn.execute(select(run_events).where(chosen, run_events.c.type == "run.wrote").order_by(run_events.c.seq)):
            found = decode(row)
            made = DatasetIO.model_validate(found.body)
            if (made.id, made.snapshot_id) == (io.id, io.snapshot_id) and made.operation != "rollback":
                return found
    return None


def _is(table: Table, key: dict[str, Any]) -> Any:
    return and_(*(table.c[column] == value for column, value in key.items()))


def _insert_new(conn: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]) -> bool:
    """Insert a row unless its key is there; whether it was not. The write lock makes looking first safe."""
    first = next(iter(key))
    if conn.execute(select(table.c[first]).where(_is(table, key))).first() is not None:
        return False
    conn.execute(insert(table).values(key | values))
    return True


def _insert_or_update(conn: Connection, table: Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    if conn.execute(update(table).where(_is(table, key)).values(values)).rowcount == 0:
        conn.execute(insert(table).values(key | values))
