"""Files that come through widget messages, piece by piece."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO

from workbench.app.workspace import Workspace
from workbench.core.errors import Cancelled
from workbench.ingest.records import Staged

__all__ = ["Upload"]


class Upload:
    """One file on its way: written to a folder of its own, staged when it is whole, then removed."""

    def __init__(self, file: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="workbench-upload-"))
        # Only the last part: a browser's file name is not a path on this machine.
        self._path = self._folder / (Path(file.replace("\\", "/")).name or "upload")
        self._file: IO[bytes] = self._path.open("wb")
        self.cancelled = False

    def add(self, piece: bytes | memoryview) -> None:
        """Write the next piece."""
        self._file.write(piece)

    def finish(self, workspace: Workspace) -> Staged:
        """Bring the whole file to where the workspace is, to be looked at.

        Raises
        ------
        Cancelled
            The person stopped it.
        WorkbenchError
            Whatever staging raises.
        """
        try:
            self._file.close()
            if self.cancelled:
                raise Cancelled("Stopped.", fix="Drop the file again.")
            return workspace.ingest.stage(self._path)  # type: ignore[no-any-return]
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove what has come."""
        self._file.close()
        shutil.rmtree(self._folder, ignore_errors=True)
