"""Folders and files that only their owner reads; and which file systems a database may lie on, where SQLite's locks can be trusted."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from workbench.core.config import STATE_FOLDER
from workbench.core.errors import UnsupportedFileSystem

__all__ = ["check_local", "file_system_of", "make_private", "write_private"]

_NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "pvfs2", "smb", "smb2", "smb3", "smbfs", "sshfs", "webdav",
}  # fmt: skip
_NETWORK_FUSE = {
    "ceph", "davfs", "davfs2", "gcsfuse", "glusterfs", "goofys", "google-drive-ocamlfuse", "juicefs", "mount-s3", "rclone", "s3fs",
    "smbnetfs", "sshfs",
}  # fmt: skip


def _mounts() -> list[tuple[str, str]]:
    """(mount point, type) of every mount, in the order they were made."""
    table = Path("/proc/self/mounts")
    if table.exists():
        rows = (line.split() for line in table.read_text(encoding="utf-8", errors="surrogateescape").splitlines())
        # Spaces and the like are written as octal escapes there.
        return [(row[1].encode("latin-1", "surrogateescape").decode("unicode_escape"), row[2]) for row in rows if len(row) > 2]
    import psutil

    return [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]


def file_system_of(path: Path, mounts: list[tuple[str, str]] | None = None) -> str:
    """The type of the file system that holds ``path`` (``"ext4"``, ``"nfs4"``, ...), or ``""`` when nothing says."""
    target = os.path.realpath(path)
    best, kind = -1, ""
    for point, found in _mounts() if mounts is None else mounts:
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:  # of two mounts on one point the later one counts
            best, kind = len(point), found
    return kind


def check_local(path: Path, mounts: list[tuple[str, str]] | None = None) -> None:
    """Refuse a database file on a network file system.

    Raises
    ------
    UnsupportedFileSystem
        The file would lie on NFS, SMB, SSHFS or the like.
    """
    kind = file_system_of(path, mounts).lower()
    family, _, flavour = kind.partition(".")
    if kind in _NETWORK or (family == "fuse" and flavour in _NETWORK_FUSE):
        raise UnsupportedFileSystem(
            f"{path} lies on a network file system ({kind}), where SQLite databases get damaged.",
            fix="Put the workspace on a local disk, or set store.url to a PostgreSQL database.",
            path=str(path),
            file_system=kind,
        )


def write_private(path: Path, text: str) -> None:
    """Put a file that only its owner may read (0600) in its place, in full or not at all. Its folder is there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def make_private(folder: Path) -> Path:
    """Make a folder, and its missing parents, that only its owner may open (0700). One that exists is left as it is.

    Raises
    ------
    FileNotFoundError
        It lies in the state of a workspace whose folder is gone: who deleted that wants no part of it back.
    """
    missing = []
    here = folder
    while not here.exists():
        if here.name == STATE_FOLDER and not here.parent.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(here.parent))
        missing.append(here)
        here = here.parent
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    return folder
