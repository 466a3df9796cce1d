"""How good the rows are that are to be written, and whether that is good enough."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyiceberg.schema import Schema

from workbench.core.errors import Cancelled, HeldBack, TooLarge, Unavailable, WorkbenchError
from workbench.core.ids import new_id
from workbench.engines.scans import FileScan, Scan
from workbench.ingest.progress import Teller
from workbench.lake.plan import scan_of
from workbench.quality.history import UNUSUAL

if TYPE_CHECKING:
    from workbench.core.config import QualitySettings
    from workbench.lake import Lake
    from workbench.quality.assess import Assessed
    from workbench.quality.personal.looking import FoundIn
    from workbench.quality.records import Assessment
    from workbench.quality.scanning import Sample, Source
    from workbench.quality.service import QualityService

__all__ = ["Gate", "Judged", "proposed_zone", "remarks", "unlooked", "verdict"]

_SHOWN = 5
_WIDEST = 1_000  # columns; the profile of a wider file is made when somebody asks for it


@dataclass(frozen=True)
class Judged:
    """What was found: None where it could not be looked at, and ``warnings`` say why. ``personal`` is what the columns that were looked at
    for personal data seem to hold; None where none were. ``seen`` is the snapshot beside which the dataset's gates were asked; None where
    they look at no other rows."""

    assessed: Assessed | None = None
    personal: tuple[FoundIn, ...] | None = None
    warnings: tuple[str, ...] = ()
    seen: tuple[int | None] | None = None

    @property
    def score(self) -> float | None:
        return self.assessed.assessment.score if self.assessed is not None else None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Those that were assessed."""
        return tuple(d.name for d in self.assessed.assessment.dimensions if d.score is not None) if self.assessed is not None else ()


class Gate:
    """Looks at the rows of one load before they are committed.

    Parameters
    ----------
    quality, lake
        What looks, and where the dataset is.
    settings
        From which score on a dataset is worth which zone.
    name, shown
        The dataset, and what the person calls the file.
    force
        Let everything pass, where ``may_force``.
    run_id, teller
        The load's.
    may_force
        Who loads is one who lets everything pass if asked to, and is told so.
    """

    def __init__(
        self,
        quality: QualityService,
        lake: Lake,
        settings: QualitySettings,
        name: str,
        shown: str,
        force: bool,
        run_id: str,
        teller: Teller,
        may_force: bool = True,
    ) -> None:
        self._quality, self._lake, self._settings = quality, lake, settings
        self._name, self._shown, self._force, self._run_id, self._teller = name, shown, force and may_force, run_id, teller
        self._passes = "take it all the same with `force=True`" if may_force else "ask who administers the workspace to let it pass"

    def look(
        self,
        schema: Schema,
        paths: Sequence[str | Path],
        joins: bool,
        set_aside: int = 0,
        news: Collection[str] = (),
        kept: Sequence[str] = (),
        gone: Collection[str] = (),
    ) -> Judged:
        """Profile and assess rows in files of ``schema`` (found in them by field id). ``joins``: they come to those that are there, but
        for the files ``gone``, of whose rows the others are in ``kept``. ``set_aside`` records beside them did not parse. ``news`` are
        columns to look at for personal data.

        Raises
        ------
        HeldBack
            A gate did not hold, or the score is too low for the dataset's zone.
        Cancelled
            The load shall stop.
        """
        table_uuid = str(self._lake.table(self._name).metadata.table_uuid) if self._lake.exists(self._name) else None
        scan = _scan(schema, paths)
        strict = table_uuid is not None and not self._force
        personal = _Personal(self._name, news)
        seen: tuple[int | None] | None = None
        if scan is None:
            return self._unseen("its columns are of kinds that are looked at when they are asked for", strict, table_uuid, news)
        self._teller("profile")
        try:
            # Without an expectation nothing is asked of the rows that are there: a dataset of many files is not even planned.
            asked = joins and table_uuid is not None and self._quality.kept.expectations(table_uuid)
            with self._lake.reading(self._name) if asked else _nothing() as plan:
                if strict and plan is not None and self._quality.kept.gates(plan.ref.table_uuid):
                    seen = (plan.ref.snapshot_id,)
                whole = _joined(scan, plan.scan("profile", "whole"), kept, gone) if plan is not None else None
                assessed = self._quality.judge(scan, table_uuid, whole, self._run_id, lambda: self._teller("assess"), set_aside, personal)
        except (TooLarge, Unavailable) as error:
            return self._unseen(error.message, strict, table_uuid, news)
        if strict:
            self._hold(assessed)
        return replace(personal.judged, assessed=assessed, seen=seen)

    def _hold(self, assessed: Assessed) -> None:
        broken = assessed.assessment.unproven
        told = [result.message for result in broken[:_SHOWN]]
        least = {"silver": self._settings.silver_score, "gold": self._settings.gold_score}.get(self._name.partition(".")[0])
        score = assessed.assessment.score
        if least is not None and score is not None and score < least:
            worst = min((d for d in assessed.assessment.dimensions if d.score is not None), key=lambda d: d.score or 0.0)
            least_of = f"{worst.name} is {worst.score:.2f} ({worst.failed:,} of {worst.checked:,} did not hold)"
            told.append(f"The score is {score:.2f}, and {self._name} asks for {least:g}; {least_of}.")
        if told:
            more = f" And {len(broken) - _SHOWN} more." if len(broken) > _SHOWN else ""
            raise HeldBack(
                f"{self._shown} was held back from {self._name}; nothing was written. {' '.join(told)}{more}",
                fix=f"Correct the rows, change what is expected (`workbench checks`), or {self._passes}.",
                score=score,
                checks=[
                    {"id": r.expectation.id, "kind": r.expectation.kind, "column": r.expectation.column, "checked": r.checked}
                    | {"failed": r.failed, "message": r.message}
                    for r in broken
                ],
            )

    def _unseen(self, why: str, strict: bool, table_uuid: str | None, news: Collection[str]) -> Judged:
        if table_uuid and strict and self._quality.kept.gates(table_uuid):
            raise HeldBack(
                f"{self._shown} was held back from {self._name}; nothing was written. Its gates could not be checked: {why}",
                fix=f"Try again, or {self._passes}.",
            )
        more = (unlooked(self._name, why),) if news else ()
        return Judged(warnings=(f"Its quality was not assessed: {why}", *more))


