"""How things look: one palette, one way to shorten counts, sizes and times, one table."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.status import Status
    from rich.table import Table
    from rich.text import Text

__all__ = ["ZONE", "busy", "console", "count", "counted", "counting", "mark", "moment", "painted", "size", "table"]

STATUS = {
    "queued": "dim",
    "running": "cyan",
    "starting": "cyan",
    "succeeded": "green",
    "ok": "green",
    "failed": "red",
    "warning": "yellow",
    "restarting": "yellow",
    "crash-loop": "red",
    "cancelled": "yellow",
    "stopped": "dim",
    "skipped": "dim",
}
ZONE = {"bronze": "yellow", "silver": "bright_black", "gold": "bright_yellow"}
# The word always stands beside the mark: colour and sign never carry the meaning alone.
_MARK = {"ok": "✓", "succeeded": "✓", "failed": "✗", "warning": "!", "running": "●", "queued": "○", "cancelled": "–", "skipped": "»"}
_AFTER_SECONDS = 0.6  # that something goes on is shown to who has waited for so long


def console(stderr: bool = False) -> Console:
    """Standard output (or error) as rich sees it: colour on a terminal only, never with NO_COLOR."""
    stream = sys.stderr if stderr else sys.stdout
    # Not a terminal: a pipe into grep wants whole lines, not lines folded at 80 characters.
    width = None if stream.isatty() else int(os.environ.get("COLUMNS") or 200)
    return _consoles()(stderr=stderr, highlight=False, soft_wrap=False, width=width, emoji=False, markup=False)


@lru_cache(maxsize=1)
def _consoles() -> type[Console]:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    from workbench.core.texts import on_screen

    class Shown(Console):
        # Whatever is drawn comes by here: statements, descriptions and names that others have written, too.
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                shown = segment.text if segment.control else on_screen(segment.text)
                yield segment if shown is segment.text else Segment(shown, segment.style)

    return Shown


def painted(text: str, palette: dict[str, str] | None = None, key: str | None = None) -> Text:
    """A status or zone in its colour."""
    from rich.text import Text

    return Text(text, style=(palette or STATUS).get(key or text, ""))


def mark(status: str) -> Text:
    """A status with its sign, in its colour."""
    return painted(f"{_MARK.get(status, '·')} {status}", key=status)


def count(value: int | None) -> str:
    """A count with thousands apart; a dash when it is not known."""
    return "-" if value is None else f"{value:,}"


def counted(value: int, noun: str) -> str:
    """A count with its noun: ``1 record``, ``2,000 records``."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"


def size(value: float | None) -> str:
    """Bytes in words: ``12.3 MB`` (units of 1000)."""
    if value is None:
        return "-"
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def moment(value: datetime | None) -> str:
    """A time relative to now."""
    from workbench.core.clock import ago

    return "-" if value is None else ago(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> Table:
    """A table for people: no boxes, one rule below the names; columns in ``right`` are right-aligned."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from workbench.core.texts import on_screen

    flush = set(right)
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for index, name in enumerate(columns):
        made.add_column(on_screen(name), justify="right" if index in flush else "left", overflow="fold")
    for row in rows:
        # What is replaced takes a place: columns are made as wide as what is shown.
        made.add_row(*(cell if isinstance(cell, Text) else Text("" if cell is None else on_screen(str(cell))) for cell in row))
    return made


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Show that something goes on, after a moment and on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    with _later(console(stderr=True).status(text, spinner="dots")):
        yield


@contextmanager
def _later(shown: Status | Progress) -> Iterator[None]:
    """Start showing it when the block still runs after a moment."""
    from workbench.core.beside import beside

    try:
        with beside(lambda over: over.wait(_AFTER_SECONDS) or shown.start(), "shown later"):
            yield
    finally:
        shown.stop()


@contextmanager
def counting(text: str) -> Iterator[None]:
    """The same with a bar, as soon as the work tells how far it is (:mod:`workbench.core.telling`)."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from workbench.core.telling import told_to

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    task = bar.add_task(text, total=None)
    with _later(bar), told_to(lambda done, total: bar.update(task, completed=done, total=total)):
        yield
