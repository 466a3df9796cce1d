"""A step that is a Python function to be looked at: as a notebook, which every face can show, with its file as pinned, and its log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.core.config import Settings
from workbench.core.errors import NotFound
from workbench.pipelines.function import arguments, read_signature
from workbench.runs.records import Run

__all__ = ["function_notebook"]

_KERNEL = {"name": "lake-python", "display_name": "Lake Python", "language": "python"}
_LONGEST_LOG = 1 << 20


def function_notebook(settings: Settings, run: Run, values: Mapping[str, Any]) -> dict[str, Any]:
    """One cell with the file's text; one with the call, of those ``values`` that the function takes, and below it the log as far as it has
    come, and what was given. In Jupyter's format, version 4.5.

    Raises
    ------
    NotFound
        What the run left behind has been deleted.
    """
    path, _, name = str(run.attributes["function"]).rpartition(":")
    try:
        text = (settings.state / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"The file of run {run.id} is no longer kept.", fix="What runs leave behind is deleted after a while.") from None
    said = ", ".join(f"{key}={value!r}" for key, value in arguments(read_signature(text, name), values, ())[0].items())
    cells = [_cell("file", text, run, []), _cell("call", f"{name}({said})", run, [*_log(settings, run), *_end(run)])]
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python", "mimetype": "text/x-python", "file_extension": ".py"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(identifier: str, source: str, run: Run, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    count = (1 if identifier == "file" else 2) if run.started_at else None
    return {"cell_type": "code", "id": identifier, "metadata": {}, "source": source, "execution_count": count, "outputs": outputs}


def _log(settings: Settings, run: Run) -> list[dict[str, Any]]:
    """The end of what it printed, a traceback too."""
    try:
        with (settings.state / str(run.attributes["log"])).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _LONGEST_LOG))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    before = "" if size <= _LONGEST_LOG else f"[{size - _LONGEST_LOG:,} bytes before are in the log]\n"
    return [{"output_type": "stream", "name": "stdout", "text": before + text}] if text else []


def _end(run: Run) -> list[dict[str, Any]]:
    if run.error is not None:
        words = "\n".join(word for word in (run.error.message, run.error.fix) if word)
        return [{"output_type": "stream", "name": "stderr", "text": words + "\n"}]
    given = run.attributes.get("outputs")
    if not given:
        return []
    data = {"text/plain": json.dumps(given, ensure_ascii=False)}
    return [{"output_type": "execute_result", "execution_count": 2, "metadata": {}, "data": data}]
