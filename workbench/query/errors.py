"""What DuckDB says about a statement, as an error of ours: the place, the nearest name, and no values."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.core.errors import InvalidInput, InvalidSQL, StorageUnavailable, TooLarge, Unavailable, WorkbenchError, nearest
from workbench.engines.duckdb import EngineError, Interrupted
from workbench.engines.duckdb.errors import KILLED, KILLED_FIX, NO_ROOM, NO_ROOM_FIX, UNFIT, unfit_words
from workbench.engines.duckdb.words import in_words
from workbench.query.decide import Verdict
from workbench.query.text import find_word, place
from workbench.query.tickets import stopped

__all__ = ["explain_error", "explain_stop"]

_QUOTED_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"")
_NO_COLUMN = re.compile(
    r'does not have a column named "([^"]+)"|^Column "([^"]+)" (?:does not exist on|in (?:EXCLUDE|REPLACE|RENAME) list not found)'
)
#: Errors that are about a statement's text alone, before a row is looked at.
_OF_TEXTS = frozenset({"binder", "catalog", "parser", "syntax"})
_PARAMETERS = re.compile(r"parameters?: (?P<names>.+)$", re.DOTALL)


def explain_error(error: EngineError, verdict: Verdict, columns: Iterable[str]) -> WorkbenchError:
    """The error to raise. ``columns`` are those of the datasets that the statement reads, for suggestions."""
    text = verdict.statement.text if verdict.statement else ""
    line, column = place(text, verdict.original(error.position))
    kind = error.kind.casefold()
    if error.kind == UNFIT:
        return unfit_words(error.name or "a dataset")
    if error.subtype == KILLED:
        return TooLarge("The process that ran the statement was killed, most often because memory ran out.", fix=KILLED_FIX)
    if error.subtype == NO_ROOM:
        return StorageUnavailable("There is no room left on the disk for the rows.", fix=NO_ROOM_FIX)
    if "memory" in kind:
        return TooLarge(
            "The statement needs more memory than it may use.", fix="Read fewer columns or rows, or raise query.memory_limit_mb."
        )
    if kind in ("crash", "internal"):
        return Unavailable("The process that ran the statement failed.", fix="Run it again; if it fails again, write it otherwise.")
    if kind in ("io", "http", "permission"):
        return StorageUnavailable("A file of the lake could not be read.", fix="Run `workbench doctor`; it checks the lake's storage.")
    if kind == "invalid input" and (found := _PARAMETERS.search(error.message)):
        return _parameter_error(error.message, found["names"])
    if name := _missing_column(error):
        close = nearest(name, [c for c in columns if c.casefold() != name.casefold()])
        fix = f"Did you mean {close!r}?" if close else _described(verdict)
        if line is None:
            line, column = find_word(text, name)
        return InvalidSQL(f"There is no column {name!r} here.", fix=fix, line=line, column=column, suggestion=close, name=name)
    if (said := in_words(error.message)) is not None:
        if line is None and said.name is not None:
            line, column = find_word(text, said.name)
        return InvalidSQL(said.message, fix=said.fix, line=line, column=column)
    message = _clean(error.message, kind, text)
    return InvalidSQL(message, fix=_fix(error, line is not None), line=line, column=column)


def _described(verdict: Verdict) -> str:
    names = list(dict.fromkeys(relation.dataset for relation in verdict.relations))
    if len(names) == 1:
        return f"DESCRIBE {names[0]} lists the columns there are."
    listed = ", ".join(f"DESCRIBE {name}" for name in names[:3])
    return f"These list the columns there are: {listed}." if names else "Only columns of datasets named in FROM can be used."


def explain_stop(stop: Interrupted, seconds: float) -> WorkbenchError:
    """The error for a statement that was stopped."""
    if stop.reason == "timeout":
        return TooLarge(
            f"The statement was stopped after {seconds:g} seconds.",
            fix="Read less (a WHERE, fewer columns), or raise query.timeout_seconds in workbench.toml.",
            timeout_seconds=seconds,
        )
    return stopped()


def _missing_column(error: EngineError) -> str | None:
    if error.subtype == "COLUMN_NOT_FOUND" and error.name:
        return error.name
    if error.kind == "Binder" and (found := _NO_COLUMN.search(error.message)):
        return found[1] or found[2]
    return None


def _parameter_error(message: str, names: str) -> InvalidInput:
    listed = ", ".join(f"${name.strip()}" for name in names.split(","))
    if "not provided" in message:
        given = {name.strip(): "VALUE" for name in names.split(",")}
        fix = f"Give each a value: `params={given!r}`."
        return InvalidInput(f"The statement has the parameters {listed}, but no value was given for them.", fix=fix)
    return InvalidInput(f"Values were given for {listed}, which the statement does not have.", fix="Leave them out, or use them as $name.")


def _clean(message: str, kind: str, statement: str) -> str:
    # What fails on a row quotes its value; an error is written to the log, where no value may go.
    text = message.split("\n")[0].strip().rstrip(".!")
    if kind not in _OF_TEXTS:
        text = _QUOTED_VALUE.sub(lambda found: found[0] if found[0][1:-1] in statement else "'...'", text)
        text = re.sub(r"\([^()]*[\d.]+[^()]*\)", "", text).strip()
    return f"{text[:1].upper()}{text[1:]}."


def _fix(error: EngineError, placed: bool) -> str:
    if error.kind.casefold() == "conversion":
        return "TRY_CAST gives NULL where a value does not convert."
    if "Ambiguous" in error.message:
        return "Put the table's name or alias before the column."
    return "Correct the statement at that place." if placed else "Write that part of the statement another way."
