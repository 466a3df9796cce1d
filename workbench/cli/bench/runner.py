"""Runs the cases of a benchmark: alternating pairs, wall and CPU seconds, peak memory of the whole process tree."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.cli.bench.stats import Interval, median_interval
from workbench.core.records import Record

__all__ = ["Case", "CaseResult", "Context", "Measure", "run_case"]

SHORT_SECONDS = 10.0
SHORT_PAIRS, LONG_PAIRS = 20, 5


Work = Callable[[], float | None]


@dataclass(frozen=True)
class Context:
    """What a benchmark gets: a scratch folder that is deleted afterwards, the source tree, and a line printer."""

    scratch: Path
    tree: Path
    say: Callable[[str], None]


@dataclass(frozen=True)
class Case:
    """One comparison.

    ``ours`` and ``baseline`` do the work once. They may return the seconds that count (when only a part of the call is
    of interest), else the call's wall time does. Of work in several parts (as many on both sides) each is measured beside its other,
    so that whatever else the machine does meets both; a pair is their sums. At least one target must be given: ``ratio`` limits the
    median of ours/baseline, ``seconds`` the median of ours. ``before`` runs, untimed, before each call (dropping caches, say).
    """

    name: str
    ours: Work | Sequence[Work]
    baseline: Work | Sequence[Work] | None = None
    baseline_name: str = ""
    ratio: float | None = None
    seconds: float | None = None
    before: Callable[[], None] | None = None
    pairs: int | None = None
    note: str = ""


class Measure(Record):
    """One timed call. Memory is the peak resident size of this process's children plus its own growth, in MB."""

    wall: float
    cpu: float
    peak_mb: float


@dataclass
class _Samples:
    ours: list[Measure] = field(default_factory=list)
    baseline: list[Measure] = field(default_factory=list)


class CaseResult(Record):
    name: str
    baseline_name: str
    pairs: int
    ours_seconds: Interval
    baseline_seconds: Interval | None
    ratio: Interval | None
    ours_cpu: float
    baseline_cpu: float | None
    ours_peak_mb: float
    baseline_peak_mb: float | None
    target_ratio: float | None
    target_seconds: float | None
    passed: bool
    note: str = ""


def run_case(case: Case, say: Callable[[str], None], pairs: int | None = None) -> CaseResult:
    """Warm up once, decide the number of pairs from that, then alternate which side goes first."""
    if case.ratio is None and case.seconds is None:
        raise ValueError(f"case {case.name!r} has no target")
    sides = {"ours": _parts(case.ours), "baseline": _parts(case.baseline)}
    if case.baseline is not None and len(sides["ours"]) != len(sides["baseline"]):
        raise ValueError(f"case {case.name!r} has not as many parts on both sides")
    warm = max(sum(_measure(work, case.before).wall for work in works) for works in sides.values())
    count = pairs or case.pairs or (SHORT_PAIRS if warm < SHORT_SECONDS else LONG_PAIRS)
    samples = _Samples()
    for turn in range(count):
        taken: dict[str, list[Measure]] = {side: [] for side in sides}
        for part in range(len(sides["ours"])):
            for side in ("ours", "baseline") if (turn + part) % 2 == 0 else ("baseline", "ours"):
                if sides[side]:
                    taken[side].append(_measure(sides[side][part], case.before))
        for side, measures in taken.items():
            if measures:
                getattr(samples, side).append(_together(measures))
        say(f"{case.name}: {turn + 1} of {count}")
    return _summarise(case, samples, count)


def _parts(work: Work | Sequence[Work] | None) -> Sequence[Work]:
    if work is None:
        return ()
    return (work,) if callable(work) else work


def _together(measures: Sequence[Measure]) -> Measure:
    return Measure(
        wall=sum(one.wall for one in measures), cpu=sum(one.cpu for one in measures), peak_mb=max(one.peak_mb for one in measures)
    )


def _summarise(case: Case, samples: _Samples, count: int) -> CaseResult:
    ours = median_interval([m.wall for m in samples.ours])
    baseline = median_interval([m.wall for m in samples.baseline]) if samples.baseline else None
    ratio = None
    if samples.baseline:
        ratio = median_interval([a.wall / b.wall for a, b in zip(samples.ours, samples.baseline, strict=True)])
    ratio_met = case.ratio is None or (ratio is not None and ratio.high <= case.ratio)
    seconds_met = case.seconds is None or ours.high <= case.seconds
    return CaseResult(
        name=case.name,
        baseline_name=case.baseline_name,
        pairs=count,
        ours_seconds=ours,
        baseline_seconds=baseline,
        ratio=ratio,
        ours_cpu=median_interval([m.cpu for m in samples.ours]).median,
        baseline_cpu=median_interval([m.cpu for m in samples.baseline]).median if samples.baseline else None,
        ours_peak_mb=max(m.peak_mb for m in samples.ours),
        baseline_peak_mb=max(m.peak_mb for m in samples.baseline) if samples.baseline else None,
        target_ratio=case.ratio,
        target_seconds=case.seconds,
        passed=ratio_met and seconds_met,
        note=case.note,
    )


def _measure(work: Callable[[], float | None], before: Callable[[], None] | None) -> Measure:
    if before is not None:
        before()
    with _peak_memory() as peak:
        cpu, start = _cpu_seconds(), time.perf_counter()
        returned = work()
        wall, used = time.perf_counter() - start, _cpu_seconds() - cpu
    return Measure(wall=returned if returned is not None else wall, cpu=used, peak_mb=peak[0])


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@contextmanager
def _peak_memory(interval: float = 0.05) -> Iterator[list[float]]:
    """Sample the resident memory of this process (above where it started) and its children."""
    import psutil

    me = psutil.Process()
    start, peak, stop = me.memory_info().rss, [0.0], threading.Event()
    children = me.children(recursive=True)

    def sample() -> None:
        nonlocal children
        for turn in itertools.count(1):
            if turn % 20 == 0:  # to list them takes milliseconds, in which what is measured would wait
                children = me.children(recursive=True)
            total = max(0, me.memory_info().rss - start)
            for child in children:
                try:
                    total += child.memory_info().rss
                except psutil.NoSuchProcess:  # it ended between the listing and the look
                    continue
            peak[0] = max(peak[0], total / 1e6)
            if stop.wait(interval):
                return

    watcher = threading.Thread(target=sample, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        stop.set()
        watcher.join()


def describe_machine() -> dict[str, Any]:
    """What the figures depend on: processor, cores, memory, system and the versions of the engines."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import psutil

    versions = {}
    for name in ("workbench-lab", "duckdb", "pyiceberg", "pyarrow", "polars", "jupyterlab", "nbclient", "papermill", "dbos", "mlflow"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    import platform

    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
