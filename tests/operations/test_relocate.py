"""A workspace whose folder was moved or copied works again after `relocate`; one that was interrupted is simply run again."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from conftest import fill
from state import facts_are_known, history_of, mentions, plain_pyiceberg, state_of

import workbench
from workbench.app import init
from workbench.app.local import LocalWorkspace
from workbench.app.operations.backup import backup
from workbench.app.operations.databases import metadata_locations
from workbench.app.operations.doctor import examine
from workbench.app.operations.relocate import relocate
from workbench.app.operations.restore import restore
from workbench.app.operations.rewrite import LakeRewrite, Move
from workbench.core.config import load_settings
from workbench.core.errors import Conflict, InvalidInput, StorageUnavailable
from workbench.jobs.supervisor import down, up
from workbench.lake.claim import MARKER


def opened(folder: Path) -> LocalWorkspace:
    ws = workbench.open(folder)
    assert isinstance(ws, LocalWorkspace)
    return ws


def test_a_moved_workspace_is_equal_after_relocate(ws: LocalWorkspace, tmp_path: Path) -> None:
    before, log, old = state_of(ws), history_of(ws), Path(ws.address)
    ws.close()
    new = tmp_path / "a much longer place" / "moved 100%"
    new.parent.mkdir()
    shutil.move(old, new)
    moved = opened(new)
    failed = [check for check in examine(moved.services) if check.status == "failed"]
    assert failed[0].check == "paths" and all("relocate" in (check.fix or "") for check in failed)
    report = relocate(moved.services)
    assert report.moved == ((f"{old}/.workbench/lake", f"{new}/.workbench/lake"),)
    assert history_of(moved) == log
    assert state_of(moved) == before
    assert facts_are_known(moved)
    assert mentions(new, old) == []
    assert plain_pyiceberg(new)["gold.parts"].num_rows == 4
    assert relocate(moved.services).moved == ()
    moved.close()


def test_a_copy_leaves_the_original_alone(ws: LocalWorkspace, tmp_path: Path) -> None:
    before, old = state_of(ws), Path(ws.address)
    ws.close()
    shutil.copytree(old, tmp_path / "copy")
    copy = opened(tmp_path / "copy")
    relocate(copy.services)
    copy.dataset("gold.parts").drop()
    copy.close()
    assert state_of(opened(old)) == before


@pytest.mark.parametrize("after", [0, 1, 3, 10, 25])
def test_an_interrupted_relocate_is_run_again(ws: LocalWorkspace, tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, old, new = state_of(ws), Path(ws.address), tmp_path / "moved"
    ws.close()
    shutil.move(old, new)
    moved = opened(new)
    replaced = 0
    real = os.replace

    def replace(source: str, target: str) -> None:
        nonlocal replaced
        if replaced == after:
            raise KeyboardInterrupt
        replaced += 1
        real(source, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("workbench.app.operations.rewrite.os.replace", replace)
        relocate(moved.services)
    moved.close()
    again = opened(new)
    relocate(again.services)
    assert state_of(again) == before
    assert mentions(new, old) == []
    again.close()


def test_a_file_left_behind_is_named(ws: LocalWorkspace, tmp_path: Path) -> None:
    old, new = Path(ws.address), tmp_path / "moved"
    ws.close()
    shutil.move(old, new)
    victim = next((new / ".workbench" / "lake").rglob("*-m0.avro"))
    victim.unlink()
    moved = opened(new)
    with pytest.raises(StorageUnavailable, match=victim.name):
        relocate(moved.services)
    moved.close()


def test_a_running_workbench_is_not_relocated(ws: LocalWorkspace) -> None:
    up(ws.settings, wait=60, roles=("api",))
    try:
        with pytest.raises(Conflict, match="running"):
            relocate(ws.services)
    finally:
        down(ws.settings, grace=5)


def test_only_whole_folders_are_moved() -> None:
    move = Move("/a/lake", "/b/lake")
    texts = ["/a/lake/x", "/a/lake", "/a/lakes/x", "file:///a/lake/x", "see /a/lake/x", "/a/lake2"]
    assert [move(text) for text in texts] == ["/b/lake/x", "/b/lake", "/a/lakes/x", "/b/lake/x", "see /a/lake/x", "/a/lake2"]
    assert move.value({"a": ["/a/lake/y", 1, None]}) == {"a": ["/b/lake/y", 1, None]}
    with pytest.raises(InvalidInput):
        Move("/a/lake", "/a/lake/inside")


def test_a_rewrite_keeps_everything_else_of_a_manifest(ws: LocalWorkspace, tmp_path: Path) -> None:
    """Field ids, statistics, partitions, header: byte for byte but for the paths."""
    from workbench.app.operations.avro import read_avro, rewrite_avro

    manifest = next((Path(ws.address) / ".workbench" / "lake" / "silver").rglob("*-m0.avro"))
    data = manifest.read_bytes()
    assert rewrite_avro(data, lambda record: record) is not data
    same = rewrite_avro(data, lambda record: record)
    assert list(read_avro(same)) == list(read_avro(data))
    assert same[: data.index(b"avro.schema")] == data[: data.index(b"avro.schema")]
    with pytest.raises(StorageUnavailable):
        rewrite_avro(data[:-20], lambda record: record)
    with pytest.raises(StorageUnavailable):
        list(read_avro(b"PAR1"))
    assert LakeRewrite(Move("/a", "/b")).files == 0


def test_a_copy_that_was_not_relocated_neither_reads_nor_writes_nor_deletes(ws: LocalWorkspace, tmp_path: Path) -> None:
    """Its tables' locations are absolute: they name the files of the original."""
    before, old = state_of(ws), Path(ws.address)
    files = sorted((old / ".workbench" / "lake").rglob("*"))
    ws.close()
    shutil.copytree(old, tmp_path / "copy")
    copy = opened(tmp_path / "copy")
    actions: list[Callable[[], object]] = [
        lambda: copy.dataset("bronze.people").write({"id": [1], "name": ["x"]}, mode="overwrite"),
        lambda: copy.dataset("bronze.new").write({"id": [1]}, mode="create"),
        lambda: copy.dataset("gold.merged").drop(),
        lambda: copy.datasets.expire("bronze.people"),
        lambda: copy.sql("select * from bronze.people").arrow(),
        lambda: copy.datasets.undrop("silver.gone"),
        lambda: copy.catalog.list(),
        lambda: backup(copy.services, tmp_path / "b"),
    ]
    for action in actions:
        with pytest.raises(Conflict, match="workbench relocate"):
            action()
    assert "paths" in [check.check for check in examine(copy.services) if check.status == "failed"]
    relocate(copy.services)
    assert state_of(copy) == before
    for action in actions:
        action()
    copy.close()
    assert sorted((old / ".workbench" / "lake").rglob("*")) == files
    assert state_of(opened(old)) == before


