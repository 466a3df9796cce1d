"""Everything a workspace says about itself, to compare one with another."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from workbench.app.local import LocalWorkspace
from workbench.lake.facts import TableFacts


def state_of(ws: LocalWorkspace) -> dict[str, Any]:
    """Rows of every snapshot, branch and tag, with catalog, history, runs and lineage."""
    names = [dataset.name for dataset in ws.catalog.list()]
    root = ws.address
    return {
        "datasets": [_placeless(ws.catalog.get(name).to_json(), root) for name in names],
        "history": {name: [s.to_json() for s in ws.datasets.snapshots(name)] for name in names},
        "refs": {name: ws.datasets.refs(name) for name in names},
        "rows": {f"{name}@{s.id}": rows_of(ws, f"{name}@{s.id}") for name in names for s in ws.datasets.snapshots(name)},
        "branches": {f"{name}#{ref.name}": rows_of(ws, f"{name}#{ref.name}") for name in names for ref in ws.datasets.refs(name)},
        "lineage": {name: ws.lineage.graph(name) for name in names},
        "dropped": [(t.table_uuid, t.name, t.purge_after) for t in ws.services.lake.dropped()],
    }


def facts_are_known(ws: LocalWorkspace) -> bool:
    """Whether the catalog can be told from the store alone, and truly."""
    facts = TableFacts(ws.services.store, ws.settings.warehouse)
    pointers = facts.pointers()
    return facts.at(pointers) == {name: ws.services.lake.info(name) for name in pointers}


def history_of(ws: LocalWorkspace) -> list[Any]:
    """The log and the runs; reading them leaves no trace in them."""
    return [ws.services.log.events(limit=None), ws.runs.list(limit=10_000)]


def rows_of(ws: LocalWorkspace, ref: str) -> list[dict[str, Any]]:
    return sorted(ws.services.lake.plan(ref).to_arrow().to_pylist(), key=repr)


def _placeless(dataset: dict[str, Any], root: str) -> dict[str, Any]:
    assert dataset["location"].startswith(f"{root}/.workbench/lake/")
    return {**dataset, "location": dataset["location"].removeprefix(root)}


def plain_pyiceberg(root: Path) -> dict[str, pa.Table]:
    """What an Iceberg client that knows nothing of us reads."""
    catalog = SqlCatalog("workbench", uri=f"sqlite:///{root}/.workbench/meta.db", warehouse=str(root / ".workbench" / "lake"))
    tables = [catalog.load_table(name) for space in catalog.list_namespaces() for name in catalog.list_tables(space)]
    return {".".join(table.name()): table.scan().to_arrow() for table in tables}


def mentions(root: Path, old: Path) -> list[str]:
    """Live files and database rows below ``root`` that still name the old place."""
    needle = f"{old}/".encode()
    found = [str(path) for path in root.rglob("*") if path.is_file() and ".db" not in path.name and needle in _content(path)]
    for database in root.rglob("*.db"):
        with sqlite3.connect(database) as connection:
            found += [line[:200] for line in connection.iterdump() if f"{old}/" in line]
    return found


def _content(path: Path) -> bytes:
    if path.suffix == ".avro":
        from workbench.app.operations.avro import read_avro

        return repr(list(read_avro(path.read_bytes()))).encode()
    return path.read_bytes()
