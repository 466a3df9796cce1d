"""What the audit log is told of a statement: what it read by which rules, and how it was decided. Never its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import Cancelled, Forbidden, WorkbenchError
from workbench.governance.audit import AuditLog, Decided, ReadDataset
from workbench.governance.audit.acting import acting_token
from workbench.governance.audit.records import Outcome
from workbench.query.cost.guard import only_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.query.record import AskedFor
    from workbench.query.relations import Planned

__all__ = ["entry_of"]


def entry_of(audit: AuditLog, asked: AskedFor, run_id: str, planned: Sequence[Planned], error: BaseException | None) -> Decided:
    """The entry of a statement that has ended, with ``error`` or without."""
    code = None if error is None else error.code if isinstance(error, WorkbenchError) else "internal"
    return Decided(
        who=asked.principal if isinstance(asked.principal, str) else asked.principal.name,
        verb="query.run",
        outcome=_outcome(error),
        code=code,
        token_id=acting_token(),
        run_id=run_id,
        about=asked.about,
        digest=audit.digest(asked.sql),
        datasets=tuple(map(_dataset, planned)),
    )


def _outcome(error: BaseException | None) -> Outcome:
    if error is None or isinstance(error, Cancelled | KeyboardInterrupt):
        return "allowed"
    return "refused" if isinstance(error, Forbidden) else "asked" if only_asked(error) else "failed"


def _dataset(planned: Planned) -> ReadDataset:
    ref, rules = planned.ref, planned.shape.rules if planned.shape is not None else ()
    return ReadDataset(id=ref.table_uuid, name=ref.name, branch=ref.branch, snapshot_id=ref.snapshot_id, rules=rules)
