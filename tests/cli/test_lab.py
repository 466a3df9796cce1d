"""``workbench lab`` as a process: what it says, and what those that it starts can see."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

TOKEN = "a-token-that-is-easy-to-find"
Run = Callable[..., tuple[int, str, str]]
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE"])
def started(project: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, str, psutil.Process]]:
    """Its address, what it has printed until then, and its process; the token given to it in each of Jupyter's ways."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "WORKBENCH_"))},
        "PYTHONPATH": str(REPOSITORY),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTER_PATH": str(REPOSITORY),
        request.param: {"JUPYTER_TOKEN": TOKEN, "JUPYTER_TOKEN_FILE": str(file)}[request.param],
    }
    said = tmp_path / "said"
    with said.open("wb") as stream:
        command = [sys.executable, "-m", "workbench.cli", "lab", "--no-browser", f"--port={port}"]
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=stream, stderr=stream, start_new_session=True)
    try:
        deadline = time.monotonic() + 100
        while not (found := re.search(r"JupyterLab: (http\S+)/lab\?token=", said.read_text())):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)
        yield found[1], said.read_text(), psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        subprocess.run([sys.executable, "-m", "workbench.cli", "down"], cwd=project, env=environment, capture_output=True, check=False)


def visible(process: psutil.Process) -> str:
    """Whatever other programs can learn of a process."""
    try:
        return f"{process.cmdline()} {Path(f'/proc/{process.pid}/environ').read_bytes()!r}"
    except (psutil.Error, OSError):
        return ""


def test_the_token_is_handed_on_to_nobody(started: tuple[str, str, psutil.Process], project: Path) -> None:
    address, said, lab = started
    assert "deprecated" not in said
    assert said.index("Starting the workbench's processes and JupyterLab") < said.index(address)  # no silence before the address
    assert f"{address}/lab?token={TOKEN}" in said
    assert httpx.get(f"{address}/api/status?token=another", timeout=300, trust_env=False).status_code == 403
    with httpx.Client(base_url=address, headers={"Authorization": f"token {TOKEN}"}, timeout=300, trust_env=False) as client:
        assert client.get("/api/status").is_success
        assert client.post("/api/kernels", json={"name": "lake-python"}).is_success
        assert client.post("/api/terminals").is_success
        assert client.get("/workbench/api/system/status").is_success
    below = lab.children(recursive=True)
    own = [process for process in psutil.process_iter() if str(project) in visible(process) and process.pid != lab.pid]
    assert any("workbench.jupyter.kernels.python" in visible(process) for process in below)
    assert any("workbench.jobs.worker" in visible(process) for process in own)
    assert visible(lab)
    for process in (lab, *below, *own):
        assert TOKEN not in visible(process), process


@pytest.mark.parametrize(("content", "said"), [("\n", "is empty"), (None, "cannot be read")])
def test_a_token_file_without_a_token_lets_nobody_in(
    cli: Run, project: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, said: str
) -> None:
    file = project / "token"
    if content is not None:
        file.write_text(content)
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    monkeypatch.setenv("JUPYTER_TOKEN_FILE", str(file))
    code, _, errors = cli("lab", "--no-browser")
    assert code != 0
    assert said in errors and "unset JUPYTER_TOKEN_FILE" in errors
