"""Nothing listens beyond loopback, names lead nowhere else, secrets are written nowhere."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest
from serving import Jupyter, SignedAuth, api_on_socket, api_on_tcp, over_socket, wait_until

from workbench.api.errors import internal_error
from workbench.api.serve import serve
from workbench.core.config import Settings
from workbench.core.errors import InvalidSetting
from workbench.jobs.paths import socket_path
from workbench.jobs.supervisor import state


def listeners(pid: int) -> list[str]:
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return [c.laddr.ip for p in processes for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN]


@pytest.fixture(scope="module")
def api(workspace: Settings) -> Iterator[httpx.Client]:
    with api_on_socket(workspace), over_socket(workspace, SignedAuth(workspace)) as client:
        yield client


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc", "/etc/passwd", "silver.x%00", "a/../../b"]
)
def test_names_lead_nowhere_else(api: httpx.Client, name: str) -> None:
    for path in (f"/api/datasets/{name}", f"/api/runs/{name}", f"/api/pipelines/{name}", f"/api/lineage/{name}"):
        answer = api.get(path)
        assert answer.status_code in (400, 404), (path, answer.text)
        assert "root:" not in answer.text
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "name", ["silver.x'; DROP TABLE runs; --", 'silver.x" OR "1"="1', "silver.x) UNION SELECT * FROM tokens", "x\\'\n;--"]
)
def test_names_are_data_never_sql(api: httpx.Client, name: str) -> None:
    for method, path in (("GET", "/api/datasets/{}"), ("GET", "/api/runs/{}"), ("GET", "/api/lineage/{}"), ("DELETE", "/api/datasets/{}")):
        answer = api.request(method, path.format(quote(name, safe="")))
        assert answer.status_code in (400, 404), answer.text
    assert api.get("/api/datasets", params={"zone": name}).json() == []
    assert api.get("/api/search", params={"query": name}).status_code == 200
    assert api.get("/api/runs", params={"kind": name, "job": name}).json() == []
    assert api.get("/api/system/status").status_code == 200


def test_an_uploads_name_stays_in_its_folder(api: httpx.Client, workspace: Settings) -> None:
    evil = "../../../../evil.csv"
    answer = api.post("/api/ingest", files={"file": (evil, b"a,b\n1,2\n")}, data={"name": "bronze.evil"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["source"] == "evil.csv"
    assert not [path for path in workspace.root.parent.rglob("evil.csv") if ".workbench/blobs" not in str(path)]
    assert list((workspace.state / "uploads").iterdir()) == []


def test_the_socket_is_the_owners_alone(api: httpx.Client, workspace: Settings) -> None:
    path = socket_path(workspace)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((workspace.state / "secrets").stat().st_mode) == 0o700


def test_the_access_log_holds_neither_headers_nor_query_values(api: httpx.Client, workspace: Settings) -> None:
    api.get("/api/search", params={"query": "very-private-words"}, headers={"X-Private": "very-private-header"})
    text = (workspace.state / "logs" / "api.jsonl").read_text()
    assert "/api/search" in text
    assert "very-private" not in text
    assert "eyJ" not in text  # the beginning of a statement


def test_serving_others_must_be_said(workspace: Settings) -> None:
    with pytest.raises(InvalidSetting, match="other machines"):
        serve(workspace, host="0.0.0.0", port=0)


def test_nothing_listens_beyond_loopback(workspace: Settings, jupyter: Jupyter) -> None:
    with jupyter.with_token() as client:
        wait_until(lambda: client.get("/workbench/api/datasets").status_code == 200, what="the API behind Jupyter")
    with api_on_tcp(workspace) as (_, _, process):
        assert listeners(process.pid) == ["127.0.0.1"]
        processes = state(workspace)
        for role in ("supervisor", "api", "worker"):
            if processes[role]["pid"]:
                assert listeners(processes[role]["pid"]) == [], role
        assert set(listeners(jupyter.process.pid)) <= {"127.0.0.1", "::1"}


def test_no_secret_reaches_a_log(workspace: Settings, jupyter: Jupyter) -> None:
    token = (workspace.state / "secrets" / "owner.token").read_text().strip()
    for path in [*(workspace.state / "logs").iterdir(), jupyter.log]:
        text = Path(path).read_text(errors="replace")
        assert token not in text, path
        assert jupyter.token not in text, path
    assert os.environ.get("WORKBENCH_TOKEN") is None


def test_an_internal_error_says_where_its_log_is_found_and_no_path_of_the_server() -> None:
    body = bytes(internal_error("0198").body).decode()
    assert "0198" in body and "`workbench logs`" in body and "/" not in body.replace("\\/", "/")
