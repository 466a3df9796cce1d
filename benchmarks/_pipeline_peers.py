"""What others run notebooks with: Papermill's and ploomber-engine's commands, and Elyra's local runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import nbformat

__all__ = ["cells_seconds", "elyra", "notebook_of", "papermill", "peers", "ploomber"]


def notebook_of(path: Path, cells: list[str]) -> Path:
    """A notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def cells_seconds(path: Path) -> float:
    """How long the cells of an executed notebook took, as Papermill's format says it."""
    return sum(cell.metadata.papermill.duration or 0.0 for cell in nbformat.read(path, 4).cells)


def peers() -> Path | None:
    """The folder of commands of the virtual environment that has ploomber-engine and Elyra."""
    python = os.environ.get("WORKBENCH_BENCH_PIPELINE_PEERS")
    return Path(python).parent if python else None


def papermill(notebook: Path, times: int = 1) -> None:
    """The same notebook executed by Papermill's command, one run after another."""
    for turn in range(times):
        _run(sys.executable, "-m", "papermill", str(notebook), str(notebook.with_name(f"papermill-{turn}.ipynb")), "--no-progress-bar")


def ploomber(commands: Path, notebook: Path, times: int) -> None:
    """By ploomber-engine, which has no kernel: cells run in its own process."""
    for turn in range(times):
        _run(str(commands / "ploomber-engine"), str(notebook), str(notebook.with_name(f"ploomber-{turn}.ipynb")))


def elyra(commands: Path, notebook: Path, times: int) -> Callable[[], None]:
    """As a pipeline of Elyra's local runner, one node after another."""
    names = [str(uuid.uuid4()) for _ in range(times)]
    flow = {"id": "primary", "nodes": [_node(notebook.name, names, at) for at in range(times)], "runtime_ref": ""}
    flow["app_data"] = {"ui_data": {"comments": []}, "version": 8, "properties": {"name": "chain", "runtime": "Local"}}
    path = notebook.with_suffix(".pipeline")
    path.write_text(
        json.dumps({"doc_type": "pipeline", "version": "3.0", "id": "p", "primary_pipeline": "primary", "pipelines": [flow], "schemas": []})
    )

    def run() -> None:
        environment = {**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
        subprocess.run(
            [str(commands / "elyra-pipeline"), "run", path.name], cwd=path.parent, env=environment, check=True, capture_output=True
        )

    return run


def _node(filename: str, names: list[str], at: int) -> dict[str, object]:
    said = {
        "filename": filename,
        "runtime_image": "none/none:1",
        "dependencies": [],
        "include_subdirectories": False,
        "outputs": [],
        "env_vars": [],
    }
    before = [{"id": str(uuid.uuid4()), "node_id_ref": names[at - 1], "port_id_ref": "outPort"}] if at else []
    ports: dict[str, object] = {"inputs": [{"id": "inPort", "links": before}], "outputs": [{"id": "outPort"}]}
    return {
        "id": names[at],
        "type": "execution_node",
        "op": "execute-notebook-node",
        **ports,
        "app_data": {"component_parameters": said, "label": f"s{at}", "ui_data": {"label": f"s{at}"}},
    }


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
