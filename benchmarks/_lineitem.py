"""TPC-H's lineitem, made by ``tpchgen-cli`` (a program of its own; ``pip install tpchgen-cli`` into any environment on the PATH)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Literal

__all__ = ["ROWS", "lineitem"]

ROWS = 6_001_215  # at scale 1


def lineitem(folder: Path, scale: float, kind: Literal["csv", "parquet"]) -> Path | None:
    """The table as one file, or None where the generator is not installed."""
    generator = shutil.which("tpchgen-cli")
    if generator is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"lineitem.{kind}"
    wanted = ["-s", str(scale), "--tables", "lineitem", "--output-dir", str(folder)]
    # Newer versions have a command a format, older ones an option.
    for command in ([generator, kind, *wanted], [generator, *wanted, "--format", kind]):
        done = subprocess.run(command, check=False, capture_output=True)
        if done.returncode == 0 and made.exists():
            return made
    raise SystemExit(f"tpchgen-cli made no lineitem: {done.stderr.decode().strip()}")
