"""A back-up, restored elsewhere, is the same workspace."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parent))

from state import facts_are_known, history_of, mentions, plain_pyiceberg, rows_of, state_of

import workbench
from tests.patience import wait_until
from workbench.app.local import LocalWorkspace
from workbench.app.operations.avro import rewrite_avro
from workbench.app.operations.backup import backup
from workbench.app.operations.restore import restore
from workbench.core.config import create_workspace_file
from workbench.core.errors import AlreadyExists, FormatMismatch, NotFound, StorageUnavailable, UnreadableFile

REPOSITORY = Path(__file__).resolve().parents[2]


def opened(folder: Path) -> LocalWorkspace:
    ws = workbench.open(folder)
    assert isinstance(ws, LocalWorkspace)
    return ws


@pytest.mark.parametrize("name", ["backup", "backup.tar", "backup.tar.gz", "backup.tar.zst"])
def test_a_restored_workspace_is_equal(ws: LocalWorkspace, tmp_path: Path, name: str) -> None:
    before, log = state_of(ws), history_of(ws)
    made = backup(ws.services, tmp_path / name)
    assert made.datasets == len(before["datasets"])
    ws.close()
    # Nothing may be read from the old place any more.
    old = Path(ws.address)
    shutil.move(old, tmp_path / "put away")
    restore(tmp_path / name, tmp_path / "elsewhere" / "again")
    again = opened(tmp_path / "elsewhere" / "again")
    assert history_of(again) == log
    assert state_of(again) == before
    assert facts_are_known(again)
    assert mentions(Path(again.address), old) == []
    again.close()


def test_a_restored_workspace_can_be_worked_with(ws: LocalWorkspace, tmp_path: Path) -> None:
    backup(ws.services, tmp_path / "b")
    shutil.rmtree(ws.address)
    restore(tmp_path / "b", tmp_path / "again")
    again = opened(tmp_path / "again")
    assert again.dataset("silver.gone").undrop().rows == 2
    assert facts_are_known(again)
    again.dataset("bronze.people").write({"id": [100], "name": ["new"]})
    assert again.datasets.compact("bronze.people").files_after == 1
    again.dataset("bronze.people").branch("dev").write({"id": [101], "name": ["new"]})
    again.datasets.rollback("bronze.people", again.datasets.snapshots("bronze.people")[-1].id)
    assert again.dataset("bronze.people").read().num_rows == 2
    found = plain_pyiceberg(tmp_path / "again")
    assert {name: table.num_rows for name, table in found.items()} == {
        "bronze.people": 2,
        "gold.merged": 1,
        "gold.parts": 4,
        "silver.gone": 2,
    }
    # What was taken in once is known still, with its original file.
    report = again.ingest(_same_csv(tmp_path), name="people", mode="append")
    assert report.unchanged
    again.close()


def _same_csv(folder: Path) -> Path:
    path = folder / "copy.csv"
    path.write_text("id,name\n1,Ada\n2,Zoë\n", encoding="utf-8")
    return path


_WRITER = """
import sys, workbench
ws = workbench.open(sys.argv[1])
number = int(sys.argv[2])
i = 0
while True:
    i += 1
    ws.dataset("silver.counts").write({"writer": [number], "i": [i]})
    ws.dataset(f"silver.own_{number}").write({"i": [i]}, mode="overwrite" if i % 5 == 0 else "append")
    if number == 1 and i % 7 == 0:  # two that compact the same files at once would conflict
        ws.datasets.compact("silver.counts")
        ws.services.writer.expire("silver.counts")
