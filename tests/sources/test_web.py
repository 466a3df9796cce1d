"""Files behind addresses, from a real server on this machine."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from workbench.app.services import Services
from workbench.core.config import Settings, load_settings
from workbench.core.errors import Forbidden, InvalidInput, NotFound, TooLarge, Unavailable, UnreadableFile, WorkbenchError
from workbench.core.principals import Principal
from workbench.ingest.sources import addresses, web
from workbench.ingest.sources.addresses import is_public

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
sys.path.insert(0, str(Path(__file__).parents[1] / "team"))

from certificates import Authority
from xlsx import book

BIG = os.urandom(3 << 20)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, dict[str, str]]] = []
    tries: dict[str, int] = {}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        type(self).asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
        type(self).tries[path] = type(self).tries.get(path, 0) + 1
        getattr(self, "get_" + path.strip("/").partition("/")[0].partition(".")[0].replace("-", "_"), self.get_missing)()

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def get_missing(self) -> None:
        self.answer(b"", 404)

    def get_data(self) -> None:
        self.answer(b"a\n1\n", Content_Type="text/csv")

    def get_export(self) -> None:
        self.answer(
            b"a\n1\n", Content_Type="application/octet-stream", Content_Disposition="attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv"
        )

    def get_book(self) -> None:
        self.answer(book({"Q 1": [["a"], [1]], "Q 2": [["b"], [2], [3]]}), Content_Type="application/octet-stream")

    def get_page(self) -> None:
        self.answer(b"<html>", Content_Type="text/html; charset=utf-8")

    def get_moved(self) -> None:
        self.answer(b"", 302, Location="/data.csv")

    def get_inward(self) -> None:
        self.answer(b"", 302, Location="http://169.254.169.254/latest/meta-data/")

    def get_lost(self) -> None:
        self.answer(b"", 302, Location="/nothing.csv?sig=hunter2")

    def get_locked(self) -> None:
        self.answer(b"", 302, Location="/signed.csv")

    def get_round(self) -> None:
        self.answer(b"", 302, Location="/round")

    def get_nowhere(self) -> None:
        self.answer(b"", 302, Location=self.path.partition("?")[2])

    def get_whole(self) -> None:
        """Says all and does not end; what comes after all, it cannot give."""
        if "Range" in self.headers:
            self.answer(b"", 416)
            return
        first = type(self).tries["/whole.csv"] == 1
        self.send_response(200)
        for name, value in {"ETag": '"v1"', "Accept-Ranges": "bytes", "Transfer-Encoding": "chunked"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"4\r\na\n1\n\r\n" + (b"" if first else b"0\r\n\r\n"))
        self.close_connection = True

    def get_signed(self) -> None:
        told = self.headers.get("Authorization") == "Basic YWRhOnB3"
        self.answer(b"a\n1\n" if told else b"", 200 if told else 401, Content_Type="text/csv")

    def get_again(self) -> None:
        first = type(self).tries["/again.csv"] == 1
        self.answer(b"" if first else b"a\n1\n", 503 if first else 200)

    def get_broken(self) -> None:
        """Breaks off twice; says that it can be continued."""
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        same = self.headers.get("If-Range", '"v1"') == '"v1"'
        start = start if same else 0
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"v1"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(BIG) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(BIG) - 1}/{len(BIG)}")
        self.end_headers()
        end = len(BIG) if type(self).tries[self.path] > 2 else start + (1 << 20) + 77
        self.wfile.write(BIG[start:end])
        self.close_connection = True

    def get_changing(self) -> None:
        """Breaks off once, and is another file after that."""
        first = type(self).tries[self.path] == 1
        body = b"old," * 300_000 if first else b"new," * 10
        self.send_response(200)
        self.send_header("ETag", '"old"' if first else '"new"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:500_000] if first else body)
        self.close_connection = True

    def get_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for _ in range(64):
                self.wfile.write(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        except OSError:
            self.close_connection = True

    def get_dripping(self) -> None:
        """A byte now and then."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(b"a")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.asked, Handler.tries = [], {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def settings(root: Path) -> Settings:
    return load_settings(root, env={"WORKBENCH_INGEST_ALLOW_PRIVATE_ADDRESSES": "true", "WORKBENCH_INGEST_MAX_DOWNLOAD_MB": "8"})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_PAUSES", (0.01, 0.01, 0.01))


