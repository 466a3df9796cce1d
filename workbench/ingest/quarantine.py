"""Records that did not parse, each dataset's in a table of its own, until they are corrected or discarded."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.clock import now
from workbench.core.errors import DatasetNotFound, NotFound
from workbench.core.ids import new_id
from workbench.core.names import quarantine_of
from workbench.core.refs import MAIN
from workbench.engines.duckdb import Engine, in_words
from workbench.engines.readers import Reading
from workbench.engines.readers.rejects import REJECTED
from workbench.engines.readers.source import Written
from workbench.engines.scans import ArrowScan
from workbench.ingest.records import Misfit
from workbench.lake.changes import Change, Edit, Overwrite
from workbench.lake.replaced import replaced_in
from workbench.writes.prepare import prepare_append, prepare_create, prepare_overwrite
from workbench.writes.rows import Rows

if TYPE_CHECKING:
    from workbench.ingest.sources.base import Since
    from workbench.lake import Lake

__all__ = ["SCHEMA", "Customs", "Quarantine", "customs_of", "kept_customs", "with_replaced"]

#: Of every dataset's quarantine: what a reader tells of a record, with where it came from.
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("file", pa.string()),
        ("content_hash", pa.string()),
        *REJECTED,
        ("run_id", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
    ]
)
_SECONDS = 600.0


@dataclass(frozen=True)
class Customs:
    """How the texts of a file are read: ``decimal`` and ``dates`` as :class:`Reading` has them, and those of columns that have others (by
    name). ``typed``: it is none of text, and NaN is a number in it."""

    decimal: str | None = None
    dates: str | None = None
    columns: tuple[tuple[str, Written], ...] = ()
    typed: bool = False

    def of(self, column: str) -> Written:
        """Those of one column."""
        return dict(self.columns).get(column, (self.decimal, self.dates, False))


def kept_customs(content_hash: str, reading: Reading, columns: Mapping[str, Written]) -> dict[str, Any]:
    """What a run keeps of how a file was read, as its attributes: what a corrected text of it is to be read by."""
    every = reading.decimal, reading.dates, False
    found = {name: (decimal or every[0], order or every[1], percent) for name, (decimal, order, percent) in columns.items()}
    others = {name: list(written) for name, written in found.items() if written != every}
    typed = reading.format not in (None, "csv")
    return {f"customs of {content_hash}": {"decimal": every[0], "dates": every[1], "columns": others, "typed": typed}}


def customs_of(attributes: Mapping[str, Any], content_hash: str) -> Customs:
    """What :func:`kept_customs` has kept; nothing is known where it has not."""
    kept = attributes.get(f"customs of {content_hash}") or {}
    columns = tuple((name, (decimal, order, percent)) for name, (decimal, order, percent) in (kept.get("columns") or {}).items())
    return Customs(kept.get("decimal"), kept.get("dates"), columns, kept.get("typed", False))


class Quarantine:
    """The quarantine of one dataset; ``table`` is its name."""

    def __init__(self, lake: Lake, engine: Engine, name: str) -> None:
        self._lake, self._engine = lake, engine
        self.table = quarantine_of(name)

    @property
    def count(self) -> int:
        """How many records are in it."""
        return self._lake.info(self.table).rows if self._lake.exists(self.table) else 0

    def adding(self, rejected: pa.Table, shown: str, content_hash: str, run_id: str, gone: Collection[str] = ()) -> list[Change]:
        """Records that a reader has set aside (:data:`workbench.engines.readers.rejects.REJECTED`), as changes to be committed.

        They take the place of those with the ids ``gone``.
        """
        new = _told(rejected, shown, content_hash, run_id, now())
        if not self._lake.exists(self.table):
            return prepare_create(self._lake, self.table, Rows(new), MAIN, ()) if new.num_rows else []
        if not gone:
            return prepare_append(self._lake, self.table, Rows(new), MAIN) if new.num_rows else []
        return [
            # Told as what it is: those that stay are no new ones.
            Edit(**vars(change), rows_added=new.num_rows, rows_deleted=len(gone)) if isinstance(change, Overwrite) else change
            for change in prepare_overwrite(self._lake, self.table, self.rows_without(list(gone), new), MAIN, None)
        ]

    def ids_but_of(self, run_id: str) -> tuple[str, ...]:
        """The records of all loads but one."""
        found = self._ask("SELECT id FROM quarantine.rows WHERE run_id IS DISTINCT FROM ?", [run_id])
        return tuple(row["id"] for row in found)

    def ids_of(self, content_hash: str, runs: Collection[str], file: str | None = None) -> tuple[str, ...]:
        """The records of a content that loads have set aside; those of one ``file`` where it says so."""
        named, params = (" AND file = ?", [content_hash, list(runs), file]) if file is not None else ("", [content_hash, list(runs)])
        sql = f"SELECT id FROM quarantine.rows WHERE content_hash = ? AND list_contains(?, run_id){named}"  # noqa: S608 - bound
        return tuple(row["id"] for row in self._ask(sql, params))

    def ids_above(self, file: str, column: str, since: Since) -> tuple[str, ...]:
        """The records of a database's table or query that are read from ``since`` on, by their value of a column. Which have none, or
        one that cannot be compared, is not known: they are not among them."""
        found = self._ask("SELECT id, row FROM quarantine.rows WHERE file = ?", [file])
        if since.value is None:
            return tuple(row["id"] for row in found)
        texts = {row["id"]: json.loads(row["row"] or "{}").get(column) for row in found}
        bound = pa.scalar(since.value)
        return tuple(each for each, text in texts.items() if text is not None and _is_above(text, bound, since.inclusive))

    def without(self, ids: Sequence[str]) -> list[Change]:
        """The same records but these, as changes that are not committed yet."""
        return prepare_overwrite(self._lake, self.table, self.rows_without(ids), MAIN, None)

    def rows_without(self, ids: Sequence[str], more: pa.Table | None = None) -> Rows:
        """The records but these, read when they are taken, and ``more``."""
        gone = pa.array(ids, pa.string())

        def left() -> Iterator[pa.RecordBatch]:
            with self._lake.reading(self.table) as plan:
                for batch in plan.to_batches():
                    yield batch.filter(pc.invert(pc.is_in(batch.column("id"), gone)))
            if more is not None:
                yield from more.select(schema.names).cast(schema).to_batches()

        schema = self._lake.plan(self.table).arrow_schema
        return Rows(pa.RecordBatchReader.from_batches(schema, left()))

    def misfits(self, limit: int, after: str | None = None, runs: Sequence[str] | None = None) -> tuple[Misfit, ...]:
        """Records, oldest first; after the one of an id, and of those loads only that are named."""
        conditions, params = [], list[Any]()
        if after is not None:
            conditions, params = ["id > ?"], [after]
        if runs is not None:
            conditions, params = [*conditions, "list_contains(?, run_id)"], [*params, list(runs)]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return tuple(map(_misfit, self._ask(f"SELECT * FROM quarantine.rows {where} ORDER BY id LIMIT {limit:d}", params)))  # noqa: S608

    def runs(self) -> tuple[str, ...]:
        """The loads that records came with."""
        return tuple(row["run_id"] for row in self._ask("SELECT DISTINCT run_id FROM quarantine.rows WHERE run_id IS NOT NULL", []))

    def of(self, ids: Sequence[str]) -> dict[str, Misfit]:
        """Records by their ids.

        Raises
        ------
        NotFound
            One of them is not there (any more).
        """
        wanted = pa.table({"id": pa.array(sorted(set(ids)), pa.string())})
        asked = ArrowScan("quarantine", "wanted", lambda: wanted)
        found = {
            row["id"]: _misfit(row) for row in self._ask("SELECT * FROM quarantine.rows WHERE id IN (FROM quarantine.wanted)", [], asked)
        }
        missing = [each for each in ids if each not in found]
        if missing:
            raise NotFound(
                f"{len(missing)} of the records are not in quarantine (any more).",
                fix="They were corrected or discarded meanwhile: look again.",
                ids=missing[:100],
            )
        return found

    def _ask(self, sql: str, params: Sequence[Any], *more: ArrowScan) -> list[dict[str, Any]]:
        try:
            with self._lake.reading(self.table) as plan, in_words("Reading", self.table, _SECONDS):
                scans = (plan.scan("quarantine", "rows"), *more)
                rows: list[dict[str, Any]] = self._engine.run(new_id(), sql, scans, params or None, timeout=_SECONDS).table.to_pylist()
                return rows
        except DatasetNotFound:
            return []


def with_replaced(lake: Lake, name: str, misfits: Sequence[Misfit]) -> tuple[Misfit, ...]:
    """The records, those marked that were set aside before all rows of the dataset were replaced."""
    replaced = replaced_in(lake.table(name).metadata) if misfits and lake.exists(name) else None
    if replaced is None:
        return tuple(misfits)
    return tuple(
        each.model_copy(update={"replaced_at": replaced.at}) if replaced.is_before(each.run_id, each.at) else each for each in misfits
    )


def _is_above(text: str, bound: pa.Scalar, inclusive: bool) -> bool:
    kind = pa.decimal128(38, bound.type.scale) if pa.types.is_decimal(bound.type) else bound.type
    try:
        value = pa.scalar(text, pa.string()).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return bool((pc.greater_equal if inclusive else pc.greater)(value, bound).as_py())


def _told(rejected: pa.Table, shown: str, content_hash: str, run_id: str, at: datetime) -> pa.Table:
    """As they are kept. The ids grow, so that their order is the file's."""
    count, begin = rejected.num_rows, new_id()
    more = {
        "id": pa.array((f"{begin}-{place:09d}" for place in range(count)), pa.string()),
        **{name: pa.repeat(pa.scalar(value, SCHEMA.field(name).type), count) for name, value in _same(shown, content_hash, run_id, at)},
    }
    return pa.table([more[name] if name in more else rejected.column(name) for name in SCHEMA.names], schema=SCHEMA)


def _same(shown: str, content_hash: str, run_id: str, at: datetime) -> tuple[tuple[str, Any], ...]:
    return (("file", shown), ("content_hash", content_hash), ("run_id", run_id), ("at", at))


def _misfit(row: dict[str, Any]) -> Misfit:
    return Misfit(**{**row, "row": json.loads(row["row"] or "{}"), "run_id": row["run_id"] or ""})
