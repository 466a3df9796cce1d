"""A workspace with some of everything that has a path or a history."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import workbench
from workbench.app import init
from workbench.app.local import LocalWorkspace
from workbench.lake.records import ColumnChange


def fill(ws: LocalWorkspace) -> None:
    """Branches, tags, partitions, renames, evolved schemas, expired and dropped datasets, files, lineage."""
    csv = Path(ws.address) / "Größe 1.csv"
    csv.write_text("id,name\n1,Ada\n2,Zoë\n", encoding="utf-8")
    ws.ingest(csv, name="people")
    people = ws.dataset("bronze.people")
    for number in range(3, 8):
        people.write({"id": [number], "name": [f"n{number}"]})
    people.tag("v1")
    people.branch("dev", create=True).write({"id": [99], "name": ["branch"]})
    people.describe("Who they *are*", owner="ada")
    partitioned = pa.table({"carrier": ["AA", "UA", "a/b c%20"], "n": [1, 2, 3]})
    ws.services.writer.write("silver.parts", partitioned, "create", partition_by=("carrier",))
    parts = ws.dataset("silver.parts")
    parts.alter(ColumnChange(action="rename", column="n", new_name="total"), ColumnChange(action="add", column="more", type="string"))
    parts.write({"carrier": ["DL"], "total": [4], "more": ["x"]})
    parts.rename("gold.parts")
    ws.dataset("gold.merged").write(ws.sql("select id, name from bronze.people").arrow(), mode="create")
    ws.dataset("gold.merged").write({"id": [0], "name": ["over"]}, mode="overwrite")
    ws.dataset("silver.gone").write({"a": [1, 2]})
    ws.dataset("silver.gone").drop()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Where the workspace was made, and where it is kept meanwhile. Its tables' paths are absolute: it is put back to where it was."""
    base = tmp_path_factory.mktemp("operations")
    place, kept = base / "my project ü", base / "kept"
    with init(place, "operations") as made:
        fill(made)
    shutil.move(place, kept)
    return place, kept


@pytest.fixture
def ws(filled: tuple[Path, Path]) -> Iterator[LocalWorkspace]:
    place, kept = filled
    shutil.copytree(kept, place)
    again = workbench.open(place)
    assert isinstance(again, LocalWorkspace)
    again.services.lake.claim.check()  # a database of another number owns the lake now
    yield again
    again.close()
    shutil.rmtree(place, ignore_errors=True)
