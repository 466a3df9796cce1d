"""What a notebook's cells print to: a cell that leaves there what cannot be printed to would never be answered, nor any after it."""

from __future__ import annotations

import sys
from typing import TextIO

__all__ = ["Streams"]


class Streams:
    """A kernel's own standard output and error."""

    def __init__(self) -> None:
        self._own: dict[str, TextIO] = {"stdout": sys.stdout, "stderr": sys.stderr}

    def mend(self) -> list[str]:
        """Put them back where what stands in their place is closed, or none; what another one is that works stays. Returns their names."""
        mended = []
        for name, own in self._own.items():
            now = getattr(sys, name, None)
            if now is own:
                continue
            try:
                now.flush()  # type: ignore[union-attr]
            except Exception:
                setattr(sys, name, own)
                mended.append(f"sys.{name}")
        return mended
