"""A program that looks while the API restarts waits for it; a change that may have been carried out is told."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from serving import answers, end, wait_until

from workbench.app import wire
from workbench.app.local import LocalWorkspace
from workbench.app.remote import RemoteWorkspace
from workbench.core.config import Settings
from workbench.core.errors import ServiceNotRunning
from workbench.core.principals import local_principal
from workbench.jobs.paths import socket_path


class Api:
    """A real API process that can be killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.start()
        wait_until(lambda: answers(settings), what="the API")

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "workbench.api", "--root", str(self.settings.root)])

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def restart(self) -> threading.Thread:
        """Kill it; it is started again from a thread, as its supervisor would."""
        self.kill()
        back = threading.Timer(0.1, self.start)
        back.start()
        return back


@pytest.fixture(scope="module")
def api(workspace: Settings) -> Iterator[Api]:
    with LocalWorkspace(workspace) as local:
        local.dataset("silver.x").write({"id": [1, 2]}, mode="create")
    made = Api(workspace)
    yield made
    assert made.process is not None
    end(made.process)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine a process takes longer to start than anybody would wait.
    monkeypatch.setattr(wire, "_PAUSES", (*wire._PAUSES, *[2.0] * 40))


@pytest.fixture
def remote(api: Api) -> Iterator[RemoteWorkspace]:
    with LocalWorkspace(api.settings) as local:
        token = local.services.tokens.issue(local_principal(), name="test").secret
    with RemoteWorkspace(f"http+unix://{quote(str(socket_path(api.settings)))}", token) as made:
        yield made


@pytest.mark.usefixtures("patient")
def test_looks_and_safe_verbs_wait_for_an_api_that_restarts(api: Api, remote: RemoteWorkspace) -> None:
    for look in (
        lambda: remote.catalog.list()[0].name == "silver.x",
        lambda: remote.datasets.read("silver.x").num_rows == 2,
        lambda: remote.query.explain("select * from silver.x").decision.allowed,
    ):
        assert look()
        back = api.restart()
        assert look()
        back.join()


@pytest.mark.usefixtures("patient")
def test_a_write_with_a_key_is_there_once_after_a_restart(api: Api, remote: RemoteWorkspace) -> None:
    before = remote.dataset("silver.x").info.rows
    first = remote.dataset("silver.x").write({"id": [3]}, key="once")
    back = api.restart()
    assert remote.dataset("silver.x").write({"id": [3]}, key="once").id == first.id
    back.join()
    assert remote.dataset("silver.x").info.rows == before + 1


def test_an_api_that_stays_away_is_told_after_some_five_seconds_and_what_it_ran_has_failed_once_it_is_back(
    api: Api, remote: RemoteWorkspace
) -> None:
    assert remote.catalog.list()
    with LocalWorkspace(api.settings) as local, ThreadPoolExecutor(1) as pool, local.services.log.run("step", "x", "ada") as mine:
        slow = "select count(*) from range(100000000) a, range(100000000) b where a.range + b.range = 7"
        asked = pool.submit(lambda: remote.query.run(slow))
        wait_until(lambda: local.runs.list(kind="sql", status="running"), what="the statement")
        _stays_away(api, remote)
        asked.exception()
        wait_until(lambda: not local.runs.list(kind="sql", status="running"), what="the end of what it ran")
        run = local.runs.list(kind="sql")[0]
        assert (run.status, run.error and run.error.message) == ("failed", "The process that ran it ended.")
        # Nobody looked for it but the API: there is no worker. What a process that lives does goes on.
        assert local.runs.get(mine.id).status == "running"


def _stays_away(api: Api, remote: RemoteWorkspace) -> None:
    api.kill()
    began = time.monotonic()
    with pytest.raises(ServiceNotRunning, match="No workbench answers"):
        remote.catalog.list()
    assert 4 < time.monotonic() - began < 60
    api.start()
    wait_until(lambda: answers(api.settings), what="the API")
