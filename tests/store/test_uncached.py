"""Large files are written past the page cache, and come out the same wherever they lie."""

from __future__ import annotations

import errno
import fcntl
import os
import random
from pathlib import Path

import pytest

from workbench.store import uncached
from workbench.store.uncached import UncachedWriter

PIECE = 4 << 20


def written(path: Path, *parts: bytes) -> bytes:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        writer = UncachedWriter(descriptor)
        for part in parts:
            writer.write(part)
        writer.finish()
    finally:
        os.close(descriptor)
    return path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 4097])
def test_what_is_written_in_odd_parts_comes_out_whole(tmp_path: Path, size: int) -> None:
    data = random.Random(size).randbytes(size)
    cuts = sorted(random.Random(7).choices(range(size + 1), k=9))
    parts = [data[a:b] for a, b in zip([0, *cuts], [*cuts, size], strict=True)]
    assert written(tmp_path / "x", *parts) == data


def test_a_file_system_that_takes_no_such_writes_is_written_as_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = []

    def write(descriptor: int, data: memoryview) -> int:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & getattr(os, "O_DIRECT", 0):
            refused.append(len(data))
            raise OSError(errno.EINVAL, "no")
        return real(descriptor, data[:100_003])  # and never takes all at once

    real = os.write
    monkeypatch.setattr(uncached.os, "write", write)
    data = random.Random(1).randbytes(2 * PIECE + 5)
    assert written(tmp_path / "x", data) == data
    assert refused == ([PIECE, PIECE] if hasattr(os, "O_DIRECT") else [])


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(descriptor: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(uncached.os, "write", write)
    with pytest.raises(OSError, match="full"):
        written(tmp_path / "x", b"x" * PIECE)
