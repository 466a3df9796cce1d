"""What a workspace in this process refuses or tells, one behind a URL and REST refuse and tell alike."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from serving import SignedAuth, api_on_socket, over_socket

from workbench.app.local import LocalWorkspace
from workbench.app.protocol import NAMESPACES
from workbench.app.remote import RemoteWorkspace
from workbench.app.verbs import verb_named
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput
from workbench.core.principals import local_principal
from workbench.jobs.paths import socket_path

NUL, HALF, NAME = "a\0b", "a\ud800b", "silver.x"


@pytest.fixture(scope="module")
def local(workspace: Settings) -> Iterator[LocalWorkspace]:
    with LocalWorkspace(workspace) as made:
        made.dataset(NAME).write({"id": [1, 2]}, mode="create")
        yield made


@pytest.fixture(scope="module")
def remote(local: LocalWorkspace) -> Iterator[RemoteWorkspace]:
    token = local.services.tokens.issue(local_principal(), name="test").secret
    address = f"http+unix://{quote(str(socket_path(local.settings)))}"
    with api_on_socket(local.settings), RemoteWorkspace(address, token) as made:
        yield made


@pytest.fixture
def rest(remote: RemoteWorkspace, workspace: Settings) -> Iterator[httpx.Client]:
    with over_socket(workspace, SignedAuth(workspace)) as client:
        yield client


CASES: list[tuple[str, dict[str, Any]]] = [
    ("catalog.get", {"name": NUL}),
    ("catalog.get", {"name": "x" * 1001}),
    ("catalog.list", {"zone": NUL}),
    ("catalog.search", {"query": NUL}),
    ("catalog.search", {"query": "x", "limit": 0}),
    ("catalog.describe", {"name": NAME, "description": HALF}),
    ("catalog.describe", {"name": NAME, "owner": NUL}),
    ("datasets.rename", {"name": NAME, "new_name": NUL}),
    ("datasets.create_branch", {"name": NAME, "branch": HALF}),
    ("datasets.create_tag", {"name": NAME, "tag": "t", "snapshot_id": 2**63}),
    ("datasets.publish", {"names": [NAME, HALF], "branch": "b"}),
    ("datasets.alter", {"name": NAME, "changes": [{"action": "add", "column": NUL, "type": "long"}]}),
    ("datasets.alter", {"name": NAME, "changes": [{"action": "explode", "column": "a"}]}),
    ("datasets.expire", {"name": NAME, "older_than_days": math.inf}),
    ("datasets.expire", {"name": NAME, "older_than_days": -math.inf}),
    ("datasets.expire", {"name": NAME, "older_than_days": math.nan}),
    ("datasets.expire", {"name": NAME, "older_than_days": -1.0}),
    ("datasets.sample", {"name": NAME, "limit": 10**6}),
    ("query.run", {"sql": NUL}),
    ("query.run", {"sql": "select $a", "params": {"a": HALF}}),
    ("query.run", {"sql": "select $a", "params": {NUL: 1}}),
    ("query.run", {"sql": "select ?", "params": [[{"deep": [NUL]}]]}),
    ("query.run", {"sql": "select 1", "limit": -1}),
    ("query.complete", {"sql": "select", "position": -1}),
    ("runs.list", {"status": "nonsense"}),
    ("runs.list", {"kind": NUL}),
    ("runs.get", {"run_id": NUL}),
    ("lineage.graph", {"name": NAME, "depth": 1001}),
    ("lineage.graph", {"name": NAME, "direction": "sideways"}),
    ("pipelines.run", {"name": "p", "params": {"a": HALF}}),
    ("system.events", {"after": -1}),
]


@pytest.mark.parametrize(("verb", "arguments"), CASES, ids=[f"{verb} {arguments!a}"[:60] for verb, arguments in CASES])
def test_all_faces_refuse_in_the_same_words(
    local: LocalWorkspace, remote: RemoteWorkspace, rest: httpx.Client, verb: str, arguments: dict[str, Any]
) -> None:
    told = [refused(face, verb, arguments).to_body() for face in (local, remote)]
    assert told[0] == told[1]
    assert next(iter(told[0]["error"]["details"]["fields"]))["field"].split(".")[0] in arguments
    answer = plain(rest, verb, arguments)
    assert (answer.status_code, answer.json()) == (400, told[0])


def refused(workspace: Any, verb: str, arguments: dict[str, Any]) -> InvalidInput:
    noun, _, name = verb.partition(".")
    with pytest.raises(InvalidInput) as caught:
        getattr(getattr(workspace, noun), name)(**arguments)
    return caught.value


def plain(client: httpx.Client, name: str, arguments: dict[str, Any]) -> httpx.Response:
    noun, _, called = name.partition(".")
    verb = verb_named(NAMESPACES[noun], called)
    inside = {key: quote(str(value), safe="") for key, value in arguments.items() if f"{{{key}}}" in verb.path}
    path = f"/api{verb.path.format(**inside)}"
    rest = {key: value for key, value in arguments.items() if key not in inside}
    if verb.method in ("GET", "DELETE"):
        return client.request(verb.method, path, params=rest)
    return client.request(verb.method, path, content=json.dumps(rest), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("verb", ["datasets.write", "query.ingest"])
def test_what_comes_beside_rows_and_files_is_looked_at_too(
    local: LocalWorkspace, remote: RemoteWorkspace, verb: str, tmp_path: Path
) -> None:
    (tmp_path / "f.csv").write_text("a\n1\n")
    given = {"data": pa.table({"id": [1]}), "key": NUL} if verb == "datasets.write" else {"source": tmp_path / "f.csv", "zone": HALF}
    name = {"name": NAME} if verb == "datasets.write" else {}
    told = [refused(face, verb, given | name).to_body() for face in (local, remote)]
    assert told[0] == told[1]
    with pytest.raises(InvalidInput, match="source: text must not hold the character NUL"):
        local.ingest("no\0file.csv")


def test_numbers_of_numpy_and_lists_are_taken(local: LocalWorkspace, remote: RemoteWorkspace) -> None:
    for workspace in (local, remote):
        first = np.int64(workspace.datasets.snapshots(NAME)[-1].id)
        assert workspace.datasets.rollback(NAME, first).id == first
        assert workspace.datasets.read(NAME, columns=["id"], limit=np.int32(1)).num_rows == 1
        assert workspace.sql("select ? + 1 as n", [np.float64(1.5)]).arrow()["n"].to_pylist() == [2.5]
        assert workspace.datasets.expire(NAME, np.float64(0.5)).snapshots_removed == 0


def test_why_a_run_failed_is_said_in_the_words_of_each_face(
    local: LocalWorkspace, remote: RemoteWorkspace, rest: httpx.Client, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("a,b\n1,x\n")
    second.write_text("a,b\nmany,x\nfew,y\n")
    local.ingest(first, name="bronze.worded")
    with pytest.raises(InvalidInput):
        local.ingest(second, name="bronze.worded", mode="append")
    (run, *_) = local.runs.list(kind="ingest", status="failed")
    assert run.error is not None and "`drift='keep'`" in (run.error.fix or "")
    assert remote.runs.get(run.id) == run
    assert '`"drift": "keep"`' in rest.get(f"/api/runs/{run.id}").json()["error"]["fix"]


VALUES: list[Any] = [
    *(math.nan, math.inf, 1.5, 2**70, True, None, "é", b"\\x00\0", bytearray(b"a"), [], [1, None], (1, 2)),
    *(
        dt.date(2026, 1, 31),
        pd.Timestamp("2026-01-31T12:30:00.000005").to_pydatetime(),
        dt.datetime(2026, 1, 31, tzinfo=dt.timezone(dt.timedelta(hours=5))),
    ),
    *(dt.time(12, 30), dt.timedelta(days=1, microseconds=5), Decimal("1.10"), UUID(int=5), [dt.date(2026, 1, 31)], {"a": Decimal("1.5")}),
    *({"$date": "x"}, {"$date": "2026-01-31"}, {"$struct": {"$date": 1}}),
    *(np.int64(5), np.float64(2.5), np.float32(1.5), np.bool_(True), np.datetime64("2026-01-31T12:30:00.000000001"), np.datetime64("NaT")),
    *(np.timedelta64(5, "s"), np.array([1, 2]), np.array(["2026-01-31"], "datetime64[ns]"), pa.scalar(7), pa.scalar(dt.date(2026, 1, 31))),
    *(pd.Timestamp("2026-01-31", tz="UTC"), pd.Timedelta(seconds=3), pd.NaT, pd.NA, pd.Series([1.5])),
]


@pytest.mark.parametrize("given", VALUES, ids=repr)
def test_a_value_that_is_bound_is_of_the_same_type_everywhere(local: LocalWorkspace, remote: RemoteWorkspace, given: Any) -> None:
    sql = "select $x as x, typeof($x) as kind"
    here, there = (str(ws.sql(sql, {"x": given}).arrow().to_pylist()) for ws in (local, remote))
    assert here == there
    assert str(remote.sql(sql.replace("$x", "?"), (given, given)).arrow().to_pylist()) == here


def test_what_is_no_value_is_refused_in_words(local: LocalWorkspace, remote: RemoteWorkspace, rest: httpx.Client) -> None:
    for ws in (local, remote):
        with pytest.raises(InvalidInput, match=r"\$x is of type range, which is not a value"):
            ws.sql("select $x", {"x": range(3)}).arrow()
    for said in ({"$date": "31.1."}, {"$bytes": "?"}, {"$decimal": "1e99"}, {"$microseconds": 10**30}, {"$timestamp": 5}, {"$uuid": None}):
        answer = rest.post("/api/query", json={"sql": "select $x", "params": {"x": [said]}})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_input"), said
