"""What every lake must do, wherever its files and its catalog are. A new storage inherits ``LakeSuite``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import insert, update

from workbench.core.clock import now
from workbench.core.config import RetentionSettings
from workbench.core.errors import (
    AlreadyExists,
    ColumnNotFound,
    CommitConflict,
    Conflict,
    DatasetNotFound,
    Fenced,
    InvalidInput,
    NotFound,
    SnapshotNotFound,
)
from workbench.lake import Lake
from workbench.lake.changes import Append
from workbench.lake.records import ColumnChange
from workbench.runs.log import RunLog
from workbench.store import Store
from workbench.store.tables import fences
from workbench.writes import Writer

NOTHING_KEPT = RetentionSettings(replay_days=0, min_snapshots=1, orphan_grace_hours=0)


@dataclass
class Place:
    """A lake with all that belongs to it."""

    url: str
    warehouse: str
    properties: dict[str, str]

    def __post_init__(self) -> None:
        self.store = Store(self.url)
        self.store.migrate()
        self.lake = Lake(self.store, self.warehouse, self.properties, target_file_mb=1)
        self.log = RunLog(self.store)
        self.writer = Writer(self.lake, self.log, NOTHING_KEPT)

    def files(self, name: str) -> set[str]:
        return {file.path for file in self.lake.storage.list(self.lake.table(name).metadata.location)}

    def ids(self, ref: str) -> list[int]:
        return sorted(self.lake.plan(ref).to_arrow()["id"].to_pylist())

    def plain(self) -> SqlCatalog:
        """The lake as a PyIceberg without us sees it."""
        return SqlCatalog("workbench", uri=self.url, warehouse=self.lake.storage.warehouse, **self.properties)


def rows(*ids: int, **columns: Any) -> pa.Table:
    return pa.table({"id": pa.array(ids, pa.int64()), **columns})


class LakeSuite:
    """Needs a fixture ``place``."""

    # ------------------------------------------------------------------------------------------------------------ rows

    def test_rows_come_back_as_they_went_in(self, place: Place) -> None:
        data = rows(1, 2, 3, name=["a", None, "c"])
        snapshot = place.writer.write("silver.x", data, mode="create")
        assert place.lake.plan("silver.x").to_arrow().equals(data)
        assert (snapshot.rows_added, snapshot.rows_total, snapshot.refs) == (3, 3, ("main",))
        assert place.lake.names() == ("silver.x",)

    def test_plain_pyiceberg_reads_what_we_wrote(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1, 2))
        place.writer.write("silver.x", rows(3))
        assert sorted(place.plain().load_table("silver.x").scan().to_arrow()["id"].to_pylist()) == [1, 2, 3]

    def test_all_types_survive(self, place: Place) -> None:
        moment = dt.datetime(2026, 3, 29, 1, 30, 0, 123456)  # noqa: DTZ001
        data = pa.table(
            {
                "bool": [True, None],
                "small": pa.array([1, -2], pa.int8()),
                "unsigned": pa.array([2**32 - 1, 0], pa.uint32()),
                "huge": pa.array([2**64 - 1, 0], pa.uint64()),
                "double": [1.5, float("inf")],
                "decimal": pa.array([Decimal("12.34"), None], pa.decimal128(9, 2)),
                "date": pa.array([dt.date(2026, 1, 1), None]),
                "time": pa.array([dt.time(1, 2, 3), None], pa.time64("us")),
                "local": pa.array([moment, None], pa.timestamp("ms")),
                "zoned": pa.array([moment, None], pa.timestamp("us", "Europe/Athens")),
                "view": pa.array(["é", None], pa.string_view()),
                "large": pa.array(["x", ""], pa.large_string()),
                "coded": pa.array(["a", "a"]).dictionary_encode(),
                "bytes": pa.array([b"\x00", None], pa.binary_view()),
                "list": pa.array([["a", None], []], pa.large_list(pa.large_string())),
                "struct": pa.array([{"a": 1, "b": "x"}, None]),
                "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())),
                "nothing": pa.nulls(2),
            }
        )
        place.writer.write("silver.types", data)
        place.writer.write("silver.types", data)
        back = place.lake.plan("silver.types").to_arrow()
        assert back.slice(0, 2).equals(back.slice(2, 2))
        for name in data.column_names:
            assert back[name].to_pylist()[:2] == data[name].to_pylist(), name
        assert back.schema.field("view").type == pa.string()
        assert back.schema.field("huge").type == pa.decimal128(20, 0)

    @pytest.mark.parametrize(
        "partition_by", [["kind"], ["bucket(3, id)"], ["truncate(1, kind)"], ["year(at)"], ["month(at)"], ["day(at)", "kind"], ["hour(at)"]]
    )
    def test_partitioned_tables_read_the_same(self, place: Place, partition_by: list[str]) -> None:
        start = dt.datetime(2025, 12, 31, 22)  # noqa: DTZ001
        at = pa.array([start + dt.timedelta(hours=7 * i) for i in range(40)] + [None], pa.timestamp("us", "UTC"))
        data = rows(*range(41), at=at, kind=["aa", "ab", None, "b"] * 10 + ["c"])
        place.writer.write("silver.parts", data, partition_by=partition_by)
        place.writer.write("silver.parts", data.slice(0, 5))
        plan = place.lake.plan("silver.parts")
        assert place.lake.info("silver.parts").partitioning == tuple(partition_by)
        assert len({file.partition for file in plan.files}) > 1
        assert sorted(plan.to_arrow()["id"].to_pylist()) == sorted([*range(41), *range(5)])
        place.writer.write("silver.parts", rows(99, at=at[:1], kind=["b"]), mode="overwrite", where="kind = 'b'")
        left = place.lake.plan("silver.parts").to_arrow()
        assert left.filter(pa.compute.equal(left["kind"], "b"))["id"].to_pylist() == [99]
        assert left.num_rows == 46 - 11 + 1

    def test_a_reader_is_streamed_into_several_files(self, place: Place) -> None:
        batch = pa.record_batch({"id": pa.array(range(100_000), pa.int64()), "noise": [str(hash(i)) * 3 for i in range(100_000)]})
        reader = pa.RecordBatchReader.from_batches(batch.schema, (batch for _ in range(8)))
        place.writer.write("silver.stream", reader)
        plan = place.lake.plan("silver.stream")
        assert plan.rows == 800_000 and len(plan.files) > 2
        # A file is closed after the row group with which it reached the target, so the last one may be any size.
        assert all(file.bytes < 12 << 20 for file in plan.files)

    def test_overwrite_replaces_all_or_what_matches(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1, 2, 3, v=[None, 2.0, 3.0]))
        place.writer.write("silver.x", rows(4, v=[2.0]))
        changed = place.writer.write("silver.x", rows(5, v=[9.0]), mode="overwrite", where="v = 2.0")
        assert place.ids("silver.x") == [1, 3, 5]
        assert changed.operation == "overwrite"
        place.writer.write("silver.x", rows(7, v=[0.0]), mode="overwrite")
        assert place.ids("silver.x") == [7]
        place.writer.write("silver.x", rows(v=pa.array([], pa.float64())), mode="overwrite")
        assert place.ids("silver.x") == []

    def test_an_empty_table_can_be_made_read_and_appended_to(self, place: Place) -> None:
        snapshot = place.writer.write("silver.empty", rows())
        assert snapshot.rows_total == 0 and place.ids("silver.empty") == []
        place.writer.write("silver.empty", rows(1))
        assert place.ids("silver.empty") == [1]

    def test_data_that_does_not_fit_is_refused_in_plain_words_and_leaves_nothing(self, place: Place) -> None:
        place.writer.write("silver.x", pa.table({"id": pa.array([1], pa.int32()), "v": [1.0]}))
        before = place.files("silver.x")
        for data, words in [
            (pa.table({"id": ["a"]}), "holds int, but the data has text"),
            (pa.table({"id": pa.array([1], pa.int32()), "w": [1.0]}), "has no column 'w'"),
            (pa.table({"id": pa.array([2**40])}), "does not fit"),
            (pa.table({"id": pa.array([1.5])}), "holds int, but the data has double"),
            (pa.table({"v": pa.array([2**60])}), "holds double, but the data has long"),
        ]:
            with pytest.raises(InvalidInput, match=words):
                place.writer.write("silver.x", data)
        assert place.files("silver.x") == before
        place.writer.write("silver.x", pa.table({"v": pa.array([2.0], pa.float32())}))
        found = sorted(place.lake.plan("silver.x").to_arrow().to_pylist(), key=lambda row: row["v"])
        assert found == [{"id": 1, "v": 1.0}, {"id": None, "v": 2.0}]

    # ---------------------------------------------------------------------------------------------------------- schema

    def test_columns_evolve_and_old_rows_stay_readable(self, place: Place) -> None:
        first = place.writer.write("silver.x", pa.table({"id": pa.array([1], pa.int32()), "old": ["a"], "gone": [1.0]}))
        changes = [
            ColumnChange(action="widen", column="id", type="long"),
            ColumnChange(action="rename", column="old", new_name="new"),
            ColumnChange(action="drop", column="gone"),
            ColumnChange(action="add", column="extra", type="decimal(12,2)", doc="Euro"),
        ]
        info = place.writer.alter("silver.x", changes)
        assert [(c[1], c[2]) for c in info.columns] == [("id", "long"), ("new", "string"), ("extra", "decimal(12, 2)")]
        place.writer.write("silver.x", pa.table({"id": [2**40], "new": ["b"], "extra": pa.array([Decimal("1.50")], pa.decimal128(12, 2))}))
        plan = place.lake.plan("silver.x")
        assert plan.duckdb_ok and info.columns[2][4] == "Euro"
        found = sorted(plan.to_arrow().to_pylist(), key=lambda row: row["id"])
        assert found == [{"id": 1, "new": "a", "extra": None}, {"id": 2**40, "new": "b", "extra": Decimal("1.50")}]
        assert place.lake.plan(f"silver.x@{first.id}").to_arrow().column_names == ["id", "old", "gone"]
        assert place.lake.plan("silver.x", ["new"]).to_arrow().column_names == ["new"]

    def test_a_dropped_and_added_column_of_one_name_does_not_bring_old_values_back(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1, v=["secret"]))
        changes = [ColumnChange(action="drop", column="v"), ColumnChange(action="add", column="v", type="string")]
        place.writer.alter("silver.x", changes)
        assert place.lake.plan("silver.x").to_arrow()["v"].to_pylist() == [None]

    def test_a_renamed_field_of_a_struct_is_read_by_pyiceberg(self, place: Place) -> None:
        place.writer.write("silver.x", pa.table({"id": [1], "s": [{"a": 1, "b": "x"}]}))
        place.writer.alter("silver.x", [ColumnChange(action="rename", column="s.a", new_name="c")])
        plan = place.lake.plan("silver.x")
        assert not plan.duckdb_ok and "'s'" in (plan.reason or "")
        assert plan.to_arrow()["s"].to_pylist() == [{"c": 1, "b": "x"}]
        assert place.lake.plan("silver.x", ["id"]).duckdb_ok
        place.writer.compact("silver.x")
        place.writer.write("silver.x", place.lake.plan("silver.x").to_arrow(), mode="overwrite")
        assert place.lake.plan("silver.x").duckdb_ok

    def test_impossible_schema_changes_are_refused(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1, name=["a"]), partition_by=["name"])
        for change, error in [
            (ColumnChange(action="drop", column="nmae"), ColumnNotFound),
            (ColumnChange(action="drop", column="name"), InvalidInput),
            (ColumnChange(action="widen", column="id", type="int"), InvalidInput),
            (ColumnChange(action="add", column="v", type="varchar2"), InvalidInput),
            (ColumnChange(action="add", column="ID", type="long"), AlreadyExists),
            (ColumnChange(action="rename", column="id"), InvalidInput),
        ]:
            with pytest.raises(error):
                place.writer.alter("silver.x", [change])
        assert [c[1] for c in place.lake.info("silver.x").columns] == ["id", "name"]

    # --------------------------------------------------------------------------------------------------------- history

    def test_time_travel_by_snapshot_tag_and_moment(self, place: Place) -> None:
        first = place.writer.write("silver.x", rows(1))
        place.writer.create_tag("silver.x", "v1")
        between = now()
        place.writer.write("silver.x", rows(2))
        assert place.ids("silver.x") == [1, 2]
        assert place.ids(f"silver.x@{first.id}") == place.ids("silver.x#v1") == [1]
        assert place.lake.snapshot_at("silver.x", between).snapshot_id == first.id
        with pytest.raises(SnapshotNotFound):
            place.lake.snapshot_at("silver.x", between - dt.timedelta(days=1))
        with pytest.raises(SnapshotNotFound):
            place.lake.plan("silver.x@123")
        assert [(s.rows_total, s.operation) for s in place.lake.snapshots("silver.x")] == [(2, "append"), (1, "append")]

    def test_rollback_goes_back_and_forth_and_deletes_nothing(self, place: Place) -> None:
        first = place.writer.write("silver.x", rows(1))
        second = place.writer.write("silver.x", rows(2))
        assert place.writer.rollback("silver.x", first.id).id == first.id
        assert place.ids("silver.x") == [1]
        place.writer.rollback("silver.x", second.id)
        assert place.ids("silver.x") == [1, 2]
        with pytest.raises(SnapshotNotFound):
            place.writer.rollback("silver.x", 5)

    def test_a_branch_is_apart_until_it_is_published(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        place.writer.create_branch("silver.x", "dev")
        place.writer.write("silver.x", rows(2), branch="dev")
        place.writer.write("silver.x", rows(3), mode="overwrite", branch="dev", where="id = 1")
        assert place.ids("silver.x") == [1] and place.ids("silver.x#dev") == [2, 3]
        (snapshot,) = place.writer.publish(["silver.x"], "dev")
        assert place.ids("silver.x") == [2, 3] and set(snapshot.refs) == {"main", "dev"}
        assert place.writer.delete_ref("silver.x", "dev") == place.lake.refs("silver.x")
        assert [ref.name for ref in place.lake.refs("silver.x")] == ["main"]

    def test_refs_are_checked(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        place.writer.create_tag("silver.x", "v1")
        with pytest.raises(AlreadyExists):
            place.writer.create_branch("silver.x", "v1")
        with pytest.raises(AlreadyExists):
            place.writer.write("silver.x", rows(2), branch="v1")
        with pytest.raises(NotFound):
            place.writer.publish(["silver.x"], "nowhere")
        with pytest.raises(NotFound):
            place.lake.plan("silver.x#nowhere")
        with pytest.raises(InvalidInput):
            place.writer.delete_ref("silver.x", "main")
        with pytest.raises(SnapshotNotFound):
            place.writer.create_tag("silver.x", "v2", 7)

    def test_two_tables_are_published_together_or_not_at_all(self, place: Place) -> None:
        for name in ("silver.a", "silver.b"):
            place.writer.write(name, rows(1))
            place.writer.write(name, rows(2), mode="overwrite", branch="run")
        place.writer.write("silver.b", rows(3))
        with pytest.raises(CommitConflict):
            place.writer.publish(["silver.a", "silver.b"], "run")
        assert place.ids("silver.a") == [1] and place.ids("silver.b") == [1, 3]
        assert place.ids("silver.a#run") == [2] and place.ids("silver.b#run") == [2]
        place.writer.delete_ref("silver.b", "run")
        place.writer.write("silver.b", rows(4), branch="run")
        place.writer.publish(["silver.a", "silver.b"], "run")
        assert place.ids("silver.a") == [2] and place.ids("silver.b") == [1, 3, 4]

    def test_appends_of_a_branch_are_put_on_a_main_that_moved_and_only_once(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        place.writer.write("silver.x", rows(2), branch="run")
        place.writer.write("silver.x", rows(3), branch="run")
        place.writer.write("silver.x", rows(4))
        place.writer.publish(["silver.x"], "run")
        place.writer.publish(["silver.x"], "run")
        assert place.ids("silver.x") == place.ids("silver.x#run") == [1, 2, 3, 4]
        assert place.lake.info("silver.x").rows == 4

    # --------------------------------------------------------------------------------------------------------- commits

    def test_a_repeated_key_writes_once_and_leaves_no_file(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        first = place.writer.write("silver.x", rows(2), key="step-1")
        files = place.files("silver.x")
        again = place.writer.write("silver.x", rows(2), key="step-1")
        assert again == first and place.files("silver.x") == files and place.ids("silver.x") == [1, 2]
        created = place.writer.write("silver.y", rows(1), mode="create", key="step-2")
        assert place.writer.write("silver.y", rows(1), mode="create", key="step-2") == created

    def test_the_same_files_committed_again_under_their_key_are_kept(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        metadata = place.lake.table("silver.x").metadata
        files = place.lake.write_files(metadata, rows(2).to_batches())
        late = place.lake.write_files(metadata, rows(2).to_batches())
        change = Append("silver.x", str(metadata.table_uuid), files, metadata.current_schema_id)
        first = place.lake.commit_many([change], commit_key="k")
        again = place.lake.commit_many([change], commit_key="k")
        assert again.repeated and again.tables == first.tables
        place.lake.commit_many([Append("silver.x", str(metadata.table_uuid), late, metadata.current_schema_id)], commit_key="k")
        assert place.ids("silver.x") == [1, 2]
        assert late[0].file_path not in place.files("silver.x") and files[0].file_path in place.files("silver.x")

    def test_a_commit_whose_record_fails_leaves_nothing(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        before, events = place.files("silver.x"), place.log.last()
        metadata = place.lake.table("silver.x").metadata
        files = place.lake.write_files(metadata, rows(2).to_batches())

        def fail(*_: object) -> None:
            raise RuntimeError("no")

        change = Append("silver.x", str(metadata.table_uuid), files, metadata.current_schema_id)
        with pytest.raises(RuntimeError):
            place.lake.commit_many([change], commit_key="k", record=fail)
        assert place.files("silver.x") == before | {files[0].file_path}
        assert place.log.last() == events and place.lake.committed("k") is None
        place.lake.commit_many([change], commit_key="k")
        assert place.ids("silver.x") == [1, 2]

    def test_a_worker_that_was_taken_over_cannot_commit(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        with place.store.write() as conn:
            conn.execute(insert(fences).values(name="worker", epoch=1))
        place.writer.write("silver.x", rows(2), fence=("worker", 1))
        with place.store.write() as conn:
            conn.execute(update(fences).values(epoch=2))
        before = place.files("silver.x")
        with pytest.raises(Fenced):
            place.writer.write("silver.x", rows(3), fence=("worker", 1))
        assert place.ids("silver.x") == [1, 2] and place.files("silver.x") == before

    def test_an_overwrite_prepared_on_an_older_head_conflicts(self, place: Place) -> None:
        from workbench.writes.prepare import prepare_overwrite
        from workbench.writes.rows import rows_of

        place.writer.write("silver.x", rows(1))
        changes = prepare_overwrite(place.lake, "silver.x", rows_of(rows(9)), "main", None)
        place.writer.write("silver.x", rows(2))
        with pytest.raises(CommitConflict):
            place.lake.commit_many(changes, commit_key="k")
        assert place.ids("silver.x") == [1, 2]

    def test_another_iceberg_client_that_commits_meanwhile_is_not_undone(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        metadata = place.lake.table("silver.x").metadata
        files = place.lake.write_files(metadata, rows(3).to_batches())
        change = _AppendAfter("silver.x", str(metadata.table_uuid), files, metadata.current_schema_id)
        foreign = place.plain()
        _AppendAfter.meanwhile = [lambda: foreign.load_table("silver.x").append(rows(2))]
        place.lake.commit_many([change], commit_key="k")
        assert place.ids("silver.x") == [1, 2, 3]

    # ---------------------------------------------------------------------------------------------------- housekeeping

    def test_compaction_merges_small_files_and_keeps_rows_and_history(self, place: Place) -> None:
        snapshots = [place.writer.write("silver.x", rows(i, v=[str(i)]), partition_by=["truncate(1, v)"]) for i in (1, 10, 2, 11)]
        done = place.writer.compact("silver.x")
        assert (done.files_before, done.files_after) == (4, 2)
        assert place.ids("silver.x") == [1, 2, 10, 11]
        assert place.ids(f"silver.x@{snapshots[1].id}") == [1, 10]
        assert place.lake.snapshots("silver.x")[0].operation == "replace"
        assert place.writer.compact("silver.x").files_after == 2
        place.writer.write("silver.x", rows(3, v=["3"]))
        assert place.ids("silver.x") == [1, 2, 3, 10, 11]

    def test_compaction_stands_beside_appends_and_conflicts_with_overwrites(self, place: Place) -> None:
        from workbench.lake.compaction import rewrite

        place.writer.write("silver.x", rows(1))
        place.writer.write("silver.x", rows(2))
        first, second = rewrite(place.lake, "silver.x").change, rewrite(place.lake, "silver.x").change
        assert first is not None and second is not None
        place.writer.write("silver.x", rows(3))
        place.lake.commit_many([first], commit_key="c1")
        assert place.ids("silver.x") == [1, 2, 3]
        with pytest.raises(CommitConflict):
            place.lake.commit_many([second], commit_key="c2")
        assert place.ids("silver.x") == [1, 2, 3]

    def test_expiry_deletes_files_but_not_what_tags_branches_and_readers_need(self, place: Place) -> None:
        kept = {}
        for step, name in enumerate(("tagged", "branched", "read", "nobody", "current")):
            kept[name] = place.writer.write("silver.x", rows(step), mode="overwrite")
        place.writer.create_tag("silver.x", "v1", kept["tagged"].id)
        place.writer.create_branch("silver.x", "dev", kept["branched"].id)
        paths = {name: place.lake.plan(f"silver.x@{snapshot.id}").paths[0] for name, snapshot in kept.items()}
        reader = place.lake.resolve(f"silver.x@{kept['read'].id}")
        with place.lake.leases.read(reader):
            done = place.writer.expire("silver.x")
            assert done.snapshots_removed == 1 and done.files_deleted >= 3 and done.bytes_freed > 0
            assert paths["nobody"] not in place.files("silver.x")
            assert {paths[name] for name in ("tagged", "branched", "read", "current")} <= place.files("silver.x")
            assert place.ids("silver.x#v1") == [0] and place.ids("silver.x#dev") == [1]
            assert place.lake.plan(reader).to_arrow()["id"].to_pylist() == [2]
        assert place.writer.expire("silver.x").snapshots_removed == 1
        assert paths["read"] not in place.files("silver.x") and place.ids("silver.x") == [4]
        with pytest.raises(SnapshotNotFound), place.lake.leases.read(reader):
            pass
        assert place.plain().load_table("silver.x").scan().to_arrow().num_rows == 1

    def test_expiry_keeps_what_the_settings_keep(self, place: Place) -> None:
        for i in range(4):
            place.writer.write("silver.x", rows(i))
        strict = Writer(place.lake, place.log, RetentionSettings(replay_days=1, min_snapshots=1))
        assert strict.expire("silver.x", older_than_days=0).snapshots_removed == 0
        few = Writer(place.lake, place.log, RetentionSettings(replay_days=0, min_snapshots=3))
        assert few.expire("silver.x").snapshots_removed == 1
        assert place.writer.expire("silver.x", older_than_days=1).snapshots_removed == 0
        assert place.ids("silver.x") == [0, 1, 2, 3]

    def test_a_branch_can_still_be_published_after_expiry(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        place.writer.write("silver.x", rows(2), branch="dev")
        for i in (3, 4, 5):
            place.writer.write("silver.x", rows(i))
        place.writer.expire("silver.x")
        place.writer.vacuum("silver.x")
        place.writer.publish(["silver.x"], "dev")
        assert place.ids("silver.x") == [1, 2, 3, 4, 5]

    def test_vacuum_deletes_orphans_after_their_grace_and_nothing_else(self, place: Place) -> None:
        for i in range(3):
            place.writer.write("silver.x", rows(i))
        known = place.files("silver.x")
        metadata = place.lake.table("silver.x").metadata
        orphan = place.lake.write_files(metadata, rows(9).to_batches())[0].file_path
        stillborn = place.lake.new_table("silver.never", rows(1).schema)
        place.lake.write_files(stillborn.metadata, rows(1).to_batches())
        assert place.writer.vacuum("silver.x", grace_hours=1).files_deleted == 0
        with place.lake.leases.everything("backup"):
            assert place.writer.vacuum("silver.x").files_deleted == 0
        assert place.writer.vacuum("silver.x").files_deleted == 1
        assert place.files("silver.x") == known and orphan not in known
        assert place.writer.vacuum().files_deleted == 1
        assert place.ids("silver.x") == [0, 1, 2]

    def test_vacuum_leaves_tables_alone_that_this_catalog_does_not_know(self, place: Place, tmp_path: Path) -> None:
        place.writer.write("silver.x", rows(1))
        other = Place(f"sqlite:///{tmp_path / 'restored.db'}", place.warehouse, place.properties)
        assert other.lake.names() == ()
        with pytest.raises(Conflict, match="belongs to another workspace"):
            other.writer.vacuum()
        other.lake.claim.adopt()
        assert other.writer.vacuum().files_deleted == 0
        other.store.close()
        assert place.ids("silver.x") == [1]

    def test_superseded_metadata_goes_but_not_while_a_backup_is_taken(self, place: Place) -> None:
        def metadata_files() -> int:
            return sum(path.endswith(".metadata.json") for path in place.files("silver.x"))

        place.writer.write("silver.x", rows(0))
        table = place.lake.table("silver.x")
        table.metadata.properties["write.metadata.previous-versions-max"] = "3"
        for i in range(1, 8):
            place.writer.write("silver.x", rows(i))
        assert metadata_files() == 4
        with place.lake.leases.everything("backup"):
            place.writer.write("silver.x", rows(8))
            assert metadata_files() == 5
        place.writer.vacuum("silver.x")
        assert metadata_files() == 4 and place.ids("silver.x") == list(range(9))

    # ------------------------------------------------------------------------------------------------------------ names

    def test_a_dropped_dataset_comes_back_with_its_history_until_it_is_purged(self, place: Place) -> None:
        first = place.writer.write("silver.x", rows(1))
        place.writer.write("silver.x", rows(2))
        place.writer.drop("silver.x")
        with pytest.raises(DatasetNotFound):
            place.lake.plan("silver.x")
        assert place.writer.vacuum().files_deleted == 0
        place.writer.undrop("silver.x")
        assert place.ids("silver.x") == [1, 2] and place.ids(f"silver.x@{first.id}") == [1]
        location = place.lake.table("silver.x").metadata.location
        place.writer.drop("silver.x")
        new = place.writer.write("silver.x", rows(7))
        with pytest.raises(AlreadyExists, match="There is a dataset") as there:
            place.writer.undrop("silver.x")
        assert "another name first: `workbench datasets rename silver.x " in (there.value.fix or "")
        assert place.writer.purge() == () and new.rows_total == 1
        soon = Writer(place.lake, place.log, RetentionSettings(undo_days=0))
        soon.drop("silver.x")
        assert [table.name for table in place.lake.dropped()] == ["silver.x", "silver.x"]
        assert soon.purge() == ("silver.x",)
        with pytest.raises(DatasetNotFound):
            soon.undrop("silver.never")
        soon.undrop("silver.x")
        assert place.ids("silver.x") == [1, 2] and place.lake.table("silver.x").metadata.location == location

    def test_a_renamed_dataset_is_the_same_table(self, place: Place) -> None:
        first = place.writer.write("silver.x", rows(1))
        uuid = place.lake.info("silver.x").table_uuid
        place.writer.write("gold.taken", rows(1))
        with pytest.raises(AlreadyExists):
            place.writer.rename("silver.x", "gold.taken")
        place.writer.rename("silver.x", "gold.y")
        place.writer.write("gold.y", rows(2))
        assert place.lake.info("gold.y").table_uuid == uuid
        assert place.ids("gold.y") == [1, 2] and place.ids(f"gold.y@{first.id}") == [1]
        with pytest.raises(DatasetNotFound, match="no dataset"):
            place.lake.plan("silver.x")

    def test_a_table_made_anew_under_an_old_name_is_another_table(self, place: Place) -> None:
        place.writer.write("silver.x", rows(1))
        old = place.lake.table("silver.x").metadata
        files = place.lake.write_files(old, rows(2).to_batches())
        place.writer.drop("silver.x")
        place.writer.write("silver.x", rows(3))
        with pytest.raises(CommitConflict):
            place.lake.commit_many([Append("silver.x", str(old.table_uuid), files, old.current_schema_id)], commit_key="k")
        assert place.ids("silver.x") == [3]


class _AppendAfter(Append):
    """An append that lets another client commit just after it was staged, once."""

    meanwhile: list[Any] = []

    def stage(self, staging: Any) -> Any:
        done = super().stage(staging)
        while self.meanwhile:
            self.meanwhile.pop()()
        return done


class TestLocalSqlite(LakeSuite):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[Place]:
        # A space and an accent: PyIceberg reads locations as URIs and decodes none.
        found = Place(f"sqlite:///{tmp_path / 'meta.db'}", (tmp_path / "my läke").as_uri(), {})
        yield found
        found.store.close()


@pytest.mark.postgres
@pytest.mark.sampled(every=2, of="file")
class TestLocalPostgres(LakeSuite):
    @pytest.fixture
    def place(self, tmp_path: Path, postgres_store: str) -> Iterator[Place]:
        found = Place(postgres_store, str(tmp_path / "lake"), {})
        yield found
        found.store.close()


@pytest.mark.s3
@pytest.mark.sampled(every=2, of="file")
class TestS3Sqlite(LakeSuite):
    @pytest.fixture
    def place(self, tmp_path: Path, s3_server: Any, s3_warehouse: str) -> Iterator[Place]:
        found = Place(f"sqlite:///{tmp_path / 'meta.db'}", s3_warehouse, s3_server.properties)
        yield found
        found.store.close()
