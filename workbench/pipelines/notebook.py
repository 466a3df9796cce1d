"""Executing a notebook's cells in Papermill's format: parameters injected, times and failure kept in the notebook."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import queue
import time
from collections import deque
from pathlib import Path
from typing import Any, Protocol

import nbformat
from jupyter_client.asynchronous.client import AsyncKernelClient
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from workbench.core.clock import iso, now
from workbench.core.texts import last_words, utf8
from workbench.pipelines.execute import NOT_STARTED, End, Spec
from workbench.pipelines.injection import inject
from workbench.pipelines.readable import text_of
from workbench.pipelines.reading import read_notebook

__all__ = ["KEPT", "CellClient", "Execution", "warm"]

_STARTUP_SECONDS = 120
#: Characters of what a cell prints that are kept from its beginning, and as many from its end.
KEPT = 25_000_000
# sys.exit(), sys.exit(0): as for Papermill the notebook has said that there is nothing left to do.
_SAYS_DONE = ("", "0")


class Report(Protocol):
    def __call__(self, **message: Any) -> None: ...


class CellClient(AsyncKernelClient):  # type: ignore[misc]
    """A kernel client that says which cell it sends, in the request's metadata, where ipykernel looks for it."""

    cell_id: str | None = None
    #: What the kernel says of its language, as it stands in a notebook.
    language: dict[str, Any] | None = None

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait until the kernel answers and its output is heard: jupyter_client waits 0.2 s more, to hear nothing.

        Raises
        ------
        RuntimeError
            It has ended, or does not answer in time.
        """
        deadline = time.monotonic() + (timeout or _STARTUP_SECONDS)
        while time.monotonic() < deadline:
            asked = self.kernel_info()
            try:
                reply = await self.get_shell_msg(timeout=1)
                while reply["parent_header"].get("msg_id") != asked:
                    reply = await self.get_shell_msg(timeout=1)
                self._handle_kernel_info_reply(reply)
                self.language = reply["content"].get("language_info")
                heard = await self.get_iopub_msg(timeout=0.2)
                while heard["parent_header"].get("msg_id") != asked or heard["content"].get("execution_state") != "idle":
                    heard = await self.get_iopub_msg(timeout=0.2)
                return
            except queue.Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
        raise RuntimeError(f"Kernel didn't respond in {timeout or _STARTUP_SECONDS:.0f} seconds")

    def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        user_expressions: dict[str, Any] | None = None,
        allow_stdin: bool | None = None,
        stop_on_error: bool = True,
    ) -> str:
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": user_expressions or {},
            "allow_stdin": self.allow_stdin if allow_stdin is None else allow_stdin,
            "stop_on_error": stop_on_error,
        }
        message = self.session.msg("execute_request", content, metadata={"cellId": self.cell_id} if self.cell_id else None)
        self.shell_channel.send(message)
        return str(message["header"]["msg_id"])


class _Client(NotebookClient):  # type: ignore[misc]
    """nbclient, noting that something has been said, so that only what changed is saved."""

    dirty = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin()

    def begin(self) -> None:
        """The next cell has said nothing yet."""
        self._head, self._left_out = 0, 0
        self._tail: deque[NotebookNode] = deque()
        self._tail_size = 0
        self._gap: NotebookNode | None = None

    def process_message(self, *args: Any, **kwargs: Any) -> Any:
        self.dirty = True
        return super().process_message(*args, **kwargs)

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str | None, cell_index: int) -> NotebookNode | None:
        """Of what a cell prints the beginning and the end are kept: a loop that prints for ever would take the machine's memory."""
        out: NotebookNode | None = super().output(outs, msg, display_id, cell_index)
        if out is None or out.output_type != "stream":
            return out
        if len(outs) == 1:
            self.begin()  # it is the cell's first, or what was before was cleared
        if self._gap is None and self._head + len(out.text) <= KEPT:
            self._head += len(out.text)
            return out
        self._tail.append(out)
        self._tail_size += len(out.text)
        while self._tail_size > KEPT and len(self._tail) > 1:
            first = self._tail.popleft()
            self._tail_size -= len(first.text)
            self._left_out += len(first.text)
            # It stays where it is: others are known by their places.
            first.text, self._gap = "", self._gap or first
            self._gap.text = f"\n… {self._left_out:,} characters that were printed here are left out.\n"
        return out


def warm() -> None:
    """Do what the first notebook of a process pays for the later ones: checks are made from the format's schemas, 0.1 seconds each."""
    for minor in (4, 5):  # what Jupyter has written since 2019
        notebook = nbformat.v4.new_notebook(nbformat_minor=minor)  # type: ignore[no-untyped-call]
        nbformat.reads(nbformat.writes(notebook), as_version=4)  # type: ignore[no-untyped-call]


def _node(data: dict[str, Any]) -> NotebookNode:
    node: NotebookNode = nbformat.from_dict(data)  # type: ignore[no-untyped-call]
    return node


