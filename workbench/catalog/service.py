"""The catalog's verbs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from workbench.catalog.finding import Finder
from workbench.catalog.index import Filters, Found, SearchIndex, Visible
from workbench.catalog.labels import keep_edit
from workbench.catalog.records import Column, Dataset, DatasetSummary, SearchHit
from workbench.catalog.said import Said, said_of
from workbench.catalog.tables import Tables
from workbench.core.clock import from_iso, from_ms
from workbench.core.errors import DatasetNotFound, InvalidInput, InvalidName, nearest
from workbench.core.names import by_trust, is_quarantine, one_of
from workbench.core.principals import Principal, local_principal
from workbench.core.refs import MAIN, DatasetRef
from workbench.core.working import is_of_a_run
from workbench.lake.records import TableInfo
from workbench.store.tables import dataset_meta

if TYPE_CHECKING:
    from workbench.catalog.views import KnownView
    from workbench.lake.facts import TableFacts
    from workbench.lake.lake import Lake
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["CatalogService", "Seen", "hit_of"]

#: Of some names those that a reader may know of.
Seen = Callable[[Iterable[str]], tuple[str, ...]]

_LONGEST = {"description": 20_000, "owner": 200}  # characters


class CatalogService:
    """Datasets of the lake, with what people have said about them.

    A dataset's zone is its namespace: ``silver`` of ``silver.flights``. ``lake`` gives the lake; it is asked for only when a
    table's own files are needed (an older state, a branch), for opening it takes a while.
    ``index`` is the folder of the search index.
    """

    def __init__(self, store: Store, log: RunLog, facts: TableFacts, lake: Callable[[], Lake], index: Path) -> None:
        self._store = store
        self._log = log
        self._lake = lake
        self.tables = Tables(facts, lake)
        self.finder = Finder(SearchIndex(index), store, log, self.tables, lambda infos: said_of(store, infos))

    def count(self) -> int:
        """How many datasets there are."""
        return self.tables.count()

    def list(self, zone: str | None = None) -> tuple[DatasetSummary, ...]:
        """All datasets, by name; of one zone. Those of quarantine only where that is the zone."""
        shown = [info for info in self.tables.all() if (not is_quarantine(info.name) if zone is None else _zone(info.name) == zone)]
        said = said_of(self._store, shown)
        return tuple(_summary(info, said.get(info.table_uuid)) for info in shown)

    def summaries(self, names: Iterable[str]) -> dict[str, DatasetSummary]:
        """The lines of some datasets, by their exact names; without those that are not there."""
        infos = self.tables.some(names)
        said = said_of(self._store, infos.values())
        return {name: _summary(info, said.get(info.table_uuid)) for name, info in infos.items()}

    def search(self, query: str, limit: int = 20, filters: Filters | None = None, visible: Visible | None = None) -> tuple[SearchHit, ...]:
        """Datasets that match, best first: by name, then columns, description, tags, owner, terms of the glossary. A typing error
        still finds. ``visible`` are the datasets that the reader may see; None is all. Quarantine is searched where it is named."""
        return tuple(hit_of(found) for found in self.finder.search(query, limit, filters, visible))

    def said(self, infos: Collection[TableInfo] = (), others: Iterable[str] = ()) -> dict[str, Said]:
        """What people have said about some datasets, as :func:`.said.said_of` does."""
        return said_of(self._store, infos, others)

    def get(self, name: str | DatasetRef) -> Dataset:
        """One dataset in full, at the head of main, of a branch, or at a snapshot or tag (then with the columns of that time).

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, NotFound, InvalidName
            The dataset, snapshot or branch is not there, or the name fits several.
        """
        ref = self.resolve(name)
        info = self.info(ref.name)
        said = said_of(self._store, [info]).get(info.table_uuid, Said())
        columns, figures = info.columns, (info.rows, info.bytes, info.files, info.updated_at)
        if ref.branch != MAIN or ref.snapshot_id is not None:
            ref, columns, figures = self._at(ref)
        rows, size, files, updated_at = figures
        return Dataset(
            ref=ref,
            name=info.name,
            zone=_zone(info.name),
            description=said.description,
            owner=said.owner,
            columns=tuple(_column(said, *each) for each in columns),
            partitioning=info.partitioning,
            rows=rows,
            bytes=size,
            files=files,
            created_at=info.created_at,
            updated_at=updated_at,
            branches=info.branches,
            tags=info.tags,
            location=info.location,
            labels=said.of(0)[0],
            terms=said.of(0)[1],
        )

    def describe(
        self,
        name: str,
        description: str | None = None,
        owner: str | None = None,
        principal: Principal | str | None = None,
        parent_id: str | None = None,
    ) -> Dataset:
        """Set the description (Markdown) or the owner; None leaves one as it is, empty text removes it. ``parent_id`` is the run that
        it is a part of.

        Raises
        ------
        DatasetNotFound, InvalidName, InvalidInput
            There is no such dataset, its name fits several, or a text is too long.
        """
        ref = self.resolve(name)
        said, event = {"description": description, "owner": owner}, ("dataset.described", {"table_uuid": ref.table_uuid})
        self._say(ref.table_uuid, ref.name, said, principal or local_principal(), parent_id, event)
        return self.get(ref.name)

    def describe_view(
        self, view: KnownView, description: str | None, owner: str | None, principal: Principal | str, parent_id: str | None = None
    ) -> None:
        """The same of a view. Raises as :meth:`describe`."""
        said, event = {"description": description, "owner": owner}, ("view.described", {"view": view.uuid})
        self._say(view.uuid, view.name, said, principal, parent_id, event)

    def _say(
        self,
        uuid: str,
        name: str,
        said: dict[str, str | None],
        by: Principal | str,
        parent_id: str | None,
        event: tuple[str, dict[str, str]],
    ) -> None:
        changes = {key: text.strip() for key, text in said.items() if text is not None}
        for key, text in changes.items():
            if len(text) > _LONGEST[key]:
                raise InvalidInput(f"The {key} is longer than {_LONGEST[key]} characters.", fix="Shorten it, or link to a document.")
        if not changes:
            return
        who = by if isinstance(by, str) else by.name
        with self._store.write(act=True) as conn, self._log.run("describe", name, by, parent_id=parent_id) as run:
            here = dataset_meta.c.table_uuid == uuid
            before = conn.execute(select(dataset_meta.c.description, dataset_meta.c.owner).where(here)).mappings().one_or_none()
            if conn.execute(update(dataset_meta).where(here).values(changes)).rowcount == 0:
                conn.execute(insert(dataset_meta).values({"table_uuid": uuid, "name": name} | changes))
            self._log.append(conn, run.id, event[0], **event[1], name=name, **changes)
            for key, text in changes.items():
                keep_edit(conn, run.id, who, uuid, key, None, (before[key] if before else "") or None, text or None)

    def resolve(self, name: str | DatasetRef, seen: Seen | None = None) -> DatasetRef:
        """A name as people write it as a reference: ``silver.flights``, ``flights`` where only one zone has it, with ``#branch``
        or ``@snapshot``. A reference that was made before a rename comes back with today's name.

        ``snapshot_id`` is filled in only where it was given. Whether branch and snapshot exist is seen when they are read. ``seen``
        leaves of some names those that the reader may know of; the others do not exist, neither for an answer nor for an error.

        Raises
        ------
        DatasetNotFound
            There is none of that name; the nearest one is suggested.
        InvalidName
            The text is no name, or fits several datasets.
        """
        if isinstance(name, DatasetRef):
            found = self._follow(name)
            return found if seen is None or seen((found.name,)) else self.resolve(name.name, seen)
        text, branch, snapshot_id = DatasetRef.split(name.strip())
        own = True if is_of_a_run(branch) else None  # of a dataset that its run has yet to publish, too
        info = self.tables.one(text, drafts=own) if text.count(".") == 1 and _plain(text) else None
        if info is None or (seen is not None and not seen((info.name,))):
            info = self._find(text, seen)
        return DatasetRef(table_uuid=info.table_uuid, name=info.name, branch=branch, snapshot_id=snapshot_id)

    def _find(self, text: str, seen: Seen | None = None) -> TableInfo:
        folded = text.casefold()
        names = self.tables.names() if seen is None else seen(self.tables.names())
        whole = [name for name in names if name.casefold() == folded]
        found = whole or [name for name in names if name.partition(".")[2].casefold() == folded]
        if len(found) > 1:
            message, fix = one_of(text, found)
            raise InvalidName(message, fix=fix, names=by_trust(found))
        if not found:
            raise self._missing(text, names)
        return self.info(found[0])

    def _follow(self, ref: DatasetRef) -> DatasetRef:
        own = True if is_of_a_run(ref.branch) else None
        info = self.tables.one(ref.name, drafts=own)
        if info is None or info.table_uuid != ref.table_uuid:
            infos = self.tables.all(drafts=own)
            info = next((other for other in infos if other.table_uuid == ref.table_uuid), None)
            if info is None:
                raise self._missing(ref.name, [info.name for info in infos])
        return ref.model_copy(update={"name": info.name})

    @staticmethod
    def _missing(text: str, names: Sequence[str]) -> DatasetNotFound:
        close = nearest(text, names)
        if close is None:
            tables = {name.partition(".")[2]: name for name in names}
            short = nearest(text.rpartition(".")[2], tables)
            close = tables[short] if short else None
        fix = f"Did you mean {close!r}?" if close else "`workbench datasets` lists those there are."
        return DatasetNotFound(f"There is no dataset {text!r}.", fix=fix, name=text, suggestion=close)

    def info(self, name: str) -> TableInfo:
        """What is known of one dataset, by its exact name.

        Raises
        ------
        DatasetNotFound
        """
        info = self.tables.one(name)
        if info is None:  # dropped in this moment
            raise self._missing(name, self.tables.names())
        return info

    def _at(self, ref: DatasetRef) -> tuple[DatasetRef, tuple[tuple[int, str, str, bool, str], ...], tuple[int, int, int, datetime | None]]:
        from workbench.lake.types import type_text

        found = self._lake().resolve(ref)
        metadata = self._lake().table(ref.name).metadata
        snapshot = metadata.snapshot_by_id(found.snapshot_id) if found.snapshot_id is not None else None
        pointer = metadata.refs.get(ref.branch)
        moving = ref.snapshot_id is None and (pointer is None or pointer.snapshot_ref_type == "branch")
        schema = metadata.schema()
        if not moving and snapshot is not None:
            schema = next((each for each in metadata.schemas if each.schema_id == snapshot.schema_id), schema)
        columns = tuple((f.field_id, f.name, type_text(f.field_type), f.required, f.doc or "") for f in schema.fields)
        summary = snapshot.summary if snapshot is not None else None
        rows, size, files = (
            int((summary[key] if summary else None) or 0) for key in ("total-records", "total-files-size", "total-data-files")
        )
        updated_at = from_ms(snapshot.timestamp_ms) if snapshot is not None else None
        return (ref if moving else found), columns, (rows, size, files, updated_at)


def _summary(info: TableInfo, said: Said | None) -> DatasetSummary:
    return DatasetSummary(
        table_uuid=info.table_uuid,
        name=info.name,
        zone=_zone(info.name),
        rows=info.rows,
        bytes=info.bytes,
        columns=len(info.columns),
        updated_at=info.updated_at,
        description=said.description if said else "",
    )


def _column(said: Said, field_id: int, name: str, type: str, required: bool, doc: str) -> Column:
    labels, terms = said.of(field_id)
    described = said.described.get(field_id, "")
    return Column(field_id=field_id, name=name, type=type, required=required, doc=doc, description=described, labels=labels, terms=terms)


def hit_of(found: Found) -> SearchHit:
    """A hit as it is answered."""
    entry, first = found.entry, found.reasons[0]
    summary = DatasetSummary(
        table_uuid=entry.table_uuid,
        name=entry.name,
        zone=entry.zone,
        rows=entry.rows,
        bytes=entry.size,
        columns=len(entry.columns),
        updated_at=from_iso(entry.updated_at) if entry.updated_at else None,
        description=entry.description,
    )
    return SearchHit(dataset=summary, matched=first.where, text=first.text, score=found.score, reasons=found.reasons)


def _zone(name: str) -> str:
    return name.partition(".")[0]


def _plain(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
