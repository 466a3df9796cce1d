"""Completion: words that fit at a place in a statement, which may be half written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, Protocol

from workbench.core.errors import TooLarge, WorkbenchError
from workbench.query.allow import TABLE_FUNCTIONS, forbidden_function
from workbench.query.effort import MOST_CHARACTERS, check, limited
from workbench.query.records import Completion
from workbench.query.scope import Scope, Source, read_scope

__all__ = ["Catalog", "complete"]

Kind = Literal["table", "column", "keyword", "function", "namespace"]

_PHRASES = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "GROUP BY ALL", "ORDER BY", "ORDER BY ALL", "HAVING", "LIMIT", "OFFSET", "JOIN",
    "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN", "INNER JOIN", "ASOF JOIN", "ON", "USING", "AS", "WITH", "WITH RECURSIVE",
    "UNION", "UNION ALL", "INTERSECT", "EXCEPT", "DISTINCT", "AND", "OR", "NOT", "IN", "IS NULL", "IS NOT NULL", "BETWEEN", "LIKE",
    "ILIKE", "EXISTS", "CASE", "WHEN", "THEN", "ELSE", "END", "CAST", "TRY_CAST", "OVER", "PARTITION BY", "QUALIFY", "WINDOW",
    "FILTER", "ASC", "DESC", "NULLS FIRST", "NULLS LAST", "EXCLUDE", "REPLACE", "PIVOT", "UNPIVOT", "VALUES", "EXPLAIN",
    "DESCRIBE", "SUMMARIZE", "SHOW TABLES", "FOR VERSION AS OF", "FOR TIMESTAMP AS OF", "TRUE", "FALSE", "NULL", "INTERVAL",
)  # fmt: skip
_WORD = re.compile(r'(?:"[^"]*"|\w+)?(?:\.(?:"[^"]*"|\w*))*$')
_LONGEST_NAME = 1000
_SECONDS = 1.0  # of the processor: it is asked with each key, and not worth more
_PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_STARTERS = ("SELECT", "WITH", "FROM", "DESCRIBE", "SUMMARIZE", "SHOW TABLES", "EXPLAIN", "VALUES", "PIVOT", "UNPIVOT")


class Catalog(Protocol):
    """Where names come from."""

    def names(self) -> tuple[str, ...]:
        """Every dataset and view."""

    def kind(self, name: str) -> str:
        """``dataset`` or ``view``."""
        return "dataset"

    def columns(self, name: str) -> tuple[tuple[str, str], ...]:
        """A dataset's columns with their types."""


@dataclass(frozen=True)
class _Word:
    """What is being written: the finished parts before a dot, the part at the cursor, and where that begins and ends."""

    before: tuple[str, ...]
    prefix: str
    start: int
    end: int


class _Asked:
    """A catalog of which each dataset's columns are asked for once."""

    def __init__(self, catalog: Catalog) -> None:
        self.names = cache(catalog.names)
        self.kind = catalog.kind
        self.columns = cache(catalog.columns)


def complete(sql: str, position: int, catalog: Catalog) -> tuple[Completion, ...]:
    """Words that fit at a character position, best first: columns, then datasets, keywords and functions.

    None for a text that is too long, or takes too long, to be read.
    """
    if len(sql) > MOST_CHARACTERS:
        return ()
    try:
        with limited(_SECONDS):
            return _complete(sql, position, _Asked(catalog))
    except TooLarge:
        return ()


def _complete(sql: str, position: int, catalog: Catalog) -> tuple[Completion, ...]:
    position = max(0, min(position, len(sql)))
    opened = _open_quote(sql, position)
    # A quoted name that is not closed yet would swallow the rest of the statement.
    scope = read_scope(sql if opened is None else f"{sql[:opened]} {sql[opened + 1 :]}", position)
    if scope.quoted:
        return ()
    word = _word(sql, position)
    found = list(_after_dot(word, scope, catalog) if word.before else _bare(word, scope, catalog))
    unique = {(one.text.casefold(), one.kind): one for one in reversed(found)}
    return tuple(one for one in found if unique.get((one.text.casefold(), one.kind)) is one)


def _open_quote(sql: str, position: int) -> int | None:
    written = sql[:position]
    return written.rfind('"') if written.count('"') % 2 else None


def _word(sql: str, position: int) -> _Word:
    written = sql[:position]
    opened = _open_quote(sql, position)
    # From far before the cursor the search would take the square of the length.
    match = _WORD.search((written if opened is None else written[:opened])[-_LONGEST_NAME:])
    parts = re.findall(r'"[^"]*"|\w+', match[0]) if match else []
    if opened is not None:  # inside a quoted name that is not closed yet
        return _Word(tuple(part.strip('"') for part in parts), written[opened + 1 :], opened, position)
    last = parts.pop() if parts and match and not match[0].endswith(".") else ""
    rest = re.match(r"\w*", sql[position:])
    end = position + (len(rest[0]) if rest else 0)
    return _Word(tuple(part.strip('"') for part in parts), last.strip('"'), position - len(last), end)


