"""The API behind a real Jupyter server: streams, restarts, heavy queries, large bodies."""

from __future__ import annotations

import json
import os
import signal
import statistics
import threading
import time

import httpx
import pyarrow as pa
import pytest
from serving import Jupyter, SignedAuth, over_socket, wait_until

from tests.patience import slower
from workbench.core.config import Settings
from workbench.jobs.supervisor import state

ARROW = "application/vnd.apache.arrow.stream"
HEAVY = "select count(*) as n from range(60000) a, range(20000) b where a.range % 7 = b.range % 5"


@pytest.fixture(scope="module")
def ready(jupyter: Jupyter) -> Jupyter:
    with jupyter.with_token() as client:
        wait_until(lambda: client.get("/workbench/api/datasets").status_code == 200, what="the API behind Jupyter")
    return jupyter


def test_the_api_is_started_with_the_server_and_not_waited_for(jupyter: Jupyter, workspace: Settings) -> None:
    with jupyter.with_token() as client:
        # Whoever asks at once waits a little, or is told so in plain words.
        first = client.get("/workbench/api/datasets")
        assert first.status_code == 200 or (first.status_code == 503 and first.json()["error"]["code"] == "service_not_running")
        assert client.get("/api/status").status_code == 200
        wait_until(lambda: client.get("/workbench/api/datasets").status_code == 200, what="the API behind Jupyter")
    wait_until(lambda: state(workspace)["api"]["pid"] is not None)


def test_rows_go_in_and_come_out_unchanged(ready: Jupyter) -> None:
    table = pa.table({"n": range(300_000), "t": [f"row {n}" for n in range(300_000)]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=10_000)
    with ready.as_page() as page:
        body = sink.getvalue().to_pybytes()
        written = page.post(
            "/workbench/api/datasets/bronze.rows/data", params={"mode": "create"}, content=body, headers={"Content-Type": ARROW}
        )
        assert written.status_code == 200, written.text
        answer = page.get("/workbench/api/datasets/bronze.rows/data")
        assert pa.ipc.open_stream(answer.content).read_all().sort_by("n").equals(table)
        branched = page.get("/workbench/api/datasets/bronze.rows%23main")
        assert branched.json()["name"] == "bronze.rows"


def test_a_large_file_passes_through_without_filling_memory(ready: Jupyter, scale: float) -> None:
    import psutil

    size = int(max(scale, 0.1) * 600_000_000)
    line = b"1234567,some words to fill the line with\n"

    def form() -> object:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
        for _ in range(size // (len(line) * 10_000)):
            yield line * 10_000
        yield b"\r\n--x--\r\n"

    process = psutil.Process(ready.process.pid)
    before, peak, done = process.memory_info().rss, 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ready.as_page() as page:
        answer = page.post("/workbench/api/ingest", content=form(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    done.set()
    watcher.join()
    # Its kind is not one that is taken: it was read to the end, and then refused in plain words.
    assert answer.status_code == 400, answer.text
    assert peak - before < 40_000_000


def test_events_arrive_at_once_and_resume(ready: Jupyter) -> None:
    with ready.as_page() as page, ready.as_page() as actor:
        with page.stream("GET", "/workbench/api/events/stream", headers={"Accept": "text/event-stream"}) as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            while next(lines) != ": connected":
                pass
            arrived: list[float] = []
            told: list[dict[str, object]] = []

            def listen() -> None:
                for line in lines:
                    if line.startswith("data: "):
                        arrived.append(time.time())
                        told.append(json.loads(line[6:]))
                        if told[-1]["type"] == "run.succeeded":
                            return

            listener = threading.Thread(target=listen)
            listener.start()
            actor.post("/workbench/api/query", json={"sql": "select 41 + 1 as x"})
            listener.join(60)
            assert not listener.is_alive()
        from workbench.core.clock import from_iso

        delays = [at - from_iso(str(event["at"])).timestamp() for at, event in zip(arrived, told, strict=True)]
        assert min(delays) < 0.2 * 5 * slower(), delays
        # The same events again for who comes back.
        resume = str(int(str(told[0]["seq"])) - 1)
        with page.stream("GET", "/workbench/api/events/stream", headers={"Accept": "text/event-stream", "Last-Event-ID": resume}) as stream:
            again = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
            assert [next(again)["seq"] for _ in told] == [event["seq"] for event in told]


def test_a_heavy_query_does_not_hold_up_jupyter(ready: Jupyter) -> None:
    with ready.as_page() as page, ready.with_token() as other:
        worker = threading.Thread(target=lambda: page.post("/workbench/api/query", json={"sql": HEAVY}))
        worker.start()
        time.sleep(0.2)
        delays = []
        while worker.is_alive() and len(delays) < 20:
            began = time.perf_counter()
            assert other.get("/api/status").status_code == 200
            delays.append(time.perf_counter() - began)
            time.sleep(0.02)
        worker.join()
    assert delays
    assert statistics.median(delays) < 0.25 * 5 * slower(), delays


def test_a_killed_api_comes_back_and_nobody_notices_for_long(ready: Jupyter, workspace: Settings) -> None:
    with ready.as_page() as page:
        for _ in range(2):
            pid = state(workspace)["api"]["pid"]
            os.kill(pid, signal.SIGKILL)
            answer = page.get("/workbench/api/datasets")
            assert answer.status_code in (200, 503), answer.text
            assert answer.status_code == 200 or answer.json()["error"]["code"] == "service_not_running"
            wait_until(lambda: page.get("/workbench/api/datasets").status_code == 200)
            wait_until(lambda old=pid: state(workspace)["api"]["pid"] not in (None, old))
            assert page.post("/workbench/api/query", json={"sql": "select 1 as x"}).json()["rows"] == [[1]]


def test_the_way_through_jupyter_costs_little(ready: Jupyter, workspace: Settings) -> None:
    with ready.as_page() as page, over_socket(workspace, SignedAuth(workspace)) as direct:
        through, straight = [], []
        for _ in range(40):
            for client, path, into in ((page, "/workbench/api/datasets", through), (direct, "/api/datasets", straight)):
                began = time.perf_counter()
                assert client.get(path).status_code == 200
                into.append(time.perf_counter() - began)
    extra = statistics.median(through) - statistics.median(straight)
    print(f"through {statistics.median(through) * 1e3:.1f} ms, straight {statistics.median(straight) * 1e3:.1f} ms")
    assert extra < 0.05 * 5 * slower()


def test_websockets_and_unknown_addresses_are_refused_in_words(ready: Jupyter) -> None:
    with ready.as_page() as page:
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x" * 22 + "=="}
        for path, headers, status in (
            ("/workbench/api/events/stream", upgrade, 400),
            ("/workbench/zonk", {}, 404),
            ("/workbench", {}, 404),
            ("/workbench/api/zonk", {}, 404),
            ("/workbench/api/../../api/status", {}, 404),
        ):
            answer = page.get(httpx.URL(f"{ready.url}{path}"), headers=headers)
            if "zonk" in path or "Upgrade" in headers:
                assert answer.status_code == status, (path, answer.text)
                assert answer.json()["error"]["fix"]
