"""The first line of a ``%%sql`` cell: where the rows go, as what, and how many."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from workbench.core.errors import InvalidInput

__all__ = ["SqlOptions", "sql_options"]

_USAGE = "Write %%sql [name <<] [--limit N] [--pandas | --polars | --arrow] [--yes], or %%sql --as polars name."
_FORMS = ("pandas", "polars", "arrow")


@dataclass
class SqlOptions:
    """``target`` is the variable that takes the rows; ``rest`` the part of the statement that stands on the first line.

    ``confirm``: it runs also where it would read more than is asked about.
    """

    target: str | None = None
    limit: int | None = None
    form: str = "pandas"
    rest: str = ""
    confirm: bool = False


def sql_options(line: str) -> SqlOptions:
    """Read the line.

    >>> sql_options("df << --polars"), sql_options("--as arrow df").target, sql_options("df << select 1").rest
    (SqlOptions(target='df', limit=None, form='polars', rest='', confirm=False), 'df', 'select 1')

    Raises
    ------
    InvalidInput
        An option is not known, or the target cannot be a variable's name.
    """
    options = SqlOptions()
    before, mark, after = line.partition("<<")
    if mark:
        options.target = _variable(before.strip())
        if after.strip() and not after.lstrip().startswith("--"):
            options.rest = after.strip()
            return options
    try:
        words = iter(shlex.split(after if mark else line))
    except ValueError as error:
        raise InvalidInput(f"The first line cannot be read: {error}.", fix=_USAGE) from None
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and name == "limit":
            text = value or next(words, "")
            if not (text.isascii() and text.isdigit()):
                raise InvalidInput("--limit takes a number of rows.", fix=_USAGE)
            options.limit = int(text)
        elif word.startswith("--") and name == "as":
            options.form = _form(value or next(words, ""))
        elif word.startswith("--") and name in _FORMS:
            options.form = name
        elif word in ("--yes", "--confirm"):
            options.confirm = True
        elif not word.startswith("-") and options.target is None:
            options.target = _variable(word)
        else:
            raise InvalidInput(f"%%sql does not know {word!r}.", fix=_USAGE)
    return options


def _variable(word: str) -> str:
    from keyword import iskeyword

    if not word.isidentifier() or iskeyword(word):
        raise InvalidInput(f"{word!r} cannot be a variable's name.", fix=_USAGE)
    return word


def _form(word: str) -> str:
    if word not in _FORMS:
        raise InvalidInput(f"--as takes {', '.join(_FORMS)}, not {word!r}.", fix=_USAGE)
    return word
