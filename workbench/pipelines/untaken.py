"""Parameters of a pipeline that no step takes: what a run is given for them does nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from workbench.core.errors import nearest
from workbench.pipelines.function import read_signature
from workbench.pipelines.injection import parameter_names, untaken_by
from workbench.pipelines.readable import text_of
from workbench.pipelines.reading import read_notebook
from workbench.pipelines.sql import read_parts

if TYPE_CHECKING:
    from workbench.pipelines.records import Pipeline

__all__ = ["Untaken", "untaken", "warnings_of", "words"]

#: What a step runs: ``notebook``, ``sql`` or ``function``, the file (of a function ``file.py:name``), and its own ``params``.
Said = tuple[str, str, Mapping[str, Any]]
#: A parameter, and a name that it may be meant to have.
Untaken = tuple[str, str | None]


def warnings_of(folder: Path, pipeline: Pipeline) -> tuple[str, ...]:
    """What is to be known of a pipeline whose files are in ``folder``, though it runs as it is."""
    if not pipeline.parameters:
        return ()
    steps = [_said(step.notebook, step.sql, step.function, step.params) for step in pipeline.steps if step.approve is None]
    found = untaken(folder, [parameter.name for parameter in pipeline.parameters], steps)
    return tuple(f"{name}: {' '.join(words(close))}" for name, close in found)


def _said(notebook: str | None, sql: str | None, function: str | None, params: Mapping[str, Any]) -> Said:
    return ("function", function, params) if function else ("sql", sql, params) if sql else ("notebook", str(notebook), params)


def words(close: str | None) -> tuple[str, str]:
    """What is the matter with a parameter that no step takes, and what to do."""
    fix = "Name it in a notebook's cell tagged `parameters`, as $name in SQL or as a function's argument; or take it away."
    return "no step takes this parameter: what a run is given for it does nothing.", f"Did you mean {close!r}?" if close else fix


def untaken(folder: Path, parameters: Iterable[str], steps: Iterable[Said]) -> list[Untaken]:
    """Those of a pipeline's parameters that none of its steps takes. A file that cannot be read, which is told elsewhere, may take all."""
    left, others = list(parameters), set[str]()
    known = frozenset(left)
    for kind, said, own in steps:
        taken = _taken(folder, kind, said, [name for name in left if name not in own])
        if taken is None:
            return []
        left = [name for name in left if name not in taken[0]]
        others |= taken[1] - known - own.keys()
    return [(name, nearest(name, sorted(others))) for name in left]


def _taken(folder: Path, kind: str, said: str, names: list[str]) -> tuple[set[str], set[str]] | None:
    """Which of ``names`` a step takes, and what it names as its parameters; None where that cannot be told."""
    file, _, function = said.rpartition(":") if kind == "function" else (said, "", "")
    try:
        text = text_of(folder / file)
        if kind == "notebook":
            notebook = _code_of(text)
            return set(names) - set(untaken_by(notebook, names)), set(parameter_names(notebook) or ())
        if kind == "sql":
            said_there = {name for part in read_parts(text) for name in part.parameters}
        else:
            signature = read_signature(text, function)
            said_there = set(names) | set(signature.names) if signature.takes_any else set(signature.names)
    except Exception:  # whatever is no notebook, no SQL, no Python
        return None
    return said_there & set(names), said_there


def _code_of(text: str) -> NotebookNode:
    """A notebook without its outputs: these may be megabytes, and checking them takes seconds. Raises whatever it is none for."""
    found = json.loads(text)
    if found["nbformat"] != nbformat.current_nbformat:
        return read_notebook(text)
    code = [cell for cell in found["cells"] if cell["cell_type"] == "code"]
    cells = [
        {"cell_type": "code", "source": "".join(cell["source"]), "metadata": {"tags": cell["metadata"].get("tags", [])}} for cell in code
    ]
    return nbformat.from_dict({"cells": cells, "metadata": {}})  # type: ignore[no-untyped-call, no-any-return]
