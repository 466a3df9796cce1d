"""The index follows what is committed, is shared by processes, and comes back from whatever happens to it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from workbench.catalog.index import Entry, SearchIndex
from workbench.catalog.index.engine import Damaged, State
from workbench.lake.records import ColumnChange

if TYPE_CHECKING:
    from conftest import Place

    from workbench.catalog import CatalogService


def names(catalog: CatalogService, query: str) -> list[str]:
    return [hit.dataset.name for hit in catalog.search(query)]


def test_what_is_written_renamed_described_altered_and_dropped_is_found_at_once(flights: Place) -> None:
    catalog, other = flights.catalog, flights.another()
    for each in (catalog, other):
        assert names(each, "planes") == ["silver.planes"]
    flights.table("gold.airports", "faa", "altitude")
    assert names(other, "altitude") == ["gold.airports"]
    flights.writer.write("gold.airports", pa.table({"faa": [1], "altitude": [2]}))
    assert [hit.dataset.rows for hit in other.search("airports")] == [4]
    flights.writer.rename("gold.airports", "silver.aerodromes")
    assert (names(other, "airports"), names(catalog, "aerodromes")) == ([], ["silver.aerodromes"])
    catalog.describe("silver.aerodromes", "Where aeroplanes land.", "Amelia")
    assert names(other, "aeroplanes") == names(other, "amelia") == ["silver.aerodromes"]
    flights.writer.alter("silver.aerodromes", (ColumnChange(action="rename", column="altitude", new_name="elevation"),))
    assert (names(other, "altitude"), names(other, "elevation")) == ([], ["silver.aerodromes"])
    flights.writer.drop("silver.aerodromes")
    assert names(other, "aerodromes") == []
    flights.writer.undrop("silver.aerodromes")
    assert names(other, "amelia") == ["silver.aerodromes"]


def test_a_name_that_another_dataset_takes_over_is_the_other_one_s(flights: Place) -> None:
    before = flights.catalog.search("planes")[0].dataset
    flights.writer.rename("silver.planes", "silver.aircraft")
    flights.table("silver.planes", "wings")
    (planes,) = flights.catalog.search("planes")
    (aircraft,) = flights.catalog.search("aircraft")
    assert aircraft.dataset.table_uuid == before.table_uuid != planes.dataset.table_uuid
    assert flights.another().search("planes") == (planes,)


@pytest.mark.parametrize("harm", ["deleted", "emptied", "garbage", "without its list", "list cut", "another version's list"])
def test_an_index_that_is_harmed_comes_back(flights: Place, harm: str) -> None:
    assert names(flights.catalog, "planes")
    folder = SearchIndex(flights.index).path
    files = sorted(file for file in folder.iterdir() if file.name != "meta.json" and "lock" not in file.name)
    if harm == "deleted":
        shutil.rmtree(folder)
    elif harm == "without its list":
        (folder / "meta.json").unlink()
    elif harm == "list cut":
        _replace(folder / "meta.json", (folder / "meta.json").read_bytes()[:40])
    elif harm == "another version's list":
        _replace(folder / "meta.json", b'{"index_settings": {}, "segments": [], "schema": [], "opstamp": 0}')
    else:
        for file in files:
            _replace(file, b"" if harm == "emptied" else random.Random(1).randbytes(file.stat().st_size))
    for catalog in (flights.another(), flights.catalog):
        assert names(catalog, "planes") == ["silver.planes"]
        assert names(catalog, "tailnum") == ["silver.planes", "bronze.flights"]


def _replace(file: Path, content: bytes) -> None:
    file.unlink()  # those who have the old file open keep it
    file.write_bytes(content)


def test_the_index_of_another_store_is_not_believed(flights: Place, tmp_path: Path) -> None:
    assert names(flights.catalog, "planes")
    index = SearchIndex(flights.index)
    with index.lock(5):
        index.replace([Entry("strange", "gold.nonsense")], State(index.state().offset, "of another log", 1))
    assert names(flights.another(), "nonsense") == []
    assert names(flights.another(), "planes") == ["silver.planes"]
    with index.lock(5):
        index.replace([Entry("strange", "gold.nonsense")], State(10**6, "far ahead", 1))
    assert names(flights.another(), "planes") == ["silver.planes"]


def test_a_writer_that_hangs_keeps_no_reader_waiting(flights: Place) -> None:
    assert names(flights.catalog, "planes")
    held, done = threading.Event(), threading.Event()

    def hang() -> None:
        with SearchIndex(flights.index).lock(5):
            held.set()
            done.wait(120)

    thread = threading.Thread(target=hang)
    thread.start()
    assert held.wait(60)
    try:
        flights.table("gold.latecomer")
        started = time.perf_counter()
        assert names(flights.catalog, "planes") == ["silver.planes"]
        assert names(flights.catalog, "latecomer") == []
        assert time.perf_counter() - started < 60
    finally:
        done.set()
        thread.join()
    assert names(flights.catalog, "latecomer") == ["gold.latecomer"]


def test_many_search_while_one_changes(flights: Place) -> None:
    assert names(flights.catalog, "planes")
    stop, wrong = threading.Event(), []

    def search() -> None:
        catalog = flights.another()
        while not stop.is_set():
            try:
                found = names(catalog, "planes")
            except Exception as error:
                found = [repr(error)]
            if found != ["silver.planes"]:
                wrong.append(found)
                return

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for at in range(8):
            flights.catalog.describe("silver.flights", f"version{at} of it")
            assert names(flights.catalog, f"version{at}") == ["silver.flights"]
        index = SearchIndex(flights.index)
        shutil.rmtree(index.path)
        time.sleep(0.3)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []


_CHURN = """
import sys
from pathlib import Path
from workbench.catalog.index import Entry, SearchIndex
from workbench.catalog.index.engine import State
index = SearchIndex(Path(sys.argv[1]))
print("ready", flush=True)
for turn in range(1, 10_000):
    with index.lock(60):
        entries = [Entry(f"u{at}", f"silver.turn{turn}_{at}", (f"column{turn}",)) for at in range(50)]
        if turn % 5:
            index.update(entries, [], State(turn, str(turn), 50))
        else:
            index.replace(entries, State(turn, str(turn), 50))
"""


def test_a_kill_in_the_middle_of_a_change_leaves_the_state_before_or_after(tmp_path: Path, scale: float) -> None:
    index = SearchIndex(tmp_path / "index")
    with index.lock(5):
        index.replace([Entry(f"u{at}", f"silver.turn0_{at}", ("column0",)) for at in range(50)], State(0, "0", 50))
    chance = random.Random(3)
    for _ in range(max(6, int(50 * scale))):
        child = subprocess.Popen([sys.executable, "-c", _CHURN, str(index.folder)], stdout=subprocess.PIPE, start_new_session=True)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.4))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        with index.lock(5):  # the dead one's is free
            pass
        try:
            turn = index.state().offset
        except Damaged:  # killed between taking the old one away and putting the new one there: it is built again
            with index.lock(5):
                index.replace([Entry(f"u{at}", f"silver.turn0_{at}", ("column0",)) for at in range(50)], State(0, "0", 50))
            turn = 0
        found = index.search(f"column{turn}", limit=100)
        assert {hit.entry.name for hit in found} == {f"silver.turn{turn}_{at}" for at in range(50)}
