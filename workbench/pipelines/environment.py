"""With what a run was submitted beside its files: the environment of Python, and the commit of the project's git repository."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import site
import subprocess
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["commit_of", "differing", "environment"]

_MOST_FILES = 50
_GIT_SECONDS = 5.0
_METADATA = (".dist-info", ".egg-info")


def environment() -> dict[str, Any]:
    """The version of ``python``, how many ``packages`` are installed, and a ``hash`` of their names and versions."""
    return dict(_environment(tuple((folder, _changed(folder)) for folder in _folders())))


@lru_cache(maxsize=1)
def _folders() -> tuple[str, ...]:
    """Where packages are installed. To find out takes a millisecond."""
    folders = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    if site.ENABLE_USER_SITE:
        folders.add(site.getusersitepackages())
    return tuple(sorted(folders))


def _changed(folder: str) -> int:
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _environment(folders: tuple[tuple[str, int], ...]) -> dict[str, Any]:
    """By the names of the folders with packages' metadata, which hold name and version: their content is not read."""
    names: set[str] = set()
    for folder, changed in folders:
        if changed:
            names.update(entry.name.lower() for entry in os.scandir(folder) if entry.name.endswith(_METADATA))
    digest = hashlib.sha256("\n".join([platform.python_version(), *sorted(names)]).encode()).hexdigest()
    return {"python": platform.python_version(), "packages": len(names), "hash": f"sha256:{digest}"}


def differing(submitted: dict[str, Any] | None) -> dict[str, Any] | None:
    """The environment here, where it is another one than a run was submitted with; None where it is the same, or that is not known."""
    here = environment()
    return here if submitted is not None and submitted.get("hash") != here["hash"] else None


def commit_of(folder: Path) -> dict[str, Any] | None:
    """The ``commit`` of the git repository that a folder is in, and the files below the folder that are ``changed`` since: paths in the
    repository, at most 50, with how many there are (``changes``). None outside of a repository, or where git does not tell."""
    if not any((each / ".git").exists() for each in (folder, *folder.parents)) or (git := shutil.which("git")) is None:
        return None
    # Nothing that a repository's settings name is begun by looking at it.
    options = ["--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    asked = [git, *options, "status", "--porcelain=v2", "--branch", "--untracked-files=all", "--no-renames", "-z", "--", "."]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        said = subprocess.run(asked, cwd=folder, env=clean, capture_output=True, timeout=_GIT_SECONDS, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    lines = said.decode("utf-8", errors="replace").split("\0")
    commit = next((line.rpartition(" ")[2] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    changed = sorted(_path(line) for line in lines if line[:2] in ("1 ", "u ", "? "))
    return {"commit": None if commit == "(initial)" else commit, "changed": changed[:_MOST_FILES], "changes": len(changed)}


def _path(line: str) -> str:
    """Of a line of git's: after eight fields for a file that is known, ten for one in conflict, one for a new one."""
    fields = {"1": 8, "u": 10, "?": 1}[line[0]]
    return line.split(" ", fields)[fields]
