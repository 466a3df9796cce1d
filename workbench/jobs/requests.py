"""What has been asked of the workers: the durable queue, table ``job_requests``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select, update

from workbench.core.clock import iso, now
from workbench.core.records import Record
from workbench.store.tables import job_requests

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Request", "Requests"]


class Request(Record):
    id: str
    run_id: str
    action: Literal["submit", "cancel"]
    requested_at: str


class Requests:
    def __init__(self, store: Store) -> None:
        self.store = store

    def waiting(self) -> list[Request]:
        """Those nobody has dealt with: cancellations first, then in the order of their runs."""
        table = job_requests.c
        columns = table.id, table.run_id, table.action, table.requested_at
        with self.store.read() as conn:
            rows = conn.execute(select(*columns).where(table.handled_at.is_(None)).order_by(table.action, table.run_id)).mappings().all()
        return [Request.model_validate(dict(row)) for row in rows]

    def claim(self, request: Request) -> bool:
        """Take it off the queue; of several who try, one gets True."""
        free = (job_requests.c.id == request.id) & job_requests.c.handled_at.is_(None)
        with self.store.write() as conn:
            return conn.execute(update(job_requests).where(free).values(handled_at=iso(now()))).rowcount == 1

    def claim_if_older(self, request: Request, seconds: float) -> None:
        """Put aside what nobody had to deal with."""
        if request.requested_at < iso(now() - timedelta(seconds=seconds)):
            self.claim(request)
