"""What the detectors make of a dataset's columns: the best finding of each column and tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.quality.personal.judge import judge
from workbench.quality.personal.records import Found
from workbench.quality.personal.sampling import Sampled
from workbench.quality.scanning import SourceColumn

if TYPE_CHECKING:
    from workbench.quality.personal.base import PersonalDetector

__all__ = ["FoundIn", "found_in"]

#: What a column seems to hold.
FoundIn = tuple[SourceColumn, Found]


def found_in(samples: Iterable[Sampled], dataset: str, more: Sequence[PersonalDetector] = ()) -> list[FoundIn]:
    """What columns seem to hold, by their distinct values and names; ``dataset`` is the full name of what they are of."""
    best: dict[tuple[int, str], FoundIn] = {}
    for one in samples:
        found = judge(one.path.rpartition(".")[2], one.kind, one.values, dataset, more)
        if found is None:
            continue
        if one.path != one.column.name:
            found = found.model_copy(update={"why": f"in {one.path}: {found.why}"})
        key = (one.column.field_id, found.tag)
        if key not in best or best[key][1].confidence < found.confidence:
            best[key] = (one.column, found)
    return list(best.values())
