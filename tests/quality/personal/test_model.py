"""Names told by a language model: where a setting names one, and said clearly where it is not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import create_workspace_file, load_settings
from workbench.core.errors import MissingDependency
from workbench.quality.personal.judge import judge

#: No list knows them.
STRANGE = [f"{first} {last}" for first in ("Zorblax", "Quimby", "Vextra", "Ploomo") for last in ("Grindle", "Wobbet", "Thrax")]


def test_a_model_tells_names_that_no_list_knows(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="the extra `names` is not installed")
    from workbench.quality.personal.model import names_by_model

    language = spacy.blank("xx")
    ruler = language.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": name} for name in STRANGE])
    language.to_disk(tmp_path / "model")
    detector = names_by_model(str(tmp_path / "model"))
    assert judge("c1", "text", STRANGE) is None
    found = judge("c1", "text", STRANGE, more=(detector,))
    assert found is not None and found.tag == "person name" and found.matched == len(STRANGE)
    sentences = [f"A letter from {name} came in the morning, and was read twice." for name in STRANGE]
    assert judge("c1", "text", sentences, more=(detector,)) is None


def test_a_model_that_is_not_there_is_said_before_anything_is_looked_at(tmp_path: Path) -> None:
    create_workspace_file(tmp_path, "model")
    with LocalWorkspace(load_settings(tmp_path, {"WORKBENCH_GOVERNANCE_NAMES_MODEL": str(tmp_path / "none")})) as ws:
        ws.datasets.write("silver.people", pa.table({"who": STRANGE}))
        with pytest.raises(MissingDependency, match="model"):
            ws.compliance.scan()
        assert not [run for run in ws.runs.list() if run.kind == "scan"]


def test_without_the_setting_nothing_of_it_is_imported() -> None:
    code = "import sys, workbench.quality.personal.service as _, workbench.quality.personal.judge as j; j.detectors()"
    code += "; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
