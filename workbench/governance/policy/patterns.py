"""What a policy's names with stars are about."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from workbench.governance.policy.records import THINGS

__all__ = ["is_about", "of_dataset", "pattern"]


def is_about(on: str, dataset: str, column: str | None = None, same: Callable[[str], str] = str) -> bool:
    """Whether a pattern is about the whole dataset, or about that column of it. ``same`` says which names are one: a grant is for just
    the name it says, a mask or filter also for one that only looks like it."""
    if on.startswith(THINGS):
        return False
    zone, table, *rest = on.split(".", 2)
    if not pattern(same(f"{zone}.{table}"), False)(same(dataset)):
        return False
    return not rest or (column is not None and pattern(same(rest[0]), True)(same(column)))


def of_dataset(on: str) -> Callable[[str], bool]:
    """Tells of a dataset by its name whether a grant is on it, or on a column that it might have."""
    return pattern(".".join(on.split(".", 2)[:2]), False)


@lru_cache(maxsize=4096)
def pattern(text: str, dots: bool) -> Callable[[str], bool]:
    """Tells whether a name fits a text with stars; one stands for dots, too, where ``dots`` says so."""
    any_ = ".*" if dots else "[^.]*"
    compiled = re.compile(any_.join(re.escape(part) for part in text.split("*")), re.DOTALL)
    return lambda name: compiled.fullmatch(name) is not None
