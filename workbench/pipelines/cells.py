"""What the cells of an executed notebook have shown, in a form that can be compared."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.texts import last_words

__all__ = ["ExecutedCell", "executed_cells"]

_LONGEST = 2_000  # characters of an output that are told; what follows counts by its hash
# Where an object lies in memory is another place each time.
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class ExecutedCell:
    """A cell with code; ``number`` counts those, but for the one with the injected parameters. ``output`` is None where it did not run."""

    id: str
    number: int
    source: str
    output: str | None


def executed_cells(path: Path) -> list[ExecutedCell]:
    """The cells of an executed notebook; none where it is not there."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return []
    own = [
        cell for cell in cells if cell.get("cell_type") == "code" and "injected-parameters" not in cell.get("metadata", {}).get("tags", ())
    ]
    return [
        ExecutedCell(str(cell.get("id", "")), number, "".join(cell.get("source", "")), _shown(cell))
        for number, cell in enumerate(own, start=1)
    ]


def _shown(cell: dict[str, Any]) -> str | None:
    if cell.get("execution_count") is None and not cell.get("outputs"):
        return None
    streams: dict[str, list[str]] = {}
    parts: list[str] = []
    for output in cell.get("outputs", ()):
        if output["output_type"] == "stream":
            # How a stream was cut into messages is chance, and so is what came first on two of them.
            streams.setdefault(output["name"], []).append("".join(output["text"]))
        elif output["output_type"] == "error":
            parts.append(f"{output.get('ename', 'Error')}: {last_words(output.get('evalue') or '')}")
        else:
            parts.append(_data(output.get("data", {})))
    text = _ADDRESS.sub("0x...", _COLOURS.sub("", "\n".join([*("".join(said) for said in streams.values()), *parts])))
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… (sha256 {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]})"


def _data(data: dict[str, Any]) -> str:
    """An image by its hash, else its text."""
    for kind in sorted(data):
        if kind.startswith("image/"):
            content = "".join(data[kind]) if isinstance(data[kind], str | list) else json.dumps(data[kind])
            return f"{kind} sha256 {hashlib.sha256(content.encode()).hexdigest()[:16]}"
    if "text/plain" in data:
        return "".join(data["text/plain"])
    return json.dumps(data, sort_keys=True)
