"""Objects of a real S3 server."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))
sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from serving import SignedAuth, api_on_socket, over_socket
from verbs_faces import run

from workbench.app.local import LocalWorkspace
from workbench.app.services import Services
from workbench.core.config import Settings, load_settings
from workbench.core.errors import Forbidden, InvalidInput, StorageUnavailable, TooLarge, UnreadableFile

Fetch = Callable[..., Any]


@pytest.fixture
def settings(root: Any, s3_server: Any) -> Settings:
    return load_settings(root, env={**s3_server.environment, "WORKBENCH_INGEST_MAX_DOWNLOAD_MB": "1"})


@pytest.fixture
def prefix(s3_server: Any, settings: Settings) -> Iterator[str]:
    place = f"s3://{s3_server.bucket}/sources-{os.urandom(4).hex()}"
    files = {
        "a.csv": b"a\n1\n",
        "b#1.csv": b"a\n1\n",
        "year=2023/x.csv": b"a\n2\n",
        "year=2024/x.csv": b"a\n3\n",
        "year=2024/_SUCCESS": b"1",
        "big.csv": b"x" * (2 << 20),
    }
    for name, content in files.items():
        store(settings, f"{place}/{name}", content)
    yield place


def store(settings: Settings, address: str, content: bytes) -> None:
    from workbench.ingest.sources.s3 import _store

    with _store(settings.lake).open_output_stream(address.removeprefix("s3://")) as stream:
        stream.write(content)


def test_an_object_is_fetched(fetch: Fetch, prefix: str) -> None:
    (file,), _ = fetch(f"{prefix}/a.csv")
    assert (file.path.read_bytes(), file.shown, file.origin, file.name) == (b"a\n1\n", "a.csv", f"{prefix}/a.csv", "a")
    (file,), _ = fetch(f"{prefix}/a.csv#Q 1#2")
    assert (file.shown, file.origin, file.sheet, file.name) == ("a.csv", f"{prefix}/a.csv#Q 1#2", "Q 1#2", "")
    (file,), _ = fetch(f"{prefix}/b#1.csv")
    assert (file.shown, file.sheet) == ("b#1.csv", None), "the key itself may hold one"


def test_a_pattern_and_a_prefix_give_their_objects(fetch: Fetch, prefix: str) -> None:
    for source in (f"{prefix}/year=*/*.csv", f"{prefix}/year=*", f"{prefix}/**/x.csv"):
        files, _ = fetch(source)
        assert [(file.path.read_bytes(), file.constants["year"], file.types["year"]) for file in files] == [
            (b"a\n2\n", "2023", "int"),
            (b"a\n3\n", "2024", "int"),
        ]
    (file,), notes = fetch(f"{prefix}/year=2024/")
    assert (file.constants["year"], file.name.startswith("sources-")) == ("2024", True)
    assert notes == ["1 file passed over (hidden): _SUCCESS"]


def test_what_is_not_there_or_too_large_is_told(fetch: Fetch, prefix: str) -> None:
    with pytest.raises(UnreadableFile):
        fetch(f"{prefix}/nothing.csv")
    with pytest.raises(TooLarge, match="1 MB"):
        fetch(f"{prefix}/big.csv")
    for source in ("s3:///key", f"{prefix}/[z-a].csv", f"{prefix}/[/].csv"):
        with pytest.raises(InvalidInput):
            fetch(source)


def test_wrong_keys_are_refused_without_being_told(root: Any, s3_server: Any, prefix: str, scratch: Any) -> None:
    env = {
        "WORKBENCH_LAKE_S3_ENDPOINT": s3_server.endpoint,
        "WORKBENCH_LAKE_S3_ACCESS_KEY_ID": "wrong-key-id",
        "WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY": "hunter2hunter2",
    }
    services = Services(load_settings(root, env=env))
    with pytest.raises((Forbidden, StorageUnavailable)) as raised:
        list(services.sources.open(f"{prefix}/a.csv", scratch))
    assert "hunter2" not in str(raised.value)
    services.close()


def test_the_lakes_own_files_are_no_source(root: Any, s3_server: Any, scratch: Any) -> None:
    env = {"WORKBENCH_LAKE_WAREHOUSE": f"s3://{s3_server.bucket}/lake", "WORKBENCH_LAKE_S3_ENDPOINT": s3_server.endpoint}
    from workbench.ingest.sources.base import Notes
    from workbench.ingest.sources.s3 import open_objects

    bucket, settings = f"s3://{s3_server.bucket}", load_settings(root, env=env | s3_server.environment)
    for source in ("lake/silver/x.parquet", "lake/", "lake", "a/../lake/silver/x.parquet", "./lake/*"):
        with pytest.raises(Forbidden, match="lake"):
            list(open_objects(f"{bucket}/{source}", settings, scratch, Notes(lambda text: None)))
    # Nor from further up, and by a pattern.
    store(settings, f"{bucket}/lake/silver/x.csv", b"hunter2\n")
    for source in ("l*/silver/*.csv", "**/silver/x.csv"):
        with pytest.raises(UnreadableFile, match="no file"):
            list(open_objects(f"{bucket}/{source}", settings, scratch, Notes(lambda text: None)))


@pytest.fixture
def as_typed(root: Any, s3_server: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace, as processes that are started in it find it: who may read the bucket, the environment says."""
    monkeypatch.setenv("WORKBENCH_LAKE_S3_ENDPOINT", s3_server.endpoint)
    monkeypatch.setenv("WORKBENCH_LAKE_S3_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.chdir(root)
    return Path(root)


def test_objects_are_looked_at_and_taken_in_by_python(settings: Settings, prefix: str) -> None:
    with LocalWorkspace(settings) as ws:
        one = f"{prefix}/a.csv"
        seen = ws.preview(one)
        assert (seen.name, seen.rows, seen.shown, [column.name for column in seen.columns]) == ("a", 1, "a.csv", ["a"])
        report = ws.ingest(one, preview=seen)
        assert (report.dataset, report.rows) == ("bronze.a", 1) and ws.ingest(one).unchanged
        several = f"{prefix}/year=*/*.csv"
        seen = ws.preview(several, name="years")
        assert [(column.name, column.type) for column in seen.columns] == [("a", "long"), ("year", "int")]
        assert (seen.rows, seen.exact, seen.bytes) == (2, False, 8)  # of both objects, of which one was fetched
        report = ws.ingest(several, name="years", partition_by="year")
        assert (report.rows, report.files) == (2, 2)
        rows = sorted(ws.datasets.read("years").to_pylist(), key=lambda row: row["year"])
        assert rows == [{"a": 2, "year": 2023}, {"a": 3, "year": 2024}]
        # What came into the bucket since joins; what is there already is not taken twice.
        store(settings, f"{prefix}/year=2025/x.csv", b"a\n4\n")
        again = ws.ingest(several, name="years")
        assert (again.files, ws.catalog.get("years").rows) == (3, 3)


def test_objects_are_looked_at_and_taken_in_by_typing_a_command(as_typed: Path, settings: Settings, prefix: str) -> None:
    code, text, _ = run(["ingest", f"{prefix}/year=2024/", "--name", "typed", "--preview"])
    assert code == 0 and "bronze.typed" in text and "year" in text
    code, text, _ = run(["ingest", f"{prefix}/**/x.csv", "--name", "typed", "--json"])
    assert code == 0 and (json.loads(text)["rows"], json.loads(text)["dataset"]) == (2, "bronze.typed")
    code, _, told = run(["ingest", f"{prefix}/nothing.csv"])
    assert code != 0 and "nothing.csv" in told and "Traceback" not in told


def test_objects_are_looked_at_and_taken_in_over_rest(as_typed: Path, settings: Settings, prefix: str) -> None:
    with api_on_socket(settings), over_socket(settings, SignedAuth(settings)) as rest:
        source = {"source": f"{prefix}/year=*/*.csv", "options": {"name": "years"}}
        seen = rest.post("/api/ingest/preview", json=source).json()
        assert [column["name"] for column in seen["columns"]] == ["a", "year"] and seen["name"] == "years"
        done = rest.post("/api/ingest/load", json={**source, "options": {"name": "years", "as_shown": seen["as_shown"]}}).json()
        assert (done["rows"], done["files"]) == (2, 2)
        told = rest.post("/api/ingest/preview", json={"source": f"{prefix}/none/*.csv"})
        assert (told.status_code, told.json()["error"]["code"]) == (400, "unreadable_file")
