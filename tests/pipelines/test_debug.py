"""A place to look for what is wrong with a step: at the failed cell, with the state before it, and nothing else can be changed there."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import nbformat
import pyarrow as pa
import pytest
from nbclient import NotebookClient

from tests.pipelines.conftest import Place
from workbench.app import debug_job
from workbench.app.local import LocalWorkspace
from workbench.app.services import Services
from workbench.core.config import create_workspace_file
from workbench.core.errors import InvalidInput, RunNotFound
from workbench.core.principals import Principal
from workbench.core.scratch import MARKER
from workbench.pipelines import debugging

YAML = """
parameters: [{name: factor, type: int, default: 2}]
steps: [{name: clean}, {name: fail, needs: [clean]}]
"""
START = "import pyarrow as pa, workbench; ws = workbench.open()"
CLEAN = [START, "ws.dataset('silver.clean').write(pa.table({'n': [1]}), mode='append')"]
FAIL = [
    START,
    "import helper",
    "found = [helper.times(n, factor) for n in ws.dataset('bronze.given').read()['n'].to_pylist()]; ws.output(rows=len(found))",
    "ws.dataset('silver.clean').write(pa.table({'n': found}), mode='append'); "
    "here = sorted(ws.dataset('silver.clean').read()['n'].to_pylist()); print('here', found, here, ws.address)",
    "raise ValueError('what is wrong')",
]


def test_it_stands_at_the_failed_cell_with_the_state_before_it(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared.make("broken", YAML, clean=CLEAN, fail=("factor = 1", FAIL))
    (folder / "helper.py").write_text("def times(a, b):\n    return a * b\n")
    with LocalWorkspace(shared.settings) as ws:
        ws.datasets.write("bronze.given", pa.table({"n": [1, 2]}), mode="overwrite")
        run = ws.pipelines.run("broken", {"factor": 10}, wait=True).run
        assert run.status == "failed"
        ws.datasets.write("bronze.given", pa.table({"n": [9]}), mode="overwrite")
        found = ws.pipelines.debug(run.id, wait=True)
        assert found.status == "succeeded", found.error
        with pytest.raises(InvalidInput, match="no step 'fial'"):
            ws.pipelines.debug(run.id, "fial")
        ws.users.add("eve")
        with pytest.raises(RunNotFound):
            ws.as_principal(Principal(name="eve", roles=())).pipelines.debug(run.id)
        before = ws.datasets.snapshots("bronze.given")
    told = found.attributes
    assert (told["number"], told["datasets"], told["notes"]) == (7, ["bronze.given", "silver.clean"], [])

    # As JupyterLab of the workspace would start its kernel.
    path = shared.settings.root / told["path"]
    monkeypatch.setenv("WORKBENCH_HOME", str(shared.settings.root))
    monkeypatch.setenv("WORKBENCH_STORE_URL", shared.settings.store_url)
    notebook = nbformat.read(path, as_version=4)
    assert "removed when this kernel ends" in notebook.cells[0].source and "repair" in notebook.cells[0].source
    notebook.cells.append(nbformat.v4.new_code_cell(f"workbench.open({str(shared.settings.root)!r})"))
    notebook.cells.append(nbformat.v4.new_code_cell("import os; os.chdir('/'); workbench.open().address"))
    client = NotebookClient(notebook, allow_errors=True, resources={"metadata": {"path": str(path.parent)}})
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        assert debugging.sweep(shared.settings) == 0
    cells = {cell.source[:12]: cell for cell in notebook.cells}
    said = cells["ws.dataset('"].outputs[0].text
    assert f"here [10, 20] [1, 10, 20] {path.parent}" in said, said
    at = next(cell for cell in notebook.cells if cell.id == told["cell"])
    assert at.outputs[0].evalue == "what is wrong"
    assert "reaches no other workspace" in cells["workbench.op"].outputs[0].evalue
    assert str(path.parent) in notebook.cells[-1].outputs[0].data["text/plain"]
    with LocalWorkspace(shared.settings) as ws:
        assert ws.datasets.snapshots("bronze.given") == before

    # The copies go with the kernel; what a person has written stays, and reaches nothing else.
    monkeypatch.setattr(debugging, "_GRACE", 0.0)
    nbformat.write(notebook, path)
    # Not at the first look; which may have been the worker's.
    swept = [debugging.sweep(shared.settings) for _ in range(3)]
    assert swept in ([0, 1, 0], [1, 0, 0])
    assert sorted(each.name for each in path.parent.iterdir()) == [".workbench", path.name, "workbench.toml"]
    assert [each.name for each in (path.parent / MARKER).parent.iterdir()] == [MARKER.name]


OTHERS = """
parameters: [{name: factor, type: int, default: 2}, {name: day, type: date, default: 2026-01-31}]
steps:
  - {name: count, sql: count.sql, output: gold.counted}
  - {name: tell, function: "told.py:tell"}
  - {name: ok, approve: {by: [steward]}, timeout: 1}
