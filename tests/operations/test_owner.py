"""One warehouse has one owner: a copy of a workspace is told, and can take it over."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from workbench.app import init
from workbench.app.local import LocalWorkspace
from workbench.app.operations.doctor import examine
from workbench.app.operations.retention import maintain
from workbench.core.config import load_settings
from workbench.core.errors import Conflict


def at(root: Path, env: dict[str, str]) -> LocalWorkspace:
    return LocalWorkspace(load_settings(root, env=env))


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.s3)])
def env(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The variables that put the lake outside of the workspace."""
    if request.param == "folder":
        return {"WORKBENCH_LAKE_WAREHOUSE": str(tmp_path / "elsewhere" / "lake")}
    server: Any = request.getfixturevalue("s3_server")
    return {
        "WORKBENCH_LAKE_WAREHOUSE": request.getfixturevalue("s3_warehouse"),
        "WORKBENCH_LAKE_S3_ENDPOINT": server.endpoint,
        "WORKBENCH_LAKE_S3_ACCESS_KEY_ID": server.access_key,
        "WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY": server.secret_key,
    }


@pytest.fixture
def original(tmp_path: Path, env: dict[str, str]) -> LocalWorkspace:
    init(tmp_path / "one", "one").close()
    ws = at(tmp_path / "one", env)
    ws.dataset("silver.x").write({"id": [1]})
    return ws


def refused(ws: LocalWorkspace, who: str) -> None:
    with pytest.raises(Conflict, match=f"belongs to {who}") as error:
        ws.dataset("silver.x").write({"id": [9]})
    assert "workbench adopt" in error.value.fix
    with pytest.raises(Conflict):
        ws.dataset("silver.y").write({"id": [9]})
    with pytest.raises(Conflict):
        maintain(ws.services)
    assert [check.status for check in examine(ws.services) if check.check == "owner"] == ["failed"]


def test_a_copy_is_refused_until_it_adopts_the_lake(original: LocalWorkspace, env: dict[str, str], tmp_path: Path) -> None:
    original.close()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    copy = at(tmp_path / "two", env)
    assert copy.dataset("silver.x").read().to_pydict() == {"id": [1]}, "reading harms nobody"
    refused(copy, "another copy of this workspace")
    original.dataset("silver.x").write({"id": [2]})
    copy.services.lake.claim.adopt()
    copy.dataset("silver.x").write({"id": [3]})
    refused(at(tmp_path / "one", env), "another copy of this workspace")
    assert not [check for check in examine(copy.services) if check.check == "owner"]


def test_another_workspace_is_refused(original: LocalWorkspace, env: dict[str, str], tmp_path: Path) -> None:
    init(tmp_path / "other", "other").close()
    other = at(tmp_path / "other", env)
    with pytest.raises(Conflict, match="belongs to another workspace"):
        other.dataset("silver.y").write({"id": [9]})
    maintain(original.services)
    assert at(tmp_path / "one", env).dataset("silver.x").read().num_rows == 1


def test_a_renamed_folder_still_owns_its_lake(original: LocalWorkspace, env: dict[str, str], tmp_path: Path) -> None:
    original.close()
    (tmp_path / "one").rename(tmp_path / "renamed")
    moved = at(tmp_path / "renamed", env)
    moved.dataset("silver.x").write({"id": [2]})
    maintain(moved.services)
    assert moved.dataset("silver.x").read().num_rows == 2


def test_a_lake_that_was_copied_with_its_workspace_is_the_copys(tmp_path: Path) -> None:
    with init(tmp_path / "one", "one") as ws:
        ws.dataset("silver.x").write({"id": [1]})
    shutil.copytree(tmp_path / "one", tmp_path / "away")
    shutil.rmtree(tmp_path / "one")
    shutil.copytree(tmp_path / "away", tmp_path / "one")
    with at(tmp_path / "one", {}) as back:
        back.dataset("silver.x").write({"id": [2]})
        assert back.dataset("silver.x").read().num_rows == 2
