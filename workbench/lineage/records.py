"""The lineage graph as it is shown: datasets and files joined by the runs that read and wrote them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from workbench.core.records import Record

__all__ = ["ColumnEdge", "Direction", "LineageEdge", "LineageGraph", "LineageNode"]

Direction = Literal["upstream", "downstream", "both"]


class LineageNode(Record):
    """A dataset or a file. ``depth`` is the number of hops from the node asked for (negative upstream)."""

    id: str
    kind: Literal["table", "file"]
    name: str
    zone: str = ""
    depth: int = 0


class ColumnEdge(Record):
    """The column ``target`` was made of the column ``source`` by ``transforms``, named steps in order or ``a statement``; of none it has
    the same values."""

    source: str
    target: str
    transforms: tuple[str, ...] = ()


class LineageEdge(Record):
    """``source`` was read by a run that wrote ``target``. ``job`` names the kind of work, ``run_id`` its latest run,
    ``notebook`` and ``cell`` the cell that wrote, where it was a notebook. ``columns`` are known of recipes and statements, by the names of
    that run.
    After a rollback the run is that which made the rows that are there again; where a recipe's were left, the rollback itself."""

    source: str
    target: str
    job: str
    kind: str
    run_id: str
    notebook: str | None = None
    cell: str | None = None
    last_at: datetime
    runs: int = 1
    columns: tuple[ColumnEdge, ...] = ()


class LineageGraph(Record):
    root: str
    direction: Direction
    depth: int
    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    truncated: bool = False
