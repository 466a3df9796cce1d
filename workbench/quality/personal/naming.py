"""What a column's name says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from workbench.catalog.index.text import fold

__all__ = ["Said", "any_of", "listed", "said_by", "together"]

_LONGEST = 4  # words that are looked at together: date of birth
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_SPELT = re.compile(r"[^\x00-\u02ff]")  # scripts in which names of columns are often written without spaces
Said = frozenset[str]


@lru_cache(maxsize=4096)
def said_by(name: str) -> Said:
    """The words of a name, folded, and each few that follow each other run together.

    >>> sorted(said_by("dateOfBirth"))
    ['birth', 'date', 'dateof', 'dateofbirth', 'of', 'ofbirth']
    """
    found = [fold(word) for word in _WORDS.findall(_CAMEL.sub(" ", name))]
    words = [word for word in found if not word.isdigit()]
    grown = {"".join(words[at : at + size]) for at in range(len(words)) for size in range(1, _LONGEST + 1)}
    # email2, tel1: a number at the end says which one it is. Scripts without spaces are cut into all their parts.
    for word in words:
        if _SPELT.search(word):
            grown |= {word[at : at + size] for at in range(len(word)) for size in range(1, 7)}
    return frozenset(grown)


def together(*texts: str) -> frozenset[str]:
    """Words that stand apart by white space, folded; ``-`` joins what is one.

    >>> sorted(together("Mail e-mail", "straße"))
    ['email', 'mail', 'strasse']
    """
    return frozenset(fold(word).replace("-", "") for text in texts for word in text.split())


def listed(name: str) -> frozenset[str]:
    """The words of a list in ``lists/``, folded. Lines that begin with ``#`` say what it is."""
    text = (Path(__file__).with_name("lists") / f"{name}.txt").read_text(encoding="utf-8")
    return together(*(line for line in text.splitlines() if not line.startswith("#")))


def any_of(said: Said, words: Iterable[str]) -> str | None:
    """The longest of the words that is said, or None."""
    return max((word for word in words if word in said), key=len, default=None)
