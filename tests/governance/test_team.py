"""Two people at one server, each in a process of her own, see each their own rows; and nobody gets beyond."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings, create_workspace_file, load_settings

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))

from serving import SignedAuth, api_on_socket, api_on_tcp, over_socket

POLICY = """
version: 1
masks:
  - {name: mail, what: [silver.people.mail], mask: {kind: hash}}
rows:
  - {name: own region, what: [silver.people], where: region = principal.region}
"""
CLIENT = """
import json, sys, workbench
with workbench.open() as ws:
    me = ws.users.me()
    print(json.dumps({
        "me": [me.name, list(me.roles)],
        "sql": ws.sql("select id, region from silver.people order by id").arrow().to_pylist(),
        "read": ws.dataset("silver.people").read().to_pylist(),
        "tables": [row[0] for row in ws.query.run("show tables").rows],
    }))
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("team")
    create_workspace_file(root, "team")
    found = load_settings(root, {})
    with LocalWorkspace(found) as ws:
        people = {"id": [1, 2, 3], "mail": ["a@x.org", "b@x.org", "a@x.org"], "region": ["north", "south", "south"]}
        ws.datasets.write("silver.people", pa.table(people))
        ws.datasets.write("bronze.raw", pa.table(people))
        ws.compliance.apply(POLICY)
    return found


@pytest.fixture(scope="module")
def team(settings: Settings) -> Iterator[dict[str, Any]]:
    """The server's URL, and a token of each."""
    with (
        api_on_tcp(settings) as (url, owner, _),
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {owner}"}, timeout=300) as admin,
    ):
        found = {"url": url, "owner": owner, "admin": admin}
        for name, region in (("alice", "north"), ("bob", "south")):
            made = admin.post("/api/users", json={"name": name, "roles": ["analyst"], "attributes": {"region": region}})
            assert made.status_code == 200, made.text
            found[name] = admin.post(f"/api/users/{name}/tokens", json={"scope": "write"}).json()["secret"]
        yield found


