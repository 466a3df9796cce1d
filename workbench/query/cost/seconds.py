"""How long a statement will take, by those that were run before."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping

__all__ = ["PAST", "expected", "relative_errors"]

PAST = 500  #: past runs that count, the newest
_LARGE = 1_000_000  # bytes; below that a statement takes what any statement takes


def expected(size: int, past: Iterable[Mapping[str, float]]) -> tuple[float | None, int]:
    """Seconds for a statement that reads so many bytes, and how many past runs say so; None where there are none.

    A constant, the median of small statements, and the median rate of large ones beyond it: neither is moved by single runs that took far
    too long. The same is said of all statements that read as much: what they do with it is not known.
    """
    known = [(run["bytes"], run["engine_seconds"]) for run in past if "cached" not in run and "bytes" in run and "engine_seconds" in run]
    known = known[:PAST]
    if not known:
        return None, 0
    small = [seconds for read, seconds in known if read < _LARGE]
    base = statistics.median(small) if small else 0.0
    rates = [max(0.0, seconds - base) / read for read, seconds in known if read >= _LARGE]
    if size >= _LARGE and not rates:
        return None, 0
    return base + (size * statistics.median(rates) if rates else 0.0), len(known)


def relative_errors(runs: Iterable[Mapping[str, float]]) -> list[float]:
    """Of each run, by how much the expectation from the others before it was off, as a share of what it took. ``runs``: oldest first."""
    before: list[Mapping[str, float]] = []
    errors = []
    for run in runs:
        if "cached" in run or "engine_seconds" not in run:
            continue
        guess, _ = expected(int(run.get("bytes", 0)), reversed(before))
        if guess is not None and run["engine_seconds"] > 0:
            errors.append(abs(guess - run["engine_seconds"]) / run["engine_seconds"])
        before.append(run)
    return errors
