"""A load on the durable queue: what is asked of it, kept until it has been carried out, and how it tells how far it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.principals import Principal
from workbench.core.records import Record
from workbench.ingest.history import job_name
from workbench.ingest.place import called, dataset_name, source_file
from workbench.ingest.records import LoadOptions, Progress
from workbench.ingest.sources.words import connection_word, has_magic, kind_of, local_path
from workbench.ingest.staging import StagedFile
from workbench.store.filesystem import make_private, write_private

__all__ = ["Asked", "AskedLoads", "Telling", "planned"]

_KEPT_SECONDS = 30 * 86_400.0
_BETWEEN = 0.5  # seconds


class Asked(Record):
    """What a queued load is to do: the ``source`` as the person wrote it, how, how far they reach on this machine's disk, and who they
    were to the workspace when they asked (None: whom the run names). ``below`` is the folder that is watched, if one is. Of a batch,
    ``files`` are the loads that it is made of, each the id of its run and its own source."""

    source: str
    files: tuple[tuple[str, str], ...] = ()
    options: LoadOptions = LoadOptions()
    reach: Literal["machine", "workspace"] = "workspace"
    below: str | None = None
    who: Principal | None = None


def planned(source: str, shown: str, options: LoadOptions, staged: StagedFile | None = None) -> tuple[str, dict[str, Any]]:
    """What a queued load is called, and the parameters that its run shows: neither holds what only the worker should see. Of an upload,
    ``staged`` is where it lies.

    Raises
    ------
    InvalidInput, InvalidName
        There is no such zone, or the dataset's name is not possible.
    """
    _, name = dataset_name(_named(source, shown, options, staged), options.name, options.zone)
    if staged is not None:
        shown = staged.name if staged.inside is None else f"{staged.name}#{staged.inside}"
    return job_name(name), {"source": shown, "dataset": name, "mode": options.mode, "force": options.force}


def _named(source: str, shown: str, options: LoadOptions, staged: StagedFile | None) -> str:
    """What a dataset of it is called where nobody says."""
    kind = kind_of(source)
    if kind == "connection":
        return connection_word(source).dataset
    if staged is not None:
        return _called(staged.path, staged.name, staged.inside, options)
    plain = shown.partition("?")[0].partition("#")[0].rstrip("/")
    parts = [part for part in plain.split("/") if part and not has_magic(part) and "=" not in part]
    named = parts[-1] if parts else "files"
    return _of_sheet(source, named, options) if kind == "path" else named


def _of_sheet(source: str, named: str, options: LoadOptions) -> str:
    """What a dataset of one sheet is called; what is wrong with the file the load itself tells."""
    try:
        path, shown, inside = source_file(Path(local_path(source)))
    except WorkbenchError:
        return named
    return _called(path, shown, inside, options)


def _called(path: Path, shown: str, inside: str | None, options: LoadOptions) -> str:
    return called(path, shown, inside, options.given.sheet if options.given is not None else None)


class AskedLoads:
    """What is asked of queued loads, a private file each. The log of runs is for good and for everyone who may look, and a source may
    hold a statement's values, or a password."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "ingest" / "asked"

    def keep(self, run_id: str, asked: Asked) -> None:
        """Keep it for the worker."""
        make_private(self.folder)
        self._sweep()
        write_private(self._path(run_id), asked.model_dump_json())

    def of(self, run_id: str) -> Asked:
        """What a run is to do.

        Raises
        ------
        NotFound
            It is not known (any more).
        """
        try:
            return Asked.model_validate_json(self._path(run_id).read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise NotFound("What this load was asked to do is not known any more.", fix="Start it again.") from error

    def done(self, run_id: str, result: dict[str, Any] | None = None) -> None:
        """Forget it. ``result`` is kept for whoever asks again: a worker may die before it has said that the run has ended."""
        if result is not None:
            write_private(self._path(run_id).with_suffix(".done"), json.dumps(result))
        with suppress(OSError):
            self._path(run_id).unlink()

    def result(self, run_id: str) -> dict[str, Any] | None:
        """What came of a run that is done; None where it is not."""
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads(self._path(run_id).with_suffix(".done").read_text(encoding="utf-8"))
            return found
        return None

    def _path(self, run_id: str) -> Path:
        return self.folder / f"{run_id}.json"

    def _sweep(self) -> None:
        """Those of runs that were cancelled before they began stay: they go after a month."""
        for old in self.folder.iterdir():
            with suppress(OSError):
                if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
                    old.unlink()


class Telling:
    """Passes on how far a load is: each new step at once, the rest about twice a second."""

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self._tell = tell
        self._step = ""
        self._at = float("-inf")

    def __call__(self, progress: Progress) -> None:
        moment = time.monotonic()
        if progress.step != self._step or moment - self._at >= _BETWEEN:
            self._step, self._at = progress.step, moment
            self._tell(progress)
