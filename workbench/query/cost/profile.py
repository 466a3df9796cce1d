"""DuckDB's plan of a statement, before or after it was carried out, as a tree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.query.cost.meant import Columns, Datasets, meant, only, operator_of
from workbench.query.cost.records import PlanNode

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PLANNED", "PREFIX", "given_rows", "plan_of", "plan_text", "planned_text", "profiled_text"]

#: Before a statement: tells how it would be carried out.
PLANNED = "EXPLAIN (FORMAT json) "
#: Before a query: carries it out and tells how.
PREFIX = "EXPLAIN (ANALYZE, FORMAT json) "


def plan_of(text: str, datasets: Datasets) -> tuple[float, PlanNode]:
    """Its seconds from beginning to end, and the operators below its root."""
    told = json.loads(text)
    nodes = _tops(told)
    total = sum(map(_seconds, nodes)) or 1.0
    made = [_node(node, total, datasets)[0] for node in nodes]
    root = made[0] if len(made) == 1 else PlanNode(operator="RESULT", rows=0, seconds=0, share=0, children=tuple(made))
    return float(told.get("latency") or 0), root


def planned_text(told: pa.Table) -> str:
    """What DuckDB answers to :data:`PLANNED`, as :func:`plan_text` writes it."""
    return "\n".join(plan_text(str(row["explain_value"])) for row in told.to_pylist())


def plan_text(text: str) -> str:
    """A plan that was not carried out, an operator a line below the one that it is for, with the rows that DuckDB expects of it."""
    return "\n".join(line for node in json.loads(text) for line in _lines(node, 0)[0])


def profiled_text(text: str, datasets: Datasets) -> str:
    """A plan that was carried out, an operator a line below the one that it is for, with the rows that it gave and its time."""

    def lines(node: PlanNode, depth: int) -> list[str]:
        head = filter(None, (_called(node.operator), node.detail, f"{node.rows:,} rows, {node.seconds * 1000:.1f} ms"))
        return ["  " * depth + "  ".join(head), *(line for child in node.children for line in lines(child, depth + 1))]

    seconds, root = plan_of(text, datasets)
    return "\n".join([f"{seconds:.3f} s", *lines(root, 1)])


def given_rows(text: str) -> int | None:
    """The rows that the statement itself gave; None where several operators stand at the top."""
    tops = _tops(json.loads(text))
    return int(tops[0].get("operator_cardinality") or 0) if len(tops) == 1 else None


def _tops(told: dict[str, Any]) -> list[dict[str, Any]]:
    # What explains is an operator, too, with the query's own below.
    nodes: list[dict[str, Any]] = told.get("children") or []
    while len(nodes) == 1 and nodes[0].get("operator_type") in ("EXPLAIN_ANALYZE", "RESULT_COLLECTOR", "QUERY_ROOT"):
        nodes = nodes[0].get("children") or []
    return nodes


def _seconds(node: dict[str, Any]) -> float:
    return float(node.get("operator_timing") or 0) + sum(map(_seconds, node.get("children") or ()))


def _node(node: dict[str, Any], total: float, datasets: Datasets) -> tuple[PlanNode, Columns]:
    """An operator with what is below it, and what it gives."""
    below = [_node(child, total, datasets) for child in node.get("children") or ()]
    detail, gives = meant(node, only([given for _, given in below]), datasets)
    own = float(node.get("operator_timing") or 0)
    made = PlanNode(
        operator=operator_of(node),
        detail=detail,
        rows=int(node.get("operator_cardinality") or 0),
        seconds=own,
        share=own / total,
        children=tuple(child for child, _ in below),
    )
    return made, gives


def _called(operator: str) -> str:
    return operator.replace("_", " ").lower()


def _lines(node: dict[str, Any], depth: int) -> tuple[list[str], Columns]:
    below = [_lines(child, depth + 1) for child in node.get("children") or ()]
    detail, gives = meant(node, only([given for _, given in below]))
    rows = (node.get("extra_info") or {}).get("Estimated Cardinality")
    head = "  ".join(filter(None, (_called(operator_of(node)), detail, rows and f"~{int(rows):,} rows")))
    return ["  " * depth + head, *(line for lines, _ in below for line in lines)], gives
