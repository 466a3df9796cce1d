"""What has been asked of the workers: the durable queue, table ``job_requests``."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select, update

from workbench.core.clock import from_iso, iso, now
from workbench.core.records import Record
from workbench.jobs.queues import in_turn
from workbench.store.tables import job_requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.store.store import Store

__all__ = ["REQUESTS", "Asks", "Request", "Requests"]

#: Under this name workers are called when there is a request.
REQUESTS = "requests"


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
    who: str
    queue: str = "normal"
    asks: Asks | None = None


class Requests:
    def __init__(self, store: Store) -> None:
        self.store = store

    def cancellations(self) -> list[Request]:
        """Those that nobody has dealt with."""
        return [_request(row) for row in self._asked("cancel")]

    def first(self, action: Literal["submit", "cancel"] | None = None) -> Request | None:
        """What is dealt with first of what waits: a cancellation, else the job that is due first."""
        return next(map(_request, self._asked(action, 1)), None)

    def waiting(self, at_work: Mapping[str, int], since: Mapping[str, datetime] | None = None) -> Iterator[Request]:
        """The jobs that wait, in the order in which they are taken: :func:`.queues.in_turn`, for which one counts what is begun of them.
        ``since`` says when something of each person's was begun the last time."""
        at, last = now(), since or {}

        def waited(row: Any) -> float:
            asked = from_iso(row.requested_at)
            return (at - max(asked, last.get(row.who, asked))).total_seconds()

        return map(_request, in_turn(self._asked("submit"), at_work, waited))

    def _asked(self, action: str | None, limit: int | None = None) -> Sequence[Any]:
        table = job_requests.c
        columns = table.id, table.run_id, table.action, table.requested_at, table.requested_by.label("who"), table.queue, table.asks
        waits = table.handled_at.is_(None), *([table.action == action] if action is not None else [])
        place = table.action, table.due_at, table.run_id, table.id
        with self.store.read() as conn:
            return conn.execute(select(*columns).where(*waits).order_by(*place).limit(limit)).all()

    def claim(self, request: Request) -> bool:
        """Take it off the queue; of several who try, one gets True."""
        free = (job_requests.c.id == request.id) & job_requests.c.handled_at.is_(None)
        with self.store.write() as conn:
            return conn.execute(update(job_requests).where(free).values(handled_at=iso(now()))).rowcount == 1

    def claim_if_older(self, request: Request, seconds: float) -> None:
        """Put aside what nobody had to deal with."""
        if request.requested_at < iso(now() - timedelta(seconds=seconds)):
            self.claim(request)


def _request(row: Any) -> Request:
    return Request.model_validate({**row._mapping, "asks": json.loads(row.asks) if row.asks else None})
