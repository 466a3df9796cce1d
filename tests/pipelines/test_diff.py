"""Executed notebooks, compared by cell."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from workbench.pipelines.cells import executed_cells
from workbench.pipelines.diff import cells_differ


def cell(id: str, source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(source, id=id, outputs=list(outputs), execution_count=1 if outputs else None, metadata={"tags": list(tags)})


def said(*texts: str) -> list[NotebookNode]:
    return [new_output("stream", name="stdout", text=text) for text in texts]


def shown(**data: str) -> NotebookNode:
    return new_output("display_data", {key.replace("_", "/"): value for key, value in data.items()})


def written(path: Path, *cells: NotebookNode) -> Path:
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def test_cells_are_compared_by_what_they_show(tmp_path: Path) -> None:
    first = written(
        tmp_path / "a.ipynb",
        cell("pa", "n = 1", tags=("injected-parameters",)),
        cell("same", "x", *said("one\n", "two\n"), shown(image_png="AAAA", text_plain="<Figure at 0x7f00aa>")),
        cell("object", "o", shown(text_plain="<Thing at 0x7f00aa11bb22>")),
        cell("image", "plot()", shown(image_png="AAAA")),
        cell("fails", "1 / 0", new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])),
        cell("gone", "old", *said("bye")),
    )
    second = written(
        tmp_path / "b.ipynb",
        cell("same", "x", *said("one\ntwo\n"), shown(image_png="AAAA", text_plain="<Figure at 0x7f00bb>")),
        cell("object", "o", shown(text_plain="<Thing at 0x7f33cc44dd55>")),
        cell("image", "plot()", shown(image_png="BBBB")),
        cell("fails", "1 / 1", *said("1.0")),
    )
    found = {each.cell: (each.number, each.first, each.second) for each in cells_differ(executed_cells(first), executed_cells(second))}
    assert list(found) == ["image", "fails", "gone"]
    number, before, after = found["image"]
    assert number == 3
    assert str(before).startswith("image/png sha256 ")
    assert str(after).startswith("image/png sha256 ")
    assert found["fails"] == (4, "ZeroDivisionError: division by zero", "1.0")
    assert found["gone"] == (5, "bye", None)
    assert cells_differ(executed_cells(first), executed_cells(tmp_path / "missing.ipynb")) == ()
