"""A view's page: what the catalog knows of it, and what the query service finds that it gives its reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.catalog.view_records import ViewPage, ViewSource
from workbench.core.errors import DatasetNotFound, Forbidden, WorkbenchError

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.catalog.views import KnownView
    from workbench.core.principals import Principal
    from workbench.governance.seen import SeenViews
    from workbench.query.viewed import Viewed

__all__ = ["describe_view", "view_page"]


def view_page(services: Services, who: Principal, name: str) -> ViewPage:
    """A view as ``who`` sees it.

    Raises
    ------
    DatasetNotFound
        There is none of that name that she sees.
    """
    views = services.seen_views(who)
    view = _named(views, name)
    told = ViewPage(uuid=view.uuid, name=view.name, zone=view.zone, readable=False)
    if views.sight(view.name) == "name":
        return told
    said = views.said(view.name)
    about = {"description": said.description, "owner": said.owner} if said is not None else {}
    try:
        found = services.query.viewed(view.name, principal=who)
    except WorkbenchError as error:
        # What is wrong with it may name what she does not see.
        if not who.is_admin:
            return told.model_copy(update=about)
        return told.model_copy(update=about | _text(services, view) | {"problem": error.message})
    _keep(services, view, found)
    shown = found.whole or who.is_admin or services.access.may_write(who, view.name)
    text = _text(services, view)
    return told.model_copy(update=about | (text if shown else text | {"sql": None}) | {"readable": True, "columns": found.columns})


def describe_view(services: Services, who: Principal, name: str, description: str | None, owner: str | None) -> str:
    """Set what is said of a view; gives its full name.

    Raises
    ------
    DatasetNotFound, Forbidden, InvalidInput
        There is none of that name that she sees, she may not read what it reads, or a text is too long.
    """
    views = services.seen_views(who)
    view = _named(views, name)
    check_says(services, views, who, view.name)
    services.catalog.describe_view(view, description, owner, who)
    return view.name


def check_says(services: Services, views: SeenViews, who: Principal, name: str) -> None:
    """Whether somebody may say what a view is: she may write to its name, and read what it reads.

    Raises
    ------
    Forbidden
    """
    if not services.access.may_write(who, name):
        raise Forbidden(f"You may look at {name}, and not change it.", fix="Ask who administers the workspace for a grant to write.")
    if views.sight(name) == "name":
        raise Forbidden(f"{name} reads what is gone, or is not granted to you.", fix="Ask who wrote it.")


def _named(views: SeenViews, name: str) -> KnownView:
    view = views.find(name)
    if view is None:
        raise DatasetNotFound(f"There is no view {name!r}.", fix="`workbench datasets list --kind view` lists those there are.", name=name)
    return view


def _text(services: Services, view: KnownView) -> dict[str, object]:
    """What stands in it, for who may read all of that or sees that it is there."""
    facts = view.facts
    names = facts.reads if facts is not None else ()
    kinds = {other.name.casefold() for other in services.views.all()}
    reads = tuple(ViewSource(name=name, kind="view" if name.casefold() in kinds else "dataset") for name in names if name != "?")
    return {"sql": view.sql, "reads": reads, "version": view.version, "by": view.by, "at": view.at}


def _keep(services: Services, view: KnownView, found: Viewed) -> None:
    """What it gives who sees all is what the search looks for: a table that it reads may have changed since."""
    if found.whole and view.facts is not None:
        columns = tuple((column.name, column.type) for column in found.columns)
        if columns != view.facts.columns:
            services.views.keep(view, replace(view.facts, columns=columns))
