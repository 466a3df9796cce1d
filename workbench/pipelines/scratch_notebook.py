"""A step of SQL, or of a Python function, as a notebook in which somebody looks for what is wrong: the values first, then what the step did
with them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import nbformat

from workbench.core.errors import InvalidInput
from workbench.pipelines.function import arguments, read_signature
from workbench.pipelines.parameters import day_of
from workbench.pipelines.sql import read_parts

if TYPE_CHECKING:
    from workbench.pipelines.records import Pipeline, Step

__all__ = ["function_notebook", "sql_notebook"]


def sql_notebook(text: str, pipeline: Pipeline, step: Step, values: Mapping[str, Any], failed: int) -> tuple[nbformat.NotebookNode, int]:
    """A cell for each statement of a file, and the index of that which was at work (``failed``, from 1). Of a step with an output it is the
    SELECT whose rows would have been written."""
    parts = read_parts(text)
    days = {parameter.name for parameter in pipeline.parameters if parameter.type == "date"}
    named = dict.fromkeys(name for part in parts for name in part.parameters if name in values)
    begin = ["import workbench", "", "ws = workbench.open()", f"values = {_mapping({name: values[name] for name in named}, days)}"]
    cells = [_cell(_days_first(begin))]
    for part in parts:
        own = ", ".join(f"{name!r}: values[{name!r}]" for name in part.parameters if name in values)
        said = f"ws.sql({_text(part.text)}{f', {{{own}}}' if own else ''})"
        lines = [f"# What {step.output} would have been given ({step.mode})."] if step.output else []
        # A statement that reads is carried out when its rows are asked for.
        cells.append(_cell([*lines, f"{said}.polars()" if part.kind == "select" else said]))
    return nbformat.v4.new_notebook(cells=cells), min(max(failed, 1), len(parts))  # type: ignore[no-untyped-call]


def function_notebook(text: str, pipeline: Pipeline, step: Step, values: Mapping[str, Any]) -> tuple[nbformat.NotebookNode, int]:
    """A cell with the file, so that it can be changed there, and one with the call, at which one stands."""
    name = str(step.function_name)
    given, days = arguments(read_signature(text, name), values, pipeline.parameters)
    begin = [f"arguments = {_mapping(given, days)}"]
    path = PurePosixPath(step.file)
    if path.parent != PurePosixPath("."):
        begin = ["import sys", "", f"sys.path.insert(0, {str(path.parent)!r})  # what lies beside {path.name}", *begin]
    # In a notebook these are other ones than in the step.
    own = [f"__{word}__ = {said!r}" for word, said in (("name", path.stem), ("file", step.file)) if f"__{word}__" in text]
    cells = [_cell(_days_first([*begin, *own])), _cell([text.rstrip()])]
    cells.append(_cell([f"{'await ' if _is_async(text, name) else ''}{name}(**arguments)"]))
    return nbformat.v4.new_notebook(cells=cells), len(cells) - 1  # type: ignore[no-untyped-call]


def _cell(lines: list[str]) -> Any:
    return nbformat.v4.new_code_cell("\n".join(lines))  # type: ignore[no-untyped-call]


def _days_first(lines: list[str]) -> list[str]:
    return ["from datetime import date", "", *lines] if any(re.search(r"\bdate\(", line) for line in lines) else lines


def _mapping(values: Mapping[str, Any], days: Any) -> str:
    """As Python writes it: a day as a date."""
    said = [f"{name!r}: {_value(value, name in days)}" for name, value in values.items()]
    return "{" + ", ".join(said) + "}"


def _value(value: Any, is_day: bool) -> str:
    with suppress(InvalidInput):  # what is no day may be what is wrong
        if is_day and isinstance(value, str):
            day = day_of("", value)
            return f"date({day.year}, {day.month}, {day.day})"
    return repr(value)


def _text(text: str) -> str:
    """A statement as Python writes it: as it stands in its file, where that can be."""
    plain = text.strip()
    if '"""' in plain or "\\" in plain or plain.endswith('"'):
        return repr(plain)
    return f'"""\n{plain}\n"""'


def _is_async(text: str, name: str) -> bool:
    return any(isinstance(node, ast.AsyncFunctionDef) and node.name == name for node in ast.parse(text).body)
