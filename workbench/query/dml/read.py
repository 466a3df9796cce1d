"""From a statement that writes to its record: sqlglot's tree says what it is, its words where each part stands, and both must agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workbench.core.errors import Forbidden, InvalidSQL
from workbench.query.dml.cursor import Cursor, unread
from workbench.query.dml.merge import read_merge
from workbench.query.dml.records import (
    Assignment,
    CreateTable,
    CreateView,
    Delete,
    Drop,
    DropView,
    Insert,
    Named,
    Piece,
    Truncate,
    Update,
    Write,
)
from workbench.query.dml.reshape import read_alter
from workbench.query.effort import check, generator
from workbench.query.instead import instead_of_creating, instead_of_dropping

__all__ = ["read_write", "writes"]


def writes(tree: Any) -> bool:
    """Whether a tree is of a statement that is read here."""
    return _reader(tree) is not None


def read_write(tree: Any, cursor: Cursor) -> Write:
    """The record of a statement.

    Raises
    ------
    Forbidden
        It asks for something that is not available; says what to do instead.
    InvalidSQL
        Its parts cannot be told for certain.
    """
    reader = _reader(tree)
    if reader is None:
        raise unread()
    if tree.args.get("returning"):
        raise Forbidden("RETURNING is not available.", fix="The answer counts the rows; SELECT them afterwards.")
    check()
    return reader(tree, cursor)


def _reader(tree: Any) -> Callable[[Any, Cursor], Write] | None:
    from sqlglot import exp

    found: dict[type, Callable[[Any, Cursor], Write]] = {
        exp.Insert: _insert,
        exp.Delete: _delete,
        exp.Update: _update,
        exp.Merge: read_merge,
        exp.Create: _create,
        exp.Drop: _drop,
        exp.Alter: read_alter,
        exp.TruncateTable: _truncate,
    }
    return found.get(type(tree))


# --------------------------------------------------------------------------------------------------------------- pieces


def lead_of(tree: Any, cursor: Cursor) -> Piece | None:
    """The WITH before a statement; the cursor then stands at its verb."""
    if not tree.args.get("with_"):
        return None
    first = cursor.at
    cursor.until("INSERT", "UPDATE", "DELETE", "MERGE")
    return cursor.cut(first, cursor.at)


def named(table: Any, cursor: Cursor) -> Named:
    """The dataset that is written to; the cursor then stands behind it and its alias."""
    from sqlglot import exp

    if isinstance(table, exp.Schema):
        table = table.this
    plain = isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier)
    if not plain or any(table.args.get(key) for key in ("version", "when", "sample", "pivots", "joins", "hints", "changes", "partition")):
        raise unread()
    start, end = table.parts[0].meta.get("start"), table.parts[-1].meta.get("end")
    if start is None or end is None or cursor.text[start] == "'":
        raise unread()
    cursor.skip_to(end + 1)
    alias = table.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        raise unread()
    if alias is not None and alias.name:
        cursor.may_take("AS")
        if cursor.name() != alias.name:
            raise unread()
    return Named(tuple(part.name for part in table.parts), cursor.offset + start, alias.name if alias is not None and alias.name else None)


def assignments(cursor: Cursor, *ends: str) -> tuple[Assignment, ...]:
    """``a = 1, b = DEFAULT`` up to one of these words."""
    found = []
    while True:
        check()
        if cursor.word() == "(":
            raise InvalidSQL("Columns are set one by one.", fix="Write a = 1, b = 2 instead of (a, b) = (1, 2).")
        column = cursor.name()
        if cursor.word() == ".":
            fix = "Write SET column = value; of one field of a struct: SET address = struct_update(address, city := 'Rome')."
            raise InvalidSQL("In SET a column stands without a table, and as a whole.", fix=fix)
        cursor.take("=")
        value = cursor.until(",", *ends)
        found.append(Assignment(column, None if value.text.upper() == "DEFAULT" else value))
        if not cursor.may_take(","):
            break
    if len({each.column.casefold() for each in found}) < len(found):
        raise InvalidSQL("A column is set twice.", fix="Set each column once.")
    return tuple(found)


# ----------------------------------------------------------------------------------------------------------- statements


def _insert(tree: Any, cursor: Cursor) -> Insert:
    from sqlglot import exp

    if tree.args.get("alternative") or tree.args.get("conflict"):
        raise Forbidden(
            "INSERT OR REPLACE and ON CONFLICT are not available, for datasets have no keys of their own.",
            fix="Say by which columns rows are the same: MERGE INTO ... USING ... ON ...",
        )
    if any(tree.args.get(key) for key in ("overwrite", "where", "partition", "is_function", "source", "settings", "ignore")):
        raise unread()
    lead = lead_of(tree, cursor)
    cursor.take("INSERT", "INTO")
    target = named(tree.this, cursor)
    columns = None
    if isinstance(tree.this, exp.Schema):
        columns = plain_names(cursor.group())
        if columns != tuple(each.name for each in tree.this.expressions):
            raise unread()
    by_name = cursor.may_take("BY", "NAME")
    if not by_name:
        cursor.may_take("BY", "POSITION")
    if cursor.may_take("DEFAULT", "VALUES"):
        return Insert(target, None, columns, lead=lead)
    first = cursor.at
    query = cursor.cut(first, len(cursor.tokens))
    if isinstance(tree.expression, exp.Values):
        query = replace(query, marks=(*query.marks, *_defaults(cursor, first)))
    elif not isinstance(tree.expression, exp.Query):
        raise unread()
    return Insert(target, query, columns, by_name, lead)


def _defaults(cursor: Cursor, first: int) -> list[tuple[int, int, str]]:
    """DEFAULT within VALUES: no column has another than NULL."""
    start = cursor.tokens[first].start
    found = [token for token in cursor.tokens[first:] if token.token_type.name == "DEFAULT"]
    return [(token.start - start, token.end + 1 - start, "NULL") for token in found]


def plain_names(pieces: list[Piece]) -> tuple[str, ...]:
    """Names between brackets, as what they name is called."""
    found = []
    for piece in pieces:
        text = piece.text.strip()
        quoted = len(text) > 1 and text[0] == text[-1] == '"'
        found.append(text[1:-1].replace('""', '"') if quoted else text)
    return tuple(found)


def _delete(tree: Any, cursor: Cursor) -> Delete:
    if any(tree.args.get(key) for key in ("order", "limit", "tables", "cluster")):
        raise unread()
    lead = lead_of(tree, cursor)
    cursor.take("DELETE", "FROM")
    target = named(tree.this, cursor)
    using = cursor.until("WHERE") if cursor.may_take("USING") else None
    where = cursor.until() if cursor.may_take("WHERE") else None
    _ended(cursor, (using is not None) == bool(tree.args.get("using")), (where is not None) == bool(tree.args.get("where")))
    return Delete(target, where, using, lead)


def _update(tree: Any, cursor: Cursor) -> Update:
    if any(tree.args.get(key) for key in ("order", "limit", "hint")):
        raise unread()
    lead = lead_of(tree, cursor)
    cursor.take("UPDATE")
    target = named(tree.this, cursor)
    cursor.take("SET")
    changed = assignments(cursor, "FROM", "WHERE")
    source = cursor.until("WHERE") if cursor.may_take("FROM") else None
    where = cursor.until() if cursor.may_take("WHERE") else None
    seen = [each.this.name for each in tree.expressions if type(each).__name__ == "EQ"]
    _ended(cursor, (source is not None) == bool(tree.args.get("from_")), (where is not None) == bool(tree.args.get("where")))
    if seen != [each.column for each in changed] or len(seen) != len(tree.expressions):
        raise unread()
    return Update(target, changed, where, source, lead)


def _truncate(tree: Any, cursor: Cursor) -> Truncate:
    if len(tree.expressions) != 1 or any(value for key, value in tree.args.items() if key not in ("expressions",)):
        raise InvalidSQL("TRUNCATE takes one dataset.", fix="Write TRUNCATE silver.name.")
    cursor.take("TRUNCATE")
    cursor.may_take("TABLE")
    target = named(tree.expressions[0], cursor)
    _ended(cursor)
    return Truncate(target)


def _create(tree: Any, cursor: Cursor) -> Write:
    kind = str(tree.args.get("kind") or "").upper()
    odd = [key for key, value in tree.args.items() if value and key not in ("this", "kind", "expression", "replace", "exists", "with_")]
    if kind == "VIEW" and not odd and not tree.args.get("with_"):
        return _create_view(tree, cursor)
    if kind != "TABLE" or odd or tree.args.get("with_"):
        what = "Temporary tables are" if "properties" in odd and kind == "TABLE" else f"CREATE {kind or 'of this kind'} is"
        raise Forbidden(f"{what} not available.", fix=instead_of_creating(kind))
    cursor.take("CREATE")
    again = cursor.may_take("OR", "REPLACE")
    cursor.take("TABLE")
    lenient = cursor.may_take("IF", "NOT", "EXISTS")
    target = named(tree.this, cursor)
    if tree.expression is None:
        columns = _columns(tree, cursor)
        return CreateTable(target, None, columns, again, lenient)
    cursor.take("AS")
    query = cursor.cut(cursor.at, len(cursor.tokens))
    if type(tree.this).__name__ != "Table" or (again, lenient) != (bool(tree.args.get("replace")), bool(tree.args.get("exists"))):
        raise unread()
    return CreateTable(target, query, (), again, lenient)


def _create_view(tree: Any, cursor: Cursor) -> CreateView:
    from sqlglot import exp

    cursor.take("CREATE")
    again = cursor.may_take("OR", "REPLACE")
    cursor.take("VIEW")
    target = named(tree.this, cursor)
    columns = plain_names(cursor.group()) if isinstance(tree.this, exp.Schema) else ()
    cursor.take("AS")
    query = cursor.cut(cursor.at, len(cursor.tokens))
    if tree.args.get("exists") or again != bool(tree.args.get("replace")) or not isinstance(tree.expression, exp.Query | exp.Values):
        raise unread()
    return CreateView(target, query, columns, again)


def _columns(tree: Any, cursor: Cursor) -> tuple[tuple[str, str], ...]:
    from sqlglot import exp

    if not isinstance(tree.this, exp.Schema):
        raise InvalidSQL("CREATE TABLE says nothing of the columns.", fix="Write CREATE TABLE namespace.name AS SELECT ...")
    cursor.group()
    _ended(cursor)
    found = []
    for column in tree.this.expressions:
        if not isinstance(column, exp.ColumnDef) or column.args.get("kind") is None or column.args.get("constraints"):
            raise Forbidden(
                "Constraints and defaults of columns are not available.", fix="Name columns and types only; `workbench checks` holds rules."
            )
        found.append((column.name, generator().generate(column.args["kind"])))
    return tuple(found)


def _drop(tree: Any, cursor: Cursor) -> Write:
    tables: list[Any] = tree.args.get("tables") or []
    kind = str(tree.args.get("kind") or "").upper()
    odd = [key for key, value in tree.args.items() if value and key not in ("tables", "kind", "exists")]
    if kind not in ("TABLE", "VIEW") or odd or len(tables) != 1:
        what = "Only one dataset is dropped by a statement." if kind in ("TABLE", "VIEW", "SCHEMA") else f"DROP {kind} is not available."
        raise Forbidden(what, fix=instead_of_dropping(kind))
    cursor.take("DROP", kind)
    lenient = cursor.may_take("IF", "EXISTS")
    target = named(tables[0], cursor)
    _ended(cursor, lenient == bool(tree.args.get("exists")))
    return Drop(target, lenient) if kind == "TABLE" else DropView(target, lenient)


def _ended(cursor: Cursor, *agreed: bool) -> None:
    if not cursor.done or not all(agreed):
        raise unread()
