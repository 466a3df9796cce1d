"""Errors as a notebook shows them: what went wrong, where, what to do. Never a traceback of ours."""

from __future__ import annotations

from types import TracebackType

from workbench.core.errors import WorkbenchError

__all__ = ["confirmed_by", "error_lines"]

_RED, _BOLD, _DIM, _OFF = "\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


def error_lines(error: WorkbenchError, sql: str | None = None, first_line: int = 0, trace: TracebackType | None = None) -> list[str]:
    """The lines to show.

    ``sql`` is the statement, beginning on line ``first_line`` (from 0) of its cell: the place gets a caret. ``trace`` is the
    traceback of a Python cell: the cell's own line is shown.
    """
    lines = [f"{_RED}{_BOLD}{type(error).__name__}{_OFF}: {error.message}"]
    if sql is not None:
        lines += _caret(error, sql, first_line)
    elif trace is not None:
        lines += _cell_line(trace)
    lines += [f"  {example}" for example in error.examples]
    if error.fix:
        lines.append(error.fix)
    return lines


def confirmed_by(error: WorkbenchError, words: str) -> None:
    """Where a statement is asked about before it runs, say in a kernel's own words how to go on."""
    from workbench.core.wording import spoken
    from workbench.query.cost.guard import CONFIRM

    if error.details.get("confirm") is True and error.fix:
        error.fix = spoken(error.fix, "python").replace(CONFIRM, words)  # of a server it comes in REST's words


def _caret(error: WorkbenchError, sql: str, first_line: int) -> list[str]:
    line, column = error.details.get("line"), error.details.get("column")
    texts = sql.split("\n")
    if not isinstance(line, int) or not isinstance(column, int) or not 1 <= line <= len(texts):
        return []
    number = str(first_line + line)
    text = texts[line - 1].replace("\t", " ")
    return [f"{_DIM}{number} | {_OFF}{text}", f"{_DIM}{' ' * len(number)} | {_OFF}{' ' * (column - 1)}{_RED}^{_OFF}"]


def _cell_line(trace: TracebackType) -> list[str]:
    import linecache

    found: list[str] = []
    step: TracebackType | None = trace
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if "ipykernel_" in name or name.startswith("<ipython-input"):
            text = linecache.getline(name, step.tb_lineno).rstrip("\n")
            # What IPython makes of a magic is nothing that the person has written.
            found = [f"{_DIM}{step.tb_lineno} | {_OFF}{text}"] if text.strip() and not text.startswith("get_ipython().run_") else []
        step = step.tb_next
    return found
