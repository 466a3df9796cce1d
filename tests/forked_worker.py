"""What a forked worker runs, see ``tests/quick.py``: the worker's own code, in a process that finds imported what it needs."""

from __future__ import annotations

import os
import sys

import dbos  # noqa: F401 - here once, not in each process

from workbench.jobs import durable, reconcile, watching, worker  # noqa: F401
from workbench.runs import log  # noqa: F401
from workbench.store import store  # noqa: F401

__all__ = ["work"]


def work(arguments: list[str], environment: dict[str, str]) -> None:
    """Be ``python -m workbench.jobs.worker ARGUMENTS`` in this environment, in a session of its own."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [worker.__file__, *arguments]
    worker.main()
