"""Is this unusual for the dataset? Figures against its own past, by distances from the median."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise

from workbench.quality.records import Profile

__all__ = ["LEAST", "UNUSUAL", "anomalies", "figures_of"]

#: What begins a warning of an assessment that tells of it; then what it is, a colon, and the figures.
UNUSUAL = "Unusual: "
LEAST = 5  # assessments before anything can be called unusual
WINDOW = 30
_FAR = 4.0  # robust standard deviations
_TO_DEVIATIONS = 1.4826  # of the median absolute deviation, for a normal distribution
_NOISE = 0.02  # changes below this share of the median are never unusual
_NULLS_NOISE = 0.01
_HOURS_NOISE = 1.0


def figures_of(profile: Profile, hours_since_last: float | None) -> dict[str, float]:
    """What is watched: rows, of each column the share of nulls and the mean, and the hours since the assessment before."""
    found = {"rows": float(profile.rows)}
    for column in profile.columns:
        if profile.rows:
            found[f"nulls:{column.name}"] = column.nulls / profile.rows
        if column.mean is not None:
            found[f"mean:{column.name}"] = column.mean
    return found if hours_since_last is None else found | {"hours": hours_since_last}


def anomalies(now: Mapping[str, float], past: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """What is far from the last thirty assessments (oldest first), in words with what was expected; nothing with fewer than five.

    Far is four robust standard deviations (1.4826 times the median absolute deviation) from the median. Of a dataset that only
    grows, the rows that came are compared, not all there are.
    """
    recent = past[-WINDOW:]
    if len(recent) < LEAST:
        return ()
    found = []
    for name, value in now.items():
        series = [point[name] for point in recent if name in point]
        if name == "rows" and len(series) >= LEAST and _grows([*series, value]):
            steps = [after - before for before, after in pairwise(series)]
            value, series, name = value - series[-1], steps, "new rows"
        if len(series) >= LEAST - 1 and (words := _unusual(name, value, series)):
            found.append(words)
    return tuple(found)


def _grows(series: Sequence[float]) -> bool:
    return all(after >= before for before, after in pairwise(series)) and series[0] != series[-1]


def _unusual(name: str, value: float, series: Sequence[float]) -> str | None:
    middle = statistics.median(series)
    spread = _TO_DEVIATIONS * statistics.median(abs(v - middle) for v in series)
    noise = _NULLS_NOISE if name.startswith("nulls:") else _HOURS_NOISE if name == "hours" else _NOISE * abs(middle)
    reach = max(_FAR * spread, noise)
    # What was so twice before is no news, however far from the middle: weekends, the last of a month.
    if abs(value - middle) <= reach or sum(abs(value - v) <= noise for v in series) >= 2:
        return None
    kind, _, column = name.partition(":")
    what = {"rows": "rows", "new rows": "new rows", "hours": "hours since the assessment before"}.get(name)
    what = what or f"{'share of nulls' if kind == 'nulls' else 'mean'} of {column}"
    low = max(0.0, middle - reach) if kind != "mean" else middle - reach
    return f"{what}: {value:,.4g}, expected {low:,.4g} to {middle + reach:,.4g}"
