"""Masks that columns have because of what they are made of, where a rule names a source (``what``): as tags are inherited, by whatever
name the rule knows the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from workbench.catalog.index.text import fold
from workbench.core.batches import batched
from workbench.governance.called import Called, ColumnNames, called
from workbench.governance.inherited import NOTHING, Column, Edge, Inheritance, Inherited, Source, Version, spread
from workbench.governance.policy.patterns import is_about
from workbench.governance.policy.records import THINGS
from workbench.lineage.origins import ANY
from workbench.store.tables import cleared_masks

if TYPE_CHECKING:
    from workbench.governance.policy.records import Policy

__all__ = ["InheritedMasks"]


@dataclass(frozen=True)
class _Named:
    """A rule by its name, and one of the patterns that it is about: of a dataset, and of its columns (empty for all of them)."""

    rule: str
    dataset: str
    column: str

    def covers(self, name: str) -> bool:
        """Whether it is about a column of this name, or about something inside of it."""
        return is_about(f"*.*.{self.column}", "x.x", name, fold)

    def may_cover(self, name: str) -> bool:
        """The same where what is nested in the column is not known any more."""
        parts = self.column.split(".")
        return any(is_about(f"*.*.{'.'.join(parts[:end])}", "x.x", name, fold) for end in range(1, len(parts) + 1))


class InheritedMasks:
    """Thread-safe.

    Parameters
    ----------
    inheritance
        What was made of what.
    columns
        As of :class:`.inherited.Inheritance`.
    """

    def __init__(self, inheritance: Inheritance, columns: Callable[[str], ColumnNames] | None) -> None:
        self._inheritance, self._columns = inheritance, columns

    def of(self, conn: Connection, table_uuid: str, policy: Policy, version: Version | None = None) -> Inherited:
        """By column of a dataset the names of a policy's rules that mask it, whomever, because they name what it was made of. One that was
        cleared on the way here is not handed on. ``version`` as for :meth:`.inherited.Inheritance.of`."""
        named = _named(policy)
        edges = self._inheritance.upstream(conn, table_uuid, version) if named else ()
        own = self._own(called(conn, edges), edges, named) if edges else {}
        if not own:
            return NOTHING
        cleared = _cleared(conn, edges)
        mine = {field_id: rules for (uuid, field_id), rules in cleared.items() if uuid == table_uuid}
        return Inherited(spread(table_uuid, edges, own, cleared), mine)

    def _own(self, called: Mapping[str, Called], edges: Sequence[Edge], named: Iterable[_Named]) -> dict[Column, dict[str, Source]]:
        """Which rules name the sources."""
        found: dict[Column, dict[str, Source]] = {}
        for uuid, one in called.items():
            meant = [each for each in named if any(is_about(each.dataset, name, same=fold) for name in one.every)]
            shown = one.today or min(one.every)
            for each in meant:
                if not each.column:
                    found.setdefault((uuid, ANY), {})[each.rule] = Source(shown, "")
            if some := [each for each in meant if each.column]:
                for field_id, name, rule in self._columns_of(one, uuid, edges, some):
                    found.setdefault((uuid, field_id), {}).setdefault(rule, Source(shown, name))
        return found

    def _columns_of(self, one: Called, uuid: str, edges: Sequence[Edge], named: Sequence[_Named]) -> Iterable[tuple[int, str, str]]:
        """(field id, a name of it, rule) of the columns that rules name."""
        written = {edge.source[1]: edge.column for edge in edges if edge.source[0] == uuid}
        known = self._columns(one.location) if self._columns is not None and one.location else None
        for field_id, names in (known or {}).items():
            for each in named:
                if any(each.covers(name) for name in names):
                    yield field_id, written.get(field_id) or min(names, key=lambda name: (name.count("."), name)), each.rule
        if known is not None:
            return
        # What it was called besides when it was written is not known any more: what is of any column is of these, too.
        for edge in edges:
            for each in named if edge.source[0] == uuid else ():
                if not edge.column or each.may_cover(edge.column):
                    yield edge.source[1], edge.column, each.rule


def _named(policy: Policy) -> list[_Named]:
    found = []
    for rule in policy.masks:
        for on in rule.what:
            if not on.startswith(THINGS):
                zone, table, *rest = on.split(".", 2)
                found.append(_Named(rule.name, f"{zone}.{table}", rest[0] if rest else ""))
    return found


def _cleared(conn: Connection, edges: Sequence[Edge]) -> dict[Column, set[str]]:
    found: dict[Column, set[str]] = {}
    for some in batched({edge.target[0] for edge in edges}):
        for row in conn.execute(select(cleared_masks).where(cleared_masks.c.table_uuid.in_(some))):
            found.setdefault((row.table_uuid, row.field_id), set()).add(row.rule)
    return found
