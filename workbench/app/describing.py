"""What COMMENT in SQL asks of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.app.view_pages import check_says
from workbench.core.errors import DatasetNotFound

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.catalog.views import KnownView
    from workbench.core.principals import Principal

__all__ = ["CatalogDescriber"]


class CatalogDescriber:
    """The catalog as :class:`workbench.query.dml.commenting.Describer`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def of_dataset(self, name: str, column: str | None) -> str:
        found = self._services.catalog.get(name)
        if column is None:
            return found.description
        return next((each.description for each in found.columns if each.name == column), "")

    def of_view(self, name: str) -> str:
        view = self._view(name)
        said = self._services.catalog.said(others=[view.uuid]).get(view.uuid)
        return said.description if said is not None else ""

    def describe(self, name: str, column: str | None, text: str, who: Principal, run_id: str) -> None:
        if column is None:
            self._services.catalog.describe(name, text, principal=who, parent_id=run_id)
        else:
            self._services.labels.describe_column(name, column, text, who, run_id)

    def describe_view(self, name: str, text: str, who: Principal, run_id: str) -> None:
        self._services.catalog.describe_view(self._view(name), text, None, who, run_id)

    def check_view(self, name: str, who: Principal) -> None:
        check_says(self._services, self._services.seen_views(who), who, name)

    def _view(self, name: str) -> KnownView:
        view = self._services.views.find(name)
        if view is None:  # dropped in this moment
            raise DatasetNotFound(f"There is no view {name!r}.", fix="SHOW TABLES lists those there are.", name=name)
        return view
