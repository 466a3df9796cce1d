"""Applies a recipe and dies at a point of it. Faults are put in here, not in the product."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def plant(point: str) -> None:
    """Make this process die at a point of the application."""
    from workbench.ingest.recipes.apply import Applier
    from workbench.lake.commit import Committer

    if point == "rows made":
        Applier._write = die  # type: ignore[method-assign, assignment]
    elif point == "data files written":
        Committer.commit = die  # type: ignore[method-assign, assignment]
    elif point == "metadata staged":
        staged = Committer._stage

        def stage(*arguments: Any) -> None:
            staged(*arguments)
            die()

        Committer._stage = stage  # type: ignore[method-assign]
    elif point == "in the transaction":
        # After the pointers have moved, the events are appended and the recipe is kept; before COMMIT.
        import workbench.lake.commit as commit

        commit.frozen = die  # type: ignore[assignment]
    elif point == "committed":
        Committer._after = die  # type: ignore[method-assign, assignment]
    else:
        raise ValueError(point)


if __name__ == "__main__":
    from test_recipes import CLEAN

    from workbench.app.services import Services
    from workbench.core.config import load_settings

    services = Services(load_settings(Path(sys.argv[1]), env={}), lasting=False)
    plant(sys.argv[2])
    services.recipes.apply("bronze.orders", CLEAN)
