"""Files read in a process of :mod:`.child`: what somebody's file does to who reads it, it does to that process alone.

A reader holds what it has seen of a file for as long as its rows are wanted, so that the process keeps it too, under a number. Rows are
asked for batch by batch: who takes them in decides how fast they come.
"""

from __future__ import annotations

import json
import math
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from workbench.core.errors import Cancelled, TooLarge, Unavailable, UnreadableFile, WorkbenchError, rebuilt
from workbench.core.starting import arrow_without_pandas
from workbench.engines.duckdb.child import Child, NotBegun
from workbench.engines.duckdb.errors import KILLED, NO_ROOM, EngineError, Interrupted, in_words
from workbench.engines.readers.rejects import REJECTED, Rejects

if TYPE_CHECKING:  # a process that runs statements starts without them
    from workbench.engines.readers.source import Request, Source

__all__ = ["FarReader", "Lender", "Sources"]

_TRIES = 10  # each waiting process may have been killed by somebody else
_NOTHING = pa.table({})
_Answer = tuple[dict[str, Any], pa.Table]


# ------------------------------------------------------------------------------------------------------------ where it is read


@dataclass
class _Open:
    """A file that is open. ``turn`` says which reading of its rows ``batches`` is."""

    source: Source
    batches: Iterator[pa.RecordBatch]
    turn: int = 0


