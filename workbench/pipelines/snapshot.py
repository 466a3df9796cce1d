"""Pinning: a run executes the notebooks as they were when it was submitted."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.core.config import Settings
from workbench.runs.records import Run

__all__ = ["EXECUTED", "PINNED", "executed_folder", "pin", "source_folder"]

EXECUTED = "executed"  # below the state folder
PINNED = "source"  # below a run's

# Data that lies beside the notebooks is not code: it is read where it is, and not copied for every run.
_LARGEST = 20_000_000
_SKIPPED = (".git", ".ipynb_checkpoints", "__pycache__", ".venv", "node_modules")


def executed_folder(settings: Settings, run_id: str) -> Path:
    """What a pipeline's run leaves: ``<step>.ipynb``, ``<step>.log``, ``source/``."""
    return settings.state / EXECUTED / run_id


def notebook_file(settings: Settings, run: Run) -> Path:
    """Where the executed notebook of a step's run is, or will be."""
    return settings.state / str(run.attributes["notebook"])


def source_folder(settings: Settings, run: Run) -> Path:
    """The pipeline's folder as it was when the run was submitted, or repaired with the files of then."""
    return executed_folder(settings, run.id) / str(run.attributes.get("pinned", PINNED))


def pin(settings: Settings, source: Path, run_id: str, name: str = PINNED) -> Path:
    """Copy a pipeline's folder for a run; returns the copy."""
    target = executed_folder(settings, run_id) / name
    temporary = target.with_name(f"{name}.new")
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed in between

    def skip(where: str, names: list[str]) -> set[str]:
        here = Path(where)
        large = {name for name in names if (here / name).is_file() and (here / name).stat().st_size > _LARGEST}
        return large | {name for name in names if name in _SKIPPED}

    shutil.copytree(source, temporary, ignore=skip, ignore_dangling_symlinks=True)
    shutil.rmtree(target, ignore_errors=True)
    temporary.replace(target)
    return target
