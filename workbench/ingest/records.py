"""What is asked of an ingestion, what it saw, and what it did."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from workbench.catalog.records import TableData
from workbench.core.records import Record
from workbench.engines.readers.reading import Reading
from workbench.quality.records import Dimension

__all__ = [
    "STEPS",
    "AsShown",
    "ColumnSeen",
    "Corrected",
    "Correction",
    "DatasetLoads",
    "DayLoads",
    "Difference",
    "IngestReport",
    "IngestStatistics",
    "LoadMode",
    "LoadOptions",
    "Misfit",
    "Preview",
    "Progress",
    "Remembered",
    "Resemblance",
    "Staged",
    "Step",
]

LoadMode = Literal["create", "append", "overwrite", "upsert"]
Step = Literal["detect", "preview", "parse", "profile", "assess", "write", "register"]
STEPS: tuple[Step, ...] = ("detect", "preview", "parse", "profile", "assess", "write", "register")


class AsShown(Record):
    """How a preview has read ``file`` (as it is called there): by ``reading``, all else as it is found. ``said``: who asked for it said so;
    without, it is what was remembered then."""

    file: str
    reading: Reading = Reading()
    said: bool = False


class LoadOptions(Record):
    """How a source is taken in.

    Attributes
    ----------
    name, zone
        The dataset: ``flights`` or ``silver.flights``; without a name, the source's. A first load lands in bronze unless a zone is
        named; gold takes no loads from files.
    mode
        ``upsert`` replaces rows by ``keys`` and adds the others.
    keys
        Columns that identify a row, with ``upsert``.
    duplicates
        Of several rows of a file with the same keys ``last`` takes the last; ``error`` refuses them all.
    partition_by
        Of a new dataset, as :meth:`workbench.writes.Writer.write` takes it; one that is there takes only its own.
    since
        Of a database: a column that grows with every change (``updated_at``). Only rows above the dataset's own greatest value are
        read; with ``upsert`` those at it too, for they replace themselves.
    reading
        What a person has corrected; None: what is remembered for this source, else what is found.
    as_shown
        Of a preview, handed back: without a ``reading`` the file is read as it was there, whatever has been remembered or forgotten since.
    drift
        Where the source's columns are not the dataset's: ``safe`` takes added columns and safe widenings and refuses the rest,
        ``keep`` leaves the dataset as it is (new columns are not taken, values that do not fit go to quarantine).
    force
        Take the same content once more; and, of an administrator's, past a gate that holds the load back.
    """

    name: str | None = None
    zone: str = "bronze"
    mode: LoadMode = "create"
    keys: tuple[str, ...] = ()
    duplicates: Literal["error", "last"] = "error"
    partition_by: tuple[str, ...] = ()
    since: str | None = None
    reading: Reading | None = None
    as_shown: AsShown | None = None
    drift: Literal["safe", "keep"] = "safe"
    force: bool = False

    @property
    def given(self) -> Reading | None:
        """What a person says of the source, now or when they looked at it."""
        if self.reading is not None or self.as_shown is None:
            return self.reading
        return self.as_shown.reading if self.as_shown.said else None


class Staged(Record):
    """A file that was uploaded and waits to be looked at: ``source`` names it (``upload:...``) to :meth:`preview` and :meth:`start`."""

    source: str
    name: str
    bytes: int
    content_hash: str


class Misfit(Record):
    """A record that does not parse. ``line`` counts from 1, ``record`` too; ``column`` is the first that does not fit and ``value`` its
    text. ``row`` has every column's text as far as the record could be divided, ``text`` the record as it stands in the file. ``wrong`` are
    all columns that do not fit the dataset as it is now, with the reason, where they were looked for: of a list's first thousand.
    ``replaced_at``: all rows of the dataset were replaced or taken out then, after this record was set aside beside them; a rollback to a
    state before makes it None again."""

    id: str
    file: str
    content_hash: str
    line: int | None = None
    record: int | None = None
    column: str | None = None
    value: str | None = None
    reason: str
    row: dict[str, str | None] = {}
    wrong: dict[str, str] = {}
    text: str | None = None
    run_id: str = ""
    at: datetime | None = None
    replaced_at: datetime | None = None


class ColumnSeen(Record):
    """A column as it was understood: its ``type``, ``why`` where that needs a word, a few ``examples`` (as text), the share of rows
    without a value, and the types that would hold all that was looked at (``choices``)."""

    place: int
    original: str
    name: str
    type: str
    take: bool = True
    why: str = ""
    examples: tuple[str, ...] = ()
    null_share: float = Field(0.0, ge=0, le=1)
    choices: tuple[str, ...] = ()


class Difference(Record):
    """Between the source's columns and the dataset's: one column ``added``, ``missing``, ``widened`` (safe) or ``changed`` (not safe)."""

    column: str
    kind: Literal["added", "missing", "widened", "changed"]
    there: str | None = None
    here: str | None = None

    @property
    def is_safe(self) -> bool:
        return self.kind != "changed"


class Resemblance(Record):
    """A dataset that has the same columns, by name and type, to a share of ``score``."""

    dataset: str
    score: float = Field(ge=0, le=1)
    differences: tuple[Difference, ...] = ()


class Preview(Record):
    """What was understood of a source before anything is written.

    Attributes
    ----------
    source, content_hash
        What was looked at.
    reading
        As it would be read, filled in fully: send it back corrected. ``remembered``: a person said so of this source before.
    as_shown
        The same for a load that shall read it so, uncorrected (:class:`LoadOptions`).
    columns, sample
        The columns, and the first rows as they would be stored.
    rows
        How many there are: counted where ``exact``, else estimated.
    misfits, misfit_count
        Records that do not parse: the first of them, and how many were found in what was looked at.
    sheets
        Of a workbook, all of them.
    name, zone, exists
        Where it would go (``name`` without the zone); whether that dataset is there, and with which ``differences``.
    resembles
        Existing datasets it looks like, most alike first.
    partition_by, keys, partition_why
        Proposals, and why the rows of a new dataset should, or need not, be partitioned.
    only
        With ``since``: which of the source's rows come, in words. ``rows``, ``sample`` and the rest are of these alone.
    taken
        The run that took the same content into that dataset before.
    refused
        Why who looks may not take it in there, and whom to ask; empty: she may. Nothing is then told of that dataset.
    """

    source: str
    shown: str
    content_hash: str | None = None
    bytes: int | None = None
    reading: Reading
    remembered: bool = False
    as_shown: AsShown
    columns: tuple[ColumnSeen, ...]
    sample: TableData
    rows: int | None = None
    exact: bool = False
    misfits: tuple[Misfit, ...] = ()
    misfit_count: int = 0
    sheets: tuple[str, ...] = ()
    name: str
    zone: str = "bronze"
    exists: bool = False
    differences: tuple[Difference, ...] = ()
    resembles: tuple[Resemblance, ...] = ()
    partition_by: tuple[str, ...] = ()
    partition_why: str = ""
    keys: tuple[str, ...] = ()
    only: str = ""
    taken: str | None = None
    refused: str = ""
    warnings: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        from workbench.ingest.shown import preview_html

        return preview_html(self)


class Progress(Record):
    """How far a load has come: the ``step`` of :data:`STEPS`, the ``share`` of it that is done (None: not known), a word about it."""

    step: Step
    share: float | None = Field(None, ge=0, le=1)
    rows: int | None = None
    note: str = ""


class IngestReport(Record):
    """``rows`` taken, ``rejected`` (did not parse; in ``quarantine``, the dataset of that name), ``removed`` (lines at
    the end that were said to be no data, and rows that gave way to a later one of the same keys): together the rows of the
    source. ``quality`` is None where it was not assessed, ``proposed_zone`` what a first load speaks for, ``verdict`` what that
    means and what comes next, in words; of rows that join others it is theirs alone. ``created`` is False where the table
    existed; ``unchanged`` is True where the same content had been taken before, and nothing was written. ``differences`` are what
    the load changed of the dataset's columns, or what was left out. ``personal`` are columns that came with it and look like personal
    data, each with the tag that is proposed; a person confirms or rejects them."""

    @property
    def review(self) -> str:
        """What is said of ``personal``, and what to do about it; empty where there is none."""
        names = tuple(dict.fromkeys(column for column, _ in self.personal))
        if not names:
            return ""
        told = ", ".join(f"{column} ({tag})" for column, tag in self.personal[:5])
        more = f" and {len(self.personal) - 5} more" if len(self.personal) > 5 else ""
        look = "1 column looks" if len(names) == 1 else f"{len(names)} columns look"
        fix = f"An administrator confirms or rejects that: `workbench compliance findings {self.dataset}`."
        return f"{look} like personal data: {told}{more}. {fix}"

    run_id: str
    dataset: str
    zone: str
    source: str
    content_hash: str
    rows: int
    rejected: int = 0
    removed: int = 0
    updated: int = 0
    columns: tuple[tuple[str, str], ...] = ()
    quality: float | None = None
    dimensions: tuple[Dimension, ...] = ()
    proposed_zone: str | None = None
    verdict: str = ""
    quarantine: str | None = None
    differences: tuple[Difference, ...] = ()
    snapshot_id: int | None = None
    created: bool = False
    unchanged: bool = False
    warnings: tuple[str, ...] = ()
    files: int = 1
    personal: tuple[tuple[str, str], ...] = ()

    def _repr_html_(self) -> str:
        from workbench.ingest.shown import report_html

        return report_html(self)


class Correction(Record):
    """A misfit's row as a person has corrected it: texts by column, read as the file's were."""

    id: str
    row: dict[str, str | None]


class Corrected(Record):
    """What became of corrections: how many joined the dataset, what still does not fit and why, and how many are left."""

    dataset: str
    joined: int
    failed: tuple[Misfit, ...] = ()
    left: int
    snapshot_id: int | None = None
    run_id: str = ""
    warnings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return not self.failed

    @classmethod
    def nothing(cls, dataset: str, left: int, **more: Any) -> Corrected:
        """No row was corrected."""
        return cls(dataset=dataset, joined=0, left=left, **more)


class Remembered(Record):
    """A reading that a person has corrected, kept for the next file of its source: ``source`` is the origin with every number in it as
    ``#``, ``header`` what the file calls its columns, ``dataset`` what it was taken into first."""

    id: str
    source: str
    header: tuple[str, ...]
    dataset: str
    reading: Reading
    at: datetime
    by: str


class DatasetLoads(Record):
    """What was taken into one dataset."""

    dataset: str
    zone: str
    loads: int
    rows: int
    rejected: int
    last_at: datetime


class DayLoads(Record):
    """What was taken in on one day (UTC)."""

    day: date
    loads: int
    failed: int
    rows: int
    rejected: int


class IngestStatistics(Record):
    """Loads that began in the last ``days``: how they ended, what they brought (``bytes`` of files, ``rows`` taken and ``rejected``), into
    which datasets (most rows first), on which days, and why those that failed did (error code and count, most frequent first)."""

    days: float
    loads: int
    succeeded: int
    failed: int
    cancelled: int
    going_on: int
    rows: int
    rejected: int
    bytes: int
    datasets: tuple[DatasetLoads, ...] = ()
    by_day: tuple[DayLoads, ...] = ()
    errors: tuple[tuple[str, int], ...] = ()
