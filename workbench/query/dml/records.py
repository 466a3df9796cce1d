"""A statement that writes, as it was read: what it names, and the parts of its text that are queries and expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["ALL", "Alter", "Assignment", "Branch", "Comment", "CreateTable", "CreateView", "Delete", "Drop", "DropView", "Insert", "Merge"]
__all__ += ["Named", "Piece", "Truncate", "Update", "Write"]

#: Of an action of MERGE: every column of the target, each from the source's column of that name.
ALL: Final = "*"


@dataclass(frozen=True)
class Piece:
    """A part of the statement's text as it was written, from ``start`` on. ``marks`` (from, to, text) are what is to be written
    otherwise: a ``?`` with its number, so that parts may change places."""

    text: str
    start: int
    marks: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True)
class Named:
    """The dataset that is written to: its name's parts, where they stand, and what it is spoken of by."""

    parts: tuple[str, ...]
    start: int
    alias: str | None = None


@dataclass(frozen=True)
class Assignment:
    """``column = value``; a value of None is DEFAULT."""

    column: str
    value: Piece | None


@dataclass(frozen=True)
class Insert:
    """INSERT: rows of ``query`` into ``columns`` (None: all, in order), or by their names. ``query`` None: one row of defaults."""

    target: Named
    query: Piece | None
    columns: tuple[str, ...] | None = None
    by_name: bool = False
    lead: Piece | None = None


@dataclass(frozen=True)
class CreateTable:
    """CREATE TABLE with the rows of ``query``, or without rows and with ``columns`` (name, type as written)."""

    target: Named
    query: Piece | None
    columns: tuple[tuple[str, str], ...] = ()
    replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True)
class Delete:
    """DELETE: rows for which ``where`` is true (None: all), with the relations ``using``. ``lead`` is its WITH."""

    target: Named
    where: Piece | None
    using: Piece | None = None
    lead: Piece | None = None


@dataclass(frozen=True)
class Update:
    """UPDATE: ``set`` in rows for which ``where`` is true (None: all), with the relations ``source``."""

    target: Named
    set: tuple[Assignment, ...]
    where: Piece | None
    source: Piece | None = None
    lead: Piece | None = None


@dataclass(frozen=True)
class Branch:
    """One WHEN of MERGE. ``when`` says of what: pairs, rows of the source, or rows of the target that have no counterpart; ``condition``
    None: all of these. ``set`` are the values of an update or insert, :data:`ALL` for every column."""

    when: Literal["matched", "source", "target"]
    action: Literal["update", "delete", "insert", "nothing"]
    condition: Piece | None = None
    set: tuple[Assignment, ...] | Literal["*"] = ()


@dataclass(frozen=True)
class Merge:
    """MERGE: pairs of the target's rows and those of ``source`` (spoken of as ``source_alias``) for which ``on`` is true, or
    which are equal in the columns ``on_columns``; of each kind the first branch whose condition holds."""

    target: Named
    source: Piece
    source_alias: str
    on: Piece | None
    on_columns: tuple[str, ...]
    branches: tuple[Branch, ...]
    lead: Piece | None = None


@dataclass(frozen=True)
class Truncate:
    """TRUNCATE: all rows go."""

    target: Named


@dataclass(frozen=True)
class Alter:
    """ALTER TABLE, one step: ``action`` add, drop, rename, widen (a column) or rename_table; ``type`` and ``new_name`` as written.
    ``if_exists`` of the dataset, ``lenient`` of the column (IF EXISTS, IF NOT EXISTS)."""

    target: Named
    action: Literal["add", "drop", "rename", "widen", "rename_table"]
    column: str = ""
    type: str = ""
    new_name: str = ""
    if_exists: bool = False
    lenient: bool = False


@dataclass(frozen=True)
class Drop:
    """DROP TABLE."""

    target: Named
    if_exists: bool = False


@dataclass(frozen=True)
class CreateView:
    """CREATE VIEW: ``query`` under a name, its columns called ``columns`` (none: as the query says)."""

    target: Named
    query: Piece
    columns: tuple[str, ...] = ()
    replace: bool = False


@dataclass(frozen=True)
class DropView:
    """DROP VIEW."""

    target: Named
    if_exists: bool = False


@dataclass(frozen=True)
class Comment:
    """COMMENT ON TABLE, VIEW or COLUMN: the description ``text`` of the target, or of its ``column``; empty for none."""

    target: Named
    view: bool
    column: str | None
    text: str


Write = Insert | CreateTable | Delete | Update | Merge | Truncate | Alter | Drop | CreateView | DropView | Comment
