"""Rows replace those of the same key, and join the others: in one commit, once, whatever else happens."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from workbench.core.errors import ColumnNotFound, CommitConflict, Conflict, InvalidInput
from workbench.lake.records import ColumnChange
from workbench.writes import Writer

POINTS = ["data files written", "metadata staged", "in the transaction", "committed"]


def rows(place: Any, name: str = "silver.x") -> list[dict[str, Any]]:
    found = place.lake.plan(name).to_arrow().to_pylist()
    return sorted(found, key=lambda row: str(row.get("id", row)))


def data_files(place: Any, name: str = "silver.x") -> set[str]:
    listed = place.lake.storage.list(place.lake.table(name).metadata.location)
    return {file.path for file in listed if file.path.endswith(".parquet")}


def test_a_key_that_is_there_is_replaced_and_others_join(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1, 2, 3], "v": ["a", "b", "c"]}))
    done = place.writer.write("silver.x", pa.table({"v": ["B", "D"], "id": [2, 4]}), "upsert", keys=["id"])
    assert rows(place) == [{"id": 1, "v": "a"}, {"id": 2, "v": "B"}, {"id": 3, "v": "c"}, {"id": 4, "v": "D"}]
    assert (done.operation, done.rows_added, done.rows_updated, done.rows_deleted, done.rows_total) == ("upsert", 1, 1, 0, 4)
    run = place.log.list()[0]
    assert (run.outputs[0].operation, run.outputs[0].rows, run.params["keys"]) == ("upsert", 2, ["id"])


def test_the_first_upsert_makes_the_dataset_and_is_checked_like_others(place: Any) -> None:
    with pytest.raises(InvalidInput, match="1 key occurs more than once"):
        place.writer.write("silver.x", pa.table({"id": [1, 1]}), "upsert", keys=["id"])
    assert not place.lake.exists("silver.x")
    done = place.writer.write("silver.x", pa.table({"id": [1, 2]}), "upsert", keys=["id"], partition_by=["id"])
    assert (done.rows_added, place.lake.info("silver.x").partitioning) == (2, ("id",))


def test_files_without_a_key_stay_as_they_are(place: Any) -> None:
    for start in (0, 100, 200, 300):
        place.writer.write("silver.x", pa.table({"id": list(range(start, start + 100)), "v": [0] * 100}))
    # Between the ends of the third file there are keys that it does not have.
    place.writer.write("silver.x", pa.table({"id": [1000, 2000], "v": [0, 0]}))
    before = set(place.lake.plan("silver.x").paths)
    place.writer.write("silver.x", pa.table({"id": [150, 1500], "v": [1, 1]}), "upsert", keys=["id"])
    after = set(place.lake.plan("silver.x").paths)
    assert len(before) == 5 and len(before & after) == 4 and len(after) == 6
    assert len(rows(place)) == 403 and sum(row["v"] for row in rows(place)) == 2


def test_a_file_of_which_every_row_gives_way_leaves_nothing(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1, 2], "v": [0, 0]}))
    place.writer.write("silver.x", pa.table({"id": [1, 2], "v": [1, 1]}), "upsert", keys=["id"])
    assert len(place.lake.plan("silver.x").paths) == 1 and [row["v"] for row in rows(place)] == [1, 1]


def test_keys_of_several_columns_and_types(place: Any) -> None:
    columns = {
        "day": pa.array([date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 2)]),
        "name": ["ä", "b", "ä"],
        "price": pa.array([Decimal("1.10"), Decimal("2.20"), Decimal("1.10")], pa.decimal128(10, 2)),
        "ok": [True, True, True],
        "raw": pa.array([b"\x00", b"\xff", b"\x00"]),
        "number": [1.5, float("nan"), -0.0],
        "v": [0, 0, 0],
    }
    place.writer.write("silver.x", pa.table(columns))
    keys = [name for name in columns if name != "v"]
    new = pa.table(columns | {"v": [1, 1, 1]}).slice(1)
    place.writer.write("silver.x", new, "upsert", keys=keys)
    place.writer.write("silver.x", new.slice(0, 1), "upsert", keys=["name", "day"])
    found = place.lake.plan("silver.x").to_arrow()
    assert sorted(zip(found["name"].to_pylist(), found["day"].to_pylist(), found["v"].to_pylist(), strict=True)) == [
        ("b", date(2026, 1, 1), 1), ("ä", date(2026, 1, 1), 0), ("ä", date(2026, 1, 2), 1),
    ]  # fmt: skip


def test_duplicates_are_refused_with_examples_or_the_last_one_is_taken(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1, 2], "at": ["x", "x"], "v": [0, 0]}))
    new = pa.table({"id": [2, 3, 2, 3, 3, 4], "at": ["x"] * 6, "v": [1, 2, 3, 4, 5, 6]})
    before = data_files(place)
    with pytest.raises(InvalidInput, match=r"2 keys occur more than once in the new rows \(id, at\)") as caught:
        place.writer.write("silver.x", new, "upsert", keys=["id", "at"])
    assert caught.value.details["examples"] == [{"id": "2", "at": "x"}, {"id": "3", "at": "x"}]
    # What people's rows hold stays out of the run log.
    assert "'2'" not in place.log.list()[0].error.message and data_files(place) == before
    done = place.writer.write("silver.x", new, "upsert", keys=["id", "at"], duplicates="last")
    assert [(row["id"], row["v"]) for row in rows(place)] == [(1, 0), (2, 3), (3, 5), (4, 6)]
    assert (done.rows_added, done.rows_updated) == (2, 1)
    place.writer.expire("silver.x")
    assert data_files(place) == set(place.lake.plan("silver.x").paths)


def test_the_last_one_is_the_last_across_files_and_partitions(place: Any) -> None:
    place.lake.target_bytes = 1  # a file a batch
    place.writer.write("silver.x", pa.table({"id": [0], "part": ["a"], "v": [0]}), partition_by=["part"])
    batches = [
        pa.table({"id": [i % 7 for i in range(100)], "part": [f"p{n}"] * 100, "v": [n * 100 + i for i in range(100)]}) for n in range(5)
    ]
    reader = pa.concat_tables(batches).to_reader(max_chunksize=50)
    place.writer.write("silver.x", reader, "upsert", keys=["id"], duplicates="last")
    expected = {i % 7: 400 + i for i in range(100)}
    assert {row["id"]: row["v"] for row in rows(place)} == expected and len(rows(place)) == 7
    assert {row["part"] for row in rows(place)} == {"p4"}


def test_rows_without_a_key_are_refused(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1], "v": [0]}))
    with pytest.raises(InvalidInput, match="2 of 3 new rows have no id"):
        place.writer.write("silver.x", pa.table({"id": [None, 2, None], "v": [1, 1, 1]}), "upsert", keys=["id"])
    place.writer.write("silver.x", pa.table({"id": pa.array([None], pa.int64()), "v": [7]}))
    place.writer.write("silver.x", pa.table({"id": [1], "v": [1]}), "upsert", keys=["id"])
    assert sorted((row["id"] or 0, row["v"]) for row in rows(place)) == [(0, 7), (1, 1)]


def test_a_key_that_was_there_twice_is_there_once_afterwards(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1, 1, 2], "v": [0, 0, 0]}))
    place.writer.write("silver.x", pa.table({"id": [1], "v": [0]}))
    done = place.writer.write("silver.x", pa.table({"id": [1, 3], "v": [1, 1]}), "upsert", keys=["id"])
    assert [(row["id"], row["v"]) for row in rows(place)] == [(1, 1), (2, 0), (3, 1)]
    assert (done.rows_added, done.rows_updated, done.rows_deleted, done.rows_total) == (1, 1, 2, 3)


def test_what_cannot_be_a_key_is_said(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1], "tags": [["a"]], "s": [{"a": 1}]}))
    new = pa.table({"id": [1], "tags": [["a"]]})
    cases: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"mode": "upsert"}, InvalidInput, "no key was named"),
        ({"mode": "append", "keys": ["id"]}, InvalidInput, "mode 'upsert' only"),
        ({"mode": "upsert", "keys": ["id", "id"]}, InvalidInput, "named twice"),
        ({"mode": "upsert", "keys": ["ID"]}, ColumnNotFound, "silver.x has no column 'ID'"),
        ({"mode": "upsert", "keys": ["s"]}, ColumnNotFound, "The data has no column 's'"),
        ({"mode": "upsert", "keys": ["s.a"]}, ColumnNotFound, "has no column 's.a'"),
        ({"mode": "upsert", "keys": ["tags"]}, InvalidInput, "is nested"),
        ({"mode": "upsert", "keys": ["id"], "duplicates": "first"}, InvalidInput, "'first'"),
    ]
    before = data_files(place)
    for options, kind, message in cases:
        with pytest.raises(kind, match=message):
            place.writer.write("silver.x", new, **options)
    assert data_files(place) == before


def test_columns_are_found_by_field_id_after_renames_and_widening(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": pa.array([1, 2], pa.int32()), "name": ["a", "b"], "old": [1, 1]}))
    changes = [ColumnChange(action="rename", column="name", new_name="label"), ColumnChange(action="drop", column="old")]
    changes += [ColumnChange(action="rename", column="id", new_name="name"), ColumnChange(action="add", column="id", type="string")]
    for change in changes:
        place.writer.alter("silver.x", [change])
    place.writer.alter("silver.x", [ColumnChange(action="widen", column="name", type="long")])
    big = 2**40
    place.writer.write("silver.x", pa.table({"name": [2, big], "label": ["B", "big"], "id": ["x", "y"]}), "upsert", keys=["name"])
    place.writer.write("silver.x", pa.table({"name": [big], "label": ["bigger"]}), "upsert", keys=["name"])
    assert sorted(tuple(row.values()) for row in place.lake.plan("silver.x").to_arrow().select(["name", "label", "id"]).to_pylist()) == [
        (1, "a", None), (2, "B", "x"), (big, "bigger", None),
    ]  # fmt: skip


def test_nested_columns_come_through_unchanged_also_after_they_were_renamed_inside(place: Any) -> None:
    item = pa.list_(pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))]))
    schema = pa.schema([("id", pa.int64()), ("items", item), ("more", pa.map_(pa.string(), pa.struct([("x", pa.int64())])))])
    old = [
        {"id": 1, "items": None, "more": None},
        {"id": 2, "items": [], "more": []},
        {"id": 3, "items": [{"a": None, "b": None}, None], "more": [("k", None), ("l", {"x": 1})]},
        {"id": 4, "items": [{"a": 4, "b": ["x", None]}], "more": [("k", {"x": 4})]},
    ]
    place.writer.write("silver.x", pa.Table.from_pylist(old, schema))
    new = [{"id": 4, "items": [{"a": 5, "b": []}], "more": []}, {"id": 5, "items": None, "more": None}]
    place.writer.write("silver.x", pa.Table.from_pylist(new, schema), "upsert", keys=["id"])
    assert rows(place) == [*old[:3], *new]
    assert place.lake.plan("silver.x").duckdb_ok


@pytest.mark.parametrize("partition_by", [["day"], ["bucket(3, id)"], ["truncate(1, name)", "month(day)"]])
def test_a_row_may_move_to_another_partition(place: Any, partition_by: list[str]) -> None:
    days = [date(2026, 1 + n % 3, 1 + n % 5) for n in range(60)]
    old = pa.table({"id": range(60), "day": days, "name": [f"n{n % 4}" for n in range(60)], "v": [0] * 60})
    place.writer.write("silver.x", old, partition_by=partition_by)
    new = pa.table({"id": range(50, 70), "day": [date(2026, 7, 1)] * 20, "name": ["zz"] * 20, "v": [1] * 20})
    done = place.writer.write("silver.x", new, "upsert", keys=["id"])
    assert (done.rows_added, done.rows_updated) == (10, 10)
    found = {row["id"]: row for row in rows(place)}
    assert len(found) == 70 == place.lake.info("silver.x").rows
    assert all(row["v"] == (1 if key >= 50 else 0) and (row["name"] == "zz") is (key >= 50) for key, row in found.items())


def test_on_a_branch_main_stays_and_publishing_brings_it_over(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1, 2], "v": [0, 0]}))
    place.writer.write("silver.x", pa.table({"id": [2, 3], "v": [1, 1]}), "upsert", branch="dev", keys=["id"])
    place.writer.write("silver.x", pa.table({"id": [3], "v": [2]}), "upsert", branch="dev", keys=["id"])
    assert rows(place) == [{"id": 1, "v": 0}, {"id": 2, "v": 0}]
    assert rows(place, "silver.x#dev") == [{"id": 1, "v": 0}, {"id": 2, "v": 1}, {"id": 3, "v": 2}]
    place.writer.create_branch("silver.x", "late")
    place.writer.write("silver.x", pa.table({"id": [9], "v": [9]}), "upsert", branch="late", keys=["id"])
    place.writer.publish(["silver.x"], "dev")
    assert rows(place) == rows(place, "silver.x#dev")
    # Rows of another branch cannot be put on top: their keys may have come meanwhile.
    with pytest.raises(CommitConflict):
        place.writer.publish(["silver.x"], "late")


def test_a_repeated_key_of_the_write_does_it_once(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1], "v": [0]}))
    first = place.writer.write("silver.x", pa.table({"id": [1, 2], "v": [1, 1]}), "upsert", keys=["id"], key="monday")
    place.writer.write("silver.x", pa.table({"id": [2], "v": [5]}), "upsert", keys=["id"])
    assert place.writer.write("silver.x", pa.table({"id": [1, 2], "v": [1, 1]}), "upsert", keys=["id"], key="monday").id == first.id
    assert [row["v"] for row in rows(place)] == [1, 5]
    with pytest.raises(Conflict, match="upsert"):
        place.writer.write("silver.x", pa.table({"id": [1], "v": [0]}), "append", key="monday")


def test_no_rows_change_nothing(place: Any) -> None:
    place.writer.write("silver.x", pa.table({"id": [1]}))
    done = place.writer.write("silver.x", pa.table({"id": pa.array([], pa.int64())}), "upsert", keys=["id"])
    assert rows(place) == [{"id": 1}] and (done.rows_added, done.rows_updated, done.rows_total) == (0, 0, 1)


def test_main_that_moves_meanwhile_is_taken_as_it_is_then(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Just before the commit somebody appends, compacts, or upserts the same key: each time it is prepared again on that."""
    from workbench.writes.upsert import Merge

    place.writer.write("silver.x", pa.table({"id": [1, 2, 3], "v": [0, 0, 0]}))
    place.writer.write("silver.x", pa.table({"id": [4, 5], "v": [0, 0]}))
    others = [
        lambda: place.writer.write("silver.x", pa.table({"id": [2, 6], "v": [7, 7]})),  # one of our keys once more
        lambda: place.writer.compact("silver.x"),  # and the files that were looked at are gone
        lambda: place.writer.write("silver.x", pa.table({"id": [8], "v": [7]}), "overwrite", where="id = 3"),
        lambda: place.writer.alter("silver.x", [ColumnChange(action="add", column="note", type="string")]),
    ]
    change = Merge.change

    def meanwhile(merge: Merge) -> Any:
        found = change(merge)
        if others:
            others.pop(0)()
        return found

    monkeypatch.setattr(Merge, "change", meanwhile)
    done = place.writer.write("silver.x", pa.table({"id": [2, 9], "v": [1, 1]}), "upsert", keys=["id"])
    assert not others
    assert sorted((row["id"], row["v"]) for row in rows(place)) == [(1, 0), (2, 1), (4, 0), (5, 0), (6, 7), (8, 7), (9, 1)]
    assert (done.rows_added, done.rows_updated, done.rows_deleted) == (1, 1, 1)
    place.writer.expire("silver.x")
    assert data_files(place) == set(place.lake.plan("silver.x").paths)


