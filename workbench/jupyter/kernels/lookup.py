"""What the Lake SQL kernel knows about a place in a cell: the dataset or view there, and whether the text is finished."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from workbench.catalog.records import Column, Dataset
from workbench.catalog.view_records import ViewColumn, ViewPage
from workbench.core.errors import InvalidSQL, WorkbenchError

if TYPE_CHECKING:
    from workbench.app.workspace import Workspace

__all__ = ["inspect_at", "is_open"]

_NAME = re.compile(r'(?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))*')


def inspect_at(code: str, position: int, workspace: Workspace) -> dict[str, str]:
    """A MIME bundle about the dataset or view (or the alias of one, or a column of one) at a place; empty where there is none.

    Raises
    ------
    WorkspaceNotFound
    """
    name = next((match[0] for match in _NAME.finditer(code) if match.start() <= position <= match.end()), None)
    if name is None:
        return {}
    from workbench.query.scope import read_scope

    plain = name.replace('"', "")
    sources = {source.alias.casefold(): source.name for source in read_scope(code, position).sources}
    for candidate in dict.fromkeys((sources.get(plain.casefold(), plain), sources.get(plain.split(".")[0].casefold(), ""))):
        if candidate and (dataset := _find(candidate, workspace)) is not None:
            return _bundle(dataset)
    for source in sources.values():
        dataset = _find(source, workspace)
        if dataset is not None and (column := next((c for c in dataset.columns if c.name.casefold() == plain.casefold()), None)):
            return {"text/plain": f"{column.name}: {column.type}\ncolumn of {dataset.name}\n{_about(column)}".strip()}
    return {}


def _find(name: str, workspace: Workspace) -> Dataset | ViewPage | None:
    from workbench.query.decide import decide

    kinds = {line.name: line.kind for line in workspace.catalog.list()}
    verdict = decide(f'FROM "{name}"', kinds)
    if not verdict.relations:
        return None
    found = verdict.relations[0].dataset
    try:
        return workspace.catalog.view(found) if kinds[found] == "view" else workspace.catalog.get(found)
    except WorkbenchError:
        return None


def _about(column: Column | ViewColumn) -> str:
    if isinstance(column, Column):
        return column.about
    return "masked" if column.masked else ""


def _bundle(dataset: Dataset | ViewPage) -> dict[str, str]:
    count = None if isinstance(dataset, ViewPage) else dataset.rows
    told = "view, " if isinstance(dataset, ViewPage) else "" if count is None else f"{count:,} rows, "
    title = f"{dataset.name} ({told}{len(dataset.columns)} columns)"
    width = max((len(column.name) for column in dataset.columns), default=0)
    lines = [f"{column.name.ljust(width)}  {column.type}{f'  {_about(column)}' if _about(column) else ''}" for column in dataset.columns]
    rows = "".join(
        f'<tr><td style="text-align:left">{escape(c.name)}</td><td style="text-align:left">{escape(c.type)}</td>'
        f'<td style="text-align:left">{escape(_about(c))}</td></tr>'
        for c in dataset.columns
    )
    description = f"<p>{escape(dataset.description)}</p>" if dataset.description else ""
    return {
        "text/plain": "\n".join([title, *([dataset.description] if dataset.description else []), "", *lines]),
        "text/html": f"<b>{escape(title)}</b>{description}<table>{rows}</table>",
    }


def is_open(code: str) -> bool:
    """Whether a text is unfinished: an open quote, comment or bracket, or a statement that breaks off.

    >>> is_open("select (1"), is_open("select 1")
    (True, False)
    """
    from workbench.query.analyse import analyse
    from workbench.query.text import split_statements

    if code.rstrip().endswith(";") or not code.strip():
        return False
    statements = split_statements(code)
    if not statements:
        return False
    try:
        analyse(statements[-1][1])
    except InvalidSQL as error:
        return "end of input" in error.message or "unterminated" in error.message
    except WorkbenchError:
        return False
    return False
