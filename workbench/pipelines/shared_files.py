"""Copies of large files that several runs and versions have as they were: one on the disk, by its content, with a name in each.

They are hard links to a file below ``executed/.shared``, which goes with the last of them. Nobody may write to one, for it is others', too.
What is small is each run's own: there is nothing to be saved, and most of it is code.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["forget_unshared", "link", "own_copy"]

#: Bytes from which on a file is shared.
_FROM = 64 << 10


def link(path: Path, copy: Path, shared: Path) -> bool:
    """Have ``copy`` be the file at ``path`` as it is now, by way of the folder ``shared``; False where it is to be copied."""
    try:
        found = path.stat()
        if found.st_size < _FROM:
            return False
        with path.open("rb") as stream:
            name = _name(hashlib.file_digest(stream, "sha256").hexdigest(), found)
        kept = shared / name
        if not _is_as_it_was(kept, found):
            _keep(path, kept)
        if not _is_as_it_was(kept, found):
            return False  # it has changed meanwhile
        os.link(kept, copy)
    except OSError:
        return False  # a disk that knows no links, or has too many to this one
    return True


def own_copy(path: str | Path, copy: str | Path) -> str:
    """Copy a file, also one that is shared, to where it may be written to."""
    shutil.copy2(path, copy)
    Path(copy).chmod(stat.S_IMODE(Path(copy).stat().st_mode) | stat.S_IWUSR)
    return str(copy)


def forget_unshared(shared: Path) -> int:
    """Delete what nobody has a copy of any more; returns the bytes given back."""
    freed = 0
    for path in _files(shared):
        with suppress(OSError):
            found = path.stat()
            if found.st_nlink == 1:
                path.unlink()
                freed += found.st_size
    return freed


def _name(digest: str, found: os.stat_result) -> str:
    # Hidden: a back-up has the copies. When it was changed and what it may belongs to a copy as its content does.
    return f".{digest}-{found.st_mtime_ns}-{stat.S_IMODE(found.st_mode) & 0o555:o}"


def _is_as_it_was(kept: Path, found: os.stat_result) -> bool:
    """Whether it is there, and nobody has written to it."""
    with suppress(FileNotFoundError):
        now = kept.stat()
        return (now.st_size, now.st_mtime_ns) == (found.st_size, found.st_mtime_ns)
    return False


def _keep(path: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_name(f".new-{uuid.uuid4().hex}")
    try:
        shutil.copy2(path, temporary)
        with temporary.open("rb") as stream:
            if _name(hashlib.file_digest(stream, "sha256").hexdigest(), temporary.stat()) != kept.name:
                return  # it was being written to
        temporary.chmod(stat.S_IMODE(temporary.stat().st_mode) & 0o555)
        temporary.replace(kept)
    finally:
        temporary.unlink(missing_ok=True)


def _files(shared: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from shared.iterdir()
