"""What is particular to a workspace behind a URL: addresses, tokens, redirects, retries."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa
import pytest

from workbench.app.remote import RemoteWorkspace
from workbench.core.errors import DatasetNotFound, InvalidInput, ServiceNotRunning, StorageUnavailable, Unavailable, WorkbenchError


class Server:
    """A real HTTP server whose answers a test writes itself; it keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes] | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self._body()
                outer.asked.append((self.command, self.path, dict(self.headers), body))
                given = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if given is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                status, headers, content = given
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") == "chunked":
                    parts = []
                    while size := int(self.rfile.readline(), 16):
                        parts.append(self.rfile.read(size))
                        self.rfile.readline()
                    self.rfile.readline()
                    return b"".join(parts)
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            do_GET = do_POST = do_DELETE = do_PATCH = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def ok(text: str = "[]") -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, text.encode()


def test_the_token_goes_to_the_address_and_nowhere_else(server: Server) -> None:
    elsewhere = Server()
    elsewhere.answers = [ok()]
    server.answers = [(307, {"Location": f"{elsewhere.url}/api/datasets"}, b"")]
    with RemoteWorkspace(server.url, "wb_secret") as ws, pytest.raises(InvalidInput, match="redirects"):
        ws.catalog.list()
    assert server.asked[0][2]["Authorization"] == "Bearer wb_secret"
    assert elsewhere.asked == []
    elsewhere.close()


@pytest.mark.parametrize("number", [float("nan"), float("-inf")])
def test_a_number_that_json_has_not_is_refused_in_words(server: Server, number: float) -> None:
    with pytest.raises(InvalidInput, match="JSON has no number for it"):
        RemoteWorkspace(server.url).pipelines.run("daily", {"share": number})
    assert server.asked == []


def test_the_token_is_taken_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers = [ok()]
    monkeypatch.setenv("WORKBENCH_TOKEN", "wb_env")
    assert RemoteWorkspace(server.url).catalog.list() == ()
    assert server.asked[0][2]["Authorization"] == "Bearer wb_env"


@pytest.mark.parametrize("base", ["", "/user/ada/workbench", "/user/ada/workbench/api"])
def test_an_address_may_have_a_path(server: Server, base: str) -> None:
    server.answers = [ok()]
    RemoteWorkspace(server.url + base + "/").catalog.list("gold")
    assert server.asked[0][1] == f"{base.removesuffix('/api')}/api/datasets?zone=gold"


def test_a_name_with_branch_and_snapshot_survives_the_address(server: Server) -> None:
    server.answers = [(404, {}, b'{"error": {"code": "dataset_not_found", "message": "No.", "fix": "Yes.", "details": {"name": "x"}}}')]
    with pytest.raises(DatasetNotFound) as caught:
        RemoteWorkspace(server.url).catalog.get("silver.flights#dev/x@42")
    assert server.asked[0][1] == "/api/datasets/silver.flights%23dev%2Fx%4042"
    assert (caught.value.message, caught.value.fix, caught.value.details) == ("No.", "Yes.", {"name": "x"})
    # The address of a branch ".." would be the dataset's own, and DELETE there drops it.
    server.answers = [ok()]
    RemoteWorkspace(server.url).datasets.delete_ref("silver.flights", "..")
    assert server.asked[1][1] == "/api/datasets/silver.flights/refs/%2E%2E"


def test_an_answer_that_is_no_json_error_is_told_in_plain_words(server: Server) -> None:
    server.answers = [(502, {}, b"<html>bad gateway</html>")]
    with pytest.raises(WorkbenchError, match="502"):
        RemoteWorkspace(server.url).catalog.list()


BUSY = 503, {"Content-Type": "application/json"}, json.dumps(Unavailable("Too much at once.", fix="Try again.").to_body()).encode()


@pytest.mark.parametrize("answer", [BUSY, (502, {}, b"<html>bad gateway</html>"), (503, {}, b"")])
def test_a_look_is_tried_again_when_the_server_says_not_now(server: Server, answer: tuple[int, dict[str, str], bytes]) -> None:
    server.answers = [answer, answer, ok()]
    assert RemoteWorkspace(server.url).catalog.list() == ()
    assert len(server.asked) == 3


def test_a_safe_verb_is_tried_again_and_a_change_is_not(server: Server) -> None:
    server.answers = [BUSY, ok()]
    assert RemoteWorkspace(server.url).query.complete("sel", 3) == ()
    server.asked.clear()
    server.answers = [BUSY]
    with pytest.raises(Unavailable, match="Too much at once"):
        RemoteWorkspace(server.url).datasets.drop("silver.flights")
    assert len(server.asked) == 1


