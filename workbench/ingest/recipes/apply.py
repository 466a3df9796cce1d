"""A recipe applied: the rows made, assessed, and committed with all that is kept about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from workbench.core.clock import now
from workbench.core.principals import Principal
from workbench.core.refs import MAIN, DatasetRef
from workbench.ingest.gate import Gate, Judged
from workbench.ingest.progress import Teller
from workbench.ingest.recipes.carry import Carried, Carrier
from workbench.ingest.recipes.chain import chain_of
from workbench.ingest.recipes.gate import check_score
from workbench.ingest.recipes.history import appended_files
from workbench.ingest.recipes.kept import Applied, KeptRecipes
from workbench.ingest.recipes.records import Recipe, RecipeReport
from workbench.ingest.recipes.scratch import scratch
from workbench.quality.assess import Assessed
from workbench.runs.context import RunContext, current_context
from workbench.runs.records import DatasetIO
from workbench.writes.rebuild import Place, Rebuild, Rebuilder

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.table.metadata import TableMetadata
    from sqlalchemy import Connection

    from workbench.core.config import Settings
    from workbench.lake import Lake, ReadPlan
    from workbench.lake.records import CommitResult
    from workbench.quality.service import QualityService
    from workbench.runs.handle import RunHandle
    from workbench.runs.log import RunLog

__all__ = ["Application", "Applier"]

Mode = Literal["create", "overwrite", "append"]


@dataclass(frozen=True)
class Application:
    """One recipe on its way into one dataset: ``verb`` is what the person calls it, ``version`` the recipe's number there, ``base`` the
    dataset's snapshot that was looked at."""

    verb: str
    plan: ReadPlan
    recipe: Recipe
    target: str
    version: int
    force: bool
    who: Principal
    base: int | None


