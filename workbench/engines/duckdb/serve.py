"""What runs in the process of :mod:`workbench.engines.duckdb.child`: an engine that answers over a socket.

Started as ``python -m workbench.engines.duckdb.serve FD``.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from io import BufferedRWPair
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn, Protocol

import pyarrow as pa

from workbench.engines.duckdb.child import SIZE
from workbench.engines.duckdb.csv import CsvLoad
from workbench.engines.duckdb.engine import DuckDBEngine
from workbench.engines.duckdb.errors import EngineError
from workbench.engines.duckdb.sources import Sources
from workbench.engines.duckdb.tally import Tally
from workbench.engines.duckdb.transform import Transform
from workbench.engines.pieces import pieces

_Reply = tuple[dict[str, Any], pa.Table]


class _Say(Protocol):
    """Sends a message, and rows behind it."""

    def __call__(self, reply: dict[str, Any], table: pa.Table | None = None) -> None: ...


def main(descriptor: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=descriptor)
    stream = connection.makefile("rwb")
    limits, access, ceiling_mb = _receive(stream)
    _first_to_go(ceiling_mb)
    requests: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    engine = DuckDBEngine(limits.spill, memory_mb=limits.memory_mb, threads=limits.threads, timezone=limits.timezone, access=access)
    # Not in the main thread, where the engine would make a thread for each statement, so that Ctrl-C gets through: here there is none.
    threading.Thread(target=_work, args=(stream, requests, engine, limits.spill), daemon=True).start()
    _listen(stream, requests, limits.spill)


def _work(stream: BufferedRWPair, requests: queue.SimpleQueue[tuple[Any, ...]], engine: DuckDBEngine, spill: Path) -> None:
    """Answer one after the other. An answer that cannot be sent, or was sent by half, ends the process: who asked learns it so."""
    verbs = _VERBS | {"read": _reading(Sources())}
    try:
        while True:
            _answer(stream, engine, verbs, *requests.get())
    finally:
        _end(spill, 1)


def _listen(stream: BufferedRWPair, requests: queue.SimpleQueue[tuple[Any, ...]], spill: Path) -> None:
    """Requests as they come; nobody at the other end any more: end, whatever runs."""
    while True:
        try:
            requests.put(_receive(stream))
        except (OSError, EOFError):
            _end(spill, 0)


def _end(spill: Path, status: int) -> NoReturn:
    shutil.rmtree(spill, ignore_errors=True)
    os._exit(status)


def _receive(stream: BufferedRWPair) -> tuple[Any, ...]:
    head = stream.read(SIZE.size)
    if len(head) < SIZE.size:
        raise EOFError
    request: tuple[Any, ...] = pickle.loads(stream.read(SIZE.unpack(head)[0]))  # noqa: S301 - from the process that started this one
    return request


def _answer(
    stream: BufferedRWPair, engine: DuckDBEngine, verbs: Mapping[str, Callable[..., _Reply]], number: int, verb: str, *arguments: Any
) -> None:
    def say(reply: dict[str, Any], table: pa.Table | None = None) -> None:
        _put(stream, reply | {"number": number} | ({} if table is None else {"sent": table.num_rows}))
        if table is not None:
            with pa.ipc.new_stream(stream, table.schema) as writer:
                for batch in chain.from_iterable(map(pieces, table.to_batches())):
                    writer.write_batch(batch)
        stream.flush()

    say({"begun": True})
    try:
        header, table = verbs[verb](say, engine, *arguments)
    except EngineError as error:
        say({"error": asdict(error)})
    except MemoryError:
        say({"error": {"kind": "Out of Memory", "message": "Memory ran out."}})
    except Exception as error:  # whatever it is, who asked must hear of it
        say({"error": {"kind": "Internal", "message": f"{type(error).__name__}: {error}"}})
    else:
        say(header, table)


# Who asked keeps the time, so nothing is timed here.
def _run(_: _Say, engine: DuckDBEngine, sql: str, scans: tuple[Any, ...], params: Any, limit: int | None) -> _Reply:
    result = engine.run("statement", sql, scans, params, limit=limit, timeout=None)
    return {"types": result.types, "cut": result.cut}, result.table


def _load(say: _Say, engine: DuckDBEngine, load: CsvLoad, told: bool) -> _Reply:
    loaded = engine.load("load", load, (lambda share: say({"progress": share})) if told else None)
    return {"files": loaded.files, "rows": loaded.rows, "misfits": loaded.misfits}, loaded.rejects


def _tally(say: _Say, engine: DuckDBEngine, tally: Tally) -> _Reply:
    engine.tally("tally", tally, lambda part: say({"part": True}, part), timeout=None)
    return {}, pa.table({})


def _transform(_: _Say, engine: DuckDBEngine, transform: Transform) -> _Reply:
    return {}, engine.transform("transform", transform)


def _reading(sources: Sources) -> Callable[..., _Reply]:
    return lambda say, engine, verb, *arguments: sources.answer(verb, *arguments)


_VERBS: dict[str, Callable[..., _Reply]] = {"run": _run, "load": _load, "tally": _tally, "transform": _transform}


def _put(stream: BufferedRWPair, reply: dict[str, Any]) -> None:
    packed = json.dumps(reply).encode()
    stream.write(SIZE.pack(len(packed)) + packed)


def _first_to_go(ceiling_mb: int) -> None:
    """Of all processes, the system shall end this one first when memory is short; and one huge allocation fails by itself."""
    if sys.platform.startswith("linux"):
        import resource

        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        most = (2 * ceiling_mb + 1024) << 20
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


if __name__ == "__main__":
    main(int(sys.argv[1]))
