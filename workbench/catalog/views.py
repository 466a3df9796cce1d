"""Views as the catalog knows them: queries under a name, each with what its text says. What one gives, and to whom, is the query service's
to know."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from workbench.catalog.index import Entry
from workbench.catalog.records import DatasetSummary
from workbench.core.clock import from_iso, iso
from workbench.store.tables import views

if TYPE_CHECKING:
    from workbench.catalog.said import Said
    from workbench.store.store import Store

__all__ = ["KnownView", "ViewFacts", "ViewShelf", "view_entry", "view_line", "view_uuid"]

_KEPT = 20_000  # views, of which what was worked out is kept
_VIEWS = uuid.UUID("5b1d3c0e-5f0e-4d0a-9a57-6f1f3f4f8a21")


@lru_cache(maxsize=_KEPT)
def view_uuid(name: str) -> str:
    """What the catalog knows a view by, where it knows a dataset by its table's UUID. A view has no other identity than its name: one that
    is made anew is the one that was."""
    return str(uuid.uuid5(_VIEWS, name))


@dataclass(frozen=True)
class ViewFacts:
    """What a view's text says. ``columns`` are those that it gives who sees all (name, type), as of when that was last looked at; None: not
    known. ``reads`` names the datasets and views in it, without their branch or snapshot, ``names`` all that is named, in small letters;
    None: it reads columns that it does not name."""

    columns: tuple[tuple[str, str], ...] | None = None
    reads: tuple[str, ...] = ()
    names: frozenset[str] | None = None

    def dump(self) -> str:
        names = None if self.names is None else sorted(self.names)
        return json.dumps({"columns": self.columns, "reads": self.reads, "names": names}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> ViewFacts:
        told = json.loads(text)
        columns = None if told["columns"] is None else tuple((name, kind) for name, kind in told["columns"])
        return cls(columns, tuple(told["reads"]), None if told["names"] is None else frozenset(told["names"]))


@dataclass(frozen=True)
class KnownView:
    """A view as it is now; ``facts`` None where nobody has looked yet."""

    name: str
    version: int
    sql: str
    by: str
    at: datetime
    facts: ViewFacts | None = None

    @property
    def uuid(self) -> str:
        return view_uuid(self.name)

    @property
    def zone(self) -> str:
        return self.name.partition(".")[0]


class ViewShelf:
    """What views there are. A view's last version counts; one without a query says that it was dropped.

    ``look`` finds out what the texts of views say of which that is not known: those that were made before it was kept.
    """

    def __init__(self, store: Store, look: Callable[[tuple[KnownView, ...]], Iterable[ViewFacts]] | None = None) -> None:
        self._store, self._look = store, look

    def all(self) -> tuple[KnownView, ...]:
        """Each as it is now, by name."""
        last = select(views.c.name, func.max(views.c.version).label("version")).group_by(views.c.name).subquery()
        both = (views.c.name == last.c.name) & (views.c.version == last.c.version)
        with self._store.read() as conn:
            rows = conn.execute(select(views).join(last, both).where(views.c.sql.is_not(None)).order_by(views.c.name)).all()
        return tuple(_known(row.name, row.version, row.sql, row.by, row.at, row.facts) for row in rows)

    def looked_at(self) -> tuple[KnownView, ...]:
        """The same, each with its facts."""
        found = self.all()
        strange = tuple(view for view in found if view.facts is None)
        if not strange or self._look is None:
            return found
        facts = dict(zip((view.name for view in strange), self._look(strange), strict=True))
        for view in strange:
            self.keep(view, facts[view.name])
        return tuple(replace(view, facts=facts.get(view.name, view.facts)) for view in found)

    def find(self, name: str) -> KnownView | None:
        """The view of a name, capitals or not."""
        return next((view for view in self.all() if view.name.casefold() == name.casefold()), None)

    def keep(self, view: KnownView, facts: ViewFacts) -> None:
        """Keep what was found out about this version of a view."""
        here = (views.c.name == view.name) & (views.c.version == view.version)
        with self._store.write() as conn:
            conn.execute(update(views).where(here).values(facts=facts.dump()))


def view_line(view: KnownView, said: Said | None = None, columns: int | None = None) -> DatasetSummary:
    """A view as a line of a list."""
    return DatasetSummary(
        kind="view",
        table_uuid=view.uuid,
        name=view.name,
        zone=view.zone,
        rows=None,
        bytes=None,
        columns=columns,
        updated_at=view.at,
        description=said.description if said else "",
    )


def view_entry(view: KnownView, said: Said | None = None, columns: Iterable[str] = ()) -> Entry:
    """A view as the search judges it."""
    return Entry(
        table_uuid=view.uuid,
        name=view.name,
        columns=tuple(columns),
        description=said.description if said else "",
        owner=said.owner if said else "",
        updated_at=iso(view.at),
    )


@lru_cache(maxsize=_KEPT)
def _known(name: str, version: int, sql: str, by: str, at: str, facts: str | None) -> KnownView:
    return KnownView(name, version, sql, by, from_iso(at), None if facts is None else ViewFacts.load(facts))
