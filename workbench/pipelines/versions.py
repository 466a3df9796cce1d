"""Published versions of pipelines: copies of their folders, numbered, that never change."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from workbench.core.clock import from_iso, iso, now
from workbench.core.config import Settings
from workbench.core.errors import NotFound
from workbench.core.ids import new_id
from workbench.pipelines.load import FILE_NAME, find_pipeline, load_pipeline
from workbench.pipelines.records import Pipeline, PipelineVersion
from workbench.pipelines.snapshot import copy_folder
from workbench.store.tables import pipeline_versions

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["PUBLISHED", "Versions", "code_of", "files_of"]

PUBLISHED = "published"  # below the state folder
_CHUNK = 1 << 20


def files_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below a folder that a run would take along, by path."""
    found = {}
    for path in sorted(copy_folder.files(folder)):
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        found[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return found


def code_of(files: dict[str, str]) -> str:
    """One hash for a folder's files: the same for the same names and contents."""
    return "sha256:" + hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()
