"""A step of SQL to be looked at: as a notebook, which every face can show, with the statements as they were pinned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.core.config import Settings
from workbench.core.errors import NotFound
from workbench.pipelines.sql import read_parts
from workbench.runs.records import Run

__all__ = ["sql_notebook"]

_KERNEL = {"name": "lake-sql", "display_name": "Lake SQL", "language": "sql"}


def sql_notebook(settings: Settings, run: Run, values: Mapping[str, Any]) -> dict[str, Any]:
    """One cell with the file's text; below it the ``values`` of its parameters, and what was written or why nothing was. In Jupyter's
    format, version 4.5.

    Raises
    ------
    NotFound
        What the run left behind has been deleted.
    """
    try:
        text = (settings.state / str(run.attributes["sql"])).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"The SQL of run {run.id} is no longer kept.", fix="What runs leave behind is deleted after a while.") from None
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "statements",
        "metadata": {},
        "source": text,
        "execution_count": 1 if run.started_at else None,
        "outputs": [*_bound(text, values), *_outputs(run)],
    }
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "sql", "mimetype": "text/x-sql", "file_extension": ".sql"}}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _bound(text: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values that the statements were run with."""
    named = dict.fromkeys(name for part in read_parts(text) for name in part.parameters)
    lines = [f"${name} = {json.dumps(values[name], ensure_ascii=False)}\n" for name in named if name in values]
    return [{"output_type": "stream", "name": "stdout", "text": "".join(lines)}] if lines else []


def _outputs(run: Run) -> list[dict[str, Any]]:
    if run.error is not None:
        words = "\n".join(word for word in (run.error.message, run.error.fix) if word)
        return [{"output_type": "stream", "name": "stderr", "text": words + "\n"}]
    lines = [f"{io.name}: {io.operation}{'' if io.rows is None else f', {io.rows:,} rows'}\n" for io in run.outputs]
    return [{"output_type": "stream", "name": "stdout", "text": "".join(lines)}] if lines else []
