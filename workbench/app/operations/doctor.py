"""Looks at every part of a workspace, and says for each that is not well what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.app.operations.mend import open_to_others, private_paths
from workbench.app.records import Health
from workbench.core.clock import now
from workbench.core.config import unknown_variables
from workbench.core.errors import WorkbenchError
from workbench.core.telemetry import get_logger

if TYPE_CHECKING:
    from workbench.app.services import Services

__all__ = ["examine"]

Check = Callable[["Services"], Iterator[Health]]

_PACKAGES = ("jupyterlab", "duckdb", "pyiceberg", "pyarrow", "polars", "pandas", "dbos", "mlflow", "papermill", "jupyter-server-proxy")
_LOW_DISK, _NO_DISK = 5_000_000_000, 500_000_000
_LAG = 10_000
_CALL_BYTES = 3_000  # in the database, of a statement with its run and its entry in the audit log

log = get_logger("doctor")


def examine(services: Services) -> tuple[Health, ...]:
    """Every check, in order. A check that breaks is itself a failed check, so the others are still made."""
    found: list[Health] = []
    for name, check in _CHECKS.items():
        try:
            found.extend(check(services))
        except WorkbenchError as error:
            found.append(Health(check=name, status="failed", message=error.message, fix=error.fix))
        except Exception as error:
            log.exception("a check broke", extra={"check": name})
            found.append(_failed(name, f"could not be checked: {type(error).__name__}", "Look into .workbench/logs."))
    return tuple(found)


def _ok(check: str, message: str) -> Health:
    return Health(check=check, status="ok", message=message)


def _warn(check: str, message: str, fix: str) -> Health:
    return Health(check=check, status="warning", message=message, fix=fix)


def _failed(check: str, message: str, fix: str) -> Health:
    return Health(check=check, status="failed", message=message, fix=fix)


def _versions(services: Services) -> Iterator[Health]:
    python = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield _warn("python", f"Python {python} is not one the workbench is tested on", "Use Python 3.11, 3.12 or 3.13.")
    missing, shown = [], []
    for package in _PACKAGES:
        try:
            shown.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        yield _failed("versions", f"not installed: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    yield _ok("versions", f"workbench {services.version}, Python {python}, {', '.join(shown)}")


def _settings(services: Services) -> Iterator[Health]:
    changed = sum(source != "default" for source in services.settings.sources.values())
    yield _ok("settings", f"{services.settings.root}/workbench.toml, format 1, {changed} set")
    for name, near in unknown_variables().items():
        fix = f"Did you mean {near}?" if near else "`workbench config` lists the settings; a variable is WORKBENCH_SECTION_KEY."
        yield _warn("settings", f"{name} is set in the environment, and is no setting", fix)


def _disk(services: Services) -> Iterator[Health]:
    free = shutil.disk_usage(services.settings.root).free
    text = f"{free / 1e9:.1f} GB free"
    if free < _NO_DISK:
        yield _failed("disk", text, "Free some space: writes fail when the disk is full. `workbench maintenance` may help.")
    elif free < _LOW_DISK:
        yield _warn("disk", text, "Free some space soon; `workbench maintenance` deletes what nothing needs.")
    else:
        yield _ok("disk", text)


def _file_system(services: Services) -> Iterator[Health]:
    from workbench.store.filesystem import check_local, file_system_of

    if services.store.dialect == "sqlite":
        check_local(services.settings.state)
    kind = file_system_of(services.settings.state)
    yield _ok("file system", f"{kind or 'unknown'}, local")


def _permissions(services: Services) -> Iterator[Health]:
    state = services.settings.state
    if not os.access(state, os.W_OK):
        yield _failed("permissions", f"{state} cannot be written", f"Give it to the user you are: chown -R $USER {state}")
        return
    opened = [path for path in private_paths(state) if open_to_others(path)]
    if opened:
        names = ", ".join(path.name for path in opened)
        yield _warn("permissions", f"other users may open {names}", "Run: workbench doctor --fix")
    else:
        yield _ok("permissions", "only you can open keys and databases")


def _databases(services: Services) -> Iterator[Health]:
    from sqlalchemy import text

    with services.store.read() as conn:
        if services.store.dialect == "sqlite":
            said = conn.execute(text("PRAGMA quick_check")).scalar_one()
            if said != "ok":
                yield _failed("metadata store", f"damaged: {said}", "Restore a back-up: workbench restore BACKUP FOLDER")
                return
        conn.execute(text("SELECT 1")).scalar_one()
    yield _ok("metadata store", f"{services.store.dialect}, {services.log.last():,} events, {services.log.count():,} runs")
    for name in ("dbos.db", "mlflow.db"):
        path = services.settings.state / name
        if path.is_file():
            yield _sqlite_file(name, path)


def _audit(services: Services) -> Iterator[Health]:
    """How fast the log of decisions grows: callers who ask all day long fill the disk with it."""
    told, today = services.audit.count(now() - timedelta(days=1))
    text = f"{told:,} entries, {today:,} in the last day"
    month = 30 * today * _CALL_BYTES
    if month > shutil.disk_usage(services.settings.state).free:
        fix = (
            "`workbench audit list` says whose they are; serve.requests_per_second bounds each user, `workbench audit archive` moves them."
        )
        yield _warn("audit log", f"{text}: with what else is noted of each call the disk is full within a month", fix)
    else:
        yield _ok("audit log", text)


def _sqlite_file(name: str, path: Path) -> Health:
    import contextlib
    import sqlite3

    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            said = connection.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        said = str(error)
    if said == "ok":
        return _ok(name, f"{path.stat().st_size / 1e6:.1f} MB")
    return _failed(name, f"damaged: {said}", "Restore a back-up, or move the file away: it is made again, empty.")


def _storage(services: Services) -> Iterator[Health]:
    from workbench.app.operations.relocate import strays

    storage = services.lake.storage
    if (owner := services.lake.claim.foreign()) is not None:
        fix = "Give this workspace a lake.warehouse of its own, or run: workbench adopt"
        yield _failed("owner", f"the lake belongs to {owner.database} on {owner.host}, since {owner.since}", fix)
        return
    probe = f"{storage.warehouse}/.probe-{os.getpid()}"
    with storage.io.new_output(probe).create(overwrite=True) as stream:
        stream.write(b"workbench")
    with storage.io.new_input(probe).open() as stream:
        same = stream.read() == b"workbench"
    storage.io.delete(probe)
    if not same:
        yield _failed("storage", f"{storage.warehouse} gives back other bytes than were written", "Check the disk or the bucket.")
        return
    yield _ok("storage", f"{storage.warehouse} can be read and written")
    if storage.local:
        elsewhere = strays(services)
        if elsewhere:
            yield _failed("paths", f"tables name files in {', '.join(elsewhere)}", "Was the folder moved? Run: workbench relocate")
        else:
            yield _ok("paths", f"{len(services.lake.names()):,} tables, all below the workspace")


def _query(services: Services) -> Iterator[Health]:
    names = services.lake.names()
    # Planning opens the engine and the table's files as a query would, and leaves no run behind.
    namespace, table = names[0].split(".") if names else ("", "")
    statement = f'select * from "{namespace}"."{table}" limit 1' if names else "select 1"  # noqa: S608 - names of the catalog are identifiers
    services.query.explain(statement)
    yield _ok("query", f"{names[0]} can be queried" if names else "the engine answers; there is no table yet")


def _projections(services: Services) -> Iterator[Health]:
    services.know_projections()
    behind = {name: projection.lag() for name, projection in services.log.projections.items()}
    far = [f"{name} by {lag:,}" for name, lag in behind.items() if lag > _LAG]
    if far:
        yield _warn("projections", f"behind the log: {', '.join(far)}", "They catch up when read; or run: workbench doctor --rebuild")
    else:
        yield _ok("projections", f"{', '.join(sorted(behind))}")


def _processes(services: Services) -> Iterator[Health]:
    from workbench.jobs.renewal import outdated
    from workbench.jobs.supervisor import state

    if outdated(services.settings):
        yield _warn("processes", "were started before the workbench was updated", "Run: workbench down, then workbench up")
    for name, told in state(services.settings).items():
        status = told.get("status")
        if status == "crash-loop":
            yield _failed(name, "ends as soon as it is started", f"Look into {told.get('log')}.")
        elif status == "restarting":
            yield _warn(
                name, f"ended soon after its start, {told.get('restarts')} times: {told.get('error')}", f"Look into {told.get('log')}."
            )
        elif status in ("running", "starting"):
            restarts = told.get("restarts") or 0
            yield _ok(name, f"{status}, pid {told.get('pid')}" + (f", restarted {restarts} times" if restarts else ""))
        else:
            yield _warn(name, str(status), "Start it with: workbench up (workbench lab does so itself)")


def _sockets(services: Services) -> Iterator[Health]:
    from workbench.jobs.paths import socket_path
    from workbench.jobs.supervisor import answers

    path = socket_path(services.settings)
    if not path.exists():
        yield _ok("socket", f"{path}, not in use")
    elif answers(services.settings):
        yield _ok("socket", f"{path}, answers")
    else:
        yield _warn("socket", f"{path} does not answer", "Run: workbench down, then workbench up")


def _port(services: Services) -> Iterator[Health]:
    import socket

    api = services.settings.api
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((api.host, api.port))
        except OSError as error:
            reason = error.strerror or "it cannot be used"
            yield _warn(
                "port", f"{api.host}:{api.port}: {reason.lower()}", "`workbench serve --port N` takes another; 0 means any free one."
            )
            return
    yield _ok("port", f"{api.host}:{api.port} is free for `workbench serve`")


def _gpu(services: Services) -> Iterator[Health]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        yield _ok("gpu", "none; everything runs on the processor")
        return
    import subprocess

    command = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - no input of anybody's
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if done.returncode or not lines:
        yield _warn("gpu", "the driver does not answer", "Run nvidia-smi; reload or reinstall the driver.")
        return
    yield _ok("gpu", "; ".join(lines))
    try:
        metadata.version("dask-cuda")
    except metadata.PackageNotFoundError:
        yield _warn("gpu packages", "not installed", "pip install 'workbench-lab[gpu]'")


def _kernels(services: Services) -> Iterator[Health]:
    from jupyter_client.kernelspec import KernelSpecManager

    found: dict[str, Any] = KernelSpecManager().get_all_specs()
    ours = {name: spec for name, spec in found.items() if name.startswith(("lake", "workbench"))}
    if not ours:
        yield _warn("kernels", "Lake Python and Lake SQL are not installed here", "pip install --force-reinstall workbench-lab")
        return
    for name, spec in ours.items():
        program = (spec["spec"].get("argv") or [""])[0]
        if shutil.which(program) is None and not Path(program).exists():
            yield _failed("kernels", f"{name} starts {program}, which is not there", "pip install --force-reinstall workbench-lab")
            return
    yield _ok("kernels", ", ".join(str(spec["spec"]["display_name"]) for spec in ours.values()))


def _front_end(services: Services) -> Iterator[Health]:
    places = [Path(sys.prefix) / "share" / "jupyter" / "labextensions", Path(__file__).parents[2] / "labextension"]
    for place in places:
        found = [place] if (place / "package.json").is_file() else sorted(place.glob("*workbench*/**/package.json"))
        if found:
            yield _ok("front end", str(found[0] if found[0].is_dir() else found[0].parent))
            return
    yield _warn(
        "front end", "the JupyterLab extension is not built", "In a clone: make lab. Else: pip install --force-reinstall workbench-lab"
    )


_CHECKS: dict[str, Check] = {
    "versions": _versions,
    "settings": _settings,
    "disk": _disk,
    "file system": _file_system,
    "permissions": _permissions,
    "metadata store": _databases,
    "audit log": _audit,
    "storage": _storage,
    "query": _query,
    "projections": _projections,
    "processes": _processes,
    "socket": _sockets,
    "port": _port,
    "gpu": _gpu,
    "kernels": _kernels,
    "front end": _front_end,
}
