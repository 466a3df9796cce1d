"""The order of hits: a pure function of the words and of one dataset at a time.

A hit's score depends on nothing but the words and that dataset, so a reader sees the order that a catalog of only the visible
datasets would give.
"""

from __future__ import annotations

from collections.abc import Iterable

from workbench.catalog.index.entry import Entry, Filters, Found, How, Reason, Where
from workbench.catalog.index.queries import SHORTEST_BEGINNING, SHORTEST_TOGETHER, SHORTEST_TWICE, SHORTEST_TYPO, WEIGHTS, Asked, certainty
from workbench.catalog.index.text import fold, joined, roughly, spelling, words

__all__ = ["fitting_columns", "met", "rank", "with_all_words"]

_MOST_COLUMNS = 5_000  # of a dataset that are looked at for why it was found
_EXCERPT = 120  # characters of a description that a reason shows
_WHOLE, _BEGINNING, _TYPO, _NOT = 0, 1, 2, 3  # how a word fits another, best first

# Of each word that was asked for, how it fits a text, and what that is worth there.
Fits = tuple[tuple[float, int], ...]
_Fit = tuple[float, int, Where, str]


def rank(asked: Asked, entries: Iterable[Entry], limit: int, *, loose: bool = False) -> list[Found]:
    """The best first; of equals the shorter name, then by alphabet. What needs a typing error comes only where nothing fits
    better without one. ``loose`` lets long words have two errors."""
    judge = _Judge(asked, loose)
    found = [hit for entry in entries if (hit := judge.of(entry)) is not None]
    found.sort(key=lambda hit: (-hit.score, len(hit.entry.name), hit.entry.name))
    clean = next((at for at, hit in enumerate(found) if _clean(asked, hit)), len(found))
    kept = [hit for at, hit in enumerate(found) if at < clean or all(reason.how != "typo" for reason in hit.reasons)]
    return kept[:limit]


def with_all_words(asked: Asked, hits: Iterable[Found]) -> list[Found]:
    """Those hits that have every word, as a query of the index wants it; one that is called so has them."""
    return [hit for hit in hits if {reason.word for reason in hit.reasons} >= set(asked.words) or hit.reasons[0].word == asked.text]


def met(filters: Filters, entry: Entry) -> Found:
    """A dataset that was found by filters alone: what of it they name is why."""
    named: list[tuple[Where, str | None, tuple[str, ...]]] = [
        ("tag", filters.tag, entry.tags),
        ("column", filters.column, entry.columns),
        ("owner", filters.owner, (entry.owner,)),
    ]
    reasons = [
        Reason(word=word, where=place, text=next((text for text in texts if joined(text) == joined(word)), word), how="exact")
        for place, word, texts in named
        if word
    ]
    return Found(entry, 1.0, tuple(reasons) or (Reason(word=entry.zone, where="name", text=entry.name, how="exact"),))


def fitting_columns(asked: Asked, entry: Entry) -> list[tuple[str, float]]:
    """The columns of a dataset that have all the words, each with how well it fits (0 to 1), best first."""
    judge = _Judge(asked, loose=True)
    found = [(column, judge.column(column)) for column in entry.columns[:_MOST_COLUMNS]]
    return sorted(((column, score) for column, score in found if score), key=lambda each: (-each[1], len(each[0]), each[0]))


def _clean(asked: Asked, hit: Found) -> bool:
    return hit.score >= 0.9 or {reason.word for reason in hit.reasons if reason.how != "typo"} >= set(asked.words)


