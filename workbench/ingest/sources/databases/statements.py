"""What is sent to somebody else's database: a SELECT that was checked, names that are quoted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from workbench.core.errors import Forbidden, InvalidInput, InvalidSQL, NotFound, nearest
from workbench.ingest.sources.base import Notes
from workbench.ingest.sources.databases.base import TableFound, Wanted
from workbench.ingest.sources.table_names import parts_of, written

__all__ = [
    "check_apart",
    "check_column",
    "check_outsider",
    "check_select",
    "find_table",
    "relation",
    "several_called",
    "statement",
    "tell_left_out",
]


def check_select(query: str, dialect: str) -> str:
    """The query without a closing semicolon, where it is one SELECT and nothing else.

    The connection can only read anyway; this says it before anything is sent, and keeps out what some databases do while reading.

    Raises
    ------
    InvalidSQL
        It cannot be read, or is something else.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    text = query.strip().rstrip(";").rstrip()
    if "/*!" in text or "/*M!" in text:
        raise InvalidSQL("A comment that the database would carry out is no part of a query.", fix="Write it as SQL.")
    try:
        parsed = [tree for tree in sqlglot.parse(text, read=dialect) if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise InvalidSQL("The query cannot be read as SQL.", fix="Try it in the database's own client first.") from error
    if len(parsed) != 1 or not isinstance(parsed[0], exp.Query):
        raise InvalidSQL("Only one SELECT can be read from a connection.", fix="Write: select ... from ...")
    writes = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.DDL, exp.Into, exp.Lock, exp.Command)
    if any(isinstance(node, writes) for node in parsed[0].walk()):
        raise InvalidSQL("A query that is read from a connection changes and locks nothing.", fix="Leave out what is not a SELECT.")
    return text


# What DuckDB tells of the process that reads a file: where it lies, settings with folders of this machine. A server asks its own users'
# rights; a file has none.
_OF_THE_PROCESS = frozenset({"current_setting", "getvariable", "pg_settings"})
_OF_THE_FILE = frozenset(
    f"duckdb_{each}" for each in ("columns", "constraints", "functions", "indexes", "schemas", "sequences", "tables", "types", "views")
)
_GIVING_ROWS = frozenset({"json_each", "json_tree", "repeat", "repeat_row"})


def check_outsider(query: str, dialect: str) -> None:
    """Whether a query, which has been checked to be one, asks for rows and nothing about the machine: who may take rows from a connection
    is not told where it leads.

    Raises
    ------
    Forbidden
    """
    import sqlglot
    from sqlglot import exp

    if dialect != "duckdb":
        return
    for node in sqlglot.parse_one(query, read=dialect).find_all(exp.Table, exp.Anonymous):
        inner = node.this if isinstance(node, exp.Table) else None
        if isinstance(inner, exp.Func):  # a function that gives rows
            name = (inner.name if isinstance(inner, exp.Anonymous) else inner.sql_name()).lower()
            refused = name not in _GIVING_ROWS | _OF_THE_FILE and not isinstance(inner, exp.GenerateSeries | exp.Unnest)
        else:
            name = node.name.lower()
            refused = name in _OF_THE_PROCESS or (name.startswith(("duckdb_", "pragma_")) and name not in _OF_THE_FILE)
        if refused:
            raise Forbidden(f"{name} tells of the machine that the file lies on.", fix="Ask for rows of its tables and views.")


def find_table(name: str, tables: Iterable[TableFound], default: str = "") -> str:
    """The table that is meant: exactly so, in the ``default`` schema, or the only one that differs in case.

    Raises
    ------
    NotFound
        There is none, or there are several.
    """
    names, said, name = [table.name for table in tables], name, written(*parts_of(name))
    for wanted in (name, f"{default}.{name}") if default else (name,):
        if wanted in names:
            return wanted
        alike = [other for other in names if other.casefold() == wanted.casefold()]
        if len(alike) == 1:
            return alike[0]
    ends = [other for other in names if written(parts_of(other)[-1]).casefold() == name.casefold()]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise NotFound(f"There are several tables {name!r}.", fix=f"Say which: {', '.join(sorted(ends)[:5])}.")
    # A dot that is the table's own has to be told from the one behind a schema.
    close = next((other for other in names if parts_of(other)[-1].casefold() == said.casefold()), None) or nearest(name, names)
    known = ", ".join(sorted(names)[:10])
    raise NotFound(f"There is no table {name!r}.", fix=f"Did you mean {close!r}?" if close else f"There are: {known or 'none'}.")


