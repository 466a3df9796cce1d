"""What was set aside, when its dataset goes back to an earlier state.

A load writes its rows and the records that do not parse in one commit, and so does who corrects these: what takes the rows back takes
back what became of the records. Otherwise a record that was corrected would be in neither, and one of a load that is gone could be
corrected, and come again with its file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import SnapshotNotFound
from workbench.core.refs import MAIN, DatasetRef
from workbench.lake import Lake
from workbench.lake.changes import Change
from workbench.lake.describe import KEY_PROPERTY
from workbench.lake.staging import lineage_of
from workbench.writes.prepare import prepare_overwrite
from workbench.writes.rows import Rows

__all__ = ["aside_as_of"]


def aside_as_of(lake: Lake, name: str, aside: str, snapshot_id: int) -> list[Change]:
    """The quarantine ``aside`` without what the dataset's commits since a snapshot have set aside, and with what they have taken out of it.
    Where the snapshot is no ancestor of main's head, the reverse for those that come back. What others have discarded, and what is of
    other loads, stays so; of states that have expired nothing is known."""
    uuid = str(lake.table(aside).metadata.table_uuid)
    there = DatasetRef(table_uuid=uuid, name=aside)
    gone: set[str] = set()
    back: dict[str, DatasetRef] = {}  # by id a state that has it
    for key, undone in _keys(lake, name, snapshot_id):
        for states in _states(lake, key, there):
            less, more = states if undone else states[::-1]  # what it was before the commit is what it is to be, or the reverse
            to_be, was = _ids(lake, less), _ids(lake, more)
            gone = (gone | was - to_be) - (to_be - was)
            back = {each: state for each, state in back.items() if each not in was - to_be}
            back |= {each: less for each in to_be - was if less is not None}
    now = _ids(lake, there)
    back = {each: state for each, state in back.items() if each not in now}
    if not back and not gone & now:
        return []
    return prepare_overwrite(lake, aside, Rows(_rows(lake, there, gone, back)), MAIN, None)


def _keys(lake: Lake, name: str, snapshot_id: int) -> Iterator[tuple[str, bool]]:
    """The keys of the commits that are undone, the newest first, then of those that come back."""
    metadata = lake.table(name).metadata
    here, there = (list(lineage_of(metadata, each)) for each in (metadata.current_snapshot_id, snapshot_id))
    both = {each.snapshot_id for each in here} & {each.snapshot_id for each in there}
    for undone, line in ((True, here), (False, there[::-1])):
        for each in line:
            key = each.summary.additional_properties.get(KEY_PROPERTY) if each.summary is not None else None
            if key and each.snapshot_id not in both:
                yield key, undone


def _states(lake: Lake, key: str, aside: DatasetRef) -> Iterator[tuple[DatasetRef | None, DatasetRef | None]]:
    """The quarantine before (None: it was not there) and after the commit of a key, where that has changed it and both are kept."""
    done = lake.committed(key)
    for table in done.tables if done is not None else ():
        if table.table_uuid != aside.table_uuid or table.snapshot_id is None:
            continue
        after = aside.model_copy(update={"snapshot_id": table.snapshot_id})
        before = aside.model_copy(update={"snapshot_id": table.parent_id}) if table.parent_id is not None else None
        try:
            for state in filter(None, (before, after)):
                lake.plan(state, ["id"])
        except SnapshotNotFound:
            continue
        yield before, after


def _ids(lake: Lake, state: DatasetRef | None) -> set[str]:
    if state is None:
        return set()
    with lake.reading(state, ["id"]) as plan:
        return set(plan.to_arrow().column("id").to_pylist())


def _rows(lake: Lake, aside: DatasetRef, gone: Collection[str], back: dict[str, DatasetRef]) -> pa.RecordBatchReader:
    """The records but those that are ``gone``, and those that come ``back``."""
    schema = lake.plan(aside).arrow_schema

    def batches() -> Iterator[pa.RecordBatch]:
        with lake.reading(aside) as plan:
            for batch in plan.to_batches():
                yield batch.filter(pc.invert(pc.is_in(batch.column("id"), pa.array(sorted(gone), pa.string()))))
        for state in dict.fromkeys(back.values()):
            wanted = pa.array([each for each, of in back.items() if of == state], pa.string())
            with lake.reading(state) as plan:
                for batch in plan.to_batches():
                    yield batch.filter(pc.is_in(batch.column("id"), wanted)).select(schema.names).cast(schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
