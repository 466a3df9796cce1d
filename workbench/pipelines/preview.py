"""What adding a step would make of a pipeline, before it is done; and which steps it needs, by what they write."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.config import Settings
from workbench.core.errors import PipelineNotFound
from workbench.core.names import matching
from workbench.pipelines.edit import add_step, of_argument
from workbench.pipelines.load import FILE_NAME, check_name, find_pipeline
from workbench.pipelines.records import Pipeline, Step, StepPreview
from workbench.pipelines.sql import read_parts
from workbench.query.analyse import analyse, names_in

if TYPE_CHECKING:
    from workbench.runs.log import RunLog

__all__ = ["preview_step", "steps_needed"]


def preview_step(settings: Settings, name: str, step: str, sql: str, said: Mapping[str, Any], needs: Collection[str]) -> StepPreview:
    """Add the step to a copy of the pipeline. ``said`` are the arguments of :func:`.edit.add_step` beside these; it raises as that does."""
    with of_argument("name"):
        check_name(name)  # it becomes a path
    old = _find(settings, name)
    source = settings.root / (old.folder if old is not None else f"notebooks/pipelines/{name}")
    with tempfile.TemporaryDirectory(prefix="step-", dir=_made(settings.state / "tmp")) as scratch:
        copy = Path(scratch) / source.relative_to(settings.root)
        if source.is_dir():
            _copy(source, copy, old)
        new = add_step(settings.model_copy(update={"root": Path(scratch)}), name, step, sql, needs=tuple(needs), **said)
        after = (Path(scratch) / new.folder / FILE_NAME).read_bytes().decode("utf-8")
    file = settings.root / new.folder / FILE_NAME
    known = {parameter.name for parameter in old.parameters} if old is not None else set()
    return StepPreview(
        path=f"{new.folder}/{FILE_NAME}",
        before=file.read_bytes().decode("utf-8") if old is not None else None,
        after=after,
        needs=tuple(needs),
        parameters=tuple(parameter for parameter in new.parameters if parameter.name not in known),
    )


def _find(settings: Settings, name: str) -> Pipeline | None:
    try:
        return find_pipeline(settings, name)
    except PipelineNotFound:
        return None


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _copy(source: Path, target: Path, pipeline: Pipeline | None) -> None:
    """What is read with the pipeline: the YAML, SQL and Python files, notebooks that are given parameters of their own. Of other notebooks,
    which may be large, only that they are there."""
    read = {step.file for step in pipeline.steps if step.params or not step.notebook} if pipeline is not None else set()
    files = {path.name for path in source.iterdir() if path.is_file()}
    for name in files.union(step.file for step in pipeline.steps) if pipeline is not None else files:
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if name == FILE_NAME or name in read or copy.suffix == ".sql":
            shutil.copyfile(source / name, copy)
        else:
            copy.touch()


def steps_needed(settings: Settings, log: RunLog, name: str, step: str, sql: str, reads: Collection[str]) -> tuple[str, ...]:
    """Steps of a pipeline that write what statements name or read (``reads``: full names, of what stands behind views, too).

    What a SQL step writes its file says, and what a notebook writes its newest run that succeeded.
    """
    pipeline = _find(settings, name)
    if pipeline is None:
        return ()
    named = {*_named(sql), *reads}
    later = _later(pipeline, step)
    return tuple(
        each.name for each in pipeline.steps if each.name not in later and _meets(named, tuple(_written(settings, log, pipeline, each)))
    )


def _meets(named: Collection[str], written: Collection[str]) -> bool:
    return any(matching(name, written) for name in named)


def _later(pipeline: Pipeline, step: str) -> set[str]:
    """A step with those that need it, one through another: it cannot need them."""
    found = {step}
    while more := {each.name for each in pipeline.steps if found & set(each.needs)} - found:
        found |= more
    return found


def _named(sql: str) -> Iterator[str]:
    for part in read_parts(sql):
        yield from names_in(part.text)


def _written(settings: Settings, log: RunLog, pipeline: Pipeline, step: Step) -> Iterator[str]:
    if step.output:
        yield step.output
    elif step.sql:
        for part in read_parts((settings.root / pipeline.folder / step.sql).read_text(encoding="utf-8")):
            write = analyse(part.text).write
            if write is not None:
                yield ".".join(write.target.parts)
    for run in log.list(kind="step", status="succeeded", job=f"{pipeline.name}.{step.name}", limit=1):
        yield from (io.name for io in run.outputs if io.kind == "table")
