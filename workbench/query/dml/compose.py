"""A statement that writes as queries: what gives its rows, and which rows of the target it is about. They are made of the statement's own
text, so that they are decided on, masked and run like any query; nothing else of the statement is run."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.engines.duckdb import quoted
from workbench.query.dml.records import ALL, Assignment, Branch, CreateTable, Delete, Insert, Merge, Named, Piece, Update
from workbench.query.dml.target import no_column
from workbench.query.text import Spliced

__all__ = ["ACTION", "FILE", "PLACES", "ROW", "Composed", "Values"]
__all__ += ["compose", "of_deleted", "of_merge", "of_orphans", "of_rows", "of_updated", "old"]

#: The branch that stands for the target with its rows' places.
PLACES = "__places"
FILE, ROW = "__file", "__row"
# It is spoken of where the source's columns are, too, which would win over it: no column can be of this name.
ACTION = f"__action_{secrets.token_hex(8)}"

#: For each column of the target the name of what it gets in the query's result; None: it stays, or is NULL.
Values = dict[str, str]


@dataclass(frozen=True)
class Composed:
    """A query, and where each of its characters comes from. ``actions`` are the branches that it chooses among, each with the names under
    which it gives the columns' values."""

    spliced: Spliced
    actions: tuple[tuple[Branch, Values], ...] = ()
    values: Values | None = None

    @property
    def sql(self) -> str:
        return self.spliced.text


def compose(parts: Iterable[str | Piece]) -> Spliced:
    """One text of parts of ours and of the statement's. Behind each of those a new line begins, or a comment would go on."""
    out: list[str] = []
    places: list[tuple[int, int, bool]] = []
    length = last = 0

    def add(text: str, source: int, verbatim: bool) -> None:
        nonlocal length
        if text:
            places.append((length, source, verbatim))
            out.append(text)
            length += len(text)

    for part in parts:
        if isinstance(part, str):
            add(part, last, False)
            continue
        done = 0
        for start, end, text in sorted(part.marks):
            add(part.text[done:start], part.start + done, True)
            add(text, part.start + start, False)
            done = end
        add(part.text[done:], part.start + done, True)
        last = part.start + len(part.text)
        add("\n", last, False)
    return Spliced("".join(out), tuple(places))


def of_rows(write: Insert | CreateTable) -> Composed:
    """The rows of an INSERT or CREATE TABLE AS."""
    lead = write.lead if isinstance(write, Insert) else None
    if write.query is None:
        listed = write.columns if isinstance(write, CreateTable) else ()
        empty = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in listed)
        return Composed(compose([f"SELECT {empty} WHERE false" if empty else "SELECT NULL"]))
    if lead is not None:
        return Composed(compose([lead, "SELECT * FROM (", write.query, ") AS __rows"]))
    if write.query.text.lstrip()[:1] == "(" or write.query.text.lstrip()[:6].upper() == "VALUES":
        return Composed(compose(["SELECT * FROM (", write.query, ") AS __rows"]))
    return Composed(compose([write.query]))


def of_deleted(write: Delete, dataset: str) -> Composed:
    """Places of the rows that a DELETE is about, each once."""
    name = _alias(write.target)
    once = "DISTINCT " if write.using is not None else ""
    parts: list[str | Piece] = [*_lead(write.lead), f"SELECT {once}{_places(name)} FROM {_target(dataset, name)}"]
    parts += [", ", write.using] if write.using is not None else []
    return Composed(compose([*parts, *_where(write.where)]))


def of_updated(write: Update, dataset: str, columns: Sequence[str]) -> Composed:
    """Places of the rows that an UPDATE is about, with the values of the columns that are set."""
    name, values = _alias(write.target), _named(write.set, columns, dataset, "v")
    parts: list[str | Piece] = [*_lead(write.lead), f"SELECT {_places(name)}{_old(name, columns)}"]
    parts += _listed(write.set, columns, values)
    parts.append(f" FROM {_target(dataset, name)}")
    parts += [", ", write.source] if write.source is not None else []
    return Composed(compose([*parts, *_where(write.where)]), values=values)


def of_merge(write: Merge, dataset: str, columns: Sequence[str]) -> Composed:
    """Every row of the source with the place of its counterpart: which branch is for it, and that one's values. Rows for which there is
    none have the action 0."""
    branches = [branch for branch in write.branches if branch.when != "target"]
    name = _alias(write.target)
    actions = [(branch, _values(branch, columns, dataset, number)) for number, branch in enumerate(branches, 1)]
    parts: list[str | Piece] = [
        *_lead(write.lead),
        f"SELECT {_places(name)}{_old(name, columns)}, CASE WHEN {quoted(name)}.{ROW} IS NOT NULL THEN ",
    ]
    parts += _choice(branches, "matched")
    parts += [" ELSE ", *_choice(branches, "source"), f" END AS {ACTION}"]
    for number, (branch, values) in enumerate(actions, 1):
        parts += _guarded(branch, values, columns, number, write.source_alias)
    parts += [" FROM ", write.source, f" LEFT JOIN {_target(dataset, name)} ON ("]
    if write.on is not None:
        parts.append(write.on)
    else:
        both = (f"{quoted(name)}.{quoted(c)} = {quoted(write.source_alias)}.{quoted(c)}" for c in write.on_columns)
        parts.append(" AND ".join(both))
    return Composed(compose([*parts, ")"]), tuple(actions))


