"""A notebook's parameters, where Papermill has them: the cell tagged ``parameters``, and after it one tagged ``injected-parameters``; in a
notebook without the former, the latter at the top.

Papermill's own function takes 0.6 seconds to import, for each step anew, and brings threads. Its conventions are followed; a test compares
the values that both inject.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable
from typing import Any

import nbformat
from nbformat import NotebookNode

from workbench.pipelines.reading import read_notebook

__all__ = ["inject", "parameter_names", "parameters_source", "untaken_by"]

_DECLARED, _INJECTED = "parameters", "injected-parameters"
# A line that may be IPython's, where the whole is no Python.
_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)


def parameter_names(notebook: NotebookNode) -> frozenset[str] | None:
    """Names assigned in the cell tagged ``parameters``; None where there is no such cell."""
    at = _tagged(notebook, _DECLARED)
    if at is None:
        return None
    source = notebook.cells[at].source
    try:
        tree = ast.parse(source)
    except SyntaxError:
        try:
            tree = ast.parse(_MAGIC.sub(r"\1pass", source))
        except SyntaxError:
            return frozenset()  # the cell itself will fail, and say where
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def untaken_by(notebook: NotebookNode, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that a notebook does nothing with: that its cell tagged ``parameters`` does not assign. One without such a cell is
    given all, and takes those that stand anywhere in its code."""
    declared = parameter_names(notebook)
    if declared is None:
        code = "\n".join(
            cell.source for cell in notebook.cells if cell.cell_type == "code" and _INJECTED not in cell.metadata.get("tags", [])
        )
        declared = frozenset(re.findall(r"[^\W\d]\w*", code))
    return [name for name in names if name not in declared]


def parameters_source(text: str) -> str:
    """The code of a notebook's cell tagged ``parameters``; empty where it has none. Raises ValueError where the text is no notebook."""
    try:
        notebook = read_notebook(text)
        at = _tagged(notebook, _DECLARED)
    except Exception as error:  # it has many for that
        raise ValueError("no notebook") from error
    return "" if at is None else str(notebook.cells[at].source)


def inject(notebook: NotebookNode, parameters: dict[str, Any]) -> NotebookNode:
    """Papermill's injection, in place: a cell after the one tagged ``parameters``, holding those of the parameters that this names; in a
    notebook without such a cell one at the top, holding all. It takes the place of an earlier injected one."""
    names = parameter_names(notebook)
    lines = [f"{name} = {_literal(value)}\n" for name, value in parameters.items() if names is None or name in names]
    if lines:
        cell = nbformat.v4.new_code_cell(source="".join(["# Parameters\n", *lines]), metadata={"tags": [_INJECTED]})  # type: ignore[no-untyped-call]
        earlier, declared = _tagged(notebook, _INJECTED), _tagged(notebook, _DECLARED)
        if earlier is not None:
            notebook.cells[earlier] = cell
        else:
            notebook.cells.insert(0 if declared is None else declared + 1, cell)
    return notebook


def _tagged(notebook: NotebookNode, tag: str) -> int | None:
    tagged = (at for at, cell in enumerate(notebook.cells) if cell.cell_type == "code" and tag in cell.metadata.get("tags", []))
    return next(tagged, None)


def _literal(value: Any) -> str:
    """A value of JSON as Python writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{str(key)!r}: {_literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(value if value is None or isinstance(value, (bool, int, float)) else str(value))