class _Judge:
    """Judges datasets for one query; what it has found out about a text it need not find out again."""

    def __init__(self, asked: Asked, loose: bool) -> None:
        self._asked = asked
        self._loose = loose
        self._words: dict[str, tuple[int, ...]] = {}
        self._texts: dict[tuple[Where, str], Fits] = {}
        self._certainty = [certainty(word) for word in asked.words]
        # A word that fits shares one of its first two letters with one of the first two of what was asked (see ``spelling``).
        self._letters = {letter for word in asked.words for letter in word[:2]}
        self._long = [(at, word) for at, word in enumerate(asked.words) if len(word) >= SHORTEST_TOGETHER]
        self._no_word = (_NOT,) * len(asked.words)
        self._nothing: Fits = ((0.0, _NOT),) * len(asked.words)

    def column(self, name: str) -> float:
        fits = self._fits("column", name)
        if any(not worth for worth, _ in fits):
            return 0.0
        whole = joined(name) == self._asked.joined
        return 1.0 if whole else round(min(0.95, sum(worth for worth, _ in fits) / len(fits) / WEIGHTS["column"][_WHOLE] * 0.85), 4)

    def of(self, entry: Entry) -> Found | None:
        asked = self._asked
        name = None if asked.columns_only else _as_name(asked, entry)
        if name is not None:
            reason = Reason(word=asked.text, where="name", text=entry.name, how="prefix" if name < 0.95 else "exact")
            return Found(entry, name, (reason,))
        named = self._nothing if asked.columns_only else self._fits("name", entry.name)
        best: list[_Fit] = [(worth, how, "name", entry.name) for worth, how in named]
        if any(worth < WEIGHTS["name"][_TYPO] for worth, *_ in best):
            self._elsewhere(entry, best)
        matched = [(fit, word) for fit, word in zip(best, asked.words, strict=True) if fit[0]]
        if not matched:
            return None
        score = 0.8 * sum(fit[0] for fit, _ in matched) / len(best) + _bonus(asked, entry, [fit for fit, _ in matched], len(best))
        reasons = [_reason(word, *fit) for fit, word in sorted(matched, key=lambda each: -each[0][0])]
        return Found(entry, round(min(score, 0.88), 4), tuple(reasons))

    def _elsewhere(self, entry: Entry, best: list[_Fit]) -> None:
        """Look for the words in all places; of columns that fit equally well, that with most of the words is named."""
        together: tuple[float, str] = (0.0, "")
        for column in entry.columns[:_MOST_COLUMNS]:
            fits = self._fits("column", column)
            if fits is not self._nothing:
                _improve(best, fits, "column", column)
                together = max(together, (sum(worth for worth, _ in fits), column))
        if together[0]:
            _improve(best, self._fits("column", together[1]), "column", together[1], also_equal=True)
        for place, texts in () if self._asked.columns_only else _others(entry):
            for text in texts:
                _improve(best, self._fits(place, text), place, text)

    def _fits(self, place: Where, text: str) -> Fits:
        found = self._texts.get((place, text))
        if found is None:
            found = self._work_out(place, text)
            self._texts[place, text] = found = found if any(worth for worth, _ in found) else self._nothing
        return found

    def _work_out(self, place: Where, text: str) -> Fits:
        worths, hows = WEIGHTS[place], [each for other in words(text) if (each := self._word(other)) is not self._no_word]
        called = text.rpartition(".")[2] if place == "name" else text
        whole = joined(called)
        together = self._together(words(called)) if place in ("name", "column") else {}
        if not hows and not together and whole not in self._asked.words:
            return self._nothing
        best = map(min, zip(*hows, strict=True)) if hows else self._no_word
        fits = [self._worth(at, worths, how) for at, how in enumerate(best)]
        if place in ("name", "column"):
            _pairs(self._asked, whole, worths[_WHOLE], fits)
            for at, how in together.items():
                fits[at] = max(fits[at], self._worth(at, worths, how))
            fits = [(worths[_WHOLE], _WHOLE) if word == whole else fit for fit, word in zip(fits, self._asked.words, strict=True)]
        if place == "column":
            # Words that one column has together mean more than the same words of several.
            more = 0.05 * min(sum(worth > 0 for worth, _ in fits) - 1, 2)
            fits = [(worth + more, how) if worth else (worth, how) for worth, how in fits]
        return tuple(fits)

    def _together(self, parts: tuple[str, ...]) -> dict[int, int]:
        """By their places, the words that write several words of a name as one (``flihgtdelay`` for ``flight_delay``), and how they fit."""
        found: dict[int, int] = {}
        for start in range(len(parts) - 1 if self._long else 0):
            for at, word in self._long:
                # It reaches into the next word of the name, and is no single word of it.
                if len(word) > len(parts[start]) and parts[start][:1] in word[:2]:
                    how = _fit(word, "".join(parts[start:]), self._loose)
                    found[at] = min(how, found.get(at, _NOT))
        return {at: max(how, _BEGINNING) for at, how in found.items() if how != _NOT}

    def _worth(self, at: int, worths: tuple[float, float, float], how: int) -> tuple[float, int]:
        if how == _NOT or not worths[how]:
            return 0.0, _NOT
        return worths[how] * (self._certainty[at] if how == _TYPO else 1.0), how

    def _word(self, other: str) -> tuple[int, ...]:
        if other[0] not in self._letters and other[1:2] not in self._letters:
            return self._no_word
        found = self._words.get(other)
        if found is None:
            found = tuple(_fit(word, other, self._loose) for word in self._asked.words)
            self._words[other] = found = found if min(found) < _NOT else self._no_word
        return found