def relation(wanted: Wanted, table: str) -> str:
    """What stands after FROM; ``table`` is the quoted name, where a table is read."""
    return table if wanted.query is None else f"(\n{wanted.query}\n) AS wanted"


def statement(
    wanted: Wanted,
    table: str,
    quote: Callable[[str], str],
    placeholder: str,
    bytewise: Callable[[str], str] = lambda column: column,
    columns: str = "*",
) -> str:
    """The SELECT that is sent; the value of ``since`` is left to the driver, at ``placeholder``.

    ``table`` is the quoted name, where a table is read. ``bytewise`` makes of a quoted column of text one that is compared by its bytes: so
    is the greatest value of a dataset found, and by a language's rules other rows would be above it. ``columns`` is what stands after
    SELECT, where it is not all as it is.
    """
    limit = "" if wanted.most is None else f" LIMIT {int(wanted.most)}"
    if wanted.since is None or wanted.since.value is None:
        if wanted.query is None or columns != "*":
            return f"SELECT {columns} FROM {relation(wanted, table)}{limit}"  # noqa: S608 - quoted
        # Not as a relation: the columns of one have names of their own, and a join's need not.
        return f"(\n{wanted.query}\n){limit}" if limit else wanted.query
    sign = ">=" if wanted.since.inclusive else ">"
    column = quote(wanted.since.column)
    column = bytewise(column) if isinstance(wanted.since.value, str) else column
    return f"SELECT {columns} FROM {relation(wanted, table)} WHERE {column} {sign} {placeholder}{limit}"  # noqa: S608 - the same


def tell_left_out(wanted: Wanted, table: str, quote: Callable[[str], str], count: Callable[[str], int], note: Notes) -> None:
    """Let the report tell how many rows do not come for want of a value in the column of ``since``. ``count`` asks for a number."""
    if wanted.since is None or wanted.since.value is None:
        return
    column = wanted.since.column
    found = count(f"SELECT count(*) FROM {relation(wanted, table)} WHERE {quote(column)} IS NULL")  # noqa: S608 - as above
    # As many were there when all rows were taken, or have been read otherwise.
    left = found - wanted.since.without
    if left > 0:
        few = f"{left:,} {'row has' if left == 1 else 'rows have'} no {column}"
        note.fact(f"{few}, so that nobody can tell whether they are new, and did not come; `mode='overwrite'` without since takes all rows")


def several_called(name: str) -> InvalidInput:
    """Why rows from a value on cannot be read of a query that gives two columns one name."""
    return InvalidInput(f"The query gives several columns called {name!r}.", fix="Name them apart: select a.id, b.id as other_id ...")


def check_apart(names: Sequence[str]) -> None:
    """Refuse names that come more than once: the database would call them otherwise in a statement around the query.

    Raises
    ------
    InvalidInput
        There are such.
    """
    if (name := next((name for name, count in Counter(names).items() if count > 1), None)) is not None:
        raise several_called(name)


def check_column(wanted: Wanted, columns: Iterable[str]) -> None:
    """Refuse a watermark that is no column of what is read.

    Raises
    ------
    InvalidInput
        It is none; the message says which there are.
    """
    names = list(columns)
    if wanted.since is not None and wanted.since.column not in names:
        close = nearest(wanted.since.column, names)
        fix = f"Did you mean {close!r}?" if close else f"There are: {', '.join(names[:20])}."
        raise InvalidInput(f"What is read has no column {wanted.since.column!r}.", fix=fix)
