"""Signing in with an identity provider, by a real one: who somebody is comes from checked claims, and from nothing else."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from in_process import Team, make_workspace, serving
from provider import CLIENT, SECRET, IdentityProvider

from tests.patience import wait_until
from workbench.core.config import Settings, load_settings
from workbench.core.errors import InvalidSetting, Unauthenticated, Unavailable
from workbench.core.principals import Principal, local_principal
from workbench.governance.oidc import Provider
from workbench.governance.oidc_keys import PublishedKeys

PROGRAMS = "https://lake.example.org/api"


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    made = IdentityProvider()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def carol(provider: IdentityProvider) -> None:
    provider.instead = {}
    groups = ["lake-readers", "lake-admin", "others"]
    provider.claims = {"sub": "u-1", "preferred_username": "Carol", "name": "Carol C.", "groups": groups, "region": "south"}


@pytest.fixture(scope="module")
def settings(provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = make_workspace(tmp_path_factory.mktemp("oidc")).root
    given = {
        "SERVE_PUBLIC_URL": "http://localhost",
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": SECRET,
        "OIDC_ROLES": "lake-readers=viewer,analyst lake-admins=admin",
        "OIDC_ATTRIBUTES": "region=region",
        "OIDC_AUDIENCE": PROGRAMS,
    }
    return load_settings(root, {f"WORKBENCH_{name}": value for name, value in given.items()})


@pytest.fixture(scope="module")
def team(settings: Settings) -> Iterator[Team]:
    with serving(settings) as found:
        yield found


def back_from(client: httpx.Client) -> str:
    """The address to which the provider sends a browser that we sent there, below ours."""
    sent = client.get("/oidc")
    assert sent.status_code == 303, sent.text
    returned = httpx.get(sent.headers["Location"]).headers["Location"]
    parts = urlsplit(returned)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://localhost/oidc-callback"
    return f"{parts.path}?{parts.query}"


def test_who_signs_in_there_is_here_with_mapped_roles_and_her_rows(team: Team, provider: IdentityProvider) -> None:
    with team.client() as client:
        assert "single sign-on" in client.get("/login").text
        page = client.get(back_from(client))
        assert page.status_code == 200 and 'content="0;url=./"' in page.text
        me = client.get("/api/me").json()
        # `lake-admin` is not `lake-admins`; what is not mapped gives nothing.
        assert (me["name"], me["roles"], me["attributes"]) == ("carol", ["viewer", "analyst"], {"region": "south"})
        xsrf = {"X-XSRFToken": client.cookies["workbench-xsrf"]}
        assert client.post("/api/query", json={"sql": "select id from silver.people order by 1"}, headers=xsrf).json()["rows"] == [[2], [3]]
        provider.claims |= {"groups": [], "region": "north"}
        client.get(back_from(client))
        assert client.get("/api/me").json()["roles"] == []
        team.owner.post("/api/users/carol/disable").raise_for_status()
        assert client.get("/api/me").status_code == 401
        assert client.get(back_from(client)).status_code == 401
        team.owner.post("/api/users/carol/enable").raise_for_status()


def test_what_was_not_begun_in_this_browser_does_not_end_in_it(team: Team) -> None:
    with team.client() as mine, team.client() as other:
        address = back_from(mine)
        assert other.get(address).status_code == 401  # a link that somebody sent her, to be signed in as somebody else
        back_from(other)
        assert other.get(address).status_code == 401  # even while she signs in herself
        assert "Set-Cookie" not in other.get("/oidc-callback?code=x&state=").headers or "workbench-session" not in other.cookies
        state = parse_qs(urlsplit(address).query)["state"][0]
        assert mine.get(f"/oidc-callback?state={state}&error=access_denied&error_description=<script>").status_code == 401
        address = back_from(mine)
        assert mine.get(address).status_code == 200
        assert mine.get(address).status_code == 401  # once


def test_who_makes_up_codes_makes_us_ask_the_provider_no_longer(settings: Settings, provider: IdentityProvider) -> None:
    with serving(settings) as other, other.client() as client:
        state = parse_qs(urlsplit(back_from(client)).query)["state"][0]
        kept = client.cookies["workbench-oidc"]
        provider.asked.clear()
        answers = []
        for number in range(90):
            client.cookies.set("workbench-oidc", kept, domain="localhost.local", path="/")  # the answer has taken it away
            answers.append(client.get(f"/oidc-callback?state={state}&code=made-up-{number}").status_code)
        assert set(answers) == {401, 429} and provider.asked.count("/token") == answers.count(401) < 80
        page = client.get("/oidc-callback?state=x&code=y")
        assert page.status_code == 401  # what was not begun here is nothing to count


@pytest.mark.parametrize(
    "instead",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"azp": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"iat": int(time.time()) + 86_400},  # the test may come long after this line
        {"sub": None},
    ],
    ids=str,
)
def test_an_id_token_that_says_anything_else_signs_nobody_in(team: Team, provider: IdentityProvider, instead: dict[str, Any]) -> None:
    with team.client() as client:
        address = back_from(client)
        provider.instead = instead
        answer = client.get(address)
        assert answer.status_code == 401 and "workbench-session" not in client.cookies
        assert "evil" not in answer.text


@pytest.mark.parametrize("name", ["alice", None, "", "<script>", 7, "../x", local_principal().name])
def test_a_name_that_is_somebody_elses_or_none_is_refused(team: Team, provider: IdentityProvider, name: Any) -> None:
    """A provider's users choose their names; alice here has a password and rows of her own."""
    provider.claims |= {"sub": "u-2", "preferred_username": name, "groups": ["lake-admins"]}
    with team.client() as client:
        answer = client.get(back_from(client))
        assert answer.status_code == 403 and "workbench-session" not in client.cookies and "<script>" not in answer.text
    assert "u-2" not in team.owner.get("/api/users").text
    if isinstance(name, str) and name:
        told = team.backend.services.audit.list(verb="users.sign_in", limit=1)[0]
        assert (told.outcome, told.who, told.code) == ("refused", "alice" if name == "alice" else "", "forbidden")


