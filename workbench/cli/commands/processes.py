"""``workbench up``, ``down``, ``logs`` and ``serve``."""

from __future__ import annotations

import json
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, say, settings, show
from workbench.core.texts import on_screen

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.core.config import Settings

__all__ = ["down", "logs", "render_processes", "renew", "serve", "up"]


def render_processes(console: Console, state: dict[str, Any]) -> None:
    """A line a process; below them what is wrong with those that do not stay alive."""
    from workbench.cli import style
    from workbench.core.clock import from_iso

    rows = []
    # Without a supervisor they answer as before, but nobody starts them again when they end.
    left = state.get("supervisor", {}).get("status") == "stopped" and any(told.get("pid") for told in state.values())
    for name, told in state.items():
        status = "running, not supervised" if left and told.get("pid") else str(told.get("status"))
        since = style.moment(from_iso(told["started_at"])) if told.get("pid") and told.get("started_at") else ""
        rows.append((name, style.mark(status), told.get("pid") or "", told.get("restarts") or "", since))
    console.print(style.table(("process", "status", "pid", "restarts", "started"), rows, right=(2, 3)))
    if left:
        console.print("Nothing would start these again. → Run `workbench up`.")
    for name, told in state.items():
        if told.get("error"):
            console.print(f"The {name} ended soon after its start: {told['error']}", style="red")
            console.print(f"→ Its log is {told['log']}.")


def renew(chosen: Settings) -> None:
    """End the processes that were started before the workbench was updated, unless they are at work."""
    from workbench.cli.style import busy
    from workbench.jobs.renewal import at_work, outdated
    from workbench.jobs.supervisor import down as stop

    if not outdated(chosen):
        return
    if at_work(chosen):
        say("The workbench was updated, and its processes are still those of before: jobs are at work (`workbench runs`).")
        say("→ When these have ended, run `workbench down`, then `workbench up`.")
        return
    with busy("The workbench was updated: stopping the processes of before"):
        stop(chosen)


@click.command()
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait until everything answers.")
@json_option
def up(wait: float, as_json: bool) -> None:
    """Start the workbench's processes, or attach to those that run already."""
    from workbench.cli.style import busy
    from workbench.jobs.supervisor import up as start

    chosen = settings()
    renew(chosen)
    with busy("Starting"):
        state = start(chosen, wait=wait)
    show(state, as_json, lambda console: render_processes(console, state))


@click.command()
@click.option("--grace", default=15.0, show_default=True, help="Seconds before a process is stopped hard.")
@json_option
def down(grace: float, as_json: bool) -> None:
    """Stop the workbench's processes. What runs is taken up again at the next start."""
    from workbench.cli.style import busy
    from workbench.jobs.supervisor import down as stop

    with busy("Stopping"):
        state = stop(settings(), grace=grace)
    show(state, as_json, lambda console: render_processes(console, state))


@click.command()
@click.argument("name", required=False)
@click.option("-n", "--lines", default=20, show_default=True)
@click.option("--follow", is_flag=True, help="Stay and print what comes.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as they are in the file.")
def logs(name: str | None, lines: int, follow: bool, as_json: bool) -> None:
    """The end of the logs, or of one of them: supervisor, api, worker, serve."""
    folder = settings().state / "logs"
    # *.jsonl is what we log, *.out what a process printed otherwise.
    files = sorted(path for path in folder.glob("*") if path.suffix in (".jsonl", ".out") and name in (None, path.stem))
    if not files:
        known = sorted({path.stem for path in folder.glob("*.jsonl")})
        say(f"No logs{f' of {name}' if name else ''} yet.{' There are: ' + ', '.join(known) if known else ''}")
        return
    places = {}
    for path in files:
        with path.open(encoding="utf-8", errors="replace") as stream:
            for line in deque(stream, maxlen=lines):
                _print(path, line, as_json)
            places[path] = stream.tell()
    while follow:
        time.sleep(0.3)
        for path, place in places.items():
            # A log that was rotated begins again.
            start = place if path.stat().st_size >= place else 0
            with path.open(encoding="utf-8", errors="replace") as stream:
                stream.seek(start)
                for line in stream:
                    _print(path, line, as_json)
                places[path] = stream.tell()


def _print(path: Path, line: str, as_json: bool) -> None:
    text = line.rstrip("\n")
    if as_json or path.suffix == ".out":
        print(text if as_json else on_screen(text), flush=True)
        return
    try:
        entry = json.loads(text)
    except ValueError:
        print(on_screen(text), flush=True)
        return
    known = ("at", "level", "logger", "message", "exception")
    extra = " ".join(f"{k}={v}" for k, v in entry.items() if k not in known)
    moment = str(entry.get("at", ""))[:19].replace("T", " ")
    # An address that somebody has asked for is in it, whoever that was.
    print(on_screen(f"{moment} {entry.get('level', ''):<7} {path.stem}: {entry.get('message', '')} {extra}".rstrip()), flush=True)
    if entry.get("exception"):
        print(on_screen(str(entry["exception"])), flush=True)


@click.command()
@click.option("--host", help="The setting api.host by default.")
@click.option("--port", type=click.IntRange(0, 65535), help="The setting api.port by default; 0: any free one.")
@click.option("--insecure", is_flag=True, help="Allow an address that other machines can reach without HTTPS.")
@click.option("--name", "names", multiple=True, metavar="HOST", help="A host name under which others reach it.")
def serve(host: str | None, port: int | None, insecure: bool, names: tuple[str, ...]) -> None:
    """Serve the API for a team, until Ctrl-C. With the settings serve.certificate and serve.key it speaks HTTPS."""
    from workbench.api.serve import serve as run
    from workbench.jobs.roles import leave_step

    leave_step()
    run(settings(), host, port, insecure, names, _say_ready)


def _say_ready(url: str, token_file: Path) -> None:
    say(f"Serving at {url}. The owner's token is in {token_file}.")
    say(f"From elsewhere: workbench login {url}; then WORKBENCH_URL={url} is enough.")
