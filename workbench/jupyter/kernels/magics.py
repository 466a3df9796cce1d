"""``%sql`` and ``%%sql``: variables in as bound parameters, frames in as tables, frames out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InvalidInput, WorkbenchError, nearest
from workbench.core.values import bindable
from workbench.jupyter.kernels.errors import confirmed_by
from workbench.jupyter.kernels.options import sql_options
from workbench.jupyter.kernels.session import KernelSession
from workbench.query.text import Spliced, place

__all__ = ["run_cell", "run_line"]

_MORE = "%%sql --limit 5000 shows more; %%sql name << puts all rows into a variable."


def run_line(line: str, namespace: Mapping[str, Any], session: KernelSession) -> Any:
    """``%sql select ...``: a result, not run yet."""
    with _Shown(line, 0) as shown:
        text, params = _ready(line, namespace, shown)
        return session.workspace().sql(text, params)


def run_cell(line: str, cell: str, namespace: dict[str, Any], session: KernelSession) -> Any:
    """``%%sql``: show the rows, or put them into a variable.

    Raises
    ------
    InvalidInput
        An option is wrong, a variable is missing or is not a value.
    """
    options = sql_options(line)
    cell = f"{options.rest}\n{cell}" if options.rest else cell
    with _Shown(cell, 0 if options.rest else 1) as shown:
        text, params = _ready(cell, namespace, shown)
        workspace = session.workspace()
        if options.target is None:
            from IPython.display import display

            from workbench.jupyter.kernels.table import ROWS, html_table, text_table

            data = workspace.query.run(text, params, ROWS if options.limit is None else options.limit, confirm=options.confirm)
            display({"text/html": html_table(data, _MORE), "text/plain": text_table(data)}, raw=True)  # type: ignore[no-untyped-call]
            return
        result = workspace.sql(text, params, confirm=options.confirm)
        table = result.arrow()
    if options.limit is not None:
        table = table.slice(0, options.limit)
    namespace[options.target] = _frame(table, options.form)
    rows, columns = _count(table.num_rows, "row"), _count(table.num_columns, "column")
    # Whoever goes on with a frame must know which of its columns hold what a mask leaves.
    masked = f"; masked: {', '.join(dict.fromkeys(one.column for one in result.masked))}" if result.masked else ""
    print(f"{options.target}: {rows}, {columns} ({options.form}){masked}")  # noqa: T201 - a cell's output


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _frame(table: Any, form: str) -> Any:
    from workbench.app.frames import to_pandas, to_polars

    return table if form == "arrow" else to_polars(table) if form == "polars" else to_pandas(table)


class _Shown:
    """Tells errors which statement they are about, so that the place can be shown."""

    def __init__(self, sql: str, first_line: int) -> None:
        self._shown = (sql, first_line)
        #: What runs in its place, where that is another text.
        self.runs: Spliced | None = None

    def __enter__(self) -> _Shown:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, WorkbenchError):
            self._move(error)
            confirmed_by(error, "`%%sql --yes`")
            error.statement_shown = self._shown  # type: ignore[attr-defined]

    def _move(self, error: WorkbenchError) -> None:
        """An error's place in the text that runs, as one in the text that was written."""
        line, column = error.details.get("line"), error.details.get("column")
        if self.runs is None or not isinstance(line, int) or not isinstance(column, int):
            return
        starts = [0, *(at + 1 for at, character in enumerate(self.runs.text) if character == "\n")]
        offset = self.runs.original(starts[min(line, len(starts)) - 1] + column - 1)
        error.details["line"], error.details["column"] = place(self._shown[0], offset)


def _ready(sql: str, namespace: Mapping[str, Any], shown: _Shown) -> tuple[str, dict[str, Any] | None]:
    """The statement that runs, and the values of what it names: frames, and variables."""
    from workbench.jupyter.kernels.frames import with_frames

    framed = with_frames(sql, namespace)
    if framed is None:
        return sql, _bound(sql, namespace)
    shown.runs = framed.spliced
    text = framed.spliced.text
    return text, (_bound(text, {**namespace, **framed.values}) or {}) | framed.values


def _bound(sql: str, namespace: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values of the variables that a statement names as ``$name``."""
    from workbench.query.analyse import analyse

    try:
        names = analyse(sql).parameters
    except WorkbenchError:
        return None  # running it says what is wrong with it, and has it recorded
    found = {}
    for name in names:
        if name not in namespace:
            close = nearest(name, [key for key in namespace if not key.startswith("_")])
            hint = f"Did you mean ${close}?" if close else f"Set it first: {name} = ..."
            raise InvalidInput(f"There is no variable {name!r} for ${name}.", fix=hint)
        found[name] = bindable(namespace[name], f"${name}")
    return found or None
