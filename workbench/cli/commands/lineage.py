"""``workbench lineage``."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from workbench.cli.output import json_option, open_workspace, show

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from workbench.lineage.records import Direction, LineageEdge, LineageGraph

__all__ = ["lineage"]


@click.command()
@click.argument("name")
@click.option("--upstream", is_flag=True, help="Only what it was made from.")
@click.option("--downstream", is_flag=True, help="Only what was made from it.")
@click.option("--depth", default=10, show_default=True, help="Hops at most.")
@click.option("--columns", is_flag=True, help="Which column comes from which, by which steps (of recipes).")
@json_option
def lineage(name: str, upstream: bool, downstream: bool, depth: int, columns: bool, as_json: bool) -> None:
    """Draw what dataset NAME was made from, and what was made from it."""
    direction = "both" if upstream == downstream else "upstream" if upstream else "downstream"
    graph = open_workspace().lineage.graph(name, cast("Direction", direction), depth)
    show(graph, as_json, lambda console: (_draw_columns if columns else _draw)(console, graph))


def _draw(console: Console, graph: LineageGraph) -> None:
    known = {node.id for node in graph.nodes}
    root = graph.root if graph.root in known else next((n.id for n in graph.nodes if n.depth == 0), graph.root)
    for way, wanted in (("upstream", "made from"), ("downstream", "used by")):
        if graph.direction not in (way, "both"):
            continue
        tree = _tree(graph, root, way)
        if tree.children:
            console.print(wanted, style="dim")
            console.print(tree)
        else:
            console.print(f"Nothing is known {'that it was made from' if way == 'upstream' else 'that was made from it'}.")
    if graph.truncated:
        console.print("There is more: raise --depth.", style="yellow")


def _draw_columns(console: Console, graph: LineageGraph) -> None:
    from workbench.cli import style

    names = {node.id: node.name for node in graph.nodes}
    rows = [
        (f"{names[edge.target]}.{column.target}", f"{names[edge.source]}.{column.source}", "; ".join(column.transforms) or "as it is")
        for edge in graph.edges
        for column in edge.columns
    ]
    if rows:
        console.print(style.table(("column", "made from", "by"), rows))
    else:
        console.print("Nothing is known of single columns: recipes and statements tell them, other runs name the datasets only.")


def _tree(graph: LineageGraph, root: str, way: str) -> Tree:
    from rich.tree import Tree

    beside: dict[str, list[tuple[str, LineageEdge]]] = {}
    for edge in graph.edges:
        here, there = (edge.target, edge.source) if way == "upstream" else (edge.source, edge.target)
        beside.setdefault(here, []).append((there, edge))
    tree = Tree(_label(graph, root))
    shown = {root}

    def grow(branch: Tree, node: str, path: frozenset[str]) -> None:
        for other, edge in beside.get(node, ()):
            if other in path:
                continue
            label = _label(graph, other)
            label.append(f"  {_step(edge)}", style="dim")
            if other in shown and beside.get(other):
                label.append("  (above)", style="dim")
                branch.add(label)
                continue
            shown.add(other)
            grow(branch.add(label), other, path | {other})

    grow(tree, root, frozenset({root}))
    return tree


def _label(graph: LineageGraph, identifier: str) -> Text:
    from rich.text import Text

    from workbench.cli import style

    node = next((n for n in graph.nodes if n.id == identifier), None)
    if node is None:
        return Text(identifier)
    return Text(node.name, style="italic" if node.kind == "file" else style.ZONE.get(node.zone, ""))


def _step(edge: LineageEdge) -> str:
    return f"← {edge.job}" if edge.job.startswith(edge.kind) else f"← {edge.kind} {edge.job}"
