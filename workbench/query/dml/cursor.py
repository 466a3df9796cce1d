"""A walk over a statement's words, which cuts out of its text what stands between keywords of its own level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from workbench.core.errors import InvalidSQL
from workbench.query.dml.records import Piece
from workbench.query.effort import CLOSE, OPEN

__all__ = ["Cursor", "unread"]

_NO_WORD = frozenset({"IDENTIFIER", "STRING", "RAW_STRING", "HEREDOC_STRING", "NATIONAL_STRING", "BYTE_STRING", "HEX_STRING", "BIT_STRING"})


def unread() -> InvalidSQL:
    """What is said of a statement that the parsers take and we cannot place."""
    return InvalidSQL("The statement cannot be read for certain, so it is not run.", fix="Write it in a simpler form, as in docs/sql.md.")


class Cursor:
    """The words of ``text``, which begins at ``offset`` of what the person wrote. ``?`` become numbered: parts may change places.
    ``left_out`` are places (from, to) that stand in none of the parts."""

    def __init__(self, text: str, offset: int, tokens: list[Any], left_out: Iterable[tuple[int, int]] = ()) -> None:
        self.text, self.offset, self.tokens = text, offset, tokens
        self.at = 0
        values = [token.start for token in tokens if token.token_type.name == "PLACEHOLDER" and token.text == "?"]
        self._marks = [(start, start + 1, f"${number}") for number, start in enumerate(values, 1)]
        self._marks += [(start, to, "") for start, to in left_out]

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def word(self, ahead: int = 0) -> str:
        """The word here, in capitals; empty for a quoted name, a text, and the end."""
        place = self.at + ahead
        if place >= len(self.tokens) or self.tokens[place].token_type.name in _NO_WORD:
            return ""
        return str(self.tokens[place].text).upper()

    def take(self, *words: str) -> None:
        """Step over these words.

        Raises
        ------
        InvalidSQL
            They do not stand here.
        """
        for word in words:
            if self.word() != word:
                raise unread()
            self.at += 1

    def may_take(self, *words: str) -> bool:
        """Step over these words where they stand here; whether they did."""
        if any(self.word(ahead) != word for ahead, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def name(self) -> str:
        """A simple name."""
        if self.done:
            raise unread()
        token = self.tokens[self.at]
        self.at += 1
        text = str(token.text)
        if token.token_type.name != "IDENTIFIER" and not text.replace("_", "a").replace("$", "a").isalnum():
            raise unread()
        return text

    def skip_to(self, start: int) -> None:
        """Step to the first word that begins at or behind a place of the text."""
        while not self.done and self.tokens[self.at].start < start:
            self.at += 1

    def group(self) -> list[Piece]:
        """What stands in the brackets that begin here, cut at its commas."""
        self.take("(")
        pieces = []
        while True:
            pieces.append(self.until(",", ")"))
            if self.done:
                raise unread()
            closing = self.word() == ")"
            self.at += 1
            if closing:
                return pieces

    def until(self, *words: str) -> Piece:
        """The text up to the next of these words on this level, or to the end. Never empty.

        Raises
        ------
        InvalidSQL
            There is nothing before it.
        """
        first = self.at
        for place in self._level():
            # IS DISTINCT FROM is no clause.
            if self.word() in words and not (self.word() == "FROM" and place > first and self._before("DISTINCT")):
                break
        return self.cut(first, self.at)

    def cut(self, first: int, last: int) -> Piece:
        """The text of the words from ``first`` up to ``last``."""
        if last <= first:
            raise unread()
        start, end = self.tokens[first].start, self.tokens[last - 1].end + 1
        marks = tuple((first - start, to - start, text) for first, to, text in self._marks if start <= first < end)
        return Piece(self.text[start:end], self.offset + start, marks)

    def _before(self, word: str) -> bool:
        return self.at > 0 and self.word(-1) == word

    def _level(self) -> Iterator[int]:
        """Steps over the words of this level, what is bracketed in one step; ends at a closing bracket's place, too."""
        while not self.done:
            yield self.at
            depth = 0
            while not self.done:
                kind = self.tokens[self.at].token_type.name
                depth += (kind in OPEN) - (kind in CLOSE)
                self.at += 1
                if depth <= 0:
                    break
            if depth < 0:
                raise unread()
