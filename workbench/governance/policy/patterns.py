"""What a policy's names with stars are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    """Tells whether a name fits a text with stars; one stands for dots, too, where ``dots`` says so.

    Anybody may write such a text, for a token of her own: so it is no regular expression, which some texts keep busy for ever.

    >>> fits = pattern("silver.p*e", False)
    >>> fits("silver.people"), fits("silver.p.e"), pattern("notebook:*", True)("notebook:a/b.ipynb")
    (True, False, True)
    """
    if dots:
        between = text.split("*")
        return lambda name: _fits(name, between)
    parts = [part.split("*") for part in text.split(".")]
    return lambda name: name.count(".") + 1 == len(parts) and all(map(_fits, name.split("."), parts))


def _fits(name: str, between: Sequence[str]) -> bool:
    """Whether a name is these texts, in their order, with anything between them."""
    if len(between) == 1:
        return name == between[0]
    first, *middle, last = between
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for text in middle:
        found = name.find(text, at, end)
        if found < 0:
            return False
        at = found + len(text)
    return True
