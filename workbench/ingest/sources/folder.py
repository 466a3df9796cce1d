"""A folder, or a pattern of files: which files are meant, in which order, and what they have in common."""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from workbench.core.errors import InvalidInput, UnreadableFile
from workbench.engines.readers.formats import EXTENSIONS
from workbench.ingest.sources.base import Notes
from workbench.ingest.sources.hive import check_alike, constants_of, types_of
from workbench.ingest.sources.words import as_text, has_magic, is_text

__all__ = ["Member", "Members", "one_by_one", "passed_over", "saying", "settle", "under"]

_MOST = 100_000
_ONE_BY_ONE = 50
_PACKED = (".gz", ".gzip", ".zst", ".zstd", ".bz2")
_HALF_DONE = ("*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload", "*.download", "*.swp", "*~", "~$*", "*.lock")
# Beside data there lie notes, sums and pictures. Only what can be no table is passed over; anything else that is not known is refused.
_NO_TABLES = (
    ".md", ".rst", ".pdf", ".html", ".htm", ".docx", ".pptx", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".py", ".ipynb", ".r", ".sql",
    ".sh", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log", ".md5", ".sha1", ".sha256", ".crc", ".asc", ".sig",
)  # fmt: skip
_NOTES = re.compile(r"(read_?me|licen[cs]e|copying|changelog|notice|thumbs\.db|desktop\.ini)(\.(txt|md))?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Member:
    """One file of several: where it is (a path, or a key of a bucket), its place below what was named, and its bytes where a listing has
    told them."""

    place: str
    below: PurePath
    size: int = 0

    @property
    def family(self) -> str:
        """The format its name says, lines of JSON and JSON being one."""
        suffixes = [suffix.lower() for suffix in self.below.suffixes]
        if suffixes and suffixes[-1] in _PACKED:
            suffixes.pop()
        kind = EXTENSIONS.get(suffixes[-1], "") if suffixes else ""
        return "json" if kind == "ndjson" else kind or (suffixes[-1] if suffixes else "")


@dataclass(frozen=True)
class Members:
    """Files that are taken in together, sorted, with what their folders say of each and the types of that."""

    files: tuple[Member, ...]
    constants: tuple[dict[str, str | None], ...] = ()
    types: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[Member, dict[str, str | None]]]:
        return zip(self.files, self.constants, strict=True)


def under(path: Path, enters: Callable[[Path], bool] = lambda folder: True) -> Iterator[Member]:
    """Every file in a folder and the folders below it, or that a pattern (``data/*.csv``, ``data/**/*.parquet``) names, once each. Links to
    folders are not followed, and into folders that the caller does not enter nobody looks.

    Raises
    ------
    InvalidInput
        A pattern leads up again, or has ``**`` beside other letters.
    UnreadableFile
        The folder may not be read.
    """
    if path.is_dir():
        yield from _walk(path, enters)
        return
    base = _fixed_part(path)
    below = path.relative_to(base)
    if ".." in below.parts:
        raise InvalidInput("A pattern leads down only: '..' cannot stand behind a * or ?.", fix="Write the folder out.")
    # ``data/**/*`` names a file by itself, and by each folder above it.
    seen: set[str] = set()
    for member in _matched(base, str(below), enters):
        if member.place not in seen:
            seen.add(member.place)
            yield member


def _matched(base: Path, pattern: str, enters: Callable[[Path], bool]) -> Iterator[Member]:
    # Path.glob gives hidden files too; they are said to be passed over, as in a folder.
    try:
        found = sorted(base.glob(pattern))
    except ValueError as error:  # ``**.csv``, which some shells read as ``*.csv`` and some as ``**/*.csv``
        raise InvalidInput(
            f"{pattern} is no pattern: '**' stands alone between slashes.", fix="Write '**/*.csv' for all folders, '*.csv' for one."
        ) from error
    for each in found:
        if not enters(each.parent):
            continue
        if each.is_dir() and enters(each):
            # ``data/month=*`` means the files in these folders.
            yield from (Member(member.place, each.relative_to(base) / member.below) for member in _walk(each, enters))
        elif _is_file(each):
            yield Member(str(each), each.relative_to(base))


def _walk(folder: Path, enters: Callable[[Path], bool]) -> Iterator[Member]:
    def refuse(error: OSError) -> None:
        raise UnreadableFile(f"The folder {error.filename} may not be read.", fix="Give yourself the right to read it.") from error

    for where, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if enters(Path(where, name))]
        for name in names:
            each = Path(where, name)
            if _is_file(each):
                yield Member(str(each), each.relative_to(folder))


