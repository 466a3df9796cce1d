"""DuckDB's profile of a statement as a tree."""

from __future__ import annotations

import json
from typing import Any

from workbench.query.cost.records import PlanNode

__all__ = ["PREFIX", "given_rows", "plan_of"]

#: Before a query: carries it out and tells how.
PREFIX = "EXPLAIN (ANALYZE, FORMAT json) "


def plan_of(text: str) -> tuple[float, PlanNode]:
    """Its seconds from beginning to end, and the operators below its root."""
    told = json.loads(text)
    nodes = _tops(told)
    total = sum(map(_seconds, nodes)) or 1.0
    made = [_node(node, total) for node in nodes]
    root = made[0] if len(made) == 1 else PlanNode(operator="RESULT", rows=0, seconds=0, share=0, children=tuple(made))
    return float(told.get("latency") or 0), root


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


def _node(node: dict[str, Any], total: float) -> PlanNode:
    own = float(node.get("operator_timing") or 0)
    return PlanNode(
        operator=str(node.get("operator_name") or node.get("operator_type") or "").strip(),
        detail=_detail(node.get("extra_info")),
        rows=int(node.get("operator_cardinality") or 0),
        seconds=own,
        share=own / total,
        children=tuple(_node(child, total) for child in node.get("children") or ()),
    )


def _detail(info: Any) -> str:
    if not isinstance(info, dict):
        return str(info or "")
    left_out = ("Estimated Cardinality", "Function", "Total Files Read", "Filename(s)")
    parts = []
    for key, value in info.items():
        if key not in left_out and value not in ("", [], None):
            parts.append(f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    return "; ".join(parts)