"""


def test_a_backup_taken_under_writes_is_consistent(ws: LocalWorkspace, tmp_path: Path, scale: float) -> None:
    """Every copied snapshot reads whole, each write's run is there with it, and the log says what the lake holds."""
    ws.dataset("silver.counts").write({"writer": [0], "i": [0]})
    command = [sys.executable, "-c", textwrap.dedent(_WRITER), ws.address]
    writers = [subprocess.Popen([*command, str(n)], env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"}) for n in (1, 2)]
    try:
        wait_until(lambda: len(ws.datasets.snapshots("silver.counts")) >= 4, 120)
        for number in range(max(2, int(10 * scale))):
            backup(ws.services, tmp_path / f"b{number}")
            time.sleep(0.2)
        assert all(writer.poll() is None for writer in writers)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    shutil.rmtree(ws.address)
    for path in sorted(tmp_path.glob("b*")):
        restore(path, tmp_path / f"r-{path.name}")
        again = opened(tmp_path / f"r-{path.name}")
        check_consistent(again)
        again.close()


def check_consistent(ws: LocalWorkspace) -> None:
    for dataset in ws.catalog.list():
        for snapshot in ws.datasets.snapshots(dataset.name):
            assert len(rows_of(ws, f"{dataset.name}@{snapshot.id}")) == snapshot.rows_total
            assert snapshot.run_id is not None
            assert ws.runs.get(snapshot.run_id)
    counts = [(row["writer"], row["i"]) for row in rows_of(ws, "silver.counts")]
    assert len(counts) == len(set(counts))
    for number in {writer for writer, _ in counts}:
        own = sorted(i for writer, i in counts if writer == number)  # rows_of sorts by text
        assert own == list(range(min(own), max(own) + 1))
    written = [
        event
        for event in ws.services.log.events(limit=None)
        if event.type == "run.wrote" and event.body["name"] == "silver.counts" and event.body.get("operation") in ("append", "create")
    ]
    assert len(written) == len(counts)


def test_no_file_is_deleted_while_a_backup_is_taken(ws: LocalWorkspace, tmp_path: Path) -> None:
    held = threading.Event()
    deleted: list[Any] = []

    def progress(what: str, done: int, total: int) -> None:
        if what == "lake" and done == 1 and not held.is_set():
            held.set()
            deleted.append(ws.services.writer.vacuum("bronze.people", grace_hours=0).files_deleted)

    backup(ws.services, tmp_path / "b", progress=progress)
    assert deleted == [0]
    restore(tmp_path / "b", tmp_path / "again")
    again = opened(tmp_path / "again")
    with again.services.store.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM leases")).scalar_one() == 0
    again.close()


def test_secrets_and_tokens_come_along_only_when_asked_for(ws: LocalWorkspace, tmp_path: Path) -> None:
    from workbench.core.principals import local_principal

    key = ws.services.secrets.key("assertion")
    secret = ws.services.tokens.issue(local_principal(), name="mine").secret
    ws.query.run("SELECT 1")
    backup(ws.services, tmp_path / "without.tar.zst")
    backup(ws.services, tmp_path / "with", with_secrets=True)
    restore(tmp_path / "without.tar.zst", tmp_path / "a")
    restore(tmp_path / "with", tmp_path / "b")
    a, b = opened(tmp_path / "a"), opened(tmp_path / "b")
    assert a.services.tokens.list() == ()
    assert not (tmp_path / "a" / ".workbench" / "secrets" / "assertion.key").exists()
    assert b.services.tokens.verify(secret).name == "mine"
    assert b.services.secrets.key("assertion") == key
    assert b.compliance.verify_audit().ok  # the log has its key, and a head that restore has begun
    assert (tmp_path / "b" / ".workbench" / "secrets").stat().st_mode & 0o777 == 0o700
    for each in (a, b):
        each.close()


def test_backups_are_never_overwritten(ws: LocalWorkspace, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("mine")
    with pytest.raises(AlreadyExists):
        backup(ws.services, tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_text() == "mine"


def test_a_workspace_is_never_restored_over(ws: LocalWorkspace, tmp_path: Path) -> None:
    backup(ws.services, tmp_path / "b")
    before = state_of(ws)
    with pytest.raises(AlreadyExists):
        restore(tmp_path / "b", Path(ws.address))
    assert state_of(ws) == before


def test_a_damaged_backup_is_refused_and_leaves_nothing(ws: LocalWorkspace, tmp_path: Path) -> None:
    backup(ws.services, tmp_path / "b")
    victim = next((tmp_path / "b" / "lake").rglob("*.parquet"))
    data = bytearray(victim.read_bytes())
    data[10] ^= 1
    victim.write_bytes(data)
    with pytest.raises(UnreadableFile, match="checksum"):
        restore(tmp_path / "b", tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []


def test_a_backup_cut_short_is_refused(ws: LocalWorkspace, tmp_path: Path) -> None:
    backup(ws.services, tmp_path / "b.tar.zst")
    whole = (tmp_path / "b.tar.zst").read_bytes()
    (tmp_path / "b.tar.zst").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile):
        restore(tmp_path / "b.tar.zst", tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []
    with pytest.raises(NotFound):
        restore(tmp_path / "nothing", tmp_path / "again")


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "lake/../../escaped"])
def test_a_backup_cannot_write_outside_of_its_folder(ws: LocalWorkspace, tmp_path: Path, name: str) -> None:
    backup(ws.services, tmp_path / "b")
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    manifest["files"][name] = next(iter(manifest["files"].values()))
    (tmp_path / "b" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UnreadableFile, match="outside"):
        restore(tmp_path / "b", tmp_path / "again")


def test_a_newer_backup_is_refused(ws: LocalWorkspace, tmp_path: Path) -> None:
    backup(ws.services, tmp_path / "b")
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    (tmp_path / "b" / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(FormatMismatch):
        restore(tmp_path / "b", tmp_path / "again")


def test_a_lost_file_fails_the_backup_by_name_and_leaves_nothing(ws: LocalWorkspace, tmp_path: Path) -> None:
    victim = next((Path(ws.address) / ".workbench" / "lake" / "bronze").rglob("*.parquet"))
    victim.unlink()
    with pytest.raises(StorageUnavailable):
        backup(ws.services, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()
    assert not list(tmp_path.glob(".b.tar*"))


def test_a_backup_holds_no_file_that_nothing_needs(ws: LocalWorkspace, tmp_path: Path) -> None:
    stray = Path(ws.address) / ".workbench" / "lake" / "bronze" / "stray.parquet"
    stray.write_bytes(b"orphan")
    backup(ws.services, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        names = tar.getnames()
    assert names[0] == "manifest.json"
    assert not any("stray" in name or name.startswith(("logs", "run", "tmp")) for name in names)


OTHER = 'url = "postgresql://elsewhere/db"'


@pytest.mark.parametrize(
    "written",
    [
        f"[store]\n{OTHER}",
        f"[store]   # the team database\n{OTHER}",
        f'["store"]\n{OTHER}',
        f"[ 'store' ] # ours\n\"url\"{OTHER[3:]} # it",
        f"store.{OTHER}",
        f"store = {{ {OTHER} }}",
        '[store]\nurl = """\npostgresql://elsewhere/\\\n   db"""',
    ],
)
def test_settings_that_name_other_places_are_left_out(ws: LocalWorkspace, tmp_path: Path, written: str) -> None:
    """However TOML lets one say it."""
    backup(ws.services, tmp_path / "b")
    name = 'it\'s [\\"ours\\"] \u007f é = # 𝄞'
    text = f'format = 1\nlake = {{ warehouse = "/elsewhere", target_file_mb = 64 }}\n{written}\n'
    text += f'[workspace]\nname = "{name}"\n[query]\nrow_limit = 5\ntimeout_seconds = 92.5\n'
    text = text.replace("\u007f", "\\u007f")
    (tmp_path / "b" / "workbench.toml").write_text(text)
    _forged(tmp_path / "b")
    report = restore(tmp_path / "b", tmp_path / "again")
    assert report.dropped_settings == ("store.url", "lake.warehouse")
    again = opened(tmp_path / "again")
    assert again.settings.store.url == "" and again.settings.lake.warehouse == ""
    assert again.settings.query.row_limit == 5 and again.settings.query.timeout_seconds == 92.5
    assert again.settings.workspace.name == 'it\'s ["ours"] \x7f é = # 𝄞' and again.settings.lake.target_file_mb == 64
    assert again.dataset("gold.parts").read().num_rows == 4
    again.close()
    assert "elsewhere" in (tmp_path / "again" / "workbench.toml").read_text(), "as a remark: what it was is told"


@pytest.mark.parametrize("written", ["store = 5", "[[store]]\nurl = 'x'", "[store.url]\nx = 1", "store.url = ['x']"])
def test_settings_that_are_none_are_refused(ws: LocalWorkspace, tmp_path: Path, written: str) -> None:
    backup(ws.services, tmp_path / "b")
    (tmp_path / "b" / "workbench.toml").write_text(f"format = 1\n{written}\n")
    _forged(tmp_path / "b")
    with pytest.raises(UnreadableFile, match="damaged"):
        restore(tmp_path / "b", tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []


def _forged(folder: Path, **changes: Any) -> None:
    """The manifest of a back-up that somebody made to look right."""
    manifest = json.loads((folder / "manifest.json").read_text()) | changes
    for name in manifest["files"]:
        data = (folder / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("dotted", [False, True])
def test_a_backup_whose_tables_lie_outside_is_refused(ws: LocalWorkspace, tmp_path: Path, dotted: bool) -> None:
    """Or the file would be rewritten in place, as the lake's own."""
    victim, old = tmp_path / "settings.json", "/evil"
    victim.write_text(json.dumps({"home": "/evil/x", "snapshots": []}))
    backup(ws.services, tmp_path / "b")
    location = f"{old}/../../../settings.json" if dotted else str(victim)
    with contextlib.closing(sqlite3.connect(tmp_path / "b" / "meta.db")) as database, database:
        database.execute("UPDATE iceberg_tables SET metadata_location = ?", (location,))
    _forged(tmp_path / "b", warehouse=old)
    with pytest.raises(StorageUnavailable, match="outside of its lake"):
        restore(tmp_path / "b", tmp_path / "again")
    assert json.loads(victim.read_text())["home"] == "/evil/x"
    assert list((tmp_path / "again").iterdir()) == []


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("in_place", [False, True])
def test_a_backup_whose_manifests_name_files_outside_is_refused(ws: LocalWorkspace, tmp_path: Path, dotted: bool, in_place: bool) -> None:
    """Or SQL would read the file, and expiry delete it."""
    backup(ws.services, tmp_path / "b")
    target = tmp_path / "again"
    old = ws.services.lake.storage.warehouse
    victim = f"{old}/../../../private.parquet" if dotted else str(tmp_path / "private.parquet")

    def change(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, "data_file": {**entry["data_file"], "file_path": victim}}

    for manifest in (tmp_path / "b" / "lake").rglob("*-m0.avro"):
        manifest.write_bytes(rewrite_avro(manifest.read_bytes(), change))
    _forged(tmp_path / "b")
    if in_place:  # the warehouse is where it was, so no path has to be changed
        ws.close()
        target = Path(ws.address)
        shutil.rmtree(target)
    with pytest.raises(StorageUnavailable, match="outside of its lake"):
        restore(tmp_path / "b", target)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("lost", ["meta.db", "workbench.toml", None])
def test_a_backup_that_lacks_what_a_workspace_needs_is_refused(ws: LocalWorkspace, tmp_path: Path, lost: str | None) -> None:
    backup(ws.services, tmp_path / "b")
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    manifest["files"] = {name: told for name, told in manifest["files"].items() if lost not in (None, name)}
    (tmp_path / "b" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UnreadableFile, match=lost or "incomplete"):
        restore(tmp_path / "b", tmp_path / "again")


@pytest.mark.parametrize("name", ["meta.db", "workbench.toml"])
def test_a_backup_of_nonsense_is_refused(ws: LocalWorkspace, tmp_path: Path, name: str) -> None:
    backup(ws.services, tmp_path / "b")
    (tmp_path / "b" / name).write_text("nonsense " * 100)
    _forged(tmp_path / "b")
    with pytest.raises(UnreadableFile, match="damaged"):
        restore(tmp_path / "b", tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []


def test_what_is_left_out_is_said(ws: LocalWorkspace, tmp_path: Path) -> None:
    (ws.settings.root / "mine.ipynb").write_text("{}")
    report = backup(ws.services, tmp_path / "copy")
    assert not list((tmp_path / "copy").rglob("mine.ipynb"))
    assert [line.split(" (")[0].split(":")[0] for line in report.left_out] == ["the project's own files", "keys and tokens"]
    assert len(backup(ws.services, tmp_path / "all", with_secrets=True).left_out) == 1


def killed(code: str, *arguments: object) -> None:
    """Run Python in a process of its own and kill it when it says that it is in the middle."""
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "middle\n"
    process.kill()
    process.wait()
    process.stdout.close()


STUCK = """
import sys, time
from pathlib import Path
from workbench.app.services import Services
from workbench.app.operations.backup import backup
from workbench.app.operations.restore import restore
from workbench.core.config import load_settings

def wait(*_):
    print("middle", flush=True)
    time.sleep(60)

source, target = map(Path, sys.argv[1:])
"""


def test_what_a_killed_backup_left_goes_with_the_next_one(ws: LocalWorkspace, tmp_path: Path) -> None:
    ws.datasets.write("bronze.t", pa.table({"x": [1]}), "create")
    place = tmp_path / "kept" / "one"
    killed(f"{STUCK}backup(Services(load_settings(source)), target, False, wait)", ws.settings.root, place)
    assert len(list(place.parent.iterdir())) == 1
    backup(ws.services, place)
    assert [path.name for path in place.parent.iterdir()] == ["one"]


def test_a_killed_restore_is_no_workspace_and_is_done_again(ws: LocalWorkspace, tmp_path: Path) -> None:
    ws.datasets.write("bronze.t", pa.table({"x": [1]}), "create")
    backup(ws.services, tmp_path / "one")
    killed(f"{STUCK}restore(source, target, wait)", tmp_path / "one", tmp_path / "two")
    with pytest.raises(AlreadyExists, match="has not finished"):
        create_workspace_file(tmp_path / "two", "two")
    restore(tmp_path / "one", tmp_path / "two")
    with opened(tmp_path / "two") as again:
        assert again.datasets.read("bronze.t").num_rows == 1
