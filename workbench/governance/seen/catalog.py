"""The catalog as one principal sees it: other datasets and columns are neither listed, nor searched, nor counted."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.catalog import schemas
from workbench.catalog.finding import entry_of
from workbench.catalog.index import Entry, Filters, Visible
from workbench.catalog.index.queries import Asked
from workbench.catalog.judging import column_hits, judged
from workbench.catalog.records import (
    Column,
    ColumnHit,
    Companion,
    Dataset,
    DatasetSummary,
    Popular,
    QualityLeader,
    SchemaComparison,
    SchemaVersion,
    SearchHit,
    Statistics,
    TagUse,
    Term,
    Tree,
    ZoneStatistics,
)
from workbench.catalog.service import hit_of
from workbench.core.clock import now
from workbench.core.names import is_quarantine

if TYPE_CHECKING:
    from workbench.catalog.explorer import Explorer
    from workbench.catalog.labels import Labels
    from workbench.catalog.service import CatalogService
    from workbench.governance.seen.view import View
    from workbench.lake.lake import Lake
    from workbench.lake.records import TableInfo

__all__ = ["SeenCatalog"]

_OPENED = 50  # datasets that one question about all of them looks into


class SeenCatalog:
    """Answers as ``CatalogService``, ``Explorer`` and ``Labels`` do.

    Of how much there is, what a part of the rows or columns would not tell is left out (None): rows where some are filtered, bytes where
    anything is masked or hidden.

    Parameters
    ----------
    compared
        Gives the names of what datasets' quality is judged by beside themselves, by table UUID.
    """

    def __init__(
        self,
        view: View,
        catalog: CatalogService,
        explorer: Explorer,
        labels: Labels,
        lake: Lake,
        compared: Callable[[], Mapping[str, Collection[str]]],
    ) -> None:
        self._view = view
        self._catalog = catalog
        self._explorer = explorer
        self._labels = labels
        self._lake = lake
        self._compared = compared

    # ---------------------------------------------------------------------------------------------------------- datasets

    def list(self, zone: str | None = None) -> tuple[DatasetSummary, ...]:
        return tuple(self._line(line) for line in self._catalog.list(zone) if self._view.rights.sees(line.name))

    def get(self, name: str) -> Dataset:
        ref = self._view.resolve(name)
        found = self._catalog.get(ref)
        shown = self._view.shown(ref, [(column.field_id, column.name) for column in found.columns])
        return found.model_copy(
            update={
                "columns": tuple(column for column in found.columns if column.field_id in shown.fields),
                "rows": found.rows if shown.every_row else None,
                "bytes": found.bytes if shown.whole else None,
                "files": found.files if shown.whole else None,
                "partitioning": found.partitioning if shown.every_column else (),
                "location": "",
            }
        )

    def tree(
        self,
        zone: str | None = None,
        prefix: str = "",
        after: str | None = None,
        limit: int = 200,
        views: Mapping[str, DatasetSummary] | None = None,
    ) -> Tree:
        """``views`` are the lines of those that are seen, by name."""
        found = self._explorer.tree(zone, prefix, after, limit, self._view.visible, views)
        nodes = (node.model_copy(update={"dataset": node.dataset and self._line(node.dataset)}) for node in found.nodes)
        return found.model_copy(update={"nodes": tuple(nodes)})

    def _line(self, line: DatasetSummary) -> DatasetSummary:
        if line.kind == "view":
            return line
        info = self._view.infos_by_uuid.get(line.table_uuid)
        columns = [column[1] for column in info.columns] if info is not None else []
        seen = len(self._view.rights.columns(line.name, columns))
        rows = self._view.every_row(line.table_uuid, line.name)
        size = rows and seen == len(columns) and self._view.every_value(line.table_uuid, line.name)
        return line.model_copy(update={"rows": line.rows if rows else None, "bytes": line.bytes if size else None, "columns": seen})

    # ------------------------------------------------------------------------------------------------------------ search

    def search(self, query: str, limit: int = 20, filters: Filters | None = None) -> tuple[SearchHit, ...]:
        """The index has each dataset with all its columns: those of which some are not seen are judged apart, without them."""
        hits = list(self._catalog.search(query, limit, filters, self._in_full))
        hits += map(hit_of, judged(query, filters or Filters(), self._in_part, limit))
        hits.sort(key=lambda hit: -hit.score)
        return tuple(hit.model_copy(update={"dataset": self._line(hit.dataset)}) for hit in hits[:limit])

    def search_by_column(self, column: str, zone: str | None = None, limit: int = 50) -> tuple[ColumnHit, ...]:
        hits = builtins.list(self._explorer.search_by_column(column, zone, limit, self._in_full))
        asked = Asked(column, columns_only=True)
        for entry in self._in_part:
            if zone in (None, entry.zone):
                types = {each[1]: each[2] for each in self._partly[entry.table_uuid].columns}
                hits += column_hits(asked, entry, types)
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.dataset, hit.column))[:limit])

    def at_least(self, score: float) -> Visible:
        """The datasets that are seen whole, with what they are judged by, and were assessed to be at least this good."""
        good, compared = self._explorer.at_least(score).table_uuids & set(self._view.names_by_uuid), self._compared()
        return Visible(uuid for uuid in good if self._view.sees_all_of([self._view.names_by_uuid[uuid], *compared.get(uuid, ())]))

    @cached_property
    def _partly(self) -> dict[str, TableInfo]:
        """Datasets of which some columns are not granted, by UUID."""
        rights, found = self._view.rights, {}
        for uuid, info in self._view.infos_by_uuid.items():
            names = [column[1] for column in info.columns]
            if len(rights.columns(info.name, names)) < len(names):
                found[uuid] = info
        return found

    @cached_property
    def _in_full(self) -> Visible:
        return Visible(set(self._view.names_by_uuid) - set(self._partly))

    @cached_property
    def _in_part(self) -> builtins.list[Entry]:
        infos = [info for info in self._partly.values() if not is_quarantine(info.name)]
        if not infos:
            return []
        said = self._catalog.said(self._partly.values())
        found = []
        for info in infos:
            names = set(self._view.rights.columns(info.name, [column[1] for column in info.columns]))
            columns = tuple(column for column in info.columns if column[1] in names)
            found.append(entry_of(info.model_copy(update={"columns": columns}), said.get(info.table_uuid)))
        return found

    # ------------------------------------------------------------------------------------------------------- as a whole

    def quality_leaders(self, limit: int = 20) -> tuple[QualityLeader, ...]:
        infos = {info.name: info for info in self._view.infos_by_uuid.values()}
        found: builtins.list[QualityLeader] = []
        opened, compared = 0, self._compared()
        for leader in self._explorer.quality_leaders(100_000):
            if len(found) == limit:
                break
            info = infos.get(leader.dataset)
            if info is None or not self._view.sees_all_of(compared.get(info.table_uuid, ())):
                continue
            if self._view.surely_whole(info):
                found.append(leader)
            elif opened < _OPENED:  # a rule may be about it: beyond, the answer is the cautious one
                opened += 1
                found += [leader] if self._view.sees_all_of([leader.dataset]) else []
        return tuple(found)

    def popular(self, days: float = 30.0, limit: int = 20) -> tuple[Popular, ...]:
        return self._explorer.popular(days, limit, self._known)

    def often_used_with(self, name: str, limit: int = 10) -> tuple[Companion, ...]:
        return self._explorer.often_used_with(self._view.resolve(name), limit, self._known)

    def _known(self, uuids: Collection[str]) -> dict[str, str]:
        return {uuid: name for uuid in uuids if (name := self._view.names_by_uuid.get(uuid))}

    def statistics(self, days: float = 30.0) -> Statistics:
        """Sums of what each line of the list says."""
        lines, said = self.list(), self._catalog.said(others=self._view.names_by_uuid)
        owned = {uuid for uuid, words in said.items() if words.owner}
        zones = {line.zone: [each for each in lines if each.zone == line.zone] for line in lines}
        parts = tuple(_sums(zone, each, owned) for zone, each in sorted(zones.items()))
        sums = {key: sum(getattr(part, key) for part in parts) for key in ("datasets", "columns", "rows", "bytes", "described", "owned")}
        since, read = now() - timedelta(days=days), self._explorer.read_since(days)
        updated = sum(line.updated_at is not None and line.updated_at >= since for line in lines)
        return Statistics(**sums, updated=updated, read=sum(line.table_uuid in read for line in lines), days=days, zones=parts)

    # -------------------------------------------------------------------------------------------------- tags and terms

    def tags(self) -> tuple[TagUse, ...]:
        return self._labels.tags(self._sees_field)

    def terms(self) -> tuple[Term, ...]:
        """Those that are linked to something that is seen, or to nothing."""
        found = []
        for term in self._labels.terms():
            links = tuple(link for link in term.links if self._sees(link.dataset, link.column))
            if links or not term.links:
                found.append(term.model_copy(update={"links": links}))
        return tuple(found)

    def _sees(self, dataset: str, column: str | None) -> bool:
        rights = self._view.rights
        return rights.sees(dataset) if column is None else bool(rights.columns(dataset, [column]))

    def _sees_field(self, table_uuid: str, field_id: int) -> bool:
        info = self._view.infos_by_uuid.get(table_uuid)
        if info is None:
            return False
        column = next((each[1] for each in info.columns if each[0] == field_id), None)
        return field_id == 0 or (column is not None and self._sees(info.name, column))

    # ---------------------------------------------------------------------------------------------------------- schemas

    def schema_history(self, name: str) -> tuple[SchemaVersion, ...]:
        return self._versions(self._view.resolve(name).name)

    def _versions(self, name: str) -> tuple[SchemaVersion, ...]:
        """The history as it is, where all of it is seen; else of what is seen, with numbers of its own: neither they nor when a version
        begins tell that a column was changed that is not."""
        every = self._explorer.schema_history(name)
        found: list[SchemaVersion] = []
        for version in reversed(every):
            columns = self._columns(name, version.columns)
            if found and columns == found[-1].columns:
                found[-1] = found[-1].model_copy(update={"current": version.current, "since": found[-1].since or version.since})
                continue
            changes = schemas.compare(found[-1].columns, columns) if found else ()
            found.append(version.model_copy(update={"version": len(found), "columns": columns, "changes": changes}))
        whole = all(self._columns(name, version.columns) == version.columns for version in every)
        return every if whole else tuple(reversed(found))

    def schema_compare(self, name: str, a: str, b: str = "") -> SchemaComparison:
        full = self._view.resolve(name).name
        metadata, history = self._lake.table(full).metadata, self._versions(full)
        versions = {version.version: version.columns for version in history}
        first, second = (self._columns(full, schemas.columns_at(metadata, each, versions)) for each in (a, b))
        current = next(version.version for version in history if version.current)
        return SchemaComparison(dataset=full, a=a, b=b or str(current), changes=schemas.compare(first, second))

    def _columns(self, name: str, columns: Iterable[Column]) -> tuple[Column, ...]:
        every = tuple(columns)
        fields = self._view.shown(name, [(column.field_id, column.name) for column in every]).fields
        return tuple(column for column in every if column.field_id in fields)


def _sums(zone: str, lines: Collection[DatasetSummary], owned: Collection[str]) -> ZoneStatistics:
    return ZoneStatistics(
        zone=zone,
        datasets=len(lines),
        columns=sum(line.columns or 0 for line in lines),
        rows=sum(line.rows or 0 for line in lines),
        bytes=sum(line.bytes or 0 for line in lines),
        described=sum(bool(line.description) for line in lines),
        owned=sum(line.table_uuid in owned for line in lines),
    )
