"""Views as one principal sees them in the catalog. SHOW TABLES tells of a view to whom its name is granted; what it gives is hers to know
where she may read all that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from workbench.catalog.index import Entry, Filters
from workbench.catalog.index.queries import Asked
from workbench.catalog.judging import column_hits, judged
from workbench.catalog.records import ColumnHit, DatasetSummary, SearchHit
from workbench.catalog.service import hit_of
from workbench.catalog.views import KnownView, ViewFacts, view_entry, view_line
from workbench.core.names import is_quarantine, matching

if TYPE_CHECKING:
    from workbench.catalog.said import Said
    from workbench.catalog.service import CatalogService
    from workbench.catalog.views import ViewShelf
    from workbench.governance.policy.rights import Rights
    from workbench.lake.records import TableInfo

__all__ = ["SeenViews"]

#: Of a view: ``whole``, its columns are those that everybody gets; ``part``, she may read what it reads, and gets perhaps other columns;
#: ``name``, it reads what is gone, or is not granted to her.
Sight = Literal["whole", "part", "name"]


@dataclass(frozen=True)
class _Seen:
    view: KnownView
    sight: Sight
    said: Said | None

    @property
    def columns(self) -> tuple[tuple[str, str], ...] | None:
        """Those that are told without asking what she gets."""
        return self.view.facts.columns if self.sight == "whole" and self.view.facts is not None else None

    @property
    def line(self) -> DatasetSummary:
        columns = self.columns
        return view_line(self.view, self.said, None if columns is None else len(columns))

    @property
    def entry(self) -> Entry:
        return view_entry(self.view, self.said, (name for name, _ in self.columns or ()))


class SeenViews:
    """For one call. ``rights`` None: somebody who sees everything."""

    def __init__(self, shelf: ViewShelf, catalog: CatalogService, rights: Rights | None) -> None:
        self._shelf, self._catalog, self._rights = shelf, catalog, rights

    def lines(self, zone: str | None = None) -> tuple[DatasetSummary, ...]:
        """By name; those in quarantine only where that is the zone."""
        seen = self._seen.values()
        return tuple(each.line for each in seen if (not is_quarantine(each.view.name) if zone is None else each.view.zone == zone))

    def find(self, name: str) -> KnownView | None:
        """The one that is named, in full or where only one zone has it; None where there is none to her, or several fit."""
        found = matching(name, self._seen)
        return self._seen[found[0]].view if len(found) == 1 else None

    def sight(self, name: str) -> Sight:
        """Of one that is there, by its own name."""
        return self._seen[name].sight

    def said(self, name: str) -> Said | None:
        """What people say of it, where that is told her."""
        return self._seen[name].said

    def search(self, query: str, limit: int, filters: Filters, every: bool = False) -> list[SearchHit]:
        """Each is judged by itself, as the index judges datasets. ``every``: without words all are found that meet the filters, also where
        those ask for nothing."""
        entries = (each.entry for name, each in self._seen.items() if not is_quarantine(name))
        found = judged(query, filters, entries, limit, every)
        return [hit_of(each).model_copy(update={"dataset": self._seen[each.entry.name].line}) for each in found]

    def search_by_column(self, column: str, zone: str | None) -> list[ColumnHit]:
        asked, hits = Asked(column, columns_only=True), []
        for name, each in self._seen.items():
            if zone in (None, each.view.zone) and not is_quarantine(name):
                hits += column_hits(asked, each.entry, dict(each.columns or ()))
        return hits

    # ------------------------------------------------------------------------------------------------------------ inside

    @cached_property
    def _seen(self) -> dict[str, _Seen]:
        """By name, in their order."""
        mine = [view for view in self._known.values() if self._rights is None or self._rights.sees(view.name)]
        said = self._catalog.said(others=(view.uuid for view in mine)) if mine else {}
        seen = {}
        for view in mine:
            sight = self._sight(view)
            # Of what she may not read, a description could tell, too.
            seen[view.name] = _Seen(view, sight, said.get(view.uuid) if sight != "name" else None)
        return seen

    @cached_property
    def _known(self) -> dict[str, KnownView]:
        """Every view by its name in small letters, whoever sees it."""
        return {view.name.casefold(): view for view in self._shelf.looked_at()}

    @cached_property
    def _tables(self) -> dict[str, TableInfo]:
        """The datasets that views read, by their names."""
        return self._catalog.tables.some({name for view in self._known.values() for name in _facts(view).reads})

    def _sight(self, view: KnownView) -> Sight:
        if self._rights is None:
            return "whole"
        names: set[str] | None = set()
        hidden: set[str] = set()
        asked, known = [view], {view.name}
        while asked:
            one = _facts(asked.pop())
            names = None if names is None or one.names is None else names | one.names
            for name in one.reads:
                inner = self._known.get(name.casefold())
                info = self._tables.get(name)
                if info is not None:
                    if not self._rights.sees(name):
                        return "name"
                    every = [column[1] for column in info.columns]
                    hidden |= {column.casefold() for column in set(every) - set(self._rights.columns(name, every))}
                elif inner is None or not self._rights.sees(inner.name):
                    return "name"
                elif inner.name not in known:
                    known.add(inner.name)
                    asked.append(inner)
        return "part" if hidden and (names is None or hidden & names) else "whole"


def _facts(view: KnownView) -> ViewFacts:
    # What nobody has looked at reads what is not known, which is granted to nobody.
    return view.facts or ViewFacts(reads=("?",))
