"""Whether a dataset has a file's content already."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from pyiceberg.table.snapshots import Operation
from sqlalchemy import select

from workbench.core.names import quarantine_of
from workbench.core.refs import MAIN
from workbench.lake.describe import ADDED_PROPERTY, KEY_PROPERTY, RUN_PROPERTY
from workbench.lake.lake import Lake
from workbench.lake.records import CommitResult
from workbench.lake.staging import lineage_of
from workbench.store.tables import commits, run_datasets

if TYPE_CHECKING:
    from workbench.ingest.originals import Original
    from workbench.runs.log import RunLog

__all__ = ["Aside", "Content", "Taken", "brought_together", "grown_from", "job_name", "load_key", "set_aside_before", "taken_before"]


@dataclass(frozen=True)
class Content:
    """What is taken once: a file's content, of a workbook one sheet, and what its place says of it (``month=3``)."""

    content_hash: str
    sheet: str | None = None
    constants: Mapping[str, str | None] = field(default_factory=dict)

    def __str__(self) -> str:
        said = "" if self.sheet is None else self.sheet
        for name, value in sorted(self.constants.items()):
            said += f"\0{name}={'' if value is None else '=' + value}"
        return self.content_hash + (f"#{hashlib.sha256(said.encode()).hexdigest()[:16]}" if self.sheet is not None or said else "")


@dataclass(frozen=True)
class Taken:
    """The load that brought the content: its run, its rows, the snapshot it made and the key of its commit."""

    run_id: str
    rows: int
    snapshot_id: int | None
    key: str


def job_name(name: str) -> str:
    """The job that loads a dataset."""
    return f"ingest {name}"


def load_key(content: Content, mode: str, run_id: str, copy: int = 0) -> str:
    """The commit key of one load; what :func:`taken_before` looks for is its beginning. ``copy``: how many files of the same load have the
    content before this one."""
    # The end of a run's id is what is random in it. Whole, the longest names would make keys that are stored as hashes.
    return f"{_beginning(content)}{mode}:{run_id[-17:]}{f':{copy}.' if copy else ''}"


def _beginning(content: Content) -> str:
    return f"ingest:{content}:"


# Commits that overwrite put something in the place of all rows where they are of a load, a recipe or CREATE OR REPLACE.
_OF_ALL = re.compile(r"recipe/|sql/|write/[^/]*/ingest:.*:overwrite:")
_CONTENT = re.compile(r"ingest:(sha256:\w+(?:#\w+)?):")


def taken_before(
    lake: Lake, name: str, content: Content, whole: Collection[str] = (), key: str | None = None, newest: bool = False
) -> Taken | None:
    """The load of the same content that main still holds; None when there is none.

    Looks at main's history from its head back to where all rows were replaced. Snapshots tell it themselves, so a load counts once
    it is committed, even if its process died right then, and under whatever name the dataset had. Where the history has expired, the
    keys of all commits tell it.

    Parameters
    ----------
    whole
        It counts only where the load that brought it brought all that is there, each but once, and nothing beside these: what an
        overwrite asks, which names all that it brings.
    key
        Of :func:`load_key`: only the commit that has it counts.
    newest
        It counts only where no other run has changed rows since.
    """
    metadata = lake.table(name).metadata
    wanted, runs, brought = key or _beginning(content), set(), list[str]()
    for snapshot in lineage_of(metadata, metadata.current_snapshot_id):
        facts = snapshot.summary.additional_properties if snapshot.summary else {}
        found = facts.get(KEY_PROPERTY, "")
        if snapshot.summary is not None and snapshot.summary.operation == Operation.REPLACE:
            continue  # a compaction
        runs.add(facts.get(RUN_PROPERTY))
        brought += _CONTENT.findall(found)
        rows = facts.get("total-records", "0")
        # An upsert, an UPDATE or a DELETE writes rows again that were there: where it wrote all of them they are still what loads brought.
        edited = ADDED_PROPERTY in facts and rows != "0"
        first = rows == facts.get("added-records", "0") and not edited and ":upsert:" not in found
        if newest and len(runs) > 1:
            return None
        more = whole and (len(runs) > 1 or len(brought) > len({*brought} & {*whole}) or not first)
        if wanted in found and not more:
            return Taken(facts.get(RUN_PROPERTY, ""), int(facts.get("added-records", 0)), snapshot.snapshot_id, found)
        if first:
            return None  # the first rows of all, or all that were there gave way
    return None if whole or newest else _by_commits(lake, str(metadata.table_uuid), wanted)


@dataclass(frozen=True)
class Aside:
    """A load that set records of a content aside: how many, and whether none of its rows fitted, so that the dataset has nothing of it."""

    run_id: str
    records: int
    alone: bool


