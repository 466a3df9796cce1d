"""Whether a text is a statement that writes, told by its words alone: for who would run it at once or later. Whether it may is decided on
its parsed form, elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.query.allow import WRITE_WORDS
from workbench.query.text import skip

__all__ = ["looks_like_a_write"]


def looks_like_a_write(text: str) -> bool:
    """Whether a statement begins with a word that writes, perhaps after a WITH.

    >>> looks_like_a_write("-- rows\\nwith a as (select 1) insert into silver.t from a"), looks_like_a_write("select 'insert'")
    (True, False)
    """
    words = _words(text)
    first = next(words, "")
    return first in WRITE_WORDS or (first == "WITH" and any(word in WRITE_WORDS for word in words))


def _words(text: str) -> Iterator[str]:
    """Words outside of brackets, quotes and comments, in capitals."""
    at = depth = 0
    while at < len(text):
        character = text[at]
        depth += (character == "(") - (character == ")")
        if character.isalpha() or character == "_":
            end = at
            while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                end += 1
            if depth <= 0:
                yield text[at:end].upper()
            at = end
        else:
            at = skip(text, at)
