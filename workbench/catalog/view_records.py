"""What the catalog tells of a view. Imports little: every face knows these."""

from __future__ import annotations

from datetime import datetime

from workbench.catalog.records import EntryKind, MaskedColumn
from workbench.core.records import Record

__all__ = ["ViewColumn", "ViewPage", "ViewSource"]


class ViewColumn(Record):
    """A column of a view as its reader gets it. ``masked``: it is made of ``made_of``, columns that the reader sees through a mask."""

    name: str
    type: str
    masked: bool = False
    made_of: tuple[MaskedColumn, ...] = ()


class ViewSource(Record):
    """What a view reads."""

    name: str
    kind: EntryKind


class ViewPage(Record):
    """A view as its reader sees it: its columns, what it reads, and its query. ``uuid`` is what lists know it by.

    ``readable`` False: it reads what is gone, or is not granted to the reader, who is told its name, and its description where only some
    columns are not granted; ``problem`` says why, to administrators. ``sql`` None: its text is not for the reader. ``by`` wrote this
    ``version``.
    """

    uuid: str
    name: str
    zone: str
    readable: bool
    problem: str | None = None
    description: str = ""
    owner: str = ""
    columns: tuple[ViewColumn, ...] = ()
    reads: tuple[ViewSource, ...] = ()
    sql: str | None = None
    version: int | None = None
    by: str | None = None
    at: datetime | None = None
