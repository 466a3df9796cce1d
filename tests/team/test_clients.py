"""32 people at once, each with rows of her own, beside a statement that never ends and one that takes all memory: nobody notices."""

from __future__ import annotations

import sys
from pathlib import Path

from serving import api_on_tcp

from workbench.app.remote import RemoteWorkspace
from workbench.core.config import create_workspace_file, load_settings

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from _clients import fill, make_orders, memory_of, press


def test_many_at_once_get_right_answers_beside_what_must_be_stopped(tmp_path: Path, scale: float) -> None:
    create_workspace_file(tmp_path, "team")
    with (tmp_path / "workbench.toml").open("a") as file:
        # Time enough for everybody's statements on a slow machine; what never ends is stopped by hand.
        file.write("\n[query]\nmemory_limit_mb = 256\ntimeout_seconds = 120\n")
    settings = load_settings(tmp_path, {})
    orders = make_orders(20_000)
    people = fill(settings, orders, 32)
    with api_on_tcp(settings) as (url, owner, process), RemoteWorkspace(url, owner) as admin:

        def stop() -> None:
            for run in admin.runs.list(status="running"):
                if run.principal in ("runaway", "glutton"):
                    admin.runs.cancel(run.id)

        first = dict(list(people.items())[:4]) | {name: people[name] for name in ("runaway", "glutton")}
        press(url, first, orders, 0.0, 1, stop)
        with memory_of(process.pid) as memory:
            outcome = press(url, people, orders, 60 * scale, stop=stop)
    assert outcome.wrong == []
    assert len(outcome.seconds) >= 64
    # Each was stopped, each time, and neither got an answer.
    assert {told.split(":")[0] for told in outcome.stopped} == {"runaway", "glutton"}
    assert {told.split(": ")[1] for told in outcome.stopped} <= {"too_large", "cancelled"}, outcome.stopped
    # Neither the server itself grows with what it is asked, nor do all its statements together beyond what is theirs.
    assert memory[-1][0] < memory[0][0] + 200
    assert max(total for _, total in memory) < memory[0][0] + 18 * (256 + 512)
    print(f"{len(outcome.seconds)} answers, p50 {outcome.percentile(0.5):.2f} s, p95 {outcome.percentile(0.95):.2f} s, {outcome.stopped}")
    print(f"server: {memory[0][0]:.0f} to {memory[-1][0]:.0f} MB; with statements at most {max(total for _, total in memory):.0f} MB")
