"""Statement text: places in it, pieces replaced in it, and several statements in one text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InvalidSQL, WorkbenchError
from workbench.core.texts import NO_TEXT

__all__ = ["Splice", "Spliced", "check_characters", "find_word", "is_text", "place", "placed_in", "splice", "split_statements"]

_DOLLAR_TAG = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_COMMENT_MARKS = re.compile(r"/\*|\*/")


def place(text: str, offset: int | None) -> tuple[int | None, int | None]:
    """Line and column, both from 1, of a character offset.

    >>> place("select 1\\nfrm t", 9)
    (2, 1)
    """
    if offset is None:
        return None, None
    before = text[: max(0, min(offset, len(text)))]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def placed_in(begins: tuple[int, int], error: WorkbenchError, before: int = 0) -> dict[str, Any]:
    """The place of a statement's error, where it has one, in the text that the statement is a part of, where it ``begins`` at a line and
    column. ``before`` lines stood before the statement when it was run."""
    line, column = error.details.get("line"), error.details.get("column")
    if not isinstance(line, int) or line <= before:
        return {}
    inside = line - before
    return {"line": begins[0] + inside - 1, "column": column + begins[1] - 1 if inside == 1 and isinstance(column, int) else column}


def find_word(text: str, word: str) -> tuple[int | None, int | None]:
    """Line and column of the first place where a word stands by itself, capitals or not; None where it does not.

    >>> find_word("select name,\\n  Nam from t", "nam")
    (2, 3)
    """
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE)
    return place(text, found.start() if found else None)


def check_characters(text: str) -> None:
    """Refuse what is not text: no store can keep it, and some parsers end a text at a NUL where others read on.

    Raises
    ------
    InvalidSQL
        It holds a NUL, or half of a surrogate pair; with the place.
    """
    if found := NO_TEXT.search(text):
        line, column = place(text, found.start())
        what = "a NUL character" if found[0] == "\0" else "half of a surrogate pair, which is no character"
        raise InvalidSQL(f"The statement holds {what}.", fix="Remove it.", line=line, column=column)


def is_text(value: Any) -> bool:
    """Whether every string in a value, and in what it holds, can be written down.

    >>> is_text({"a": ["é", 1]}), is_text({"a": [chr(0xD800)]})
    (True, False)
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if not one.isascii() and any("\ud800" <= character <= "\udfff" for character in one):
                return False
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            waiting += one
    return True


@dataclass(frozen=True)
class Splice:
    """``text`` takes the place of the characters from ``start`` up to ``end``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Spliced:
    """A text with its replacements, which knows where each character came from."""

    text: str
    pieces: tuple[tuple[int, int, bool], ...]  # (offset in the new text, offset in the old one, verbatim)

    def original(self, offset: int | None) -> int | None:
        """The offset in the old text; inside a replacement, where the replaced part began."""
        if offset is None:
            return None
        found: int | None = None
        for start, source, verbatim in self.pieces:
            if start > offset:
                break
            found = source + (offset - start) if verbatim else source
        return found


def splice(text: str, splices: Iterable[Splice]) -> Spliced:
    """Apply replacements that do not overlap.

    >>> splice("from flights f", [Splice(5, 12, "silver.flights")]).text
    'from silver.flights f'
    """
    out: list[str] = []
    pieces: list[tuple[int, int, bool]] = []
    length = last = 0
    for piece in sorted(splices, key=lambda s: s.start):
        for content, source, verbatim in ((text[last : piece.start], last, True), (piece.text, piece.start, False)):
            if content:
                pieces.append((length, source, verbatim))
                out.append(content)
                length += len(content)
        last = piece.end
    pieces.append((length, last, True))
    out.append(text[last:])
    return Spliced("".join(out), tuple(pieces))


def split_statements(text: str) -> list[tuple[int, str]]:
    """The statements of a text, each with its offset; empty ones are left out.

    Semicolons inside quotes, dollar quotes and comments do not count.

    >>> split_statements("select ';'; select 2 -- ; end")
    [(0, "select ';'"), (12, 'select 2 -- ; end')]
    """
    found: list[tuple[int, str]] = []
    start = index = 0
    while index < len(text):
        if text[index] == ";":
            found.append((start, text[start:index]))
            start = index + 1
        index = skip(text, index)
    found.append((start, text[start:]))
    trimmed = ((offset + len(part) - len(part.lstrip()), part.strip()) for offset, part in found)
    return [(offset, part) for offset, part in trimmed if strip_comments(part)]


def skip(text: str, index: int) -> int:
    """The offset after the quoted text, comment or single character at ``index``."""
    two = text[index : index + 2]
    if two == "--":
        end = text.find("\n", index)
        return len(text) if end < 0 else end + 1
    if two == "/*":
        return _after_comment(text, index)
    if text[index] in "'\"":
        end = text.find(text[index], index + 1)
        return len(text) if end < 0 else end + 1
    if text[index] == "$" and (tag := _DOLLAR_TAG.match(text, index)):
        end = text.find(tag[0], tag.end())
        return len(text) if end < 0 else end + len(tag[0])
    return index + 1


def _after_comment(text: str, index: int) -> int:
    # Comments nest, as they do in DuckDB and PostgreSQL.
    depth = 0
    for mark in _COMMENT_MARKS.finditer(text, index):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def strip_comments(text: str) -> str:
    """The text without its comments, for a look at whether anything is left."""
    kept: list[str] = []
    index = 0
    while index < len(text):
        after = skip(text, index)
        if text[index : index + 2] not in ("--", "/*"):
            kept.append(text[index:after])
        index = after
    return "".join(kept).strip()
