"""What ``workbench doctor`` may mend: nothing that a person made is touched."""

from __future__ import annotations

import contextlib
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.app.services import Services

__all__ = ["mend_harmless", "rebuild_projections"]

_STALE_SECONDS = 24 * 3600


def rebuild_projections(services: Services) -> tuple[str, ...]:
    """Read every projection off the run log again; returns a line for each."""
    services.know_projections()
    for name in services.log.projections:
        services.log.rebuild(name)
    return tuple(f"Rebuilt {name} from the run log." for name in services.log.projections)


def mend_harmless(services: Services) -> tuple[str, ...]:
    """Close what others could read, fail runs nobody carries out any more, remove leftovers of dead processes."""
    state = services.settings.state
    done = [*_close_folders(state), *_remove_leftovers(state)]
    lost = services.log.reconcile()
    if lost:
        done.append(f"{len(lost)} run(s) whose process had died are marked as failed.")
    return tuple(done) or ("Nothing to mend.",)


def private_paths(state: Path) -> list[Path]:
    """Folders and files that only the owner may open."""
    databases = [path for path in state.glob("*.db*") if path.is_file()]
    return [path for path in (state / "secrets", state / "run", *databases) if path.exists()]


def open_to_others(path: Path) -> bool:
    """Whether anybody but the owner may open it."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _close_folders(state: Path) -> list[str]:
    done = []
    for path in private_paths(state):
        if open_to_others(path):
            path.chmod(0o700 if path.is_dir() else 0o600)
            done.append(f"Closed {path} to other users.")
    return done


def _remove_leftovers(state: Path) -> list[str]:
    limit = time.time() - _STALE_SECONDS
    count = 0
    for path in (*(state / "tmp").glob("*"), *(state / "blobs").glob(".*.part")):
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink()
                count += 1
    return [f"Removed {count} leftover file(s) of writes that never ended."] if count else []
