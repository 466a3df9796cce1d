"""The kernel Lake SQL: a cell is SQL over the lake. Started as ``python -m workbench.jupyter.kernels.sql``."""

from __future__ import annotations

import re
import threading
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

import workbench
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.jupyter.kernels.errors import confirmed_by, error_lines
from workbench.jupyter.kernels.packing import send_whole_characters
from workbench.jupyter.kernels.session import KernelSession

__all__ = ["LakeSqlKernel", "main"]

_MORE = "The line -- limit 5000 shows more, LIMIT {0} OFFSET {0} the next ones; %%sql name << in a Lake Python notebook takes all rows."
_YES = re.compile(r"^\s*--\s*yes\s*$", re.IGNORECASE | re.MULTILINE)
_LIMIT = re.compile(r"^\s*--\s*limit\s+(\d+)\s*$", re.IGNORECASE | re.MULTILINE)


class LakeSqlKernel(Kernel):  # type: ignore[misc]
    """Runs a cell's statements in order, and stops at the first that fails."""

    implementation = "workbench"
    implementation_version = workbench.__version__
    banner = "Lake SQL: SELECT over the datasets of this workspace; SHOW TABLES lists them."
    language_info = {
        "name": "sql",
        "mimetype": "text/x-sql",
        "codemirror_mode": "sql",
        "pygments_lexer": "sql",
        "file_extension": ".sql",
        "version": "DuckDB",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        send_whole_characters(self.session)
        self._session = KernelSession()
        self._session.begin()
        # Nothing else happens before the first cell: what it needs is imported meanwhile.
        threading.Thread(target=_warm, daemon=True).start()

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: dict[str, Any] | None = None,
        allow_stdin: bool = False,
        *,
        cell_meta: dict[str, Any] | None = None,
        cell_id: str | None = None,
    ) -> dict[str, Any]:
        """Run the statements of a cell."""
        from workbench.query import split_statements

        self._session.before_cell(cell_id)
        found = _LIMIT.search(code)
        limit, confirm = int(found[1]) if found else None, _YES.search(code) is not None
        for offset, statement in split_statements(code):
            try:
                self._run(statement, limit, confirm, silent)
            except KeyboardInterrupt:
                return self._failed(Cancelled("The cell was stopped."), statement, code[:offset].count("\n"), silent)
            except WorkbenchError as error:
                confirmed_by(error, "the line `-- yes` in the cell")
                return self._failed(error, statement, code[:offset].count("\n"), silent)
            except Exception as error:
                self.log.exception("a statement failed in an unexpected way")
                wrapped = WorkbenchError(
                    f"Something went wrong inside the workbench ({type(error).__name__}).", fix="The kernel's log says more."
                )
                return self._failed(wrapped, statement, code[:offset].count("\n"), silent)
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}

    def _run(self, statement: str, limit: int | None, confirm: bool, silent: bool) -> None:
        from workbench.jupyter.kernels.table import ROWS, html_table, text_table

        data = self._session.workspace().query.run(statement, None, ROWS if limit is None else limit, confirm=confirm)
        if silent:
            return
        if len(data.columns) == 2 and data.columns[0][0] == "explain_key":
            bundle = {"text/plain": "\n".join(str(row[1]) for row in data.rows)}
        else:
            bundle = {"text/html": html_table(data, _MORE.format(data.cut_at)), "text/plain": text_table(data)}
        content = {"data": bundle, "metadata": {}, "execution_count": self.execution_count}
        self._publish("execute_result", content)

    def _failed(self, error: WorkbenchError, statement: str, first_line: int, silent: bool) -> dict[str, Any]:
        content = {"ename": type(error).__name__, "evalue": str(error), "traceback": error_lines(error, statement, first_line)}
        if not silent:
            self._publish("error", content)
        return {"status": "error", "execution_count": self.execution_count, **content}

    def _publish(self, kind: str, content: dict[str, Any]) -> None:
        self.send_response(self.iopub_socket, kind, content)  # type: ignore[no-untyped-call]

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Tables, columns, functions and keywords that fit."""
        try:
            found = self._session.workspace().query.complete(code, cursor_pos)
        except WorkbenchError:
            found = ()
        start = min((one.start for one in found), default=cursor_pos)
        fitting = [one for one in found if one.start == start]
        end = max((one.end for one in fitting), default=cursor_pos)
        types = [{"start": one.start, "end": one.end, "text": one.text, "type": one.kind, "signature": one.detail} for one in fitting]
        return {
            "status": "ok",
            "matches": [one.text for one in fitting],
            "cursor_start": start,
            "cursor_end": end,
            "metadata": {"_jupyter_types_experimental": types},
        }

    async def do_inspect(self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> dict[str, Any]:
        """A dataset's columns, for the dataset or alias at the cursor."""
        from workbench.jupyter.kernels.lookup import inspect_at

        try:
            data = inspect_at(code, cursor_pos, self._session.workspace())
        except WorkbenchError:
            data = {}
        return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Whether Enter runs what a console holds: it does unless a quote, a bracket or the statement itself is open."""
        from workbench.jupyter.kernels.lookup import is_open

        return {"status": "incomplete", "indent": ""} if is_open(code) else {"status": "complete"}

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """The notebook's run ends with its kernel."""
        self._session.end()
        return {"status": "ok", "restart": restart}


def _warm() -> None:
    from contextlib import suppress

    with suppress(Exception):
        import workbench.app.local
        import workbench.query.service  # noqa: F401 - imported for the first cell


def main() -> None:
    """Run the kernel until it is shut down."""
    IPKernelApp.launch_instance(kernel_class=LakeSqlKernel)


if __name__ == "__main__":
    main()
