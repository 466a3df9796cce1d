"""Which modules of the workbench a process was started with."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

__all__ = ["code_now"]


def code_now() -> str:
    """A hash of the workbench's own modules, as they lie on the disk: the same for the same version, wherever it is installed. Takes some
    20 ms."""
    folder = Path(__file__).parents[1]
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        with suppress(OSError):  # an update has just removed it, or it is an editor's link to nowhere
            found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]
