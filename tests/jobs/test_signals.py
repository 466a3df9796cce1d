"""A signal may come at any moment of a wait."""

from __future__ import annotations

import signal
import threading

from workbench.jobs.signals import Told


def test_a_signal_in_the_middle_of_a_wait_is_heard() -> None:
    told = Told()
    told.listen(signal.SIGALRM)
    over = threading.Timer(20, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
    over.start()
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
    try:
        heard = sum(told.wait(0.00001) for _ in range(5000))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        over.cancel()
    assert heard > 0
