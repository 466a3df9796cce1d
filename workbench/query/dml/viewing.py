"""CREATE VIEW and DROP VIEW."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.catalog.encode import type_name
from workbench.core.errors import DatasetNotFound, Forbidden, InvalidSQL, WorkbenchError
from workbench.core.names import matching
from workbench.engines.duckdb import literal, quoted
from workbench.query.analyse import analyse
from workbench.query.decide import meant
from workbench.query.dml.compose import Composed, compose
from workbench.query.dml.records import CreateView, DropView
from workbench.query.dml.target import Target, check_write, new_target, taken
from workbench.query.relations import in_part
from workbench.query.text import Splice, place, splice
from workbench.query.views import facts_of, view_taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.catalog.views import KnownView, ViewFacts
    from workbench.query.dml.ask import Asker
    from workbench.query.dml.carry import Carrying
    from workbench.query.expand import Views
    from workbench.query.relations import Planned
    from workbench.query.views import ViewStore

__all__ = ["create_view", "drop_view", "dropped_view", "made_view"]


@dataclass(frozen=True)
class Made:
    """A view to be: its name, its query with full names, what that reads, and what it replaces."""

    name: str
    sql: str
    planned: Sequence[Planned]
    before: KnownView | None
    facts: ViewFacts


def create_view(how: Carrying, write: CreateView, views: ViewStore) -> tuple[Target, str | None]:
    """Keep a query under a name; gives how to take it back. Raises as :func:`made_view` does."""
    made = made_view(how, write, views)
    how.recording(made.planned)
    views.put(made.name, made.sql, how.who.name, write.replace, made.facts, how.recorder.handle, how.recorder.enter)
    undo = f"DROP VIEW {made.name}" if made.before is None else f"CREATE OR REPLACE VIEW {made.name} AS {made.before.sql}"
    return Target(made.name), undo


def made_view(how: Carrying, write: CreateView, views: ViewStore) -> Made:
    """The view that CREATE VIEW would keep. Its query must run for its author as it is.

    Raises
    ------
    InvalidSQL, Forbidden, DatasetNotFound
        What is wrong with its query, and where.
    AlreadyExists
        There is a dataset or a view of that name.
    """
    parts = how.parts
    target, there = new_target(write.target, how.statement.text, how.names, parts.access, how.who)
    if there or parts.lake.exists(target.dataset):
        raise taken(target.dataset, "Choose another name for the view.")
    before = views.find(target.dataset)
    if before is not None:
        _check_sees(how, before.name, views)
        if not write.replace:
            raise view_taken(before.name)
    name = before.name if before is not None else target.dataset
    sql = write.query.text
    if analyse(sql).dynamic_pivot:
        raise InvalidSQL("A view's columns must be known.", fix="Say the values to PIVOT on: PIVOT ... ON column IN ('a', 'b').")
    if write.columns:
        sql = f"SELECT * FROM (\n{sql}\n) AS __view({', '.join(map(quoted, write.columns))})"
    with ExitStack() as held:
        asker = how.asker(None, held)
        # As it would be afterwards: a view that reads itself never ends.
        asked = asker.ask(Composed(compose([write.query])), how.names, (name, sql))
        if write.columns and len(write.columns) != len(asked.schema.names):
            raise InvalidSQL(
                f"The view names {len(write.columns)} columns, and its query has {len(asked.schema.names)}.", fix="Name each, or none."
            )
        planned = asked.planned
        seen = views.seen(how.who)
        settled = _settled(sql, how.names, seen, _narrow(how, asker, planned))
        if settled != (plain := _settled(sql, how.names, seen)):
            _check_narrowed(asker, how.names, name, settled, plain)
    facts = facts_of(settled, (*how.names, *(view for view, _ in seen)))
    columns = None if in_part(planned) else tuple((field.name, type_name(field.type)) for field in asked.schema)
    return Made(name, settled, planned, before, replace(facts, columns=columns))


#: The columns to which what a name stands for is narrowed; None: it is not.
Narrow = Callable[[str], "Sequence[str] | None"]


def _narrow(how: Carrying, asker: Asker, planned: Sequence[Planned]) -> Narrow | None:
    """What tells of each relation which columns its author is granted, where columns of it are granted and not all of it.

    Whoever reads a view reads its tables with her own rights, and so does what an administrator has carried out every night: a ``*`` in the
    text of somebody who is granted two columns would bring that one's result all the others, too.
    """
    if how.who.is_admin:
        return None
    rights = how.parts.access.rights(how.who)
    by_column = {one.ref.name for one in planned if not rights.may("read", one.ref.name)}
    if not by_column:
        return None

    def narrowed(relation: str) -> Sequence[str] | None:
        found = asker.ask(Composed(compose([f"SELECT * FROM {relation}"])), how.names)
        return found.schema.names if any(one.ref.name in by_column for one in found.planned) else None

    return narrowed


def _check_narrowed(asker: Asker, names: tuple[str, ...], name: str, settled: str, plain: str) -> None:
    """Raises
    ------
    InvalidSQL
        With only the columns that its author is granted the query is no other one, and does not run.
    """
    try:
        kept, was = (asker.ask(Composed(compose([sql])), names, (name, sql)).schema for sql in (settled, plain))
    except WorkbenchError:
        kept, was = None, None
    if kept is None or kept != was:
        raise InvalidSQL(
            "You are granted some columns only of what the view reads, and its query cannot be narrowed to those.",
            fix="Give each table an alias (FROM hr.staff AS s), and write the columns with that: s.id.",
        )


def _settled(sql: str, names: tuple[str, ...], views: Views, narrow: Narrow | None = None) -> str:
    """A query with full names: what a bare one means must not depend on who reads the view, or when."""
    statement = analyse(sql)
    known = {written: name for name, _ in views for written in (name.casefold(), name.split(".", 1)[1].casefold())}
    splices = []
    for use in statement.tables:
        bare, *state = re.split(r"(?=[#@])", ".".join(use.parts), maxsplit=1)
        if "." in bare and narrow is None:
            continue
        found = meant(bare, names)
        schema, table = (found[0] if len(found) == 1 else known[bare.casefold()]).split(".", 1)
        kind, value = use.version or ("", "")
        # The words say the state where both do.
        when = f" FOR {kind} AS OF {value if value.isdigit() else literal(value)}" if kind else ""
        text = f"{quoted(schema)}.{quoted(table if when else table + ''.join(state))}{when}"
        columns = narrow(text) if narrow is not None else None
        if "." in bare and columns is None:
            continue
        text = text if columns is None else f"(SELECT {', '.join(map(quoted, columns))} FROM {text})"
        alias = "" if use.aliased else f" AS {quoted(table)}"
        splices.append(Splice(use.start + statement.offset, use.end + statement.offset, text + alias))
    return splice(sql, splices).text


def _check_sees(how: Carrying, name: str, views: ViewStore) -> None:
    """Whether the principal sees something of all that a view reads: its text is told by how to bring it back, and ends with it. Who
    wrote it knows it, also where what it reads is gone; a token for some datasets only may not be in her hands.

    Raises
    ------
    Forbidden
    """
    every = {view.name.casefold(): view for view in views.all()}
    mine = every.get(name.casefold())
    if mine is not None and mine.by == how.who.name and not how.who.only:
        return
    seen = {each.casefold() for each in how.names}
    asked, known = [name.casefold()], set[str]()
    while asked and not how.who.is_admin:
        one = asked.pop()
        if one not in every and one not in seen:
            told = f"You may not write to {name}: it reads what is gone, or is not granted to you."
            raise Forbidden(told, fix="Ask who wrote it, or who administers the workspace.", dataset=name)
        if one in every and one not in known:
            known.add(one)
            facts = every[one].facts or facts_of(every[one].sql, ())
            asked += (read.casefold() for read in facts.reads)


def drop_view(how: Carrying, write: DropView, views: ViewStore) -> tuple[Target, str | None]:
    """Drop a view; gives how to take that back, None where there was none and that is no matter. Raises as :func:`dropped_view` does."""
    name = dropped_view(how, write, views)
    if name is None:
        return Target(".".join(write.target.parts)), None
    before = views.find(name)
    views.drop(name, how.who.name, how.recorder.handle, how.recorder.enter)
    return Target(name), f"CREATE VIEW {name} AS {before.sql}" if before is not None else None


def dropped_view(how: Carrying, write: DropView, views: ViewStore) -> str | None:
    """The view that DROP VIEW would drop; None where there is none and that is no matter.

    Raises
    ------
    DatasetNotFound, Forbidden
    """
    written = ".".join(write.target.parts)
    found = matching(written, [name for name, _ in views.seen(how.who)])
    if len(found) != 1:
        if write.if_exists and not found:
            return None
        line, column = place(how.statement.text, write.target.start)
        dataset = matching(written, how.names)
        fix = f"{dataset[0]} is a dataset: write DROP TABLE {dataset[0]}." if len(dataset) == 1 else "SHOW TABLES lists those there are."
        raise DatasetNotFound(f"There is no view {written!r}.", fix=fix, line=line, column=column)
    check_write(how.parts.access, how.who, found[0])
    _check_sees(how, found[0], views)
    return found[0]
