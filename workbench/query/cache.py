"""Results kept on disk, so that the same question over the same data costs a file's reading.

A file is named by a digest of everything that the answer depends on, and holds a digest of its own bytes: one that is damaged is
noticed, dropped, and its statement runs again. Nothing here is ever needed: what cannot be kept is not kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import struct
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.ids import new_id
from workbench.core.telemetry import get_logger
from workbench.engines.duckdb import Result
from workbench.store.filesystem import make_private

__all__ = ["ResultCache", "Snapshots"]

#: What a result was made from, as (table's UUID, snapshot).
Snapshots = Collection[tuple[str, int | None]]

_MAGIC = b"workbench result 1\n"
_DIGEST = 32
_LENGTH = struct.Struct(">I")
_ENDING, _FRESH = ".result", ".new"
_FILL = 0.9  # of the bound is left after the oldest have gone
_SHARE = 8  # one result may take so much of the whole
_LOOK_SECONDS = 600  # other processes write here, too
_LEFT_SECONDS = 3600  # a file that a killed process left half-written
_log = get_logger("query")


class ResultCache:
    """Results by name, at most ``most_bytes`` of them; those that were asked for least recently go first. Thread-safe, and safe for several
    processes at once.

    Parameters
    ----------
    folder
        A folder of its own; made with the first result. Nobody else may look into it.
    seconds
        How long a result is kept at most.
    key
        Gives what the digests are made with, so that nobody can put a file there that passes for ours.
    """

    def __init__(self, folder: Path, most_bytes: int, seconds: float, key: Callable[[], bytes]) -> None:
        self._folder, self._most, self._seconds, self._make_key = folder, most_bytes, seconds, key
        self._guard = threading.Lock()
        self._size = self._looked = 0.0
        self._key: bytes | None = None

    @property
    def on(self) -> bool:
        return self._most > 0

    def get(self, name: str) -> Result | None:
        """The result of that name; None where there is none, or it is damaged or too old."""
        path = self._path(name)
        try:
            with path.open("rb") as stream:
                made = os.fstat(stream.fileno()).st_mtime
                content = stream.read()
            if time.time() - made > self._seconds:
                raise ValueError("It is too old.")
            result = self._read(name, content)
            # When it was used is said by hand: few file systems keep count.
            os.utime(path, (time.time(), made))
            return result
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, struct.error, pa.ArrowException) as error:
            _log.warning("a kept result was dropped", extra={"reason": str(error).partition("\n")[0]})
            _remove(path)
            return None

    def put(self, name: str, result: Result, snapshots: Snapshots) -> bool:
        """Keep a result; whether it was."""
        if not self.on or result.table.nbytes > self._most // _SHARE:
            return False
        path = self._path(name)
        fresh = path.with_name(f"{new_id()}{_FRESH}")
        try:
            content = self._written(name, result, snapshots)
            make_private(self._folder)
            fresh.touch(mode=0o600, exist_ok=False)
            fresh.write_bytes(content)
            fresh.replace(path)
        except (OSError, pa.ArrowException):
            _remove(fresh)
            return False
        self._bound(len(content))
        return True

    def sweep(self, known: Callable[[tuple[str, int | None]], bool]) -> int:
        """Remove what is too old, damaged, or made from a snapshot that is not ``known`` any more; returns how many."""
        gone = 0
        for path, _ in self._files():
            try:
                with path.open("rb") as stream:
                    old = time.time() - os.fstat(stream.fileno()).st_mtime > self._seconds
                    header = self._header(stream.read(1 << 20))[0]
                keep = not old and all(known((str(uuid), snapshot)) for uuid, snapshot in header["snapshots"])
            except (OSError, ValueError, KeyError, TypeError, struct.error):
                keep = False
            if not keep:
                _remove(path)
                gone += 1
        return gone

    # ---------------------------------------------------------------------------------------------------------- inside

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_ENDING}"

    def _digest(self, name: str, body: bytes | memoryview) -> bytes:
        self._key = self._key or self._make_key()
        digest = hashlib.blake2b(name.encode(), key=self._key, digest_size=_DIGEST)
        digest.update(body)
        made: bytes = digest.digest()
        return made

    def _written(self, name: str, result: Result, snapshots: Snapshots) -> bytes:
        told = {"types": result.types, "cut": result.cut, "snapshots": sorted(snapshots, key=str)}
        header = json.dumps(told).encode()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, result.table.schema) as writer:
            writer.write_table(result.table)
        body = _LENGTH.pack(len(header)) + header + sink.getvalue().to_pybytes()
        whole: bytes = _MAGIC + self._digest(name, body) + body
        return whole

    def _read(self, name: str, content: bytes) -> Result:
        body = memoryview(content)[len(_MAGIC) + _DIGEST :]
        if not content.startswith(_MAGIC) or not hmac.compare_digest(
            content[len(_MAGIC) : len(_MAGIC) + _DIGEST], self._digest(name, body)
        ):
            raise ValueError("Its bytes are not those that were written.")
        header, at = self._header(content)
        table = pa.ipc.open_file(pa.py_buffer(memoryview(content)[at:])).read_all()
        return Result(table, tuple(header["types"]), bool(header["cut"]))

    @staticmethod
    def _header(content: bytes) -> tuple[dict[str, Any], int]:
        """What is said of a result, and where its rows begin."""
        start = len(_MAGIC) + _DIGEST + _LENGTH.size
        end = start + _LENGTH.unpack(content[start - _LENGTH.size : start])[0]
        return json.loads(content[start:end]), end

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        """Results, those used least recently first."""
        found = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                with suppress(OSError):
                    stat = path.stat()
                    if path.suffix == _ENDING:
                        found.append((path, stat))
                    elif path.suffix == _FRESH and time.time() - stat.st_mtime > _LEFT_SECONDS:
                        _remove(path)
        return sorted(found, key=lambda each: each[1].st_atime)

    def _bound(self, added: int) -> None:
        """Let the oldest go where there is too much."""
        with self._guard:
            self._size += added
            if self._size <= self._most and time.monotonic() - self._looked < _LOOK_SECONDS and self._looked:
                return
            files = self._files()
            self._looked = time.monotonic()
            self._size = sum(stat.st_size for _, stat in files)
            if self._size <= self._most:
                return
            for path, stat in files:
                if self._size <= self._most * _FILL:
                    break
                _remove(path)
                self._size -= stat.st_size


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
