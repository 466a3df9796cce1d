"""A process that reads statements and does nothing else: ``python -m workbench.engines.parser.process FD``.

Requests and answers are JSON. It ends when its socket closes, and the system ends it in the middle of a request that takes too much of the
processor: nothing inside has to look up for that.
"""

from __future__ import annotations

import json
import resource
import signal
import socket
import struct
import sys
from contextlib import suppress
from io import BufferedRWPair
from pathlib import Path
from typing import Any, NoReturn

from workbench.engines.parser.answer import answer, connect

__all__ = ["LONGEST", "SIZE", "main"]

SIZE = struct.Struct(">Q")  # before each message: its length in bytes
LONGEST = 8 << 20  # of an answer, in bytes
_KEPT_BYTES = 192 << 20  # a process that grew beyond this is not asked again: allocators seldom give back


def main(descriptor: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):  # nobody is there any more
        _serve(socket.socket(fileno=descriptor).makefile("rwb"))


def _serve(stream: BufferedRWPair) -> NoReturn:
    setup, seconds, most_mb = _receive(stream)
    _bound(most_mb)
    connection = connect(setup)
    answer(connection, "parse", "SELECT 1", [])  # what it takes once
    _send(stream, {"ready": True})
    while True:
        request = _receive(stream)
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process
        try:
            reply = answer(connection, *request)
        except Exception as error:  # whatever it is, who asked must hear of it
            reply = {"error": "InternalException", "said": f"{type(error).__name__}: {error}"}
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(stream, reply | {"last": reply.get("error") in _BROKEN or _bytes() > _KEPT_BYTES})


# After these DuckDB answers no more, or may answer anything.
_BROKEN = frozenset({"InternalException", "FatalException", "MemoryError", "OutOfMemoryException"})


def _bytes() -> int:
    """Memory that this process holds; of systems without /proc, the most that it has held."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - with each request
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _receive(stream: BufferedRWPair) -> list[Any]:
    head = stream.read(SIZE.size)
    if len(head) < SIZE.size:
        sys.exit(0)
    request: list[Any] = json.loads(stream.read(SIZE.unpack(head)[0]))
    return request


def _send(stream: BufferedRWPair, reply: dict[str, Any]) -> None:
    packed = json.dumps(reply).encode()
    if len(packed) > LONGEST:
        packed = json.dumps({"error": "MemoryError", "said": "", "last": True}).encode()
    stream.write(SIZE.pack(len(packed)) + packed)
    stream.flush()


def _bound(most_mb: int) -> None:
    """Of all processes, the system shall end this one first when memory is short; and it gets so much of it."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (most_mb << 20, most_mb << 20))


if __name__ == "__main__":
    main(int(sys.argv[1]))
