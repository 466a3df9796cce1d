"""Reading notebooks, by whatever tool and in whichever of Jupyter's formats they were saved."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["read_notebook"]

_IDENTITY = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_WITH_IDENTITIES = (4, 5)  # the first of Jupyter's formats in which cells have them


def read_notebook(text: str) -> NotebookNode:
    """A notebook in the newest format. A cell to which its tool gave no identity of its own is known by its place: what a step has
    written is told by its cells' identities, and must be the same whenever the file is read.

    Raises whatever it is no notebook for.
    """
    import nbformat

    found = json.loads(text)
    as_saved = (found["nbformat"], found.get("nbformat_minor", 0)) >= _WITH_IDENTITIES
    if as_saved and _identify(found["cells"]):
        text = json.dumps(found)
    notebook: NotebookNode = nbformat.v4.upgrade(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
    if not as_saved:
        for cell in notebook.cells:
            cell.pop("id", None)  # by chance, another one each time
        _identify(notebook.cells)
    return notebook


def _identify(cells: list[dict[str, Any]]) -> bool:
    """Give each cell that has none of its own an identity; returns whether there were any."""
    known: set[str] = set()
    without = []
    for place, cell in enumerate(cells):
        said = cell.get("id")
        if isinstance(said, str) and _IDENTITY.match(said) and said not in known:
            known.add(said)
        else:
            without.append((f"cell-{place}", cell))
    for name, cell in without:
        while name in known:
            name += "-"
        known.add(name)
        cell["id"] = name
    return bool(without)
