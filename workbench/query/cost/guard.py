"""What a statement may cost: questions before, bounds, and a budget for each person's day."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from workbench.core.clock import now
from workbench.core.errors import InvalidSetting, TooLarge, WorkbenchError
from workbench.core.sizes import shown, size_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.core.config import QuerySettings
    from workbench.query.cost.records import TableCost
    from workbench.query.records import Budget
    from workbench.runs.log import RunLog

__all__ = ["CONFIRM", "Guard", "UnderWay", "budget_in_words", "bytes_of", "only_asked", "shown"]

#: How it is said that a statement may read more than is asked about; the faces write it in their words.
CONFIRM = "`confirm=True`"


def bytes_of(text: str, setting: str) -> int | None:
    """A size as people write it; None for an empty one.

    >>> bytes_of("10 GB", "query.ask_above"), bytes_of("", "query.ask_above")
    (10000000000, None)

    Raises
    ------
    InvalidSetting
        It is no size.
    """
    if not text.strip():
        return None
    size = size_of(text)
    if size is None:
        raise InvalidSetting(f"{setting} is no size: {text!r}.", fix="Write a number and a unit: 10 GB.", setting=setting)
    return size


def only_asked(error: BaseException) -> bool:
    """Whether a statement was but asked about, and has not failed."""
    return isinstance(error, WorkbenchError) and error.details.get("confirm") is True


def budget_in_words(budget: Budget) -> str:
    """What of the day's budget is used.

    >>> from workbench.query.records import Budget
    >>> budget_in_words(Budget(bytes=1_200_000_000, bytes_a_day=10**10, seconds=12, seconds_a_day=3600))
    'used today: 1.2 GB of 10 GB, 12 s of 3,600 s'
    """
    read = [] if budget.bytes_a_day is None else [f"{shown(budget.bytes or 0)} of {shown(budget.bytes_a_day)}"]
    ran = [] if budget.seconds_a_day is None else [f"{budget.seconds or 0:,} s of {budget.seconds_a_day:,.10g} s"]
    return f"used today: {', '.join([*read, *ran])}"


@dataclass(eq=False)
class UnderWay:
    """A statement that runs: ``who`` asked it, its run, the ``bytes`` that it was let read, and since when it runs (of the monotonic
    clock)."""

    who: str
    run_id: str = ""
    bytes: float = 0.0
    since: float | None = None

    @property
    def seconds(self) -> float:
        return 0.0 if self.since is None else time.monotonic() - self.since


class Guard:
    """Refuses what would cost too much. Thread-safe. What is known of a cost is that of datasets which the reader sees as a whole; of
    others only the seconds of the day's statements count, for bytes would tell her how much is hidden."""

    def __init__(self, settings: QuerySettings, log: RunLog) -> None:
        self._log = log
        self._ask = bytes_of(settings.ask_above, "query.ask_above")
        self._refuse = bytes_of(settings.refuse_above, "query.refuse_above")
        self._day_bytes = bytes_of(settings.bytes_a_day, "query.bytes_a_day")
        self._day_seconds = settings.seconds_a_day
        self._lock = threading.Lock()
        self._running: list[UnderWay] = []

    @property
    def on(self) -> bool:
        return bool(self._day_seconds) or any(each is not None for each in (self._ask, self._refuse, self._day_bytes))

    def asks(self, size: int) -> str | None:
        """The question to be answered before so many bytes are read; None for none."""
        return f"The statement would read {shown(size)}: go on?" if self._ask is not None and size > self._ask else None

    @contextmanager
    def under_way(self, who: str) -> Iterator[UnderWay]:
        """The block is a statement, until its end is recorded: what it takes counts for those that begin meanwhile."""
        mine = UnderWay(who)
        with self._lock:
            self._running.append(mine)
        try:
            yield mine
        finally:
            with self._lock:
                self._running.remove(mine)

    def check(self, mine: UnderWay, costs: Sequence[TableCost], confirm: bool) -> None:
        """Let pass what may run.

        Raises
        ------
        TooLarge
            It would read too much, the day's budget is used up, or it was not confirmed (``details["confirm"]`` is true then).
        """
        size = sum(cost.bytes or 0 for cost in costs)
        largest = max(costs, key=lambda cost: cost.bytes or 0, default=None)
        narrow = f"Read less of {largest.dataset}: fewer columns, or a WHERE" if largest is not None and size else "Read less"
        if self._refuse is not None and size > self._refuse:
            message = f"The statement would read {shown(size)}; {shown(self._refuse)} are allowed."
            raise TooLarge(message, fix=f"{narrow}.", bytes=size)
        if not confirm and (question := self.asks(size)) is not None:
            self._check_day(mine, size)  # nobody is asked about what is refused then
            raise TooLarge(question, fix=f"{narrow}, or say that it may: {CONFIRM}.", bytes=size, confirm=True)
        # In one step, so that of several that begin at once each hears of the others.
        with self._lock:
            self._check_day(mine, size)
            mine.bytes += size
            mine.since = mine.since or time.monotonic()

    def budget(self, who: str) -> Budget | None:
        """How much of the day's budget somebody's statements have used; None where there is none."""
        from workbench.query.records import Budget

        if self._day_bytes is None and not self._day_seconds:
            return None
        used = self._used(UnderWay(who))
        read = {} if self._day_bytes is None else {"bytes": int(used["bytes"]), "bytes_a_day": self._day_bytes}
        ran = {"seconds": int(used["seconds"]), "seconds_a_day": self._day_seconds} if self._day_seconds else {}
        return Budget(**read, **ran)

    def _check_day(self, mine: UnderWay, size: int) -> None:
        if self._day_bytes is None and not self._day_seconds:
            return
        used = self._used(mine)
        later = "The next day begins at 00:00 UTC; an administrator can raise query."
        if self._day_bytes is not None and used["bytes"] + size > self._day_bytes:
            message = f"The statement would read {shown(size)}; of {shown(self._day_bytes)} a day {shown(int(used['bytes']))} are used."
            raise TooLarge(message, fix=f"{later}bytes_a_day.")
        if self._day_seconds and used["seconds"] >= self._day_seconds:
            message = f"Your statements of today have taken the {self._day_seconds:g} seconds that are allowed in a day."
            raise TooLarge(message, fix=f"{later}seconds_a_day.")

    def _used(self, mine: UnderWay) -> dict[str, float]:
        """What the person's statements of today have taken and take, but for this one's seconds."""
        today = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        theirs = [one for one in list(self._running) if one.who == mine.who]
        used = {"bytes": sum(one.bytes for one in theirs), "seconds": sum(one.seconds for one in theirs if one is not mine)}
        # One whose end is recorded, and which is not out of the block yet, counts once.
        for metrics in self._log.metrics("sql", mine.who, today, but=[one.run_id for one in theirs]):
            if "cached" not in metrics:
                used["bytes"] += metrics.get("budget_bytes", 0.0)
                used["seconds"] += metrics.get("budget_seconds", 0.0)
        return used
