"""What is expected of a dataset's rows, asked of those that a statement adds or changes before they are committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import Forbidden, HeldBack, TooLarge, Unavailable, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.working import working_branch
from workbench.lake.plan import scan_of

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema

    from workbench.core.principals import Principal
    from workbench.governance.access import AccessService
    from workbench.lake import Lake, ReadPlan
    from workbench.quality.records import Expectation, ExpectationResult
    from workbench.quality.service import QualityService
    from workbench.writes.edit import Check

__all__ = ["gate"]

_SHOWN = 5
# Kinds that say something of each row by itself, or of the columns. What is not here may look at all rows.
_OF_A_ROW = frozenset({"not_null", "in_range", "in_set", "matches", "type", "expression"})


def gate(
    quality: Callable[[], QualityService] | None, lake: Lake, access: AccessService, who: Principal, plan: ReadPlan, run_id: str
) -> Check | None:
    """What looks at new rows; None where no gate is set on the dataset.

    Who sees a part of the dataset has her new rows looked at and nothing else: how others come out tells of what is kept from her.
    Of rows that give way nothing is asked, unless all do.

    Raises
    ------
    Forbidden
        A gate compares with rows that the author does not see.
    """
    if working_branch() is not None:
        return None  # asked when the run's branches are published
    name, uuid = plan.ref.name, plan.ref.table_uuid
    gates = quality().kept.gates(uuid) if quality is not None else ()
    if quality is None or not gates:
        return None
    shape = access.shape(who, plan)
    if any(_compares_unseen(each, shape is not None, lake, access, who) for each in gates):
        raise Forbidden(
            f"A gate of {name} compares the rows with others, and you see only a part of those.",
            fix="Ask somebody who sees all of it to add them.",
            dataset=name,
        )

    def check(new: Sequence[DataFile], after: Sequence[DataFile], schema: Schema) -> None:
        if not new and after:
            return
        rows, every = (scan_of(schema, [file.file_path for file in files], "gate", "rows", new_id()) for files in (new, after))
        if rows is None or every is None:
            raise _held(name, "its columns are of kinds that cannot be looked at here")
        try:
            found = quality().judge(rows, uuid, every if shape is None else None, run_id)
        except (TooLarge, Unavailable) as error:
            raise _held(name, error.message) from error
        if broken := found.assessment.unproven:
            raise _broken(name, broken) if shape is None else _broken_unseen(name, broken, [column for column, _ in shape.columns])

    return check


def _compares_unseen(gate: Expectation, in_part: bool, lake: Lake, access: AccessService, who: Principal) -> bool:
    """Whether a gate looks at more than new rows, and not all of that is seen."""
    if gate.kind != "foreign_key":
        return in_part and gate.kind not in _OF_A_ROW
    if who.is_admin:
        return False
    if in_part or gate.dataset is None or not access.names(who, [gate.dataset]):
        return True
    try:
        return access.shape(who, lake.plan(gate.dataset)) is not None
    except WorkbenchError:
        return True


def _held(name: str, why: str) -> HeldBack:
    return HeldBack(f"The rows were held back from {name}; nothing was written. Its gates could not be checked: {why}", fix="Try again.")


def _broken(name: str, broken: Sequence[ExpectationResult]) -> HeldBack:
    told = " ".join(each.message for each in broken[:_SHOWN])
    more = f" And {len(broken) - _SHOWN} more." if len(broken) > _SHOWN else ""
    return HeldBack(
        f"The rows were held back from {name}; nothing was written. {told}{more}",
        fix="Correct the rows, or change what is expected (`workbench checks`).",
        checks=[{"id": each.expectation.id, "kind": each.expectation.kind, "column": each.expectation.column} for each in broken],
    )


def _broken_unseen(name: str, broken: Sequence[ExpectationResult], seen: Sequence[str]) -> HeldBack:
    """The same to who sees a part: no figures, and no name of a column that is kept from her."""
    columns = sorted({each.expectation.column for each in broken if each.expectation.column in seen} - {None})  # type: ignore[type-var]
    told = f" It is about {', '.join(map(str, columns))}." if columns else ""
    return HeldBack(
        f"The rows were held back from {name}; nothing was written. They do not hold to what is expected of it.{told}",
        fix="Correct the rows, or ask who keeps the dataset.",
    )
