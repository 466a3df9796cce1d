"""What two pinned copies of a pipeline's folder have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from workbench.pipelines.records import Step
from workbench.pipelines.repeated import Piece

__all__ = ["code_of", "pieces"]

# What else lies in a pipeline's folder may be what its steps have written there.
_CODE = (".py", ".ipynb", ".sql")


def pieces(source: Path, step: Step) -> list[Piece]:
    """A step's cells with code, its statements, or its text as a whole, in order."""
    text = (source / step.file).read_text(encoding="utf-8")
    if step.file.endswith(".ipynb"):
        import nbformat

        notebook = nbformat.v4.upgrade(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
        return [(str(cell.get("id", "")), cell.source) for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if step.sql:
        from workbench.query.text import split_statements

        return [(str(number), statement) for number, (_, statement) in enumerate(split_statements(text), start=1)]
    return [("", text)]


def code_of(source: Path, but: Iterable[str] = ()) -> dict[str, str]:
    """The modules, notebooks and SQL files below a folder with the SHA-256 of their content, ``but`` some; paths are relative to it."""
    left_out = set(but)
    found = {path.relative_to(source).as_posix(): path for path in sorted(source.rglob("*")) if path.suffix in _CODE and path.is_file()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if name not in left_out}
