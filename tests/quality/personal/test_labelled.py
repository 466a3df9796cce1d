"""Precision and recall on labelled columns that were made without the detectors' lists: ``workbench bench personal`` prints all of them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    pytest.importorskip("faker", reason="the columns are made with faker and mimesis, of the test group")
    spec = importlib.util.spec_from_file_location("benchmark_personal", BENCHMARKS / "personal.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["benchmark_personal"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("part", "precision", "recall"), [("development", 0.98, 0.90), ("held out", 0.96, 0.85)])
def test_what_is_found_is_personal_and_most_of_it_is_found(
    bench: ModuleType, scale: float, part: str, precision: float, recall: float
) -> None:
    found = bench.figures(bench.columns(part, every=1 if scale >= 1 else 10))
    print(f"\n{part}\n{found.table()}")
    assert found.right.total() > 35
    # Of a tenth of the columns the shares vary by a few hundredths.
    some = 0 if scale >= 1 else 0.04
    assert found.precision() >= precision - some / 2
    assert found.recall() >= recall - some


def test_the_labelled_set_is_large_of_many_countries_and_half_of_it_only_looks_personal(bench: ModuleType) -> None:
    sys.modules.setdefault("_personal_columns", sys.modules[bench.columns.__module__])
    made = sys.modules[bench.columns.__module__]
    specs = [*made._development(), *made._held_out()]
    assert len(specs) >= 2_000
    assert sum(spec.tag is None for spec in specs) >= len(specs) / 2
    countries = {locale[-2:] for part in made._COUNTRIES.values() for locale in part}
    assert len(countries) >= 30
    assert not set(made._COUNTRIES["development"]) & set(made._COUNTRIES["held out"])
