"""A server for a team in this process: the app itself, behind its gate, asked as over TCP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa

from workbench.api.app import create_app
from workbench.api.backend import Backend, services_for_callers
from workbench.api.hosts import HostCheck
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.core.principals import local_principal

PASSWORD = "correct horse battery"
PEOPLE = {"id": [1, 2, 3], "mail": ["a@x.org", "b@x.org", "a@x.org"], "region": ["north", "south", "south"]}
POLICY = """
version: 1
masks:
  - {name: mail, what: [silver.people.mail], mask: {kind: hash}}
rows:
  - {name: own region, what: [silver.people], unless: [engineer], where: region = principal.region}
"""


@dataclass
class Team:
    """``owner`` and ``client()`` ask the app; ``secret_of`` gives a token in a user's name."""

    settings: Settings
    backend: Backend
    client: Callable[..., httpx.Client]
    owner: httpx.Client

    def token(self, name: str, **given: object) -> str:
        made = self.owner.post(f"/api/users/{name}/tokens", json=given)
        assert made.status_code == 200, made.text
        return str(made.json()["secret"])

    def by(self, secret: str) -> httpx.Client:
        return self.client(headers={"Authorization": f"Bearer {secret}"})


def make_workspace(root: Path) -> Settings:
    create_workspace_file(root, "team <b>")
    # So few that a test reaches it on any machine.
    settings = load_settings(root, {"WORKBENCH_SERVE_REQUESTS_PER_SECOND": "1"})
    with LocalWorkspace(settings) as ws:
        ws.services.lasting = False
        ws.datasets.write("silver.people", pa.table(PEOPLE))
        ws.datasets.write("gold.totals", pa.table({"n": [3]}))
        ws.datasets.write("bronze.raw", pa.table(PEOPLE))
        ws.compliance.apply(POLICY)
        ws.users.add("alice", ("analyst",), {"region": "north"}, password=PASSWORD)
        ws.users.add("bob", ("analyst",), {"region": "south"})
    return settings


class _Asked(httpx.BaseTransport):
    """Requests to an app in this process, on an event loop of its own; each comes from 127.0.0.1."""

    def __init__(self, app: Any) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        return asyncio.run_coroutine_threadsafe(self._ask(copy), self._loop).result(60)

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


class serving:  # noqa: N801 - used like a function
    """The app of a workspace with settings, in this process."""

    def __init__(self, settings: Settings, https: bool = False) -> None:
        self.backend = Backend(services_for_callers(settings))
        self.app = create_app(self.backend, HostCheck(), https=https)
        self.transport = _Asked(self.app)
        self.base = "https://localhost" if https else "http://localhost"

    def client(self, **facts: object) -> httpx.Client:
        return httpx.Client(transport=self.transport, base_url=self.base, follow_redirects=False, **facts)  # type: ignore[arg-type]

    def __enter__(self) -> Team:
        secret = self.backend.tokens.issue(local_principal(), "write", name="owner").secret
        owner = self.client(headers={"Authorization": f"Bearer {secret}"})
        return Team(self.backend.settings, self.backend, self.client, owner)

    def __exit__(self, *exc: object) -> None:
        self.transport.end()
        self.backend.close()
