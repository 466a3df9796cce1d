"""Statements are read in processes of their own: one that takes long, or all memory, is refused, and nobody waits for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pyarrow as pa
import pytest

from tests.patience import slower, wait_until
from workbench.core.errors import TooLarge, Unavailable, WorkbenchError
from workbench.engines.duckdb import EngineError, check_binds, empty_type, functions, is_null, kind_of, parse, parsers
from workbench.engines.duckdb.nobody import NOBODY
from workbench.engines.duckdb.parsers import Parsers
from workbench.engines.parser import answer, connect
from workbench.query.bounds import BOUNDED
from workbench.query.decide import decide

sys.path.insert(0, str(Path(__file__).parents[1] / "governance" / "bypass"))

from cases_inside import GOVERNED
from cases_outside import REFUSED
from cases_probes import GOVERNED as PROBES

# What a CASE is about is copied for each of its WHENs: few characters, and more than any memory.
HUGE = "select " + "case " * 40 + "a" + " when 1 then 1 when 2 then 2 end" * 40 + " from silver.flights"
# DuckDB goes through an open comment anew for each mark in it.
LONG = "select 1 " + "/*" * 60_000 + "*/" * 60_000
WANTED = sorted(BOUNDED)


@pytest.fixture
def readers() -> Iterator[Parsers]:
    made = Parsers(NOBODY, seconds=1.0)  # on a busy machine a process that gives way gets a tenth of one
    yield made
    made.close()


@pytest.fixture
def apart(readers: Parsers, monkeypatch: pytest.MonkeyPatch) -> Parsers:
    """What this process reads is read there."""
    module: ModuleType = sys.modules["workbench.engines.duckdb.parse"]  # the package has a function of the name
    monkeypatch.setattr(module, "_apart", readers)
    return readers


def processes() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if "workbench.engines.parser.process" in child.cmdline():
                found.append(child)
    return found


def read(readers: Parsers, sql: str) -> Any:
    return readers.ask("parse", sql, WANTED)


def beside(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """A thread with what it gave or raised."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except WorkbenchError as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


def test_what_is_read_apart_is_what_is_read_here(readers: Parsers) -> None:
    here = connect(NOBODY)
    texts = {text for group in (GOVERNED, PROBES, REFUSED) for cases in group.values() for case in cases for text in case[:2]}
    texts |= {
        "select 'é', absent(x) from 'f.csv'",
        "select repeat('é', 3), range(5)",
        "select",
        "select 1; select 2",
        "insert into t select 1",
    }
    kinds = set()
    for text in sorted(texts):
        for verb, *more in (("parse", WANTED), ("kind",)):
            found, expected = readers.ask(verb, text, *more), json.loads(json.dumps(answer(here, verb, text, *more)))
            assert found.pop("last") is False and found == expected, text
            kinds.add(next(iter(found)))
    assert kinds == {"parsed", "refused", "kind", "error"}
    # On a busy machine one may take long, and another process was made ready for the next.
    assert len(texts) > 800 and len(processes()) <= 2


@pytest.mark.parametrize("text", [LONG, HUGE], ids=["long", "huge"])
def test_what_takes_too_much_is_refused_and_nobody_waits_for_it(readers: Parsers, text: str) -> None:
    read(readers, "select 1")
    thread, outcome = beside(lambda: read(readers, text))
    waits, began = [], time.monotonic()
    while thread.is_alive():
        begun = time.monotonic()
        assert "parsed" in read(readers, f"select {len(waits)}")
        waits.append(time.monotonic() - begun)
        time.sleep(0.01)
    assert isinstance(outcome[0], TooLarge) and outcome[0].fix
    took = time.monotonic() - began
    print(f"{len(waits)} others in {took:.1f} s, the slowest waited {max(waits):.3f} s")
    assert len(waits) > 5 and max(waits) < max(1.0 * slower(), took / 2)
    wait_until(lambda: len(processes()) <= 2)
    assert readers._answering == readers._long == 0


def test_of_those_that_take_long_there_are_so_many_and_others_go_on(readers: Parsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "_LONG_AT_ONCE", 1)
    monkeypatch.setattr(parsers, "_LONG_WAITING", 1)
    asked = [beside(lambda: read(readers, LONG)) for _ in range(4)]
    wait_until(lambda: any(outcome for _, outcome in asked))
    assert "parsed" in read(readers, "select 1")
    for thread, _ in asked:
        thread.join(60)
    kinds = sorted(type(outcome[0]).__name__ for _, outcome in asked)
    assert kinds == ["TooLarge", "TooLarge", "Unavailable", "Unavailable"]
    assert readers._answering == readers._long == readers._waiting == 0


