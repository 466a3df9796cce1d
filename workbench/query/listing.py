"""What there is, as its reader sees it: for SHOW TABLES, and for completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.core.principals import Principal
from workbench.lake.types import type_text
from workbench.query.complete import Catalog

if TYPE_CHECKING:
    from workbench.governance.access import AccessService
    from workbench.lake.lake import Lake
    from workbench.query.views import ViewStore

__all__ = ["SHOW_COLUMNS", "LakeCatalog", "show_tables"]

SHOW_COLUMNS = (("dataset", "string"), ("rows", "long"), ("columns", "long"))
Describe = Callable[[str], tuple[tuple[str, str], ...]]


def show_tables(lake: Lake, access: AccessService, views: ViewStore, who: Principal) -> pa.Table:
    """The answer to SHOW TABLES."""
    infos, free = lake.infos(), who.is_admin
    seen = set(access.names(who, [info.name for info in infos]))
    # Of what is seen in part the numbers of the whole are not told; a view has none of its own.
    found = [(info.name, info.rows if free else None, len(info.columns) if free else None) for info in infos if info.name in seen]
    found += [(name, None, None) for name, _ in views.seen(who) if name not in seen]
    names, rows, columns = zip(*sorted(found), strict=True) if found else ((), (), ())
    return pa.table({"dataset": pa.array(names, pa.string()), "rows": pa.array(rows, pa.int64()), "columns": pa.array(columns, pa.int64())})


class LakeCatalog(Catalog):
    """What completion knows of; ``describe`` gives the columns of a view."""

    def __init__(self, lake: Lake, access: AccessService, who: Principal, views: tuple[str, ...], describe: Describe) -> None:
        self._lake, self._access, self._who, self._views, self._describe = lake, access, who, views, describe
        self._are_views = frozenset(views)

    def names(self) -> tuple[str, ...]:
        return (*self._access.names(self._who, self._lake.listed()), *self._views)

    def kind(self, name: str) -> str:
        return "view" if name in self._are_views else "dataset"

    def columns(self, name: str) -> tuple[tuple[str, str], ...]:
        if name in self._views and not self._lake.exists(name):
            return self._describe(name)
        schema = self._lake.table(name).schema()
        every = tuple((field.name, type_text(field.field_type)) for field in schema.fields)
        if self._who.is_admin:
            return every
        seen = {one.column.name for one in self._access.of(self._who, self._lake.plan(name)).seen}
        return tuple(pair for pair in every if pair[0] in seen)
