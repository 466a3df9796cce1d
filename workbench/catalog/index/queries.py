"""What a person typed as a query of the index.

Every part of a query scores a constant: how often a word occurs, and in how many datasets, must not count, or the order of what
a reader may see would tell of what they may not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from workbench.catalog.index.entry import Filters, Where
from workbench.catalog.index.schema import schema
from workbench.catalog.index.text import FILLERS, fold, joined, words

__all__ = [
    "SHORTEST_BEGINNING",
    "SHORTEST_TOGETHER",
    "SHORTEST_TWICE",
    "SHORTEST_TYPO",
    "WEIGHTS",
    "Asked",
    "certainty",
    "filtering",
    "with_columns",
]

#: What a word is worth by its place: whole, as the beginning of a word, with a typing error.
WEIGHTS: dict[Where, tuple[float, float, float]] = {
    "name": (1.0, 0.9, 0.72),
    "column": (0.6, 0.52, 0.42),
    "description": (0.5, 0.42, 0.32),
    "tag": (0.48, 0.4, 0.3),
    "owner": (0.46, 0.38, 0.29),
    "term": (0.44, 0.36, 0.28),
}
#: The same for the index's fields. They choose which datasets are looked at closely; the order is :mod:`.ranking`'s.
_FIELDS = {"name": WEIGHTS["name"], "column": WEIGHTS["column"], "description": WEIGHTS["description"], "said": WEIGHTS["tag"]}
_MOST_CHARACTERS = 400
_MOST_WORDS = 12
SHORTEST_TYPO = 4  # letters; shorter words have too many neighbours
SHORTEST_BEGINNING = 6  # letters of a word that may be mistyped and unfinished
SHORTEST_TOGETHER = 6  # letters of a word that may be several words of a name
SHORTEST_TWICE = 8  # letters of a word that may have two errors


class Asked:
    """A person's words. Only the first 12 count, of the first 400 characters. ``columns_only`` looks for columns and nothing else."""

    def __init__(self, text: str, *, columns_only: bool = False) -> None:
        self.columns_only = columns_only
        self._fields = {"column": _FIELDS["column"]} if columns_only else _FIELDS
        cut = text[:_MOST_CHARACTERS].strip()
        self.text = fold(cut)
        self.joined = joined(cut)
        found = tuple(dict.fromkeys(words(cut)))[:_MOST_WORDS]
        telling = tuple(word for word in found if word not in FILLERS)
        self.words = telling or found

    @cached_property
    def strict(self) -> Any:
        """Every word is there, or one that begins with it or differs from it by one typing error."""
        return self._query([self._any_of(list(self._ways(at))) for at in range(len(self.words))], len(self.words))

    @cached_property
    def loose(self) -> Any:
        """Most of the words are there; long ones may have two errors, and a name may be shorter than what was typed."""
        wanted = [self._any_of([*self._ways(at), *self._far_ways(at)]) for at in range(len(self.words))]
        return self._query(wanted, math.ceil(len(wanted) * 0.6))

    def _query(self, wanted: list[Any], least: int) -> Any:
        import tantivy

        should, must = tantivy.Occur.Should, tantivy.Occur.Must
        if least == len(wanted):
            # The rarest part leads and the others are only looked up; counting how many are met goes through every posting.
            required = tantivy.Query.boolean_query([(must, each) for each in wanted])
        else:
            required = tantivy.Query.boolean_query([(should, each) for each in wanted], minimum_number_should_match=least)
        return tantivy.Query.boolean_query([(must, required), *((should, each) for each in self._better())])

    def _better(self) -> Iterator[Any]:
        """What lifts a dataset among those that have the words: the text is its name, or begins it; its name has no more words."""
        if self.columns_only:
            return
        yield _constant(_term("whole", self.text), 4.0)
        yield _constant(_term("whole", self.joined), 3.0)
        yield _constant(_beginning("whole", self.text), 1.0)
        for more, worth in enumerate((0.09, 0.08, 0.06, 0.04, 0.02), start=-1):
            if len(self.words) + more > 0:
                yield _constant(_term("size", str(len(self.words) + more)), worth)

    def _ways(self, at: int) -> Iterator[tuple[Any, float]]:
        word = self.words[at]
        for field, (whole, beginning, typo) in self._fields.items():
            yield _term(field, word), whole
            if len(word) > 1 or field == "name":
                yield _beginning(field, word), beginning
            if typo and len(word) >= SHORTEST_TYPO:
                yield _near(field, word, prefix=len(word) >= SHORTEST_BEGINNING), typo * certainty(word)
        yield from self._written_as_one(word)
        for field, worth in self._uncut():
            for pair in self._pairs(at):
                yield _beginning(field, pair), worth * 0.98
            for short in self._short_pairs(at):
                yield _term(field, short), worth * 0.9

    def _written_as_one(self, word: str) -> Iterator[tuple[Any, float]]:
        """A word that is several words of a column's name (``flightdelay`` for ``flight_delay``). A short one is so only as a whole:
        its beginnings would be those of the columns' first words again, and thousands of them."""
        whole, beginning, typo = _FIELDS["column"]
        yield _term("has_column", word), whole
        if len(word) >= SHORTEST_TOGETHER:
            yield _beginning("has_column", word), beginning
            yield _near("has_column", word, prefix=True), typo * certainty(word)

    def _uncut(self) -> Iterator[tuple[str, float]]:
        """The fields that have names as one word, and what a word is worth there."""
        yield "has_column", _FIELDS["column"][0]
        if not self.columns_only:
            yield "name", _FIELDS["name"][0]

    def _short_pairs(self, at: int) -> Iterator[str]:
        """And it may cut the second of the two short: ``tail number`` is ``tailnum``. With one or two letters of the second it would
        rather be the first with an ending (``customers`` for ``customer status``)."""
        for first in range(max(at - 1, 0), min(at + 1, len(self.words) - 1)):
            word, rest = self.words[first], self.words[first + 1]
            for end in range(3, len(rest)):
                if len(word) + end >= (len(word) + len(rest)) // 2:
                    yield word + rest[:end]

    def _pairs(self, at: int) -> Iterator[str]:
        """What people write apart, a name may write as one."""
        if at > 0:
            yield self.words[at - 1] + self.words[at]
        if at + 1 < len(self.words):
            yield self.words[at] + self.words[at + 1]

    def _far_ways(self, at: int) -> Iterator[tuple[Any, float]]:
        word = self.words[at]
        if len(word) >= SHORTEST_TWICE:
            for field, (_, _, typo) in self._fields.items():
                yield _near(field, word, distance=2), typo * 0.7
        for pair in self._pairs(at):
            for field, worth in self._uncut():
                for end in range(max(4, len(pair) // 2), len(pair)):
                    yield _term(field, pair[:end]), worth * 0.9

    @staticmethod
    def _any_of(ways: list[tuple[Any, float]]) -> Any:
        import tantivy

        return tantivy.Query.disjunction_max_query([_constant(query, worth) for query, worth in ways])


def certainty(word: str) -> float:
    """How far a likeness with one typing error may be believed: the shorter the word, the more others are like it."""
    return 1.0 if len(word) > 6 else 0.9 if len(word) > 4 else 0.7


def filtering(filters: Filters) -> list[Any]:
    """The parts of a query that a hit must meet, without a score."""
    import tantivy

    found = []
    for field, text in (("is_zone", filters.zone), ("is_owner", filters.owner), ("is_tag", filters.tag)):
        if text:
            found.append(_term(field, fold(text.strip())))
    if filters.column:
        found.append(_term("has_column", joined(filters.column)))
    if filters.updated_since is not None:
        since = int(filters.updated_since.timestamp() * 1000)
        found.append(tantivy.Query.range_query(schema(), "updated", tantivy.FieldType.Integer, lower_bound=since))
    return [_constant(each, 0.0) for each in found]


def with_columns(columns: Iterable[str], least: int) -> Any:
    """Datasets that have at least ``least`` of these columns; the score is how many they have."""
    import tantivy

    each = [(tantivy.Occur.Should, _constant(_term("has_column", name), 1.0)) for name in {joined(column) for column in columns}]
    return tantivy.Query.boolean_query(each, minimum_number_should_match=min(max(least, 1), len(each)))


def _constant(query: Any, worth: float) -> Any:
    import tantivy

    return tantivy.Query.const_score_query(query, worth)


def _term(field: str, word: str) -> Any:
    import tantivy

    return tantivy.Query.term_query(schema(), field, word, "basic")


def _beginning(field: str, word: str) -> Any:
    return _near(field, word, distance=0, prefix=True)


def _near(field: str, word: str, *, distance: int = 1, prefix: bool = False) -> Any:
    import tantivy

    return tantivy.Query.fuzzy_term_query(schema(), field, word, distance, True, prefix)
