"""``workbench lab``."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import say, settings
from workbench.core.errors import InvalidInput, MissingDependency, ServiceNotRunning, Unavailable

if TYPE_CHECKING:
    from workbench.core.config import Settings

__all__ = ["lab"]

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ADDRESS_OPTIONS = ("--ip", "--ServerApp.ip")
_START_SECONDS = 120
# In our own environment once we started ourselves anew: where the token can be read.
_TOKEN_FD = "WORKBENCH_LAB_TOKEN_FD"  # noqa: S105 - a name


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.option("--allow-remote", is_flag=True, help="Allow an --ip that other machines can reach.")
@click.option("--help", "show_help", is_flag=True, help="Show this message and exit.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def lab(ctx: click.Context, allow_remote: bool, show_help: bool, arguments: tuple[str, ...]) -> int:
    """Open JupyterLab on this project, with the workbench's processes running.

    ARGUMENTS go to `jupyter lab` as they are: --no-browser, --port 8899, --ip ... Ctrl-C ends JupyterLab; runs go on
    (`workbench down` stops those, too).
    """
    if show_help:
        print(ctx.get_help())
        return 0
    from workbench.jobs.roles import leave_step

    leave_step()
    chosen = settings()
    _check_address(arguments, allow_remote)
    _check_port(arguments)
    token = _token()
    say("Starting the workbench's processes and JupyterLab; the address follows in some seconds.")
    _start_processes(chosen)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    process = _start_lab(chosen, arguments, token)
    try:
        _announce(process)
        return process.wait()
    except KeyboardInterrupt:
        return _end(process)


def _token() -> str:
    """The token as Jupyter would find it, or a new one.

    Raises
    ------
    InvalidInput
        The file that JUPYTER_TOKEN_FILE names holds none.
    """
    # Taken out of the environment: what is started from here, down to the kernels of pipelines, would inherit it.
    token, file, handed_on = (os.environ.pop(name, "") for name in ("JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE", _TOKEN_FD))
    if handed_on:
        with os.fdopen(int(handed_on), encoding="utf-8") as stream:
            return stream.read()
    if token:
        # The system shows the environment that a process began with for as long as it lives.
        reading = _pipe_with(token)
        os.set_inheritable(reading, True)
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, _TOKEN_FD: str(reading)})  # noqa: S606 - ourselves
    return _token_in(file) if file else secrets.token_urlsafe(24)


def _token_in(file: str) -> str:
    try:
        token = Path(file).read_text(encoding="utf-8").strip()  # editors end a file with a new line
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"The file {file}, which JUPYTER_TOKEN_FILE names, cannot be read.",
            fix="Correct its path or rights, or unset JUPYTER_TOKEN_FILE.",
        ) from error
    if not token:  # Jupyter would let everybody in
        raise InvalidInput(
            f"The file {file}, which JUPYTER_TOKEN_FILE names, is empty.", fix="Write a token into it, or unset JUPYTER_TOKEN_FILE."
        )
    return token


def _pipe_with(token: str) -> int:
    """A descriptor that the token can be read from, once."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(token.encode())
    return reading


def _interrupt(*_: object) -> None:
    # Who ends us ends JupyterLab, too: no server stays behind without its terminal.
    raise KeyboardInterrupt


def _check_address(arguments: tuple[str, ...], allow_remote: bool) -> None:
    for index, argument in enumerate(arguments):
        name, found, value = argument.partition("=")
        if name not in _ADDRESS_OPTIONS:
            continue
        address = value if found else arguments[index + 1] if index + 1 < len(arguments) else ""
        if address.strip("'\"") not in _LOOPBACK and not allow_remote:
            raise InvalidInput(
                f"With {name} {address} other machines could reach JupyterLab, and with it everything your user may do.",
                fix="Leave it out and use an SSH tunnel, or say --allow-remote if you mean it.",
            )


def _check_port(arguments: tuple[str, ...]) -> None:
    """Jupyter would quietly take the next port, while the person's tunnel or bookmark leads to whoever has this one."""
    port = _value(arguments, ("--port", "--ServerApp.port"))
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return  # none was named, or Jupyter will say what is wrong with it
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError:
            raise Unavailable(
                f"Port {port} is in use, perhaps by a JupyterLab that still runs (`jupyter server list` shows them).",
                fix="Stop that one, choose another --port, or leave --port out.",
            ) from None


def _value(arguments: tuple[str, ...], names: tuple[str, ...]) -> str:
    for index, argument in enumerate(arguments):
        name, found, value = argument.partition("=")
        if name in names:
            return value if found else arguments[index + 1] if index + 1 < len(arguments) else ""
    return ""


def _start_processes(chosen: Settings) -> None:
    from workbench.cli.commands.processes import renew
    from workbench.jobs.supervisor import up

    renew(chosen)
    # JupyterLab takes seconds to start; the API and the worker start beside it, and are waited for by who needs them.
    up(chosen, wait=None)


def _start_lab(chosen: Settings, arguments: tuple[str, ...], token: str) -> subprocess.Popen[bytes]:
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise MissingDependency("JupyterLab is not installed in this environment.", fix="pip install workbench-lab")
    # Named options win over a person's own configuration; theirs, given on the command line, win over ours.
    ours = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={chosen.root}"]
    given = {argument.partition("=")[0] for argument in arguments}
    ours = [
        option for option in ours if option.partition("=")[0] not in given and not (option.startswith("--ServerApp.ip") and "--ip" in given)
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # A container's only user is often root, and Jupyter refuses it; we stay on loopback with a token.
        ours.append("--allow-root")
    if not any(argument.startswith(("--log-level", "--Application.log_level", "--debug")) for argument in arguments):
        ours.append("--log-level=WARN")  # else the address drowns in notices
    environment = {**os.environ, "WORKBENCH_HOME": str(chosen.root)}
    reading = _pipe_with(token)
    with os.fdopen(reading, "rb"):
        command = [sys.executable, "-m", "workbench.jupyter.lab", str(reading), *ours, *arguments]
        return subprocess.Popen(command, cwd=chosen.root, env=environment, pass_fds=(reading,))  # noqa: S603 - the person's own arguments


def _announce(process: subprocess.Popen[bytes]) -> None:
    from jupyter_core.paths import jupyter_runtime_dir

    told = Path(jupyter_runtime_dir()) / f"jpserver-{process.pid}.json"
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        server = _read(told)
        if server is not None and server.get("pid") == process.pid:
            query = f"?token={server['token']}" if server.get("token") else ""  # a person's own configuration may want none
            say(f"\n    JupyterLab: {server['url']}lab{query}\n")
            return
        time.sleep(0.1)
    if process.poll() is None:
        _end(process)
        raise ServiceNotRunning(f"JupyterLab did not start within {_START_SECONDS} s.", fix="Its own messages above say why.")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _end(process: subprocess.Popen[bytes]) -> int:
    """Ctrl-C: JupyterLab has got it, too, and asks whether it is meant; told once more it just ends."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    say("JupyterLab has ended. What runs on the queue goes on; `workbench down` stops that, too.")
    return 0
