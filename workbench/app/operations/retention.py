"""Retention over the whole lake, as ``workbench maintenance`` and a schedule do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.principals import Principal, local_principal
from workbench.lake.records import Maintenance

if TYPE_CHECKING:
    from workbench.app.services import Services

__all__ = ["maintain"]


def maintain(services: Services, principal: Principal | None = None) -> tuple[Maintenance, ...]:
    """Forget old snapshots, delete files nothing needs, and remove dropped datasets whose time is over.

    Returns one record a dataset where anything was done, and one named ``*`` for files that belonged to none.
    """
    totals: dict[str, Maintenance] = {}
    for done in services.writer.sweep(principal or local_principal()):
        before = totals.get(done.dataset, Maintenance(dataset=done.dataset))
        totals[done.dataset] = Maintenance(
            dataset=done.dataset,
            snapshots_removed=before.snapshots_removed + done.snapshots_removed,
            files_deleted=before.files_deleted + done.files_deleted,
            bytes_freed=before.bytes_freed + done.bytes_freed,
        )
    return tuple(total for total in totals.values() if total.snapshots_removed or total.files_deleted)