Fetch = Callable[..., Any]


def test_a_file_is_fetched_and_called_by_its_address(fetch: Fetch, server: str) -> None:
    (file,), _ = fetch(f"{server}/data.csv?sig=secret")
    assert (file.path.read_bytes(), file.shown, file.origin, file.name) == (b"a\n1\n", "data.csv", f"{server}/data.csv", "data")


def test_a_sheet_of_a_workbook_behind_an_address_is_read_or_refused(services: Services, server: str) -> None:
    seen = services.preview.preview(f"{server}/book.xlsx?sig=secret#Q%202")
    assert (seen.name, seen.rows, [column.name for column in seen.columns]) == ("book_q_2", 2, ["b"])
    with pytest.raises(UnreadableFile, match="no sheet 'Q 3'"):
        services.preview.preview(f"{server}/book.xlsx#Q 3")
    with pytest.raises(UnreadableFile, match="Leave out the '#'") as raised:
        services.preview.preview(f"{server}/data.csv#token=secret")
    assert "secret" not in str(raised.value)


def test_the_servers_name_for_a_file_counts(fetch: Fetch, server: str) -> None:
    (file,), _ = fetch(f"{server}/export?id=3")
    assert file.shown == "Größe.csv"


def test_a_redirection_is_followed(fetch: Fetch, server: str) -> None:
    (file,), _ = fetch(f"{server}/moved")
    assert file.path.read_bytes() == b"a\n1\n"


def test_the_password_in_an_address_goes_to_its_server_and_nowhere_else(fetch: Fetch, server: str) -> None:
    address = server.replace("http://", "http://ada:pw@")
    (file,), notes = fetch(f"{address}/signed.csv")
    assert "pw" not in f"{file.shown}{file.origin}{notes}"
    with pytest.raises(Forbidden) as raised:
        fetch(f"{server}/signed.csv")
    assert "signing in" in str(raised.value)


@pytest.mark.parametrize(
    ("path", "error"), [("nothing.csv", NotFound), ("page", UnreadableFile), ("round", UnreadableFile), ("endless.csv", TooLarge)]
)
def test_what_is_no_file_is_refused_in_words(fetch: Fetch, server: str, path: str, error: type[WorkbenchError]) -> None:
    with pytest.raises(error) as raised:
        fetch(f"{server.replace('http://', 'http://ada:hunter2@')}/{path}?token=hunter2")
    assert raised.value.fix
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(("path", "last", "error"), [("lost", "nothing.csv", NotFound), ("locked", "signed.csv", Forbidden)])
def test_of_several_addresses_the_one_that_answered_is_named(
    fetch: Fetch, server: str, path: str, last: str, error: type[WorkbenchError]
) -> None:
    with pytest.raises(error) as raised:
        fetch(f"{server}/{path}")
    assert f"{server}/{last} (where {server}/{path} leads)" in raised.value.message
    assert "hunter2" not in str(raised.value)


def test_a_busy_server_is_asked_again(fetch: Fetch, server: str) -> None:
    (file,), notes = fetch(f"{server}/again.csv")
    assert file.path.read_bytes() == b"a\n1\n"
    assert notes == ["the server answers 503; trying again"]


def test_a_broken_download_goes_on_where_it_broke(fetch: Fetch, server: str) -> None:
    (file,), notes = fetch(f"{server}/broken.bin")
    assert hashlib.sha256(file.path.read_bytes()).digest() == hashlib.sha256(BIG).digest()
    asked = [headers.get("range") for _, headers in Handler.asked]
    assert asked[0] is None
    assert len(asked) == 3
    assert all(each is not None and int(each[6:-1]) > 0 for each in asked[1:])
    assert notes == ["the connection broke; trying again"] * 2


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(fetch: Fetch, server: str) -> None:
    (file,), _ = fetch(f"{server}/changing.csv")
    assert file.path.read_bytes() == b"new," * 10


