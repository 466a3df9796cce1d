"""A workspace whose runs are ended by hand, a mail server and a receiver of webhooks. No worker: what it would ask is asked here."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from workbench.app.local import LocalWorkspace
from workbench.core.clock import iso, now
from workbench.core.config import load_settings
from workbench.core.ids import new_id
from workbench.core.principals import local_principal

YAML = "owner: ann\nsteps: [{name: only, sql: only.sql}]\n"
ERROR = {"code": "cell_failed", "message": "Step 'clean' failed in cell 3: <b> password=hunter2 is wrong\nsecond line"}


class Mail:
    """A mail server (RFC 5321, as much of it as a client needs). ``answer`` is what it says to a message."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.signed_in: list[str] = []
        self.answer = "250 taken"
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        assert ready.wait(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 here")
        while line := (await reader.readline()).decode().strip():
            word = line.partition(" ")[0].upper()
            if word == "EHLO":
                say("250-here")
                say("250 AUTH PLAIN")
            elif word == "AUTH":
                self.signed_in.append(line)
                say("235 good")
            elif word == "DATA":
                say("354 go on")
                text = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                if self.answer.startswith("2"):
                    self.mails.append(email.message_from_bytes(text, policy=email.policy.default))
                say(self.answer)
            elif word == "QUIT":
                say("221 good bye")
                break
            else:
                say("250 good")
            await writer.drain()
        writer.close()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)


class Receiver:
    """Takes what is posted. ``answer`` is the status that it gives."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.answer < 300:
                    receiver.got.append((dict(self.headers), body))
                self.send_response(receiver.answer)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?token=abc123"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Here:
    def __init__(self, ws: LocalWorkspace, mail: Mail, receiver: Receiver) -> None:
        self.ws, self.mail, self.receiver, self.me = ws, mail, receiver, local_principal().name

    def run(self, how: str, who: str | None = None, pipeline: str = "flights", error: dict[str, Any] | None = None) -> str:
        log, run_id = self.ws.services.log, new_id()
        with log.store.write() as conn:
            log.append(conn, run_id, "run.queued", kind="pipeline", job=pipeline, principal=who or self.me, params={}, attributes={})
            log.append(conn, run_id, f"run.{how}", **({"error": error or ERROR} if how == "failed" else {}))
        return run_id

    def ask(self) -> str:
        """A step that waits for who administers the workspace; returns its run."""
        log, run_id, step_id = self.ws.services.log, new_id(), new_id()
        facts = {"step": "ok", "approve": {"by": ["admin"]}}
        with log.store.write() as conn:
            log.append(conn, run_id, "run.queued", kind="pipeline", job="flights", principal=self.me, params={}, attributes={})
            said: dict[str, Any] = {"kind": "step", "job": "flights.ok", "principal": self.me, "params": {}, "attributes": facts}
            log.append(conn, step_id, "run.queued", **said, parent_id=run_id)
            log.append(conn, step_id, "run.started", attributes={"asked_at": iso(now())})
        return step_id

    def look(self, later: timedelta = timedelta()) -> int:
        """As one worker does that was just started, and has nothing in its memory."""
        from workbench.notifications.notifier import Notifier

        services = self.ws.services
        return Notifier(services.notifications.shelf, services.log, services.telling).look(now() + later)

    def send(self, later: timedelta = timedelta()) -> int:
        return self.ws.services.notifications.outbox.send(now() + later)

    def hooks(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.receiver.got]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def here(root: Path) -> Iterator[Here]:
    mail, receiver = Mail(), Receiver()
    with (root / "workbench.toml").open("a") as file:
        file.write(
            f'\n[notifications]\nsmtp_host = "127.0.0.1"\nsmtp_port = {mail.port}\nsmtp_security = "none"\nsmtp_user = "robot"\n'
            'sender = "Workbench <robot@example.org>"\nallow_private_addresses = true\nlab_url = "https://lab.example.org/"\n'
            "gather_minutes = 0\n"
        )
    folder = root / "notebooks/pipelines/flights"
    folder.mkdir(parents=True)
    (folder / "pipeline.yaml").write_text(YAML)
    (folder / "only.sql").write_text("delete from gold.x")
    with LocalWorkspace(load_settings(root, env={})) as ws:
        made = Here(ws, mail, receiver)
        made.look()  # what was before is no news
        yield made
    mail.close()
    receiver.server.shutdown()
    receiver.server.server_close()
