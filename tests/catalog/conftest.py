"""A lake with some tables, written by the product's own writer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from workbench.catalog import CatalogService
from workbench.lake import Lake
from workbench.lake.facts import TableFacts
from workbench.runs import RunLog
from workbench.store import Store
from workbench.writes import Writer


@dataclass
class Place:
    store: Store
    log: RunLog
    lake: Lake
    writer: Writer
    catalog: CatalogService
    index: Path

    def table(self, name: str, *columns: str, rows: int = 3) -> None:
        data = {column: pa.array(range(rows)) for column in columns or ("id",)}
        self.writer.write(name, pa.table(data), "create", principal="ada")

    def another(self) -> CatalogService:
        """A catalog as another process has it: nothing cached."""
        return catalog_of(self.store, self.log, Lake(self.store, self.lake.storage.warehouse), self.index)


def catalog_of(store: Store, log: RunLog, lake: Lake, index: Path) -> CatalogService:
    return CatalogService(store, log, TableFacts(store, lake.storage.warehouse), lambda: lake, index)


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Place:
    log, lake = RunLog(store), Lake(store, (tmp_path / "lake").as_uri())
    index = tmp_path / "index"
    return Place(store, log, lake, Writer(lake, log), catalog_of(store, log, lake, index), index)


@pytest.fixture
def flights(place: Place) -> Place:
    place.table("bronze.flights", "year", "tailnum", "dep_delay", rows=5)
    place.table("silver.flights", "year", "carrier")
    place.table("silver.planes", "tailnum", "seats")
    place.table("gold.daily_delay", "day", "carrier", "avg_delay")
    return place
