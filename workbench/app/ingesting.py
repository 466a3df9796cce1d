"""What a person types to take something in: ``ws.ingest(source)``, beside the verbs ``ws.ingest.preview(...)`` and its kin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput

if TYPE_CHECKING:
    from workbench.engines.readers import Reading
    from workbench.ingest.records import IngestReport, LoadMode, LoadOptions, Preview, Progress

__all__ = ["IngestSugar", "load_options"]


def load_options(**given: Any) -> LoadOptions:
    """Options of a load as people write them: a key may be one text, and what is None is left out.

    Raises
    ------
    InvalidInput
        One is not possible.
    """
    from pydantic import ValidationError

    from workbench.app.arguments import refusal, storable
    from workbench.ingest.records import LoadOptions

    for name in ("keys", "partition_by"):
        value = given.get(name)
        given[name] = None if value is None else (value,) if isinstance(value, str) else tuple(value)
    try:
        found = LoadOptions.model_validate({name: value for name, value in given.items() if value is not None})
        storable(found)
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False)) from None
    except ValueError as error:
        raise refusal([{"loc": ("options",), "msg": str(error)}]) from None
    return found


def _is_named(source: Any) -> bool:
    """Whether a source says what a dataset of it is called; what is no source at all is for the reader to tell."""
    return not (isinstance(source, dict | list) or hasattr(source, "__arrow_c_stream__") or hasattr(source, "columns"))


def _storable(source: Any) -> Any:
    """The source itself, where a text is such that every system can take it."""
    from workbench.app.arguments import refusal, storable

    if isinstance(source, str | os.PathLike):
        try:
            storable(os.fspath(source))
        except ValueError as error:
            raise refusal([{"loc": ("source",), "msg": str(error)}]) from None
    return source


class IngestSugar:
    """Calling the namespace takes a source in."""

    def __call__(
        self,
        source: Any,
        name: str | None = None,
        zone: str = "bronze",
        mode: LoadMode = "create",
        force: bool = False,
        *,
        keys: str | Iterable[str] | None = None,
        duplicates: str = "error",
        partition_by: str | Iterable[str] | None = None,
        reading: Reading | None = None,
        preview: Preview | None = None,
        since: str | None = None,
        drift: str = "safe",
        progress: Callable[[Progress], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> IngestReport:
        """Take a source into a dataset.

        Parameters
        ----------
        source
            A path (file, folder, pattern), an address (``https://...``, ``s3://...``), ``connection:NAME/table``; or a pandas, polars or
            Arrow frame, which needs a ``name``.
        name, zone
            ``flights`` or ``silver.flights``; the source's name by default.
        mode
            ``create`` (fails where the dataset is there with other content), ``append``, ``overwrite``, or ``upsert`` by ``keys``.
        duplicates
            With ``upsert``: of several rows of a file with the same keys ``last`` takes the last, ``error`` refuses them all.
        force
            Take the same content once more, and past a gate.
        reading
            What you know of the file better than it was understood: ``ws.preview(source).reading``, corrected. It is remembered.
        preview
            What ``ws.preview(source)`` gave: the file is read as you saw it, whatever has been remembered or forgotten since.
        drift
            ``keep`` leaves a dataset's columns as they are.
        progress
            Called with each :class:`~workbench.ingest.records.Progress`.
        stop
            Asked several times a second whether to stop; then nothing of the file that is being taken is written.

        Returns
        -------
        IngestReport
            Rows taken and set aside, quality, what changed.
        """
        if isinstance(source, list | tuple | set) and any(isinstance(one, str | os.PathLike) for one in source):
            fix = "Take them one after the other, or name a pattern: ws.ingest('inbox/*.csv', 'bronze.my_table')."
            raise InvalidInput("A source is one file, folder, pattern, address or frame.", fix=fix)
        if name is None and not _is_named(source):
            raise InvalidInput("A frame has no name of its own.", fix="Give it one: ws.ingest(frame, 'bronze.my_table').")
        shown = preview.as_shown if preview is not None else None
        options = load_options(
            name=name, zone=zone, mode=mode, force=force, keys=keys, partition_by=partition_by, reading=reading, as_shown=shown,
            since=since, drift=drift, duplicates=duplicates,
        )  # fmt: skip
        return self._load(self._told(_storable(source)), options, progress, stop)

    def check(self, sources: Iterable[str]) -> None:
        """Refuse a source that is not there, so that of several either all are begun or none.

        Raises
        ------
        UnreadableFile, InvalidInput, Forbidden
            What is wrong with one of them.
        """
        for source in sources:
            self._check(_storable(source))

    def _check(self, source: str) -> None:
        raise NotImplementedError

    def look(self, source: Any, **options: Any) -> Preview:
        """What is understood of a source, before anything is written; ``options`` are those of a load."""
        return self._preview(self._told(_storable(source)), load_options(**options))

    def _told(self, source: Any) -> Any:
        """The source as the verbs take it; a frame stays what it is."""
        return os.fspath(source) if isinstance(source, str | os.PathLike) else source

    def _load(
        self, source: Any, options: LoadOptions, progress: Callable[[Progress], None] | None = None, stop: Callable[[], bool] | None = None
    ) -> IngestReport:
        raise NotImplementedError

    def _preview(self, source: Any, options: LoadOptions) -> Preview:
        raise NotImplementedError
