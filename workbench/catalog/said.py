"""What people have said about datasets, as it stands in the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.catalog.named import by_name
from workbench.store.tables import catalog_tags, column_meta, dataset_meta, glossary_links, glossary_terms

if TYPE_CHECKING:
    from workbench.lake.records import TableInfo
    from workbench.store.store import Store

__all__ = ["Said", "said_of"]

_MOST_AT_ONCE = 500  # values in one IN (...)


@dataclass(frozen=True)
class Said:
    """What people have said about a dataset. ``tags`` and ``terms`` are its own and those of its columns; ``on_columns`` are the tags
    and terms of each column, by field id (0: of the dataset itself), ``described`` what is said of columns, by field id."""

    description: str = ""
    owner: str = ""
    on_columns: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    described: dict[int, str] = field(default_factory=dict)

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(sorted({tag for tags, _ in self.on_columns.values() for tag in tags}))

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(sorted({term for _, terms in self.on_columns.values() for term in terms}))

    def on(self, field_ids: Iterable[int]) -> Said:
        """Without what is said of other columns than these: those that are gone, or not seen."""
        kept = {0, *field_ids}
        on_columns = {key: value for key, value in self.on_columns.items() if key in kept}
        return replace(self, on_columns=on_columns, described={key: text for key, text in self.described.items() if key in kept})

    def of(self, field_id: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The tags and the terms of one column, or (0) of the dataset itself."""
        return self.on_columns.get(field_id, ((), ()))


def said_of(store: Store, infos: Collection[TableInfo] = (), others: Iterable[str] = ()) -> dict[str, Said]:
    """What was said of some datasets, by table UUID, with the tags that hold by name; of ``others``, of which no more than the UUID is
    known, without those."""
    wanted = {*(info.table_uuid for info in infos), *others}
    few = len(wanted) <= _MOST_AT_ONCE
    meta, tags, links = dataset_meta.c, catalog_tags.c, glossary_links.c
    described = select(meta.table_uuid, meta.description, meta.owner)
    tagged = select(tags.table_uuid, tags.field_id, tags.tag).order_by(tags.tag)
    linked = glossary_links.join(glossary_terms, glossary_terms.c.id == links.term_id)
    columns = select(column_meta)
    meant = select(links.table_uuid, links.field_id, glossary_terms.c.name).select_from(linked).order_by(glossary_terms.c.name)
    if few:
        described, columns, tagged, meant = (
            described.where(meta.table_uuid.in_(wanted)),
            columns.where(column_meta.c.table_uuid.in_(wanted)),
            tagged.where(tags.table_uuid.in_(wanted)),
            meant.where(links.table_uuid.in_(wanted)),
        )
    labels: dict[str, dict[int, tuple[list[str], list[str]]]] = {}
    notes: dict[str, dict[int, str]] = {}
    with store.read() as conn:
        for row in conn.execute(columns):
            notes.setdefault(row.table_uuid, {})[row.field_id] = row.description
        texts = {row.table_uuid: (row.description, row.owner) for row in conn.execute(described)}
        for which, query in enumerate((tagged, meant)):
            for uuid, field_id, text in conn.execute(query):
                labels.setdefault(uuid, {}).setdefault(field_id, ([], []))[which].append(text)
        for uuid, columns_of in (by_name(conn, infos) if infos else {}).items():
            for field_id, held in columns_of.items():
                its = labels.setdefault(uuid, {}).setdefault(field_id, ([], []))[0]
                its[:] = sorted([*its, *held.values()])
    return {
        uuid: Said(*texts.get(uuid, ("", "")), _frozen(labels.get(uuid, {})), notes.get(uuid, {})) for uuid in {**texts, **labels, **notes}
    }


def _frozen(labels: dict[int, tuple[list[str], list[str]]]) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {field_id: (tuple(tags), tuple(terms)) for field_id, (tags, terms) in labels.items()}
