"""Tokens of one's own: narrowed, ended, rotated, and never more than who made them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from in_process import PASSWORD, Team

from workbench.api import auth
from workbench.api.gate import access
from workbench.api.lanes import Lane
from workbench.core.principals import Principal
from workbench.core.telemetry import redact


@pytest.fixture(scope="module")
def alice(team: Team) -> httpx.Client:
    """Signed in with her password."""
    with team.client() as client:
        return team.by(client.post("/api/login", json={"name": "alice", "password": PASSWORD}).json()["token"])


def new(client: httpx.Client, **given: Any) -> str:
    made = client.post("/api/me/tokens", json=given)
    assert made.status_code == 200, made.text
    return str(made.json()["secret"])


def rows(client: httpx.Client, sql: str) -> Any:
    answer = client.post("/api/query", json={"sql": sql})
    return answer.json()["rows"] if answer.status_code == 200 else answer.json()["error"]["code"]


def test_she_makes_sees_and_revokes_her_own(team: Team, alice: httpx.Client) -> None:
    with team.by(new(alice, label="reports", days=7)) as program:
        assert rows(program, "select id from silver.people") == [[1]]
        mine = [token for token in alice.get("/api/me/tokens").json() if token["name"] == "reports"]
        assert len(mine) == 1 and mine[0]["used_at"] and mine[0]["expires_at"] and "secret" not in mine[0]
        assert {token["principal"]["name"] for token in alice.get("/api/me/tokens").json()} == {"alice"}
        rotated = alice.post(f"/api/tokens/{mine[0]['id']}/rotate").json()
        gone = alice.delete(f"/api/tokens/{mine[0]['id']}")
        assert gone.status_code == 404 and "rotated goes on under another" in gone.json()["error"]["fix"]
        with team.by(rotated["secret"]) as fresh:
            assert fresh.get("/api/me").status_code == 200
            assert alice.delete(f"/api/tokens/{rotated['token']['id']}").status_code == 200
            assert program.get("/api/me").status_code == fresh.get("/api/me").status_code == 401
        assert alice.post("/api/me/tokens", json={"days": 0}).status_code == 400
        assert alice.post("/api/me/tokens", json={"days": 1, "label": "x" * 201}).status_code == 400


def test_a_token_that_was_found_is_ended_by_itself_and_written_down_nowhere(
    team: Team, alice: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(access, "info", lambda text, *given, **_: lines.append(redact(text % given)))
    secret = team.token("bob", scope="write")
    assert alice.post(f"/api/tokens/{secret}/rotate").status_code == 404  # that would give her a new one
    with team.by(secret) as bob:
        assert bob.get("/api/me").status_code == 200
        assert alice.delete(f"/api/tokens/{secret}").json()["principal"]["name"] == "bob"
        assert bob.get("/api/me").status_code == 401
    again = alice.delete(f"/api/tokens/{secret}")
    assert again.status_code == 404
    told = team.owner.get("/api/compliance/audit-log", params={"user": "alice", "limit": 10})
    assert {"users.revoke_token", "users.rotate_token"} <= {entry["verb"] for entry in told.json()}
    assert len(lines) > 4
    assert secret not in again.text + told.text + "".join(lines)


def test_who_has_other_rights_when_her_turn_comes_is_refused(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    users, turn = team.backend.services.users, Lane._turn
    meanwhile: list[Callable[[], object]] = []

    async def waited(lane: Lane, who: str, gone: Any) -> None:
        await turn(lane, who, gone)
        if who == "carol":
            meanwhile.pop()()

    monkeypatch.setattr(Lane, "_turn", waited)
    monkeypatch.setattr(auth, "_WAITED", 0.0)
    users.add("carol", ("engineer",))
    secret = team.token("carol", scope="write")
    with team.by(secret) as carol:
        for act, answer in (
            (lambda: None, [[1]]),
            (lambda: users.change("carol", display_name="Carol"), [[1]]),
            (lambda: users.change("carol", roles=("viewer",)), "unauthenticated"),
            (lambda: users.change("carol", attributes={"region": "south"}), "unauthenticated"),
            (lambda: team.backend.tokens.revoke(secret), "unauthenticated"),
        ):
            users.change("carol", roles=("engineer",), attributes={})
            meanwhile.append(act)
            assert rows(carol, "select 1") == answer, act


def test_tokens_of_others_are_not_there(team: Team, alice: httpx.Client) -> None:
    secret = team.token("bob", scope="write")
    bobs = [token["id"] for token in team.owner.get("/api/tokens", params={"user": "bob"}).json()]
    for token in (bobs[0], "00000000-0000-7000-8000-000000000000"):
        assert alice.delete(f"/api/tokens/{token}").status_code == 404
        assert alice.post(f"/api/tokens/{token}/rotate").status_code == 404
    with team.by(secret) as bob:
        assert bob.get("/api/me").status_code == 200


def test_a_token_for_calls_and_datasets_does_those_alone(team: Team, alice: httpx.Client) -> None:
    assert rows(alice, "select n from gold.totals") == [[3]]
    with team.by(new(alice, verbs=["query.run"], datasets=["gold.*"], scope="write")) as narrow:
        assert rows(narrow, "select n from gold.totals") == [[3]]
        assert rows(narrow, "select id from silver.people") == rows(narrow, "select id from silver.nothing") == "dataset_not_found"
        assert [row[0] for row in rows(narrow, "show tables")] == ["gold.totals"]
        assert narrow.get("/api/me").status_code == 200
        for path in ("/api/datasets/gold.totals/data", "/api/datasets", "/api/me/tokens"):
            assert narrow.get(path).status_code == 403, path
        assert narrow.post("/api/query/explain", json={"sql": "select 1"}).status_code == 403


def test_an_administrators_token_for_some_datasets_is_no_administrators(team: Team) -> None:
    narrow = new(team.owner, datasets=["gold.*"], scope="write")
    with team.by(narrow) as client:
        assert rows(client, "select n from gold.totals") == [[3]]
        assert rows(client, "select * from silver.people") == "dataset_not_found"
        for path in ("/api/users", "/api/tokens", "/api/system/config", "/api/compliance/policies"):
            assert client.get(path).status_code == 403, path
        assert client.get("/api/datasets/silver.people/data").status_code == 404
        assert client.get("/api/datasets/silver.people").status_code in (403, 404)
        assert rows(client, "delete from silver.people") != [[3]]
    assert team.owner.post("/api/query", json={"sql": "select count(*) from silver.people"}).json()["rows"] == [[3]]


@pytest.mark.parametrize(
    "sql",
    [
        "delete from silver.scratch",
        "update silver.scratch set n = 2",
        "insert into silver.scratch values (2)",
        "truncate silver.scratch",
        "drop table silver.scratch",
        "alter table silver.scratch add column m int",
        "create table silver.other as select 1 as n",
        "merge into silver.scratch t using (select 1 as n) s on t.n = s.n when matched then delete",
    ],
)
def test_a_token_that_may_only_look_changes_nothing_in_sql_either(team: Team, sql: str) -> None:
    with team.by(new(team.owner, scope="write")) as writer, team.by(new(team.owner, scope="read")) as reader:
        if not writer.post("/api/query", json={"sql": "show tables"}).text.count("silver.scratch"):
            assert writer.post("/api/query", json={"sql": "create table silver.scratch as select 1 as n"}).status_code == 200
        assert rows(reader, sql) == "forbidden"
        for path in ("/api/query/arrow", "/api/query/export"):
            assert reader.post(path, json={"sql": sql, "format": "csv"} if path.endswith("export") else {"sql": sql}).status_code in (
                400,
                403,
            )
        assert rows(reader, "select * from silver.scratch") == [[1]]


def test_a_narrowed_token_gets_hold_of_no_other(team: Team, alice: httpx.Client) -> None:
    every = {"verbs": ["users.*", "query.*"], "scope": "write"}
    wide = [t["id"] for t in alice.get("/api/me/tokens").json()]
    for limits in (every, {"datasets": ["gold.*"], "scope": "write"}):
        with team.by(new(alice, **limits)) as narrow:
            assert narrow.post("/api/me/tokens", json={"scope": "write"}).status_code == 403
            assert narrow.put("/api/me/password", json={"current": PASSWORD, "password": "x" * 20}).status_code == 403
            for token in wide:
                assert narrow.post(f"/api/tokens/{token}/rotate").status_code == 403
                assert narrow.delete(f"/api/tokens/{token}").status_code == 403
    with team.by(new(team.owner, **every)) as admins:
        assert admins.post("/api/users/alice/tokens", json={"scope": "write"}).status_code == 403
        assert admins.post("/api/users", json={"name": "mallory", "roles": ["admin"]}).status_code == 403
        assert admins.patch("/api/users/alice", json={"roles": ["admin"]}).status_code == 403
    with team.by(new(alice, scope="read")) as reader:
        assert reader.post("/api/me/tokens", json={}).status_code == 403


def test_nothing_made_with_a_token_outlives_it(team: Team, alice: httpx.Client) -> None:
    with team.by(new(alice, scope="write", days=2)) as program:
        for days in (3, None):
            assert program.post("/api/me/tokens", json={"days": days}).status_code == 403
        shorter = program.post("/api/me/tokens", json={"days": 1})
        assert shorter.status_code == 200
        mine = next(
            t
            for t in alice.get("/api/me/tokens").json()
            if t["used_at"] and t["scope"] == "write" and not t["revoked_at"] and t["kind"] == "token"
        )
        rotated = program.post(f"/api/tokens/{mine['id']}/rotate").json()["token"]
        assert rotated["expires_at"] <= mine["expires_at"]


def test_a_rotated_token_is_the_same_with_another_secret(team: Team, alice: httpx.Client) -> None:
    made = alice.post("/api/me/tokens", json={"label": "nightly", "verbs": ["query.*"], "datasets": ["gold.*"]}).json()
    fresh = alice.post(f"/api/tokens/{made['token']['id']}/rotate").json()
    for part in ("name", "scope", "limits", "principal", "kind"):
        assert fresh["token"][part] == made["token"][part]
    with team.by(made["secret"]) as old, team.by(fresh["secret"]) as young:
        assert (old.get("/api/me").status_code, young.get("/api/me").status_code) == (401, 200)
        again = young.post(f"/api/tokens/{fresh['token']['id']}/rotate")
        assert again.status_code == 403  # it is for reading
    sessions = [t["id"] for t in alice.get("/api/me/tokens").json() if t["kind"] == "session"]
    assert alice.post(f"/api/tokens/{sessions[0]}/rotate").status_code == 403


def test_a_token_ends_by_itself(team: Team) -> None:
    issued = team.backend.tokens.issue(Principal(name="alice", roles=()), "write", ttl=timedelta(seconds=-1))
    with team.by(issued.secret) as client:
        assert client.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "given", [{"verbs": ["query.rum"]}, {"datasets": ["gold"]}, {"datasets": ["gold.a b"]}, {"datasets": ["a.b"] * 21}, {"scope": "run"}]
)
def test_limits_that_mean_nothing_are_refused(alice: httpx.Client, given: dict[str, Any]) -> None:
    assert alice.post("/api/me/tokens", json=given).status_code == 400


@pytest.mark.timeout(60)
@pytest.mark.parametrize("given", [{"verbs": ["q*u*" * 50_000]}, {"verbs": ["query.run"] * 2_000}])
def test_limits_of_any_length_keep_nobody_waiting(alice: httpx.Client, given: dict[str, Any]) -> None:
    """Patterns of calls were compared with all there are first: a megabyte of stars took half a minute of everybody's."""
    answer = alice.post("/api/me/tokens", json=given)
    assert answer.status_code == 400 and len(answer.text) < 1_000, answer.text[:1_000]


def test_who_calls_too_often_is_told_when_to_come_back_and_others_do_not_notice(team: Team, alice: httpx.Client) -> None:
    made = team.owner.post("/api/users", json={"name": "eve", "roles": ["viewer"]})
    assert made.status_code == 200
    with team.by(team.token("eve")) as one, team.by(team.token("eve")) as other:
        answers = [client.get("/api/me") for _ in range(130) for client in (one, other)]  # two tokens are one user
        late = [answer for answer in answers if answer.status_code == 429]
        assert late and {answer.status_code for answer in answers} == {200, 429}
        assert late[0].json()["error"]["code"] == "too_many_requests" and int(late[0].headers["Retry-After"]) >= 1
        assert alice.get("/api/me").status_code == 200
