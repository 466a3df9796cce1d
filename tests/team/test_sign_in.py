"""Signing in with a name and a password: over REST and in a browser, and what is tried against it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from in_process import PASSWORD, Team, serving

from workbench.core.clock import now
from workbench.core.errors import TooManyRequests, Unauthenticated
from workbench.governance.sign_in import SignInService
from workbench.store.tables import sign_ins

OWN = {"Origin": "http://localhost"}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
FORM = {"name": "alice", "password": PASSWORD}


def sign_in(client: httpx.Client) -> httpx.Client:
    answer = client.post("/login", data=FORM, headers=OWN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "./"), answer.text
    return client


@pytest.fixture(scope="module")
def browser(team: Team) -> httpx.Client:
    return sign_in(team.client())


def xsrf_of(client: httpx.Client) -> str:
    found = re.search(r'name="xsrf" value="([0-9a-f]{64})"', client.get("/").text)
    assert found
    return found[1]


def test_a_password_gives_a_session_with_the_users_own_rights(team: Team) -> None:
    with team.client() as client:
        answer = client.post("/api/login", json=FORM)
        assert answer.status_code == 200 and set(answer.json()) == {"token", "name", "expires_at"}
        session = team.by(answer.json()["token"])
        assert session.get("/api/me").json()["roles"] == ["analyst"]
        assert session.post("/api/query", json={"sql": "select id from silver.people"}).json()["rows"] == [[1]]
        assert session.get("/api/users").status_code == 403
        assert session.post("/api/logout").json() == {"ended": True}
        assert session.get("/api/me").status_code == 401


def test_logging_out_with_a_token_of_a_program_leaves_it(team: Team) -> None:
    program = team.by(team.token("alice", scope="write"))
    assert program.post("/api/logout").json() == {"ended": False}
    assert program.get("/api/me").status_code == 200


def test_wrong_name_wrong_password_disabled_and_none_give_one_answer(team: Team) -> None:
    team.owner.post("/api/users", json={"name": "gone", "roles": ["admin"], "password": PASSWORD}).raise_for_status()
    team.owner.post("/api/users/gone/disable").raise_for_status()
    told = set()
    with team.client() as client:
        for given in (
            {"name": "alice", "password": "x"},
            {"name": "nobody", "password": PASSWORD},
            {"name": "gone", "password": PASSWORD},
            {"name": "bob", "password": ""},
        ):
            answer = client.post("/api/login", json=given)
            told.add((answer.status_code, answer.text, answer.headers.get("Set-Cookie")))
    assert len(told) == 1 and told.pop()[0] == 401


def test_what_is_no_sign_in_is_refused_without_repeating_it(team: Team) -> None:
    with team.client() as client:
        for given in (
            {"name": "alice"},
            {"name": 1, "password": "hunter22"},
            {"name": "a", "password": ["hunter22"]},
            {"x": "hunter22"},
            [],
        ):
            answer = client.post("/api/login", json=given)
            assert answer.status_code == 400 and "hunter22" not in answer.text
        assert client.post("/api/login", json={"name": "a" * 300, "password": "x"}).status_code == 400
        assert client.post("/api/login", json={"name": "alice", "password": "x" * 100_000}).status_code == 413
        assert client.post("/login", content=b"name=" + b"a" * 20_000, headers=OWN | FORM_TYPE).status_code == 413
        assert client.get("/api/login").status_code == 405
        assert client.get(f"/api/login?name=alice&password={PASSWORD}").status_code == 405


class Clock:
    def __init__(self) -> None:
        self.moment = now()

    def __call__(self) -> object:
        return self.moment


def test_who_guesses_waits_longer_each_time_and_keeps_nobody_else_out(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    services, clock = team.backend.services, Clock()
    asked: list[str] = []

    class Users:
        """Real users, whose passwords cost nothing to compare: it is the counting that is looked at."""

        def sign_in(self, name: str, password: str) -> object:
            asked.append(password)
            if password != PASSWORD or name != "alice":
                raise Unauthenticated("The name or the password is not right.")
            return services.users.get(name)

    def service() -> SignInService:  # a new one knows what the last one counted
        return SignInService(services.store, Users(), services.tokens, timedelta(hours=1), clock)  # type: ignore[arg-type]

    for name in ("alice", "nobody"):
        for number in range(5):
            with pytest.raises(Unauthenticated):
                service().sign_in(name, f"{number}", "10.0.0.1")
        asked.clear()
        with pytest.raises(TooManyRequests) as caught:
            service().sign_in(name, PASSWORD, "10.0.0.1")
        assert asked == [] and caught.value.details["retry_after"] <= 3
    assert service().sign_in("alice", PASSWORD, "10.0.0.2").name == "alice"  # she herself, from elsewhere
    waits = []
    for _ in range(12):
        clock.moment += timedelta(hours=1)
        with pytest.raises(Unauthenticated):
            service().sign_in("alice", "wrong", "10.0.0.1")
        with pytest.raises(TooManyRequests) as caught:
            service().sign_in("alice", "wrong", "10.0.0.1")
        waits.append(caught.value.details["retry_after"])
    assert waits[0] <= 5 and waits == sorted(waits) and 880 <= waits[-1] <= 901
    clock.moment += timedelta(hours=1)
    assert service().sign_in("alice", PASSWORD, "10.0.0.1").name == "alice"
    with pytest.raises(Unauthenticated):  # forgotten, since she came in
        service().sign_in("alice", "wrong", "10.0.0.1")
    for number in range(60):  # one password on many names
        clock.moment += timedelta(seconds=1)
        with pytest.raises((Unauthenticated, TooManyRequests)):
            service().sign_in(f"user{number}", "Summer2026!", "10.0.0.9")
    with pytest.raises(TooManyRequests):
        service().sign_in("another", "Summer2026!", "10.0.0.9")


def test_a_refused_guess_tells_when_to_come_back(team: Team) -> None:
    with pytest.raises(Unauthenticated):
        team.backend.services.sign_in.sign_in("carla", "wrong", "127.0.0.1")
    with team.backend.services.store.write() as conn:  # as if she had tried for long: no machine is too slow to be refused then
        conn.execute(sign_ins.update().values(failures=15))
    with team.client() as client:
        answer = client.post("/api/login", json={"name": "carla", "password": "x"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_requests")
        assert 600 <= int(answer.headers["Retry-After"]) <= 901
        page = client.post("/login", data={"name": "carla", "password": "x"}, headers=OWN)
        with team.backend.services.store.write() as conn:
            conn.execute(sign_ins.delete())
        assert page.status_code == 429 and "Too many sign-ins failed" in page.text and "Set-Cookie" not in page.headers


def test_the_address_that_is_counted_is_not_what_a_header_says(team: Team, tmp_path: Path) -> None:
    from workbench.api.address import Addresses

    def scope(peer: str, *lines: str) -> dict[str, object]:
        return {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", line.encode()) for line in lines]}

    nobody, proxy = Addresses(""), Addresses("127.0.0.1 10.0.0.0/8")
    assert nobody.of(scope("127.0.0.1", "6.6.6.6")) == "127.0.0.1"
    assert proxy.of(scope("9.9.9.9", "6.6.6.6")) == "9.9.9.9"  # type: ignore[arg-type]
    assert proxy.of(scope("127.0.0.1", "6.6.6.6, 8.8.8.8")) == "8.8.8.8"  # the client said the first, our proxy the last
    assert proxy.of(scope("127.0.0.1", "6.6.6.6, 8.8.8.8, 10.1.2.3")) == "8.8.8.8"
    assert proxy.of(scope("127.0.0.1", "6.6.6.6", "8.8.8.8")) == "8.8.8.8"
    assert proxy.of(scope("127.0.0.1", "8.8.8.8, <script>")) == "127.0.0.1"
    assert proxy.of(scope("127.0.0.1")) == "127.0.0.1"
    # Over a socket of IPv6, too; of which whoever has a network has more addresses than anybody could count.
    assert proxy.of(scope("::ffff:127.0.0.1", "6.6.6.6, 8.8.8.8")) == "8.8.8.8"
    assert nobody.of(scope("::ffff:9.9.9.9")) == "9.9.9.9"
    network = {nobody.of(scope(peer)) for peer in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:DB8:1:2::1%eth0")}
    assert network == {"2001:db8:1:2::/64"} and nobody.of(scope("2001:db8:1:3::1")) == "2001:db8:1:3::/64"
    assert nobody.of(scope("unknown")) == "unknown"


# ------------------------------------------------------------------------------------------------------------ in a browser


def test_a_browser_is_shown_the_way_in_and_then_who_it_is(team: Team, browser: httpx.Client) -> None:
    with team.client() as client:
        assert (client.get("/").status_code, client.get("/").headers["Location"]) == (303, "login")
        page = client.get("/login")
    assert page.status_code == 200 and "<form" in page.text
    assert "team &lt;b&gt;" in page.text and "team <b>" not in page.text
    assert "http://" not in page.text and "<script" not in page.text  # nothing from elsewhere
    home = browser.get("/")
    assert home.status_code == 200 and "alice" in home.text and "analyst" in home.text


@pytest.mark.parametrize("path", ["/login", "/"])
def test_pages_can_be_framed_nowhere_and_run_no_scripts(browser: httpx.Client, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY" and headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_sessions_cookie_is_for_this_site_alone(team: Team) -> None:
    for https, name in ((False, "workbench-session"), (True, "__Host-workbench")):
        made = serving(team.settings, https)
        with made as other, other.client() as client:
            answer = client.post("/login", data=FORM, headers={"Origin": made.base})
            session = next(line for line in answer.headers.get_list("Set-Cookie") if line.startswith(f"{name}=wb_"))
            assert "HttpOnly" in session and "SameSite=strict" in session and "Path=/" in session and "Domain" not in session
            assert ("Secure" in session) is https
            assert ("Strict-Transport-Security" in answer.headers) is https


def test_signing_in_makes_a_new_session_and_ends_the_one_before(team: Team) -> None:
    with team.client() as client:
        client.cookies.set("workbench-session", "wb_" + "A" * 43, domain="localhost.local")  # as somebody planted it
        sign_in(client)
        first = client.cookies["workbench-session"]
        assert first != "wb_" + "A" * 43
        sign_in(client)
        assert client.cookies["workbench-session"] != first
        assert team.by(first).get("/api/me").status_code == 401


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_signs_nobody_in(team: Team, headers: dict[str, str]) -> None:
    with team.client() as client:
        answer = client.post("/login", data=FORM, headers=headers)
        assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


def test_a_page_needs_the_xsrf_token_to_change_anything(browser: httpx.Client) -> None:
    call = {"json": {"sql": "select id from silver.people"}}
    assert browser.get("/api/me").json()["name"] == "alice"
    for headers, status in (
        ({}, 403),
        ({"X-XSRFToken": "1"}, 403),
        ({"X-XSRFToken": browser.cookies["workbench-xsrf"], "Origin": "http://evil.example"}, 403),
        ({"X-XSRFToken": browser.cookies["workbench-xsrf"], "Sec-Fetch-Site": "same-site"}, 403),
        ({"X-XSRFToken": browser.cookies["workbench-xsrf"]}, 200),
    ):
        assert browser.post("/api/query", headers=headers, **call).status_code == status, headers  # type: ignore[arg-type]
    # A cookie that somebody planted beside, with a header that says the same, is no good: the value is made of the session.
    planted = {"Cookie": f"workbench-session={browser.cookies['workbench-session']}; workbench-xsrf=evil", "X-XSRFToken": "evil"}
    assert browser.post("/api/query", headers=planted, **call).status_code == 403  # type: ignore[arg-type]
    assert browser.get("/api/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_only_a_session_is_taken_from_a_cookie_and_only_one(team: Team, browser: httpx.Client) -> None:
    program = team.token("alice", scope="write")
    with team.client() as client:
        assert client.get("/api/me", headers={"Cookie": f"workbench-session={program}"}).status_code == 401
        mine = browser.cookies["workbench-session"]
        twice = f"workbench-session={mine}; workbench-session=wb_{'A' * 43}"
        assert client.get("/api/me", headers={"Cookie": twice}).status_code == 401


def test_forms_of_the_page_do_what_they_say_and_those_of_others_nothing(team: Team) -> None:
    with team.client() as client:
        xsrf = xsrf_of(sign_in(client))
        given = {"label": "<i>reports", "scope": "read", "days": "7"}
        for data, headers in (
            (given, OWN),
            (given | {"xsrf": "0" * 64}, OWN),
            (given | {"xsrf": xsrf}, {"Origin": "http://evil.example"}),
        ):
            assert client.post("/token", data=data, headers=headers).status_code == 403
        page = client.post("/token", data=given | {"xsrf": xsrf}, headers=OWN)
        secret = re.search(r"wb_[A-Za-z0-9_-]{43}", page.text)
        assert secret and "&lt;i&gt;reports" in page.text
        assert team.by(secret[0]).get("/api/me").json()["name"] == "alice"
        assert client.post("/token", data=given | {"xsrf": xsrf, "scope": "admin"}, headers=OWN).status_code == 400
        token = re.search(r'name="id" value="([^"]+)"', client.get("/").text)
        assert token
        assert client.post("/revoke", data={"xsrf": xsrf, "id": token[1]}, headers=OWN).status_code == 303
        assert team.by(secret[0]).get("/api/me").status_code == 401
        assert client.post("/logout", data={"xsrf": "x"}, headers=OWN).status_code == 403
        before = client.cookies["workbench-session"]
        out = client.post("/logout", data={"xsrf": xsrf}, headers=OWN)
        assert (out.status_code, out.headers["Location"]) == (303, "login")
        assert client.get("/").status_code == 303 and team.by(before).get("/api/me").status_code == 401


@pytest.mark.parametrize("path", ["/login?next=https://evil.example", "/login?next=//evil.example", "/?next=javascript:alert(1)"])
def test_nothing_leads_anywhere_else(team: Team, path: str) -> None:
    with team.client() as client:
        for answer in (client.get(path), client.post(path.replace("/?", "/login?"), data=FORM, headers=OWN)):
            assert "evil" not in answer.text and answer.headers.get("Location", "./") in ("./", "login")


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost\\@evil", ""])
def test_pages_too_are_for_hosts_that_are_ours(team: Team, host: str) -> None:
    with team.client() as client:
        for path in ("/", "/login"):
            assert client.get(path, headers={"Host": host}).status_code == 403


def test_an_address_that_only_looks_like_an_open_one_is_not(team: Team) -> None:
    with team.client() as client:
        for path in (
            "//login",
            "/login/",
            "/login/../api/datasets",
            "/api/login/",
            "/LOGIN",
            "/login%2f",
            "/token/x",
            "/..",
            "/etc/passwd",
        ):
            answer = client.post(path, json={})
            assert answer.status_code in (401, 403, 404, 405), (path, answer.status_code)
            assert "Set-Cookie" not in answer.headers


def test_a_password_is_changed_by_who_knows_it_and_ends_all_sessions(team: Team) -> None:
    team.owner.post("/api/users", json={"name": "dora", "roles": ["viewer"], "password": PASSWORD}).raise_for_status()
    with team.client() as client:
        session = team.by(client.post("/api/login", json={"name": "dora", "password": PASSWORD}).json()["token"])
        program = team.by(team.token("dora"))
        other = "another long password"
        assert session.put("/api/me/password", json={"current": "no", "password": other}).status_code == 401
        assert session.put("/api/me/password", json={"current": PASSWORD, "password": "short"}).status_code == 400
        assert session.put("/api/me/password", json={"current": PASSWORD, "password": other}).status_code == 200
        assert session.get("/api/me").status_code == 401 and program.get("/api/me").status_code == 200
        assert client.post("/api/login", json={"name": "dora", "password": PASSWORD}).status_code == 401
        again = team.by(client.post("/api/login", json={"name": "dora", "password": other}).json()["token"])
        assert again.put("/api/users/alice/password", json={"password": other}).status_code == 403
        team.owner.post("/api/users/dora/disable").raise_for_status()
        assert again.get("/api/me").status_code == 401 and program.get("/api/me").status_code == 401


def test_no_password_and_no_session_is_written_anywhere(team: Team, browser: httpx.Client) -> None:
    session = browser.cookies["workbench-session"]
    for path in [*team.settings.state.rglob("*.jsonl"), *team.settings.state.glob("meta.db"), *team.settings.state.glob("meta.db-wal")]:
        raw = path.read_bytes()
        assert PASSWORD.encode() not in raw and session.encode() not in raw, path


def test_who_floods_the_sign_in_is_refused_before_anything_is_looked_up(team: Team) -> None:
    with serving(team.settings) as other, other.client() as client:
        given = {"name": "alice", "password": "wrong"}
        before = len(other.backend.services.audit.list(None, None, None, True, "users.sign_in", None, 1000))
        answers = [client.post("/api/login", json=given).status_code for _ in range(80)]
        after = len(other.backend.services.audit.list(None, None, None, True, "users.sign_in", None, 1000))
        assert 429 in answers and set(answers) <= {401, 429}
        assert after - before < 80
