"""Zip archives, opened."""

from __future__ import annotations

import zipfile
from pathlib import Path

__all__ = ["open_zip"]


def open_zip(path: Path) -> zipfile.ZipFile:
    """A zip archive, to be read and closed.

    Raises
    ------
    zipfile.BadZipFile
        It is none, or damaged: also where a changed byte asks for a version of the format that there is not, or makes a name no text.
    """
    try:
        return zipfile.ZipFile(path)
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise zipfile.BadZipFile(str(error)) from error
