"""What is known of a dataset's columns, how good they are, and what is expected of them.

Values are JSON types as :class:`workbench.catalog.records.TableData` has them: decimals and integers beyond 2^53 are text.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from workbench.core.records import Record
from workbench.core.refs import DatasetRef

__all__ = [
    "DIMENSIONS",
    "Assessment",
    "Bin",
    "ColumnProfile",
    "Dimension",
    "DimensionName",
    "Expectation",
    "ExpectationKind",
    "ExpectationResult",
    "ForeignKey",
    "Key",
    "NearDuplicates",
    "Outliers",
    "Profile",
    "SemanticType",
    "TimePoint",
]

DimensionName = Literal["completeness", "accuracy", "consistency", "timeliness", "validity", "uniqueness", "integrity", "conformity"]
DIMENSIONS: tuple[DimensionName, ...] = (
    "completeness",
    "accuracy",
    "consistency",
    "timeliness",
    "validity",
    "uniqueness",
    "integrity",
    "conformity",
)
ExpectationKind = Literal[
    "not_null", "unique", "in_range", "in_set", "matches", "type", "row_count", "foreign_key", "freshness", "expression"
]
Share = Annotated[float, Field(ge=0, le=1)]


class Bin(Record):
    """A bar of a histogram: rows with ``low`` <= value < ``high``; the last bar includes its upper edge."""

    low: Any
    high: Any
    count: int


class SemanticType(Record):
    """What a column's values are by their form: ``matched`` of ``checked`` distinct values passed; ``hinted`` by the column's name."""

    name: str
    matched: int
    checked: int
    hinted: bool = False

    @property
    def share(self) -> float:
        return self.matched / self.checked if self.checked else 0.0


class Outliers(Record):
    """Values further than 1.5 interquartile ranges below the first or above the third quartile (Tukey's fences)."""

    method: Literal["iqr"] = "iqr"
    low: Any
    high: Any
    count: int
    share: Share


class ColumnProfile(Record):
    """One column. ``rows`` counts all rows, ``nulls`` those without a value.

    ``distinct`` counts values, exact where ``distinct_exact``, else estimated within about 5 %. ``total`` and ``mean`` leave NaN
    and infinities out (``nan``, ``infinite``), ``stddev`` is the sample's (n - 1). ``min_length`` and ``max_length`` are characters
    of text, bytes, or elements of lists and maps. What comes from ``looked_at`` rows (None: all of them) is said there: quantiles,
    histogram, most frequent values (``top``), patterns, outliers.
    """

    field_id: int
    name: str
    type: str
    rows: int
    nulls: int
    distinct: int | None = None
    distinct_exact: bool = True
    min: Any = None
    max: Any = None
    total: Any = None
    mean: float | None = None
    stddev: float | None = None
    nan: int = 0
    infinite: int = 0
    quantiles: dict[str, Any] = {}
    histogram: tuple[Bin, ...] = ()
    top: tuple[tuple[Any, int], ...] = ()
    top_exact: bool = True
    patterns: tuple[tuple[str, float], ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    blank: int | None = None
    semantic: SemanticType | None = None
    outliers: Outliers | None = None
    variants: tuple[tuple[str, ...], ...] = ()
    looked_at: int | None = None

    @property
    def null_share(self) -> float:
        return self.nulls / self.rows if self.rows else 0.0


class Key(Record):
    """Columns that no two rows share and none leaves empty, looked for in all rows. Several together only up to a million rows."""

    columns: tuple[str, ...]


class ForeignKey(Record):
    """A column whose values are found in another dataset's key: ``share`` of ``checked`` distinct values."""

    column: str
    dataset: str
    key: str
    share: Share
    checked: int


class NearDuplicates(Record):
    """Rows that say the same: ``rows`` of ``checked`` are like an earlier one without being equal to it (``normalised``), or are equal
    (``equal``; told where equal rows are not counted: of rows chosen by their values, with how many are ``expected`` among all)."""

    model_config = ConfigDict(extra="ignore")  # profiles that were kept some time ago have more

    method: Literal["normalised", "equal"]
    checked: int
    rows: int
    groups: int
    expected: int | None = None


class Profile(Record):
    """A dataset's columns, as one snapshot has them.

    ``sampled`` is the number of rows looked at for what is not exact, None when that is all of them. ``duplicates`` counts rows
    equal to an earlier one, None where that was not counted (above 250,000 rows without a key: ``near_duplicates`` then says how many are
    expected). ``references`` is False where nobody
    has looked for ``foreign_keys`` yet.
    """

    ref: DatasetRef | None = None
    rows: int
    columns: tuple[ColumnProfile, ...]
    sampled: int | None = None
    keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    references: bool = True
    duplicates: int | None = None
    near_duplicates: tuple[NearDuplicates, ...] = ()
    seconds: float = 0.0

    def column(self, name: str) -> ColumnProfile:
        """One column by its name.

        Raises
        ------
        KeyError
            There is none of that name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


class Dimension(Record):
    """One of the eight. ``score`` None: not assessed, and ``evidence`` says why and what would make it so.

    ``checked`` things were looked at, ``failed`` of them did not hold; ``check_id`` finds the rows that did not.
    """

    name: DimensionName
    score: Share | None
    formula: str
    evidence: str
    checked: int = 0
    failed: int = 0
    check_id: str | None = None


class Expectation(Record):
    """What must hold of a dataset. ``severity`` ``gate`` holds a write back, ``warn`` lets it pass and says so.

    By kind: ``in_range`` takes ``low`` and ``high`` (either may be None), ``in_set`` ``values``, ``matches`` a regular expression
    in ``pattern``, ``type`` the type's name in ``pattern``, ``row_count`` ``low`` and ``high``, ``foreign_key`` ``dataset`` and ``key``,
    ``freshness`` ``hours`` since the newest value of ``column`` (or the last write), ``expression`` SQL that is true of each row.
    ``share`` of the rows must pass. ``unique`` takes several columns in ``columns``.
    """

    id: str = ""
    kind: ExpectationKind
    column: str | None = None
    columns: tuple[str, ...] = ()
    low: Any = None
    high: Any = None
    values: tuple[Any, ...] = ()
    pattern: str | None = None
    dataset: str | None = None
    key: str | None = None
    hours: float | None = None
    expression: str | None = None
    share: Share = 1.0
    severity: Literal["warn", "gate"] = "warn"
    proposed: bool = False
    description: str = ""


class ExpectationResult(Record):
    """How one expectation came out. ``passed`` None: it could not be checked, and ``message`` says why."""

    expectation: Expectation
    passed: bool | None
    checked: int = 0
    failed: int = 0
    observed: Any = None
    message: str = ""


class Assessment(Record):
    """How good a dataset is at a snapshot: the mean of the dimensions that could be assessed, and each of the eight, in one order.
    ``set_aside`` is how many of its records were in quarantine then."""

    ref: DatasetRef | None = None
    at: datetime
    rows: int
    score: Share | None
    dimensions: tuple[Dimension, ...]
    expectations: tuple[ExpectationResult, ...] = ()
    warnings: tuple[str, ...] = ()
    run_id: str | None = None
    set_aside: int = 0

    @property
    def held_back(self) -> tuple[ExpectationResult, ...]:
        """The gates that did not hold."""
        return tuple(r for r in self.expectations if r.passed is False and r.expectation.severity == "gate")

    @property
    def unproven(self) -> tuple[ExpectationResult, ...]:
        """The gates that let no row pass: those that did not hold, and those that could not be checked."""
        return tuple(r for r in self.expectations if r.passed is not True and r.expectation.severity == "gate")


class TimePoint(Record):
    """An assessment in a dataset's history. ``anomalies`` say what was unusual, and what was expected."""

    at: datetime
    snapshot_id: int | None
    rows: int
    score: Share | None
    dimensions: dict[str, float | None]
    anomalies: tuple[str, ...] = ()
    run_id: str | None = None
