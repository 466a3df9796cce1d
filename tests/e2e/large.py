"""A workspace whose catalog is large: datasets as commits leave them in the store, without a file of data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import insert

from workbench.lake.facts import CATALOG_NAME
from workbench.store import Store
from workbench.store.tables import dataset_facts, dataset_meta, iceberg_tables

__all__ = ["large_workspace"]

AREAS = ["billing", "claims", "fleet", "orders", "sensors", "shop", "stock", "visits"]
THINGS = ["accounts", "carriers", "invoices", "parts", "prices", "routes", "staff", "tickets", "trips", "wagons"]
ZONES = ["bronze", "bronze", "silver", "gold"]
COLUMNS = [[at, name, "string", False, ""] for at, name in enumerate(["id", "name", "amount", "changed_at", "country"] + [""] * 15, 1)]
AT = "2026-01-02T03:04:05+00:00"


def large_workspace(root: Path, datasets: int) -> None:
    """Make ``root`` a workspace with so many datasets of 20 columns, and a small zone ``lab`` with one."""
    subprocess.run([sys.executable, "-m", "workbench.cli", "init", str(root)], check=True, capture_output=True)
    store = Store(f"sqlite:///{root}/.workbench/meta.db")
    lake = root / ".workbench" / "lake"
    pointers, facts, meta = [], [], []
    for at, (zone, table) in enumerate([("lab", "trial"), *_names(datasets - 1)]):
        uuid, place = f"00000000-0000-4000-8000-{at:012}", f"{lake}/{zone}.{table}"
        location = f"{place}/metadata/1.json"
        columns = [[field, name or f"{table}_{field}", *rest] for field, name, *rest in COLUMNS]
        told = {"table_uuid": uuid, "location": place, "columns": columns, "former": [], "rows": at, "files": 1, "bytes": 10 * at}
        told |= {"created_at": AT, "updated_at": AT}
        pointers.append({"catalog_name": CATALOG_NAME, "table_namespace": zone, "table_name": table, "metadata_location": location})
        facts.append({"table_uuid": uuid, "metadata_location": location, "facts": json.dumps(told)})
        meta.append({"table_uuid": uuid, "name": f"{zone}.{table}", "description": f"What {table} knows.", "owner": "ann"})
    with store.write() as conn:
        conn.execute(insert(iceberg_tables), pointers)
        conn.execute(insert(dataset_facts), facts)
        conn.execute(insert(dataset_meta), meta)


def _names(count: int) -> Iterator[tuple[str, str]]:
    for at in range(count):
        number, area = divmod(at, len(AREAS))
        number, thing = divmod(number, len(THINGS))
        yield ZONES[number % len(ZONES)], f"{AREAS[area]}_{THINGS[thing]}_{number:05}"
