"""Files of this machine: one, a folder of them, or a pattern."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath

from workbench.core.errors import UnreadableFile, WorkbenchError
from workbench.engines.readers.formats import EXTENSIONS
from workbench.ingest.place import source_file
from workbench.ingest.sources.archive import members
from workbench.ingest.sources.base import Fetched, Notes
from workbench.ingest.sources.folder import Members, saying, settle, under
from workbench.ingest.sources.hive import constants_of, types_of
from workbench.ingest.sources.reach import Reach
from workbench.ingest.sources.words import has_magic, local_path

__all__ = ["called_together", "check_there", "fixed_part", "open_files"]

_LOOKED_AT = 100  # files of a folder, whether they are of one table
_SMALL = 1 << 20  # bytes: of larger ones only those whose columns stand first
_TOLD_BY_THE_FIRST = ("csv", "json", "ndjson", "parquet", "arrow")


def open_files(source: str, reach: Reach, scratch: Path, note: Notes) -> Iterator[Fetched]:
    """The files that a path names: ``data.csv``, ``book.xlsx#Sheet2``, ``data/``, ``data/*.csv``, an archive.

    Raises
    ------
    Forbidden
        The caller may not name it, or a link in it leads to where they may not.
    UnreadableFile
        It is not there, may not be read, or its files do not go together.
    """
    written = local_path(source)
    path = reach.absolute(written)
    if _is_several(path, written, reach):
        yield from _several(path, written, reach, scratch, note)
        return
    reach.check(path, written)
    real, shown, sheet = source_file(path)
    reach.check(real, written)  # the part of the name after # is known to be a sheet only now
    said = constants_of(PurePath(*saying(path.parent.parts), path.name))
    yield from members(Fetched(real, shown, str(path), sheet, said, types_of([said])), scratch, note)


def check_there(source: str, reach: Reach) -> None:
    """Refuse a path that names nothing, before any source beside it is taken. Raises as :func:`open_files` does."""
    written = local_path(source)
    path = reach.absolute(written)
    if not _is_several(path, written, reach):
        reach.check(path, written)
        source_file(path)
    elif next(under(path, reach.enters), None) is None:
        raise UnreadableFile(f"There is no file to take in {written}.", fix="Check the folder or the pattern.")


def _is_several(path: Path, written: str, reach: Reach) -> bool:
    try:
        return path.is_dir() or (has_magic(written) and not path.exists())
    except OSError as error:
        reach.check(path, written)  # why it cannot be reached is not told of what may not be named
        reason = os.strerror(error.errno) if error.errno else "the system refused"
        raise UnreadableFile(f"{written} cannot be reached: {reason}.", fix="Check the path.") from error


def _several(path: Path, written: str, reach: Reach, scratch: Path, note: Notes) -> Iterator[Fetched]:
    fixed = fixed_part(path)
    reach.check(fixed, written)
    found = settle(under(path, reach.enters), written, fixed.parts, note)
    name = called_together(path)
    siblings: Callable[[Path], Iterator[Fetched]] | None = partial(_beginnings, found, path, reach)
    for member, said in found:
        real = reach.check(Path(member.place), str(member.below))
        real, _, _ = source_file(real)
        file = Fetched(real, member.below.as_posix(), str(path), constants=said, types=found.types, name=name)
        for inner in members(file, scratch, note):
            # Of an archive in a folder its own files are compared.
            yield replace(inner, name=name, siblings=inner.siblings or siblings, inside=())
            siblings = None


def _beginnings(found: Members, path: Path, reach: Reach, folder: Path) -> Iterator[Fetched]:
    """Some of the files, spread evenly, whose columns their first bytes tell; where they stand in a folder nothing is copied."""
    step = -(-len(found.files) // _LOOKED_AT)
    for member in found.files[::step]:
        kind = EXTENSIONS.get(member.below.suffix.lower())
        with suppress(WorkbenchError, OSError):  # told when its turn comes
            real = reach.check(Path(member.place), str(member.below))
            if kind in _TOLD_BY_THE_FIRST or real.stat().st_size <= _SMALL:
                yield Fetched(real, member.below.as_posix(), str(path))


def called_together(path: Path) -> str:
    """What the files of a folder or pattern are called as one dataset.

    >>> [called_together(Path(text)) for text in ("/d/flights/*.csv", "/d/flights/month=*", "/d/sales_*.csv")]
    ['flights', 'flights', 'sales']
    """
    fixed = fixed_part(path)
    if path != fixed and path.parent == fixed:
        stem = path.name[: next(place for place, char in enumerate(path.name) if has_magic(char))].rstrip("._- ")
        if stem and "=" not in stem:
            return stem
    return next((part for part in reversed(fixed.parts) if "=" not in part and part != fixed.anchor), "files")


def fixed_part(path: Path) -> Path:
    """The folder itself, or the one that a pattern starts from."""
    first = next((place for place, part in enumerate(path.parts) if has_magic(part)), None)
    return path if first is None or path.is_dir() else Path(*path.parts[:first])
