"""Real servers for tests: the API on its socket and on TCP (forked: ``test_restart.py`` starts it as a person does), and behind a real
Jupyter server."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.patience import wait_until
from tests.quick import PRELOADED, Forked, start_api, start_server
from workbench.core.config import Settings
from workbench.governance.assertions import HEADER, audience, sign
from workbench.jobs.paths import socket_path
from workbench.store import SecretBox

PRELOADED.append("tests.forked_api")
REPOSITORY = Path(__file__).resolve().parents[2]


def end(process: subprocess.Popen[bytes] | Forked) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def statement(settings: Settings, method: str, target: str, **facts: Any) -> str:
    """A statement as the proxy would sign it."""
    key = facts.pop("key", None) or SecretBox(settings.state / "secrets").key("assertion")
    given = {"sub": "ada", "name": "Ada", "how": "token", "xsrf": False, "foreign": False, "aud": audience(settings), **facts}
    return sign(key, method=method, target=target, **given)


class SignedAuth(httpx.Auth):
    """Signs each request like the proxy does."""

    def __init__(self, settings: Settings, **facts: Any) -> None:
        self.settings, self.facts = settings, facts

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers[HEADER] = statement(self.settings, request.method, request.url.raw_path.decode(), **self.facts)
        yield request


def over_socket(settings: Settings, auth: httpx.Auth | None = None) -> httpx.Client:
    """A client on the API's socket."""
    transport = httpx.HTTPTransport(uds=str(socket_path(settings)))
    return httpx.Client(transport=transport, base_url="http://localhost", auth=auth, timeout=300)


def answers(settings: Settings) -> bool:
    with contextlib.suppress(httpx.HTTPError), over_socket(settings) as client:
        return client.get("/api/system/status").status_code == 401
    return False


@contextlib.contextmanager
def api_on_socket(settings: Settings) -> Iterator[Forked]:
    process = start_api(settings.root)
    try:
        wait_until(lambda: answers(settings), what="the API")
        yield process
    finally:
        end(process)


@contextlib.contextmanager
def api_on_tcp(settings: Settings) -> Iterator[tuple[str, str, Forked]]:
    """(URL, owner's token, process)."""
    process, (url, file) = start_server(settings.root)
    try:
        yield url, Path(file).read_text().strip(), process
    finally:
        end(process)


class Jupyter:
    """A real Jupyter server with our extension, found through jupyter-config/ as an installed one would be."""

    token = "t" * 40

    def __init__(self, folder: Path, scratch: Path, *options: str, extension: bool = True) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = scratch / "jupyter.log"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "WORKBENCH", "MLFLOW"))}
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            environment[f"JUPYTER_{name}"] = str(scratch / name.lower())
        if extension:
            environment["JUPYTER_CONFIG_PATH"] = str(REPOSITORY / "jupyter-config")
        command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", f"--ServerApp.port={self.port}"]
        command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={folder}", *options]
        self.began = time.monotonic()
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(command, env=environment, cwd=folder, stdout=output, stderr=output)
        wait_until(self._listens, what="Jupyter")
        self.started_in = time.monotonic() - self.began

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def anonymous(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=300)

    def with_token(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=300, headers={"Authorization": f"token {self.token}"})

    @contextlib.contextmanager
    def with_cookie(self) -> Iterator[httpx.Client]:
        """Signed in as a browser is: the login cookie and the ``_xsrf`` cookie, nothing else."""
        client = httpx.Client(base_url=self.url, timeout=300, follow_redirects=False)
        page = client.get("/login")
        form = {"password": self.token, "_xsrf": client.cookies["_xsrf"]}
        answer = client.post("/login", data=form)
        assert answer.status_code == 302, (page.status_code, answer.status_code, answer.text)
        # Signing in changes the token, as loading the page afterwards shows it.
        client.get("/login")
        try:
            yield client
        finally:
            client.close()

    @contextlib.contextmanager
    def as_page(self) -> Iterator[httpx.Client]:
        """Signed in with the cookie, sending the XSRF token along as JupyterLab does."""
        with self.with_cookie() as client:
            client.headers["X-XSRFToken"] = client.cookies["_xsrf"]
            yield client

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        end(self.process)
