"""How long what a run leaves behind is kept."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.config import Settings
from workbench.core.errors import RunNotFound
from workbench.core.ids import time_of
from workbench.pipelines.shared_files import forget_unshared
from workbench.pipelines.snapshot import EXECUTED, shared_folder
from workbench.runs.records import TERMINAL

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = ["forget_executed"]

_PINNING = timedelta(days=1)  # more than enough between the copy of the notebooks and the submission of their run


def forget_executed(settings: Settings, log: RunLog, before: datetime) -> tuple[int, int]:
    """Delete the executed notebooks, logs and pinned sources of runs that ended before a moment; the log keeps the runs.

    Returns how many runs that were, and the bytes given back. A run that has not ended keeps them, for it may be resumed.
    """
    count = freed = 0
    for folder in sorted((settings.state / EXECUTED).glob("*")):
        ended = _ended(folder, log)
        if ended is not None and ended < before:
            # What others share is given back with the last of them.
            size = sum(
                path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_nlink == 1
            )
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                count, freed = count + 1, freed + size
    return count, freed + forget_unshared(shared_folder(settings))


def _ended(folder: Path, log: RunLog) -> datetime | None:
    """When the folder's run ended; None where it goes on, or the folder is none of ours."""
    try:
        made = time_of(folder.name)
    except ValueError:
        return None
    try:
        run = log.get(folder.name)
    except RunNotFound:
        # It was never submitted, or the log was restored from before it.
        return made + _PINNING
    return run.ended_at if run.status in TERMINAL else None
