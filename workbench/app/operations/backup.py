"""A copy of a workspace, consistent while it is written to.

The order makes it so. First the databases that name runs (jobs, experiments), then the metadata store, then files: each
copy names only what the later ones still have, since everything is written before it is named. A lease keeps expiry and
vacuum from deleting a file between the copy of the metadata and that of the files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from workbench.app.operations import archive
from workbench.app.operations.copies import Copied, Manifest, copy_stream, digest_of
from workbench.app.operations.databases import copy_sqlite, export_store, metadata_locations, strip_state
from workbench.app.operations.references import referenced_files
from workbench.core.clock import iso, now
from workbench.core.config import FILE_NAME, FORMAT
from workbench.core.errors import AlreadyExists, StorageUnavailable
from workbench.core.leftovers import own_folder, remove_leftovers
from workbench.core.records import Record

if TYPE_CHECKING:
    from workbench.app.services import Services

__all__ = ["BackupReport", "backup"]

# Named before meta.db is copied: they point to runs, runs do not point to them.
_BESIDE = ("dbos.db", "mlflow.db", "optuna.db")
_NOT_COPIED = {"lake", "logs", "run", "secrets", "cache", "tmp", "uploads", "index"}
_LEASE_SECONDS = 12 * 3600
_PROJECT = "the project's own files (notebooks, pipelines, scripts): keep them in version control"
_SECRETS = "keys and tokens: with --with-secrets they are in it"

Progress = Callable[[str, int, int], None]


class BackupReport(Record):
    """What was copied: the place, counts, bytes before compression, and what was left out and why."""

    path: str
    created_at: str
    datasets: int
    files: int
    bytes: int
    secrets: bool
    left_out: tuple[str, ...] = ()


def backup(services: Services, target: Path, with_secrets: bool = False, progress: Progress | None = None) -> BackupReport:
    """Copy the workspace into a new folder, or a ``.tar`` or ``.tar.zst`` file.

    Parameters
    ----------
    progress
        Called with (what, done, of all) as files are copied.

    Raises
    ------
    AlreadyExists
        There is something at ``target``.
    Conflict
        The workspace was moved or copied, and not relocated yet.
    StorageUnavailable
        A file that the metadata names is missing or damaged, or the disk is full; nothing is left at ``target``.
    """
    services.lake.catalog.check_place()
    target = target.expanduser().absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise AlreadyExists(f"{target} exists.", fix="Give a new name; back-ups are never overwritten.")
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target.parent, f".{target.name}")
    staging = own_folder(target.parent, f".{target.name}")
    try:
        with services.lake.leases.everything("backup", seconds=_LEASE_SECONDS):
            manifest = _Copy(services, staging, with_secrets, progress or (lambda *_: None)).run()
        (staging / "manifest.json").write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        archive.finish(staging, target)
    except OSError as error:
        raise StorageUnavailable(
            f"The back-up could not be written: {error.strerror}.", fix="Free some space, or choose another disk."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return BackupReport(
        path=str(target),
        created_at=manifest.created_at,
        datasets=len(services.lake.names()),
        files=len(manifest.files),
        bytes=sum(file.bytes for file in manifest.files.values()),
        secrets=with_secrets,
        left_out=manifest.left_out,
    )


class _Copy:
    def __init__(self, services: Services, folder: Path, with_secrets: bool, progress: Progress) -> None:
        self._services = services
        self._settings = services.settings
        self._folder = folder
        self._secrets = with_secrets
        self._progress = progress
        self._files: dict[str, Copied] = {}
        self._left_out = [_PROJECT, *(() if with_secrets else (_SECRETS,))]

    def run(self) -> Manifest:
        self._databases()
        self._lake()
        self._rest()
        settings = self._settings
        return Manifest(
            format=FORMAT,
            version=self._services.version,
            name=settings.workspace.name,
            created_at=iso(now()),
            state=str(settings.state),
            warehouse=self._services.lake.storage.warehouse,
            secrets=self._secrets,
            left_out=tuple(self._left_out),
            files=dict(sorted(self._files.items())),
        )

    def _databases(self) -> None:
        for name in _BESIDE:
            source = self._settings.state / name
            if source.is_file():
                copy_sqlite(source, self._folder / name)
                self._add(name)
        for what, url in (("jobs", self._settings.jobs_url), ("tracking", self._settings.tracking_url)):
            if not url.startswith("sqlite"):
                self._left_out.append(f"{what}: its database is not a file here; copy it with its own tools")
        export_store(self._services.store, self._folder / "meta.db")
        strip_state(self._folder / "meta.db", tokens=self._secrets)
        self._add("meta.db")

    def _add(self, name: str) -> None:
        self._files[name] = digest_of(self._folder / name)

    def _lake(self) -> None:
        storage = self._services.lake.storage
        io = storage.io

        def read(location: str) -> bytes:
            with io.new_input(location).open() as stream:
                return bytes(stream.read())

        needed = sorted(
            referenced_files(metadata_locations(self._folder / "meta.db"), read, lambda location: io.new_input(location).exists())
        )
        prefix = f"{storage.warehouse}/"
        for index, location in enumerate(needed):
            if not location.startswith(prefix) or ".." in location.split("/"):
                raise StorageUnavailable(f"{location} lies outside of the lake.", fix="Take that table out of the catalog first.")
            relative = location.removeprefix(prefix)
            with io.new_input(location).open() as stream:
                self._files[f"lake/{relative}"] = copy_stream(stream, self._folder / "lake" / relative)  # type: ignore[arg-type]
            self._progress("lake", index + 1, len(needed))

    def _rest(self) -> None:
        state = self._settings.state
        todo = [*self._walk(state, _NOT_COPIED if not self._secrets else _NOT_COPIED - {"secrets"})]
        for index, path in enumerate(todo):
            relative = PurePosixPath(path.relative_to(state)).as_posix()
            try:
                with path.open("rb") as stream:
                    mode = path.stat().st_mode & 0o777
                    self._files[relative] = copy_stream(stream, self._folder / relative, mode)
            except FileNotFoundError:
                continue  # a temporary file that went while we looked
            self._progress("files", index + 1, len(todo))
        with (self._settings.root / FILE_NAME).open("rb") as stream:
            self._files[FILE_NAME] = copy_stream(stream, self._folder / FILE_NAME, 0o644)

    def _walk(self, state: Path, left_out: set[str]) -> Iterator[Path]:
        for entry in sorted(state.iterdir()):
            if entry.is_symlink() or entry.name in left_out or entry.name.endswith(".locks"):
                continue
            if entry.is_dir():
                # Hidden files are parts of something that is being written.
                yield from (p for p in sorted(entry.rglob("*")) if p.is_file() and not p.is_symlink() and not p.name.startswith("."))
