"""Reading a statement: its kind, the relations it names, its parameters. Nothing is looked up and nothing is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbench.core.errors import Forbidden, InvalidSQL
from workbench.engines.duckdb.words import unparsed
from workbench.query.allow import WRITE_WORDS, refused_statement
from workbench.query.dml.records import Write
from workbench.query.effort import check, check_length, check_tokens, limited, parser
from workbench.query.instead import instead_of_setting, instead_of_showing, not_written
from workbench.query.mentioned import mentioned
from workbench.query.records import StatementKind
from workbench.query.text import check_characters, place, split_statements
from workbench.query.tokens import tokens_of

__all__ = ["Statement", "TableUse", "analyse", "names_in"]

_PIVOT = re.compile(r"\b(?:UN)?PIVOT\b", re.IGNORECASE)
_LEAD = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]+")
_QUERY_WORDS = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "PIVOT", "UNPIVOT", "PIVOT_WIDER", "PIVOT_LONGER"})
_EXPLAIN = re.compile(r"EXPLAIN(\s+ANALYZE)?\b", re.IGNORECASE)
_SHOW_TABLES = re.compile(r"SHOW\s+(?:ALL\s+)?TABLES\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class TableUse:
    """A relation that a statement names and does not define itself.

    ``start`` and ``end`` enclose the name in the statement, with its FOR ... AS OF; ``version`` is (``"VERSION"`` or
    ``"TIMESTAMP"``, what was written); ``is_string`` says that a name was written in single quotes, as a file's is.
    """

    parts: tuple[str, ...]
    start: int
    end: int
    aliased: bool
    version: tuple[str, str] | None = None
    is_string: bool = False


@dataclass(frozen=True)
class Statement:
    """One statement as it was written. ``body`` is the query, at ``offset`` of the text, run after ``prefix``; None for SHOW TABLES.

    ``dynamic_pivot``: it holds a PIVOT whose columns come from the data, which DuckDB runs in two steps. ``every_row``: it gives
    exactly the rows of its one relation. ``names`` are those in it, among which are the columns it reads (:func:`.mentioned.mentioned`).
    ``write`` is what it writes, of a statement that does: then the rest says nothing of what it reads, which is decided on by queries made
    of its parts. ``viewed``: it reads through views.
    """

    text: str
    kind: StatementKind
    prefix: str
    body: str | None
    offset: int
    tables: tuple[TableUse, ...] = ()
    parameters: tuple[str, ...] = ()
    positional: int = 0
    dynamic_pivot: bool = False
    every_row: bool = False
    names: frozenset[str] | None = None
    write: Write | None = None
    viewed: bool = False


@lru_cache(maxsize=512)
@limited()
def analyse(text: str) -> Statement:
    """Read a statement.

    Raises
    ------
    InvalidSQL
        It is empty, several statements, or does not parse; with the place.
    Forbidden
        It is a kind of statement that is not available here; says what to do instead.
    TooLarge
        It is too long, or takes too long to be read.
    RecursionError
        It is too deeply nested.
    """
    check_length(text)
    check_characters(text)
    statements = split_statements(text)
    if not statements:
        raise InvalidSQL("The statement is empty.", fix="Write a SELECT, for example: SELECT * FROM silver.flights LIMIT 10.")
    if len(statements) > 1:
        line, column = place(text, statements[1][0])
        raise InvalidSQL("Only one statement can be run at a time.", fix="Run them one after the other.", line=line, column=column)
    offset, statement = statements[0]
    lead = _LEAD.match(statement)
    offset, statement = offset + (lead.end() if lead else 0), statement[lead.end() if lead else 0 :]
    kind, prefix, body_at = _kind(text, statement, offset)
    if body_at is None:
        return Statement(text, kind, prefix, None, offset)
    body = statement[body_at:]
    if prefix.startswith(("DESCRIBE", "SUMMARIZE")) and _first_word(body) not in _QUERY_WORDS and not body.lstrip().startswith("("):
        prefix += "FROM "
        return _read(text, kind, prefix, body, offset + body_at, "FROM ")
    return _read(text, kind, prefix, body, offset + body_at, "")


@limited()
def names_in(text: str) -> frozenset[str]:
    """Names of relations as a statement writes them, of what it reads and of what it writes; those that it defines itself are among them.

    Raises
    ------
    InvalidSQL, TooLarge
        It does not parse.
    """
    from sqlglot import exp

    check_length(text)
    tree, _ = _tree(text, text, 0)
    return frozenset(".".join(part.name for part in table.parts) for table in tree.find_all(exp.Table))


def _first_word(text: str) -> str:
    lead = _LEAD.match(text)
    found = _WORD.match(text, lead.end() if lead else 0)
    return found[0].upper() if found else ""


def _kind(text: str, statement: str, offset: int) -> tuple[StatementKind, str, int | None]:
    """(kind, prefix to run the body with, where the body begins)."""
    word = _first_word(statement)
    if word == "EXPLAIN":
        match = _EXPLAIN.match(statement)
        assert match is not None
        return "explain", "EXPLAIN ANALYZE " if match[1] else "EXPLAIN ", match.end()
    if word in ("DESCRIBE", "DESC", "SHOW", "SUMMARIZE"):
        if _SHOW_TABLES.match(statement) or statement.upper().strip() in ("DESCRIBE", "DESC", "SHOW"):
            return "show", "", None
        if (fix := instead_of_showing(statement.rstrip())) is not None:
            line, column = place(text, offset)
            raise InvalidSQL("This kind of SHOW is not available.", fix=fix, line=line, column=column)
        return "describe", "SUMMARIZE " if word == "SUMMARIZE" else "DESCRIBE ", len(word)
    if word not in WRITE_WORDS and (refused := refused_statement(word)):
        line, column = place(text, offset)
        fix = instead_of_setting(statement) if word in ("SET", "RESET") else refused[1]
        raise Forbidden(refused[0], fix=fix, statement=word, line=line, column=column)
    return "select", "", 0


def _read(text: str, kind: StatementKind, prefix: str, body: str, offset: int, lead: str) -> Statement:
    from sqlglot import exp

    from workbench.query.dml.read import writes

    if kind in ("select", "explain") and _first_word(body) == "COMMENT":
        return _commenting(text, kind, prefix, body, offset)
    tree, tokens = _tree(text, lead + body, offset - len(lead))
    if kind in ("select", "explain") and writes(tree):
        return _writing(text, kind, prefix, body, offset, tree, tokens)
    if not isinstance(tree, exp.Query | exp.Values | exp.Pivot):
        word = type(tree).__name__.upper()
        word = word if word != "COMMAND" else _first_word(body)
        refused = not_written(body) if word in WRITE_WORDS else refused_statement(word)
        refused = refused or ("This kind of statement is not available.", "Use SELECT, EXPLAIN, DESCRIBE, SUMMARIZE or SHOW TABLES.")
        line, column = place(text, offset)
        raise Forbidden(refused[0], fix=refused[1], statement=word, line=line, column=column)
    for node in tree.find_all(exp.DML, exp.DDL, exp.Command):
        if not isinstance(node, exp.Query):
            refused = refused_statement(type(node).__name__) or ("This statement does more than read.", "Leave that part out.")
            raise Forbidden(refused[0], fix=refused[1], statement=type(node).__name__.upper())
    uses = [use for table in tree.find_all(exp.Table) if (use := _use(table, tokens, lead + body, offset - len(lead), text))]
    shifted = tuple(TableUse(u.parts, u.start - len(lead), u.end - len(lead), u.aliased, u.version, u.is_string) for u in uses)
    placeholders = list(tree.find_all(exp.Placeholder))
    named = dict.fromkeys(str(node.this) for node in placeholders if node.this)
    pivots = any(_is_dynamic(pivot) for pivot in tree.find_all(exp.Pivot))
    unnamed = sum(1 for node in placeholders if not node.this)
    every = kind == "select" and _every_row(tree)
    return Statement(text, kind, prefix, body, offset, shifted, tuple(named), unnamed, pivots, every, mentioned(tree))


def _writing(text: str, kind: StatementKind, prefix: str, body: str, offset: int, tree: Any, tokens: list[Any]) -> Statement:
    from sqlglot import exp

    from workbench.engines.duckdb import EngineError, kind_of
    from workbench.query.dml.cursor import Cursor
    from workbench.query.dml.read import read_write
    from workbench.query.dml.spoken import namespaces

    _refuse_analyze(text, prefix, offset)
    line, column = place(text, offset)
    # DuckDB's parser must take it for the same kind of statement.
    word = _KINDS[type(tree).__name__]
    try:
        taken = kind_of(_within_its_namespace(tree, body))
    except EngineError as error:
        message, fix, _ = unparsed(error.message, False)
        raise InvalidSQL(message, fix=fix, line=line, column=column) from None
    if taken != _OF_DUCKDB.get(word, word.upper()):
        raise _syntax_error(text, body, offset, None, "")
    for node in tree.find_all(exp.DML, exp.DDL, exp.Command):
        # What an ALTER or a WHEN of a MERGE does is a node of its own.
        own = isinstance(node.parent, exp.When) or (word == "alter" and node.parent is tree)
        if node is not tree and not isinstance(node, exp.Query) and not own:
            refused = refused_statement(type(node).__name__) or ("This statement does more than write.", "Leave that part out.")
            raise Forbidden(refused[0], fix=refused[1], statement=type(node).__name__.upper(), line=line, column=column)
    write = read_write(tree, Cursor(body, offset, tokens, namespaces(tree)))
    placeholders = list(tree.find_all(exp.Placeholder))
    named = dict.fromkeys(str(node.this) for node in placeholders if node.this)
    unnamed = sum(1 for node in placeholders if not node.this)
    if word in ("create", "drop") and str(tree.args.get("kind") or "").upper() == "VIEW":
        word = "create_view" if word == "create" else "drop_view"
    if word == "create_view" and placeholders:
        value = f"${next(iter(named))}" if named else "?"
        line, column = place(text, offset + next((token.start for token in tokens if token.text == value[0]), 0))
        fix = "Write the value in its place. What each reader chooses stands in her own query: SELECT ... FROM the view WHERE ..."
        raise InvalidSQL(f"A view takes no parameters, and {value} is one.", fix=fix, line=line, column=column)
    return Statement(text, kind if kind == "explain" else word, prefix, body, offset, (), tuple(named), unnamed, write=write)


def _commenting(text: str, kind: StatementKind, prefix: str, body: str, offset: int) -> Statement:
    from sqlglot.errors import SqlglotError

    from workbench.query.dml.read_comment import read_comment

    _refuse_analyze(text, prefix, offset)
    try:
        tokens = tokens_of(body)
        check_tokens(tokens)
    except (SqlglotError, ValueError) as error:
        raise _syntax_error(text, body, offset, None, "") from error
    return Statement(text, kind if kind == "explain" else "comment", prefix, body, offset, write=read_comment(body, offset, tokens))


def _refuse_analyze(text: str, prefix: str, offset: int) -> None:
    if prefix.startswith("EXPLAIN ANALYZE"):
        line, column = place(text, offset)
        raise Forbidden("EXPLAIN ANALYZE would carry the statement out.", fix="Use EXPLAIN without ANALYZE.", line=line, column=column)


def _within_its_namespace(tree: Any, body: str) -> str:
    """``RENAME TO silver.y`` as ``RENAME TO y``: DuckDB knows no other namespace there, and reads the rest."""
    from sqlglot import exp

    actions = tree.args.get("actions") or []
    parts = actions[0].this.parts if len(actions) == 1 and isinstance(actions[0], exp.AlterRename) else []
    places = [part.meta.get("start") for part in parts]
    return body[: places[0]] + body[places[1] :] if len(places) == 2 and None not in places else body


_KINDS: dict[str, StatementKind] = {
    "Insert": "insert",
    "Update": "update",
    "Delete": "delete",
    "Merge": "merge",
    "Create": "create",
    "TruncateTable": "truncate",
    "Alter": "alter",
    "Drop": "drop",
}
_OF_DUCKDB = {"merge": "MERGE_INTO", "truncate": "DELETE"}


def _every_row(tree: Any) -> bool:
    from sqlglot import exp

    if not isinstance(tree, exp.Select) or any(value for key, value in tree.args.items() if key not in ("expressions", "from_", "order")):
        return False
    source = tree.args["from_"].this if tree.args.get("from_") else None
    plain = (
        isinstance(source, exp.Table) and not source.args.get("sample") and not source.args.get("pivots") and not source.args.get("joins")
    )
    return plain and all(isinstance(e.unalias(), exp.Star | exp.Column) for e in tree.expressions)


def _tree(text: str, body: str, offset: int) -> tuple[Any, list[Any]]:
    import logging

    from sqlglot.errors import ParseError, SqlglotError

    # Its warnings about statements it only half knows go to the reader's screen; such statements are refused anyway.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tokens = tokens_of(body)
        check_tokens(tokens)
        trees = [tree for tree in parser().parse(tokens, body) if tree is not None]
    except ParseError as error:
        found = error.errors[0] if error.errors else {}
        at = _offset(body, found.get("line"), found.get("col"), found.get("highlight"))
        raise _syntax_error(text, body, offset, at, str(found.get("highlight") or "")) from None
    except (SqlglotError, ValueError) as error:
        raise _syntax_error(text, body, offset, None, "") from error
    if len(trees) != 1:
        raise InvalidSQL("Only one statement can be run at a time.", fix="Run them one after the other.")
    return trees[0], tokens


def _offset(body: str, line: int | None, column: int | None, word: str | None) -> int | None:
    if line is None or column is None:
        return None
    starts = [0, *(m.end() for m in re.finditer("\n", body))]
    # sqlglot's column is that of the token's last character, counted from 1.
    return starts[min(line, len(starts)) - 1] + column - max(1, len(word or ""))


def _syntax_error(text: str, body: str, offset: int, at: int | None, word: str) -> InvalidSQL:
    """DuckDB's words where it does not understand the statement either, for it says better what it stumbled over."""
    from workbench.engines.duckdb import EngineError, parse

    near = f" near {word!r}" if word else ""
    message = f"The statement cannot be checked{near}, so it is not run."
    fix = "Write that part another way, for example with a subquery: SELECT * FROM (...)."
    if (pivot := body.split(maxsplit=1)[0].upper()) in ("PIVOT", "UNPIVOT") and word.upper() in ("LIMIT", "ORDER BY", "OFFSET"):
        fix = f"Write it outside: FROM ({pivot} ...) {word.upper()} ..."
    elif _PIVOT.search(body) and _first_word(body) in WRITE_WORDS:
        fix = "Put the PIVOT in brackets, with its columns listed: SELECT * FROM (PIVOT ... ON month IN (1, 2) ...)."
    try:
        parse(body)
    except EngineError as error:
        # Of a statement that is no query it says only that.
        if error.kind == "parser" or error.kind == "syntax":
            message, fix, _ = unparsed(error.message, error.position is not None)
            at = error.position if error.position is not None else at
    line, column = place(text, None if at is None else at + offset)
    return InvalidSQL(message, fix=fix, line=line, column=column)


