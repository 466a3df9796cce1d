"""The panels as notebook widgets: ``workbench.panels.catalog()``."""

from workbench.panels.widgets import CatalogPanel, LineagePanel, catalog, lineage

__all__ = ["CatalogPanel", "LineagePanel", "catalog", "lineage"]
