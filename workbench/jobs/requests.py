"""What has been asked of the workers: the durable queue, table ``job_requests``."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select, tuple_, update

from workbench.core.clock import iso, now
from workbench.core.records import Record
from workbench.store.tables import job_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.store.store import Store

__all__ = ["REQUESTS", "Asks", "Request", "Requests"]

#: Under this name workers are called when there is a request.
REQUESTS = "requests"

_AT_ONCE = 50


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
    due_at: str = ""
    asks: Asks | None = None


class Requests:
    def __init__(self, store: Store) -> None:
        self.store = store

    def waiting(self) -> Iterator[Request]:
        """Those nobody has dealt with: cancellations first, then who is due first. Read as they are looked at: of thousands that wait a
        worker begins the first few."""
        table = job_requests.c
        columns = table.id, table.run_id, table.action, table.requested_at, table.queue, table.asks
        place = table.action, table.due_at, table.run_id, table.id
        some = select(*columns, table.due_at).where(table.handled_at.is_(None)).order_by(*place).limit(_AT_ONCE)
        last: tuple[str, ...] | None = None
        while True:
            with self.store.read() as conn:
                rows = conn.execute(some if last is None else some.where(tuple_(*place) > last)).mappings().all()
            for row in rows:
                yield Request.model_validate({**row, "asks": json.loads(row["asks"]) if row["asks"] else None})
            if len(rows) < _AT_ONCE:
                return
            last = tuple(rows[-1][column.name] for column in place)

    def claim(self, request: Request) -> bool:
        """Take it off the queue; of several who try, one gets True."""
        free = (job_requests.c.id == request.id) & job_requests.c.handled_at.is_(None)
        with self.store.write() as conn:
            return conn.execute(update(job_requests).where(free).values(handled_at=iso(now()))).rowcount == 1

    def claim_if_older(self, request: Request, seconds: float) -> None:
        """Put aside what nobody had to deal with."""
        if request.requested_at < iso(now() - timedelta(seconds=seconds)):
            self.claim(request)
