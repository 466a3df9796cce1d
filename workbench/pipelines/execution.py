"""The child process that carries out one step: started, listened to, and ended with everything that it had started."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from workbench.core.beside import beside
from workbench.core.principals import Principal, local_principal
from workbench.core.telemetry import get_logger, redact
from workbench.core.texts import utf8
from workbench.governance.tokens import TokenService
from workbench.jobs.context import JobContext, RunState
from workbench.jobs.paths import make_own, socket_folder
from workbench.jobs.processes import Process, kill_group, kill_marked
from workbench.jobs.roles import clean_environment
from workbench.pipelines.execute import UNREADABLE, End, Spec
from workbench.pipelines.pool import StepProcess, pool_of
from workbench.pipelines.publishing import working_environment
from workbench.pipelines.records import Step
from workbench.pipelines.repeated import ANEW
from workbench.pipelines.snapshot import BROUGHT, WORK, executed_folder, notebook_file, source_folder
from workbench.runs.context import ANEW_VARIABLE, STEP_PARENT_VARIABLE
from workbench.runs.records import Run, RunError
from workbench.tracking import tracking_environment

__all__ = ["Execution", "value_of"]

_log = get_logger("pipelines")
_KERNELS = ["lake-python", "python3"]
_SAVE_SECONDS = 2.0
_PROGRESS_SECONDS = 0.5
#: Characters of an error's own words that are kept.
_LONGEST_VALUE = 300
# Revoked when the step ends; this bounds a token whose worker's machine never came back.
_TOKEN_LIFE = timedelta(days=7)


class Execution:
    """The child process, from its start until nothing of it is left."""

    #: What the process runs.
    module = "workbench.pipelines.execute"
    #: What it finds imported where it is forked; None: no more than a person's code may find.
    imported: str | None = None
    #: Whether it gets a kernel that waits.
    kernel_wanted = True
    #: Names the process whose children's writes are counted.
    parent_variable = STEP_PARENT_VARIABLE

    def __init__(self, context: JobContext, step: Step, run: Run, state: RunState, own: Mapping[str, Any]) -> None:
        self.context, self.step, self.run_record, self.state = context, step, run, state
        #: The parameters of this step alone, over those of the pipeline.
        self.own = own
        self.folder = executed_folder(context.settings, context.run.id)
        #: The pinned files.
        self.source = source_folder(context.settings, context.run)
        self.sockets = socket_folder(context.settings) / f"k-{run.id[-12:]}"
        self.kernel: Process | None = None
        self.tokens = TokenService(context.store)
        self._told = 0.0
        self._too_long = False

    def run(self) -> End:
        """Execute the notebook.

        Raises
        ------
        Cancelled
            The run was cancelled; everything it had started is dead.
        """
        self.context.check()
        shutil.rmtree(self.sockets, ignore_errors=True)  # of a worker that was killed
        make_own(self.sockets, Process.of(os.getpid()))
        errors_file = self.folder / f"{self.step.name}.log"
        try:
            with (
                errors_file.open("ab") as errors,
                self._process(errors) as process,
                self.context.stopped_by(lambda: self._kill(process)),
                self._within(process),
            ):
                end = self._follow(process)
        finally:
            shutil.rmtree(self.sockets, ignore_errors=True)
            if errors_file.exists() and errors_file.stat().st_size == 0:
                errors_file.unlink()
            self.tokens.revoke_run(self.run_record.id)
        self.context.check()
        return {**end, "timed_out": True} if self._too_long and not end.get("ok") else end

    @contextlib.contextmanager
    def _within(self, process: StepProcess) -> Iterator[None]:
        """End everything when it takes longer than the step may."""

        def limit(over: threading.Event) -> None:
            if not over.wait(self.step.timeout):
                self._too_long = True
                self._kill(process)

        with beside(limit, "time-out") if self.step.timeout is not None else contextlib.nullcontext():
            yield

    @contextlib.contextmanager
    def _process(self, errors: Any) -> Iterator[StepProcess]:
        process = self._begin(errors)
        try:
            yield process
        finally:
            self._kill(process)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close() if pipe else None

    def _begin(self, errors: Any) -> StepProcess:
        pool = pool_of(self.context.settings, self.context.worker, self.imported)
        environment = self.environment() | working_environment(self.context.run)
        if pool is not None:
            try:
                return pool.execute(environment, self.context.settings.root, errors, self.module, self.kernel_wanted)
            except OSError:
                _log.warning("no process could be forked: the step starts its own", exc_info=True)
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=self.context.settings.root,
            env=environment,
            start_new_session=True,
        )

    def _follow(self, process: StepProcess) -> End:
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(self.spec()).encode())
            process.stdin.close()
        cell = 0
        for line in process.stdout:
            message = json.loads(line)
            if "kernel" in message:
                self.kernel = Process.of(message["kernel"])
            elif "cell" in message:
                cell = message["cell"]
                self._progress(cell, message["cells"])
            elif "end" in message:
                # Not until it is silent: what it has left behind may have its output open.
                return _in_whole_characters(message["end"])
        code = process.wait()
        self.context.check()
        if code in (-signal.SIGTERM, -signal.SIGHUP):
            # The machine is going down, and our own signal is on its way: then this is no failure.
            time.sleep(1)
        self.context.hold()
        how = f"was killed ({signal.Signals(-code).name})" if -code in set(signal.Signals) else f"ended with status {code}"
        return {"ok": False, "cell": cell, "process_died": True, "value": f"the step's process {how}"}

    def _progress(self, cell: int, cells: int) -> None:
        if cell == cells or time.monotonic() - self._told >= _PROGRESS_SECONDS:
            self._told = time.monotonic()
            self.state.attributes(progress=self.progress(cell, cells))

    def _kill(self, process: StepProcess) -> None:
        """End everything at once: the kernel's group, the executing process's, and what the notebook had started beside them.
        A number is believed only while the process it was given to lives: it may be a stranger's by now."""
        if self.kernel is not None and self.kernel.alive():
            kill_group(self.kernel.pid)
        if process.poll() is None:
            kill_group(process.pid)
        # Not what another worker does, who has taken the step over from this one.
        kill_marked("WORKBENCH_RUN_ID", self.run_record.id, WORKBENCH_WORKER=self.context.worker)

    # --------------------------------------------------------------------------------------- what a kind of step says itself

    def progress(self, number: int, count: int) -> dict[str, Any]:
        """How far it is, as the run's attribute."""
        return {"cell": number, "cells": count}

    def environment(self) -> dict[str, str]:
        settings = self.context.settings
        return {
            **clean_environment(),
            **tracking_environment(settings),
            "WORKBENCH_HOME": str(settings.root),
            "WORKBENCH_RUN_ID": self.run_record.id,
            "WORKBENCH_FENCE": f"{self.run_record.id}:{self.state.epoch}",
            "WORKBENCH_NOTEBOOK": self.run_record.attributes["source"],
            "WORKBENCH_STEP": self.step.name,
            "WORKBENCH_SOURCE": str(self.source),
            "WORKBENCH_FILES": str(self.source / BROUGHT),
            "WORKBENCH_WORKER": self.context.worker,
            **self.anew(),
            "WORKBENCH_TOKEN": self.tokens.issue(self._principal(), "run", self.run_record.id, _TOKEN_LIFE, self.step.name).secret,
        }

    @property
    def working_folder(self) -> str:
        """That of the step's file: in the pipeline's folder, or in the run's own with the files as they were."""
        if self.context.run.attributes.get("working_folder") == "run":
            return str((self.folder / WORK / self.step.file).parent)
        return str((self.context.settings.root / self.run_record.attributes["source"]).parent)

    @property
    def modules(self) -> list[str]:
        """Where modules are imported from: beside the step's file, and below what came from elsewhere in the workspace."""
        brought = self.source / BROUGHT
        return [str((self.source / self.step.file).parent), *([str(brought)] if brought.is_dir() else [])]

    def anew(self) -> dict[str, str]:
        """Which writes a repaired step makes anew."""
        said = self.run_record.attributes.get(ANEW)
        return {ANEW_VARIABLE: json.dumps(said)} if said else {}

    def _principal(self) -> Principal:
        """Who submitted the run. Only the machine's own user is known to be more than a name."""
        mine = local_principal()
        return mine if mine.name == self.run_record.principal else Principal(name=self.run_record.principal, roles=())

    def spec(self) -> Mapping[str, Any]:
        """What the process is told to do."""
        settings, run = self.context.settings, self.context.run
        pinned = self.source / self.step.file
        spec: Spec = {
            "notebook": str(pinned),
            "output": str(notebook_file(settings, self.run_record)),
            "folder": self.working_folder,
            "modules": self.modules,
            "parameters": {**run.params, **self.own},
            "kernels": _KERNELS,
            "connection_file": str(self.sockets / "c"),
            "save_seconds": _SAVE_SECONDS,
            "parent_variable": self.parent_variable,
        }
        return spec

    @property
    def log(self) -> str:
        """Where what the step has printed beside the notebook is, below the workspace's folder."""
        path, root = self.folder / f"{self.step.name}.log", self.context.settings.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name

    def too_long(self, where: str) -> RunError:
        """Of an attempt that was ended because it took longer than ``timeout``."""
        message = f"{where}: it took longer than its timeout, {self.step.timeout:g} seconds."
        return RunError(code="timed_out", message=message, fix="See what it was at; give the step a longer `timeout`, or less to do.")

    def error(self, end: End) -> RunError:
        """Where it failed and why, in one sentence: step, cell, exception and the last line of its message."""
        name = self.step.name
        where = f"Step {name!r} failed in cell {end['cell']}" if end.get("cell") else f"Step {name!r} failed"
        if end.get("timed_out"):
            return self.too_long(where)
        see = f"See `workbench runs notebook {self.run_record.id}`, and in the workspace's folder {self.log}."
        if end.get("kernel_died"):
            fix = f"Often the memory was used up. {see}"
            return RunError(code="kernel_died", message=f"{where}: its kernel died.", fix=fix)
        if end.get("process_died"):
            fix = f"Often the memory was used up, or somebody ended it. {see}"
            return RunError(code="process_died", message=f"{where}: {end['value']}.", fix=fix)
        text = value_of(end)
        if end.get("name") == UNREADABLE:
            return RunError(code="unreadable_file", message=f"{where}: {text}.", fix=end.get("fix"))
        message = f"{where}: {end.get('name', 'Error')}{': ' + text if text else ''}"
        fix = f"Open the executed notebook: `workbench runs notebook {self.run_record.id}`."
        return RunError(code="cell_failed", message=message, fix=fix)


def _in_whole_characters(end: End) -> End:
    """As it can be kept: an error's words may hold half a pair of surrogates."""
    told: End = json.loads(utf8(json.dumps(end, ensure_ascii=False)))
    return told


def value_of(end: End) -> str:
    """What a step's process said of its error, without secrets and not too long."""
    value = str(redact(end.get("value", "")))
    return value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…"
