"""A statement's words and signs, by sqlglot."""

from __future__ import annotations

import re
from typing import Any

from workbench.query.text import skip

__all__ = ["tokens_of"]

# To sqlglot the dollars of two parameters without a blank between ($a,$b) are the ends of a tag, as those of $tag$ are.
_TAKEN_FOR_A_TAG = re.compile(r"\$\w+[^\w\s$][^\s$]*\$")
_NAME = re.compile(r"\w")


def tokens_of(text: str) -> list[Any]:
    """The tokens of a text, each with its place there.

    >>> [token.text for token in tokens_of("values ($a,$b)")]
    ['values', '(', '$', 'a', ',', '$', 'b', ')']

    Raises
    ------
    sqlglot.errors.TokenError
    """
    from sqlglot.dialects.duckdb import DuckDB

    if _TAKEN_FOR_A_TAG.search(text) is None:
        return list(DuckDB().tokenize(text))
    dollars = _dollars(text)
    without = list(text)
    for at in dollars:
        without[at] = " "
    return _with(dollars, DuckDB().tokenize("".join(without)))


def _dollars(text: str) -> set[int]:
    """Where those of parameters stand: outside of quotes and comments, before a name and not inside of one."""
    found, index = set(), 0
    while index < len(text):
        after = skip(text, index)
        if after == index + 1 and text[index] == "$" and _NAME.match(text, after) and not (index and _NAME.match(text, index - 1)):
            found.add(index)
        index = after
    return found


def _with(dollars: set[int], tokens: list[Any]) -> list[Any]:
    from sqlglot.errors import TokenError
    from sqlglot.tokenizer_core import Token, TokenType

    found: list[Any] = []
    for token in tokens:
        if (at := token.start - 1) in dollars:
            found.append(Token(TokenType.PARAMETER, "$", token.line, token.col - (token.end - at), at, at))
        found.append(token)
    if sum(token.start in dollars for token in found) < len(dollars):  # inside of what sqlglot takes for one word or text
        raise TokenError("The parameters of the statement cannot be told apart.")
    return found
