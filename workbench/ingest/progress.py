"""How far a load has come, told to who waits and to the run log; and how it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from workbench.core.beside import beside
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.telemetry import get_logger
from workbench.ingest.records import Progress, Step

if TYPE_CHECKING:
    from workbench.runs.handle import RunHandle

__all__ = ["Teller"]

T = TypeVar("T")
QUIET_SECONDS = 1.0  # a load that is shorter leaves no events of its progress
BETWEEN_SECONDS = 0.5
_LOOK_SECONDS = 0.2

_log = get_logger("ingest")


class Teller:
    """Tells progress, and raises :class:`Cancelled` once ``stop`` says so. Thread-safe.

    Parameters
    ----------
    progress
        Called with each :class:`Progress`; one that cannot take it stops nothing.
    stop
        Whether the load shall stop; looked at several times a second.
    """

    def __init__(self, progress: Callable[[Progress], None] | None = None, stop: Callable[[], bool] | None = None) -> None:
        self._progress, self._stop = progress, stop
        self._stopped = threading.Event()
        self._run: RunHandle | None = None
        self._began = self._told = time.monotonic()
        self._step: Step = "detect"
        self.about = ""

    def begin(self, run: RunHandle) -> None:
        """From now on the run's events tell it, too."""
        self._run = run

    def __call__(self, step: Step, share: float | None = None, rows: int | None = None, note: str = "") -> None:
        """It is at ``step``.

        Raises
        ------
        Cancelled
            It shall stop.
        """
        self.check()
        self._step = step
        share = None if share is None else min(max(share, 0.0), 1.0)
        said = Progress(step=step, share=share, rows=rows, note=note or self.about)
        if self._progress is not None:
            try:
                self._progress(said)
            except Cancelled:
                raise
            except Exception:
                _log.warning("progress could not be told", exc_info=True)
        moment = time.monotonic()
        if self._run is not None and moment - self._began >= QUIET_SECONDS and moment - self._told >= BETWEEN_SECONDS:
            self._told = moment
            self._record(self._run, said)

    def note(self, text: str) -> None:
        """A word about what is being done. Raises as telling does."""
        self(self._step, note=text)

    def check(self) -> None:
        """Raises
        ------
        Cancelled
            It shall stop.
        """
        if self._stopped.is_set() or (self._stop is not None and self._stop()):
            self._stopped.set()
            raise stopped()

    def wait_for(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, which only reads, and may take long without a look at anything else. When the load shall stop, it is
        left behind: its thread ends by itself, and nobody uses what it found.

        Raises
        ------
        Cancelled
            The load shall stop.
        """
        if self._stop is None:
            return work()
        found: Future[T] = Future()

        def run() -> None:
            try:
                found.set_result(work())
            except BaseException as error:
                found.set_exception(error)

        threading.Thread(target=run, name="ingest-read", daemon=True).start()
        while True:
            with suppress(TimeoutError):
                return found.result(_LOOK_SECONDS)
            if not found.done():
                self.check()

    @contextmanager
    def stopping(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """In the block, whatever may take long elsewhere is interrupted when the load shall stop, and again until it has."""
        if self._stop is None:
            yield
            return
        with beside(lambda over: self._watch(over, interrupt), "ingest-stop"):
            yield

    def _watch(self, over: threading.Event, interrupt: Callable[[], object]) -> None:
        while not over.wait(_LOOK_SECONDS):
            with suppress(Cancelled):
                self.check()
                continue
            interrupt()

    @staticmethod
    def _record(run: RunHandle, said: Progress) -> None:
        if run.log.store.writing:
            return  # what cannot be undone is never told inside of a transaction that may be
        with suppress(WorkbenchError), run.log.store.write() as conn:
            run.log.append(conn, run.id, "run.progress", **said.model_dump(exclude_none=True))


def stopped() -> Cancelled:
    return Cancelled("The load was stopped; nothing was written.", fix="Take the file in again when you want it.")
