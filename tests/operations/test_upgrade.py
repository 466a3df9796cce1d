"""A workspace of every format there has been opens, upgraded, with all it had."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from state import state_of

import workbench
from workbench.app.local import LocalWorkspace
from workbench.app.operations.restore import restore
from workbench.app.operations.upgrade import STEPS, upgrade
from workbench.core.config import FORMAT
from workbench.core.errors import FormatMismatch, InvalidSetting, WorkspaceNotFound

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_a_workspace_of_each_format_is_upgraded_with_all_it_had(number: int, tmp_path: Path) -> None:
    restore(FIXTURES / f"format-{number}.tar.gz", tmp_path / "old")
    report = upgrade(tmp_path / "old")
    assert (report.before, report.after, report.steps) == (number, FORMAT, FORMAT - number)
    expected = json.loads((FIXTURES / f"format-{number}.json").read_text(encoding="utf-8"))
    ws = workbench.open(tmp_path / "old")
    assert isinstance(ws, LocalWorkspace)
    # What it said then it says now, whatever has been added.
    found = [dataset.to_json() for dataset in ws.catalog.list()]
    assert [{key: one[key] for key in then} for one, then in zip(found, expected["datasets"], strict=True)] == expected["datasets"]
    assert json.loads(json.dumps(state_of(ws)["rows"])) == expected["rows"]
    assert [[r.id, r.kind, r.status] for r in ws.runs.list(limit=10_000)] == expected["runs"]
    assert len(ws.services.log.events(limit=None)) == expected["events"]
    assert {d.name: len(ws.lineage.graph(d.name).edges) for d in ws.catalog.list()} == expected["lineage"]
    # And it can be worked with.
    ws.dataset("bronze.people").write({"id": [1000], "name": ["later"]})
    assert ws.dataset("silver.gone").undrop().rows == 2
    ws.close()


def test_every_format_has_a_step_to_the_next_and_a_fixture() -> None:
    assert set(STEPS) == set(range(1, FORMAT))
    for number in range(1, FORMAT + 1):
        assert (FIXTURES / f"format-{number}.tar.gz").is_file()


def test_upgrading_again_does_nothing(ws: LocalWorkspace) -> None:
    before = state_of(ws)
    assert upgrade(Path(ws.address)).steps == 0
    assert state_of(ws) == before


def test_a_newer_format_is_refused(ws: LocalWorkspace) -> None:
    path = Path(ws.address) / "workbench.toml"
    path.write_text(path.read_text().replace("format = 1", "format = 99"))
    with pytest.raises(FormatMismatch, match="99"):
        upgrade(Path(ws.address))


@pytest.mark.parametrize("text", ["", "format = 'one'", "format = 0", "format ="])
def test_a_file_that_does_not_say_its_format_is_told(ws: LocalWorkspace, text: str) -> None:
    (Path(ws.address) / "workbench.toml").write_text(text)
    with pytest.raises(InvalidSetting):
        upgrade(Path(ws.address))


def test_no_workspace_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceNotFound):
        upgrade(tmp_path)
