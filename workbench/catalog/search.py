"""Ranking of datasets for a search: a pure function over what is known of each.

Exact names come first, then beginnings, words, columns, descriptions, owners; only where nothing of that fits well,
names that are spelled alike.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

__all__ = ["Entry", "Match", "rank"]

Where = Literal["name", "column", "description", "owner"]

_WORDS = re.compile(r"[^\W_]+")
_EXCERPT = 120  # characters of a description that a hit shows
_GOOD = 0.3  # below this score a hit does not keep look-alikes away


@dataclass(frozen=True)
class Entry:
    """What of a dataset can be searched."""

    name: str
    columns: tuple[str, ...] = ()
    description: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Match:
    """Where an entry matched best, the text that did, and how well (0 to 1)."""

    entry: Entry
    where: Where
    text: str
    score: float


def rank(query: str, entries: Iterable[Entry], limit: int = 20) -> list[Match]:
    """The best matches, best first; of equals the shorter name, then by alphabet.

    >>> flights = Entry("silver.flights", ("year", "tailnum"), "All departures")
    >>> [(m.where, m.text) for m in rank("flight", [flights])], [(m.where, m.text) for m in rank("tail number", [flights])]
    ([('name', 'silver.flights')], [('column', 'tailnum')])
    """
    wanted = _Query(query)
    if not wanted.words:
        return []
    known = list(entries)
    found = [match for entry in known if (match := max(_matches(wanted, entry), key=lambda m: m.score, default=None)) is not None]
    if not any(match.score >= _GOOD for match in found):
        better = {match.entry.name for match in found}
        found += [match for entry in known if entry.name not in better and (match := _alike(wanted, entry)) is not None]
    found.sort(key=lambda match: (-match.score, len(match.entry.name), match.entry.name))
    return found[:limit]


class _Query:
    def __init__(self, text: str) -> None:
        self.text = text.strip().casefold()
        self.words = _words(self.text)
        self.joined = "".join(self.words)
        self.scores: dict[str, float] = {}  # columns of one name are in many datasets


def _matches(query: _Query, entry: Entry) -> Iterator[Match]:
    score = max(_name_score(query, entry.name), _name_score(query, entry.name.rpartition(".")[2]) * 0.98)
    if score:
        yield Match(entry, "name", entry.name, score)
    best, column = max(((_name_score(query, column), column) for column in entry.columns), default=(0.0, ""), key=lambda pair: pair[0])
    if best:
        yield Match(entry, "column", column, best * 0.6)
    if entry.description:
        score = _text_score(query, entry.description)
        if score:
            yield Match(entry, "description", _excerpt(entry.description, query), score * 0.4)
    if entry.owner and (score := _name_score(query, entry.owner)):
        yield Match(entry, "owner", entry.owner, score * 0.35)


def _name_score(query: _Query, name: str) -> float:
    score = query.scores.get(name)
    if score is None:
        score = query.scores[name] = _score_name(query, name)
    return score


def _score_name(query: _Query, name: str) -> float:
    folded = name.casefold()
    if folded == query.text:
        return 1.0
    if folded.startswith(query.text):
        return 0.9
    words = _words(folded)
    if all(any(word.startswith(part) for word in words) for part in query.words):
        return 0.75
    joined = "".join(words)
    if query.joined in joined:
        return 0.6
    # "tail number" finds tailnum: what was asked for is a longer way to say it.
    if len(joined) >= 4 and query.joined.startswith(joined):
        return 0.55
    return 0.0


def _text_score(query: _Query, text: str) -> float:
    words = _words(text.casefold())
    share = sum(any(word.startswith(part) for word in words) for part in query.words) / len(query.words)
    return 1.0 if share == 1 else share * 0.5


def _alike(query: _Query, entry: Entry) -> Match | None:
    names: list[tuple[float, Where, str]] = [(0.25, "name", entry.name.rpartition(".")[2]), (0.25, "name", entry.name)]
    candidates = names + [(0.2, "column", column) for column in entry.columns]
    best = max(
        ((weight * _similarity(query.joined, text.casefold()), where, text) for weight, where, text in candidates), key=lambda c: c[0]
    )
    score, where, text = best
    return Match(entry, where, entry.name if where == "name" else text, score) if score > 0 else None


@lru_cache(maxsize=200_000)
def _similarity(query: str, text: str) -> float:
    """0 where two spellings are not alike, else 0.7 to 1."""
    joined = "".join(_words(text))
    if not _trigrams(query) & _trigrams(joined):
        return 0.0
    matcher = difflib.SequenceMatcher(None, query, joined, autojunk=False)
    if matcher.real_quick_ratio() < 0.7 or matcher.quick_ratio() < 0.7:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= 0.7 else 0.0


@lru_cache(maxsize=200_000)
def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


@lru_cache(maxsize=200_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(text))


def _excerpt(text: str, query: _Query) -> str:
    flat = " ".join(text.split())
    hits = [at for part in query.words if (at := flat.casefold().find(part)) >= 0]
    start = max(0, min(hits, default=0) - _EXCERPT // 3)
    cut = flat[start : start + _EXCERPT]
    return ("…" if start else "") + cut + ("…" if start + _EXCERPT < len(flat) else "")
