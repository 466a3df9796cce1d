"""Notebooks that other tools saved: in formats in which cells have no identity, and with none, or bad ones, where they should."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pyarrow as pa
import pytest

from tests.pipelines.conftest import Place
from workbench.app.local import LocalWorkspace
from workbench.pipelines.reading import read_notebook


def saved(minor: int, *sources: str, ids: tuple[Any, ...] = ()) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None} for source in sources
    ]
    for cell, name in zip(cells, ids, strict=False):
        cell["id"] = name
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}


@pytest.mark.parametrize(
    ("notebook", "ids"),
    [
        (saved(0, "1", "2"), ["cell-0", "cell-1"]),
        (saved(4, "1", "2"), ["cell-0", "cell-1"]),
        (saved(5, "1", "2"), ["cell-0", "cell-1"]),
        (saved(5, "1", "2", "3", ids=("same", "same", "other")), ["same", "cell-1", "other"]),
        (saved(5, "1", "2", "3", ids=("no id", 7, "cell-0")), ["cell-0-", "cell-1", "cell-0"]),
        (saved(9, "1", "2", ids=("a", "b")), ["a", "b"]),
    ],
)
def test_a_cell_without_an_identity_of_its_own_is_known_by_its_place(notebook: dict[str, Any], ids: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_notebook(json.dumps(notebook))
        assert [cell.id for cell in read.cells] == ids
        nbformat.validate(read)


def test_a_notebook_of_the_third_format_is_read(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "collapsed": False, "input": "print(3)", "language": "python", "metadata": {}, "outputs": []}
    third = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": [cell, cell], "metadata": {}}]}
    read = read_notebook(json.dumps(third))
    assert [(cell.id, cell.source) for cell in read.cells] == [("cell-0", "print(3)"), ("cell-1", "print(3)")]


@pytest.mark.parametrize("minor", [4, 5])
def test_what_a_notebook_without_identities_has_written_is_there_once_when_it_is_edited_and_repaired(shared: Place, minor: int) -> None:
    """As Colab and VS Code save them: a cell had another identity each time that the file was read, and its rows were written again."""
    name = f"bronze.unnamed{minor}"
    writes = f"import pyarrow as pa\nws.datasets.write('{name}', pa.table({{'n': [1]}}), 'append')"
    with LocalWorkspace(shared.settings) as ws:
        ws.datasets.write(name, pa.table({"n": pa.array([], pa.int64())}), "create")
        file = shared.make(f"unnamed{minor}", "steps: [{name: only}]", only=[]) / "only.ipynb"
        file.write_text(json.dumps(saved(minor, writes, "1 / 0")))
        failed = shared.pipelines.run(f"unnamed{minor}", wait=True).run
        file.write_text(json.dumps(saved(minor, writes, writes)))
        assert shared.pipelines.repair(failed.id, source="current", wait=True).run.status == "succeeded"
        assert ws.dataset(name).read().num_rows == 2
