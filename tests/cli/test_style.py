"""What a terminal shows while something goes on."""

from __future__ import annotations

import io
import sys
import time

import pytest
from rich.console import Console

from tests.patience import wait_until
from workbench.cli import style
from workbench.core.telling import tell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """In a test's own time: what a fixture puts in place of standard error, pytest takes away again."""
    made = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setattr(style, "console", lambda stderr=False: Console(file=made, force_terminal=True, width=120, markup=False))
    return made


def test_work_of_a_second_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with style.counting("Compacting silver.x"):
        for done in range(1, 11):
            tell(done, 10)
            time.sleep(0.12)
        wait_until(lambda: "10/10" in terminal.getvalue())
    shown = terminal.getvalue()
    assert "Compacting silver.x" in shown and "10/10" in shown


def test_work_that_is_quickly_done_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    monkeypatch.setattr(style, "_AFTER_SECONDS", 60.0)
    with style.counting("Compacting silver.x"):
        tell(1, 1)
    assert "Compacting" not in terminal.getvalue()


def test_nothing_is_drawn_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with style.counting("Compacting silver.x"):
        tell(1, 2)
        time.sleep(0.8)
    assert pipe.getvalue() == ""
