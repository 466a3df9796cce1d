"""What a case measures, and in which order."""

from __future__ import annotations

import pytest

from workbench.cli.bench import Case
from workbench.cli.bench.runner import run_case


def test_each_part_is_measured_beside_its_other_and_a_pair_is_their_sums() -> None:
    called: list[str] = []

    def part(name: str, seconds: float) -> object:
        return lambda: called.append(name) or seconds

    ours, theirs = [part("a", 1.0), part("b", 2.0)], [part("A", 0.5), part("B", 1.0)]
    result = run_case(Case("case", ours, theirs, ratio=2.0), lambda line: None, pairs=2)  # type: ignore[arg-type]
    assert called[4:] == ["a", "A", "B", "b", "A", "a", "b", "B"]  # the first four warm up
    assert (result.ours_seconds.median, result.ratio.median if result.ratio else None) == (3.0, 2.0)
    assert result.passed


def test_both_sides_have_as_many_parts() -> None:
    with pytest.raises(ValueError, match="as many parts"):
        run_case(Case("case", [lambda: 1.0], [lambda: 1.0, lambda: 1.0], ratio=1.0), lambda line: None)
