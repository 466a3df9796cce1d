"""JupyterLab and Chromium, started for tests: this tree's front end, nothing of the person who runs them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

__all__ = ["BROWSER_ARGUMENTS", "KEEP", "RESULTS", "Lab", "chromium", "lab_environment", "running_lab"]

REPO = Path(__file__).parents[2]
RESULTS = REPO / "test-results"
# Whether pictures are kept of what goes well, too.
KEEP = bool(os.environ.get("WORKBENCH_TEST_KEEP"))
TOKEN = "e2e-token"
START_SECONDS = 120
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What is compiled of JupyterLab stays so from one test to the next: a seventh less of the processor per page.
    "--js-flags=--no-flush-bytecode",
]


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: ``url`` without a slash at the end, the folder it shows, and what each of its processes needs."""

    url: str
    folder: Path
    environment: dict[str, str]

    def page(self, query: str = "reset") -> str:
        return f"{self.url}/lab?token={TOKEN}&{query}"

    def api(self) -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/workbench/api", headers={"Authorization": f"token {TOKEN}"}, timeout=60, trust_env=False)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def chromium() -> str:
    found = (
        os.environ.get("WORKBENCH_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if found is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium")
    return found


def lab_environment(base: Path) -> dict[str, str]:
    """This tree's front end, kernels and server extension, and nothing of the person who runs the tests."""
    if not (REPO / "workbench" / "labextension" / "package.json").is_file():
        pytest.fail("The front end is not built. Run: npm ci && npm run build")
    share = base / "share"
    (share / "labextensions").mkdir(parents=True)
    (share / "labextensions" / "workbench").symlink_to(REPO / "workbench" / "labextension")
    (share / "kernels").symlink_to(REPO / "kernels")
    (share / "voila" / "templates").mkdir(parents=True)
    (share / "voila" / "templates" / "workbench").symlink_to(REPO / "extensions" / "voila" / "workbench")
    overrides = base / "settings" / "overrides.d"
    overrides.mkdir(parents=True)
    shutil.copy(REPO / "extensions" / "lab" / "settings" / "overrides.json", overrides / "workbench.json")
    (base / "home").mkdir()
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "WORKBENCH_", "XDG_"))},
        "HOME": str(base / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPO),
        "JUPYTER_CONFIG_DIR": str(base / "config"),
        "JUPYTER_DATA_DIR": str(base / "data"),
        "JUPYTER_RUNTIME_DIR": str(base / "runtime"),
        "JUPYTER_PATH": str(share),
        "JUPYTER_CONFIG_PATH": str(REPO / "jupyter-config"),
        "JUPYTER_TOKEN": TOKEN,
    }


@contextlib.contextmanager
def running_lab(command: list[str], folder: Path, base: Path, environment: dict[str, str]) -> Iterator[Lab]:
    """JupyterLab in ``folder`` by ``command``, waited for; ended with all that it started."""
    port = free_port()
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.app_settings_dir={base / 'settings'}",
    ]
    lab = Lab(f"http://127.0.0.1:{port}", folder, environment)
    with (base / "lab.log").open("wb") as log:
        process = subprocess.Popen([*command, *options], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{lab.url}/api?token={TOKEN}", timeout=5, trust_env=False).is_success:
                    break
            if process.poll() is not None:
                pytest.fail(f"JupyterLab ended at once:\n{(base / 'lab.log').read_text()[-3000:]}")
            time.sleep(0.1)
        else:
            pytest.fail(f"JupyterLab did not answer:\n{(base / 'lab.log').read_text()[-3000:]}")
        yield lab
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        # After JupyterLab, which would start them again for a panel that still asks.
        subprocess.run(
            [sys.executable, "-m", "workbench.cli", "down"], cwd=folder, env=environment, capture_output=True, timeout=60, check=False
        )
