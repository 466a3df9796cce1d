"""Which run a read or write belongs to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from workbench.runs.context import RunContext, current_cell, current_context, current_notebook, set_cell, use_context


@pytest.fixture(autouse=True)
def _no_cell() -> Iterator[None]:
    set_cell(None)
    yield
    set_cell(None)


def test_outside_of_a_run_there_is_none() -> None:
    assert current_context() is None


def test_the_environment_and_the_cell_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_RUN_ID", "0190")
    monkeypatch.setenv("WORKBENCH_NOTEBOOK", "notebooks/clean.ipynb")
    assert current_context() == RunContext("0190", "notebooks/clean.ipynb", None)
    set_cell("a1")
    assert current_context() == RunContext("0190", "notebooks/clean.ipynb", "a1")


def test_a_notebook_without_a_run_is_known_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NOTEBOOK", "play.ipynb")
    set_cell("b2")
    assert (current_context(), current_notebook(), current_cell()) == (None, "play.ipynb", "b2")


def test_a_thread_that_a_cell_starts_belongs_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_RUN_ID", "0190")
    set_cell("a1")
    seen: list[RunContext | None] = []
    thread = threading.Thread(target=lambda: seen.append(current_context()))
    thread.start()
    thread.join()
    assert seen == [RunContext("0190", None, "a1")]


def test_a_block_has_its_own_and_gives_the_outer_one_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_RUN_ID", "0190")
    with use_context(RunContext("inner", cell="x")):
        assert current_context() == RunContext("inner", cell="x")
        with use_context(None):
            assert current_context() == RunContext("inner", cell="x")
    assert current_context() == RunContext("0190")
