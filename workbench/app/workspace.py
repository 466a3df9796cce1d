"""What a person types: sugar over the verbs, the same for a local and a remote workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.app.dataset import DatasetHandle
from workbench.app.result import Result
from workbench.core import html

if TYPE_CHECKING:
    from workbench.app.protocol import (
        CatalogVerbs,
        ComplianceVerbs,
        DatasetVerbs,
        JobVerbs,
        NotificationVerbs,
        QualityVerbs,
        QueryVerbs,
        RecipeVerbs,
        RunVerbs,
        ScheduleVerbs,
        SourceVerbs,
        SystemVerbs,
        UserVerbs,
    )
    from workbench.ingest.records import Preview
    from workbench.lineage.records import Direction, LineageGraph
    from workbench.pipelines.records import PipelineRun
    from workbench.runs.records import Run

__all__ = ["LineageSugar", "PipelineSugar", "Workspace"]

_POLL = (0.1, 0.1, 0.2, 0.3, 0.5, 1.0)


class LineageSugar:
    """Directions by name, beside the verb ``graph``."""

    if TYPE_CHECKING:

        def graph(self, name: str, direction: Direction = "both", depth: int = 10) -> LineageGraph: ...

    def upstream(self, name: str, depth: int = 10) -> LineageGraph:
        """What a dataset was made from."""
        return self.graph(name, "upstream", depth)

    def downstream(self, name: str, depth: int = 10) -> LineageGraph:
        """What was made from a dataset."""
        return self.graph(name, "downstream", depth)


class PipelineSugar:
    """Waiting, beside the verbs."""

    if TYPE_CHECKING:

        def status(self, name: str, run_id: str) -> PipelineRun: ...

    def wait(self, name: str, run_id: str, timeout: float | None = None) -> PipelineRun:
        """The pipeline's run once it has ended, or as it stands after ``timeout`` seconds."""
        import itertools
        import time

        from workbench.runs.records import TERMINAL

        end = None if timeout is None else time.monotonic() + timeout
        for pause in itertools.chain(_POLL, itertools.repeat(_POLL[-1])):
            current = self.status(name, run_id)
            if current.run.status in TERMINAL or (end is not None and time.monotonic() >= end):
                return current
            time.sleep(pause)
        raise AssertionError("unreachable")


class Workspace:
    """A workspace, wherever it is. Verbs by noun (``ws.catalog.list()``) and shorter ways to say the usual things."""

    catalog: CatalogVerbs
    datasets: DatasetVerbs
    query: QueryVerbs
    ingest: Any  # IngestVerbs with IngestSugar: ws.ingest(source) takes it in
    quality: QualityVerbs
    runs: RunVerbs
    jobs: JobVerbs
    lineage: Any  # LineageVerbs with LineageSugar: Protocols and mixins do not intersect in Python's types
    pipelines: Any  # PipelineVerbs with PipelineSugar
    recipes: RecipeVerbs
    schedules: ScheduleVerbs
    notifications: NotificationVerbs
    compliance: ComplianceVerbs
    users: UserVerbs
    sources: SourceVerbs
    system: SystemVerbs

    @property
    def address(self) -> str:
        """Where it is: a folder or a URL."""
        raise NotImplementedError

    def sql(self, text: str, params: dict[str, Any] | tuple[Any, ...] | None = None, *, confirm: bool = False) -> Result:
        """A statement, ready to run: ``.arrow()``, ``.polars()``, ``.pandas()``, ``.explain()``. One that writes runs at once, and once.
        ``confirm``: also where it would read more than ``query.ask_above``, which asks first."""
        from workbench.query.kinds import looks_like_a_write

        result = Result(self.query, text, params, confirm)
        if looks_like_a_write(text):
            result.arrow()
        return result

    def dataset(self, name: str) -> DatasetHandle:
        """A handle on a dataset; ``name#branch`` and ``name@snapshot`` are understood."""
        return DatasetHandle(self, name)

    def replay(self, run_id: str, wait: bool = True) -> Run:
        """A past run of a pipeline once more, on the snapshots that it read, in a place that is thrown away. The ``attributes`` of the run
        that is returned say whether it gave the ``same``, and the ``differences``."""
        return self.pipelines.replay(run_id, wait)  # type: ignore[no-any-return]

    def preview(self, source: Any, **options: Any) -> Preview:
        """What is understood of a source, before anything is written; ``options`` are those of ``ws.ingest``."""
        return self.ingest.look(source, **options)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"<workbench at {self.address}>"

    def _repr_html_(self) -> str:
        datasets = self.catalog.list()
        if not datasets:
            return html.note(f"Workbench at {self.address}: nothing here yet. Take a file in with ws.ingest('file.csv').")
        columns = [("dataset", ""), ("rows", "long"), ("columns", "long"), ("size", "long"), ("description", "")]
        told = "{:,}".format
        rows = [
            [
                d.name,
                "view" if d.kind == "view" else _told(d.rows, told),
                _told(d.columns, told),
                _told(d.bytes, _size),
                d.description.split("\n")[0],
            ]
            for d in datasets[:200]
        ]
        return html.note(f"Workbench at {self.address}") + html.table(columns, rows)


def _told(figure: int | None, words: Callable[[int], str]) -> str:
    return "-" if figure is None else words(figure)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")
