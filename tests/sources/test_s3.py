"""Objects of a real S3 server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from workbench.app.services import Services
from workbench.core.config import Settings, load_settings
from workbench.core.errors import Forbidden, InvalidInput, StorageUnavailable, TooLarge, UnreadableFile

Fetch = Callable[..., Any]


@pytest.fixture
def settings(root: Any, s3_server: Any) -> Settings:
    env = {
        "WORKBENCH_LAKE_S3_ENDPOINT": s3_server.endpoint,
        "WORKBENCH_LAKE_S3_ACCESS_KEY_ID": s3_server.access_key,
        "WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY": s3_server.secret_key,
        "WORKBENCH_INGEST_MAX_DOWNLOAD_MB": "1",
    }
    return load_settings(root, env=env)


@pytest.fixture
def prefix(s3_server: Any, settings: Settings) -> Iterator[str]:
    from workbench.ingest.sources.s3 import _store

    store, place = _store(settings.lake), f"{s3_server.bucket}/sources-{os.urandom(4).hex()}"
    files = {
        "a.csv": b"a\n1\n",
        "year=2023/x.csv": b"a\n2\n",
        "year=2024/x.csv": b"a\n3\n",
        "year=2024/_SUCCESS": b"1",
        "big.csv": b"x" * (2 << 20),
    }
    for name, content in files.items():
        with store.open_output_stream(f"{place}/{name}") as stream:
            stream.write(content)
    yield f"s3://{place}"


def test_an_object_is_fetched(fetch: Fetch, prefix: str) -> None:
    (file,), _ = fetch(f"{prefix}/a.csv")
    assert (file.path.read_bytes(), file.shown, file.origin, file.name) == (b"a\n1\n", "a.csv", f"{prefix}/a.csv", "a")


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
    with pytest.raises(InvalidInput):
        fetch("s3:///key")


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

    with pytest.raises(Forbidden, match="lake"):
        list(
            open_objects(f"s3://{s3_server.bucket}/lake/silver/x.parquet", load_settings(root, env=env), scratch, Notes(lambda text: None))
        )
