"""Being told by a signal to end."""

from __future__ import annotations

import queue
import signal
from types import FrameType

__all__ = ["Told"]


class Told:
    """Whether a signal has come, for the main thread to wait for.

    A :class:`threading.Event` is not for that: its ``set`` takes a lock which the main thread, where the handler runs, may just hold in
    ``wait``, and then both wait for ever. A queue of this kind may be written to at any moment.

    Examples
    --------
    >>> told = Told()
    >>> told.wait(0)
    False
    >>> told.by()
    >>> told.wait(10)
    True
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def listen(self, *numbers: signal.Signals) -> None:
        """Hear these signals from now on."""
        for number in numbers:
            signal.signal(number, self.by)

    def by(self, number: int = 0, frame: FrameType | None = None) -> None:
        """A signal's handler."""
        self._queue.put(True)

    def wake(self) -> None:
        """End a wait, without a signal."""
        self._queue.put(False)

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; True as soon as there is a signal that nobody has been told of."""
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return False