def start(team: dict[str, Any], who: str) -> subprocess.Popen[str]:
    environment = os.environ | {"WORKBENCH_URL": team["url"], "WORKBENCH_TOKEN": team[who]}
    return subprocess.Popen([sys.executable, "-c", CLIENT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_people_in_processes_of_their_own(team: dict[str, Any]) -> None:
    started = {who: start(team, who) for who in ("alice", "bob", "owner")}
    seen = {}
    for who, process in started.items():
        output, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
        seen[who] = json.loads(output)
    assert seen["alice"]["me"] == ["alice", ["analyst"]]
    assert seen["alice"]["sql"] == [{"id": 1, "region": "north"}]
    assert seen["bob"]["sql"] == [{"id": 2, "region": "south"}, {"id": 3, "region": "south"}]
    assert [row["mail"] for row in seen["owner"]["read"]] == ["a@x.org", "b@x.org", "a@x.org"]
    hidden = [row["mail"] for who in ("alice", "bob") for row in seen[who]["read"]]
    assert len(hidden) == 3 and hidden[0] == hidden[2] != hidden[1]  # the same for the same, by whom soever it is asked
    assert not any("@" in text for text in hidden)
    assert seen["alice"]["tables"] == ["silver.people"] and len(seen["owner"]["tables"]) == 2


def call(team: dict[str, Any], who: str, method: str, path: str, **facts: Any) -> httpx.Response:
    return httpx.request(method, f"{team['url']}/api{path}", headers={"Authorization": f"Bearer {team[who]}"}, timeout=300, **facts)


def test_a_token_of_scope_write_gives_no_rights_that_its_user_lacks(team: dict[str, Any]) -> None:
    for method, path, body in (
        ("POST", "/users", {"name": "mallory", "roles": ["admin"]}),
        ("PATCH", "/users/alice", {"roles": ["admin"]}),
        ("POST", "/users/bob/tokens", {"scope": "write"}),
        ("POST", "/compliance/policy", {"text": "version: 1"}),
        ("GET", "/system/config", None),
        ("GET", "/tokens", None),
    ):
        answer = call(team, "alice", method, path, **({"json": body} if body else {}))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), path


def test_the_live_stream_tells_each_of_her_own_runs(team: dict[str, Any]) -> None:
    for who in ("owner", "bob", "alice"):
        assert call(team, who, "POST", "/query", json={"sql": "select 1 as a"}).status_code == 200
    runs = call(team, "owner", "GET", "/runs").json()
    hers = [run["id"] for run in runs if run["principal"] == "alice"]
    assert len({run["principal"] for run in runs}) >= 3
    headers, told = {"Authorization": f"Bearer {team['alice']}"}, []
    with httpx.stream("GET", f"{team['url']}/api/events/stream", params={"after": 0}, headers=headers, timeout=300) as stream:
        assert stream.status_code == 200
        for line in stream.iter_lines():
            if line.startswith("data:"):
                told.append(json.loads(line.removeprefix("data:")))
                if (told[-1]["run_id"], told[-1]["type"]) == (hers[0], "run.succeeded"):
                    break
    # That another policy holds is for everybody, and says no more than its version.
    policies, users = ([event for event in told if event["type"] == kind] for kind in ("policy.applied", "access.changed"))
    assert {event["run_id"] for event in told if event not in (*policies, *users)} == set(hers)
    assert policies and {tuple(event["body"]) for event in policies} == {("version",)}
    # That somebody's roles or attributes are others says nothing of whose.
    assert users and {tuple(event["body"]) for event in users} == {()}


def test_rights_are_todays_and_end_at_once(team: dict[str, Any]) -> None:
    admin: httpx.Client = team["admin"]
    admin.post("/api/users", json={"name": "carol", "roles": ["admin"]}).raise_for_status()
    team["carol"] = admin.post("/api/users/carol/tokens", json={"scope": "write"}).json()["secret"]
    assert call(team, "carol", "GET", "/users").status_code == 200
    admin.patch("/api/users/carol", json={"roles": []}).raise_for_status()
    assert call(team, "carol", "GET", "/users").status_code == 403
    assert call(team, "carol", "GET", "/me").json()["roles"] == []
    admin.post("/api/users/carol/disable").raise_for_status()
    assert call(team, "carol", "GET", "/me").status_code == 401
    admin.post("/api/users/carol/enable").raise_for_status()
    assert call(team, "carol", "GET", "/me").status_code == 200
    ids = [token["id"] for token in admin.get("/api/tokens").json() if token["principal"]["name"] == "carol"]
    admin.delete(f"/api/tokens/{ids[0]}").raise_for_status()
    assert call(team, "carol", "GET", "/me").status_code == 401


def test_who_comes_through_jupyter_has_the_rights_of_her_user(settings: Settings, team: dict[str, Any]) -> None:
    with api_on_socket(settings):
        for sub, rows in (("alice", [[1, "north"]]), ("ada", [[1, "north"], [2, "south"], [3, "south"]])):
            with over_socket(settings, SignedAuth(settings, sub=sub)) as client:
                found = client.post("/api/query", json={"sql": "select id, region from silver.people order by id"})
                assert found.json()["rows"] == rows, found.text


def test_no_secret_of_a_token_or_mask_is_kept_or_told(settings: Settings, team: dict[str, Any]) -> None:
    call(team, "alice", "POST", "/query", json={"sql": "select * from silver.people"})
    key = (settings.state / "secrets" / "masks.key").read_bytes()
    told = "".join(call(team, "owner", "GET", path).text for path in ("/tokens", "/users", "/runs", "/events", "/compliance/policies"))
    for secret in (team["alice"], team["bob"], key.hex()):
        assert secret not in told
        assert not any(secret.encode() in path.read_bytes() for path in settings.state.rglob("*.log"))
        assert secret.encode() not in (settings.state / "meta.db").read_bytes()


def test_a_token_that_only_looks_writes_nothing_in_sql(team: dict[str, Any]) -> None:
    admin: httpx.Client = team["admin"]
    admin.post("/api/users", json={"name": "erik", "roles": ["engineer"]}).raise_for_status()
    for scope in ("read", "write"):
        team[scope] = admin.post("/api/users/erik/tokens", json={"scope": scope}).json()["secret"]
    made = "create table gold.looked as select 1 as a"
    for sql in (
        made,
        f"/* select */ {made}",
        "with x as (select 1 as a) insert into bronze.raw by name select a as id from x",
        "drop table bronze.raw",
    ):
        for path in ("/query", "/query/arrow"):
            answer = call(team, "read", "POST", path, json={"sql": sql})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), (path, sql, answer.text)
    told = call(team, "read", "POST", "/query/explain", json={"sql": made}).json()["decision"]
    assert not told["allowed"] and told["reasons"]
    assert call(team, "read", "POST", "/query", json={"sql": "select 1 as a"}).status_code == 200
    answer = call(team, "write", "POST", "/query", json={"sql": made}).json()
    assert answer["said"].startswith("gold.looked created with 1 row") and answer["rows"][0][0] == "create"
    assert call(team, "alice", "POST", "/query", json={"sql": "drop table gold.looked"}).status_code == 403
