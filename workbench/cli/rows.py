"""Rows on the screen or in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput
from workbench.query.export import BINARY, FORMATS
from workbench.query.export.save import format_of

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from workbench.catalog.records import MaskedColumn, TableData

__all__ = ["FORMATS", "format_of", "render_rows", "save", "save_text", "say_masked"]

_NUMBERS = ("int", "long", "float", "double", "decimal", "bigint", "hugeint", "smallint", "tinyint", "uint")
_CELL = 60


def say_masked(masked: Iterable[MaskedColumn]) -> None:
    """Tell which columns are not shown as they are."""
    from workbench.cli.output import say

    if words := ", ".join(f"{one.dataset}.{one.column} ({one.mask})" for one in masked):
        say(f"masked: {words}")


def render_rows(console: Console, data: TableData) -> None:
    """A table of rows with their types, and what was cut."""
    from rich.text import Text

    from workbench.cli import style

    right = [i for i, (_, kind) in enumerate(data.columns) if kind.lower().startswith(_NUMBERS)]
    rows = [[_cell(value) for value in row] for row in data.rows]
    made = style.table([name for name, _ in data.columns], rows, right)
    console.print(made)
    shown = len(data.rows)
    words = f"{shown:,} row{'' if shown == 1 else 's'}"
    if data.cut_at is not None:
        words = f"first {words}; there are more"
    console.print(Text(words, style="dim"))


def _cell(value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return Text("null", style="dim")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple) else str(value)
    # A control character in data must not move the reader's cursor.
    text = "".join(c if c.isprintable() else "·" for c in text)
    return text if len(text) <= _CELL else f"{text[: _CELL - 1]}…"


def save(table: pa.Table, form: str, path: Path | None) -> None:
    """Write rows to a file (which appears when it is complete) or to standard output."""
    from workbench.query.export import write_rows
    from workbench.query.export.save import save_rows

    if path is None:
        if form in BINARY and sys.stdout.isatty():
            raise InvalidInput(f"{form} is not for a screen.", fix="Add -o FILE, or pipe it on.")
        write_rows(table, form, sys.stdout.buffer)
        sys.stdout.flush()
        return
    save_rows(table, path, form)


def save_text(text: str, path: Path) -> None:
    """Write a text to a file, which appears when it is complete."""
    from workbench.query.export.save import whole_file

    with whole_file(path) as stream:
        stream.write(text.encode())