"""


def test_a_statement_and_a_function_stand_there_with_their_values(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared.make("others", OTHERS)
    (folder / "count.sql").write_text("SELECT CAST('n' || n * $factor AS INT) AS n, $day AS day\nFROM bronze.counted")
    (folder / "told.py").write_text(
        "from other import word\n\nasync def tell(factor, day):\n    raise ValueError(f'{word} {factor} {day!r}')\n"
    )
    (folder / "other.py").write_text("word = 'said'\n")
    with LocalWorkspace(shared.settings) as ws:
        ws.datasets.write("bronze.counted", pa.table({"n": [1, 2]}), mode="overwrite")
        run = ws.pipelines.run("others", {"factor": 10}, wait=True).run
        ws.datasets.write("bronze.counted", pa.table({"n": [9]}), mode="overwrite")
        with pytest.raises(InvalidInput, match="waits for a person"):
            ws.pipelines.debug(run.id, "ok")
        told = {step: ws.pipelines.debug(run.id, step, wait=True) for step in ("count", "tell")}
    monkeypatch.setenv("WORKBENCH_HOME", str(shared.settings.root))
    said = {}
    for step, found in told.items():
        assert found.status == "succeeded", found.error
        path = shared.settings.root / found.attributes["path"]
        notebook = nbformat.read(path, as_version=4)
        at = [cell.id for cell in notebook.cells].index(found.attributes["cell"])
        if step == "count":
            # With the state that it saw, and mended there.
            notebook.cells.append(nbformat.v4.new_code_cell(notebook.cells[at].source.replace("'n' || ", "")))
        NotebookClient(notebook, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}).execute()
        said[step] = (notebook.cells[at].outputs[-1].evalue, notebook.cells[-1].outputs[-1])
    assert "does not convert to INTEGER" in said["count"][0]
    assert "20" in said["count"][1].data["text/plain"] and "2026-01-31" in said["count"][1].data["text/plain"]
    assert said["tell"][0] == "said 10 datetime.date(2026, 1, 31)"
    assert told["count"].attributes["datasets"] == ["bronze.counted"]


def test_copies_have_no_more_than_the_setting_says(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    shared.make("limited", "steps: [{name: only}]\n", only=[START, "ws.dataset('bronze.wide').read(); 1 / 0"])
    with LocalWorkspace(shared.settings) as ws:
        words = [f"{n * 2654435761 % 2**32:x}{n * 40503 % 65536:x}" for n in range(200_000)]
        ws.datasets.write("bronze.wide", pa.table({"word": words}), mode="overwrite")
        run = ws.pipelines.run("limited", wait=True)
        services = ws.services
        little = services.settings.model_copy(update={"jobs": services.settings.jobs.model_copy(update={"scratch_mb": 1})})
        monkeypatch.setattr(services, "settings", little)
        notebook, _ = debugging.notebook_for(little, run, run.steps[0])
        root = shared.settings.root / "debug" / "limited"
        (root / MARKER).parent.mkdir(parents=True)
        (root / MARKER).write_text("{}")
        create_workspace_file(root, "scratch")
        context = SimpleNamespace(check=lambda: None)
        datasets, notes = debug_job._fill(context, services, root, run, run.steps[0], notebook, ws.principal)  # type: ignore[arg-type]
        eve = Principal(name="eve", roles=())
        _, told = debug_job._fill(context, services, root, run, run.steps[0], notebook, eve)  # type: ignore[arg-type]
    assert datasets == [] and "at most 1 MB (jobs.scratch_mb)" in notes[0], notes
    assert notes[0].startswith("bronze.wide (") and told[0].startswith("bronze.wide was not copied: "), told


class _Room(NamedTuple):
    free: float


def test_what_the_disk_has_no_room_for_is_not_copied(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Services(shared.settings)) as services:
        services.writer.write("bronze.large", pa.table({"n": list(range(50_000))}), "create")
        plan = services.lake.plan("bronze.large")
        size = sum(file.bytes for file in plan.files)
        for free, fits in ((1.4 * size, False), (1.6 * size, True)):
            monkeypatch.setattr(debug_job.shutil, "disk_usage", lambda _, free=free: _Room(free + debug_job._SPARE))
            assert debug_job._fits(size, shared.settings.root) is fits


def test_what_nobody_has_opened_or_changed_is_removed_as_a_whole(tmp_path: Path, shared: Place) -> None:
    root = shared.settings.root / "debug" / "unused"
    (root / MARKER).parent.mkdir(parents=True)
    (root / MARKER).write_text("{}")
    (root / MARKER).with_name("given.json").write_text(json.dumps({"a.ipynb": ["1 + 1"]}))
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]), root / "a.ipynb")
    assert debugging.sweep(shared.settings) == 0
    os.utime(root / MARKER, (time.time() - 90_000,) * 2)
    assert debugging.sweep(shared.settings) == 1 and not root.exists()
