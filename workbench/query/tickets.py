"""Running statements by a name that who asked has given them: so they can be stopped before their run's id is known to anybody."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from workbench.core.errors import Cancelled, Conflict, InvalidInput

__all__ = ["Tickets"]

_LONGEST = 100  # characters
_KEPT = 256  # stops that came before their statement, of everybody
_TRIES, _PAUSE = 100, 0.02  # of stopping what is between two steps


@dataclass(eq=False)
class _Statement:
    run_id: str | None = None
    stopped: bool = False


class Tickets:
    """Thread-safe. Everybody has tickets of her own: nobody can stop, or hear of, a statement of another's.

    Parameters
    ----------
    interrupt
        Stops what a run does.
    """

    def __init__(self, interrupt: Callable[[str], bool]) -> None:
        self._interrupt = interrupt
        self._guard = threading.Lock()
        self._running: dict[tuple[str, str], _Statement] = {}
        # A stop may overtake the statement that it is about, which waits for its turn.
        self._early: OrderedDict[tuple[str, str], None] = OrderedDict()

    @contextmanager
    def held(self, who: str, ticket: str | None) -> Iterator[None]:
        """The block is the statement of a ticket.

        Raises
        ------
        InvalidInput, Conflict
            The ticket is too long, or belongs to a statement that runs.
        Cancelled
            It was stopped before it began.
        """
        if ticket is None:
            yield
            return
        if not ticket or len(ticket) > _LONGEST:
            raise InvalidInput(f"A ticket has 1 to {_LONGEST} characters.", fix="Take a UUID.")
        key, statement = (who, ticket), _Statement()
        with self._guard:
            if key in self._running:
                raise Conflict("A statement with this ticket runs already.", fix="Take a new ticket for each statement.")
            if key in self._early:
                del self._early[key]
                raise _stopped()
            self._running[key] = statement
        token = _CURRENT.set(statement)
        try:
            yield
        finally:
            _CURRENT.reset(token)
            with self._guard:
                del self._running[key]

    def begun(self, run_id: str) -> None:
        """The statement of this thread's ticket has a run.

        Raises
        ------
        Cancelled
            It was stopped meanwhile.
        """
        statement = _CURRENT.get()
        if statement is None:
            return
        with self._guard:
            statement.run_id = run_id
            if statement.stopped:
                raise _stopped()

    def check(self) -> None:
        """Just before the engine is asked. Raises Cancelled where the statement was stopped meanwhile."""
        statement = _CURRENT.get()
        if statement is not None and statement.stopped:
            raise _stopped()

    def stop(self, who: str, ticket: str) -> bool:
        """Stop the statement of a ticket; False where none runs, and then it will not begin either."""
        key = (who, ticket)
        with self._guard:
            statement = self._running.get(key)
            if statement is None:
                self._early[key] = None
                while len(self._early) > _KEPT:
                    self._early.popitem(last=False)
                return False
            statement.stopped = True
        # Between its last look at this and the engine's first there is a moment in which neither would hear of it.
        for _ in range(_TRIES):
            if self._running.get(key) is not statement or (statement.run_id is not None and self._interrupt(statement.run_id)):
                break
            time.sleep(_PAUSE)
        return True


_CURRENT: ContextVar[_Statement | None] = ContextVar("statement", default=None)


def _stopped() -> Cancelled:
    return Cancelled("The statement was stopped.", fix="Run it again when you want its result.")
