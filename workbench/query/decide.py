"""The decision about a statement: pure, taken before anything is opened or run.

A statement is allowed when two parsers agree on what it reads (sqlglot, and DuckDB's own, which runs it), every relation
in it is a dataset or its own WITH, and every function is one that this DuckDB has and :mod:`workbench.query.allow` lets pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from workbench.core.errors import DatasetNotFound, Forbidden, InvalidName, InvalidSQL, Unavailable, WorkbenchError, nearest
from workbench.core.names import by_trust, matching, one_of
from workbench.core.refs import MAIN, DatasetRef
from workbench.engines.duckdb import EngineError, Parsed, functions, parse, quoted
from workbench.engines.duckdb.words import unparsed
from workbench.query.allow import (
    EXPRESSIONS,
    RELATIONS,
    SYNTAX_FUNCTIONS,
    TABLE_FUNCTIONS,
    TYPES_REFUSED,
    forbidden_function,
    forbidden_with,
)
from workbench.query.analyse import Statement, TableUse, analyse
from workbench.query.bounds import BOUNDED, unbounded
from workbench.query.effort import check, generator, limited, parser
from workbench.query.expand import Views, expanded
from workbench.query.records import StatementKind
from workbench.query.text import Spliced, place
from workbench.query.tokens import tokens_of

__all__ = ["Relation", "Verdict", "decide", "resolve"]

_FILE_ENDINGS = (".parquet", ".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".xlsx", ".txt", ".gz", ".db", ".duckdb")
_SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "main", "temp", "system", "sqlite_master", "duckdb"})


@dataclass(frozen=True)
class Relation:
    """A dataset as a statement reads it: which, in what state (a snapshot, a moment, a branch or tag; else main's head), the schema and
    name under which the session will hold it, and how many ``times`` the statement names it, by way of views, too: each reads it."""

    dataset: str
    schema: str
    name: str
    branch: str = MAIN
    snapshot_id: int | None = None
    moment: str | None = None
    times: int = 1


@dataclass(frozen=True)
class Verdict:
    """What was decided. ``sql`` is the text that will run, ``views`` a text that must run before it; ``error`` says why not, and what to do
    instead, where it was refused."""

    kind: StatementKind | None
    statement: Statement | None
    relations: tuple[Relation, ...] = ()
    sql: str = ""
    spliced: Spliced | None = None
    error: WorkbenchError | None = None
    views: str = ""

    @property
    def allowed(self) -> bool:
        return self.error is None

    @property
    def reads(self) -> bool:
        """Whether it is a query over datasets: no list of them, and nothing that writes."""
        return self.statement is not None and self.statement.body is not None and self.statement.write is None

    @property
    def writes(self) -> bool:
        return self.statement is not None and self.statement.write is not None

    def checked(self) -> Verdict:
        """Itself. Raises why the statement was refused: anew each time, for decisions are kept."""
        if self.error is not None:
            raise self.error.copy()
        return self

    @property
    def reasons(self) -> tuple[str, ...]:
        if self.error is not None:
            return (str(self.error),)
        if self.writes:
            return ("It writes.",)
        named = ", ".join(dict.fromkeys(relation.dataset for relation in self.relations))
        return (f"It only reads: {named}." if named else "It reads no dataset.",)

    def original(self, offset: int | None) -> int | None:
        """An offset in the text that runs as one in the text that was written."""
        if offset is None or self.spliced is None or self.statement is None:
            return None
        found = self.spliced.original(offset - len(self.statement.prefix))
        return None if found is None or offset < len(self.statement.prefix) else found + self.statement.offset


def decide(text: str, names: Iterable[str], views: Views = ()) -> Verdict:
    """Decide on a statement, given the names of the datasets there are, and the queries of the views.

    >>> decide("select * from silver.flights", ["silver.flights"]).allowed
    True
    >>> str(decide("select * from '/etc/passwd'", []).error)
    'A file cannot be read by SQL. Bring it in first: ws.ingest(FILE), or `workbench ingest FILE`.'
    """
    return _decide(text, tuple(names), views)


@lru_cache(maxsize=512)
def _decide(text: str, names: tuple[str, ...], views: Views) -> Verdict:
    statement: Statement | None = None
    try:
        with limited():
            statement = analyse(text)
            if statement.body is None or statement.write is not None:
                return Verdict(statement.kind, statement)
            return _decide_query(statement, names, views)
    except Unavailable:
        raise  # not the statement's fault: the next time it may be decided on
    except WorkbenchError as error:
        return Verdict(statement.kind if statement else None, statement, error=error)
    except RecursionError:
        deep = InvalidSQL("The statement is too deeply nested.", fix="Write it with fewer brackets in each other, or in steps: WITH.")
        return Verdict(statement.kind if statement else None, statement, error=deep)


def _decide_query(statement: Statement, names: tuple[str, ...], views: Views) -> Verdict:
    assert statement.body is not None
    found = expanded(statement, views, lambda use, inside: _named(use, inside, names))
    spliced, statement = found.spliced, found.statement
    named = Counter((one.schema.casefold(), one.name.casefold()) for one in found.relations)
    last = {(one.schema.casefold(), one.name.casefold()): one for one in found.relations}
    relations = tuple(replace(one, times=named[key]) for key, one in last.items())
    verdict = Verdict(statement.kind, statement, relations, statement.prefix + spliced.text, spliced, views=_alone(found.views))
    # "DESCRIBE FROM name" was completed by us; the prefix's last word is a part of the query then.
    lead = "FROM " if statement.prefix.endswith("FROM ") else ""
    text = lead + spliced.text
    if statement.dynamic_pivot:
        text, executed = _pivots(text)
        verdict = Verdict(
            verdict.kind, statement, verdict.relations, statement.prefix.removesuffix("FROM ") + executed, views=verdict.views
        )
    _check(text, verdict, len(statement.prefix) - len(lead))
    return verdict


def _alone(views: Iterable[str]) -> str:
    """Each view's query by itself, of which no row is asked. Inside a statement, a column that the view's own tables lack would be taken
    from what stands beside it: arms of a UNION see nothing of each other."""
    return "\nUNION ALL ".join(f"(SELECT 1 FROM ({view}\n) AS __view LIMIT 0)" for view in views)  # noqa: S608 - each has been decided on


# --------------------------------------------------------------------------------------------------------------- names


def _relation(use: TableUse, statement: Statement, names: tuple[str, ...]) -> Relation:
    check()
    line, column = place(statement.text, use.start + statement.offset)
    written = ".".join(use.parts)
    if use.is_string or (_like_a_file(written) and not _is_dataset(written, names)):
        fix = "Bring it in first: ws.ingest(FILE), or `workbench ingest FILE`."
        raise Forbidden("A file cannot be read by SQL.", fix=fix, line=line, column=column)
    try:
        name, branch, snapshot = DatasetRef.split(written)
    except InvalidName:
        raise InvalidSQL(f"{written!r} is not the name of a dataset.", fix="Write silver.flights.", line=line, column=column) from None
    dataset = resolve(name, names, line, column)
    schema, table = dataset.split(".", 1)
    moment = None
    if use.version is not None:
        kind, value = use.version
        if kind == "TIMESTAMP":
            moment = value
        elif value.isdigit():
            snapshot = int(value)
        else:
            branch = value
    state = f"#{branch}" * (branch != MAIN) + f"@{snapshot}" * (snapshot is not None) + f"~{moment}" * (moment is not None)
    return Relation(dataset, schema, table + state, branch, snapshot, moment)


def _named(use: TableUse, statement: Statement, names: tuple[str, ...]) -> tuple[Relation, str]:
    """The relation that a statement names, and what is written in its place."""
    relation = _relation(use, statement, names)
    return relation, _rename(use, relation)


def _like_a_file(written: str) -> bool:
    return "/" in written or "\\" in written or written.casefold().endswith(_FILE_ENDINGS)


def _is_dataset(written: str, names: tuple[str, ...]) -> bool:
    """Whether it is the full name of a dataset, which wins over the look of a file: ``bronze.gz``."""
    folded = written.casefold()
    return any(known.casefold() == folded for known in names)


def resolve(name: str, names: tuple[str, ...], line: int | None, column: int | None) -> str:
    """The full name of the dataset that is meant.

    Raises
    ------
    DatasetNotFound, InvalidSQL
        There is none, or several fit.
    """
    found = meant(name, names)
    if len(found) == 1:
        return found[0]
    if found:
        message, fix = one_of(name, found)
        raise InvalidSQL(message, fix=fix, line=line, column=column, suggestion=by_trust(found)[0])
    close = nearest(name, names) or _nearest_table(name, names)
    if close is None and name.split(".")[0].casefold() in _SYSTEM_SCHEMAS:
        fix = "SHOW TABLES lists the datasets; DESCRIBE and a dataset's name shows its columns."
    else:
        fix = f"Did you mean {close!r}?" if close else "SHOW TABLES lists those there are."
    raise DatasetNotFound(f"There is no dataset {name!r}.", fix=fix, line=line, column=column, suggestion=close)


def meant(name: str, names: tuple[str, ...]) -> list[str]:
    """The datasets that a name may be that of, as :func:`~workbench.core.names.matching` tells; looked up where there are many."""
    return [name] if name in names else matching(name, _folded(names).get(name.casefold(), ()))


@lru_cache(maxsize=4)
def _folded(names: tuple[str, ...]) -> dict[str, list[str]]:
    """The names by how they may be written in small letters, whole and without their namespace."""
    found: dict[str, list[str]] = {}
    for name in names:
        folded = name.casefold()
        for written in (folded, folded.partition(".")[2]):
            found.setdefault(written, []).append(name)
    return found


def _nearest_table(name: str, names: tuple[str, ...]) -> str | None:
    tables = {known.split(".", 1)[1]: known for known in names}
    close = nearest(name.split(".")[-1], tables)
    return tables[close] if close else None


def _rename(use: TableUse, relation: Relation) -> str:
    text = f"{quoted(relation.schema)}.{quoted(relation.name)}"
    table = relation.dataset.split(".", 1)[1]
    # A view with a version in its name is still spoken of by the table's own name.
    return text if use.aliased or relation.name == table else f"{text} AS {quoted(table)}"


# --------------------------------------------------------------------------------------------- DuckDB's own reading of it


def _pivots(text: str) -> tuple[str, str]:
    """(a text to check, the text to run) for a PIVOT whose columns come from the data.

    DuckDB cannot show such a statement's tree, so what runs is written anew from the tree that was checked, and what is
    checked is the same tree with the columns' values given.
    """
    from sqlglot import exp

    tree = parser().parse(tokens_of(text), text)[0]
    executed = generator().generate(tree)
    for pivot in tree.find_all(exp.Pivot):
        check()
        listed = [e if isinstance(e, exp.In) else exp.In(this=e.copy(), expressions=[exp.Literal.string("x")]) for e in pivot.expressions]
        if not pivot.args.get("unpivot"):
            pivot.set("expressions", listed)
    return generator().generate(tree), executed


@lru_cache(maxsize=512)
def parsed_text(text: str) -> Parsed:
    """DuckDB's own reading of a text, kept."""
    return parse(text, BOUNDED)


def _check(text: str, verdict: Verdict, shift: int) -> None:
    def at(offset: int | None) -> dict[str, Any]:
        original = verdict.original(None if offset is None else offset + shift)
        line, column = place(verdict.statement.text if verdict.statement else "", original)
        return {"line": line, "column": column}

    try:
        parsed = parsed_text(text)
    except EngineError as error:
        if error.kind == "parser":
            message, fix, _ = unparsed(error.message, error.position is not None)
            raise InvalidSQL(message, fix=fix, **at(error.position)) from None
        raise Forbidden("This statement does more than read.", fix="Use SELECT, EXPLAIN, DESCRIBE, SUMMARIZE or SHOW TABLES.") from None
    if name := next(filter(forbidden_with, sorted(parsed.ctes)), None):
        raise Forbidden(
            f"WITH cannot define {name!r}, which stands for something else.", fix="Give it another name, of letters and digits."
        )
    known = {(relation.schema.casefold(), relation.name.casefold()) for relation in verdict.relations}
    for table in parsed.tables:
        check()
        if (table.schema.casefold(), table.name.casefold()) not in known:
            raise Forbidden(f"{table.name!r} is not a dataset.", fix="SHOW TABLES lists those there are.", **at(table.position))
    if odd := (parsed.relations - RELATIONS) | (parsed.expressions - EXPRESSIONS):
        raise Forbidden(f"The statement uses {', '.join(sorted(odd))}, which is not available.", fix="Write it another way.")
    if refused := parsed.types & TYPES_REFUSED:
        raise Forbidden(f"The type {', '.join(sorted(refused))} is not available.", fix="Cast to JSON, or to a STRUCT.")
    _check_functions(parsed, at)


def _check_functions(parsed: Parsed, at: Callable[[int | None], dict[str, Any]]) -> None:
    known = functions()
    for call in parsed.table_functions:
        check()
        if call.name not in TABLE_FUNCTIONS:
            where = at(call.position)
            if call.name in known.table or forbidden_function(call.name):
                raise Forbidden(f"The table function {call.name!r} is not available.", fix=_function_fix(call.name), **where)
            close = nearest(call.name, TABLE_FUNCTIONS)
            raise InvalidSQL(f"There is no table function {call.name!r}.", fix=_did_you_mean(close), suggestion=close, **where)
    for call in parsed.functions:
        check()
        if forbidden_function(call.name):
            raise Forbidden(f"The function {call.name!r} is not available.", fix=_function_fix(call.name), **at(call.position))
        if call.name not in known and call.name not in SYNTAX_FUNCTIONS:
            close = nearest(call.name, [name for name in (*known.scalar, *known.aggregate) if not forbidden_function(name)])
            raise InvalidSQL(f"There is no function {call.name!r}.", fix=_did_you_mean(close), suggestion=close, **at(call.position))
        if found := unbounded(call.name, call.arguments):
            raise Forbidden(found[0], fix=found[1], **at(call.position))


def _did_you_mean(close: str | None) -> str:
    return f"Did you mean {close!r}?" if close else "DuckDB's manual lists the functions."


def _function_fix(name: str) -> str:
    if name.startswith(("read_", "parquet_", "sniff_")) or name in ("glob", "sqlite_scan", "postgres_scan"):
        return 'SQL reads datasets only; bring a file in with ws.ingest("file.csv").'
    if name.startswith(("duckdb_", "pragma_", "pg_")):
        return "SHOW TABLES lists the datasets; DESCRIBE and a dataset's name shows its columns."
    if name.startswith(("json_", "variant")):
        return "Take the values out with ->>, json_extract or json_each."
    return "Leave it out; SQL here reads datasets and nothing else."
