"""Small tables for notebooks. Everything that comes from data is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

__all__ = ["note", "table"]

_RIGHT = ("int", "long", "float", "double", "decimal", "bigint", "hugeint", "smallint", "tinyint", "uint")
_CELL = 300
_SHORT = 24


def _is_number(kind: str) -> bool:
    return kind.lower().startswith(_RIGHT)


def _text(value: Any) -> str:
    if value is None:
        return '<span style="opacity:.5">null</span>'
    text = str(value)
    if len(text) > _CELL:
        return f'<span title="{escape(text[:2000])}">{escape(text[: _CELL - 1])}…</span>'
    return escape(text)


def _fold(value: Any) -> str:
    """Figures with their units, names and times stay on one line; long texts may fold."""
    return ";white-space:nowrap" if len(str(value)) <= _SHORT else ""


def note(text: str) -> str:
    """One muted line."""
    return f'<div style="opacity:.7;font-size:var(--jp-ui-font-size1,13px)">{escape(text)}</div>'


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]], footer: str = "") -> str:
    """Rows as an HTML table with the columns' types below their names; numbers are right-aligned."""
    right = [_is_number(kind) for _, kind in columns]
    align = ["right" if flag else "left" for flag in right]
    small = '<br><span style="opacity:.6;font-weight:normal">'
    head = "".join(
        f'<th style="text-align:{side}" scope="col">{escape(name)}{small}{escape(kind)}</span></th>'
        for (name, kind), side in zip(columns, align, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{side};font-variant-numeric:tabular-nums{_fold(value)}">{_text(value)}</td>'
            for value, side in zip(row, align, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    scroll = "overflow:auto;max-height:28em"
    below = note(footer) if footer else ""
    return f'<div style="{scroll}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{below}'