class Sources:
    """The files that are open in this process, and what is asked of them."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}

    def answer(self, verb: str, *arguments: Any) -> _Answer:
        """Carry out one of :data:`_ASKED`. What a file is refused for, and what the system refuses, is told; all else is raised."""
        try:
            return _ASKED[verb](self, *arguments)
        except WorkbenchError as error:
            return {"refused": error.to_body()}, _NOTHING
        except OSError as error:
            return {"system": error.errno, "words": error.strerror}, _NOTHING
        except MemoryError:
            raise
        except Exception:
            traceback.print_exc()  # for the log of who asked: the answer has no more than the words
            raise

    def _opened(self, number: int, request: Request) -> _Answer:
        arrow_without_pandas()
        from workbench.engines.readers.open import open_source

        source = open_source(request)
        self._open[number] = _Open(source, iter(()))
        return {}, pa.table({"schema": [source.schema.serialize().to_pybytes()], "facts": [_facts(source)]})

    def _more(self, number: int, turn: int) -> _Answer:
        one = self._open[number]
        if one.turn != turn:
            one.turn, one.batches = turn, one.source.batches()
        batch = next(one.batches, None)
        said = {"end": batch is None, "rejected": one.source.rejected}
        return said, pa.Table.from_batches([] if batch is None else [batch], one.source.schema)

    def _rejects(self, number: int) -> _Answer:
        return {}, self._open[number].source.rejects()

    def _plain(self, path: str, target: str, most: int) -> _Answer:
        from workbench.engines.arrived import write_plain

        write_plain(Path(path), Path(target), most)
        return {}, _NOTHING

    def _forget(self) -> _Answer:
        self._open.clear()
        return {}, _NOTHING


_ASKED: Mapping[str, Callable[..., _Answer]] = {
    "open": Sources._opened,
    "more": Sources._more,
    "rejects": Sources._rejects,
    "plain": Sources._plain,
    "forget": Sources._forget,
}


def _facts(source: Source) -> str:
    """What is known of a source beside its schema, as JSON."""
    plain = ("format", "warnings", "rows", "left_out", "complete", "sheets")
    facts: dict[str, Any] = {name: getattr(source, name) for name in plain}
    facts |= {"originals": dict(source.originals), "customs": dict(source.customs), "rejected": source.rejected}
    return json.dumps(facts | {"reading": source.reading.model_dump(mode="json"), "seen": [each.model_dump() for each in source.seen]})


# ---------------------------------------------------------------------------------------------------------- where it is wanted


class Lender(Protocol):
    """Who has processes."""

    ceiling_mb: int

    def lend(self) -> Child:
        """A process, ours until it is given back."""

    def give_back(self, child: Child) -> None:
        """It is not needed any more."""

    def watched(self, run_id: str, child: Child, deadline: float) -> AbstractContextManager[object]:
        """In the block it is killed once it takes too much, or too long, or the run is stopped."""


class FarReader:
    """Opens files as :func:`workbench.engines.readers.open_source` does, in a process that it keeps until it is closed. The sources that
    it gives live as long.

    Parameters
    ----------
    lender
        Has the processes.
    run_id
        What it can be stopped by.
    seconds
        How long one answer may take; None: as long as it does.
    """

    def __init__(self, lender: Lender, run_id: str, seconds: float | None) -> None:
        self._lender, self._run_id, self._seconds = lender, run_id, seconds
        self._child: Child | None = None
        self._numbers = count(1)
        self._one = Lock()  # a thread that was left behind may still wait for an answer
        self._closed = False

    def __call__(self, request: Request) -> Source:
        """Open a file there.

        Raises
        ------
        UnreadableFile, InvalidInput
            As :func:`workbench.engines.readers.open_source`; also where the file breaks its reader.
        TooLarge, Cancelled
            It takes more memory, or longer, than it may; it was stopped.
        """
        number, shown = next(self._numbers), request.shown
        child, table = self._begin(shown, "open", number, request)
        return self._source(_Far(self, child, number, shown), table)

    def plain(self, path: Path, target: Path, most: int) -> None:
        """Rows that were sent, written anew there; raises as :func:`workbench.engines.arrived.write_plain`, and as opening a file."""
        self._begin("What was sent", "plain", str(path), str(target), most)

    def _begin(self, shown: str, *asked: Any) -> tuple[Child, pa.Table]:
        """What a process answers, and which; one that had ended before is not the one."""
        for _ in range(_TRIES):
            child = self._lent()
            with suppress(NotBegun):
                return child, self._ask(child, shown, *asked)[1]
        raise Unavailable("The process that reads files does not start.", fix="Run `workbench doctor`; it looks at the machine's memory.")

    def forget(self) -> None:
        """Let go of all sources: nobody asks them for more."""
        with self._one:
            self._forget()

    def close(self) -> None:
        """Give the process back; one that is still at work is ended."""
        self._closed = True
        if not self._one.acquire(blocking=False):
            if self._child is not None:
                self._child.kill("cancelled")
            self._one.acquire()
        try:
            self._forget()
            child, self._child = self._child, None
            if child is not None:
                self._lender.give_back(child)
        finally:
            self._one.release()

    def _forget(self) -> None:
        if self._child is not None and self._child.alive():
            with suppress(NotBegun, EngineError, Interrupted):
                self._answer(self._child, "forget")

    def ask(self, child: Child, shown: str, *asked: Any) -> _Answer:
        """Ask the process that has a source. Raises as opening it."""
        try:
            return self._ask(child, shown, *asked)
        except NotBegun as ended:
            with self._in_words(shown):
                raise ended.lost from ended

    def _lent(self) -> Child:
        with self._one:
            self._check()
            if self._child is not None and not self._child.alive():
                ended, self._child = self._child, None
                self._lender.give_back(ended)
            if self._child is None:
                self._child = self._lender.lend()
            return self._child

    def _check(self) -> None:
        """Who was left behind asks no process that is somebody else's by now."""
        if self._closed:
            raise Cancelled("Reading files is over.", fix="Start it again when you want it.")

    def _ask(self, child: Child, shown: str, *asked: Any) -> _Answer:
        with self._one, self._in_words(shown):
            self._check()
            header, table = self._answer(child, *asked)
        if "refused" in header:
            raise rebuilt(header["refused"])
        if "system" in header:
            raise OSError(header["system"], header["words"]) if header["system"] else OSError()
        return header, table

    def _answer(self, child: Child, *asked: Any) -> _Answer:
        deadline = math.inf if self._seconds is None else time.monotonic() + self._seconds
        with self._lender.watched(self._run_id, child, deadline):
            return child.read(*asked)

    @contextmanager
    def _in_words(self, shown: str) -> Iterator[None]:
        with in_words("Reading", shown, self._seconds or 0.0):
            try:
                yield
            except EngineError as error:
                if error.subtype in (KILLED, NO_ROOM):
                    raise
                raise self._broken(shown, error) from error
            except Interrupted as stop:
                if stop.reason != "timeout":
                    raise
                fix = "Take it in without a look before, or in smaller files."
                raise TooLarge(f"Reading {shown} took more than {self._seconds:g} seconds.", fix=fix) from None

    def _broken(self, shown: str, error: EngineError) -> WorkbenchError:
        if error.kind == "Crash":
            fix = "It is damaged, or of a kind that no program should be given. Write it anew, best as CSV or Parquet, and try again."
            return UnreadableFile(f"{shown} broke the program that reads it.", fix=fix)
        if error.kind == "Out of Memory":
            fix = "Divide it, write it as CSV or Parquet, or raise query.memory_limit_mb in workbench.toml."
            return TooLarge(f"Reading {shown} takes more memory than the {self._lender.ceiling_mb:,} MB that may be used.", fix=fix)
        fix = "Nothing was written. Report it with these words: it is a fault of the workbench."
        return Unavailable(f"{shown} could not be read: {error.message}", fix=fix)

    def _source(self, far: _Far, table: pa.Table) -> Source:
        from workbench.engines.readers.reading import Reading
        from workbench.engines.readers.source import Seen, Source

        schema = pa.ipc.read_schema(pa.py_buffer(table.column("schema")[0].as_py()))
        facts = json.loads(table.column("facts")[0].as_py())
        far.rejects.known = int(facts["rejected"])
        return Source(
            format=str(facts["format"]),
            schema=schema,
            batches=far.batches,
            originals=facts["originals"],
            warnings=tuple(facts["warnings"]),
            reading=Reading.model_validate(facts["reading"]),
            seen=tuple(Seen.model_validate(each) for each in facts["seen"]),
            misfits=far.rejects,
            customs={name: (decimal, dates, bool(shares)) for name, (decimal, dates, shares) in facts["customs"].items()},
            rows=facts["rows"],
            left_out=int(facts["left_out"]),
            complete=bool(facts["complete"]),
            sheets=tuple(facts["sheets"]),
        )


class _Far:
    """A source in another process."""

    def __init__(self, reader: FarReader, child: Child, number: int, shown: str) -> None:
        self._reader, self._child, self._number, self._shown = reader, child, number, shown
        self._turns = count(1)
        self.rejects = _FarRejects(lambda: self._ask("rejects")[1])

    def batches(self) -> Iterator[pa.RecordBatch]:
        turn = next(self._turns)
        while True:
            said, table = self._ask("more", turn)
            self.rejects.known = int(said["rejected"])
            if said["end"]:
                return
            yield from table.to_batches()

    def _ask(self, verb: str, *more: Any) -> _Answer:
        return self._reader.ask(self._child, self._shown, verb, self._number, *more)


class _FarRejects(Rejects):
    """What is set aside there."""

    def __init__(self, table: Callable[[], pa.Table]) -> None:
        super().__init__()
        self._far, self.known = table, 0

    @property
    def count(self) -> int:
        return self.known

    def table(self) -> pa.Table:
        return self._far().cast(REJECTED)
