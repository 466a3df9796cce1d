"""Views: queries kept under a name, with all their versions. Whoever reads one reads its tables with her own rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import AlreadyExists, DatasetNotFound
from workbench.core.principals import Principal
from workbench.query.decide import Verdict, decide
from workbench.query.expand import Views
from workbench.query.records import View
from workbench.store.tables import iceberg_tables, views

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.governance.access import AccessService
    from workbench.store import Store

__all__ = ["ViewStore", "view_taken"]


class ViewStore:
    """What views there are. A view's last version counts; one without a query says that it was dropped."""

    def __init__(self, store: Store, access: AccessService) -> None:
        self._store, self._access = store, access

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

    def all(self) -> tuple[View, ...]:
        """Each as it is now, by name."""
        last = select(views.c.name, func.max(views.c.version).label("version")).group_by(views.c.name).subquery()
        both = (views.c.name == last.c.name) & (views.c.version == last.c.version)
        with self._store.read() as conn:
            rows = conn.execute(select(views).join(last, both).where(views.c.sql.is_not(None)).order_by(views.c.name)).all()
        return tuple(View(name=row.name, version=row.version, sql=row.sql, by=row.by, at=from_iso(row.at)) for row in rows)

    def find(self, name: str) -> View | None:
        """The view of a name, capitals or not."""
        return next((view for view in self.all() if view.name.casefold() == name.casefold()), None)

    def put(self, name: str, sql: str, by: str, replace: bool) -> View:
        """Keep a view's query as its newest version.

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
            view = View(name=name, version=version + 1, sql=sql, by=by, at=now())
            conn.execute(insert(views).values(name=name, version=view.version, sql=sql, by=by, at=iso(view.at)))
        return view

    def drop(self, name: str, by: str) -> None:
        """Forget a view; its versions stay."""
        with self._store.write() as conn:
            version, there = _last(conn, name)
            if there:
                conn.execute(insert(views).values(name=name, version=version + 1, sql=None, by=by, at=iso(now())))


def view_taken(name: str) -> AlreadyExists:
    """What is said where a view of that name is there."""
    return AlreadyExists(f"There is a view {name} already.", fix="Write CREATE OR REPLACE VIEW, or choose another name.")


def _last(conn: Connection, name: str) -> tuple[int, bool]:
    row = conn.execute(select(views.c.version, views.c.sql).where(views.c.name == name).order_by(views.c.version.desc()).limit(1)).first()
    return (row.version, row.sql is not None) if row is not None else (0, False)
