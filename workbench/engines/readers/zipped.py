"""Zip archives, opened."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["open_zip"]


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip archive, to be read within the block.

    Raises
    ------
    zipfile.BadZipFile
        It is none, or damaged: also where changed bytes ask for a version of the format that there is not, for a place before the file's
        beginning, or for names that are no text or none at all.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if not all(member.filename for member in archive.infolist()):
                raise zipfile.BadZipFile("A file in it has no name.")
            yield archive
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise zipfile.BadZipFile(str(error)) from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise zipfile.BadZipFile(str(error)) from error
