"""What a panel in a browser asks and is told, whatever carries the messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workbench.app.workspace import Workspace
from workbench.ingest.records import Staged
from workbench.panels.bridge import Bridge, dump, error_body
from workbench.panels.uploads import Upload
from workbench.panels.watcher import Watcher

__all__ = ["Conversation"]

_THREADS = 4

Piece = bytes | memoryview


class Conversation:
    """Verbs are carried out on threads, so that no request waits for another; answers go through ``send``, from any thread."""

    def __init__(self, workspace: Workspace, send: Callable[[dict[str, Any]], None]) -> None:
        self.workspace = workspace
        self._send = send
        self._bridge = Bridge(workspace)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="workbench-panel")
        self._watcher = Watcher(workspace, lambda event: self._send({"kind": "event", "text": event}))
        self._uploads: dict[int, Upload] = {}

    def close(self) -> None:
        """End what it started."""
        self._watcher.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for upload in self._uploads.values():
            upload.discard()
        self._uploads.clear()

    def hear(self, message: dict[str, Any], pieces: Iterable[Piece] = ()) -> None:
        """Take one message; ``pieces`` are the bytes that came with it."""
        kind, number = message.get("kind"), int(message.get("id") or 0)
        if kind == "call":
            self._pool.submit(self._answer, number, lambda: self._bridge.call(str(message["verb"]), dict(message.get("args") or {})))
        elif kind == "subscribe":
            self._watcher.start()
        elif kind == "unsubscribe":
            self._watcher.stop()
        elif kind == "upload":
            self._uploads[number] = Upload(str(message["file"]))
        elif kind == "piece" and number in self._uploads:
            self._take(number, pieces, last=bool(message.get("last")))
        elif kind == "cancel" and number in self._uploads:
            self._uploads.pop(number).discard()

    def _take(self, number: int, pieces: Iterable[Piece], *, last: bool) -> None:
        upload = self._uploads[number]
        for piece in pieces:
            upload.add(piece)
        if last:
            del self._uploads[number]
            self._pool.submit(self._answer, number, lambda: dump(Staged, upload.finish(self.workspace)))
        else:
            self._send({"id": number, "kind": "more"})

    def _answer(self, number: int, work: Callable[[], str]) -> None:
        try:
            answer = {"id": number, "kind": "result", "text": work()}
        except Exception as error:  # the panel shows it; a thread has nobody else to tell
            answer = {"id": number, "kind": "error", "text": error_body(error)}
        self._send(answer)