def of_orphans(write: Merge, dataset: str, columns: Sequence[str]) -> Composed | None:
    """Every row of the target with the branch that would be for it if it had no counterpart; None where there is no such branch."""
    branches = [branch for branch in write.branches if branch.when == "target"]
    if not branches:
        return None
    name = _alias(write.target)
    actions = [(branch, _values(branch, columns, dataset, number)) for number, branch in enumerate(branches, 1)]
    parts: list[str | Piece] = [
        *_lead(write.lead),
        f"SELECT {_places(name)}{_old(name, columns)}, ",
        *_choice(branches, "target"),
        f" AS {ACTION}",
    ]
    for number, (branch, values) in enumerate(actions, 1):
        parts += _guarded(branch, values, columns, number, write.source_alias)
    return Composed(compose([*parts, f" FROM {_target(dataset, name)}"]), tuple(actions))


# --------------------------------------------------------------------------------------------------------------- pieces


def _alias(target: Named) -> str:
    return target.alias or target.parts[-1].split("#")[0].split(".")[-1]


def _target(dataset: str, alias: str) -> str:
    schema, table = dataset.split(".", 1)
    return f"{quoted(schema)}.{quoted(f'{table}#{PLACES}')} AS {quoted(alias)}"


def _places(alias: str) -> str:
    return f"{quoted(alias)}.{FILE} AS {FILE}, {quoted(alias)}.{ROW} AS {ROW}"


def _old(alias: str, columns: Sequence[str]) -> str:
    """The values that a row has, under the names of :func:`old`."""
    return "".join(f", {quoted(alias)}.{quoted(name)} AS {old(place)}" for place, name in enumerate(columns))


def old(place: int) -> str:
    """What the value is called that a row of the target has in the column at a place."""
    return f"__old{place}"


def _lead(lead: Piece | None) -> list[str | Piece]:
    return [lead] if lead is not None else []


def _where(where: Piece | None) -> list[str | Piece]:
    return [" WHERE (", where, ")"] if where is not None else []


def _named(changed: Sequence[Assignment], columns: Sequence[str], dataset: str, prefix: str) -> Values:
    """Which columns are set, and under which names the query gives their values."""
    known = {name.casefold(): name for name in columns}
    found = {}
    for number, each in enumerate(changed):
        name = known.get(each.column.casefold())
        if name is None:
            raise no_column(dataset, each.column, columns)
        found[name] = f"__{prefix}{number}"
    return found


def _listed(changed: Sequence[Assignment], columns: Sequence[str], values: Values) -> list[str | Piece]:
    known = {name.casefold(): name for name in columns}
    parts: list[str | Piece] = []
    for each in changed:
        name = values[known[each.column.casefold()]]
        parts += [", (", each.value, f") AS {name}"] if each.value is not None else [f", NULL AS {name}"]
    return parts


def _values(branch: Branch, columns: Sequence[str], dataset: str, number: int) -> Values:
    if branch.set == ALL:
        return {name: f"__a{number}_{place}" for place, name in enumerate(columns)}
    return _named(branch.set, columns, dataset, f"a{number}_")  # type: ignore[arg-type] # ALL is the only text


def _guarded(branch: Branch, values: Values, columns: Sequence[str], number: int, source: str) -> list[str | Piece]:
    """The values of one branch, which are worked out for its rows only."""
    guard = f", CASE WHEN {ACTION} = {number} THEN ("
    if branch.set == ALL:
        return [f"{guard}{quoted(source)}.{quoted(name)}) END AS {shown}" for name, shown in values.items()]
    known = {name.casefold(): name for name in columns}
    parts: list[str | Piece] = []
    for each in branch.set:
        assert isinstance(each, Assignment)
        shown = values[known[each.column.casefold()]]
        parts += [guard, each.value, f") END AS {shown}"] if each.value is not None else [f", NULL AS {shown}"]
    return parts


def _choice(branches: Sequence[Branch], when: str) -> list[str | Piece]:
    """The number of the first branch that is for a row."""
    mine = [(number, branch) for number, branch in enumerate(branches, 1) if branch.when == when]
    if not mine:
        return ["0"]
    parts: list[str | Piece] = ["CASE"]
    for number, branch in mine:
        parts += [" WHEN (", branch.condition, f") THEN {number}"] if branch.condition is not None else [f" WHEN true THEN {number}"]
    return [*parts, " ELSE 0 END"]