class Execution:
    """One execution. The notebook is saved on a time budget: at most every ``save_seconds``, at most a tenth of the time
    is spent on it, and always at the end and after a failure, each time at once (a reader never sees half a file)."""

    def __init__(self, spec: Spec, manager: Any, report: Report) -> None:
        self.spec, self.report, self.manager = spec, report, manager
        self.provisioner = manager.provisioner
        self.output = Path(spec["output"])
        self.notebook = self._prepare()
        manager.client_class = f"{__name__}.CellClient"
        self.client = _Client(self.notebook, km=manager, timeout=None, startup_timeout=_STARTUP_SECONDS, record_timing=False)
        self.client.reset_execution_trackers()

    def _prepare(self) -> NotebookNode:
        notebook = inject(read_notebook(text_of(Path(self.spec["notebook"]))), self.spec["parameters"])
        facts = {"input_path": self.spec["notebook"], "output_path": str(self.output), "parameters": self.spec["parameters"]}
        notebook.metadata["papermill"] = _node({**facts, "start_time": iso(now()), "end_time": None, "exception": None})
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            empty = {"start_time": None, "end_time": None, "duration": None, "status": "pending", "exception": None}
            cell.metadata["papermill"] = _node(empty)
        return notebook

    async def run(self) -> End:
        """Execute all cells; the kernel is gone when this returns."""
        started = time.monotonic()
        saver = asyncio.ensure_future(self._save_regularly())
        try:
            async with self.client.async_setup_kernel():
                self._note_language()
                end = await self._cells()
        except DeadKernelError:
            end = self._died(0)
        except RuntimeError as error:
            # nbclient has cleaned up, and would complain about it once more when the process ends.
            atexit.unregister(self.client._cleanup_kernel)
            status = getattr(getattr(self.provisioner, "process", None), "returncode", None)
            end = {"ok": False, "name": NOT_STARTED, "value": f"{str(error)[:300]} (exit status {status})"}
        finally:
            saver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await saver
        facts = self.notebook.metadata["papermill"]
        facts.update(end_time=iso(now()), duration=round(time.monotonic() - started, 3), exception=not end["ok"])
        # Without it what opens the notebook shows of a widget its name alone.
        with contextlib.suppress(Exception):
            self.client.set_widgets_metadata()
        try:
            self._save()
        except OSError as error:
            return {
                "ok": False,
                "name": type(error).__name__,
                "value": f"the executed notebook could not be saved: {error.strerror or error}",
            }
        return end

    def _note_language(self) -> None:
        client = self.client.kc
        if isinstance(client, CellClient) and client.language is not None:
            self.notebook.metadata["language_info"] = _node(client.language)

    async def _cells(self) -> End:
        code = [(index, cell) for index, cell in enumerate(self.notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
        for number, (index, cell) in enumerate(code, start=1):
            self.report(cell=number, cells=len(code))
            end = await self._cell(index, cell, number)
            if end is not None:
                return end
        return {"ok": True}

    async def _cell(self, index: int, cell: NotebookNode, number: int) -> End | None:
        facts, began = cell.metadata["papermill"], time.monotonic()
        facts.update(start_time=iso(now()), status="running")
        assert isinstance(self.client.kc, CellClient)
        self.client.kc.cell_id = cell.get("id")
        self.client.begin()
        end: End | None = None
        try:
            await self.client.async_execute_cell(cell, index)
        except CellExecutionError as error:
            end = {"ok": False, "cell": number, "name": error.ename or "Error", "value": last_words(error.evalue or "")}
            if error.ename == "SystemExit" and (error.evalue or "") in _SAYS_DONE:
                end = {"ok": True}
        except DeadKernelError:
            end = self._died(number)
        except UnicodeEncodeError:  # no kernel can be sent it
            value = "the cell holds half of a surrogate pair, which is no character"
            end = {"ok": False, "cell": number, "name": "UnicodeEncodeError", "value": value}
        failed = end is not None and not end["ok"]
        facts.update(
            end_time=iso(now()), duration=round(time.monotonic() - began, 3), status="failed" if failed else "completed", exception=failed
        )
        self.client.dirty = True
        return end

    def _died(self, number: int) -> End:
        return {"ok": False, "cell": number, "name": "DeadKernel", "value": "", "kernel_died": True}

    async def _save_regularly(self) -> None:
        pause = self.spec["save_seconds"]
        self.client.dirty = True
        while True:
            if self.client.dirty:
                began = time.monotonic()
                with contextlib.suppress(OSError):  # a disk that is full: there may be room the next time, and must be in the end
                    self._save()
                pause = max(self.spec["save_seconds"], 10 * (time.monotonic() - began))
            await asyncio.sleep(pause)

    def _text(self) -> str:
        return str(nbformat.v4.writes(self.notebook))  # type: ignore[no-untyped-call]

    def _save(self) -> None:
        self.output.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.output.with_name(f".{self.output.name}.{os.getpid()}")
        try:
            temporary.write_bytes(utf8(self._text()))
            temporary.replace(self.output)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self.client.dirty = False