class Applier:
    """Carries applications out, each as a run of kind ``recipe``."""

    def __init__(
        self,
        lake: Lake,
        log: RunLog,
        quality: QualityService,
        kept: KeptRecipes,
        carrier: Carrier,
        rebuilder: Rebuilder,
        settings: Settings,
    ) -> None:
        self._lake, self._log, self._quality, self._kept = lake, log, quality, kept
        self._carrier, self._rebuilder, self._settings = carrier, rebuilder, settings

    def apply(self, what: Application, there: bool, standing: Applied | None) -> RecipeReport:
        """Make the rows and commit them. ``there``: the target exists; ``standing`` is the recipe whose rows it holds.

        Raises
        ------
        InvalidInput, HeldBack, CommitConflict, ...
            As :meth:`.service.RecipeService.apply`. Nothing was written.
        """
        rows, mode = what.plan, self._mode(what, there, standing)
        if mode == "append":
            assert standing is not None
            rows = replace(rows, files=appended_files(rows, standing, what.recipe) or ())
        active = current_context(self._log)
        params = {"source": rows.ref.name, "target": what.target, "version": what.version, "mode": mode, "force": what.force}
        params |= {"steps": [step.kind for step in what.recipe.steps]}
        run_of = self._log.run("recipe", f"{what.verb} {what.target}", what.who, params=params, parent_id=active.run_id if active else None)
        with run_of as run, scratch(self._settings) as folder:
            names = chain_of(rows, what.recipe).schema()
            place = self._rebuilder.place(what.target, names, self._dropped(what, names.names) if there else ())
            done = self._carrier.carry_out(rows, what.recipe, folder / "rows", place.field_ids, run.id)
            _measure(run, done)
            return self._write(what, run, place, done, mode, active)

    @staticmethod
    def _mode(what: Application, there: bool, standing: Applied | None) -> Mode:
        if not there:
            return "create"
        if standing is None or not standing.as_made or what.recipe.needs_the_whole:
            return "overwrite"
        return "overwrite" if appended_files(what.plan, standing, what.recipe) is None else "append"

    def _dropped(self, what: Application, names: list[str]) -> tuple[str, ...]:
        """Columns that an earlier version of the recipe made, and this one does not."""
        table_uuid = str(self._lake.table(what.target).metadata.table_uuid)
        made = {column for _, recipe in self._kept.versions(table_uuid) for column in recipe.makes}
        return tuple(sorted(made - set(names)))

    def _write(self, what: Application, run: RunHandle, place: Place, done: Carried, mode: Mode, active: RunContext | None) -> RecipeReport:
        judged = noted = Judged()

        def check(files: tuple[DataFile, ...], metadata: TableMetadata) -> None:
            nonlocal judged
            settings, admin = self._settings.quality, what.who.is_admin
            gate = Gate(self._quality, self._lake, settings, what.target, what.plan.ref.name, what.force, run.id, Teller(), admin)
            judged = gate.look(metadata.schema(), [file.file_path for file in files], mode == "append")
            if what.target.startswith("gold.") and not (what.force and admin) and judged.assessed is not None:
                check_score(what.target, judged.assessed.assessment, settings.gold_score)

        ref = what.plan.ref
        facts = {"version": what.version, "source": ref.name, "run_id": run.id, "makes": tuple(done.chain.schema().names)}
        recipe = what.recipe.model_copy(update=facts)

        def note(conn: Connection, result: CommitResult) -> None:
            nonlocal noted
            self._kept.keep(conn, result.tables[-1].table_uuid, ref.table_uuid, recipe, what.who.name, now())
            noted = self._remember(judged, result, mode)

        key = Applied.key(ref.table_uuid, ref.snapshot_id, what.recipe.fingerprint, what.version, run.id)
        context = run.context(active.notebook, active.cell) if active else run.context()
        about = Rebuild(key, what.who, context, what.base, (_input(what.plan, done),), check, note)
        result = self._rebuilder.write(what.target, place, done.rows(), mode, about)
        return self._report(what, run.id, done, mode, result, noted)

    def _remember(self, judged: Judged, result: CommitResult, mode: Mode) -> Judged:
        """Put the assessment into the dataset's history; one of new rows alone says nothing of all of them."""
        commit = result.tables[-1]
        if judged.assessed is None or commit.snapshot_id is None or mode == "append":
            return judged
        ref = DatasetRef(table_uuid=commit.table_uuid, name=commit.name, branch=MAIN, snapshot_id=commit.snapshot_id)
        profile, found = judged.assessed.profile, judged.assessed.assessment
        kept = Assessed(profile.model_copy(update={"ref": ref}), found.model_copy(update={"ref": ref}))
        return replace(judged, assessed=replace(kept, assessment=self._quality.remember(commit.table_uuid, kept)))

    def _report(self, what: Application, run_id: str, done: Carried, mode: Mode, result: CommitResult, judged: Judged) -> RecipeReport:
        found = judged.assessed.assessment if judged.assessed is not None else None
        return RecipeReport(
            run_id=run_id,
            source=what.plan.ref.name,
            source_snapshot_id=what.plan.ref.snapshot_id,
            target=what.target,
            snapshot_id=result.tables[-1].snapshot_id,
            version=what.version,
            mode=mode,
            rows_in=done.rows_in,
            rows=done.rows_out,
            removed=done.rows_in - done.rows_out,
            total=self._lake.info(what.target).rows,
            effects=done.effects,
            columns=done.chain.origins(),
            quality=found.score if found is not None else None,
            dimensions=found.dimensions if found is not None else (),
            by=what.who.name,
            warnings=(*judged.warnings, *(found.warnings if found is not None else ())),
        )


def _input(plan: ReadPlan, done: Carried) -> DatasetIO:
    """The source, with those of its columns that a column of the result comes from."""
    used = {name for origin in done.chain.origins() for name in origin.sources}
    return DatasetIO(
        kind="table",
        id=plan.ref.table_uuid,
        name=plan.ref.name,
        branch=plan.ref.branch,
        snapshot_id=plan.ref.snapshot_id,
        columns=tuple(column.name for column in plan.columns if column.name in used),
        rows=done.rows_in,
        fields=plan.renamed,
    )


def _measure(run: RunHandle, done: Carried) -> None:
    """What each step did, as the run's figures; and which column comes from which, by name, through which steps."""
    figures = {"rows_in": done.rows_in, "rows": done.rows_out, "removed": done.rows_in - done.rows_out}
    for effect in done.effects:
        figures |= {f"step {effect.step} {word}": count for word in ("changed", "nulled", "removed") if (count := getattr(effect, word))}
    for name, value in figures.items():
        run.metric(name, value)
    origins = done.chain.origins()
    steps = {origin.column: list(origin.steps) for origin in origins if origin.steps}
    run.attributes(columns={origin.column: list(origin.sources) for origin in origins}, transforms=steps)
