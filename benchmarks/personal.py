"""Personal data: precision and recall of the detectors on labelled columns, and how long they take.

``_personal_columns.py`` makes the columns; the held-out part is of generators that nothing was tuned on.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.cli.bench import Case, Context
from workbench.quality.personal.judge import judge

sys.path.insert(0, str(Path(__file__).parent))

from _personal_columns import DEVELOPMENT, HELD_OUT, Column, columns


class Figures:
    """Findings with the right tag, with a wrong one or where there is nothing personal, and what was not found."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()

    def precision(self, tag: str | None = None) -> float:
        return _share(self.right, self.wrong, tag)

    def recall(self, tag: str | None = None) -> float:
        return _share(self.right, self.missed, tag)

    def table(self) -> str:
        tags = sorted(self.right | self.wrong | self.missed)
        lines = [f"{'tag':18} {'columns':>8} {'precision':>10} {'recall':>8}"]
        for tag in (*tags, None):
            count = sum(self._of(some, tag) for some in (self.right, self.missed))
            lines.append(f"{tag or 'overall':18} {count:8,} {self.precision(tag):10.3f} {self.recall(tag):8.3f}")
        return "\n".join(lines)

    @staticmethod
    def _of(some: Counter[str], tag: str | None) -> int:
        return some.total() if tag is None else some[tag]


def _share(right: Counter[str], other: Counter[str], tag: str | None) -> float:
    yes, no = (right.total(), other.total()) if tag is None else (right[tag], other[tag])
    return yes / (yes + no) if yes + no else 1.0


def figures(some: Iterable[Column]) -> Figures:
    """Each column judged by its name, its dataset's and its values. A wrong tag is a wrong finding, and one that was missed."""
    found = Figures()
    for column in some:
        one = judge(column.name, column.kind, column.values, column.dataset)  # type: ignore[arg-type]
        if one is not None and one.tag == column.tag:
            found.right[one.tag] += 1
            continue
        if one is not None:
            found.wrong[one.tag] += 1
        if column.tag is not None:
            found.missed[column.tag] += 1
    return found


def cases(context: Context) -> Iterator[Case]:
    """Governed SQL: personal data found, on at least 2,000 labelled columns. The figures are printed, and kept as notes."""
    for part in (DEVELOPMENT, HELD_OUT):
        made = list(columns(part))
        table = figures(made).table()
        nothing = sum(column.tag is None for column in made)
        print(f"{part}: {len(made):,} columns, {nothing:,} of them with nothing personal\n{table}\n", file=sys.stderr)
        yield Case(f"{part}, {len(made):,} columns judged", lambda made=made: _judged(made), seconds=30.0, pairs=3, note=table)


def _judged(made: list[Column]) -> None:
    figures(made)
