"""The composition root: settings in, a workspace out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import AlreadyExists

if TYPE_CHECKING:
    from workbench.app.local import LocalWorkspace
    from workbench.app.workspace import Workspace
    from workbench.core.config import Settings

__all__ = ["init", "log_to_file", "open"]


def open(path: str | os.PathLike[str] | None = None, *, url: str | None = None, token: str | None = None) -> Workspace:
    """Open a workspace.

    Parameters
    ----------
    path
        Its folder. None: ``WORKBENCH_HOME``, or the nearest folder upwards that holds a ``workbench.toml``.
    url
        Its API instead (``http://host:port`` or ``http+unix:///path/api.sock``); ``WORKBENCH_URL`` when neither is given.
    token
        The bearer token for that API. None: ``WORKBENCH_TOKEN``, or what `workbench login` kept.

    Raises
    ------
    WorkspaceNotFound, InvalidSetting, FormatMismatch
        There is no workspace, its settings are wrong, or another version made it.
    """
    from workbench.core.scratch import scratch_of

    url = url or (os.environ.get("WORKBENCH_URL") if path is None and scratch_of() is None else None)
    if url:
        from workbench.app.remote import RemoteWorkspace

        return RemoteWorkspace(url, token)
    from workbench.core.config import find_root, load_settings
    from workbench.core.starting import importing

    with importing():
        from workbench.app.local import LocalWorkspace

    root = find_root() if path is None else Path(path).expanduser().resolve()
    settings = load_settings(root)
    log_to_file(settings)
    return LocalWorkspace(settings)


def log_to_file(settings: Settings) -> None:
    """Send this process's log to the workspace's ``logs/python.jsonl``, unless it goes somewhere already.

    Else Python would print warnings, tracebacks included, between a person's own output.
    """
    import logging

    from workbench.core.telemetry import configure_logging

    if not logging.getLogger("workbench").handlers:
        configure_logging(settings.state / "logs" / "python.jsonl", settings.log.level)


def init(path: str | os.PathLike[str] | None = None, name: str | None = None, *, exist_ok: bool = False) -> LocalWorkspace:
    """Make a workspace of a folder (the current one by default) and open it.

    Raises
    ------
    AlreadyExists
        It is one already, unless ``exist_ok``.
    UnsupportedFileSystem
        The folder is on a network file system, where SQLite loses data.
    """
    from workbench.app.local import LocalWorkspace
    from workbench.core.config import FILE_NAME, create_workspace_file, load_settings

    root = Path.cwd() if path is None else Path(path).expanduser().resolve()
    if (root / FILE_NAME).exists() and not exist_ok:
        raise AlreadyExists(f"{root} is a workspace already.", fix="Open it: workbench status")
    create_workspace_file(root, name or root.name or "workbench")
    settings = load_settings(root)
    log_to_file(settings)
    workspace = LocalWorkspace(settings)
    workspace.services.prepare()
    return workspace
