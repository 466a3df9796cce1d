"""Somebody else's DuckDB file, read in a process of its own: ``python -m workbench.engines.duckdb.attached``.

The file is attached to be read only, then the process is locked: what views in it name outside of it is out of reach, and a file that is
made to break the engine breaks that process. The rows go to an Arrow file as they come.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.leftovers import own_folder
from workbench.engines.duckdb.child import _VARIABLES
from workbench.engines.duckdb.errors import EngineError, Interrupted, read_error
from workbench.engines.duckdb.session import Limits, blank
from workbench.engines.parser.text import literal

if TYPE_CHECKING:
    import duckdb

__all__ = ["Export", "export"]

_LOOK_EVERY = 0.2  # seconds
_ROWS = 2_048  # what DuckDB makes at once; a batch of more would only gather them, however long they are


@dataclass(frozen=True)
class Export:
    """``sql`` is one SELECT over the database in the file ``path``, ``params`` are its values; the rows go to ``target``. Of the columns
    ``texts`` is text what may be of no type, also where all values have one."""

    path: str
    sql: str
    params: tuple[Any, ...]
    target: str
    texts: tuple[str, ...] = ()


def export(request: Export, limits: Limits, seconds: float, stop: Callable[[], bool] = lambda: False) -> dict[str, str]:
    """Carry it out, for at most ``seconds`` and until ``stop`` says so; returns the columns that are text since a value fits no type, with
    the type that it was: whole numbers of 39 digits, infinite days.

    Raises
    ------
    EngineError
        DuckDB refused. Of the kind ``Open``, where it could not open the file.
    Interrupted
        The time was over, or it was to stop.
    """
    limits.spill.mkdir(parents=True, exist_ok=True)
    spill = own_folder(limits.spill, "attached")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench.engines.duckdb.attached"],
        env={name: os.environ[name] for name in _VARIABLES if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    try:
        reply = json.loads(_answer(process, pickle.dumps((request, replace(limits, spill=spill)), protocol=5), seconds, stop))
    except ValueError as error:
        raise EngineError("Crash", "The process that read the file ended.") from error
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(spill, ignore_errors=True)
    if "error" in reply:
        raise EngineError(**reply["error"])
    return {str(name): str(kind) for name, kind in reply["wide"].items()}


def _answer(process: subprocess.Popen[bytes], request: bytes, seconds: float, stop: Callable[[], bool]) -> bytes:
    """Raises
    ------
    Interrupted
        The time was over, or it was to stop.
    """
    until = time.monotonic() + seconds
    rest: bytes | None = request  # which is handed in once
    while True:
        try:
            return process.communicate(rest, timeout=min(_LOOK_EVERY, max(until - time.monotonic(), 0.0)))[0]
        except subprocess.TimeoutExpired as error:
            rest = None
            if stop():
                raise Interrupted("cancelled") from error
            if time.monotonic() >= until:
                raise Interrupted("timeout") from error


def main() -> None:
    """In the process: one request on the standard input, one answer on the standard output."""
    from workbench.engines.duckdb.serve import _first_to_go

    request, limits = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    _first_to_go(limits.memory_mb + max(512, limits.memory_mb // 4))
    try:
        reply: dict[str, Any] = {"wide": _carry_out(request, limits)}
    except EngineError as error:
        reply = {"error": asdict(error)}
    except MemoryError:
        reply = {"error": {"kind": "Out of Memory", "message": "Memory ran out."}}
    sys.stdout.write(json.dumps(reply))


def _carry_out(request: Export, limits: Limits) -> dict[str, str]:
    import duckdb

    from workbench.engines.duckdb.untold import arrow_statement, beyond_the_calendar, may_be_text
    from workbench.engines.spool import spool

    connection = blank(limits, None)
    try:
        connection.execute(f"ATTACH {literal(request.path)} AS source (TYPE duckdb, READ_ONLY)")
        connection.execute("USE source; SET enable_external_access = false; SET lock_configuration = true")
    except duckdb.Error as error:
        raise EngineError("Open", read_error(error, "").message) from None
    try:
        _check(connection, request.sql)
        beyond: dict[int, str] = {}
        texts = may_be_text(connection, request.sql, request.params, request.texts) if request.texts else []
        while True:
            sql, wide = arrow_statement(connection, request.sql, request.params, {*beyond, *texts})
            cursor = connection.execute(sql, list(request.params)) if request.params else connection.execute(sql)
            names = [str(column[0]) for column in cursor.description or []]
            spool(cursor.to_arrow_reader(_ROWS), Path(request.target))
            more = beyond_the_calendar(Path(request.target))
            if not more:
                return dict.fromkeys(wide, "decimal of 38 digits") | {names[place]: kind for place, kind in beyond.items()}
            beyond |= more
    except duckdb.Error as error:
        raise read_error(error, request.sql) from None
    finally:
        with suppress(duckdb.Error):
            connection.close()


def _check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    import duckdb

    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise EngineError("Parser", "only one SELECT can be read")


if __name__ == "__main__":
    main()
