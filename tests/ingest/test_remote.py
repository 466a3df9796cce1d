"""A workspace behind a URL: files and frames of this machine are uploaded, a load is followed and can be stopped."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.app.local import LocalWorkspace
from workbench.app.remote import RemoteWorkspace
from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.core.errors import Cancelled, Forbidden, InvalidInput, NotFound, UnreadableFile
from workbench.core.principals import Principal, local_principal
from workbench.governance.tokens import TokenService
from workbench.ingest.records import Progress
from workbench.jobs.paths import socket_path
from workbench.jobs.supervisor import down, up
from workbench.store import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
from xlsx import book


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    root = tmp_path_factory.mktemp("served") / "project"
    create_workspace_file(root, "served")
    settings = load_settings(root, env={})
    up(settings, wait=90)
    yield settings
    down(settings, grace=5)


def token(settings: Settings, who: Principal, scope: str = "write") -> str:
    store = Store(settings.store_url)
    store.migrate()
    secret = TokenService(store).issue(who, name=who.name, scope=scope).secret  # type: ignore[arg-type]
    store.close()
    return secret


@pytest.fixture
def remote(served: Settings) -> Iterator[RemoteWorkspace]:
    with RemoteWorkspace(f"http+unix://{quote(str(socket_path(served)))}", token(served, local_principal())) as ws:
        yield ws


def test_a_file_of_this_machine_is_uploaded_and_looked_at_and_taken_in_there(remote: RemoteWorkspace, tmp_path: Path) -> None:
    file = tmp_path / "Größe 1.csv"
    file.write_text("Größe;wer\n180;Ada\n")
    found = remote.preview(file)
    assert found.source.startswith("upload:") and found.shown == file.name and found.name == "größe_1" and found.content_hash
    report = remote.ingest(file, name="sizes")
    assert (report.source, report.rows) == (file.name, 1)
    # Without its content: the same content is the same, however it came.
    assert remote.ingest(file, name="sizes").unchanged


def test_a_sheet_and_a_file_of_an_archive_are_uploaded_with_what_is_meant_of_them(remote: RemoteWorkspace, tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(book({"Q1": [["a"], [1]], "Orders 2024": [["b"], [2], [3]]}))
    with zipfile.ZipFile(tmp_path / "arch.zip", "w") as archive:
        archive.writestr("a/towns.csv", "name,pop\nBern,3\n")
        archive.writestr("b/rivers.csv", "name,len\nAare,288\n")
    for source, name, column in (
        (f"{tmp_path}/book.xlsx#Orders 2024", "book_orders_2024", "b"),
        (tmp_path / "arch.zip#a/towns.csv", "arch_towns", "pop"),
        (f"{tmp_path}/arch.zip#b/rivers.csv", "arch_rivers", "len"),
    ):
        found = remote.preview(source)
        assert (found.source.startswith("upload:"), found.name, found.columns[-1].name) == (True, name, column)
        told: list[Progress] = []
        report = remote.ingest(source, progress=told.append)
        assert report.dataset == f"bronze.{name}"
        assert remote.runs.get(report.run_id).params["dataset"] == report.dataset
        assert str(source).endswith(remote.runs.get(report.run_id).params["source"])
        assert remote.ingest(source).unchanged
    with pytest.raises(UnreadableFile, match="lakes") as raised:
        remote.ingest(f"{tmp_path}/arch.zip#a/lakes.csv")
    assert "a/towns.csv" in str(raised.value)


def test_a_frame_is_brought_too_and_a_folder_is_refused_with_what_to_do(remote: RemoteWorkspace, tmp_path: Path) -> None:
    assert remote.ingest(pa.table({"id": [1, 2]}), name="framed").rows == 2
    with pytest.raises(InvalidInput, match="one by one"):
        remote.ingest(tmp_path)
    with pytest.raises((UnreadableFile, Forbidden)):
        remote.ingest(str(tmp_path / "nothing.csv"))


def test_a_load_is_followed_step_by_step_and_what_fails_there_is_raised_here(remote: RemoteWorkspace, tmp_path: Path) -> None:
    told: list[Progress] = []
    report = remote.ingest(pa.table({"id": range(1000)}), name="followed", progress=told.append)
    assert report.rows == 1000 and told[0].step == "detect" and len({progress.step for progress in told}) >= 4
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 none")
    with pytest.raises(UnreadableFile):
        remote.ingest(tmp_path / "broken.parquet", progress=told.append)


def test_who_waits_can_stop_it(remote: RemoteWorkspace, served: Settings, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": range(5_000_000), "text": ["x" * 30] * 5_000_000}), tmp_path / "big.parquet")
    told: list[Progress] = []
    with pytest.raises(Cancelled):
        remote.ingest(tmp_path / "big.parquet", progress=told.append, stop=lambda: bool(told))
    assert "bronze.big" not in [dataset.name for dataset in remote.catalog.list()]


def test_an_upload_is_its_owners_and_nothing_for_who_only_looks(remote: RemoteWorkspace, served: Settings, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("id\n1\n")
    mine = remote.ingest.stage(file)
    address = f"http+unix://{quote(str(socket_path(served)))}"
    with RemoteWorkspace(address, token(served, Principal(name="eve"))) as eve:
        for call in (eve.ingest.preview, eve.ingest.load, eve.ingest.start):
            with pytest.raises(NotFound):
                call(mine.source)
    with RemoteWorkspace(address, token(served, local_principal(), "read")) as reader:
        for refused in (
            lambda: reader.ingest.preview(mine.source),
            lambda: reader.ingest.load(mine.source),
            lambda: reader.ingest.stage(file),
        ):
            with pytest.raises(Forbidden):
                refused()


def test_files_of_the_servers_machine_are_out_of_reach(remote: RemoteWorkspace, served: Settings, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a,b\n1,2\n")
    for source in ("/etc/passwd", f"file://{tmp_path}/secret.txt", str(served.state / "meta.db"), "../outside.csv"):
        with pytest.raises((Forbidden, UnreadableFile)):
            remote.ingest.preview(source)
        with pytest.raises((Forbidden, UnreadableFile)):
            remote.ingest.load(source)


def test_arguments_over_rest_are_checked_and_told_by_name(served: Settings) -> None:
    headers = {"Authorization": f"Bearer {token(served, local_principal())}"}
    transport = httpx.HTTPTransport(uds=str(socket_path(served)))
    with httpx.Client(transport=transport, base_url="http://localhost", headers=headers, timeout=30) as client:
        for path, body, says in (
            ("/api/ingest/preview", {"source": ""}, "source"),
            ("/api/ingest/preview", {"source": "x.csv", "options": {"mode": "replace"}}, "options.mode"),
            (
                "/api/ingest/load",
                {"source": "x.csv", "options": {"reading": {"columns": [{"place": -1}]}}},
                "options.reading.columns.0.place",
            ),
            ("/api/ingest/load", {"source": "x\0.csv"}, "NUL"),
            ("/api/ingest/runs", {"source": "x.csv", "colour": "red"}, "colour"),
            ("/api/ingest/quarantine/x", {"corrections": [{"id": "1"}]}, "corrections.0.row"),
        ):
            answer = client.post(path, json=body)
            assert answer.status_code == 400 and says in answer.text, answer.text
        answer = client.post("/api/ingest/uploads", files={"file": ("a.csv", b"a\n1\n")}, data={"name": "x"})
        assert answer.status_code == 400 and "name" in answer.text
        answer = client.post("/api/ingest/uploads", files={"file": ("../../a.csv", b"a\n1\n")})
        assert answer.status_code == 200 and answer.json()["name"] == "a.csv"
        answer = client.post("/api/ingest/uploads", files={"file": ('the "new" a.csv', b"a\n1\n")})
        assert answer.json()["name"] == 'the "new" a.csv'
    left = [entry for entry in (served.state / "uploads").iterdir() if not (entry / ".upload.json").exists()]
    assert left == []
    LocalWorkspace(served).close()
