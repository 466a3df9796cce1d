"""What becomes of a quick load's misfits: they are set aside just as the thorough reader would, or the guess is made anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.engines.duckdb.csv import CsvLoad, CsvLoaded
from workbench.engines.readers.clean import Broken, broken_record, is_bearable
from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.dialect import records
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.lines import lines_of_bytes, places_of_records, record_at
from workbench.engines.readers.misfits import Misfits
from workbench.engines.readers.quick import Quick, quick_guess
from workbench.engines.readers.rejects import Rejects
from workbench.engines.readers.total_below import total_below

__all__ = ["Converted", "convert"]

_Values = dict[int, tuple[list[int], list[str | None]]]
_Lines = dict[int, tuple[int, str]]
_TRIES = 3
_SHAPES = ("few", "many")  # of others only the thorough reader knows where the next record begins


@dataclass(frozen=True)
class Converted:
    """A large file as the engine's ``files`` of so many ``rows``; ``guess`` is how it was read in the end."""

    guess: Quick
    files: tuple[Path, ...]
    rows: int
    rejects: pa.Table


def convert(guess: Quick, run: Callable[[CsvLoad], CsvLoaded]) -> Converted | None:
    """Load a file as guessed; where that does not hold, as it is known better then. None: only the thorough reader will do.

    Parameters
    ----------
    run
        Carries a load out; what it raises passes.
    """
    for number in range(_TRIES):
        done = run(guess.load)
        found = _judged(guess, done, number)
        if not isinstance(found, Quick):
            return found
        guess = found
    return None


def _judged(guess: Quick, done: CsvLoaded, number: int) -> Converted | Quick | None:
    files = tuple(map(Path, done.files))
    if not done.misfits:
        return Converted(_totalled(guess, files, done.rows, ()), files, done.rows, Rejects().table()) if done.rows else None
    told = done.rejects.to_pylist()
    shapes = [row for row in told if row["byte"] is not None]
    values = _by_record(row for row in told if row["byte"] is None)
    if any(row["reason"] not in _SHAPES for row in shapes) or not told:
        return None
    columns = _known_better(guess, values, files, done.rows if files else None)
    load, folder = guess.load, Path(guess.load.folder)
    again = folder.with_name(f"{folder.name.split('-')[0]}-{number + 2}")
    better = quick_guess(guess.request, guess.dialect, guess.layout, columns, guess.field_ids, again, load.file_mb)
    if better is None or any(new.kind == Kind.TEXT != old.kind for new, old in zip(better.columns, guess.columns, strict=True)):
        return None  # at which row it became text only the thorough reader can say
    if better.load.columns != load.columns:
        return better
    if not done.rows or len(shapes) + len(values) < done.misfits or not is_bearable(len(shapes), done.rows + len(values)):
        return None
    misfits = Misfits(better.taken)
    for record, (places, texts) in values.items():
        if any(better.columns[place].takes(texts[place]) for place in places):
            return None
        first = min(number for number, column in enumerate(better.taken) if column.place in places)
        misfits.add(record, first, tuple(texts[column.place] for column in better.taken))
    rejects = Rejects()
    broken = _broken(better, shapes)
    spans = [(row["byte"], len(row["text"].encode())) for row in shapes]
    known = {row["record"]: (row["line"], row["text"]) for row in told if row["line"] is not None}
    misfits.tell(rejects, lambda asked: _places(better, asked, spans, known), broken)
    return Converted(_totalled(better, files, done.rows, [texts for _, texts in values.values()]), files, done.rows, rejects.table())


def _totalled(guess: Quick, files: Sequence[Path], rows: int, aside: Sequence[Sequence[str | None]]) -> Quick:
    """The guess, which tells of a last line that is a total of the others."""
    told = total_below(guess, files, rows, _nulls(files), aside)
    return replace(guess, warnings=(*guess.warnings, *told)) if told else guess


def _by_record(rows: Any) -> _Values:
    """By record, in order: the places of the columns that it does not fit, and all its texts."""
    found: _Values = {}
    for row in rows:
        found.setdefault(row["record"], ([], row["values"]))[0].append(row["place"])
    return dict(sorted(found.items()))


def _known_better(
    guess: Quick, values: dict[int, tuple[list[int], list[str | None]]], files: Sequence[Path], rows: int | None
) -> list[TextColumn]:
    """The columns as the whole file makes them: of what was converted only the number is known (None: the load was broken
    off), of the rest every value."""
    nulls = _nulls(files)
    numbers = list(values)
    texts = [texts for _, texts in values.values()]
    found = []
    for column in guess.columns:
        there = None if rows is None else rows - nulls.get(column.name, rows)
        found.append(column.known_better(there, pa.array([row[column.place] for row in texts], pa.string()), numbers))
    return found


def _nulls(files: Sequence[Path]) -> dict[str, int]:
    """How many values of each column are missing, by the files' own account."""
    found: dict[str, int] = {}
    for file in files:
        facts = pq.read_metadata(file)
        for group in range(facts.num_row_groups):
            for place in range(facts.num_columns):
                column = facts.row_group(group).column(place)
                found[column.path_in_schema] = found.get(column.path_in_schema, 0) + (column.statistics.null_count or 0)
    return found


def _broken(guess: Quick, shapes: list[dict[str, Any]]) -> list[tuple[int, Broken]]:
    lines = lines_of_bytes(guess.request.path, [row["byte"] for row in shapes])
    found = []
    for line, row in zip(lines, shapes, strict=True):
        cells = next(iter(records([row["text"]], guess.dialect.delimiter, guess.dialect.quote, guess.dialect.escape)), [])
        found.append((line, broken_record("width", cells, row["text"], line, guess.dialect, guess.request.shown, None)))
    return found


def _places(guess: Quick, asked: Sequence[int], spans: list[tuple[int, int]], known: _Lines) -> list[tuple[int, str]]:
    if all(record in known for record in asked):
        return [known[record] for record in asked]
    path, dialect = guess.request.path, guess.dialect
    places = places_of_records(path, asked, skip=guess.load.skip, quote=dialect.quote, escape=dialect.escape, broken=spans)
    return [(place.line, record_at(path, place)) for place in places]
