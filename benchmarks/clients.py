"""32 people at one server for 60 seconds over REST, each with rows of her own, beside a runaway statement and one that eats memory.

Every answer is compared with what that person must see. Must show 2 of issue 4.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.cli.bench import Case, Context
from workbench.core.config import Settings, create_workspace_file, load_settings

sys.path.insert(0, str(Path(__file__).parent))

from _clients import Outcome, fill, make_orders, memory_of, press

PEOPLE, SECONDS, ROWS = 32, 60.0, 200_000
SERVE = """
import sys, pathlib
from workbench.api.serve import serve
from workbench.core.config import load_settings
serve(load_settings(pathlib.Path(sys.argv[1]), env={}), port=0, ready=lambda url, file: print(url, flush=True))
"""


def cases(context: Context) -> Iterator[Case]:
    """One case: the 95th percentile of all answers; the rest is printed."""
    root = context.scratch / "team"
    create_workspace_file(root, "team")
    with (root / "workbench.toml").open("a") as file:
        file.write("\n[query]\nmemory_limit_mb = 512\ntimeout_seconds = 20\n")
    settings = load_settings(root, {})
    orders = make_orders(ROWS)
    people = fill(settings, orders, PEOPLE)
    with _served(settings) as (url, pid), memory_of(pid) as memory:
        press(url, people, orders, 3.0, 1)  # warm
        memory[:] = memory[-1:]
        outcome = press(url, people, orders, SECONDS)
    told = _told(outcome, memory)
    print("\n".join(told), file=sys.stderr)
    if outcome.wrong:
        raise SystemExit(f"{len(outcome.wrong)} of {len(outcome.seconds)} answers were wrong or errors: {outcome.wrong[:3]}")
    p95 = outcome.percentile(0.95)
    name = f"{PEOPLE} clients for {SECONDS:.0f} s: 95th percentile"
    yield Case(name, lambda: p95, seconds=10.0, pairs=1, note="; ".join(told))


def _told(outcome: Outcome, memory: list[tuple[float, float]]) -> list[str]:
    rate, (own, every) = len(outcome.seconds) / SECONDS, zip(*memory, strict=True)
    return [
        f"{len(outcome.seconds):,} answers, {len(outcome.wrong)} wrong or errors, {rate:.1f} a second",
        f"p50 {outcome.percentile(0.5):.2f} s, p95 {outcome.percentile(0.95):.2f} s, p99 {outcome.percentile(0.99):.2f} s",
        f"beside them: {outcome.stopped}",
        f"memory of the server: {memory[0][0]:.0f} MB at the start, at most {max(own):.0f}, {own[-1]:.0f} at the end",
        f"with its statements: {memory[0][1]:.0f} MB, at most {max(every):.0f}, {every[-1]:.0f} at the end",
    ]


@contextmanager
def _served(settings: Settings) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(settings.root)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip(), process.pid
    finally:
        process.terminate()
        process.wait(30)
