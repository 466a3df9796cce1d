"""A token does what its scope says: a run's token works with data for as long as the run goes on; a revoked one ends streams too."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from serving import api_on_tcp

from workbench.core.config import Settings
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.governance.tokens import TokenService
from workbench.runs import RunLog
from workbench.store import Store

ADA = Principal(name="ada")
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def store(workspace: Settings) -> Store:
    store = Store(workspace.store_url)
    store.migrate()
    return store


@pytest.fixture(scope="module")
def url(workspace: Settings, store: Store) -> Iterator[str]:
    with api_on_tcp(workspace) as (url, token, _):
        made = httpx.post(
            f"{url}/api/ingest", files={"file": ("s.csv", b"a\n1\n")}, headers={"Authorization": f"Bearer {token}"}, timeout=60
        )
        assert made.status_code == 200, made.text
        yield url


def client_of(url: str, secret: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=300)


def test_a_runs_token_works_with_data_and_manages_nothing(url: str, store: Store) -> None:
    log = RunLog(store)
    mine, other = log.start("pipeline", "mine", ADA), log.start("pipeline", "other", ADA)
    child = log.start("pipeline", "child", ADA, parent_id=mine.id)
    with client_of(url, TokenService(store).issue(ADA, "run", mine.id, HOUR).secret) as client:
        allowed = [
            client.get("/api/datasets"),
            client.get("/api/datasets/bronze.s/data"),
            client.post("/api/query", json={"sql": "select * from bronze.s"}),
            client.post("/api/ingest", files={"file": ("t.csv", b"a\n1\n")}),
            client.get(f"/api/runs/{mine.id}"),
            client.get(f"/api/runs/{child.id}/events"),
        ]
        assert [answer.status_code for answer in allowed] == [200] * len(allowed), [answer.text for answer in allowed]
        refused = [
            client.patch("/api/datasets/bronze.s", json={"description": "x"}),
            client.post("/api/datasets/bronze.s/rename", json={"new_name": "bronze.z"}),
            client.post("/api/datasets/bronze.s/rollback", json={"snapshot_id": 1}),
            client.post("/api/datasets/bronze.s/expire"),
            client.post("/api/datasets/bronze.s/undrop"),
            client.delete("/api/datasets/bronze.s"),
            client.get(f"/api/runs/{other.id}"),
            client.post(f"/api/runs/{other.id}/cancel"),
            client.post("/api/runs/nothing/cancel"),
            client.get("/api/runs"),
            client.post("/api/pipelines/p/runs"),
            client.post(f"/api/pipelines/runs/{other.id}/repair/preview"),
            client.get("/api/system/config"),
            client.get("/api/events"),
            client.get("/api/events/stream"),
        ]
        assert [answer.status_code for answer in refused] == [403] * len(refused), [answer.text for answer in refused]
        # Not because the run had ended meanwhile.
        assert not [answer.text for answer in refused if "is not going on" in answer.text]
        assert client.post(f"/api/runs/{child.id}/cancel").status_code == 200
        mine.succeed()
        assert client.get("/api/datasets").status_code == 403


ILL_FORMED = [
    ("POST", "/api/datasets/bronze.s/rename", {"json": {}}),
    ("POST", "/api/datasets/bronze.s/rollback", {"json": {"snapshot_id": "many"}}),
    ("PATCH", "/api/datasets/bronze.s", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/api/ingest/preview", {"json": {"zonk": 1}}),
    ("POST", "/api/ingest/runs", {"json": []}),
    ("POST", "/api/ingest", {"data": {"name": "x"}}),
    ("POST", "/api/datasets/bronze.s/data?mode=zonk", {"content": b"zonk", "headers": {"Content-Type": "text/plain"}}),
    ("PUT", "/api/sources/connections/x", {"json": {"kind": 1}}),
]


@pytest.mark.parametrize(("method", "path", "given"), ILL_FORMED, ids=[f"{method} {path}" for method, path, _ in ILL_FORMED])
def test_who_may_not_call_learns_nothing_of_how_to_call(url: str, store: Store, method: str, path: str, given: dict[str, Any]) -> None:
    """Refused for the scope before anybody looks at what was sent; who may call is told what is wrong with it."""
    tokens = TokenService(store)
    answers = []
    for scope in ("read", "write"):
        with client_of(url, tokens.issue(ADA, scope, ttl=HOUR).secret) as client:  # type: ignore[arg-type]
            answers.append(client.request(method, path, **given))
    assert [answer.status_code for answer in answers] == [403, 400], [answer.text for answer in answers]
    assert answers[0].json()["error"]["message"] == "This token may only look at data."
    with client_of(url, "wb_nobody") as client:
        assert client.request(method, path, **given).status_code == 401


def test_a_run_that_has_ended_is_told_so_before_what_is_wrong_with_its_call(url: str, store: Store) -> None:
    log = RunLog(store)
    run, other = log.start("pipeline", "mine", ADA), log.start("pipeline", "other", ADA)
    with client_of(url, TokenService(store).issue(ADA, "run", run.id, HOUR).secret) as client:
        assert client.post("/api/query", json={"zonk": 1}).status_code == 400
        assert client.post(f"/api/runs/{other.id}/cancel", json={"zonk": 1}).status_code == 403
        run.succeed()
        assert client.post("/api/query", json={"zonk": 1}).status_code == 403


def test_the_token_of_a_run_that_does_not_exist_does_nothing(url: str, store: Store) -> None:
    with client_of(url, TokenService(store).issue(ADA, "run", new_id(), HOUR).secret) as client:
        assert client.get("/api/datasets").status_code == 403


def test_only_who_may_write_sees_the_settings(url: str, store: Store) -> None:
    tokens = TokenService(store)
    for scope, status in (("read", 403), ("write", 200)):
        with client_of(url, tokens.issue(ADA, scope, ttl=HOUR).secret) as client:  # type: ignore[arg-type]
            assert client.get("/api/system/config").status_code == status


def test_only_who_may_write_sees_connections_and_looks_at_sources(url: str, store: Store) -> None:
    with client_of(url, TokenService(store).issue(ADA, "read", ttl=HOUR).secret) as client:
        assert client.get("/api/sources/connections").status_code == 403
        assert client.get("/api/sources/connections/x/tables").status_code == 403
        assert client.get("/api/ingest/readings").status_code == 403
        assert client.post("/api/ingest/preview", json={"source": "a.csv"}).status_code == 403
        assert client.get("/api/sources/watches").status_code == 200


def test_nobody_names_files_outside_of_the_workspace_through_the_api(url: str, store: Store, workspace: Settings) -> None:
    (workspace.root / "inside.csv").write_text("a\n1\n")
    with client_of(url, TokenService(store).issue(ADA, "write", ttl=HOUR).secret) as client:
        assert client.post("/api/ingest/preview", json={"source": "inside.csv"}).status_code == 200
        for source in ("/etc/passwd", "../x.csv", ".workbench/meta.db", "file:///etc/passwd"):
            for call in ("preview", "load", "runs"):
                assert client.post(f"/api/ingest/{call}", json={"source": source}).status_code == 403, (call, source)
            assert client.post("/api/sources/watches", json={"source": source}).status_code == 403
        sqlite = {"kind": "sqlite", "options": {"path": ".workbench/meta.db"}}
        assert client.put("/api/sources/connections/meta", json=sqlite).status_code == 403


def test_a_busy_stream_ends_when_its_token_is_revoked(url: str, store: Store) -> None:
    tokens, log = TokenService(store), RunLog(store)
    issued = tokens.issue(ADA, "read", ttl=HOUR)
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.2):
            log.start("test", "busy", ADA).succeed()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        with client_of(url, issued.secret) as client, client.stream("GET", "/api/events/stream") as stream:
            lines = stream.iter_lines()
            next(line for line in lines if line.startswith("data:"))
            tokens.revoke(issued.token.id)
            began = time.monotonic()
            for _ in lines:
                assert time.monotonic() - began < 60, "the stream goes on"
    finally:
        stop.set()
        worker.join()
