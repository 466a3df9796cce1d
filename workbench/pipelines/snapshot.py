"""Pinning: a run executes the notebooks as they were when it was submitted."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.core.config import Settings
from workbench.runs.records import Run

__all__ = ["EXECUTED", "executed_folder", "pin", "source_folder"]

EXECUTED = "executed"  # below the state folder

# Data that lies beside the notebooks is not code: it is read where it is, and not copied for every run.
_LARGEST = 20_000_000
_SKIPPED = (".git", ".ipynb_checkpoints", "__pycache__", ".venv", "node_modules")


def executed_folder(settings: Settings, run_id: str) -> Path:
    """What a pipeline's run leaves: ``<step>.ipynb``, ``<step>.log``, ``source/``."""
    return settings.state / EXECUTED / run_id


def notebook_file(settings: Settings, run: Run) -> Path:
    """Where the executed notebook of a step's run is, or will be."""
    return settings.state / str(run.attributes["notebook"])


def source_folder(settings: Settings, run_id: str) -> Path:
    """The pipeline's folder as it was at submission."""
    return executed_folder(settings, run_id) / "source"


def pin(settings: Settings, folder: str, run_id: str) -> Path:
    """Copy the pipeline's folder (relative to the workspace) for a run; returns the copy."""
    source = settings.root / folder
    target = source_folder(settings, run_id)
    temporary = target.with_name("source.new")

    def skip(where: str, names: list[str]) -> set[str]:
        here = Path(where)
        large = {name for name in names if (here / name).is_file() and (here / name).stat().st_size > _LARGEST}
        return large | {name for name in names if name in _SKIPPED}

    shutil.copytree(source, temporary, ignore=skip, ignore_dangling_symlinks=True)
    temporary.replace(target)
    return target
