"""Lineage as one principal sees it: a way through a dataset that is not seen is no way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lineage.records import LineageEdge, LineageGraph, LineageNode

if TYPE_CHECKING:
    from workbench.governance.seen.view import View

__all__ = ["seen_graph"]


def seen_graph(view: View, graph: LineageGraph) -> LineageGraph:
    """What of a graph is seen, whose ways lead through seen datasets only.

    Files, and datasets that are there no longer, vanish: nobody can say any more who may know of them. An edge tells what kind of work it
    was, and its notebook where that is granted; of its columns those that are seen at both ends.
    """
    names = view.names_by_uuid
    columns = {node.id: view.shown(names[node.id]).columns for node in graph.nodes if node.id in names}
    nodes = tuple(_node(node, names[node.id]) for node in graph.nodes if node.id in names)
    edges = (edge for edge in graph.edges if edge.source in columns and edge.target in columns)
    return graph.model_copy(update={"nodes": nodes, "edges": tuple(_edge(view, edge, columns) for edge in edges)})


def _node(node: LineageNode, name: str) -> LineageNode:
    return node.model_copy(update={"name": name, "zone": name.partition(".")[0]})


def _edge(view: View, edge: LineageEdge, columns: dict[str, frozenset[str]]) -> LineageEdge:
    granted = edge.notebook is not None and view.rights.may_on("read", f"notebook:{edge.notebook}")
    kept = (each for each in edge.columns if each.source in columns[edge.source] and each.target in columns[edge.target])
    return edge.model_copy(
        update={
            "job": edge.kind,
            "notebook": edge.notebook if granted else None,
            "cell": edge.cell if granted else None,
            "columns": tuple(kept),
        }
    )
