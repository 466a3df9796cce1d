"""A new pipeline from a template: files that run as they are, below ``notebooks/pipelines/NAME``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from workbench.core.config import Settings
from workbench.core.errors import AlreadyExists, PipelineNotFound
from workbench.pipelines.load import FILE_NAME, check_name, find_pipeline, load_pipeline
from workbench.pipelines.records import Pipeline, Template, TemplateName

__all__ = ["new_pipeline", "templates"]

_FOLDER = Path(__file__).parent / "templates"
# Stands in a template's files for what the pipeline's datasets are called.
_PLACE = "__pipeline__"
_LONGEST = 100  # so that a dataset's name may say more behind it


def templates() -> tuple[Template, ...]:
    """What a new pipeline can begin as."""
    return tuple(_template(name) for name in get_args(TemplateName))


def _template(name: str) -> Template:
    found = load_pipeline(_FOLDER / name / FILE_NAME, _FOLDER)
    return Template(name=name, description=found.description, steps=tuple(step.name for step in found.steps))


def new_pipeline(settings: Settings, name: str, template: TemplateName, ahead: Callable[[], None]) -> Pipeline:
    """Make the folder of a pipeline. Call it while nobody else changes pipelines' files.

    Parameters
    ----------
    ahead
        Called just before the pipeline is one; where it raises, nothing is left.

    Raises
    ------
    InvalidName
        No pipeline can be called that.
    AlreadyExists
        There is a pipeline of that name, or anything else where its folder would be.
    """
    check_name(name)
    base = settings.root / "notebooks" / "pipelines"
    folder = base / name
    _check_free(settings, name)
    base.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        raise AlreadyExists(
            f"There is something at notebooks/pipelines/{name} already.", fix="Choose another name; nothing was changed.", field="name"
        ) from None
    try:
        # The file that makes a pipeline of the folder comes last.
        for path in sorted((_FOLDER / template).iterdir(), key=lambda path: path.name == FILE_NAME):
            if path.name == FILE_NAME:
                ahead()
            (folder / path.name).write_text(path.read_text(encoding="utf-8").replace(_PLACE, _identifier(name)), encoding="utf-8")
        return load_pipeline(folder / FILE_NAME, settings.root)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _check_free(settings: Settings, name: str) -> None:
    """A pipeline in another folder may be called that."""
    try:
        found = find_pipeline(settings, name)
    except PipelineNotFound:
        return
    raise AlreadyExists(f"There is a pipeline {name!r} already, in {found.folder}.", fix="Choose another name.", field="name")


def _identifier(name: str) -> str:
    """The pipeline's name as part of a dataset's.

    >>> _identifier("daily-load"), _identifier("2013")
    ('daily_load', 'p_2013')
    """
    said = name.replace("-", "_")[:_LONGEST]
    return said if said.isidentifier() else f"p_{said}"
