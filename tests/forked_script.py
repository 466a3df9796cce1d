"""What a forked script runs, see ``tests/quick.py``: the file itself, in a process that finds imported what the test module preloads."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

__all__ = ["run"]


def run(path: str, arguments: list[str], output: str) -> None:
    """Be ``python PATH ARGUMENTS`` in a session of its own; what it says, on either stream, comes into the file ``output``."""
    os.setsid()
    with Path(output).open("wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    sys.argv = [path, *arguments]
    sys.path.insert(0, str(Path(path).parent))
    runpy.run_path(path, run_name="__main__")