def _fit(word: str, other: str, loose: bool) -> int:
    if word == other:
        return _WHOLE
    if other.startswith(word):
        return _BEGINNING
    if len(word) < SHORTEST_TYPO:
        return _NOT
    found = spelling(word, other)
    if found == "typo" or (found and len(word) >= SHORTEST_BEGINNING):
        return _TYPO
    return _TYPO if loose and len(word) >= SHORTEST_TWICE and roughly(word, other) else _NOT


def _pairs(asked: Asked, whole: str, worth: float, fits: list[tuple[float, int]]) -> None:
    """Two words that a name writes as one (``tail number`` and ``tailnum``)."""
    for at in range(len(asked.words) - 1):
        pair = asked.words[at] + asked.words[at + 1]
        share = 0.98 if whole.startswith(pair) else 0.9 if len(whole) >= max(4, len(pair) // 2) and pair.startswith(whole) else 0.0
        if share and len(whole) > len(asked.words[at]):
            for each in (at, at + 1):
                fits[each] = max(fits[each], (worth * share, _BEGINNING))


def _improve(best: list[_Fit], fits: Fits, place: Where, text: str, *, also_equal: bool = False) -> None:
    for at, (worth, how) in enumerate(fits):
        if worth > best[at][0] or (also_equal and worth == best[at][0] and best[at][2] == place):
            best[at] = (worth, how, place, text)


def _others(entry: Entry) -> tuple[tuple[Where, tuple[str, ...]], ...]:
    return (
        ("description", (entry.description, *entry.notes) if entry.description else entry.notes),
        ("tag", entry.tags),
        ("owner", (entry.owner,) if entry.owner else ()),
        ("term", entry.terms),
    )


def _as_name(asked: Asked, entry: Entry) -> float | None:
    """The score where the whole text is the dataset's name, or begins it."""
    full, table = fold(entry.name), fold(entry.table)
    if asked.text == full:
        return 1.0
    if asked.text == table:
        return 0.98
    if asked.joined and asked.joined in (joined(entry.table), joined(entry.name)):
        return 0.96
    if len(asked.text) > 1 and (table.startswith(asked.text) or ("." in asked.text and full.startswith(asked.text))):
        return round(0.9 + 0.04 * len(asked.text) / len(full), 4)
    return None


def _bonus(asked: Asked, entry: Entry, matched: list[_Fit], count: int) -> float:
    """How much of the name was said, or whether all was said of one column. At most 0.08."""
    texts = {text for _, _, place, text in matched if place == "column"}
    if len(texts) == 1 and len(matched) == count and all(place == "column" for _, _, place, _ in matched):
        return 0.08 if joined(texts.pop()) == asked.joined else 0.04
    said = sum(place == "name" for _, _, place, _ in matched)
    covered = min(said / max(len(words(entry.table)), 1), 1.0)
    return 0.04 * covered + (0.03 if said > 1 and asked.joined in joined(entry.name) else 0.0)


def _reason(word: str, worth: float, how: int, place: Where, text: str) -> Reason:
    said: How = "exact" if joined(text) == word else ("word", "beginning", "typo")[how]
    return Reason(word=word, where=place, text=_excerpt(text, word) if place == "description" else text, how=said)


def _excerpt(text: str, word: str) -> str:
    flat = " ".join(text.split())
    start = max(0, fold(flat).find(word) - _EXCERPT // 3)
    cut = flat[start : start + _EXCERPT]
    return ("…" if start else "") + cut + ("…" if start + _EXCERPT < len(flat) else "")