def test_a_name_under_which_somebody_has_worked_here_who_is_no_user_is_refused(team: Team, provider: IdentityProvider) -> None:
    """Runs are known by names: root's maintenance, or what came by a JupyterLab of this machine, would be hers to read, stop and repeat."""
    who = Principal(name="dora")
    team.backend.services.query.run("select 'said by an administrator' as x", principal=who)
    provider.claims |= {"sub": "u-3", "preferred_username": "dora"}
    with team.client() as client:
        answer = client.get(back_from(client))
        assert (answer.status_code, client.get("/api/query/history").status_code) == (403, 401), client.get("/api/query/history").text
    assert "u-3" not in team.owner.get("/api/users").text


def by(team: Team, token: str) -> int:
    with team.by(token) as client:
        return client.get("/api/me").status_code


def test_programs_show_signed_tokens_that_were_made_for_us(team: Team, provider: IdentityProvider) -> None:
    good = provider.signed(aud=PROGRAMS)
    with team.by(good) as client:
        assert client.get("/api/me").json()["name"] == "carol"
        assert client.post("/api/query", json={"sql": "select id from silver.people order by 1"}).json()["rows"] == [[2], [3]]
        assert client.post("/api/me/tokens", json={"days": 1}).status_code == 403  # nothing that outlives it
        assert client.get("/api/users").status_code == 403
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    admin = base64.urlsafe_b64encode(json.dumps(claims | {"groups": ["lake-admins"]}).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    public = jwt.PyJWK(provider.published("first")).key
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger = IdentityProvider()
    stranger.issuer, stranger.claims = provider.issuer, provider.claims
    bad = {
        "an id_token": provider.signed(),
        "one with a nonce": provider.signed(aud=PROGRAMS, nonce="x"),
        "expired": provider.signed(aud=PROGRAMS, exp=int(time.time()) - 60),
        "without an end": provider.signed(aud=PROGRAMS, exp=None),
        "not yet": provider.signed(aud=PROGRAMS, nbf=int(time.time()) + 600),
        "of another issuer": provider.signed(aud=PROGRAMS, iss="https://evil.example"),
        "by another's key": stranger.signed(aud=PROGRAMS),
        "by a key of an unknown name": stranger.signed(aud=PROGRAMS, headers={"kid": "unknown"}),
        "changed": f"{head}.{admin}.{signature}",
        "not signed": f"{none}.{admin}.",
        "not signed, with a signature": f"{none}.{admin}.{signature}",
        "signed with the public key": hs256(claims, pem),
        "with its own key inside": stranger.signed(
            aud=PROGRAMS, headers={"jwk": stranger.published("first"), "jku": "https://evil.example"}
        ),
        "with what must be understood": provider.signed(aud=PROGRAMS, headers={"crit": ["x"], "x": 1}),
        "no token": "a.b.c",
        "too long": f"{head}.{'A' * 20_000}.{signature}",
    }
    stranger.close()
    assert {why: by(team, token) for why, token in bad.items()} == dict.fromkeys(bad, 401)
    assert by(team, good) == 200


def test_what_the_provider_said_before_gives_no_role_back(team: Team, provider: IdentityProvider) -> None:
    moment = int(time.time())
    before = provider.signed(aud=PROGRAMS, groups=["lake-admins"], iat=moment - 60)
    with team.client() as browser, team.by(before) as program:
        assert program.get("/api/me").json()["roles"] == ["viewer", "analyst"]  # she has shown newer ones above
        browser.get(back_from(browser))
        assert by(team, provider.signed(aud=PROGRAMS, groups=["lake-admins"], iat=moment + 2)) == 200
        assert browser.get("/api/me").json()["roles"] == ["admin"]
        assert by(team, provider.signed(aud=PROGRAMS, iat=moment + 4)) == 200
        assert by(team, provider.signed(aud=PROGRAMS, groups=["lake-admins"], iat=moment + 3)) == 200
        assert [client.get("/api/me").json()["roles"] for client in (browser, program)] == [["viewer", "analyst"]] * 2
        # What an administrator says here holds until the provider says something new.
        team.owner.patch("/api/users/carol", json={"roles": []}).raise_for_status()
        assert program.get("/api/me").json()["roles"] == []


def test_a_token_without_an_end_holds_and_one_without_a_subject_is_nobodys(team: Team, provider: IdentityProvider) -> None:
    ends = {10**18: 200, 253_402_300_900: 200, float("inf"): 401}
    assert {end: by(team, provider.signed(aud=PROGRAMS, exp=end)) for end in ends} == ends
    assert by(team, provider.signed(aud=PROGRAMS, sub="")) == 401


def test_what_is_no_text_in_a_profile_breaks_nothing(team: Team, provider: IdentityProvider) -> None:
    assert by(team, provider.signed(aud=PROGRAMS, sub="u\ud800")) == 401
    moment = int(time.time()) + 10
    for number, region in enumerate(("\ud800", ["south", "\0"])):
        with team.by(provider.signed(aud=PROGRAMS, iat=moment + number, name="C\0arol\udfff", region=region)) as client:
            assert client.get("/api/me").json()["attributes"] == {}  # a rule that asks for it shows no row
        assert next(user["display_name"] for user in team.owner.get("/api/users").json() if user["name"] == "carol") == "Carol"


def hs256(claims: dict[str, Any], key: bytes) -> str:
    import hashlib
    import hmac

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    signed = f"{part(json.dumps({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def test_new_keys_are_found_old_ones_end_and_nobody_makes_us_ask_all_the_time(provider: IdentityProvider, settings: Settings) -> None:
    moment = [time.time()]
    ours = Provider(settings.oidc, lambda: moment[0])
    assert ours.bearer(provider.signed(aud=PROGRAMS)).name == "carol"
    provider.new_key("second")
    provider.asked.clear()
    moment[0] += 31
    assert ours.bearer(provider.signed("second", aud=PROGRAMS)).name == "carol"
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            ours.bearer(provider.signed("second", aud=PROGRAMS, headers={"kid": "made-up"}))
    assert provider.asked == ["/keys"]
    token = provider.signed("second", aud=PROGRAMS)
    del provider.keys["second"]
    moment[0] += 3601
    with pytest.raises(Unauthenticated):
        ours.bearer(token)


def test_a_provider_that_does_not_answer_is_asked_by_one_at_a_time_and_believed_for_two_hours() -> None:
    moment, asked, hangs = [0.0], list[float](), threading.Event()

    def ask() -> dict[str, Any]:
        asked.append(moment[0])
        if moment[0]:
            assert hangs.wait(60)
            raise Unavailable("It does not answer.")
        return {"first": "key"}

    keys = PublishedKeys(ask, lambda: moment[0])
    assert keys.named("first") == "key"
    moment[0] = 31
    other = threading.Thread(target=keys.named, args=("made up",))
    other.start()
    wait_until(lambda: len(asked) == 2)
    assert (keys.named("first"), keys.named("made up")) == ("key", None)  # nobody waits for who asks
    hangs.set()
    other.join()
    for moment[0] in (32, 3601, 3602, 5000, 7199):
        assert (keys.named("first"), keys.named("made up")) == ("key", None)
    assert asked == [0, 31, 3601, 5000, 7199]
    moment[0] = 7201
    with pytest.raises(Unavailable):
        keys.named("first")


def test_settings_that_cannot_work_are_refused_at_the_start(provider: IdentityProvider, settings: Settings, tmp_path: Path) -> None:
    def oidc(**given: Any) -> Any:
        return settings.oidc.model_copy(update=given)

    unmapped = (
        oidc(roles="lake-admins admin"),
        oidc(roles="staff=viewer,"),
        oidc(attributes="Region=region"),
        oidc(attributes="roles=groups"),
    )
    for wrong in (oidc(client_id=""), oidc(issuer="http://idp.example.org"), oidc(issuer="nonsense"), *unmapped):
        with pytest.raises(InvalidSetting):
            Provider(wrong)
    directory = Provider(oidc(roles="cn=lake,ou=x=analyst staff=viewer cn=lake,ou=x=engineer"))
    assert directory._identity(provider.claims | {"groups": ["cn=lake,ou=x"], "iat": 1, "exp": 2}).roles == ("analyst", "engineer")
    with pytest.raises(Unavailable):  # a configuration that is another's
        Provider(oidc(issuer=f"{provider.issuer}/")).begin("http://localhost/oidc-callback")
    with pytest.raises(InvalidSetting, match="public_url"):
        serving(settings.model_copy(update={"serve": settings.serve.model_copy(update={"public_url": ""})}))