def _is_file(path: Path) -> bool:
    """No, too, of a link that may not be followed."""
    try:
        return path.is_file()
    except OSError:
        return False


def _fixed_part(pattern: Path) -> Path:
    """The folder that a pattern starts from."""
    parts = pattern.parts
    first = next(index for index, part in enumerate(parts) if has_magic(part))
    return Path(*parts[:first])


def passed_over(below: PurePath) -> str | None:
    """Why a file is none of the data, by its name; None where it is."""
    if any(part.startswith(".") or (part.startswith("_") and "=" not in part) for part in below.parts):
        return "hidden"
    name = below.name.lower()
    if any(fnmatch.fnmatch(name, pattern) for pattern in _HALF_DONE):
        return "temporary"
    return "no table" if below.suffix.lower() in _NO_TABLES or _NOTES.match(below.name) else None


def settle(
    found: Iterator[Member], shown: str, above: Sequence[str], note: Notes, inside: Callable[[Member], str] | None = None
) -> Members:
    """The files that are taken, sorted; what is passed over is said.

    Parameters
    ----------
    found
        As they are listed.
    shown
        What the person named.
    above
        Folders that lead to it, outermost first: those at the end that say a column count too.
    note
        Told what was passed over.
    inside
        Of an archive: what a file is called behind the ``#``, to take it alone.

    Raises
    ------
    UnreadableFile
        There is none, they have different formats, or their folders say different columns.
    InvalidInput
        There are more than 100,000.
    """
    taken: list[Member] = []
    over: dict[str, list[str]] = {}
    for count, member in enumerate(found, 1):
        if count > _MOST:
            raise InvalidInput(f"{shown} holds more than {_MOST:,} files.", fix="Name a folder further below, or a narrower pattern.")
        why = passed_over(member.below) or (None if is_text(member.below) else "a name that is not UTF-8")
        if why is None:
            taken.append(member)
        else:
            over.setdefault(why, []).append(as_text(member.below))
    for why, names in sorted(over.items()):
        listed = ", ".join(sorted(names)[:5]) + (", ..." if len(names) > 5 else "")
        note.fact(f"{_files(len(names))} passed over ({why}): {listed}")
    if not taken:
        beside = f" Passed over: {_files(sum(map(len, over.values())))}." if over else ""
        raise UnreadableFile(f"There is no file to take in {shown}.{beside}", fix="Check the folder or the pattern.")
    taken.sort(key=lambda member: _natural(member.below))
    _check_formats(taken, shown, inside)
    said = [constants_of(PurePath(*saying(above), *member.below.parts)) for member in taken]
    check_alike((str(member.below), constants) for member, constants in zip(taken, said, strict=True))
    return Members(tuple(taken), tuple(said), types_of(said))


def saying(above: Sequence[str]) -> list[str]:
    """Of the folders that lead somewhere, those at the end that say a column.

    >>> saying(["/", "a=b", "flights", "year=2013", "month=1"])
    ['year=2013', 'month=1']
    """
    last = next((index for index, part in enumerate(reversed(above)) if "=" not in part), len(above))
    return list(above[len(above) - last :])


def _natural(path: PurePath) -> tuple[object, ...]:
    """``part-2`` before ``part-10``; the same on every machine."""
    return tuple((int(bit), bit) if bit.isdecimal() else (-1, bit) for bit in re.split(r"(\d+)", path.as_posix()) if bit)


def _check_formats(members: Sequence[Member], shown: str, inside: Callable[[Member], str] | None) -> None:
    families = Counter(member.family for member in members)
    if len(families) < 2:
        return
    listed = ", ".join(f"{count} {_called(family)}" for family, count in families.most_common())
    told = f"The files in {shown} have different formats: {listed}."
    if inside is not None:
        names = [inside(member) for member in members]
        raise UnreadableFile(told, fix=f"Take each by itself, such as {shown}#{names[0]}.", inside=one_by_one(names))
    endings = [member.below.suffix for member in members if member.family == families.most_common(1)[0][0]]
    raise UnreadableFile(told, fix=f"Name one kind by a pattern, such as '*{endings[0]}'.")


def one_by_one(names: Sequence[str]) -> tuple[str, ...]:
    """The files of an archive that a page offers to look at one by one: all, or none where these are too many."""
    return tuple(names) if len(names) <= _ONE_BY_ONE else ()


def _called(family: str) -> str:
    words = {"csv": "delimited text", "json": "JSON", "parquet": "Parquet", "excel": "Excel", "arrow": "Arrow", "": "without an ending"}
    return words.get(family, family)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
