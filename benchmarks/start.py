"""Start-up: imports, the command line, JupyterLab with and without us, and a panel's first data.

Each case launches fresh processes, as a person would. JupyterLab's page is asked for over HTTP until it answers; what a
browser adds on top is the same on both sides.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from workbench.cli.bench import Case, Context

PYTHON = sys.executable
BIN = Path(PYTHON).parent


def cases(context: Context) -> Iterator[Case]:
    """Must show 1 and 2 of the foundation issue."""
    yield Case("import workbench", _python("import workbench"), _python("pass"), "python -c pass", seconds=0.3)
    yield Case("workbench --help", _command([str(BIN / "workbench"), "--help"]), _python("import click"), "import click", seconds=0.6)
    root = context.scratch / "lab"
    context.say("making the demo workspace")
    subprocess.run([str(BIN / "workbench"), "demo", str(root)], check=True, capture_output=True)
    yield Case("demo workspace, the second time", _command([str(BIN / "workbench"), "demo", str(root)]), seconds=2.0)
    with _up(root):
        yield Case(
            "jupyter lab to its page",
            lambda: _start_lab(root, ours=True),
            lambda: _start_lab(root, ours=False),
            "the same environment without our extensions",
            ratio=1.10,
        )
        yield Case("workbench lab to a usable page", lambda: _start_workbench_lab(root), seconds=15.0)
        with _lab(root, ours=True) as (base, token):
            _wait_for(f"{base}workbench/api/datasets", token)
            yield Case("a panel's first data, warm server", lambda: _get(f"{base}workbench/api/datasets", token), seconds=1.0)


def _python(code: str) -> Callable[[], None]:
    return _command([PYTHON, "-c", code])


def _command(command: list[str]) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(command, check=True, capture_output=True)

    return run


@contextlib.contextmanager
def _up(root: Path) -> Iterator[None]:
    environment = {**os.environ, "WORKBENCH_HOME": str(root)}
    subprocess.run([str(BIN / "workbench"), "up"], env=environment, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run([str(BIN / "workbench"), "down"], env=environment, check=False, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(url: str, token: str) -> None:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        body = answer.read()
    if "/api/" in url:
        json.loads(body)


def _wait_for(url: str, token: str, limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while True:
        try:
            _get(url, token)
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextlib.contextmanager
def _lab(root: Path, ours: bool) -> Iterator[tuple[str, str]]:
    port, token = _free_port(), secrets.token_hex(16)
    options = ["--no-browser", f"--ServerApp.port={port}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
    if os.geteuid() == 0:
        options.append("--allow-root")
    if not ours:
        options.append("--ServerApp.jpserver_extensions={'workbench.jupyter': False}")
        settings = root.parent / "settings-without-ours"
        settings.mkdir(exist_ok=True)
        (settings / "page_config.json").write_text('{"disabledExtensions": {"workbench": true}}')
        options.append(f"--LabApp.app_settings_dir={settings}")
    environment = {**os.environ, "WORKBENCH_HOME": str(root)}
    process = subprocess.Popen(
        [PYTHON, "-m", "jupyterlab", *options],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        base = f"http://127.0.0.1:{port}/"
        _wait_for(f"{base}lab", token)
        yield base, token
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _start_lab(root: Path, ours: bool) -> float:
    start = time.perf_counter()
    with _lab(root, ours):
        return time.perf_counter() - start


def _start_workbench_lab(root: Path) -> float:
    port, start = _free_port(), time.perf_counter()
    token = secrets.token_hex(16)
    process = subprocess.Popen(
        [str(BIN / "workbench"), "lab", "--no-browser", "--port", str(port)],
        cwd=root,
        env={**os.environ, "JUPYTER_TOKEN": token},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/lab", token)
        _wait_for(f"http://127.0.0.1:{port}/workbench/api/datasets", token)
        return time.perf_counter() - start
    finally:
        _stop(process)
