"""Row filters of a dataset whose columns have been renamed."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from workbench.governance.policy.where import columns_in, renamed

if TYPE_CHECKING:
    from workbench.governance.policy.decide import Described, DescribedColumn

__all__ = ["called", "of_each_column"]

_MOST = 16
_NOTHING = ("false",)


def called(column: DescribedColumn) -> frozenset[str]:
    """The names that a column has and had, in small letters."""
    return frozenset(name.casefold() for name in (column.name, *column.former))


def of_each_column(where: str, dataset: Described) -> tuple[str, ...]:
    """A condition, as often as there are columns that it can be about: one that has the name, and each that had it before. All must
    hold: it goes with a column that was renamed, and holds for what has taken the old name."""
    if not any(column.former for column in dataset.columns):
        return (where,)
    names = columns_in(where)
    if names is None:  # what it is about cannot be told: it must not be about something else than before
        former = {name for column in dataset.columns for name in column.former}
        return _NOTHING if any(re.search(rf"\b{re.escape(name)}\b", where, re.IGNORECASE) for name in former) else (where,)
    meant = {name: [column.name for column in dataset.columns if name in called(column)] or [name] for name in sorted(names)}
    if prod(map(len, meant.values())) > _MOST:
        return _NOTHING
    found = (renamed(where, dict(zip(meant, each, strict=True))) for each in product(*meant.values()))
    return tuple(dict.fromkeys("false" if each is None else each for each in found))
