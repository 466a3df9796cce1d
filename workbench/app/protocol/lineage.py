"""What was made from what."""

from __future__ import annotations

from typing import Protocol

from workbench.app.protocol.limits import Depth
from workbench.app.verbs import verb
from workbench.lineage.records import Direction, LineageGraph

__all__ = ["LineageVerbs"]


class LineageVerbs(Protocol):
    @verb("GET", "/lineage/{name}")
    def graph(self, name: str, direction: Direction = "both", depth: Depth = 10) -> LineageGraph:
        """What a dataset was made from and what was made from it."""
