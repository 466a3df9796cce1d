"""Published versions of pipelines: copies of their folders, numbered, that never change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, insert, select

from workbench.core.clock import from_iso, iso, now
from workbench.core.config import Settings
from workbench.core.errors import NotFound
from workbench.core.principals import Principal
from workbench.pipelines.load import FILE_NAME, load_pipeline
from workbench.pipelines.records import Pipeline, PipelineVersion
from workbench.pipelines.single import is_notebook
from workbench.pipelines.snapshot import brought, copy_folder, files_of, folder_code, hashes, taken_along
from workbench.store.tables import pipeline_versions

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["PUBLISHED", "Versions"]

PUBLISHED = "published"  # below the state folder


class Versions:
    """What was published of each pipeline: ``published/<pipeline>/<number>`` in the state folder, and a line in the store. A
    notebook that is scheduled by itself is one, too, by its path."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store

    def publish(self, name: str, pipeline: Pipeline, source: Path, who: Principal) -> PipelineVersion:
        """Keep the files in ``source`` as the newest version of ``name``; call it while nobody changes them. Where nothing has changed
        since the newest, that one stays."""
        taken = taken_along(self._settings, source, pipeline)
        files = hashes(taken)
        before = self.newest(name)
        if before is not None and before.code == folder_code(files) and self._is_kept(name, before.number):
            return before
        with self._store.write(durable=True, act=True) as conn:
            rows = self._rows(name)
            number = rows[0].number + 1 if rows else 1
            copy_folder(self._settings, taken, self.folder(name, number))
            row = {
                "pipeline": name,
                "number": number,
                "at": iso(now()),
                "by": who.name,
                "folder": pipeline.folder,
                "files": json.dumps(files),
            }
            conn.execute(insert(pipeline_versions).values(**row))
        return PipelineVersion(pipeline=name, number=number, at=from_iso(str(row["at"])), by=who.name, code=folder_code(files))

    def list(self, name: str, working: Path | None, pipeline: Pipeline | None = None) -> tuple[PipelineVersion, ...]:
        """All of a pipeline, newest first, compared with what goes with runs of the ``pipeline`` in its ``working`` folder (None: there is
        none)."""
        here = None
        if working is not None and pipeline is not None:
            here = files_of(working, more=brought(self._settings, working, pipeline.files), ignore=pipeline.ignore)
        return tuple(_version(row, here) for row in self._rows(name))

    def newest(self, name: str) -> PipelineVersion | None:
        """The one that its schedules run."""
        rows = self._rows(name, 1)
        return _version(rows[0], None) if rows else None

    def folder(self, name: str, number: int) -> Path:
        """Where its files are."""
        # A notebook's path could lead into another's folder; no pipeline's name has a dot.
        kept = f"notebook.{hashlib.sha256(name.encode()).hexdigest()}" if is_notebook(name) else name
        return self._settings.state / PUBLISHED / kept / str(number)

    def pipeline(self, name: str, number: int) -> Pipeline:
        """The pipeline as it was published; ``folder`` is its working folder.

        Raises
        ------
        NotFound
            There is no such version, or its files are gone.
        """
        found = next((row for row in self._rows(name) if row.number == number), None)
        if found is None or not self._is_kept(name, number):
            raise NotFound(f"Version {number} of pipeline {name!r} is not there.", fix=f"Publish it: `workbench pipelines publish {name}`.")
        read = load_pipeline(self.folder(name, number) / FILE_NAME, self._settings.root)
        return read.model_copy(update={"name": PurePosixPath(name).name, "folder": found.folder})

    def _is_kept(self, name: str, number: int) -> bool:
        return (self.folder(name, number) / FILE_NAME).is_file()

    def _rows(self, name: str, limit: int | None = None) -> Sequence[Row[Any]]:
        query = select(pipeline_versions).where(pipeline_versions.c.pipeline == name).order_by(pipeline_versions.c.number.desc())
        with self._store.read() as conn:
            return conn.execute(query if limit is None else query.limit(limit)).all()


def _version(row: Row[Any], here: dict[str, str] | None) -> PipelineVersion:
    files = json.loads(row.files)
    differs = sorted(name for name in files.keys() | here.keys() if files.get(name) != here.get(name)) if here is not None else []
    said = {"pipeline": row.pipeline, "number": row.number, "at": from_iso(row.at), "by": row.by}
    return PipelineVersion(**said, code=folder_code(files), differs=tuple(differs))
