"""The harness's own arithmetic and exit status."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli.bench.runner import Case, run_case
from workbench.cli.bench.stats import median_interval


def test_interval_covers_the_true_median_as_often_as_it_says() -> None:
    chance = random.Random(7)
    trials, hits = 2000, 0
    for _ in range(trials):
        interval = median_interval([chance.lognormvariate(0, 1) for _ in range(20)])
        hits += interval.low <= 1.0 <= interval.high
    assert 0.945 <= hits / trials <= 0.985  # the interval promises 0.9586 for 20 values


def test_too_few_values_say_their_true_coverage() -> None:
    interval = median_interval([3.0, 1.0, 2.0, 5.0, 4.0])
    assert (interval.low, interval.median, interval.high) == (1.0, 3.0, 5.0)
    assert interval.coverage == 0.9375


def test_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        median_interval([])


def test_pairs_alternate_and_the_upper_end_decides() -> None:
    order: list[str] = []
    ours, theirs = itertools.cycle([1.0, 1.0, 1.3]), itertools.cycle([1.0])

    def run_ours() -> float:
        order.append("ours")
        return next(ours)

    def run_baseline() -> float:
        order.append("baseline")
        return next(theirs)

    result = run_case(Case("x", run_ours, run_baseline, ratio=1.2), say=lambda text: None, pairs=6)
    assert order[2:6] == ["ours", "baseline", "baseline", "ours"]
    assert result.ratio is not None
    assert result.ratio.median == 1.0
    assert result.ratio.high == 1.3
    assert not result.passed


def test_a_case_without_a_target_is_refused() -> None:
    with pytest.raises(ValueError, match="no target"):
        run_case(Case("x", lambda: 1.0), say=lambda text: None)


@pytest.mark.parametrize(("limit", "status"), [(5.0, 0), (0.5, 1)])
def test_exit_status_tells_whether_the_target_was_met(tmp_path: Path, limit: float, status: int) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "benchmarks" / "tiny.py").write_text(
        f"from workbench.cli.bench import Case\ndef cases(context):\n    yield Case('one', lambda: 1.0, seconds={limit})\n"
    )
    command = [sys.executable, "-c", "from workbench.cli.bench import bench; bench()", "tiny", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert (tmp_path / "benchmarks" / "results" / "tiny.json").read_text().strip() == done.stdout.strip()
