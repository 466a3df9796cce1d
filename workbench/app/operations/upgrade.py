"""Brings a workspace of an earlier format to this version's."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from workbench.core.config import FILE_NAME, FORMAT, load_settings
from workbench.core.errors import FormatMismatch, InvalidSetting, WorkspaceNotFound
from workbench.core.records import Record

__all__ = ["STEPS", "UpgradeReport", "upgrade"]

# From a format to the next: each step takes the workspace's folder, may be run again after a crash, and ends by
# writing the next number into workbench.toml. The tests keep a workspace of every format there has been.
STEPS: dict[int, Callable[[Path], None]] = {}


class UpgradeReport(Record):
    """The format before and after, and whether the metadata store's tables were brought up to date."""

    root: str
    before: int
    after: int
    steps: int


def upgrade(root: Path) -> UpgradeReport:
    """Bring the workspace to format :data:`workbench.core.config.FORMAT` and its database to this version's tables.

    Raises
    ------
    WorkspaceNotFound, InvalidSetting
        There is no workspace, or its file does not say its format.
    FormatMismatch
        A newer version made it.
    """
    before = _format_of(root)
    if before > FORMAT:
        raise FormatMismatch(
            f"The workspace has format {before}; this version knows up to {FORMAT}.",
            fix="Install a newer workbench.",
            found=before,
            supported=FORMAT,
        )
    for number in range(before, FORMAT):
        STEPS[number](root)
    from workbench.store import Store

    store = Store(load_settings(root).store_url)
    try:
        store.migrate()
    finally:
        store.close()
    return UpgradeReport(root=str(root), before=before, after=FORMAT, steps=FORMAT - before)


def _format_of(root: Path) -> int:
    path = root / FILE_NAME
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")).get("format")
    except FileNotFoundError as error:
        raise WorkspaceNotFound(f"There is no {FILE_NAME} in {root}.", fix=f"Run: workbench init {root}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path} is not valid TOML: {error}.", fix="Correct that line.") from error
    if not isinstance(found, int) or found < 1:
        raise InvalidSetting(f"{path} does not say its format.", fix=f"Add the line `format = {FORMAT}` at the top.")
    return found
