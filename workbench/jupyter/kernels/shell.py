"""What Lake Python adds to an IPython shell: ``ws``, ``%sql`` and ``%%sql``, plain errors, the cell that lineage names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.jupyter.kernels.flow import Flow
from workbench.jupyter.kernels.session import KernelSession, LazyWorkspace
from workbench.runs.context import current_fence

__all__ = ["equip"]

# Those in which that is said so.
_SHELLS = ("sh", "bash", "dash", "ksh", "zsh")


def equip(shell: Any) -> KernelSession:
    """Give a shell what Lake Python has; a second call gives the session of the first."""
    known: KernelSession | None = getattr(shell, "_workbench_session", None)
    if known is not None:
        return known
    session = KernelSession()
    session.flow = Flow(shell.user_ns)
    shell._workbench_session = session
    session.begin()
    shell.push({"ws": LazyWorkspace(session)}, interactive=False)
    _add_magics(shell, session)
    shell.set_custom_exc((WorkbenchError,), _show_error)

    _follow(shell, session, session.flow)
    if current_fence() is not None:
        _ask_nobody()
    return session


def _ask_nobody() -> None:
    """In a step nobody sits at the terminal that is made for what `!` starts: what asks there finds its end, and does not wait for ever."""
    from ipykernel import zmqshell

    begin: Callable[[str], int] | None = vars(zmqshell).get("system")
    if begin is not None and Path(os.environ.get("SHELL") or "sh").name in _SHELLS:
        vars(zmqshell)["system"] = lambda command: begin(f"exec </dev/null\n{command}")


def _follow(shell: Any, session: KernelSession, flow: Flow) -> None:
    def before_cell(info: Any) -> None:
        session.before_cell(getattr(info, "cell_id", None))
        try:
            text = shell.transform_cell(info.raw_cell)
        except Exception:  # a transformer's own; IPython shows it when the cell runs
            text = "("  # cannot be followed
        flow.begin(text)

    def after_cell(result: Any) -> None:
        flow.end(bool(result.success))

    shell.events.register("pre_run_cell", before_cell)
    shell.events.register("post_run_cell", after_cell)


def _add_magics(shell: Any, session: KernelSession) -> None:
    from IPython.core.magic import no_var_expand

    # IPython would paste variables into a magic's line itself; here they are bound.
    @no_var_expand  # type: ignore[untyped-decorator]
    def line_magic(line: str) -> Any:
        """%sql SELECT ...: the statement's result, as ws.sql gives it; $name takes a variable's value."""
        from workbench.jupyter.kernels.magics import run_line

        return run_line(line, shell.user_ns, session)

    @no_var_expand  # type: ignore[untyped-decorator]
    def cell_magic(line: str, cell: str) -> Any:
        """%%sql [name <<] [--limit N] [--as pandas | polars | arrow] [--yes]: run the cell as SQL; $name takes a variable's value."""
        from workbench.jupyter.kernels.magics import run_cell

        return run_cell(line, cell, shell.user_ns, session)

    shell.register_magic_function(line_magic, "line", "sql")
    shell.register_magic_function(cell_magic, "cell", "sql")


def _show_error(
    shell: Any, etype: type[BaseException], value: BaseException, trace: TracebackType, tb_offset: int | None = None
) -> list[str]:
    from workbench.jupyter.kernels.errors import error_lines

    assert isinstance(value, WorkbenchError)
    # A magic knows its statement, and where in the cell that begins.
    sql, first_line = getattr(value, "statement_shown", (None, 0))
    lines = error_lines(value, sql, first_line, trace)
    shell._showtraceback(etype, value, lines)
    return lines
