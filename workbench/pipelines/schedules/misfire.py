"""Which of the dates that have come are run: a pure decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workbench.pipelines.schedules.records import Definition

__all__ = ["GRACE", "MOST", "Decided", "decide"]

#: A date that is looked at within this time of it was not missed.
GRACE = timedelta(seconds=60)
#: So many are made up for at most, the newest of them.
MOST = 1000


@dataclass(frozen=True)
class Decided:
    """``run`` in order; ``missed`` are those that are not."""

    run: tuple[datetime, ...]
    missed: tuple[datetime, ...]


def decide(due: Sequence[datetime], at: datetime, definition: Definition) -> Decided:
    """Of the dates that have come up to a moment, in order, those to run.

    Examples
    --------
    >>> from datetime import UTC
    >>> days = [datetime(2026, 1, day, 6, tzinfo=UTC) for day in (1, 2, 3)]
    >>> [len(decide(days, datetime(2026, 1, 3, 12, tzinfo=UTC), Definition(misfire=policy)).run) for policy in ("skip", "once", "all")]
    [0, 1, 3]
    """
    on_time = [each for each in due if at - each <= GRACE]
    late = [each for each in due if at - each > GRACE]
    age = definition.misfire_age
    young = [each for each in late if age is None or (at - each).total_seconds() <= age]
    if definition.misfire == "all":
        run = [*young, *on_time][-MOST:]
    elif definition.misfire == "once":
        # A date that has just come makes up for those before it.
        run = on_time or young[-1:]
    else:
        run = on_time
    chosen = set(run)
    return Decided(tuple(run), tuple(each for each in due if each not in chosen))
