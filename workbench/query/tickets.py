"""Running statements by a name that who asked has given them: so they can be stopped before their run's id is known to anybody.

And those whose caller has gone away before the answer: what only reads is stopped then, too; what writes goes on to its commit. And those
of who is disabled meanwhile, or whose token is revoked, in whatever process."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from workbench.core.errors import Cancelled, Conflict, InvalidInput
from workbench.core.telemetry import get_logger
from workbench.governance.audit.acting import acting_token

__all__ = ["Listener", "Tickets", "listening", "stopped"]

_LONGEST = 100  # characters
_KEPT = 256  # stops that came before their statement, of everybody
_TRIES, _PAUSE = 100, 0.02  # of stopping what is between two steps
_LOOKS = 2.0  # seconds between two looks for who may not go on
_REVOKED = "the token or sign-in that it came with was ended", "Sign in again, or take a token that holds."

_Which = Callable[[Collection[str]], Iterable[str]]

_log = get_logger("query.tickets")


@dataclass(eq=False)
class _Statement:
    run_id: str | None = None
    stopped: bool = False
    ended: bool = False
    token: str | None = field(default_factory=acting_token)
    barred: tuple[str, str] | None = None  # why it was stopped, where its author has no say in that, and what she can do


class Listener:
    """Who waits for the answer of the statements of a block, and may go away. Thread-safe."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._gone = False
        self._stop: Callable[[], None] | None = None

    def leave(self) -> None:
        """Nobody waits any more: stop what reads, now and from now on. Waits until that has been told to the engine."""
        with self._guard:
            self._gone, stop = True, self._stop
        if stop is not None:
            stop()

    def hold(self, stop: Callable[[], None]) -> bool:
        """``stop`` stops what has begun for the listener; False where nobody waits any more."""
        with self._guard:
            self._stop = stop
            return not self._gone


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """What the block's statements answer goes to this listener."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


class Tickets:
    """Thread-safe. Everybody has tickets of her own: nobody can stop, or hear of, a statement of another's.

    Parameters
    ----------
    interrupt
        Stops what a run does.
    disabled, revoked
        Of those whose statements run, who may do nothing any more, and of their tokens' ids those that were revoked: another process may
        have done it. Asked every two seconds for as long as anything runs.
    """

    def __init__(self, interrupt: Callable[[str], bool], disabled: _Which = lambda names: (), revoked: _Which = lambda ids: ()) -> None:
        self._interrupt, self._disabled, self._revoked = interrupt, disabled, revoked
        self._watch: threading.Thread | None = None
        self._guard = threading.Lock()
        self._running: dict[tuple[str, str], _Statement] = {}
        self._theirs: dict[str, Counter[_Statement]] = {}  # with a ticket or without; one may be in several blocks
        # A stop may overtake the statement that it is about, which waits for its turn.
        self._early: OrderedDict[tuple[str, str], None] = OrderedDict()

    @contextmanager
    def held(self, who: str, ticket: str | None) -> Iterator[None]:
        """The block is the statement of a ticket; without one, of the block around, or one that its listener alone can stop.

        Raises
        ------
        InvalidInput, Conflict
            The ticket is too long, or belongs to a statement that runs.
        Cancelled
            It was stopped before it began.
        """
        if ticket is None:
            with self._of(who, _CURRENT.get() or _Statement()):
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
                raise stopped()
            self._running[key] = statement
        try:
            with self._of(who, statement):
                yield
        finally:
            with self._guard:
                del self._running[key]

    @contextmanager
    def _of(self, who: str, statement: _Statement) -> Iterator[None]:
        with self._guard:
            theirs = self._theirs.setdefault(who, Counter())
            theirs[statement] += 1
            if self._watch is None or not self._watch.is_alive():
                self._watch = threading.Thread(target=self._look, name="disabled", daemon=True)
                self._watch.start()
        try:
            with _as_current(statement):
                yield
        finally:
            with self._guard:
                theirs[statement] -= 1
                if not theirs[statement]:
                    del theirs[statement]
                if not theirs:
                    self._theirs.pop(who, None)

    def begun(self, run_id: str, reads: bool = True) -> None:
        """The block's statement has a run. Where it only ``reads``, it ends when nobody waits for it any more.

        Raises
        ------
        Cancelled
            It was stopped meanwhile.
        """
        statement, listener = _CURRENT.get(), _LISTENER.get()
        if statement is None:
            return
        with self._guard:
            statement.run_id = run_id
            if statement.stopped:
                raise stopped()
        if reads and listener is not None and not listener.hold(lambda: self._stop(statement)):
            raise stopped()

    def check(self) -> None:
        """Just before the engine is asked. Raises Cancelled where the statement was stopped meanwhile."""
        statement = _CURRENT.get()
        if statement is not None and statement.stopped:
            raise stopped()

    def goes_on(self) -> None:
        """Something of the block's statement is still to be done here, after the engine: whoever does it asks :meth:`check` now and then,
        which raises once nobody waits for it any more.

        Raises
        ------
        Cancelled
            Nobody does.
        """
        statement, listener = _CURRENT.get(), _LISTENER.get()
        if statement is not None and listener is not None and not listener.hold(lambda: self._mark(statement)):
            raise stopped()

    def _mark(self, statement: _Statement) -> None:
        with self._guard:
            statement.stopped = True

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
        self._stop(statement)
        return True

    def stop_all(self, who: str) -> int:
        """Stop everything of somebody who was disabled; returns how many statements that were."""
        with self._guard:
            found = list(self._theirs.get(who, ()))
        return self._bar(found, f"the user {who} was disabled", "Ask an administrator, who can let her in again.")

    def _bar(self, found: Collection[_Statement], why: str, fix: str) -> int:
        with self._guard:
            for statement in found:
                statement.stopped, statement.barred = True, (why, fix)
        self._stop(*found)
        return len(found)

    def _look(self) -> None:
        while True:
            time.sleep(_LOOKS)
            with self._guard:
                names = list(self._theirs)
                if not names:
                    self._watch = None
                    return
            try:
                for name in self._disabled(names):
                    self.stop_all(name)
                with self._guard:
                    running = [one for theirs in self._theirs.values() for one in theirs if one.token is not None]
                ended = set(self._revoked({str(one.token) for one in running}))
                self._bar([one for one in running if one.token in ended], *_REVOKED)
            except Exception as error:
                # The store is busy or away: the next look tells.
                _log.warning("who may not go on could not be looked up", extra={"reason": str(error).partition("\n")[0]})

    def _stop(self, *statements: _Statement) -> None:
        with self._guard:
            for statement in statements:
                statement.stopped = True
        # Between its last look at this and the engine's first there is a moment in which neither would hear of it. All are waited for
        # together: what does without the engine (rows that somebody fetches slowly) is never heard of there.
        left = list(statements)
        for _ in range(_TRIES):
            left = [one for one in left if not (one.ended or (one.run_id is not None and self._interrupt(one.run_id)))]
            if not left:
                break
            time.sleep(_PAUSE)


_CURRENT: ContextVar[_Statement | None] = ContextVar("statement", default=None)
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def _as_current(statement: _Statement) -> Iterator[None]:
    outer = _CURRENT.get()
    token = _CURRENT.set(statement)
    try:
        yield
    finally:
        _CURRENT.reset(token)
        if outer is not statement:
            statement.ended = True


def stopped() -> Cancelled:
    """The error for the block's statement when it was stopped; ``barred`` is among its details where its author had no say in it."""
    statement = _CURRENT.get()
    if statement is not None and statement.barred is not None:
        why, fix = statement.barred
        return Cancelled(f"The statement was stopped: {why}.", fix=fix, barred=True)
    return Cancelled("The statement was stopped.", fix="Run it again when you want its result.")
