"""What is installed is compiled, also where processes are told to write no byte-code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
MISSING = """
import sys, workbench.app.local, workbench.jobs.worker, workbench.engines.duckdb.serve
from pathlib import Path
files = {getattr(m, "__spec__", None) and m.__spec__.cached for m in list(sys.modules.values())}
print(sum(1 for f in files if f and not Path(f).exists()), len(files))
"""


def test_a_command_compiles_nothing_after_the_installation(tmp_path: Path, scale: float) -> None:
    makefile = (TREE / "Makefile").read_text()
    assert "unexport PYTHONDONTWRITEBYTECODE" in makefile and "tools/compile-bytecode" in makefile
    if scale < 1:
        pytest.skip("compiling all packages is left to make test-full")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    subprocess.run([TREE / "tools" / "compile-bytecode", os.path.relpath(sys.executable, TREE)], env=environment, check=True)
    told = subprocess.run([sys.executable, "-c", MISSING], env=environment, check=True, capture_output=True, text=True)
    missing, imported = map(int, told.stdout.split())
    assert imported > 300
    assert missing <= imported // 100  # a module that only this list imports
