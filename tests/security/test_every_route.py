"""Issue 2, item 5: on every route of the OpenAPI document, whoever is not let in is refused; over the socket, TCP and Jupyter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from every_route import Call, calls, is_ours
from serving import Jupyter, SignedAuth, api_on_socket, api_on_tcp, over_socket, statement, wait_until

from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import verbs_of
from workbench.core.config import Settings
from workbench.core.principals import Principal
from workbench.governance.assertions import HEADER
from workbench.governance.tokens import TokenService
from workbench.store import Store

ADA = Principal(name="ada")
FOREIGN = {"Origin": "http://evil.example"}


@pytest.fixture(scope="module")
def tokens(workspace: Settings) -> TokenService:
    store = Store(workspace.store_url)
    store.migrate()
    return TokenService(store)


@pytest.fixture(scope="module")
def tcp(workspace: Settings) -> Iterator[tuple[str, str]]:
    with api_on_tcp(workspace) as (url, token, _):
        yield url, token


@pytest.fixture(scope="module")
def routes(tcp: tuple[str, str]) -> list[Call]:
    url, token = tcp
    return calls(httpx.get(f"{url}/api/openapi.json", headers=bearer(token), timeout=300).json())


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def send(client: httpx.Client, call: Call, headers: dict[str, str] | None = None, prefix: str = "") -> httpx.Response:
    given = {**call.given, "headers": {**call.given.get("headers", {}), **(headers or {})}}
    return client.request(call.method, prefix + call.path, **given)


def test_the_document_names_every_verb(routes: list[Call]) -> None:
    named = {call.operation for call in routes}
    assert {f"{noun}.{verb.name}" for noun, protocol in NAMESPACES.items() for verb in verbs_of(protocol)} < named


def test_signing_in_is_all_that_nobody_needs_to_be_known_for(tcp: tuple[str, str]) -> None:
    url, token = tcp
    document = httpx.get(f"{url}/api/openapi.json", headers=bearer(token), timeout=300).json()
    every = [operation for operations in document["paths"].values() for operation in operations.values()]
    assert [operation["operationId"] for operation in every if operation.get("security") == []] == ["login"]


def test_tcp_refuses_whoever_shows_no_good_token(
    tcp: tuple[str, str], tokens: TokenService, routes: list[Call], workspace: Settings
) -> None:
    url, good = tcp
    expired = tokens.issue(ADA, ttl=timedelta(seconds=-1)).secret
    revoked = tokens.issue(ADA)
    tokens.revoke(revoked.token.id)
    forged_key = {"key": b"x" * 32}
    with httpx.Client(base_url=url, timeout=300) as client:
        for call in routes:
            bad: list[tuple[int, dict[str, str]]] = [
                (401, {}),
                (401, bearer("wb_" + "A" * 43)),
                (401, bearer(expired)),
                (401, bearer(revoked.secret)),
                (401, {"Authorization": f"token {good}"}),
                (401, {"Cookie": f"token={good}; _xsrf=1", "X-XSRFToken": "1"}),
                (401, {"X-Forwarded-User": "root", "X-Remote-User": "root", "X-Workbench-User": "root"}),
                (401, {HEADER: statement(workspace, call.method, call.path, **forged_key)}),
                (401, {HEADER: statement(workspace, call.method, call.path)}),  # not even a good one: this is not the socket
                (401, {**bearer(good), HEADER: "x"}),
                (403, {**bearer(good), **FOREIGN}),
                (403, {**bearer(good), "Origin": "null"}),
                (403, {**bearer(good), "Host": "evil.example"}),
            ]
            for status, headers in bad:
                answer = send(client, call, headers)
                assert (answer.status_code, is_ours(answer)) == (status, True), (str(call), headers.keys(), answer.text)
        assert client.get(f"/api/datasets?token={good}").status_code == 401
        assert client.get("/api/datasets", headers=bearer(good)).status_code == 200


def test_the_socket_refuses_forged_expired_and_replayed_statements(workspace: Settings, routes: list[Call], tcp: object) -> None:
    with api_on_socket(workspace), over_socket(workspace) as client:
        for call in routes:
            where = (workspace, call.method, call.path)
            bad: list[tuple[int, str]] = [
                (401, statement(*where, key=b"x" * 32)),
                (401, statement(workspace, call.method, "/api/other")),
                (401, statement(workspace, "HEAD", call.path)),
                (401, statement(*where, aud="another workspace")),
                (403, statement(*where, foreign=True)),
            ]
            if call.method != "GET":
                bad.append((403, statement(*where, how="cookie", xsrf=False)))
            for status, text in bad:
                answer = send(client, call, {HEADER: text})
                assert (answer.status_code, is_ours(answer)) == (status, True), (str(call), answer.text)
            assert send(client, call).status_code == 401
        once = statement(workspace, "GET", "/api/datasets")
        assert [client.get("/api/datasets", headers={HEADER: once}).status_code for _ in range(2)] == [200, 401]


def test_jupyter_refuses_on_every_route(jupyter: Jupyter, routes: list[Call], workspace: Settings) -> None:
    prefix = "/workbench"
    with jupyter.with_token() as known:
        wait_until(lambda: known.get("/workbench/api/datasets").status_code == 200, what="the API behind Jupyter")
    with jupyter.anonymous() as nobody, jupyter.with_cookie() as cookie, jupyter.as_page() as page, jupyter.with_token() as token:
        wrong_xsrf = {"X-XSRFToken": "2|forged"}
        for call in routes:
            forged = {HEADER: statement(workspace, call.method, call.path), "X-Forwarded-User": "root", "Remote-User": "root"}
            bad = [
                (nobody, {}),
                (nobody, {"Authorization": "token wrong"}),
                (nobody, bearer("wb_" + "A" * 43)),
                (nobody, forged),
                (page, FOREIGN),
                (token, FOREIGN),
                (page, {"Sec-Fetch-Site": "cross-site"}),
            ]
            if call.method != "GET":
                bad += [(cookie, {}), (cookie, wrong_xsrf), (cookie, forged)]
            for client, headers in bad:
                answer = send(client, call, headers, prefix)
                assert answer.status_code == 403, (str(call), headers.keys(), answer.text)
                assert set(answer.json()["error"]) == {"code", "message", "fix", "details"}
                assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_forged_statement_does_not_change_who_acts(jupyter: Jupyter, workspace: Settings) -> None:
    from workbench.core.principals import local_principal

    with jupyter.as_page() as page:
        forged = {HEADER: statement(workspace, "GET", "/api/system/status", sub="root-of-all"), "X-Forwarded-User": "mallory"}
        answer = page.get("/workbench/api/system/status", headers=forged)
        assert answer.json()["principal"] == local_principal().name


def test_a_read_token_looks_and_nothing_else(tcp: tuple[str, str], tokens: TokenService, routes: list[Call]) -> None:
    looking = {"query.run", "query.arrow", "query.explain", "query.complete", "logout"}
    secret = tokens.issue(ADA, "read", ttl=timedelta(hours=1)).secret
    with httpx.Client(base_url=tcp[0], headers=bearer(secret), timeout=300) as client:
        for call in routes:
            if call.method != "GET" and call.operation not in looking:
                answer = send(client, call)
                # What is malformed in this test's body is said before what may not be done.
                assert answer.status_code in (400, 403), (str(call), answer.text)
        assert client.delete("/api/datasets/silver.x").status_code == 403
        assert client.post("/api/query", json={"sql": "select 1 as x"}).json()["rows"] == [[1]]


def test_a_signed_client_is_let_in(jupyter: Jupyter, workspace: Settings) -> None:
    wait_until(lambda: over_socket(workspace, SignedAuth(workspace)).get("/api/datasets").status_code == 200)
    began = time.monotonic()
    with over_socket(workspace, SignedAuth(workspace, how="cookie", xsrf=True)) as client:
        assert client.post("/api/query", json={"sql": "select 1 as x"}).status_code == 200
    assert time.monotonic() - began < 120
