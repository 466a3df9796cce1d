"""How processes of ours start: importing is most of it, and is done without what they have no use for."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["arrow_without_pandas", "importing"]


@contextlib.contextmanager
def importing(for_good: bool = False) -> Iterator[None]:
    """Inside, nothing is looked for that could be freed: what is imported stays, and looking took a tenth of a start.

    ``for_good``: nothing that the process has by then is looked at later, either. For processes that are ours alone.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if for_good:
            gc.freeze()
        if was_on:
            gc.enable()


def arrow_without_pandas() -> None:
    """Import Arrow, for a process that is given no frames of pandas: Arrow would import pandas, for a third of a second, to know one.

    Frames of pandas can be made all the same: Arrow imports it when it is asked for one.
    """
    if "pandas" in sys.modules or "pyarrow.dataset" in sys.modules:
        return
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        import pyarrow.dataset  # noqa: F401
    finally:
        sys.meta_path.remove(hidden)


class _Hidden:
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("not now", name=name)