def test_many_upserts_and_appends_at_once_lose_nothing(place: Any, scale: float) -> None:
    place.writer.write("silver.x", pa.table({"id": [0], "v": [0]}))
    times, errors = max(2, int(10 * scale)), []

    def work(worker: int) -> None:
        try:
            for step in range(times):
                if worker == 3:
                    place.writer.write("silver.x", pa.table({"id": [1000 + step], "v": [step]}))
                else:
                    place.writer.write("silver.x", pa.table({"id": [0, worker * 100 + step], "v": [step, step]}), "upsert", keys=["id"])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    expected = [0, *(worker * 100 + step for worker in (1, 2) for step in range(times)), *(1000 + step for step in range(times))]
    assert place.plain_ids("silver.x") == sorted(expected)


@pytest.mark.parametrize("point", POINTS)
def test_an_upsert_that_is_killed_and_run_again_with_its_key_is_done_once(place: Any, point: str) -> None:
    place.writer.write("silver.x", pa.table({"id": [1, 2], "v": [0, 0]}))
    place.killed("upsert", point)
    old, new = [{"id": 1, "v": 0}, {"id": 2, "v": 0}], [{"id": 1, "v": 0}, {"id": 2, "v": 7}, {"id": 3, "v": 7}]
    assert rows(place) == (new if point == "committed" else old)
    for _ in range(2):
        place.writer.write("silver.x", pa.table({"id": [2, 3], "v": [7, 7]}), "upsert", keys=["id"], key="step")
    assert rows(place) == new
    wrote = [event.body["operation"] for event in place.log.events(limit=None) if event.type == "run.wrote"]
    assert wrote == ["create", "upsert"]
    # What it left behind is found, and nothing else is: the state before can still be read.
    place.writer.vacuum("silver.x")
    kept = {path for snapshot in place.lake.snapshots("silver.x") for path in place.lake.plan(f"silver.x@{snapshot.id}").paths}
    assert data_files(place) == kept and rows(place) == new


