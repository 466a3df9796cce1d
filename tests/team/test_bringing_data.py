"""An engineer brings data to the team's server, and an analyst does not: over REST, with a token each."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from in_process import Team

from workbench.api import routes, upload

CSV = b"id,total\n1,5\n2,no number\n"


@pytest.fixture(scope="module")
def people(team: Team) -> Iterator[dict[str, httpx.Client]]:
    clients = {}
    for name, role in (("eve", "engineer"), ("eli", "engineer"), ("ann", "analyst")):
        assert team.owner.post("/api/users", json={"name": name, "roles": [role]}).status_code == 200
        clients[name] = team.by(team.token(name, scope="write"))
    yield clients
    for client in clients.values():
        client.close()


def test_an_engineer_uploads_looks_loads_and_corrects(people: dict[str, httpx.Client]) -> None:
    eve, eli = people["eve"], people["eli"]
    staged = eve.post("/api/ingest/uploads", files={"file": ("Totals.csv", CSV)})
    assert staged.status_code == 200, staged.text
    source = staged.json()["source"]
    seen = eve.post("/api/ingest/preview", json={"source": source}).json()
    assert (seen["zone"], seen["name"], seen["exists"], len(seen["sample"]["rows"])) == ("bronze", "totals", False, 2)
    assert eli.post("/api/ingest/preview", json={"source": source}).status_code == 404
    assert eve.post("/api/ingest/load", json={"source": source, "options": {"name": "bronze.totals"}}).json()["rows"] == 2
    typed = {"name": "bronze.typed", "reading": {"columns": [{"place": 1, "original": "total", "type": "long"}]}}
    report = eve.post("/api/ingest/load", json={"source": source, "options": typed}).json()
    assert (report["rows"], report["rejected"]) == (1, 1)
    assert eve.get(f"/api/ingest/runs/{report['run_id']}").json()["rows"] == 1
    (misfit,) = eve.get("/api/ingest/quarantine/bronze.typed").json()
    mended = {"corrections": [{"id": misfit["id"], "row": {"total": "6"}}]}
    assert eve.post("/api/ingest/quarantine/bronze.typed", json=mended).json()["joined"] == 1
    assert eve.post("/api/query", json={"sql": "select sum(total) from bronze.typed"}).json()["rows"] == [[11]]
    # A form with the file, as well.
    assert eve.post("/api/ingest", files={"file": ("t.csv", CSV)}, data={"name": "bronze.form"}).json()["rows"] == 2
    made = eve.post("/api/recipes/bronze.totals/apply", json={"recipe": {"steps": []}})
    assert made.status_code == 200 and made.json()["target"] == "silver.totals", made.text


def test_an_analyst_is_told_whom_to_ask_before_her_file_is_sent(people: dict[str, httpx.Client]) -> None:
    ann = people["ann"]
    refused = [
        ann.post("/api/ingest/uploads", files={"file": ("a.csv", CSV)}),
        ann.post("/api/ingest", files={"file": ("a.csv", CSV)}, data={"name": "bronze.anns"}),
        ann.post("/api/ingest/preview", json={"source": "https://example.org/a.csv"}),
        ann.post("/api/ingest/load", json={"source": "a.csv"}),
    ]
    for answer in refused:
        assert answer.status_code == 403, answer.text
        assert "grant" in answer.json()["error"]["fix"], answer.text


def test_what_the_server_reaches_is_not_the_engineers(team: Team, people: dict[str, httpx.Client]) -> None:
    eve = people["eve"]
    (team.settings.root / "inside.csv").write_text("a\n1\n")
    for source in ("inside.csv", "/etc/passwd", "file:///etc/passwd", ".workbench/meta.db", "s3://b/k", "http://127.0.0.1/x", "*.csv"):
        for call in ("preview", "load", "runs"):
            answer = eve.post(f"/api/ingest/{call}", json={"source": source, "options": {"name": "bronze.inside"}})
            # A download is tried where it is carried out, and a private address is like one that does not answer.
            expected = 403 if not source.startswith("http") else 200 if call == "runs" else 503
            assert answer.status_code == expected, (call, source, answer.text)
    assert eve.post("/api/sources/watches", json={"source": "."}).status_code == 403
    assert eve.put("/api/sources/connections/x", json={"kind": "sqlite", "options": {"path": "inside.csv"}}).status_code == 403
    assert team.owner.post("/api/ingest/preview", json={"source": "inside.csv"}).status_code == 200


def test_what_is_masked_for_the_engineer_is_not_made_a_copy_of(people: dict[str, httpx.Client]) -> None:
    """silver.people.mail is a hash to her."""
    eve = people["eve"]
    assert eve.post("/api/recipes/silver.people/apply", json={"recipe": {"steps": []}, "target": "silver.copy"}).status_code == 403
    over = {"name": "silver.people", "mode": "overwrite"}
    source = eve.post("/api/ingest/uploads", files={"file": ("p.csv", b"id,mail,region\n9,x@x.org,north\n")}).json()["source"]
    assert eve.post("/api/ingest/load", json={"source": source, "options": over}).status_code == 403
    added = eve.post("/api/ingest/load", json={"source": source, "options": over | {"mode": "append"}})
    assert added.status_code == 200 and added.json()["quality"] is None, added.text


def test_she_is_told_that_she_sees_a_part_and_only_of_that(people: dict[str, httpx.Client]) -> None:
    eve = people["eve"]
    source = eve.post("/api/ingest/uploads", files={"file": ("w.csv", b"id,total\n1,5\n")}).json()["source"]
    assert eve.post("/api/ingest/load", json={"source": source, "options": {"name": "bronze.hers"}}).status_code == 200
    told = {name: eve.get("/api/query/writable", params={"name": name}).json() for name in ("silver.people", "bronze.hers", "bronze.new")}
    assert {name: (each["taken"], each["in_part"]) for name, each in told.items()} == {
        "silver.people": ("dataset", True),
        "bronze.hers": ("dataset", False),
        "bronze.new": (None, False),
    }
    assert eve.post("/api/datasets/silver.people/rename", json={"new_name": "silver.folk"}).status_code == 403


def test_rows_of_who_may_write_nowhere_are_not_received(people: dict[str, httpx.Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty-two bodies of two gigabytes each lay on the disk before anybody asked whether she may write."""
    received = []
    monkeypatch.setattr(routes, "receive_file", lambda request, path: received.append(path))
    arrow = {"Content-Type": "application/vnd.apache.arrow.stream"}
    for name in ("silver.people", "silver.nothing"):
        answer = people["ann"].post(f"/api/datasets/{name}/data", content=b"x" * 1000, headers=arrow)
        assert (answer.status_code, received) == (403, []), answer.text


@pytest.mark.parametrize("kind", ["rows", "file"])
def test_what_is_sent_leaves_room_on_the_disk(people: dict[str, httpx.Client], monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    full = SimpleNamespace(free=upload._SPARE - 1)
    monkeypatch.setattr(upload.shutil, "disk_usage", lambda _: full)
    body = b"id,total\n" + b"1,2\n" * 1_000_000
    if kind == "file":
        answer = people["eve"].post("/api/ingest/uploads", files={"file": ("large.csv", body)})
    else:
        arrow = {"Content-Type": "application/vnd.apache.arrow.stream"}
        answer = people["eve"].post("/api/datasets/bronze.large/data", content=body, headers=arrow)
    assert answer.status_code == 503 and "no room" in answer.json()["error"]["message"], answer.text
    full.free = 1 << 40
    assert people["eve"].post("/api/ingest/uploads", files={"file": ("large.csv", body)}).status_code == 200
