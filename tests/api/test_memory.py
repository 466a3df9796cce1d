"""What the server's memory held goes back to the system."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

KEPT = """
    import psutil
    from workbench.api.server import give_back_memory

    give_back_memory()
    for _ in range(2):  # glibc keeps what is freed from the second time on
        answers, small = [], []
        for _ in range(30):
            answers.append(bytearray(24 << 20))
            small.append(bytearray(5000))  # lies between two of them
        before = psutil.Process().memory_info().rss
        kept, answers = small, []
    print((before - psutil.Process().memory_info().rss) >> 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's memory")
def test_large_answers_that_are_gone_take_no_memory() -> None:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(KEPT)], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 600  # MB