def test_a_download_that_broke_off_at_its_end_is_begun_anew(fetch: Fetch, server: str) -> None:
    (file,), _ = fetch(f"{server}/whole.csv")
    assert (file.path.read_bytes(), Handler.tries["/whole.csv"]) == (b"a\n1\n", 3)


@pytest.mark.parametrize("location", ["http://[bad/", "//[", "file:///etc/passwd"])
def test_a_redirection_to_what_is_no_address_is_told(fetch: Fetch, server: str, location: str) -> None:
    with pytest.raises(WorkbenchError, match="leads to what is no address"):
        fetch(f"{server}/nowhere.csv?{location}")
    assert Handler.tries["/nowhere.csv"] == 1


def test_nobody_there(fetch: Fetch) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        fetch("http://127.0.0.1:9/a.csv")
    with pytest.raises(Unavailable, match="not known"):
        fetch("http://no-such-host.invalid/a.csv")


def test_a_server_that_speaks_the_other_protocol_is_told_at_once(fetch: Fetch, server: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="speaks http there, and not https"):
        fetch(server.replace("http:", "https:") + "/data.csv")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*Authority(tmp_path).issue("server", "127.0.0.1"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, daemon=True).start()
        with pytest.raises(Unavailable, match="speaks https there, and not http"):
            fetch(f"http://127.0.0.1:{running.server_port}/data.csv")
        running.shutdown()


def test_a_note_that_raises_stops_the_fetching(services: Services, scratch: Path, server: str) -> None:
    def stop(text: str) -> None:
        raise InterruptedError(text)

    with pytest.raises(InterruptedError):
        list(services.sources.open(f"{server}/again.csv", scratch, stop))


def test_a_server_that_drips_holds_nobody(fetch: Fetch, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_WATCHED", 0.3)
    with pytest.raises(Unavailable, match="too slowly"):
        fetch(f"{server}/dripping.csv")


def test_a_fetch_can_be_stopped_while_bytes_drip_in(
    services: Services, scratch: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_TOLD_EVERY", 0.2)

    def stop(text: str) -> None:
        if "fetched" in text:
            raise InterruptedError(text)

    began = time.monotonic()
    with pytest.raises(InterruptedError):
        list(services.sources.open(f"{server}/dripping.csv", scratch, stop))
    assert time.monotonic() - began < 60


# --------------------------------------------------------------------------------------------- into the own network, by default


@pytest.fixture
def guarded(root: Path) -> Iterator[Services]:
    services = Services(load_settings(root, env={}))
    yield services
    services.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "127.1",
        "0x7f000001",
    ],
)
def test_an_address_of_the_own_network_is_refused(guarded: Services, scratch: Path, host: str) -> None:
    with pytest.raises(Forbidden, match="private"):
        list(guarded.sources.open(f"http://{host}:8000/a.csv", scratch))