def set_aside_before(lake: Lake, name: str, content: Content) -> tuple[Aside, ...]:
    """The loads that set records of the same content aside, into the quarantine that the dataset has now; the newest first."""
    mine = str(lake.table(name).metadata.table_uuid) if lake.exists(name) else ""
    quarantine = str(lake.table(quarantine_of(name)).metadata.table_uuid)
    found = select(commits.c.run_id, commits.c.result).where(
        commits.c.commit_key.contains(_beginning(content), autoescape=True), commits.c.result.contains(quarantine)
    )
    with lake.store.read() as conn:
        rows = conn.execute(found.order_by(commits.c.at.desc())).all()
    loads = [(row.run_id or "", CommitResult.model_validate_json(row.result).tables) for row in rows]
    return tuple(
        Aside(run_id, sum(t.rows_added for t in tables if t.table_uuid == quarantine), all(t.table_uuid != mine for t in tables))
        for run_id, tables in loads
    )


def brought_together(lake: Lake, name: str) -> bool:
    """Whether main holds the content of several files, as far as its history tells."""
    metadata = lake.table(name).metadata
    history = lineage_of(metadata, metadata.current_snapshot_id)
    facts = (snapshot.summary.additional_properties for snapshot in history if snapshot.summary is not None)
    return len(list(islice((each for each in facts if _CONTENT.search(each.get(KEY_PROPERTY, ""))), 2))) > 1


def grown_from(lake: Lake, log: RunLog, name: str, content: Content, original: Original) -> Taken | None:
    """The load of a file of that name whose whole content this one begins with, and whose rows main still holds; None when there is none.
    A log that is written on, or a copy that was taken before it was complete: whole, it would bring these rows twice."""
    output, file = run_datasets.alias(), run_datasets.alias()
    loads = file.join(output, output.c.run_id == file.c.run_id)
    mine = output.c.direction == "output", output.c.dataset_id == str(lake.table(name).metadata.table_uuid)
    named = file.c.direction == "input", file.c.kind == "file", file.c.name == original.shown, file.c.bytes < original.size
    with log.projections["runs"].reading() as conn:
        sizes = conn.execute(select(file.c.bytes).distinct().select_from(loads).where(*mine, *named)).scalars().all()
    for digest in reversed(original.beginnings(sizes)):
        taken = taken_before(lake, name, replace(content, content_hash=digest))
        if taken is not None and taken.rows:
            return taken
    return None


def _by_commits(lake: Lake, table_uuid: str, wanted: str) -> Taken | None:
    """The same where the snapshots are gone: which load of the content main held after each commit since the first of them."""
    chosen = select(commits.c.commit_key, commits.c.run_id, commits.c.result, commits.c.at)
    mine = commits.c.result.contains(table_uuid)
    with lake.store.read() as conn:
        loads = select(commits.c.at).where(commits.c.commit_key.contains(wanted, autoescape=True), mine).limit(1)
        if conn.execute(loads).first() is None:
            return None
        rows = conn.execute(chosen.where(mine).order_by(commits.c.at)).all()
    held: dict[int | None, tuple[Taken | None, int | None]] = {}  # by the snapshot that was main's head then, with how many rows it had
    now: Taken | None = None
    count: int | None = None  # of rows; None: not known
    for row in rows:
        tables = [t for t in json.loads(row.result)["tables"] if t["table_uuid"] == table_uuid and t.get("branch", MAIN) == MAIN]
        if not tables:
            continue
        done = tables[-1]
        operation, before = done["operation"], 0 if tables[0]["operation"] == "create" else count
        count = _counted(before, done)
        if wanted in row.commit_key:
            now = Taken(row.run_id or "", done["rows_added"], done["snapshot_id"], row.commit_key)
        elif operation == "rollback":
            now, count = held.get(done["snapshot_id"], (None, None))
        elif operation == "overwrite" and (_OF_ALL.match(row.commit_key) or (before is not None and done["rows_deleted"] >= before)):
            now = None
        elif count == 0:
            now = None  # a DELETE took out all there was
        held[done["snapshot_id"]] = now, count
    return now


_KEEP_ROWS = frozenset(("alter", "expire", "replace", "rename", "drop", "undrop", "branch", "tag", "delete_ref"))


def _counted(before: int | None, done: Mapping[str, Any]) -> int | None:
    """How many rows there are after a commit; None: that does not tell."""
    if before is None or done["operation"] in ("publish", "take_back"):
        return None
    return before if done["operation"] in _KEEP_ROWS else before + done["rows_added"] - done["rows_deleted"]
