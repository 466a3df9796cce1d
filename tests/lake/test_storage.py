"""What lies on the disk outlives a power cut, and trouble with it is said in plain words."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.core.clock import now
from workbench.core.errors import InvalidSetting, StorageUnavailable
from workbench.lake import Lake
from workbench.lake.storage import Storage
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.writes import Writer


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    store = Store(f"sqlite:///{tmp_path / 'meta.db'}")
    store.migrate()
    return Writer(Lake(store, str(tmp_path / "lake")), RunLog(store))


def test_all_files_of_a_commit_and_their_folders_are_forced_to_the_disk_before_it(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[str] = set()
    real = os.fsync

    def note(descriptor: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    writer.write("silver.x", pa.table({"id": [1], "k": ["a"]}), partition_by=["k"])
    monkeypatch.undo()
    table = writer.lake.table("silver.x")
    files = {file.path for file in writer.lake.storage.list(table.metadata.location)}
    folders = {str(parent) for path in files for parent in Path(path).parents if str(parent).startswith(writer.lake.storage.warehouse)}
    assert len(files) == 4 and files | folders <= synced


def test_what_the_disk_does_not_take_while_it_is_looked_at_is_told_for_the_system_says_so_only_once(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows").write_text("rows")
    looked = []
    with writer.lake.storage.syncing([tmp_path / "rows"]):
        looked.append(1)

    def broken(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StorageUnavailable, match="Could not write data files: Input/output error"):  # noqa: SIM117
        with writer.lake.storage.syncing([tmp_path / "rows"]):
            looked.append(2)
    assert looked == [1, 2]


def test_a_storage_that_cannot_be_written_is_said_in_plain_words(writer: Writer, tmp_path: Path) -> None:
    writer.write("silver.x", pa.table({"id": [1]}))
    folder = Path(writer.lake.table("silver.x").metadata.location)
    (folder / "data").rename(folder / "elsewhere")
    (folder / "data").write_text("a file in the place of the folder")
    with pytest.raises(StorageUnavailable, match="Could not write data files"):
        writer.write("silver.x", pa.table({"id": [2]}))
    (folder / "data").unlink()
    (folder / "elsewhere").rename(folder / "data")
    writer.write("silver.x", pa.table({"id": [2]}))
    assert writer.lake.info("silver.x").rows == 2


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)], capture_output=True).returncode
    ):
        pytest.skip("needs the right to mount a small file system")
    try:
        store = Store(f"sqlite:///{tmp_path.parent / 'full.db'}")
        store.migrate()
        writer = Writer(Lake(store, str(tmp_path / "lake")), RunLog(store))
        writer.write("silver.x", pa.table({"id": [1], "v": [b"x"]}))
        before = {file.path for file in writer.lake.storage.list(str(tmp_path))}
        with pytest.raises(StorageUnavailable, match="disk is full"):
            writer.write("silver.x", pa.table({"id": [2], "v": [os.urandom(8 << 20)]}))
        assert {file.path for file in writer.lake.storage.list(str(tmp_path))} == before
        assert writer.lake.plan("silver.x").to_arrow()["id"].to_pylist() == [1]
        store.close()
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_locations_of_all_kinds_are_understood(tmp_path: Path) -> None:
    assert Storage((tmp_path / "a b").as_uri()).warehouse == str(tmp_path / "a b")
    assert Storage(str(tmp_path)).warehouse == str(tmp_path)
    assert Storage("s3://bucket/prefix/").warehouse == "s3://bucket/prefix"
    with pytest.raises(InvalidSetting):
        Storage("ftp://host/x")


def test_the_lakes_records_load_without_arrow_or_pyiceberg() -> None:
    heavy = "('pyarrow', 'pyiceberg', 'sqlalchemy')"
    code = f"import sys, workbench.lake.records, workbench.writes; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_nothing_outside_of_the_warehouse_is_written_or_deleted(tmp_path: Path) -> None:
    lake, other = Storage(str(tmp_path / "lake")), tmp_path / "other" / "data"
    other.mkdir(parents=True)
    (tmp_path / "lake").mkdir()
    (tmp_path / "lakes").mkdir()
    outside = [str(other / "x"), f"{lake.warehouse}/../other/data/x", f"{lake.warehouse}s/x", f"file://{other}/x"]
    for path in (other / "x", tmp_path / "lakes" / "x"):
        path.write_text("mine")
    assert lake.delete(outside) == 0
    lake.remove_folder(str(other))
    lake.remove_folder(lake.warehouse + "/..")
    lake.remove_empty_folders(str(other.parent), untouched_seconds=-1)
    for path in outside:
        with pytest.raises(StorageUnavailable, match="outside"):
            lake.io.new_output(path)
    assert (other / "x").read_text() == (tmp_path / "lakes" / "x").read_text() == "mine"
    bucket = Storage("s3://bucket/prefix")
    assert bucket.holds("s3://bucket/prefix/a/b")
    assert not any(map(bucket.holds, ("s3://bucket/prefixes/a", "s3://other/prefix/a", "s3://bucket/prefix/../a", "/prefix/a")))


def test_a_file_without_a_known_time_is_never_taken_for_old(tmp_path: Path) -> None:
    # Some object stores list an upload that is under way with the time 1970.
    storage = Storage((tmp_path / "lake").as_uri())
    file = tmp_path / "lake" / "x.parquet"
    file.parent.mkdir()
    file.touch()
    os.utime(file, (0, 0))
    assert [now() - found.modified < timedelta(minutes=1) for found in storage.list(str(file.parent))] == [True]
