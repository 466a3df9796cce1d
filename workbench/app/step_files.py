"""Files of the workspace, for notebooks that run by themselves and as steps of pipelines."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.core.config import Settings
from workbench.core.errors import NotFound
from workbench.runs.context import current_fence

__all__ = ["found"]


def found(settings: Settings, path: str) -> Path:
    """Where a file is; arguments and errors are those of ``ws.file``."""
    brought = os.environ.get("WORKBENCH_FILES") if current_fence() is not None else None
    base = Path(brought) if brought else settings.root
    place = base / path
    if place.resolve().is_relative_to(base.resolve()) and place.exists():
        return place
    if brought:
        raise NotFound(f"No {path!r} went with the run.", fix=f"Name it in the pipeline's YAML: `files: [{path}]`.")
    raise NotFound(f"There is no {path!r} in the workspace.", fix="Give its path below the workspace's folder.")
