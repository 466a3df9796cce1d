"""What alice is told when she asks, whole: rows and their types, or the error with all that it says."""

from __future__ import annotations

import json
from typing import Any

from workbench.app.local import LocalWorkspace
from workbench.core.errors import WorkbenchError

__all__ = ["ask", "told"]


def ask(ws: LocalWorkspace, face: str, text: str) -> Any:
    """Ask by one of the faces. Rows come in no order, unless the statement says one.

    Raises
    ------
    WorkbenchError
        As the face does.
    """
    if face == "run":
        return _table(ws.query.run(text), "order by" in text)
    if face == "cut":  # with fewer rows than there are
        return _table(ws.query.run(text, limit=2), False)
    if face == "arrow":
        table = ws.query.arrow(text)
        return [str(table.schema.remove_metadata()), sorted(map(repr, table.to_pylist()))]
    if face == "explain":
        return ws.query.explain(text).model_dump(mode="json")
    if face == "estimate":
        return ws.query.estimate(text).model_dump(mode="json")
    if face == "complete":
        return [word.model_dump(mode="json") for word in ws.query.complete(text, len(text))]
    if face == "sample":
        return _table(ws.datasets.sample(text), False)
    if face == "read":
        return [repr(row) for row in ws.datasets.read(text).to_pylist()]
    if face == "column":
        name, column = text.split(" ")
        return [repr(row) for row in ws.datasets.read(name, columns=(column,)).to_pylist()]
    raise AssertionError(face)


def _table(table: Any, ordered: bool) -> dict[str, Any]:
    rows = [repr(row) for row in table.rows]
    return {"columns": list(table.columns), "rows": rows if ordered else sorted(rows), "total": table.total, "cut": table.cut_at}


def told(ws: LocalWorkspace, face: str, text: str) -> str:
    """All of it as one text; of an error its code, message, advice and details."""
    try:
        return json.dumps(ask(ws, face, text), default=str)
    except WorkbenchError as error:
        return "error " + json.dumps([error.code, error.message, error.fix, error.details], default=str)
