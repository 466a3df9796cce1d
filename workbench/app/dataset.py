"""A dataset at hand: every verb about it, without repeating its name."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from workbench.core import html
from workbench.core.errors import InvalidInput
from workbench.core.refs import MAIN, DatasetRef, snapshot_number

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.app.protocol import Duplicates, WriteMode
    from workbench.app.workspace import Workspace
    from workbench.catalog.records import Column, Dataset, TableData
    from workbench.ingest.recipes.records import Recipe, RecipeReport
    from workbench.lake.records import ColumnChange, Maintenance, Ref, Snapshot
    from workbench.lineage.records import Direction, LineageGraph
    from workbench.quality.records import Assessment, Expectation, ExpectationKind, Profile

__all__ = ["DatasetHandle"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}[\d :.TZ+-]*$")


class DatasetHandle:
    """What ``ws.dataset("silver.flights")`` returns. Nothing is looked up until it is asked for.

    ``.at(snapshot)`` and ``.branch(name)`` give a handle on another state of the same dataset; a handle on a snapshot
    is read-only.
    """

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._ws = workspace
        self.name, self._branch, self._snapshot = DatasetRef.split(name)

    @property
    def ref(self) -> str:
        """The name with branch and snapshot, as verbs take it."""
        branch = "" if self._branch == MAIN else f"#{self._branch}"
        return f"{self.name}{branch}" if self._snapshot is None else f"{self.name}{branch}@{self._snapshot}"

    # -- looking

    @property
    def info(self) -> Dataset:
        """The dataset in full, as it is now."""
        return self._ws.catalog.get(self.ref)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Its columns with types and field ids."""
        return self.info.columns

    @property
    def schema(self) -> pa.Schema:
        """Its Arrow schema."""
        return self.read(limit=0).schema

    def read(self, columns: builtins.list[str] | tuple[str, ...] | None = None, limit: int | None = None) -> pa.Table:
        """The rows as an Arrow table."""
        return self._ws.datasets.read(self.ref, columns=None if columns is None else tuple(columns), limit=limit)

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return self.read()

    def polars(self, columns: builtins.list[str] | tuple[str, ...] | None = None) -> Any:
        """The rows as a polars frame."""
        from workbench.app.frames import to_polars

        return to_polars(self.read(columns))

    def pandas(self, columns: builtins.list[str] | tuple[str, ...] | None = None) -> Any:
        """The rows as a pandas frame."""
        from workbench.app.frames import to_pandas

        return to_pandas(self.read(columns))

    def sample(self, limit: int = 50) -> TableData:
        """The first rows, for a look."""
        return self._ws.datasets.sample(self.ref, limit)

    def history(self) -> tuple[Snapshot, ...]:
        """Its snapshots, newest first."""
        return self._ws.datasets.snapshots(self.name if self._branch == MAIN else f"{self.name}#{self._branch}")

    def refs(self) -> tuple[Ref, ...]:
        """Its branches and tags."""
        return self._ws.datasets.refs(self.name)

    def lineage(self, direction: Direction = "both", depth: int = 10) -> LineageGraph:
        """What it was made from and what was made from it."""
        graph: LineageGraph = self._ws.lineage.graph(self.name, direction, depth)
        return graph

    # -- how good it is

    def profile(self) -> Profile:
        """Each column's figures, distribution, patterns and meaning."""
        return self._ws.quality.profile(self.ref)

    def quality(self) -> Assessment:
        """How good it is now: the eight dimensions and the expectations."""
        return self._ws.quality.current(self.ref)

    def expect(self, kind: ExpectationKind | Mapping[str, Any], column: str | None = None, **more: Any) -> Expectation:
        """Expect something of it from now on: ``.expect("not_null", "id")``, ``.expect("in_range", "delay", low=-60, severity="gate")``;
        or all of it as in YAML: ``.expect({"kind": "not_null", "column": "id"})``.

        Raises
        ------
        InvalidInput
            It is not said right, or cannot be checked.
        """
        from workbench.quality.expectations import made

        facts = dict(kind) if isinstance(kind, Mapping) else {"kind": kind}
        said = facts | ({"column": column} if column is not None else {}) | more
        return self._ws.quality.expect(self.name, made(said))

    # -- zones

    def recipe(self, target: str | None = None) -> Recipe:
        """The steps that refine it: those of the dataset that was made of it before (``silver.<table>``, or ``target``), else those
        that are proposed."""
        from workbench.core.errors import NotFound

        name = self.info.name
        wanted = target or f"silver.{name.partition('.')[2]}"
        try:
            found = self._ws.recipes.get(wanted)
        except NotFound:
            return self._ws.recipes.propose(name)
        return found if found.source == name else self._ws.recipes.propose(name)

    def refine(self, recipe: Recipe | None = None, target: str | None = None, force: bool = False) -> RecipeReport:
        """Make silver of it, in one commit; this dataset stays as it is. Without a recipe, by :meth:`recipe`."""
        return self._ws.recipes.apply(self.ref, recipe if recipe is not None else self.recipe(target), target, force)

    def promote(self, target: str | None = None, force: bool = False) -> RecipeReport:
        """Make gold of it, in your name.

        Raises
        ------
        HeldBack
            A gate does not hold, or its score is too low.
        """
        return self._ws.recipes.promote(self.ref, target, force)

    # -- other states

    def at(self, snapshot: int | str | Snapshot) -> DatasetHandle:
        """A handle on one snapshot: an id, a :class:`Snapshot`, or the name of a tag or branch.

        Raises
        ------
        SnapshotNotFound
            No ref has that name.
        """
        return DatasetHandle(self._ws, f"{self.name}@{self._number(snapshot)}")

    def _number(self, snapshot: int | str | Snapshot) -> int:
        if isinstance(snapshot, str):
            return number if (number := snapshot_number(snapshot)) is not None else self._of_ref(snapshot)
        if isinstance(snapshot, date):
            raise InvalidInput(f"A handle is of a snapshot, a tag or a branch, not of {snapshot}.", fix=self._of_a_moment(str(snapshot)))
        return snapshot if isinstance(snapshot, int) else snapshot.id

    def _of_a_moment(self, moment: str) -> str:
        return f"SQL reads it as it was at a moment: SELECT * FROM {self.name} FOR TIMESTAMP AS OF '{moment}'."  # noqa: S608 - shown

    def _of_ref(self, name: str) -> int:
        from workbench.core.errors import SnapshotNotFound

        known = {ref.name: ref.snapshot_id for ref in self.refs()}
        if name not in known:
            there = f"There are: {', '.join(known) or 'none'}."
            fix = f"{there} {self._of_a_moment(name)}" if _DAY.match(name) else there
            raise SnapshotNotFound(f"{self.name} has no branch or tag {name!r}.", fix=fix)
        return known[name]

    def branch(self, name: str, create: bool = False) -> DatasetHandle:
        """A handle on a branch; ``create`` makes it from this handle's state first."""
        if create:
            self._ws.datasets.create_branch(self.ref, name, self._snapshot)
        return DatasetHandle(self._ws, f"{self.name}#{name}")

    def tag(self, name: str) -> Ref:
        """Name this handle's snapshot (the head of main by default), which is then kept."""
        snapshot = self._snapshot if self._branch == MAIN else self._of_ref(self._branch)
        return self._ws.datasets.create_tag(self.name, name, snapshot)

    # -- changing

    def write(
        self, data: Any, mode: WriteMode = "append", key: str | None = None, keys: Sequence[str] = (), duplicates: Duplicates = "error"
    ) -> Snapshot:
        """Write an Arrow table, a pandas or polars frame, a mapping of columns or a list of rows, in one commit.

        ``mode="upsert", keys=["id"]`` replaces rows by key and adds the others; ``duplicates="last"`` takes the last of several new rows
        with the same key, which are refused otherwise.
        """
        from workbench.app.frames import to_arrow

        if self._snapshot is not None:
            raise InvalidInput(f"{self.ref} is a snapshot and cannot be written.", fix="Write to the dataset or to a branch.")
        return self._ws.datasets.write(self.name, to_arrow(data), mode, self._branch, key, tuple(keys), duplicates)

    def publish(self) -> Snapshot:
        """Fast-forward main to this branch."""
        if self._branch == MAIN:
            raise InvalidInput(f"{self.name} is on main already.", fix=f"Write: ws.dataset({self.name!r}).branch('name').publish()")
        return self._ws.datasets.publish((self.name,), self._branch)[0]

    def rollback(self, snapshot: int | str | Snapshot) -> Snapshot:
        """Make an earlier snapshot (said as to :meth:`at`) the current one, with the columns of that time; nothing is deleted."""
        return self._ws.datasets.rollback(self.ref, self._number(snapshot))

    def describe(self, description: str | None = None, owner: str | None = None, column: str | None = None) -> Dataset:
        """Set the description (Markdown) or the owner; with ``column``, the description of that column."""
        return self._ws.catalog.describe(self.name, description, owner, column)

    def alter(self, *changes: ColumnChange) -> Dataset:
        """Evolve the schema in one commit."""
        return self._ws.datasets.alter(self.ref, changes)

    def rename(self, new_name: str) -> DatasetHandle:
        """Give it another name; returns the handle with that name."""
        return DatasetHandle(self._ws, self._ws.datasets.rename(self.ref, new_name).name)

    def delete_ref(self, name: str) -> tuple[Ref, ...]:
        """Remove a branch or tag; returns those left."""
        return self._ws.datasets.delete_ref(self.name, name)

    def drop(self) -> None:
        """Drop it; ``.undrop()`` brings it back."""
        self._ws.datasets.drop(self.ref)

    def undrop(self) -> Dataset:
        """Bring it back after a drop."""
        return self._ws.datasets.undrop(self.name)

    def compact(self) -> Maintenance:
        """Rewrite small files into larger ones."""
        return self._ws.datasets.compact(self.ref)

    def expire(self, older_than_days: float | None = None) -> Maintenance:
        """Forget old snapshots and delete the files only they knew."""
        return self._ws.datasets.expire(self.ref, older_than_days)

    def __repr__(self) -> str:
        return f"<dataset {self.ref}>"

    def _repr_html_(self) -> str:
        info, sample = self.info, self.sample(10)
        facts = [str(self.ref), *(f"{rows:,} rows" for rows in (info.rows,) if rows is not None), f"{len(info.columns)} columns"]
        return html.note(" · ".join(facts)) + html.table(sample.columns, sample.rows)
