"""Rows in a file, which appears when it is complete."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from workbench.core.errors import InvalidInput
from workbench.query.export import FORMATS, format_named

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["format_of", "save_rows", "whole_file"]


def format_of(path: Path | None, given: str | None) -> str | None:
    """The format asked for, else the one the file's name says; None for neither a format nor a file.

    Raises
    ------
    InvalidInput
        The name says none, or there is no such format.
    """
    if given is None and path is None:
        return None
    known = (given if given in FORMATS else None) if given is not None else format_named(path.suffix if path else "")
    if known is None:
        said = repr(given) if given is not None else path.name if path else ""
        raise InvalidInput(f"{said} does not say which format is meant.", fix=f"Add --format {' | '.join(FORMATS)}.")
    return known


def save_rows(table: pa.Table, path: Path, form: str | None = None) -> Path:
    """Write a table to a file in a format, which its name says where ``form`` does not.

    Raises
    ------
    InvalidInput, TooLarge, StorageUnavailable
        No such format, the file cannot be written, the format cannot hold the rows, or there is no room.
    """
    from workbench.query.export.write import write_rows

    known = format_of(path, form)
    assert known is not None
    with whole_file(path) as stream:
        write_rows(table, known, stream)
    return path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, in the place of what was there once the block has ended well.

    Raises
    ------
    InvalidInput, StorageUnavailable
        It cannot be written, or there is no room for it.
    """
    from workbench.query.export.write import writing

    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}.", fix="Choose another folder.") from error
    try:
        with writing(str(path)), os.fdopen(descriptor, "wb") as stream:
            yield stream
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