def proposed_zone(settings: QualitySettings, score: float | None, assessed: Collection[str]) -> str | None:
    """The zone that a score speaks for; ``assessed`` are the dimensions that it is the mean of. One alone is too little for gold."""
    if score is None:
        return None
    enough = score >= settings.gold_score and len(assessed) > 1
    return "gold" if enough else "silver" if score >= settings.silver_score else "bronze"


def verdict(settings: QualitySettings, name: str, score: float | None, assessed: Collection[str], created: bool) -> str:
    """What a score says of a load, and what comes next. It proposes and moves nothing: silver is made by named steps, gold by a person's
    word (or a pipeline)."""
    if score is None:
        return ""
    # Rounded down: what is not enough never looks as if it were.
    shown = f"{int(score * 1000) / 1000:.3f}"
    if not created:
        return f"The rows that came score {shown}. The whole dataset is assessed when it is asked for: `workbench quality {name}`."
    zone, _, table = name.partition(".")
    worth = proposed_zone(settings, score, assessed)
    gold = _gold_takes(settings, name, score, assessed)
    if zone != "bronze":
        if worth == "gold":
            return f"Scores {shown}: a candidate for gold. A person promotes it: `workbench promote {name}`."
        return f"Scores {shown}. {gold}"
    steps = f"`workbench recipe apply {name}`"
    if worth == "gold":
        promoted = f"a person then promotes it: `workbench promote silver.{table}`"
        return f"Scores {shown}: a candidate for gold. Make the silver table first, by named steps: {steps}; {promoted}."
    if worth == "silver":
        return f"Scores {shown}: good enough for silver, which named steps make: {steps}. {gold}"
    mended = f"`workbench recipe propose {name}` what can be mended"
    least = f"silver takes {settings.silver_score:g} or more"
    return f"Scores {shown}: it stays in bronze; {least}. `workbench quality {name}` says what is missing, {mended}."


def _gold_takes(settings: QualitySettings, name: str, score: float, assessed: Collection[str]) -> str:
    if score < settings.gold_score:
        return f"Gold takes {settings.gold_score:g} or more: `workbench quality {name}` says what is missing."
    only = " and ".join(assessed)
    return f"That is its {only} alone; gold takes more than one dimension: `workbench quality {name}` says what the others lack."


def remarks(name: str, assessment: Assessment) -> Iterator[str]:
    """What is told of rows that were let through: expectations that they do not hold, and what is unusual for the dataset. Reports are kept
    with runs, where no values are: neither what was expected is said, nor what came."""
    failed = [each.expectation for each in assessment.expectations if each.passed is not True]
    if failed:
        about = [f"{each.kind} of {', '.join(each.columns or (each.column or 'all rows',))}" for each in failed]
        holds = "An expectation does" if len(failed) == 1 else f"{len(failed):,} expectations do"
        yield f"{holds} not hold of these rows: {_few(about)}. `workbench quality {name}` says how the dataset stands."
    unusual = [words.removeprefix(UNUSUAL).rpartition(": ")[0] for words in assessment.warnings if words.startswith(UNUSUAL)]
    if unusual:
        yield f"Unusual for {name}: {_few(unusual)}. `workbench quality {name}` says what was to be expected."


def _few(words: Sequence[str]) -> str:
    return "; ".join(words[:_SHOWN]) + (f"; and {len(words) - _SHOWN:,} more" if len(words) > _SHOWN else "")


def unlooked(name: str, why: str) -> str:
    """What is said where columns that come were not looked at for personal data."""
    return f"Its columns were not looked at for personal data, which `workbench compliance scan {name}` does: {why}"


class _Personal:
    """Looks at some columns for personal data, in the rows that their profile has looked at."""

    def __init__(self, name: str, columns: Collection[str]) -> None:
        self._name, self._columns = name, columns
        self.judged = Judged()

    def __call__(self, source: Source, some: Sample) -> None:
        if not self._columns:
            return
        from workbench.quality.personal.looking import found_in
        from workbench.quality.personal.sampling import of_profile

        try:
            self.judged = Judged(personal=tuple(found_in(of_profile(source, some, self._columns), self._name)))
        except Cancelled:
            raise
        except WorkbenchError as error:
            self.judged = Judged(warnings=(unlooked(self._name, error.message),))


class _nothing:  # noqa: N801 - used as a function
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def _scan(schema: Schema, paths: Sequence[str | Path]) -> FileScan | None:
    """What the engine reads; None where it must not, or there is too much to look at."""
    return scan_of(schema, tuple(map(str, paths)), "profile", "rows", new_id()) if len(schema.fields) <= _WIDEST else None


def _joined(new: FileScan, there: Scan, kept: Sequence[str], gone: Collection[str]) -> FileScan | None:
    """The dataset as it will be: its files and the new ones, under the new columns."""
    if not isinstance(there, FileScan):
        return None
    here = [file for file in there.files if file not in gone]
    return FileScan("profile", "whole", new.columns, (*here, *kept, *new.files), new_id())
