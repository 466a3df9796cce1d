"""Text whose columns are aligned by blanks or stand between bars, as programs print lists: told only where it is sure.

::

    ID    NAME           AMOUNT        ------------------------
    ----- ------------ --------        |  Konto |  Saldo      |
    00001 Ann Smith       12.50        |----------------------|
    00002 Bob              3.25        |  4000  |  1.234,56-  |

Such a file is read from a copy with a tab between its values, line for line, so that lines keep their numbers. What is no row of it (a line
that does not stand in the columns) stays as it is, and is set aside as a record of the wrong shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from workbench.engines.readers.column import TextColumn
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.reading import Reading

__all__ = ["ALIGNED", "NAMED", "Aligned", "aligned_in", "looks_aligned"]

#: What to say where columns may be aligned by blanks, but not surely.
ALIGNED = (
    "The lines look like columns that are aligned by blanks, but where one ends and the next begins is not sure; they are taken as one "
    "column. Export the file with a delimiter, or take it apart in SQL: trim(substr({name}, 1, 10))."
)
#: What to add where the first line was taken for the column's name.
NAMED = " If its first line is no header, read it with `header=False`."
_TAB = "\t"
_TOP, _ROWS, _LEAST = 30, 1000, 3
_BESIDE = 2  # lines that are no rows, in a list however short
_RULE = re.compile(r"[-+=|\s]*[-=]{3}[-+=|\s]*")
_DASHES = re.compile(r"-{2,}(?: +-+)+|-+(?: +-{2,})+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = re.compile(r"\S {2,}\S")
_MARKS = re.compile(r"[,;|\t]")


@dataclass(frozen=True)
class Aligned:
    """``edges`` are the places of the bars, or where columns begin (the first is 0); ``header`` is the line (from 1) that names the
    columns; ``ruled`` says that a line of dashes stands below it."""

    kind: str
    edges: tuple[int, ...]
    header: int
    ruled: bool
    names: tuple[str, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know about how the file was understood."""
        how = "stand between bars" if self.kind == "bars" else "are aligned by blanks"
        told = f"The columns {how}: {len(self.names):,} were found" + (", with a line of dashes below their names." if self.ruled else ".")
        lines = f"the first {self.header - 1:,} lines are" if self.header > 2 else "the first line is"
        return (told, f"The header is on line {self.header:,}; {lines} no data.") if self.header > 1 else (told,)

    def delimited(self, path: Path, target: Path) -> Path:
        """The file (UTF-8) with a tab between its values, written to ``target``. Lines above the header and of dashes are blank there, and
        so is a header that comes again."""
        with path.open(encoding="utf-8-sig", newline="") as stream, target.open("w", encoding="utf-8", newline="") as sink:
            for number, line in enumerate(stream, 1):
                text = line.rstrip("\r\n")
                sink.write(self._line(number, text) + line[len(text) :])
        return target

    def _line(self, number: int, text: str) -> str:
        if number < self.header or not text.strip() or (_RULE.fullmatch(text) and (self.kind == "bars" or _DASHES.fullmatch(text.strip()))):
            return ""
        cells = self.split(text)
        if cells is None:
            return text
        return "" if number > self.header and tuple(cells) == self.names else _TAB.join(map(_quoted, cells))

    def split(self, text: str) -> list[str] | None:
        """The values of a line; None where it does not stand in the columns."""
        if _TAB in text:
            return None
        return _between_bars(text.rstrip(), self.edges) if self.kind == "bars" else _in_columns(text, self.edges)


def aligned_in(sample: str, said: Reading) -> Aligned | None:
    """How the columns of a file that begins so are aligned; None where they are not, or not surely."""
    if said.delimiter not in (None, _TAB) or said.header is False:
        return None
    lines = _LINE_END.split(sample, maxsplit=_ROWS)[:_ROWS]
    if any(_TAB in line for line in lines):
        return None
    lines[: said.skip] = [""] * min(said.skip, len(lines))
    return next((found for find in (_barred, _dashed, _blanks) if (found := find(lines)) is not None and _is_sure(found, lines)), None)


