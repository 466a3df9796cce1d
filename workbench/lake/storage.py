"""Where table files live: a local folder or an S3 bucket, behind PyIceberg's FileIO."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from workbench.core.beside import beside
from workbench.core.errors import MissingDependency, StorageUnavailable, WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.lake.warehouse import Warehouse

if TYPE_CHECKING:
    from workbench.core.config import LakeSettings

__all__ = ["Storage", "StoredFile", "s3_properties", "storage_errors"]

_NO_YEAR = 1980  # zip's first year, and before any object store

_log = get_logger("lake")


@dataclass(frozen=True)
class StoredFile:
    """A file as the storage lists it: location, size in bytes, time of its last change (UTC)."""

    path: str
    bytes: int
    modified: datetime


def s3_properties(settings: LakeSettings) -> dict[str, str]:
    """PyIceberg's properties for the S3 settings; empty where none is set. Keys come from the environment only."""
    properties = {"s3.region": settings.s3_region}
    if settings.s3_endpoint:
        properties |= {"s3.endpoint": settings.s3_endpoint, "s3.force-virtual-addressing": "false"}
    if settings.s3_access_key_id is not None:
        properties["s3.access-key-id"] = settings.s3_access_key_id.get_secret_value()
    if settings.s3_secret_access_key is not None:
        properties["s3.secret-access-key"] = settings.s3_secret_access_key.get_secret_value()
    return properties


@contextlib.contextmanager
def storage_errors(action: str) -> Iterator[None]:
    """Turn an operating system's or S3's error into :class:`StorageUnavailable`, in plain words.

    ``action`` completes "Could not ...".
    """
    try:
        yield
    except WorkbenchError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageUnavailable(f"Could not {action}: the disk is full.", fix="Free some space, then try again.") from error
        reason = error.strerror or str(error).splitlines()[0]
        raise StorageUnavailable(
            f"Could not {action}: {reason}.", fix="Run `workbench doctor`; it checks the lake's storage and its permissions."
        ) from error


def _modified(told: datetime | None) -> datetime:
    """When a file was last written. A server may tell 1970 of one that is just being uploaded; nobody may take it for old."""
    moment = told.astimezone(UTC) if told is not None else None
    return moment if moment is not None and moment.year > _NO_YEAR else datetime.now(UTC)


