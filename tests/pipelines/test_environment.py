"""What a run was submitted with: packages, and the commit of the project."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import Place
from workbench.pipelines import service
from workbench.pipelines.environment import commit_of, differing, environment
from workbench.pipelines.service import PipelineService

Make = Callable[..., Path]


def test_packages_by_name_and_version_make_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment()
    assert before["packages"] > 10
    assert differing(before) is None
    assert differing(None) is None
    monkeypatch.setattr("workbench.pipelines.environment._folders", lambda: (str(tmp_path),))
    (tmp_path / "some-1.0.dist-info").mkdir()
    one = environment()
    (tmp_path / "some-1.0.dist-info").rename(tmp_path / "some-1.1.dist-info")
    assert environment()["hash"] != one["hash"]
    assert differing(one) == environment()


def test_a_run_says_when_it_is_carried_out_in_another_environment(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (shared.make("pinned", "steps: [{name: a, function: 's.py:a'}]") / "s.py").write_text("def a(): ...")
    same = shared.pipelines.run("pinned", wait=True).run.attributes
    assert same["environment"] == environment()
    assert "ran_in" not in same
    other = {"python": "3.99.0", "packages": 1, "hash": "sha256:0"}
    monkeypatch.setattr(service, "environment", lambda: other)
    told = shared.pipelines.run("pinned", wait=True).run.attributes
    assert (told["environment"], told["ran_in"]) == (other, environment())


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_and_what_differs_from_it_are_recorded(root: Path, pipelines: PipelineService, make_pipeline: Make) -> None:
    folder = make_pipeline("versioned", "steps: [{name: a}]", a=["1"])
    assert commit_of(folder) is None

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("add", "notebooks")
    assert (commit_of(folder) or {})["commit"] is None
    git("commit", "-q", "-m", "first")
    asked: dict[str, Any] = pipelines.run("versioned").run.attributes
    assert asked["git"] == {"commit": git("rev-parse", "HEAD"), "changed": [], "changes": 0}
    (folder / "a b.py").write_text("1")
    (folder / "a.ipynb").write_text((folder / "a.ipynb").read_text() + "\n")
    where = "notebooks/pipelines/versioned"
    assert (commit_of(folder) or {})["changed"] == [f"{where}/a b.py", f"{where}/a.ipynb"]
