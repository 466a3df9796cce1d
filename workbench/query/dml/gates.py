"""What is expected of a dataset's rows, asked of those that a statement adds or changes before they are committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import HeldBack, TooLarge, Unavailable
from workbench.core.ids import new_id
from workbench.lake.plan import scan_of

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema

    from workbench.quality.records import ExpectationResult
    from workbench.quality.service import QualityService
    from workbench.writes.edit import Check

__all__ = ["gate"]

_SHOWN = 5


def gate(quality: Callable[[], QualityService] | None, name: str, table_uuid: str, run_id: str) -> Check | None:
    """What looks at new rows; None where no gate is set on the dataset."""
    if quality is None or not any(each.severity == "gate" for each in quality().kept.expectations(table_uuid)):
        return None

    def check(new: Sequence[DataFile], after: Sequence[DataFile], schema: Schema) -> None:
        if not new:
            return
        rows, whole = (scan_of(schema, [file.file_path for file in files], "gate", "rows", new_id()) for files in (new, after))
        if rows is None or whole is None:
            raise _held(name, "its columns are of kinds that cannot be looked at here")
        try:
            found = quality().judge(rows, table_uuid, whole, run_id)
        except (TooLarge, Unavailable) as error:
            raise _held(name, error.message) from error
        if broken := [each for each in found.assessment.expectations if each.expectation.severity == "gate" and each.passed is not True]:
            raise _broken(name, broken)

    return check


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
