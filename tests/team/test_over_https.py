"""A server with a certificate, clients with an address alone: who signed in has the same `ws` there, and what goes wrong is said."""

from __future__ import annotations

import io
import json
import os
import ssl
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from certificates import Authority
from in_process import PASSWORD, make_workspace
from serving import api_on_tcp

import workbench
from workbench.api.serve import serve
from workbench.app import credentials
from workbench.cli.root import _run
from workbench.core.config import Settings, load_settings
from workbench.core.errors import DatasetNotFound, Forbidden, InvalidInput, InvalidSetting, ServiceNotRunning, Unauthenticated


@dataclass
class Server:
    url: str
    owner: str
    settings: Settings
    authority: Authority


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    chain, key = authority.issue("server", "127.0.0.1", "localhost")
    settings = make_workspace(tmp_path_factory.mktemp("https"))
    with (settings.root / "workbench.toml").open("a") as file:
        file.write(f'\n[serve]\ncertificate = "{chain}"\nkey = "{key}"\n')
    with api_on_tcp(load_settings(settings.root, {})) as (url, owner, _):
        yield Server(url, owner, settings, authority)


@pytest.fixture
def mine(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a person on her own machine: an address, an authority, a home."""
    monkeypatch.setenv("WORKBENCH_URL", server.url)
    monkeypatch.setenv("WORKBENCH_CA", str(server.authority.file))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "workbench" / "credentials.json"


def sign_in(monkeypatch: pytest.MonkeyPatch, *words: str, password: str = PASSWORD) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return _run(["login", "--name", "alice", "--password-file", "-", *words])


def test_it_speaks_https_alone_and_tells_browsers_so(server: Server) -> None:
    context = ssl.create_default_context(cafile=server.authority.file)
    with httpx.Client(base_url=server.url, verify=context, timeout=300) as client:
        answer = client.get("/login")
        assert answer.status_code == 200 and "max-age=" in answer.headers["Strict-Transport-Security"]
        given = {"Authorization": f"Bearer {server.owner}"}
        assert client.get("/api/me", headers=given | {"X-Forwarded-For": "1.2.3.4"}).json()["roles"] == ["admin"]
    with httpx.Client(base_url=server.url.replace("https", "http"), timeout=300) as client, pytest.raises(httpx.HTTPError):
        client.get("/login")


def test_once_signed_in_the_address_is_enough(
    server: Server, mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("alice\n"))
    assert _run(["login"]) == 2 and "No password came." in capsys.readouterr().err
    # Without a terminal both are lines of what is piped in, of which Python does not warn.
    monkeypatch.setattr("sys.stdin", io.StringIO(f"alice\n{PASSWORD}\n"))
    with warnings.catch_warnings(record=True) as warned:
        assert _run(["login"]) == 0 and not warned
    assert stat.S_IMODE(mine.stat().st_mode) == 0o600 and stat.S_IMODE(mine.parent.stat().st_mode) == 0o700
    token = json.loads(mine.read_text())[server.url]["token"]
    assert token not in "".join(capsys.readouterr()) and PASSWORD not in mine.read_text()
    with workbench.open() as ws:
        assert ws.users.me().name == "alice"
    assert _run(["logout"]) == 0
    with workbench.open() as ws, pytest.raises(Unauthenticated) as caught:
        ws.users.me()
    assert f"workbench login {server.url}" in (caught.value.fix or "")
    assert httpx.get(f"{server.url}/api/me", headers={"Authorization": f"Bearer {token}"}, verify=False).status_code == 401


def test_a_given_token_is_kept_once_the_server_has_said_whose_it_is(server: Server, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("wb_" + "A" * 43))
    assert _run(["login", "--token-file", "-"]) == 4 and not mine.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO(server.owner))
    assert _run(["login", "--token-file", "-"]) == 0
    with workbench.open() as ws:
        assert ws.users.me().roles == ("admin",)


def test_all_of_ws_is_there_for_an_analyst_and_shows_what_is_hers(
    server: Server, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign_in(monkeypatch) == 0
    with workbench.open() as ws:
        sql = "select id, mail from silver.people"
        rows: Any = ws.sql(sql).arrow().to_pylist()
        assert [row["id"] for row in rows] == [1] and "@" not in rows[0]["mail"]
        assert ws.sql(sql).polars().rows() == [(1, rows[0]["mail"])] and len(ws.sql(sql).pandas()) == 1
        asked = ws.sql(sql)
        assert [(one.column, one.rule) for one in asked.masked] == [(one.column, one.rule) for one in ws.query.run(sql).masked] != []
        assert ws.sql("select id from silver.people").masked == ()
        assert _run(["sql", sql, "-o", str(tmp_path / "rows.csv")]) == 0
        assert "1 row in" in (told := capsys.readouterr().err) and "masked: silver.people.mail (" in told
        assert ws.dataset("silver.people").read().num_rows == 1
        assert ws.query.explain(sql).plan == "" and ws.query.complete("select * from silver.pe", 23)
        assert [each.name for each in ws.catalog.list()] == ["gold.totals", "silver.people"]
        assert ws.catalog.get("silver.people").name == "silver.people"
        assert "silver.people" in ws._repr_html_() and "bronze.raw" not in ws._repr_html_()
        assert ws.sql("select sum(n) from gold.totals where n > $least", {"least": 1}).arrow().num_rows == 1
        for hidden in (lambda: ws.dataset("bronze.raw").read(), lambda: ws.sql("select * from bronze.raw").arrow()):
            with pytest.raises(DatasetNotFound):
                hidden()
        for refused in (ws.users.list, ws.system.config, lambda: ws.compliance.apply("version: 1")):
            with pytest.raises(Forbidden):
                refused()
        assert ws.users.my_tokens()[0].principal.name == "alice"
        told = json.dumps([each.to_json() for each in ws.catalog.list()]) + ws.catalog.get("silver.people").model_dump_json()
        told += ws.query.explain(sql).model_dump_json() + str(ws.sql(sql).arrow().schema.metadata) + ws.system.status().model_dump_json()
        assert str(server.settings.root) not in told and "secret" not in told.lower()


CLIENT = """
import json, os, workbench
with workbench.open() as ws:
    rows = ws.sql("select id, region from silver.people order by id").arrow().to_pylist()
    print(json.dumps({"rows": rows, "environment": dict(os.environ)}))
"""


def test_processes_have_an_address_and_no_key_of_the_storage(server: Server, mine: Path, tmp_path: Path) -> None:
    admin = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.owner}"}, timeout=300, verify=False)
    started = {}
    for who in ("alice", "bob"):
        secret = admin.post(f"/api/users/{who}/tokens", json={"scope": "read"}).json()["secret"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("WORKBENCH", "AWS"))}
        clean |= {"WORKBENCH_URL": server.url, "WORKBENCH_TOKEN": secret, "WORKBENCH_CA": str(server.authority.file)}
        command = [sys.executable, "-c", CLIENT]
        started[who] = subprocess.Popen(command, env=clean, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    admin.close()
    for who, expected in (("alice", [(1, "north")]), ("bob", [(2, "south"), (3, "south")])):
        output, error = started[who].communicate(timeout=120)
        assert started[who].returncode == 0, error
        found = json.loads(output)
        assert [(row["id"], row["region"]) for row in found["rows"]] == expected
        names = {name for name in found["environment"] if name.startswith(("WORKBENCH", "AWS"))}
        assert names == {"WORKBENCH_URL", "WORKBENCH_TOKEN", "WORKBENCH_CA"}
        assert str(server.settings.root) not in output


def test_a_server_that_is_not_who_it_should_be_is_not_spoken_to(
    server: Server, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_TOKEN", server.owner)
    for make, message in (
        (lambda: monkeypatch.delenv("WORKBENCH_CA"), "certificate is not believed"),
        (lambda: monkeypatch.setenv("WORKBENCH_CA", str(Authority(tmp_path).file)), "certificate is not believed"),
        (lambda: monkeypatch.setenv("WORKBENCH_URL", server.url.replace("https", "http")), "speaks HTTPS alone"),
    ):
        make()
        with workbench.open() as ws, pytest.raises(ServiceNotRunning, match=message) as caught:
            ws.users.me()
        assert caught.value.fix and server.owner not in str(caught.value)
    monkeypatch.setenv("WORKBENCH_URL", server.url)
    monkeypatch.setenv("WORKBENCH_CA", str(tmp_path / "nothing.pem"))
    with workbench.open() as ws, pytest.raises(InvalidSetting, match="WORKBENCH_CA"):
        ws.users.me()


def test_credentials_are_kept_by_server_and_only_where_nobody_else_reads(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials.keep("https://a.example", "wb_a", "ada", None)
    credentials.keep("https://a.example:8443", "wb_b", "ada", None)
    for url, token in (("https://A.example/", "wb_a"), ("https://a.example:443/api", "wb_a"), ("https://a.example:8443", "wb_b")):
        assert (credentials.kept(url) or {})["token"] == token
    for other in ("http://a.example", "https://b.example", "https://a.example.evil", "https://a.example@evil", "https://a.example/other"):
        assert credentials.kept(other) is None, other
    mine.chmod(0o644)
    with pytest.raises(InvalidInput, match="Others can read"):
        credentials.kept("https://a.example")


def test_a_password_goes_over_no_open_line(mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign_in(monkeypatch, "http://lake.example.org") == 2
    assert "--insecure" in capsys.readouterr().err and not mine.exists()


def test_serving_beyond_this_machine_needs_a_certificate_that_can_be_used(server: Server, tmp_path: Path) -> None:
    def settings(**given: Any) -> Settings:
        kept = load_settings(server.settings.root, {})
        return kept.model_copy(update={"serve": kept.serve.model_copy(update=given)})

    other = Authority(tmp_path).issue("other", "localhost")
    for wrong in (
        {"certificate": str(tmp_path / "none.pem")},
        {"certificate": str(other[0]), "key": str(tmp_path / "none.key")},
        {"certificate": str(other[0])},  # the key of another one
        {"certificate": "", "key": str(other[1])},
        {"certificate": "", "key": ""},
    ):
        with pytest.raises(InvalidSetting):
            serve(settings(**wrong), host="0.0.0.0", port=0)
