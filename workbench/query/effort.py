"""How much a statement may cost to be read, before any time limit of a running one begins.

Reading happens in the process that answers everybody, and nothing can stop it from outside. So its size is bounded beforehand,
and the readers themselves look at how much of the processor they have used: sqlglot copies what it has read so far at some
constructs (a chain of method calls), and goes back over it at others, which no count of characters foresees.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from workbench.core.errors import InvalidSQL, TooLarge

__all__ = ["CLOSE", "MOST_CHARACTERS", "OPEN", "SECONDS", "check", "check_length", "check_tokens", "generator", "limited", "parser"]

MOST_CHARACTERS = 250_000
MOST_TOKENS = 40_000
DEEPEST = 500
# The time of the engine's reader grows with the square of how deep comments are in each other, and with the cube of how many signs stand
# side by side; nothing can stop it. What looks so in a text or a comment counts, too: then it is no less than what that reader meets.
MOST_COMMENTS = 3000
_SIGNS = re.compile(r"(?:\+|-(?!-)){65}")
# Seconds of processor time; the largest honest statements of the tests take a quarter of it, and on a shared, slower core half of it.
SECONDS = 4.0
_SPLIT = "Put values in a parameter or a dataset of their own, and write long statements in steps."
# (what, its tokens' types, how many there may be, what to do instead); each is costly beside its few characters.
_COUNTED = (
    ("set operations", frozenset({"UNION", "INTERSECT", "EXCEPT"}), 1000, "Write the rows with VALUES, or join them in steps."),
    ("PIVOTs", frozenset({"PIVOT", "UNPIVOT"}), 50, "Pivot in steps, each into a dataset."),
    ("SELECTs", frozenset({"SELECT"}), 3000, "Write it in steps, each into a dataset."),
)
#: Types of tokens that begin what stands by itself, and that end it.
OPEN = frozenset({"L_PAREN", "L_BRACKET", "L_BRACE", "CASE"})
CLOSE = frozenset({"R_PAREN", "R_BRACKET", "R_BRACE", "END"})


class _Limit(threading.local):
    until: float | None = None


_limit = _Limit()


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """What this thread reads inside may use so much processor time; inside another limit, that one counts."""
    if _limit.until is not None:
        yield
        return
    _classes()  # what is loaded once is not the statement's
    _limit.until = time.thread_time() + seconds
    try:
        yield
    finally:
        _limit.until = None


def check() -> None:
    """Called wherever reading may take long.

    Raises
    ------
    TooLarge
        The time of :func:`limited` is used up.
    """
    if _limit.until is not None and time.thread_time() > _limit.until:
        raise TooLarge("The statement takes too long to be read.", fix=_SPLIT)


def check_length(text: str) -> None:
    """Refuse what is too long to be looked at, before anything is done with it.

    Raises
    ------
    TooLarge
    """
    if len(text) > MOST_CHARACTERS:
        raise TooLarge(f"The statement has {len(text):,} characters; {MOST_CHARACTERS:,} can be read.", fix=_SPLIT)
    if (found := text.count("/*")) > MOST_COMMENTS:
        raise TooLarge(
            f"The statement has {found:,} comments (/*); {MOST_COMMENTS:,} can be read.", fix="Leave some out, or write -- instead."
        )
    if _SIGNS.search(text):
        raise TooLarge("The statement has more than 64 signs + and - side by side.", fix="Leave some out, or put blanks between.")


def check_tokens(tokens: Iterable[Any]) -> None:
    """Refuse statements of more parts than an honest one has, before they are parsed.

    Raises
    ------
    InvalidSQL
    """
    types = [token.token_type.name for token in tokens]
    if len(types) > MOST_TOKENS:
        raise InvalidSQL(f"The statement has {len(types):,} words and signs; {MOST_TOKENS:,} can be read.", fix=_SPLIT)
    for what, names, most, fix in _COUNTED:
        if (found := sum(name in names for name in types)) > most:
            raise InvalidSQL(f"The statement has {found:,} {what}; {most:,} can be read.", fix=fix)
    depth = 0
    for name in types:
        depth += (name in OPEN) - (name in CLOSE)
        if depth > DEEPEST:
            raise InvalidSQL("The statement is too deeply nested.", fix="Write it with fewer brackets in each other, or in steps: WITH.")


@lru_cache(maxsize=1)
def _classes() -> tuple[type[Any], type[Any]]:
    from sqlglot.dialects.duckdb import DuckDB

    class Parser(DuckDB.parser_class):  # type: ignore[misc, valid-type]
        # Every way through a statement comes by here, also the second one after a guess that was wrong.
        def _advance(self, times: int = 1) -> None:
            check()
            super()._advance(times)

    class Generator(DuckDB.generator_class):  # type: ignore[misc, valid-type]
        def sql(self, *args: Any, **kwargs: Any) -> str:
            check()
            return str(super().sql(*args, **kwargs))

    return Parser, Generator


def parser() -> Any:
    """sqlglot's parser of DuckDB's dialect, which keeps to :func:`limited`."""
    from sqlglot.dialects.duckdb import DuckDB

    return _classes()[0](dialect=DuckDB())


def generator() -> Any:
    """sqlglot's writer of DuckDB's dialect, which keeps to :func:`limited`."""
    from sqlglot.dialects.duckdb import DuckDB

    return _classes()[1](dialect=DuckDB())