def test_a_workspace_by_another_name_is_the_same(ws: LocalWorkspace, tmp_path: Path) -> None:
    ws.close()
    link = tmp_path / "link"
    link.symlink_to(ws.address)
    same = opened(link)
    same.dataset("bronze.people").write({"id": [1000], "name": ["later"]})
    assert relocate(same.services).moved == ()
    same.close()


def test_a_copy_never_changes_the_database_it_shares_with_the_original(tmp_path: Path) -> None:
    """A restored workspace, or a copied one, that still names the original's database."""
    environment = {"WORKBENCH_STORE_URL": f"sqlite:///{tmp_path / 'team.db'}"}
    init(tmp_path / "one", "one").close()
    original = LocalWorkspace(load_settings(tmp_path / "one", env=environment))
    fill(original)
    before = state_of(original)
    backup(original.services, tmp_path / "b")
    restore(tmp_path / "b", tmp_path / "restored")
    shutil.copytree(tmp_path / "one", tmp_path / "copied")
    pointers = metadata_locations(tmp_path / "team.db")
    for name in ("restored", "copied"):
        copy = LocalWorkspace(load_settings(tmp_path / name, env=environment))
        with pytest.raises(Conflict, match="Nothing was changed"):
            relocate(copy.services)
        copy.close()
        assert metadata_locations(tmp_path / "team.db") == pointers
    assert state_of(original) == before
    original.close()
    # Not at its place does not mean gone: it was moved, or is on another machine (of the same name, perhaps) that uses the same database.
    (tmp_path / "one").rename(tmp_path / "moved")
    for name in ("restored", "copied"):
        copy = LocalWorkspace(load_settings(tmp_path / name, env=environment))
        with pytest.raises(Conflict, match="Nothing was changed"):
            relocate(copy.services)
        copy.close()
    # The machine's name is no matter: a container that is started again has another.
    marker = tmp_path / "moved" / ".workbench" / "lake" / MARKER
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"host": "another"}))
    moved = LocalWorkspace(load_settings(tmp_path / "moved", env=environment))
    relocate(moved.services)
    assert state_of(moved) == before, "the owner itself was moved"
    moved.close()
