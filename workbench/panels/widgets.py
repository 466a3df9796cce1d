"""The panels of JupyterLab as notebook widgets: the same code, a host over widget messages."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from workbench.app.workspace import Workspace
from workbench.panels.conversation import Conversation
from workbench.panels.static_files import built

__all__ = ["CatalogPanel", "LineagePanel", "catalog", "lineage"]


def _text(name: str) -> str:
    return built(name).read_text(encoding="utf-8")


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
        self._conversation = Conversation(workspace, lambda content: self.send(content))
        self.on_msg(self._hear)

    def close(self) -> None:
        """Take the panel away and end what it started."""
        self._conversation.close()
        super().close()

    def _hear(self, _: Any, message: dict[str, Any], buffers: list[memoryview]) -> None:
        self._conversation.hear(message, buffers)


class CatalogPanel(Panel):
    """The catalog: search, columns, samples, history; a file dropped onto it is taken in.

    >>> from workbench.panels import CatalogPanel
    >>> CatalogPanel(ws, height=600)  # doctest: +SKIP
    """

    def __init__(self, workspace: Workspace | None = None, *, height: int = 420, sample_rows: int | None = None) -> None:
        self._esm, self._css = _text("catalog.js"), _text("panels.css")
        super().__init__(workspace, height=height, sampleRows=sample_rows)


class LineagePanel(Panel):
    """The lineage of one dataset, or of all."""

    def __init__(self, workspace: Workspace | None = None, name: str | None = None, *, height: int = 480) -> None:
        self._esm, self._css = _text("lineage.js"), _text("panels.css")
        request = None if name is None else {"name": name, "round": 1}
        super().__init__(workspace, height=height, request=request)


def catalog(workspace: Workspace | None = None, *, height: int = 420) -> CatalogPanel:
    """The catalog as a widget: ``workbench.panels.catalog()`` as the last line of a cell."""
    return CatalogPanel(workspace, height=height)


def lineage(name: str | None = None, workspace: Workspace | None = None, *, height: int = 480) -> LineagePanel:
    """The lineage graph as a widget."""
    return LineagePanel(workspace, name, height=height)
