"""A metadata store on a disk without any room, which only a small file system of its own can show."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import StorageUnavailable
from workbench.store import Store
from workbench.store.tables import runs


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of four megabytes."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system as Linux does")
def test_a_disk_without_any_room_is_told_as_such_to_who_only_reads(small: Path) -> None:
    made = Store(f"sqlite:///{small / 'meta.db'}")
    made.migrate()
    made.close()  # the last to close it removes the files that processes share it by
    with contextlib.suppress(OSError), (small / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)
    store = Store(f"sqlite:///{small / 'meta.db'}")
    try:
        with pytest.raises(StorageUnavailable, match="the disk is full") as raised, store.read() as conn:
            conn.execute(runs.select())
        assert raised.value.fix == "Make room on the disk."
        assert str(small) not in str(raised.value)  # anybody may be calling
        (small / "filler").unlink()
        with store.read() as conn:
            assert conn.execute(runs.select()).all() == []
    finally:
        store.close()
