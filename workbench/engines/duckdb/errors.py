"""DuckDB's errors as facts (``errors_as_json``), and the engine failures that no statement is to blame for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import Cancelled, Forbidden, StorageUnavailable, TooLarge, Unavailable
from workbench.engines.parser.text import said_place

__all__ = [
    "KILLED",
    "KILLED_FIX",
    "NO_ROOM",
    "NO_ROOM_FIX",
    "UNFIT",
    "EngineError",
    "Interrupted",
    "in_words",
    "read_error",
    "said_error",
    "unfit",
    "unfit_words",
]

#: The subtype of an error of memory where that is likely only: somebody else has killed the process.
KILLED = "KILLED"
#: The kind of an error where a reader's mask or row filter does not fit the columns: whatever a statement asks, it cannot be answered.
UNFIT = "Unfit"
#: The subtype of an error where rows had no room on the disk.
NO_ROOM = "NO_ROOM"
NO_ROOM_FIX = "Free some space (`workbench datasets expire` forgets old snapshots), or ask for fewer rows."
KILLED_FIX = "Run it again; if it is killed again, read fewer columns or rows, or free memory on the machine."


class Interrupted(Exception):
    """The statement was stopped. ``reason`` is ``"timeout"``, ``"cancelled"`` or ``"keyboard"``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class EngineError(Exception):
    """What DuckDB found wrong.

    ``kind`` is DuckDB's exception type (``Binder``, ``Catalog``, ``Conversion``, ``Out of Memory``...), ``position`` a
    character offset into the statement that ran, ``name`` the name it stumbled over.
    """

    kind: str
    message: str
    position: int | None = None
    name: str | None = None
    subtype: str | None = None

    def __str__(self) -> str:
        return self.message


# What stands before a message that comes as a text.
_KIND = re.compile(r"^[A-Z][A-Za-z ]* Error: ")
# What the engine says of a statement, not of what it reads.
_NOT_OF_FILES = frozenset({"binder", "catalog", "conversion", "crash", "internal", "not implemented", "out of range", "parser", "syntax"})


@contextmanager
def in_words(doing: str, name: str, seconds: float) -> Iterator[None]:
    """What ends a statement of our own, as errors that say what to do. ``doing`` is what it was for, such as ``Reading``.

    Raises
    ------
    Forbidden, TooLarge, Cancelled, StorageUnavailable, Unavailable
        A rule of the policy does not fit the columns, it took too long (over ``seconds``) or too much memory, somebody stopped it, a file
        of ``name`` cannot be read, or the engine fails.
    """
    try:
        yield
    except EngineError as error:
        if error.kind == UNFIT:
            raise unfit_words(name) from None  # the relation's own name is one of ours
        if error.subtype == KILLED:
            raise TooLarge(f"{doing} {name}: the process was killed, most often because memory ran out.", fix=KILLED_FIX) from error
        if error.subtype == NO_ROOM:
            raise StorageUnavailable(f"{doing} {name}: there is no room left on the disk for the rows.", fix=NO_ROOM_FIX) from error
        if "memory" in error.kind.casefold():
            fix = "Ask for fewer columns or rows, or raise query.memory_limit_mb in workbench.toml."
            raise TooLarge(f"{doing} {name} needs more memory than may be used.", fix=fix) from error
        if "total string size" in error.message:
            fix = "Ask for fewer columns, or for parts of them in SQL: left(name, 1000)."
            raise TooLarge(f"{doing} {name}: its texts are too long to be held together.", fix=fix) from error
        if error.kind.casefold() in _NOT_OF_FILES:
            fix = "No data was changed. Try again; if it happens again, it is a fault of the workbench: report it with these words."
            raise Unavailable(f"{doing} {name} failed in the engine ({error.kind}).", fix=fix) from error
        fix = "Run `workbench doctor`; it checks the lake's storage."
        raise StorageUnavailable(f"A file of {name} could not be read.", fix=fix) from error
    except Interrupted as stop:
        if stop.reason == "timeout":
            fix = "Ask for fewer columns or rows, or raise query.timeout_seconds in workbench.toml."
            raise TooLarge(f"{doing} {name} was stopped after {seconds:g} seconds.", fix=fix) from None
        raise Cancelled(f"{doing} {name} was stopped.", fix="Start it again when you want it.") from None


def unfit(error: EngineError, relation: str) -> EngineError:
    """What a relation fails on as its reader sees it: of the rules nothing is told, only that they cannot be applied. Files that cannot be
    read stay that."""
    kind = error.kind.casefold()
    if "memory" in kind or kind in ("io", "http", "permission", "interrupt", "internal", "fatal"):
        return error
    return EngineError(UNFIT, "a rule does not fit the columns", name=relation)


def unfit_words(name: str) -> Forbidden:
    """The same to its reader."""
    fix = "Ask who administers the workspace: `workbench policy check` names the rule."
    return Forbidden(f"The policy for {name} cannot be applied, so nothing of it is shown.", fix=fix, dataset=name)


def read_error(error: Exception, sql: str) -> EngineError:
    """A ``duckdb.Error`` as facts. Positions are those of characters."""
    return said_error(type(error).__name__, str(error), sql)


def said_error(name: str, text: str, sql: str) -> EngineError:
    """The same of an error of that class's name, which says that."""
    start = text.find("{")
    facts: dict[str, Any] = {}
    if start >= 0:
        try:
            facts = json.loads(text[start:])
        except ValueError:
            facts = {}
    message = str(facts.get("exception_message") or _KIND.sub("", text.split("\n")[0]))
    return EngineError(
        kind=str(facts.get("exception_type") or name.removesuffix("Exception")),
        message=message,
        position=said_place(sql, facts.get("position"), facts.get("error_subtype")),
        name=facts.get("name"),
        subtype=facts.get("error_subtype"),
    )
