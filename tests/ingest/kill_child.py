"""A load that ends itself by SIGKILL, so long after it has come to a step: ROOT SOURCE OPTIONS STEP NTH DELAY QUICK."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from workbench.app.services import Services
from workbench.core.config import load_settings
from workbench.engines.readers import quick
from workbench.ingest.records import LoadOptions, Progress


def main(root: str, source: str, options: str, step: str, nth: str, delay: str, quickly: str) -> None:
    left = int(nth)

    def die() -> None:
        os.killpg(os.getpid(), signal.SIGKILL)

    def told(progress: Progress) -> None:
        nonlocal left
        if progress.step != step:
            return
        left -= 1
        if left == 0:
            timer = threading.Timer(float(delay), die)
            timer.daemon = True
            timer.start() if float(delay) else die()

    if quickly == "quick":
        quick.LARGE_BYTES = 0
    services = Services(load_settings(Path(root), env={}))
    services.ingest.ingest(source, LoadOptions.model_validate_json(options), progress=told)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
