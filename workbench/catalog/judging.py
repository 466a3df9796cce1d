"""What a search finds among things that the index does not have as they are to be judged: each by itself, as the index would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.catalog.index import Entry, Filters
from workbench.catalog.index.entry import Found
from workbench.catalog.index.queries import Asked
from workbench.catalog.index.ranking import fitting_columns, met, rank, with_all_words
from workbench.catalog.index.text import joined
from workbench.catalog.records import ColumnHit
from workbench.core.clock import iso

__all__ = ["column_hits", "judged"]


def judged(query: str, filters: Filters, entries: Iterable[Entry], limit: int, every: bool = False) -> list[Found]:
    """Those of the entries that a query finds, the best first; without words those that meet the filters, where these ask for anything or
    ``every`` is asked for."""
    mine = [entry for entry in entries if _meets(filters, entry)]
    asked = Asked(query)
    if asked.words:
        return with_all_words(asked, rank(asked, mine, limit))
    return [met(filters, entry) for entry in mine] if not query.strip() and (every or _asks(filters)) else []


def column_hits(asked: Asked, entry: Entry, types: Mapping[str, str]) -> list[ColumnHit]:
    """The columns of an entry that match; ``types`` are the columns' by name, as far as they are known."""
    return [
        ColumnHit(dataset=entry.name, zone=entry.zone, column=name, type=types.get(name, ""), score=score)
        for name, score in fitting_columns(asked, entry)
    ]


def _asks(filters: Filters) -> bool:
    return any((filters.zone, filters.owner, filters.tag, filters.column, filters.updated_since, filters.among))


def _meets(filters: Filters, entry: Entry) -> bool:
    def has(word: str | None, texts: Iterable[str]) -> bool:
        return not word or any(joined(text) == joined(word) for text in texts)

    since = filters.updated_since is None or (bool(entry.updated_at) and entry.updated_at >= iso(filters.updated_since))
    among = filters.among is None or entry.table_uuid in filters.among.table_uuids
    zone = not filters.zone or filters.zone == entry.zone
    return (
        zone
        and since
        and among
        and has(filters.owner, (entry.owner,))
        and has(filters.tag, entry.tags)
        and has(filters.column, entry.columns)
    )
