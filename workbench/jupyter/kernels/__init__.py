"""The kernels Lake Python and Lake SQL.

``%load_ext workbench`` gives any IPython kernel what Lake Python has: ``ws``, ``%%sql``, lineage by cell.
"""

from __future__ import annotations

from typing import Any

__all__ = ["load_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """Called by IPython for ``%load_ext``."""
    from workbench.jupyter.kernels.shell import equip

    equip(shell)
