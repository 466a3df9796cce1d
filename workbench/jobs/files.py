"""The small JSON files in ``run/`` by which processes know of each other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from workbench.core.config import Settings
from workbench.jobs.paths import run_folder

__all__ = ["read_json", "read_state", "write_json"]


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Replace a small file at once, so that a reader sees the old or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(data, indent=1), encoding="utf-8")
    temporary.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """What the file says; empty where it is missing or damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def read_state(settings: Settings) -> dict[str, Any]:
    """What the last supervisor wrote."""
    return read_json(run_folder(settings) / "supervisor.json")