def test_any_mix_of_rows_comes_out_as_a_dictionary_would(place: Any, scale: float) -> None:
    """Random upserts into random files, against a dictionary of rows."""
    random = np.random.default_rng(5)
    place.lake.target_bytes = 1
    expected: dict[tuple[int, str], int] = {}
    for step in range(max(4, int(30 * scale))):
        size = int(random.integers(0, 400))
        table = pa.table(
            {"a": random.integers(0, 30, size), "b": [f"b{n}" for n in random.integers(0, 40, size)], "v": np.arange(size) + step * 1000}
        )
        place.writer.write("silver.x", table.to_reader(max_chunksize=100), "upsert", keys=["a", "b"], duplicates="last")
        expected |= {(row["a"], row["b"]): row["v"] for row in table.to_pylist()}
        found = place.lake.plan("silver.x").to_arrow().to_pylist()
        assert len(found) == len(expected) and {(row["a"], row["b"]): row["v"] for row in found} == expected


def test_a_warehouse_whose_name_looks_like_a_pattern(place_at: Any, tmp_path: Any) -> None:
    place = place_at(f"sqlite:///{tmp_path / 'meta.db'}", str(tmp_path / "my [lake]* #1"))
    place.writer.write("silver.x", pa.table({"id": [1, 2], "v": [0, 0]}))
    place.writer.write("silver.x", pa.table({"id": [2, 3], "v": [1, 1]}), "upsert", keys=["id"])
    assert [row["v"] for row in rows(place)] == [0, 1, 1]
    place.store.close()


def test_a_writer_without_an_engine_says_so(place: Any) -> None:
    with pytest.raises(RuntimeError, match="without an engine"):
        Writer(place.lake, place.log).write("silver.x", pa.table({"id": [1]}), "upsert", keys=["id"])
