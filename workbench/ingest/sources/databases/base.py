"""The contract of a kind of database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.names import slug
from workbench.core.records import Record
from workbench.ingest.sources.base import Notes, Since

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["READ_AS", "Database", "Limits", "Session", "TableFound", "Wanted"]

#: In the metadata of a field that is text for want of a type for all its values: the type that the others are of, which the dataset has.
READ_AS = b"workbench.read_as"


class TableFound(Record):
    """A table or view that can be read: ``name`` as it is written in ``connection:NAME/name``, its ``kind``, and how many rows the database
    thinks it has."""

    name: str
    kind: str = "table"
    rows: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What is read: a table, as ``tables()`` names it, or a SELECT; only rows above a value where ``since`` says so, and
    at most so many. ``there`` are the types of the columns of the dataset that it goes into: where the rows leave a choice, they decide."""

    table: str | None
    query: str | None
    since: Since | None = None
    most: int | None = None
    there: Mapping[str, pa.DataType] = field(default_factory=dict)

    def type_there(self, column: str) -> pa.DataType | None:
        """The type of the dataset's column that is the database's; None where it has none."""
        return self.there.get(column) or self.there.get(slug(column))


@dataclass(frozen=True)
class Limits:
    """``scratch`` is a folder for temporary files that the caller removes, ``seconds`` the time that one statement may take,
    ``memory_mb`` what an engine of ours may use."""

    scratch: Path
    seconds: float
    memory_mb: int = 0


class Session(Protocol):
    """One connection, in one transaction that can only read: what it gives is of one moment."""

    def version(self) -> str:
        """The server's name and version."""

    def tables(self) -> tuple[TableFound, ...]:
        """What can be read, by name."""

    def read(self, wanted: Wanted, note: Notes) -> pa.RecordBatchReader:
        """The rows, in bounded memory, in the types that the database says. The statement is a SELECT (it was checked)."""

    def cancel(self) -> None:
        """End what the database does now, from another thread; the one that waits for it raises. A kind may leave it out."""


class Database(Protocol):
    """A kind. A third party's entry point of the group ``workbench.sources`` names such an object (or a class of it, made without
    arguments).

    Attributes
    ----------
    options
        A record of what it takes, checked when a connection is saved. No secrets: these are in ``secret``.
    paths
        Those of the options that name files of this machine.
    secret
        What the secret is called: ``password``; empty where it takes none.
    dialect
        sqlglot's name of its SQL, to check that a query only reads.
    """

    options: type[Record]
    paths: tuple[str, ...]
    secret: str
    dialect: str

    def connect(self, options: Any, secret: str | None, limits: Limits) -> AbstractContextManager[Session]:
        """Connect.

        Raises
        ------
        Forbidden, Unavailable, NotFound, MissingDependency
            The database refuses, does not answer, is not there, or its driver is not installed. No message holds the secret.
        """
