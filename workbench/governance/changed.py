"""That somebody may see something else than before, though the policy is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from workbench.core.principals import Principal
    from workbench.runs.log import RunLog

__all__ = ["access_changed"]


def access_changed(log: RunLog, conn: Connection, job: str, by: Principal | str) -> None:
    """Tell everybody, inside the transaction that changes it. The event names nobody and nothing: it goes to everybody."""
    about: dict[str, Any] = {"kind": "describe", "job": job, "principal": by}
    log.append_all(conn, new_id(), [("run.started", about), ("access.changed", {}), ("run.succeeded", {})])
