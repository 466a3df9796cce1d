"""COMMENT ON TABLE, VIEW and COLUMN: what the catalog says of a dataset, a view or a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workbench.core.errors import DatasetNotFound, Forbidden, InvalidSQL
from workbench.core.names import matching
from workbench.core.principals import Principal
from workbench.core.refs import MAIN
from workbench.engines.duckdb import literal, quoted
from workbench.query.decide import meant
from workbench.query.dml.cursor import unread
from workbench.query.dml.records import Comment
from workbench.query.dml.target import Target, check_write, no_column, target_of
from workbench.query.text import place

if TYPE_CHECKING:
    from workbench.query.dml.carry import Carrying

__all__ = ["Describer", "comment", "commented"]


class Describer(Protocol):
    """Sets what the catalog says, and knows what stands there. An empty text is none; ``run_id`` is the run that asks for it."""

    def of_dataset(self, name: str, column: str | None) -> str:
        """What is said of a dataset, or of one of its columns."""

    def of_view(self, name: str) -> str:
        """What is said of a view."""

    def describe(self, name: str, column: str | None, text: str, who: Principal, run_id: str) -> None:
        """Say what a dataset is, or what one of its columns holds. Raises :class:`~workbench.core.errors.InvalidInput`: the text is too
        long."""

    def check_view(self, name: str, who: Principal) -> None:
        """Raises :class:`~workbench.core.errors.Forbidden` where the principal may not say what a view is."""

    def describe_view(self, name: str, text: str, who: Principal, run_id: str) -> None:
        """Say what a view is. Raises as :meth:`describe`."""


@dataclass(frozen=True)
class Said:
    """What would be said of what, and what stands there."""

    target: Target
    column: str | None
    before: str
    text: str
    view: bool

    @property
    def changes(self) -> bool:
        return self.text != self.before

    @property
    def about(self) -> str:
        """In words: what it is said of."""
        return f"{self.target.dataset}, column {self.column}" if self.column is not None else self.target.dataset


def comment(how: Carrying, write: Comment) -> tuple[Target, bool, str | None]:
    """Set a description; gives what it is of, whether anything was done, and how to take it back. Raises as :func:`commented` does."""
    said = commented(how, write)
    if not said.changes:
        return said.target, False, None
    how.recording(())
    describer, run_id = _describer(how), how.recorder.id
    with how.parts.log.store.telling(how.recorder.enter):
        if said.view:
            describer.describe_view(said.target.dataset, said.text, how.who, run_id)
        else:
            describer.describe(said.target.dataset, said.column, said.text, how.who, run_id)
    name = ".".join(map(quoted, (*said.target.dataset.split(".", 1), *([said.column] if said.column is not None else []))))
    kind = "COLUMN" if said.column is not None else "VIEW" if said.view else "TABLE"
    return said.target, True, f"COMMENT ON {kind} {name} IS {literal(said.before) if said.before else 'NULL'}"


def commented(how: Carrying, write: Comment) -> Said:
    """What COMMENT would say, of what. It takes what the catalog's own verb takes: the right to write, and sight of all of it.

    Raises
    ------
    DatasetNotFound, Forbidden, InvalidSQL
    """
    if how.statement.parameters or how.statement.positional:
        raise unread()
    describer = _describer(how)
    views = [name for name, _ in how.parts.views.seen(how.who)]
    view = _view(how, write, views)
    if view is not None:
        check_write(how.parts.access, how.who, view)
        describer.check_view(view, how.who)
        return Said(Target(view), None, describer.of_view(view), write.text, view=True)
    target = target_of(write.target, how.statement.text, how.names, how.parts.access, how.who)
    if target.branch != MAIN:
        raise InvalidSQL("COMMENT is about the whole dataset, not about a branch.", fix="Name it without its branch.")
    plan = how.parts.lake.plan(target.dataset)
    if how.parts.access.shape(how.who, plan) is not None:
        raise Forbidden(
            f"You see only a part of {target.dataset}, and what you do not see cannot be described so.",
            fix="Ask somebody who sees all of it.",
            dataset=target.dataset,
        )
    column = None
    if write.column is not None:
        known = {each.name.casefold(): each.name for each in plan.columns}
        column = known.get(write.column.casefold())
        if column is None:
            raise no_column(target.dataset, write.column, known.values())
    return Said(target, column, describer.of_dataset(target.dataset, column), write.text, view=False)


def _view(how: Carrying, write: Comment, views: list[str]) -> str | None:
    """The view that is meant, where the statement is about one.

    Raises
    ------
    DatasetNotFound, InvalidSQL
        There is none, or the statement is about something else than what it names.
    """
    written = ".".join(write.target.parts)
    line, column = place(how.statement.text, write.target.start)
    found = matching(written, views) if not meant(written, how.names) else []
    if len(found) == 1 and write.column is not None:
        raise InvalidSQL(
            f"{found[0]} is a view: its columns are described where they come from.",
            fix="COMMENT ON COLUMN of the dataset that it reads.",
            line=line,
            column=column,
        )
    if len(found) == 1 and not write.view:
        raise InvalidSQL(f"{found[0]} is a view.", fix=f"Write COMMENT ON VIEW {found[0]} IS ...", line=line, column=column)
    if not write.view:
        return None
    if len(found) != 1:
        raise DatasetNotFound(f"There is no view {written!r}.", fix="SHOW TABLES lists those there are.", line=line, column=column)
    return found[0]


def _describer(how: Carrying) -> Describer:
    if how.parts.describer is None:
        raise Forbidden("Descriptions are not written here.", fix="Use the workspace that keeps the catalog: ws.query, `workbench sql`.")
    return how.parts.describer
