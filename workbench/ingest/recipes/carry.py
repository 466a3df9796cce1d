"""A recipe carried out by the engine: rows to files, counts to who asked; and tried on a few rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from workbench.catalog.encode import table_data
from workbench.core.errors import InvalidInput
from workbench.core.ids import new_id
from workbench.engines.duckdb import EngineError, Transform, in_words
from workbench.ingest.recipes.chain import Chain, chain_of
from workbench.ingest.recipes.records import Recipe, RecipePreview, StepEffect
from workbench.ingest.recipes.transforms import name_of

if TYPE_CHECKING:
    from workbench.catalog.records import TableData
    from workbench.engines.duckdb import Engine
    from workbench.lake import ReadPlan
    from workbench.writes.rows import ParquetFiles, Rows

__all__ = ["SAMPLE_ROWS", "Carried", "Carrier"]

T = TypeVar("T")
_ORDERED_BYTES = 2 << 30  # above it several threads write files of their own, and rows of different parts of the source mix
SAMPLE_ROWS = 50_000
_MOST_SHOWN = 1_000
# What is wrong with the values or the step, and not with the machine.
_OF_THE_STEP = frozenset(
    {"Conversion", "Invalid Input", "Out of Range", "Binder", "Parser", "Catalog", "Invalid", "Mismatch Type", "Syntax"}
)


@dataclass(frozen=True)
class Carried:
    """The files that hold the rows that stay, and what each step did."""

    chain: Chain
    files: tuple[Path, ...]
    rows_in: int
    rows_out: int
    effects: tuple[StepEffect, ...]

    def rows(self) -> Rows | ParquetFiles:
        """The rows on their way to the lake."""
        from workbench.writes.rows import ParquetFiles, Rows

        schema = self.chain.schema()
        if not self.rows_out:
            return Rows(schema.empty_table())
        if any(pa.types.is_nested(kind) for kind in schema.types):
            # The fields inside nested columns have ids, too, which these files do not say.
            return Rows(_read(self.files, schema))
        return ParquetFiles(schema, self.files)


class Carrier:
    """Carries recipes out.

    Parameters
    ----------
    engine
        What runs the statements.
    seconds
        Time limit of what a person waits for with the screen before them; applying has none.
    file_mb
        Size of a data file.
    """

    def __init__(self, engine: Engine, seconds: float, file_mb: int) -> None:
        self._engine, self._seconds, self._file_mb = engine, seconds, file_mb

    def carry_out(self, plan: ReadPlan, recipe: Recipe, folder: Path, field_ids: dict[str, int], run_id: str) -> Carried:
        """Write the rows that the recipe makes of a plan's into ``folder``, which must not exist.

        Raises
        ------
        InvalidInput
            A step cannot be carried out on these rows, or one found what it shall fail at.
        TooLarge, Cancelled, StorageUnavailable
            It took too much memory, somebody stopped it, or a file cannot be read or written.
        """
        chain = chain_of(plan, recipe)
        large = plan.bytes > _ORDERED_BYTES
        target = folder if large else folder / "rows.parquet"
        copy = chain.copy_sql(str(target), field_ids, self._file_mb if large else None)
        transform = Transform((chain.scan,), (*chain.statements, copy), chain.counts_sql(), str(folder))
        counts = self._counted(plan, recipe, lambda: self._engine.transform(run_id, transform))
        effects = chain.effects(counts)
        _check_fails(chain, effects)
        return Carried(chain, tuple(sorted(folder.iterdir())), counts["rows_in"], counts["rows_out"], effects)

    def count(self, plan: ReadPlan, recipe: Recipe, sample: float | None = None) -> tuple[int, tuple[StepEffect, ...]]:
        """How many rows there are and what each step would do. Raises as :meth:`carry_out` does, but for what a step fails at."""
        chain = chain_of(plan, recipe, sample=sample)
        transform = Transform((chain.scan,), chain.statements, chain.counts_sql())
        counts = self._counted(plan, recipe, lambda: self._engine.transform(new_id(), transform, timeout=self._seconds))
        return counts["rows_in"], chain.effects(counts)

    def preview(self, plan: ReadPlan, recipe: Recipe, target: str, limit: int) -> RecipePreview:
        """Try a recipe on a sample. Raises as :meth:`count` does."""
        share = SAMPLE_ROWS / plan.rows if plan.rows > SAMPLE_ROWS else None
        rows_in, effects = self.count(plan, recipe, share)
        chain = chain_of(plan, recipe, sample=share)
        shown = self._asked(plan, recipe, Transform((chain.scan,), chain.statements, _shown_sql(chain, limit)))
        removed = sum(effect.removed for effect in effects)
        old, new = len(chain.source), len(chain.columns.all)
        before = shown.select(range(old)).rename_columns([column.name for column in chain.source])
        after = shown.select(range(old, old + new)).rename_columns([column.name for column in chain.columns.all])
        fails = [effect for effect in effects if effect.step in chain.fails and effect.removed]
        return RecipePreview(
            source=plan.ref.name,
            target=target,
            recipe=recipe,
            rows_in=rows_in,
            rows_out=rows_in - removed,
            removed=removed,
            sampled=None if share is None else rows_in,
            effects=effects,
            columns=chain.origins(),
            before=table_data(before),
            after=table_data(after),
            removed_by=tuple(shown.column(old + new).to_pylist()),
            warnings=tuple(f"Step {e.step} ({e.name}) would fail: {e.removed:,} values do not fit." for e in fails),
        )

    def removed(self, plan: ReadPlan, recipe: Recipe, step: int | None, limit: int) -> TableData:
        """Rows of the source that the recipe takes out, with the number of the step that does."""
        chain = chain_of(plan, recipe)
        which = f"= {step}" if step is not None else "IS NOT NULL"
        listed = ", ".join(f"{chain.prefix}o{column.slot}" for column in chain.source)
        sql = f"SELECT {chain.gone}, {listed} FROM ({chain.sql}) WHERE {chain.gone} {which} ORDER BY {chain.prefix}_place LIMIT {limit + 1}"
        rows = self._asked(plan, recipe, Transform((chain.scan,), chain.statements, sql))
        names = [_free("step", [column.name for column in chain.source]), *(column.name for column in chain.source)]
        return table_data(rows.rename_columns(names).slice(0, limit), cut_at=limit if rows.num_rows > limit else None)

    def _asked(self, plan: ReadPlan, recipe: Recipe, transform: Transform) -> pa.Table:
        return self._told(plan, recipe, lambda: self._engine.transform(new_id(), transform, timeout=self._seconds))

    def _counted(self, plan: ReadPlan, recipe: Recipe, ask: Callable[[], pa.Table]) -> dict[str, int]:
        (row,) = self._told(plan, recipe, ask).to_pylist()
        return dict(row)

    def _told(self, plan: ReadPlan, recipe: Recipe, ask: Callable[[], T]) -> T:
        with in_words("Refining", plan.ref.name, self._seconds):
            try:
                return ask()
            except EngineError as error:
                if error.kind not in _OF_THE_STEP:
                    raise
                number = self._culprit(plan, recipe)
                name = name_of(recipe.steps[number - 1])
                fix = "Are its values and its expression right for the column's type? A preview shows the rows."
                raise InvalidInput(f"Step {number} ({name}) cannot be carried out on these rows.", fix=fix, step=number) from error

    def _culprit(self, plan: ReadPlan, recipe: Recipe) -> int:
        for number in range(1, len(recipe.steps)):
            chain = chain_of(plan, Recipe(steps=recipe.steps[:number]))
            try:
                self._engine.transform(new_id(), Transform((chain.scan,), chain.statements, chain.counts_sql()), timeout=self._seconds)
            except EngineError:
                return number
        return len(recipe.steps)


def _check_fails(chain: Chain, effects: tuple[StepEffect, ...]) -> None:
    for effect in effects:
        if effect.step in chain.fails and effect.removed:
            raise InvalidInput(
                f"Step {effect.step} ({effect.name}) found {effect.removed:,} values that do not fit.",
                fix="Nothing was written. Preview shows them; set misfits to 'aside' or 'null', or map them in a step before.",
                step=effect.step,
            )


def _shown_sql(chain: Chain, limit: int) -> str:
    """Rows as they were and as they become; of each fate some, those in which most happens first."""
    old = ", ".join(f"{chain.prefix}o{column.slot}" for column in chain.source)
    new = ", ".join(f"CASE WHEN {chain.gone} IS NULL THEN {chain.columns.inside(column)} END" for column in chain.columns.all)
    happened = " + ".join(f"{chain.prefix}_t{number}" for number in range(1, len(chain.steps) + 1)) or "0"
    rank = f"row_number() OVER (PARTITION BY {chain.gone} ORDER BY {happened} DESC, {chain.prefix}_place)"
    most = min(limit, _MOST_SHOWN)
    return f"SELECT {old}, {new}, {chain.gone}::INTEGER FROM ({chain.sql}) ORDER BY {rank}, {chain.prefix}_place LIMIT {most}"


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name = f"{name}_"
    return name


def _read(files: tuple[Path, ...], schema: pa.Schema) -> pa.RecordBatchReader:
    import pyarrow.parquet as pq

    def batches() -> Any:
        for path in files:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    yield pa.Table.from_batches([batch]).cast(schema).combine_chunks().to_batches()[0]

    return pa.RecordBatchReader.from_batches(schema, batches())
