"""How texts become the words that are indexed and looked for."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

__all__ = ["FILLERS", "fold", "joined", "roughly", "spelling", "words"]

#: Words that say little: a dataset need not have them.
FILLERS = frozenset({"a", "all", "an", "and", "by", "for", "from", "in", "is", "of", "on", "or", "per", "the", "to", "with"})

_LONGEST_WORD = 64  # characters; what is longer is cut
_EAST = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # written without spaces: Han, Hiragana, Katakana
_PIECES = re.compile(rf"[{_EAST}]+|[^\W_{_EAST}]+")
_IS_EAST = re.compile(rf"[{_EAST}]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBERED = re.compile(r"(?<=[^\W\d_]{2})(?=\d)|(?<=\d{4})(?=[^\W\d_])")
_DIGIT = re.compile(r"\d")
_ACCENTS = re.compile("[\u0300-\u036f]+")


def fold(text: str) -> str:
    """The text without the differences of case, width and accents.

    >>> fold("GRÖSSE") == fold("größe") == "grosse"
    True
    """
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=200_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a name or text, folded. Chinese and Japanese come as overlapping pairs of characters.

    >>> words("silver.dailyOrders_v2"), words("Größe (cm)"), words("订单明细")
    (('silver', 'daily', 'orders', 'v2'), ('grosse', 'cm'), ('订单', '单明', '明细'))
    """
    if not text.islower():
        text = _CAMEL.sub(" ", text)
    if text.isascii() and not _DIGIT.search(text):
        return tuple(word[:_LONGEST_WORD] for word in _PIECES.findall(text.lower()))
    found: list[str] = []
    for piece in _PIECES.findall(fold(text)):
        if _IS_EAST.match(piece):
            found += [piece[at : at + 2] for at in range(len(piece) - 1)] or [piece]
        else:
            found += [word[:_LONGEST_WORD] for word in _NUMBERED.split(piece)]
    return tuple(found)


@lru_cache(maxsize=200_000)
def joined(text: str) -> str:
    """The words of a text as one: people leave out what stands between them.

    >>> joined("customer_ID")
    'customerid'
    """
    return "".join(_PIECES.findall(fold(text)))[:_LONGEST_WORD]


def spelling(word: str, other: str) -> Literal["typo", "beginning", ""]:
    """Whether ``word`` is ``other``, or a beginning of it, but for one typing error: a letter left out, added or exchanged, or two
    neighbours swapped. Empty where it is neither, or where there is no error.

    >>> spelling("flihgts", "flights"), spelling("custmer", "customers"), spelling("fligths", "flight"), spelling("same", "same")
    ('typo', 'beginning', '', '')
    """
    if len(word) > len(other) + 1 or (word[0] != other[0] and word[1:2] != other[1:2] and word[0] != other[1:2] and word[1:2] != other[0]):
        return ""
    at, shorter = 0, min(len(word), len(other))
    while at < shorter and word[at] == other[at]:
        at += 1
    if at == len(word):
        return "typo" if len(other) == at + 1 else ""
    rest = word[at + 1 :]
    ends = [(other[at + 1 :], rest), (other[at + 1 :], word[at:]), (other[at:], rest)]
    if other[at : at + 2] == word[at : at + 2][::-1]:
        ends.append((other[at + 2 :], word[at + 2 :]))
    if any(there == mine for there, mine in ends):
        return "typo"
    return "beginning" if any(there.startswith(mine) for there, mine in ends) else ""


def roughly(word: str, other: str) -> bool:
    """Whether two words are alike but for about two typing errors.

    >>> roughly("acommodatoin", "accommodation"), roughly("accommodation", "recommendation")
    (True, False)
    """
    return abs(len(word) - len(other)) <= 2 and word[0] == other[0] and SequenceMatcher(None, word, other, autojunk=False).ratio() >= 0.8
