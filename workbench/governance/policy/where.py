"""The text of a row filter's condition: what it says of the principal, which columns it is about, and the same about columns of other
names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from workbench.core.principals import Principal
from workbench.engines.duckdb import EngineError, literal, parse, quoted

__all__ = ["PARTS", "about", "about_nobody", "columns_in", "literal_of", "renamed", "view_of"]

# Quoted texts and names are left as they are; what is between them may name the principal.
PARTS = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(\bIN\s+)?\bprincipal\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)""", re.IGNORECASE)
# DuckDB takes these for columns until it looks for them; there they are functions.
_MOMENTS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
#: Where a name of a column stands: from, to, the name.
_Place = tuple[int, int, str]


def about(where: str, principal: Principal) -> str:
    """The condition with what it says of the principal filled in. Of what is not known of the principal it says nothing: no row. A list
    without a value says as little."""
    said_of: dict[str, Any] = {**principal.attributes, "name": principal.name, "roles": principal.roles}
    known = {name: value for name, value in said_of.items() if value != ()}
    if any(found[3] and found[3].casefold() not in known for found in PARTS.finditer(where)):
        return "false"

    def said(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        text = literal_of(known[found[3].casefold()])
        # Who has one value is a member of what has that value alone.
        return f"{found[2]}({text})" if found[2] and not text.startswith("[") else f"{found[2] or ''}{text}"

    return PARTS.sub(said, where)


def about_nobody(where: str) -> str:
    """The condition with NULL for whatever it says of the principal: whether it fits is told without anybody."""
    return PARTS.sub(lambda found: found[1] or (f"{found[2]}(NULL)" if found[2] else "NULL"), where)


def literal_of(value: Any) -> str:
    """A value of a principal's as SQL."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"({value!r})"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(literal_of, value))}]"
    return literal(str(value))


def view_of(conditions: Iterable[str], principal: Principal) -> str:
    """A digest of what these leave the principal: the same for everybody who is left the same rows by the same words; empty for no
    conditions."""
    said = sorted({about(where, principal) for where in conditions})
    return hashlib.sha256("\n".join(said).encode()).hexdigest() if said else ""


def renamed(where: str, names: Mapping[str, str]) -> str | None:
    """The condition about other columns: by the name of each that it is about (in small letters) today's name there. None where it is about
    one that is not among them, or where that cannot be told."""
    return _renamed(where, frozenset(names.items()))


@lru_cache(maxsize=1024)
def columns_in(where: str) -> frozenset[str] | None:
    """The names of the columns that a condition is about, in small letters; None where that cannot be told.

    >>> sorted(columns_in("Region IN principal.regions AND address.city <> 'x'") or ())
    ['address', 'region']
    """
    places = _places(where)
    return None if places is None else frozenset(name for _, _, name in places)


@lru_cache(maxsize=1024)
def _renamed(where: str, pairs: Collection[tuple[str, str]]) -> str | None:
    names, places = dict(pairs), _places(where)
    if places is None or any(name not in names for _, _, name in places):
        return None
    text = where
    for start, end, name in sorted(places, reverse=True):
        if names[name].casefold() != name:
            text = text[:start] + quoted(names[name]) + text[end:]
    return text


def _places(where: str) -> list[_Place] | None:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    # What is said of the principal becomes a name as long as it was, so that all others stay at their places.
    spoken: set[int] = set()

    def blank(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        kept = found[2] or ""
        spoken.add(found.start() + len(kept))
        return kept + '"' + "p" * (len(found[0]) - len(kept) - 2) + '"'

    text = PARTS.sub(blank, where)
    try:
        columns = list(_parsed(text).find_all(exp.Column))
        known = parse(f"SELECT {about_nobody(where)}").columns
    except (SqlglotError, EngineError, RecursionError):
        return None
    places = list(_of(columns, spoken))
    # Two parsers must agree on what is a column.
    return places if known - _MOMENTS <= {name for _, _, name in places} and all(end > start >= 0 for start, end, _ in places) else None


def _parsed(text: str) -> Any:
    import sqlglot

    return sqlglot.parse_one(text, dialect="duckdb")


def _of(columns: Iterable[Any], spoken: Collection[int]) -> Iterator[_Place]:
    for column in columns:
        first = column.parts[0]  # of ``address.city`` the column is the first
        start, end = first.meta.get("start", -1), first.meta.get("end", -2) + 1
        if start not in spoken:
            yield start, end, str(first.name).casefold()