def test_many_honest_ones_that_take_a_moment_are_all_read(readers: Parsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "_LONG_SECONDS", 0.0)
    monkeypatch.setattr(parsers, "_LONG_AT_ONCE", 2)
    asked = [beside(lambda: read(readers, "select " + "1, " * 10_000 + "1")) for _ in range(12)]
    for thread, outcome in asked:
        thread.join(120)
        assert "parsed" in outcome[0]  # type: ignore[operator]
    assert readers._answering == readers._long == readers._waiting == 0


def test_a_process_that_somebody_kills_is_replaced(readers: Parsers) -> None:
    read(readers, "select 1")
    os.kill(processes()[0].pid, signal.SIGKILL)
    assert "parsed" in read(readers, "select 2")
    thread, outcome = beside(lambda: read(readers, LONG))
    wait_until(lambda: readers._long)
    for each in processes():
        os.kill(each.pid, signal.SIGKILL)
    thread.join(60)
    assert isinstance(outcome[0], TooLarge), outcome  # it was begun anew, and ended by its time
    assert "parsed" in read(readers, "select 3")


def test_what_ends_each_process_is_refused(readers: Parsers, monkeypatch: pytest.MonkeyPatch) -> None:
    read(readers, "select 1")
    send = parsers._Parser.send

    def killed(parser: Any, message: Any) -> None:
        if isinstance(message, list):
            os.kill(parser._process.pid, signal.SIGKILL)
        send(parser, message)

    monkeypatch.setattr(parsers._Parser, "send", killed)
    with pytest.raises(TooLarge, match="ends the process"):
        read(readers, "select 1")


def test_processes_hold_no_secret_wait_for_more_and_end_with_who_started_them(
    tmp_path: Path, readers: Parsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_TOKEN", "wb_secret")
    monkeypatch.setattr(parsers, "_KEPT_SECONDS", 0.2)
    threads = [beside(lambda: read(readers, "select " + "1, " * 10_000 + "1")) for _ in range(6)]
    for thread, outcome in threads:
        thread.join(60)
        assert "parsed" in outcome[0]  # type: ignore[operator]
    wait_until(lambda: len(processes()) == 1)
    (process,) = processes()
    assert not any("secret" in value for value in process.environ().values())
    print(f"{process.memory_info().rss >> 20} MB")
    script = """
        import os
        from workbench.engines.duckdb.parsers import Parsers
        readers = Parsers("")
        readers.ask("parse", "select 1", [])
        print(readers._idle[0]._process.pid, flush=True)
        os._exit(1)
    """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False).stdout
    wait_until(lambda: not psutil.pid_exists(int(said)))


def test_a_fork_has_processes_of_its_own(readers: Parsers) -> None:
    read(readers, "select 1")
    (mine,) = processes()
    child = os.fork()
    if child == 0:
        try:
            found = read(readers, "select 2")
            os._exit(0 if "parsed" in found and psutil.pid_exists(mine.pid) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert "parsed" in read(readers, "select 3") and processes() == [mine]


def test_all_that_is_asked_is_answered_apart(apart: Parsers) -> None:
    functions.cache_clear()
    assert "lower" in functions() and "random" in functions().unstable
    assert kind_of("insert into t select 1") == "INSERT" and kind_of("select 1; select 2") is None
    with pytest.raises(EngineError) as caught:
        kind_of("insrt into t")
    assert caught.value.kind == "Parser"
    assert empty_type("STRUCT(a DECIMAL(9, 2), b INTEGER[])") == pa.struct({"a": pa.decimal128(9, 2), "b": pa.list_(pa.int32())})
    for wrong in ("nothing", "INT) + (1", "INT); select (1"):
        with pytest.raises(EngineError):
            empty_type(wrong)
    check_binds([("a", "BIGINT")], "a + 1", "a > 3")
    with pytest.raises(EngineError, match='"b" not found'):
        check_binds([("a", "BIGINT")], "b", "true")
    assert is_null("TRY_CAST('x' AS BIGINT)") and is_null("absent") and not is_null("'x'")
    with pytest.raises(EngineError) as parser:
        parse("select é, frm from from")
    assert parser.value.kind == "parser" and parser.value.position == 19
    with pytest.raises(EngineError) as several:
        parse("select 1; select 2")
    assert several.value.kind == "not implemented"
    assert {each.name for each in parse("select absent(lower(x)) from t").functions} == {"absent", "lower"}
    assert apart._answering == apart._long == 0


def test_a_decision_says_what_takes_too_much_and_keeps_no_refusal_of_the_moment(apart: Parsers, monkeypatch: pytest.MonkeyPatch) -> None:
    error = decide(HUGE, ("silver.flights",)).error
    assert isinstance(error, TooLarge) and error.fix and "select" not in str(error).casefold().replace("selects", "")
    with monkeypatch.context() as patch:
        patch.setattr(apart, "ask", lambda *_: (_ for _ in ()).throw(Unavailable("busy")))
        with pytest.raises(Unavailable):
            decide("select 4711 from silver.flights", ("silver.flights",))
    assert decide("select 4711 from silver.flights", ("silver.flights",)).allowed
