"""The lineage graph around a dataset or file."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, or_, select

from workbench.core.batches import batched
from workbench.core.clock import from_iso
from workbench.core.errors import InvalidInput
from workbench.lineage.projection import LineageProjection
from workbench.lineage.records import ColumnEdge, Direction, LineageEdge, LineageGraph, LineageNode
from workbench.store.tables import lineage_edge_runs, lineage_edges, lineage_nodes, run_events

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["NODE_LIMIT", "LineageService"]

NODE_LIMIT = 2_000
_EDGES = 100  # asked about in one statement
_TRIED = 50  # runs that have joined two datasets since a step began
_BY_STATEMENT = ("a statement",)


class LineageService:
    """Answers from tables that the run log is read into; a new run is seen as soon as its commit is.

    Examples
    --------
    >>> import tempfile
    >>> from workbench.runs import DatasetIO, RunLog
    >>> from workbench.store import Store
    >>> store = Store(f"sqlite:///{tempfile.mkdtemp()}/meta.db")
    >>> store.migrate()
    >>> log = RunLog(store)
    >>> lineage = LineageService(store, log)
    >>> with log.run("ingest", "flights.csv", "ada") as run:
    ...     run.read(DatasetIO(kind="file", id="sha256:00", name="flights.csv"))
    ...     _ = run.wrote(DatasetIO(kind="table", id="0190", name="bronze.flights"))
    >>> graph = lineage.graph("0190", "bronze.flights", "upstream")
    >>> [(node.name, node.depth) for node in graph.nodes]
    [('bronze.flights', 0), ('flights.csv', -1)]
    """

    def __init__(self, store: Store, log: RunLog) -> None:
        self._store = store
        self._projection = LineageProjection(log)

    def graph(
        self,
        identifier: str,
        name: str | None = None,
        direction: Direction = "both",
        depth: int = 10,
        through: Collection[str] | None = None,
    ) -> LineageGraph:
        """What a dataset (by its table's UUID) or file (``sha256:...``) was made from, and what was made from it.

        ``depth`` is the most hops that are followed, each way. ``name`` is shown where no run has touched it. Beyond
        2,000 nodes the graph is cut and says ``truncated``. ``through``: only these nodes there are; by default all.

        Raises
        ------
        InvalidInput
            The depth is negative.
        """
        if depth < 0:
            raise InvalidInput("The depth cannot be negative.", fix="Use 0 or more hops.")
        depths: dict[str, int] = {identifier: 0}
        edges: dict[tuple[str, str], LineageEdge] = {}
        truncated = False
        with self._projection.reading() as conn:
            for sign, way in ((-1, "upstream"), (1, "downstream")):
                if direction in (way, "both"):
                    reached, crossed, cut = _walk(conn, identifier, sign, depth, NODE_LIMIT - len(depths), through)
                    for node, hops in reached.items():
                        depths.setdefault(node, hops)
                    edges |= crossed
                    truncated = truncated or cut
            nodes = _nodes(conn, depths, identifier, name)
            edges = _with_columns(conn, edges)
        ordered = sorted(edges.values(), key=lambda edge: (edge.source, edge.target))
        return LineageGraph(root=identifier, direction=direction, depth=depth, nodes=nodes, edges=tuple(ordered), truncated=truncated)

    def find(self, name: str) -> LineageNode | None:
        """The dataset or file that goes by this name or id, also one that has been dropped since; the one touched last, or None."""
        query = (
            select(lineage_nodes).where((lineage_nodes.c.id == name) | (lineage_nodes.c.name == name)).order_by(lineage_nodes.c.id.desc())
        )
        with self._projection.reading() as conn:
            row = conn.execute(query).first()
        return None if row is None else _node(row.id, row.kind, row.name, 0)


def _walk(
    conn: Connection, start: str, sign: int, depth: int, room: int, through: Collection[str] | None
) -> tuple[dict[str, int], dict[tuple[str, str], LineageEdge], bool]:
    """Breadth first: nodes with their hops, the edges between them, and whether there was no room for more."""
    near, far = (lineage_edges.c.target, lineage_edges.c.source) if sign < 0 else (lineage_edges.c.source, lineage_edges.c.target)
    reached: dict[str, int] = {}
    edges: dict[tuple[str, str], LineageEdge] = {}
    frontier, cut = [start], False
    for hops in range(1, depth + 1):
        following: list[str] = []
        for row in _rows(conn, near, frontier):
            other = row._mapping[far.key]
            if through is not None and other not in through:
                continue
            if other != start and other not in reached:
                if len(reached) >= room:
                    cut = True
                    continue
                reached[other] = sign * hops
                following.append(other)
            edges[row.source, row.target] = _edge(row)
        frontier = following
        if not frontier:
            break
    return reached, edges, cut


def _with_columns(conn: Connection, edges: dict[tuple[str, str], LineageEdge]) -> dict[tuple[str, str], LineageEdge]:
    """The edges with their columns, as the runs that refined them have said."""
    by = _refined_by(conn, edges)
    runs = sorted({run_id for run_id in by.values() if run_id is not None})
    said: dict[str, tuple[ColumnEdge, ...]] = {}
    told: dict[str, dict[str, list[list[str]]]] = {}  # of statements, which may read several datasets
    copied: dict[str, dict[str, list[list[str]]]] = {}  # which of these columns hold another's values and nothing else
    for some in batched(runs):
        chosen = run_events.c.run_id.in_(some)
        query = select(run_events.c.run_id, run_events.c.body).where(chosen, run_events.c.type == "run.attributes")
        for run_id, body in conn.execute(query):
            facts = json.loads(body).get("attributes", {})
            if "columns" in facts:
                said[run_id] = _columns(facts["columns"], facts.get("transforms", {}))
            if "column_sources" in facts:
                told[run_id] = facts["column_sources"]
                copied[run_id] = facts.get("copied_columns", {})

    def columns(run_id: str | None, source: str) -> tuple[ColumnEdge, ...]:
        if run_id in told:
            return _of_source(told[run_id], copied[run_id].get(source, []), source)
        return () if run_id is None else said.get(run_id, ())

    return {pair: edge.model_copy(update={"columns": columns(by[pair], edge.source)}) for pair, edge in edges.items()}


def _refined_by(conn: Connection, edges: dict[tuple[str, str], LineageEdge]) -> dict[tuple[str, str], str | None]:
    """The run that says what an edge's columns are made of: its own, or the statement of its step where that is SQL."""
    found: dict[tuple[str, str], str | None] = {
        pair: edge.run_id if edge.kind in ("recipe", "sql") else None for pair, edge in edges.items()
    }
    steps = [pair for pair, edge in edges.items() if edge.kind == "step" and (edge.notebook or "").endswith(".sql")]
    of = lineage_edge_runs.c
    for some in batched(steps, _EDGES):
        # A statement is begun after its step and before it ends; ids are in the order of time.
        later = [and_(of.source == pair[0], of.target == pair[1], of.run_id > edges[pair].run_id) for pair in some]
        place = func.row_number().over(partition_by=(of.source, of.target), order_by=of.run_id.desc()).label("place")
        tried = select(of.source, of.target, of.run_id, place).where(or_(*later)).subquery()
        started = and_(run_events.c.run_id == tried.c.run_id, run_events.c.type == "run.started")
        query = select(tried.c.source, tried.c.target, tried.c.run_id, run_events.c.body).join(run_events, started)
        for source, target, run_id, body in conn.execute(query.where(tried.c.place <= _TRIED).order_by(tried.c.run_id)):
            if json.loads(body).get("parent_id") == edges[source, target].run_id:
                found[source, target] = str(run_id)  # the last of them
    return found


def _of_source(told: dict[str, list[list[str]]], copied: list[list[str]], source: str) -> tuple[ColumnEdge, ...]:
    """What a statement's columns are made of, as far as one dataset goes; of what is not known to be a copy it has made something."""
    return tuple(
        ColumnEdge(source=name, target=column, transforms=() if [name, column] in copied else _BY_STATEMENT)
        for column, pairs in told.items()
        for uuid, name in pairs
        if uuid == source
    )


def _columns(origins: dict[str, list[str]], transforms: dict[str, list[str]]) -> tuple[ColumnEdge, ...]:
    return tuple(
        ColumnEdge(source=source, target=column, transforms=tuple(transforms.get(column, ())))
        for column, sources in origins.items()
        for source in sources
    )


def _rows(conn: Connection, column: Any, values: list[str]) -> Iterable[Any]:
    """Edges at the given nodes, the newest first, so that a cut graph keeps what matters now."""
    for some in batched(values):
        chosen = column.in_(some)
        yield from conn.execute(select(lineage_edges).where(chosen).order_by(lineage_edges.c.at.desc(), lineage_edges.c.source))


def _nodes(conn: Connection, depths: dict[str, int], root: str, name: str | None) -> tuple[LineageNode, ...]:
    known: dict[str, Any] = {}
    for some in batched(depths):
        query = select(lineage_nodes).where(lineage_nodes.c.id.in_(some))
        known |= {row.id: row for row in conn.execute(query)}
    nodes = []
    for identifier, hops in depths.items():
        row = known.get(identifier)
        kind = row.kind if row else "file" if identifier.startswith("sha256:") else "table"
        shown = name if identifier == root and name and kind == "table" else row.name if row else name or identifier
        nodes.append(_node(identifier, kind, shown, hops))
    return tuple(sorted(nodes, key=lambda node: (abs(node.depth), node.depth, node.name, node.id)))


def _node(identifier: str, kind: Any, name: str, hops: int) -> LineageNode:
    zone = name.partition(".")[0] if kind == "table" and "." in name else ""
    return LineageNode(id=identifier, kind=kind, name=name, zone=zone, depth=hops)


def _edge(row: Any) -> LineageEdge:
    return LineageEdge(
        source=row.source,
        target=row.target,
        job=row.job,
        kind=row.kind,
        run_id=row.run_id,
        notebook=row.notebook,
        cell=row.cell,
        last_at=from_iso(row.at),
        runs=row.runs,
    )
