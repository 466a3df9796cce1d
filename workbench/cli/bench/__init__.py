"""``workbench bench NAME``: the one benchmark harness.

A benchmark is one file in ``benchmarks/`` with a function ``cases(context)`` that yields :class:`Case` records. Ours and
the baseline run in the same process tree in alternating pairs, so that a noisy machine disturbs both alike.
"""

from workbench.cli.bench.command import bench
from workbench.cli.bench.runner import Case, Context

__all__ = ["Case", "Context", "bench"]
