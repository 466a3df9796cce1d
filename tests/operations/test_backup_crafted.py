"""A packed back-up from somebody one should not trust writes nothing but the files of a workspace, and not more than it says."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard

import workbench
from workbench.app.local import LocalWorkspace
from workbench.app.operations.backup import backup
from workbench.app.operations.restore import restore
from workbench.core.errors import AlreadyExists, StorageUnavailable, UnreadableFile

Tar = tarfile.TarFile
NOBODY = b"written outside of the target\n"


def entry(tar: Tar, name: str, kind: bytes = tarfile.REGTYPE, link: str = "", data: bytes = b"", **pax: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.pax_headers = kind, link, len(data), dict(pax)
    tar.addfile(info, io.BytesIO(data))


def manifest(tar: Tar, **sizes: int) -> None:
    files = {name: {"sha256": "0" * 64, "bytes": size} for name, size in {"meta.db": 5, "workbench.toml": 5, **sizes}.items()}
    told = {"format": 1, "version": "0", "name": "x", "created_at": "2026-01-01T00:00:00Z", "state": "/s", "warehouse": "/s/lake"}
    entry(tar, "manifest.json", data=json.dumps({**told, "secrets": False, "files": files}).encode())


def beyond_path_max(tar: Tar) -> None:
    """CVE-2025-4517: links whose whole path is too long to be resolved pass extractall(filter="data")."""
    part, steps, path = "d" * 247, "abcdefghijklmnop", ""
    for step in steps:
        entry(tar, f"{path}{part}", tarfile.DIRTYPE)
        entry(tar, f"{path}{step}", tarfile.SYMTYPE, part)
        path = f"{path}{part}/"
    far = "/".join([*steps, "l" * 254])
    entry(tar, far, tarfile.SYMTYPE, "../" * len(steps))
    entry(tar, "escape", tarfile.SYMTYPE, f"{far}/../../../outside")
    entry(tar, "escape/pwned.txt", data=NOBODY)


def through_a_link(tar: Tar) -> None:
    entry(tar, "lake", tarfile.SYMTYPE, "../../outside")
    entry(tar, "lake/pwned.txt", data=NOBODY)


CRAFTED: dict[str, Callable[[Tar], None]] = {
    "beyond PATH_MAX": beyond_path_max,
    "through a link": through_a_link,
    "a link": lambda tar: entry(tar, "meta.db", tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": lambda tar: entry(tar, "meta.db", tarfile.LNKTYPE, "workbench.toml"),
    "a device": lambda tar: entry(tar, "meta.db", tarfile.CHRTYPE),
    "a pipe": lambda tar: entry(tar, "meta.db", tarfile.FIFOTYPE),
    "sparse": lambda tar: entry(tar, "meta.db", data=b"12345", **{"GNU.sparse.map": "0,5", "GNU.sparse.size": str(1 << 50)}),
    "upwards": lambda tar: entry(tar, "../outside/pwned.txt", data=NOBODY),
    "upwards inside": lambda tar: entry(tar, "lake/../../../outside/pwned.txt", data=NOBODY),
    "from the root": lambda tar: entry(tar, "/outside/pwned.txt", data=NOBODY),
    "a NUL": lambda tar: entry(tar, "x", path="meta.db\0x", data=b"12345"),
    "a long name": lambda tar: entry(tar, "n" * 300, data=b"12345"),
    "a long path": lambda tar: entry(tar, "n/" * 3000 + "n", data=b"12345"),
    "a very long head": lambda tar: entry(tar, "meta.db", data=b"12345", comment="c" * 10_000_000),
    "a negative size": lambda tar: entry(tar, "meta.db", data=b"12345", size="-5"),
    "not in the manifest": lambda tar: entry(tar, "more.db", data=b"12345"),
    "larger than the manifest says": lambda tar: entry(tar, "meta.db", data=b"123456"),
    "twice": lambda tar: [entry(tar, "meta.db", data=b"12345") for _ in range(2)] and None,
    "nothing": lambda tar: None,
}


@pytest.mark.parametrize("first", [True, False], ids=["manifest first", "manifest last"])
@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_archive_is_refused_and_writes_nothing(tmp_path: Path, name: str, first: bool) -> None:
    (tmp_path / "outside").mkdir()
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        if first:
            manifest(tar)
        CRAFTED[name](tar)
        if not first:
            manifest(tar)
    with pytest.raises(UnreadableFile):
        restore(tmp_path / "evil.tar", tmp_path / "in" / "target")
    assert list((tmp_path / "in" / "target").iterdir()) == []
    assert list((tmp_path / "outside").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"evil.tar", "in", "outside"}


def test_more_than_the_disk_has_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        manifest(tar, **{"lake/x": 1 << 60})
        info = tarfile.TarInfo("lake/x")
        info.size = 1 << 60
        tar.fileobj.write(info.tobuf())  # type: ignore[union-attr]
    with pytest.raises(StorageUnavailable, match="GB are free"):
        restore(tmp_path / "evil.tar", tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_a_few_bytes_that_unpack_to_many_are_refused(tmp_path: Path) -> None:
    """A head of a gigabyte, packed to some kilobytes, is neither kept in memory nor written."""
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    with (tmp_path / "evil.tar.zst").open("wb") as raw, zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as packed:
        packed.write(info.tobuf())
        for _ in range(1 << 10):
            packed.write(bytes(1 << 20))
    with pytest.raises(UnreadableFile, match="far too long"):
        restore(tmp_path / "evil.tar.zst", tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_a_folder_that_somebody_packed_with_tar_is_restored(ws: LocalWorkspace, tmp_path: Path) -> None:
    """With folders, names that begin with ``./``, and the manifest anywhere."""
    backup(ws.services, tmp_path / "b")
    (tmp_path / "b" / "manifest.json").rename(tmp_path / "manifest.json")
    with tarfile.open(tmp_path / "b.tgz", "w:gz") as tar:
        tar.add(tmp_path / "b", ".")
        tar.add(tmp_path / "manifest.json", "./manifest.json")
    restore(tmp_path / "b.tgz", tmp_path / "again")
    assert (tmp_path / "again" / "workbench.toml").is_file()


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_of_two_restores_into_one_folder_one_is_refused_and_harms_nothing(ws: LocalWorkspace, tmp_path: Path, name: str) -> None:
    backup(ws.services, tmp_path / name)
    together = threading.Barrier(2)

    def attempt() -> bool:
        together.wait()
        try:
            restore(tmp_path / name, tmp_path / "again")
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(each.result() for each in [pool.submit(attempt) for _ in range(2)]) == [False, True]
    again = workbench.open(tmp_path / "again")
    assert again.dataset("gold.parts").read().num_rows == 4
    again.close()