def test_what_another_try_cannot_better_is_told_at_once(server: Server) -> None:
    body = StorageUnavailable("The disk is full.", fix="Make room.").to_body()
    server.answers = [(503, {"Content-Type": "application/json"}, json.dumps(body).encode())]
    with pytest.raises(StorageUnavailable, match="disk is full"):
        RemoteWorkspace(server.url).catalog.list()
    assert len(server.asked) == 1


def test_a_look_is_tried_again_when_the_connection_breaks(server: Server) -> None:
    server.answers = [None, None, ok()]
    assert RemoteWorkspace(server.url).catalog.list() == ()
    assert len(server.asked) == 3


def test_a_change_is_not_tried_again_when_the_connection_breaks(server: Server) -> None:
    server.answers = [None]
    with pytest.raises(ServiceNotRunning, match="not known whether"):
        RemoteWorkspace(server.url).datasets.drop("silver.flights")
    assert len(server.asked) == 1


def test_a_write_with_a_key_is_tried_again_with_all_its_rows(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.engines.pieces.BYTES", 100_000)
    snapshot = '{"id": 1, "parent_id": null, "at": "2026-01-01T00:00:00Z", "operation": "append"}'
    server.answers = [None, ok(snapshot)]
    rows = pa.table({"a": list(range(200_000))})
    assert RemoteWorkspace(server.url).datasets.write("silver.t", rows, key="k").id == 1
    (_, path, _, first), (_, _, _, second) = server.asked
    assert path == "/api/datasets/silver.t/data?mode=append&branch=main&key=k&duplicates=error"
    sent = list(pa.ipc.open_stream(second))
    assert pa.Table.from_batches(sent).equals(rows)
    assert max(batch.nbytes for batch in sent) <= 100_008  # not as many rows as there may be, whatever they hold
    assert first == second


def test_a_token_as_it_stands_in_a_file_is_sent_and_one_that_cannot_be_is_not_shown(server: Server) -> None:
    server.answers = [ok()]
    assert RemoteWorkspace(server.url, "wb_abc\n").catalog.list() == ()
    assert server.asked[0][2]["Authorization"] == "Bearer wb_abc"
    for token in ("wb_abc\nX-Other: 1", "wb_ab\u0107"):
        with pytest.raises(InvalidInput, match="no token has") as caught:
            RemoteWorkspace(server.url, token)
        assert "wb_ab" not in str(caught.value)


def test_nothing_there_is_told_with_what_to_do(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.close()
    monkeypatch.setattr("workbench.app.wire._PAUSES", ())
    with pytest.raises(ServiceNotRunning) as far:
        RemoteWorkspace(server.url.replace("127.0.0.1", "0.0.0.0")).catalog.list()
    assert "ask who runs the server" in str(far.value) and "workbench up" not in str(far.value)
    with pytest.raises(ServiceNotRunning) as caught:
        RemoteWorkspace(server.url.replace("http://", "http://user:hunter2@")).catalog.list()
    assert "workbench up" in (caught.value.fix or "")
    assert "hunter2" not in str(caught.value)


def test_rows_that_end_too_early_are_an_error_and_no_smaller_table(server: Server) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("a", pa.int64())])) as writer:
        writer.write_table(pa.table({"a": range(10_000)}))
    server.answers = [(200, {}, sink.getvalue().to_pybytes()[:-2000])]
    with pytest.raises(StorageUnavailable):
        RemoteWorkspace(server.url).query.arrow("select 1")


@pytest.mark.parametrize("url", ["ftp://x", "file:///etc/passwd", "localhost:8765", "", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        RemoteWorkspace(url)


def test_the_url_in_the_environment_gives_the_remote_workspace(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import workbench

    server.answers = [ok()]
    monkeypatch.setenv("WORKBENCH_URL", server.url)
    assert isinstance(workbench.open(), RemoteWorkspace)


def test_a_remote_verb_says_what_it_takes() -> None:
    import inspect

    ws = RemoteWorkspace("http://127.0.0.1:1")
    assert list(inspect.signature(ws.datasets.read).parameters) == ["name", "columns", "limit"]
    assert "Arrow" in (ws.datasets.read.__doc__ or "")
    with pytest.raises(TypeError):
        ws.catalog.list(nonsense=1)  # type: ignore[call-arg]
