"""MLflow: where experiments are recorded, and how its own page is served."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput

__all__ = ["SOCKET_HOST", "artifact_root", "mlflow_server_command", "mlflow_server_environment", "tracking_environment"]

#: The only Host that MLflow takes on a socket: the proxy before it puts it in the place of the browser's.
SOCKET_HOST = "localhost"

# MLflow reports its use to its makers unless told not to.
_PRIVATE = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def artifact_root(settings: Settings) -> Path:
    """Where models and other files of experiments go, when ``tracking.url`` is a database of our own."""
    return settings.state / "mlartifacts"


def tracking_environment(settings: Settings) -> dict[str, str]:
    """What a kernel or step needs so that ``import mlflow`` just works, from any folder.

    With a database, MLflow's client writes into it directly; without the artifact root it would drop files below whatever
    folder the notebook happens to be in.
    """
    # Below a warning it tells of its own database: "Creating initial database tables", in red, in a person's first notebook.
    level = os.environ.get("MLFLOW_LOGGING_LEVEL", "WARNING")
    environment = {"MLFLOW_TRACKING_URI": settings.tracking_url, "MLFLOW_LOGGING_LEVEL": level, **_PRIVATE}
    if not _is_server(settings):
        environment["_MLFLOW_SERVER_ARTIFACT_ROOT"] = artifact_root(settings).as_uri()
    return environment


def mlflow_server_command(
    settings: Settings, *, socket: str | None = None, port: int | None = None, prefix: str = "", origins: Sequence[str] = ()
) -> list[str]:
    """The command that serves MLflow's page over the workspace's experiments; start it on demand, it costs 400 MB.

    Its environment is :func:`mlflow_server_environment`, which holds what must not be seen in a list of processes.

    Parameters
    ----------
    socket
        Path of a unix socket, in a folder that only the owner can enter: MLflow asks nobody who they are, and on a port any
        user of the machine gets in. A template such as ``{unix_socket}`` is passed through.
    port
        A port on loopback instead.
    prefix
        The path it is seen under, such as ``/user/ada/workbench/mlflow``; the proxy must pass it on unchanged.
    origins
        Beside loopback's, origins whose pages may change things, such as ``https://hub.example.org``.

    Raises
    ------
    InvalidInput
        Neither a socket nor a port was given, or both; or ``tracking.url`` is a server already.
    """
    if (socket is None) == (port is None):
        raise InvalidInput("MLflow's server needs a socket or a port.", fix="Give one of them.")
    if _is_server(settings):
        raise InvalidInput(f"Experiments are on a server of their own: {settings.tracking_url}.", fix="Open that address.")
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--default-artifact-root", artifact_root(settings).as_uri(), "--no-serve-artifacts"]
    if socket is not None:
        # Nobody but the proxy can reach the socket; it has looked at the browser's Host and says this one.
        command += ["--uvicorn-opts", f"--uds {socket} --log-level warning", "--allowed-hosts", SOCKET_HOST]
    else:
        command += ["--host", "127.0.0.1", "--port", str(port), "--uvicorn-opts", "--log-level warning"]
    if prefix.strip("/"):
        command += ["--static-prefix", "/" + prefix.strip("/")]
    if origins:
        command += ["--cors-allowed-origins", ",".join(origins)]
    return command


def mlflow_server_environment(settings: Settings) -> dict[str, str]:
    """The environment for :func:`mlflow_server_command`: this process's, and where the experiments are."""
    artifact_root(settings).mkdir(parents=True, exist_ok=True)
    # Its background jobs (model evaluation by a hosted judge, and such) are not used here.
    own = {"MLFLOW_BACKEND_STORE_URI": settings.tracking_url, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **_PRIVATE}
    return {**{k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}, **own}


def _is_server(settings: Settings) -> bool:
    return settings.tracking_url.startswith(("http://", "https://"))