def looks_aligned(rows: Sequence[str]) -> bool:
    """Whether most lines of a file of one column have gaps of several blanks."""
    return len(rows) >= _LEAST and sum(_BLANKS.search(row) is not None for row in rows) >= 0.9 * len(rows)


def _barred(lines: list[str]) -> Aligned | None:
    first = next((place for place, line in enumerate(lines[:_TOP]) if _is_barred(line) and not _RULE.fullmatch(line)), None)
    if first is None or not any(_RULE.fullmatch(line) for line in lines[max(first - 1, 0) : first + 2]):
        return None
    text = lines[first].rstrip()
    edges = tuple(place for place, character in enumerate(text) if character == "|")
    return _made("bars", edges, first, lines)


def _is_barred(line: str) -> bool:
    text = line.strip()
    return len(text) > 2 and text[0] == text[-1] == "|" and text.count("|") > 2


def _dashed(lines: list[str]) -> Aligned | None:
    rule = next((place for place, line in enumerate(lines[:_TOP]) if place and _DASHES.fullmatch(line.strip())), None)
    if rule is None or not lines[rule - 1].strip():
        return None
    edges = tuple(found.start() for found in re.finditer(r"-+", lines[rule]))
    return _made("dashes", (0, *edges[1:]), rule - 1, lines)


def _blanks(lines: list[str]) -> Aligned | None:
    """Columns with at least two blanks between them in every line, of which one holds numbers or dates: text has no such."""
    filled = [line for line in lines if line.strip()]
    if len(filled) <= _LEAST or any(_MARKS.search(line) for line in filled):
        return None
    width = max(map(len, filled))
    blank = [all(place >= len(line) or line[place] == " " for line in filled) for place in range(width)]
    edges = [place for place in range(2, width) if not blank[place] and blank[place - 1] and blank[place - 2]]
    found = _made("blanks", (0, *edges), lines.index(filled[0]), lines) if edges else None
    if found is None or any(_BLANKS.search(name) for name in found.names):
        return None
    rows = [cells for line in filled[1:] if (cells := found.split(line)) is not None]
    typed = sum(_is_typed([row[place] for row in rows]) for place in range(len(found.names)))
    return found if typed and not any(_is_typed([name]) for name in found.names) else None


def _made(kind: str, edges: tuple[int, ...], header: int, lines: list[str]) -> Aligned | None:
    ruled = header + 1 < len(lines) and _RULE.fullmatch(lines[header + 1]) is not None
    found = Aligned(kind, edges, header + 1, ruled, ())
    names = found.split(lines[header])
    if names is None or len(names) < 2 or not all(names):
        return None
    return Aligned(kind, edges, header + 1, ruled, tuple(names))


def _is_sure(found: Aligned, lines: list[str]) -> bool:
    """Whether nearly all lines below the header stand in the columns."""
    below = [line for line in lines[found.header :] if line.strip() and not _RULE.fullmatch(line)]
    good = sum(found.split(line) is not None for line in below)
    return good >= 2 and len(below) - good <= max(len(below) // 10, min(good - 1, _BESIDE))


def _between_bars(text: str, edges: tuple[int, ...]) -> list[str] | None:
    if not _is_barred(text):
        return None
    if len(text) == edges[-1] + 1 and all(text[place] == "|" for place in edges):
        return [text[left + 1 : right].strip() for left, right in pairwise(edges)]
    cells = text.strip()[1:-1].split("|")
    return [cell.strip() for cell in cells] if len(cells) == len(edges) - 1 else None


def _in_columns(text: str, edges: tuple[int, ...]) -> list[str] | None:
    if any(place <= len(text) and text[place - 1 : place] not in (" ", "") for place in edges[1:]):
        return None
    return [text[left:right].strip() for left, right in pairwise((*edges, max(len(text), edges[-1])))]


def _is_typed(cells: list[str]) -> bool:
    column = TextColumn("")
    column.see(pa.array([cell or None for cell in cells], pa.string()))
    return column.kind not in (Kind.TEXT, Kind.EMPTY)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if '"' in cell else cell
