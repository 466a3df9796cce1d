"""What is in sight at a place of a half-written statement: its relations and aliases, its WITH, and what is expected there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.query.effort import check, parser
from workbench.query.text import split_statements
from workbench.query.tokens import tokens_of

__all__ = ["CteColumns", "Scope", "Source", "read_scope"]

Place = Literal["start", "table", "expression"]

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))|(?P<string>'(?:[^']|'')*(?P<open>'|\Z))|(?P<quoted>"(?:[^"]|"")*(?:"|\Z))
    |(?P<word>\w+)|(?P<mark>[^\s\w])""",
    re.DOTALL | re.VERBOSE,
)
_TABLE_WORDS = frozenset({"FROM", "JOIN", "DESCRIBE", "DESC", "SUMMARIZE", "TABLE", "PIVOT", "UNPIVOT"})
_CLAUSES = frozenset((
    "SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "JOIN", "LEFT", "RIGHT", "FULL", "CROSS", "INNER",
    "ASOF", "POSITIONAL", "NATURAL", "ON", "USING", "WITH", "UNION", "INTERSECT", "EXCEPT", "QUALIFY", "WINDOW", "PIVOT",
    "UNPIVOT", "VALUES", "FOR", "AT", "TABLESAMPLE", "SEMI", "ANTI", "AND", "OR", "AS", "SET",
))  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A relation in FROM: its name as written, the alias it is spoken of by, and its columns where they were written out."""

    name: str
    alias: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class CteColumns:
    """What a WITH gives: named columns, and the relations of which it takes all."""

    columns: tuple[str, ...] = ()
    stars: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Scope:
    place: Place
    quoted: bool = False
    sources: tuple[Source, ...] = ()
    ctes: dict[str, CteColumns] = field(default_factory=dict)


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int
    kind: str
    depth: int = 0

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        return self.text.strip('"') if self.kind == "quoted" else self.text


def read_scope(sql: str, position: int) -> Scope:
    """The scope at a character position of a text that may hold several statements."""
    start, statement = _statement_at(sql, position)
    cursor = position - start
    tokens = list(_tokens(statement))
    if any(t.kind in ("string", "comment") and t.start < cursor and (cursor < t.end or _unclosed(t, cursor)) for t in tokens):
        return Scope("expression", quoted=True)
    code = [token for token in tokens if token.kind not in ("comment",)]
    ctes = dict(_ctes(code, statement))
    return Scope(_place(code, cursor), False, tuple(_visible(code, cursor)), ctes)


def _statement_at(sql: str, position: int) -> tuple[int, str]:
    begin = 0
    for offset, text in split_statements(sql):
        if offset <= position:
            begin = offset
            if position <= offset + len(text):
                break
            # Past a statement's end: after its semicolon a new one begins.
            if ";" in sql[offset + len(text) : position]:
                begin = offset + len(text) + sql[offset + len(text) :].index(";") + 1
    end = next((offset for offset, _ in split_statements(sql) if offset > position), len(sql))
    return begin, sql[begin:end]


def _tokens(text: str) -> Iterator[_Token]:
    depth = 0
    for match in _TOKEN.finditer(text):
        check()
        kind = match.lastgroup if match.lastgroup != "open" else "string"
        if match["string"] is not None:
            kind = "string"
        if match[0] == ")":
            depth = max(0, depth - 1)
        yield _Token(match[0], match.start(), match.end(), kind or "mark", depth)
        if match[0] == "(":
            depth += 1


def _unclosed(token: _Token, cursor: int) -> bool:
    if token.kind == "string":
        return cursor == token.end and (len(token.text) == 1 or not token.text.endswith("'"))
    return cursor == token.end and (token.text.startswith("--") or not token.text.endswith("*/"))


def _place(tokens: list[_Token], cursor: int) -> Place:
    before = [token for token in tokens if token.end < cursor or (token.end == cursor and token.kind == "mark" and token.text != ".")]
    # The word being written, with its qualifiers, does not say what is expected before it.
    while before and (before[-1].text == "." or (len(before) > 1 and before[-2].text == "." and before[-1].end >= cursor)):
        check()
        del before[-2 if before[-1].text == "." else -1 :]
    if not before:
        return "start"
    last = before[-1]
    if last.upper in _TABLE_WORDS:
        return "table"
    if last.text == ",":
        # A comma in FROM separates relations, anywhere else expressions.
        clause = next((t for t in reversed(before) if t.depth == last.depth and t.upper in _CLAUSES - {"AS"}), None)
        return "table" if clause is not None and clause.upper in ("FROM", "JOIN") else "expression"
    if last.text == "(" and len(before) > 1 and before[-2].upper in ("AS", "FROM", "JOIN", "IN", "EXISTS"):
        return "start" if before[-2].upper in ("AS",) else "expression"
    return "start" if last.upper == "EXPLAIN" else "expression"


def _visible(tokens: list[_Token], cursor: int) -> Iterator[Source]:
    """The relations of the query around the cursor and of those around that; FROM may stand after the cursor."""
    here = next((t.depth for t in reversed(tokens) if t.start < cursor), 0)
    if any(t.text == "(" and t.end == cursor for t in tokens):
        here += 1
    for depth in range(here, -1, -1):
        check()
        low, high = _bounds(tokens, cursor, depth)
        yield from _sources(tokens[low:high], depth)


def _bounds(tokens: list[_Token], cursor: int, depth: int) -> tuple[int, int]:
    low, high = 0, len(tokens)
    for index, token in enumerate(tokens):
        edge = token.depth < depth or (token.depth == depth and token.upper in ("UNION", "INTERSECT", "EXCEPT"))
        if edge and token.end <= cursor:
            low = index + 1
        elif edge and token.start >= cursor:
            high = index
            break
    return low, high


def _sources(tokens: list[_Token], depth: int) -> Iterator[Source]:
    level = [token for token in tokens if token.depth == depth]
    index, expecting = 0, False
    while index < len(level):
        check()
        token = level[index]
        if token.upper in _TABLE_WORDS:
            expecting = True
        elif token.upper in _CLAUSES:
            expecting = False
        elif expecting and token.kind in ("word", "quoted"):
            source, index = _one_source(level, index)
            if source is not None:
                yield source
            # After a comma the next relation of the same FROM follows.
            expecting = index < len(level) and level[index].text == ","
            continue
        elif expecting and token.text == "(":
            close = next((i for i in range(index + 1, len(level)) if level[i].text == ")"), len(level))
            alias, after = _alias(level, close + 1)
            if alias:
                yield Source("", alias, tuple(_selected(tokens, token.end, level[close].start if close < len(level) else None)))
            index = after
            expecting = index < len(level) and level[index].text == ","
            continue
        index += 1


def _one_source(level: list[_Token], index: int) -> tuple[Source | None, int]:
    parts = [level[index].name]
    index += 1
    while index + 1 < len(level) and level[index].text == "." and level[index + 1].kind in ("word", "quoted"):
        parts.append(level[index + 1].name)
        index += 2
    if index < len(level) and level[index].text == "(":
        return None, index  # a table function
    while index < len(level) and level[index].upper == "FOR":
        index += 1
        while index < len(level) and level[index].kind in ("word", "string") and level[index].upper not in _CLAUSES - {"AS"}:
            index += 1
            if level[index - 1].kind == "string" or level[index - 1].text.isdigit():
                break
    alias, index = _alias(level, index)
    return Source(".".join(parts), alias or parts[-1]), index


def _alias(level: list[_Token], index: int) -> tuple[str, int]:
    if index < len(level) and level[index].upper == "AS":
        index += 1
    if index < len(level) and level[index].kind in ("word", "quoted") and level[index].upper not in _CLAUSES:
        return level[index].name, index + 1
    return "", index


def _ctes(tokens: list[_Token], text: str) -> Iterator[tuple[str, CteColumns]]:
    for index, token in enumerate(tokens[:-1]):
        check()
        if index == 0 or token.kind not in ("word", "quoted") or tokens[index + 1].upper != "AS":
            continue
        after = index + 2
        while after < len(tokens) and tokens[after].upper in ("NOT", "MATERIALIZED"):
            after += 1
        if after >= len(tokens) or tokens[after].text != "(":
            continue
        before = tokens[index - 1]
        if before.upper not in ("WITH", "RECURSIVE") and before.text != ",":
            continue
        close = next((t for t in tokens[after + 1 :] if t.text == ")" and t.depth == tokens[after].depth), None)
        if close is not None:
            yield token.name, _outputs(text[tokens[after].end : close.start])


def _selected(tokens: list[_Token], start: int, end: int | None) -> list[str]:
    inner = [t for t in tokens if t.start >= start and (end is None or t.end <= end)]
    text = " ".join(t.text for t in inner)
    return list(_outputs(text).columns)


def _outputs(body: str) -> CteColumns:
    """The columns that a finished query gives, as far as its text says."""
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        trees = parser().parse(tokens_of(body), body)
    except (SqlglotError, RecursionError):
        return CteColumns()
    tree: Any = trees[0] if trees else None
    while isinstance(tree, exp.SetOperation):
        tree = tree.this
    if not isinstance(tree, exp.Select):
        return CteColumns()
    names = tuple(e.alias_or_name for e in tree.expressions if e.alias_or_name and e.alias_or_name != "*")
    has_star = any(e.is_star for e in tree.expressions)
    tables = [t for t in (tree.args.get("from_"), *(tree.args.get("joins") or ())) if t is not None] if has_star else []
    found = [t.this for t in tables if isinstance(t.this, exp.Table)]
    return CteColumns(names, tuple(Source(".".join(p.name for p in t.parts), t.alias_or_name) for t in found))
