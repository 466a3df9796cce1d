"""The panels of JupyterLab as notebook widgets: the same code, a host over widget messages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from workbench.app.workspace import Workspace
from workbench.core.errors import MissingDependency
from workbench.ingest.records import IngestReport
from workbench.panels.bridge import Bridge, dump, error_body
from workbench.panels.uploads import Upload
from workbench.panels.watcher import Watcher

__all__ = ["CatalogPanel", "LineagePanel", "catalog", "lineage"]

_STATIC = Path(__file__).parent / "static"
_THREADS = 4


def _built(name: str) -> str:
    path = _STATIC / name
    if not path.is_file():
        raise MissingDependency("The panels' front end is not built.", fix="In a clone run `make lab`; else install the wheel again.")
    return path.read_text(encoding="utf-8")


class Panel(anywidget.AnyWidget):
    """What all panels share: they ask by message, verbs are carried out on threads, so that none waits for another.

    Parameters
    ----------
    workspace
        Whose verbs are called. None: the one that :func:`workbench.open` finds.
    height
        Of the panel, in pixels.
    """

    _kept = traitlets.Dict().tag(sync=True)
    _options = traitlets.Dict().tag(sync=True)
    _height = traitlets.Int(420).tag(sync=True)

    def __init__(self, workspace: Workspace | None = None, *, height: int = 420, **options: Any) -> None:
        if workspace is None:
            from workbench.app import open as open_workspace

            workspace = open_workspace()
        super().__init__(_height=height, _options={key: value for key, value in options.items() if value is not None})
        self.workspace = workspace
        self._bridge = Bridge(workspace)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="workbench-panel")
        self._watcher = Watcher(workspace, lambda event: self.send({"kind": "event", "text": event}))
        self._uploads: dict[int, Upload] = {}
        self.on_msg(self._hear)

    def close(self) -> None:
        """Take the panel away and end what it started."""
        self._watcher.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for upload in self._uploads.values():
            upload.discard()
        self._uploads.clear()
        super().close()

    def _hear(self, _: Any, message: dict[str, Any], buffers: list[memoryview]) -> None:
        kind, number = message.get("kind"), int(message.get("id") or 0)
        if kind == "call":
            self._pool.submit(self._answer, number, lambda: self._bridge.call(str(message["verb"]), dict(message.get("args") or {})))
        elif kind == "subscribe":
            self._watcher.start()
        elif kind == "unsubscribe":
            self._watcher.stop()
        elif kind == "upload":
            self._uploads[number] = Upload(str(message["file"]), dict(message.get("options") or {}))
        elif kind == "piece" and number in self._uploads:
            self._take(number, buffers, last=bool(message.get("last")))
        elif kind == "cancel" and number in self._uploads:
            self._uploads.pop(number).discard()

    def _take(self, number: int, buffers: list[memoryview], *, last: bool) -> None:
        upload = self._uploads[number]
        for piece in buffers:
            upload.add(piece)
        if last:
            del self._uploads[number]
            self._pool.submit(self._answer, number, lambda: dump(IngestReport, upload.finish(self.workspace)))
        else:
            self.send({"id": number, "kind": "more"})

    def _answer(self, number: int, work: Any) -> None:
        try:
            answer = {"id": number, "kind": "result", "text": work()}
        except Exception as error:  # the panel shows it; a thread has nobody else to tell
            answer = {"id": number, "kind": "error", "text": error_body(error)}
        self.send(answer)


class CatalogPanel(Panel):
    """The catalog: search, columns, samples, history; a file dropped onto it is taken in.

    >>> from workbench.panels import CatalogPanel
    >>> CatalogPanel(ws, height=600)  # doctest: +SKIP
    """

    def __init__(self, workspace: Workspace | None = None, *, height: int = 420, sample_rows: int | None = None) -> None:
        self._esm, self._css = _built("catalog.js"), _built("panels.css")
        super().__init__(workspace, height=height, sampleRows=sample_rows)


class LineagePanel(Panel):
    """The lineage of one dataset, or of all."""

    def __init__(self, workspace: Workspace | None = None, name: str | None = None, *, height: int = 480) -> None:
        self._esm, self._css = _built("lineage.js"), _built("panels.css")
        request = None if name is None else {"name": name, "round": 1}
        super().__init__(workspace, height=height, request=request)


def catalog(workspace: Workspace | None = None, *, height: int = 420) -> CatalogPanel:
    """The catalog as a widget: ``workbench.panels.catalog()`` as the last line of a cell."""
    return CatalogPanel(workspace, height=height)


def lineage(name: str | None = None, workspace: Workspace | None = None, *, height: int = 480) -> LineagePanel:
    """The lineage graph as a widget."""
    return LineagePanel(workspace, name, height=height)
