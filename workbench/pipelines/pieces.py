"""What a step's file consists of, to be compared with another version of it."""

from __future__ import annotations

from pathlib import Path

from workbench.pipelines.readable import text_of
from workbench.pipelines.reading import read_notebook
from workbench.pipelines.records import Step
from workbench.pipelines.repeated import Piece

__all__ = ["pieces"]


def pieces(source: Path, step: Step) -> list[Piece]:
    """A step's cells with code, its statements, or its text as a whole, in order."""
    text = text_of(source / step.file)
    if step.file.endswith(".ipynb"):
        notebook = read_notebook(text)
        return [(str(cell.get("id", "")), cell.source) for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if step.sql:
        from workbench.query.text import split_statements

        return [(str(number), statement) for number, (_, statement) in enumerate(split_statements(text), start=1)]
    return [("", text)]
