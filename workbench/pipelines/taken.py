"""Which parameters a step's file takes, read without running it."""

from __future__ import annotations

import ast
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.pipelines.draft_records import Taken
from workbench.pipelines.function import read_signature
from workbench.pipelines.injection import parameters_source
from workbench.pipelines.readable import text_of
from workbench.pipelines.sql import read_parts

__all__ = ["taken_by"]

_TYPES = {bool: "bool", int: "int", float: "float", str: "str"}


def taken_by(folder: Path, kind: str, said: str) -> tuple[Taken, ...]:
    """The parameters of a step's file; none where it cannot be read, which is told elsewhere.

    Parameters
    ----------
    said
        What the step says it runs: a file below ``folder``, of a function ``file.py:name``.
    """
    file, _, name = said.rpartition(":") if kind == "function" else (said, "", "")
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        return ()
    try:
        text = text_of(path)
        if kind == "function":
            return tuple(Taken(name=each.name, type=each.type) for each in read_signature(text, name).arguments)
        if kind == "sql":
            return tuple(Taken(name=name) for name in dict.fromkeys(name for part in read_parts(text) for name in part.parameters))
        return tuple(_assigned(parameters_source(text)))
    except (OSError, ValueError, WorkbenchError):
        return ()


def _assigned(source: str) -> list[Taken]:
    """Names that a cell assigns, with the type of what stands there, or that it is annotated with.

    >>> _assigned("month: int = 1\\nday = '2026-01-31'")
    [Taken(name='month', type='int', default='1'), Taken(name='day', type='str', default="'2026-01-31'")]
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    found: dict[str, Taken] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name):
                said = node.annotation.id if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name) else None
                default = ast.unparse(value) if value is not None else None
                found[target.id] = Taken(name=target.id, type=said if said in _TYPES.values() else _type(value), default=default)
    return list(found.values())


def _type(value: ast.expr | None) -> str | None:
    try:
        return _TYPES.get(type(ast.literal_eval(value))) if value is not None else None
    except (ValueError, TypeError):
        return None
