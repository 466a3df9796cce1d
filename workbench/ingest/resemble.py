"""Which datasets a source looks like, and how its columns differ from a dataset's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.core.names import is_quarantine
from workbench.engines.types import told_type, type_name
from workbench.ingest.drift import compare
from workbench.ingest.records import Difference, Resemblance

if TYPE_CHECKING:
    from workbench.catalog.service import CatalogService
    from workbench.governance.seen import View
    from workbench.lake.records import TableInfo

__all__ = ["differences", "resembling", "types_of"]

_ASKED = 64  # columns of a wide source that are looked for
_CANDIDATES, _COMPARED, _SHOWN = 200, 8, 5
_LEAST = 0.5


def types_of(info: TableInfo) -> dict[str, pa.DataType]:
    """The Arrow types of a dataset's columns, as far as its description alone tells them."""
    return {name: known for _, name, kind, _, _ in info.columns if (known := told_type(kind)) is not None}


def differences(source: pa.Schema, info: TableInfo) -> tuple[Difference, ...]:
    """How a source's columns differ from a dataset's."""
    known = types_of(info)
    required = {column[1] for column in info.columns if column[3]}
    untold = {column[1]: column[2] for column in info.columns if column[1] not in known}
    same = {name for name, kind in untold.items() if name in source.names and type_name(source.field(name).type) == kind}
    # A type that is written the same is the same; what else it could hold is for the load to say.
    table = pa.schema([pa.field(name, kind, nullable=name not in required) for name, kind in known.items()])
    rest = pa.schema([field for field in source if field.name not in untold])
    found = list(compare(rest, table))
    for name, kind in untold.items():
        if name not in same:
            here = type_name(source.field(name).type) if name in source.names else None
            found.append(Difference(column=name, kind="changed" if here else "missing", there=kind, here=here))
    return tuple(found)


def resembling(catalog: CatalogService, source: pa.Schema, but: str | None = None, view: View | None = None) -> tuple[Resemblance, ...]:
    """The datasets that are most like a source: at least half of all columns are the same by name and type. ``but`` is not told of, nor,
    with a ``view``, what is not seen there: columns that are not seen make nothing like it.

    Asks the search index for those with most of the names, so that it does not matter how many datasets there are.
    """
    names = source.names
    asked = names if len(names) <= _ASKED else [names[at * len(names) // _ASKED] for at in range(_ASKED)]
    visible = view.visible if view is not None else None
    found = catalog.finder.having(asked, max(1, math.ceil(len(asked) * _LEAST)), _CANDIDATES, visible) if asked else []
    shared = {entry.name: _shared(names, _seen(entry.name, entry.columns, view)) for entry in found if entry.name != but}
    alike = []
    for info in catalog.tables.some(sorted(shared, key=lambda name: (-shared[name], name))[:_COMPARED]).values():
        if not is_quarantine(info.name):
            info = _as_seen(info, view)
            told = differences(source, info)
            alike.append(Resemblance(dataset=info.name, score=_score(source, info, told), differences=told))
    alike.sort(key=lambda each: (-each.score, each.dataset))
    return tuple(each for each in alike if each.score >= _LEAST)[:_SHOWN]


def _as_seen(info: TableInfo, view: View | None) -> TableInfo:
    if view is None:
        return info
    seen = set(_seen(info.name, [column[1] for column in info.columns], view))
    return info.model_copy(update={"columns": tuple(column for column in info.columns if column[1] in seen)})


def _seen(name: str, columns: Sequence[str], view: View | None) -> Sequence[str]:
    return columns if view is None else view.rights.columns(name, columns)


def _shared(names: Sequence[str], others: Sequence[str]) -> float:
    """The share of all columns that both have, by name alone."""
    both = set(names) & set(others)
    return len(both) / max(len(set(names) | set(others)), 1)


def _score(source: pa.Schema, info: TableInfo, told: tuple[Difference, ...]) -> float:
    """The share of all columns that are the same; one of a type that does not fit counts half."""
    there = {column[1] for column in info.columns}
    both, all_of_them = there & set(source.names), there | set(source.names)
    changed = sum(difference.kind == "changed" and difference.here is not None for difference in told)
    return round((len(both) - changed / 2) / max(len(all_of_them), 1), 4)
