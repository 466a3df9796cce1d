"""Servers are started once a module: they are real processes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))

from started import jupyter, workspace

__all__ = ["jupyter", "workspace"]
