"""Who takes her time, or reads nothing, holds nothing for long."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
import pyarrow as pa
import pytest
import uvicorn
from in_process import Team

from tests.patience import wait_until
from workbench.api import events, gate, lanes, prompt
from workbench.api import untaken as untaken_module
from workbench.api.app import create_app
from workbench.api.hosts import HostCheck
from workbench.app.local import LocalWorkspace
from workbench.core.principals import local_principal


@pytest.fixture
def port(team: Team, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The app over real TCP, with patience for a moment only."""
    monkeypatch.setattr(prompt, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(gate, "_BODY_SECONDS", 0.5)
    monkeypatch.setattr(gate, "_REST_SECONDS", 0.5)
    monkeypatch.setattr(prompt, "STUCK_SECONDS", 0.5)
    with _serving(team) as port:
        yield port


@contextmanager
def _serving(team: Team) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(team.backend, HostCheck())
    server = uvicorn.Server(uvicorn.Config(app, http=prompt.PromptProtocol, ws="none", lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


def ends(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    connection.settimeout(60)
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found


def test_a_call_whose_client_goes_before_its_turn_is_never_carried_out(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[lanes.Lane] = []

    class Kept(lanes.Lane):
        def __init__(self, *facts: int) -> None:
            super().__init__(*facts)
            made.append(self)

    monkeypatch.setattr(lanes, "Lane", Kept)
    with _serving(team) as port:
        _, light = made
        places, light._most = light._most, 0  # all of them taken
        secret = team.backend.tokens.issue(local_principal(), "write", name="goes").secret
        body = json.dumps({"name": "late", "roles": ["viewer"]}).encode()
        head = f"POST /api/users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(f"{head}Authorization: Bearer {secret}\r\n\r\n".encode() + body)
            wait_until(lambda: len(light._waiting) == 1, what="the call in line")
        wait_until(lambda: not light._waiting and not light._admitted, what="the line without it")
        light._most = places
        names = {user.name for user in team.backend.services.users.list()}
        assert "alice" in names and "late" not in names


def last_words(secret: str, length: int) -> bytes:
    """The head of a request whose sender hangs up after the answer."""
    head = f"POST /api/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n"
    return f"{head}Authorization: Bearer {secret}\r\n\r\n".encode()


def is_open(port: int, other: int) -> bool:
    """Whether the server at ``port`` holds the connection of who calls from ``other``."""
    found = psutil.Process().net_connections("tcp")
    return any(each.laddr.port == port and each.raddr and each.raddr.port == other and each.status == "ESTABLISHED" for each in found)


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-A: "])
def test_a_request_that_does_not_come_is_not_waited_for(port: int, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(said)
        assert ends(connection) == b""


def test_a_head_that_comes_letter_by_letter_gains_no_time(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection, pytest.raises(OSError):
        for letter in b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 400:
            connection.sendall(bytes([letter]))
            time.sleep(0.05)


def test_a_second_request_on_a_connection_is_not_waited_for_either(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\nGET /")
        assert ends(connection).startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_come_is_refused(port: int, team: Team) -> None:
    secret = team.token("alice")
    for address, who in (("/api/login", ""), ("/api/query", f"Authorization: Bearer {secret}\r\n")):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            head = f"POST {address} HTTP/1.1\r\nHost: localhost\r\n{who}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{"
            connection.sendall(head.encode())
            connection.settimeout(60)
            answer = b""
            while b"}}" not in answer:
                answer += connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 408") and b"too_slow" in answer


@pytest.mark.parametrize("known", [True, False], ids=["forbidden", "unknown"])
def test_who_is_refused_and_hangs_up_has_the_answer_though_her_body_comes_later(
    port: int, team: Team, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    monkeypatch.setattr(gate, "_REST_SECONDS", 60.0)
    secret, status = (team.token("alice"), b"HTTP/1.1 403") if known else ("wb_nobody", b"HTTP/1.1 401")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(last_words(secret, 500_000))
        for _ in range(5):
            time.sleep(0.1)
            connection.sendall(b"x" * 100_000)
        answer = ends(connection)
    assert answer.startswith(status) and b'"fix"' in answer


def test_a_refusal_waits_for_no_body_that_does_not_come(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(last_words("wb_nobody", 500))
        assert ends(connection).startswith(b"HTTP/1.1 401")


def test_a_stream_goes_on_where_the_connection_is_to_end_with_it(port: int, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_BODY_SECONDS", 0.5)
    head = f"GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {team.token('alice')}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode())
        connection.settimeout(60)
        while b": connected" not in connection.recv(1 << 16):
            pass
        connection.settimeout(2)
        with pytest.raises(TimeoutError):
            while connection.recv(1 << 16):
                pass


def test_an_answer_that_nobody_reads_is_thrown_away(port: int, team: Team) -> None:
    """Forty megabytes, asked for by somebody who never looks: the connection is cut, though bytes wait to be sent."""
    with LocalWorkspace(team.settings) as workspace:
        workspace.datasets.write("gold.wide", pa.table({"text": [f"{number:04}" * 250 for number in range(40_000)]}))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", port))
        head = f"GET /api/datasets/gold.wide/data HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {team.token('alice')}\r\n\r\n"
        connection.sendall(head.encode())
        connection.settimeout(60)
        assert connection.recv(12) == b"HTTP/1.1 200"
        ours = connection.getsockname()[1]
        wait_until(lambda: not is_open(port, ours), what="the cut")
        read = 0
        try:
            while piece := connection.recv(1 << 20):
                read += len(piece)
        except OSError:  # cut
            pass
        assert read < 40_000_000


@pytest.mark.parametrize("verb", ["", "/arrow"], ids=["json", "arrow"])
def test_one_who_takes_no_answers_gets_no_more_of_them(team: Team, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Each stands in memory whole: a viewer with many connections took all of the server's."""
    monkeypatch.setattr(untaken_module, "_MOST_BYTES", 20_000_000)
    body = json.dumps({"sql": "select repeat('x', 600) as text, i from range(10000) t(i)"}).encode()

    def asked(port: int, name: str) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", port))
        head = f"POST /api/query{verb} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Authorization: Bearer {team.token(name)}\r\n\r\n".encode() + body)
        return connection

    with _serving(team) as port, ExitStack() as opened:
        answers = []
        for _ in range(16):
            connection = opened.enter_context(asked(port, "alice"))
            answers.append(connection.recv(12))
            time.sleep(0.1)
        assert answers[0] == b"HTTP/1.1 200" and answers[-1] == b"HTTP/1.1 429", answers
        assert 4 <= answers.count(b"HTTP/1.1 200") < 14  # of 6 MB each, of which the system holds some
        assert opened.enter_context(asked(port, "bob")).recv(12) == b"HTTP/1.1 200"
        opened.close()

        def has_place() -> bool:
            with asked(port, "alice") as again:
                return again.recv(12) == b"HTTP/1.1 200"

        wait_until(has_place, every=0.2)
    wait_until(lambda: not untaken_module.untaken._held, what="the end of all")


def leave_it_running(port: int, team: Team, address: str, sql: str) -> str:
    """Ask for a statement and go away once it runs; gives its run."""
    body = json.dumps({"sql": sql}).encode()
    head = f"POST {address} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    known = {run.id for run in team.backend.log.list(kind="sql")}
    found: list[str] = []
    secret = team.owner.headers["Authorization"]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"{head}Authorization: {secret}\r\n\r\n".encode() + body)
        wait_until(lambda: found.extend(run.id for run in team.backend.log.list(kind="sql") if run.id not in known) or found)
    return found[0]


@pytest.mark.parametrize("verb", ["", "/arrow"])
def test_who_goes_away_stops_what_she_reads(port: int, team: Team, verb: str) -> None:
    run = leave_it_running(port, team, f"/api/query{verb}", "select count(*) from range(100000000000) t(a) where hash(a) = 1")
    wait_until(lambda: team.backend.log.get(run).status == "cancelled")


def test_who_goes_away_stops_nothing_that_she_writes(port: int, team: Team) -> None:
    sql = "create table silver.left_alone as select count(*) as n from range(30000000) t(a) where hash(a) <> 1"
    run = leave_it_running(port, team, "/api/query", sql)
    wait_until(lambda: team.backend.log.get(run).status != "running")
    assert team.backend.log.get(run).status == "succeeded"
    assert team.owner.get("/api/datasets/silver.left_alone").status_code == 200


def test_one_who_opens_streams_without_end_leaves_connections_to_others(port: int, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is held for an hour, and the server has so many connections and no more."""
    monkeypatch.setattr(events, "_MOST_EACH", 3)

    def follows(name: str) -> socket.socket:
        head = f"GET /api/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {team.token(name)}\r\n\r\n"
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sendall(head.encode())
        return connection

    def answer(connection: socket.socket) -> bytes:
        return connection.recv(12)

    mine = [follows("alice") for _ in range(3)]
    assert [answer(each) for each in mine] == [b"HTTP/1.1 200"] * 3
    with follows("alice") as one_more, follows("bob") as another:
        assert answer(one_more) == b"HTTP/1.1 429" and answer(another) == b"HTTP/1.1 200"
    mine.pop().close()

    def has_place() -> bool:
        with follows("alice") as again:
            return answer(again) == b"HTTP/1.1 200"

    wait_until(has_place)
    for each in mine:
        each.close()


def test_who_sends_much_to_be_read_at_once_keeps_nobody_waiting(team: Team) -> None:
    """Bodies are looked through where nobody else's call goes on meanwhile: what somebody may call in a second includes what she sends.
    Two of 14 MB held everybody for 17 seconds, and gigabytes of memory."""
    with team.by(team.token("alice")) as alice, team.by(team.token("bob")) as bob:
        many = {"sql": "select 1", "params": {"x": [[] for _ in range(200_000)]}}
        answers = [alice.post("/api/query/validate", json=many) for _ in range(4)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] != 429 and statuses[-1] == 429, statuses
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert bob.post("/api/query", json={"sql": "select 1 as x"}).json()["rows"] == [[1]]
        long = "-- " + "x" * 90_000 + "\nselect 2 as x"
        assert [bob.post("/api/query", json={"sql": long}).status_code for _ in range(20)] == [200] * 20
