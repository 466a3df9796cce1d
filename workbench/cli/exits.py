"""How a command ends: exit codes, and errors as one or two plain lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.core.errors import WorkbenchError

__all__ = ["CODES", "code_of", "report", "report_unexpected"]

CODES = {
    0: "done",
    1: "failed",
    2: "used wrongly: an unknown option, a wrong name, a statement that cannot be run",
    3: "not found",
    4: "not allowed",
    5: "conflict: it exists, or someone else was first",
    6: "not available: nothing runs or answers there, or a package is missing",
    130: "interrupted or cancelled",
}

_BY_STATUS = {400: 2, 401: 4, 403: 4, 404: 3, 409: 5, 413: 2, 429: 6, 499: 130, 501: 6, 503: 6}


def code_of(error: WorkbenchError) -> int:
    """The exit code of an error."""
    return _BY_STATUS.get(error.status, 1)


def _paint(text: str) -> str:
    plain = not sys.stderr.isatty() or "NO_COLOR" in os.environ
    return text if plain else f"\x1b[31m{text}\x1b[0m"


def report(error: WorkbenchError, as_json: bool = False) -> int:
    """Say on standard error what went wrong and what to do; returns the exit code."""
    from workbench.core.texts import on_screen
    from workbench.core.wording import in_words_of, spoken

    if as_json:
        import json

        print(json.dumps(in_words_of(error.to_body(), "rest"), ensure_ascii=False), file=sys.stderr)
        return code_of(error)
    line, column = error.details.get("line"), error.details.get("column")
    place = f" (line {line}, column {column})" if line and column else ""
    if line and not column and f"line {line}" not in error.message:
        place = f" (line {line})"
    print(f"{_paint('Error:')} {on_screen(spoken(error.message, 'command line'))}{place}", file=sys.stderr)
    for example in error.examples:
        print(on_screen(f"  {example}"), file=sys.stderr)
    if error.fix:
        print(on_screen(spoken(error.fix, "command line")), file=sys.stderr)
    return code_of(error)


def report_unexpected(error: BaseException) -> int:
    """An error nobody foresaw: two lines here, the whole of it in the log."""
    from workbench.core.telemetry import get_logger, redact
    from workbench.core.texts import on_screen

    if os.environ.get("WORKBENCH_DEBUG"):
        import traceback

        traceback.print_exception(error)
        return 1
    get_logger("cli").error("unexpected error", exc_info=error)
    text = str(error).strip().split("\n")[0]
    print(f"{_paint('Error:')} {type(error).__name__}{': ' + on_screen(str(redact(text))) if text else ''}", file=sys.stderr)
    print("This is a defect of the workbench. WORKBENCH_DEBUG=1 shows where it happened.", file=sys.stderr)
    return 1
