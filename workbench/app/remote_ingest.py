"""Taking something in where the workspace is elsewhere: files of this machine are brought there first, and a long load is followed."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.app.ingesting import IngestSugar
from workbench.core.errors import Cancelled, InvalidInput, WorkbenchError, from_body
from workbench.runs.records import TERMINAL

if TYPE_CHECKING:
    from workbench.app.wire import Wire
    from workbench.ingest.records import IngestReport, LoadOptions, Preview, Progress, Staged
    from workbench.runs.records import Run, RunEvent

__all__ = ["RemoteIngest"]

_POLL = 0.3
_EVENTS = 500


class RemoteIngest(IngestSugar):
    """What is beside the verbs of a remote workspace."""

    if TYPE_CHECKING:
        _wire: Wire

        def stage(self, source: Path) -> Staged: ...
        def preview(self, source: str, options: LoadOptions | None = None) -> Preview: ...
        def load(self, source: str, options: LoadOptions | None = None) -> IngestReport: ...
        def start(self, source: str, options: LoadOptions | None = None) -> Run: ...
        def report(self, run_id: str) -> IngestReport: ...

    def _told(self, source: Any) -> str:
        """The source as the server understands it: a file or frame that is here is uploaded.

        Raises
        ------
        InvalidInput
            It is a folder or a pattern of this machine.
        """
        from workbench.ingest.place import inside_of
        from workbench.ingest.sources.words import has_magic, kind_of, local_path

        if not isinstance(source, str | os.PathLike):
            return self._bring_frame(source)
        text = os.fspath(source)
        if not isinstance(source, os.PathLike) and kind_of(text) != "path":
            return text
        path = Path(local_path(text)).expanduser()
        file, inside = inside_of(path)
        if file.is_file():
            return self.stage(file).source + (f"#{inside}" if inside is not None else "")
        if path.is_dir() or (has_magic(text) and any(path.parent.glob(path.name))):
            raise InvalidInput(f"{text} is here, and the workspace is not.", fix="Name its files one by one: each is uploaded.")
        return text

    def _check(self, source: str) -> None:
        from workbench.ingest.place import inside_of
        from workbench.ingest.sources.words import kind_of, local_path

        if kind_of(source) != "path" or inside_of(Path(local_path(source)).expanduser())[0].is_file():
            return
        self.look(source)  # what is not here may be there

    def _bring_frame(self, frame: Any) -> str:
        import pyarrow as pa

        from workbench.app.frames import to_arrow

        rows = to_arrow(frame)
        with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
            path = Path(folder, "frame.arrow")
            with pa.ipc.new_file(str(path), rows.schema) as writer:
                writer.write_table(rows)
            return self.stage(path).source

    def _preview(self, source: str, options: LoadOptions) -> Preview:
        return self.preview(source, options)

    def _load(
        self, source: str, options: LoadOptions, progress: Callable[[Progress], None] | None = None, stop: Callable[[], bool] | None = None
    ) -> IngestReport:
        if (progress is None and stop is None) or not self._has_worker():
            return self.load(source, options)
        after = self._call("system", "status").last_event
        return self._follow(self.start(source, options), after, progress or (lambda _: None), stop or (lambda: False))

    def _follow(self, run: Run, after: int, progress: Callable[[Progress], None], stop: Callable[[], bool]) -> IngestReport:
        """Tell how far a load is until it has ended. Ctrl-C here stops it there."""
        from workbench.ingest.records import Progress

        try:
            while run.status not in TERMINAL:
                time.sleep(_POLL)
                if stop():
                    self._call("runs", "cancel", run_id=run.id)
                events: tuple[RunEvent, ...] = self._call("system", "events", after=after, limit=_EVENTS)
                for event in events:
                    after = event.seq
                    if event.run_id == run.id and event.type == "run.progress":
                        progress(Progress.model_validate(event.body))
                if len(events) < _EVENTS:
                    run = self._call("runs", "get", run_id=run.id)
        except KeyboardInterrupt:
            self._call("runs", "cancel", run_id=run.id)
            raise
        if run.status == "cancelled":
            raise Cancelled("The load was cancelled; nothing was written.", fix="Take it in again when you want it.", run_id=run.id)
        if run.error is not None:
            raise _rebuilt(run)
        return self.report(run.id)

    def _has_worker(self) -> bool:
        return bool(self._call("system", "status").processes.get("worker", {}).get("status") == "running")

    def _call(self, noun: str, name: str, **given: Any) -> Any:
        from workbench.app.protocol import NAMESPACES
        from workbench.app.verbs import verb_named

        verb = verb_named(NAMESPACES[noun], name)
        defaults = {p.name: p.default for p in verb.parameters if p.default is not p.empty}
        return self._wire.call(verb, {**defaults, **given})


def _rebuilt(run: Run) -> WorkbenchError:
    assert run.error is not None
    return from_body({"error": {"code": run.error.code, "message": run.error.message, "fix": run.error.fix, "details": {}}})