def test_a_name_that_stands_for_such_an_address_is_refused(guarded: Services, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(host: str, port: int, **more: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(Forbidden):
        list(guarded.sources.open("http://rebind.example/a.csv", scratch))


def test_who_is_no_administrator_is_told_the_same_of_whatever_is_not_reached(
    services: Services, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else she would learn which names the server's own network has, and which ports are open."""
    erin = Principal(name="erin", roles=("engineer",))
    services.access.policies.apply('version: 1\ngrants: [{to: engineer, what: "*.*", may: [write]}]', Principal(name="root"))
    asked: list[Any] = []

    def unknown(host: str, port: int, **more: Any) -> list[Any]:
        raise socket.gaierror("no such name")

    def at(address: str, seconds: float = 0.0) -> Any:
        def found(host: str, port: int, **more: Any) -> list[Any]:
            time.sleep(seconds)
            return [(2, 1, 6, "", (address, port))]

        return found

    def told(lookup: Any, answers: Any = None) -> tuple[str, str | None, float, int]:
        asked.clear()
        begun = time.monotonic()
        with monkeypatch.context() as patch, pytest.raises(WorkbenchError) as raised:
            patch.setattr(socket, "getaddrinfo", lookup)
            patch.setattr(httpx.Client, "send", answers)
            list(services.sources.open("http://data.example/a.csv", scratch, who=erin))
        return f"{type(raised.value).__name__} {raised.value.message}", raised.value.fix, time.monotonic() - begun, len(asked)

    def failing(error: type[Exception]) -> Any:
        def send(self: httpx.Client, *given: Any, **more: Any) -> Any:
            asked.append(given)
            raise error("no")

        return send

    every = [
        told(unknown, failing(httpx.ConnectError)),
        told(at("10.0.0.1"), failing(httpx.ConnectError)),
        told(at("10.0.0.1", 0.2), failing(httpx.ConnectError)),
        told(at("169.254.169.254"), failing(httpx.ConnectError)),
        told(at("93.184.216.34"), failing(httpx.ConnectError)),
        told(at("93.184.216.34"), failing(httpx.ConnectTimeout)),
    ]
    assert len({each[:2] for each in every}) == 1 and "Unavailable" in every[0][0]
    assert [each[3] for each in every] == [0, 0, 0, 0, 4, 4], "what is private is never connected to"
    assert all(web._EVEN <= each[2] < web._EVEN + 0.4 for each in every[:4])


def test_who_connects_connects_to_what_was_checked(services: Services, scratch: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up once: what it stands for a moment later does not count."""
    looked: list[str] = []
    port = int(server.rpartition(":")[2])

    def lookup(host: str, wanted: int, *args: Any, **more: Any) -> list[Any]:
        looked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", wanted))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    (file,) = services.sources.open(f"http://data.example:{port}/data.csv", scratch)
    assert file.path.read_bytes() == b"a\n1\n"
    assert [host for host in looked if host == "data.example"] == ["data.example"]
    assert Handler.asked[-1][1]["host"] == f"data.example:{port}"
    # A name is asked for as name servers and servers know it.
    (file,) = services.sources.open(f"http://bücher.example:{port}/data.csv", scratch)
    assert (file.name, Handler.asked[-1][1]["host"]) == ("data", f"xn--bcher-kva.example:{port}") and "xn--bcher-kva.example" in looked


def test_a_redirection_into_the_own_network_is_refused(
    guarded: Services, scratch: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = addresses.checked_address

    def first_is_public(host: str, port: int, allow_private: bool) -> str:
        return "127.0.0.1" if host == "public.example" else checked(host, port, allow_private)

    monkeypatch.setattr(web, "checked_address", first_is_public)
    with pytest.raises(Forbidden, match="private"):
        list(guarded.sources.open(f"http://public.example:{server.rpartition(':')[2]}/inward", scratch))


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "169.254.170.2", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "168.63.129.16", "192.0.0.192"]
)
def test_where_clouds_keep_their_keys_stays_shut_whatever_is_allowed(services: Services, scratch: Path, host: str) -> None:
    assert services.settings.ingest.allow_private_addresses
    with pytest.raises(Forbidden, match="link-local") as raised:
        list(services.sources.open(f"http://{host}/latest/", scratch))
    assert "allow_private_addresses" not in str(raised.value.fix)


def test_a_redirection_to_where_clouds_keep_their_keys_is_refused_whatever_is_allowed(fetch: Fetch, server: str) -> None:
    with pytest.raises(Forbidden, match=r"169\.254\.169\.254 is a link-local"):
        fetch(f"{server}/inward")


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("168.63.129.16", False),
        ("192.0.0.192", False),
        ("fe80::1", False),
        ("fd00:ec2::254", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::", False),
    ],
)
def test_which_addresses_are_public(text: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(text)) is public


@pytest.mark.parametrize(
    "address",
    [
        "http://",
        "https:///a.csv",
        "http://[::1/a.csv",
        "http://x:99999/a.csv",
        f"http://{'ü' * 80}.example/",
        "http://93.184.216.34/\x01",
        "http://93.184.216.34/\udce9",
    ],
)
def test_what_is_no_address_is_refused(guarded: Services, scratch: Path, address: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        list(guarded.sources.open(address, scratch))
    str(raised.value).encode()


def test_what_is_no_address_cannot_be_shown_either(guarded: Services) -> None:
    with pytest.raises(InvalidInput):
        guarded.sources.shown("https://ada:pw@[::1/a.csv")