class _WarehouseIO(PyArrowFileIO):
    """Makes files below the warehouse only: where a table says its files are may be another workspace, if this one is a copy."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage.properties)
        self._storage = storage

    def new_output(self, location: str) -> PyArrowFile:
        if not self._storage.holds(location):
            raise StorageUnavailable(
                f"{location} lies outside of the lake; nothing is written there.",
                fix="Was this workspace moved or copied? Run: workbench relocate",
            )
        return super().new_output(location)


class Storage:
    """The lake's files below one warehouse location.

    ``warehouse`` is what :class:`workbench.lake.warehouse.Warehouse` takes.
    """

    def __init__(self, warehouse: str, properties: Mapping[str, str] | None = None) -> None:
        place = Warehouse(warehouse)
        self.warehouse, self.local, self.holds = place.location, place.local, place.holds
        if not self.local:
            # Servers other than Amazon's refuse the checksum trailers that the client sends by default (411, or a checksum error).
            os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
            os.environ.setdefault("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
        self.properties = dict(properties or {})
        self.io: PyArrowFileIO = _WarehouseIO(self)
        self._s3: tuple[int, Any] | None = None

    def table_location(self, namespace: str, name: str, table_uuid: str) -> str:
        return f"{self.warehouse}/{namespace}/{name}-{table_uuid}"

    def _refuses(self, location: str) -> bool:
        """Whether a location may not be deleted: another workspace's, if this one is a copy, or anything of the user's."""
        if self.holds(location):
            return False
        _log.warning("did not delete %s: it lies outside of the lake", location)
        return True

    def sync(self, paths: Iterable[str]) -> None:
        """Force files and their folders to the disk, so that a committed pointer never outlives what it points to.

        Costs one flush of the disk's journal for a commit (about 1 to 10 ms on a solid-state disk). S3 needs none: an
        object is durable once its upload has been acknowledged.
        """
        if not self.local:
            return
        files = list(paths)
        folders: dict[str, None] = {}
        for path in files:
            folder = os.path.dirname(path)  # noqa: PTH120 - hot path
            # A new partition or table is an entry in its parent, which must be on the disk as well.
            while folder.startswith(self.warehouse) and folder not in folders:
                folders[folder] = None
                folder = os.path.dirname(folder)  # noqa: PTH120
        for path in (*files, *folders):
            _sync_one(path)

    @contextlib.contextmanager
    def syncing(self, paths: Iterable[str | Path]) -> Iterator[None]:
        """Bring files to the disk while the block looks at them: :meth:`sync`, which will be asked of them, has little left to wait for.

        Raises
        ------
        StorageUnavailable
            The disk did not take them. The system says so only once, so that nobody would hear of it later.
        """
        failed: list[OSError] = []

        def bring(_: Any) -> None:
            try:
                for path in paths:
                    _sync_one(path)
            except OSError as error:
                failed.append(error)

        with beside(bring, "sync") if self.local else contextlib.nullcontext():
            yield
        if failed:
            with storage_errors("write data files"):
                raise failed[0]

    def delete(self, paths: Iterable[str]) -> int:
        """Delete files, eight at a time. Returns how many were deleted.

        What is gone already is no error. What lies outside of the warehouse stays.
        """
        todo = list(paths)
        if len(todo) <= 2:
            return sum(map(self._delete_one, todo))
        with ThreadPoolExecutor(max_workers=8) as pool:
            return sum(pool.map(self._delete_one, todo))

    def _delete_one(self, path: str) -> int:
        if self._refuses(path):
            return 0
        try:
            if self.local:
                Path(path).unlink()
            else:
                self._s3_files().rm_file(path)
        except FileNotFoundError:
            return 0
        except OSError as error:
            # The file is an orphan now; `vacuum` finds it again.
            _log.warning("could not delete %s", path, extra={"reason": str(error)})
            return 0
        return 1

    def _s3_files(self) -> Any:
        """s3fs, for deleting only: after each file that pyarrow deletes it makes an empty object in the place of the folder,
        which costs a request, and which servers that keep objects as files take for the folder itself.

        Made anew in a forked child, where the parent's event loop does not run.
        """
        if self._s3 is None or self._s3[0] != os.getpid():
            try:
                from s3fs import S3FileSystem
            except ImportError as error:
                raise MissingDependency("s3fs is not installed.", fix="Run: pip install 'workbench-lab[s3]'") from error
            get = self.properties.get
            made = S3FileSystem(
                key=get("s3.access-key-id"),
                secret=get("s3.secret-access-key"),
                token=get("s3.session-token"),
                endpoint_url=get("s3.endpoint"),
                client_kwargs={"region_name": get("s3.region")},
                skip_instance_cache=True,
            )
            self._s3 = (os.getpid(), made)
        return self._s3[1]

    def list(self, location: str) -> Iterator[StoredFile]:
        """All files below a location; none where it does not exist."""
        from pyarrow.fs import FileSelector, FileType

        scheme, netloc, path = self.io.parse_location(location)
        filesystem = self.io.fs_by_scheme(scheme, netloc)
        for info in filesystem.get_file_info(FileSelector(path, recursive=True, allow_not_found=True)):
            if info.type == FileType.File:
                name = info.path if self.local else f"s3://{info.path}"
                yield StoredFile(path=name, bytes=info.size or 0, modified=_modified(info.mtime))

    def remove_folder(self, location: str) -> None:
        """Remove what is left of a table's folder."""
        if self._refuses(location):
            return
        if self.local:
            import shutil

            shutil.rmtree(location, ignore_errors=True)
        else:
            self.delete(file.path for file in self.list(location))

    def remove_empty_folders(self, location: str, untouched_seconds: float = 3600) -> None:
        """Drop folders without files (partitions that expired). S3 has none.

        One that was touched lately stays: a writer may have made it for the file that it opens next.
        """
        if not self.local or (location != self.warehouse and self._refuses(location)):
            return
        limit = time.time() - untouched_seconds
        for folder, _, _ in os.walk(location, topdown=False):
            with contextlib.suppress(OSError):  # not empty, or gone
                if Path(folder).stat().st_mtime < limit:
                    Path(folder).rmdir()


def _sync_one(path: str | Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
