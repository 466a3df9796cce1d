"""Files of one source that hold nothing, left out of those to take in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench.ingest.sources.base import Fetched

__all__ = ["without_empty"]


def without_empty(files: Iterator[Fetched], empty: list[Fetched]) -> Iterator[Fetched]:
    """The files without those that hold no byte, which are added to ``empty`` and keep nothing from the others. Where there is nothing
    else, the first of them is given: whoever reads it says what is wrong."""
    siblings, filled = None, False
    for file in files:
        siblings = siblings or file.siblings
        if _is_empty(file):
            empty.append(file)
        else:
            yield file if filled else replace(file, siblings=siblings)
            filled = True
    if not filled:
        yield from empty[:1]


def _is_empty(file: Fetched) -> bool:
    try:
        return not file.path.stat().st_size
    except OSError:  # whoever reads it says so
        return False
