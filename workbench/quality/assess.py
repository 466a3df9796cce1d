"""The assessment of rows, committed or not: what ingestion asks before it writes, and the service afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from workbench.core.clock import now as present
from workbench.core.refs import DatasetRef
from workbench.engines.duckdb import Engine
from workbench.engines.scans import Scan
from workbench.quality.checks import Other
from workbench.quality.dimensions import dimensions, own_checks
from workbench.quality.expectations import evaluate
from workbench.quality.profile import profiled
from workbench.quality.records import Assessment, Expectation, Profile
from workbench.quality.scanning import Source

__all__ = ["Assessed", "assess"]


@dataclass(frozen=True)
class Assessed:
    """A profile and what it and the expectations say."""

    profile: Profile
    assessment: Assessment


def assess(
    engine: Engine,
    scan: Scan,
    expectations: Sequence[Expectation] = (),
    *,
    ref: DatasetRef | None = None,
    profile: Profile | None = None,
    others: Mapping[str, Other] | None = None,
    written_at: datetime | None = None,
    at: datetime | None = None,
    run_id: str | None = None,
    timeout: float = 600.0,
    set_aside: int = 0,
) -> Assessed:
    """Profile the rows (unless ``profile`` is given), evaluate the expectations in one more scan, and score the eight dimensions.

    The score is the mean of the dimensions that could be assessed. ``assessment.held_back`` are the gates that did not hold.
    ``written_at`` is what a promise of freshness without a column is measured from; ``others`` are datasets that foreign keys
    point to, by name; ``set_aside`` is how many records of the same dataset are in quarantine. An expectation without an id gets its
    place as one.

    Raises
    ------
    TooLarge, Cancelled, StorageUnavailable
        It took too long or too much memory, somebody stopped it, or a file cannot be read.
    """
    moment = at or present()
    source = Source(engine, scan, timeout, run_id)
    found = profile or profiled(source, ref=ref)
    wanted = [e if e.id else e.model_copy(update={"id": f"new-{i}"}) for i, e in enumerate(expectations)]
    spellings = [check for check in own_checks(found) if check.id.startswith("consistency")]
    results, counted = evaluate(source, wanted, now=moment, written_at=written_at or moment, others=others, more=spellings)
    scored = dimensions(found, results, counted, set_aside)
    known = [dimension.score for dimension in scored if dimension.score is not None]
    warnings = [r.message for r in results if r.passed is not True and r.message]
    assessment = Assessment(
        ref=ref,
        at=moment,
        rows=found.rows,
        score=fmean(known) if known else None,
        dimensions=scored,
        expectations=results,
        warnings=tuple(warnings),
        set_aside=set_aside,
        run_id=run_id,
    )
    return Assessed(found, assessment)
