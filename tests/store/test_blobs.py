"""Files by the hash of their content."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import stat
import tempfile
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import InvalidInput, NotFound
from workbench.store import BlobStore


class SlowFile:
    """A source that gives a megabyte and then waits, to be killed in the middle."""

    def __init__(self, started: object) -> None:
        self.started = started

    def read(self, size: int) -> bytes:
        self.started.set()  # type: ignore[attr-defined]
        time.sleep(0.02)
        return b"x" * size


def _put_slowly(folder: str, started: object) -> None:
    BlobStore(Path(folder)).put_stream(SlowFile(started))  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=5000))
def test_what_is_put_comes_back_under_its_hash(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        blobs = BlobStore(Path(folder) / "blobs")
        digest = blobs.put_bytes(data)
        assert digest == "sha256:" + hashlib.sha256(data).hexdigest()
        assert blobs.path(digest).read_bytes() == data
        assert blobs.size(digest) == len(data)
        assert list(blobs) == [digest]


def test_the_same_content_is_kept_once_and_nothing_is_left_over(tmp_path: Path) -> None:
    source = tmp_path / "flights.csv"
    source.write_bytes(b"a,b\n1,2\n" * 1000)
    blobs = BlobStore(tmp_path / "blobs")
    assert blobs.put(source) == blobs.put(source)
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert source.exists()


def test_a_large_file_needs_little_memory(tmp_path: Path) -> None:
    source = tmp_path / "big"
    with source.open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    try:
        BlobStore(tmp_path / "blobs").put(source)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_put_that_is_killed_leaves_no_blob(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    started = context.Event()
    child = context.Process(target=_put_slowly, args=(str(tmp_path / "blobs"), started))
    child.start()
    assert started.wait(60)
    time.sleep(0.1)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    blobs = BlobStore(tmp_path / "blobs")
    assert list(blobs) == []
    for part in (tmp_path / "blobs").iterdir():  # a day later what it left goes too
        os.utime(part, (1, 1))
    blobs.put_bytes(b"next")
    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 1


def test_a_source_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        BlobStore(tmp_path / "blobs").put_stream(Broken())  # type: ignore[arg-type]
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_what_is_not_there_and_what_is_no_hash_is_said_so(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    missing = "sha256:" + "0" * 64
    assert not blobs.exists(missing)
    blobs.delete(missing)
    for call in (blobs.path, blobs.size):
        with pytest.raises(NotFound):
            call(missing)
    with pytest.raises(NotFound), blobs.open(missing):
        pass
    for text in ("", "sha256:../../etc/passwd", "md5:00", missing.upper()):
        with pytest.raises(InvalidInput):
            blobs.path(text)


def test_another_file_system_holds_blobs_too(tmp_path: Path) -> None:
    blobs = BlobStore(f"local://{tmp_path}/far", {"auto_mkdir": True}, cache=tmp_path / "cache")
    digest = blobs.put_bytes(b"hello")
    assert blobs.put_bytes(b"hello") == digest
    assert (blobs.exists(digest), blobs.size(digest), list(blobs)) == (True, 5, [digest])
    with blobs.open(digest) as stream:
        assert stream.read() == b"hello"
    assert blobs.path(digest).read_bytes() == b"hello"
    assert blobs.path(digest).is_relative_to(tmp_path / "cache")
    blobs.delete(digest)
    assert not blobs.exists(digest)
