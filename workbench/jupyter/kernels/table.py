"""A query's rows as a notebook shows them: HTML that looks like JupyterLab's own tables, and text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from workbench.catalog.records import TableData
from workbench.core.ids import new_id

__all__ = ["PAGE", "ROWS", "html_table", "text_table"]

PAGE = 100  # rows a page
ROWS = 500  # rows a cell shows unless it asks for more: they are all saved in the notebook
_CELL = 400  # characters a cell
_TEXT_ROWS, _TEXT_CELL = 30, 40
_NUMBERS = ("int", "long", "float", "double", "decimal")

# Trusted outputs keep the style; elsewhere the table falls back to the page's own look and loses no content.
_STYLE = """<style>
.wb-rows{max-height:32em;overflow:auto;border:1px solid var(--jp-border-color2,#ddd);width:fit-content;max-width:100%}
.wb-rows table{border-collapse:collapse;margin:0!important;font-size:var(--jp-ui-font-size1,13px);color:var(--jp-ui-font-color1,inherit)}
.wb-rows th{position:sticky;top:0;background:var(--jp-layout-color1,Canvas);border-bottom:1px solid var(--jp-border-color1,#bbb)}
.wb-rows th{vertical-align:bottom}
.wb-rows th span{display:block;font-weight:normal;font-size:var(--jp-ui-font-size0,11px);color:var(--jp-ui-font-color2,GrayText)}
.wb-rows th,.wb-rows td{padding:3px 10px!important;white-space:nowrap;max-width:40em;overflow:hidden;text-overflow:ellipsis}
.wb-rows .wb-t{text-align:left!important}.wb-rows .wb-n{text-align:right!important;font-variant-numeric:tabular-nums}
.wb-null{color:var(--jp-ui-font-color3,GrayText);font-style:italic}
.wb-note{font-size:var(--jp-ui-font-size1,13px);color:var(--jp-ui-font-color2,GrayText);padding:4px 0}
.wb-pick{position:absolute;opacity:0;width:1px;height:1px;margin:0}.wb-pick:not(:checked)+.wb-page{display:none}
.wb-bar{display:flex;gap:6px;align-items:center;padding:4px 0;font-size:var(--jp-ui-font-size1,13px)}
.wb-bar label{cursor:pointer;padding:1px 8px;border:1px solid var(--jp-border-color2,#ddd);color:var(--jp-content-link-color,LinkText)}
.wb-bar label:hover{background:var(--jp-layout-color2,ButtonFace)}.wb-bar .wb-off{opacity:.4;cursor:default;pointer-events:none}
.wb-pick:focus-visible+.wb-page>.wb-bar{outline:2px solid var(--jp-brand-color1,Highlight);outline-offset:1px}
</style>"""


def html_table(data: TableData, more: str = "") -> str:
    """The rows, a page of 100 at a time; ``more`` says how to see others, where there are any.

    The pager is radio buttons and style: an output that is not trusted runs no script. Where their style or the buttons are taken
    away, all pages stand below each other. The arrow keys change pages, too.
    """
    numbers = [kind.startswith(_NUMBERS) for _, kind in data.columns]
    classes = ["wb-n" if number else "wb-t" for number in numbers]
    kinds = [kind for _, kind in data.columns]
    head = "".join(
        f'<th class="{side}" scope="col">{escape(name)}<span>{escape(kind)}</span></th>'
        for (name, kind), side in zip(data.columns, classes, strict=True)
    )
    pages = [data.rows[start : start + PAGE] for start in range(0, len(data.rows), PAGE)] or [()]
    said = escape(footer(data)) + (f". {escape(more)}" if more and data.cut_at is not None else "")
    parts = [_STYLE, f'<div class="wb-note">{said}</div>']
    if len(pages) == 1:
        return "".join([*parts, _page(head, pages[0], classes, kinds)])
    group = f"wb-{new_id()}"  # only pages of one table take turns
    for number, rows in enumerate(pages):
        shown = f"Rows {number * PAGE + 1:,} to {number * PAGE + len(rows):,}"
        checked = " checked" if number == 0 else ""
        parts.append(f'<input type="radio" class="wb-pick" name="{group}" id="{group}-{number}" aria-label="{shown}"{checked}>')
        bar = _bar(group, number, len(pages) - 1, f"{shown} of {len(data.rows):,}")
        parts.append(f'<div class="wb-page">{bar}{_page(head, rows, classes, kinds)}</div>')
    return f'<div style="position:relative">{"".join(parts)}</div>'


def _bar(group: str, number: int, last: int, shown: str) -> str:
    def button(text: str, to: int) -> str:
        off = "" if 0 <= to <= last and to != number else ' class="wb-off"'
        return f'<label for="{group}-{min(max(to, 0), last)}"{off}>{text}</label>'

    before = button("First", 0) + button("Previous", number - 1)
    return f'<div class="wb-bar">{before}<span>{shown}</span>{button("Next", number + 1)}{button("Last", last)}</div>'


def _page(head: str, rows: Sequence[Sequence[Any]], classes: list[str], kinds: list[str]) -> str:
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{side}">{_cell(value, kind)}</td>' for value, side, kind in zip(row, classes, kinds, strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wb-rows" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: Any, kind: str) -> str:
    if value is None:
        return '<span class="wb-null">NULL</span>'
    text = value_text(value, kind)
    if len(text) <= _CELL:
        return escape(text)
    return f'<span title="{escape(text[:4000])}">{escape(text[: _CELL - 1])}…</span>'


def value_text(value: Any, kind: str = "") -> str:
    """A JSON value as text: nested ones as JSON, booleans as SQL writes them, times without zeros that say nothing.

    >>> value_text("2026-01-02T03:04:05.000000Z", "timestamptz")
    '2026-01-02 03:04:05Z'
    """
    if kind.startswith("time") and isinstance(value, str):
        return value.replace("T", " ", 1).replace(".000000", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def footer(data: TableData) -> str:
    """How many rows these are, and whether there are more; of a statement that writes, what it did.

    >>> footer(TableData(columns=(), rows=((),), total=1))
    '1 row'
    """
    if data.said is not None:
        return data.said
    shown = len(data.rows)
    # Of which kind each mask is stands in the catalog and in JSON; here it must be seen that a value is none.
    masked = f"; masked: {', '.join(dict.fromkeys(one.column for one in data.masked))}" if data.masked else ""
    if data.cut_at is not None:
        if data.total is None:
            return f"First {shown:,} row{'' if shown == 1 else 's'}; there are more; cut at {data.cut_at:,}{masked}"
        return f"{shown:,} of {data.total:,} rows; cut at {data.cut_at:,}{masked}"
    return f"{shown:,} row{'' if shown == 1 else 's'}{masked}"


def text_table(data: TableData) -> str:
    """The first 30 rows as text, for a console."""
    rows = [
        ["NULL" if value is None else _short(value_text(value, kind)) for value, (_, kind) in zip(row, data.columns, strict=True)]
        for row in data.rows[:_TEXT_ROWS]
    ]
    names = [_short(name) for name, _ in data.columns]
    kinds = [_short(kind) for _, kind in data.columns]
    widths = [max(map(len, column)) for column in zip(names, kinds, *rows, strict=True)]
    right = [kind.startswith(_NUMBERS) for _, kind in data.columns]

    def line(cells: Sequence[str]) -> str:
        placed = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
        return "  ".join(placed).rstrip()

    lines = [line(names), line(kinds), "  ".join("-" * width for width in widths), *map(line, rows)]
    if len(data.rows) > _TEXT_ROWS:
        lines.append("...")
    return "\n".join([*lines, f"({footer(data)})"])


def _short(text: str) -> str:
    flat = " ".join(text.split()) if "\n" in text else text
    return flat if len(flat) <= _TEXT_CELL else f"{flat[: _TEXT_CELL - 1]}…"
