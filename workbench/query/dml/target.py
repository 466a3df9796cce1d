"""What a statement writes to, and whether its author may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import AlreadyExists, Forbidden, InvalidInput, InvalidName, InvalidSQL, nearest
from workbench.core.names import check_new
from workbench.core.principals import Principal
from workbench.core.refs import MAIN, DatasetRef
from workbench.query.decide import resolve
from workbench.query.masked import masked_into, through
from workbench.query.text import place
from workbench.writes.edit import statement_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.engines.scans import Shape
    from workbench.governance.access import AccessService
    from workbench.lake import ReadPlan
    from workbench.lake.plan import PlanColumn
    from workbench.query.dml.lineage import Origins
    from workbench.query.dml.records import Named
    from workbench.query.relations import Planned
    from workbench.query.views import ViewStore

__all__ = [
    "Target",
    "check_no_view",
    "check_over",
    "check_whole",
    "check_write",
    "new_target",
    "no_column",
    "seen_columns",
    "taken",
    "target_of",
]


@dataclass(frozen=True)
class Target:
    """A dataset, there or to be, and its branch."""

    dataset: str
    branch: str = MAIN

    @property
    def ref(self) -> str:
        """What names its state: the dataset, with its branch where that is not main."""
        return self.dataset if self.branch == MAIN else f"{self.dataset}#{self.branch}"

    def key(self, key: str) -> str:
        """The commit key of a statement's attempt at it."""
        return statement_key(self.dataset, self.branch, key)


def target_of(named: Named, text: str, names: tuple[str, ...], access: AccessService, who: Principal) -> Target:
    """The dataset that is named, which the principal may write to. To who sees nothing of it there is none.

    Raises
    ------
    DatasetNotFound, InvalidSQL, Forbidden
    """
    line, column = place(text, named.start)
    written = ".".join(named.parts)
    try:
        name, branch, snapshot = DatasetRef.split(written)
    except InvalidName:
        raise InvalidSQL(f"{written!r} is not the name of a dataset.", fix="Write silver.flights.", line=line, column=column) from None
    if snapshot is not None:
        raise InvalidSQL("An earlier state is not written to.", fix="Write to the dataset, or to a branch.", line=line, column=column)
    dataset = resolve(name, names, line, column)
    check_write(access, who, dataset)
    return Target(dataset, branch)


def new_target(named: Named, text: str, names: tuple[str, ...], access: AccessService, who: Principal) -> tuple[Target, bool]:
    """The dataset that is to be made, and whether it is there. Whether a name is taken is told to who may write there only.

    Raises
    ------
    InvalidSQL, Forbidden
    """
    line, column = place(text, named.start)
    written = ".".join(named.parts)
    try:
        check_new(written)
    except InvalidName as error:
        fix = error.fix if "." in written else f"Say the namespace, too: silver.{written}."
        raise InvalidSQL(error.message, fix=fix, line=line, column=column) from None
    there = next((name for name in names if name.casefold() == written.casefold()), None)
    check_write(access, who, there or written)
    return Target(there or written), there is not None


def check_write(access: AccessService, who: Principal, name: str) -> None:
    """Raises
    ------
    Forbidden
        The principal may not write to the dataset.
    """
    if not access.may_write(who, name):
        raise Forbidden(
            f"You may not write to {name}.", fix=f"Ask who administers the workspace for a grant: may: [write], what: {name}.", dataset=name
        )


def check_whole(access: AccessService, who: Principal, plan: ReadPlan, verb: str, *, deletes: bool = True, rows: bool = True) -> None:
    """``rows``: the statement is about rows, of which some may be added instead.

    Raises
    ------
    Forbidden
        Something of the dataset is kept from the principal, which the statement would rewrite unseen.
    InvalidInput
        It has rows that another client has marked as deleted, which is a matter where ``deletes`` is.
    """
    if access.shape(who, plan) is not None:
        what = f"{verb} rewrites rows of" if rows else f"{verb} changes"
        raise Forbidden(
            f"{what} {plan.ref.name}, and you see only a part of it: what is masked or kept from you would be lost.",
            fix="Add rows with INSERT, or ask somebody who sees all of it." if rows else "Ask somebody who sees all of it.",
            dataset=plan.ref.name,
        )
    if deletes and plan.has_deletes:
        raise InvalidInput(f"{plan.ref.name} has rows marked as deleted by another Iceberg client.", fix="Compact it there first.")


def check_over(planned: Sequence[Planned], columns: Origins, plan: ReadPlan, verb: str) -> None:
    """Raises
    ------
    Forbidden
        Masks would be written over values that are there. ``columns`` says what those that the statement sets in rows of the ``plan`` are
        made of.
    """
    there = {column.name for column in plan.columns}
    over = {column: made for column, made in columns.items() if column in there}
    if told := next(through(masked_into(planned, over), ()), None):
        raise Forbidden(
            f"{verb} would put masks over values of {plan.ref.name}, which would be lost. {told}",
            fix="Leave these columns out, or ask somebody who sees them; INSERT, and CREATE TABLE under a new name, keep what you see.",
            dataset=plan.ref.name,
        )


def seen_columns(plan: ReadPlan, shape: Shape | None) -> tuple[PlanColumn, ...]:
    """The columns of a state that its reader sees, in its order."""
    if shape is None:
        return plan.columns
    seen = {name for name, _ in shape.columns}
    return tuple(column for column in plan.columns if column.name in seen)


def no_column(dataset: str, name: str, columns: Iterable[str]) -> InvalidSQL:
    """What is said of a name that is none of the target's ``columns``."""
    close = nearest(name, columns)
    fix = f"Did you mean {close!r}?" if close else f"DESCRIBE {dataset} lists its columns."
    return InvalidSQL(f"{dataset} has no column {name!r}.", fix=fix, suggestion=close, name=name)


def check_no_view(views: ViewStore, name: str) -> None:
    """Raises
    ------
    AlreadyExists
        There is a view of the name that a dataset is to have.
    """
    if views.find(name) is not None:
        raise AlreadyExists(f"There is a view {name} already.", fix="DROP VIEW it first, or choose another name.")


def taken(name: str, fix: str) -> AlreadyExists:
    """What is said where a dataset of that name is there."""
    return AlreadyExists(f"There is a dataset {name} already.", fix=fix)