def _is_dynamic(pivot: Any) -> bool:
    from sqlglot import exp

    simplified = pivot.args.get("using") is not None or not pivot.args.get("fields")
    return bool(simplified and not pivot.args.get("unpivot") and any(not isinstance(e, exp.In) for e in pivot.expressions))


def _use(table: Any, tokens: list[Any], body: str, offset: int, text: str) -> TableUse | None:
    from sqlglot import exp

    if not isinstance(table.this, exp.Identifier):
        return None  # a table function: DuckDB's own tree is asked about those
    parts = tuple(part.name for part in table.parts)
    start, end = table.parts[0].meta.get("start"), table.parts[-1].meta.get("end")
    # A name in single quotes is always taken for a file's, whatever WITH may call itself.
    if len(parts) == 1 and _is_cte(table, parts[0]) and not (start is not None and body[start] == "'"):
        return None
    if start is None or end is None:
        raise InvalidSQL(f"The place of {'.'.join(parts)!r} in the statement cannot be told.", fix="Write the name without unusual syntax.")
    end += 1
    version = None
    if (when := table.args.get("version") or table.args.get("when")) is not None:
        version, end = _version(when, tokens, end, text, offset)
    alias = table.args.get("alias")
    return TableUse(parts, start, end, bool(alias and alias.name), version, body[start] == "'")


