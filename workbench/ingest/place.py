"""What is asked for, checked before anything is read: the file, and the dataset's name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InvalidInput, InvalidName, UnreadableFile, nearest
from workbench.core.names import ZONES, check_identifier, slug
from workbench.engines.readers import EXTENSIONS

if TYPE_CHECKING:
    from workbench.ingest.agree import Agreed

__all__ = ["called", "dataset_name", "inside_of", "part_of", "source_file"]

_ENDINGS = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".zip")


def source_file(source: Path) -> tuple[Path, str, str | None]:
    """The file itself (links are followed), its name as the person wrote it, and what is meant of it: the sheet in
    ``report.xlsx#Sheet2``, the file in ``archive.zip#flights.csv``.

    Raises
    ------
    UnreadableFile
        It is not there, is a folder, a link to nothing, no regular file, or may not be read.
    """
    source, sheet = inside_of(source)
    try:
        path = source.expanduser().resolve(strict=True)
    except FileNotFoundError as error:
        raise _missing(source) from error
    except (OSError, RuntimeError) as error:
        raise UnreadableFile(f"{source} cannot be reached.", fix="Check the folders and links that lead to it.") from error
    if path.is_dir():
        raise UnreadableFile(f"{source} is a folder.", fix="Name one file in it; several files are taken in one by one.")
    if not path.is_file():
        raise UnreadableFile(f"{source} is no regular file.", fix="Copy its content into a file first.")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise UnreadableFile(f"{source} may not be read by this user.", fix=f"Give yourself the right: chmod u+r '{path}'")
    return path, source.name, sheet


def inside_of(source: Path) -> tuple[Path, str | None]:
    """The file itself, and what is meant of it after a ``#``: of a workbook a sheet, of a zip archive a file."""
    text = str(source)
    if "#" not in text or source.exists():
        return source, None
    places = [place for place, letter in enumerate(text) if letter == "#"]
    place = next((place for place in places if Path(text[:place]).is_file()), places[-1] if "#" in source.name else None)
    return (source, None) if place is None else (Path(text[:place]), text[place + 1 :])


def _missing(source: Path) -> UnreadableFile:
    if source.is_symlink():
        return UnreadableFile(f"{source} is a link to something that is not there.", fix="Correct the link, or name the file itself.")
    folder = source.parent
    try:
        close = nearest(source.name, (entry.name for entry in folder.iterdir()))
    except OSError:
        return UnreadableFile(f"There is no file {source}: its folder is not there.", fix="Check the path.")
    return UnreadableFile(f"There is no file {source}.", fix=f"Did you mean {str(folder / close)!r}?" if close else "Check the path.")


def dataset_name(file: str, name: str | None, zone: str) -> tuple[str, str]:
    """The zone and the full name of the dataset; without a name, the file's.

    Raises
    ------
    InvalidInput, InvalidName
        There is no such zone, or the name is not possible.
    """
    if name is not None and "." in name:
        zone, _, name = name.partition(".")
    if zone not in ZONES:
        close = nearest(zone, ZONES)
        raise InvalidInput(f"There is no zone {zone!r}.", fix=f"Did you mean {close!r}?" if close else f"There are: {', '.join(ZONES)}.")
    if name is None:
        return zone, f"{zone}.{slug(_stem(file))}"
    if "." in name:
        raise InvalidName(f"{zone}.{name} has too many dots.", fix=f"A name is zone.table, for example '{zone}.{slug(name)}'.")
    return zone, f"{zone}.{check_identifier(name, 'table name')}"


def called(path: Path, shown: str, inside: str | None = None, said: str | None = None) -> str:
    """What a dataset of a file is called where nobody says: as the file, and of one sheet of a workbook or one file of an archive that
    has several also as that, so that another is another dataset.

    Parameters
    ----------
    path, shown
        The file, and its name.
    inside
        What was named after a ``#``.
    said
        The sheet of a reading. The first one that is shown says nothing: every reading of the book that is handed back has it.
    """
    if inside is None and said is None:
        return shown
    from workbench.engines.readers.sheet import first_shown, sheet_names
    from workbench.engines.readers.unpack import file_names

    if inside is not None and (members := file_names(path)):
        return _of_archive(shown, inside, members)
    sheets = sheet_names(path)
    if sheets is None:  # of the older formats it would take long to tell
        sheet = inside if EXTENSIONS.get(Path(shown).suffix.lower()) == "excel" else None
    else:
        sheet = next(
            (each for each in (inside, said if said != first_shown(path, sheets) else None) if each in sheets and len(sheets) > 1), None
        )
    return f"{_stem(shown)}_{sheet}" if sheet else shown


def part_of(path: Path, shown: str, inside: str | None, how: Callable[[], Agreed]) -> str | None:
    """Which part of a file is taken, however it was named; None: the one that is taken where nobody says.

    Parameters
    ----------
    path, shown
        The file, and its name.
    inside
        What was named after a ``#``.
    how
        Tells how it is read, which may name a sheet. Not asked where the file can have none.

    Raises
    ------
    InvalidInput
        Somebody says one sheet behind the ``#``, and another as a reading.
    """
    from workbench.engines.readers.sheet import first_shown, sheet_names
    from workbench.engines.readers.unpack import file_names

    sheets, files = sheet_names(path), file_names(path)
    if sheets is None and not _is_book(inside if inside and files else files[0] if len(files) == 1 else shown):
        return inside
    agreed = how()
    sheet = agreed.reading.sheet
    if sheet is not None and inside is not None and files:
        return f"{inside}#{sheet}"
    if agreed.said and None not in (sheet, inside) and sheet != inside:
        raise InvalidInput(f"{shown}#{inside} names one sheet, the reading another: {sheet!r}.", fix="Leave one of them out.")
    sheet = inside or sheet
    return None if sheets is not None and sheet == first_shown(path, sheets) else sheet


def _is_book(name: str) -> bool:
    plain = Path(name).stem if Path(name).suffix.lower() in _ENDINGS else name
    return EXTENSIONS.get(Path(plain).suffix.lower()) == "excel"


def _of_archive(shown: str, inside: str, members: tuple[str, ...]) -> str:
    """``arch_towns`` of ``arch.zip#a/towns.csv``, and ``arch_book_Q1`` of a sheet in it."""
    member = next((each for each in members if inside == each or inside.startswith(f"{each}#")), None)
    if member is None or len(members) < 2:
        return shown
    sheet = inside[len(member) + 1 :]
    return "_".join(part for part in (_stem(shown), _stem(member.rpartition("/")[2]), sheet) if part)


def _stem(file: str) -> str:
    """The file's name without the endings that say format and compression; other dots stay."""
    stem = file
    if Path(stem).suffix.lower() in _ENDINGS:
        stem = Path(stem).stem
    return Path(stem).stem if Path(stem).suffix.lower() in EXTENSIONS else stem
