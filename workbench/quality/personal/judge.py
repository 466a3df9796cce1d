"""Whether a column holds personal data: what its values vote for, and what its name says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from workbench.core.telemetry import get_logger
from workbench.quality.personal.base import PersonalDetector, Votes
from workbench.quality.personal.naming import Said, any_of, said_by
from workbench.quality.personal.records import Found
from workbench.quality.personal.words import PERSON
from workbench.quality.scanning import ColumnKind

__all__ = ["LEAST", "MOST_VALUES", "detectors", "judge"]

MOST_VALUES = 200  # distinct ones, of a column
LEAST = 0.5  # confidence of what is proposed
_BY_NAME = {"said": 0.6, "allowed": 0.25, "alone": 0.0, "against": 0.0}
_AGAINST = 0.6  # of the confidence is left where the name speaks against it
_SURE = 0.9  # how telling values must be to be believed against the name
_log = get_logger("quality")
Level = Literal["said", "allowed", "alone", "against"]


def judge(name: str, kind: ColumnKind, values: Sequence[str], dataset: str = "", more: Sequence[PersonalDetector] = ()) -> Found | None:
    """What personal data a column seems to hold, or None.

    Parameters
    ----------
    values
        Distinct values as texts; the first 200 are looked at, so that they should be in no order.
    dataset
        What the dataset is called: the latitude of an airport is nobody's.
    more
        Detectors beside those that always take part.
    """
    asked = _asked(values)
    if kind == "decimal" and any(text.partition(".")[2].strip("0") for text in asked):
        kind = "float"  # amounts: no number that is given to somebody, or called, has a fraction
    said, around = said_by(name), _singular(said_by(dataset.rpartition(".")[2]))
    found = [one for detector in (*detectors(), *more) if (one := _judged(detector, said, around, kind, asked)) is not None]
    return max(found, key=lambda one: one.confidence, default=None)


def _asked(values: Sequence[str]) -> list[str]:
    plain = dict.fromkeys(" ".join(text.split()) for text in values[: 2 * MOST_VALUES])
    return [text for text in plain if text and text.casefold() not in _NOTHING][:MOST_VALUES]


# What people write where they know nothing.
_NOTHING = frozenset({"null", "none", "n/a", "na", "nan", "-", "--", "?", "unknown", "(blank)", "nil", "tbd", "#n/a", "missing", "."})


def _judged(detector: PersonalDetector, said: Said, around: Said, kind: ColumnKind, values: list[str]) -> Found | None:
    if kind not in detector.kinds:
        return None
    level, word = _level(detector, said, around)
    least = {"said": detector.said, "allowed": detector.allowed, "alone": detector.alone, "against": detector.alone}[level]
    if least is None or (level != "said" and len(values) < detector.fewest):
        return None
    votes = _votes(detector, values, level == "said")
    if votes is None or not values or votes.matched < least * len(values):
        return None
    telling = detector.telling if votes.telling is None else votes.telling
    if level == "against" and telling < _SURE:
        return None
    by_values = telling * votes.matched / len(values)
    confidence = 1 - (1 - _BY_NAME[level]) * (1 - by_values)
    if level == "against":
        confidence *= _AGAINST
    if confidence < LEAST:
        return None
    return Found(
        tag=detector.tag,
        confidence=round(confidence, 2),
        matched=votes.matched,
        checked=len(values),
        why=_why(votes, level, word, len(values)),
    )


def _level(detector: PersonalDetector, said: Said, around: Said) -> tuple[Level, str | None]:
    says, allows, against = (any_of(said, words) for words in (detector.says, detector.allows, detector.against))
    elsewhere = any_of(around, detector.around) if not around & PERSON else None
    if says is not None:
        return ("allowed" if against or elsewhere else "said"), says
    if against is not None or (allows is not None and elsewhere is not None):
        return "against", against or elsewhere
    return ("allowed", allows) if allows is not None else ("alone", None)


def _votes(detector: PersonalDetector, values: list[str], hinted: bool) -> Votes | None:
    if detector.votes is None:
        return Votes(len(values), "the column's name alone tells", 0.05)
    try:
        return detector.votes(values, hinted)
    except Exception:
        # A stranger's detector must not cost anybody a scan.
        _log.exception("the detector of %s failed", detector.tag)
        return None


def _why(votes: Votes, level: Level, word: str | None, checked: int) -> str:
    voted = f"{votes.matched} of {checked} distinct values pass {votes.passes}" if "name alone" not in votes.passes else votes.passes
    named = {"said": f"its name says {word!r}", "allowed": f"its name goes with it ({word!r})", "against": f"though its name says {word!r}"}
    return f"{voted}; {named[level]}" if level in named else voted


def _singular(words: Said) -> Said:
    """The words, and what they are of one thing: airports, cities, boxes."""
    return (
        words
        | {re.sub("ies$", "y", word) for word in words}
        | {re.sub("e?s$", "", word) for word in words}
        | {re.sub("s$", "", word) for word in words}
    )


@lru_cache(maxsize=1)
def detectors() -> tuple[PersonalDetector, ...]:
    """The built-in detectors, and those that others have installed (entry points ``workbench.detectors``)."""
    from workbench.quality.personal import contact, numbers, people
    from workbench.quality.plugins import installed

    return (*numbers.DETECTORS, *contact.DETECTORS, *people.DETECTORS, *installed(PersonalDetector))