def _version(when: Any, tokens: list[Any], end: int, text: str, offset: int) -> tuple[tuple[str, str], int]:
    from sqlglot import exp

    check()
    value = when.expression
    kind = str(when.this if isinstance(when, exp.Version) else when.args.get("kind") or "").upper()
    if not isinstance(value, exp.Literal) or kind not in ("VERSION", "TIMESTAMP"):
        line, column = place(text, end + offset)
        raise InvalidSQL(
            "A version in a statement must be written out.",
            fix="Write FOR VERSION AS OF 123 or FOR TIMESTAMP AS OF '2026-01-31'.",
            line=line,
            column=column,
        )
    later = [token for token in tokens if token.start >= end]
    position = next(i for i, token in enumerate(later) if token.token_type.name in ("NUMBER", "STRING"))
    if isinstance(when, exp.HistoricalData):
        position += 1  # the closing bracket of AT (...)
    return (kind, str(value.this)), later[position].end + 1


def _is_cte(table: Any, name: str) -> bool:
    """Whether a bare name is one that an enclosing WITH defines, seen from where it stands."""
    from sqlglot import exp

    from workbench.engines.duckdb import folded

    check()
    wanted, node = folded(name), table.parent
    passed = [table]
    inside: Any = None
    while node is not None:
        check()
        if isinstance(node, exp.CTE):
            inside = node
        elif isinstance(node, exp.With):
            for cte in node.expressions:
                if cte is inside:
                    if node.args.get("recursive") and folded(cte.alias) == wanted and _is_recursive(cte, passed):
                        return True
                    break
                if folded(cte.alias) == wanted:
                    return True
        else:
            with_ = node.args.get("with_")
            if with_ is not None and with_ is not passed[-1] and any(folded(cte.alias) == wanted for cte in with_.expressions):
                return True
        passed.append(node)
        node = node.parent
    return False


def _is_recursive(cte: Any, passed: list[Any]) -> bool:
    # Elsewhere than in the right arm of its UNION, the name is that of whatever lies outside the WITH.
    from sqlglot import exp

    body = cte.this
    while isinstance(body, exp.Subquery):
        body = body.this
    return isinstance(body, exp.Union) and any(node is body.expression for node in passed)