def _make(word: _Word, entries: Iterable[tuple[str, Kind, str]]) -> Iterator[Completion]:
    folded = word.prefix.casefold()
    for text, kind, detail in entries:
        check()
        if text.casefold().startswith(folded) or (kind == "table" and text.casefold().split(".")[-1].startswith(folded)):
            yield Completion(
                text=_quote(text) if kind in ("column", "table") else text, kind=kind, detail=detail, start=word.start, end=word.end
            )


def _quote(text: str) -> str:
    return ".".join(part if _PLAIN.match(part) or part.isidentifier() else '"' + part.replace('"', '""') + '"' for part in text.split("."))


def _after_dot(word: _Word, scope: Scope, catalog: Catalog) -> Iterator[Completion]:
    qualifier = ".".join(word.before).casefold()
    for source in scope.sources:
        if qualifier in (source.alias.casefold(), source.name.casefold()):
            yield from _make(word, ((name, "column", kind) for name, kind in _columns(source, scope, catalog)))
    within = [name for name in catalog.names() if name.split(".", 1)[0].casefold() == qualifier]
    yield from _make(word, ((name.split(".", 1)[1], "table", _about(name, catalog)) for name in within))


def _bare(word: _Word, scope: Scope, catalog: Catalog) -> Iterator[Completion]:
    if scope.place == "start":
        yield from _make(word, ((text, "keyword", "") for text in _STARTERS))
        return
    if scope.place == "table":
        yield from _tables(word, scope, catalog)
        yield from _make(word, ((name, "function", "table function") for name in sorted(TABLE_FUNCTIONS)))
        return
    for source in scope.sources:
        columns = _columns(source, scope, catalog)
        yield from _make(word, ((name, "column", _detail(source, kind, scope)) for name, kind in columns))
    yield from _make(word, ((source.alias, "table", source.name) for source in scope.sources if source.alias))
    yield from _make(word, ((text, "keyword", "") for text in _PHRASES))
    if word.prefix:
        yield from _make(word, ((name, "function", "function") for name in _functions()))


def _detail(source: Source, kind: str, scope: Scope) -> str:
    return f"{kind} · {source.alias or source.name}" if len(scope.sources) > 1 else kind


def _about(name: str, catalog: Catalog) -> str:
    return f"{name} view" if catalog.kind(name) == "view" else name


def _tables(word: _Word, scope: Scope, catalog: Catalog) -> Iterator[Completion]:
    names = catalog.names()
    yield from _make(word, ((name, "table", "WITH") for name in scope.ctes))
    yield from _make(word, ((name, "table", f"{name.split('.')[0]} {catalog.kind(name)}") for name in names))
    yield from _make(word, ((name, "namespace", "namespace") for name in dict.fromkeys(name.split(".", 1)[0] for name in names)))


def _columns(source: Source, scope: Scope, catalog: Catalog, depth: int = 0) -> tuple[tuple[str, str], ...]:
    check()
    if depth > 8:
        return ()
    cte = next((columns for name, columns in scope.ctes.items() if name.casefold() == source.name.casefold()), None)
    if cte is not None:
        found: list[tuple[str, str]] = [(name, "") for name in cte.columns]
        for inner in cte.stars:
            if inner.name.casefold() != source.name.casefold() or "." in inner.name:
                found.extend(_columns(inner, scope, catalog, depth + 1))
        return tuple(found)
    if source.columns:
        return tuple((name, "") for name in source.columns)
    name = _resolve(source.name, catalog.names())
    if name is None:
        return ()
    try:
        return catalog.columns(name)
    except WorkbenchError:
        return ()  # it went away while the reader typed


def _resolve(name: str, names: tuple[str, ...]) -> str | None:
    base = re.split(r"[#@]", name, maxsplit=1)[0].casefold()
    fits = [known for known in names if known.casefold() == base or ("." not in base and known.split(".", 1)[1].casefold() == base)]
    return fits[0] if len(fits) == 1 else None


@lru_cache(maxsize=1)
def _functions() -> tuple[str, ...]:
    from workbench.engines.duckdb import functions

    known = functions()
    usable = (name for name in known.scalar | known.aggregate if name[0].isalpha() and not forbidden_function(name))
    return tuple(sorted(name for name in usable if not name.startswith("icu_collate_")))
