"""The panels in dashboards made with Panel (``panel serve``): ``dashboard.catalog()`` is a component like any other there.

Nothing comes from another server. Panel's pane for ipywidgets would fetch its manager from one; here Panel's own messages carry
what widget messages carry in a notebook.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from workbench.app.workspace import Workspace
from workbench.panels.conversation import Conversation
from workbench.panels.static_files import built

__all__ = ["CatalogComponent", "LineageComponent", "catalog", "lineage"]


class _Component(JSComponent):  # type: ignore[misc]
    """What both share. It ends what it started when its session ends."""

    kept = param.Dict(default={}, doc="What the panel remembers.")
    options = param.Dict(default={}, doc="The panel's own arguments.")
    pixels = param.Integer(default=420, doc="Its height.")

    __abstract = True

    def __init__(self, workspace: Workspace | None = None, *, height: int = 420, **options: Any) -> None:
        if workspace is None:
            from workbench.app import open as open_workspace

            workspace = open_workspace()
        given = {key: value for key, value in options.items() if value is not None}
        style = built("panels.css").read_text(encoding="utf-8")
        super().__init__(  # type: ignore[no-untyped-call]
            pixels=height, options=given, height=height, sizing_mode="stretch_width", stylesheets=[style]
        )
        self._conversation = Conversation(workspace, self._send_msg)

    def _handle_msg(self, data: dict[str, Any]) -> None:
        # Bytes come as text: not every connection of Panel's carries them otherwise.
        self._conversation.hear(data, [base64.b64decode(piece) for piece in data.get("pieces", ())])

    def _cleanup(self, root: Any = None) -> None:
        super()._cleanup(root)
        if not self._models:
            self._conversation.close()


class CatalogComponent(_Component):
    """The catalog: search, columns, samples, history; a file dropped onto it is taken in."""

    _bundle = Path(__file__).parent / "static" / "catalog.js"


class LineageComponent(_Component):
    """The lineage of one dataset, or of all."""

    _bundle = Path(__file__).parent / "static" / "lineage.js"


def catalog(workspace: Workspace | None = None, *, height: int = 420, sample_rows: int | None = None) -> CatalogComponent:
    """The catalog as a component of Panel."""
    return CatalogComponent(workspace, height=height, sampleRows=sample_rows)


def lineage(name: str | None = None, workspace: Workspace | None = None, *, height: int = 480) -> LineageComponent:
    """The lineage graph as a component of Panel."""
    return LineageComponent(workspace, height=height, request=None if name is None else {"name": name, "round": 1})
