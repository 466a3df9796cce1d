"""Views: queries kept under a name, with all their versions. Whoever reads one reads its tables with her own rights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from workbench.catalog.views import KnownView, ViewFacts, ViewShelf, view_uuid
from workbench.core.clock import iso, now
from workbench.core.errors import AlreadyExists, DatasetNotFound, WorkbenchError
from workbench.core.principals import Principal
from workbench.query.analyse import analyse
from workbench.query.decide import Verdict, decide
from workbench.query.effort import limited
from workbench.query.expand import Views
from workbench.store.tables import iceberg_tables, views

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.governance.access import AccessService
    from workbench.runs.handle import RunHandle
    from workbench.store import Store

__all__ = ["ViewStore", "facts_of", "view_taken"]

#: Writes down in a transaction what it commits.
Enter = Callable[["Connection"], None]


class ViewStore:
    """What views there are. A view's last version counts; one without a query says that it was dropped."""

    def __init__(self, store: Store, access: AccessService) -> None:
        self._store, self._access, self._shelf = store, access, ViewShelf(store)

    def decide(self, text: str, names: tuple[str, ...], who: Principal, more: Views = ()) -> Verdict:
        """Decide on a statement, whose names may be those of views that the principal sees; ``more`` are others beside them. Where all are
        datasets', views cost nothing."""
        verdict = decide(text, names)
        if not isinstance(verdict.error, DatasetNotFound):
            return verdict
        known = (*(view for view in self.seen(who) if view[0] not in {name for name, _ in more}), *more)
        return decide(text, names, known) if known else verdict

    def seen(self, who: Principal) -> Views:
        """Those whose names are granted to the principal, by name."""
        found = self.all()
        names = set(self._access.names(who, [view.name for view in found]))
        return tuple((view.name, view.sql) for view in found if view.name in names)

    def all(self) -> tuple[KnownView, ...]:
        """Each as it is now, by name."""
        return self._shelf.all()

    def find(self, name: str) -> KnownView | None:
        """The view of a name, capitals or not."""
        return self._shelf.find(name)

    def put(self, name: str, sql: str, by: str, replace: bool, facts: ViewFacts, run: RunHandle, enter: Enter) -> None:
        """Keep a view's query as its newest version, with what its text says; ``run`` is told, and what ``enter`` writes is written in the
        same transaction.

        Raises
        ------
        AlreadyExists
            There is one, and it is not to be replaced; or a dataset of that name.
        """
        with self._store.write() as conn:
            version, there = _last(conn, name)
            if there and not replace:
                raise view_taken(name)
            # Whoever makes a dataset looks for a view in the same way: the one that comes second is refused.
            dataset = iceberg_tables.c.table_namespace + "." + iceberg_tables.c.table_name
            if conn.execute(select(dataset).where(func.lower(dataset) == name.lower())).first() is not None:
                raise AlreadyExists(f"There is a dataset {name} already.", fix="Choose another name for the view.")
            conn.execute(insert(views).values(name=name, version=version + 1, sql=sql, by=by, at=iso(now()), facts=facts.dump()))
            run.log.append(conn, run.id, "view.made", view=view_uuid(name), name=name, version=version + 1)
            enter(conn)

    def drop(self, name: str, by: str, run: RunHandle, enter: Enter) -> None:
        """Forget a view; its versions stay. ``run`` is told, as by :meth:`put`."""
        with self._store.write() as conn:
            version, there = _last(conn, name)
            if there:
                conn.execute(insert(views).values(name=name, version=version + 1, sql=None, by=by, at=iso(now())))
                run.log.append(conn, run.id, "view.dropped", view=view_uuid(name), name=name)
                enter(conn)


def facts_of(sql: str, names: Iterable[str]) -> ViewFacts:
    """What the text of a view says by itself: what it reads, and which names are in it; ``names`` are those of what there is. A text that
    cannot be read reads nothing there is."""
    try:
        with limited():
            statement = analyse(sql)
    except (WorkbenchError, RecursionError):
        return ViewFacts(reads=("?",))
    known = {name.casefold(): name for name in names}
    read = [re.split(r"[#@]", ".".join(use.parts), maxsplit=1)[0] for use in statement.tables]
    return ViewFacts(None, tuple(dict.fromkeys(known.get(name.casefold(), name) for name in read)), statement.names)


def view_taken(name: str) -> AlreadyExists:
    """What is said where a view of that name is there."""
    return AlreadyExists(f"There is a view {name} already.", fix="Write CREATE OR REPLACE VIEW, or choose another name.")


def _last(conn: Connection, name: str) -> tuple[int, bool]:
    row = conn.execute(select(views.c.version, views.c.sql).where(views.c.name == name).order_by(views.c.version.desc()).limit(1)).first()
    return (row.version, row.sql is not None) if row is not None else (0, False)
