"""What an engine is asked to read: files by field id, or rows that are already Arrow. Knows nothing of the lake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

__all__ = ["ArrowScan", "FileScan", "HeldRows", "Scan", "ScanColumn", "Shape"]


@dataclass(frozen=True)
class ScanColumn:
    """A column as the statement sees it; ``field_id`` finds it in each file, whatever it was called there.

    ``type`` is in the engine's own words (``BIGINT``, ``STRUCT("a" VARCHAR)``).
    """

    field_id: int
    name: str
    type: str


@dataclass(frozen=True)
class Shape:
    """What a reader sees of a relation: ``columns`` as (name, SQL over the relation's own), of rows where ``where`` is true (None: all).

    It stands between the relation and the statement: nothing that a statement says reaches what lies behind it. ``masks`` names the
    columns that are not shown as they are, each with the kind of its mask and its rule; ``rules`` are the names of those that made it so;
    ``view`` is a digest of the conditions that rows are left by, the same for readers who are left the same ones. ``apart``:
    its rows are gathered before the statement looks at them, so that not even where they lie between others, which decides on what is
    read together, can be told.
    """

    columns: tuple[tuple[str, str], ...]
    where: str | None = None
    masks: tuple[tuple[str, str, str], ...] = ()
    rules: tuple[str, ...] = ()
    apart: bool = False
    view: str | None = None


@dataclass(frozen=True)
class FileScan:
    """A relation ``schema.name`` over Parquet files (paths or ``s3://`` addresses), read by field id.

    ``version`` changes whenever the files or the columns do: scans of the same version may share a prepared session. With ``places`` there
    are two more columns, which say where a row lies: ``__file`` counts the files from 0, ``__row`` the rows of a file. ``rows`` is how many
    the files hold, for the planner (0: not known).
    """

    schema: str
    name: str
    columns: tuple[ScanColumn, ...]
    files: tuple[str, ...]
    version: str
    shape: Shape | None = None
    places: bool = False
    rows: int = 0


@dataclass(frozen=True)
class ArrowScan:
    """A relation over rows that somebody else has read. ``load`` is called once a statement."""

    schema: str
    name: str
    load: Callable[[], pa.Table]
    shape: Shape | None = None


class HeldRows:
    """Rows that have been read, as what an :class:`ArrowScan` loads: also by a process that cannot read them itself."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __call__(self) -> pa.Table:
        return self._table


Scan = FileScan | ArrowScan
