"""The names in a statement replaced: a dataset's by the relation that the session holds for it, a view's by its query, to any depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.core.errors import DatasetNotFound, InvalidSQL, TooLarge, WorkbenchError
from workbench.core.names import matching
from workbench.engines.duckdb import quoted
from workbench.query.analyse import Statement, TableUse, analyse
from workbench.query.effort import check, check_length
from workbench.query.text import Splice, Spliced, place, splice

if TYPE_CHECKING:
    from workbench.query.decide import Relation

__all__ = ["Expanded", "Views", "expanded"]

#: The name and the query of each view.
Views = tuple[tuple[str, str], ...]
_DEEPEST = 20

#: What a name is that is a dataset's, and what is written in its place; raises where it is none.
Resolve = Callable[[TableUse, Statement], "tuple[Relation, str]"]


@dataclass(frozen=True)
class Expanded:
    """A statement's text with its names replaced; the statement as it is then, the relations that it reads, and the queries of all views
    in it."""

    statement: Statement
    spliced: Spliced
    relations: tuple[Relation, ...]
    views: tuple[str, ...] = ()


def expanded(statement: Statement, views: Views, resolve: Resolve) -> Expanded:
    """Replace the names in a query.

    Raises
    ------
    DatasetNotFound, InvalidSQL, Forbidden
        A name is neither a dataset's nor a view's, or a view cannot be read any more.
    TooLarge
        With the views' queries it is too long.
    """
    return _Expansion(views, resolve).of(statement, ())


class _Expansion:
    def __init__(self, views: Views, resolve: Resolve) -> None:
        self._views, self._resolve = views, resolve

    def of(self, statement: Statement, inside: tuple[str, ...]) -> Expanded:
        assert statement.body is not None
        splices, relations, views, names, plain = [], [], dict[str, None](), statement.names, True
        for use in statement.tables:
            check()
            view = self._view(use, statement)
            if view is None:
                relation, text = self._resolve(use, statement)
                relations.append(relation)
            else:
                plain = False
                inner = self._of_view(use, statement, *view, inside)
                relations += inner.relations
                views |= dict.fromkeys((*inner.views, inner.spliced.text))
                names = None if names is None or inner.statement.names is None else names | inner.statement.names
                text = f"({inner.spliced.text}\n)" + ("" if use.aliased else f" AS {quoted(view[0].split('.', 1)[1])}")
            splices.append(Splice(use.start, use.end, text))
        spliced = splice(statement.body, splices)
        if not plain:
            check_length(spliced.text)
            # What can be said of a statement by its one relation holds for no view.
            statement = replace(statement, names=names, every_row=False, viewed=True)
        return Expanded(statement, spliced, tuple(relations), tuple(views))

    def _of_view(self, use: TableUse, statement: Statement, name: str, sql: str, inside: tuple[str, ...]) -> Expanded:
        line, column = place(statement.text, use.start + statement.offset)
        if use.version is not None:
            raise InvalidSQL(f"{name} is a view, which has no earlier states.", fix="Ask its tables.", line=line, column=column)
        if name in inside or len(inside) >= _DEEPEST:
            chain = " reads ".join((*inside[inside.index(name) if name in inside else 0 :], name))
            raise InvalidSQL(f"The view {name} reads itself: {chain}.", fix="Change one of these views.", line=line, column=column)
        try:
            return self.of(analyse(sql), (*inside, name))
        except TooLarge:
            raise
        except WorkbenchError as error:
            if name in inside or (isinstance(error, InvalidSQL) and "reads itself" in error.message):
                raise
            if isinstance(error, DatasetNotFound):
                # Not which: to who is not granted it, it is not there.
                what, fix = (
                    f"The view {name} reads what is gone, or is not granted to you.",
                    "Ask who wrote it.",
                )
                raise DatasetNotFound(what, fix=fix, line=line, column=column) from None
            raise type(error)(f"The view {name} cannot be read: {error.message}", fix=error.fix, line=line, column=column) from None

    def _view(self, use: TableUse, statement: Statement) -> tuple[str, str] | None:
        """The view that is named, where no dataset is."""
        if not self._views or use.is_string:
            return None
        views = dict(self._views)
        found = matching(".".join(use.parts), views)
        if len(found) != 1:
            return None
        try:
            self._resolve(use, statement)
        except WorkbenchError:
            return found[0], views[found[0]]
        return None
