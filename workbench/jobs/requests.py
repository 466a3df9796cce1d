"""What has been asked of the workers: the durable queue, table ``job_requests``."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select, update

from workbench.core.clock import iso, now
from workbench.core.records import Record
from workbench.store.tables import job_requests

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Asks", "Request", "Requests"]


class Asks(Record):
    """What must be so before a job begins. ``runs``: how many of its kind and name there may be at once, itself counted; ``needs``: what
    the machine of who carries it out must have."""

    runs: int | None = None
    needs: dict[str, float] = {}


class Request(Record):
    id: str
    run_id: str
    action: Literal["submit", "cancel"]
    requested_at: str
    queue: str = "normal"
    asks: Asks | None = None


class Requests:
    def __init__(self, store: Store) -> None:
        self.store = store

    def waiting(self) -> list[Request]:
        """Those nobody has dealt with: cancellations first, then who is due first."""
        table = job_requests.c
        columns = table.id, table.run_id, table.action, table.requested_at, table.queue, table.asks
        ordered = select(*columns).where(table.handled_at.is_(None)).order_by(table.action, table.due_at, table.run_id)
        with self.store.read() as conn:
            rows = conn.execute(ordered).mappings().all()
        return [Request.model_validate({**row, "asks": json.loads(row["asks"]) if row["asks"] else None}) for row in rows]

    def claim(self, request: Request) -> bool:
        """Take it off the queue; of several who try, one gets True."""
        free = (job_requests.c.id == request.id) & job_requests.c.handled_at.is_(None)
        with self.store.write() as conn:
            return conn.execute(update(job_requests).where(free).values(handled_at=iso(now()))).rowcount == 1

    def claim_if_older(self, request: Request, seconds: float) -> None:
        """Put aside what nobody had to deal with."""
        if request.requested_at < iso(now() - timedelta(seconds=seconds)):
            self.claim(request)
