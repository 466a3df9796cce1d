"""What the catalog knows about datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from workbench.catalog.index.entry import Reason, Where
from workbench.core.records import Record
from workbench.core.refs import DatasetRef

__all__ = [
    "Column",
    "ColumnHit",
    "Companion",
    "DataFile",
    "Dataset",
    "DatasetFiles",
    "DatasetSummary",
    "Edit",
    "EntryKind",
    "Impact",
    "Insight",
    "MaskedColumn",
    "Popular",
    "QualityLeader",
    "Reader",
    "Reason",
    "Saving",
    "SchemaChange",
    "SchemaComparison",
    "SchemaVersion",
    "SearchHit",
    "Statistics",
    "StorageEntry",
    "StorageListing",
    "TableData",
    "TagUse",
    "Term",
    "TermLink",
    "Tree",
    "TreeNode",
    "Where",
    "ZoneStatistics",
]


#: What stands in a list: a dataset, which has rows of its own, or a view, which is a query under a name.
EntryKind = Literal["dataset", "view"]


class Column(Record):
    """A column: its Iceberg field id (stable across renames), name and type as text (``struct<...>`` for nested).

    ``doc`` is what its file says of it, ``description`` what people say (Markdown). ``labels`` are the tags that people gave it,
    ``terms`` what it means in the glossary.
    """

    field_id: int
    name: str
    type: str
    required: bool = False
    doc: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """What to show of it: a person's word, else the file's."""
        return self.description or self.doc


class DatasetSummary(Record):
    """A line in a list of datasets and views. ``rows`` and ``bytes`` None: it is not told, because the reader sees a part, or it is a view,
    which has none of its own. ``columns`` None, of a view: they are not known without looking (:class:`ViewPage`), or not told."""

    kind: EntryKind = "dataset"
    table_uuid: str
    name: str
    zone: str
    rows: int | None
    bytes: int | None
    columns: int | None
    updated_at: datetime | None
    description: str = ""


class Dataset(Record):
    """A dataset in full. ``tags`` name snapshots; ``labels`` are the tags that people gave it, ``terms`` what it means in the glossary.
    ``rows``, ``bytes`` and ``files`` None: it is not told, because the reader sees a part."""

    ref: DatasetRef
    name: str
    zone: str
    description: str = ""
    owner: str = ""
    columns: tuple[Column, ...]
    partitioning: tuple[str, ...] = ()
    rows: int | None
    bytes: int | None
    files: int | None
    created_at: datetime | None
    updated_at: datetime | None
    branches: tuple[str, ...] = ("main",)
    tags: tuple[str, ...] = ()
    location: str = ""
    labels: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


class SearchHit(Record):
    """A dataset that matched, with where it did best and the text that did; ``score`` is 0 to 1, ``reasons`` has each word."""

    dataset: DatasetSummary
    matched: Where
    text: str
    score: float
    reasons: tuple[Reason, ...] = ()


class MaskedColumn(Record):
    """A column that the reader sees through a mask, of which kind that is (``null``, ``hash``, ...), and by which ``rule``. ``places`` are
    those of the columns of a result, from 0, that are made of it, ``into`` the columns of a dataset that a statement has written of it."""

    dataset: str
    column: str
    mask: str
    rule: str = ""
    places: tuple[int, ...] = ()
    into: tuple[str, ...] = ()


class TableData(Record):
    """Rows for a face to show. Values are JSON types: numbers stay numbers while exact in JSON, decimals and 64-bit
    integers beyond 2^53 become text, times ISO 8601, bytes hexadecimal, nested values lists and objects.

    ``cut_at`` is the row limit when there were more rows, else None; ``total`` the number of rows where it is known. ``masked`` are
    the columns that were read through a mask. ``said`` is what a statement that writes did, in a sentence. ``cached``: the answer was
    kept from an earlier time, over the same data; who sees a part of it only is not told.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int | None = None
    cut_at: int | None = None
    run_id: str | None = None
    masked: tuple[MaskedColumn, ...] = ()
    said: str | None = None
    cached: bool = False


class ColumnHit(Record):
    """A column that matched: of which dataset, its type, and how well (0 to 1)."""

    dataset: str
    zone: str
    column: str
    type: str
    score: float


class TreeNode(Record):
    """A zone, a group of names that begin alike, a dataset or a view; ``datasets`` and ``views`` count those below.

    ``dataset`` is the line of a dataset or view; None where it was dropped in this moment.
    """

    kind: Literal["zone", "group", "dataset", "view"]
    name: str
    datasets: int = 1
    views: int = 0
    dataset: DatasetSummary | None = None


class Tree(Record):
    """One level of the tree: what is below ``zone`` and ``prefix``, in order; ``after`` fetches what comes next (None: nothing)."""

    zone: str | None = None
    prefix: str = ""
    nodes: tuple[TreeNode, ...]
    after: str | None = None


class Popular(Record):
    """How often a dataset was read: by how many runs, of how many people, and when last."""

    dataset: str
    zone: str
    runs: int
    people: int
    last_at: datetime


