"""What no service could work with is refused with 400, whatever verb it is for."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from every_route import is_ours
from serving import SignedAuth, api_on_socket, over_socket

from workbench.core.config import Settings

HUGE = "9" * 20


@pytest.fixture(scope="module")
def api(workspace: Settings) -> Iterator[httpx.Client]:
    with api_on_socket(workspace), over_socket(workspace, SignedAuth(workspace)) as client:
        assert client.post("/api/ingest", files={"file": ("s.csv", b"a\n1\n")}).status_code == 200
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/datasets/bronze.s", r'{"description": "\ud800"}'),
        ("PATCH", "/api/datasets/bronze.s", r'{"owner": "a\u0000b"}'),
        ("POST", "/api/query", r'{"sql": "select ?", "params": [{"\ud800": 1}]}'),
        ("POST", "/api/query", '{"sql": "select 1", "limit": -1}'),
        ("POST", "/api/query", f'{{"sql": "select 1", "limit": {HUGE}}}'),
        ("POST", "/api/query/complete", '{"sql": "select 1", "position": -1}'),
        ("POST", "/api/datasets/bronze.s/expire", '{"older_than_days": 1e30}'),
        ("POST", "/api/datasets/bronze.s/expire", '{"older_than_days": Infinity}'),
        ("POST", "/api/datasets/bronze.s/expire", '{"older_than_days": NaN}'),
        ("POST", "/api/datasets/bronze.s/rollback", f'{{"snapshot_id": {HUGE}}}'),
        ("GET", f"/api/runs?limit={HUGE}", None),
        ("GET", "/api/runs?limit=-1", None),
        ("GET", "/api/runs?kind=%00", None),
        ("GET", f"/api/events?limit={HUGE}", None),
        ("GET", "/api/events?limit=-1", None),
        ("GET", f"/api/events?after={HUGE}", None),
        ("GET", "/api/events?after=-1", None),
        ("GET", f"/api/events/stream?after={HUGE}", None),
        ("GET", f"/api/datasets/bronze.s/data?limit={HUGE}", None),
        ("GET", f"/api/datasets/bronze.s/sample?limit={HUGE}", None),
        ("GET", f"/api/lineage/bronze.s?depth={HUGE}", None),
        ("GET", "/api/runs/%00", None),
    ],
)
def test_arguments_that_nothing_can_hold_are_refused(api: httpx.Client, method: str, path: str, body: str | None) -> None:
    answer = api.request(method, path, content=body, headers={"Content-Type": "application/json"} if body else {})
    assert (answer.status_code, answer.json()["error"]["code"], is_ours(answer)) == (400, "invalid_input", True), answer.text


def test_what_can_be_held_is_taken(api: httpx.Client) -> None:
    assert api.patch("/api/datasets/bronze.s", json={"description": "Ä 😀\n| a |"}).json()["description"] == "Ä 😀\n| a |"
    assert api.post("/api/datasets/bronze.s/expire", json={"older_than_days": 0.5}).status_code == 200
    assert api.get("/api/datasets/bronze.s/data?limit=0").status_code == 200
