"""ALTER TABLE, read."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import Forbidden
from workbench.query.dml.cursor import Cursor, unread
from workbench.query.dml.records import Alter

__all__ = ["read_alter"]

_WAYS = "Write ADD COLUMN name TYPE, DROP COLUMN, RENAME COLUMN a TO b, RENAME TO, or ALTER COLUMN name TYPE wider, one in a statement."


def read_alter(tree: Any, cursor: Cursor) -> Alter:
    """The record of an ALTER TABLE. Raises as :func:`.read.read_write` does."""
    from workbench.query.dml.read import named

    actions: list[Any] = tree.args.get("actions") or []
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "VIEW":
        raise Forbidden("A view is not altered.", fix="Write CREATE OR REPLACE VIEW, or DROP VIEW and CREATE VIEW under another name.")
    if kind != "TABLE" or len(actions) != 1:
        raise Forbidden("This ALTER is not available.", fix=_WAYS)
    cursor.take("ALTER", "TABLE")
    lenient = cursor.may_take("IF", "EXISTS")
    target = named(tree.this, cursor)
    found = _action(actions[0])
    if found is None:
        raise Forbidden("This ALTER is not available.", fix=_WAYS)
    return Alter(target, if_exists=lenient, **found)


def _action(node: Any) -> dict[str, Any] | None:
    from sqlglot import exp

    from workbench.query.effort import generator

    if isinstance(node, exp.ColumnDef):
        if node.args.get("constraints") or node.args.get("position") or node.args.get("kind") is None:
            raise Forbidden(
                "A new column has a name and a type, and is empty at first.", fix="Fill it afterwards: UPDATE ... SET column = ..."
            )
        return {
            "action": "add",
            "column": node.name,
            "type": generator().generate(node.args["kind"]),
            "lenient": bool(node.args.get("exists")),
        }
    if isinstance(node, exp.Drop) and str(node.args.get("kind") or "").upper() == "COLUMN" and not node.args.get("cascade"):
        gone = (node.args.get("tables") or [node.this])[0]
        parts = getattr(gone, "parts", None) or [gone]
        if len(parts) != 1:
            raise unread()
        return {"action": "drop", "column": parts[0].name, "lenient": bool(node.args.get("exists"))}
    if isinstance(node, exp.RenameColumn):
        return {"action": "rename", "column": node.this.name, "new_name": node.args["to"].name, "lenient": bool(node.args.get("exists"))}
    if isinstance(node, exp.AlterRename):
        return {"action": "rename_table", "new_name": ".".join(part.name for part in node.this.parts)}
    if isinstance(node, exp.AlterColumn) and node.args.get("dtype") is not None:
        if any(value for key, value in node.args.items() if key not in ("this", "dtype")):
            raise Forbidden("A column is only widened.", fix="Write ALTER COLUMN name TYPE BIGINT; for other values, UPDATE afterwards.")
        return {"action": "widen", "column": node.this.name, "type": generator().generate(node.args["dtype"])}
    return None