class Companion(Record):
    """A dataset that is read together with another one: in ``runs`` of the other's ``of`` runs."""

    dataset: str
    zone: str
    runs: int
    of: int


InsightKind = Literal[
    "undocumented",
    "undescribed columns",
    "unowned",
    "stale",
    "unused",
    "duplicate",
    "failing quality",
    "personal data",
    "set aside",
    "small files",
]


class Insight(Record):
    """Something about datasets that a person should look at: what, of which, why it matters and what to do."""

    kind: InsightKind
    datasets: tuple[str, ...]
    message: str
    fix: str


class ZoneStatistics(Record):
    """What is in a zone; ``described`` and ``owned`` count datasets."""

    zone: str
    datasets: int
    columns: int
    rows: int
    bytes: int
    described: int
    owned: int


class Statistics(Record):
    """What is in the catalog. ``updated`` were written to and ``read`` were read in the last ``days``."""

    datasets: int
    columns: int
    rows: int
    bytes: int
    described: int
    owned: int
    updated: int
    read: int
    days: float
    zones: tuple[ZoneStatistics, ...]


class SchemaChange(Record):
    """A difference between two schemas. ``safe`` where who reads the dataset by the old one still can."""

    kind: Literal["added", "dropped", "renamed", "type", "required", "optional", "doc"]
    field_id: int
    column: str
    before: str | None = None
    after: str | None = None
    safe: bool


class SchemaVersion(Record):
    """A schema that a dataset has or had: since when rows are written with it (None: none yet), and how it differs from the one before."""

    version: int
    since: datetime | None
    current: bool
    columns: tuple[Column, ...]
    changes: tuple[SchemaChange, ...] = ()


class SchemaComparison(Record):
    """Two schemas of one dataset, as they were asked for, and what leads from the first to the second."""

    dataset: str
    a: str
    b: str
    changes: tuple[SchemaChange, ...]


class Reader(Record):
    """Who reads a dataset: a notebook, a pipeline, a query, or a dataset that is made from it or a view of it (``hops`` away).

    ``columns`` are those of the changed ones that it is known to read, and ``sure`` is False where what it reads is not known.
    """

    kind: Literal["dataset", "view", "notebook", "pipeline", "query", "other"]
    name: str
    columns: tuple[str, ...] = ()
    sure: bool = True
    hops: int = 1
    runs: int = 0
    last_at: datetime | None = None


class Impact(Record):
    """What planned changes would do: which of them break readers, and whom."""

    dataset: str
    changes: tuple[SchemaChange, ...]
    readers: tuple[Reader, ...]
    breaking: bool


class StorageEntry(Record):
    """A file or folder. ``path`` is what to ask for to look into it; ``dataset`` whose files are there, and then ``bytes`` is what its
    present rows take."""

    kind: Literal["folder", "file"]
    name: str
    path: str
    bytes: int | None = None
    modified_at: datetime | None = None
    dataset: str | None = None


class StorageListing(Record):
    """What is in a folder; ``after`` fetches what comes next (None: nothing)."""

    path: str
    entries: tuple[StorageEntry, ...]
    after: str | None = None


class DataFile(Record):
    """One file of a dataset: its ``path`` below the dataset's folder, its rows (or ``deletions`` of other files' rows), and the snapshot
    that brought it; ``added_at`` is None where that has been forgotten."""

    path: str
    kind: Literal["rows", "deletions"] = "rows"
    rows: int
    bytes: int
    partition: str | None = None
    snapshot_id: int | None = None
    added_at: datetime | None = None


class Saving(Record):
    """Where space could be saved: how many ``bytes`` (None: that is not known before it is done), why, and the command that does it."""

    bytes: int | None = None
    message: str
    fix: str


class DatasetFiles(Record):
    """The files of one state of a dataset, and what lies beside them. ``place`` is its folder in the storage's list; ``count``, ``rows``
    and ``bytes`` are of all files of the state, ``after`` fetches those that come next. ``other_files`` and ``other_bytes`` belong to the
    other of its ``states`` only, manifests included."""

    dataset: str
    snapshot_id: int | None
    place: str
    files: tuple[DataFile, ...]
    after: str | None = None
    count: int
    rows: int
    bytes: int
    other_files: int
    other_bytes: int
    states: int
    savings: tuple[Saving, ...] = ()


class TagUse(Record):
    """A tag, and how many datasets and columns have it."""

    tag: str
    datasets: int
    columns: int


class TermLink(Record):
    """What a term is linked to: a dataset, or one of its columns."""

    dataset: str
    column: str | None = None


class Term(Record):
    """A word of the glossary with its definition (Markdown)."""

    name: str
    definition: str
    changed_at: datetime
    changed_by: str
    links: tuple[TermLink, ...] = ()


class Edit(Record):
    """Something that was said: when, by whom, of which dataset or term (``of``; empty where it is gone) and of which column, what stood
    there before and what since."""

    at: datetime
    by: str
    run_id: str
    of: str = ""
    what: str
    column: str | None = None
    before: str | None = None
    after: str | None = None


class QualityLeader(Record):
    """A dataset with its quality score (0 to 1) and when it was assessed."""

    dataset: str
    zone: str
    score: float
    at: datetime
