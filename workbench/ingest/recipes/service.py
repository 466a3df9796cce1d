"""Bronze becomes silver by a recipe, silver becomes gold by a person's word. The source is never touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.errors import Conflict, InvalidInput, NotFound
from workbench.core.names import split_name
from workbench.core.principals import Principal, local_principal
from workbench.core.refs import DatasetRef
from workbench.ingest.recipes.apply import Application, Applier
from workbench.ingest.recipes.carry import Carrier
from workbench.ingest.recipes.gate import check_held, check_person, check_score
from workbench.ingest.recipes.history import earlier
from workbench.ingest.recipes.kept import Applied, KeptRecipes, applied
from workbench.ingest.recipes.records import Recipe, RecipePreview, RecipeReport
from workbench.writes.rebuild import Rebuild, Rebuilder

if TYPE_CHECKING:
    from workbench.catalog.records import TableData
    from workbench.catalog.service import CatalogService
    from workbench.core.config import Settings
    from workbench.engines.duckdb import Engine
    from workbench.lake import Lake, ReadPlan
    from workbench.quality.service import QualityService
    from workbench.runs.log import RunLog
    from workbench.writes import Writer

__all__ = ["RecipeService", "target_of"]

_LOCK_SECONDS = 3600  # of two that refine into the same dataset one waits for the other


class RecipeService:
    """Proposes, tries and applies recipes. Thread-safe.

    Parameters
    ----------
    lake, writer, log
        Where the datasets are, who commits, and where runs are recorded.
    catalog, quality
        What finds datasets, and says how good they are.
    engine
        What carries the steps out.
    settings
        The workspace's.
    """

    def __init__(
        self, lake: Lake, writer: Writer, log: RunLog, catalog: CatalogService, quality: QualityService, engine: Engine, settings: Settings
    ) -> None:
        self.kept = KeptRecipes(lake.store)
        self._lake, self._log, self._catalog = lake, log, catalog
        self._quality, self._engine, self._settings = quality, engine, settings
        self._rebuilder = Rebuilder(lake, log, writer.retention)
        self._carrier = Carrier(engine, settings.query.timeout_seconds, settings.lake.target_file_mb)
        self._applier = Applier(lake, log, quality, self.kept, self._carrier, self._rebuilder, settings)

    # ------------------------------------------------------------------------------------------------------- looking

    def propose(self, name: str, principal: Principal | None = None) -> Recipe:
        """What would make a dataset better, by its profile and a look at its values; each step with its evidence.

        Raises
        ------
        DatasetNotFound, SnapshotNotFound, NotFound, InvalidName
            There is no such dataset, or its name fits several.
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or a file cannot be read.
        """
        from workbench.ingest.recipes.propose import Proposer

        profile = self._quality.profile(name, principal)
        with self._lake.reading(self._catalog.resolve(name)) as plan:
            proposer = Proposer(self._engine, self._carrier, self._settings.query.timeout_seconds)
            expected = self._quality.kept.expectations(plan.ref.table_uuid)
            return proposer.propose(plan, profile, expected).model_copy(update={"source": plan.ref.name})

    def preview(self, name: str, recipe: Recipe, target: str | None = None, limit: int = 50) -> RecipePreview:
        """Try a recipe on the dataset's rows, or on a sample of many; nothing is written.

        Raises
        ------
        DatasetNotFound, ColumnNotFound, InvalidInput, ...
            The dataset is not there, or a step cannot be carried out; which one is said.
        """
        with self._lake.reading(self._catalog.resolve(name)) as plan:
            return self._carrier.preview(plan, recipe, target_of(split_name(plan.ref.name), target), limit)

    def get(self, target: str) -> Recipe:
        """The recipe whose rows a dataset holds; where somebody else wrote to it since, the newest it has had.

        Raises
        ------
        NotFound
            No recipe made it.
        """
        name, standing, versions = self._standing(target)
        wanted = standing.version if standing is not None else max((recipe.version or 0 for _, recipe in versions), default=0)
        for source_uuid, recipe in versions:
            if recipe.version == wanted:
                return recipe.model_copy(update={"target": name, "source": self._name_of(source_uuid, recipe.source)})
        raise NotFound(f"{name} was made by no recipe.", fix="`workbench recipe apply NAME` makes a dataset of another.")

    def removed(self, target: str, step: int | None = None, limit: int = 100, check: Callable[[ReadPlan], None] | None = None) -> TableData:
        """Rows of the source that the dataset's recipe took out, with the number of the step that did (counted from 1). ``check`` is shown
        the state of the source that they are read from, and raises where they are not for who asks.

        Raises
        ------
        NotFound, SnapshotNotFound
            No recipe made it, or the source's snapshot has expired.
        """
        name, standing, versions = self._standing(target)
        recipe = next((recipe for _, recipe in versions if standing is not None and recipe.version == standing.version), None)
        if standing is None or recipe is None:
            raise NotFound(f"{name} holds no recipe's rows.", fix="`workbench recipe apply NAME` makes a dataset of another.")
        if step is not None and not 1 <= step <= len(recipe.steps):
            raise NotFound(f"The recipe of {name} has no step {step}.", fix=f"It has {len(recipe.steps)}.")
        ref = DatasetRef(table_uuid=standing.source_uuid, name=recipe.source or name, snapshot_id=standing.source_snapshot)
        with self._lake.reading(ref) as plan:
            if check is not None:
                check(plan)
            return self._carrier.removed(plan, recipe, step, limit)

    # ------------------------------------------------------------------------------------------------------- changing

    def apply(
        self, name: str, recipe: Recipe, target: str | None = None, force: bool = False, principal: Principal | None = None
    ) -> RecipeReport:
        """Make a dataset of another by a recipe, in one commit. The source stays as it is.

        Applied again, it writes nothing where the target holds this recipe's rows of the same snapshot; the new rows only, where the
        source has only been appended to and no step looks at more than one row; else all rows anew.

        Parameters
        ----------
        target
            ``silver.orders``; the source's name in silver by default.
        force
            Over rows that no recipe of this source made; and an administrator past the target's gates (and for gold its score).

        Raises
        ------
        DatasetNotFound, ColumnNotFound, InvalidInput, InvalidName, ...
            The source is not there, the target's name is not possible, or a step cannot be carried out; which one is said.
        Conflict
            A gate holds the rows back, the score is too low for gold, or the target holds rows that no recipe of this source made.
        CommitConflict
            Somebody else wrote to the target meanwhile. In each case nothing was written.
        """
        return self._make("refine", name, recipe, target, force, principal or local_principal())

    def promote(self, name: str, target: str | None = None, force: bool = False, principal: Principal | None = None) -> RecipeReport:
        """Silver becomes gold: a person's word, which the run records.

        Raises
        ------
        Forbidden
            A service or a pipeline's step asks.
        InvalidInput
            The dataset is not silver.
        Conflict
            A gate does not hold, or the score is too low; it says why. Nothing was written.
        """
        who = principal or local_principal()
        check_person(who)
        ref = self._catalog.resolve(name)
        zone, table = split_name(ref.name)
        if zone != "silver":
            raise InvalidInput(f"{ref.name} is {zone}; only silver is promoted.", fix="Refine it first: `workbench recipe apply NAME`.")
        wanted = target or f"gold.{table}"
        if split_name(wanted)[0] != "gold":
            raise InvalidInput(f"{wanted} is not gold.", fix=f"Promote to gold.{table}.")
        if not (force and who.is_admin):
            current = self._quality.current(str(ref), who)
            check_held(ref.name, current)
            check_score(ref.name, current, self._settings.quality.gold_score)
        return self._make("promote", name, Recipe(), wanted, force, who)

    def undo(self, target: str, principal: Principal | None = None) -> RecipeReport:
        """Take the last application back: the dataset has the rows, the columns and the recipe that it had before.

        Raises
        ------
        NotFound
            It holds no recipe's rows, or nothing came before them.
        """
        who = principal or local_principal()
        name, standing, versions = self._standing(target)
        if standing is None:
            raise NotFound(f"{name} holds no recipe's rows.", fix="`workbench datasets rollback` goes back to any snapshot.")
        with self._lake.store.lock(f"recipe:{name}", timeout=_LOCK_SECONDS):
            before = earlier(self._lake.table(name).metadata, standing.snapshot_id)
            if before is None:
                raise NotFound(
                    f"Nothing is left of what {name} held before.", fix="`workbench datasets drop` removes it; it can be brought back."
                )
            with self._log.run("recipe", f"undo {name}", who, params={"target": name, "snapshot_id": before}) as run:
                done = self._rebuilder.restore(name, before, Rebuild(f"undo:{name}:{run.id}", who, run.context()))
        _, now_there, _ = self._standing(name)
        version = now_there.version if now_there is not None else 0
        return RecipeReport(
            run_id=done.run_id or "",
            source=self._name_of(standing.source_uuid, next((r.source for u, r in versions if u == standing.source_uuid), None)) or "",
            source_snapshot_id=now_there.source_snapshot if now_there is not None else None,
            target=name,
            snapshot_id=before,
            version=version,
            mode="rollback",
            total=self._lake.info(name).rows,
            by=who.name,
        )

    # --------------------------------------------------------------------------------------------------------- inside

    def _make(self, verb: str, name: str, recipe: Recipe, target: str | None, force: bool, who: Principal) -> RecipeReport:
        ref = self._catalog.resolve(name)
        wanted = target_of(split_name(ref.name), target)
        with self._lake.store.lock(f"recipe:{wanted}", timeout=_LOCK_SECONDS), self._lake.reading(ref) as plan:
            there = self._lake.exists(wanted)
            metadata = self._lake.table(wanted).metadata if there else None
            standing = applied(metadata) if metadata is not None else None
            if there and not force:
                _check_own(wanted, plan.ref, standing)
            version = self._version(wanted, plan.ref, recipe) if there else 1
            if standing is not None and _same(standing, plan.ref, recipe):
                return self._unchanged(plan, recipe, wanted, standing)
            base = metadata.current_snapshot_id if metadata is not None else None
            return self._applier.apply(Application(verb, plan, recipe, wanted, version, force, who, base), there, standing)

    def _version(self, target: str, source: DatasetRef, recipe: Recipe) -> int:
        """The number of this recipe among those of the dataset: the one it has had before, or a new one."""
        versions = self.kept.versions(str(self._lake.table(target).metadata.table_uuid))
        for source_uuid, known in versions:
            if source_uuid == source.table_uuid and known.fingerprint == recipe.fingerprint and known.version is not None:
                return known.version
        return max((known.version or 0 for _, known in versions), default=0) + 1

    def _unchanged(self, plan: ReadPlan, recipe: Recipe, target: str, standing: Applied) -> RecipeReport:
        run = self._log.get(standing.run_id)
        return RecipeReport(
            run_id=standing.run_id,
            source=plan.ref.name,
            source_snapshot_id=standing.source_snapshot,
            target=target,
            snapshot_id=standing.snapshot_id,
            version=standing.version,
            mode="unchanged",
            rows_in=int(run.metrics.get("rows_in", 0)),
            rows=int(run.metrics.get("rows", 0)),
            removed=int(run.metrics.get("removed", 0)),
            total=standing.rows,
            by=run.principal,
        )

    def _standing(self, target: str) -> tuple[str, Applied | None, tuple[tuple[str, Recipe], ...]]:
        ref = self._catalog.resolve(target)
        return ref.name, applied(self._lake.table(ref.name).metadata), self.kept.versions(ref.table_uuid)

    def _name_of(self, table_uuid: str, said: str | None) -> str | None:
        """What a source is called by now."""
        info = next((info for info in self._catalog.tables.all() if info.table_uuid == table_uuid), None)
        return info.name if info is not None else said


def target_of(named: tuple[str, str], target: str | None) -> str:
    """The dataset that a recipe makes of another, whose namespace and name are given.

    Raises
    ------
    InvalidInput, InvalidName
        Recipes make no such dataset, or not of that one.
    """
    zone, table = named
    source = f"{zone}.{table}"
    if target is None and zone != "bronze":
        raise InvalidInput(f"{source} is {zone} already; where shall its rows go?", fix="Name the target, for example 'silver.clean'.")
    wanted = target or f"silver.{table}"
    if "." not in wanted:
        wanted = f"silver.{wanted}"
    if split_name(wanted)[0] not in ("silver", "gold"):
        raise InvalidInput(f"{wanted} is no place for refined rows.", fix="Name a dataset of silver or gold; bronze is as it came.")
    if zone == "bronze" and wanted.startswith("gold."):
        steps = f"Make silver of it by named steps (`workbench recipe apply {source}`)"
        raise InvalidInput(
            f"{source} is bronze; gold is not made of it directly.", fix=f"{steps}, then promote that (`workbench promote silver.{table}`)."
        )
    if wanted == source:
        raise InvalidInput(f"{source} cannot be made of itself.", fix="Name another target.")
    return wanted


def _same(standing: Applied, source: DatasetRef, recipe: Recipe) -> bool:
    there = (standing.source_uuid, standing.source_snapshot, standing.fingerprint)
    return standing.as_made and there == (source.table_uuid, source.snapshot_id, recipe.fingerprint)


def _check_own(target: str, source: DatasetRef, standing: Applied | None) -> None:
    if standing is None or standing.source_uuid != source.table_uuid:
        who = "another dataset's recipe" if standing is not None else "no recipe"
        raise Conflict(
            f"{target} holds rows that {who} made.",
            fix=f"Nothing was written. Name another target, or put the rows of {source.name} in their place with `force=True`.",
        )
