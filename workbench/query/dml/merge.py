"""MERGE, read."""

from __future__ import annotations

from typing import Any, Literal

from workbench.core.errors import InvalidSQL
from workbench.query.dml.cursor import Cursor, unread
from workbench.query.dml.records import ALL, Assignment, Branch, Merge
from workbench.query.effort import check

__all__ = ["read_merge"]

When = Literal["matched", "source", "target"]
Values = tuple[Assignment, ...] | Literal["*"]


def read_merge(tree: Any, cursor: Cursor) -> Merge:
    """The record of a MERGE. Raises as :func:`.read.read_write` does."""
    from workbench.query.dml.read import lead_of, named

    lead = lead_of(tree, cursor)
    cursor.take("MERGE", "INTO")
    target = named(tree.this, cursor)
    cursor.take("USING")
    source = cursor.until("ON", "USING")
    alias = tree.args["using"].alias_or_name
    if not alias:
        raise InvalidSQL("The source of a MERGE needs a name.", fix="Write USING (SELECT ...) AS s ON ...")
    columns: tuple[str, ...] = ()
    on = None
    if cursor.may_take("ON"):
        on = cursor.until("WHEN")
    else:
        cursor.take("USING")
        cursor.group()
        columns = tuple(each.name for each in tree.args.get("using_cond") or ())
    branches = []
    while not cursor.done:
        check()
        branches.append(_branch(cursor))
    if not branches or len(branches) != len(tree.args["whens"].expressions) or (on is None and not columns):
        raise unread()
    return Merge(target, source, alias, on, columns, tuple(branches), lead)


def _branch(cursor: Cursor) -> Branch:
    cursor.take("WHEN")
    when: When = "matched"
    if cursor.may_take("NOT", "MATCHED"):
        when = "source"
        if cursor.may_take("BY", "SOURCE"):
            when = "target"
        else:
            cursor.may_take("BY", "TARGET")
    else:
        cursor.take("MATCHED")
    condition = cursor.until("THEN") if cursor.may_take("AND") else None
    cursor.take("THEN")
    if cursor.may_take("DO", "NOTHING"):
        return Branch(when, "nothing", condition)
    if cursor.may_take("DELETE"):
        return _possible(Branch(when, "delete", condition))
    if cursor.may_take("UPDATE"):
        return _possible(Branch(when, "update", condition, _update(cursor)))
    cursor.take("INSERT")
    return _possible(Branch(when, "insert", condition, _insert(cursor)))


def _possible(branch: Branch) -> Branch:
    if (branch.action == "insert") != (branch.when == "source"):
        raise InvalidSQL(
            "In MERGE, rows are inserted WHEN NOT MATCHED, and updated or deleted WHEN MATCHED or NOT MATCHED BY SOURCE.",
            fix="Put the action under the WHEN that it goes with.",
        )
    if branch.when == "target" and branch.set == ALL:
        raise InvalidSQL("A row without a counterpart has nothing to take all columns from.", fix="Name them: UPDATE SET column = value.")
    return branch


def _update(cursor: Cursor) -> Values:
    from workbench.query.dml.read import assignments

    if cursor.may_take("SET"):
        return ALL if cursor.may_take("*") else assignments(cursor, "WHEN")
    _by_name(cursor)
    return ALL


def _insert(cursor: Cursor) -> Values:
    from workbench.query.dml.read import plain_names

    if cursor.may_take("*"):
        return ALL
    if cursor.word() not in ("(", "VALUES"):
        _by_name(cursor)
        return ALL
    if cursor.word() != "(":
        raise InvalidSQL("INSERT of a MERGE names its columns.", fix="Write INSERT (a, b) VALUES (s.a, s.b), or INSERT *.")
    plain = plain_names(cursor.group())
    cursor.take("VALUES")
    values = cursor.group()
    if len(plain) != len(values):
        raise InvalidSQL(f"INSERT names {len(plain)} columns and gives {len(values)} values.", fix="Give each column one value.")
    if len({name.casefold() for name in plain}) < len(plain):
        raise InvalidSQL("A column is named twice.", fix="Name each column once.")
    pairs = zip(plain, values, strict=True)
    return tuple(Assignment(name, None if value.text.upper() == "DEFAULT" else value) for name, value in pairs)


def _by_name(cursor: Cursor) -> None:
    """By position, columns would go wherever they happen to stand."""
    if cursor.may_take("BY", "POSITION"):
        raise InvalidSQL("In MERGE, columns go by their names.", fix="Write UPDATE SET * and INSERT *, or name the columns.")
    cursor.may_take("BY", "NAME")
    if not cursor.done and cursor.word() != "WHEN":
        raise unread()
