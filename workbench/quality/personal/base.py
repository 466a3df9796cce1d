"""The contract of a detector of personal data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.quality.scanning import ColumnKind

__all__ = ["DIGITS", "MOMENTS", "NUMBERS", "TEXT", "PersonalDetector", "Votes", "each"]

TEXT: frozenset[ColumnKind] = frozenset({"text"})
DIGITS: frozenset[ColumnKind] = frozenset({"text", "integer", "decimal"})
NUMBERS: frozenset[ColumnKind] = frozenset({"text", "integer", "float", "decimal"})
MOMENTS: frozenset[ColumnKind] = frozenset({"text", "date", "timestamp", "integer"})


@dataclass(frozen=True)
class Votes:
    """How many of the values are what the detector looks for, and in words what they pass: "the checksum of an IBAN".

    ``telling`` (0 to 1) is how much that says by itself: a checksum over letters and digits much, a form that other things have,
    too, little. None: as the detector says.
    """

    matched: int
    passes: str
    telling: float | None = None


@dataclass(frozen=True)
class PersonalDetector:
    """Looks for one tag.

    Parameters
    ----------
    tag
        What a person is asked to confirm.
    votes
        Asked about distinct values as texts, without white space around them, at most 200; ``hinted`` says that the column's name
        speaks for the tag. It must not raise. None: the name alone tells.
    says, allows, against
        Words of a column's name (several run together: ``dateofbirth``) that say the tag, that go with it, that speak against it.
    kinds
        Columns that it looks at.
    alone, allowed, said
        The least share of values that must match where the name says nothing, where it goes with the tag, where it says it. None: never.
    telling
        See :class:`Votes`.
    fewest
        Distinct values that there must be where the name does not say it.
    around
        Words of the dataset's name that speak against it, unless the same name speaks of people.
    """

    tag: str
    votes: Callable[[Sequence[str], bool], Votes] | None = None
    says: frozenset[str] = frozenset()
    allows: frozenset[str] = frozenset()
    against: frozenset[str] = frozenset()
    kinds: frozenset[ColumnKind] = field(default=TEXT)
    alone: float | None = 0.8
    allowed: float | None = 0.6
    said: float | None = 0.4
    telling: float = 0.9
    fewest: int = 8
    around: frozenset[str] = frozenset()


def each(matches: Callable[[str], bool], passes: str) -> Callable[[Sequence[str], bool], Votes]:
    """Votes of a detector that looks at one value at a time."""
    return lambda values, hinted: Votes(sum(map(matches, values)), passes)
